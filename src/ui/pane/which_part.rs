//! Which part of a stored secret is copied.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, start};
use crate::app::pane::which_part::WhichPart;
use crate::keymap::table::Context;
use crate::ui::ink::Ink;
use crate::ui::text::pad;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a WhichPart, area: Rect) -> (Sheet, Page<'a>) {
    let title = format!("Copy a part of {}", state.name);
    let (sheet, mut page) = start(ink, title, Context::Choose, 60, area);
    page.text("Its secret has several parts. Which one goes to the clipboard?");
    page.gap();
    for (position, part) in state.parts.iter().enumerate() {
        let chosen = position == state.cursor;
        if chosen {
            page.focus_here();
        }
        let room = page.width.saturating_sub(2);
        page.line(choice(ink, chosen, vec![Span::styled(pad(part, room), ink.theme.text)]));
    }
    (sheet, page)
}
