//! Pangolin: service users with their keys, and tokens (JWTs) minted for users, in one tenant or as root over all.
//!
//! Owns the wire format, what permissions mean in words, how a key is replaced on a server that cannot rotate, and the
//! server's refusals in words. Keeps out how bytes travel (`http`) and what is done with an answer. A service user has
//! one key for life, so here the key is the credential, the tenant its owner, and deleting the one ends the other.
//! Start with [`Pangolin`]; each file beside this one is one thing that can be asked.

pub mod abilities;
mod acting;
mod browser;
mod claims;
mod errors;
mod exchange;
pub mod found;
mod grants;
mod history;
mod info;
mod keys;
mod landing;
mod list;
mod login;
mod offers;
mod owners;
mod replace;
mod scopes;
mod tokens;
mod vend;
mod verify;
mod views;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ring::digest;
use uuid::Uuid;

use super::http::{Call, Http, Limits, Reply};
use super::{Backend, Clock, Context, DeviceAnswer, DeviceLogin, Hearing, Session, Taking};
use crate::domain::ability::Abilities;
use crate::domain::account::Account;
use crate::domain::answer::{Again, Equipped, Happened, Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Equipment, Login, OwnerForm, RotateRequest};
use crate::domain::scope::ScopeOffer;
use crate::domain::session::ServerInfo;
use crate::domain::text::Text;
use crate::domain::time::{Skew, Timestamp};
use crate::domain::vending::Place;
use crate::secret::{Parts, Secret};
use acting::OwnerId;

/// Opens the backend for an account. Touches no network.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    Ok(Arc::new(Pangolin::new(account, context, Limits::default())))
}

/// One account's server.
struct Pangolin {
    http: Http,
    clock: Clock,
    /// The tenant of the account; an account of root has none.
    tenant: Option<String>,
    provider: Option<String>,
    port: u16,
    /// Logins and mints share one small counter on the server, so they wait for each other here.
    attempts: tokio::sync::Mutex<()>,
    landing: tokio::sync::Mutex<Option<tokio::net::TcpListener>>,
    known: Mutex<Known>,
}

/// What was learned of the server. A key alone does not tell whose it is, and only that makes it an exchange.
#[derive(Default)]
struct Known {
    /// The service user of a key, by the key's digest.
    of_key: HashMap<Vec<u8>, String>,
    /// Every service user of the last listing.
    service_users: Vec<String>,
    /// Tenants by their ids.
    tenants: HashMap<String, Text>,
    /// What ids stand for, as the last listing told.
    names: scopes::Names,
    /// Whether keys are taken in the header made for them.
    takes_header: Option<bool>,
    /// Tokens that were revoked by their ids, which the server forgets, and when each ends by itself.
    forgotten: HashMap<String, Timestamp>,
    /// The account role of who is logged in.
    role: Option<claims::Role>,
    /// Whether nobody had to log in: then everybody is an administrator without a tenant.
    open: bool,
}

impl Pangolin {
    fn new(account: &Account, context: &Context, limits: Limits) -> Self {
        let setting = |id| account.setting(id).map(str::trim).filter(|value| !value.is_empty());
        let http = Http::new(&account.endpoint, account.ca_file.clone(), Arc::clone(&context.clock), limits);
        Self {
            http,
            clock: Arc::clone(&context.clock),
            // However it was typed: the server writes it in one way, and that is compared.
            tenant: setting(abilities::TENANT)
                .map(|id| Uuid::parse_str(id).map_or_else(|_as_typed| id.to_owned(), |id| id.to_string())),
            provider: setting(abilities::PROVIDER).map(str::to_owned),
            port: setting(abilities::PORT).and_then(|port| port.parse().ok()).unwrap_or(landing::PORT),
            attempts: tokio::sync::Mutex::new(()),
            landing: tokio::sync::Mutex::new(None),
            known: Mutex::new(Known::default()),
        }
    }

    /// The server's time, as far as its answers have told it.
    fn now(&self) -> Timestamp {
        self.http.skew().server_time((self.clock)())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers whose key it is, by what cannot be turned back into it.
    fn remember(&self, key: &Secret, service_user: &str) {
        self.known().of_key.insert(digest_of(key), service_user.to_owned());
    }

    /// Sends a request; an answer that is no success becomes its failure.
    async fn send(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let reply = self.http.send(call).await?;
        if reply.is_success() { Ok(reply) } else { Err(errors::failure(&reply)) }
    }
}

/// How it is kept whether keys are taken in their header.
const HEADER_TAKEN: &str = "header taken";
const HEADER_REFUSED: &str = "header refused";

fn digest_of(key: &Secret) -> Vec<u8> {
    digest::digest(&digest::SHA256, key.expose().as_bytes()).as_ref().to_vec()
}

#[async_trait]
impl Backend for Pangolin {
    fn abilities(&self) -> &'static Abilities {
        let known = self.known();
        if known.open { &views::OPEN } else { views::of(self.tenant.is_some(), known.role) }
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
        self.begin_browser().await
    }

    async fn ask_device(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        self.ask_browser(login).await
    }

    async fn renew(&self, session: &Session) -> Result<Session, Failure> {
        self.renew_session(session).await
    }

    async fn list(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_all(session).await
    }

    async fn list_in_parts(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        self.list_parts(session, taking).await
    }

    async fn read(&self, session: &Session, credential: &CredentialRef) -> Result<Credential, Failure> {
        match OwnerId::parse(&credential.owner)? {
            OwnerId::Tenant(tenant) => self.read_key(session, &tenant, &credential.id).await,
            OwnerId::User(user) => self.read_token(session, &user, &credential.id).await,
        }
    }

    async fn scope_offers(&self, session: &Session, kind: &str, _: &Id) -> Result<Vec<ScopeOffer>, Failure> {
        self.offers(session, kind).await
    }

    async fn create(&self, session: &Session, request: &CreateRequest) -> Result<Issued, Failure> {
        match OwnerId::parse(&request.owner)? {
            OwnerId::Tenant(tenant) => self.create_key(session, &tenant, request).await,
            OwnerId::User(user) => self.mint(session, &user, request).await,
        }
    }

    async fn rotate(&self, session: &Session, request: &RotateRequest) -> Result<Issued, Failure> {
        match OwnerId::parse(&request.credential.owner)? {
            OwnerId::Tenant(tenant) => self.replace_key(session, &tenant, request).await,
            OwnerId::User(user) => self.mint_again(session, &user, request).await,
        }
    }

    async fn edit(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        match OwnerId::parse(&credential.owner)? {
            OwnerId::Tenant(tenant) => self.edit_key(session, &tenant, &credential.id, edit).await,
            OwnerId::User(_) => {
                Err(super::not_here("way to change a minted token; mint another and revoke this one"))
            }
        }
    }

    fn equips(&self, kind: &str) -> bool {
        kind == abilities::KEY
    }

    async fn equip(
        &self,
        session: &Session,
        credential: &CredentialRef,
        equipment: &Equipment,
    ) -> Result<Equipped, Failure> {
        match OwnerId::parse(&credential.owner)? {
            OwnerId::Tenant(tenant) => self.equip_key(session, &tenant, &credential.id, equipment).await,
            OwnerId::User(_) => Ok(Equipped::Whole),
        }
    }

    async fn revoke_itself(&self, secret: &Parts) -> Result<bool, Failure> {
        self.end_itself(secret).await
    }

    fn forgets(&self, credential: &CredentialRef) -> Option<Timestamp> {
        self.known().forgotten.get(credential.id.as_str()).copied()
    }

    async fn revoke_again(&self, session: &Session, credential: &CredentialRef) -> Result<Again, Failure> {
        match OwnerId::parse(&credential.owner)? {
            OwnerId::User(user) => self.revoke_token_again(session, &user, &credential.id).await,
            OwnerId::Tenant(_) => Err(super::not_here("need to revoke a key again")),
        }
    }

    fn learned(&self) -> Option<&'static str> {
        self.known().takes_header.map(|taken| if taken { HEADER_TAKEN } else { HEADER_REFUSED })
    }

    fn recall(&self, word: &str) {
        self.known().takes_header = match word {
            HEADER_TAKEN => Some(true),
            HEADER_REFUSED => Some(false),
            _ => None,
        };
    }

    async fn revoke(&self, session: &Session, credential: &CredentialRef) -> Result<(), Failure> {
        match OwnerId::parse(&credential.owner)? {
            OwnerId::Tenant(tenant) => self.delete_key(session, &tenant, &credential.id).await,
            OwnerId::User(user) => self.revoke_token(session, &user, &credential.id).await,
        }
    }

    async fn verify(&self, secret: &Parts, _: Hearing<'_>) -> Result<Verdict, Failure> {
        self.verify_parts(secret).await
    }

    async fn history(&self, session: &Session, credential: &CredentialRef) -> Result<Vec<Happened>, Failure> {
        self.audit_of(session, credential).await
    }

    async fn places(&self, session: &Session) -> Result<Vec<Place>, Failure> {
        self.all_places(session).await
    }

    async fn vend(&self, session: &Session, place: &str) -> Result<Issued, Failure> {
        self.vend_for(session, place).await
    }

    fn belongs_to(&self, secret: &Secret) -> Option<Id> {
        match claims::reading(secret.expose()) {
            claims::Reading::Token(claims) => claims.jti.map(Id::new),
            claims::Reading::Key => self.known().of_key.get(&digest_of(secret)).map(Id::new),
            claims::Reading::Other => None,
        }
    }

    async fn identify(
        &self,
        session: &Session,
        secret: &Secret,
        _known: &[Id],
    ) -> Result<Option<Credential>, Failure> {
        self.find_owner(session, secret).await
    }

    async fn create_owner(&self, session: &Session, name: &str, _: &str) -> Result<Owner, Failure> {
        self.create_tenant(session, name).await
    }

    async fn make_owner(&self, session: &Session, form: &OwnerForm) -> Result<Owner, Failure> {
        if self.is_over_all(&self.acting(session)?) {
            return self.create_tenant(session, &form.name).await;
        }
        self.create_user(session, form).await
    }

    async fn edit_owner(&self, session: &Session, owner: &Id, form: &OwnerForm) -> Result<Owner, Failure> {
        match OwnerId::parse(owner)? {
            OwnerId::Tenant(tenant) => self.rename_tenant(session, &tenant, &form.name).await,
            OwnerId::User(user) => self.change_user(session, &user, form).await,
        }
    }

    async fn enable_owner(&self, _: &Session, _: &Id, _: bool) -> Result<Owner, Failure> {
        Err(super::not_here("way to switch an owner off: its flag for users is checked nowhere"))
    }

    async fn delete_owner(&self, session: &Session, owner: &Id) -> Result<(), Failure> {
        match OwnerId::parse(owner)? {
            OwnerId::Tenant(tenant) => self.delete_tenant(session, &tenant).await,
            OwnerId::User(user) => self.delete_user(session, &user).await,
        }
    }
}
