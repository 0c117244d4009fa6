//! A program that reads the secret on its standard input: the argument list as it is, no shell, nothing of the secret
//! in arguments or environment, a deadline, bounded output.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use zeroize::Zeroizing;

use super::watch::{Output, Pieces};
use crate::domain::target::{Delivered, SECRET_MARK, json_escaped};
use crate::secret::Secret;

/// How long the output of a program that ended is still read: something it started may hold its pipes.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// Runs the program and gives it the secret.
pub(super) async fn deliver(
    program: &[String],
    seconds: u64,
    input: Option<&str>,
    secret: &Secret,
) -> Delivered {
    let Some((name, arguments)) = program.split_first() else {
        return Delivered::Failed("the settings name no program".into());
    };
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    // Its own group, so that what it starts is killed with it, and the terminal's keys do not reach it.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(why) => return Delivered::Failed(not_started(name, &why).into()),
    };
    let pieces = Pieces::of(secret);
    let (mut out, mut err) = (Output::new(&pieces), Output::new(&pieces));
    let text = input_text(input, secret);
    let work = talk(&mut child, &text, &mut out, &mut err);
    let Ok(status) = tokio::time::timeout(Duration::from_secs(seconds), work).await else {
        kill(&mut child).await;
        let why =
            format!("it did not end within {seconds} s and was killed; what it did until then is not known");
        return Delivered::Failed(with_words(why, &out, &err).into());
    };
    match status {
        Ok(status) if status.success() => Delivered::Done(repeated(&out, &err).into()),
        Ok(status) => Delivered::Failed(with_words(ended(status), &out, &err).into()),
        Err(why) => Delivered::Failed(format!("what became of it is not known: {why}").into()),
    }
}

/// What the program reads: the secret, or the text around it.
fn input_text(input: Option<&str>, secret: &Secret) -> Zeroizing<String> {
    Zeroizing::new(match input {
        None => secret.expose().to_owned(),
        Some(text) => {
            let escaped = Zeroizing::new(json_escaped(secret.expose()));
            text.replace(SECRET_MARK, &escaped)
        }
    })
}

/// Gives it its input and reads what it prints until it ends.
async fn talk(
    child: &mut Child,
    text: &str,
    out: &mut Output<'_>,
    err: &mut Output<'_>,
) -> io::Result<ExitStatus> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let pipes = async {
        tokio::join!(feed(stdin, text), read(stdout, out), read(stderr, err));
    };
    tokio::pin!(pipes);
    tokio::select! {
        () = &mut pipes => child.wait().await,
        status = child.wait() => {
            drop(tokio::time::timeout(AFTERWARDS, pipes).await);
            status
        }
    }
}

/// A program may end well without reading to the end, so what it does not take is no failure.
async fn feed(stdin: Option<ChildStdin>, text: &str) {
    if let Some(mut stdin) = stdin
        && stdin.write_all(text.as_bytes()).await.is_ok()
    {
        drop(stdin.shutdown().await);
    }
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, output: &mut Output<'_>) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = Zeroizing::new(vec![0; 4096]);
    while let Ok(count @ 1..) = pipe.read(&mut piece).await {
        output.take(piece.get(..count).unwrap_or_default());
    }
}

/// Ends it with everything it started, and waits until it is gone.
pub(super) async fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) =
        child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
    {
        // A group that is gone already is what was wanted.
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    drop(child.kill().await);
}

pub(super) fn not_started(name: &str, why: &io::Error) -> String {
    if why.kind() == io::ErrorKind::NotFound {
        format!("there is no program {name}; look at PATH or write its whole path")
    } else {
        format!("{name} cannot be started: {why}")
    }
}

pub(super) fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("it was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("it ended with exit code {code}"),
        None => String::from("it did not end well"),
    }
}

/// What is said when it printed the secret.
fn repeated(out: &Output<'_>, err: &Output<'_>) -> String {
    if out.has_secret() || err.has_secret() {
        String::from("it printed the secret, so its output was dropped; see where else that output goes")
    } else {
        String::new()
    }
}

/// A failure with the program's own words, its complaints first.
fn with_words(why: String, out: &Output<'_>, err: &Output<'_>) -> String {
    let note = repeated(out, err);
    let words = [note, err.last_words(), out.last_words()];
    match words.into_iter().find(|words| !words.is_empty()) {
        Some(words) => format!("{why}: {words}"),
        None => why,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const SECRET: &str = "kw-test-0123456789-abcdef";

    async fn run(script: &str, seconds: u64, input: Option<&str>) -> Delivered {
        let program = ["sh", "-c", script].map(String::from);
        deliver(&program, seconds, input, &Secret::new(String::from(SECRET))).await
    }

    #[tokio::test]
    async fn the_secret_comes_on_standard_input_and_nowhere_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("got");
        let script = format!(
            "cat > {0}; tr '\\0' '\\n' < /proc/$$/cmdline > {0}.args; env > {0}.env",
            place.display()
        );
        assert_eq!(run(&script, 20, None).await, Delivered::Done("".into()));
        let text = |end: &str| {
            std::fs::read_to_string(folder.path().join(format!("got{end}"))).expect("it was written")
        };
        assert_eq!(text(""), SECRET, "exactly, without a line break");
        assert!(!text(".args").contains(SECRET) && !text(".env").contains(SECRET));
        let input = Some(r#"{"a":"{secret}"}"#);
        assert_eq!(run(&script, 20, input).await, Delivered::Done("".into()));
        assert_eq!(text(""), format!("{{\"a\":\"{SECRET}\"}}"));
    }

    #[tokio::test]
    async fn every_bad_end_is_a_sentence() {
        let cases = [
            ("exit 3", "exit code 3"),
            ("echo 'no such repository' >&2; exit 1", "exit code 1: no such repository"),
            ("echo 'said on output'; exit 1", "exit code 1: said on output"),
            ("printf 'a\\033[31mred\\n' >&2; exit 1", "aU+001B[31mred"),
            ("kill -9 $$", "signal 9"),
            ("cat >&2; exit 1", "printed the secret"),
            ("head -c 300000 /dev/zero | tr '\\0' x; exit 2", "exit code 2: xxx"),
        ];
        for (script, want) in cases {
            let Delivered::Failed(why) = run(script, 20, None).await else { panic!("{script} fails") };
            assert!(why.as_str().contains(want), "{script}: {why}");
            assert!(!why.as_str().contains("0123456789"), "{script} tells the secret");
            assert!(why.as_str().len() < 500, "{script} is cut");
        }
    }

    #[tokio::test]
    async fn a_program_that_prints_the_secret_is_told_on_even_when_it_ends_well() {
        let Delivered::Done(note) = run("cat", 20, None).await else { panic!("it ends well") };
        assert!(note.as_str().contains("printed the secret"), "{note}");
        let Delivered::Done(note) = run("base64", 20, None).await else { panic!("it ends well") };
        assert!(note.as_str().contains("printed the secret"), "{note}");
        assert_eq!(
            run("true", 20, None).await,
            Delivered::Done("".into()),
            "not reading it is its own matter"
        );
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_with_what_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("pid");
        let script = format!("sleep 300 & echo $! > {}; wait", place.display());
        let Delivered::Failed(why) = run(&script, 1, None).await else { panic!("it hangs") };
        assert!(why.as_str().contains("within 1 s and was killed"), "{why}");
        let pid = std::fs::read_to_string(&place).expect("it ran");
        let status = || std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
        let gone = async {
            while !status().is_empty() && !status().contains("State:\tZ") {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(10), gone).await.is_ok(), "{}", status());
    }

    #[tokio::test]
    async fn one_that_leaves_something_behind_does_not_hold_us_up() {
        let done = tokio::time::timeout(Duration::from_secs(20), run("sleep 30 & exit 0", 25, None)).await;
        assert_eq!(done.expect("long before the other one ends"), Delivered::Done("".into()));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let secret = Secret::new(String::from(SECRET));
        let done = deliver(&[String::from("keywright-no-such-program")], 5, None, &secret).await;
        assert!(matches!(done, Delivered::Failed(why) if why.as_str().contains("there is no program")));
        assert!(!deliver(&[], 5, None, &secret).await.is_done());
    }
}
