//! The account editor: backend, name, address, certificate file, protected or not.

use crate::app::effect::RequestId;
use crate::app::form::Form;
use crate::domain::account::AccountName;

/// The account editor.
pub struct AccountForm {
    /// The account being changed; `None` for a new one.
    pub editing: Option<AccountName>,
    /// The backends offered, by their word in the settings, in the order of the choice.
    pub backends: Vec<&'static str>,
    /// The fields: `backend`, `name`, `endpoint`, `login`, `ca_file`, `protected`.
    pub form: Form,
    /// The settings being written.
    pub saving: Option<RequestId>,
}
