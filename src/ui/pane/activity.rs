//! The local audit log, newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::time::{ago, moment};
use crate::ui::ink::Ink;
use crate::ui::symbol;
use crate::ui::text::{cells, column, middle};
use crate::ui::widget::list;
use crate::ui::widget::page::Page;

/// Cells of what was done.
const WHAT: usize = 10;

/// The title of the pane.
pub fn title(ink: &Ink<'_>) -> String {
    format!("Activity {} {}", symbol::DOT, ink.model.activity.len())
}

/// Draws the pane and answers how many lines of it are visible.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let entries = &ink.model.activity;
    if entries.is_empty() {
        let width = area.width.saturating_sub(4).min(72);
        let mut page = Page::new(*ink, width);
        page.say(ink.theme.title, "Nothing was done here yet");
        page.text("What is created, rotated, revoked, copied or verified from this machine is listed here, without secrets.");
        let place = Rect {
            x: area.x + 2.min(area.width),
            y: area.y + 1.min(area.height),
            width,
            height: area.height.saturating_sub(1),
        };
        page.draw(place, 0, buffer);
        return area.height.saturating_sub(1);
    }
    let room = usize::from(area.width.saturating_sub(2));
    let wide = room >= 100;
    let when = if wide { 21 } else { 12 };
    let account = if room >= 70 { 16 } else { 0 };
    let rest = room.saturating_sub(when + WHAT + account);
    let object = (rest * 2 / 5).min(40);
    let row = |at: &str, did: &str, through: &str, to: &str, came: &str| {
        [
            column(at, when),
            column(did, WHAT),
            middle(through, account),
            column(to, object),
            column(came, rest - object),
        ]
    };
    let heading = row("WHEN", "WHAT", "ACCOUNT", "TO", "RESULT").concat();
    buffer.set_line(
        area.x + 2,
        area.y,
        &Line::styled(heading, ink.theme.muted),
        area.width.saturating_sub(2),
    );
    let body = Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(body.height);
    let first = list::offset(ink.model.activity_cursor, rows, entries.len());
    for (position, entry) in entries.iter().enumerate().skip(first).take(rows) {
        let chosen = position == ink.model.activity_cursor;
        let at = if wide { moment(entry.at, &ink.model.zone) } else { ago(entry.at, ink.model.now) };
        let cells_of = row(
            &at,
            entry.what.as_str(),
            entry.account.as_str(),
            entry.object.as_str(),
            entry.result.as_str(),
        );
        let mut spans = vec![Span::styled(if chosen { "▸ " } else { "  " }, ink.theme.focus)];
        let styles = [ink.theme.muted, ink.theme.title, ink.theme.muted, ink.theme.text, ink.theme.muted];
        spans.extend(cells_of.into_iter().zip(styles).map(|(text, style)| Span::styled(text, style)));
        let y = body.y + cells(position - first);
        buffer.set_line(area.x, y, &Line::from(spans), area.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..body }, ink.theme.selected);
        }
    }
    body.height
}
