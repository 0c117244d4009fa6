//! The list of commands, searchable.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, start};
use crate::app::pane::commands::Commands;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, key_name};
use crate::ui::text::{pad, pad_left};
use crate::ui::widget::form;
use crate::ui::widget::list;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Commands, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, "Commands", Context::Pick, 72, area);
    sheet.least = 20;
    sheet.without = vec![Action::New];
    form::input(&mut page, &ink, "search", &state.search);
    page.gap();
    if state.found.is_empty() {
        page.hint("No command is called that.");
    }
    let rows = usize::from(area.height.min(22)).saturating_sub(5);
    let first = list::offset(state.cursor, rows, state.found.len());
    for (position, (_, label, key)) in state.found.iter().enumerate().skip(first).take(rows) {
        let room = page.width.saturating_sub(14);
        let spans = vec![
            Span::styled(pad(label, room), ink.theme.text),
            Span::styled(pad_left(&key_name(key), 12), ink.theme.accent),
        ];
        page.line(choice(ink, position == state.cursor, spans));
    }
    (sheet, page)
}
