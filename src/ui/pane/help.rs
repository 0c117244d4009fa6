//! Help: the keys of where one is, then of everywhere else, all from the bindings.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::start;
use crate::app::pane::help::Help;
use crate::keymap::table::{BINDINGS, Binding, Context};
use crate::ui::ink::{Ink, key_name};
use crate::ui::text::{cut, pad};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Help, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, "Help", Context::Help, 84, area);
    sheet.least = area.height;
    let here: Vec<Context> = std::iter::successors(Some(state.context), |context| context.parent()).collect();
    let elsewhere = Context::ALL.into_iter().filter(|context| !here.contains(context));
    for context in here.iter().copied().chain(elsewhere) {
        let mut rows = BINDINGS.iter().filter(|binding| binding.context == context).peekable();
        if rows.peek().is_some() {
            page.heading(context.title());
        }
        for binding in rows {
            page.line(row(ink, binding, page.width));
        }
    }
    (sheet, page)
}

fn row(ink: Ink<'_>, binding: &Binding, width: usize) -> Line<'static> {
    let keys: Vec<String> = binding.keys.iter().map(|key| key_name(key)).collect();
    let room = 20.min(width / 3);
    let asks = if binding.destructive { "  (asks first)" } else { "" };
    Line::from(vec![
        Span::styled(format!("  {} ", pad(&keys.join("  "), room)), ink.theme.accent),
        Span::styled(cut(binding.label, width.saturating_sub(room + 3 + asks.len())), ink.theme.text),
        Span::styled(asks, ink.theme.muted),
    ])
}
