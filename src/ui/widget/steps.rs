//! The steps of a wizard in one line: what is done, where one is, what comes.

use ratatui::text::{Line, Span};

use crate::ui::ink::Ink;
use crate::ui::symbol;
use crate::ui::text::width;

/// All steps in one line of at most `room` cells, the current one marked. Where the line is short, only the current
/// one has a mark.
pub fn line(ink: &Ink<'_>, names: &[&'static str], current: usize, room: u16) -> Line<'static> {
    let all: usize = names.iter().map(|name| width(name) + 2).sum();
    let gaps = names.len().saturating_sub(1);
    let marked = all + gaps * 3 <= usize::from(room);
    let mut spans = Vec::new();
    for (position, name) in names.iter().enumerate() {
        if position > 0 {
            spans.push(Span::raw(if marked { "   " } else { "  " }));
        }
        let (mark, style) = match position.cmp(&current) {
            std::cmp::Ordering::Less => (symbol::DONE, ink.theme.good),
            std::cmp::Ordering::Equal => (symbol::CURSOR, ink.theme.focus),
            std::cmp::Ordering::Greater => (symbol::DOT, ink.theme.muted),
        };
        if marked || position == current {
            spans.push(Span::styled(format!("{mark} "), style));
        }
        spans.push(Span::styled(*name, if position < current { ink.theme.muted } else { style }));
    }
    Line::from(spans)
}
