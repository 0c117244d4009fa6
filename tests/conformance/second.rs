//! Rotations that make a second credential, through the tasks the screen uses, against the embedded server: what is
//! promised, what is kept, and what never happens whatever goes wrong in between.

use jiff::{SignedDuration, Timestamp};
use keywright::app::effect::{CreatePlan, Generation, PastePlan, RevokePlan, RotatePlan};
use keywright::app::msg::{IssueOutcome, Proof, TakenIn};
use keywright::domain::answer::Verdict;
use keywright::domain::credential::{Credential, CredentialRef};
use keywright::domain::failure::{Effected, FailureKind};
use keywright::domain::operation::{Operation, Phase};
use keywright::domain::owner::{Id, OwnerRef};
use keywright::domain::promise::AttemptOutcome;
use keywright::domain::retention::Retention;
use keywright::domain::scope::Granted;
use keywright::runtime::tasks::Tasks;
use keywright::secret::Parts;
use serde_json::json;

use crate::desk::{Desk, arrived, listed, name, only_promise, present, replace};

/// A fault of this number, or none; the same request may go wrong in any way.
async fn spoil(desk: &Desk, number: u64, method: &str, path: &str) {
    let kinds = ["cut_before", "cut_after", "cut_body", "garbage", "answer"];
    let Some(kind) = usize::try_from(number).ok().and_then(|number| kinds.get(number)) else { return };
    desk.fault(kind, method, path, json!({ "status": 500 })).await;
}

async fn lives(tasks: &Tasks, id: &Id) -> bool {
    listed(tasks).await.iter().any(|one| one.id == *id)
}

/// A PAT that may look at jobs, stored here.
pub(crate) async fn first(tasks: &Tasks) -> Credential {
    one_for(tasks, &["job", "zpool"]).await
}

/// A PAT for these scopes, stored here.
async fn one_for(tasks: &Tasks, scopes: &[&str]) -> Credential {
    let plan = CreatePlan {
        targets: Vec::new(),
        account: name(),
        kind: String::from("PAT"),
        owner: OwnerRef { id: Id::new("user"), name: "ada".into() },
        name: String::from("ci"),
        description: String::new(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expiry: None,
    };
    let made = arrived(tasks.create(plan).await);
    let reference = made.credential.reference(&name());
    let verdict = tasks
        .verify(&reference, Generation::Current, Some(made.operation), &keywright::backend::unheard)
        .await;
    assert!(matches!(verdict, Ok(Verdict::Accepted { .. })));
    made.credential
}

fn plan(old: &Credential, minutes: i64, scopes: Option<&[&str]>) -> RotatePlan {
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| (*scope).to_owned()).collect());
    RotatePlan { scopes, ..replace(old, minutes, 0) }
}

fn revocation(of: &Credential) -> RevokePlan {
    RevokePlan {
        credential: of.reference(&name()),
        owner_name: of.owner.name.to_string(),
        name: of.name.to_string(),
    }
}

async fn nothing_left(tasks: &Tasks) {
    let left = tasks.left().await.expect("what is left");
    assert_eq!((left.operations, left.promises), (Vec::new(), Vec::new()));
}

fn phase(desk: &Desk, operation: uuid::Uuid) -> Phase {
    desk.state().operation(operation).expect("readable").expect("written down").phase
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_one_is_promised_once_the_new_one_was_accepted_and_revoked_when_it_is_due() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 60, None)).await);
    assert_ne!(made.credential.id, old.id);
    assert_eq!((made.credential.name.as_str(), &made.credential.scopes), ("ci", &old.scopes));
    assert_eq!(tasks.left().await.expect("left").promises, [], "not before it was accepted");
    assert_eq!(phase(&desk, made.operation), Phase::Stored);

    assert!(matches!(present(&tasks, &made).await, Verdict::Accepted { .. }));
    let promise = only_promise(&tasks).await;
    assert_eq!((&promise.credential.id, &promise.successor.id), (&old.id, &made.credential.id));
    assert_eq!(promise.due.duration_since(promise.made).as_mins(), 60);
    assert_eq!(phase(&desk, made.operation), Phase::Done);
    assert!(lives(&tasks, &old.id).await);

    // Another program keeps it, in which nobody of the first is needed.
    drop(tasks);
    desk.pass(3601);
    let other = desk.program().await;
    let attempt = other.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
    assert!(attempt.words.as_str().contains("presented again, it was refused"), "{}", attempt.words);
    assert!(!lives(&other, &old.id).await && lives(&other, &made.credential.id).await);
    nothing_left(&other).await;
    let again = other.keep_promise(promise.id).await.expect("told");
    assert_eq!(again.outcome, AttemptOutcome::Elsewhere);
    assert_eq!(desk.sent("DELETE").await, 1);
}

/// The old one was promised to work for an hour, and this machine's clock is not the one that counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_put_ahead_does_not_end_a_window_before_its_time() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 60, None)).await);
    present(&tasks, &made).await;
    let promise = only_promise(&tasks).await;
    desk.pass_here(2 * 3600);
    // Logged in since, as a session would seem to have ended.
    let other = desk.program().await;
    let attempt = other.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Advanced, "{}", attempt.words);
    assert!(attempt.words.as_str().contains("clock was changed"), "{}", attempt.words);
    assert!(lives(&other, &old.id).await);
    let later = only_promise(&other).await;
    let moved = later.due.duration_since(promise.due).as_secs();
    assert!((7_000..=7_400).contains(&moved), "{moved}");
    desk.pass(3601);
    let third = desk.program().await;
    let attempt = third.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
    assert!(!lives(&third, &old.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_window_it_is_due_at_once_and_not_before_it_was_accepted() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 0, None)).await);
    assert!(lives(&tasks, &old.id).await);
    present(&tasks, &made).await;
    let promise = only_promise(&tasks).await;
    assert_eq!(promise.due, promise.made);
    assert_eq!(tasks.keep_promise(promise.id).await.expect("tried").outcome, AttemptOutcome::Kept);
    assert!(!lives(&tasks, &old.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_not_accepted_or_may_do_something_else_promises_nothing() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    // The server grants more than was asked for.
    desk.control("quirks", &json!({ "zpools": { "grants_more": ["billing"] } })).await;
    let made = arrived(tasks.rotate(plan(&old, 0, None)).await);
    assert!(matches!(present(&tasks, &made).await, Verdict::Accepted { .. }));
    let left = tasks.left().await.expect("what is left");
    assert_eq!(left.promises, []);
    let open: Vec<&Operation> = left.operations.iter().collect();
    assert!(open[0].note.contains("may do more than was reviewed"), "{}", open[0].note);
    assert!(lives(&tasks, &old.id).await);
}

/// What was reviewed is the gate, whatever the old one may do by the time the new one is made and accepted.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_widened_after_its_review_is_told_and_the_new_one_can_be_revoked() {
    for gone in [false, true] {
        let desk = Desk::of("zpools");
        let tasks = desk.program().await;
        let old = first(&tasks).await;
        let reviewed = Granted::Listed(vec!["job".into()]);
        let made = arrived(tasks.rotate(RotatePlan { reviewed, ..plan(&old, 0, None) }).await);
        if gone {
            tasks.revoke(revocation(&old)).await.expect("revoked by somebody else");
        }
        // Whoever goes on with it, also after the program that asked.
        drop(tasks);
        let other = desk.program().await;
        assert!(matches!(present(&other, &made).await, Verdict::Accepted { .. }));
        let left = other.left().await.expect("what is left");
        assert_eq!((left.promises, left.operations.len()), (Vec::new(), 1));
        let note = &left.operations[0].note;
        assert!(note.contains("may do more than was reviewed: zpool"), "{note}");
        assert_eq!(lives(&other, &old.id).await, !gone);
        other.revoke(revocation(&made.credential)).await.expect("revoked");
        nothing_left(&other).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_scopes_are_what_the_new_one_is_compared_with() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 60, Some(&["job"]))).await);
    assert_eq!(made.credential.scopes.words(), "job");
    present(&tasks, &made).await;
    assert_eq!(only_promise(&tasks).await.credential.id, old.id);
    let wider = tasks.rotate(plan(&old, 60, Some(&["billing"]))).await;
    assert!(matches!(wider, IssueOutcome::Failed(failure) if failure.sentence().contains("never more")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_matched_and_the_second_one_offered_for_revocation() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    desk.fault("cut_after", "POST", "/v1/pat", json!({})).await;
    let lost = tasks.rotate(plan(&old, 0, None)).await;
    assert!(matches!(lost, IssueOutcome::Failed(_)));
    drop(tasks);

    let tasks = desk.program().await;
    let left = tasks.left().await.expect("what is left").operations;
    assert_eq!((left.len(), left[0].phase, left[0].replaces.as_ref()), (1, Phase::Unclear, Some(&old.id)));
    let found = tasks.reconcile(left[0].id).await.expect("looked");
    assert!(found.as_str().contains("its secret never arrived"), "{found}");
    let left = tasks.left().await.expect("what is left").operations;
    let orphan = left[0].credential.clone().expect("matched");
    assert_ne!(orphan, old.id);
    let facts = tasks.list(&name()).await.expect("a listing").facts;
    assert!(facts.iter().any(|(of, facts)| of.id == orphan && facts.orphan), "{facts:?}");
    let plan = RevokePlan {
        credential: CredentialRef { account: name(), owner: old.owner.id.clone(), id: orphan.clone() },
        owner_name: String::from("ada"),
        name: String::from("ci"),
    };
    assert_eq!(tasks.revoke(plan).await.expect("revoked"), Proof::Unlisted);
    nothing_left(&tasks).await;
    assert!(lives(&tasks, &old.id).await && !lives(&tasks, &orphan).await);
    assert_eq!(desk.sent("POST").await - 2, 2, "the first one and one rotation, besides two logins");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lost_answers_of_one_name_are_two_orphans() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let stored = first(&tasks).await;
    for _ in 0..2 {
        desk.fault("cut_after", "POST", "/v1/pat", json!({})).await;
        let plan = CreatePlan {
            targets: Vec::new(),
            account: name(),
            kind: String::from("PAT"),
            owner: stored.owner.clone(),
            name: String::from("ci"),
            description: String::new(),
            scopes: vec![String::from("job")],
            expiry: None,
        };
        assert!(matches!(tasks.create(plan).await, IssueOutcome::Failed(_)));
    }
    for operation in tasks.left().await.expect("what is left").operations {
        tasks.reconcile(operation.id).await.expect("looked");
    }
    let left = tasks.left().await.expect("what is left").operations;
    let mut orphans: Vec<Id> = left.iter().filter_map(|operation| operation.credential.clone()).collect();
    orphans.sort();
    orphans.dedup();
    assert_eq!(orphans.len(), 2, "each has its own: {left:?}");
    assert!(!orphans.contains(&stored.id), "the one whose secret is stored is nobody's orphan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_cut_off_is_looked_at_before_it_is_tried_again() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 0, None)).await);
    present(&tasks, &made).await;
    let promise = only_promise(&tasks).await;
    desk.fault("cut_after", "DELETE", "/v1/pat", json!({})).await;
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert!(matches!(attempt.outcome, AttemptOutcome::Failed(_)), "{}", attempt.words);
    let promise = only_promise(&tasks).await;
    assert!((promise.tries, promise.next_try > promise.due) == (1, true) && !promise.note.is_empty());
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
    assert!(attempt.words.as_str().contains("was revoked already"), "{}", attempt.words);
    nothing_left(&tasks).await;
    assert_eq!(desk.sent("DELETE").await, 1, "it is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_cannot_be_written_down_is_not_told_as_one_that_did_not_happen() {
    for (when, sent, effected) in
        [("NEW.phase = 'done'", 1, Effected::Unknown), ("NEW.phase = 'sent'", 0, Effected::No)]
    {
        let desk = Desk::of("zpools");
        let tasks = desk.program().await;
        let old = first(&tasks).await;
        let full = format!(
            "create trigger t before update on operations when {when} begin select raise(abort, 'full'); end"
        );
        desk.break_records(&full);
        let plan = RevokePlan {
            credential: old.reference(&name()),
            owner_name: String::from("ada"),
            name: String::from("ci"),
        };
        let failure = tasks.revoke(plan).await.expect_err("it cannot be written down");
        assert_eq!((failure.kind, failure.effected), (FailureKind::State, effected), "{when}");
        assert_eq!(desk.sent("DELETE").await, sent, "{when}");
        assert_eq!(lives(&tasks, &old.id).await, sent == 0, "{when}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_one_that_is_gone_lets_the_old_one_live() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 60, None)).await);
    present(&tasks, &made).await;
    let promise = only_promise(&tasks).await;
    // By somebody else, who does not know of the promise.
    let elsewhere = desk.elsewhere();
    let plan = |of: &Credential| RevokePlan {
        credential: of.reference(&name()),
        owner_name: String::new(),
        name: String::new(),
    };
    elsewhere.program().await.revoke(plan(&made.credential)).await.expect("revoked");
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::GivenUp, "{}", attempt.words);
    assert!(lives(&tasks, &old.id).await);

    // By us: then nothing is promised any more.
    let made = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    present(&tasks, &made).await;
    assert_eq!(only_promise(&tasks).await.credential.id, old.id);
    tasks.revoke(plan(&made.credential)).await.expect("revoked");
    nothing_left(&tasks).await;
    assert!(lives(&tasks, &old.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_stored_any_more_keeps_the_old_one_alive() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 60, None)).await);
    present(&tasks, &made).await;
    let promise = only_promise(&tasks).await;
    let state = desk.state();
    for entry in state.entries(&made.credential.reference(&name())).expect("readable") {
        state.forget_entry(&entry.entry).expect("forgotten");
    }
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::GivenUp, "{}", attempt.words);
    assert!(lives(&tasks, &old.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_it_waits_and_can_be_moved_or_taken_back() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 60, None)).await);
    present(&tasks, &made).await;
    let promise = only_promise(&tasks).await;
    desk.pass_here(3601);
    let out = desk.program_out();
    let attempt = out.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Failed(FailureKind::LoggedOut), "{}", attempt.words);
    let waiting = only_promise(&out).await;
    assert_eq!(
        (waiting.tries, waiting.next_try),
        (0, promise.next_try),
        "it waits for a login, not for a time"
    );

    let later = promise.due + SignedDuration::from_hours(48);
    assert_eq!(out.move_promise(promise.id, later).await.expect("moved").promises[0].due, later);
    assert_eq!(out.withdraw_promise(promise.id).await.expect("taken back").promises, []);
    assert!(out.move_promise(promise.id, later).await.is_err(), "it is settled");
    assert!(lives(&tasks, &old.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_of_the_old_one_are_told_and_our_own_checks_are_not_among_them() {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = first(&tasks).await;
    let made = arrived(tasks.rotate(plan(&old, 10, None)).await);
    present(&tasks, &made).await;
    let reference = old.reference(&name());
    tasks
        .verify(&reference, Generation::Current, None, &keywright::backend::unheard)
        .await
        .expect("a verdict");
    let now = tasks.read(&reference).await.expect("read");
    let promise = only_promise(&tasks).await;
    assert!(promise.our_uses > 0);
    assert_eq!(promise.used_since(&now.0, now.1), None, "only we used it");

    let secret = desk.vault.read(&desk.state().entries(&reference).expect("readable")[0].entry).await;
    let secret = secret.expect("readable").expect("stored");
    // Both clocks go on, past the check of ours.
    desk.pass(60);
    let url = format!("{}/jobs?limit=1", desk.url());
    let client = reqwest::Client::builder().user_agent("terraform/1.9").build().expect("a client");
    for _ in 0..3 {
        let used = client.get(&url).bearer_auth(secret.expose()).send().await.expect("an answer");
        assert!(used.status().is_success());
    }
    let (now, skew) = tasks.read(&reference).await.expect("read");
    let used = only_promise(&tasks).await.used_since(&now, skew).expect("used");
    assert!(used.words().ends_with("by terraform/1.9, 3 uses since the rotation"), "{}", used.words());
    desk.pass(601);
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept);
    assert!(attempt.words.as_str().contains("still used"), "{}", attempt.words);
    drop(Parts::single(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_made_by_hand_and_pasted_promises_the_old_one_too() {
    made_by_hand(&["job", "zpool"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_for_everything_that_was_made_by_hand_is_no_wider_than_everything() {
    made_by_hand(&["*"]).await;
}

async fn made_by_hand(scopes: &[&str]) {
    let desk = Desk::of("zpools");
    let tasks = desk.program().await;
    let old = one_for(&tasks, scopes).await;
    // Made elsewhere, by somebody who may: another machine with another keyring.
    let known: Vec<Id> = listed(&tasks).await.into_iter().map(|one| one.id).collect();
    let desk = desk.elsewhere();
    let made = one_for(&desk.program().await, scopes).await;
    let entries = desk.state().entries(&made.reference(&name())).expect("readable");
    let secret = desk.vault.read(&entries[0].entry).await.expect("readable").expect("stored");
    let create = CreatePlan {
        targets: Vec::new(),
        account: name(),
        kind: String::from("PAT"),
        owner: old.owner.clone(),
        name: String::from("ci"),
        description: String::new(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expiry: None,
    };
    let replaces = Some((old.id.clone(), Retention::minutes(60)));
    let began = Timestamp::now() - SignedDuration::from_secs(60);
    let taken = tasks.take_in(PastePlan { create, replaces, began, known, secret }).await;
    let TakenIn::Arrived(arrived) = taken else { panic!("not taken") };
    assert_eq!(arrived.credential.id, made.id);
    assert!(matches!(present(&tasks, &arrived).await, Verdict::Accepted { .. }));
    let promise = only_promise(&tasks).await;
    assert_eq!((&promise.credential.id, &promise.successor.id), (&old.id, &made.id));
}

/// Whatever goes wrong at whatever step, with restarts in between: the old one is never revoked before the new one was
/// stored and accepted, no credential lives that nobody knows of, and in the end all is done.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_the_old_one_lives_until_the_new_one_was_accepted() {
    let seed = Timestamp::now().as_nanosecond();
    let mut random = u64::try_from(seed.rem_euclid(i128::from(u64::MAX))).expect("in range") | 1;
    let mut roll = move |sides: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % sides
    };
    println!("seed {seed}");
    let desk = Desk::of("zpools");
    let watcher = desk.program().await;
    let mut faults = 0;
    for round in 0..5 {
        let mut tasks = desk.program().await;
        let old = first(&tasks).await;
        // Ask until a second one came whose secret is stored.
        let made = loop {
            let fault = roll(7);
            spoil(&desk, fault, "POST", "/v1/pat").await;
            let outcome = tasks.rotate(plan(&old, 0, None)).await;
            desk.mend().await;
            assert!(lives(&watcher, &old.id).await, "round {round}, fault {fault}, seed {seed}");
            if roll(2) == 0 {
                tasks = desk.program().await;
            }
            if let IssueOutcome::Arrived(arrived) = outcome {
                break *arrived;
            }
            faults += 1;
            recover(&desk, &tasks).await;
        };
        // Present it until it was accepted; nothing is promised before.
        let reference = made.credential.reference(&name());
        loop {
            let fault = roll(7);
            spoil(&desk, fault, "GET", "/v1/hello").await;
            let verdict = tasks
                .verify(&reference, Generation::Current, Some(made.operation), &keywright::backend::unheard)
                .await;
            desk.mend().await;
            assert!(lives(&watcher, &old.id).await, "round {round}, fault {fault}, seed {seed}");
            if matches!(verdict, Ok(Verdict::Accepted { .. })) {
                break;
            }
            faults += 1;
            assert_eq!(tasks.left().await.expect("left").promises, [], "round {round}, seed {seed}");
            if roll(2) == 0 {
                tasks = desk.program().await;
            }
        }
        // Keep the promise until it is kept; it is not sent again when it had its effect.
        let promise = only_promise(&tasks).await;
        let deleted = desk.sent("DELETE").await;
        loop {
            let fault = roll(7);
            spoil(&desk, fault, "DELETE", "/v1/pat").await;
            let attempt = tasks.keep_promise(promise.id).await.expect("tried");
            desk.mend().await;
            assert!(lives(&watcher, &made.credential.id).await, "round {round}, seed {seed}");
            if attempt.outcome == AttemptOutcome::Kept {
                break;
            }
            faults += 1;
            if roll(2) == 0 {
                tasks = desk.program().await;
            }
        }
        assert!(!lives(&watcher, &old.id).await, "round {round}, seed {seed}");
        assert!(desk.sent("DELETE").await > deleted);
        nothing_left(&tasks).await;
    }
    // Everything alive that was made here is the last of its line, and its secret is stored.
    let state = desk.state();
    let alive = listed(&watcher).await.into_iter().filter(|one| one.name.as_str() == "ci");
    for credential in alive {
        let stored = state.entries(&credential.reference(&name())).expect("readable");
        assert_eq!(stored.len(), 1, "{} is not known, seed {seed}", credential.id.as_str());
    }
    println!("{faults} faults, 0 secrets lost");
}

/// Sees to what a lost rotation left: it is looked what is true, and what nobody holds the secret of is revoked.
async fn recover(desk: &Desk, tasks: &Tasks) {
    for operation in tasks.left().await.expect("what is left").operations {
        // A server may still be at it for a while after the last sending.
        desk.pass_here(120);
        tasks.reconcile(operation.id).await.expect("looked");
    }
    for operation in tasks.left().await.expect("what is left").operations {
        let orphan = operation.credential.expect("matched");
        let plan = RevokePlan {
            credential: CredentialRef { account: name(), owner: operation.owner, id: orphan },
            owner_name: String::new(),
            name: String::new(),
        };
        tasks.revoke(plan).await.expect("revoked");
    }
    nothing_left(tasks).await;
}
