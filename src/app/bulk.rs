//! Many at once, as it is asked of the runtime and told by it. Each step is an operation like any other; nothing here
//! knows how one is carried out.

use uuid::Uuid;

use super::effect::{DeliverPlan, RevokePlan, RotatePlan};
use super::msg::{Kept, Proof};
use crate::domain::account::AccountName;
use crate::domain::answer::Verdict;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::target::Receipt;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// What is to be done with one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new secret.
    Rotate(RotatePlan),
    /// Its end.
    Revoke(RevokePlan),
    /// Its stored secret is presented.
    Verify {
        /// Whose.
        credential: CredentialRef,
        /// The operation that is done once the secret is accepted.
        operation: Option<Uuid>,
    },
    /// Its stored secret is brought to targets.
    Deliver(DeliverPlan),
}

impl Step {
    /// The credential it is about.
    pub fn credential(&self) -> &CredentialRef {
        match self {
            Self::Rotate(plan) => &plan.credential,
            Self::Revoke(plan) => &plan.credential,
            Self::Verify { credential, .. } => credential,
            Self::Deliver(plan) => &plan.credential,
        }
    }
}

/// What came of one step.
pub enum Came {
    /// It was begun; it will be carried through.
    Begun,
    /// It did not happen, and waits again.
    Back,
    /// The new secret came.
    Rotated {
        /// The credential that has it.
        credential: CredentialRef,
        /// The operation in the log.
        operation: Uuid,
        /// Where it went.
        kept: Kept,
        /// What is to be known of it.
        note: Option<Text>,
    },
    /// It is revoked.
    Revoked(Proof),
    /// It was presented.
    Verified(Verdict),
    /// A receipt for each target.
    Delivered(Vec<Receipt>),
    /// It failed; [`Failure::effected`] tells whether it may have happened.
    Failed(Failure),
}

/// What happened since the last time: each step by its number.
#[derive(Default)]
pub struct News {
    /// What came, in order.
    pub came: Vec<(usize, Came)>,
    /// An account whose server asked to wait, and until when.
    pub held: Option<(AccountName, Timestamp)>,
}

/// Why what was not begun yet waits, though nobody asked for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A new secret could not be stored; it is shown.
    NotStored(Text),
    /// No place is known to take a secret.
    NoKeyring(Failure),
    /// Nobody is logged in to an account any more.
    LoggedOut(AccountName, Failure),
    /// A server failed several times in a row.
    Trouble(AccountName, Failure),
}

impl Obstacle {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotStored(why) => format!("a new secret could not be stored ({why}); it is shown to you"),
            Self::NoKeyring(failure) => failure.sentence(),
            Self::LoggedOut(account, failure) => format!("{account}: {}", failure.sentence()),
            Self::Trouble(account, failure) => {
                format!("{account} failed several times in a row: {}", failure.sentence())
            }
        }
    }
}
