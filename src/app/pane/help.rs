//! Help: the keys of where one is, then of everywhere else, generated from the bindings.

use crate::keymap::table::Context;

/// The help.
#[derive(Debug)]
pub struct Help {
    /// Where it was asked for.
    pub context: Context,
    /// How far it is scrolled.
    pub scroll: usize,
}
