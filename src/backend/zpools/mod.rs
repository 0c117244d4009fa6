//! zpools.io: personal access tokens (PATs) of one user.
//!
//! Owns the wire format, the scopes and how they are probed, and the server's refusals in words. Keeps out how bytes
//! travel (`http`) and what is done with an answer. Two things shape everything here: the server never says why it
//! refuses (see [`errors`]), and its gateway may answer from memory for five seconds (see [`probe`]). Start with
//! [`Zpools`]; each file beside this one is one thing that can be asked.

pub mod abilities;
mod convert;
mod dates;
mod errors;
pub mod found;
mod identify;
mod info;
mod list;
mod login;
mod page;
mod pats;
mod probe;
mod rcfile;
mod token;
mod wire;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::http::{Call, Http, Limits, Reply};
use super::{Backend, Clock, Context, DeviceAnswer, DeviceLogin, Hearing, Session, not_here};
use crate::domain::ability::Abilities;
use crate::domain::account::{Account, Endpoint};
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use crate::domain::session::ServerInfo;
use crate::domain::text::Text;
use crate::domain::time::{Skew, Timestamp};
use crate::secret::{Parts, Secret};

/// Opens the backend for an account. Touches no network.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    let sleep: Wait = Arc::new(|span| Box::pin(tokio::time::sleep(span)));
    Ok(Arc::new(Zpools::new(account, context, Limits::default(), sleep)))
}

/// Lets time pass; handed in so that tests need none.
type Wait = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// One account's server.
struct Zpools {
    http: Http,
    endpoint: Endpoint,
    clock: Clock,
    wait: Wait,
    /// Whether the gateway was seen to judge each request by itself, so that probes need no pauses.
    judges_each: AtomicBool,
    /// Whether the server was seen to have no login by password.
    login_is_off: AtomicBool,
}

impl Zpools {
    fn new(account: &Account, context: &Context, limits: Limits, wait: Wait) -> Self {
        Self {
            http: Http::new(&account.endpoint, account.ca_file.clone(), Arc::clone(&context.clock), limits),
            endpoint: account.endpoint.clone(),
            clock: Arc::clone(&context.clock),
            wait,
            judges_each: AtomicBool::new(false),
            login_is_off: AtomicBool::new(false),
        }
    }

    /// The server's time, as far as its answers have told it.
    fn now(&self) -> Timestamp {
        self.http.skew().server_time((self.clock)())
    }

    /// Sends a request with the session's bearer; an answer that is no success becomes its failure.
    async fn send(&self, session: &Session, call: Call<'_>) -> Result<Reply, Failure> {
        let reply = self.http.send(call).await?;
        if reply.is_success() {
            Ok(reply)
        } else {
            Err(errors::failure(&reply, token::read(session.bearer.expose())))
        }
    }
}

#[async_trait]
impl Backend for Zpools {
    fn abilities(&self) -> &'static Abilities {
        if self.login_is_off.load(Ordering::Relaxed) {
            &abilities::WITHOUT_LOGIN
        } else {
            &abilities::ABILITIES
        }
    }

    fn skew(&self) -> Skew {
        self.http.skew()
    }

    async fn inspect(&self) -> Result<ServerInfo, Failure> {
        self.describe().await
    }

    async fn log_in(&self, login: Login) -> Result<Session, Failure> {
        self.log_in_with(&login).await
    }

    async fn begin_device(&self) -> Result<DeviceLogin, Failure> {
        Err(not_here("login by device"))
    }

    async fn ask_device(&self, _: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        Err(not_here("login by device"))
    }

    async fn renew(&self, _: &Session) -> Result<Session, Failure> {
        Err(Failure::new(FailureKind::LoggedOut, "a login lasts an hour here and cannot renew itself"))
    }

    async fn list(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_all(session).await
    }

    async fn read(&self, session: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        self.read_pat(session, &credential.id).await
    }

    async fn create(&self, session: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        self.create_pat(session, request).await
    }

    async fn rotate(&self, session: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        self.replace_pat(session, request).await
    }

    async fn edit(&self, _: &Session, _: &CredentialRef, _: &Edit) -> Result<Credential, Failure> {
        Err(not_here("way to change a PAT; make another one and revoke this one"))
    }

    async fn revoke(&self, session: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        self.revoke_pat(session, &credential.id).await
    }

    async fn verify(&self, secret: &Parts, hearing: Hearing<'_>) -> Result<Verdict, Failure> {
        self.verify_pat(secret, hearing).await
    }

    fn belongs_to(&self, _: &Secret) -> Option<Id> {
        // Nothing of the row is in the token; see `identify`.
        None
    }

    async fn identify(
        &self,
        session: &Session,
        secret: &Secret,
        known: &[Id],
    ) -> Result<Option<Credential>, Failure> {
        self.find_row(session, secret, known).await
    }

    async fn why_refused(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<Option<Text>, Failure> {
        self.reason_in_list(session, &credential.id).await.map(Some)
    }

    fn creation_page(&self, session: &Session, request: &CreateRequest) -> Option<Text> {
        self.page_for(session, request)
    }

    async fn create_owner(&self, _: &Session, _: &str, _: &str) -> Result<Owner, Failure> {
        Err(not_here("way to make a user"))
    }

    async fn enable_owner(&self, _: &Session, _: &Id, _: bool) -> Result<Owner, Failure> {
        Err(not_here("way to switch a user off"))
    }

    async fn delete_owner(&self, _: &Session, _: &Id) -> Result<(), Failure> {
        Err(not_here("way to delete a user"))
    }
}
