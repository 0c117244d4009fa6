//! The list of commands: everything that can be asked for here, searchable.

use tui_input::Input;

use crate::app::form;
use crate::app::model::Model;
use crate::app::update::Turn;
use crate::keymap;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::COMMANDS;
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

impl Commands {
    /// Everything that can be asked for in the pane.
    pub fn open(model: &Model) -> Self {
        let mut list =
            Self { context: model.context(), search: Input::default(), cursor: 0, found: Vec::new() };
        list.narrow(model);
        list
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        let last = self.found.len().saturating_sub(1);
        match action {
            Action::Back => return Turn::close(),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::PageDown => self.cursor = (self.cursor + 10).min(last),
            Action::PageUp => self.cursor = self.cursor.saturating_sub(10),
            Action::Open => {
                let Some((action, _, _)) = self.found.get(self.cursor) else { return Turn::stay() };
                // The pane acts as if its own key had been pressed; what it opens lies where this list lay.
                let effects = crate::app::update::from_command(model, *action);
                return Turn { effects, ..Turn::close() };
            }
            _ => {}
        }
        Turn::stay()
    }

    /// A key that is text.
    pub fn key(&mut self, model: &Model, key: Key) {
        form::edit(&mut self.search, key);
        self.narrow(model);
    }

    /// Pasted text.
    pub fn paste(&mut self, model: &Model, text: &str) {
        form::paste(&mut self.search, text);
        self.narrow(model);
    }

    fn narrow(&mut self, model: &Model) {
        let wanted = self.search.value().trim().to_lowercase();
        let bound = keymap::bindings(self.context)
            .filter(|binding| binding.action != Action::Commands && !is_movement(binding.action))
            .map(|binding| {
                (binding.action, binding.label, binding.keys.first().copied().unwrap_or_default())
            });
        let unbound = COMMANDS.iter().map(|(action, label)| (*action, *label, ""));
        let account = model.current_account().and_then(|index| model.accounts.get(index));
        let vends = account.and_then(super::vend::ability).is_some();
        let possible = |action: Action| match action {
            Action::SandboxClock => model.sandbox.is_some(),
            Action::Vend => vends,
            _ => true,
        };
        self.found = bound
            .chain(unbound)
            .filter(|(action, label, _)| possible(*action) && label.to_lowercase().contains(&wanted))
            .collect();
        self.cursor = self.cursor.min(self.found.len().saturating_sub(1));
    }
}

fn is_movement(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::NextField
            | Action::PreviousField
            | Action::Back
            | Action::Open
    )
}
