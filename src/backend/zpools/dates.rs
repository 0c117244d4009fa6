//! The date on which a PAT is to end: what is refused before sending.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use super::abilities::LONGEST_DAYS;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::time::{Date, Timestamp};

/// The date of a moment. The server tells no zone; UTC is what its moments are in.
fn day(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// So many days after a date.
fn days_after(date: Date, days: i64) -> Date {
    date.saturating_add(days.clamp(0, LONGEST_DAYS).days())
}

/// Checks a date. Today is refused: nobody has stated at which hour a PAT ends, and it may be the first.
pub(super) fn check(date: Date, now: Timestamp) -> Result<(), Failure> {
    let (today, last) = (day(now), days_after(day(now), LONGEST_DAYS));
    let refused = |words: String| Err(Failure::new(FailureKind::Invalid, words));
    match () {
        () if date < today => refused(format!("{date} is in the past")),
        () if date == today => refused(format!("{date} is today: the PAT could be dead at once")),
        () if date > last => refused(format!("a PAT ends within a year here, on {last} at the latest")),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn dates_within_a_year_from_tomorrow_on() {
        let now = at("2026-11-21T23:59:59Z");
        for (date, words) in [
            ("2026-11-20", "is in the past"),
            ("2026-11-21", "is today"),
            ("2026-11-22", ""),
            ("2027-11-21", ""),
            ("2027-11-22", "on 2027-11-21 at the latest"),
            ("9999-12-31", "within a year"),
            ("-009999-01-01", "in the past"),
        ] {
            let checked = check(date.parse().expect("a date"), now);
            let said = checked.err().and_then(|failure| failure.detail).unwrap_or_default();
            assert!(said.as_str().contains(words) && said.is_empty() == words.is_empty(), "{date}: {said}");
        }
    }
}
