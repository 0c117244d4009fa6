//! Unfinished work: each operation with what is known of it and what can be done.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::start;
use crate::app::pane::unfinished::{Offer, Unfinished, offers, ours, story};
use crate::domain::operation::Operation;
use crate::domain::time::ago;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::{cut, flow, pad, pad_left};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Unfinished, area: Rect) -> (Sheet, Page<'a>) {
    // The cursor counts the operations that can be seen to here, and stays on the last when one goes.
    let operations: Vec<&Operation> = ours(ink.model).collect();
    let cursor = state.cursor.min(operations.len().saturating_sub(1));
    let title = format!("Unfinished work {} {}", symbol::DOT, operations.len());
    let (mut sheet, mut page) = start(ink, title, Context::Unfinished, 92, area);
    sheet.least = 14;
    if operations.is_empty() {
        page.mark(Tone::Good, "Nothing is unfinished.");
        return (sheet, page);
    }
    let asked = operations.get(cursor).map(|operation| offers(ink.model, operation)).unwrap_or_default();
    sheet.without =
        OFFERS.iter().filter(|(offer, ..)| !asked.contains(offer)).map(|(_, action, _)| *action).collect();
    for (position, operation) in operations.iter().enumerate() {
        let chosen = position == cursor;
        head(ink, &mut page, operation, chosen);
        if chosen {
            body(ink, &mut page, state, operation);
        }
    }
    (sheet, page)
}

fn head(ink: Ink<'_>, page: &mut Page<'_>, operation: &Operation, chosen: bool) {
    let began = ago(operation.began, ink.model.now);
    let what = format!(
        "{} {} {} {} {} {}",
        operation.kind.word(),
        operation.credential_name,
        symbol::DOT,
        operation.owner_name,
        symbol::DOT,
        operation.account
    );
    let room = page.width.saturating_sub(4 + 11);
    let style = if chosen { ink.theme.title } else { ink.theme.text };
    let mark = if chosen { symbol::CURSOR } else { " " };
    page.line(Line::from(vec![
        Span::styled(format!("{mark} "), ink.theme.focus),
        Span::styled(format!("{} ", symbol::ATTENTION), ink.theme.warning),
        Span::styled(pad(&cut(&what, room), room), style),
        Span::styled(pad_left(&began, 11), ink.theme.muted),
    ]));
}

fn body(ink: Ink<'_>, page: &mut Page<'_>, state: &Unfinished, operation: &Operation) {
    page.indented(ink.theme.text, &story(ink.model, operation));
    if !operation.note.is_empty() {
        page.indented(ink.theme.muted, &operation.note);
    }
    if state.running.as_ref().is_some_and(|(id, _)| *id == operation.id) {
        page.waiting("under way");
    }
    let asked = offers(ink.model, operation);
    let keys: Vec<String> =
        OFFERS.iter().filter(|(offer, ..)| asked.contains(offer)).map(offer_words).collect();
    for line in flow(&keys, page.width.saturating_sub(2)) {
        page.indented(ink.theme.accent, &line);
    }
    // The whole of the chosen one stays visible, not only its first line.
    page.focus = Some(page.lines.len().saturating_sub(1));
    page.gap();
}

/// What can be offered, with the key that asks for it and its words.
const OFFERS: [(Offer, Action, &str); 9] = [
    (Offer::LogIn, Action::LogIn, "log in first"),
    (Offer::Replay, Action::Replay, "ask again for the same answer"),
    (Offer::Check, Action::Refresh, "check what is true"),
    (Offer::Copy, Action::Copy, "copy it"),
    (Offer::Verify, Action::Verify, "verify it"),
    (Offer::Rotate, Action::Rotate, "rotate it again"),
    (Offer::Revoke, Action::Revoke, "revoke it"),
    (Offer::Deliver, Action::Deliver, "deliver it there"),
    (Offer::Settle, Action::Settle, "nothing more to do"),
];

fn offer_words((_, action, words): &(Offer, Action, &str)) -> String {
    format!("{} {words}", key_for(Context::Unfinished, *action))
}
