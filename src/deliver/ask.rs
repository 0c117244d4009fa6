//! A program of the operator's that prints a token: the argument list as it is, no shell, nothing to read, a deadline,
//! bounded output. What it prints is the token and goes nowhere else; of its complaints one line is told.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::command::{ended, kill, not_started};
use crate::domain::text::Text;
use crate::secret::{Secret, TYPED_MAX};

/// How long it may take.
const SECONDS: u64 = 60;
/// How long the output of a program that ended is still read: something it started may hold its pipes.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// How much of its complaints is read, and how much of their first line is told, in characters.
const COMPLAINTS: usize = 4096;
const TOLD: usize = 200;

/// Runs the program and takes what it prints; the error is a sentence.
pub async fn token(program: &[String]) -> Result<Secret, Text> {
    within(program, SECONDS).await.map_err(Text::from)
}

async fn within(program: &[String], seconds: u64) -> Result<Secret, String> {
    let (name, arguments) = program.split_first().ok_or("no program is named")?;
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    // Its own group, so that what it starts is killed with it, and the terminal's keys do not reach it.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|why| not_started(name, &why))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Kept::new(TYPED_MAX), Kept::new(COMPLAINTS));
    let work = async {
        let pipes = async { tokio::join!(read(stdout, &mut out), read(stderr, &mut err)) };
        tokio::pin!(pipes);
        tokio::select! {
            _ = &mut pipes => child.wait().await,
            status = child.wait() => {
                drop(tokio::time::timeout(AFTERWARDS, pipes).await);
                status
            }
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(seconds), work).await;
    let Ok(status) = done else {
        kill(&mut child).await;
        return Err(format!("{name} did not end within {seconds} s and was killed"));
    };
    let status = status.map_err(|why| format!("what became of {name} is not known: {why}"))?;
    if !status.success() {
        return Err(format!("{name}: {}{}", ended(status), complaint(&err, &out)));
    }
    out.token().map_err(|why| format!("{name} {why}"))
}

/// What was read, in a buffer that does not grow, so that no copy stays behind.
struct Kept {
    bytes: Zeroizing<Vec<u8>>,
    room: usize,
    over: bool,
}

impl Kept {
    fn new(room: usize) -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(room)), room, over: false }
    }

    fn take(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..fits).unwrap_or_default());
        self.over |= fits < bytes.len();
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default().trim()
    }

    /// One line without spaces is a token.
    fn token(&self) -> Result<Secret, &'static str> {
        let text = self.text();
        match text {
            _ if self.over => Err("printed more than a token is long"),
            "" if self.bytes.is_empty() => Err("ended well and printed nothing"),
            "" => Err("printed something that is no text"),
            _ if text.lines().count() > 1 => Err("printed several lines; a token is one"),
            _ if text.chars().any(char::is_control) => Err("printed control characters; a token has none"),
            _ => Ok(Secret::new(text.to_owned())),
        }
    }
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Kept) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = Zeroizing::new(vec![0; 4096]);
    while let Ok(count @ 1..) = pipe.read(&mut piece).await {
        kept.take(piece.get(..count).unwrap_or_default());
    }
}

/// From this length on a word with letters and digits may be a token, and is not told.
const TOKEN_LEAST: usize = 20;

/// The first line of its complaints, unless the token is in it. A program that fails may have printed a token there
/// alone, so words that could be one are left out.
fn complaint(err: &Kept, out: &Kept) -> String {
    let text = String::from_utf8_lossy(&err.bytes);
    let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) else { return String::new() };
    let printed = out.text();
    if printed.len() >= 8 && line.contains(printed) {
        return String::from("; its complaint has what it printed in it, and was dropped");
    }
    let told: String = line.split_inclusive(ends_word).map(without_token).collect();
    format!(": {}", told.chars().take(TOLD).collect::<String>())
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || "\"'`=:,;()[]{}<>".contains(character)
}

/// A word as it is, or a mark where it looks like a token and not like a path.
fn without_token(word: &str) -> String {
    let bare = word.trim_end_matches(ends_word);
    let long = bare.chars().count() >= TOKEN_LEAST && !bare.starts_with(['/', '.', '~']);
    let mixed = bare.contains(|c: char| c.is_ascii_digit()) && bare.contains(char::is_alphabetic);
    if long && mixed { word.replacen(bare, "…", 1) } else { word.to_owned() }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run(script: &str, seconds: u64) -> Result<Secret, String> {
        within(&["sh", "-c", script].map(String::from), seconds).await
    }

    #[tokio::test]
    async fn what_it_prints_is_the_token() {
        for (script, want) in [
            ("echo a.b.c", "a.b.c"),
            ("printf ' a.b.c \\r\\n'", "a.b.c"),
            ("echo warning >&2; echo a.b.c; sleep 30 &", "a.b.c"),
            ("cat; echo a.b.c", "a.b.c"),
        ] {
            let got = run(script, 30).await.unwrap_or_else(|why| panic!("{script}: {why}"));
            assert!(got.is_same(&Secret::new(want.to_owned())), "{script}");
        }
    }

    #[tokio::test]
    async fn every_bad_end_is_a_sentence_without_what_it_printed() {
        for (script, want) in [
            ("exit 3", "ended with exit code 3"),
            ("echo 'log in first' >&2; echo more >&2; exit 4", "exit code 4: log in first"),
            ("echo secret-value; exit 5", "exit code 5"),
            ("echo secret-value | tee /dev/stderr; exit 5", "was dropped"),
            ("true", "printed nothing"),
            ("echo a; echo b", "several lines"),
            ("printf 'a\\033b'", "control characters"),
            ("printf '\\377\\376'", "no text"),
            ("head -c 300000 /dev/zero | tr '\\0' x", "more than a token is long"),
            ("kill -9 $$", "signal 9"),
        ] {
            let why = run(script, 30).await.err().unwrap_or_else(|| panic!("{script} fails"));
            assert!(why.contains(want), "{script}: {why}");
            assert!(!why.contains("secret-value"), "{script}: {why}");
        }
        let hex = "0123456789abcdef0123456789abcdef";
        let told =
            run(&format!("echo \"cannot use '{hex}' from /etc/tokens/2026/app-1.toml\" >&2; exit 1"), 30)
                .await;
        assert!(told.is_err_and(|why| why.ends_with("cannot use '…' from /etc/tokens/2026/app-1.toml")));
        let long = run("head -c 3000 /dev/zero | tr '\\0' x >&2; exit 1", 30).await.err().expect("it fails");
        assert!(long.len() < 300, "{long}");
        let escaped = token(&["sh", "-c", "printf 'a\\033[31m\\n' >&2; exit 1"].map(String::from)).await;
        assert!(escaped.err().is_some_and(|why| why.as_str().ends_with("aU+001B[31m")));
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_and_one_that_is_not_there_is_named() {
        let why = run("sleep 300 & wait", 1).await.err().expect("it hangs");
        assert!(why.contains("within 1 s and was killed"), "{why}");
        let why = within(&[String::from("keywright-no-such-program")], 5).await.err().expect("not there");
        assert!(why.contains("there is no program"), "{why}");
        assert!(within(&[], 5).await.is_err());
    }
}
