//! The switches: what operators set in the server's environment, what differs between its stores, and how the provider
//! of its sign-in by browser behaves.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::quirks::described;

/// The switches of Pangolin; the default is what a production user meets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Quirks {
    pub(super) store: Store,
    pub(super) legacy_keys: Switch,
    pub(super) no_auth: NoAuth,
    pub(super) auth_rate_limit: u32,
    pub(super) auth_rate_window_secs: u32,
    pub(super) trust_forwarded_for: bool,
    pub(super) missing_tenant_checks: bool,
    pub(super) encryption_key: bool,
    pub(super) oauth_providers: Vec<String>,
    pub(super) oauth_redirect_uris: Vec<String>,
    pub(super) oauth_consent: Consent,
    pub(super) draining: Switch,
    pub(super) revocation_store_unreachable: Switch,
    pub(super) revoked_ids_unique: Switch,
}

impl Default for Quirks {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            store: Store::Sql,
            legacy_keys: Switch::Off,
            no_auth: NoAuth::Off,
            auth_rate_limit: 10,
            auth_rate_window_secs: 60,
            trust_forwarded_for: false,
            missing_tenant_checks: false,
            encryption_key: false,
            oauth_providers: texts(&["google", "github"]),
            oauth_redirect_uris: texts(&["http://127.0.0.1:19876/keywright"]),
            oauth_consent: Consent::Approve,
            draining: Switch::Off,
            revocation_store_unreachable: Switch::Off,
            revoked_ids_unique: Switch::Off,
        }
    }
}

impl Quirks {
    /// Every switch with its default and its meaning, for the control address.
    pub(in super::super) fn described() -> Value {
        let about = |name: &str| match name {
            "store" => {
                "memory or sql: whether rotation works, duplicates pass, and what a missing id answers"
            }
            "legacy_keys" => {
                "on: the keys it issues are taken in X-API-Key; off: every one of them is refused there"
            }
            "no_auth" => "off, true, or 1 (auth is off and the server says it is on)",
            "auth_rate_limit" => {
                "logins and mints from one address, and logins of one account, in a window; 0: no limit"
            }
            "auth_rate_window_secs" => "the length of that window",
            "trust_forwarded_for" => "true: the address is that of X-Forwarded-For",
            "missing_tenant_checks" => "true: calls by id reach into other tenants, as on the real server",
            "encryption_key" => "true: stored keys of warehouses are vended as ciphertext (sql only)",
            "oauth_providers" => "the providers that are set up",
            "oauth_redirect_uris" => "where a sign-in by browser may land, exact strings",
            "oauth_consent" => "what the person at the provider does: approve, decline, or ignore",
            "draining" => "on: it is going down, and says so to whoever asks after its health",
            "revocation_store_unreachable" => "on: no token can be looked up among the revoked ones",
            "revoked_ids_unique" => {
                "on: an id that is still remembered is not taken a second time, as on PostgreSQL"
            }
            _ => "",
        };
        described::<Self>(about)
    }

    /// Whether stored keys of warehouses come out as ciphertext.
    pub(super) fn vends_ciphertext(&self) -> bool {
        self.encryption_key && self.store == Store::Sql
    }
}

/// What the server keeps its things in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Store {
    Memory,
    Sql,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Switch {
    Off,
    On,
}

/// How the server was told to ask nobody who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoAuth {
    Off,
    True,
    /// Auth is off, and `app-config` says it is on.
    #[serde(rename = "1")]
    One,
}

/// What the person at the provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Consent {
    Approve,
    Decline,
    Ignore,
}
