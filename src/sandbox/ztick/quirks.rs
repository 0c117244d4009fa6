//! The switches: which of the two reply dialects, with or without authentication, how patient.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The default is ztick 0.1.0 with an auth file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Quirks {
    pub(super) dialect: Dialect,
    pub(super) auth: bool,
    pub(super) auth_deadline_ms: u64,
    pub(super) reuse_address: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self { dialect: Dialect::Bare, auth: true, auth_deadline_ms: 5000, reuse_address: false }
    }
}

impl Quirks {
    /// Every switch with its default and its meaning, for the control address.
    pub(in super::super) fn described() -> Value {
        let defaults = Self::default();
        let entry = |default: Value, about: &str| json!({ "default": default, "about": about });
        json!({
            "dialect": entry(json!(defaults.dialect), "bare: errors are ERROR alone, as in 0.1.0; coded: ERROR and a code, as in 0.3.0"),
            "auth": entry(json!(defaults.auth), "false: as without auth_file, every command is open on new connections"),
            "auth_deadline_ms": entry(json!(defaults.auth_deadline_ms), "how long a connection may take to authenticate; 5000 on a real server"),
            "reuse_address": entry(json!(defaults.reuse_address), "true: a restart never fails with AddressInUse; no real version does this"),
        })
    }
}

/// How errors are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Dialect {
    Bare,
    Coded,
}
