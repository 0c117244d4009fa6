//! The timeline: on top what falls due, below one bar for each line of the credentials table, over one axis of time.
//! Only the bars that are visible are made, whatever the length of the table.

mod due;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::credentials::{self, Column};
use crate::app::model::AccountState;
use crate::app::rows::{Row, row_state};
use crate::app::timeline::Axis;
use crate::app::timeline::bar::{Cell, Life, bar, life};
use crate::app::timeline::ticks::ticks;
use crate::domain::credential::Credential;
use crate::ui::ink::Ink;
use crate::ui::symbol;
use crate::ui::text::{cells, flow, pad, width};
use crate::ui::widget::list;

/// The title of the pane: how much time the bars show, then as in the credentials pane.
pub fn title(ink: &Ink<'_>) -> String {
    let (dot, model) = (symbol::DOT, ink.model);
    format!("Timeline {dot} {} {dot} {}", model.zoom.words(), credentials::counted(ink))
}

/// Draws the pane and answers how many bars are visible.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let area = due::draw(ink, area, buffer);
    if ink.model.table.rows.is_empty() {
        credentials::empty(*ink, area, buffer);
        return area.height.saturating_sub(1);
    }
    let area = legend(ink, credentials::above_notes(ink, area, buffer), buffer);
    let layout = Layout::of(ink, area);
    layout.heading(ink, area, buffer);
    let body = Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(body.height);
    let table = &ink.model.table;
    let first = list::offset(table.cursor, rows, table.rows.len());
    for (position, row) in table.rows.iter().enumerate().skip(first).take(rows) {
        let place = Rect { y: body.y + cells(position - first), height: 1, ..body };
        layout.line(ink, *row, position == table.cursor, place, buffer);
    }
    // The line for now goes through to the bottom.
    let drawn = table.rows.len().saturating_sub(first).min(rows);
    for y in body.y + cells(drawn)..body.bottom() {
        let now = layout.bars + cells(layout.axis.now_cell());
        buffer.set_string(now, y, symbol::NOW, ink.theme.border);
    }
    body.height
}

/// Lines from which on there is room for a gap.
const ROOMY: u16 = 18;
/// Lines of bars from which on the legend has one.
const WITH_LEGEND: u16 = 11;

/// What the cells of a bar mean, where there is room for it.
fn legend(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> Rect {
    if area.height < WITH_LEGEND {
        return area;
    }
    let words = [
        (symbol::PASSED, "works"),
        (symbol::LEFT, "two secrets work"),
        (symbol::OFF, "switched off"),
        (symbol::FAILED, "ends"),
        (symbol::LATER, "goes on"),
        (symbol::NOW, "now"),
    ];
    let words: Vec<String> = words.iter().map(|(cell, word)| format!("{cell} {word}")).collect();
    let room = usize::from(area.width.saturating_sub(2));
    let line = flow(&words, room).into_iter().next().unwrap_or_default();
    let above = Rect { height: area.height - 1, ..area };
    buffer.set_stringn(area.x + 2, above.bottom(), line, room, ink.theme.muted);
    above
}

/// Where things stand in a line: columns, the bar, its end in words.
struct Layout {
    columns: Vec<(Column, &'static str, usize)>,
    bars: u16,
    axis: Axis,
    ticks: Vec<(usize, String)>,
}

/// Cells of the end in words, with a gap on both sides of it.
const ENDS: usize = 11;

impl Layout {
    fn of(ink: &Ink<'_>, area: Rect) -> Self {
        let room = usize::from(area.width).saturating_sub(2);
        let mut columns = vec![(Column::Name, "NAME", (room / 7).clamp(10, 24))];
        if room >= 70 {
            columns.push((Column::Owner, "OWNER", (room / 9).clamp(9, 20)));
        }
        if let Some(longest) = credentials::longest_account(ink).filter(|_| room >= 100) {
            columns.push((Column::Account, "ACCOUNT", longest.clamp(7, room / 8)));
        }
        columns.push((Column::State, "STATE", if room >= 130 { 17 } else { 10 }));
        let taken: usize = columns.iter().map(|(_, _, width)| width + 2).sum();
        let axis = Axis::new(ink.model.now, ink.model.zoom, room.saturating_sub(taken + ENDS));
        let ticks = ticks(&axis, &ink.model.zone);
        Self { columns, bars: area.x + 2 + cells(taken), axis, ticks }
    }

    /// The headings, the labels of the axis, and the word over the line for now. A label that would touch another one
    /// is left out.
    fn heading(&self, ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) {
        credentials::heading(ink, &self.columns, Rect { width: self.bars - area.x, ..area }, buffer);
        let now = self.axis.now_cell().saturating_sub(1);
        let mut free = 0;
        for (cell, label) in &self.ticks {
            // The last one ends with the axis.
            let start = self.axis.cells().saturating_sub(width(label)).min(*cell);
            let end = start + width(label);
            if start >= free && (end < now || start > now + 3) {
                buffer.set_string(self.bars + cells(start), area.y, label, ink.theme.muted);
                free = end + 1;
            }
        }
        if self.axis.cells() > 4 {
            buffer.set_string(self.bars + cells(now), area.y, "now", ink.theme.accent);
        }
        let ends = Rect { x: self.bars + cells(self.axis.cells()) + 1, ..area };
        buffer.set_stringn(ends.x, area.y, "ENDS", ENDS - 1, ink.theme.muted);
    }

    fn line(&self, ink: &Ink<'_>, row: Row, chosen: bool, area: Rect, buffer: &mut Buffer) {
        let Some(account) = ink.model.accounts.get(row.account) else { return };
        let Some(credential) = account.listing.credentials.get(row.credential) else { return };
        let before = Rect { width: self.bars - area.x, ..area };
        credentials::line(ink, row, &self.columns, false, before, buffer);
        self.bar(ink, row, (account, credential), area.y, buffer);
        let (ends, style) = credentials::cell(ink, Column::Expires, row.generation, account, credential);
        let x = self.bars + cells(self.axis.cells()) + 1;
        buffer.set_string(x, area.y, pad(&ends, ENDS - 2), style);
        if chosen {
            buffer.set_string(area.x, area.y, symbol::CURSOR, ink.theme.focus);
            buffer.set_style(area, ink.theme.selected);
        }
    }

    fn bar(&self, ink: &Ink<'_>, row: Row, of: (&AccountState, &Credential), y: u16, buffer: &mut Buffer) {
        let (account, credential) = of;
        let theme = ink.theme;
        let life = life(account, credential, row.generation, ink.model.now);
        let state = row_state(account, credential, row.generation, ink.model.now);
        let to_come = credentials::state_style(ink, state, account, credential);
        let now = self.axis.now_cell();
        for (position, cell) in bar(&life, &self.axis).into_iter().enumerate() {
            let passing = if position < now { theme.muted } else { to_come };
            let (text, style) = match cell {
                Cell::Empty if self.ticks.iter().any(|(tick, _)| *tick == position) => {
                    (symbol::DOT, theme.border)
                }
                Cell::Empty => continue,
                Cell::Alive => (symbol::PASSED, passing),
                Cell::Off => (symbol::OFF, theme.muted),
                Cell::Window => (symbol::LEFT, theme.warning),
                Cell::Earlier => (symbol::EARLIER, theme.muted),
                Cell::Later => (symbol::LATER, to_come),
                Cell::End => (symbol::FAILED, to_come),
                Cell::Now => (symbol::NOW, theme.accent),
            };
            buffer.set_string(self.bars + cells(position), y, text, style);
        }
        self.untold(ink, &life, y, buffer);
    }

    /// Says in the bar that nobody knows when it began.
    fn untold(&self, ink: &Ink<'_>, life: &Life, y: u16, buffer: &mut Buffer) {
        if life.began.is_some() {
            return;
        }
        let words = ["creation not told ", "made: not told ", "not told ", "? "];
        let room = self.axis.now_cell().saturating_sub(2);
        if let Some(words) = words.into_iter().find(|words| width(words) <= room) {
            buffer.set_string(self.bars, y, words, ink.theme.muted);
        }
    }
}
