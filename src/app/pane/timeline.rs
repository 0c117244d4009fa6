//! The timeline pane: the lines of the credentials table as bars. What is done to them is done as there.

use crate::app::model::{Model, Pane};
use crate::app::pane::credentials;
use crate::app::update::Turn;
use crate::keymap::action::Action;

/// What an action means in the timeline pane.
pub fn act(model: &mut Model, action: Action) -> Turn {
    match action {
        Action::ZoomIn => model.zoom = model.zoom.closer(),
        Action::ZoomOut => model.zoom = model.zoom.wider(),
        Action::Back => {
            return credentials::back(model).unwrap_or_else(|| {
                model.pane = Pane::Credentials;
                Turn::stay()
            });
        }
        other => return credentials::act(model, other),
    }
    Turn::stay()
}
