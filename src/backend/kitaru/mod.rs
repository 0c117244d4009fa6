//! Kitaru, generation Z: a ZenML server's service accounts and API keys.
//!
//! Owns the server's wire format, its rules by version and its errors in words. Keeps out how bytes travel
//! (`http`) and what is done with an answer. The other generation is recognised and refused in words. Start with
//! [`Kitaru`]; each file beside this one is one thing that can be asked.

pub mod abilities;
mod convert;
mod device;
mod errors;
mod info;
mod key;
mod keys;
mod list;
mod login;
mod owners;
mod verify;
mod version;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use self::info::Server;
use super::http::{Call, Http, Limits, Reply};
use super::{Backend, Clock, Context, DeviceAnswer, DeviceLogin, Session};
use crate::domain::ability::Abilities;
use crate::domain::account::Account;
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use crate::domain::session::ServerInfo;
use crate::domain::time::Skew;
use crate::secret::{Parts, Secret};

/// Opens the backend for an account. Touches no network.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    Ok(Arc::new(Kitaru::new(account, context, Limits::default())))
}

/// One account's server.
struct Kitaru {
    http: Http,
    clock: Clock,
    device: Uuid,
    /// What the server last said about itself; asked for when first needed.
    server: Mutex<Option<Arc<Server>>>,
}

impl Kitaru {
    fn new(account: &Account, context: &Context, limits: Limits) -> Self {
        Self {
            http: Http::new(&account.endpoint, account.ca_file.clone(), Arc::clone(&context.clock), limits),
            clock: Arc::clone(&context.clock),
            device: context.device,
            server: Mutex::new(None),
        }
    }

    /// What the server is, asked once.
    async fn server(&self) -> Result<Arc<Server>, Failure> {
        let known = self.server.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(server) => Ok(server),
            None => self.ask_server().await,
        }
    }

    /// What the server is now.
    async fn ask_server(&self) -> Result<Arc<Server>, Failure> {
        let server = Arc::new(info::ask(&self.http).await?);
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&server));
        Ok(server)
    }

    /// Sends a request whose only news is that it was done.
    async fn send(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let reply = self.http.send(call).await?;
        if reply.is_success() { Ok(reply) } else { Err(errors::failure(&reply)) }
    }

    /// Sends a request and reads its answer, called `what` when it cannot be read.
    async fn ask<T: DeserializeOwned>(&self, call: Call<'_>, what: &str) -> Result<T, Failure> {
        decode(&self.send(call).await?, what)
    }
}

/// Reads a body.
fn decode<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<T, Failure> {
    serde_json::from_slice(&reply.body).map_err(|_repeats_the_body| errors::unexpected(reply, what))
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
        &abilities::ABILITIES
    }

    fn skew(&self) -> Skew {
        self.http.skew()
    }

    async fn inspect(&self) -> Result<ServerInfo, Failure> {
        let server = self.ask_server().await?;
        Ok(ServerInfo { skew: self.skew(), ..server.info.clone() })
    }

    async fn log_in(&self, login: Login) -> Result<Session, Failure> {
        self.log_in_with(&login).await
    }

    async fn begin_device(&self) -> Result<DeviceLogin, Failure> {
        self.begin_device_login().await
    }

    async fn ask_device(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        self.ask_device_login(login).await
    }

    async fn renew(&self, session: &Session) -> Result<Session, Failure> {
        self.renew_session(session).await
    }

    async fn list(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_all(session).await
    }

    async fn read(&self, session: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        self.read_key(session, credential).await
    }

    async fn create(&self, session: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        self.create_key(session, request).await
    }

    async fn rotate(&self, session: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        self.rotate_key(session, request).await
    }

    async fn edit(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        self.edit_key(session, credential, edit).await
    }

    async fn revoke(&self, session: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        self.delete_key(session, credential).await
    }

    async fn verify(&self, secret: &Parts) -> Result<Verdict, Failure> {
        self.verify_key(secret).await
    }

    fn belongs_to(&self, secret: &Secret) -> Option<Id> {
        key::id_of(secret.expose()).map(|id| Id::new(id.to_string()))
    }

    async fn create_owner(&self, session: &Session, name: &str, description: &str) -> Result<Owner, Failure> {
        self.create_account(session, name, description).await
    }

    async fn enable_owner(&self, session: &Session, owner: &Id, enabled: bool) -> Result<Owner, Failure> {
        self.enable_account(session, owner, enabled).await
    }

    async fn delete_owner(&self, session: &Session, owner: &Id) -> Result<(), Failure> {
        self.delete_account(session, owner).await
    }
}
