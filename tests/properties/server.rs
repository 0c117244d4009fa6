//! A server in memory that replaces secrets in whichever form a kind of credential says, and goes wrong where it is told
//! to. It watches whoever uses it: what is sent twice, and what is ended before something took its place.
//!
//! Long because it is one server: every question of the trait, over one world that judges them together.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use keywright::backend::{Backend, DeviceAnswer, DeviceLogin, Hearing, Session, not_here};
use keywright::domain::ability::{Abilities, CredentialAbility, RotationForm, ScopeModel};
use keywright::domain::answer::{Issued, Listing, Verdict};
use keywright::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Particulars, Window};
use keywright::domain::failure::{Effected, Failure, FailureKind};
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

use crate::faults::{Faults, Spoil, die};

/// The one owner.
pub const OWNER: &str = "ci-runner";

/// The clocks of the world. Those of the server and of the machine differ by what the machine's was set ahead.
pub struct Clocks {
    passed: AtomicI64,
    ahead: AtomicI64,
}

impl Clocks {
    /// Both at the beginning.
    pub fn new() -> Self {
        Self { passed: AtomicI64::new(0), ahead: AtomicI64::new(0) }
    }

    /// Seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.passed.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The machine's clock is set by so many seconds.
    pub fn set(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// By the machine's clock.
    pub fn here(&self) -> Timestamp {
        self.there() + SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst))
    }

    /// By the server's.
    pub fn there(&self) -> Timestamp {
        let begin: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a moment");
        begin + SignedDuration::from_secs(self.passed.load(Ordering::SeqCst))
    }
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
    scopes: Vec<String>,
    /// Whether that is more than was asked for.
    wider: bool,
    enabled: bool,
    /// How long the one it replaces is to live on, and since when.
    retain: i64,
    taken_at: Option<Timestamp>,
}

#[derive(Default)]
struct World {
    held: Vec<Held>,
    /// What is not there any more; what took its place goes on standing in for what it had replaced.
    ended: Vec<Held>,
    /// What went while two programs acted at once.
    just_ended: HashSet<Id>,
    next: u32,
    /// What was made under which key.
    keys: HashMap<Uuid, (Id, String)>,
    /// When that was.
    sent: HashMap<Uuid, Timestamp>,
    /// What was answered then.
    answers: HashMap<Uuid, Held>,
    /// What people wanted to end.
    asked: HashSet<Id>,
    /// Those whose end was asked for, with an answer that never came, and at which nobody has looked since.
    unsure: HashSet<Id>,
    /// What belongs to somebody else.
    foreign: HashSet<String>,
    /// How far the machine's clock was ahead at the last answer.
    ahead: i64,
    /// What a server behind a proxy is still at, and when it gets there.
    late: Vec<(Timestamp, Write)>,
    /// When two programs began to act at once, as long as they do.
    both: Option<Timestamp>,
    /// Secrets that were presented and taken.
    taken: HashSet<String>,
    /// Every secret that was made, the oldest first, and whose.
    made: Vec<(Id, String)>,
    /// What was ended by a question that nobody heard the answer of.
    ended_unheard: HashSet<Id>,
    /// What is answered to whoever presents a secret.
    mood: Mood,
    wider: bool,
    wrong: Vec<String>,
}

/// What is answered to whoever presents a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// What is true.
    #[default]
    True,
    /// That it is not known, so many times: it takes a while until a new one is known everywhere.
    NotYet(u32),
    /// That nothing can be told.
    Untold,
    /// Nothing: the connection ends.
    Cut,
}

impl World {
    /// This one is not there any more.
    fn end(&mut self, id: &Id) {
        let (ended, held) = std::mem::take(&mut self.held).into_iter().partition(|held| held.id == *id);
        self.held = held;
        let ended = ended.into_iter().map(|held| Held { enabled: false, ..held });
        if self.both.is_some() {
            self.just_ended.insert(id.clone());
        }
        self.ended.extend(ended);
    }

    /// What took the place of a credential, whether that is still there or not.
    fn next_of(&self, id: &Id) -> impl Iterator<Item = &Held> {
        self.held.iter().chain(&self.ended).filter(move |held| held.replaces.as_ref() == Some(id))
    }

    /// A credential, and those that took its place one after the other.
    fn line_of<'w>(&'w self, first: &'w Held) -> Vec<&'w Held> {
        let mut line = vec![first];
        let mut at = 0;
        while let Some(one) = line.get(at).copied() {
            line.extend(self.next_of(&one.id));
            at += 1;
        }
        line
    }
}

/// A question that changes something.
enum Write {
    Make { name: String, scopes: Vec<String>, replaces: Option<(Id, i64)>, key: Uuid },
    Replace { id: Id, minutes: i64, key: Uuid },
    End(Id),
}

/// How long a server may be at a question whose connection has ended, in seconds.
const LATE: i64 = 60;

/// The server.
pub struct Server {
    /// Whose abilities it has.
    pub abilities: &'static Abilities,
    /// What is to go wrong.
    pub faults: Faults,
    /// The clocks.
    pub clocks: Clocks,
    /// Told whenever a secret is refused.
    pub refusal: Notify,
    kind: &'static CredentialAbility,
    /// Whether a secret says whose it is.
    tells: bool,
    world: Mutex<World>,
    vault: OnceLock<Vault>,
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
    /// An empty one.
    pub fn new(abilities: &'static Abilities, kind: &'static CredentialAbility, tells: bool) -> Self {
        Self {
            abilities,
            faults: Faults::default(),
            clocks: Clocks::new(),
            refusal: Notify::new(),
            kind,
            tells,
            world: Mutex::default(),
            vault: OnceLock::new(),
        }
    }

    /// Where the programs keep their secrets; it looks there only to judge.
    pub fn watch(&self, vault: Vault) {
        drop(self.vault.set(vault));
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no panic")
    }

    fn now(&self) -> Timestamp {
        // It is a second later whenever it is asked, so that no two moments are one.
        self.clocks.pass(1);
        self.clocks.there()
    }

    /// What is asked for at a create.
    pub fn scopes(&self) -> Vec<String> {
        match self.kind.scopes {
            ScopeModel::AsOwner(_) => Vec::new(),
            ScopeModel::Chosen(_) => vec![String::from("read"), String::from("write")],
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

    /// Two programs begin or cease to act at once.
    pub fn both(&self, at_once: bool) {
        let now = at_once.then(|| self.now());
        let mut world = self.world();
        world.both = now;
        world.just_ended.clear();
    }

    /// Somebody else ends one, or makes one of their own, or replaces the secret of one where that is how it is done.
    pub fn somebody_else(&self, acts: usize) {
        let now = self.now();
        let mut world = self.world();
        world.next += 1;
        let theirs = format!("secret-{}-end", world.next);
        world.foreign.insert(theirs.clone());
        let count = world.held.len();
        let in_place = !matches!(self.kind.rotation, RotationForm::TwoCredentials { .. });
        match acts % 3 {
            0 if count > 0 => {
                let id = world.held[acts / 3 % count].id.clone();
                world.end(&id);
            }
            1 if count > 0 && in_place => replace(&mut world.held[acts / 3 % count], theirs, now, now),
            _ => {
                let id = Id::new(format!("c{}", world.next));
                world.held.push(Held::new(id, "theirs", theirs, now));
            }
        }
    }

    /// What was made under a key, if it works.
    pub fn works_of(&self, key: Uuid) -> Option<(Id, String)> {
        let made = self.world().keys.get(&key).cloned();
        made.filter(|(_, secret)| self.is_taken(secret))
    }

    /// What is answered to whoever presents a secret from now on.
    pub fn answer_with(&self, mood: Mood) {
        self.world().mood = mood;
    }

    /// Whether what was made under a key was presented and taken, or what has replaced it since.
    pub fn was_taken(&self, key: Uuid) -> bool {
        let world = self.world();
        let Some((id, secret)) = world.keys.get(&key) else { return false };
        let since = world.made.iter().skip_while(|(_, made)| made != secret);
        since.filter(|(of, _)| of == id).any(|(_, made)| world.taken.contains(made))
    }

    /// What was ended by a question that nobody heard the answer of.
    pub fn ended_unheard(&self) -> HashSet<Id> {
        self.world().ended_unheard.clone()
    }

    /// Whether it has a credential.
    pub fn has(&self, id: &Id) -> bool {
        self.world().held.iter().any(|held| held.id == *id)
    }

    /// Whether it is still at a question whose connection has ended.
    pub fn is_still_at_something(&self) -> bool {
        !self.world().late.is_empty()
    }

    /// Whether one is there and works.
    pub fn works(&self, id: &Id) -> bool {
        self.world().held.iter().any(|held| held.id == *id && held.enabled)
    }

    /// Somebody else removes this one.
    pub fn remove(&self, id: &Id) {
        self.world().end(id);
    }

    /// Somebody else switches this one off.
    pub fn switch_off(&self, id: &Id) {
        let mut world = self.world();
        world.held.iter_mut().filter(|held| held.id == *id).for_each(|held| held.enabled = false);
    }

    /// What must not have happened, and did.
    pub fn wrong(&self) -> Vec<String> {
        self.world().wrong.clone()
    }

    /// Whether this one may do more than it should.
    pub fn is_wider(&self, id: &Id) -> bool {
        self.world().held.iter().any(|held| held.id == *id && held.wider)
    }

    /// Every credential with its current secret, but those of somebody else.
    pub fn living(&self) -> Vec<(Id, String)> {
        let world = self.world();
        let living =
            world.held.iter().filter_map(|held| Some((held.id.clone(), held.secrets.last()?.0.clone())));
        living.filter(|(_, secret)| !world.foreign.contains(secret)).collect()
    }

    /// Every current secret that works.
    pub fn secrets(&self) -> Vec<String> {
        self.living().into_iter().map(|(_, secret)| secret).filter(|secret| self.is_taken(secret)).collect()
    }

    /// Whether a secret would be taken now.
    pub fn is_taken(&self, secret: &str) -> bool {
        let now = self.clocks.there();
        let works =
            |(own, end): &(String, Option<Timestamp>)| own == secret && end.is_none_or(|end| end > now);
        self.world().held.iter().any(|held| held.enabled && held.secrets.iter().any(works))
    }

    /// Whether a secret is in the keyring.
    pub async fn is_stored(&self, secret: &str) -> bool {
        let vault = self.vault.get().expect("a vault");
        self.faults.judge(true);
        let mut found = false;
        for entry in vault.entries().await.expect("names") {
            let stored = vault.read(&entry).await.expect("readable");
            found |= stored.is_some_and(|stored| stored.expose().contains(secret));
        }
        self.faults.judge(false);
        found
    }

    /// How it answers this time to a secret that is presented.
    fn mood(&self) -> Mood {
        let mut world = self.world();
        let mood = world.mood;
        if let Mood::NotYet(times) = mood {
            world.mood = if times > 1 { Mood::NotYet(times - 1) } else { Mood::True };
        }
        mood
    }

    /// What goes wrong with this question, if anything does before it is heard.
    async fn heard(&self) -> Result<Spoil, Failure> {
        // Another program may be faster.
        tokio::task::yield_now().await;
        self.catch_up();
        match self.faults.question() {
            Spoil::Refused => Err(Failure::new(FailureKind::Forbidden, "")),
            Spoil::CutBefore => Err(cut()),
            Spoil::DiesBefore => die(),
            other => Ok(other),
        }
    }

    /// The answer, if it arrives.
    async fn answer<T>(&self, spoil: Spoil, answer: T) -> Result<T, Failure> {
        tokio::task::yield_now().await;
        match spoil {
            Spoil::CutAfter => Err(cut()),
            Spoil::DiesAfter => die(),
            _ => {
                self.world().ahead = self.clocks.here().duration_since(self.clocks.there()).as_secs();
                Ok(answer)
            }
        }
    }

    /// Does what it was still at.
    fn catch_up(&self) {
        let now = self.clocks.there();
        let due = {
            let mut world = self.world();
            let (due, later) = std::mem::take(&mut world.late).into_iter().partition(|(at, _)| *at <= now);
            world.late = later;
            due
        };
        let due: Vec<(Timestamp, Write)> = due;
        for (_, write) in due {
            match &write {
                // Where it repeats its answers it was asked again since, and knows that.
                Write::Make { key, .. } | Write::Replace { key, .. }
                    if self.world().keys.contains_key(key) =>
                {
                    continue;
                }
                Write::End(id) if self.has(id) => drop(self.world().ended_unheard.insert(id.clone())),
                Write::Make { .. } | Write::Replace { .. } | Write::End(_) => {}
            }
            // What it was to be done to may be gone by then.
            drop(self.write(write));
        }
    }

    /// Does something, unless it is for later.
    fn write_or_not(&self, spoil: Spoil, write: Write) -> Result<Option<Issued>, Failure> {
        if spoil == Spoil::Late {
            let at = self.clocks.there() + SignedDuration::from_secs(LATE);
            self.world().late.push((at, write));
            return Err(cut());
        }
        self.write(write)
    }

    fn write(&self, write: Write) -> Result<Option<Issued>, Failure> {
        match write {
            Write::Make { name, scopes, replaces, key } => Ok(Some(self.make(&name, &scopes, replaces, key))),
            Write::Replace { id, minutes, key } => self.replace(&id, minutes, key).map(Some),
            Write::End(id) => {
                self.world().end(&id);
                Ok(None)
            }
        }
    }

    /// Nobody may be asked for a secret that cannot be kept.
    fn may_be_kept(&self) {
        // Of two programs one may meet the lock that the other one's call was to find.
        if self.faults.is_locked() && self.world().both.is_none() {
            self.world().wrong.push(String::from("a secret was asked for while the keyring was locked"));
        }
    }

    fn row(&self, held: &Held) -> Credential {
        let scopes = match &self.kind.scopes {
            ScopeModel::AsOwner(_) => Granted::AsOwner,
            ScopeModel::Chosen(_) => {
                Granted::Listed(held.scopes.iter().map(|scope| Text::clean(scope)).collect())
            }
        };
        // What the server tells of a replacement in place.
        let told = self.kind.rotations().all(|form| match form {
            RotationForm::ServerWindow { .. } | RotationForm::TwoCredentials { .. } => true,
            RotationForm::CutOver { told, .. } => *told,
        });
        let windows = self.kind.rotations().all(|form| match form {
            RotationForm::ServerWindow { told, .. } => *told,
            RotationForm::TwoCredentials { .. } | RotationForm::CutOver { .. } => true,
        });
        Credential {
            id: held.id.clone(),
            owner: owner().reference(),
            name: if self.kind.named_here { Text::default() } else { held.name.as_str().into() },
            kind: self.kind.noun,
            description: Text::default(),
            scopes,
            created: Some(held.created),
            rotated: held.rotated.filter(|_| told),
            expires: Expiry::Never,
            last_use: LastUse::Never,
            enabled: held.enabled,
            owner_enabled: true,
            window: held.window.filter(|_| windows),
            particulars: Particulars::default(),
        }
    }

    fn issued(&self, held: &Held, secret: &str) -> Issued {
        let part = Part { name: "secret", secret: Secret::new(secret.to_owned()) };
        Issued { credential: self.row(held), parts: Parts::named(vec![part]), note: None }
    }

    /// The same answer again, where that is promised; a write that is repeated without is wrong.
    fn repeated(&self, key: Uuid, replays: Option<SignedDuration>) -> Option<Issued> {
        let now = self.now();
        let mut world = self.world();
        let first = *world.sent.entry(key).or_insert(now);
        let (id, secret) = world.keys.get(&key).cloned()?;
        match replays {
            None => world.wrong.push(String::from("the same write was sent twice")),
            Some(span) if now.duration_since(first) > span => {
                world.wrong.push(String::from("the same write was sent again after it was forgotten"));
            }
            Some(_) => {}
        }
        world.held.iter().find(|held| held.id == id)?;
        let then = world.answers.get(&key)?.clone();
        drop(world);
        Some(self.issued(&then, &secret))
    }

    fn make(&self, name: &str, wanted: &[String], replaces: Option<(Id, i64)>, key: Uuid) -> Issued {
        let now = self.now();
        let mut world = self.world();
        world.next += 1;
        let (id, secret) = (Id::new(format!("c{}", world.next)), format!("secret-{}-end", world.next));
        let wider = world.wider && !matches!(self.kind.scopes, ScopeModel::AsOwner(_));
        let more = wider.then(|| String::from("admin"));
        let (replaces, retain) = replaces.map_or((None, 0), |(old, minutes)| (Some(old), minutes));
        let held = Held {
            scopes: wanted.iter().cloned().chain(more).collect(),
            wider: wider && !wanted.contains(&String::from("admin")),
            replaces,
            retain,
            ..Held::new(id, name, secret.clone(), now)
        };
        world.keys.insert(key, (held.id.clone(), secret.clone()));
        world.made.push((held.id.clone(), secret.clone()));
        world.answers.insert(key, held.clone());
        world.held.push(held.clone());
        drop(world);
        self.issued(&held, &secret)
    }

    fn replace(&self, id: &Id, minutes: i64, key: Uuid) -> Result<Issued, Failure> {
        let now = self.now();
        let mut world = self.world();
        world.next += 1;
        let secret = format!("secret-{}-end", world.next);
        let held = world.held.iter_mut().find(|held| held.id == *id).ok_or_else(gone)?;
        replace(held, secret.clone(), now, now + SignedDuration::from_mins(minutes));
        let held = held.clone();
        world.keys.insert(key, (id.clone(), secret.clone()));
        world.made.push((id.clone(), secret.clone()));
        world.answers.insert(key, held.clone());
        drop(world);
        Ok(self.issued(&held, &secret))
    }

    /// Somebody is about to end a credential, for good or for now: whether that may be.
    async fn judge_end(&self, id: &Id) {
        let here = self.clocks.here();
        let (asked, successors) = {
            let world = self.world();
            let mut follow = Vec::new();
            for next in world.next_of(id) {
                let end = next.taken_at.map(|at| at + SignedDuration::from_mins(next.retain));
                let its_time = end.is_some_and(|end| end <= here);
                // What another program ends at the same moment cannot be known either.
                let there = |held: &&Held| held.enabled || world.just_ended.contains(&held.id);
                for held in world.line_of(next).into_iter().filter(there) {
                    let Some((secret, _)) = held.secrets.last() else { continue };
                    // What another program replaces at the same moment cannot be known.
                    let just_now = world.both.is_some_and(|since| held.rotated.is_some_and(|at| at >= since));
                    if world.taken.contains(secret) || (held.taken_at.is_some() && just_now) {
                        follow.push((secret.clone(), its_time));
                    }
                }
            }
            (world.asked.contains(id), follow)
        };
        if asked {
            return;
        }
        let (mut replaced, mut over) = (false, false);
        for (secret, its_time) in successors {
            if self.is_stored(&secret).await || self.world().both.is_some() {
                replaced = true;
                over |= its_time;
            }
        }
        let id = id.as_str();
        let wrong = &mut self.world().wrong;
        if !replaced {
            wrong.push(format!("{id} was revoked before its successor was stored and taken"));
        } else if !over {
            wrong.push(format!("{id} was revoked before its window was over"));
        }
    }
}

impl Held {
    fn new(id: Id, name: &str, secret: String, created: Timestamp) -> Self {
        Self {
            id,
            name: name.to_owned(),
            secrets: vec![(secret, None)],
            created,
            rotated: None,
            window: None,
            replaces: None,
            scopes: Vec::new(),
            wider: false,
            enabled: true,
            retain: 0,
            taken_at: None,
        }
    }
}

/// A new secret in the place of the current one, which works until the end. There is one old secret at most.
fn replace(held: &mut Held, secret: String, now: Timestamp, end: Timestamp) {
    held.secrets.drain(..held.secrets.len() - 1);
    held.secrets[0].1 = Some(end);
    held.secrets.push((secret, None));
    held.rotated = Some(now);
    held.window = (end > now).then_some(Window { began: now, ends: end });
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
        Skew(-self.world().ahead)
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
        Ok(crate::machine::session())
    }

    async fn begin_device(&self) -> Result<DeviceLogin, Failure> {
        Err(not_here("devices"))
    }

    async fn ask_device(&self, _: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        Err(not_here("devices"))
    }

    async fn renew(&self, _: &Session) -> Result<Session, Failure> {
        Ok(crate::machine::session())
    }

    async fn list(&self, _: &Session) -> Result<Listing, Failure> {
        let spoil = self.heard().await?;
        self.world().unsure.clear();
        let credentials = self.world().held.iter().map(|held| self.row(held)).collect();
        self.answer(spoil, Listing { owners: vec![owner()], credentials, ..Listing::default() }).await
    }

    async fn read(&self, _: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        let spoil = self.heard().await?;
        self.world().unsure.remove(&credential.id);
        let row = self.world().held.iter().find(|held| held.id == credential.id).map(|held| self.row(held));
        self.answer(spoil, row).await?.ok_or_else(gone)
    }

    async fn create(&self, _: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        let spoil = self.heard().await?;
        self.may_be_kept();
        let again = self.repeated(request.idempotency_key, self.kind.replay.create);
        let made = if let Some(again) = again {
            again
        } else {
            let (name, scopes) = (request.name.clone(), request.scopes.clone());
            let make = Write::Make { name, scopes, replaces: None, key: request.idempotency_key };
            self.write_or_not(spoil, make)?.ok_or_else(gone)?
        };
        self.answer(spoil, made).await
    }

    async fn rotate(&self, _: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        let spoil = self.heard().await?;
        self.may_be_kept();
        let (id, key) = (&request.credential.id, request.idempotency_key);
        if let Some(again) = self.repeated(key, self.kind.replay.rotate) {
            return self.answer(spoil, again).await;
        }
        let old = self.world().held.iter().find(|held| held.id == *id).cloned().ok_or_else(gone)?;
        let minutes = request.retention.as_minutes();
        let write = match self.kind.rotation {
            RotationForm::TwoCredentials { .. } if !request.in_place => {
                let scopes = request.scopes.clone().unwrap_or(old.scopes);
                Write::Make { name: old.name, scopes, replaces: Some((id.clone(), minutes)), key }
            }
            RotationForm::ServerWindow { .. } => Write::Replace { id: id.clone(), minutes, key },
            RotationForm::TwoCredentials { .. } | RotationForm::CutOver { .. } => {
                Write::Replace { id: id.clone(), minutes: 0, key }
            }
        };
        let made = self.write_or_not(spoil, write)?.ok_or_else(gone)?;
        self.answer(spoil, made).await
    }

    /// A file can be read again.
    async fn recover(&self, _: &Session, key: Uuid) -> Result<Option<Issued>, Failure> {
        if self.abilities.restart.is_none() {
            return Ok(None);
        }
        let spoil = self.heard().await?;
        let found = {
            let world = self.world();
            let made = world.keys.get(&key);
            made.and_then(|(id, secret)| {
                let held = world.held.iter().find(|held| held.id == *id)?;
                Some((held.clone(), secret.clone()))
            })
        };
        self.answer(spoil, found.map(|(held, secret)| self.issued(&held, &secret))).await
    }

    async fn edit(
        &self,
        _: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        let spoil = self.heard().await?;
        if edit.enabled == Some(false) && self.has(&credential.id) {
            self.judge_end(&credential.id).await;
        }
        let edited = {
            let mut world = self.world();
            let held = world.held.iter_mut().find(|held| held.id == credential.id).ok_or_else(gone)?;
            held.enabled = edit.enabled.unwrap_or(held.enabled);
            held.clone()
        };
        self.answer(spoil, self.row(&edited)).await
    }

    async fn revoke(&self, _: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        let id = &credential.id;
        let again = !self.world().unsure.insert(id.clone());
        let heard = self.heard().await;
        if heard.as_ref().is_err_and(|failure| failure.effected == Effected::No) && !again {
            self.world().unsure.remove(id);
        }
        let spoil = heard?;
        if again && !self.world().asked.contains(id) {
            let wrong =
                format!("{} was revoked again before anybody looked whether it was needed", id.as_str());
            self.world().wrong.push(wrong);
        }
        if !self.has(id) {
            return self.answer(spoil, ()).await.and(Err(gone()));
        }
        self.judge_end(id).await;
        self.write_or_not(spoil, Write::End(id.clone()))?;
        if spoil == Spoil::Nothing {
            self.world().unsure.remove(id);
        } else {
            self.world().ended_unheard.insert(id.clone());
        }
        self.answer(spoil, ()).await
    }

    async fn verify(&self, secret: &Parts, _: Hearing<'_>) -> Result<Verdict, Failure> {
        let spoil = self.heard().await?;
        let text = secret.get("secret").map(|secret| secret.expose().to_owned()).unwrap_or_default();
        match self.mood() {
            Mood::True => {}
            Mood::NotYet(_) => return Ok(Verdict::Refused { why: "it is not known".into() }),
            Mood::Untold => return Ok(Verdict::Untold { why: "it cannot be told".into() }),
            Mood::Cut => return Err(cut()),
        }
        let verdict = if self.is_taken(&text) {
            let mut world = self.world();
            world.taken.insert(text.clone());
            let (own, here) = (|(own, _): &(String, _)| *own == text, self.clocks.here());
            if let Some(held) = world.held.iter_mut().find(|held| held.secrets.iter().any(own)) {
                held.taken_at.get_or_insert(here);
            }
            let of = world.held.iter().find(|held| held.secrets.iter().any(|(own, _)| *own == text));
            let scopes = of.map_or(Granted::AsOwner, |held| self.row(held).scopes);
            Verdict::Accepted { who: OWNER.into(), scopes, untold: Vec::new() }
        } else {
            self.refusal.notify_waiters();
            Verdict::Refused { why: "it is not known".into() }
        };
        self.answer(spoil, verdict).await
    }

    fn belongs_to(&self, secret: &Secret) -> Option<Id> {
        let world = self.world();
        let mut made = world.keys.values();
        let own = made.find(|(_, text)| text == secret.expose())?;
        self.tells.then(|| own.0.clone())
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
