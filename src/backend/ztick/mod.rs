//! ztick: a scheduler whose tokens stand in a file on its own machine and are checked over a socket.
//!
//! Owns the auth file ([`file`]), where it is (`store`, `remote`), the line protocol ([`wire`]) and the restart a change
//! needs. The file and the running server can disagree, because the server reads the file only when it starts; nothing
//! here pretends otherwise: `look` finds out what the server goes by, `list` says where the two differ, `change` edits,
//! `verify` presents. Secrets are in memory only while one of these runs.

pub mod abilities;
mod change;
pub mod file;
mod list;
mod look;
mod names;
mod program;
mod remote;
mod restart;
mod server;
mod settings;
mod store;
#[cfg(test)]
#[cfg(all(target_os = "linux", feature = "sandbox"))]
mod tests;
mod verify;
pub mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ring::hmac;
use ring::rand::SystemRandom;
use uuid::Uuid;

use self::file::{Outline, read};
use self::look::Server;
use self::remote::Remote;
use self::settings::Location;
use self::store::Store;
use self::wire::{Client, Limits, Place};
use super::{Backend, Clock, Context, DeviceAnswer, DeviceLogin, Hearing, Session, not_here};
use crate::domain::ability::Abilities;
use crate::domain::account::Account;
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use crate::domain::scope::ScopeOffer;
use crate::domain::session::{ServerInfo, SessionFacts, Survives};
use crate::domain::text::Text;
use crate::domain::time::Skew;
use crate::secret::{Parts, Secret};

/// Opens the backend for an account. Touches neither file nor network.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    Ok(Arc::new(Ztick::new(account, context, Limits::default())?))
}

/// One account: a file and the server that reads it.
struct Ztick {
    store: Store,
    location: Location,
    client: Client,
    restart: Option<Vec<String>>,
    prefix: String,
    config: Option<String>,
    clock: Clock,
    /// Marks lines for as long as this program runs, so that no secret has to be kept to notice a change.
    marks: hmac::Key,
    /// What was last looked at.
    seen: Mutex<Option<Outline>>,
}

impl Ztick {
    fn new(account: &Account, context: &Context, limits: Limits) -> Result<Self, Failure> {
        let invalid = |why: String| Failure::new(FailureKind::Invalid, why);
        let place = Place::parse(account.endpoint.as_str()).map_err(|why| invalid(why.to_string()))?;
        let typed = |field: &str| account.setting(field).map(str::trim).filter(|typed| !typed.is_empty());
        let file =
            typed("auth_file").ok_or_else(|| invalid(String::from("the account names no auth file")))?;
        let location = Location::parse(file).map_err(invalid)?;
        let sudo = typed("sudo").map_or(Ok(false), settings::yes).map_err(invalid)?;
        let store = match (Remote::new(&location, sudo), &location) {
            (Some(remote), _) => Store::There(remote),
            (None, Location::Here(_)) if sudo => {
                return Err(invalid(String::from(
                    "sudo is for files over ssh://; run keywright as who may write this one",
                )));
            }
            (None, Location::Here(path)) => Store::Here(path.clone()),
            (None, Location::There { .. }) => return Err(not_here("such place")),
        };
        let no_random =
            |_says_nothing| Failure::new(FailureKind::State, "the operating system gave no random bytes");
        Ok(Self {
            store,
            location,
            client: Client::new(place, account.ca_file.clone(), limits),
            restart: typed("restart").map(settings::words).transpose().map_err(invalid)?,
            prefix: typed("prefix").unwrap_or_default().to_owned(),
            config: typed("config").map(str::to_owned),
            clock: Arc::clone(&context.clock),
            marks: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(no_random)?,
            seen: Mutex::default(),
        })
    }

    fn seen(&self) -> MutexGuard<'_, Option<Outline>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the server is, as far as it tells anyone who has a token.
    async fn asked(&self) -> ServerInfo {
        let mut notes = Vec::new();
        let mut title = String::from("ztick");
        match self.store.load().await {
            Err(failure) => notes.push(Text::from(failure.sentence())),
            Ok(held) => {
                let reading = read(held.bytes());
                let look = self.look(&held, &reading.tokens).await;
                match &look.server {
                    Server::Running => {
                        // The moment and not how long ago: this is shown until it is asked for again.
                        let started =
                            look.started.map(|at| at.strftime(", started %Y-%m-%d %H:%M UTC").to_string());
                        title += &started.unwrap_or_default();
                        notes.extend(
                            look.newer
                                .then(|| Text::from(format!("a restart is pending. {}", self.by_hand()))),
                        );
                    }
                    Server::Open => notes.push(wire::Seen::OPEN.into()),
                    Server::TakesNone => notes.push("the running server takes no token of this file".into()),
                    Server::Unasked => notes.push("there is no token to ask the server with".into()),
                    Server::Odd(seen) => notes.push(seen.sentence().into()),
                    Server::Failed(failure) => notes.push(failure.sentence().into()),
                }
            }
        }
        let until = || {
            vec![Text::from(
                "everything, until the server is restarted; connections that are open keep their rights until then",
            )]
        };
        ServerInfo {
            title: title.into(),
            version: "not told".into(),
            skew: Skew::default(),
            refuses_login: None,
            notes,
            survives: Survives {
                rotate: vec![
                    "the old token, until it is taken out of the file and the server is restarted".into(),
                    "what it was shown: every token is shown the rules of all namespaces, passwords in their addresses \
                     included; if it leaked, change those too"
                        .into(),
                ],
                disable: Vec::new(),
                revoke: until(),
            },
        }
    }

    /// The session there always is: whoever may read the file may do everything here.
    fn session(&self) -> Session {
        let may = self.store.refuses_writing().map_or(Ok(()), |why| Err(Text::from(why)));
        let facts = SessionFacts {
            who: "file access".into(),
            kind: "user",
            may_create: may.clone(),
            may_revoke: may,
            expires: None,
            renews: false,
            // Nothing has to be kept for it to be there again.
            kept: true,
            credential: None,
        };
        Session { facts, bearer: Secret::new(String::new()), renewal: None }
    }
}

#[async_trait]
impl Backend for Ztick {
    /// One file: each change rests on the one before.
    fn at_once(&self) -> usize {
        1
    }

    fn abilities(&self) -> &'static Abilities {
        &abilities::ABILITIES
    }

    fn skew(&self) -> Skew {
        Skew::default()
    }

    async fn inspect(&self) -> Result<ServerInfo, Failure> {
        Ok(self.asked().await)
    }

    async fn log_in(&self, _: Login) -> Result<Session, Failure> {
        Ok(self.session())
    }

    fn standing(&self) -> Option<Session> {
        Some(self.session())
    }

    async fn begin_device(&self) -> Result<DeviceLogin, Failure> {
        Err(not_here("login"))
    }

    async fn ask_device(&self, _: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        Err(not_here("login"))
    }

    async fn renew(&self, _: &Session) -> Result<Session, Failure> {
        Ok(self.session())
    }

    async fn list(&self, _: &Session) -> Result<Listing, Failure> {
        self.list_all().await
    }

    async fn read(&self, _: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        self.read_one(credential).await
    }

    async fn scope_offers(&self, _: &Session, _: &str, _: &Id) -> Result<Vec<ScopeOffer>, Failure> {
        self.names_there().await
    }

    async fn create(&self, _: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        self.make(request).await
    }

    async fn rotate(&self, _: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        self.second(request).await
    }

    async fn recover(&self, _: &Session, idempotency_key: Uuid) -> Result<Option<Issued>, Failure> {
        self.made_by(idempotency_key).await
    }

    async fn edit(&self, _: &Session, _: &CredentialRef, _: &Edit) -> Result<Credential, Failure> {
        Err(not_here("way to change a token; rotate it, or edit its file"))
    }

    async fn revoke(&self, _: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        self.remove(credential).await
    }

    async fn verify(&self, secret: &Parts, _: Hearing<'_>) -> Result<Verdict, Failure> {
        self.present(secret).await
    }

    /// A secret says nothing of itself.
    fn belongs_to(&self, _: &Secret) -> Option<Id> {
        None
    }

    async fn identify(&self, _: &Session, secret: &Secret, _: &[Id]) -> Result<Option<Credential>, Failure> {
        self.find(secret).await
    }

    async fn restart(&self, _: &Session) -> Result<(), Failure> {
        self.restart_now().await
    }

    async fn create_owner(&self, _: &Session, _: &str, _: &str) -> Result<Owner, Failure> {
        Err(not_here("further auth file; add another account"))
    }

    async fn enable_owner(&self, _: &Session, _: &Id, _: bool) -> Result<Owner, Failure> {
        Err(not_here("switch for its auth file"))
    }

    async fn delete_owner(&self, _: &Session, _: &Id) -> Result<(), Failure> {
        Err(not_here("way to delete its auth file: without one the server asks nobody"))
    }
}
