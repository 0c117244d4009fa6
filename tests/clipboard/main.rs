//! Copying through real clipboards: an X server and a tmux server started by the tests, and nothing of the user's.
//!
//! What is not installed is skipped with a line that says so; where everything can be had that is a failure.
#![cfg(unix)]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "these tests start programs and read what they print"
)]

mod tmux;
mod x11;

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keywright::runtime::clipboard::{ClipboardEnv, SystemClipboard};
use keywright::secret::Secret;

/// A secret made at run time, so that no file on this machine contains it.
fn secret() -> Secret {
    Secret::new(format!("kw-{}", uuid::Uuid::new_v4()))
}

/// The clipboard in an environment of these variables, and what it writes to the terminal.
fn clipboard(variables: &[(&str, &str)]) -> (SystemClipboard, Arc<Mutex<Vec<u8>>>) {
    let env = ClipboardEnv::from(|name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    });
    let written = Arc::new(Mutex::new(Vec::new()));
    let terminal = Arc::clone(&written);
    let to_terminal = move |codes: &[u8]| {
        terminal.lock().expect("lock").extend_from_slice(codes);
        Ok(())
    };
    (SystemClipboard::new(env, Box::new(to_terminal)), written)
}

/// Whether all these programs are here; says so, or fails, if not.
fn installed(programs: &[&str]) -> bool {
    for program in programs {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        if !found.expect("a shell").status.success() {
            support::skip::because(&format!("{program} is not installed"));
            return false;
        }
    }
    true
}

/// Asks until the answer is `Some`.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(Duration::from_millis(10));
    }
}
