//! A clipboard in memory, for tests of everything that copies.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Cleared, Clipboard, Copied, CopyError, CopyWay};
use crate::secret::Secret;

/// Holds one text, and goes whichever way it is told.
pub struct MemoryClipboard {
    answer: Result<Copied, CopyError>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    text: Option<Secret>,
    ours: bool,
}

impl Default for MemoryClipboard {
    fn default() -> Self {
        Self::answering(Ok(Copied { way: CopyWay::Native, confirmed: true }))
    }
}

impl MemoryClipboard {
    /// Every copy is answered like this; what fails is not kept.
    pub fn answering(answer: Result<Copied, CopyError>) -> Self {
        Self { answer, state: Mutex::default() }
    }

    /// What is in it now.
    pub fn text(&self) -> Option<Secret> {
        self.state().text.as_ref().map(Secret::share)
    }

    /// Another program copies.
    pub fn copied_elsewhere(&self, text: &str) {
        *self.state() = State { text: Some(Secret::new(text.to_owned())), ours: false };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clipboard for MemoryClipboard {
    async fn copy(&self, secret: &Secret) -> Result<Copied, CopyError> {
        let copied = self.answer?;
        *self.state() = State { text: Some(secret.share()), ours: true };
        Ok(copied)
    }

    async fn clear_if_ours(&self) -> Cleared {
        let mut state = self.state();
        match (&state.text, state.ours) {
            (None, _) => Cleared::Nothing,
            (Some(_), false) => Cleared::NotOurs,
            (Some(_), true) => {
                *state = State::default();
                Cleared::Cleared
            }
        }
    }
}
