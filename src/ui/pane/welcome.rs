//! The first start: three choices, and what other tools left here.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, start};
use crate::app::pane::welcome::{CHOICES, Welcome};
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone};
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
        line(ink, &mut page, position == state.cursor, title, explain);
    }
    found(ink, &mut page, state);
    if !ink.model.settings_problems.is_empty() {
        page.heading("From the settings");
        for problem in &ink.model.settings_problems {
            page.mark(Tone::Warning, problem);
        }
    }
    (sheet, page)
}

/// One choice.
fn line<'a>(ink: Ink<'a>, page: &mut Page<'a>, chosen: bool, title: &str, explain: &str) {
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

/// The logins of other tools, by account.
fn found<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Welcome) {
    let Some(around) = &state.around else { return };
    let count = around.found.len();
    match count {
        0 if page.roomy => page.hint("found: no login of another tool in a variable or a file"),
        0 => {}
        1 => page.text("found: 1 login of another tool"),
        _ => page.text(&format!("found: {count} logins of other tools")),
    }
    for (position, account) in state.accounts().iter().enumerate() {
        let Some(first) = account.first() else { continue };
        let backend = ink.model.backends.iter().find(|abilities| abilities.id == first.backend);
        let who = first.login.as_deref().map(|login| format!(" as {login}")).unwrap_or_default();
        let title = format!("Use {}{who}", backend.map_or(first.backend, |abilities| abilities.title));
        let mut explain: Vec<&str> = account.iter().map(|one| one.what.as_str()).collect();
        explain.push(first.endpoint.as_ref().map_or("which server is not told", |at| at.as_str()));
        line(ink, page, position + CHOICES.len() == state.cursor, &title, &explain.join(" · "));
    }
    for (_, sentence) in &around.unread {
        page.mark(Tone::Warning, sentence.as_str());
    }
}
