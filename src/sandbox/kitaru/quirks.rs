//! The switches that turn this server into its siblings: older versions, other ways to log in, slower machines.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::clock::{MINUTE, Micros};
use super::super::quirks::described;

/// Kitaru's switches; the default is a stock server of the newest version whose tokens live an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Quirks {
    pub(super) version: Version,
    pub(super) active: bool,
    pub(super) auth_scheme: AuthScheme,
    pub(super) jwt_minutes: Option<u32>,
    pub(super) device_minutes: Option<u32>,
    pub(super) key_check_delay_ms: u64,
    pub(super) rate_limit: bool,
    pub(super) server_url: String,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            version: Version(0, 98, 0),
            active: true,
            auth_scheme: AuthScheme::Oauth2PasswordBearer,
            jwt_minutes: Some(60),
            device_minutes: None,
            key_check_delay_ms: 0,
            rate_limit: false,
            server_url: String::new(),
        }
    }
}

impl Quirks {
    /// Every switch with its default and its meaning, for the control address.
    pub(in super::super) fn described() -> Value {
        let about = |name: &str| match name {
            "version" => {
                "the ZenML server's version, which decides who may write (0.96.0) and what ends a JWT (0.96.2)"
            }
            "active" => "false: nobody can log in until PUT /activate",
            "auth_scheme" => {
                "OAUTH2_PASSWORD_BEARER, NO_AUTH (all are admin `default`) or EXTERNAL (no passwords)"
            }
            "jwt_minutes" => "how long login tokens live; null: for ever, as on a stock deployment",
            "device_minutes" => "how long device tokens live, if jwt_minutes is set too; null: for ever",
            "key_check_delay_ms" => "how long checking an API key takes, as with bcrypt",
            "rate_limit" => "true: five logins a minute and a thousand a day",
            "server_url" => "the URL the server knows itself by; empty: verification URIs are relative",
            _ => "",
        };
        described::<Self>(about)
    }

    /// How long a login token lives.
    pub(super) fn token_life(&self) -> Option<Micros> {
        self.jwt_minutes.map(|minutes| i64::from(minutes) * MINUTE)
    }

    /// How long a device and its token live: only if both lifetimes are configured.
    pub(super) fn device_life(&self) -> Option<Micros> {
        self.jwt_minutes.and(self.device_minutes).map(|minutes| i64::from(minutes) * MINUTE)
    }
}

/// How callers authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum AuthScheme {
    Oauth2PasswordBearer,
    NoAuth,
    External,
}

/// A server version; what changed under unchanged URLs goes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Version(u16, u16, u16);

impl Version {
    /// Writes on accounts and keys need an administrator.
    pub(super) fn writes_need_admin(self) -> bool {
        self >= Version(0, 96, 0)
    }

    /// JWTs carry `iat` and `key_gen`, so that rotation and password change end them, and those of `/api_token` stay
    /// tied to their key.
    pub(super) fn tokens_are_bound(self) -> bool {
        self >= Version(0, 96, 2)
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let numbers: Option<Vec<u16>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self(major, minor, patch)),
            _ => Err(format!("a version is three numbers, such as 0.96.1, not {text:?}")),
        }
    }
}

impl From<Version> for String {
    fn from(Version(major, minor, patch): Version) -> Self {
        format!("{major}.{minor}.{patch}")
    }
}
