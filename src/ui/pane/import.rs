//! Taking in a secret that exists already.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{choice, failed, start};
use crate::app::pane::import::{Import, Use};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone};
use crate::ui::text::pad;
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Import, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, format!("Import into {}", state.account), Context::Form, 84, area);
    sheet.least = 12;
    if state.around.as_ref().is_none_or(|around| around.found.is_empty() && around.loose.is_empty()) {
        sheet.without = vec![Action::NextField];
    }
    if let Some(request) = state.running {
        let far = ink.model.pending.get(&request).and_then(|pending| pending.progress.as_ref());
        let words = far.map(|far| format!(", {}", far.words())).unwrap_or_default();
        let what = if state.logging_in { "Logging in" } else { "Presenting it to the server" };
        page.waiting(&format!("{what}{words}"));
        if let Some(why) = far.map(|far| far.why).filter(|why| !why.is_empty()) {
            page.hint(why);
        }
        page.gap();
    }
    failed(&mut page, state.failure.as_ref());
    page.text(
        "Paste a secret you have already. It is presented to the server, matched to its line and stored.",
    );
    page.gap();
    form::fields(&mut page, &ink, &state.form);
    page.gap();
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("goes to", tone, &place);
    if let Some(account) = ink.model.account(&state.account) {
        page.fact("checked by", account.abilities.verify);
    }
    found(ink, &mut page, state);
    (sheet, page)
}

/// What other tools left here, each with where it is from and what Enter does with it.
fn found<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Import) {
    page.heading("Found on this machine");
    if state.looking.is_some() {
        page.waiting("Looking for what other tools left here");
    }
    let Some(around) = &state.around else { return };
    let title = ink.model.account(&state.account).map_or("this backend", |account| account.abilities.title);
    if around.found.is_empty() {
        page.hint(&format!("No login and no credential of {title} in a variable or a file of its tools."));
    }
    for one in &around.found {
        let chosen = state.chosen().is_some_and(|chosen| chosen.at == one.at);
        if chosen {
            page.focus_here();
        }
        let style = if chosen { ink.theme.title } else { ink.theme.text };
        let room = page.width.saturating_sub(2);
        page.line(choice(ink, chosen, vec![Span::styled(pad(one.what.as_str(), room), style)]));
        page.indented(ink.theme.muted, &format!("from {}", one.source));
        match &one.endpoint {
            Some(endpoint) => page.indented(ink.theme.muted, &format!("for {}", endpoint.as_str())),
            None => page.indented(ink.theme.muted, "for which server is not told"),
        }
        for warning in &one.warnings {
            page.mark(Tone::Warning, warning.as_str());
        }
        if chosen {
            let told = match state.use_of(ink.model, one) {
                Ok(Use::Import) => String::from("Enter presents it, matches it to its line and stores it"),
                Ok(Use::LogIn) => String::from("Enter logs in with it; the login is not kept"),
                Ok(Use::LogInFirst) => {
                    String::from("Enter opens the login: without one it cannot be matched")
                }
                Err(why) => why,
            };
            page.indented(ink.theme.accent, &told);
        }
    }
    for file in &around.loose {
        // What was tightened since is not loose any more.
        let tight = !ink.model.loose_files.iter().any(|one| one.path == file.path);
        let chosen = state.loose() == Some(file);
        if chosen {
            page.focus_here();
        }
        let style = if chosen { ink.theme.title } else { ink.theme.text };
        let text = format!("{}: mode {}", file.path.display(), if tight { file.then() } else { file.now() });
        page.line(choice(ink, chosen, vec![Span::styled(text, style)]));
        if tight {
            page.indented(ink.theme.muted, "only its owner can read it now");
        } else {
            page.indented(ink.theme.muted, "others on this machine can read it");
            let told = format!("Enter offers to set its mode to {}", file.then());
            page.indented(if chosen { ink.theme.accent } else { ink.theme.muted }, &told);
        }
    }
    for (_, sentence) in &around.unread {
        page.mark(Tone::Warning, sentence.as_str());
    }
}
