//! The list of commands: everything that can be asked for here, searchable.

use tui_input::Input;

use crate::keymap::action::Action;
use crate::keymap::table::Context;

/// The list.
pub struct Commands {
    /// Where it was asked for.
    pub context: Context,
    /// What narrows it.
    pub search: Input,
    /// The line under the cursor.
    pub cursor: usize,
    /// What matches: action, label, key (empty when there is none), in order.
    pub found: Vec<(Action, &'static str, &'static str)>,
}
