//! FoxNose: keys of two APIs, each in one environment, with one role.
//!
//! Owns the wire format, signatures, roles in words, and the server's refusals as sentences. Keeps out how bytes travel
//! (`http`) and what is done with an answer. Three things shape it: a key is a pair whose secret is also its signing key
//! (see [`pair`]); the server makes another key each time it is asked, so nothing is asked twice (see [`keys`]); and a
//! secret is presented without a session, so listings are remembered (see [`known`]). Start with [`FoxNose`].

pub mod abilities;
mod access;
mod convert;
mod errors;
pub mod found;
mod info;
mod keys;
mod known;
mod list;
mod login;
mod pair;
mod path;
mod prove;
mod roles;
mod tree;
mod wire;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::http::{Http, Limits};
use super::{Backend, Clock, Context, DeviceAnswer, DeviceLogin, Hearing, Session, Taking, not_here};
use crate::domain::ability::Abilities;
use crate::domain::account::{Account, Endpoint};
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Login, RotateRequest};
use crate::domain::scope::ScopeOffer;
use crate::domain::session::ServerInfo;
use crate::domain::time::{Skew, Timestamp};
use crate::secret::{Parts, Secret};

/// The vendor's own service, whose environments have hosts by a rule.
const VENDOR: &str = "api.foxnose.net";
const LOGIN_PATH: &str = "/account/auth/";
const REFRESH_PATH: &str = "/account/auth/refresh/";
const REFRESH_FIELD: &str = "refresh";

/// Opens the backend for an account. Touches no network.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    Ok(Arc::new(FoxNose::new(account, context, Limits::default())))
}

/// One account's server.
struct FoxNose {
    http: Http,
    clock: Clock,
    ca_file: Option<PathBuf>,
    known: known::Known,
    /// The account's further settings.
    environment: Option<String>,
    flux: Option<Endpoint>,
    login_path: String,
    refresh_path: String,
    refresh_field: String,
}

impl FoxNose {
    fn new(account: &Account, context: &Context, limits: Limits) -> Self {
        let text = |id: &str| account.setting(id).map(str::trim).filter(|text| !text.is_empty());
        let or = |id: &str, usual: &str| text(id).unwrap_or(usual).to_owned();
        Self {
            http: Http::new(&account.endpoint, account.ca_file.clone(), Arc::clone(&context.clock), limits),
            clock: Arc::clone(&context.clock),
            ca_file: account.ca_file.clone(),
            known: known::Known::default(),
            environment: text("environment").map(str::to_owned),
            flux: text("flux").and_then(|typed| Endpoint::parse(typed).ok()),
            login_path: or("login_path", LOGIN_PATH),
            refresh_path: or("refresh_path", REFRESH_PATH),
            refresh_field: or("refresh_field", REFRESH_FIELD),
        }
    }

    /// The server's time, as far as its answers have told it.
    fn now(&self) -> Timestamp {
        self.http.skew().server_time((self.clock)())
    }

    fn login_path(&self) -> Vec<&str> {
        parts(&self.login_path)
    }

    fn refresh_path(&self) -> Vec<&str> {
        parts(&self.refresh_path)
    }

    fn refresh_field(&self) -> &str {
        &self.refresh_field
    }
}

fn parts(path: &str) -> Vec<&str> {
    path.trim_start_matches('/').split('/').collect()
}

#[async_trait]
impl Backend for FoxNose {
    fn abilities(&self) -> &'static Abilities {
        &abilities::ABILITIES
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

    async fn renew(&self, session: &Session) -> Result<Session, Failure> {
        self.renewed(session).await
    }

    async fn list(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_all(session).await
    }

    async fn list_in_parts(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        self.list_parts(session, taking).await
    }

    async fn read(&self, session: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        self.read_one(session, credential).await
    }

    async fn scope_offers(
        &self,
        session: &Session,
        kind: &str,
        owner: &Id,
    ) -> Result<Vec<ScopeOffer>, Failure> {
        self.offers(session, kind, owner).await
    }

    async fn create(&self, session: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        self.create_one(session, request).await
    }

    async fn rotate(&self, session: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        self.replace_one(session, request).await
    }

    async fn edit(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        self.rename(session, credential, edit).await
    }

    async fn revoke(&self, session: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        self.end(session, credential).await
    }

    async fn verify(&self, secret: &Parts, _: Hearing<'_>) -> Result<Verdict, Failure> {
        self.prove(secret).await
    }

    fn unfit(&self, secret: &Parts) -> Option<&'static str> {
        let both = secret.count() > 1;
        let (public, secret) = (secret.get("public").filter(|_| both)?, secret.get("secret")?);
        pair::Pair::new(public.expose(), secret).err()
    }

    fn belongs_to(&self, secret: &Secret) -> Option<Id> {
        let text = secret.expose().trim();
        let mark = if text.starts_with(pair::BEARER) {
            text.chars().take(12).collect()
        } else {
            // A secret half tells its public one; a public half is one already.
            pair::public_of(secret).unwrap_or_else(|| text.to_owned())
        };
        self.known.by_mark(&mark).map(|fact| fact.id)
    }

    async fn identify(
        &self,
        session: &Session,
        secret: &Secret,
        _: &[Id],
    ) -> Result<Option<Credential>, Failure> {
        // Listing tells which public half belongs to which key, and the secret tells its public half.
        let listing = self.list_all(session).await?;
        let id = self.belongs_to(secret);
        Ok(listing.credentials.into_iter().find(|credential| Some(&credential.id) == id.as_ref()))
    }

    async fn create_owner(&self, _: &Session, _: &str, _: &str) -> Result<Owner, Failure> {
        Err(not_here("way to make an environment"))
    }

    async fn enable_owner(&self, session: &Session, owner: &Id, enabled: bool) -> Result<Owner, Failure> {
        self.toggle(session, owner, enabled).await
    }

    async fn delete_owner(&self, _: &Session, _: &Id) -> Result<(), Failure> {
        Err(not_here("way to delete an environment"))
    }
}
