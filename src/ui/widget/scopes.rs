//! The choice of scopes as lines of a page: the search, the slice of the list around the cursor, what is under the
//! cursor in full, and the sum in sentences.

use ratatui::text::{Line, Span};

use super::page::Page;
use super::{form, list};
use crate::app::model::Tone as Meant;
use crate::app::scopes::{Asked, Line as Entry, ScopePicker};
use crate::domain::ability::Pick;
use crate::domain::scope::{Risk, ScopeOffer};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::{cells, cut, pad, width};

/// The widest column of names.
const NAME: usize = 28;
/// Cells of the column of risks, with the space after it.
const RISK: usize = 9;
/// Puts the choice on a page that has `room` lines.
pub fn draw<'a>(ink: Ink<'a>, page: &mut Page<'a>, picker: &'a ScopePicker, room: usize) {
    asked(ink, page, picker);
    if picker.searching {
        form::input(page, &ink, "search or type", &picker.search);
        // The field keeps the keyboard; the line under the cursor is the one to keep in sight.
    } else if !picker.search.value().is_empty() {
        page.fact("search", picker.search.value());
    } else if let Some(typed) = &picker.choice.typed
        && !picker.narrowing
        && (page.roomy || picker.lines.len() < 4)
    {
        let key = key_for(Context::Scopes, Action::Filter);
        page.hint(&format!("{key} types a {} that is not listed: {}", picker.choice.noun, typed.words));
    }
    if let Some(why) = &picker.error {
        page.mark(Tone::Danger, why);
    }
    if picker.lines.is_empty() && picker.asked == Asked::Whole {
        let noun = picker.choice.noun;
        if picker.search.value().is_empty() {
            let key = key_for(Context::Scopes, Action::Refresh);
            page.hint(&format!("There is no {noun} to choose from here. {key} asks the server again."));
        } else {
            page.hint(&format!("The search finds no {noun} to choose from here."));
        }
    }
    let mut below = Page::new(ink, cells(page.width));
    below.roomy = page.roomy;
    sum(ink, &mut below, picker);
    // What is under the cursor may take two lines more, and the sum stands apart where there is room.
    let around = page.lines.len() + below.lines.len() + if page.roomy { 3 } else { 1 };
    let rows = room.saturating_sub(around).max(3);
    let names = name_column(page.width, picker);
    let first = list::offset(picker.cursor, rows, picker.lines.len());
    let mut cut_short = None;
    let from = page.lines.len();
    for (position, entry) in picker.lines.iter().enumerate().skip(first).take(rows) {
        let here = position == picker.cursor;
        if here && !picker.searching {
            page.focus_here();
        }
        let (line, whole) = entry_line(ink, picker, entry, here, names, page.width);
        page.line(line);
        cut_short = if here && !whole { Some(entry) } else { cut_short };
    }
    page.goes_on(from, first > 0, first + rows < picker.lines.len());
    if let Some(Entry::Offer(position)) = cut_short
        && let Some(offer) = picker.offers.get(*position)
    {
        page.hanging(
            Span::styled(format!("{} ", symbol::CURSOR), ink.theme.focus),
            ink.theme.muted,
            &offer.allows,
        );
    }
    if page.roomy {
        page.gap();
    }
    page.lines.extend(below.lines);
}

/// What the choice comes to, in sentences; before a wide one is taken at its word, the warning.
pub fn sum(ink: Ink<'_>, page: &mut Page<'_>, picker: &ScopePicker) {
    if let Some(warning) = picker.warning() {
        page.mark(Tone::Warning, &warning);
        return;
    }
    for (meant, sentence) in picker.sum() {
        match meant {
            Meant::Bad => page.mark(Tone::Warning, &sentence),
            Meant::Good | Meant::Plain => page.say(ink.theme.text, &sentence),
        }
    }
}

fn asked(ink: Ink<'_>, page: &mut Page<'_>, picker: &ScopePicker) {
    match &picker.asked {
        Asked::Whole | Asked::Wanted => {}
        Asked::Loading(request) => {
            let since = ink.model.pending.get(request).map(|one| ink.since(one.since)).unwrap_or_default();
            page.waiting(&format!("Asking the server what there is to choose from {since}"));
        }
        Asked::Failed(failure) => {
            let key = key_for(Context::Scopes, Action::Refresh);
            page.mark(Tone::Danger, &format!("{}. {key} asks again.", failure.sentence()));
        }
    }
}

fn name_column(page_width: usize, picker: &ScopePicker) -> usize {
    let presets = picker.choice.presets.iter().map(|(name, _)| width(name));
    let longest = picker.offers.iter().map(|offer| width(offer.name())).chain(presets).max().unwrap_or(0);
    longest.min(NAME).min(page_width / 3).max(8)
}

/// The line of an entry, and whether it says all there is.
fn entry_line<'a>(
    ink: Ink<'a>,
    picker: &ScopePicker,
    entry: &Entry,
    here: bool,
    names: usize,
    page_width: usize,
) -> (Line<'a>, bool) {
    let room = page_width.saturating_sub(2 + 4 + names + 1 + RISK);
    // The line under the cursor is marked in its whole length, as everywhere.
    let filled = |mut spans: Vec<Span<'a>>| {
        let used: usize = spans.iter().map(|span| width(&span.content)).sum();
        spans.push(Span::raw(" ".repeat(page_width.saturating_sub(2 + used))));
        crate::ui::pane::choice(ink, here, spans)
    };
    let line = |chosen: bool, name: &str, after: Vec<Span<'a>>| {
        let style = if chosen { ink.theme.title } else { ink.theme.text };
        let mut spans = vec![
            Span::styled(
                mark(picker.choice.pick, chosen),
                if chosen { ink.theme.good } else { ink.theme.muted },
            ),
            Span::styled(format!("{} ", pad(name, names)), style),
        ];
        spans.extend(after);
        filled(spans)
    };
    match entry {
        Entry::Heading(text) => (Line::from(Span::styled(text.clone(), ink.theme.muted)), true),
        Entry::Preset(position) => {
            let (name, ids) = picker.choice.presets.get(*position).copied().unwrap_or_default();
            let what = Span::styled(cut(&ids.join(", "), room + RISK), ink.theme.muted);
            (line(picker.is_preset_chosen(*position), name, vec![what]), true)
        }
        Entry::Offer(position) => {
            let Some(offer) = picker.offers.get(*position) else { return (Line::default(), true) };
            let whole = width(&offer.allows) <= room && width(offer.name()) <= names;
            let after = vec![risk(ink, offer), Span::styled(cut(&offer.allows, room), ink.theme.muted)];
            (line(picker.is_chosen(&offer.id), offer.name(), after), whole)
        }
        Entry::Typed => {
            let text = format!("take {} as typed", picker.search.value().trim());
            let spans = vec![Span::styled("[+] ", ink.theme.accent), Span::styled(text, ink.theme.text)];
            (filled(spans), true)
        }
    }
}

fn mark(pick: Pick, chosen: bool) -> &'static str {
    match (pick, chosen) {
        (Pick::Many, true) => "[✓] ",
        (Pick::Many, false) => "[ ] ",
        (Pick::One, true) => "(●) ",
        (Pick::One, false) => "( ) ",
    }
}

/// A risk's mark and word.
fn risk<'a>(ink: Ink<'a>, offer: &ScopeOffer) -> Span<'a> {
    let (mark, style) = match offer.risk {
        Risk::Reads => (symbol::EMPTY, ink.theme.muted),
        Risk::Writes => (symbol::HALF, ink.theme.text),
        Risk::Wide => (symbol::ATTENTION, ink.theme.warning),
    };
    Span::styled(pad(&format!("{mark} {}", offer.risk.word()), RISK), style)
}
