//! `keywright token`: the bearer of a kept login on standard output, for a pipe or a command substitution.
//!
//! Not to a terminal: it would stay in the scrollback.

use std::io::{self, IsTerminal as _};

use super::desk;
use super::{Outcome, complain};
use crate::cli::TokenArgs;
use crate::config::Settings;

/// Prints it, renewed first where that is needed and possible.
pub fn run(settings: &Settings, arguments: &TokenArgs) -> Outcome {
    if io::stdout().is_terminal() {
        complain(
            &"this prints a secret, and a terminal keeps what it shows; pipe it, or use $(keywright token …)",
        );
        return Outcome::Usage;
    }
    let done = desk::wait(settings, super::tasks(settings), async |desk| {
        let account = desk.account(&arguments.account)?;
        let bearer = desk.tasks.bearer(&account).await;
        let bearer = bearer.map_err(|failure| desk::refused(&account, &failure))?;
        Ok(super::say_secret(&bearer))
    });
    desk::outcome(done)
}
