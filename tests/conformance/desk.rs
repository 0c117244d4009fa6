//! A machine on which stories are played: an embedded server, a clock, a folder of records and a keyring that outlive
//! every program on it. A program is a [`Tasks`], which is what the screen and the commands use.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use keywright::app::effect::{Generation, Keeping, RotatePlan};
use keywright::app::msg::{Arrived, IssueOutcome};
use keywright::config::Paths;
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::answer::Verdict;
use keywright::domain::credential::Credential;
use keywright::domain::promise::Promise;
use keywright::domain::request::Login;
use keywright::domain::retention::Retention;
use keywright::runtime::clipboard::MemoryClipboard;
use keywright::runtime::tasks::{Setup, Tasks};
use keywright::sandbox::{Options, Sandbox, start};
use keywright::secret::Secret;
use keywright::state::State;
use keywright::vault::Vault;
use serde_json::{Value, json};

/// The machine, with one account.
pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    /// The folder of its records; machines that were sat at before keep theirs.
    folders: Vec<tempfile::TempDir>,
    pub(crate) vault: Vault,
    /// By how many seconds its clock is ahead.
    pub(crate) clock: Arc<AtomicI64>,
    backend: &'static str,
}

/// The account.
pub(crate) fn name() -> AccountName {
    AccountName::parse("desk").expect("a name")
}

impl Desk {
    /// A machine whose account is of this backend.
    pub(crate) fn of(backend: &'static str) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        Self {
            sandbox: start(Options::default()).expect("a sandbox"),
            folders: vec![tempfile::tempdir().expect("a folder")],
            vault: Vault::memory(),
            clock: Arc::default(),
            backend,
        }
    }

    /// Another machine for the same account, with records and a keyring of its own.
    pub(crate) fn elsewhere(mut self) -> Self {
        self.folders.push(tempfile::tempdir().expect("a folder"));
        Self { vault: Vault::memory(), ..self }
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folders.last().expect("a folder").path()
    }

    /// What the sandbox tells of this backend.
    fn told(&self, what: &str) -> Option<String> {
        let told = serde_json::to_value(self.sandbox.announcement()).expect("JSON");
        told[self.backend][what].as_str().map(str::to_owned)
    }

    /// Who logs in.
    pub(crate) fn login_name(&self) -> String {
        self.told("username").expect("a name")
    }

    /// The server's address.
    pub(crate) fn url(&self) -> String {
        self.told("url").expect("an address").trim_end_matches('/').to_owned()
    }

    /// A program on this machine that is logged in.
    pub(crate) async fn program(&self) -> Tasks {
        let tasks = self.program_out();
        let login = Login {
            method: "password",
            fields: vec![("username", self.told("username").expect("a name"))],
            secrets: vec![("password", Secret::new(self.told("password").expect("a password")))],
        };
        tasks.log_in(&name(), login, false).await.expect("logged in");
        tasks
    }

    /// A program where nobody is logged in.
    pub(crate) fn program_out(&self) -> Tasks {
        let account = Account {
            name: name(),
            backend: self.backend.to_owned(),
            endpoint: Endpoint::parse(&self.url()).expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
            settings: self
                .told("tenant_id")
                .map(|tenant| (String::from("tenant"), tenant))
                .into_iter()
                .collect(),
        };
        let (messages, _) = tokio::sync::mpsc::unbounded_channel();
        let ahead = Arc::clone(&self.clock);
        let now = move || Timestamp::now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed));
        let file = |name: &str| self.folder().join(name);
        let tasks = Tasks::new(Setup {
            clock: Arc::new(now),
            clipboard: Arc::new(MemoryClipboard::default()),
            messages,
            paths: Paths { config: file("config.toml"), state: self.folder().into(), log: file("log") },
            keeping: Keeping::Memory,
            accounts: vec![account],
        });
        // A keyring that outlives the program.
        tasks.use_vault(Keeping::Keyring, self.vault.clone());
        tasks
    }

    /// The records.
    pub(crate) fn state(&self) -> State {
        State::open(self.folder()).expect("the records")
    }

    /// Breaks the records in one place, as a full or damaged disk would.
    pub(crate) fn break_records(&self, sql: &str) {
        let records = rusqlite::Connection::open(self.folder().join("state.db")).expect("the records");
        records.execute_batch(sql).expect("broken");
    }

    /// Time passes here and on the server.
    pub(crate) fn pass(&self, seconds: i64) {
        self.pass_here(seconds);
        assert!(self.sandbox.advance_clock(seconds));
    }

    /// Time passes by our clock alone.
    pub(crate) fn pass_here(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Tells the control address something.
    pub(crate) async fn control(&self, path: &str, body: &Value) {
        let url = format!("{}/{path}", self.control_url());
        let sent = reqwest::Client::new().post(url).body(body.to_string()).send().await.expect("an answer");
        assert!(sent.status().is_success(), "{}", sent.text().await.unwrap_or_default());
    }

    fn control_url(&self) -> &str {
        self.sandbox.announcement().control.url.trim_end_matches('/')
    }

    /// The next request of this kind goes wrong.
    pub(crate) async fn fault(&self, kind: &str, method: &str, path: &str, more: Value) {
        let mut fault = json!({ "backend": self.backend, "kind": kind, "method": method, "path": path });
        let (Value::Object(fault_members), Value::Object(more)) = (&mut fault, more) else { return };
        fault_members.extend(more);
        self.control("faults", &fault).await;
    }

    /// Nothing goes wrong any more.
    pub(crate) async fn mend(&self) {
        let url = format!("{}/faults", self.control_url());
        let sent = reqwest::Client::new().delete(url).send().await.expect("an answer");
        assert!(sent.status().is_success());
    }

    /// How many requests of a method the server got.
    pub(crate) async fn sent(&self, method: &str) -> usize {
        let url = format!("{}/requests", self.control_url());
        let text = reqwest::get(url).await.expect("an answer").text().await.expect("a text");
        let all: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        all.iter().filter(|one| one["method"] == method && one["backend"] == self.backend).count()
    }
}

/// Everything the account lists.
pub(crate) async fn listed(tasks: &Tasks) -> Vec<Credential> {
    tasks.list(&name()).await.expect("a listing").listing.credentials
}

/// What came of asking for a secret, which it did.
pub(crate) fn arrived(outcome: IssueOutcome) -> Arrived {
    match outcome {
        IssueOutcome::Arrived(arrived) => *arrived,
        IssueOutcome::Failed(failure) => panic!("{}", failure.sentence()),
    }
}

/// A rotation in one of the forms there are.
pub(crate) fn replace(old: &Credential, minutes: i64, form: usize) -> RotatePlan {
    RotatePlan {
        form,
        credential: old.reference(&name()),
        owner_name: old.owner.name.to_string(),
        name: old.name.to_string(),
        kind: old.kind.to_owned(),
        retention: Retention::minutes(minutes),
        scopes: None,
        reviewed: old.scopes.clone(),
        rotated_before: old.rotated,
    }
}

/// Presents a new secret.
pub(crate) async fn present(tasks: &Tasks, made: &Arrived) -> Verdict {
    let reference = made.credential.reference(&name());
    tasks
        .verify(&reference, Generation::Current, Some(made.operation), &keywright::backend::unheard)
        .await
        .expect("a verdict")
}

/// The one promise there is.
pub(crate) async fn only_promise(tasks: &Tasks) -> Promise {
    let mut promises = tasks.left().await.expect("what is left").promises;
    assert_eq!(promises.len(), 1, "{promises:?}");
    promises.remove(0)
}
