//! The server's JSON, read leniently: every member may be null or missing, and unknown ones are ignored.

use serde::{Deserialize, Deserializer};

pub(super) use super::super::wire::{Moment, Raw};

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_cursor: Option<String>,
}

/// A person or a service account.
#[expect(clippy::struct_field_names, reason = "the words of the wire")]
#[derive(Default, Deserialize)]
pub(super) struct Account {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) is_service_account: Option<bool>,
    pub(super) active: Option<bool>,
    pub(super) created: Option<Moment>,
    #[serde(default, deserialize_with = "if_readable")]
    pub(super) metadata: Option<Metadata>,
}

/// What clients keep with an account.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) description: Option<String>,
}

/// Anybody may put anything there; what does not fit is nothing.
fn if_readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// An API key; `key` comes only with answers to create and rotate.
#[expect(clippy::struct_field_names, reason = "the words of the wire")]
#[derive(Default, Deserialize)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) owner_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) created: Option<Moment>,
    pub(super) last_used: Option<Moment>,
    pub(super) last_rotated: Option<Moment>,
    pub(super) key: Option<Raw>,
}

/// `POST /login`.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: Option<Raw>,
    pub(super) expires_in: Option<f64>,
}

/// `POST /device_authorization`.
#[derive(Deserialize)]
pub(super) struct Pairing {
    pub(super) device_id: String,
    pub(super) device_code: Raw,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    pub(super) expires_in: Option<u64>,
    pub(super) interval: Option<u64>,
}
