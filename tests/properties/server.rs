//! A server in memory that replaces secrets in whichever form a kind of credential says, and goes wrong where it is told
//! to. It watches whoever uses it: what is sent twice, and what is ended before something took its place.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use keywright::backend::{Backend, DeviceAnswer, DeviceLogin, Hearing, Session, not_here};
use keywright::domain::ability::{Abilities, CredentialAbility, RotationForm, ScopeModel};
use keywright::domain::answer::{Issued, Listing, Verdict};
use keywright::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Particulars, Window};
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::owner::{Id, Owner};
use keywright::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use keywright::domain::scope::Granted;
use keywright::domain::session::{ServerInfo, SessionFacts, Survives};
use keywright::domain::text::Text;
use keywright::domain::time::Skew;
use keywright::secret::{Part, Parts, Secret};
use keywright::vault::Vault;
use tokio::sync::Notify;
use uuid::Uuid;

/// The one owner.
pub const OWNER: &str = "ci-runner";

/// What goes wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Nothing.
    Nothing,
    /// It is refused.
    Refused,
    /// The connection ends before it is heard.
    CutBefore,
    /// The connection ends before the answer.
    CutAfter,
    /// The program dies before it is heard.
    DiesBefore,
    /// The program dies before the answer arrives.
    DiesAfter,
}

/// One credential.
#[derive(Clone)]
struct Held {
    id: Id,
    name: String,
    /// Each with the end of its life, if that is set; the current one last.
    secrets: Vec<(String, Option<Timestamp>)>,
    created: Timestamp,
    rotated: Option<Timestamp>,
    window: Option<Window>,
    replaces: Option<Id>,
    wider: bool,
}

#[derive(Default)]
struct World {
    held: Vec<Held>,
    next: u32,
    spoil: Option<(u32, Spoil)>,
    /// What was made under which key.
    keys: HashMap<Uuid, (Id, String)>,
    /// What people wanted to end.
    asked: HashSet<Id>,
    /// Secrets that were presented and taken.
    taken: HashSet<String>,
    wider: bool,
    wrong: Vec<String>,
}

/// The server.
pub struct Server {
    /// Whose abilities it has.
    pub abilities: &'static Abilities,
    /// Told when the program is to die.
    pub died: Notify,
    kind: &'static CredentialAbility,
    vault: Vault,
    ahead: Arc<AtomicI64>,
    world: Mutex<World>,
}

/// The time it is.
pub fn moment(ahead: &AtomicI64) -> Timestamp {
    let begin: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a moment");
    begin + SignedDuration::from_secs(ahead.load(Ordering::SeqCst))
}

/// Who is logged in.
pub fn facts() -> SessionFacts {
    SessionFacts {
        who: "ada".into(),
        kind: "user",
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires: None,
        renews: false,
        kept: true,
        credential: None,
    }
}

/// The one owner.
pub fn owner() -> Owner {
    Owner {
        id: Id::new("o1"),
        name: OWNER.into(),
        description: Text::default(),
        enabled: true,
        created: None,
    }
}

impl Server {
    /// An empty one. It looks into the keyring only to judge.
    pub fn new(
        abilities: &'static Abilities,
        kind: &'static CredentialAbility,
        vault: Vault,
        ahead: Arc<AtomicI64>,
    ) -> Self {
        Self { abilities, died: Notify::new(), kind, vault, ahead, world: Mutex::default() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no panic")
    }

    fn now(&self) -> Timestamp {
        // It is a second later whenever it is asked, so that no two moments are one.
        self.ahead.fetch_add(1, Ordering::SeqCst);
        moment(&self.ahead)
    }

    /// The question of this number goes wrong.
    pub fn spoil(&self, spoil: Spoil, at: u32) {
        self.world().spoil = (spoil != Spoil::Nothing).then_some((at, spoil));
    }

    /// What is asked for at a create.
    pub fn scopes(&self) -> Vec<String> {
        match self.kind.scopes {
            ScopeModel::AsOwner(_) => Vec::new(),
            ScopeModel::Chosen(_) => vec![String::from("read")],
        }
    }

    /// Whether it grants more than that from now on.
    pub fn grant_more(&self, wider: bool) {
        self.world().wider = wider;
    }

    /// Somebody wants this one to end.
    pub fn asked_to_end(&self, id: &Id) {
        self.world().asked.insert(id.clone());
    }

    /// What must not have happened, and did.
    pub fn wrong(&self) -> Vec<String> {
        self.world().wrong.clone()
    }

    /// Whether this one may do more than it should.
    pub fn is_wider(&self, id: &Id) -> bool {
        self.world().held.iter().any(|held| held.id == *id && held.wider)
    }

    /// Every credential with its current secret.
    pub fn living(&self) -> Vec<(Id, String)> {
        let world = self.world();
        let living =
            world.held.iter().filter_map(|held| Some((held.id.clone(), held.secrets.last()?.0.clone())));
        living.collect()
    }

    /// Every current secret.
    pub fn secrets(&self) -> Vec<String> {
        self.living().into_iter().map(|(_, secret)| secret).collect()
    }

    /// Whether a secret would be taken now.
    pub fn is_taken(&self, secret: &str) -> bool {
        let now = moment(&self.ahead);
        let works =
            |(own, end): &(String, Option<Timestamp>)| own == secret && end.is_none_or(|end| end > now);
        self.world().held.iter().any(|held| held.secrets.iter().any(works))
    }

    /// Whether a secret is in the keyring.
    pub async fn is_stored(&self, secret: &str) -> bool {
        for entry in self.vault.entries().await.expect("names") {
            let stored = self.vault.read(&entry).await.expect("readable");
            if stored.is_some_and(|stored| stored.expose().contains(secret)) {
                return true;
            }
        }
        false
    }

    /// What goes wrong with this question, if anything does before it is heard.
    async fn heard(&self) -> Result<Spoil, Failure> {
        let spoil = {
            let mut world = self.world();
            match &mut world.spoil {
                Some((0, spoil)) => {
                    let spoil = *spoil;
                    world.spoil = None;
                    spoil
                }
                Some((at, _)) => {
                    *at -= 1;
                    Spoil::Nothing
                }
                None => Spoil::Nothing,
            }
        };
        match spoil {
            Spoil::Refused => Err(Failure::new(FailureKind::Forbidden, "")),
            Spoil::CutBefore => Err(cut()),
            Spoil::DiesBefore => self.die().await,
            Spoil::Nothing | Spoil::CutAfter | Spoil::DiesAfter => Ok(spoil),
        }
    }

    /// The answer, if it arrives.
    async fn answer<T>(&self, spoil: Spoil, answer: T) -> Result<T, Failure> {
        match spoil {
            Spoil::CutAfter => Err(cut()),
            Spoil::DiesAfter => self.die().await,
            _ => Ok(answer),
        }
    }

    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }

    fn row(&self, held: &Held) -> Credential {
        let scopes = match (&self.kind.scopes, held.wider) {
            (ScopeModel::AsOwner(_), _) => Granted::AsOwner,
            (ScopeModel::Chosen(_), wider) => {
                let mut granted = vec![Text::from("read")];
                granted.extend(wider.then(|| Text::from("write")));
                Granted::Listed(granted)
            }
        };
        Credential {
            id: held.id.clone(),
            owner: owner().reference(),
            name: held.name.as_str().into(),
            kind: self.kind.noun,
            description: Text::default(),
            scopes,
            created: Some(held.created),
            rotated: held.rotated,
            expires: Expiry::Never,
            last_use: LastUse::Never,
            enabled: true,
            owner_enabled: true,
            window: held.window,
            particulars: Particulars::default(),
        }
    }

    fn issued(&self, held: &Held, secret: &str) -> Issued {
        let part = Part { name: "secret", secret: Secret::new(secret.to_owned()) };
        Issued { credential: self.row(held), parts: Parts::named(vec![part]), note: None }
    }

    /// The same answer again, where that is promised; a write that is repeated without is wrong.
    fn repeated(&self, key: Uuid, replays: bool) -> Option<Issued> {
        let mut world = self.world();
        let (id, secret) = world.keys.get(&key).cloned()?;
        if !replays {
            world.wrong.push(String::from("the same write was sent twice"));
        }
        let held = world.held.iter().find(|held| held.id == id)?.clone();
        drop(world);
        Some(self.issued(&held, &secret))
    }

    fn make(&self, name: &str, replaces: Option<Id>, key: Uuid) -> Issued {
        let now = self.now();
        let mut world = self.world();
        world.next += 1;
        let held = Held {
            id: Id::new(format!("c{}", world.next)),
            name: name.to_owned(),
            secrets: vec![(format!("secret-{}-end", world.next), None)],
            created: now,
            rotated: None,
            window: None,
            wider: world.wider && !matches!(self.kind.scopes, ScopeModel::AsOwner(_)),
            replaces,
        };
        let secret = held.secrets[0].0.clone();
        world.keys.insert(key, (held.id.clone(), secret.clone()));
        world.held.push(held.clone());
        drop(world);
        self.issued(&held, &secret)
    }

    fn replace(&self, id: &Id, minutes: i64, key: Uuid) -> Result<Issued, Failure> {
        let now = self.now();
        let end = now + SignedDuration::from_mins(minutes);
        let mut world = self.world();
        world.next += 1;
        let secret = format!("secret-{}-end", world.next);
        let held = world.held.iter_mut().find(|held| held.id == *id).ok_or_else(gone)?;
        // One old secret at most.
        held.secrets.drain(..held.secrets.len() - 1);
        held.secrets[0].1 = Some(end);
        held.secrets.push((secret.clone(), None));
        held.rotated = Some(now);
        held.window = (minutes > 0).then_some(Window { began: now, ends: end });
        let held = held.clone();
        world.keys.insert(key, (id.clone(), secret.clone()));
        drop(world);
        Ok(self.issued(&held, &secret))
    }
}

fn cut() -> Failure {
    Failure::new(FailureKind::CutOff, "").unknown()
}

fn gone() -> Failure {
    Failure::new(FailureKind::NotFound, "")
}

#[async_trait]
impl Backend for Server {
    fn abilities(&self) -> &'static Abilities {
        self.abilities
    }

    fn skew(&self) -> Skew {
        Skew::default()
    }

    async fn inspect(&self) -> Result<ServerInfo, Failure> {
        Ok(ServerInfo {
            title: "modelled".into(),
            version: "1".into(),
            skew: Skew::default(),
            refuses_login: None,
            notes: Vec::new(),
            survives: Survives::default(),
        })
    }

    async fn log_in(&self, _: Login) -> Result<Session, Failure> {
        Ok(crate::forms::session())
    }

    async fn begin_device(&self) -> Result<DeviceLogin, Failure> {
        Err(not_here("devices"))
    }

    async fn ask_device(&self, _: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        Err(not_here("devices"))
    }

    async fn renew(&self, _: &Session) -> Result<Session, Failure> {
        Ok(crate::forms::session())
    }

    async fn list(&self, _: &Session) -> Result<Listing, Failure> {
        let spoil = self.heard().await?;
        let credentials = self.world().held.iter().map(|held| self.row(held)).collect();
        self.answer(spoil, Listing { owners: vec![owner()], credentials, ..Listing::default() }).await
    }

    async fn read(&self, _: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        let spoil = self.heard().await?;
        let row = self.world().held.iter().find(|held| held.id == credential.id).map(|held| self.row(held));
        self.answer(spoil, row).await?.ok_or_else(gone)
    }

    async fn create(&self, _: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        let spoil = self.heard().await?;
        let again = self.repeated(request.idempotency_key, self.kind.replay.create.is_some());
        let made = again.unwrap_or_else(|| self.make(&request.name, None, request.idempotency_key));
        self.answer(spoil, made).await
    }

    async fn rotate(&self, _: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        let spoil = self.heard().await?;
        let (id, key) = (&request.credential.id, request.idempotency_key);
        if let Some(again) = self.repeated(key, self.kind.replay.rotate.is_some()) {
            return self.answer(spoil, again).await;
        }
        let old = self.world().held.iter().find(|held| held.id == *id).cloned().ok_or_else(gone)?;
        let made = match self.kind.rotation {
            RotationForm::TwoCredentials { .. } => self.make(&old.name, Some(id.clone()), key),
            RotationForm::ServerWindow { .. } => self.replace(id, request.retention.as_minutes(), key)?,
            RotationForm::CutOver { .. } => self.replace(id, 0, key)?,
        };
        self.answer(spoil, made).await
    }

    async fn edit(&self, _: &Session, _: &CredentialRef, _: &Edit) -> Result<Credential, Failure> {
        Err(not_here("editing"))
    }

    async fn revoke(&self, _: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        let spoil = self.heard().await?;
        let id = &credential.id;
        let (there, asked, successors) = {
            let world = self.world();
            let follow: Vec<String> = world
                .held
                .iter()
                .filter(|held| held.replaces.as_ref() == Some(id))
                .filter_map(|held| Some(held.secrets.last()?.0.clone()))
                .filter(|secret| world.taken.contains(secret))
                .collect();
            (world.held.iter().any(|held| held.id == *id), world.asked.contains(id), follow)
        };
        if !there {
            return self.answer(spoil, ()).await.and(Err(gone()));
        }
        let mut replaced = false;
        for secret in successors {
            replaced |= self.is_stored(&secret).await;
        }
        if !asked && !replaced {
            self.world()
                .wrong
                .push(format!("{} was revoked before its successor was stored and taken", id.as_str()));
        }
        self.world().held.retain(|held| held.id != *id);
        self.answer(spoil, ()).await
    }

    async fn verify(&self, secret: &Parts, _: Hearing<'_>) -> Result<Verdict, Failure> {
        let spoil = self.heard().await?;
        let text = secret.get("secret").map(|secret| secret.expose().to_owned()).unwrap_or_default();
        let verdict = if self.is_taken(&text) {
            let mut world = self.world();
            world.taken.insert(text.clone());
            let of = world.held.iter().find(|held| held.secrets.iter().any(|(own, _)| *own == text));
            let scopes = of.map_or(Granted::AsOwner, |held| self.row(held).scopes);
            Verdict::Accepted { who: OWNER.into(), scopes, untold: Vec::new() }
        } else {
            Verdict::Refused { why: "it is not known".into() }
        };
        self.answer(spoil, verdict).await
    }

    fn belongs_to(&self, _: &Secret) -> Option<Id> {
        None
    }

    async fn identify(&self, _: &Session, secret: &Secret, _: &[Id]) -> Result<Option<Credential>, Failure> {
        let spoil = self.heard().await?;
        let found = {
            let world = self.world();
            let own = |held: &&Held| held.secrets.iter().any(|(text, _)| text == secret.expose());
            world.held.iter().find(own).map(|held| self.row(held))
        };
        self.answer(spoil, found).await
    }

    async fn create_owner(&self, _: &Session, _: &str, _: &str) -> Result<Owner, Failure> {
        Err(not_here("owners"))
    }

    async fn enable_owner(&self, _: &Session, _: &Id, _: bool) -> Result<Owner, Failure> {
        Err(not_here("owners"))
    }

    async fn delete_owner(&self, _: &Session, _: &Id) -> Result<(), Failure> {
        Err(not_here("owners"))
    }
}
