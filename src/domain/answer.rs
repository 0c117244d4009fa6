//! What a backend answers: a listing, a one-time secret, a verdict about one.

use super::credential::Credential;
use super::failure::Failure;
use super::finding::Finding;
use super::owner::{Owner, OwnerRef};
use super::scope::Granted;
use super::text::Text;
use crate::secret::Parts;

/// What a listing found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Every owner.
    pub owners: Vec<Owner>,
    /// Every credential that could be read.
    pub credentials: Vec<Credential>,
    /// Owners whose credentials could not be read, and why.
    pub failed: Vec<(OwnerRef, Failure)>,
    /// What the backend noticed along the way that deserves attention.
    pub findings: Vec<Finding>,
}

/// A one-time secret with the credential it belongs to.
pub struct Issued {
    /// The credential as the server now knows it.
    pub credential: Credential,
    /// Its secret, given this once.
    pub parts: Parts,
    /// What is to be known or done before it works, in words: a restart that is still needed.
    pub note: Option<Text>,
}

/// What presenting a secret showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Accepted {
        /// Who the server takes it for.
        who: Text,
        /// What it may do.
        scopes: Granted,
    },
    /// It was presented and refused.
    Refused {
        /// The server's reason, in words.
        why: Text,
    },
    /// It was presented, and the answer does not tell whether it works.
    Untold {
        /// Why not, in words.
        why: Text,
    },
}
