//! Taking in a secret that exists already: pasted, presented to the server, matched to its row, stored.

use crate::app::effect::RequestId;
use crate::app::form::Form;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;

/// The dialogue.
pub struct Import {
    /// Through which account.
    pub account: AccountName,
    /// The field: `secret`.
    pub form: Form,
    /// The import under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}
