//! The network: one trait about credentials, one folder per backend, one client that is careful with secrets.
//!
//! Keeps out: the keyring, the screen, the clock and the environment; what is needed of them is handed in through
//! [`Context`]. A backend is one folder and one line in [`registry`]. Start with [`Backend`].

#![expect(clippy::disallowed_types, reason = "this room owns the network")]

pub mod found;
pub mod foxnose;
mod http;
pub mod kitaru;
pub mod pangolin;
pub mod registry;
mod words;
pub mod zpools;
pub mod ztick;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::ability::Abilities;
use crate::domain::answer::{Again, Equipped, Happened, Issued, Listing, Part, Progress, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner};
use crate::domain::request::{CreateRequest, Edit, Equipment, Login, OwnerForm, RotateRequest};
use crate::domain::scope::ScopeOffer;
use crate::domain::session::{Approval, ServerInfo, SessionFacts};
use crate::domain::text::Text;
use crate::domain::time::{Skew, Timestamp};
use crate::domain::vending::Place;
use crate::secret::{Parts, Secret};

/// Reads the clock; handed in so that time is data.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Who hears how far a verification is.
pub type Hearing<'a> = &'a (dyn Fn(Progress) + Sync);

/// Nobody hears it.
pub fn unheard(_: Progress) {}

/// Who is handed the parts of a listing as they come.
pub type Taking<'a> = &'a (dyn Fn(Part) + Sync);

/// Nobody is; the whole will do.
pub fn untaken(_: Part) {}

/// What a backend needs from outside its room.
#[derive(Clone)]
pub struct Context {
    /// The clock of this machine.
    pub clock: Clock,
    /// A stable identifier of this installation, for logins that register a device.
    pub device: Uuid,
}

/// A live login. The secrets in it never leave the runtime.
pub struct Session {
    /// What may be shown of it.
    pub facts: SessionFacts,
    /// What requests carry.
    pub bearer: Secret,
    /// What a new bearer can be had for without asking anyone, where the backend has such a thing.
    pub renewal: Option<Secret>,
}

/// A login to be approved elsewhere: what to show, and how often to ask.
pub struct DeviceLogin {
    /// What approves it.
    pub approval: Approval,
    /// The address to open.
    pub address: Text,
    /// The address that already carries the code.
    pub address_with_code: Text,
    /// Seconds between two questions.
    pub interval: u64,
    /// When the code ends, on our clock.
    pub expires: Timestamp,
    /// What the question carries.
    pub device_code: Secret,
}

/// What the server says while a device login waits.
pub enum DeviceAnswer {
    /// Not yet; ask again after this many seconds.
    Pending {
        /// The interval from now on.
        interval: u64,
    },
    /// Approved.
    Approved(Session),
}

/// A system whose credentials are looked after.
///
/// Reads may be repeated and cancelled. [`Backend::create`], [`Backend::rotate`] and [`Backend::revoke`] are sent
/// once and never aborted; when their failure says [`crate::domain::failure::Effected::Unknown`] the caller finds
/// out by listing, or by a replay of the same request within [`crate::domain::ability::Replay`].
#[async_trait]
pub trait Backend: Send + Sync {
    /// What this backend can do, as far as is known of the server by now: another one after [`Backend::inspect`] where
    /// one name stands for unlike servers.
    fn abilities(&self) -> &'static Abilities;

    /// How many requests it takes at once without one standing in the other's way.
    fn at_once(&self) -> usize {
        8
    }

    /// How far the server's clock is ahead of ours, as its last answer told.
    fn skew(&self) -> Skew;

    /// What the server is, without credentials.
    async fn inspect(&self) -> Result<ServerInfo, Failure>;

    /// Logs in with a filled-in form.
    async fn log_in(&self, login: Login) -> Result<Session, Failure>;

    /// The session there always is, where nobody is asked to log in.
    fn standing(&self) -> Option<Session> {
        None
    }

    /// Starts a login that is approved elsewhere.
    async fn begin_device(&self) -> Result<DeviceLogin, Failure>;

    /// Asks once whether it was approved.
    async fn ask_device(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure>;

    /// Gets a new bearer for [`Session::renewal`].
    async fn renew(&self, session: &Session) -> Result<Session, Failure>;

    /// Every owner and every credential the session may see, all pages.
    async fn list(&self, session: &Session) -> Result<Listing, Failure>;

    /// The same, where reading all of it takes several questions: what is there is handed over as it comes, and the
    /// whole at the end. Parts may come twice, and in any order.
    async fn list_in_parts(&self, session: &Session, _: Taking<'_>) -> Result<Listing, Failure> {
        self.list(session).await
    }

    /// One credential as the server knows it now.
    async fn read(&self, session: &Session, credential: &CredentialRef) -> Result<Credential, Failure>;

    /// What the server has to choose from as scopes for a kind of credential of an owner, besides what there always
    /// is.
    async fn scope_offers(&self, _: &Session, _kind: &str, _: &Id) -> Result<Vec<ScopeOffer>, Failure> {
        Ok(Vec::new())
    }

    /// A new credential.
    async fn create(&self, session: &Session, request: &CreateRequest) -> Result<Issued, Failure>;

    /// A new secret for a credential.
    async fn rotate(&self, session: &Session, request: &RotateRequest) -> Result<Issued, Failure>;

    /// What an interrupted create or rotation under this key made, where its secret can be read again.
    async fn recover(&self, _: &Session, _idempotency_key: Uuid) -> Result<Option<Issued>, Failure> {
        Ok(None)
    }

    /// Changes name, description or whether it is switched on.
    async fn edit(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure>;

    /// Whether a new credential of a kind is given what it is to hold in requests of their own.
    fn equips(&self, _kind: &str) -> bool {
        false
    }

    /// Gives a new credential what it is to hold, where [`Backend::equips`]: asked once its secret is stored, and again
    /// when that was interrupted. What it holds already is not given twice.
    async fn equip(&self, _: &Session, _: &CredentialRef, _: &Equipment) -> Result<Equipped, Failure> {
        Ok(Equipped::Whole)
    }

    /// Has a credential end itself by presenting its secret, where that is surer than [`Backend::revoke`]; whether that
    /// was done. One that is dead already is not found; [`Backend::forgets`] tells whether it stays dead.
    async fn revoke_itself(&self, _: &Parts) -> Result<bool, Failure> {
        Ok(false)
    }

    /// Until when the server has to be told again that a credential is revoked, because it forgets; none where it does
    /// not, or where the last [`Backend::revoke`] was of the lasting sort. Asked as well after one found it dead already:
    /// in what way somebody else revoked it nobody tells.
    fn forgets(&self, _: &CredentialRef) -> Option<Timestamp> {
        None
    }

    /// Tells the server again that a credential is revoked, whether or not its listing has it again by now.
    async fn revoke_again(&self, _: &Session, _: &CredentialRef) -> Result<Again, Failure> {
        Err(not_here("need to revoke anything again"))
    }

    /// What was found out about the server by trying, in a word that [`Backend::recall`] takes in a later run.
    fn learned(&self) -> Option<&'static str> {
        None
    }

    /// What [`Backend::learned`] told in an earlier run.
    fn recall(&self, _: &str) {}

    /// Makes a credential stop working for good.
    async fn revoke(&self, session: &Session, credential: &CredentialRef) -> Result<(), Failure>;

    /// Presents a secret and reports what the server makes of it. Where that takes several questions, each is told
    /// to `hearing` before it is asked.
    async fn verify(&self, secret: &Parts, hearing: Hearing<'_>) -> Result<Verdict, Failure>;

    /// Why a pasted secret cannot be one, where that can be seen before anyone is asked.
    fn unfit(&self, _: &Parts) -> Option<&'static str> {
        None
    }

    /// Which credential a secret belongs to, told from the secret alone, where that is possible.
    fn belongs_to(&self, secret: &Secret) -> Option<Id>;

    /// Which credential a secret belongs to, found with the session's help where the secret alone does not tell. It may
    /// be presented for that, which counts as a use. `known` are the credentials that were there before it was made.
    async fn identify(
        &self,
        session: &Session,
        secret: &Secret,
        known: &[Id],
    ) -> Result<Option<Credential>, Failure> {
        let _only_others_need_them = known;
        let Some(id) = self.belongs_to(secret) else { return Ok(None) };
        let listing = self.list(session).await?;
        Ok(listing.credentials.into_iter().find(|credential| credential.id == id))
    }

    /// Why the secret of a credential is refused, where the refusal itself does not say it.
    async fn why_refused(&self, _: &Session, _: &CredentialRef) -> Result<Option<Text>, Failure> {
        Ok(None)
    }

    /// What the server's own history has about a credential, the newest first; what it tells is in the abilities.
    async fn history(&self, _: &Session, _: &CredentialRef) -> Result<Vec<Happened>, Failure> {
        Ok(Vec::new())
    }

    /// What secrets for storage can be had for, as far as the server lists it.
    async fn places(&self, _: &Session) -> Result<Vec<Place>, Failure> {
        Ok(Vec::new())
    }

    /// Gets a secret for storage. It changes nothing on the server, which neither lists it nor takes it back.
    async fn vend(&self, _: &Session, _place: &str) -> Result<Issued, Failure> {
        Err(not_here("storage credentials"))
    }

    /// The page on which a credential is made by hand, filled in, where this session cannot make one.
    fn creation_page(&self, _: &Session, _: &CreateRequest) -> Option<Text> {
        None
    }

    /// Restarts the server, where changes count only from its next start on, and waits until it goes by them.
    async fn restart(&self, _: &Session) -> Result<(), Failure> {
        Err(not_here("restart to do"))
    }

    /// A new owner.
    async fn create_owner(&self, session: &Session, name: &str, description: &str) -> Result<Owner, Failure>;

    /// A new owner of a filled-in form.
    async fn make_owner(&self, session: &Session, form: &OwnerForm) -> Result<Owner, Failure> {
        self.create_owner(session, &form.name, form.field("description")).await
    }

    /// Changes an owner; what is empty in the form is left alone.
    async fn edit_owner(&self, _: &Session, _: &Id, _: &OwnerForm) -> Result<Owner, Failure> {
        Err(not_here("way to change an owner"))
    }

    /// Switches an owner off or on.
    async fn enable_owner(&self, session: &Session, owner: &Id, enabled: bool) -> Result<Owner, Failure>;

    /// Deletes an owner with everything it owns.
    async fn delete_owner(&self, session: &Session, owner: &Id) -> Result<(), Failure>;
}

/// The failure of asking a backend for something it does not have.
pub fn not_here(what: &str) -> Failure {
    Failure::new(FailureKind::Unsupported, format!("this backend has no {what}"))
}
