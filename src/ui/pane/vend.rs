//! Secrets for storage: what they can be had for, what is held of them, and how long that lives.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, failed, start, waiting};
use crate::app::model::Fetch;
use crate::app::pane::vend::{Line, Vend, ability};
use crate::domain::time::span;
use crate::domain::vending::Held;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::{cut, pad};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{form, list};

/// Lines around the list: the border, the sentence, the search, the state of what was asked.
const AROUND: usize = 12;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Vend, area: Rect) -> (Sheet, Page<'a>) {
    let title = format!("Storage credentials {} {}", symbol::DOT, state.account);
    let (mut sheet, mut page) = start(ink, title, state.context(), 92, area);
    sheet.least = 14;
    failed(&mut page, state.failure.as_ref());
    waiting(ink, &mut page, &state.account, state.failure.as_ref());
    let lines = state.lines(ink.model);
    let chosen = lines.get(state.cursor.min(lines.len().saturating_sub(1)));
    if chosen.is_none_or(|line| line.held.is_none()) {
        sheet.without = vec![Action::Copy, Action::Deliver, Action::Forget];
    }
    let vending = ink.model.account(&state.account).and_then(ability);
    if let Some(vending) = vending.filter(|_| page.roomy && !state.searching) {
        page.hint(vending.sentence);
        page.gap();
    }
    if state.searching {
        form::input(&mut page, &ink, "search, or type a place", &state.search);
        if let Some(vending) = vending {
            page.hint(&state.refusal(ink.model).map_or_else(
                || format!("What can be typed: {}.", vending.typed.words),
                |why| format!("Nothing matches; to ask for it, {why}."),
            ));
        }
        page.gap();
    }
    rows(ink, &mut page, state, &lines, area);
    below(&mut page, state, lines.is_empty());
    (sheet, page)
}

fn rows<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Vend, lines: &[Line], area: Rect) {
    let cursor = state.cursor.min(lines.len().saturating_sub(1));
    let count = usize::from(area.height).saturating_sub(AROUND).max(2);
    let first = list::offset(cursor, count, lines.len());
    for (position, line) in lines.iter().enumerate().skip(first).take(count) {
        let here = position == cursor;
        if here && !state.searching {
            page.focus_here();
        }
        row(ink, page, line, here);
    }
    if lines.len() > count {
        page.hint(&format!("{} of {}", cursor + 1, lines.len()));
    }
}

fn row<'a>(ink: Ink<'a>, page: &mut Page<'a>, line: &Line, here: bool) {
    let (tone, held) = line.held.as_ref().map_or((Tone::Plain, String::new()), |held| words(ink, held));
    let room = page.width.saturating_sub(2);
    let place = (room / 2).max(24).min(room);
    let rest = room.saturating_sub(place + 1);
    let (text, style) =
        if held.is_empty() { (line.about.to_string(), ink.theme.muted) } else { (held, ink.tone(tone)) };
    let spans = vec![
        Span::styled(pad(&cut(&line.place, place), place), ink.theme.text),
        Span::styled(format!(" {}", pad(&cut(&text, rest), rest)), style),
    ];
    page.line(choice(ink, here, spans));
}

/// What is held, and until when.
fn words(ink: Ink<'_>, held: &Held) -> (Tone, String) {
    match held.ends {
        Some(end) if end > ink.model.now => {
            (Tone::Good, format!("held here, ends in {}", span(end.duration_since(ink.model.now))))
        }
        Some(_) => (Tone::Warning, String::from("has ended")),
        None => (Tone::Warning, format!("{} held here, no end is told", symbol::ATTENTION)),
    }
}

fn below(page: &mut Page<'_>, state: &Vend, empty: bool) {
    if state.running.is_some() {
        page.waiting("getting it; it is stored before it is shown");
        return;
    }
    match &state.listed {
        Fetch::Loading(_) => page.waiting("asking the server what there is"),
        Fetch::Failed(failure) => {
            page.mark(Tone::Danger, &format!("The list did not come: {}", failure.sentence()));
        }
        Fetch::Ready(_) if empty && !state.searching => {
            let key = key_for(Context::Vend, Action::Filter);
            page.hint(&format!("Nothing is listed; {key} takes a place that is typed."));
        }
        Fetch::Ready(_) | Fetch::Idle => {}
    }
    let key = key_for(Context::Vend, Action::Forget);
    page.hint(&format!(
        "What ends is taken out of the store at its end; what does not, when you take it out ({key})."
    ));
}
