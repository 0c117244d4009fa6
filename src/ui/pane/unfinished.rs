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
use crate::ui::text::{cut, pad};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Unfinished, area: Rect) -> (Sheet, Page<'a>) {
    let operations: Vec<&Operation> = ours(ink.model).collect();
    let title = format!("Unfinished work {} {}", symbol::DOT, operations.len());
    let (mut sheet, mut page) = start(ink, title, Context::Unfinished, 92, area);
    sheet.least = 14;
    if operations.is_empty() {
        page.mark(Tone::Good, "Nothing is unfinished.");
        return (sheet, page);
    }
    for (position, operation) in operations.iter().enumerate() {
        // The list may have become shorter since the cursor was put there.
        let chosen = position == state.cursor.min(operations.len() - 1);
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
    let room = page.width.saturating_sub(4 + 12);
    let style = if chosen { ink.theme.title } else { ink.theme.text };
    let mark = if chosen { symbol::CURSOR } else { " " };
    page.line(Line::from(vec![
        Span::styled(format!("{mark} "), ink.theme.focus),
        Span::styled(format!("{} ", symbol::ATTENTION), ink.theme.warning),
        Span::styled(pad(&cut(&what, room), room), style),
        Span::styled(began, ink.theme.muted),
    ]));
}

fn body(ink: Ink<'_>, page: &mut Page<'_>, state: &Unfinished, operation: &Operation) {
    page.indented(ink.theme.text, &story(ink.model, operation));
    if operation.running_elsewhere {
        page.indented(ink.theme.muted, "Another keywright is at work on it; leave it to that one.");
    }
    if state.running.as_ref().is_some_and(|(id, _)| *id == operation.id) {
        page.waiting("under way");
    }
    let asked = offers(ink.model, operation);
    let keys: Vec<String> = asked.iter().map(|offer| offer_words(*offer)).collect();
    if !keys.is_empty() {
        page.indented(ink.theme.accent, &keys.join("   "));
    }
    // The whole of the chosen one stays visible, not only its first line.
    page.focus = Some(page.lines.len().saturating_sub(1));
    page.gap();
}

fn offer_words(offer: Offer) -> String {
    let (action, words) = match offer {
        Offer::Replay => (Action::Replay, "ask again for the same answer"),
        Offer::Check => (Action::Refresh, "check what is true"),
        Offer::Copy => (Action::Copy, "copy it"),
        Offer::Verify => (Action::Verify, "verify it"),
        Offer::Rotate => (Action::Rotate, "rotate it again"),
        Offer::Revoke => (Action::Revoke, "revoke it"),
        Offer::Settle => (Action::Settle, "nothing more to do"),
        Offer::LogIn => (Action::LogIn, "log in first"),
    };
    format!("{} {words}", key_for(Context::Unfinished, action))
}
