//! The authorizer's cache. A verdict is kept under the credential alone, so for its few seconds it answers for every
//! route: a permission shows where there is none, a refusal where there is a permission, and a revoked PAT works on.

use std::collections::HashMap;

use super::super::clock::Micros;
use super::caller::Pass;

/// What the authorizer said.
#[derive(Clone)]
pub(super) enum Verdict {
    Allowed(Pass),
    Denied,
}

/// The verdicts given lately, by the hash of the credential.
#[derive(Default)]
pub(super) struct Verdicts(HashMap<String, (Micros, Verdict)>);

impl Verdicts {
    /// The verdict that is still remembered.
    pub(super) fn find(&self, credential: &str, now: Micros, life: Micros) -> Option<Verdict> {
        let (at, verdict) = self.0.get(credential)?;
        (0..life).contains(&(now - at)).then(|| verdict.clone())
    }

    /// Remembers a verdict, and forgets those that are over.
    pub(super) fn keep(&mut self, credential: String, now: Micros, life: Micros, verdict: Verdict) {
        self.0.retain(|_, (at, _)| (0..life).contains(&(now - *at)));
        if life > 0 {
            self.0.insert(credential, (now, verdict));
        }
    }
}
