//! Changing the name and description of a credential.

use ratatui::layout::Rect;

use super::confirm::sent;
use super::{failed, start};
use crate::app::pane::edit::{EditPane, Subject};
use crate::keymap::table::Context;
use crate::ui::ink::Ink;
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a EditPane, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, format!("Edit {}", state.title), Context::Form, 84, area);
    sheet.least = 10;
    sent(ink, &mut page, state.running);
    failed(&mut page, state.failure.as_ref());
    form::fields(&mut page, &ink, &state.form);
    if matches!(state.subject, Subject::Credential(_)) {
        page.gap();
        page.hint("The secret stays as it is.");
    }
    (sheet, page)
}
