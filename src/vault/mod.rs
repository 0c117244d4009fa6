//! The keyring: where secrets are kept, behind a thread of its own with deadlines.
//!
//! Keeps out: network and screen. The operating system's keyring first; the kernel's, "until reboot", when the
//! operator chose it; this program's memory otherwise, for this run only. Never a file. Start with [`Vault`];
//! `line` is the queue to the thread, `store` the stores behind it.
#![expect(clippy::disallowed_types, reason = "the one room that touches the keyring")]

mod error;
mod handle;
mod line;
mod memory;
mod name;
pub mod parts;
mod status;
mod store;
#[cfg(test)]
mod tests;

pub use error::VaultError;
pub use handle::{Locked, Vault};
pub use name::{ENTRY_MAX, entry_name};
pub use status::{KeyringState, MemoryReason, VaultStatus};

/// Under which every entry of ours is kept, in every store.
pub const SERVICE: &str = "keywright";

/// Where secrets are kept, as the operator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// In the operating system's keyring.
    Keyring,
    /// In the Linux kernel's keyring: gone at reboot, and after three days without use.
    Kernel,
    /// In this program's memory: gone when it ends.
    Memory,
}
