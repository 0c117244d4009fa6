//! Made-up answers to what the model asks for, by a word.

use keywright::app::bulk::{Came, Obstacle, Step};
use keywright::app::effect::{Effect, Keeping};
use keywright::app::model::{Facts, Model, VaultView};
use keywright::app::msg::{
    Arrived, CopyReport, DeviceCode, IssueOutcome, Kept, Left, Listed, Opened, Proof, Reply, TakenIn,
};
use keywright::app::pane::welcome::SandboxAccounts;
use keywright::domain::account::AccountName;
use keywright::domain::answer::{Happened, Listing, Reach, Verdict};
use keywright::domain::credential::{Credential, CredentialRef, Expiry, Window};
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::operation::{OperationKind, Phase};
use keywright::domain::owner::{Id, Owner};
use keywright::domain::promise::{Attempt, AttemptOutcome};
use keywright::domain::retention::Retention;
use keywright::domain::scope::Granted;
use keywright::domain::session::{Approval, SessionFacts};
use keywright::domain::target::{Delivered, Receipt, TargetName};
use keywright::domain::time::{Skew, Timestamp};
use keywright::domain::vending;
use keywright::secret::{Parts, Secret};
use uuid::Uuid;

use crate::build;

/// The account every script is about.
pub fn account() -> AccountName {
    build::name("prod-kitaru")
}

/// A code to approve elsewhere.
pub fn device() -> DeviceCode {
    DeviceCode {
        approval: Approval::Code("WDJB-MJHT".into()),
        address: "https://prod.example.com/devices".into(),
        address_with_code: "https://prod.example.com/devices?code=WDJB-MJHT".into(),
        expires: build::before(-600),
    }
}

/// A failure by its word; a `?` behind it means that nobody knows whether it happened.
pub fn failure(word: &str) -> Failure {
    let kind = match word.trim_end_matches('?') {
        "out" => FailureKind::LoggedOut,
        "login" => FailureKind::WrongLogin,
        "gone" => FailureKind::NotFound,
        "taken" => FailureKind::NameTaken,
        "cut" => FailureKind::CutOff,
        "slow" => FailureKind::Slow,
        "forbidden" => FailureKind::Forbidden,
        "not-taken" => FailureKind::NotTaken,
        "unmatched" => FailureKind::Unmatched,
        "keyring" => FailureKind::Keyring,
        "state" => FailureKind::State,
        "many" => FailureKind::TooMany,
        other => panic!("no failure is called {other}"),
    };
    let wait = (kind == FailureKind::TooMany).then(|| std::time::Duration::from_mins(1));
    let failure = Failure { retry_after: wait, ..Failure::new(kind, "") };
    if word.ends_with('?') { failure.unknown() } else { failure }
}

/// The answer of a failed effect.
pub fn failed(effect: &Effect, failure: Failure) -> Reply {
    match effect {
        Effect::OpenAccount(..) => Reply::Opened(Box::new(Opened {
            abilities: None,
            server: Err(failure),
            session: None,
            session_failure: None,
        })),
        Effect::LogIn { .. } | Effect::DeviceLogin { .. } | Effect::LogInFound(..) => {
            Reply::LoggedIn(Err(failure))
        }
        Effect::List(..) => Reply::Listed(Box::new(Err(failure))),
        Effect::Read(..) => Reply::Read(Box::new(Err(failure))),
        Effect::ScopeOffers { .. } => Reply::Offers(Err(failure)),
        Effect::CreationPage(_, plan) => Reply::CreationPage(plan.account.clone(), Err(failure)),
        Effect::TakeIn(_, plan) => Reply::TakenIn(Box::new(if failure.kind == FailureKind::NotTaken {
            TakenIn::Refused(failure, plan.secret.share())
        } else {
            TakenIn::Unmatched(failure)
        })),
        Effect::Places(..) => Reply::Places(Err(failure)),
        Effect::History(..) => Reply::History(Err(failure)),
        Effect::Create(..) | Effect::Rotate(..) | Effect::Replay(..) | Effect::Vend(..) => {
            Reply::Issued(IssueOutcome::Failed(failure))
        }
        Effect::Revoke(..) => Reply::Revoked(Err(failure)),
        Effect::Deliver(_, plan) => {
            Reply::Delivered { credential: plan.credential.clone(), result: Err(failure) }
        }
        Effect::Edit(..) => Reply::Edited(Box::new(Err(failure))),
        Effect::Verify { credential, generation, .. } => {
            Reply::Verified { credential: credential.clone(), generation: *generation, verdict: Err(failure) }
        }
        Effect::Import(..) | Effect::ImportFound(..) => Reply::Imported(Err(failure)),
        Effect::LookAround(_) => Reply::Found(Err(failure)),
        Effect::FindLoose(_) => Reply::Loose(Err(failure)),
        Effect::Tighten(..) => Reply::Tightened(Err(failure)),
        Effect::CreateOwner { .. } | Effect::EditOwner { .. } | Effect::EnableOwner(..) => {
            Reply::Owner(Err(failure))
        }
        Effect::DeleteOwner(..) => Reply::OwnerDeleted(Err(failure)),
        Effect::Restart(..) => Reply::Restarted(Err(failure)),
        Effect::Copy(..) => Reply::Copied(Err("no clipboard is to be had".into())),
        Effect::Unfinished(_) | Effect::MovePromise(..) | Effect::WithdrawPromise(..) => {
            Reply::Unfinished(Err(failure))
        }
        Effect::KeepPromise(..) => Reply::Promise(Box::new(Err(failure))),
        Effect::KeepSession(_, account) => Reply::SessionKept(account.clone(), Err(failure)),
        Effect::Reconcile(..) => Reply::Reconciled(Err(failure)),
        Effect::Activity(_) => Reply::Activity(Err(failure)),
        Effect::SaveAccounts { .. } => Reply::Saved(Err(failure)),
        Effect::StartSandbox(_) => Reply::Sandbox(Err(failure)),
        _ => Reply::Plain(Err(failure)),
    }
}

/// A good answer, or the variant of one.
#[expect(clippy::too_many_lines, reason = "one answer for each effect, and nothing else")]
pub fn good(model: &Model, effect: &Effect, variant: &str) -> Reply {
    match effect {
        Effect::CheckVault(_) => Reply::Vault(VaultView::Keyring("Secret Service".into())),
        Effect::UseVault(_, Keeping::Memory) => Reply::Vault(VaultView::Memory { sandbox: false }),
        Effect::UseVault(..) => Reply::Vault(VaultView::Kernel),
        Effect::OpenAccount(..) => Reply::Opened(Box::new(Opened {
            abilities: None,
            server: Ok(build::server()),
            session: (variant == "in").then(build::session),
            session_failure: (variant == "ended").then(|| failure("out")),
        })),
        Effect::LogIn { .. } | Effect::DeviceLogin { .. } | Effect::LogInFound(..) => {
            Reply::LoggedIn(Ok(build::session()))
        }
        Effect::List(_, name) if *name != account() => Reply::Listed(Box::new(Ok(own_listing(model, name)))),
        Effect::List(..) => Reply::Listed(Box::new(Ok(listing(variant)))),
        Effect::Read(_, wanted) => {
            Reply::Read(Box::new(Ok((known(model, wanted).expect("a credential"), Skew::default()))))
        }
        Effect::ScopeOffers { .. } => Reply::Offers(Ok(match variant {
            "none" => Vec::new(),
            "many" => (0..400).map(|number| build::offer(&format!("ns-{number:03}"), "namespaces")).collect(),
            _ => {
                ["deploy.eu", "deploy.us", "deployment", "etl"].map(|id| build::offer(id, "in use")).to_vec()
            }
        })),
        Effect::Places(..) => Reply::Places(Ok(build::places())),
        Effect::Vend(_, plan) => {
            let hour = model.now.checked_add(keywright::domain::time::SignedDuration::from_hours(1));
            let ends = if variant == "long" { Expiry::Never } else { Expiry::At(hour.expect("in range")) };
            let credential =
                vending::credential(&plan.place, "storage credential", ends, Vec::new(), Vec::new());
            let came = Arrived { vended: true, ..arrived(credential, false, variant) };
            Reply::Issued(IssueOutcome::Arrived(Box::new(came)))
        }
        Effect::ForgetVended(..) => Reply::Unfinished(Ok(Left::default())),
        Effect::History(..) => Reply::History(Ok(match variant {
            "none" => Vec::new(),
            _ => vec![Happened { at: Some(model.now), what: "the key was refused in its header".into() }],
        })),
        Effect::CreationPage(_, plan) => {
            let page = format!("https://example.com/tokens?label={}", plan.name);
            Reply::CreationPage(plan.account.clone(), Ok((variant != "none").then(|| page.into())))
        }
        Effect::TakeIn(_, plan) => {
            let (name, owner) = (&plan.create.name, build::owner(plan.create.owner.id.as_str(), "grace", ""));
            let credential = build::credential("new", &owner, name);
            let arrived = Arrived {
                targets: plan.create.targets.clone(),
                account: plan.create.account.clone(),
                by_hand: true,
                ..arrived(credential, false, variant)
            };
            Reply::TakenIn(Box::new(TakenIn::Arrived(Box::new(arrived))))
        }
        Effect::Create(_, plan) => {
            let owner = Owner {
                id: plan.owner.id.clone(),
                name: plan.owner.name.clone(),
                ..build::owner("", "", "")
            };
            let credential = build::credential("new", &owner, &plan.name);
            let arrived = Arrived { targets: plan.targets.clone(), ..arrived(credential, false, variant) };
            Reply::Issued(IssueOutcome::Arrived(Box::new(arrived)))
        }
        Effect::Replay(..) => {
            let credential = build::credential("new", &build::owner("o1", "ci-runner", ""), "default");
            Reply::Issued(IssueOutcome::Arrived(Box::new(arrived(credential, false, variant))))
        }
        Effect::Rotate(_, plan) => {
            let mut credential = known(model, &plan.credential).expect("a credential");
            if variant == "second" {
                credential.id = Id::new("second");
                return Reply::Issued(IssueOutcome::Arrived(Box::new(arrived(credential, true, variant))));
            }
            credential.rotated = Some(model.now);
            let window = Window { began: model.now, ends: plan.retention.end(model.now) };
            credential.window = (plan.retention != Retention::NONE).then_some(window);
            Reply::Issued(IssueOutcome::Arrived(Box::new(arrived(credential, true, variant))))
        }
        Effect::Revoke(..) => Reply::Revoked(Ok(match variant {
            "accepted" => Proof::StillAccepted,
            "unlisted" => Proof::Unlisted,
            "unproven" => Proof::Unproven("the server was slow".into()),
            _ => Proof::Refused("invalid key".into()),
        })),
        Effect::Deliver(_, plan) => {
            let targets = plan.targets.iter();
            let receipts = targets.map(|target| receipt(target.as_str(), variant, model.now)).collect();
            Reply::Delivered { credential: plan.credential.clone(), result: Ok(receipts) }
        }
        Effect::Edit(_, wanted, edit) => {
            let mut credential = known(model, wanted).expect("a credential");
            if let Some(name) = &edit.name {
                credential.name = name.as_str().into();
            }
            credential.enabled = edit.enabled.unwrap_or(credential.enabled);
            Reply::Edited(Box::new(Ok(credential)))
        }
        Effect::Verify { credential, generation, .. } => Reply::Verified {
            credential: credential.clone(),
            generation: *generation,
            verdict: Ok(match variant {
                "refused" => Verdict::Refused { why: "invalid key".into() },
                "wider" => accepted(Granted::Everything),
                _ => accepted(Granted::AsOwner),
            }),
        },
        Effect::Import(_, plan) => Reply::Imported(Ok(CredentialRef {
            account: plan.account.clone(),
            owner: Id::new("o2"),
            id: Id::new("c2"),
        })),
        Effect::ImportFound(_, account, _) => Reply::Imported(Ok(CredentialRef {
            account: account.clone(),
            owner: Id::new("o2"),
            id: Id::new("c2"),
        })),
        Effect::FindLoose(look) => Reply::Loose(Ok(build::around(*look, variant).loose)),
        Effect::Tighten(..) => Reply::Tightened(Ok(())),
        Effect::LookAround(look) => Reply::Found(Ok(build::around(*look, variant))),
        Effect::CreateOwner { form, .. } => {
            Reply::Owner(Ok(build::owner("o9", &form.name, form.field("description"))))
        }
        Effect::EditOwner { owner, form, .. } => {
            Reply::Owner(Ok(build::owner(owner.as_str(), &form.name, form.field("description"))))
        }
        Effect::EnableOwner(_, _, id, on) => {
            Reply::Owner(Ok(Owner { enabled: *on, ..build::owner(id.as_str(), "ci-runner", "") }))
        }
        Effect::DeleteOwner(..) => Reply::OwnerDeleted(Ok(())),
        Effect::Restart(..) => Reply::Restarted(Ok(())),
        Effect::Copy(..) => Reply::Copied(Ok(CopyReport {
            way: String::from(if variant == "blind" {
                "to the terminal (cannot be confirmed)"
            } else {
                "to the desktop's clipboard"
            }),
            confirmed: variant != "blind",
            clears_in: Some(30),
        })),
        Effect::Unfinished(_) => Reply::Unfinished(Ok(left(model, variant))),
        Effect::MovePromise(..) | Effect::WithdrawPromise(..) | Effect::KeepPromise(..) => {
            promised(model, effect, variant)
        }
        Effect::KeepSession(_, account) => {
            let kept = SessionFacts { kept: true, ..build::session() };
            Reply::SessionKept(account.clone(), Ok(kept))
        }
        Effect::Reconcile(..) => Reply::Reconciled(Ok("it was made; nobody holds its secret".into())),
        Effect::Bulk(..) => Reply::Bulk(match variant {
            "out" => Some(Obstacle::LoggedOut(account(), failure("out"))),
            "nowhere" => Some(Obstacle::NotStored("the keyring is locked".into())),
            _ => None,
        }),
        Effect::Activity(_) => Reply::Activity(Ok(vec![build::activity(60, "create", "default", "done")])),
        Effect::SaveAccounts { .. } => Reply::Saved(Ok(())),
        Effect::StartSandbox(_) => Reply::Sandbox(Ok(SandboxAccounts {
            accounts: vec![(build::account("sandbox", &build::ABILITIES).account, &build::ABILITIES)],
            control: String::from("http://127.0.0.1:1"),
        })),
        _ => Reply::Plain(Ok("done".into())),
    }
}

/// What is left, by a word; `promised` has a promise about `c1` an hour from now, `due` one whose time has come.
fn left(model: &Model, variant: &str) -> Left {
    let mut left = Left::default();
    match variant {
        "left" => left.operations.push(build::operation(OperationKind::Create, Phase::Unclear)),
        "elsewhere" => {
            let mut one = build::operation(OperationKind::Create, Phase::Sent);
            one.running_elsewhere = true;
            left.operations.push(one);
        }
        "promised" => left.promises.push(build::promise(model.now, 3600)),
        "due" => left.promises.push(build::promise(model.now, 0)),
        "held" => left.held.push(build::held("s3://lake/", Some(3600))),
        "long" => left.held.push(build::held("s3://lake/", None)),
        _ => {}
    }
    left
}

/// What came of something about the promise.
fn promised(model: &Model, effect: &Effect, variant: &str) -> Reply {
    match effect {
        Effect::MovePromise(_, _, due) => {
            let mut left = left(model, "promised");
            (left.promises[0].due, left.promises[0].next_try) = (*due, *due);
            Reply::Unfinished(Ok(left))
        }
        Effect::KeepPromise(..) => Reply::Promise(Box::new(Ok(attempt(model, variant)))),
        _ => Reply::Unfinished(Ok(Left::default())),
    }
}

/// How keeping a promise went, by a word.
fn attempt(model: &Model, variant: &str) -> Attempt {
    let (outcome, words) = match variant {
        "advanced" => (AttemptOutcome::Advanced, "switched off; presented again, it was refused"),
        "elsewhere" => (AttemptOutcome::Elsewhere, "another keywright saw to it"),
        "given-up" => (AttemptOutcome::GivenUp, "the new one does not exist any more"),
        "out" => (AttemptOutcome::Failed(FailureKind::LoggedOut), "nobody is logged in"),
        "slow" => (AttemptOutcome::Failed(FailureKind::Slow), "the server did not answer in time"),
        _ => (AttemptOutcome::Kept, "revoked; presented again, it was refused"),
    };
    Attempt { promise: build::promise(model.now, 0), outcome, words: words.into() }
}

/// A secret that came, and where it went.
pub fn arrived(credential: Credential, rotated: bool, variant: &str) -> Arrived {
    Arrived {
        targets: Vec::new(),
        operation: Uuid::from_u128(7),
        account: account(),
        rotated,
        credential,
        parts: Parts::single(Secret::new(String::from("ZENKEY_made_up"))),
        by_hand: false,
        vended: false,
        note: None,
        kept: match variant {
            "nowhere" => Kept::Nowhere("the keyring is locked".into()),
            "memory" => Kept::Memory,
            "kernel" => Kept::Kernel,
            _ => Kept::Keyring,
        },
    }
}

/// What became of a delivery.
pub fn receipt(target: &str, variant: &str, at: Timestamp) -> Receipt {
    let result = match variant {
        "failed" => Delivered::Failed("it ended with exit code 1: no such repository".into()),
        "blind" => Delivered::Done("".into()),
        _ => Delivered::ReadBack("".into()),
    };
    Receipt { target: TargetName::parse(target).expect("a name"), at, result }
}

/// A secret works, as its owner.
fn accepted(scopes: Granted) -> Verdict {
    Verdict::Accepted { who: "ci-runner".into(), scopes, untold: Vec::new() }
}

fn known(model: &Model, wanted: &CredentialRef) -> Option<Credential> {
    model.account(&wanted.account)?.find(wanted).cloned()
}

/// What an account lists already, once more.
fn own_listing(model: &Model, name: &AccountName) -> Listed {
    let account = model.account(name).expect("an account");
    let facts = account.facts.clone().into_iter().collect();
    Listed { listing: account.listing.clone(), facts, skew: account.skew, abilities: None }
}

/// A part of the listing of the main account: `two` are its first two credentials, `new` is one nobody knew.
pub fn part(variant: &str) -> (Listed, Reach) {
    let whole = listing("moved");
    let (new, rest) = whole.listing.credentials.split_first().expect("credentials");
    let credentials = if variant == "new" { vec![new.clone()] } else { rest[..2].to_vec() };
    let owners = whole.listing.owners.clone();
    let listing = Listing { owners, credentials, ..Listing::default() };
    let reach = Reach { done: 40, of: Some(128), what: "accounts" };
    (Listed { listing, facts: Vec::new(), skew: Skew::default(), abilities: None }, reach)
}

/// The listing of the main account; `moved` is the same with a new first row, `less` without the first.
fn listing(variant: &str) -> Listed {
    let state = build::prod();
    let mut listing = state.listing;
    match variant {
        "moved" => {
            let extra = build::credential("c0", &listing.owners[1].clone(), "a first one");
            listing.credentials.insert(0, extra);
        }
        "less" => {
            listing.credentials.remove(0);
        }
        _ => {}
    }
    let facts: Vec<(CredentialRef, Facts)> = state.facts.into_iter().collect();
    Listed { listing, facts, skew: Skew::default(), abilities: None }
}

/// What came of one of many, by a word.
pub fn came(step: &Step, word: &str) -> Came {
    let credential = step.credential().clone();
    let rotated = |kept: Kept| Came::Rotated {
        credential: credential.clone(),
        operation: Uuid::from_u128(7),
        kept,
        note: None,
    };
    match word {
        "begun" => Came::Begun,
        "back" => Came::Back,
        "stored" => rotated(Kept::Keyring),
        "second" => Came::Rotated {
            credential: CredentialRef { id: Id::new("c1-new"), ..credential.clone() },
            operation: Uuid::from_u128(8),
            kept: Kept::Keyring,
            note: None,
        },
        "nowhere" => rotated(Kept::Nowhere("the keyring is locked".into())),
        "verified" => Came::Verified(accepted(Granted::AsOwner)),
        "wider" => Came::Verified(accepted(Granted::Everything)),
        "refused" => Came::Verified(Verdict::Refused { why: "401".into() }),
        "revoked" => Came::Revoked(Proof::Refused("401".into())),
        "alive" => Came::Revoked(Proof::StillAccepted),
        "delivered" => Came::Delivered(vec![receipt("deploy-env", "", build::now())]),
        "undelivered" => Came::Delivered(vec![receipt("deploy-env", "failed", build::now())]),
        other => Came::Failed(failure(other.strip_prefix('!').expect("a failure"))),
    }
}
