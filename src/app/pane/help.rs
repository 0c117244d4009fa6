//! Help: the keys of where one is, then of everywhere else, generated from the bindings.

use crate::app::update::Turn;
use crate::keymap::action::Action;
use crate::keymap::table::Context;

/// The help.
#[derive(Debug)]
pub struct Help {
    /// Where it was asked for.
    pub context: Context,
}

impl Help {
    /// What an action means here.
    pub fn act(action: Action) -> Turn {
        if action == Action::Back { Turn::close() } else { Turn::stay() }
    }
}
