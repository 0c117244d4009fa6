//! The step after: whether the new one works and with what, and what becomes of the old one.

use super::rotation;
use crate::app::model::AccountState;
use crate::app::pane::rotate::{Presented, Rotate};
use crate::domain::ability::RotationForm;
use crate::domain::answer::{Progress, Verdict};
use crate::domain::credential::Window;
use crate::domain::promise::{Duty, Promise};
use crate::domain::time::ago;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The step.
pub(super) fn verify(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let reviewed = &state.reviewed;
    page.say(ink.theme.title, "New secret");
    presented(ink, page, &state.new_presented, "not presented yet", Meaning::New);
    if matches!(state.new_presented, Presented::Running(_)) {
        page.hint(
            "A new secret can take some seconds to be known everywhere; it is presented for up to 30 s.",
        );
    }
    if let Presented::Told(Verdict::Accepted { scopes, untold, .. }) = &state.new_presented
        && let Some(differs) = state.difference(account, scopes, untold)
    {
        let key = key_for(Context::RotateVerify, Action::RevokeNew);
        page.mark(Tone::Danger, &format!("Compared with the review: {differs}. {key} revokes the new one."));
    }
    super::super::deliver::facts(ink, page, &state.fresh());
    if state.made.is_some() {
        page.heading("Old credential");
        old_credential(ink, page, state, account);
        return presented(ink, page, &state.old_presented, "not presented since the rotation", Meaning::Old);
    }
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
    presented(ink, page, &state.old_presented, untried, Meaning::Old);
    if let RotationForm::ServerWindow { end, .. } = *rotation(account, state) {
        page.fact("the end", end);
    }
}

/// What becomes of the old one of two, and who still uses it.
fn old_credential(ink: Ink<'_>, page: &mut Page<'_>, state: &Rotate, account: &AccountState) {
    let old = account.find(&state.credential);
    match (state.promise(ink.model), old) {
        (Some(promise), old) => promised(ink, page, account, promise, old.is_none_or(|old| old.enabled)),
        (None, None) => page.mark(Tone::Good, "It is revoked: the list does not have it any more."),
        (None, Some(_)) => page.mark(
            Tone::Warning,
            "It works, and keywright does not revoke it by itself: that is promised only when the new one is \
             stored, was accepted and may do what was reviewed.",
        ),
    }
    let used =
        old.zip(state.promise(ink.model)).and_then(|(old, promise)| promise.used_since(old, account.skew));
    match (used, old) {
        (Some(used), _) => {
            let when = ago(used.last, account.server_time(ink.model.now));
            page.fact_marked("still used", Tone::Warning, &format!("{when}, {}", used.words()));
        }
        (None, Some(old)) => page.fact("last used", &words::last_used_long(account, old, ink.model.now)),
        (None, None) => {}
    }
}

/// The countdown to a promised revocation, and why it was not kept yet.
fn promised(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, promise: &Promise, works: bool) {
    let there = |at| account.skew.server_time(at);
    let done = promise.duty.done();
    if !works {
        page.fact_marked("now", Tone::Good, "switched off: it does not work any more");
    }
    if promise.due > ink.model.now {
        if works {
            page.bar("still works", account, Window { began: there(promise.made), ends: there(promise.due) });
        }
        let label = if promise.duty == Duty::SwitchOff { "off at" } else { "revoked at" };
        page.fact(label, &ink.moment(promise.due));
    } else {
        let late = format!("it was to be {done} {}", ink.moment(promise.due));
        page.fact_marked("overdue", Tone::Danger, &late);
    }
    if let Some(then) = promise.then {
        page.fact("revoked at", &ink.moment(then));
    }
    let key = |action| key_for(Context::RotateVerify, action);
    let (now, end, live) = (key(Action::Revoke), key(Action::MoveEnd), key(Action::Withdraw));
    page.fact_styled(
        "",
        ink.theme.accent,
        &format!("{now} revokes it now, {end} moves its end, {live} lets it live"),
    );
    super::super::install_hint(ink, page);
    if promise.running_elsewhere {
        page.fact("", "another keywright is revoking it");
    }
    if !promise.note.is_empty() {
        page.fact_marked("not yet", Tone::Danger, &promise.note);
        page.fact("", &format!("tried {} times; again {}", promise.tries, ink.moment(promise.next_try)));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    New,
    Old,
}

fn presented(ink: Ink<'_>, page: &mut Page<'_>, what: &Presented, untried: &str, meaning: Meaning) {
    match what {
        Presented::NotYet => page.mark(Tone::Plain, untried),
        Presented::Running(request) => {
            let far = ink.model.pending.get(request).and_then(|pending| pending.progress.as_ref());
            match far.map(Progress::words) {
                Some(words) => {
                    let key = key_for(Context::RotateVerify, Action::Back);
                    page.waiting(&format!("presenting it to the server, {words}; {key} stops it"));
                    if let Some(why) = far.map(|far| far.why).filter(|why| !why.is_empty()) {
                        page.hint(why);
                    }
                }
                None => page.waiting("presenting it to the server"),
            }
        }
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
