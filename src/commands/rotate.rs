//! `keywright rotate`: a new secret for a credential, or for several: stored, verified, delivered to its targets; never
//! printed.
//!
//! The JSON is one object, or of several an array of those that were rotated, every member always present: `credential` (`account`, `owner`, `name`, `id`), `stored`
//! (`keyring`, `kernel` or `null`), `verdict` (`accepted`, `refused`, `untold` or `null`), `words` (a sentence), `wider`
//! (whether the new one can do more than the old one could), `window_ends` (RFC 3339, UTC, or `null`: when the old one
//! stops, by the server or because its revocation is promised), `old` (what becomes of the old one, in a sentence),
//! `targets` (an array of `target`, `result` (`read back`, `done` or `failed`), `words`, `at`).

use serde::Serialize;

use super::desk::{self, Desk, Found, Named};
use super::{Outcome, complain, fail, say, worst};
use crate::app::effect::{DeliverPlan, Generation, Keeping, RotatePlan};
use crate::app::msg::{Arrived, IssueOutcome, Kept};
use crate::backend::unheard;
use crate::cli::RotateArgs;
use crate::config::Settings;
use crate::domain::ability::RotationForm;
use crate::domain::answer::Verdict;
use crate::domain::credential::Credential;
use crate::domain::failure::Effected;
use crate::domain::promise::AttemptOutcome;
use crate::domain::retention::{self, Retention};
use crate::domain::scope::{Difference, Granted};
use crate::domain::target::Receipt;
use crate::domain::time::Timestamp;
use crate::runtime::clock;

#[derive(Debug, Serialize)]
struct Told {
    credential: Named,
    stored: Option<&'static str>,
    verdict: Option<&'static str>,
    words: String,
    wider: bool,
    window_ends: Option<Timestamp>,
    old: String,
    targets: Vec<Delivery>,
}

#[derive(Debug, Serialize)]
struct Delivery {
    target: String,
    result: &'static str,
    words: String,
    at: Timestamp,
}

/// Rotates them, one after the other. What is not accepted, is wider than before, or did not reach every target needs attention.
pub fn run(settings: &Settings, arguments: &RotateArgs) -> Outcome {
    if super::keeping(settings) == Keeping::Memory {
        let why = "nothing was done: secrets are held in memory for a run only, so the new one would be lost at once";
        return fail(&why);
    }
    let done = desk::wait(settings, super::tasks(settings), async |mut desk| {
        let all = desk.meant(&arguments.credentials, &arguments.yes).await?;
        // Every gate of each before anything is sent for the first.
        let mut plans = Vec::new();
        for found in &all {
            plans.push(review(&mut desk, found, arguments).await?);
        }
        let (mut told, mut outcome) = (Vec::new(), Outcome::Done);
        for (reviewed, plan) in plans {
            let (one, ended) = rotate(&mut desk, &reviewed, plan).await;
            told.extend(one);
            outcome = worst(outcome, ended);
        }
        let printed = match (arguments.json, all.len(), told.as_slice()) {
            (true, 1, [one]) => desk::json(one),
            (true, 2.., several) => desk::json(&several),
            (_, _, several) => several.iter().map(|one| lines(one, all.len() > 1)).collect(),
        };
        let said = say(&printed);
        Ok(if said == Outcome::Done { outcome } else { said })
    });
    desk::outcome(done)
}

/// Reads one afresh, and puts it through the gates.
async fn review(
    desk: &mut Desk,
    found: &Found,
    arguments: &RotateArgs,
) -> Result<(Credential, RotatePlan), Outcome> {
    desk.may(found, |facts| &facts.may_create).await?;
    desk.alone(found).await?;
    let read = desk.tasks.read(&found.reference).await;
    let (reviewed, _) = read.map_err(|failure| desk::refused(&found.reference.account, &failure))?;
    let plan = plan(desk, found, &reviewed, arguments).await?;
    Ok((reviewed, plan))
}

/// Rotates one; what became of it, unless it failed.
async fn rotate(desk: &mut Desk, reviewed: &Credential, plan: RotatePlan) -> (Option<Told>, Outcome) {
    let account = plan.credential.account.clone();
    match desk.tasks.rotate(plan).await {
        IssueOutcome::Arrived(arrived) => match finish(desk, reviewed, *arrived).await {
            Ok((told, ended)) => (Some(told), ended),
            Err(ended) => (None, ended),
        },
        IssueOutcome::Failed(failure) => {
            let outcome = desk::refused(&account, &failure);
            if failure.effected == Effected::Unknown {
                complain(&"it may have been carried out all the same; the screen's unfinished work tells");
                return (None, Outcome::Attention);
            }
            (None, outcome)
        }
    }
}

/// The review's gates: the window fits, and no window in use is ended unasked.
async fn plan(
    desk: &mut Desk,
    found: &Found,
    reviewed: &Credential,
    arguments: &RotateArgs,
) -> Result<RotatePlan, Outcome> {
    let account = found.reference.account.clone();
    let state = desk.read(&account).await.as_ref().map_err(|failure| desk::refused(&account, failure))?;
    let usage = |why: String| {
        complain(&why);
        Outcome::Usage
    };
    let retention = match &arguments.retain {
        None => retention::DEFAULT,
        Some(typed) => {
            Retention::parse(typed).map_err(|why| usage(format!("--retain {typed}: {why}")))?.whole_minutes()
        }
    };
    let form = &state.abilities.kind(reviewed.kind).rotation;
    if let RotationForm::ServerWindow { longest_minutes, second, .. } = form {
        let longest = Retention::minutes(*longest_minutes);
        if retention > longest {
            return Err(usage(format!("--retain: the longest window here is {}", longest.words())));
        }
        let open = reviewed.open_window(state.server_time(clock::now()));
        if let Some(window) = open.filter(|_| !arguments.end_window) {
            return Err(usage(format!(
                "nothing was done: the old secret of the last rotation still works until {:.0}, and {second}; say \
                 --end-window if nobody needs it",
                window.ends
            )));
        }
    }
    retiring(desk, found)?;
    shared(desk, found, arguments)?;
    desk.warn(found, false).await;
    if reviewed.scopes == Granted::Everything {
        complain(&"it may do everything; the new secret will, too");
    }
    if !reviewed.enabled || !reviewed.owner_enabled {
        complain(&"it is switched off: neither secret works until that changes");
    }
    Ok(RotatePlan {
        credential: found.reference.clone(),
        owner_name: reviewed.owner.name.as_str().to_owned(),
        name: reviewed.name.as_str().to_owned(),
        kind: reviewed.kind.to_owned(),
        form: 0,
        retention,
        scopes: None,
        reviewed: reviewed.scopes.clone(),
        rotated_before: reviewed.rotated,
    })
}

/// One that is on its way out is not rotated a second time: its successor is.
fn retiring(desk: &Desk, found: &Found) -> Result<(), Outcome> {
    let promised = desk.tasks.promised(&found.reference);
    let promised = promised.map_err(|failure| desk::refused(&found.reference.account, &failure))?;
    let Some(promise) = promised else { return Ok(()) };
    complain(&format!(
        "nothing was done: it was rotated already and is to be revoked at {:.0}; its successor is {}",
        promise.due,
        promise.successor.id.as_str()
    ));
    Err(Outcome::Usage)
}

/// A target that others have too gets overwritten only when that was said.
fn shared(desk: &Desk, found: &Found, arguments: &RotateArgs) -> Result<(), Outcome> {
    let failed = |failure| desk::refused(&found.reference.account, &failure);
    let targets = desk.tasks.targets_of(&found.reference).map_err(failed)?;
    let shared = desk.sharing(&found.reference, &targets).map_err(failed)?;
    for sentence in &shared {
        complain(sentence);
    }
    if shared.is_empty() || arguments.shared_targets {
        return Ok(());
    }
    complain(&"nothing was done: what is there would be overwritten; say --shared-targets if that is meant");
    Err(Outcome::Usage)
}

/// What becomes of the old one, and when it stops. A promise whose time has come is kept at once.
async fn old_one(
    desk: &Desk,
    reviewed: &Credential,
    arrived: &Arrived,
    accepted: bool,
) -> (Option<Timestamp>, String, bool) {
    let window = arrived.credential.window.map(|window| window.ends);
    if let Some(end) = window {
        return (Some(end), format!("the old secret works until {end:.0}"), true);
    }
    let old = reviewed.reference(&arrived.account);
    let promise = match desk.tasks.promised(&old) {
        Ok(promise) => promise,
        Err(failure) => return (None, failure.sentence(), false),
    };
    let Some(promise) = promise else {
        let second = desk.tasks.makes_second(&old.account, arrived.credential.kind);
        return match second {
            false => (None, String::from("the old secret stopped at the rotation"), true),
            true if accepted => {
                (None, String::from("the old one lives, and keywright does not revoke it by itself"), false)
            }
            true => (None, String::from("the old one lives: the new one was not accepted"), false),
        };
    };
    if promise.due > clock::now() {
        let words = format!(
            "the old one is to be revoked at {:.0}, by any open keywright or `keywright due`",
            promise.due
        );
        return (Some(promise.due), words, true);
    }
    match desk.tasks.keep_promise(promise.id).await {
        Ok(attempt) => {
            let kept = matches!(attempt.outcome, AttemptOutcome::Kept | AttemptOutcome::Elsewhere);
            (Some(promise.due), attempt.words.to_string(), kept)
        }
        Err(failure) => (Some(promise.due), failure.sentence(), false),
    }
}

/// Verifies and delivers what came, and tells it without the secret.
async fn finish(
    desk: &mut Desk,
    reviewed: &Credential,
    arrived: Arrived,
) -> Result<(Told, Outcome), Outcome> {
    let reference = arrived.credential.reference(&arrived.account);
    let stored = match &arrived.kept {
        Kept::Keyring => Some("keyring"),
        Kept::Kernel => Some("kernel"),
        Kept::Memory | Kept::Nowhere(_) => None,
    };
    if let Kept::Nowhere(why) = &arrived.kept {
        complain(&format!(
            "the new secret could not be stored ({why}) and is lost, for it is never printed; what is deployed works \
             until the window ends: rotate again before that"
        ));
    }
    let verdict = match stored {
        Some(_) => desk
            .tasks
            .verify(&reference, Generation::Current, Some(arrived.operation), &unheard)
            .await
            .map(Some),
        None => Ok(None),
    };
    let (verdict, words) = match verdict {
        Ok(Some(verdict)) => {
            let wanted = desk.tasks.spelled(&reference.account, reviewed.kind, &reviewed.scopes);
            let words = verdict.words(Some(&wanted));
            (Some(verdict), words)
        }
        Ok(None) => (None, String::from("not presented")),
        Err(failure) => (None, format!("it could not be presented: {}", failure.sentence())),
    };
    let accepted = matches!(verdict, Some(Verdict::Accepted { .. }));
    // A secret that is only taken or not tells nothing of its scopes.
    let difference = match &verdict {
        Some(Verdict::Accepted { scopes, untold, .. }) if *scopes != Granted::AsOwner => {
            let wanted = desk.tasks.spelled(&reference.account, reviewed.kind, &reviewed.scopes);
            scopes.against(&wanted, untold)
        }
        _ => Difference::default(),
    };
    let (wider, differs) = (!difference.beyond.is_empty(), difference.words());
    if wider {
        let id = reference.id.as_str();
        complain(&format!("the new one can do more than was reviewed; `keywright revoke {id}` ends it"));
    }
    // A secret that was not accepted, or is for something else, is not brought where things depend on it.
    let brings = accepted && differs.is_none();
    let targets = if brings { deliver(desk, reviewed, &arrived).await? } else { Vec::new() };
    if !brings && !desk.tasks.targets_of(&reference).unwrap_or_default().is_empty() {
        complain(&"its targets were not given the new secret; they have the old one");
    }
    let reached = brings && targets.iter().all(|receipt| receipt.result.is_done());
    if let Some(note) = &arrived.note {
        complain(note);
    }
    let (window_ends, old, settled) = old_one(desk, reviewed, &arrived, accepted).await;
    let told = Told {
        credential: Named::of(&reference, Some(&arrived.credential)),
        stored,
        verdict: verdict.as_ref().map(super::verify::word),
        words,
        wider,
        window_ends,
        old,
        targets: targets.iter().map(delivery).collect(),
    };
    let well = accepted && !wider && reached && settled;
    Ok((told, if well { Outcome::Done } else { Outcome::Attention }))
}

async fn deliver(desk: &Desk, reviewed: &Credential, arrived: &Arrived) -> Result<Vec<Receipt>, Outcome> {
    let reference = arrived.credential.reference(&arrived.account);
    let failed = |failure| desk::refused(&arrived.account, &failure);
    let targets = desk.tasks.targets_of(&reference).map_err(failed)?;
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let plan = DeliverPlan {
        credential: reference,
        owner_name: reviewed.owner.name.as_str().to_owned(),
        name: arrived.credential.name.as_str().to_owned(),
        targets,
    };
    desk.tasks.deliver(plan).await.map_err(|failure| {
        desk::refused(&arrived.account, &failure);
        Outcome::Attention
    })
}

fn delivery(receipt: &Receipt) -> Delivery {
    Delivery {
        target: receipt.target.to_string(),
        result: receipt.result.word(),
        words: receipt.result.note().to_string(),
        at: receipt.at,
    }
}

/// Of several each says which it is.
fn lines(told: &Told, named: bool) -> String {
    let stored = told.stored.map_or_else(String::new, |place| format!(", stored in the {place}"));
    let which = if named { format!("{}: ", told.credential.words()) } else { String::new() };
    let mut lines = vec![format!("{which}rotated{stored}; presented: {}\n", told.words)];
    lines.push(format!("{}\n", told.old));
    for one in &told.targets {
        let words = if one.words.is_empty() { String::new() } else { format!(": {}", one.words) };
        lines.push(format!("{}  {}{words}\n", one.target, one.result));
    }
    lines.concat()
}
