//! What a PAT may do.

use serde::{Deserialize, Serialize};

/// One of the six scopes, in the server's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    #[serde(rename = "*")]
    Everything,
    Zpool,
    Job,
    Sshkey,
    Pat,
    Billing,
}
