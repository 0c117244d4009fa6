//! A program that can be killed: it does what it is told over the tasks the screen and the commands use, with the real
//! keyring and records of its home, and dies where it is told to. It is this test's own binary, started again.
//!
//! One order comes in per line and one answer goes out; whoever is killed answers nothing. A new order is a new start:
//! nothing is remembered between two but the connection to the keyring.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keywright::app::effect::{CreatePlan, DeliverPlan, Generation, Keeping, RevokePlan, RotatePlan};
use keywright::app::msg::{IssueOutcome, Kept, Msg};
use keywright::backend::{registry, unheard};
use keywright::config::Paths;
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::answer::Verdict;
use keywright::domain::credential::CredentialRef;
use keywright::domain::failure::Failure;
use keywright::domain::operation::Phase;
use keywright::domain::owner::{Id, OwnerRef};
use keywright::domain::request::Login;
use keywright::domain::retention::Retention;
use keywright::domain::session::SessionFacts;
use keywright::domain::target::{Place, Target, TargetName};
use keywright::runtime::clipboard::MemoryClipboard;
use keywright::runtime::tasks::{Setup, Tasks};
use keywright::secret::Secret;
use keywright::vault::{self, Vault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::ticks::{Count, Ticks};

/// Where a program finds its server, and what it makes there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) home: PathBuf,
    pub(crate) backend: String,
    pub(crate) endpoint: String,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) username: String,
    pub(crate) password: String,
    /// The kind, owner and scopes of what is made; filled in by the first order.
    pub(crate) kind: String,
    pub(crate) owner: (String, String),
    pub(crate) scopes: Vec<String>,
}

/// A credential by its identifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
}

/// What is to be done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) work: String,
    /// What is made is called so.
    pub(crate) name: String,
    /// What it is done to.
    pub(crate) to: Option<Named>,
    /// At which step boundary it dies.
    pub(crate) die_at: u32,
    /// At which step boundary it stops, until it is told to go on.
    pub(crate) stop_at: u32,
    /// Whether it stops at each.
    pub(crate) stop_each: bool,
    /// What is presented first, by which it learns how its server judges.
    pub(crate) warm: Option<Named>,
    /// At which step boundary its clock jumps, and how far.
    pub(crate) jump_at: u32,
    pub(crate) jump: i64,
    /// How far its clock is ahead.
    pub(crate) ahead: i64,
    /// What was there before anything was made.
    pub(crate) known: Vec<String>,
    /// What works and has to go on working.
    pub(crate) must: Vec<Named>,
    /// What was presented already.
    pub(crate) presented: Vec<String>,
    /// Whether what has to go on working may have been replaced.
    pub(crate) replaced: bool,
    /// Milliseconds it waits for the keyring.
    pub(crate) patience: u64,
    pub(crate) seed: u64,
}

/// The line an answer begins with.
pub(crate) const ANSWER: &str = "ROBOT ";

/// Minutes both secrets work after a rotation.
const WINDOW: i64 = 60;

pub(crate) struct Robot {
    pub(crate) machine: Machine,
    pub(crate) order: Order,
    pub(crate) tasks: Tasks,
    pub(crate) ticks: Arc<Ticks>,
}

/// Obeys until its input ends.
pub(crate) fn obey() {
    let mut lines = std::io::stdin().lock().lines();
    let first = lines.next().expect("a machine").expect("a line");
    let mut machine: Machine = serde_json::from_str(&first).expect("a machine");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let vault = Vault::open(vault::Keeping::Keyring);
    for line in lines {
        let order: Order = serde_json::from_str(&line.expect("a line")).expect("an order");
        let answer = runtime.block_on(async { Robot::new(&machine, order, &vault).answer().await });
        if let Some(settled) = answer.get("machine") {
            machine = serde_json::from_value(settled.clone()).expect("a machine");
        }
        say(&answer);
    }
}

/// Where it stands still until the other side of this pipe was opened.
pub(crate) fn gate(machine: &Machine) -> PathBuf {
    machine.home.join("gate")
}

pub(crate) fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ANSWER}{answer}").and_then(|()| out.flush()).expect("somebody listens");
}

pub(crate) fn account() -> AccountName {
    AccountName::parse("there").expect("a name")
}

impl Robot {
    fn new(machine: &Machine, order: Order, vault: &Vault) -> Self {
        let known = registry::find(&machine.backend).expect("a backend");
        let account = Account {
            name: account(),
            backend: machine.backend.clone(),
            endpoint: Endpoint::parse_as(&machine.endpoint, known.abilities.schemes).expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
            settings: machine.settings.clone(),
        };
        let state = machine.home.join("state/keywright");
        let ticks = Arc::new(Ticks::new(&state, gate(machine), &order));
        let clock = Arc::clone(&ticks);
        let (messages, mut told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(message) = told.recv().await {
                if let Msg::Waiting(words) = message {
                    say(&json!({ "waiting": words.as_str() }));
                }
            }
        });
        let tasks = Tasks::new(Setup {
            clock: Arc::new(move || clock.now()),
            clipboard: Arc::new(MemoryClipboard::default()),
            messages,
            paths: Paths { config: machine.home.join("config.toml"), state, log: machine.home.join("log") },
            keeping: Keeping::Keyring,
            accounts: vec![account],
        });
        let patience = Duration::from_millis(order.patience.max(1));
        tasks.use_vault(Keeping::Keyring, vault.clone().with_deadline(patience));
        tasks.use_targets(targets(machine));
        Self { machine: machine.clone(), order, tasks, ticks }
    }

    async fn answer(mut self) -> Value {
        let entered = self.enter().await;
        let facts = match entered {
            Ok(facts) => facts,
            Err(why) => return json!({ "outcome": format!("not entered: {why}"), "entered": false }),
        };
        if let Some(warm) = &self.order.warm {
            drop(self.present(&reference(warm), None).await);
        }
        let outcome = match self.order.work.as_str() {
            "settle in" => return self.settle_in().await,
            "see to" => return self.see_to(facts).await,
            "spree" => self.spree().await,
            work => self.act(work, self.order.to.clone()).await,
        };
        json!({ "outcome": outcome, "boundaries": self.ticks.counted(), "entered": true })
    }

    /// Takes up the kept login, or logs in and keeps it.
    async fn enter(&self) -> Result<SessionFacts, String> {
        let opened = self.tasks.open_account(&account()).await;
        if let Err(failure) = opened.server {
            return Err(failure.sentence());
        }
        if let Some(facts) = opened.session {
            return Ok(facts);
        }
        let login = Login {
            method: "password",
            fields: vec![("username", self.machine.username.clone())],
            secrets: vec![("password", Secret::new(self.machine.password.clone()))],
        };
        self.tasks.log_in(&account(), login, true).await.map_err(|failure| failure.sentence())
    }

    /// One piece of work, as a person would do it to its end.
    pub(crate) async fn act(&self, work: &str, to: Option<Named>) -> String {
        let done = match (work, to) {
            ("create", _) => self.create().await,
            ("rotate", Some(to)) => self.rotate(&to, WINDOW).await,
            ("rotate at once", Some(to)) => match self.rotate(&to, 0).await {
                Ok(()) => self.keep_promises().await,
                failed => failed,
            },
            ("deliver", Some(to)) => self.deliver(&to).await,
            ("revoke", Some(to)) => self.revoke(&to).await,
            (work, _) => panic!("nothing to {work}"),
        };
        self.ticks.mode(Count::Nothing);
        done.map_or_else(|failure| failure.sentence(), |()| String::from("done"))
    }

    async fn create(&self) -> Result<(), Failure> {
        let (id, name) = &self.machine.owner;
        let plan = CreatePlan {
            targets: Vec::new(),
            account: account(),
            kind: self.machine.kind.clone(),
            owner: OwnerRef { id: Id::new(id.clone()), name: name.as_str().into() },
            name: self.order.name.clone(),
            description: String::new(),
            scopes: self.machine.scopes.clone(),
            expiry: None,
        };
        self.ticks.mode(Count::Everything);
        let outcome = self.tasks.create(plan).await;
        self.issued(outcome).await
    }

    pub(crate) async fn rotate(&self, to: &Named, minutes: i64) -> Result<(), Failure> {
        let reference = reference(to);
        let (reviewed, _) = self.tasks.read(&reference).await?;
        let plan = RotatePlan {
            credential: reference,
            owner_name: reviewed.owner.name.as_str().to_owned(),
            name: reviewed.name.as_str().to_owned(),
            kind: reviewed.kind.to_owned(),
            form: 0,
            retention: Retention::minutes(minutes),
            scopes: None,
            reviewed: reviewed.scopes.clone(),
            rotated_before: reviewed.rotated,
        };
        self.ticks.mode(Count::Everything);
        let outcome = self.tasks.rotate(plan).await;
        self.issued(outcome).await
    }

    /// What came is looked at, put away, and presented.
    pub(crate) async fn issued(&self, outcome: IssueOutcome) -> Result<(), Failure> {
        let arrived = match outcome {
            IssueOutcome::Arrived(arrived) => arrived,
            IssueOutcome::Failed(failure) => return Err(failure),
        };
        self.ticks.mode(Count::Changes);
        if matches!(arrived.kept, Kept::Nowhere(_)) {
            // It is on the screen and nowhere else; nobody closes that by accident.
            return Ok(());
        }
        let reference = arrived.credential.reference(&arrived.account);
        self.tasks.advance(arrived.operation, Phase::Shown, "")?;
        self.present(&reference, Some(arrived.operation)).await.map(drop)
    }

    pub(crate) async fn present(
        &self,
        reference: &CredentialRef,
        operation: Option<uuid::Uuid>,
    ) -> Result<bool, Failure> {
        let verdict = self.tasks.verify(reference, Generation::Current, operation, &unheard).await?;
        Ok(matches!(verdict, Verdict::Accepted { .. }))
    }

    pub(crate) async fn keep_promises(&self) -> Result<(), Failure> {
        let now = self.ticks.now();
        for promise in self.tasks.left().await?.promises {
            if promise.due <= now {
                self.tasks.keep_promise(promise.id).await?;
            }
        }
        Ok(())
    }

    async fn deliver(&self, to: &Named) -> Result<(), Failure> {
        let credential = reference(to);
        let targets: Vec<TargetName> = targets(&self.machine).into_iter().map(|one| one.name).collect();
        self.tasks.set_targets(&credential, &targets)?;
        self.ticks.mode(Count::Everything);
        let (owner_name, name) = (self.machine.owner.1.clone(), to.name.clone());
        let receipts = self.tasks.deliver(DeliverPlan { credential, owner_name, name, targets }).await?;
        assert!(receipts.iter().all(|one| one.result.is_done()), "{receipts:?}");
        Ok(())
    }

    pub(crate) async fn revoke(&self, to: &Named) -> Result<(), Failure> {
        self.ticks.mode(Count::Everything);
        let plan = RevokePlan {
            credential: reference(to),
            owner_name: self.machine.owner.1.clone(),
            name: to.name.clone(),
        };
        self.tasks.revoke(plan).await.map(drop)
    }

    /// One piece of work after the other, until somebody ends it.
    async fn spree(&self) -> String {
        let mut chance = Chance::new(self.order.seed);
        loop {
            let ours: Vec<Named> = self.ours().await.unwrap_or_default();
            let to = (!ours.is_empty()).then(|| ours[chance.below(ours.len())].clone());
            let work = ["create", "rotate", "rotate at once", "deliver", "revoke"][chance.below(5)];
            let work = if to.is_none() { "create" } else { work };
            self.act(work, to).await;
        }
    }

    /// What was made here, is stored, and is not about to be revoked.
    pub(crate) async fn ours(&self) -> Result<Vec<Named>, Failure> {
        let listed = self.tasks.list(&account()).await?;
        let retiring: Vec<CredentialRef> =
            self.tasks.left().await?.promises.into_iter().map(|promise| promise.credential).collect();
        let stored = |reference: &CredentialRef| {
            listed.facts.iter().any(|(of, facts)| of == reference && facts.stored)
        };
        let ours = listed.listing.credentials.iter().filter(|one| {
            let reference = one.reference(&account());
            self.is_ours(one.id.as_str()) && stored(&reference) && !retiring.contains(&reference)
        });
        Ok(ours.map(named).collect())
    }

    pub(crate) fn is_ours(&self, id: &str) -> bool {
        !self.order.known.iter().any(|known| known == id)
    }
}

pub(crate) fn named(credential: &keywright::domain::credential::Credential) -> Named {
    Named {
        id: credential.id.as_str().to_owned(),
        owner: credential.owner.id.as_str().to_owned(),
        name: credential.name.as_str().to_owned(),
    }
}

pub(crate) fn reference(of: &Named) -> CredentialRef {
    CredentialRef { account: account(), owner: Id::new(of.owner.clone()), id: Id::new(of.id.clone()) }
}

/// Two files: between them is a step.
fn targets(machine: &Machine) -> Vec<Target> {
    let target = |name: &str| Target {
        name: TargetName::parse(name).expect("a name"),
        part: Some(String::from("secret")),
        place: Place::File { path: machine.home.join(format!("{name}.env")), key: String::from("TOKEN") },
    };
    vec![target("first"), target("second")]
}

/// This test's binary as a robot; without a parent that wants one there is nothing to do.
#[test]
fn obeys() {
    if std::env::var_os(crate::ROBOT).is_some() {
        obey();
    }
}
