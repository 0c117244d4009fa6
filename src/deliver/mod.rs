//! Bringing a secret to where it is used: files and programs.
//!
//! Keeps out: the keyring (a `keyring` target goes through `vault`), the records, the screen, the clock. Nothing is
//! tried twice by itself. Start with [`deliver`]; [`exec`] gives secrets to a program of the operator's,
//! [`ask`] takes a token from one.
#![expect(clippy::disallowed_types, reason = "this room starts the programs that receive secrets")]

pub mod ask;
mod command;
mod dotenv;
pub mod exec;
mod file;
mod watch;

use crate::domain::target::{Delivered, Place};
use crate::secret::Secret;

/// Brings a secret to a file or a program.
pub async fn deliver(place: &Place, secret: &Secret) -> Delivered {
    match place {
        Place::File { path, key } => file::deliver(path, key, secret),
        Place::Command { program, seconds, input } => {
            command::deliver(program, *seconds, input.as_deref(), secret).await
        }
        Place::Keyring { .. } => Delivered::Failed("the keyring is not reached from here".into()),
    }
}
