//! Operations: what is written down before a credential is created, rotated or revoked, so that a program killed
//! at any instant finds the truth again. No secrets.

use uuid::Uuid;

use super::account::AccountName;
use super::owner::Id;
use super::retention::Retention;
use super::scope::Granted;
use super::time::{Date, Timestamp};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// A new credential.
    Create,
    /// A new secret for a credential.
    Rotate,
    /// The end of a credential.
    Revoke,
    /// A stored secret on its way to a target.
    Deliver,
    /// A secret for storage, given out by the backend; the credential's name is the place it is for.
    Vend,
}

impl OperationKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Create, Self::Rotate, Self::Revoke, Self::Deliver, Self::Vend];

    /// Whether it brings a new secret of a credential.
    pub fn makes_secret(self) -> bool {
        matches!(self, Self::Create | Self::Rotate)
    }

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Rotate => "rotate",
            Self::Revoke => "revoke",
            Self::Deliver => "deliver",
            Self::Vend => "vend",
        }
    }
}

/// How far an operation came. Each step is written down before the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Written down, not sent.
    Planned,
    /// Handed to the network; no answer recorded.
    Sent,
    /// The answer never came, or was the server's own error: it may have happened.
    Unclear,
    /// The new secret is in the keyring; it has not been shown.
    Stored,
    /// The new secret is only in the memory of the program that asked.
    InMemory,
    /// The new secret was shown, the reveal is closed.
    Shown,
    /// Finished.
    Done,
    /// Refused by the server, or withdrawn: it did not happen.
    Failed,
    /// The operator said that nothing more is to be done.
    Settled,
    /// The credential lives and nobody holds its new secret: an orphan until it is revoked or rotated.
    Lost,
}

impl Phase {
    /// Every phase in order.
    pub const ALL: [Self; 10] = [
        Self::Planned,
        Self::Sent,
        Self::Unclear,
        Self::Stored,
        Self::InMemory,
        Self::Shown,
        Self::Done,
        Self::Failed,
        Self::Settled,
        Self::Lost,
    ];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Unclear => "unclear",
            Self::Stored => "stored",
            Self::InMemory => "in memory",
            Self::Shown => "shown",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Settled => "settled",
            Self::Lost => "lost",
        }
    }

    /// Whether nothing is left to do.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Settled | Self::Lost)
    }
}

/// An operation as written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its own identifier; the keyring entry's name carries it.
    pub id: Uuid,
    /// What is being done.
    pub kind: OperationKind,
    /// Through which account.
    pub account: AccountName,
    /// The owner's identifier.
    pub owner: Id,
    /// The owner's name when it began.
    pub owner_name: String,
    /// The kind of credential, by its noun.
    pub noun: String,
    /// The credential's identifier: known from the start for revoke and a rotation in place, from the answer where a
    /// new one is made.
    pub credential: Option<Id>,
    /// The old credential of a rotation that makes a second one.
    pub replaces: Option<Id>,
    /// The credential's name.
    pub credential_name: String,
    /// The description a create asked for; a replay sends it again.
    pub description: String,
    /// The scopes asked for; empty where the owner's or the old credential's count.
    pub scopes: Vec<String>,
    /// What the credential with the new secret may do at most: the old one's scopes as they were reviewed, or the fewer
    /// that were chosen. Rotations only; none where that was not written down yet.
    pub reviewed: Option<Granted>,
    /// The end asked for.
    pub expiry: Option<Date>,
    /// The retention window asked for, in minutes; rotations only.
    pub retain_minutes: Option<i64>,
    /// The idempotency key the request carries, recorded before sending.
    pub idempotency_key: Uuid,
    /// The keyring entry the new secret goes to, decided before sending; of a delivery the one it comes from.
    pub vault_entry: String,
    /// Which target a delivery goes to; of a create every target its secret is to go to, in order and parted by spaces.
    pub target: String,
    /// When the secret had last been replaced before this operation; tells whether a lost rotation happened.
    pub rotated_before: Option<Timestamp>,
    /// How far it came.
    pub phase: Phase,
    /// What is known beyond the phase, in words.
    pub note: String,
    /// When it was written down, on our clock.
    pub began: Timestamp,
    /// When it last advanced, on our clock.
    pub advanced: Timestamp,
    /// Whether the program that runs it is alive; then it is nobody else's business.
    pub running_elsewhere: bool,
}

/// How many scopes are named before the rest is counted.
const NAMED: usize = 4;

impl Operation {
    /// What was asked for beside a name, in words: scopes, an end, how long the old one is to work. Empty where nothing
    /// was.
    pub fn asked(&self) -> String {
        let mut words = Vec::new();
        if !self.scopes.is_empty() {
            let named: Vec<&str> = self.scopes.iter().take(NAMED).map(String::as_str).collect();
            let more = self.scopes.len().saturating_sub(NAMED);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            words.push(format!("{}{rest}", named.join(" ")));
        }
        words.extend(self.expiry.map(|end| format!("until {end}")));
        if let (OperationKind::Rotate, Some(minutes)) = (self.kind, self.retain_minutes) {
            let window = Retention::minutes(minutes);
            let old = if window.is_none() {
                String::from("no window")
            } else {
                format!("window {}", window.words())
            };
            words.push(old);
        }
        words.join(", ")
    }
}
