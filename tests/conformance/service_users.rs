//! Service users and minted tokens through the tasks the screen uses, against the embedded server: what is given after a
//! key is stored, what is switched off before it is deleted, what the server forgets, and names that only we keep.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use keywright::app::effect::{CreatePlan, Generation, Keeping, RevokePlan, RotatePlan};
use keywright::app::msg::{Arrived, IssueOutcome, Proof};
use keywright::config::Paths;
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::answer::Verdict;
use keywright::domain::credential::{Credential, CredentialRef};
use keywright::domain::operation::Phase;
use keywright::domain::owner::{Id, OwnerRef};
use keywright::domain::promise::{AttemptOutcome, Duty, Promise};
use keywright::domain::request::{Edit, Login};
use keywright::domain::retention::Retention;
use keywright::domain::time::date_of;
use keywright::runtime::clipboard::MemoryClipboard;
use keywright::runtime::tasks::{Setup, Tasks};
use keywright::sandbox::{Options, Sandbox, start};
use keywright::secret::{Parts, Secret};
use keywright::state::State;
use keywright::vault::Vault;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// A machine: a server, a clock, a folder of records and a keyring that outlive a program.
struct Desk {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    vault: Vault,
    clock: Arc<AtomicI64>,
}

fn name() -> AccountName {
    AccountName::parse("lake").expect("a name")
}

impl Desk {
    async fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let desk = Self {
            sandbox: start(Options::default()).expect("a sandbox"),
            folder: tempfile::tempdir().expect("a folder"),
            vault: Vault::memory(),
            clock: Arc::default(),
        };
        desk.control("quirks", &json!({ "pangolin": { "auth_rate_limit": 0 } })).await;
        desk
    }

    /// A program on this machine, with the administrator logged in.
    async fn program(&self) -> Tasks {
        let told = &self.sandbox.announcement().pangolin;
        let account = Account {
            name: name(),
            backend: String::from("pangolin"),
            endpoint: Endpoint::parse(&told.url).expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
            settings: std::iter::once((String::from("tenant"), told.tenant_id.clone())).collect(),
        };
        let (messages, _) = tokio::sync::mpsc::unbounded_channel();
        let ahead = Arc::clone(&self.clock);
        let now = move || Timestamp::now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed));
        let file = |name: &str| self.folder.path().join(name);
        let tasks = Tasks::new(Setup {
            clock: Arc::new(now),
            clipboard: Arc::new(MemoryClipboard::default()),
            messages,
            paths: Paths { config: file("config.toml"), state: self.folder.path().into(), log: file("log") },
            keeping: Keeping::Memory,
            accounts: vec![account],
        });
        tasks.use_vault(Keeping::Keyring, self.vault.clone());
        let login = Login {
            method: "password",
            fields: vec![("username", told.username.clone())],
            secrets: vec![("password", Secret::new(told.password.clone()))],
        };
        tasks.log_in(&name(), login, false).await.expect("logged in");
        tasks
    }

    fn state(&self) -> State {
        State::open(Path::new(self.folder.path())).expect("the records")
    }

    /// Time passes here and there.
    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
        assert!(self.sandbox.advance_clock(seconds));
    }

    async fn control(&self, path: &str, body: &Value) {
        let url = format!("{}/{path}", self.sandbox.announcement().control.url.trim_end_matches('/'));
        let sent = reqwest::Client::new().post(url).body(body.to_string()).send().await.expect("an answer");
        assert!(sent.status().is_success(), "{}", sent.text().await.unwrap_or_default());
    }

    /// The next request of this kind goes wrong.
    async fn fault(&self, kind: &str, method: &str, path: &str, status: u16) {
        let fault = json!({ "backend": "pangolin", "kind": kind, "method": method, "path": path, "status": status.max(200),
            "body": { "error": "Failed: error returned from database" } });
        self.control("faults", &fault).await;
    }

    /// What the server says to a bearer.
    async fn takes(&self, bearer: &Secret) -> bool {
        let url =
            format!("{}/api/v1/users/me", self.sandbox.announcement().pangolin.url.trim_end_matches('/'));
        let sent = reqwest::Client::new().get(url).bearer_auth(bearer.expose()).send().await;
        sent.expect("an answer").status().is_success()
    }
}

async fn listed(tasks: &Tasks) -> Vec<Credential> {
    tasks.list(&name()).await.expect("a listing").listing.credentials
}

async fn find(tasks: &Tasks, id: &Id) -> Option<Credential> {
    listed(tasks).await.into_iter().find(|one| one.id == *id)
}

async fn named(tasks: &Tasks, called: &str) -> Credential {
    listed(tasks).await.into_iter().find(|one| one.name.as_str() == called).expect("listed")
}

fn arrived(outcome: IssueOutcome) -> Arrived {
    match outcome {
        IssueOutcome::Arrived(arrived) => *arrived,
        IssueOutcome::Failed(failure) => panic!("{}", failure.sentence()),
    }
}

fn replace(old: &Credential, minutes: i64, form: usize) -> RotatePlan {
    RotatePlan {
        form,
        credential: old.reference(&name()),
        owner_name: old.owner.name.to_string(),
        name: old.name.to_string(),
        kind: old.kind.to_owned(),
        retention: Retention::minutes(minutes),
        scopes: None,
        rotated_before: old.rotated,
    }
}

async fn owner(tasks: &Tasks, called: &str) -> OwnerRef {
    let owners = tasks.list(&name()).await.expect("a listing").listing.owners;
    owners.iter().find(|owner| owner.name.as_str() == called).expect("an owner").reference()
}

async fn mint(tasks: &Tasks, desk: &Desk, called: &str) -> Arrived {
    let today = Timestamp::now() + SignedDuration::from_secs(desk.clock.load(Ordering::Relaxed));
    let plan = CreatePlan {
        targets: Vec::new(),
        account: name(),
        kind: String::from("minted JWT"),
        owner: owner(tasks, "bob").await,
        name: called.to_owned(),
        description: String::from("for the loader"),
        scopes: Vec::new(),
        expiry: Some(date_of(today).saturating_add(jiff::Span::new().days(60))),
    };
    arrived(tasks.create(plan).await)
}

async fn present(tasks: &Tasks, made: &Arrived) -> Verdict {
    let reference = made.credential.reference(&name());
    tasks
        .verify(&reference, Generation::Current, Some(made.operation), &keywright::backend::unheard)
        .await
        .expect("a verdict")
}

async fn only_promise(tasks: &Tasks) -> Promise {
    let mut promises = tasks.left().await.expect("what is left").promises;
    assert_eq!(promises.len(), 1, "{promises:?}");
    promises.remove(0)
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
    let desk = Desk::new().await;
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
    let desk = Desk::new().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "dashboard").await;
    let made = arrived(tasks.rotate(replace(&old, 0, 0)).await);
    present(&tasks, &made).await;
    let new = made.credential.reference(&name());
    tasks.edit(&new, &Edit { enabled: Some(false), ..Edit::default() }).await.expect("switched off");
    let promise = only_promise(&tasks).await;
    let attempt = tasks.keep_promise(promise.id).await.expect("tried");
    assert_eq!(attempt.outcome, AttemptOutcome::GivenUp, "{}", attempt.words);
    assert!(find(&tasks, &old.id).await.expect("there").enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_given_before_an_end_is_given_when_it_goes_on() {
    let desk = Desk::new().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "ci-pipeline").await;
    // The key comes and is stored; the next request for its permissions is cut off.
    desk.fault("cut_before", "POST", "/api/v1/permissions", 0).await;
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
        let desk = Desk::new().await;
        let tasks = desk.program().await;
        let old = named(&tasks, "dashboard").await;
        if unique {
            desk.fault("answer", "POST", "/api/v1/service-users", 500).await;
        }
        desk.fault("cut_after", "POST", "/api/v1/service-users", 0).await;
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
    let desk = Desk::new().await;
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
        desk.fault(fault, "POST", &path, 0).await;
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
    let desk = Desk::new().await;
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
        let desk = Desk::new().await;
        let tasks = desk.program().await;
        let made = mint(&tasks, &desk, "loader").await;
        let token = main_part(&made.parts).share();
        assert!(desk.takes(&token).await);
        // By itself it is tried twice: with the stored token, and with the listed one.
        for _ in 0..if itself { 0 } else { 2 } {
            desk.fault("answer", "POST", "/api/v1/auth/revoke", 400).await;
        }
        let proof = tasks.revoke(revocation(&made.credential)).await.expect("revoked");
        assert!(!desk.takes(&token).await);
        if itself {
            assert!(matches!(proof, Proof::Refused(_)), "{proof:?}");
            desk.pass(3 * DAY);
            assert!(!desk.takes(&token).await, "remembered for as long as it lives");
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
            assert!(!desk.takes(&token).await);
        }
        desk.pass(60 * DAY);
        let other = desk.program().await;
        let attempt = other.keep_promise(only_promise(&other).await.id).await.expect("tried");
        assert_eq!(attempt.outcome, AttemptOutcome::Kept, "{}", attempt.words);
        assert!(!desk.takes(&token).await, "ended by itself");
    }
}

/// What the program was asked to forget is not asked of it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_out_about_the_header_is_kept_for_the_next_run() {
    let desk = Desk::new().await;
    let tasks = desk.program().await;
    let old = named(&tasks, "dashboard").await;
    let made = arrived(tasks.rotate(replace(&old, 60, 0)).await);
    assert!(find(&tasks, &old.id).await.expect("listed").particulars.presented.is_none());
    present(&tasks, &made).await;
    let reference: CredentialRef = made.credential.reference(&name());
    let other = desk.program().await;
    let (read, _) = other.read(&reference).await.expect("a key");
    assert!(read.particulars.presented.expect("known").as_str().contains("refuses every key"));
}
