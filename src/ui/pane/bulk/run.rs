//! What is happening: the bar with rate and time left, the counts, and each credential with what came of it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::pane::bulk::{Bulk, Ended, Item, Phase, Run, Word, Work};
use crate::domain::time::{moment, span};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::pane::choice;
use crate::ui::symbol;
use crate::ui::text::{cut, cut_middle, pad, width};
use crate::ui::widget::list;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// Cells of the word of a result.
const WORD: usize = 11;

/// Takes the keys away that mean nothing just now.
pub(super) fn without(ink: Ink<'_>, sheet: &mut Sheet, state: &Bulk) {
    let paused = matches!(state.run.ended, Some(Ended::Paused(_)));
    if state.run.running.is_none() && !paused {
        sheet.without.push(Action::Pause);
    }
    let line = state.line().map(Item::current);
    let facts =
        line.and_then(|one| ink.model.account(&one.account).and_then(|account| account.facts.get(one)));
    if !facts.is_some_and(|facts| facts.stored) || state.work == Work::Revoke {
        sheet.without.extend([Action::Copy, Action::Deliver]);
    }
}

/// The page. Only the visible results are put on it.
pub(super) fn draw<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Bulk, rows: usize) {
    let run = &state.run;
    page.line(bar(ink, page.width, run));
    head(ink, page, state);
    page.line(counts(ink, state));
    if run.asking {
        asking(page, state);
    }
    page.gap();
    let shown = state.shown();
    if shown.is_empty() {
        page.mark(Tone::Good, "Nothing failed, and nothing needs attention so far.");
        return;
    }
    let at = state.cursor.min(shown.len().saturating_sub(1));
    // The chosen one's sentence stands below in full, two lines of it.
    let rows = rows.saturating_sub(page.lines.len() + 3).max(1);
    let first = list::offset(at, rows, shown.len());
    for (position, item) in shown.iter().enumerate().skip(first).take(rows) {
        let Some(item) = state.items.get(*item) else { continue };
        page.line(result(ink, page.width, item, position == at));
    }
    page.gap();
    if let Some(item) = state.line() {
        let says = if item.says.is_empty() { item.word.word() } else { &item.says };
        page.say(
            ink.theme.text,
            &format!("{} of {} in {}: {says}", item.name, item.owner.name, item.credential.account),
        );
    }
    page.cursor = None;
}

/// `rotating ━━━━━━━━━━───── 412 of 1000`.
fn bar(ink: Ink<'_>, room: usize, run: &Run) -> Line<'static> {
    let words = format!(" {} of {}", run.done, run.of);
    let cells = room.saturating_sub(width(&words)).max(1);
    let full = (cells * run.done.min(run.of)).checked_div(run.of).unwrap_or(cells);
    Line::from(vec![
        Span::styled(symbol::PASSED.repeat(full), ink.theme.accent),
        Span::styled(symbol::LEFT.repeat(cells - full), ink.theme.muted),
        Span::styled(words, ink.theme.title),
    ])
}

/// What is going on, how fast, and how long it takes; or how it came to rest.
fn head(ink: Ink<'_>, page: &mut Page<'_>, state: &Bulk) {
    let run = &state.run;
    let now = ink.model.now;
    let going = match (run.phase, state.work) {
        (Phase::Work, work) => work.going(),
        (Phase::Verify, _) => "presenting the new secrets",
        (Phase::Deliver, _) => "delivering to targets",
    };
    let pause = key_for(Context::BulkRun, Action::Pause);
    match &run.ended {
        None if run.halting.is_some() => page.waiting("Finishing what was sent; nothing more is begun"),
        None => {
            let rate =
                run.rate(now).map_or_else(String::new, |rate| format!(" {} {rate:.0} a second", symbol::DOT));
            let left = run
                .left(now)
                .map_or_else(String::new, |left| format!(" {} {} left", symbol::DOT, span(left)));
            page.waiting(&format!("{going}{rate}{left}"));
            if let Some((account, until)) = run.held.as_ref().filter(|(_, until)| *until > now) {
                let until = moment(*until, &ink.model.zone);
                page.mark(
                    Tone::Warning,
                    &format!("{account} asked to wait (too many requests): on at {until}"),
                );
            }
        }
        Some(Ended::Paused(None)) => {
            page.mark(Tone::Warning, &format!("Paused. Nothing is under way; {pause} goes on."));
        }
        Some(Ended::Paused(Some(why))) => {
            page.mark(
                Tone::Danger,
                &format!("Paused: {}. Nothing is under way; {pause} goes on.", why.sentence()),
            );
        }
        Some(Ended::Stopped) => page.mark(
            Tone::Warning,
            "Stopped. What was sent is finished; the rest is untouched and still selected.",
        ),
        Some(Ended::Finished) => page.mark(Tone::Good, "Done. Every credential has its result below."),
    }
}

fn counts(ink: Ink<'_>, state: &Bulk) -> Line<'static> {
    let mut spans = Vec::new();
    for (word, count) in state.counts() {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let (mark, style) = mark(ink, word);
        spans.push(Span::styled(format!("{mark} {count} {}", word.word()), style));
    }
    if state.run.failures {
        spans.push(Span::styled("  (only what failed is shown)", ink.theme.muted));
    }
    Line::from(spans)
}

fn asking(page: &mut Page<'_>, state: &Bulk) {
    let left =
        state.counts().into_iter().find(|(word, _)| *word == Word::Waiting).map_or(0, |(_, count)| count);
    let words = match (state.run.running.is_some(), state.run.phase) {
        (true, Phase::Work) => {
            "Stop? Enter: what was sent is finished and verified, the rest stays untouched. Esc: go on."
        }
        (true, _) => {
            "Stop? Enter: what was sent is finished; the rest is stored and not verified. Esc: go on."
        }
        (false, _) => "Close? Enter: what is untouched stays as it is. Esc: stay.",
    };
    page.mark(Tone::Danger, &format!("{words} ({left} untouched)"));
}

fn result<'a>(ink: Ink<'a>, room: usize, item: &Item, chosen: bool) -> Line<'a> {
    let (mark, style) = mark(ink, item.word);
    let name = (room / 4).max(8);
    let rest = room.saturating_sub(2 + WORD + 2 + 2 * (name + 1));
    choice(
        ink,
        chosen,
        vec![
            Span::styled(pad(&format!("{mark} {}", item.word.word()), WORD + 2), style),
            Span::styled(pad(&cut(item.name.as_str(), name), name + 1), ink.theme.text),
            Span::styled(pad(&cut_middle(item.owner.name.as_str(), name), name + 1), ink.theme.muted),
            Span::styled(pad(&cut(&item.says, rest), rest), ink.theme.muted),
        ],
    )
}

fn mark(ink: Ink<'_>, word: Word) -> (&'static str, Style) {
    let tone = match word {
        Word::Waiting => return (symbol::DOT, ink.theme.muted),
        Word::UnderWay => return (symbol::DOT, ink.theme.accent),
        Word::Stored | Word::Verified | Word::Delivered | Word::Revoked => Tone::Good,
        Word::Attention | Word::Unknown => Tone::Warning,
        Word::NotStored | Word::Failed => Tone::Danger,
    };
    (Ink::mark(tone), ink.tone(tone))
}
