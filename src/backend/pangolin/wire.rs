//! What the server sends, as far as we read it: strict in nothing but what cannot be missed. It spells the same field
//! with hyphens here and underscores there; both are taken everywhere. Hashes of keys and whole tokens are in its
//! lists, and are dropped where they are read.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

use super::claims::{self, Claims, Role};
use super::errors;
use crate::backend::http::Reply;
use crate::domain::failure::Failure;
use crate::domain::time::Timestamp;
use crate::secret::Secret;

/// A success, decoded.
pub(super) fn decode<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<T, Failure> {
    serde_json::from_slice(&reply.body).map_err(|_shown_as_words| errors::unexpected(reply, what))
}

/// A list, decoded row by row: how many rows could not be read is told, and the others count.
pub(super) fn rows<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<(Vec<T>, usize), Failure> {
    let all: Vec<Value> = decode(reply, what)?;
    let count = all.len();
    let rows: Vec<T> = all.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect();
    let odd = count - rows.len();
    Ok((rows, odd))
}

/// An identifier that may stand in a path.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Uuid::parse_str(&text).map(|id| id.to_string()).map_err(serde::de::Error::custom)
}

/// A secret on its way in.
pub(super) struct Raw(pub(super) Secret);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// A moment as RFC 3339, of whatever precision and with `Z` or an offset. Anything else counts as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self(value.as_str().and_then(|text| text.parse().ok())))
    }
}

/// `GET /app-config`.
#[derive(Deserialize)]
pub(super) struct Mode {
    pub(super) auth_enabled: bool,
}

/// `GET /oauth/providers`.
#[derive(Deserialize)]
pub(super) struct Providers {
    pub(super) providers: Vec<String>,
}

/// A bearer, from a login, an exchange, a code, or a mint.
#[derive(Deserialize)]
pub(super) struct Bearer {
    #[serde(alias = "access_token")]
    pub(super) token: Option<Raw>,
}

/// A tenant.
#[derive(Deserialize)]
pub(super) struct Tenant {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

/// A user.
#[derive(Clone, Deserialize)]
pub(super) struct User {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) username: String,
    #[serde(default)]
    pub(super) email: String,
    #[serde(default, rename = "tenant-id", alias = "tenant_id")]
    pub(super) tenant: Option<String>,
    pub(super) role: Option<Role>,
    #[serde(default, rename = "created-at", alias = "created_at")]
    pub(super) created: Moment,
}

/// A service user; with its key only in the answer that made it.
#[derive(Deserialize)]
pub(super) struct ServiceUser {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    pub(super) role: Option<Role>,
    #[serde(default, rename = "created-at", alias = "created_at")]
    pub(super) created: Moment,
    #[serde(default, rename = "last-used", alias = "last_used")]
    pub(super) last_used: Moment,
    #[serde(default, rename = "expires-at", alias = "expires_at")]
    pub(super) expires: Moment,
    #[serde(default = "yes")]
    pub(super) active: bool,
    #[serde(default)]
    pub(super) api_key: Option<Raw>,
}

fn yes() -> bool {
    true
}

/// A minted token as it is listed. The token itself is read for its claims, and kept only where it is to revoke itself.
#[derive(Deserialize)]
pub(super) struct Minted {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) expires_at: Moment,
    #[serde(default)]
    pub(super) token: Option<Raw>,
}

impl Minted {
    /// What the token says of itself. Its name and age in the row are made up by SQL stores.
    pub(super) fn claims(&self) -> Option<Claims> {
        claims::read(self.token.as_ref()?.0.expose())
    }
}

/// A permission of a user or service user, or a grant of a role.
#[derive(Clone, Deserialize)]
pub(super) struct Permission {
    #[serde(default, rename = "user-id")]
    pub(super) user: String,
    pub(super) scope: Value,
    pub(super) actions: Vec<String>,
}

/// A role.
#[derive(Clone, Deserialize)]
pub(super) struct GrantRole {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) permissions: Vec<Permission>,
}

/// A catalog.
#[derive(Clone, Deserialize)]
pub(super) struct Catalog {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    pub(super) name: String,
}

/// The namespaces of a catalog, part by part.
#[derive(Deserialize)]
pub(super) struct Namespaces {
    pub(super) namespaces: Vec<Vec<String>>,
}

/// The tables of a namespace.
#[derive(Deserialize)]
pub(super) struct Tables {
    pub(super) identifiers: Vec<Table>,
}

/// A table.
#[derive(Deserialize)]
pub(super) struct Table {
    pub(super) name: String,
}

/// A warehouse. The server sends its secrets along; nothing here has a place for them.
#[derive(Deserialize)]
pub(super) struct Warehouse {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    storage_config: Option<StorageConfig>,
    #[serde(default)]
    vending_strategy: Option<Strategy>,
}

#[derive(Default, Deserialize)]
struct StorageConfig {
    #[serde(rename = "s3.bucket")]
    bucket: Option<String>,
    #[serde(rename = "s3.access-key-id")]
    key_id: Option<String>,
}

/// A strategy by its name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Strategy {
    Named(String),
    With(BTreeMap<String, OfStrategy>),
}

/// What belongs to a strategy: which key it gives, without its secret. All else is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum OfStrategy {
    Key { access_key_id: String },
    Other(IgnoredAny),
}

impl Warehouse {
    /// The bucket that locations are matched with; the other spelling of it serves tables alone.
    pub(super) fn bucket(&self) -> Option<&str> {
        self.storage_config.as_ref()?.bucket.as_deref().filter(|bucket| !bucket.is_empty())
    }

    /// Which key a location of it gives, where that is its own and not a temporary one.
    pub(super) fn key_id(&self) -> Option<&str> {
        match &self.vending_strategy {
            None => self.storage_config.as_ref()?.key_id.as_deref(),
            Some(Strategy::Named(_)) => None,
            Some(Strategy::With(named)) => named.values().find_map(|of| match of {
                OfStrategy::Key { access_key_id } => Some(access_key_id.as_str()),
                OfStrategy::Other(_) => None,
            }),
        }
    }

    /// What asking for a location of it gives, in a few words.
    pub(super) fn gives(&self) -> &'static str {
        let name = match &self.vending_strategy {
            Some(Strategy::Named(name)) => Some(name.as_str()),
            Some(Strategy::With(named)) => named.keys().next().map(String::as_str),
            None => None,
        };
        match name {
            Some("AwsSts") => "temporary credentials",
            Some("AwsStatic") | None => "its own long-lived keys",
            Some("None") => "gives nothing out",
            Some(_) => "not S3",
        }
    }
}

/// Storage credentials for a table.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct TableCredentials {
    pub(super) storage_credentials: Vec<TableCredential>,
}

/// One of them.
#[derive(Deserialize)]
pub(super) struct TableCredential {
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) config: TableConfig,
}

/// Its values, under dotted names.
#[derive(Deserialize)]
pub(super) struct TableConfig {
    #[serde(rename = "credential-type")]
    pub(super) kind: Option<String>,
    #[serde(rename = "s3.access-key-id")]
    pub(super) id: Option<Raw>,
    #[serde(rename = "s3.secret-access-key")]
    pub(super) secret: Option<Raw>,
    #[serde(rename = "s3.session-token")]
    pub(super) session: Option<Raw>,
    #[serde(rename = "s3.session-token-expires-at-ms")]
    pub(super) ends_ms: Option<Value>,
    #[serde(rename = "s3.region")]
    pub(super) region: Option<String>,
    #[serde(rename = "s3.endpoint")]
    pub(super) endpoint: Option<String>,
}

/// Storage credentials for a location.
#[derive(Deserialize)]
pub(super) struct LocationCredentials {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) access_key_id: Option<Raw>,
    pub(super) secret_access_key: Option<Raw>,
    pub(super) session_token: Option<Raw>,
    #[serde(default)]
    pub(super) expiration: Moment,
}

/// A row of the audit.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) user_id: Option<String>,
    #[serde(default)]
    pub(super) username: String,
    pub(super) action: String,
    resource_id: Option<String>,
    #[serde(default)]
    pub(super) timestamp: Moment,
    #[serde(default)]
    pub(super) metadata: Value,
}

impl Event {
    /// Whether it is about this user or service user.
    pub(super) fn is_about(&self, id: &str) -> bool {
        [&self.user_id, &self.resource_id].into_iter().flatten().any(|told| told == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_flavours_of_moments() {
        let at = |text: &str| Some(text.parse::<Timestamp>().expect("a timestamp"));
        for (json, want) in [
            (r#""2026-11-21T21:40:02.908123456Z""#, at("2026-11-21T21:40:02.908123456Z")),
            (r#""2026-11-21T21:40:53Z""#, at("2026-11-21T21:40:53Z")),
            (r#""2026-11-21T21:39:43.793Z""#, at("2026-11-21T21:39:43.793Z")),
            (r#""2026-12-21T21:39:55+00:00""#, at("2026-12-21T21:39:55Z")),
            (r#""soon""#, None),
            ("null", None),
            ("7", None),
        ] {
            assert_eq!(serde_json::from_str::<Moment>(json).expect("anything").0, want, "{json}");
        }
    }

    #[test]
    fn both_spellings_are_read() {
        let id = "8d1eeee3-7a41-4c5e-9d0b-5f0c3a2e093a";
        for dash in ["-", "_"] {
            let json = format!(
                r#"{{"id":"{id}","name":"n","role":"tenant-user","created{dash}at":"2026-11-21T21:40:53Z",
                "expires{dash}at":"2026-11-22T21:40:53Z","last{dash}used":"2026-11-21T22:40:53Z","later":1}}"#
            );
            let read: ServiceUser = serde_json::from_str(&json).expect("a service user");
            assert!(read.created.0 < read.last_used.0 && read.last_used.0 < read.expires.0, "{dash}");
        }
        assert!(serde_json::from_str::<Tenant>(r#"{"id":"../x"}"#).is_err());
    }
}
