//! The switches: what nobody has stated about the server, what its older versions lack, and lifetimes short enough to
//! watch. Refusals that a server gives by itself (429, 503, a redirect, a cut connection) are faults, not switches.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::quirks::described;

/// The switches of FoxNose; the default is what the contract proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one switch")]
pub(in super::super) struct Quirks {
    pub(super) auth_path: String,
    pub(super) refresh_path: String,
    pub(super) refresh_field: String,
    pub(super) access_minutes: u32,
    pub(super) refresh_minutes: u32,
    pub(super) exp_in_jwt: bool,
    pub(super) signature_window_seconds: u32,
    pub(super) breaks_signatures: bool,
    pub(super) bearer_tokens: bool,
    pub(super) bearer_on_rest: bool,
    pub(super) api_keys_max_count: Option<u32>,
    pub(super) validation_status: u16,
    pub(super) put_replaces: bool,
    pub(super) page_without_next: bool,
    pub(super) keys_browse: bool,
    pub(super) public_api_checks_keys: bool,
    pub(super) flux_key_without_role: WithoutRole,
    pub(super) deleted_role: DeletedRole,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            auth_path: "/account/auth/".to_owned(),
            refresh_path: "/account/auth/refresh/".to_owned(),
            refresh_field: "refresh".to_owned(),
            access_minutes: 24 * 60,
            refresh_minutes: 7 * 24 * 60,
            exp_in_jwt: true,
            signature_window_seconds: 300,
            breaks_signatures: false,
            bearer_tokens: true,
            bearer_on_rest: true,
            api_keys_max_count: None,
            validation_status: 400,
            put_replaces: false,
            page_without_next: false,
            keys_browse: false,
            public_api_checks_keys: false,
            flux_key_without_role: WithoutRole::AccessDenied,
            deleted_role: DeletedRole::Conflict,
        }
    }
}

impl Quirks {
    /// Every switch with its default and its meaning, for the control address.
    pub(in super::super) fn described() -> Value {
        described::<Self>(about)
    }
}

fn about(name: &str) -> &'static str {
    match name {
        "auth_path" => "where e-mail and password are exchanged for a pair of tokens",
        "refresh_path" => "where a refresh token is exchanged for a new pair",
        "refresh_field" => "the member of the body that carries the refresh token",
        "access_minutes" => "how long an access token lives",
        "refresh_minutes" => "how long a refresh token lives",
        "exp_in_jwt" => "false: tokens do not say when they end, and end all the same",
        "signature_window_seconds" => "how far a signed request's date may be from the server's clock",
        "breaks_signatures" => "true: something before the server changes paths, so no signature is good",
        "bearer_tokens" => {
            "false: a server older than Flux bearer tokens; their calls are 404, their fields absent"
        }
        "bearer_on_rest" => "false: Flux bearer tokens open nothing but MCP",
        "api_keys_max_count" => {
            "how many keys an environment may have of each kind; more is 403 plan_limit_exceeded"
        }
        "validation_status" => "the status of validation_error: 400 or 422",
        "put_replaces" => "true: a PUT on a key clears what it does not name",
        "page_without_next" => "true: pages lack their member `next`",
        "keys_browse" => "true: a Management key may read organisations, projects and environments",
        "public_api_checks_keys" => "true: a bad key is refused on an API that needs none, too",
        "flux_key_without_role" => {
            "what a Flux key without a role gets: access_denied (403), authentication_failed (401) or everything"
        }
        "deleted_role" => {
            "deleting a role that keys carry: conflict (409), clears (they have none then) or dangles (they name it still)"
        }
        _ => "",
    }
}

/// What a Flux key without a role gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WithoutRole {
    AccessDenied,
    AuthenticationFailed,
    Everything,
}

/// What deleting a role does while keys carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeletedRole {
    Conflict,
    Clears,
    Dangles,
}
