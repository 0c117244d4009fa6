//! The keyring: where secrets are kept, behind a thread of its own with deadlines.
//!
//! Keeps out: network and screen. The operating system's keyring first; the kernel's, "until reboot", when the
//! operator chose it; this program's memory otherwise, for this run only. Never a file. Start with [`Vault`].
