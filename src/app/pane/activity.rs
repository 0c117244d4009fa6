//! The activity pane.

use crate::app::model::{Model, Pane};
use crate::app::update::Turn;
use crate::keymap::action::Action;

/// What an action means in the activity pane.
pub fn act(model: &mut Model, action: Action) -> Turn {
    let last = model.activity.len().saturating_sub(1);
    let page = model.view.page_height;
    let cursor = model.activity_cursor;
    model.activity_cursor = match action {
        Action::Down => (cursor + 1).min(last),
        Action::Up => cursor.saturating_sub(1),
        Action::PageDown => (cursor + page).min(last),
        Action::PageUp => cursor.saturating_sub(page),
        Action::First => 0,
        Action::Last => last,
        _ => cursor,
    };
    if action == Action::Back {
        model.pane = Pane::Credentials;
    }
    Turn::stay()
}
