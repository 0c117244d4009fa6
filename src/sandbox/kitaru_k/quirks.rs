//! The switches of this server: how callers authenticate, how long things live.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::clock::{MINUTE, Micros, SECOND};
use super::super::quirks::described;

/// The switches; the default is a stock server of the newest version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Quirks {
    pub(super) version: String,
    pub(super) auth_scheme: AuthScheme,
    pub(super) jwt_seconds: u32,
    pub(super) device_minutes: Option<u32>,
    pub(super) replay_seconds: u32,
    pub(super) dashboard_url: String,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            version: "0.27.2".to_owned(),
            auth_scheme: AuthScheme::Local,
            jwt_seconds: 3600,
            device_minutes: None,
            replay_seconds: 900,
            dashboard_url: String::new(),
        }
    }
}

impl Quirks {
    /// Every switch with its default and its meaning, for the control address.
    pub(in super::super) fn described() -> Value {
        let about = |name: &str| match name {
            "version" => "the Kitaru server's version, from 0.22.0 on",
            "auth_scheme" => {
                "local, none (all are the default account `ada`) or control_plane (no local logins)"
            }
            "jwt_seconds" => "how long tokens live; they always end",
            "device_minutes" => "how long an approved device may get tokens; null: for ever",
            "replay_seconds" => "how long answers are kept under their Idempotency-Key",
            "dashboard_url" => "where devices are approved; empty: at the server's own address",
            _ => "",
        };
        described::<Self>(about)
    }

    /// How long a token lives.
    pub(super) fn token_life(&self) -> Micros {
        i64::from(self.jwt_seconds) * SECOND
    }

    /// How long an approved device lives.
    pub(super) fn device_life(&self) -> Option<Micros> {
        self.device_minutes.map(|minutes| i64::from(minutes) * MINUTE)
    }

    /// How long an answer can be had again.
    pub(super) fn replay_life(&self) -> Micros {
        i64::from(self.replay_seconds) * SECOND
    }
}

/// How callers authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthScheme {
    Local,
    None,
    ControlPlane,
}
