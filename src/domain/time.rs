//! Instants and spans as people read them. Time is always handed in; nothing here reads a clock.

pub use jiff::civil::Date;
use jiff::tz::TimeZone;
pub use jiff::{SignedDuration, Timestamp};

/// How far a server's clock is ahead of ours, in whole seconds; negative when it is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew(pub i64);

impl Skew {
    /// Differences below this many seconds are rounding and travel time, not worth a word.
    pub const NOTABLE: i64 = 5;

    /// The server's time when ours is `now`.
    #[must_use]
    pub fn server_time(self, now: Timestamp) -> Timestamp {
        now.checked_add(SignedDuration::from_secs(self.0)).unwrap_or(now)
    }

    /// Our time when the server's is `there`.
    #[must_use]
    pub fn our_time(self, there: Timestamp) -> Timestamp {
        there.checked_sub(SignedDuration::from_secs(self.0)).unwrap_or(there)
    }

    /// Whether the difference is worth showing.
    #[must_use]
    pub fn is_notable(self) -> bool {
        self.0.abs() >= Self::NOTABLE
    }
}

/// A span in its two largest units: `8 m 12 s`, `23 h 5 m`, `3 d`, `2 y`. Negative spans read as zero.
#[must_use]
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < 60 => format!("{seconds} s"),
        () if minutes < 60 => pair(minutes, "m", seconds % 60, "s"),
        () if hours < 24 => pair(hours, "h", minutes % 60, "m"),
        () if days < 7 => pair(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days} d"),
        () => format!("{} y", days / 365),
    }
}

/// A span in its largest unit only, for narrow columns: `8 m`, `23 h`, `3 d`.
#[must_use]
pub fn rough_span(duration: SignedDuration) -> String {
    let full = span(duration);
    full.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn pair(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// How long ago `then` was: `2 h ago`, `just now`; a moment in the future reads `in 3 d`.
#[must_use]
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(then);
    match passed.as_secs() {
        seconds if seconds <= -60 => format!("in {}", rough_span(-passed)),
        seconds if seconds < 60 => String::from("just now"),
        _ => format!("{} ago", rough_span(passed)),
    }
}

/// A moment with its date in the given zone: `2026-11-22 14:05:09`.
#[must_use]
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A moment both local and UTC, as the retention step shows it.
#[must_use]
pub fn moment_both(at: Timestamp, zone: &TimeZone) -> String {
    let utc = format!("{} UTC", moment(at, &TimeZone::UTC));
    if *zone == TimeZone::UTC || zone.to_offset(at) == jiff::tz::Offset::UTC {
        utc
    } else {
        format!("{} local ({utc})", moment(at, zone))
    }
}

/// The date of a moment, in UTC.
pub fn date_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let cases = [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 m"),
            (492, "8 m 12 s"),
            (3600, "1 h"),
            (82_000, "22 h 46 m"),
            (86_400 * 3, "3 d"),
            (86_400 * 3 + 7200, "3 d 2 h"),
            (86_400 * 128, "128 d"),
            (86_400 * 800, "2 y"),
        ];
        for (seconds, want) in cases {
            assert_eq!(span(SignedDuration::from_secs(seconds)), want);
        }
    }

    #[test]
    fn ago_and_ahead() {
        let now = Timestamp::from_second(1_000_000).expect("in range");
        let at = |seconds: i64| now.checked_add(SignedDuration::from_secs(seconds)).expect("in range");
        assert_eq!(ago(at(-30), now), "just now");
        assert_eq!(ago(at(-7300), now), "2 h ago");
        assert_eq!(ago(at(86_400 * 3), now), "in 3 d");
    }

    #[test]
    fn skew_goes_both_ways() {
        let now = Timestamp::from_second(1_000).expect("in range");
        assert_eq!(Skew(600).server_time(now).as_second(), 1_600);
        assert_eq!(Skew(600).our_time(Skew(600).server_time(now)), now);
    }
}
