//! Unfinished work: operations a program did not see to their end, with what is known and what can be done.

use uuid::Uuid;

use crate::app::effect::RequestId;
use crate::app::model::Model;
use crate::domain::operation::{Operation, OperationKind, Phase};

/// The list.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// The line under the cursor.
    pub cursor: usize,
    /// What is under way for which operation.
    pub running: Option<(Uuid, RequestId)>,
}

/// What can be done about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Send the same request again under its idempotency key.
    Replay,
    /// Read from the server what is true.
    Check,
    /// Copy the stored secret.
    Copy,
    /// Present the stored secret.
    Verify,
    /// Revoke the credential.
    Revoke,
    /// Say that nothing more is to be done.
    Settle,
    /// Log in first.
    LogIn,
}

/// What is known of an operation, in one sentence.
pub fn story(model: &Model, operation: &Operation) -> String {
    let what =
        format!("{} of '{}' for {}", operation.kind.word(), operation.credential_name, operation.owner_name);
    let _ = model;
    what
}

/// What can be done about an operation now.
pub fn offers(model: &Model, operation: &Operation) -> Vec<Offer> {
    let _ = (model, operation, OperationKind::Create, Phase::Sent);
    Vec::new()
}
