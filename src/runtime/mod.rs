//! The room of everything that is not a decision: terminal, keyboard, clipboard, signals, clock, log file.
//!
//! Keeps out: what any of it means. Keys go out as [`input::Input`], frames come in as closures. Start with
//! [`terminal::Screen`].
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this room owns the terminal, the clipboard, the clock, child processes and threads"
)]

pub mod clipboard;
pub mod clock;
pub mod harden;
pub mod input;
pub mod log;
pub mod panic;
pub mod screen;
pub mod signals;
pub mod tasks;
pub mod terminal;
pub mod timer;
