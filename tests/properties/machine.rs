//! A machine whose programs die and start again over the same keyring and the same records, and somebody before it who
//! does one thing after the other.

use std::sync::Arc;

use jiff::tz::TimeZone;
use keywright::app::effect::{CreatePlan, Generation, Keeping, RevokePlan, RotatePlan};
use keywright::app::model::{AccountState, Model, SessionView};
use keywright::app::msg::{Arrived, IssueOutcome, Kept};
use keywright::app::pane::unfinished::{Offer, offers, settled};
use keywright::backend::{Backend, Session, unheard};
use keywright::config::Paths;
use keywright::domain::ability::{Abilities, CredentialAbility, RotationForm, ScopeModel};
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::credential::CredentialRef;
use keywright::domain::operation::{Operation, OperationKind, Phase};
use keywright::domain::owner::Id;
use keywright::domain::request::Login;
use keywright::domain::retention::Retention;
use keywright::runtime::clipboard::MemoryClipboard;
use keywright::runtime::tasks::{Setup, Tasks};
use keywright::state::State;
use keywright::vault::Vault;
use support::home::Home;

use crate::faults::{Spoil, lives};
use crate::server::{OWNER, Server, facts};

/// One thing that is done, with what goes wrong at which place of its kind.
#[derive(Clone, Debug)]
pub struct Work {
    /// What.
    pub what: What,
    /// What goes wrong.
    pub spoil: Spoil,
    /// At which place; the first is zero.
    pub at: u32,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum What {
    /// A new credential.
    Create,
    /// A new secret for one of those that are stored.
    Rotate(Way),
    /// The end of one.
    Revoke(usize),
    /// Promises that are due are kept.
    Due,
    /// Seconds pass.
    Pass(i64),
    /// The machine's clock is set by so many seconds.
    Set(i64),
    /// What is unfinished is seen to.
    SeeTo,
    /// The server begins to grant more than is asked for, or stops.
    Wider(bool),
    /// Somebody else acts on the server.
    Else(usize),
    /// Two programs do something at once, the second one so much later.
    Both(Box<What>, Box<What>, u8),
}

/// How a secret is replaced.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Whose.
    pub of: usize,
    /// Minutes for the old one.
    pub minutes: i64,
    /// In which of the forms.
    pub form: usize,
    /// Whether the second one is to be allowed less, where that can be.
    pub less: bool,
}

/// How the account is called.
pub fn name() -> AccountName {
    AccountName::parse("modelled").expect("a name")
}

/// The machine.
pub struct Machine {
    /// Whose abilities the server has.
    pub abilities: &'static Abilities,
    /// What is worked with.
    pub kind: &'static CredentialAbility,
    /// The server.
    pub server: Arc<Server>,
    /// Its home.
    pub home: Home,
    /// The keyring.
    pub vault: Vault,
    /// The program that is looked at.
    pub program: Program,
    /// Another one, which is started when it is needed and then stays.
    pub other: Option<Program>,
}

/// A program that is logged in.
pub struct Program {
    /// What it does.
    pub tasks: Tasks,
    /// Its records.
    pub state: State,
}

impl Machine {
    /// A new one, with a server on which nothing is.
    pub async fn new(abilities: &'static Abilities, kind: &'static CredentialAbility, tells: bool) -> Self {
        let server = Arc::new(Server::new(abilities, kind, tells));
        let faults = Arc::clone(&server);
        let vault = Vault::locked_when(Arc::new(move || faults.faults.keyring()));
        server.watch(vault.clone());
        let home = Home::in_memory();
        let program = start(&server, &vault, &home).await;
        Self { abilities, kind, server, home, vault, program, other: None }
    }

    /// Does one thing, and looks at the laws afterwards.
    pub async fn step(&mut self, work: &Work) {
        // What the server is still at may stop what is there whatever is asked for now.
        let quiet = !self.server.is_still_at_something();
        let before = self.server.secrets();
        if let What::Both(..) = work.what
            && self.other.is_none()
        {
            self.other = Some(start(&self.server, &self.vault, &self.home).await);
        }
        self.server.faults.spoil(work.spoil, work.at);
        if let What::Both(first, second, later) = &work.what {
            let other = self.other.take().expect("it was started");
            self.server.both(true);
            let tasks = self.program.tasks.clone();
            let second = async {
                for _ in 0..*later {
                    tokio::task::yield_now().await;
                }
                let lived = Box::pin(lives(self.carry_out(&other.tasks, second))).await;
                // Dead before anybody asks whether it is alive.
                lived.then_some(other)
            };
            let (lived, other) = tokio::join!(lives(self.carry_out(&tasks, first)), second);
            self.other = other;
            self.server.both(false);
            self.after(lived).await;
        } else {
            let tasks = self.program.tasks.clone();
            let lived = Box::pin(lives(self.carry_out(&tasks, &work.what))).await;
            drop(tasks);
            self.after(lived).await;
        }
        if let What::Rotate(way) = work.what
            && quiet
            && way.minutes > 0
            && !matches!(self.form(way), RotationForm::CutOver { .. })
        {
            for secret in before {
                assert!(
                    self.server.is_taken(&secret),
                    "{}: a rotation with a window stopped what was there: {work:?}",
                    self.kind.noun
                );
            }
        }
        self.laws().await;
    }

    async fn after(&mut self, lived: bool) {
        self.server.faults.spoil(Spoil::Nothing, 0);
        if !lived {
            self.program = start(&self.server, &self.vault, &self.home).await;
        }
    }

    fn form(&self, way: Way) -> &'static RotationForm {
        self.kind.form(way.form % self.kind.rotations().count())
    }

    async fn carry_out(&self, tasks: &Tasks, what: &What) {
        match what {
            What::Create => self.create(tasks).await,
            What::Rotate(way) => {
                let stored = self.stored(tasks).await;
                if !stored.is_empty() {
                    self.rotate(tasks, &stored[way.of % stored.len()], *way).await;
                }
            }
            What::Revoke(of) => {
                let stored = self.stored(tasks).await;
                if !stored.is_empty() {
                    self.revoke(tasks, &stored[of % stored.len()]).await;
                }
            }
            What::Due => self.due(tasks).await,
            What::SeeTo => drop(self.see_to(tasks).await),
            What::Wider(wider) => self.server.grant_more(*wider),
            What::Pass(seconds) => self.server.clocks.pass(*seconds),
            What::Set(seconds) => self.server.clocks.set(*seconds),
            What::Else(acts) => self.server.somebody_else(*acts),
            What::Both(..) => {}
        }
    }

    /// Makes one.
    pub async fn create(&self, tasks: &Tasks) {
        let plan = CreatePlan {
            targets: Vec::new(),
            account: name(),
            kind: self.kind.noun.to_owned(),
            owner: crate::server::owner().reference(),
            name: String::from("ci"),
            description: String::new(),
            scopes: self.server.scopes(),
            expiry: None,
        };
        self.issued(tasks, tasks.create(plan).await).await;
    }

    /// Not one that is promised to be revoked: rotating that would be odd.
    pub async fn stored(&self, tasks: &Tasks) -> Vec<CredentialRef> {
        let Ok(listed) = tasks.list(&name()).await else { return Vec::new() };
        let promised: Vec<CredentialRef> = tasks
            .left()
            .await
            .map(|left| left.promises.into_iter().map(|one| one.credential).collect())
            .unwrap_or_default();
        let stored = listed.facts.into_iter().filter(|(of, facts)| facts.stored && !promised.contains(of));
        stored.map(|(of, _)| of).collect()
    }

    async fn rotate(&self, tasks: &Tasks, credential: &CredentialRef, way: Way) {
        if let Some(outcome) = self.replace(tasks, credential, way).await {
            self.issued(tasks, outcome).await;
        }
    }

    /// A new secret, that nobody presents.
    pub async fn replace(&self, tasks: &Tasks, credential: &CredentialRef, way: Way) -> Option<IssueOutcome> {
        let (reviewed, _) = tasks.read(credential).await.ok()?;
        let narrows = matches!(self.form(way), RotationForm::TwoCredentials { narrows: true, .. });
        let chosen = matches!(self.kind.scopes, ScopeModel::Chosen(_));
        let plan = RotatePlan {
            credential: credential.clone(),
            owner_name: OWNER.to_owned(),
            name: reviewed.name.as_str().to_owned(),
            kind: reviewed.kind.to_owned(),
            form: way.form % self.kind.rotations().count(),
            retention: Retention::minutes(way.minutes),
            scopes: (way.less && narrows && chosen).then(|| vec![String::from("read")]),
            reviewed: reviewed.scopes.clone(),
            rotated_before: reviewed.rotated,
        };
        Some(tasks.rotate(plan).await)
    }

    /// What came is stored before anybody sees it; then it is seen and presented.
    async fn issued(&self, tasks: &Tasks, outcome: IssueOutcome) {
        let IssueOutcome::Arrived(arrived) = outcome else { return };
        let Arrived { operation, credential, parts, kept, .. } = *arrived;
        let secret = parts.get("secret").expect("a secret").expose().to_owned();
        let stored = self.server.is_stored(&secret).await;
        match kept {
            Kept::Keyring => assert!(stored, "told to be stored, and it is not"),
            // It is shown all the same, and that it is kept nowhere is said.
            Kept::Nowhere(_) => assert!(self.server.faults.is_locked(), "the keyring would have taken it"),
            Kept::Kernel | Kept::Memory => panic!("there is a keyring"),
        }
        drop(tasks.advance(operation, Phase::Shown, ""));
        let reference = credential.reference(&name());
        if stored {
            self.verify(tasks, &reference, operation).await;
        }
    }

    /// Presents a secret. Nobody waits until one that is refused may be known everywhere.
    async fn verify(&self, tasks: &Tasks, of: &CredentialRef, operation: uuid::Uuid) {
        let refused = self.server.refusal.notified();
        tokio::select! {
            biased;
            verdict = tasks.verify(of, Generation::Current, Some(operation), &unheard) => drop(verdict),
            () = refused => {}
        }
    }

    async fn revoke(&self, tasks: &Tasks, credential: &CredentialRef) {
        self.server.asked_to_end(&credential.id);
        let plan = RevokePlan {
            credential: credential.clone(),
            owner_name: OWNER.to_owned(),
            name: String::from("ci"),
        };
        drop(tasks.revoke(plan).await);
    }

    async fn due(&self, tasks: &Tasks) {
        let now = self.server.clocks.here();
        for promise in tasks.left().await.map(|left| left.promises).unwrap_or_default() {
            if promise.due <= now {
                drop(tasks.keep_promise(promise.id).await);
            }
        }
    }

    /// What the panes draw from.
    pub fn model(&self, operations: &[Operation]) -> Model {
        let mut account = AccountState::new(account(self.abilities), self.abilities);
        account.session = SessionView::In(facts());
        let mut model = Model::new(self.server.clocks.here(), TimeZone::UTC, vec![account]);
        model.unfinished = operations.to_vec();
        model
    }

    /// Takes what is offered, the best first, until nothing is left; whether that came about.
    pub async fn see_to(&self, tasks: &Tasks) -> bool {
        let mut tried: Vec<(uuid::Uuid, Offer, Phase)> = Vec::new();
        for _ in 0..40 {
            let Ok(left) = tasks.left().await else { return false };
            let mut open = left.operations;
            open.retain(|operation| !operation.running_elsewhere);
            // What was revoked is known first, so that nobody waits for its secret to be taken.
            open.sort_by_key(|operation| operation.kind != OperationKind::Revoke);
            let Some(operation) = open.first() else { return true };
            let model = self.model(&open);
            let offered = offers(&model, operation);
            // Who says that nothing more is to be done while nobody knows what became of it gives it up on purpose.
            let nameless = operation.phase == Phase::Stored
                && operation.credential.is_none()
                && self.server.works_of(operation.idempotency_key).is_some();
            let waits = matches!(operation.phase, Phase::Sent | Phase::Unclear) && offered.len() > 1;
            let unknown = waits || nameless;
            let pointless = |offer: &Offer| *offer == Offer::Copy || (unknown && *offer == Offer::Settle);
            let useful = || offered.iter().copied().filter(|offer| !pointless(offer));
            let new = useful().find(|offer| !tried.contains(&(operation.id, *offer, operation.phase)));
            let Some(offer) = new.or_else(|| useful().next_back()) else { return false };
            tried.push((operation.id, offer, operation.phase));
            self.take(tasks, offer, operation).await;
        }
        false
    }

    async fn check(&self, tasks: &Tasks, operation: &Operation) {
        let mut told = tasks.reconcile(operation.id).await;
        if told.as_ref().is_ok_and(|words| words.as_str().contains("check again in")) {
            self.server.clocks.pass(120);
            told = tasks.reconcile(operation.id).await;
        }
        if told.is_ok_and(|words| words.as_str().contains("cannot be told")) {
            // Somebody asks around, revokes the one nobody knows, and says that this is done.
            if let Some((id, _)) = self.server.works_of(operation.idempotency_key) {
                self.revoke(tasks, &CredentialRef { account: name(), owner: operation.owner.clone(), id })
                    .await;
            }
            if self.server.works_of(operation.idempotency_key).is_none() {
                drop(tasks.advance(operation.id, settled(operation), ""));
            }
        }
    }

    async fn take(&self, tasks: &Tasks, offer: Offer, operation: &Operation) {
        let of = |id: Option<&Id>| CredentialRef {
            account: name(),
            owner: operation.owner.clone(),
            id: id.cloned().unwrap_or_else(|| Id::new("none")),
        };
        let credential = of(operation.credential.as_ref());
        match offer {
            Offer::Replay => self.issued(tasks, tasks.replay(operation.id).await).await,
            Offer::Check => self.check(tasks, operation).await,
            Offer::Verify => self.verify(tasks, &credential, operation.id).await,
            Offer::Rotate => {
                let old = of(operation.replaces.as_ref().or(operation.credential.as_ref()));
                self.rotate(tasks, &old, Way { of: 0, minutes: 1440, form: 0, less: false }).await;
            }
            Offer::Revoke => self.revoke(tasks, &credential).await,
            Offer::Settle => drop(tasks.advance(operation.id, settled(operation), "")),
            Offer::Copy | Offer::Deliver | Offer::LogIn => {}
        }
    }
}

fn account(abilities: &'static Abilities) -> Account {
    Account {
        name: name(),
        backend: abilities.id.to_owned(),
        endpoint: Endpoint::parse("https://modelled.example").expect("an address"),
        login: None,
        ca_file: None,
        protected: false,
        settings: std::collections::BTreeMap::new(),
    }
}

/// Where the records are.
pub fn records(home: &Home) -> std::path::PathBuf {
    home.path().join("records")
}

/// A program that is logged in.
async fn start(server: &Arc<Server>, vault: &Vault, home: &Home) -> Program {
    let (messages, _) = tokio::sync::mpsc::unbounded_channel();
    let (clock, full) = (Arc::clone(server), Arc::clone(server));
    let nowhere = std::path::PathBuf::from("/nonexistent");
    let tasks = Tasks::new(Setup {
        clock: Arc::new(move || clock.clocks.here()),
        clipboard: Arc::new(MemoryClipboard::default()),
        messages,
        paths: Paths { config: nowhere.clone(), state: nowhere.clone(), log: nowhere },
        keeping: Keeping::Memory,
        accounts: vec![account(server.abilities)],
    });
    let state =
        State::open(&records(home)).expect("records").full_when(Arc::new(move || full.faults.records()));
    tasks.use_state(state.clone());
    tasks.use_vault(Keeping::Keyring, vault.clone());
    tasks.use_backend(&name(), Arc::clone(server) as Arc<dyn Backend>);
    let login = Login { method: "password", fields: Vec::new(), secrets: Vec::new() };
    tasks.log_in(&name(), login, false).await.expect("logged in");
    Program { tasks, state }
}

/// The session of the model.
pub fn session() -> Session {
    Session { facts: facts(), bearer: keywright::secret::Secret::new(String::from("bearer")), renewal: None }
}
