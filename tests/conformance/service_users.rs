//! Service users and minted tokens through the tasks the screen uses, against the embedded server: what is given after a
//! key is stored, what is switched off before it is deleted, what the server forgets, and names that only we keep.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use keywright::app::effect::{CreatePlan, RevokePlan};
use keywright::app::msg::{Arrived, IssueOutcome, Proof};
use keywright::domain::answer::Verdict;
use keywright::domain::credential::{Credential, CredentialRef};
use keywright::domain::operation::Phase;
use keywright::domain::owner::{Id, OwnerRef};
use keywright::domain::promise::{AttemptOutcome, Duty};
use keywright::domain::request::Edit;
use keywright::domain::time::date_of;
use keywright::runtime::tasks::Tasks;
use keywright::secret::{Parts, Secret};
use serde_json::json;

use crate::desk::{Desk, arrived, listed, name, only_promise, present, replace};

const DAY: i64 = 86_400;

/// A machine with the administrator's account.
async fn desk() -> Desk {
    let desk = Desk::of("pangolin");
    desk.control("quirks", &json!({ "pangolin": { "auth_rate_limit": 0 } })).await;
    desk
}

/// The next request of this kind goes wrong.
async fn spoil(desk: &Desk, kind: &str, method: &str, path: &str, status: u16) {
    let told = json!({ "error": "Failed: error returned from database" });
    desk.fault(kind, method, path, json!({ "status": status.max(200), "body": told })).await;
}

/// What the server says to a bearer.
async fn takes(desk: &Desk, bearer: &Secret) -> bool {
    let url = format!("{}/api/v1/users/me", desk.url());
    let sent = reqwest::Client::new().get(url).bearer_auth(bearer.expose()).send().await;
    sent.expect("an answer").status().is_success()
}

async fn find(tasks: &Tasks, id: &Id) -> Option<Credential> {
    listed(tasks).await.into_iter().find(|one| one.id == *id)
}

async fn named(tasks: &Tasks, called: &str) -> Credential {
    listed(tasks).await.into_iter().find(|one| one.name.as_str() == called).expect("listed")
}

async fn owner(tasks: &Tasks, called: &str) -> OwnerRef {
    let owners = tasks.list(&name()).await.expect("a listing").listing.owners;
    owners.iter().find(|owner| owner.name.as_str() == called).expect("an owner").reference()
}

async fn mint(tasks: &Tasks, desk: &Desk, called: &str) -> Arrived {
    mint_as(tasks, desk, called, &[]).await
}

/// A token of bob's, as whoever he is or with a role of its own.
async fn mint_as(tasks: &Tasks, desk: &Desk, called: &str, role: &[&str]) -> Arrived {
    let today = Timestamp::now() + SignedDuration::from_secs(desk.clock.load(Ordering::Relaxed));
    let plan = CreatePlan {
        targets: Vec::new(),
        account: name(),
        kind: String::from("minted JWT"),
        owner: owner(tasks, "bob").await,
        name: called.to_owned(),
        description: String::from("for the loader"),
        scopes: role.iter().map(|role| (*role).to_owned()).collect(),
        expiry: Some(date_of(today).saturating_add(jiff::Span::new().days(60))),
    };
    arrived(tasks.create(plan).await)
}

fn revocation(of: &Credential) -> RevokePlan {
    RevokePlan {
        credential: of.reference(&name()),
        owner_name: of.owner.name.to_string(),
        name: of.name.to_string(),
    }
}

fn main_part(parts: &Parts) -> &Secret {
    parts.get("secret").expect("a secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_service_user_is_switched_off_first_and_deleted_a_week_later() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "ci-pipeline").await;
    let made = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    assert_eq!((made.note.clone(), &made.credential.scopes), (None, &old.scopes));
    assert!(matches!(present(&tasks, &made).await, Verdict::Accepted { .. }));
    let promise = only_promise(&tasks).await;
    assert_eq!((promise.duty, &promise.credential.id), (Duty::SwitchOff, &old.id));
    let then = promise.then.expect("a date");
    assert_eq!(then.duration_since(promise.due).as_hours(), 7 * 24);
    desk.pass(3601);
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Advanced, "{}", attempt.words);
    assert!(!find(&tasks, &old.id).await.expect("still there").enabled);
    let next = only_promise(&tasks).await;
    assert_eq!((next.id, next.duty, next.due), (promise.id, Duty::Revoke, then));
    desk.pass(7 * DAY);
    let other = desk.program().await;
    let attempt = other.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
    assert!(find(&other, &old.id).await.is_none() && find(&other, &made.credential.id).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switched_off_successor_leaves_the_old_one_alone() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "dashboard").await;
    let made = arrived(tasks.rotate(replace(&old, 0, 0)).await);
    present(&tasks, &made).await;
    let new = made.credential.reference(&name());
    tasks.edit(&new, &Edit { enabled: Some(false), ..Edit::default() }).await.expect("switched off");
    let promise = only_promise(&tasks).await;
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::GivenUp, "{}", attempt.words);
    let left = tasks.left().await.expect("left");
    assert_eq!((left.promises.len(), left.given_up.len()), (0, 1), "it is told from then on");
    assert_eq!(left.given_up[0].credential.id, old.id);
    assert!(find(&tasks, &old.id).await.expect("there").enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_given_before_an_end_is_given_when_it_goes_on() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "ci-pipeline").await;
    // The key comes and is stored; the next request for its permissions is cut off.
    spoil(&desk, "cut_before", "POST", "/api/v1/permissions", 0).await;
    let made = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    assert!(made.note.is_some(), "it is told with the key");
    assert_ne!(find(&tasks, &made.credential.id).await.expect("listed").scopes, old.scopes);
    drop(tasks);
    let other = desk.program().await;
    let left = other.left().await.expect("left").operations;
    assert_eq!((left.len(), left[0].id), (1, made.operation));
    assert!(left[0].note.contains("could not be given"), "{}", left[0].note);
    // Also when it was shown in between.
    other.advance(made.operation, Phase::Shown, "").expect("shown");
    assert!(matches!(present(&other, &made).await, Verdict::Accepted { .. }));
    assert_eq!(find(&other, &made.credential.id).await.expect("listed").scopes, old.scopes);
    assert_eq!(only_promise(&other).await.credential.id, old.id);
    assert_eq!(other.left().await.expect("left").operations, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_leaves_an_orphan_that_is_found_also_under_the_next_name() {
    for unique in [false, true] {
        let desk = desk().await;
        let tasks = desk.program().await;
        let old = named(&tasks, "dashboard").await;
        if unique {
            spoil(&desk, "answer", "POST", "/api/v1/service-users", 500).await;
        }
        spoil(&desk, "cut_after", "POST", "/api/v1/service-users", 0).await;
        let IssueOutcome::Failed(_) = tasks.rotate(replace(&old, 60, 0)).await else { panic!("lost") };
        drop(tasks);
        desk.pass(120);
        let other = desk.program().await;
        let [operation] = &other.left().await.expect("left").operations[..] else { panic!("one") };
        let words = other.reconcile(operation.id).await.expect("looked");
        assert!(words.as_str().contains("a second 'dashboard'"), "{words}");
        let [operation] = &other.left().await.expect("left").operations[..] else { panic!("one") };
        let orphan = operation.credential.clone().expect("found");
        assert_ne!(orphan, old.id);
        let called = if unique { "dashboard-2" } else { "dashboard" };
        let orphan = find(&other, &orphan).await.expect("listed");
        assert_eq!(orphan.name.as_str(), called);
        other.revoke(revocation(&orphan)).await.expect("revoked");
        assert_eq!(other.left().await.expect("left").operations, []);
        assert!(find(&other, &old.id).await.expect("there").enabled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_place_a_lost_answer_is_settled_by_presenting_the_old_key() {
    let desk = desk().await;
    let tasks = desk.program().await;
    desk.control("quirks", &json!({ "pangolin": { "store": "memory" } })).await;
    let made = arrived(
        tasks
            .create(CreatePlan {
                targets: Vec::new(),
                account: name(),
                kind: String::from("service-user key"),
                owner: named(&tasks, "dashboard").await.owner,
                name: String::from("mine"),
                description: String::new(),
                scopes: vec![String::from("read tenant")],
                expiry: None,
            })
            .await,
    );
    present(&tasks, &made).await;
    for (fault, says) in [("cut_before", "was not rotated"), ("cut_after", "old secret is refused")] {
        let path = format!("/api/v1/service-users/{}/rotate", made.credential.id.as_str());
        spoil(&desk, fault, "POST", &path, 0).await;
        let IssueOutcome::Failed(_) = tasks.rotate(replace(&made.credential, 0, 1)).await else {
            panic!("lost")
        };
        desk.pass(120);
        let operation = tasks.left().await.expect("left").operations.pop().expect("one");
        assert_eq!(operation.replaces, None);
        let words = tasks.reconcile(operation.id).await.expect("looked");
        assert!(words.as_str().contains(says), "{fault}: {words}");
    }
    let again = arrived(tasks.rotate(replace(&made.credential, 0, 1)).await);
    assert_eq!(again.credential.id, made.credential.id);
    assert!(matches!(present(&tasks, &again).await, Verdict::Accepted { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minted_token_has_the_name_that_is_kept_here() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let made = mint(&tasks, &desk, "loader").await;
    assert_eq!(made.credential.name.as_str(), "loader");
    let read = find(&desk.program().await, &made.credential.id).await.expect("listed");
    assert_eq!((read.name.as_str(), read.description.as_str()), ("loader", "for the loader"));
    let renamed = Edit { name: Some(String::from("night loader")), ..Edit::default() };
    tasks.edit(&made.credential.reference(&name()), &renamed).await.expect("renamed here");
    let old = named(&tasks, "night loader").await;
    let new = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    assert_eq!(new.credential.name.as_str(), "night loader");
    tasks.revoke(revocation(&new.credential)).await.expect("revoked");
    assert_eq!(desk.state().labels(&name()).expect("readable").len(), 1, "forgotten with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_here_a_long_lived_token_is_still_dead_when_the_servers_entry_has_lapsed() {
    for itself in [true, false] {
        let desk = desk().await;
        let tasks = desk.program().await;
        let made = mint(&tasks, &desk, "loader").await;
        let token = main_part(&made.parts).share();
        assert!(takes(&desk, &token).await);
        // By itself it is tried twice: with the stored token, and with the listed one.
        for _ in 0..if itself { 0 } else { 2 } {
            spoil(&desk, "answer", "POST", "/api/v1/auth/revoke", 400).await;
        }
        let proof = tasks.revoke(revocation(&made.credential)).await.expect("revoked");
        assert!(!takes(&desk, &token).await);
        if itself {
            assert!(matches!(proof, Proof::Refused(_)), "{proof:?}");
            desk.pass(3 * DAY);
            assert!(!takes(&desk, &token).await, "remembered for as long as it lives");
            assert_eq!(desk.program().await.left().await.expect("left").promises, []);
            continue;
        }
        assert!(matches!(proof, Proof::ForADay(_)), "{proof:?}");
        drop(tasks);
        for _ in 0..8 {
            desk.pass(DAY / 2);
            let other = desk.program().await;
            let promise = only_promise(&other).await;
            assert_eq!(promise.duty, Duty::RevokeAgain);
            let attempt = other.keep_promise(promise.id).await.expect("tried");
            assert_eq!(attempt.outcome, AttemptOutcome::Advanced, "{}", attempt.words);
            assert!(!takes(&desk, &token).await);
        }
        desk.pass(60 * DAY);
        let other = desk.program().await;
        let attempt = other.keep_promise(only_promise(&other).await.id).await.expect("tried");
        assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
        assert!(!takes(&desk, &token).await, "ended by itself");
    }
}

/// A new one that is replaced before the old one's time came: the first one is not forgotten with it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_successor_replaced_is_revoked_though_that_one_was_replaced_itself() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let first = mint(&tasks, &desk, "loader").await;
    let second = arrived(tasks.rotate(replace(&first.credential, 60, 0)).await);
    assert!(matches!(present(&tasks, &second).await, Verdict::Accepted { .. }));
    let third = arrived(tasks.rotate(replace(&second.credential, 0, 0)).await);
    assert!(matches!(present(&tasks, &third).await, Verdict::Accepted { .. }));
    let promises = tasks.left().await.expect("left").promises;
    assert_eq!(promises.len(), 2, "{promises:?}");
    let of_second = promises.iter().find(|one| one.credential.id == second.credential.id).expect("due now");
    let attempt = tasks.keep_promise(of_second.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
    let left = only_promise(&tasks).await;
    assert_eq!((&left.credential.id, &left.successor.id), (&first.credential.id, &third.credential.id));
    desk.pass(3601);
    let other = desk.program().await;
    let attempt = other.keep_promise(left.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
    assert!(find(&other, &first.credential.id).await.is_none());
    assert!(find(&other, &third.credential.id).await.is_some());
}

/// A server that takes an id once, and not again before it has forgotten it.
#[tokio::test(flavor = "multi_thread")]
async fn where_an_id_is_taken_once_it_is_looked_at_until_it_can_be_revoked_for_good() {
    let desk = desk().await;
    desk.control("quirks", &json!({ "pangolin": { "revoked_ids_unique": "on" } })).await;
    let tasks = desk.program().await;
    let made = mint(&tasks, &desk, "loader").await;
    for _ in 0..2 {
        spoil(&desk, "answer", "POST", "/api/v1/auth/revoke", 400).await;
    }
    tasks.revoke(revocation(&made.credential)).await.expect("revoked");
    drop(tasks);
    let mut passed = DAY / 2;
    desk.pass(passed);
    let last = loop {
        let other = desk.program().await;
        let promise = only_promise(&other).await;
        let attempt = other.keep_promise(promise.id).await.expect("tried");
        if attempt.outcome != AttemptOutcome::Advanced {
            break attempt;
        }
        assert!(attempt.words.as_str().contains("still revoked"), "{}", attempt.words);
        assert!(passed < 2 * DAY, "{}", attempt.words);
        let next = only_promise(&other).await;
        assert!(next.due.duration_since(promise.due).as_hours() <= 13, "{} {}", promise.due, next.due);
        desk.pass(3600);
        passed += 3600;
    };
    assert_eq!(last.outcome, AttemptOutcome::Kept, "{}", last.words);
    assert!(last.words.as_str().contains("in the way that lasts"), "{}", last.words);
    let token = main_part(&made.parts).share();
    desk.pass(3 * DAY);
    assert!(!takes(&desk, &token).await);
    assert_eq!(desk.program().await.left().await.expect("left").promises, []);
}

/// Who revoked it is not known, and in what way neither: that it is dead is no reason to believe that it stays so.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_revoked_just_before_is_not_told_as_ours_and_stays_dead() {
    for rotated in [false, true] {
        let desk = desk().await;
        let tasks = desk.program().await;
        let made = mint(&tasks, &desk, "loader").await;
        if rotated {
            let new = arrived(tasks.rotate(replace(&made.credential, 0, 0)).await);
            assert!(matches!(present(&tasks, &new).await, Verdict::Accepted { .. }));
        }
        let admin = mint_as(&tasks, &desk, "somebody else", &["account tenant-admin"]).await;
        let url = format!("{}/api/v1/auth/revoke/{}", desk.url(), made.credential.id.as_str());
        let by_id = reqwest::Client::new().post(url).bearer_auth(main_part(&admin.parts).expose());
        let sent =
            by_id.header("content-type", "application/json").body("{}").send().await.expect("an answer");
        assert!(sent.status().is_success());
        let words = if rotated {
            let promise = only_promise(&tasks).await;
            let attempt = tasks.keep_promise(promise.id).await.expect("tried");
            assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
            attempt.words
        } else {
            let proof = tasks.revoke(revocation(&made.credential)).await.expect("it is dead");
            let Proof::ForADay(words) = proof else { panic!("{proof:?}") };
            words
        };
        assert!(words.as_str().contains("who did it is not known"), "{words}");
        let lines = desk.state().activity(99).expect("readable");
        let told: Vec<&str> =
            lines.iter().filter(|line| line.action == "revoke").map(|line| line.result.as_str()).collect();
        assert!(told.iter().all(|told| told.starts_with("not needed")), "{told:?}");
        drop(tasks);
        let token = main_part(&made.parts).share();
        for _ in 0..6 {
            let other = desk.program().await;
            let promise = only_promise(&other).await;
            assert_eq!(promise.duty, Duty::RevokeAgain);
            let attempt = other.keep_promise(promise.id).await.expect("tried");
            assert_eq!(attempt.outcome, AttemptOutcome::Advanced, "{}", attempt.words);
            desk.pass(DAY / 2);
            assert!(!takes(&desk, &token).await);
        }
    }
}

/// An administrator's token says what it is, so another one like it is not taken for one that may do more.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_token_is_rotated_like_any_other() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let admin = owner(&tasks, &desk.login_name()).await;
    let today = Timestamp::now() + SignedDuration::from_secs(desk.clock.load(Ordering::Relaxed));
    let plan = CreatePlan {
        targets: Vec::new(),
        account: name(),
        kind: String::from("minted JWT"),
        owner: admin,
        name: String::from("theirs"),
        description: String::new(),
        scopes: Vec::new(),
        expiry: Some(date_of(today).saturating_add(jiff::Span::new().days(60))),
    };
    let made = arrived(tasks.create(plan).await);
    present(&tasks, &made).await;
    let old = find(&tasks, &made.credential.id).await.expect("listed");
    let new = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    assert!(matches!(present(&tasks, &new).await, Verdict::Accepted { .. }));
    assert_eq!(only_promise(&tasks).await.credential.id, old.id);
}

/// Rights that were given between the review and the rotation are copied, told, and can be taken back with the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_user_that_was_widened_after_its_review_is_told() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let reviewed = named(&tasks, "dashboard").await;
    let admin = mint_as(&tasks, &desk, "somebody else", &["account tenant-admin"]).await;
    let given =
        json!({ "user-id": reviewed.id.as_str(), "scope": { "type": "tenant" }, "actions": ["write"] });
    let sent = reqwest::Client::new()
        .post(format!("{}/api/v1/permissions", desk.url()))
        .bearer_auth(main_part(&admin.parts).expose())
        .header("content-type", "application/json")
        .body(given.to_string())
        .send()
        .await
        .expect("an answer");
    assert!(sent.status().is_success(), "{}", sent.text().await.unwrap_or_default());
    let made = arrived(tasks.rotate(replace(&reviewed, 60, 0)).await);
    assert!(matches!(present(&tasks, &made).await, Verdict::Accepted { .. }));
    let left = tasks.left().await.expect("what is left");
    assert_eq!(left.promises, []);
    let open: Vec<_> = left.operations.iter().filter(|one| one.id == made.operation).collect();
    assert!(open[0].note.contains("may do more than was reviewed"), "{}", open[0].note);
    assert!(find(&tasks, &reviewed.id).await.expect("lives").enabled);
    tasks.revoke(revocation(&made.credential)).await.expect("revoked");
}

/// What the program was asked to forget is not asked of it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_out_about_the_header_is_kept_for_the_next_run() {
    let desk = desk().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "dashboard").await;
    let made = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    assert!(find(&tasks, &old.id).await.expect("listed").particulars.presented.is_none());
    present(&tasks, &made).await;
    let reference: CredentialRef = made.credential.reference(&name());
    let other = desk.program().await;
    let (read, _) = other.read(&reference).await.expect("a key");
    assert!(read.particulars.presented.as_ref().expect("known").as_str().contains("refuses every key"));
}
