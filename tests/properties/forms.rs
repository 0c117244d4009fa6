//! The promises about creating, rotating and revoking, for every kind of credential of every backend: random sequences
//! of work with random faults, against a model of each form of rotation. What a kind can do is taken from the same data
//! the panes draw from; the tasks are the program's own, over records and a keyring that outlive its deaths.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use keywright::app::effect::{CreatePlan, Generation, Keeping, RevokePlan, RotatePlan};
use keywright::app::model::{AccountState, Model, SessionView};
use keywright::app::msg::{Arrived, IssueOutcome, Kept};
use keywright::app::pane::unfinished::{Offer, offers, settled};
use keywright::backend::{Session, registry, unheard};
use keywright::config::Paths;
use keywright::domain::ability::{Abilities, CredentialAbility, RotationForm};
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
use proptest::prelude::*;

use crate::server::{OWNER, Server, Spoil, facts, moment};

/// One thing that is done, with what goes wrong at which question to the server.
#[derive(Clone, Debug)]
pub struct Work {
    /// What.
    pub what: What,
    /// What goes wrong.
    pub spoil: Spoil,
    /// At which question; the first is zero.
    pub at: u32,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum What {
    /// A new credential.
    Create,
    /// A new secret for one of those that are stored, with so many minutes for the old one.
    Rotate(usize, i64),
    /// The end of one.
    Revoke(usize),
    /// Promises that are due are kept.
    Due,
    /// Seconds pass.
    Pass(i64),
    /// What is unfinished is seen to.
    SeeTo,
    /// The server begins to grant more than is asked for, or stops.
    Wider(bool),
}

fn works() -> impl Strategy<Value = Vec<Work>> {
    let what = prop_oneof![
        3 => Just(What::Create),
        6 => (any::<usize>(), prop::sample::select(vec![0, 10, 1440])).prop_map(|(of, minutes)| What::Rotate(of, minutes)),
        2 => any::<usize>().prop_map(What::Revoke),
        3 => Just(What::Due),
        2 => prop::sample::select(vec![1, 120, 700, 90_000]).prop_map(What::Pass),
        3 => Just(What::SeeTo),
        1 => any::<bool>().prop_map(What::Wider),
    ];
    let spoil = prop_oneof![
        4 => Just(Spoil::Nothing),
        1 => Just(Spoil::Refused),
        2 => Just(Spoil::CutBefore),
        3 => Just(Spoil::CutAfter),
        3 => Just(Spoil::DiesBefore),
        4 => Just(Spoil::DiesAfter),
    ];
    let one = (what, spoil, 0..8_u32).prop_map(|(what, spoil, at)| Work { what, spoil, at });
    prop::collection::vec(one, 1..14)
}

/// Every kind of credential there is, with the abilities it is one of.
fn kinds() -> Vec<(&'static Abilities, &'static CredentialAbility)> {
    let all = registry::BACKENDS.iter().flat_map(|one| std::iter::once(&one.abilities).chain(one.others));
    all.flat_map(|abilities| abilities.kinds().map(|kind| (*abilities, kind))).collect()
}

fn name() -> AccountName {
    AccountName::parse("modelled").expect("a name")
}

/// A machine whose program dies and starts again.
struct Machine {
    abilities: &'static Abilities,
    kind: &'static CredentialAbility,
    server: Arc<Server>,
    state: State,
    vault: Vault,
    ahead: Arc<AtomicI64>,
    tasks: Tasks,
    made: u32,
}

impl Machine {
    async fn new(abilities: &'static Abilities, kind: &'static CredentialAbility) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let vault = Vault::memory();
        let server = Arc::new(Server::new(abilities, kind, vault.clone(), Arc::clone(&ahead)));
        let state = State::in_memory().expect("records");
        let tasks = program(&server, &state, &vault, &ahead).await;
        Self { abilities, kind, server, state, vault, ahead, tasks, made: 0 }
    }

    /// Does one thing, and looks at the laws afterwards.
    async fn step(&mut self, work: &Work) {
        if let What::Pass(seconds) = work.what {
            self.ahead.fetch_add(seconds, Ordering::SeqCst);
            return self.laws().await;
        }
        let before = self.server.secrets();
        self.server.spoil(work.spoil, work.at);
        let tasks = self.tasks.clone();
        let died = tokio::select! {
            () = self.carry_out(&tasks, &work.what) => false,
            () = self.server.died.notified() => true,
        };
        drop(tasks);
        self.server.spoil(Spoil::Nothing, 0);
        if died {
            self.tasks = program(&self.server, &self.state, &self.vault, &self.ahead).await;
        }
        if matches!(work.what, What::Rotate(_, minutes) if minutes > 0) && !self.cuts_over() {
            for secret in before {
                assert!(
                    self.server.is_taken(&secret),
                    "a rotation with a window stopped what was there: {work:?}"
                );
            }
        }
        self.laws().await;
    }

    fn cuts_over(&self) -> bool {
        // A second rotation inside a window ends the oldest of three, where the server keeps the window: told before.
        matches!(self.kind.rotation, RotationForm::CutOver { .. } | RotationForm::ServerWindow { .. })
    }

    async fn carry_out(&self, tasks: &Tasks, what: &What) {
        match what {
            What::Create => {
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
            What::Rotate(of, minutes) => {
                let stored = self.stored(tasks).await;
                if !stored.is_empty() {
                    self.rotate(tasks, &stored[of % stored.len()], *minutes).await;
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
            What::Pass(_) => {}
        }
    }

    /// Not one that is promised to be revoked: rotating that would be odd.
    async fn stored(&self, tasks: &Tasks) -> Vec<CredentialRef> {
        let Ok(listed) = tasks.list(&name()).await else { return Vec::new() };
        let promised: Vec<CredentialRef> = tasks
            .left()
            .await
            .map(|left| left.promises.into_iter().map(|one| one.credential).collect())
            .unwrap_or_default();
        let stored = listed.facts.into_iter().filter(|(of, facts)| facts.stored && !promised.contains(of));
        stored.map(|(of, _)| of).collect()
    }

    async fn rotate(&self, tasks: &Tasks, credential: &CredentialRef, minutes: i64) {
        let Ok((reviewed, _)) = tasks.read(credential).await else { return };
        let plan = RotatePlan {
            credential: credential.clone(),
            owner_name: OWNER.to_owned(),
            name: reviewed.name.as_str().to_owned(),
            kind: reviewed.kind.to_owned(),
            form: 0,
            retention: Retention::minutes(minutes),
            scopes: None,
            reviewed: reviewed.scopes.clone(),
            rotated_before: reviewed.rotated,
        };
        self.issued(tasks, tasks.rotate(plan).await).await;
    }

    /// What came is stored before anybody sees it; then it is seen and presented.
    async fn issued(&self, tasks: &Tasks, outcome: IssueOutcome) {
        let IssueOutcome::Arrived(arrived) = outcome else { return };
        let Arrived { operation, credential, parts, kept, .. } = *arrived;
        assert_eq!(kept, Kept::Keyring);
        let secret = parts.get("secret").expect("a secret").expose().to_owned();
        assert!(self.server.is_stored(&secret).await, "told before it was stored");
        tasks.advance(operation, Phase::Shown, "").expect("written down");
        let reference = credential.reference(&name());
        drop(tasks.verify(&reference, Generation::Current, Some(operation), &unheard).await);
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
        let now = moment(&self.ahead);
        for promise in tasks.left().await.map(|left| left.promises).unwrap_or_default() {
            if promise.due <= now {
                drop(tasks.keep_promise(promise.id).await);
            }
        }
    }

    fn model(&self, operations: &[Operation]) -> Model {
        let mut account = AccountState::new(account(self.abilities), self.abilities);
        account.session = SessionView::In(facts());
        let mut model = Model::new(moment(&self.ahead), TimeZone::UTC, vec![account]);
        model.unfinished = operations.to_vec();
        model
    }

    /// Takes what is offered, the best first, until nothing is left; whether that came about.
    async fn see_to(&self, tasks: &Tasks) -> bool {
        let mut tried: Vec<(uuid::Uuid, Offer, Phase)> = Vec::new();
        for _ in 0..24 {
            let Ok(left) = tasks.left().await else { return false };
            let mut open = left.operations;
            // What was revoked is known first, so that nobody waits for its secret to be taken.
            open.sort_by_key(|operation| operation.kind != OperationKind::Revoke);
            let Some(operation) = open.first() else { return true };
            let model = self.model(&open);
            let offered = offers(&model, operation);
            // Who says that nothing more is to be done while nobody knows what became of it gives it up on purpose.
            let unknown = matches!(operation.phase, Phase::Sent | Phase::Unclear) && offered.len() > 1;
            let pointless = |offer: &Offer| *offer == Offer::Copy || (unknown && *offer == Offer::Settle);
            let useful = || offered.iter().copied().filter(|offer| !pointless(offer));
            let new = useful().find(|offer| !tried.contains(&(operation.id, *offer, operation.phase)));
            let Some(offer) = new.or_else(|| useful().next_back()) else { return false };
            tried.push((operation.id, offer, operation.phase));
            self.take(tasks, offer, operation).await;
        }
        false
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
            Offer::Check => {
                if tasks
                    .reconcile(operation.id)
                    .await
                    .is_ok_and(|words| words.as_str().contains("check again in"))
                {
                    self.ahead.fetch_add(120, Ordering::SeqCst);
                    drop(tasks.reconcile(operation.id).await);
                }
            }
            Offer::Verify => {
                drop(tasks.verify(&credential, Generation::Current, Some(operation.id), &unheard).await);
            }
            Offer::Rotate => {
                let old = of(operation.replaces.as_ref().or(operation.credential.as_ref()));
                self.rotate(tasks, &old, 1440).await;
            }
            Offer::Revoke => self.revoke(tasks, &credential).await,
            Offer::Settle => drop(tasks.advance(operation.id, settled(operation), "")),
            Offer::Copy | Offer::Deliver | Offer::LogIn => {}
        }
    }

    /// The promises, at any moment.
    async fn laws(&self) {
        assert_eq!(self.server.wrong(), Vec::<String>::new());
        let left = self.tasks.left().await.expect("what is left");
        let model = self.model(&left.operations);
        let orphans = self.state.orphans(&name()).expect("readable");
        for (id, secret) in self.server.living() {
            let told = || {
                let leads = |operation: &&Operation| leads_to(&model, operation, &id);
                left.operations.iter().find(leads).is_some() || orphans.contains(&id)
            };
            assert!(
                self.server.is_stored(&secret).await || told(),
                "{} lives, is not stored and not told of: {:?}",
                id.as_str(),
                left.operations
            );
        }
        let living = self.server.living();
        for promise in &left.promises {
            let (old, new) = (&promise.credential.id, &promise.successor.id);
            // One that was revoked by hand makes no room any more, though its promise may not know yet.
            let gone = living.iter().all(|(id, _)| id != old);
            assert!(
                gone || !self.server.is_wider(new) || self.server.is_wider(old),
                "the old one is to make room for one that may do more"
            );
        }
    }

    /// Nothing goes wrong any more: everything can be finished, and then everything that lives is stored.
    async fn end(&self) {
        assert!(self.see_to(&self.tasks).await, "cannot be finished: {:?}", self.tasks.left().await);
        let orphans = self.state.orphans(&name()).expect("readable");
        for (id, secret) in self.server.living() {
            assert!(
                self.server.is_stored(&secret).await || orphans.contains(&id),
                "{} was lost",
                id.as_str()
            );
        }
        assert_eq!(self.server.wrong(), Vec::<String>::new());
    }
}

/// Whether an operation leads to a credential and offers a way to its secret or its end.
fn leads_to(model: &Model, operation: &Operation, id: &Id) -> bool {
    let it = operation.credential.as_ref() == Some(id)
        || (operation.credential.is_none() && operation.kind.makes_secret());
    let ways = [Offer::Check, Offer::Replay, Offer::Rotate, Offer::Revoke, Offer::Verify];
    it && offers(model, operation).iter().any(|offer| ways.contains(offer))
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

/// A program that is logged in.
async fn program(server: &Arc<Server>, state: &State, vault: &Vault, ahead: &Arc<AtomicI64>) -> Tasks {
    let (messages, _) = tokio::sync::mpsc::unbounded_channel();
    let clock = Arc::clone(ahead);
    let nowhere = std::path::PathBuf::from("/nonexistent");
    let tasks = Tasks::new(Setup {
        clock: Arc::new(move || moment(&clock)),
        clipboard: Arc::new(MemoryClipboard::default()),
        messages,
        paths: Paths { config: nowhere.clone(), state: nowhere.clone(), log: nowhere },
        keeping: Keeping::Memory,
        accounts: vec![account(server.abilities)],
    });
    tasks.use_state(state.clone());
    tasks.use_vault(Keeping::Keyring, vault.clone());
    tasks.use_backend(&name(), Arc::clone(server) as Arc<dyn keywright::backend::Backend>);
    let login = Login { method: "password", fields: Vec::new(), secrets: Vec::new() };
    tasks.log_in(&name(), login, false).await.expect("logged in");
    tasks
}

/// The session of the model.
pub fn session() -> Session {
    Session { facts: facts(), bearer: keywright::secret::Secret::new(String::from("bearer")), renewal: None }
}

fn play(abilities: &'static Abilities, kind: &'static CredentialAbility, works: &[Work]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut machine = Machine::new(abilities, kind).await;
        // Something to work with.
        machine.step(&Work { what: What::Create, spoil: Spoil::Nothing, at: 0 }).await;
        for work in works {
            machine.step(work).await;
            machine.made += 1;
        }
        machine.end().await;
    });
}

proptest! {
    #![proptest_config(crate::config(40))]

    #[test]
    fn whatever_goes_wrong_no_secret_is_lost_and_nothing_ends_too_early(works in works()) {
        for (abilities, kind) in kinds() {
            play(abilities, kind, &works);
        }
    }
}

/// Every form there is takes part.
#[test]
fn every_form_is_modelled() {
    let forms =
        |wanted: fn(&RotationForm) -> bool| kinds().iter().filter(|(_, kind)| wanted(&kind.rotation)).count();
    assert!(forms(|form| matches!(form, RotationForm::ServerWindow { .. })) >= 2);
    assert!(forms(|form| matches!(form, RotationForm::TwoCredentials { .. })) >= 4);
    assert!(forms(|form| matches!(form, RotationForm::CutOver { .. })) >= 1);
}

/// The laws are not kept by accident: who revokes the old one before the new one was taken is caught.
#[test]
fn who_revokes_too_early_is_caught() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (abilities, kind) in kinds() {
            let machine = Machine::new(abilities, kind).await;
            machine.carry_out(&machine.tasks, &What::Create).await;
            let old = machine.stored(&machine.tasks).await.remove(0);
            // Behind the laws' back: nobody asked for it, and nothing has replaced it.
            let plan = RevokePlan { credential: old, owner_name: OWNER.to_owned(), name: String::from("ci") };
            drop(machine.tasks.revoke(plan).await);
            assert_eq!(machine.server.wrong().len(), 1, "{} {}", abilities.id, kind.noun);
        }
    });
}

/// Who loses a secret is caught, too.
#[test]
#[should_panic(expected = "lives, is not stored and not told of")]
fn who_loses_a_secret_is_caught() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (abilities, kind) = kinds()[0];
        let machine = Machine::new(abilities, kind).await;
        machine.carry_out(&machine.tasks, &What::Create).await;
        for entry in machine.vault.entries().await.expect("names") {
            machine.vault.delete(&entry).await.expect("deleted");
        }
        // Nobody knows of it any more.
        for operation in machine.state.unfinished().expect("readable") {
            machine.tasks.advance(operation.id, Phase::Done, "").expect("written down");
        }
        machine.laws().await;
    });
}

/// Sequences that random runs once stumbled over.
#[test]
fn what_was_stumbled_over_before() {
    let work = |what, spoil, at| Work { what, spoil, at };
    let sequences = [
        // An orphan that could not be revoked and was left alone is still told of.
        vec![work(What::Create, Spoil::CutAfter, 0), work(What::SeeTo, Spoil::Refused, 2)],
        // What could not be looked for is not given up.
        vec![work(What::Create, Spoil::CutAfter, 0), work(What::SeeTo, Spoil::Refused, 0)],
        // The one that was to make room is revoked by hand, and the program dies before its promise knows.
        vec![
            work(What::Wider(true), Spoil::Nothing, 0),
            work(What::Rotate(0, 0), Spoil::Nothing, 0),
            work(What::Rotate(7_416_042_976_491_857_023, 0), Spoil::CutBefore, 7),
            work(What::SeeTo, Spoil::DiesAfter, 6),
        ],
        // Of two lost rotations the first is asked for again: the second one is still unfinished then.
        vec![
            work(What::Rotate(447, 10), Spoil::DiesAfter, 2),
            work(What::Rotate(2_247_101_545_538_023_690, 10), Spoil::CutAfter, 2),
        ],
    ];
    for (abilities, kind) in kinds() {
        for works in &sequences {
            play(abilities, kind, works);
        }
    }
}
