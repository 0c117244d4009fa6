//! What deserves attention, over the accounts shown and ranked: what backends told, and what the listings show by
//! themselves. Lines are positions; their words are made when they are drawn.

use super::effect::Generation;
use super::found::LooseFile;
use super::model::{AccountState, Model};
use super::rows::row_state;
use crate::domain::credential::{Credential, Expiry, State, URGENT_DAYS};
use crate::domain::finding::{Finding, Severity};
use crate::domain::promise::Duty;
use crate::domain::scope::Granted;
use crate::domain::time::{Timestamp, ago, span};

/// One finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingLine {
    /// How urgent it is.
    pub severity: Severity,
    /// The position of its account.
    pub account: usize,
    /// What it is.
    pub source: Source,
}

/// Where a finding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The backend told it; the position in the listing's findings.
    Told(usize),
    /// A credential's state; its position in the listing.
    Seen(usize, State),
    /// A revocation that the server forgets; the position of its promise among those that wait.
    Forgotten(usize),
    /// A revocation that was promised and will not happen by itself; the positions of its credential, and of its promise
    /// among those that were given up.
    GivenUp(usize, usize),
    /// A file of the backend's own tools that others can read; its position among them.
    Loose(usize),
}

/// A finding in words.
pub struct Words {
    /// What was found, in a sentence.
    pub what: String,
    /// What mends it, in a sentence.
    pub mend: String,
}

/// Finds everything again, after a listing or the choice of accounts changed. The cursor stays on its line.
pub fn rebuild(model: &mut Model) {
    let mut lines = Vec::new();
    for index in model.shown_accounts() {
        let Some(account) = model.accounts.get(index) else { continue };
        let line = |severity, source| FindingLine { severity, account: index, source };
        let told = account.listing.findings.iter().enumerate();
        lines.extend(told.map(|(at, finding)| line(finding.severity, Source::Told(at))));
        for (at, credential) in account.listing.credentials.iter().enumerate() {
            let states = states(account, credential, model.now);
            lines.extend(
                states.into_iter().flatten().map(|state| {
                    line(severity(state, account, credential, model.now), Source::Seen(at, state))
                }),
            );
        }
    }
    for (at, promise) in model.promises.waiting.iter().enumerate() {
        let account = model.account_index(&promise.credential.account);
        let shown = account.filter(|index| model.shown_accounts().contains(index));
        if let (Some(account), Duty::RevokeAgain) = (shown, promise.duty) {
            let late = promise.due <= model.now;
            let severity = if late { Severity::Alarm } else { Severity::Hint };
            lines.push(FindingLine { severity, account, source: Source::Forgotten(at) });
        }
    }
    for (at, promise) in model.promises.given_up.iter().enumerate() {
        let of = model.account_index(&promise.credential.account);
        let shown = of.filter(|index| model.shown_accounts().contains(index));
        let Some((index, account)) = shown.and_then(|index| Some((index, model.accounts.get(index)?))) else {
            continue;
        };
        let old = &promise.credential;
        let mut all = account.listing.credentials.iter();
        if let Some(place) = all.position(|one| one.id == old.id && one.owner.id == old.owner) {
            let source = Source::GivenUp(place, at);
            lines.push(FindingLine { severity: Severity::Alarm, account: index, source });
        }
    }
    for (at, file) in model.loose_files.iter().enumerate() {
        // One file is told once, beside the first account of its backend.
        let of = model.shown_accounts().into_iter().find(|index| {
            model.accounts.get(*index).is_some_and(|account| account.account.backend == file.backend)
        });
        lines.extend(of.map(|account| FindingLine {
            severity: Severity::Warning,
            account,
            source: Source::Loose(at),
        }));
    }
    lines.sort_by_key(|line| line.severity);
    model.finding_cursor = model.finding_cursor.min(lines.len().saturating_sub(1));
    model.findings = lines;
}

/// Takes note of the files that others can read.
pub fn found_loose(model: &mut Model, files: Vec<LooseFile>) {
    (model.loose_files, model.looked_for_loose) = (files, true);
    rebuild(model);
}

/// What a credential shows by itself. Wide and unused ones are told whatever else they are.
fn states(account: &AccountState, credential: &Credential, now: Timestamp) -> [Option<State>; 3] {
    let state = row_state(account, credential, Generation::Current, now);
    if matches!(state, State::Disabled | State::Revoked) {
        return [None; 3];
    }
    let is = |wanted: State, holds: bool| (state != wanted && holds).then_some(wanted);
    let dead = state == State::Expired;
    [
        Some(state).filter(|state| !matches!(state, State::Active | State::Retiring)),
        is(State::Wide, !dead && credential.scopes == Granted::Everything),
        is(State::Unused, !dead && credential.is_unused(account.server_time(now))),
    ]
}

fn severity(state: State, account: &AccountState, credential: &Credential, now: Timestamp) -> Severity {
    match state {
        State::Overdue | State::Orphan => Severity::Alarm,
        State::Expiring => match left(account, credential, now) {
            Some(left) if left.as_hours() < URGENT_DAYS * 24 => Severity::Alarm,
            _ => Severity::Warning,
        },
        State::Wide | State::PendingRestart => Severity::Warning,
        State::Expired
        | State::Unused
        | State::Retiring
        | State::Active
        | State::Disabled
        | State::Revoked => Severity::Hint,
    }
}

fn left(
    account: &AccountState,
    credential: &Credential,
    now: Timestamp,
) -> Option<crate::domain::time::SignedDuration> {
    match credential.expires {
        Expiry::At(end) => Some(end.duration_since(account.server_time(now))),
        Expiry::Never => None,
    }
}

/// The account and the credential a line is about.
pub fn about(model: &Model, line: FindingLine) -> Option<(&AccountState, Option<&Credential>)> {
    let account = model.accounts.get(line.account)?;
    let credentials = &account.listing.credentials;
    let credential = match line.source {
        Source::Seen(at, _) | Source::GivenUp(at, _) => credentials.get(at),
        Source::Told(at) => {
            let id = account.listing.findings.get(at)?.credential.as_ref();
            id.and_then(|id| credentials.iter().find(|one| one.id == *id))
        }
        // A file is about none, and what was revoked is not listed any more.
        Source::Loose(_) | Source::Forgotten(_) => None,
    };
    Some((account, credential))
}

/// A line in words.
pub fn words(model: &Model, line: FindingLine) -> Option<Words> {
    let (account, credential) = about(model, line)?;
    match line.source {
        Source::Told(at) => {
            let Finding { what, mend, .. } = account.listing.findings.get(at)?;
            Some(Words { what: what.to_string(), mend: mend.to_string() })
        }
        Source::Loose(at) => {
            let file = model.loose_files.get(at)?;
            Some(Words {
                what: format!(
                    "Others on this machine can read {} (mode {}).",
                    file.path.display(),
                    file.now()
                ),
                mend: format!("Enter offers to set its mode to {}.", file.then()),
            })
        }
        Source::GivenUp(_, at) => {
            let promise = model.promises.given_up.get(at)?;
            Some(Words {
                what: format!(
                    "It was replaced and is NOT revoked, and will not be by itself: {}.",
                    promise.note
                ),
                mend: String::from("See whether its successor works, then revoke it (x)."),
            })
        }
        Source::Seen(_, state) => Some(seen(account, credential?, state, model.now)),
        Source::Forgotten(at) => {
            let promise = model.promises.waiting.get(at)?;
            let until = promise.then.map(|end| format!(" until it ends, {end:.0}")).unwrap_or_default();
            Some(Words {
                what: format!(
                    "'{}' of {} was revoked in a way that the server forgets in a day; it is told again{until}, next {:.0}.",
                    promise.name, promise.owner_name, promise.due
                ),
                mend: String::from("Be logged in then, here or where keywright due runs."),
            })
        }
    }
}

fn seen(account: &AccountState, credential: &Credential, state: State, now: Timestamp) -> Words {
    let there = account.server_time(now);
    let (what, mend) = match state {
        State::Overdue => (
            String::from("Its retention window is past and it is still alive."),
            "Revoke it now (x); its successor is in use, or should be.",
        ),
        State::Orphan => (
            String::from("It was made here and its secret was lost: nobody can use it, and it is alive."),
            "Revoke it (x), and make another if it is still needed.",
        ),
        State::Expired => (
            String::from("It has ended by itself."),
            "Revoke it (x) to tidy up, or rotate it (r) if it is missed.",
        ),
        State::Expiring => {
            let left = left(account, credential, now).map(span).unwrap_or_default();
            (format!("It ends by itself in {left}."), "Rotate it (r) before that.")
        }
        State::Wide => (
            String::from("It may do everything."),
            "Rotate it to fewer scopes (r), or make narrower ones (n) and revoke it.",
        ),
        State::Unused => {
            let used = credential
                .last_use
                .when()
                .map_or_else(|| String::from("never"), |at| format!("last {}", ago(at, there)));
            (format!("Nobody seems to use it: {used}."), "Ask its owner, then revoke it (x).")
        }
        State::PendingRestart => (
            credential.particulars.pending.as_ref().map(ToString::to_string).unwrap_or_default(),
            "Restart the server (T), then verify it (v).",
        ),
        State::Retiring | State::Active | State::Disabled | State::Revoked => (String::new(), ""),
    };
    Words { what, mend: mend.to_owned() }
}
