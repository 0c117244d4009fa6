//! What comes in: keys, time, and one reply for every request.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::bulk::{News, Obstacle};
use super::effect::{Generation, RequestId};
use super::found::{Around, LooseFile};
use super::model::{ActivityEntry, Facts, VaultView};
use super::pane::welcome::SandboxAccounts;
use crate::domain::ability::Abilities;
use crate::domain::account::AccountName;
use crate::domain::answer::{Happened, Listing, Progress, Reach, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::operation::Operation;
use crate::domain::owner::Owner;
use crate::domain::promise::{Attempt, Promise};
use crate::domain::scope::ScopeOffer;
use crate::domain::session::{Approval, ServerInfo, SessionFacts};
use crate::domain::target::{Receipt, TargetName};
use crate::domain::text::Text;
use crate::domain::time::{Skew, Timestamp};
use crate::domain::vending::{Held, Place};
use crate::keymap::key::Key;
use crate::secret::{Parts, Secret};

/// Where a new secret went before anyone saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the operating system's keyring, read back and compared.
    Keyring,
    /// In the kernel's keyring.
    Kernel,
    /// Only in this program's memory, as chosen.
    Memory,
    /// The keyring would not take it; it exists only here.
    Nowhere(Text),
}

/// A one-time secret that has arrived.
pub struct Arrived {
    /// The operation that asked for it.
    pub operation: Uuid,
    /// Through which account it came.
    pub account: AccountName,
    /// Whether it replaces an older secret of the same credential.
    pub rotated: bool,
    /// The credential as the server now knows it.
    pub credential: Credential,
    /// The secret.
    pub parts: Parts,
    /// Where it went.
    pub kept: Kept,
    /// Whether its people made it by hand, and so have seen it.
    pub by_hand: bool,
    /// Whether it is for storage, and given out again whenever it is asked for.
    pub vended: bool,
    /// What is to be known of it, in a sentence.
    pub note: Option<Text>,
    /// Where it goes once it was accepted, as chosen when it was asked for.
    pub targets: Vec<TargetName>,
}

/// What became of a request for a one-time secret.
pub enum IssueOutcome {
    /// It came.
    Arrived(Box<Arrived>),
    /// It did not, or nobody knows; [`Failure::effected`] tells which.
    Failed(Failure),
}

/// What became of a secret that was made by hand and pasted.
pub enum TakenIn {
    /// It is stored, works, and is known by its credential.
    Arrived(Box<Arrived>),
    /// It is stored, and could not be presented or matched.
    Unmatched(Failure),
    /// It was not taken; here it is again.
    Refused(Failure, Secret),
}

/// How it is known that a revoked credential does not work any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its secret was presented and refused.
    Refused(Text),
    /// The listing does not have it any more; that is evidence, not proof.
    Unlisted,
    /// It was presented and still accepted.
    StillAccepted,
    /// It does not work now; the server forgets that, and what is done about it.
    ForADay(Text),
    /// Nothing could be found out.
    Unproven(Text),
}

/// Which way a copy went and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// In words: `to the desktop's clipboard`, `to the terminal (cannot be confirmed)`.
    pub way: String,
    /// Whether it was read back.
    pub confirmed: bool,
    /// Seconds until it is cleared; `None` when it is not a secret.
    pub clears_in: Option<u32>,
}

/// What a device login is waiting for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// What approves it.
    pub approval: Approval,
    /// The address to open.
    pub address: Text,
    /// The address that already carries the code.
    pub address_with_code: Text,
    /// When it ends.
    pub expires: Timestamp,
}

/// What the runtime found out about an account.
pub struct Opened {
    /// What it can do, now that the server said what it is.
    pub abilities: Option<&'static Abilities>,
    /// What the server says of itself.
    pub server: Result<ServerInfo, Failure>,
    /// The session, when one was kept and still works.
    pub session: Option<SessionFacts>,
    /// What went wrong with a kept session, if anything.
    pub session_failure: Option<Failure>,
}

/// A listing with what is known here about each credential.
pub struct Listed {
    /// What the server listed.
    pub listing: Listing,
    /// What is known here.
    pub facts: Vec<(CredentialRef, Facts)>,
    /// How far the server's clock is ahead of ours.
    pub skew: Skew,
    /// What the account can do, now that it is known who is logged in; none where that is as before.
    pub abilities: Option<&'static Abilities>,
}

/// What is left to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Operations that are not finished.
    pub operations: Vec<Operation>,
    /// Revocations that are promised.
    pub promises: Vec<Promise>,
    /// Those that will not be kept by themselves any more.
    pub given_up: Vec<Promise>,
    /// Secrets for storage that are held here.
    pub held: Vec<Held>,
    /// Whether something besides this screen calls `keywright due`.
    pub watched: bool,
}

/// A reply to a request.
pub enum Reply {
    /// The store for secrets was looked at.
    Vault(VaultView),
    /// An account was opened.
    Opened(Box<Opened>),
    /// A login came to an end.
    LoggedIn(Result<SessionFacts, Failure>),
    /// Credentials were listed, with what is known here about each.
    Listed(Box<Result<Listed, Failure>>),
    /// One credential was read.
    Read(Box<Result<(Credential, Skew), Failure>>),
    /// What the server has to choose from as scopes.
    Offers(Result<Vec<ScopeOffer>, Failure>),
    /// A create or rotate came to an end.
    Issued(IssueOutcome),
    /// What secrets for storage can be had for.
    Places(Result<Vec<Place>, Failure>),
    /// What the server's own history has about a credential.
    History(Result<Vec<Happened>, Failure>),
    /// Where a credential is made by hand; `None` where there is no such page.
    CreationPage(AccountName, Result<Option<Text>, Failure>),
    /// A secret that was made by hand came to its place, or not.
    TakenIn(Box<TakenIn>),
    /// A revocation came to an end.
    Revoked(Result<Proof, Failure>),
    /// An operation was looked into; what was found, in a sentence.
    Reconciled(Result<Text, Failure>),
    /// A credential was changed.
    Edited(Box<Result<Credential, Failure>>),
    /// A secret was presented.
    Verified {
        /// Whose.
        credential: CredentialRef,
        /// Which of its two secrets.
        generation: Generation,
        /// What the server made of it.
        verdict: Result<Verdict, Failure>,
    },
    /// Deliveries came to their end.
    Delivered {
        /// Whose secret was delivered.
        credential: CredentialRef,
        /// A receipt for each target, in order, or why nothing was begun.
        result: Result<Vec<Receipt>, Failure>,
    },
    /// Many steps came to rest: all done, halted, or for this reason.
    Bulk(Option<Obstacle>),
    /// A secret was taken in.
    Imported(Result<CredentialRef, Failure>),
    /// Which files of the backends' own tools others can read.
    Loose(Result<Vec<LooseFile>, Failure>),
    /// A file was tightened, or not.
    Tightened(Result<(), Failure>),
    /// What the backends' own tools left on this machine.
    Found(Result<Around, Failure>),
    /// An owner was made or changed.
    Owner(Result<Owner, Failure>),
    /// An owner was deleted.
    OwnerDeleted(Result<(), Failure>),
    /// A server was restarted, and goes by what changed.
    Restarted(Result<(), Failure>),
    /// A copy was made, or not.
    Copied(Result<CopyReport, Text>),
    /// Unfinished operations and promised revocations.
    Unfinished(Result<Left, Failure>),
    /// A promise was tried.
    Promise(Box<Result<Attempt, Failure>>),
    /// A session was put into the keyring, or not.
    SessionKept(AccountName, Result<SessionFacts, Failure>),
    /// The local audit log, newest first.
    Activity(Result<Vec<ActivityEntry>, Failure>),
    /// The settings were written, or not.
    Saved(Result<(), Failure>),
    /// Done, or not, with nothing more to tell.
    Plain(Result<Text, Failure>),
    /// The sandbox listens; these are its accounts.
    Sandbox(Result<SandboxAccounts, Failure>),
}

/// Something that happened.
pub enum Msg {
    /// Time passed; nothing else.
    Tick,
    /// A key was pressed.
    Key {
        /// Which.
        key: Key,
        /// Whether it is a held key repeating itself.
        repeat: bool,
    },
    /// Text was pasted.
    Paste(Zeroizing<String>),
    /// The terminal has a new size.
    Resize(u16, u16),
    /// The terminal has the focus, or lost it.
    Focus(bool),
    /// The program goes on after having been stopped.
    Resumed,
    /// Somebody asked the program to end.
    Terminate,
    /// The keyring keeps us waiting, or does not any more.
    VaultWaiting(bool),
    /// Another program is waited for; the sentence says which and why.
    Waiting(Text),
    /// The store for secrets was looked at along the way.
    VaultSeen(VaultView),
    /// The system asks the program to stop, as Ctrl-Z does.
    Stop,
    /// A device login waits for its approval.
    DeviceWaiting(RequestId, AccountName, DeviceCode),
    /// One of the deliveries of a request has its receipt; the others go on.
    DeliveredOne(CredentialRef, Receipt),
    /// Something came of some of many steps.
    Bulk(RequestId, News),
    /// A new secret of many could not be stored.
    Unstored(Box<Arrived>),
    /// A login was renewed along the way.
    Renewed(AccountName, Box<SessionFacts>),
    /// A credential was read again along the way.
    CredentialSeen(AccountName, Box<Credential>),
    /// A request that takes several questions is this far.
    Progress(RequestId, Progress),
    /// Some of the credentials a request lists are here; the rest is still read.
    ListedPart(RequestId, Box<Listed>, Reach),
    /// A request has its reply.
    Reply(RequestId, Reply),
    /// A request failed to run at all: a bug, reported as what it is.
    Crashed(RequestId),
}
