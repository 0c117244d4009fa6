//! Kitaru: one name for two unlike servers. Up to 0.21 it was a `ZenML` server (generation Z), since 0.22 it is
//! Kitaru's own (generation K).
//!
//! Which one stands behind an address is asked of it without credentials, and everything else is that generation's
//! adapter's: `z` or `k`. Keeps out how bytes travel (`http`) and what is done with an answer. Start with [`Kitaru`].

mod found;
mod info;
mod k;
mod key;
mod wire;
mod z;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::http::{Http, Limits, Reply};
use super::{Backend, Context, DeviceAnswer, DeviceLogin, Hearing, Session, Taking, untaken};
use crate::domain::ability::Abilities;
use crate::domain::account::Account;
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use crate::domain::session::ServerInfo;
use crate::domain::text::Text;
use crate::domain::time::Skew;
use crate::secret::{Parts, Secret};

pub use found::find;

/// What can be done before a server was asked, and on `ZenML` servers.
pub static ABILITIES: &Abilities = &z::ABILITIES;

/// What can be done on servers of the other kind.
pub static OTHERS: &[&Abilities] = &[&k::ABILITIES];

/// Opens the backend for an account. Touches no network.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    Ok(Arc::new(Kitaru::new(account, context, Limits::default())))
}

/// Which of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// A `ZenML` server.
    Z,
    /// Kitaru's own.
    K,
}

impl Generation {
    fn words(self) -> &'static str {
        match self {
            Self::Z => "a ZenML server (generation Z)",
            Self::K => "a Kitaru server from 0.22 on (generation K)",
        }
    }
}

/// What is known of the server behind an address.
#[derive(Clone)]
struct Known {
    generation: Generation,
    adapter: Arc<dyn Backend>,
}

/// One account's server, of either generation.
struct Kitaru {
    http: Arc<Http>,
    context: Context,
    /// What it was when it was last asked.
    known: Mutex<Option<Known>>,
}

impl Kitaru {
    fn new(account: &Account, context: &Context, limits: Limits) -> Self {
        let clock = Arc::clone(&context.clock);
        let http = Http::new(&account.endpoint, account.ca_file.clone(), clock, limits);
        Self { http: Arc::new(http), context: context.clone(), known: Mutex::new(None) }
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the server what it is now.
    async fn ask(&self) -> Result<Known, Failure> {
        let info = info::ask(&self.http).await?;
        let generation = info.generation()?;
        let http = Arc::clone(&self.http);
        let adapter: Arc<dyn Backend> = match generation {
            Generation::Z => Arc::new(z::Adapter::new(http, &self.context, Some(z::Server::of(&info)?))),
            Generation::K => Arc::new(k::Adapter::new(http, &self.context, k::Server::of(&info)?)),
        };
        let known = Known { generation, adapter };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    /// The adapter for what the server is, asked once.
    async fn adapter(&self) -> Result<Arc<dyn Backend>, Failure> {
        let known = match self.known() {
            Some(known) => known,
            None => self.ask().await?,
        };
        Ok(known.adapter)
    }

    /// A reading that went wrong in a way a server of the other generation would cause: then it is asked again what
    /// it is, and a change is said.
    async fn explained<T>(&self, done: Result<T, Failure>) -> Result<T, Failure> {
        let odd =
            |failure: &Failure| matches!(failure.kind, FailureKind::Unexpected | FailureKind::LoggedOut);
        let failure = match done {
            Err(failure) if odd(&failure) => failure,
            done => return done,
        };
        let before = self.known().map(|known| known.generation);
        match self.ask().await {
            Ok(now) if before.is_some_and(|before| before != now.generation) => {
                let words = format!("this address is now {}; log in again", now.generation.words());
                Err(Failure { detail: Some(Text::clean(&words)), ..failure })
            }
            Ok(_) | Err(_) => Err(failure),
        }
    }
}

/// Reads a body.
fn decode<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<T, Failure> {
    serde_json::from_slice(&reply.body).map_err(|_repeats_the_body| z::unexpected(reply, what))
}

/// The identifier as it may stand in a path: a UUID and nothing else.
fn path_id(id: &Id) -> Result<String, Failure> {
    Uuid::parse_str(id.as_str())
        .map(|id| id.to_string())
        .map_err(|_says_nothing_more| Failure::new(FailureKind::Invalid, "this identifier is not a UUID"))
}

#[async_trait]
impl Backend for Kitaru {
    fn abilities(&self) -> &'static Abilities {
        self.known().map_or(ABILITIES, |known| known.adapter.abilities())
    }

    fn skew(&self) -> Skew {
        self.http.skew()
    }

    async fn inspect(&self) -> Result<ServerInfo, Failure> {
        // One request tells which server it is and what there is to know about it.
        self.ask().await?.adapter.inspect().await
    }

    async fn log_in(&self, login: Login) -> Result<Session, Failure> {
        self.adapter().await?.log_in(login).await
    }

    async fn begin_device(&self) -> Result<DeviceLogin, Failure> {
        self.adapter().await?.begin_device().await
    }

    async fn ask_device(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        self.adapter().await?.ask_device(login).await
    }

    async fn renew(&self, session: &Session) -> Result<Session, Failure> {
        self.adapter().await?.renew(session).await
    }

    async fn list(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_in_parts(session, &untaken).await
    }

    async fn list_in_parts(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        let done = self.adapter().await?.list_in_parts(session, taking).await;
        self.explained(done).await
    }

    async fn read(&self, session: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        let done = self.adapter().await?.read(session, credential).await;
        self.explained(done).await
    }

    async fn create(&self, session: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        self.adapter().await?.create(session, request).await
    }

    async fn rotate(&self, session: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        self.adapter().await?.rotate(session, request).await
    }

    async fn edit(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        self.adapter().await?.edit(session, credential, edit).await
    }

    async fn revoke(&self, session: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        self.adapter().await?.revoke(session, credential).await
    }

    async fn verify(&self, secret: &Parts, hearing: Hearing<'_>) -> Result<Verdict, Failure> {
        self.adapter().await?.verify(secret, hearing).await
    }

    fn belongs_to(&self, secret: &Secret) -> Option<Id> {
        match self.known() {
            Some(known) => known.adapter.belongs_to(secret),
            None => [Generation::Z, Generation::K]
                .into_iter()
                .find_map(|generation| key::id_of(secret.expose(), generation))
                .map(|id| Id::new(id.to_string())),
        }
    }

    async fn why_refused(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<Option<Text>, Failure> {
        self.adapter().await?.why_refused(session, credential).await
    }

    async fn create_owner(&self, session: &Session, name: &str, description: &str) -> Result<Owner, Failure> {
        self.adapter().await?.create_owner(session, name, description).await
    }

    async fn enable_owner(&self, session: &Session, owner: &Id, enabled: bool) -> Result<Owner, Failure> {
        self.adapter().await?.enable_owner(session, owner, enabled).await
    }

    async fn delete_owner(&self, session: &Session, owner: &Id) -> Result<(), Failure> {
        self.adapter().await?.delete_owner(session, owner).await
    }
}
