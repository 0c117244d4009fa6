//! What listings have told so far, kept for the questions that come without a session: presenting a secret needs to know
//! whose it is, where Flux answers for it and what can be asked there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::tree::Place;
use crate::domain::owner::Id;
use crate::domain::scope::Granted;
use crate::domain::text::Text;

/// A prefix under which content is served, and what can be read there to see whether a key works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The first part of the path.
    pub(super) prefix: String,
    /// The parts after it: the router, or a collection.
    pub(super) rest: Vec<String>,
}

/// A credential as far as presenting its secret needs it.
#[derive(Clone)]
pub(super) struct Fact {
    pub(super) id: Id,
    pub(super) environment: String,
    pub(super) who: Text,
    pub(super) scopes: Granted,
    /// The public half of a key; the visible beginning of a token.
    pub(super) mark: String,
}

/// Everything kept.
#[derive(Default)]
pub(super) struct Known {
    places: Mutex<HashMap<String, (Place, Vec<Reading>)>>,
    facts: Mutex<HashMap<Id, Fact>>,
    /// Whether a token was ever seen to open plain calls.
    tokens_open: AtomicBool,
}

impl Known {
    /// Keeps an environment and what can be read in it.
    pub(super) fn keep_place(&self, place: &Place, readings: Vec<Reading>) {
        lock(&self.places).insert(place.key.clone(), (place.clone(), readings));
    }

    /// An environment, if a listing has told of it.
    pub(super) fn place(&self, key: &str) -> Option<(Place, Vec<Reading>)> {
        lock(&self.places).get(key).cloned()
    }

    /// Keeps a credential.
    pub(super) fn keep(&self, fact: Fact) {
        lock(&self.facts).insert(fact.id.clone(), fact);
    }

    /// The credential with this public half or this beginning.
    pub(super) fn by_mark(&self, mark: &str) -> Option<Fact> {
        lock(&self.facts).values().find(|fact| fact.mark == mark).cloned()
    }

    /// What was last read of a credential.
    pub(super) fn by_id(&self, id: &Id) -> Option<Fact> {
        lock(&self.facts).get(id).cloned()
    }

    /// Forgets the mark that a token had before.
    pub(super) fn forget(&self, id: &Id) {
        lock(&self.facts).remove(id);
    }

    /// Notes that a token opened a plain call.
    pub(super) fn saw_token_open(&self) {
        self.tokens_open.store(true, Ordering::Relaxed);
    }

    /// Whether one ever did.
    pub(super) fn tokens_open(&self) -> bool {
        self.tokens_open.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
