//! `keywright due`: keeps the promised revocations whose time has come, as any open keywright does; for a timer.
//!
//! The JSON is one array of objects with these members, all always present: `account`, `credential` (its identifier),
//! `name`, `owner`, `due` (RFC 3339, UTC), `state` (`waiting`, `due`, `kept`, `advanced`, `elsewhere`, `failed` or
//! `given up`), `note` (a sentence, may be empty). With `--dry-run` every promise that waits is told and none is kept.
//!
//! What could not be kept is tried again after a pause that grows, however often this is called; until then it is told as
//! failed, with the moment of the next try. `--now` tries it at once.
//!
//! It needs no desktop and no session: the bus is looked for where the system has it. What stands in the way of a promise
//! is said with what mends it.

use serde::Serialize;

use super::{Outcome, complain, say, tell_problems, worst};
use crate::app::model::VaultView;
use crate::cli::DueArgs;
use crate::config::Settings;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::promise::{AttemptOutcome, Promise};
use crate::domain::time::Timestamp;
use crate::runtime::tasks::Tasks;
use crate::runtime::timer::Installed;
use crate::runtime::{clock, timer};

/// One promise, as JSON has it.
#[derive(Debug, Serialize)]
struct Entry {
    account: String,
    credential: String,
    name: String,
    owner: String,
    due: Timestamp,
    state: &'static str,
    note: String,
}

/// Keeps what is due.
pub fn run(settings: &Settings, arguments: &DueArgs) -> Outcome {
    if arguments.install {
        return install();
    }
    if arguments.uninstall {
        return uninstall();
    }
    tell_problems(settings);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return super::fail(&error),
    };
    let outcome = runtime.block_on(due(&super::tasks(settings), arguments));
    runtime.shutdown_background();
    outcome
}

/// Says what was installed; a line for cron goes to standard output alone, for a pipe into crontab.
fn install() -> Outcome {
    let (said, notes) = match timer::install() {
        Ok(Installed::Timer { done, notes }) => (done.join("\n"), notes),
        Ok(Installed::Cron { line, notes }) => (line, notes),
        Err(why) => return super::fail(&why),
    };
    let outcome = say(&format!("{said}\n"));
    for note in &notes {
        complain(note);
    }
    outcome
}

fn uninstall() -> Outcome {
    match timer::uninstall() {
        Ok(done) if done.is_empty() => {
            complain(&"nothing is installed; a line in a crontab is yours to remove: crontab -e");
            Outcome::Done
        }
        Ok(done) => say(&format!("{}\n", done.join("\n"))),
        Err(why) => super::fail(&why),
    }
}

async fn due(tasks: &Tasks, arguments: &DueArgs) -> Outcome {
    let left = match tasks.left().await {
        Ok(left) => left,
        Err(failure) => return super::fail(&format!("{}. {}", failure.sentence(), failure.next_step())),
    };
    if !arguments.dry_run {
        tasks.note_due_run();
    }
    let now = clock::now();
    let mut told = Vec::new();
    let mut outcome = Outcome::Done;
    let mut entries = Vec::new();
    for promise in left.promises {
        let ripe = promise.due <= now;
        let rests = promise.rests_until(now).filter(|_| !promise.running_elsewhere);
        let (state, note, worse) = if arguments.dry_run || !ripe {
            (if ripe { "due" } else { "waiting" }, promise.note.clone(), Outcome::Done)
        } else if let Some(next) = rests.filter(|_| !arguments.now) {
            ("failed", resting(&promise, next), Outcome::Attention)
        } else {
            keep(tasks, &promise, &mut told).await
        };
        outcome = worst(outcome, worse);
        entries.push(Entry {
            account: promise.credential.account.to_string(),
            credential: promise.credential.id.as_str().to_owned(),
            name: promise.name,
            owner: promise.owner_name,
            due: promise.due,
            state,
            note,
        });
    }
    let said = say(&if arguments.json { json(&entries) } else { lines(&entries, arguments.dry_run) });
    if said == Outcome::Done { outcome } else { said }
}

/// Why one was not kept the last time, and when it is tried again. A timer calls this every few minutes, and a server that
/// has trouble is not asked as often.
fn resting(promise: &Promise, next: Timestamp) -> String {
    let Promise { name, owner_name, duty, note, .. } = promise;
    let not = duty.done();
    format!(
        "'{name}' of {owner_name} is not {not} yet: {note}; next try at {next:.0}, or with `keywright due --now`"
    )
}

/// Tries one. What mends a failure is said once for each kind of it.
async fn keep(
    tasks: &Tasks,
    promise: &Promise,
    told: &mut Vec<FailureKind>,
) -> (&'static str, String, Outcome) {
    match tasks.keep_promise(promise.id).await {
        Ok(attempt) => {
            let note = attempt.words.as_str().to_owned();
            if let AttemptOutcome::Failed(kind) = attempt.outcome
                && !told.contains(&kind)
            {
                told.push(kind);
                complain(&mend(tasks, promise, kind).await);
            }
            match attempt.outcome {
                AttemptOutcome::Kept => ("kept", note, Outcome::Done),
                AttemptOutcome::Advanced => ("advanced", note, Outcome::Done),
                AttemptOutcome::Elsewhere => ("elsewhere", note, Outcome::Done),
                AttemptOutcome::GivenUp => ("given up", note, Outcome::Attention),
                AttemptOutcome::Failed(FailureKind::LoggedOut) => ("failed", note, Outcome::LoggedOut),
                AttemptOutcome::Failed(_) => ("failed", note, Outcome::Attention),
            }
        }
        Err(failure) => {
            complain(&failure.sentence());
            ("failed", failure.sentence(), Outcome::Failed)
        }
    }
}

/// What is to be done about what stood in the way.
async fn mend(tasks: &Tasks, promise: &Promise, kind: FailureKind) -> String {
    let account = &promise.credential.account;
    if kind == FailureKind::LoggedOut {
        return format!(
            "{account}: no login that is kept works any more. Start keywright, log in (L) with 'keep me logged in', and \
             the promise is kept from then on"
        );
    }
    if kind == FailureKind::Keyring
        && let VaultView::Unusable { state, mend } = tasks.check_vault().await
    {
        return format!("{state}. {mend}");
    }
    format!("{account}: {} It is tried again.", Failure::new(kind, "").next_step())
}

fn json(entries: &[Entry]) -> String {
    serde_json::to_string_pretty(entries).map_or_else(|_never| String::from("[]\n"), |text| text + "\n")
}

/// For people only what was done, or, where nothing is to be done, what waits.
fn lines(entries: &[Entry], dry_run: bool) -> String {
    if entries.is_empty() && dry_run {
        return String::from("nothing is promised\n");
    }
    let line = |entry: &Entry| {
        let Entry { account, name, owner, due, state, note, .. } = entry;
        let words = if note.is_empty() { format!("'{name}' of {owner}") } else { note.clone() };
        format!("{state}  {account}  {due:.0}  {words}\n")
    };
    entries.iter().filter(|entry| dry_run || entry.state != "waiting").map(line).collect()
}
