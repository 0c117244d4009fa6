//! A rotation in six steps, always visible at the top. The steps with the most on them are files of their own.

mod verify;
mod window;

use ratatui::layout::Rect;

use super::confirm::{sent, typed};
use super::revoke::survives;
use super::{failed, start, waiting};
use crate::app::guards;
use crate::app::model::AccountState;
use crate::app::pane::deliver::{lines, shared_words};
use crate::app::pane::rotate::{Rotate, RotateStep};
use crate::domain::ability::RotationForm;
use crate::domain::credential::{Expiry, LastUse};
use crate::domain::scope::Granted;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{scopes, steps};
use crate::ui::words;

/// What is left to do where there is nothing left to rotate.
const GONE: &str = "Nothing was rotated, and the list is being read again. Enter closes this.";

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Rotate, area: Rect) -> (Sheet, Page<'a>) {
    let title = format!("Rotate {} {} {}", state.reviewed.name, symbol::DOT, state.reviewed.owner.name);
    let (mut sheet, mut page) = start(ink, title, state.context(), 92, area);
    let names = RotateStep::SHOWN.map(|(_, name)| name);
    let current = RotateStep::SHOWN.iter().position(|(step, _)| *step == state.step).unwrap_or(0);
    sheet.steps = Some(steps::line(&ink, &names, current, area.width.min(92).saturating_sub(4)));
    sheet.least = 24;
    // One input at most: there is no next field, and nothing new to make.
    sheet.without = vec![Action::NextField, Action::New];
    sheet.without.extend(not_now(ink, state));
    let Some(account) = ink.model.account(&state.credential.account) else {
        page.mark(Tone::Danger, "This account is not in the settings any more.");
        return (sheet, page);
    };
    match state.step {
        RotateStep::Review => match &state.picker {
            // Two lines of border, two of steps, one free one.
            Some(picker) => {
                scopes::draw(ink, &mut page, picker, usize::from(area.height.min(30)).saturating_sub(5));
            }
            None => review(ink, &mut page, state, account),
        },
        RotateStep::Retention => window::retention(ink, &mut page, state, account),
        RotateStep::Targets => targets(ink, &mut page, state),
        RotateStep::Check => check(ink, &mut page, state, account),
        RotateStep::NewSecret => new_secret(ink, &mut page, state),
        RotateStep::Verify => verify::verify(ink, &mut page, state, account),
    }
    (sheet, page)
}

/// What the form of this rotation, or the moment, leaves nothing for.
fn not_now(ink: Ink<'_>, state: &Rotate) -> Vec<Action> {
    let mut without = Vec::new();
    if state.made.is_none() {
        without.push(Action::Revoke);
    }
    if state.promise(ink.model).is_none() {
        without.extend([Action::MoveEnd, Action::Withdraw]);
    }
    if !state.may_keep_session(ink.model) {
        without.push(Action::KeepSession);
    }
    if lines(ink.model, &state.fresh()).is_empty() {
        without.push(Action::Deliver);
    }
    if lines(ink.model, &state.credential).is_empty() {
        without.push(Action::Mark);
    }
    if state.moving {
        without.push(Action::Leaked);
    }
    let forms = ink
        .model
        .account(&state.credential.account)
        .map_or(1, |account| account.abilities.kind(state.reviewed.kind).rotations().count());
    if forms < 2 || state.step != RotateStep::Retention {
        without.push(Action::OtherForm);
    }
    without
}

fn review(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let reviewed = &state.reviewed;
    if state.reading.is_some() {
        page.waiting("Reading it again from the server");
    }
    failed(page, state.failure.as_ref());
    if state.is_gone() {
        page.text(GONE);
        page.gap();
    }
    for (tone, warning) in warnings(ink, state, account) {
        page.mark(tone, &warning);
    }
    page.gap();
    for (position, right) in words::rights(account, reviewed).iter().enumerate() {
        page.fact(if position == 0 { "may do" } else { "" }, right);
    }
    if let Some(narrowed) = &state.narrowed {
        page.fact_marked("new one may", Tone::Good, &narrowed.join(" "));
    }
    if state.may_narrow(ink.model) {
        let key = key_for(Context::Page, Action::Edit);
        page.fact_styled("", ink.theme.muted, &format!("{key} gives the new one fewer."));
    }
    page.fact("last used", &words::last_used_long(account, reviewed, ink.model.now));
    let protected = if account.account.protected { ", protected" } else { "" };
    page.fact("account", &format!("{}{protected}", account.name()));
    page.fact("owner", reviewed.owner.name.as_str());
    let told = |at: Option<jiff::Timestamp>| at.map_or_else(|| String::from("not told"), |at| ink.moment(at));
    page.fact("created", &told(reviewed.created));
    page.fact("rotated", &reviewed.rotated.map_or_else(|| String::from("never"), |at| ink.moment(at)));
    if let Expiry::At(_) = reviewed.expires {
        page.fact("ends", &words::end(account, reviewed, |at| ink.moment(at), ink.model.now));
    }
    page.fact("how", rotation(account, state).sentence());
    super::deliver::facts(ink, page, &state.credential);
    survives(page, account.server.as_ref().map(|server| server.survives.rotate.as_slice()));
}

/// Everything about this rotation that a careful operator would want to be told.
fn warnings(ink: Ink<'_>, state: &Rotate, account: &AccountState) -> Vec<(Tone, String)> {
    let reviewed = &state.reviewed;
    let now = account.server_time(ink.model.now);
    let mut found = Vec::new();
    if state.by_hand(ink.model) {
        let words =
            "This login may not make the second one: you make it on its page and paste its secret here.";
        found.push((Tone::Warning, String::from(words)));
    } else if let Some(Err(why)) = account.session().map(|facts| &facts.may_create) {
        found.push((Tone::Danger, format!("The server will not let you do this: {why}")));
    }
    if guards::is_own(account, &state.credential) {
        found.push((
            Tone::Warning,
            String::from(
                "You are logged in with this very credential: your session may end with its old secret.",
            ),
        ));
    }
    if guards::is_last_admin(account, reviewed, ink.model.now) {
        found.push((Tone::Warning, String::from(guards::LAST_ADMIN)));
    }
    if let Some(window) = reviewed.open_window(now) {
        let until = ink.moment(window.ends);
        found.push((
            Tone::Danger,
            format!(
                "Its old secret still works until {until}. {}",
                capital(words::second_rotation(account, reviewed.kind))
            ),
        ));
    }
    if reviewed.scopes == Granted::Everything {
        found.push((Tone::Warning, String::from("It may do everything; the new secret will, too.")));
    }
    if !reviewed.enabled || !reviewed.owner_enabled {
        let what = if reviewed.enabled { "Its owner is" } else { "It is" };
        found.push((Tone::Warning, format!("{what} switched off: neither secret works until that changes.")));
    }
    if account.facts_of(reviewed).orphan {
        found.push((
            Tone::Warning,
            String::from("It was made by an operation whose secret was lost: nobody holds its secret."),
        ));
    }
    match &reviewed.last_use {
        LastUse::Never => found
            .push((Tone::Warning, String::from("It was never used. Revoking it may be the better step."))),
        LastUse::Untold => {
            found.push((Tone::Plain, String::from("Whether anyone uses it is not told here.")));
        }
        LastUse::At(_) | LastUse::OurCheck { .. } => {}
    }
    let (tone, place) = words::will_keep(ink.model);
    if tone != Tone::Good {
        found.push((tone, format!("The new secret will go to {place}")));
    }
    found
}

/// The form of the rotation, in a sentence.
fn rotation<'a>(account: &'a AccountState, state: &Rotate) -> &'a RotationForm {
    account.abilities.kind(state.reviewed.kind).form(state.form)
}

fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default()
        + characters.as_str()
}

fn targets<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Rotate) {
    page.text("Where will the new secret go?");
    page.gap();
    let lines = lines(ink.model, &state.credential);
    let any = lines.iter().any(|line| line.note.is_some());
    super::deliver::choose(ink, page, &lines, state.target);
    if !any {
        page.fact("targets", "none yet");
    }
    page.gap();
    if any {
        return page.hint(
            "The marked ones get it in this order, once it was stored and accepted. They are remembered.",
        );
    }
    page.hint(
        "Without a target the new secret is stored and shown once; bring it to where it is used while the old one \
         still works.",
    );
}

fn check(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let reviewed = &state.reviewed;
    sent(ink, page, state.running);
    failed(page, state.failure.as_ref());
    waiting(ink, page, &state.credential.account, state.failure.as_ref());
    page.text(&format!(
        "{} gives '{}' of {} a new secret through {}.",
        account.abilities.title,
        reviewed.name,
        reviewed.owner.name,
        account.name(),
    ));
    match rotation(account, state) {
        RotationForm::ServerWindow { .. } => {}
        RotationForm::TwoCredentials { grace: None, .. } => page.text(
            "It is a second credential. The old one is revoked only after the new one was stored and accepted.",
        ),
        RotationForm::TwoCredentials { grace: Some(_), .. } => page.text(
            "It is a second credential. The old one is switched off only after the new one was stored and accepted, and \
             revoked for good later.",
        ),
        RotationForm::CutOver { .. } => page.mark(
            Tone::Danger,
            "The old secret stops at once: whatever still uses it stops working until it has the new one.",
        ),
    }
    page.gap();
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("new secret", tone, &format!("stored in {place}, then shown once"));
    page.fact("may do", &state.agreed.words());
    window::dies(ink, page, account, state);
    if let RotationForm::ServerWindow { end, .. } = *rotation(account, state) {
        page.fact("", end);
    }
    super::deliver::facts(ink, page, &state.credential);
    for shared in shared_words(&lines(ink.model, &state.credential)) {
        page.mark(Tone::Warning, &format!("{shared}: what is there is overwritten."));
    }
    if state.running.is_some() {
        return;
    }
    if state.is_gone() {
        page.gap();
        return page.text(GONE);
    }
    if let Some(word) = state.must_type(account.account.protected) {
        typed(ink, page, &word, &state.typed, state.mistyped);
    } else {
        page.gap();
        page.say(ink.theme.title, "Enter asks for the new secret.");
    }
}

fn new_secret(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate) {
    if let Some(request) = state.running {
        let since =
            ink.model.pending.get(&request).map(|pending| ink.since(pending.since)).unwrap_or_default();
        page.waiting(&format!("Asking for the new secret {since}"));
        page.hint(
            "It was written down before it was sent, and is never aborted. Leaving waits for the answer.",
        );
    }
    failed(page, state.failure.as_ref());
    if state
        .failure
        .as_ref()
        .is_some_and(|failure| failure.effected == crate::domain::failure::Effected::Unknown)
    {
        page.gap();
        let key = key_for(Context::Credentials, Action::Unfinished);
        page.text(&format!("It stands under unfinished work ({key}), where it can be checked. It is not sent again by itself."));
    }
    if let Some(kept) = &state.kept {
        let (tone, sentence) = words::kept(kept);
        page.mark(tone, &sentence);
        page.gap();
        page.text("The new secret was shown. Enter goes on to verify it.");
    }
}
