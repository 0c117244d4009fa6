//! A new credential: owner, name, rights, check; then the reveal.

use tui_input::Input;

use crate::app::effect::RequestId;
use crate::app::form::Form;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::domain::owner::OwnerRef;
use crate::keymap::table::Context;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateStep {
    /// What it will belong to.
    Owner,
    /// A new owner's name, when none fits.
    NewOwner,
    /// Its name and what it is for.
    Name,
    /// What it may do and until when, and where it will be delivered.
    Rights,
    /// What will happen, in a sentence.
    Check,
}

impl CreateStep {
    /// The steps shown at the top.
    pub const SHOWN: [(Self, &'static str); 4] = [
        (Self::Owner, "owner"),
        (Self::Name, "name"),
        (Self::Rights, "scopes and expiry"),
        (Self::Check, "check"),
    ];
}

/// The wizard.
pub struct Create {
    /// Through which account.
    pub account: AccountName,
    /// The step on the screen.
    pub step: CreateStep,
    /// What narrows the list of owners.
    pub search: Input,
    /// The line of the list of owners.
    pub cursor: usize,
    /// The chosen owner.
    pub owner: Option<OwnerRef>,
    /// A new owner's fields: `name`, `description`.
    pub owner_form: Form,
    /// The credential's fields: `name`, `description`.
    pub form: Form,
    /// The request under way: a new owner, or the credential.
    pub running: Option<RequestId>,
    /// Why the last try failed.
    pub failure: Option<Failure>,
}

impl Create {
    /// The context of the step.
    pub fn context(&self) -> Context {
        match self.step {
            CreateStep::Owner => Context::Pick,
            CreateStep::NewOwner | CreateStep::Name => Context::Form,
            CreateStep::Rights | CreateStep::Check => Context::Page,
        }
    }
}
