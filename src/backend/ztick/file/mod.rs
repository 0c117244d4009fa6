//! The auth file: read by the server's own rules, edited by splicing lines, replaced in one step.
//!
//! The file looks like TOML and is not, so no TOML library touches it and nothing is ever re-serialised: an edit
//! adds lines or takes lines out, and every other byte stays. Reading borrows from the bytes, so a secret is never
//! copied. Start with [`read`] for what the server makes of the bytes, [`findings`] for what an operator should know
//! about them, [`create`] and its siblings for new bytes, and [`disk`] for getting them on and off the disk.

mod diff;
pub mod disk;
mod edit;
mod findings;
mod generate;
mod lines;
mod reading;
#[cfg(unix)]
mod replace;
mod trap;

#[cfg(test)]
mod tests;

pub use self::diff::{Change, Outline, difference};
pub(super) use self::edit::namespace;
pub use self::edit::{Edited, New, Refusal, Warning, create, revoke, rotate};
pub use self::findings::{Finding, findings};
pub(super) use self::generate::prefix;
pub use self::generate::{GenerateError, generate};
pub(super) use self::lines::note_of;
pub use self::reading::{LARGEST, Reading, StartFailure, Token, read};
pub use self::trap::{Trap, Weight};
