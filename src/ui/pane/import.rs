//! Taking in a secret that exists already.

use ratatui::layout::Rect;

use super::{failed, start};
use crate::app::pane::import::Import;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::Ink;
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Import, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, format!("Import into {}", state.account), Context::Form, 84, area);
    sheet.least = 12;
    sheet.without = vec![Action::NextField];
    if state.running.is_some() {
        page.waiting("Presenting it to the server");
        page.gap();
    }
    failed(&mut page, state.failure.as_ref());
    page.text(
        "Paste a secret you have already. It is presented to the server, matched to its line and stored.",
    );
    page.gap();
    form::fields(&mut page, &ink, &state.form);
    page.gap();
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("goes to", tone, &place);
    if let Some(account) = ink.model.account(&state.account) {
        page.fact("checked by", account.abilities.verify);
    }
    (sheet, page)
}
