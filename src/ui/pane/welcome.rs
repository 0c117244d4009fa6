//! The first start: three choices.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, start};
use crate::app::pane::welcome::{CHOICES, Welcome};
use crate::keymap::table::Context;
use crate::ui::ink::Ink;
use crate::ui::text::pad;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Welcome, area: Rect) -> (Sheet, Page<'a>) {
    let (sheet, mut page) = start(ink, "Welcome to keywright", Context::Welcome, 74, area);
    page.text("Create, rotate, verify and revoke tokens and API keys on the systems you look after.");
    if page.roomy {
        page.text("Secrets go to this machine's keyring and nowhere else.");
    }
    page.gap();
    for (position, (title, explain)) in CHOICES.iter().enumerate() {
        let chosen = position == state.cursor;
        if chosen {
            page.focus_here();
        }
        let room = page.width.saturating_sub(2);
        let style = if chosen { ink.theme.title } else { ink.theme.text };
        page.line(choice(ink, chosen, vec![Span::styled(pad(title, room), style)]));
        page.indented(ink.theme.muted, explain);
        if page.roomy {
            page.gap();
        }
    }
    if !ink.model.settings_problems.is_empty() {
        page.heading("From the settings");
        for problem in &ink.model.settings_problems {
            page.mark(crate::ui::ink::Tone::Warning, problem);
        }
    }
    (sheet, page)
}
