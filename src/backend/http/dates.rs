//! What a server's `Date` and `Retry-After` headers say, as plain functions of the headers and our clock.

use std::time::Duration;

use jiff::fmt::rfc2822;

use crate::domain::time::{Skew, Timestamp};

/// The longest wait we repeat to the operator; what is longer is a mistake or a trick.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(value: &str) -> Option<Timestamp> {
    rfc2822::parse(value).ok().map(|zoned| zoned.timestamp())
}

/// How far the server is ahead when an answer dated `date` was received at `received`.
///
/// The header has whole seconds, cut off rather than rounded, so half a second is added and the rest is rounded
/// to the nearest second. Servers write it once a second and send it for up to another one, so a difference of
/// one second cannot be told from none and counts as none.
pub(super) fn skew(date: Timestamp, received: Timestamp) -> Skew {
    let ahead = date.duration_since(received).as_millis() + 500;
    let seconds = i64::try_from((ahead.abs() + 499) / 1000 * ahead.signum()).unwrap_or_default();
    Skew(if seconds.abs() <= 1 { 0 } else { seconds })
}

/// The wait asked for: seconds, or a date on the server's clock.
pub(super) fn retry_after(value: &str, server_now: Timestamp) -> Option<Duration> {
    let seconds = match value.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => u64::try_from(http_date(value.trim())?.duration_since(server_now).as_secs()).unwrap_or(0),
    };
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn the_difference_of_the_clocks() {
        let date = http_date("Sat, 21 Nov 2026 21:23:20 GMT").expect("a date");
        let cases = [
            ("2026-11-21T21:23:20.000Z", 0),
            ("2026-11-21T21:23:20.500Z", 0),
            ("2026-11-21T21:23:20.999Z", 0),
            ("2026-11-21T21:23:21.900Z", 0),
            ("2026-11-21T21:23:22.100Z", -2),
            ("2026-11-21T21:23:19.900Z", 0),
            ("2026-11-21T21:23:18.900Z", 2),
            ("2026-11-21T21:13:20.500Z", 600),
            ("2026-11-21T22:23:20.500Z", -3600),
        ];
        for (received, want) in cases {
            assert_eq!(skew(date, at(received)), Skew(want), "{received}");
        }
    }

    #[test]
    fn both_forms_of_retry_after() {
        let now = at("2026-11-21T21:23:20Z");
        let cases = [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sat, 21 Nov 2026 21:23:50 GMT", Some(30)),
            ("Sat, 21 Nov 2026 21:23:10 GMT", Some(0)),
            ("99999999999", Some(86_400)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ];
        for (value, want) in cases {
            assert_eq!(retry_after(value, now), want.map(Duration::from_secs), "{value:?}");
        }
    }
}
