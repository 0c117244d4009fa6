//! The account editor.

use ratatui::layout::Rect;

use super::start;
use crate::app::pane::account_form::AccountForm;
use crate::keymap::table::Context;
use crate::ui::ink::Ink;
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a AccountForm, area: Rect) -> (Sheet, Page<'a>) {
    let title = match &state.editing {
        Some(name) => format!("Account {name}"),
        None => String::from("New account"),
    };
    let (mut sheet, mut page) = start(ink, title, Context::Form, 88, area);
    sheet.least = 16;
    if state.saving.is_some() {
        page.waiting("Writing the settings");
        page.gap();
    }
    form::fields(&mut page, &ink, &state.form);
    page.gap();
    let chosen = state.backends.get(state.form.chosen("backend"));
    let backend = chosen.and_then(|id| ink.model.backends.iter().find(|abilities| abilities.id == *id));
    if let Some(backend) = backend {
        page.hint(&format!("{}: {}", backend.title, backend.endpoint));
    }
    page.hint("The settings hold no secrets; the login is asked for afterwards.");
    (sheet, page)
}
