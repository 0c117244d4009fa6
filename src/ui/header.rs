//! The first line: name, tabs, account, who is logged in and for how long, where secrets go.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::ink::{Ink, Tone};
use super::symbol;
use super::text::{cells, cut, width};
use super::words;
use crate::app::model::{Pane, Shown};

/// The panes that exist, by their number.
const TABS: [(&str, &str, Pane); 3] = [
    ("1", "Credentials", Pane::Credentials),
    ("3", "Owners", Pane::Owners),
    ("5", "Activity", Pane::Activity),
];

/// Draws the line and answers where the tabs are.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> Vec<(Rect, Pane)> {
    let room = usize::from(area.width);
    let whole = parts(ink, true);
    // The right side gives way first in what it says, then the left side in its words.
    let forms = [(true, true, &whole), (false, true, &whole), (false, false, &whole)];
    let short = parts(ink, false);
    let all = forms.into_iter().chain([(true, true, &short), (false, true, &short), (false, false, &short)]);
    let fitting = all
        .into_iter()
        .find(|(name, full, right)| left_width(ink, *name, *full) + right_width(right) + 2 <= room);
    let (name, full, mut right) =
        fitting.map_or((false, false, short.clone()), |(name, full, right)| (name, full, right.clone()));
    let left = left_width(ink, name, full);
    while left + right_width(&right) + 2 > room && right.len() > 1 {
        right.remove(0);
    }
    let tabs = draw_left(ink, name, full, area, buffer);
    let line = right_line(&right, room.saturating_sub(left + 1));
    let start = room.saturating_sub(line.width() + 1);
    buffer.set_line(area.x + cells(start), area.y, &line, area.width);
    tabs
}

type Part = (String, Style);

/// What stands on the right, the least important first.
fn parts(ink: &Ink<'_>, full: bool) -> Vec<Part> {
    let model = ink.model;
    let mut parts: Vec<Part> = Vec::new();
    let account = model.current_account().and_then(|index| model.accounts.get(index));
    if let Some(note) = account.and_then(words::skew) {
        parts.push((format!("{} {note}", symbol::ATTENTION), ink.theme.warning));
    }
    if model.sandbox.is_some() {
        parts.push((String::from("sandbox"), ink.theme.accent));
    }
    let all = model.shown == Shown::All;
    match account {
        Some(_) if all => parts.push((format!("all accounts {}", symbol::OPENS), ink.theme.text)),
        Some(account) => {
            let name = cut(account.name().as_str(), if full { 32 } else { 14 });
            parts.push((format!("{name} {}", symbol::OPENS), ink.theme.text));
        }
        None => parts.push((String::from("no account"), ink.theme.muted)),
    }
    if all && account.is_some() {
        let logged_in = model.accounts.iter().filter(|account| account.session().is_some()).count();
        parts.push((format!("{logged_in} of {} logged in", model.accounts.len()), ink.theme.muted));
    } else if let Some(account) = account {
        let (tone, text) = words::session(account, model.now);
        let style = if tone == Tone::Good { ink.theme.text } else { ink.tone(tone) };
        parts.push((cut(&text, if full { 40 } else { 20 }), style));
    }
    let (tone, long, short) = words::vault(model);
    parts.push((if full { long } else { short }, ink.tone(tone)));
    parts
}

fn right_width(parts: &[Part]) -> usize {
    parts.iter().map(|(text, _)| width(text) + 2).sum()
}

fn right_line(parts: &[Part], room: usize) -> Line<'static> {
    let mut spans = Vec::new();
    for (position, (text, style)) in parts.iter().enumerate() {
        if position > 0 {
            spans.push(Span::raw("  "));
        }
        spans.push(Span::styled(cut(text, room), *style));
    }
    Line::from(spans)
}

/// The left side in cells: with the program's name or not, with every tab's word or only the current one's.
fn left_width(ink: &Ink<'_>, name: bool, full: bool) -> usize {
    let tabs: usize = TABS.iter().map(|(number, word, pane)| tab(ink, number, word, *pane, full).1 + 2).sum();
    tabs + if name { 13 } else { 1 }
}

fn tab(ink: &Ink<'_>, number: &str, word: &str, pane: Pane, full: bool) -> (Line<'static>, usize) {
    let current = pane == ink.model.pane;
    let (number_style, word_style) =
        if current { (ink.theme.accent, ink.theme.title) } else { (ink.theme.muted, ink.theme.muted) };
    let mut spans = vec![Span::styled(number.to_owned(), number_style)];
    if full || current {
        spans.push(Span::styled(format!(" {word}"), word_style));
    }
    let line = Line::from(spans);
    let wide = line.width();
    (line, wide)
}

fn draw_left(ink: &Ink<'_>, name: bool, full: bool, area: Rect, buffer: &mut Buffer) -> Vec<(Rect, Pane)> {
    let mut x = area.x + 1;
    if name {
        buffer.set_line(x, area.y, &Line::styled("keywright", ink.theme.title), area.width);
        x += 12;
    }
    let mut places = Vec::new();
    for (number, word, pane) in TABS {
        let (line, wide) = tab(ink, number, word, pane, full);
        let left = area.right().saturating_sub(x);
        buffer.set_line(x, area.y, &line, left);
        places.push((Rect::new(x, area.y, cells(wide).min(left), 1), pane));
        x = (x + cells(wide) + 2).min(area.right());
    }
    places
}
