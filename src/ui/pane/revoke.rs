//! A revocation: what dies, what survives, who used it last; then asked.

use ratatui::layout::Rect;

use super::confirm::{sent, typed};
use super::{failed, start};
use crate::app::guards;
use crate::app::model::AccountState;
use crate::app::pane::revoke::Revoke;
use crate::keymap::action::Action;
use crate::ui::ink::{Ink, Tone};
use crate::ui::symbol;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Revoke, area: Rect) -> (Sheet, Page<'a>) {
    let reviewed = &state.reviewed;
    let title = format!("Revoke {} {} {}", reviewed.name, symbol::DOT, reviewed.owner.name);
    let (mut sheet, mut page) = start(ink, title, state.context(), 88, area);
    sheet.border = ink.theme.danger;
    sheet.least = 18;
    sheet.without = vec![Action::NextField];
    sent(ink, &mut page, state.running);
    failed(&mut page, state.failure.as_ref());
    if let Some(account) = ink.model.account(&state.credential.account) {
        review(ink, &mut page, state, account);
    }
    if state.running.is_some() {
        return (sheet, page);
    }
    if state.is_gone() {
        page.gap();
        page.text("There is nothing left to revoke, and the list is being read again. Enter closes this.");
    } else if state.failure.is_some() {
        page.gap();
        page.text("Enter reads again what is true, before anything is sent.");
    } else if state.must_type {
        typed(ink, &mut page, reviewed.name.as_str(), &state.typed, state.mistyped);
    } else {
        page.gap();
        page.say(ink.theme.danger, "Enter revokes it. There is no way back.");
    }
    (sheet, page)
}

fn review(ink: Ink<'_>, page: &mut Page<'_>, state: &Revoke, account: &AccountState) {
    let reviewed = &state.reviewed;
    if state.reading.is_some() {
        page.waiting("Reading it again from the server");
    }
    page.mark(Tone::Danger, account.abilities.kind(state.reviewed.kind).revoke.sentence);
    if guards::is_own(account, &state.credential) {
        page.mark(
            Tone::Danger,
            "You are logged in with this very credential: your own session ends with it.",
        );
    }
    if guards::is_last_admin(account, reviewed, ink.model.now) {
        page.mark(Tone::Danger, guards::LAST_ADMIN);
    }
    if let (Some(when), None) =
        (guards::used_lately(account, reviewed, ink.model.now), account.promise(reviewed))
    {
        let when = crate::domain::time::ago(when, account.server_time(ink.model.now));
        page.mark(Tone::Danger, &format!("It is in use: last {when}. Whatever uses it stops working."));
    }
    if let Some(used) =
        account.promise(reviewed).and_then(|promise| promise.used_since(reviewed, account.skew))
    {
        let when = crate::domain::time::ago(used.last, account.server_time(ink.model.now));
        page.mark(Tone::Danger, &format!("It is still used: {when}, {}. That breaks now.", used.words()));
    }
    if let Some(promise) = ink.model.promises.because_of(&state.credential) {
        let old = format!(
            "'{}' takes the place of an old one; without it the old one is not revoked.",
            promise.name
        );
        page.mark(Tone::Plain, &old);
    }
    for caution in &reviewed.particulars.cautions {
        page.mark(Tone::Warning, caution.as_str());
    }
    page.gap();
    let protected = if account.account.protected { ", protected" } else { "" };
    page.fact("account", &format!("{}{protected}", account.name()));
    page.fact("owner", reviewed.owner.name.as_str());
    for (position, right) in words::rights(account, reviewed).iter().enumerate() {
        page.fact(if position == 0 { "dies" } else { "" }, right);
    }
    page.fact("last used", &words::last_used_long(account, reviewed, ink.model.now));
    let server_now = account.server_time(ink.model.now);
    if let Some(window) = reviewed.open_window(server_now) {
        let moment = |at| ink.moment(at);
        page.fact(
            "old secret",
            &format!("dies too: {}", words::window(account, window, moment, ink.model.now)),
        );
    }
    survives(page, account.server.as_ref().map(|server| server.survives.revoke.as_slice()));
}

/// What goes on working, in the server's own terms.
pub fn survives(page: &mut Page<'_>, what: Option<&[crate::domain::text::Text]>) {
    match what {
        None => page.fact("survives", "not known: the server was not asked what it is"),
        Some([]) => page.fact("survives", "nothing that keywright knows of"),
        Some(lines) => {
            for (position, line) in lines.iter().enumerate() {
                page.fact_marked(if position == 0 { "survives" } else { "" }, Tone::Warning, line.as_str());
            }
        }
    }
}
