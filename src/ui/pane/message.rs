//! A failure or a page of text to read.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::start;
use crate::app::pane::message::{Message, NAMES};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Message, area: Rect) -> (Sheet, Page<'a>) {
    let title = match (state.bad, state.facts) {
        (true, _) => "Something needs attention",
        (false, true) => "Details",
        (false, false) => "Message",
    };
    let (mut sheet, mut page) = start(ink, title, Context::Message, 84, area);
    if state.bad {
        sheet.border = ink.theme.danger;
        page.mark(Tone::Danger, &state.title);
    } else {
        page.say(ink.theme.title, &state.title);
    }
    if state.account.is_none() {
        sheet.without = vec![Action::LogIn];
    }
    if let Some(account) = &state.account {
        page.hint(&format!("account {account}"));
    }
    page.gap();
    for line in &state.lines {
        // A value that takes several lines stays behind its name.
        match line.char_indices().nth(NAMES).and_then(|(at, _)| line.split_at_checked(at)) {
            Some((name, value)) if state.facts => {
                page.hanging(Span::styled(name, ink.theme.muted), ink.theme.text, value);
            }
            _ => page.text(line),
        }
    }
    (sheet, page)
}
