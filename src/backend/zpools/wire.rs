//! The server's JSON, read leniently: every member may be null or missing, and unknown ones are ignored.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::time::Timestamp;
use crate::secret::Secret;

/// What every answer but one is wrapped in.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) detail: Option<T>,
}

/// `GET /pat`. Rows are read one by one, so that an odd one does not spoil the rest.
#[derive(Deserialize)]
pub(super) struct Rows {
    pub(super) items: Vec<Value>,
}

/// A PAT as it is listed.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Row {
    pub(super) key_id: Option<String>,
    pub(super) label: Option<String>,
    pub(super) status: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    #[serde(default)]
    pub(super) created_at: Moment,
    #[serde(default)]
    pub(super) expiry_at: Moment,
    #[serde(default)]
    pub(super) hard_expiry_at: Moment,
    #[serde(default)]
    pub(super) last_used_at: Moment,
    pub(super) last_ip: Option<String>,
    pub(super) last_ua: Option<String>,
    pub(super) usage_count: Option<u64>,
}

impl Row {
    /// The word for its state, in lower case.
    pub(super) fn status(&self) -> String {
        self.status.as_deref().unwrap_or("active").to_ascii_lowercase()
    }

    /// Whether it was revoked, which is for good.
    pub(super) fn is_revoked(&self) -> bool {
        self.status() == "revoked"
    }
}

/// `POST /pat`.
#[derive(Default, Deserialize)]
pub(super) struct Made {
    pub(super) key_id: Option<String>,
    pub(super) token: Option<Raw>,
}

/// `POST /login`. The refresh token is left out: nothing takes it.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: Option<Raw>,
    #[serde(default)]
    pub(super) expires_in: Seconds,
}

/// `GET /billing/balance` as far as it tells whose it is.
#[derive(Deserialize)]
pub(super) struct Billing {
    pub(super) balance: Option<Balance>,
}

/// Whose balance.
#[derive(Deserialize)]
pub(super) struct Balance {
    pub(super) customer: Option<String>,
}

/// A secret on its way in.
pub(super) struct Raw(pub(super) Secret);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// A span in seconds: a number, or digits in a text. Anything else counts as absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Seconds(pub(super) Option<i64>);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())))
    }
}

/// A moment as ISO 8601 with an offset; without one it is UTC. Anything else counts as absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self(value.as_str().and_then(moment)))
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
    fn moments_and_spans() {
        let at = |text: &str| Some(text.parse::<Timestamp>().expect("a timestamp"));
        for (json, want) in [
            (r#""2026-11-21T21:19:11.946+00:00""#, at("2026-11-21T21:19:11.946Z")),
            (r#""2026-11-21T22:19:11+01:00""#, at("2026-11-21T21:19:11Z")),
            (r#""2026-11-21T21:19:11""#, at("2026-11-21T21:19:11Z")),
            (r#""soon""#, None),
            ("null", None),
            ("1795296200", None),
        ] {
            assert_eq!(serde_json::from_str::<Moment>(json).expect("anything").0, want, "{json}");
        }
        for (json, want) in
            [("3600", Some(3600)), (r#"" 3600""#, Some(3600)), ("null", None), (r#""x""#, None)]
        {
            assert_eq!(serde_json::from_str::<Seconds>(json).expect("anything").0, want, "{json}");
        }
    }
}
