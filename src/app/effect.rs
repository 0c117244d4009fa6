//! What the model asks the runtime to do. A closed list, so that tests can read it and the log can name it.

use uuid::Uuid;

use super::bulk::Step;
use super::found::{FoundAt, LooseFile};
use crate::domain::account::{Account, AccountName};
use crate::domain::credential::CredentialRef;
use crate::domain::operation::Phase;
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::request::{Edit, Login, OwnerForm};
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::target::TargetName;
use crate::domain::time::{Date, Timestamp};
use crate::secret::{Parts, Secret};

/// Ties a reply to what asked for it. A reply whose request is not pending any more is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Where new secrets go in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keeping {
    /// The operating system's keyring.
    Keyring,
    /// The kernel's keyring, until reboot.
    Kernel,
    /// This program's memory, for this run only.
    Memory,
}

/// Which of the two secrets of a credential is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// The newest.
    Current,
    /// The one before it, inside or past its window.
    Previous,
}

/// What to put into the clipboard.
pub enum CopySource {
    /// The secret of the open reveal.
    Shown(Secret),
    /// A stored secret, or one part of it.
    Stored(CredentialRef, Generation, Option<String>),
    /// Something that is not secret.
    Plain(String),
}

/// A new credential as the wizard filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePlan {
    /// Through which account.
    pub account: AccountName,
    /// Which kind of credential, by its noun.
    pub kind: String,
    /// What it will belong to.
    pub owner: OwnerRef,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The scopes, in the backend's words.
    pub scopes: Vec<String>,
    /// When it is to end.
    pub expiry: Option<Date>,
    /// Where its secret goes once it was accepted, in this order.
    pub targets: Vec<TargetName>,
}

/// A rotation as the wizard filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotatePlan {
    /// Which credential.
    pub credential: CredentialRef,
    /// Its owner's name.
    pub owner_name: String,
    /// Its own name.
    pub name: String,
    /// Which kind of credential, by its noun.
    pub kind: String,
    /// Which form of rotation, by its place among [`crate::domain::ability::CredentialAbility::rotations`].
    pub form: usize,
    /// How long the old secret goes on working.
    pub retention: Retention,
    /// Fewer scopes for a second credential.
    pub scopes: Option<Vec<String>>,
    /// What it may do, as reviewed: the new secret is to be for no more than that, or than the fewer scopes.
    pub reviewed: Granted,
    /// When its secret had last been replaced, as reviewed.
    pub rotated_before: Option<Timestamp>,
}

/// A revocation as confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokePlan {
    /// Which credential.
    pub credential: CredentialRef,
    /// Its owner's name.
    pub owner_name: String,
    /// Its own name.
    pub name: String,
}

/// A stored secret on its way to targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverPlan {
    /// Whose current secret.
    pub credential: CredentialRef,
    /// Its owner's name.
    pub owner_name: String,
    /// Its own name.
    pub name: String,
    /// Where to, in this order.
    pub targets: Vec<TargetName>,
}

/// A secret for storage that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendPlan {
    /// Through which account.
    pub account: AccountName,
    /// What it is for, in the backend's words.
    pub place: String,
}

/// A secret that exists already, to be stored.
pub struct ImportPlan {
    /// Through which account it works.
    pub account: AccountName,
    /// The secret with all its parts.
    pub parts: Parts,
}

/// A secret that was made by hand and pasted.
pub struct PastePlan {
    /// What was to be made.
    pub create: CreatePlan,
    /// The credential it takes the place of, and how long that one goes on working.
    pub replaces: Option<(Id, Retention)>,
    /// When its page was shown.
    pub began: Timestamp,
    /// The credentials that were there before.
    pub known: Vec<Id>,
    /// The secret.
    pub secret: Secret,
}

/// Something the runtime carries out.
pub enum Effect {
    /// Find out whether the keyring takes a secret.
    CheckVault(RequestId),
    /// Use another store from now on.
    UseVault(RequestId, Keeping),
    /// Ask the server what it is, and restore a kept session.
    OpenAccount(RequestId, AccountName),
    /// Log in with a filled-in form.
    LogIn {
        /// Which request.
        request: RequestId,
        /// Which account.
        account: AccountName,
        /// The form.
        login: Login,
        /// Whether the session goes to the keyring.
        keep: bool,
    },
    /// Begin a login that is approved elsewhere; every answer is a message of its own until it ends.
    DeviceLogin {
        /// Which request.
        request: RequestId,
        /// Which account.
        account: AccountName,
        /// Whether the session goes to the keyring.
        keep: bool,
    },
    /// Forget a session, also in the keyring.
    LogOut(RequestId, AccountName),
    /// Read all owners and credentials.
    List(RequestId, AccountName),
    /// Read one credential again.
    Read(RequestId, CredentialRef),
    /// Ask the server what it has to choose from as scopes.
    ScopeOffers {
        /// Which request.
        request: RequestId,
        /// Which account.
        account: AccountName,
        /// For which kind of credential, by its noun.
        kind: String,
        /// For which owner.
        owner: Id,
    },
    /// Ask where a credential is made by hand.
    CreationPage(RequestId, CreatePlan),
    /// Take in the secret of a credential that was made by hand: write down, store, present, match, tell.
    TakeIn(RequestId, PastePlan),
    /// Make a new credential: write down, check the keyring, send, store, tell.
    Create(RequestId, CreatePlan),
    /// Replace a secret: write down, check the keyring, send, store, tell.
    Rotate(RequestId, RotatePlan),
    /// Send an interrupted create again under its idempotency key.
    Replay(RequestId, Uuid),
    /// Revoke, after writing it down.
    Revoke(RequestId, RevokePlan),
    /// Many steps, each by its number: a few of an account at once, told as they come.
    Bulk(RequestId, Vec<(usize, Step)>),
    /// Begin nothing more of many steps; what was begun is carried through.
    HaltBulk(RequestId),
    /// Write a text without secrets into a new file of this name, where the program was started.
    Export(RequestId, String, String),
    /// Ask what secrets for storage can be had for.
    Places(RequestId, AccountName),
    /// Get a secret for storage: write down, check the keyring, ask, store, tell.
    Vend(RequestId, VendPlan),
    /// Take a secret for storage out of the store, and read what is left.
    ForgetVended(RequestId, CredentialRef),
    /// Ask what the server's own history has about a credential.
    History(RequestId, CredentialRef),
    /// Bring a stored secret to targets, one after the other; each is written down before and after.
    Deliver(RequestId, DeliverPlan),
    /// Remember which targets a credential has, in which order.
    SetTargets(CredentialRef, Vec<TargetName>),
    /// Change name, description or whether it is switched on.
    Edit(RequestId, CredentialRef, Edit),
    /// Present a stored secret to the server.
    Verify {
        /// Which request.
        request: RequestId,
        /// Whose secret.
        credential: CredentialRef,
        /// Which of its two secrets.
        generation: Generation,
        /// The operation that is done once the secret is accepted; then it is presented with growing pauses for
        /// up to 30 s, because new secrets can take seconds to be known everywhere.
        operation: Option<Uuid>,
    },
    /// Store a secret that exists already, after the server accepted it.
    Import(RequestId, ImportPlan),
    /// Look for what the backends' own tools left on this machine.
    LookAround(RequestId),
    /// Store a credential that was found, after the server accepted it.
    ImportFound(RequestId, AccountName, FoundAt),
    /// Log in with what was found.
    LogInFound(RequestId, AccountName, FoundAt),
    /// Make an owner.
    CreateOwner {
        /// Which request.
        request: RequestId,
        /// Which account.
        account: AccountName,
        /// The form, filled in.
        form: OwnerForm,
    },
    /// Change an owner.
    EditOwner {
        /// Which request.
        request: RequestId,
        /// Which account.
        account: AccountName,
        /// Which owner.
        owner: Id,
        /// The form, filled in.
        form: OwnerForm,
    },
    /// Switch an owner off or on.
    EnableOwner(RequestId, AccountName, Id, bool),
    /// Delete an owner with everything it owns.
    DeleteOwner(RequestId, AccountName, Id),
    /// Look which files of the backends' own tools others can read.
    FindLoose(RequestId),
    /// Take the right to read such a file from others.
    Tighten(RequestId, LooseFile),
    /// Restart the server of an account, so that what changed counts.
    Restart(RequestId, AccountName),
    /// Put something into the clipboard.
    Copy(RequestId, CopySource),
    /// Clear the clipboard if it still holds what we put there.
    ClearClipboard,
    /// Read unfinished operations and promised revocations.
    Unfinished(RequestId),
    /// Keep a promised revocation.
    KeepPromise(RequestId, Uuid),
    /// Move the end of a promised revocation.
    MovePromise(RequestId, Uuid, Timestamp),
    /// Take a promised revocation back.
    WithdrawPromise(RequestId, Uuid),
    /// Put the session of an account into the keyring.
    KeepSession(RequestId, AccountName),
    /// Find out from the server what became of an operation, and write it down.
    Reconcile(RequestId, Uuid),
    /// Write down how far an operation came.
    Advance(Uuid, Phase, String),
    /// Read the local audit log.
    Activity(RequestId),
    /// Write the accounts back to the settings. Accounts others put there stay.
    SaveAccounts {
        /// Which request.
        request: RequestId,
        /// Every account from now on.
        accounts: Vec<Account>,
        /// The one that goes.
        removed: Option<AccountName>,
    },
    /// Wipe sessions and stored secrets from memory.
    WipeMemory,
    /// Stop running this request; reads only.
    Cancel(RequestId),
    /// Move the sandbox's clock ahead.
    SandboxClock(RequestId, i64),
    /// Start the sandbox and use it instead of the settings.
    StartSandbox(RequestId),
    /// Stop the program for the shell.
    Suspend,
    /// Draw everything again.
    Repaint,
    /// End the program.
    Quit,
}

impl Effect {
    /// The name for logs and tests; never what is inside.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CheckVault(..) => "check vault",
            Self::UseVault(..) => "use vault",
            Self::OpenAccount(..) => "open account",
            Self::LogIn { .. } => "log in",
            Self::DeviceLogin { .. } => "device login",
            Self::LogOut(..) => "log out",
            Self::List(..) => "list",
            Self::Read(..) => "read",
            Self::ScopeOffers { .. } => "scope offers",
            Self::CreationPage(..) => "creation page",
            Self::TakeIn(..) => "take in",
            Self::Create(..) => "create",
            Self::Rotate(..) => "rotate",
            Self::Replay(..) => "replay",
            Self::Revoke(..) => "revoke",
            Self::Bulk(..) => "bulk",
            Self::HaltBulk(_) => "halt bulk",
            Self::Export(..) => "export",
            Self::Places(..) => "places",
            Self::Vend(..) => "vend",
            Self::ForgetVended(..) => "forget vended",
            Self::History(..) => "history",
            Self::Deliver(..) => "deliver",
            Self::SetTargets(..) => "set targets",
            Self::Edit(..) => "edit",
            Self::Verify { .. } => "verify",
            Self::Import(..) => "import",
            Self::LookAround(_) => "look around",
            Self::FindLoose(_) => "find loose files",
            Self::Tighten(..) => "tighten",
            Self::ImportFound(..) => "import found",
            Self::LogInFound(..) => "log in found",
            Self::CreateOwner { .. } => "create owner",
            Self::EditOwner { .. } => "edit owner",
            Self::EnableOwner(..) => "enable owner",
            Self::DeleteOwner(..) => "delete owner",
            Self::Restart(..) => "restart",
            Self::Copy(..) => "copy",
            Self::ClearClipboard => "clear clipboard",
            Self::Unfinished(..) => "unfinished",
            Self::KeepPromise(..) => "keep promise",
            Self::MovePromise(..) => "move promise",
            Self::WithdrawPromise(..) => "withdraw promise",
            Self::KeepSession(..) => "keep session",
            Self::Reconcile(..) => "reconcile",
            Self::Advance(..) => "advance",
            Self::Activity(..) => "activity",
            Self::SaveAccounts { .. } => "save accounts",
            Self::WipeMemory => "wipe memory",
            Self::Cancel(..) => "cancel",
            Self::SandboxClock(..) => "sandbox clock",
            Self::StartSandbox(..) => "start sandbox",
            Self::Suspend => "suspend",
            Self::Repaint => "repaint",
            Self::Quit => "quit",
        }
    }
}
