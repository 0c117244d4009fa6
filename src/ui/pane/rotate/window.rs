//! The step of the window: which form applies, when the old one dies, and who sees to that.

use ratatui::text::Span;

use super::super::{choice, revoke::survives};
use super::rotation;
use crate::app::model::{AccountState, VaultView};
use crate::app::pane::rotate::{Rotate, RotateStep};
use crate::app::promises::{Keeper, keeper};
use crate::domain::ability::RotationForm;
use crate::domain::credential::Expiry;
use crate::domain::retention::{PRESETS, Retention};
use crate::domain::time::{SignedDuration, Timestamp, moment};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::text::{cut, pad};
use crate::ui::widget::form;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The step.
pub(super) fn retention<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Rotate, account: &AccountState) {
    // A window of the server's is by its clock, one of ours by ours.
    let now = clock(ink, account, state);
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
    dies(ink, page, account, state);
    page.gap();
    forms(ink, page, account, state);
    if state.cuts_over {
        return survives(page, account.server.as_ref().map(|server| server.survives.rotate.as_slice()));
    }
    for (position, preset) in PRESETS.iter().enumerate() {
        let chosen = position == state.choice;
        if chosen {
            page.focus_here();
        }
        let too_long = longest.is_some_and(|longest| preset.as_minutes() > longest);
        let says = match preset {
            _ if too_long => String::from("longer than this server takes"),
            window if window.is_none() => String::from(match rotation(account, state) {
                RotationForm::TwoCredentials { .. } => "revoked as soon as the new one was accepted",
                RotationForm::ServerWindow { .. } | RotationForm::CutOver { .. } => {
                    "the old secret stops at once"
                }
            }),
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

/// The chosen form, where there is a choice; beside the windows, so that both are in sight.
fn forms(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, state: &Rotate) {
    let kind = account.abilities.kind(state.reviewed.kind);
    if kind.further_rotations.is_empty() || state.moving {
        return;
    }
    page.fact_styled("form", ink.theme.title, kind.form(state.form).title());
    let key = key_for(Context::Retention, Action::OtherForm);
    let other = kind.form((state.form + 1) % kind.rotations().count().max(1)).title();
    page.fact_styled("", ink.theme.accent, &format!("{key}: {other}"));
    page.gap();
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

/// The clock that counts.
fn clock(ink: Ink<'_>, account: &AccountState, state: &Rotate) -> Timestamp {
    match rotation(account, state) {
        RotationForm::TwoCredentials { .. } => ink.model.now,
        RotationForm::ServerWindow { .. } | RotationForm::CutOver { .. } => {
            account.server_time(ink.model.now)
        }
    }
}

/// The exact moment the old one dies, and where that is for us to see to, who will.
pub(super) fn dies(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, state: &Rotate) {
    let Some(window) = state.retention() else {
        page.fact("old one dies", "type a length such as 36h or 2d");
        return;
    };
    match rotation(account, state) {
        RotationForm::TwoCredentials { grace, .. } => {
            revoked_by_us(ink, page, account, state, (window, *grace));
        }
        RotationForm::ServerWindow { .. } | RotationForm::CutOver { .. } if window.is_none() => {
            page.fact_marked("old one dies", Tone::Danger, "at the moment of the rotation");
        }
        RotationForm::ServerWindow { .. } | RotationForm::CutOver { .. } => {
            ended_by_the_server(ink, page, account, window);
        }
    }
}

fn ended_by_the_server(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, window: Retention) {
    page.fact_styled(
        "old one dies",
        ink.theme.title,
        &ink.moment(window.end(account.server_time(ink.model.now))),
    );
    let skew = words::skew(account).map(|skew| format!(" ({skew})"));
    // On the least screen this is said only where the clocks differ, so that the choices stay in sight.
    if page.roomy || skew.is_some() {
        let skew = skew.unwrap_or_default();
        page.fact("", &format!("{} after the rotation, by the server's clock{skew}", window.words()));
    }
}

fn revoked_by_us(
    ink: Ink<'_>,
    page: &mut Page<'_>,
    account: &AccountState,
    state: &Rotate,
    (window, grace): (Retention, Option<SignedDuration>),
) {
    let end = window.end(ink.model.now);
    if window.is_none() {
        page.fact_marked("old one dies", Tone::Danger, "as soon as the new one was accepted");
    } else {
        page.fact_styled("old one dies", ink.theme.title, &ink.moment(end));
        if page.roomy && !state.moving {
            page.fact(
                "",
                &format!("{} after the new one was accepted, by this machine's clock", window.words()),
            );
        }
    }
    if let Some(then) = grace.and_then(|grace| end.checked_add(grace).ok()) {
        page.fact("", &format!("switched off then; revoked for good {}", ink.moment(then)));
    }
    if let Expiry::At(by_itself) = state.reviewed.expires
        && account.skew.our_time(by_itself) < end
    {
        page.fact_marked("", Tone::Warning, &format!("it ends by itself before, {}", ink.moment(by_itself)));
    }
    let (tone, sentence) = by_whom(ink, &keeper(account, &state.credential, end), window);
    // On the least screen the choices stay in sight: what is well is not said, and what is not is cut.
    if page.roomy || state.step == RotateStep::Check {
        page.fact_marked("revoked by", tone, &sentence);
    } else if tone != Tone::Good {
        page.fact_marked("", tone, &cut(&sentence, page.width.saturating_sub(16)));
    }
    if page.roomy && state.step == RotateStep::Retention && !window.is_none() {
        page.hint("Dated revocations stand on this machine only.");
    }
}

/// Who revokes the old credential, and whether that one lives until then.
fn by_whom(ink: Ink<'_>, keeper: &Keeper, window: Retention) -> (Tone, String) {
    let stay = key_for(Context::Retention, Action::KeepSession);
    let other = key_for(Context::Retention, Action::LogIn);
    match keeper {
        Keeper::Kept(who) if window.is_none() => (Tone::Good, format!("keywright, as {who}")),
        Keeper::WhileOpen(who) if window.is_none() => (Tone::Good, format!("keywright, as {who}")),
        // What is held in memory is kept for nobody who comes later.
        Keeper::Kept(who) | Keeper::WhileOpen(who) if matches!(ink.model.vault, VaultView::Memory { .. }) => {
            (Tone::Warning, format!("only this open keywright, as {who}: nothing is kept beyond this run"))
        }
        Keeper::Kept(who) => {
            let install = if ink.model.promises.watched { "" } else { " ('due --install' has it called)" };
            (
                Tone::Good,
                format!(
                    "the kept login of {who}, which lives until then: any open keywright, or 'keywright due'{install}"
                ),
            )
        }
        Keeper::WhileOpen(who) => (
            Tone::Warning,
            format!("only this open keywright, as {who}; {stay} keeps that login in the keyring"),
        ),
        Keeper::EndsBefore(who, end) => (
            Tone::Warning,
            format!(
                "reminder only: the login of {who} ends {}; {other} logs in with one that lives longer",
                ink.moment(*end)
            ),
        ),
        Keeper::Itself => (
            Tone::Warning,
            format!("reminder only: you are logged in with the old one itself; {other} logs in with another"),
        ),
        Keeper::MayNot(why) => {
            (Tone::Warning, format!("reminder only: {why}; {other} logs in as somebody who may"))
        }
        Keeper::Nobody => (Tone::Warning, format!("reminder only: nobody is logged in; {other} logs in")),
    }
}
