//! The server's timestamps: naive UTC with microseconds, in answers and in filters.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::clock::{Micros, SECOND, format};

/// ISO 8601 without a zone. The fraction is left out when it is zero, as Python does.
pub(super) fn naive(moment: Micros) -> String {
    let pattern = if moment % SECOND == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
    format(moment, pattern)
}

/// The same in JSON, or null.
pub(super) fn nullable(moment: Option<Micros>) -> Value {
    moment.map_or(Value::Null, |moment| json!(naive(moment)))
}

/// A moment as filters write it, the only form they take.
pub(super) fn from_filter(text: &str) -> Option<Micros> {
    let moment = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}
