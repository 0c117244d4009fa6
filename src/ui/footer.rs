//! The last two lines: what is going on, and the keys of where one is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::ink::{Ink, Tone as Meant, key_for};
use super::symbol;
use super::text::{cells, cut, width};
use super::words;
use crate::app::model::{Shown, Tone, VaultView};
use crate::app::pane::unfinished::ours;
use crate::domain::time::{ago, span};
use crate::keymap::action::Action;
use crate::keymap::table::Context;

/// What is going on, most important first: a notice, what is awaited, what lies in the clipboard, what is left undone.
pub fn status(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) {
    let mut left: Vec<Line<'static>> = Vec::new();
    let room = usize::from(area.width).saturating_sub(2);
    left.extend(notice(ink, room));
    left.extend(pending(ink));
    left.extend(copied(ink));
    left.extend(unfinished(ink));
    left.extend(keyring(ink));
    if left.is_empty() {
        left.extend(quiet(ink, room));
    }
    let mut x = area.x + 1;
    let end = area.right().saturating_sub(1);
    for line in left {
        let free = end.saturating_sub(x);
        let wide = cells(line.spans.iter().map(|one| width(&one.content)).sum());
        // The first says what it can; what follows is said whole or not at all.
        if free == 0 || (wide > free && x > area.x + 1) {
            break;
        }
        buffer.set_line(x, area.y, &whole_or_cut(line, free.into()), free);
        x = x.saturating_add(wide.min(free)).saturating_add(3).min(end);
    }
}

/// The line, with an ellipsis where it is longer than its room.
fn whole_or_cut(line: Line<'static>, room: usize) -> Line<'static> {
    let mut left = room;
    let mut shown = Line::default().style(line.style);
    for span in line.spans {
        let text = cut(&span.content, left);
        left = left.saturating_sub(width(&text));
        shown.spans.push(Span::styled(text, span.style));
    }
    shown
}

fn notice(ink: &Ink<'_>, room: usize) -> Option<Line<'static>> {
    let notice = ink.model.notice.as_ref()?;
    let (tone, style) = match notice.tone {
        Tone::Good => (Meant::Good, ink.theme.good),
        Tone::Plain => (Meant::Plain, ink.theme.text),
        Tone::Bad => (Meant::Danger, ink.theme.danger),
    };
    let text = cut(&notice.text, room.saturating_sub(2));
    Some(Line::styled(format!("{} {text}", Ink::mark(tone)), style))
}

fn pending(ink: &Ink<'_>) -> Option<Line<'static>> {
    let pending = &ink.model.pending;
    // A write is what one waits for; else the oldest.
    let shown = ink.model.writing().or_else(|| pending.values().min_by_key(|pending| pending.since))?;
    let more = if pending.len() > 1 { format!(" and {} more", pending.len() - 1) } else { String::new() };
    let leaving = if ink.model.leaving { ", then leaving" } else { "" };
    let stop = key_for(Context::Pane, Action::Back);
    let stops = if ink.model.overlays.is_empty() { format!(" ({stop} stops it)") } else { String::new() };
    let far = shown.progress.as_ref().map(|far| format!(", {}{stops}", far.words())).unwrap_or_default();
    let why = shown.progress.as_ref().map(|far| far.why).filter(|why| !why.is_empty());
    let why = why.map(|why| format!(" · {why}")).unwrap_or_default();
    let text = format!(" {}{far}{more} {}{leaving}{why}", cut(&shown.what, 48), ink.since(shown.since));
    Some(Line::from(vec![Span::styled(ink.spinner(), ink.theme.accent), Span::styled(text, ink.theme.text)]))
}

fn copied(ink: &Ink<'_>) -> Option<Line<'static>> {
    let copied = ink.model.copied.as_ref()?;
    let left = span(copied.clears.duration_since(ink.model.now));
    let (mark, style) = if copied.report.confirmed {
        (symbol::DONE, ink.theme.good)
    } else {
        (symbol::ATTENTION, ink.theme.warning)
    };
    let (what, dot) = (cut(&copied.what, 32), symbol::DOT);
    let text = format!("{mark} copied {what} {dot} clears in {left} {dot} {}", copied.report.way);
    Some(Line::styled(text, style))
}

fn unfinished(ink: &Ink<'_>) -> Option<Line<'static>> {
    let count = ours(ink.model).count();
    let key = key_for(Context::Credentials, Action::Unfinished);
    (count > 0)
        .then(|| Line::styled(format!("{} {count} unfinished, {key}", symbol::ATTENTION), ink.theme.warning))
}

/// What mends a keyring that does not work.
fn keyring(ink: &Ink<'_>) -> Option<Line<'static>> {
    match &ink.model.vault {
        VaultView::Unusable { state, mend } => {
            Some(Line::styled(format!("{} {state}: {mend}", symbol::ATTENTION), ink.theme.danger))
        }
        VaultView::Checking | VaultView::Keyring(_) | VaultView::Kernel | VaultView::Memory { .. } => None,
    }
}

/// With nothing to say: what the server is and how old the list.
fn quiet(ink: &Ink<'_>, room: usize) -> Option<Line<'static>> {
    let model = ink.model;
    // The other panes show lines of several accounts, and none of them is at hand.
    if model.shown == Shown::All && !model.pane.has_table() {
        return None;
    }
    let account = model.accounts.get(model.current_account()?)?;
    let mut facts: Vec<String> = Vec::new();
    facts.extend(account.server.as_ref().map(|server| server.title.to_string()));
    if let crate::app::model::Fetch::Ready(at) = account.listed {
        facts.push(format!("read {}", ago(at, model.now)));
    }
    facts.extend(words::skew(account));
    let line = facts.join(&format!(" {} ", symbol::DOT));
    (!line.is_empty()).then(|| Line::styled(cut(&line, room), ink.theme.muted))
}

/// The filter while it is typed; answers the cursor's column.
pub fn filter(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let input = &ink.model.table.filter;
    let room = usize::from(area.width).saturating_sub(4);
    let (shown, column) = super::text::window(input.value(), input.cursor(), room);
    let line = Line::from(vec![Span::styled(" / ", ink.theme.accent), Span::styled(shown, ink.theme.text)]);
    buffer.set_line(area.x, area.y, &line, area.width);
    area.x + 3 + cells(column)
}
