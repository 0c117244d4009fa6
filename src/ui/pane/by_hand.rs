//! A credential that is made by hand: its page, then the paste of its secret.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{failed, start};
use crate::app::pane::by_hand::ByHand;
use crate::domain::time::moment;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::text::breaks;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{form, steps};
use crate::ui::words;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a ByHand, area: Rect) -> (Sheet, Page<'a>) {
    let title = format!("Make '{}' by hand through {}", state.plan.name, state.plan.account);
    let (mut sheet, mut page) = start(ink, title, state.context(), 92, area);
    sheet.least = 16;
    sheet.without = vec![Action::NextField];
    let names = ["make it on its page", "paste its secret"];
    sheet.steps =
        Some(steps::line(&ink, &names, usize::from(state.pasting), area.width.min(92).saturating_sub(4)));
    if let Some(request) = state.running {
        let since = ink.model.pending.get(&request).map(|one| ink.since(one.since)).unwrap_or_default();
        page.waiting(&format!("Stored first, then presented to the server and matched {since}"));
        page.gap();
    }
    failed(&mut page, state.failure.as_ref());
    if state.stored {
        page.mark(Tone::Warning, "The secret is stored and nothing is lost. Enter goes to unfinished work.");
    } else if state.pasting {
        paste(ink, &mut page, state);
    } else {
        address(ink, &mut page, state);
    }
    (sheet, page)
}

fn address<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &'a ByHand) {
    page.text(&format!("This login cannot make a {}. Its people make it on this page:", state.plan.kind));
    page.gap();
    // Broken hard and never cut: the address must be typed or copied whole.
    for piece in breaks(state.address.as_str(), page.width.saturating_sub(4).max(1)) {
        page.line(Line::from(vec![Span::raw("    "), Span::styled(piece, ink.theme.title)]));
    }
    page.gap();
    let (copy, on) = (key_for(Context::ByHand, Action::Copy), key_for(Context::ByHand, Action::Open));
    page.text(&format!(
        "{copy} copies the address. When the page shows the secret, {on} goes on to the paste."
    ));
    page.hint("It is filled in as far as the page takes that; compare before you send it:");
    asked(page, state);
}

/// What was asked for, to compare with the page.
fn asked(page: &mut Page<'_>, state: &ByHand) {
    page.fact("name", &state.plan.name);
    if !state.plan.scopes.is_empty() {
        page.fact("may do", &state.plan.scopes.join(", "));
    }
    if let Some(date) = state.plan.expiry {
        page.fact("until", &date.to_string());
    }
}

fn paste(ink: Ink<'_>, page: &mut Page<'_>, state: &ByHand) {
    // What went wrong must not be pushed off a small screen by what was read before.
    if state.failure.is_none() {
        page.text("Paste the secret as the page shows it. It is drawn nowhere.");
        page.gap();
    }
    form::fields(page, &ink, &state.form);
    page.gap();
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("goes to", tone, &place);
    if page.roomy {
        page.fact("page shown", &moment(state.began, &ink.model.zone));
        asked(page, state);
    }
}
