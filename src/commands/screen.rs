//! Without a command: the screen.

use super::{Outcome, fail};
use crate::config::Settings;
use crate::runtime::screen::{self, End};

/// Runs the screen until it is left.
pub(super) fn run(settings: &Settings, sandbox: bool, unprotected: Option<&str>) -> Outcome {
    match screen::run(settings, sandbox, unprotected) {
        Ok(End::Left) => Outcome::Done,
        Ok(End::Panicked) => Outcome::Panicked,
        Err(error) => fail(&error),
    }
}
