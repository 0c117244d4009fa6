//! The retention window: how long the old and the new secret both work, and how people type it.

use jiff::SignedDuration;

use super::time::{Timestamp, span};

/// How long the old secret goes on working after a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retention(SignedDuration);

/// The presets of the retention step, shortest first.
pub const PRESETS: [Retention; 6] = [
    Retention::minutes(0),
    Retention::minutes(10),
    Retention::minutes(60),
    Retention::minutes(24 * 60),
    Retention::minutes(3 * 24 * 60),
    Retention::minutes(7 * 24 * 60),
];

/// What is offered first: a day, the common choice for planned rotations.
pub const DEFAULT: Retention = Retention::minutes(24 * 60);

impl Retention {
    /// A window of whole minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self(SignedDuration::from_secs(minutes * 60))
    }

    /// No window: the old secret stops at once.
    pub const NONE: Self = Self::minutes(0);

    /// Whether the old secret stops at once.
    pub fn is_none(self) -> bool {
        self.0.is_zero()
    }

    /// The length of the window.
    pub fn duration(self) -> SignedDuration {
        self.0
    }

    /// The length in whole minutes, rounded up so that a window is never shorter than asked.
    pub fn as_minutes(self) -> i64 {
        self.0.as_secs().saturating_add(59) / 60
    }

    /// The window as it is asked for: backends count in whole minutes.
    #[must_use]
    pub fn whole_minutes(self) -> Self {
        Self(SignedDuration::from_mins(self.as_minutes()))
    }

    /// The moment the old secret dies when the rotation happens at `from`.
    pub fn end(self, from: Timestamp) -> Timestamp {
        from.checked_add(self.0).unwrap_or(Timestamp::MAX)
    }

    /// Reads what people type: `10m`, `10 min`, `1h 30m`, `24 hours`, `3d`, or a bare number of minutes.
    pub fn parse(typed: &str) -> Result<Self, RetentionError> {
        let typed = typed.trim().to_lowercase();
        if typed.is_empty() {
            return Err(RetentionError::Empty);
        }
        let mut seconds = 0_i64;
        let mut rest = typed.as_str();
        while !rest.is_empty() {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let after = rest.strip_prefix(digits.as_str()).unwrap_or_default().trim_start();
            let unit: String = after.chars().take_while(char::is_ascii_alphabetic).collect();
            let number: i64 = digits.parse().map_err(|_ignored| RetentionError::NotUnderstood)?;
            let scale = unit_seconds(&unit).ok_or(RetentionError::NotUnderstood)?;
            seconds = number
                .checked_mul(scale)
                .and_then(|part| seconds.checked_add(part))
                .ok_or(RetentionError::NotUnderstood)?;
            rest = after.strip_prefix(unit.as_str()).unwrap_or_default().trim_start();
        }
        Ok(Self(SignedDuration::from_secs(seconds)))
    }

    /// The window in words: `no window`, `10 m`, `1 d`.
    pub fn words(self) -> String {
        if self.is_none() { String::from("no window") } else { span(self.0) }
    }
}

fn unit_seconds(unit: &str) -> Option<i64> {
    match unit {
        "s" | "sec" | "second" | "seconds" => Some(1),
        "" | "m" | "min" | "mins" | "minute" | "minutes" => Some(60),
        "h" | "hour" | "hours" => Some(3600),
        "d" | "day" | "days" => Some(86_400),
        "w" | "week" | "weeks" => Some(7 * 86_400),
        _ => None,
    }
}

/// Why a typed window was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// Nothing was typed.
    #[error("type a length such as 10m, 24h or 3d")]
    Empty,
    /// The text is not a length of time.
    #[error("this is not a length of time; type one such as 10m, 1h 30m or 3d")]
    NotUnderstood,
    /// The backend takes no such length.
    #[error("the longest window here is {0}")]
    TooLong(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type() {
        let cases = [
            ("10", Some(10)),
            ("10m", Some(10)),
            (" 10 min ", Some(10)),
            ("1h30m", Some(90)),
            ("1h 30m", Some(90)),
            ("24 hours", Some(1440)),
            ("3d", Some(4320)),
            ("1w", Some(10_080)),
            ("90s", Some(2)),
            ("0", Some(0)),
            ("-5", None),
            ("", None),
            ("soon", None),
            ("10 parsecs", None),
            ("99999999999999999999d", None),
            ("9223372036854775807d", None),
            ("１０m", None),
        ];
        for (typed, want) in cases {
            assert_eq!(Retention::parse(typed).ok().map(Retention::as_minutes), want, "{typed:?}");
        }
    }

    #[test]
    fn words_parse_back() {
        for preset in PRESETS.into_iter().filter(|preset| !preset.is_none()) {
            assert_eq!(Retention::parse(&preset.words()), Ok(preset));
        }
    }
}
