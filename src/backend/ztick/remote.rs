//! The file on another machine, through the system's OpenSSH: its settings, its keys, its known hosts. It never asks for
//! anything, and secrets travel on standard input and output only.
//!
//! The other machine needs a POSIX shell and the usual small programs. Two scripts run there, handed over whole: one
//! reads, one replaces in the same steps as on this machine.

use std::ffi::OsString;
use std::time::Duration;

use tokio::process::Command;
use zeroize::Zeroizing;

use super::file::{LARGEST, difference};
use super::program::{self, Ran};
use super::settings::Location;
use super::store;
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::time::Timestamp;

/// How long one visit may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// What OpenSSH ends with when it could not get there.
const NO_CONNECTION: i32 = 255;

const READ: &str = include_str!("remote/read.sh");
const REPLACE: &str = include_str!("remote/replace.sh");

/// A file on another machine.
pub(super) struct Remote {
    /// The program and what it is always told.
    ssh: Vec<OsString>,
    user: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
    sudo: bool,
}

/// What was read there.
pub(super) struct Copy {
    bytes: Zeroizing<Vec<u8>>,
    modified: Option<Timestamp>,
    clock: Option<Timestamp>,
    mode: u32,
}

impl Copy {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn modified(&self) -> Option<Timestamp> {
        self.modified
    }

    pub(super) fn clock(&self) -> Option<Timestamp> {
        self.clock
    }

    pub(super) fn is_loose(&self) -> bool {
        self.mode & 0o066 != 0
    }
}

impl Remote {
    /// The file of a location, if that is elsewhere.
    pub(super) fn new(location: &Location, sudo: bool) -> Option<Self> {
        let Location::There { user, host, port, path } = location else { return None };
        let ssh =
            ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ClearAllForwardings=yes"];
        Some(Self {
            ssh: ssh.iter().map(OsString::from).collect(),
            user: user.clone(),
            host: host.clone(),
            port: *port,
            path: path.clone(),
            sudo,
        })
    }

    /// Another file on the same machine.
    pub(super) fn beside(&self, path: &str) -> Self {
        Self {
            ssh: self.ssh.clone(),
            user: self.user.clone(),
            host: self.host.clone(),
            path: path.to_owned(),
            ..*self
        }
    }

    /// Uses these further options of OpenSSH.
    #[cfg(test)]
    pub(super) fn with_options(mut self, options: &[&str]) -> Self {
        self.ssh.extend(options.iter().map(OsString::from));
        self
    }

    /// Reads the file. One that is not there reads as empty.
    pub(super) async fn load(&self) -> Result<Copy, Failure> {
        let ran = self.script(READ, &[], &[]).await?;
        let end = ran.out.iter().position(|&byte| byte == b'\n').unwrap_or(ran.out.len());
        let head = ran.out.get(..end).unwrap_or_default();
        let bytes = ran.out.get(end + 1..).unwrap_or_default();
        let head = String::from_utf8_lossy(head);
        let mut words = head.split(' ');
        if words.next() != Some("keywright") {
            return Err(self.strange(&ran));
        }
        let said =
            |why: &str| Failure::new(FailureKind::File, format!("{} on {}: {why}", self.path, self.host));
        match words.next() {
            Some("file") => {}
            Some("missing") => {
                return Ok(Copy { bytes: Zeroizing::default(), modified: None, clock: None, mode: 0 });
            }
            Some("dangling") => return Err(said("it is a link to a file that does not exist")),
            Some("directory") => return Err(said("the directory it is to be in does not exist")),
            Some("odd") => return Err(said("it is not a file")),
            Some("large") => {
                return Err(said("it is larger than 1,048,576 bytes, more than the server loads"));
            }
            _ => return Err(self.strange(&ran)),
        }
        let size: Option<usize> = words.next().and_then(|word| word.parse().ok());
        let modified = words.next().and_then(moment);
        let mode = words.next().and_then(|word| u32::from_str_radix(word, 8).ok());
        let clock = words.next().and_then(moment);
        // What the connection cut short must not be taken for the file.
        let (Some(mode), true, true) = (mode, size == Some(bytes.len()), modified.is_some()) else {
            return Err(Failure::new(FailureKind::CutOff, "the file did not come whole"));
        };
        let mut kept = Zeroizing::new(Vec::with_capacity(bytes.len()));
        kept.extend_from_slice(bytes);
        Ok(Copy { bytes: kept, modified, clock, mode })
    }

    /// Puts new bytes in the file's place if it is what was read.
    pub(super) async fn replace(&self, old: &Copy, new: &[u8]) -> Result<(), Failure> {
        let mut sent = Zeroizing::new(Vec::with_capacity(old.bytes.len() + new.len()));
        sent.extend_from_slice(&old.bytes);
        sent.extend_from_slice(new);
        let known = if old.modified.is_some() { "known" } else { "new" };
        let sizes = [old.bytes.len().to_string(), new.len().to_string()];
        let ran = self.script(REPLACE, &[known, &sizes[0], &sizes[1]], &sent).await;
        let answer = ran.as_ref().ok().map(|ran| String::from_utf8_lossy(&ran.out).into_owned());
        let word =
            answer.as_deref().and_then(|answer| answer.trim().strip_prefix("keywright ")).unwrap_or_default();
        let refused = |why: &str| {
            Err(Failure::new(FailureKind::File, format!("{} on {}: {why}", self.path, self.host)))
        };
        match word {
            "done" => Ok(()),
            "locked" => refused("another keywright is writing in its directory; try again in a moment"),
            "cut" => refused("what was sent did not arrive whole; nothing was changed"),
            "owner" => {
                refused("a new file could not be given the same owner; use its owner's login, or sudo")
            }
            "changed" => {
                let now = self.load().await?;
                Err(store::changed(&difference(&old.bytes, &now.bytes)))
            }
            other if !other.is_empty() => refused(other.strip_prefix("no ").unwrap_or(other)),
            _ => self.find_out(old, new, ran).await,
        }
    }

    /// Without an answer the file itself tells.
    async fn find_out(&self, old: &Copy, new: &[u8], ran: Result<Ran, Failure>) -> Result<(), Failure> {
        let lost = match ran {
            Ok(ran) => self.strange(&ran),
            Err(failure) => failure,
        };
        match self.load().await {
            Ok(now) if now.bytes.as_slice() == new => Ok(()),
            Ok(now) if now.bytes == old.bytes => Err(Failure { effected: Effected::No, ..lost }),
            Ok(_) | Err(_) => Err(lost.unknown()),
        }
    }

    /// Runs a command there, word by word as it stands.
    pub(super) async fn command(&self, words: &[String], deadline: Duration) -> Result<Ran, Failure> {
        let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        program::run(self.visit(&line), &[], 4096, deadline).await
    }

    async fn script(&self, script: &str, arguments: &[&str], input: &[u8]) -> Result<Ran, Failure> {
        let mut line = String::from(if self.sudo { "sudo -n sh -c " } else { "sh -c " });
        for word in [script, "sh", &self.path].into_iter().chain(arguments.iter().copied()) {
            line.push_str(&quoted(word));
            line.push(' ');
        }
        program::run(self.visit(line.trim_end()), input, LARGEST + 4096, DEADLINE).await
    }

    fn visit(&self, line: &str) -> Command {
        let mut parts = self.ssh.iter();
        let mut command = Command::new(parts.next().map_or_else(|| OsString::from("ssh"), OsString::clone));
        command.args(parts);
        if let Some(port) = self.port {
            command.arg("-p").arg(port.to_string());
        }
        if let Some(user) = &self.user {
            command.arg("-l").arg(user);
        }
        command.arg("--").arg(&self.host).arg(line);
        command
    }

    /// What came was no answer of ours: OpenSSH, sudo or the shell complained.
    fn strange(&self, ran: &Ran) -> Failure {
        let words = ran.words();
        if ran.status.code() == Some(NO_CONNECTION) {
            let kind = if words.as_str().contains("Host key verification") {
                FailureKind::Untrusted
            } else {
                FailureKind::Unreachable
            };
            return Failure::new(kind, format!("ssh {}: {words}", self.host));
        }
        Failure::new(FailureKind::File, format!("{} said: {words}", self.host))
    }
}

/// A word as a POSIX shell takes it for one.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Seconds with or without their parts.
fn moment(word: &str) -> Option<Timestamp> {
    let (seconds, parts) = word.split_once('.').unwrap_or((word, "0"));
    let nine: String = parts.chars().chain("000000000".chars()).take(9).collect();
    Timestamp::new(seconds.parse().ok()?, nine.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        for (word, want) in [("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("$(x)`y`", "'$(x)`y`'")] {
            assert_eq!(quoted(word), want);
        }
    }

    #[test]
    fn moments() {
        let shown = |word: &str| moment(word).map(Timestamp::as_nanosecond);
        assert_eq!(shown("12"), Some(12_000_000_000));
        assert_eq!(shown("12.5"), Some(12_500_000_000));
        assert_eq!(shown("12.000000001"), Some(12_000_000_001));
        assert_eq!(shown("x"), None);
    }
}
