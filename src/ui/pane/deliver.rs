//! The targets of a credential: what each is, whether it belongs to the credential, and its receipt.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, failed, start};
use crate::app::pane::deliver::{Deliver, Line, lines, notes};
use crate::domain::credential::CredentialRef;
use crate::domain::target::{Delivered, TargetNote};
use crate::domain::time::{Timestamp, ago};
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone};
use crate::ui::symbol;
use crate::ui::text::{cut, pad};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Deliver, area: Rect) -> (Sheet, Page<'a>) {
    let title = format!("Deliver {} {} {}", state.name, symbol::DOT, state.owner);
    let (mut sheet, mut page) = start(ink, title, Context::Deliver, 92, area);
    sheet.least = 12;
    failed(&mut page, state.failure.as_ref());
    page.hint(
        "The stored secret goes to the marked ones, in this order. The next rotation offers them again.",
    );
    page.gap();
    let lines = lines(ink.model, &state.credential);
    let cursor = state.cursor.min(lines.len().saturating_sub(1));
    for (position, line) in lines.iter().enumerate() {
        let chosen = position == cursor;
        if chosen {
            page.focus_here();
        }
        head(ink, &mut page, line, chosen);
        if chosen {
            body(ink, &mut page, line);
        }
    }
    if state.running.is_some() {
        page.gap();
        page.waiting("delivering; closing this does not stop it");
    }
    (sheet, page)
}

fn head<'a>(ink: Ink<'a>, page: &mut Page<'a>, line: &Line, chosen: bool) {
    let mark = if line.note.is_some() { "[✓] " } else { "[ ] " };
    let kind = line.target.as_ref().map_or("gone", |target| target.place.kind());
    let (tone, has) =
        line.note.as_ref().map_or((Tone::Plain, String::new()), |note| has(note, ink.model.now));
    let name_room = if page.width < 70 { 18 } else { 26 };
    let rest = page.width.saturating_sub(name_room + 2 + 4 + 9);
    let spans = vec![
        Span::styled(mark, ink.theme.text),
        Span::styled(pad(line.name.as_str(), name_room), ink.theme.text),
        Span::styled(pad(kind, 9), ink.theme.muted),
        Span::styled(cut(&has, rest), ink.tone(tone)),
    ];
    page.line(choice(ink, chosen, spans));
}

/// Where a new secret will go: every target there is, the marked ones first.
pub(super) fn choose<'a>(ink: Ink<'a>, page: &mut Page<'a>, lines: &[Line], cursor: usize) {
    for (position, line) in lines.iter().enumerate() {
        let chosen = position == cursor;
        if chosen {
            page.focus_here();
        }
        head(ink, page, line, chosen);
        if chosen {
            body(ink, page, line);
        }
    }
    if lines.is_empty() {
        page.hint(
            "The settings describe no target yet: a file, a program or another program's keyring entry.",
        );
    }
}

/// What a target has, as far as its receipt tells.
pub(super) fn has(note: &TargetNote, now: Timestamp) -> (Tone, String) {
    let Some(receipt) = &note.receipt else { return (Tone::Plain, String::from("never delivered")) };
    let when = ago(receipt.at, now);
    match (&receipt.result, note.current) {
        (Delivered::Failed(_), _) => (Tone::Danger, format!("× failed {when}")),
        (_, false) => (Tone::Warning, format!("{} has an older secret", symbol::ATTENTION)),
        (Delivered::ReadBack(_), true) => (Tone::Good, format!("✓ read back {when}")),
        (Delivered::Done(_), true) => (Tone::Good, format!("✓ handed over {when}")),
    }
}

/// The targets in one line, each with its mark.
pub(super) fn marks(notes: &[TargetNote]) -> String {
    let mark = |note: &TargetNote| match &note.receipt {
        None => " ",
        Some(receipt) if !receipt.result.is_done() => "×",
        Some(_) if note.current => "✓",
        Some(_) => symbol::ATTENTION,
    };
    notes.iter().map(|note| format!("{} {}", note.target, mark(note))).collect::<Vec<String>>().join("  ")
}

/// The targets of a credential as facts of a page: what each has; nothing that is known of an older secret counts.
pub(super) fn facts(ink: Ink<'_>, page: &mut Page<'_>, credential: &CredentialRef) {
    let notes = notes(ink.model, credential);
    if notes.is_empty() {
        page.fact("targets", "none yet");
    }
    for (position, note) in notes.iter().enumerate() {
        let (tone, has) = has(note, ink.model.now);
        let style = if tone == Tone::Plain { ink.theme.muted } else { ink.tone(tone) };
        let label = if position == 0 { "targets" } else { "" };
        page.fact_styled(label, style, &format!("{} {has}", note.target));
    }
}

fn body(ink: Ink<'_>, page: &mut Page<'_>, line: &Line) {
    match &line.target {
        Some(target) => {
            let part = target.part.as_ref().map(|part| format!(", part {part}")).unwrap_or_default();
            page.indented(ink.theme.muted, &format!("{}{part}", target.place.words()));
        }
        None => page.indented(ink.theme.warning, "It is not in the settings any more."),
    }
    if !line.shared.is_empty() {
        let others = line.shared.join(", ");
        let words = format!("It is a target of {others} as well: what is there is overwritten.");
        page.indented(ink.theme.warning, &words);
    }
    if let Some(receipt) = line.note.as_ref().and_then(|note| note.receipt.as_ref()) {
        page.indented(ink.theme.text, &receipt.result.sentence());
    }
    page.gap();
}
