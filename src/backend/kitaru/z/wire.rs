//! The server's JSON, read leniently: every member may be null or missing, and unknown ones are ignored.

use serde::Deserialize;

pub(super) use super::super::wire::{Moment, Raw};

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) total_pages: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) items: Vec<T>,
}

impl<T> Page<T> {
    /// The page after the last.
    pub(super) fn empty() -> Self {
        Self { total_pages: None, total: None, items: Vec::new() }
    }
}

/// A service account.
#[derive(Default, Deserialize)]
pub(super) struct Account {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) body: Option<AccountBody>,
    pub(super) metadata: Option<AccountMetadata>,
}

/// What lists tell of it.
#[derive(Default, Deserialize)]
pub(super) struct AccountBody {
    pub(super) created: Option<Moment>,
    pub(super) active: Option<bool>,
}

/// What only hydrated answers tell of it.
#[derive(Default, Deserialize)]
pub(super) struct AccountMetadata {
    pub(super) description: Option<String>,
}

/// An API key.
#[derive(Default, Deserialize)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) body: Option<KeyBody>,
    pub(super) metadata: Option<KeyMetadata>,
}

/// What lists tell of it; `key` only answers to create and rotate.
#[derive(Default, Deserialize)]
pub(super) struct KeyBody {
    pub(super) created: Option<Moment>,
    pub(super) updated: Option<Moment>,
    pub(super) active: Option<bool>,
    pub(super) key: Option<Raw>,
    pub(super) service_account: Option<Account>,
}

/// What only hydrated answers tell of it.
#[derive(Default, Deserialize)]
pub(super) struct KeyMetadata {
    pub(super) description: Option<String>,
    pub(super) retain_period_minutes: Option<i64>,
    pub(super) last_login: Option<Moment>,
    pub(super) last_rotated: Option<Moment>,
}

/// `GET /current-user`.
#[derive(Deserialize)]
pub(super) struct CurrentUser {
    pub(super) name: Option<String>,
    pub(super) body: Option<CurrentUserBody>,
}

/// What it tells.
#[derive(Default, Deserialize)]
pub(super) struct CurrentUserBody {
    pub(super) is_service_account: Option<bool>,
    pub(super) is_admin: Option<bool>,
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
    pub(super) device_code: Raw,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    pub(super) expires_in: Option<u64>,
    pub(super) interval: Option<u64>,
}
