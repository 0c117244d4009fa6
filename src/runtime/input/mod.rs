//! What comes in from the keyboard: keys in their one form, pastes in wiped memory, focus and size.
//!
//! On unix a plain thread reads the terminal and `decode` makes sense of the bytes. crossterm's reader is not
//! used there: it keeps every paste in a buffer of its own for the life of the process, and when the terminal hangs
//! up it reads in a tight loop inside the task that polls it. Start with [`Inputs::next`].

#[cfg(any(not(unix), test))]
mod console;
#[cfg(any(unix, test))]
mod decode;
#[cfg(unix)]
mod reader;

#[cfg(not(unix))]
pub use console::Inputs;
#[cfg(unix)]
pub use reader::Inputs;

use crate::keymap::key::Key;
use crate::secret::Secret;

/// The longest paste that is taken, in bytes.
pub const PASTE_MAX: usize = 64 * 1024;

/// One thing that happened at the terminal. Not `Debug`, because a paste may be a secret.
pub enum Input {
    /// A key went down, or is held down and repeats (where the terminal tells).
    Key {
        /// Which one.
        key: Key,
        /// Whether it repeats; such a key must never confirm anything.
        repeat: bool,
    },
    /// Text was pasted, exactly as the terminal sent it: line ends and control characters are the field's to drop.
    Paste(Secret),
    /// More than [`PASTE_MAX`] bytes were pasted, and none of them kept.
    PasteTooLong,
    /// The size may have changed; the next frame finds out.
    Resize,
    /// Another window has the keyboard now.
    FocusLost,
    /// This one has it again.
    FocusGained,
}
