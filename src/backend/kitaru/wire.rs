//! What both generations write alike: secrets and moments, on their way in.

use serde::{Deserialize, Deserializer};

use crate::domain::time::Timestamp;
use crate::secret::Secret;

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
