//! A rotation in six steps: review, retention, targets, check, new secret, verify.

use tui_input::Input;

use crate::app::effect::RequestId;
use crate::app::msg::Kept;
use crate::domain::answer::Verdict;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::retention::{self, Retention};
use crate::keymap::table::Context;

/// The steps, in order; always visible at the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RotateStep {
    /// What it may do, its use, its warnings.
    Review,
    /// How long the old secret goes on working.
    Retention,
    /// Where the new secret will go.
    Targets,
    /// What will happen, in a sentence.
    Check,
    /// The new secret: asked for, stored, shown.
    NewSecret,
    /// Whether it works, and the countdown of the old one.
    Verify,
}

impl RotateStep {
    /// The steps with their words.
    pub const SHOWN: [(Self, &'static str); 6] = [
        (Self::Review, "review"),
        (Self::Retention, "retention"),
        (Self::Targets, "targets"),
        (Self::Check, "check"),
        (Self::NewSecret, "new secret"),
        (Self::Verify, "verify"),
    ];
}

/// What presenting a secret came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Not yet.
    NotYet,
    /// Under way.
    Running(RequestId),
    /// The server's verdict.
    Told(Verdict),
    /// It could not be presented.
    Failed(Failure),
}

/// The wizard.
pub struct Rotate {
    /// Which credential.
    pub credential: CredentialRef,
    /// As reviewed; after the rotation, as it is now.
    pub reviewed: Credential,
    /// The fresh reading the review rests on.
    pub reading: Option<RequestId>,
    /// The step on the screen.
    pub step: RotateStep,
    /// The line of the list of windows; one past the presets is "another length".
    pub choice: usize,
    /// Another length, as typed.
    pub custom: Input,
    /// Why another length was refused.
    pub custom_error: Option<String>,
    /// Whether the old secret leaked.
    pub leaked: bool,
    /// What is typed to confirm: `0` for no window, the credential's name on protected accounts.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// The rotation under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Where the new secret went, once it came.
    pub kept: Option<Kept>,
    /// The new secret, presented.
    pub new_presented: Presented,
    /// The old secret, presented.
    pub old_presented: Presented,
    /// How often the new secret was presented without being accepted; new secrets can take seconds.
    pub tries: u32,
}

impl Rotate {
    /// Whether "another length" is chosen.
    pub fn is_custom(&self) -> bool {
        self.choice >= retention::PRESETS.len()
    }

    /// The chosen window.
    pub fn retention(&self) -> Option<Retention> {
        match retention::PRESETS.get(self.choice) {
            Some(preset) => Some(*preset),
            None => Retention::parse(self.custom.value()).ok(),
        }
    }

    /// What must be typed before the rotation is sent, if anything.
    pub fn must_type(&self, protected: bool) -> Option<String> {
        if protected {
            Some(self.reviewed.name.as_str().to_owned())
        } else {
            self.retention().filter(|window| window.is_none()).map(|_| String::from("0"))
        }
    }

    /// The context of the step.
    pub fn context(&self) -> Context {
        match self.step {
            RotateStep::Review | RotateStep::Targets | RotateStep::NewSecret => Context::Page,
            RotateStep::Retention if self.is_custom() => Context::Pick,
            RotateStep::Retention => Context::Retention,
            RotateStep::Check => Context::Form,
            RotateStep::Verify => Context::RotateVerify,
        }
    }
}
