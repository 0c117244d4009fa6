//! Help: the keys of where one is, then of everywhere else, generated from the bindings.

use crate::app::update::Turn;
use crate::keymap::action::Action;
use crate::keymap::table::Context;

/// The help.
#[derive(Debug)]
pub struct Help {
    /// Where it was asked for.
    pub context: Context,
    /// How far it is scrolled.
    pub scroll: usize,
}

impl Help {
    /// What an action means here.
    pub fn act(&mut self, action: Action) -> Turn {
        const PAGE: usize = 10;
        match action {
            Action::Back => return Turn::close(),
            Action::Down => self.scroll += 1,
            Action::Up => self.scroll = self.scroll.saturating_sub(1),
            Action::PageDown => self.scroll += PAGE,
            Action::PageUp => self.scroll = self.scroll.saturating_sub(PAGE),
            _ => {}
        }
        self.scroll = self.scroll.min(crate::keymap::table::BINDINGS.len());
        Turn::stay()
    }
}
