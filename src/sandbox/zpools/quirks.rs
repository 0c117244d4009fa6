//! The switches: what nobody has stated about the closed server, and where its versions differ.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::clock::{Micros, SECOND};
use super::super::quirks::described;
use super::scope::Scope;

/// The switches of zpools; the default is the newest statement on each question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Quirks {
    pub(super) login: bool,
    pub(super) pats_manage_pats: bool,
    pub(super) hello_needs_a_scope: bool,
    pub(super) empty_scopes: EmptyScopes,
    pub(super) revoked_rows: RevokedRows,
    pub(super) authorizer_cache_seconds: u16,
    pub(super) grants_more: Vec<Scope>,
    pub(super) grants_fewer: Vec<Scope>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            login: true,
            pats_manage_pats: true,
            hello_needs_a_scope: true,
            empty_scopes: EmptyScopes::NoAccess,
            revoked_rows: RevokedRows::Kept,
            authorizer_cache_seconds: 0,
            grants_more: Vec::new(),
            grants_fewer: Vec::new(),
        }
    }
}

impl Quirks {
    /// Every switch with its default and its meaning, for the control address.
    pub(in super::super) fn described() -> Value {
        let about = |name: &str| match name {
            "login" => "false: POST /login is gone (404), as in production",
            "pats_manage_pats" => {
                "false: listing and revoking take a JWT only (401); creating takes a JWT only anyway"
            }
            "hello_needs_a_scope" => "false: GET /hello takes a PAT without scopes, too",
            "empty_scopes" => {
                "what a PAT created without scopes gets: no_access, or default_set (zpool and job)"
            }
            "revoked_rows" => "whether the list has revoked PATs: kept (with status revoked), or hidden",
            "authorizer_cache_seconds" => {
                "how long a verdict about a token is used again, on whatever route it was made; the real one: 5"
            }
            "grants_more" => "scopes that every live PAT has beyond what its row says",
            "grants_fewer" => "scopes that no PAT is let through for, whatever its row says",
            _ => "",
        };
        described::<Self>(about)
    }

    /// How long the authorizer remembers a verdict.
    pub(super) fn cache_life(&self) -> Micros {
        i64::from(self.authorizer_cache_seconds) * SECOND
    }
}

/// What a PAT created without scopes gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EmptyScopes {
    NoAccess,
    DefaultSet,
}

/// Whether revoked PATs are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RevokedRows {
    Kept,
    Hidden,
}
