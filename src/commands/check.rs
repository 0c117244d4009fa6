//! `keywright check`: what needs attention, by exit code: what the findings pane shows, what ends soon, promised
//! revocations that are overdue or failed, and work that was not finished.
//!
//! The JSON is one array of objects, every member always present; what is not known is `null`: `severity` (`alarm`,
//! `warning` or `hint`), `account`, `credential` (`account`, `owner`, `name`, `id`), `what` and `mend` (sentences), `ends`
//! (RFC 3339, UTC).

use jiff::tz::TimeZone;
use serde::Serialize;

use super::desk::{self, Desk, Named};
use super::{Outcome, complain, say};
use crate::app::findings;
use crate::app::model::{AccountState, Model};
use crate::app::pane::unfinished;
use crate::app::promises;
use crate::cli::CheckArgs;
use crate::config::Settings;
use crate::domain::account::AccountName;
use crate::domain::credential::{Credential, EXPIRING_DAYS, Expiry, State};
use crate::domain::finding::Severity;
use crate::domain::operation::Operation;
use crate::domain::promise::Promise;
use crate::domain::retention::Retention;
use crate::domain::time::{SignedDuration, Timestamp, span};
use crate::runtime::clock;

#[derive(Debug, Serialize)]
struct Line {
    severity: &'static str,
    account: String,
    credential: Option<Named>,
    what: String,
    mend: String,
    ends: Option<Timestamp>,
}

/// Checks every account. Something found, but hints, needs attention; what could not be asked fails.
pub fn run(settings: &Settings, arguments: &CheckArgs) -> Outcome {
    let within = match &arguments.within {
        None => SignedDuration::from_hours(EXPIRING_DAYS * 24),
        Some(typed) => match Retention::parse(typed) {
            Ok(length) => length.duration(),
            Err(why) => {
                complain(&format!("--within {typed}: {why}"));
                return Outcome::Usage;
            }
        },
    };
    let done = desk::wait(settings, super::tasks(settings), async |mut desk| {
        let (accounts, mut outcome) = read_all(&mut desk).await;
        let mut model = Model::new(clock::now(), TimeZone::UTC, accounts);
        model.shown = crate::app::model::Shown::All;
        let left = desk.tasks.left().await.map_err(|failure| super::fail(&failure.sentence()))?;
        promises::arrived(&mut model, left.promises);
        findings::rebuild(&mut model);
        model.unfinished = left.operations;
        let mut lines = unfinished_lines(&model);
        lines.extend(promise_lines(&desk, &model)?);
        lines.extend(finding_lines(&model, within));
        lines.extend(ending_lines(&model, within));
        let found = lines.iter().any(|line| line.severity != Severity::Hint.word());
        let said = say(&if arguments.json { desk::json(&lines) } else { lines.iter().map(text).collect() });
        if found && outcome == Outcome::Done {
            outcome = Outcome::Attention;
        }
        Ok(if said == Outcome::Done { outcome } else { said })
    });
    desk::outcome(done)
}

/// Every account that can be asked; why the others could not is said.
async fn read_all(desk: &mut Desk) -> (Vec<AccountState>, Outcome) {
    let names: Vec<AccountName> = desk.settings.accounts.iter().map(|account| account.name.clone()).collect();
    let (mut accounts, mut outcome) = (Vec::new(), Outcome::Done);
    for name in names {
        match desk.read(&name).await {
            Ok(state) => accounts.push(state.clone()),
            Err(failure) => {
                let why = desk::refused(&name, failure);
                // A server that failed weighs more than a login that is missing.
                outcome = if outcome == Outcome::Failed { outcome } else { why };
            }
        }
    }
    (accounts, outcome)
}

fn unfinished_lines(model: &Model) -> Vec<Line> {
    let line = |operation: &Operation| Line {
        severity: Severity::Alarm.word(),
        account: operation.account.to_string(),
        credential: None,
        what: unfinished::story(model, operation),
        mend: String::from("Start keywright: unfinished work (u) offers what can be done."),
        ends: None,
    };
    unfinished::ours(model).map(line).collect()
}

/// Promises whose time is past, that failed, or that were given up while the old credential is still listed.
fn promise_lines(desk: &Desk, model: &Model) -> Result<Vec<Line>, Outcome> {
    let given_up = desk.tasks.given_up().map_err(|failure| super::fail(&failure.sentence()))?;
    let listed = |promise: &&Promise| credential_of(model, promise).is_some();
    let late = |promise: &&Promise| promise.due <= model.now || !promise.note.is_empty();
    let waiting = model.promises.waiting.iter().filter(late).map(|promise| {
        let why = if promise.note.is_empty() { String::new() } else { format!(" ({})", promise.note) };
        let tried =
            if promise.tries == 0 { String::new() } else { format!(", tried {} times", promise.tries) };
        let what = format!(
            "'{}' of {} was to be revoked at {:.0} and is not yet{tried}{why}.",
            promise.name, promise.owner_name, promise.due
        );
        (promise, what, "Log in with a login that is kept, then `keywright due`; or revoke it by hand.")
    });
    let lost = given_up.iter().filter(listed).map(|promise| {
        let what = format!(
            "'{}' of {} is NOT revoked, and will not be by itself: {}.",
            promise.name, promise.owner_name, promise.note
        );
        (promise, what, "See whether its successor works, then revoke it by hand.")
    });
    let line = |(promise, what, mend): (&Promise, String, &str)| Line {
        severity: Severity::Alarm.word(),
        account: promise.credential.account.to_string(),
        credential: Some(Named::of(&promise.credential, credential_of(model, promise))),
        what,
        mend: mend.to_owned(),
        ends: Some(promise.due),
    };
    Ok(waiting.chain(lost).map(line).collect())
}

/// The old credential of a promise, where its server lists it.
fn credential_of<'a>(model: &'a Model, promise: &Promise) -> Option<&'a Credential> {
    model.account(&promise.credential.account)?.find(&promise.credential)
}

/// The findings of the screen, but those about an end further away than asked.
fn finding_lines(model: &Model, within: SignedDuration) -> Vec<Line> {
    let mut lines = Vec::new();
    for line in &model.findings {
        let Some((account, credential)) = findings::about(model, *line) else { continue };
        let Some(words) = findings::words(model, *line) else { continue };
        // Told already, with what stands in the way.
        if matches!(line.source, findings::Source::Seen(_, State::Overdue)) {
            continue;
        }
        let expiring = matches!(line.source, findings::Source::Seen(_, State::Expiring));
        if expiring && !credential.is_some_and(|one| ends_within(account, one, model.now, within)) {
            continue;
        }
        lines.push(Line {
            severity: line.severity.word(),
            account: account.name().to_string(),
            credential: credential.map(|one| Named::of(&one.reference(account.name()), Some(one))),
            what: words.what,
            mend: words.mend,
            ends: credential.and_then(end),
        });
    }
    lines
}

/// What ends within the time asked for, beyond what the findings call soon.
fn ending_lines(model: &Model, within: SignedDuration) -> Vec<Line> {
    let soon = SignedDuration::from_hours(EXPIRING_DAYS * 24);
    let mut lines = Vec::new();
    for account in &model.accounts {
        let later = account.listing.credentials.iter().filter(|one| {
            ends_within(account, one, model.now, within) && !ends_within(account, one, model.now, soon)
        });
        for one in later.filter(|one| one.enabled && one.owner_enabled) {
            let Some(ends) = end(one) else { continue };
            let left = span(ends.duration_since(account.server_time(model.now)));
            lines.push(Line {
                severity: Severity::Warning.word(),
                account: account.name().to_string(),
                credential: Some(Named::of(&one.reference(account.name()), Some(one))),
                what: format!("It ends by itself in {left}."),
                mend: String::from("Rotate it before that."),
                ends: Some(ends),
            });
        }
    }
    lines
}

fn end(credential: &Credential) -> Option<Timestamp> {
    match credential.expires {
        Expiry::Never => None,
        Expiry::At(end) => Some(end),
    }
}

fn ends_within(
    account: &AccountState,
    credential: &Credential,
    now: Timestamp,
    within: SignedDuration,
) -> bool {
    let there = account.server_time(now);
    end(credential).is_some_and(|end| end > there && end.duration_since(there) <= within)
}

fn text(line: &Line) -> String {
    let who = line.credential.as_ref().map_or_else(|| line.account.clone(), Named::words);
    format!("{:<8}{who}  {} {}\n", line.severity, line.what, line.mend)
}
