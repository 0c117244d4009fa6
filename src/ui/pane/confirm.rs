//! A destructive step that asks first.

use ratatui::layout::Rect;

use super::{failed, start};
use crate::app::effect::RequestId;
use crate::app::pane::confirm::Confirm;
use crate::keymap::action::Action;
use crate::ui::ink::{Ink, Tone};
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Confirm, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, state.title.clone(), state.context(), 80, area);
    sheet.border = ink.theme.danger;
    sheet.without = vec![Action::NextField];
    sent(ink, &mut page, state.running);
    failed(&mut page, state.failure.as_ref());
    for line in &state.lines {
        page.text(line);
    }
    if state.running.is_some() {
        return (sheet, page);
    }
    if let Some(word) = &state.must_type {
        typed(ink, &mut page, word, &state.typed, state.mistyped);
    }
    (sheet, page)
}

/// What was sent and is waited for, with how long it takes. It stands first, where it is seen on any screen.
pub fn sent(ink: Ink<'_>, page: &mut Page<'_>, running: Option<RequestId>) {
    let Some(request) = running else { return };
    let since = ink.model.pending.get(&request).map(|pending| ink.since(pending.since)).unwrap_or_default();
    page.waiting(&format!("Sent; the answer is waited for and nothing is stopped {since}"));
    page.gap();
}

/// The question to type a word, with the refusal when it does not match.
pub fn typed(ink: Ink<'_>, page: &mut Page<'_>, word: &str, input: &tui_input::Input, mistyped: bool) {
    page.gap();
    page.text(&format!("To go on, type {word} and press Enter."));
    form::input(page, &ink, "type it here", input);
    if mistyped {
        page.mark(Tone::Danger, &format!("This is not {word}. Nothing was done."));
    }
}
