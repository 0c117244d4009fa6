//! A secret shown once: masked until asked for, closed only by its own key, never without a way left to it.

use tui_input::Input;
use uuid::Uuid;

use crate::app::effect::RequestId;
use crate::app::msg::{CopyReport, Kept};
use crate::domain::credential::CredentialRef;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::keymap::table::Context;
use crate::secret::Parts;

/// The word that gives a secret up.
pub const DISCARD: &str = "discard";

/// The reveal.
pub struct Reveal {
    /// The operation that asked for the secret.
    pub operation: Uuid,
    /// Whose secret it is.
    pub credential: CredentialRef,
    /// The credential's name.
    pub name: Text,
    /// The owner's name.
    pub owner: Text,
    /// What it is, in words: `new API key`, `new secret of`.
    pub title: String,
    /// The secret.
    pub parts: Parts,
    /// Which part has the cursor.
    pub cursor: usize,
    /// Until when it is unmasked.
    pub unmasked_until: Option<Timestamp>,
    /// Where it went.
    pub kept: Kept,
    /// Whether losing it loses nothing real, as in the sandbox.
    pub disposable: bool,
    /// The copy under way.
    pub copying: Option<RequestId>,
    /// What the last copy came to.
    pub copied: Option<Result<CopyReport, Text>>,
    /// The word being typed to give it up.
    pub discard: Option<Input>,
}

impl Reveal {
    /// The reveal, or typing the word.
    pub fn context(&self) -> Context {
        if self.discard.is_some() { Context::Discard } else { Context::Reveal }
    }

    /// Whether the secret is drawn in clear when our clock says `now`.
    pub fn is_unmasked(&self, now: Timestamp) -> bool {
        self.unmasked_until.is_some_and(|until| until > now)
    }

    /// Whether it can be closed without losing the secret: it is stored, or was copied in a way that could be
    /// confirmed.
    pub fn is_safe(&self) -> bool {
        let stored = matches!(self.kept, Kept::Keyring | Kept::Kernel)
            || (self.disposable && self.kept == Kept::Memory);
        let copied = matches!(&self.copied, Some(Ok(report)) if report.confirmed);
        stored || copied
    }
}
