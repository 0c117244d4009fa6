//! The last few hundred requests, so that a test can say what a client sent. Never a body, never a credential, and of
//! headers only whether they were there.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::clock::{Micros, rfc3339};
use super::http::Call;
use super::ports::Part;

/// How many requests are kept.
const KEPT: usize = 500;

/// One request that arrived.
#[derive(Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one header was there")]
pub(super) struct Entry {
    backend: &'static str,
    at: String,
    pub(super) method: String,
    pub(super) path: String,
    /// The status sent; none if the connection was cut.
    status: Option<u16>,
    /// The fault that spoiled it, if one did.
    fault: Option<&'static str>,
    idempotency_key: bool,
    origin: bool,
    cookie: bool,
    authorization: bool,
    user_agent: Option<String>,
}

/// The requests, oldest first.
#[derive(Default)]
pub(super) struct Journal(Mutex<VecDeque<Entry>>);

impl Journal {
    /// Writes a request down; the query is left out because it can carry codes.
    pub(super) fn note(
        &self,
        part: Part,
        at: Micros,
        call: &Call,
        status: Option<u16>,
        fault: Option<&'static str>,
    ) {
        let has = |name: &str| call.headers.contains_key(name);
        let entry = Entry {
            backend: part.name(),
            at: rfc3339(at),
            method: call.method.to_string(),
            path: call.path.clone(),
            status,
            fault,
            idempotency_key: has("idempotency-key"),
            origin: has("origin"),
            cookie: has("cookie"),
            authorization: has("authorization"),
            user_agent: call.header("user-agent").map(str::to_owned),
        };
        let mut entries = self.entries();
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// Every entry, oldest first.
    pub(super) fn all(&self) -> Vec<Entry> {
        self.entries().iter().cloned().collect()
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.entries().clear();
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
