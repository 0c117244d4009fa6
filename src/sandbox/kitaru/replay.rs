//! Answers kept under their `Idempotency-Key`, so that a repeated create gives the same raw key. In memory only, because
//! raw keys are in them.

use std::collections::HashMap;

use uuid::Uuid;

use super::super::clock::{Micros, SECOND};
use super::errors::Outcome;

/// How long an answer is kept after it was last given.
const LIFE: Micros = 300 * SECOND;

struct Kept {
    who: String,
    outcome: Outcome,
    given: Micros,
}

/// The kept answers.
#[derive(Default)]
pub(super) struct Replays(HashMap<Uuid, Kept>);

/// What is known under a key.
pub(super) enum Found {
    /// The same request came before: its answer.
    Same(Outcome),
    /// Another request came under this key.
    Forgery,
    /// Nothing.
    New,
}

impl Replays {
    /// Looks for a kept answer, and keeps it longer when it is used.
    pub(super) fn find(&mut self, key: Uuid, who: &str, now: Micros) -> Found {
        self.0.retain(|_, kept| now - kept.given <= LIFE);
        match self.0.get_mut(&key) {
            None => Found::New,
            Some(kept) if kept.who != who => Found::Forgery,
            Some(kept) => {
                kept.given = now;
                Found::Same(kept.outcome.clone())
            }
        }
    }

    /// Keeps an answer, a refusal too.
    pub(super) fn keep(&mut self, key: Uuid, who: String, now: Micros, outcome: Outcome) {
        self.0.insert(key, Kept { who, outcome, given: now });
    }
}
