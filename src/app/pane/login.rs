//! Logging in: the fields the backend needs, or a code to approve elsewhere.

use crate::app::effect::RequestId;
use crate::app::form::Form;
use crate::app::msg::DeviceCode;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::keymap::table::Context;

/// A login.
pub struct LoginPane {
    /// To which account.
    pub account: AccountName,
    /// The chosen way, a position in the backend's list.
    pub method: usize,
    /// The fields: `method` (a choice, when there are several ways), those of the way, `keep` (a switch).
    pub form: Form,
    /// The login under way.
    pub running: Option<RequestId>,
    /// The code to approve elsewhere.
    pub device: Option<DeviceCode>,
    /// Why the last try failed.
    pub failure: Option<Failure>,
}

impl LoginPane {
    /// Fields, or waiting for an approval.
    pub fn context(&self) -> Context {
        if self.device.is_some() { Context::Device } else { Context::Form }
    }
}
