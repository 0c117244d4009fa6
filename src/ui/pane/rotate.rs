//! A rotation in six steps, always visible at the top.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::confirm::{sent, typed};
use super::revoke::survives;
use super::{choice, failed, start};
use crate::app::model::AccountState;
use crate::app::pane::rotate::{Presented, Rotate, RotateStep};
use crate::domain::ability::RotationForm;
use crate::domain::answer::Verdict;
use crate::domain::credential::LastUse;
use crate::domain::retention::{PRESETS, Retention};
use crate::domain::scope::Granted;
use crate::domain::time::moment;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::{cut, pad};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{form, steps};
use crate::ui::words;

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
    let Some(account) = ink.model.account(&state.credential.account) else {
        page.mark(Tone::Danger, "This account is not in the settings any more.");
        return (sheet, page);
    };
    match state.step {
        RotateStep::Review => review(ink, &mut page, state, account),
        RotateStep::Retention => retention(ink, &mut page, state, account),
        RotateStep::Targets => targets(&mut page),
        RotateStep::Check => check(ink, &mut page, state, account),
        RotateStep::NewSecret => new_secret(ink, &mut page, state),
        RotateStep::Verify => verify(ink, &mut page, state, account),
    }
    (sheet, page)
}

fn review(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let reviewed = &state.reviewed;
    if state.reading.is_some() {
        page.waiting("Reading it again from the server");
    }
    failed(page, state.failure.as_ref());
    for (tone, warning) in warnings(ink, state, account) {
        page.mark(tone, &warning);
    }
    page.gap();
    for (position, right) in words::rights(account, reviewed).iter().enumerate() {
        page.fact(if position == 0 { "may do" } else { "" }, right);
    }
    page.fact("last used", &words::last_used_long(account, reviewed, ink.model.now));
    let protected = if account.account.protected { ", protected" } else { "" };
    page.fact("account", &format!("{}{protected}", account.name()));
    page.fact("owner", reviewed.owner.name.as_str());
    let told = |at: Option<jiff::Timestamp>| at.map_or_else(|| String::from("not told"), |at| ink.moment(at));
    page.fact("created", &told(reviewed.created));
    page.fact("rotated", &reviewed.rotated.map_or_else(|| String::from("never"), |at| ink.moment(at)));
    page.fact("how", rotation(account, state).sentence());
    page.fact("targets", "none yet");
    survives(page, account.server.as_ref().map(|server| server.survives.rotate.as_slice()));
}

/// Everything about this rotation that a careful operator would want to be told.
fn warnings(ink: Ink<'_>, state: &Rotate, account: &AccountState) -> Vec<(Tone, String)> {
    let reviewed = &state.reviewed;
    let now = account.server_time(ink.model.now);
    let mut found = Vec::new();
    if let Some(Err(why)) = account.session().map(|facts| &facts.may_create) {
        found.push((Tone::Danger, format!("The server will not let you do this: {why}")));
    }
    if words::is_own(account, &state.credential) {
        found.push((
            Tone::Warning,
            String::from(
                "You are logged in with this very credential: your session may end with its old secret.",
            ),
        ));
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
    &account.abilities.kind(state.reviewed.kind).rotation
}

fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default()
        + characters.as_str()
}

fn retention<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Rotate, account: &AccountState) {
    let now = account.server_time(ink.model.now);
    let sentence = rotation(account, state).sentence();
    let longest = match *rotation(account, state) {
        RotationForm::ServerWindow { longest_minutes, .. } => Some(longest_minutes),
        RotationForm::TwoCredentials { .. } | RotationForm::CutOver { .. } => None,
    };
    // On the least screen the moment matters more than the form, which the review has told.
    if page.roomy {
        page.text(sentence);
        page.gap();
    }
    dies(ink, page, account, state.retention());
    page.gap();
    for (position, preset) in PRESETS.iter().enumerate() {
        let chosen = position == state.choice;
        if chosen {
            page.focus_here();
        }
        let too_long = longest.is_some_and(|longest| preset.as_minutes() > longest);
        let says = match preset {
            _ if too_long => String::from("longer than this server takes"),
            window if window.is_none() => String::from("the old secret stops at once"),
            window => format!("until {} UTC", moment(window.end(now), &jiff::tz::TimeZone::UTC)),
        };
        let room = page.width.saturating_sub(14);
        let spans = vec![
            Span::styled(pad(&preset.words(), 12), if chosen { ink.theme.title } else { ink.theme.text }),
            Span::styled(pad(&cut(&says, room), room), ink.theme.muted),
        ];
        page.line(choice(ink, chosen, spans));
    }
    another(ink, page, state);
    page.gap();
    if let RotationForm::ServerWindow { end, .. } = *rotation(account, state) {
        page.hint(end);
    }
    if state.leaked {
        page.mark(
            Tone::Danger,
            "It leaked: the shortest window was chosen. Whoever has the old secret is shut out then.",
        );
        survives(page, account.server.as_ref().map(|server| server.survives.rotate.as_slice()));
    } else if !state.is_custom() {
        let key = key_for(Context::Retention, Action::Leaked);
        page.hint(&format!("Did it leak? {key} chooses the shortest window."));
    }
}

fn another<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Rotate) {
    if state.is_custom() {
        form::input(page, &ink, "another length", &state.custom);
        if let Some(error) = &state.custom_error {
            page.indented(ink.theme.danger, &format!("{} {error}", Ink::mark(Tone::Danger)));
        }
    } else {
        page.line(choice(ink, false, vec![Span::styled("another length, such as 36h", ink.theme.text)]));
    }
}

/// The exact moment the old secret dies, on the server's clock.
fn dies(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, window: Option<Retention>) {
    let Some(window) = window else {
        page.fact("old one dies", "type a length such as 36h or 2d");
        return;
    };
    let end = window.end(account.server_time(ink.model.now));
    if window.is_none() {
        page.fact_marked("old one dies", Tone::Danger, "at the moment of the rotation");
    } else {
        page.fact_styled("old one dies", ink.theme.title, &ink.moment(end));
        let skew = words::skew(account).map(|skew| format!(" ({skew})"));
        // On the least screen this is said only where the clocks differ, so that the choices stay in sight.
        if page.roomy || skew.is_some() {
            let skew = skew.unwrap_or_default();
            page.fact("", &format!("{} after the rotation, by the server's clock{skew}", window.words()));
        }
    }
}

fn targets(page: &mut Page<'_>) {
    page.text("Where will the new secret go?");
    page.gap();
    page.fact("targets", "none yet");
    page.gap();
    page.hint(
        "Without a target the new secret is stored and shown once; bring it to where it is used while the old one \
         still works.",
    );
}

fn check(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let reviewed = &state.reviewed;
    sent(ink, page, state.running);
    failed(page, state.failure.as_ref());
    page.text(&format!(
        "{} gives '{}' of {} a new secret through {}.",
        account.abilities.title,
        reviewed.name,
        reviewed.owner.name,
        account.name(),
    ));
    page.gap();
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("new secret", tone, &format!("stored in {place}, then shown once"));
    page.fact("may do", &reviewed.scopes.words());
    dies(ink, page, account, state.retention());
    if let RotationForm::ServerWindow { end, .. } = *rotation(account, state) {
        page.fact("", end);
    }
    page.fact("targets", "none yet");
    if state.running.is_some() {
        return;
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

fn verify(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let reviewed = &state.reviewed;
    page.say(ink.theme.title, "New secret");
    presented(page, &state.new_presented, "not presented yet", Meaning::New);
    if matches!(state.new_presented, Presented::Running(_)) {
        page.hint(
            "A new secret can take some seconds to be known everywhere; it is presented for up to 30 s.",
        );
    }
    if let Presented::Told(Verdict::Accepted { scopes, .. }) = &state.new_presented
        && !scopes.within(&state.agreed)
    {
        page.mark(
            Tone::Danger,
            &format!("It may do more than was reviewed: {}. Consider revoking it.", scopes.words()),
        );
    }
    page.fact("targets", "none yet");
    page.heading("Old secret");
    match reviewed.window {
        Some(window) if reviewed.open_window(account.server_time(ink.model.now)).is_some() => {
            page.bar("still works", account, window);
            page.fact("until", &ink.moment(window.ends));
        }
        Some(window) => page.mark(Tone::Good, &format!("Its window has ended: {}.", ink.moment(window.ends))),
        None => page.mark(Tone::Good, "It stopped at the rotation: there was no window."),
    }
    let untried = "not presented since: that it stopped is known only by presenting it";
    presented(page, &state.old_presented, untried, Meaning::Old);
    if let RotationForm::ServerWindow { end, .. } = *rotation(account, state) {
        page.fact("the end", end);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    New,
    Old,
}

fn presented(page: &mut Page<'_>, what: &Presented, untried: &str, meaning: Meaning) {
    match what {
        Presented::NotYet => page.mark(Tone::Plain, untried),
        Presented::Running(_) => page.waiting("presenting it to the server"),
        Presented::Failed(failure) => page.failure(failure),
        Presented::Told(Verdict::Accepted { who, .. }) if meaning == Meaning::New => {
            page.mark(Tone::Good, &format!("accepted: it works, as {who}"));
        }
        Presented::Told(Verdict::Accepted { who, .. }) => {
            page.mark(Tone::Warning, &format!("still accepted, as {who}"));
        }
        Presented::Told(Verdict::Refused { why }) if meaning == Meaning::New => {
            page.mark(Tone::Danger, &format!("refused: {why}"));
        }
        Presented::Told(Verdict::Refused { why }) => {
            page.mark(Tone::Good, &format!("verified: refused ({why})"));
        }
        Presented::Told(Verdict::Untold { why }) => {
            page.mark(Tone::Warning, &format!("presented; the answer does not tell whether it works: {why}"));
        }
    }
}
