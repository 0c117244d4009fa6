//! Changing the name and description of a credential.

use crate::app::effect::RequestId;
use crate::app::form::Form;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;

/// The editor.
pub struct EditPane {
    /// Which credential.
    pub credential: CredentialRef,
    /// What it is called now, for the title.
    pub title: String,
    /// The fields: `name`, `description`.
    pub form: Form,
    /// The change under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}
