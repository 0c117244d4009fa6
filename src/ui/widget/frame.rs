//! A frame: border or line, a title, and keys in its lower edge. Titles keep their own style on any border.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Clear, Widget};

use crate::ui::ink::Ink;
use crate::ui::text::{cells, cut, width};

/// Draws the frame and answers what is inside.
pub fn draw(
    ink: &Ink<'_>,
    title: &str,
    borders: Borders,
    style: Style,
    area: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let block = Block::new().borders(borders).border_style(style);
    let inside = block.inner(area);
    block.render(area, buffer);
    let room = usize::from(area.width).saturating_sub(4);
    label(ink, &Line::styled(cut(title, room), ink.theme.title), area.x + 1, area.y, area, buffer);
    inside
}

/// Puts a line with a space on both sides into an edge.
pub fn label(ink: &Ink<'_>, line: &Line<'_>, x: u16, y: u16, area: Rect, buffer: &mut Buffer) {
    let wide = cells(line.spans.iter().map(|one| width(&one.content)).sum());
    let place = Rect { x, y, width: wide + 2, height: 1 }.intersection(area);
    if wide == 0 || place.is_empty() {
        return;
    }
    // The border's style would shine through where the label has none of its own.
    Clear.render(place, buffer);
    buffer.set_style(place, ink.theme.text);
    buffer.set_line(place.x + 1, place.y, line, place.width.saturating_sub(1));
}
