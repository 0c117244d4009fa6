//! A destructive step on an owner, asked for as a value, so that no pane can skip the question.

use tui_input::Input;

use crate::app::effect::RequestId;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::keymap::table::Context;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Switching an owner off or on.
    EnableOwner(AccountName, Id, bool),
    /// Deleting an owner with all it owns.
    DeleteOwner(AccountName, Id),
    /// Switching a credential off or on.
    EnableCredential(crate::domain::credential::CredentialRef, bool),
    /// Leaving while a secret is only in memory.
    Leave,
}

/// The question.
pub struct Confirm {
    /// What is asked about.
    pub asked: Asked,
    /// The title.
    pub title: String,
    /// What will happen, line by line.
    pub lines: Vec<String>,
    /// What must be typed, if anything.
    pub must_type: Option<String>,
    /// What is typed.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// The step under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Confirm {
    /// Reading, or typing.
    pub fn context(&self) -> Context {
        if self.must_type.is_some() { Context::Form } else { Context::Page }
    }
}
