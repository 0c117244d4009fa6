//! The restart a change needs: run and looked after, or said.
//!
//! What a command reports proves nothing, because the server calls a start successful that could not take its port. Only a
//! token that is taken by a process younger than the command does.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::Instant;

use super::Ztick;
use super::file::{Reading, read};
use super::look::presentable;
use super::program::{self, Ran};
use super::store::Store;
use super::wire::{Manner, Seen};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;

/// How long the command may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// How long the server is waited for once the command has ended.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Restart {
    /// The server runs with the file as it is now.
    Done,
    /// It is for the operator to do.
    Yours(Text),
    /// It was tried and is not known to have worked.
    Trouble(Text),
}

impl Restart {
    /// What is still to be done or known, if anything.
    pub(super) fn note(self) -> Option<Text> {
        match self {
            Self::Done => None,
            Self::Yours(words) => Some(words),
            Self::Trouble(words) => Some(format!("The file is changed, the restart is not: {words}").into()),
        }
    }
}

impl Ztick {
    /// Restarts the server with the file as it is. A file that it would not start with is not tried: the running one
    /// still works.
    pub(super) async fn restart_now(&self) -> Result<(), Failure> {
        let held = self.store.load().await?;
        let reading = read(held.bytes());
        if let Some((failure, line)) = reading.failure {
            let words =
                format!("the server would not start with it (line {}: {failure}); mend that first", line + 1);
            return Err(Failure::new(FailureKind::File, words));
        }
        match self.restart(held.bytes()).await {
            Restart::Done => Ok(()),
            Restart::Yours(words) => Err(Failure::new(FailureKind::Unsupported, words)),
            Restart::Trouble(words) => Err(Failure::new(FailureKind::ServerFailed, words).unknown()),
        }
    }

    /// Restarts the server if there is a command for it, and waits until it goes by these bytes. The newest token comes
    /// last in them and is the one that is waited for.
    pub(super) async fn restart(&self, bytes: &[u8]) -> Restart {
        let Some(words) = &self.restart else { return Restart::Yours(self.by_hand()) };
        let began = Instant::now();
        let ran = match self.run(words).await {
            Ok(ran) => ran,
            Err(failure) => return trouble(words, failure.detail.unwrap_or_default().as_str()),
        };
        let reading = read(bytes);
        if !ran.status.success() {
            return trouble(words, &complaint(&ran, &reading));
        }
        self.wait(words, began, &reading).await
    }

    /// What the operator is to do.
    pub(super) fn by_hand(&self) -> Text {
        let words = match &self.restart {
            Some(words) => format!("Restart the server: {}", words.join(" ")),
            None => String::from(
                "Restart the server (stop its clients first where you can, or its port may stay taken for a minute)",
            ),
        };
        Text::from(words)
    }

    async fn run(&self, words: &[String]) -> Result<Ran, Failure> {
        match (&self.store, words.split_first()) {
            (Store::There(remote), _) => remote.command(words, DEADLINE).await,
            (Store::Here(_), Some((program, rest))) => {
                let mut command = Command::new(program);
                command.args(rest);
                program::run(command, &[], 4096, DEADLINE).await
            }
            (Store::Here(_), None) => Err(super::not_here("restart command")),
        }
    }

    async fn wait(&self, words: &[String], began: Instant, reading: &Reading<'_>) -> Restart {
        let Some((_, secret)) = presentable(&reading.tokens).last() else {
            return trouble(
                words,
                "the command was run; without a token nothing shows whether the server did",
            );
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.client.check(&secret, Manner::Reset).await;
            let young = |uptime: Option<Duration>| uptime.is_some_and(|uptime| uptime <= began.elapsed());
            match &seen {
                Ok(Seen::Valid(stat)) if young(stat.uptime) => return Restart::Done,
                Ok(Seen::Open(_)) => return trouble(words, Seen::OPEN),
                _ if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
                Ok(Seen::NotListening) => return trouble(words, TRAP),
                Ok(Seen::Valid(_)) => {
                    return trouble(words, "the server did not restart: the same process still runs");
                }
                Ok(other) => return trouble(words, other.sentence()),
                Err(failure) => return trouble(words, &failure.sentence()),
            }
        }
    }
}

/// What a port that stays taken looks like.
const TRAP: &str = "nothing listens. The port is probably still taken: connections that the server closed first hold it \
                    for a minute, and the server calls such a start successful. Wait a minute, then restart it again";

fn trouble(words: &[String], why: &str) -> Restart {
    let why = why.trim_end_matches('.');
    Restart::Trouble(Text::from(format!("{why}. ({})", words.join(" "))))
}

/// What a failed command said, unless it repeats a secret.
fn complaint(ran: &Ran, reading: &Reading<'_>) -> String {
    let words = ran.words();
    let mut secrets = reading.tokens.iter().filter_map(|token| str::from_utf8(token.secret?).ok());
    if secrets.any(|secret| secret.len() > 3 && words.as_str().contains(secret)) {
        return String::from("its output holds a secret and is not shown");
    }
    words.as_str().to_owned()
}
