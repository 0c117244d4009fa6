//! The server's JSON, read leniently: every member may be null or missing, and unknown ones are ignored.

use serde::{Deserialize, Deserializer};

use crate::domain::time::Timestamp;
use crate::secret::Secret;

/// `GET /info`, of either generation.
#[derive(Deserialize)]
pub(super) struct Info {
    pub(super) version: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) debug: Option<bool>,
    pub(super) auth_scheme: Option<String>,
}

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) total_pages: Option<u64>,
    pub(super) items: Vec<T>,
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

/// A secret on its way in.
pub(super) struct Raw(pub(super) Secret);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// A moment as the server writes it: naive UTC, with a fraction unless it is exactly zero. Newer servers may
/// add a zone; what is not a moment at all counts as absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<String>::deserialize(deserializer).map(|text| Self(text.as_deref().and_then(moment)))
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let naive = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse().ok().or_else(|| naive().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let at = |text: &str| Some(text.parse::<Timestamp>().expect("a timestamp"));
        let cases = [
            ("2026-11-21T21:23:20.472064", at("2026-11-21T21:23:20.472064Z")),
            ("2026-11-21T21:23:20", at("2026-11-21T21:23:20Z")),
            ("2026-11-21 21:23:20", at("2026-11-21T21:23:20Z")),
            ("2026-11-21T21:23:20Z", at("2026-11-21T21:23:20Z")),
            ("2026-11-21T22:23:20+01:00", at("2026-11-21T21:23:20Z")),
            ("yesterday", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(moment(text), want, "{text:?}");
        }
    }
}
