//! The frame of everything that lies over the panes: title, steps, body, keys.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Borders, Clear, Widget};

use super::page::{Drawn, Page};
use super::{frame, keys};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::Ink;
use crate::ui::text::cells;

/// What a pane says about its overlay; [`draw`] does the rest.
pub struct Sheet {
    /// The title.
    pub title: String,
    /// The steps at the top and which is current.
    pub steps: Option<Line<'static>>,
    /// The widest it gets, with its border.
    pub widest: u16,
    /// The least height it has where there is room, so that it does not jump from step to step.
    pub least: u16,
    /// The style of the border: what kind of step it is.
    pub border: Style,
    /// Whose keys stand at the bottom.
    pub context: Context,
    /// Keys that mean nothing just now.
    pub without: Vec<Action>,
    /// How far the operator scrolled.
    pub scroll: usize,
}

/// The cells a page has in an overlay at most `widest` wide on `area`.
pub fn page_width(area: Rect, widest: u16) -> u16 {
    area.width.min(widest).saturating_sub(4)
}

/// Draws the overlay in the middle of `area`.
pub fn draw(ink: &Ink<'_>, sheet: &Sheet, page: &Page<'_>, area: Rect, buffer: &mut Buffer) -> Drawn {
    let top = if sheet.steps.is_some() { 2 } else { 0 };
    // One free line above and below the body where there is room for that.
    let wanted = cells(page.lines.len()) + top + 4;
    let height = wanted.max(sheet.least).min(area.height);
    let outer = middle(area, area.width.min(sheet.widest), height);
    Clear.render(outer, buffer);
    buffer.set_style(outer, ink.theme.text);
    frame::draw(ink, &sheet.title, Borders::ALL, sheet.border, outer, buffer);
    let keys = keys::line(ink, sheet.context, &sheet.without, usize::from(outer.width.saturating_sub(4)));
    frame::label(ink, &keys, outer.x + 1, outer.bottom().saturating_sub(1), outer, buffer);
    let inside = outer.inner(Margin::new(2, 1));
    let spare = inside.height.saturating_sub(cells(page.lines.len()) + top);
    let lead = spare.min(1);
    let mut body =
        Rect { y: inside.y + lead.min(inside.height), height: inside.height.saturating_sub(lead), ..inside };
    if let Some(steps) = &sheet.steps
        && !body.is_empty()
    {
        buffer.set_line(body.x, body.y, steps, body.width);
        let used = 2.min(body.height);
        body = Rect { y: body.y + used, height: body.height - used, ..body };
    }
    page.draw(body, sheet.scroll, buffer)
}

fn middle(area: Rect, width: u16, height: u16) -> Rect {
    Rect {
        x: area.x + (area.width - width) / 2,
        // A little above the middle looks like the middle.
        y: area.y + (area.height - height) * 2 / 5,
        width,
        height,
    }
}
