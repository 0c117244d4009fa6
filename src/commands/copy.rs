//! `keywright copy`: puts a stored secret into the clipboard, and takes it back after 30 seconds or on Ctrl-C.
//!
//! It stays until then: what is copied to a desktop is gone with the program that offers it.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use super::desk;
use super::{Outcome, complain, fail};
use crate::app::effect::{CopySource, Generation};
use crate::cli::CopyArgs;
use crate::config::Settings;
use crate::runtime::terminal::Lost;

/// Copies, waits, and takes it back.
pub fn run(settings: &Settings, arguments: &CopyArgs) -> Outcome {
    let tasks = super::tasks_with(settings, Box::new(to_terminal));
    let done = desk::wait(settings, tasks, async |mut desk| {
        let found = desk.find_part(&arguments.credential).await;
        let (reference, part) = found.map_err(desk::NotFound::complain)?;
        let copied = desk.tasks.copy(CopySource::Stored(reference, Generation::Current, part)).await;
        let report = copied.map_err(|why| fail(&format!("not copied: {why}")))?;
        let seconds = report.clears_in.unwrap_or_default();
        complain(&format!("copied {}; taken back after {seconds} s, or now with Ctrl-C", report.way));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds.into())) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        desk.tasks.clear_clipboard().await;
        Ok(Outcome::Done)
    });
    desk::outcome(done)
}

/// A code for the terminal goes where the person looks, not into a pipe.
fn to_terminal(code: &[u8]) -> Result<(), Lost> {
    let written = if io::stderr().is_terminal() {
        io::stderr().write_all(code)
    } else if io::stdout().is_terminal() {
        io::stdout().write_all(code).and_then(|()| io::stdout().flush())
    } else {
        Err(io::Error::from(io::ErrorKind::NotConnected))
    };
    written.map_err(|why| Lost::from(&why))
}
