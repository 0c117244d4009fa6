//! Generation Z: a ZenML server's service accounts and API keys.
//!
//! Owns that server's wire format, its rules by version and its errors in words. Start with [`Adapter`]; each file
//! beside this one is one thing that can be asked.

mod abilities;
mod convert;
mod device;
mod errors;
mod info;
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

pub(super) use self::abilities::ABILITIES;
pub(super) use self::errors::{failure, unexpected};
pub(super) use self::info::Server;
use super::{Generation, decode, key, path_id};
use crate::backend::http::{Call, Http, Reply};
use crate::backend::{Backend, Clock, Context, DeviceAnswer, DeviceLogin, Hearing, Session, Taking, untaken};
use crate::domain::ability::Abilities;
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use crate::domain::session::ServerInfo;
use crate::domain::time::Skew;
use crate::secret::{Parts, Secret};

/// One account's server.
pub(super) struct Adapter {
    http: Arc<Http>,
    clock: Clock,
    device: Uuid,
    /// What the server last said about itself; asked for when first needed.
    server: Mutex<Option<Arc<Server>>>,
}

impl Adapter {
    /// The adapter for a server, with what is known of it already.
    pub(super) fn new(http: Arc<Http>, context: &Context, server: Option<Server>) -> Self {
        Self {
            http,
            clock: Arc::clone(&context.clock),
            device: context.device,
            server: Mutex::new(server.map(Arc::new)),
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
        let server = Arc::new(Server::of(&super::info::ask(&self.http).await?)?);
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

#[async_trait]
impl Backend for Adapter {
    fn abilities(&self) -> &'static Abilities {
        &ABILITIES
    }

    fn skew(&self) -> Skew {
        self.http.skew()
    }

    async fn inspect(&self) -> Result<ServerInfo, Failure> {
        let server = self.server().await?;
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
        self.list_all(session, &untaken).await
    }

    async fn list_in_parts(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        self.list_all(session, taking).await
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

    async fn verify(&self, secret: &Parts, _: Hearing<'_>) -> Result<Verdict, Failure> {
        self.verify_key(secret).await
    }

    fn belongs_to(&self, secret: &Secret) -> Option<Id> {
        key::id_of(secret.expose(), Generation::Z).map(|id| Id::new(id.to_string()))
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
