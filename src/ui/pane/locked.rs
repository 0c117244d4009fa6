//! The curtain.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, key_for};
use crate::ui::symbol;
use crate::ui::text::cells;
use crate::ui::widget::page::Page;

/// Hides everything and says what this is.
pub fn draw(ink: Ink<'_>, area: Rect, buffer: &mut Buffer) {
    let width = area.width.saturating_sub(4).min(56);
    let mut page = Page::new(ink, width);
    page.say(ink.theme.title, &format!("{} keywright is locked", symbol::HALF));
    page.gap();
    page.text("This is a curtain, not authentication: whoever can press a key here can lift it.");
    page.text("Sessions and stored secrets were wiped from memory and are read again when needed.");
    if let Some(pending) = ink.model.writing() {
        page.gap();
        page.waiting(&format!("{} goes on, {}", pending.what, ink.since(pending.since)));
    }
    page.gap();
    let key = key_for(Context::Locked, Action::Open);
    page.line(ink.key(&key.to_lowercase(), "lifts the curtain"));
    let height = cells(page.lines.len()).min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) * 2 / 5,
        width,
        height,
    };
    page.draw(place, 0, buffer);
}
