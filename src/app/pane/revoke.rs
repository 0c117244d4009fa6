//! A revocation: what dies, what survives, who used it last; then asked, and typed on protected accounts.

use tui_input::Input;

use crate::app::effect::RequestId;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::keymap::table::Context;

/// The dialogue.
pub struct Revoke {
    /// Which credential.
    pub credential: CredentialRef,
    /// As reviewed.
    pub reviewed: Credential,
    /// The fresh reading the review rests on.
    pub reading: Option<RequestId>,
    /// Whether its name must be typed.
    pub must_type: bool,
    /// What is typed.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// The revocation under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Revoke {
    /// Reading, or typing the name.
    pub fn context(&self) -> Context {
        if self.must_type { Context::Form } else { Context::Page }
    }
}
