//! The sandbox's clock: the system's time and an offset that the control address moves. Every decision, every window and
//! every `Date` header goes by it, so that an hour passes in a millisecond.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Microseconds since 1970, which is what the servers' own timestamps resolve.
pub(super) type Micros = i64;

/// One second.
pub(super) const SECOND: Micros = 1_000_000;
/// One minute.
pub(super) const MINUTE: Micros = 60 * SECOND;
/// One day.
pub(super) const DAY: Micros = 24 * 60 * MINUTE;

/// Where the clock may be put: from 1970 to the end of the year 9000, so that sums with windows stay representable.
const LATEST: Micros = 221_845_392_000 * SECOND;

/// The system's time and an offset.
pub(super) struct Clock {
    offset: AtomicI64,
}

impl Clock {
    /// A clock that is off by so much.
    pub(super) fn new(offset: Micros) -> Self {
        Self { offset: AtomicI64::new(offset) }
    }

    /// What time it is in the sandbox.
    pub(super) fn now(&self) -> Micros {
        Timestamp::now().as_microsecond().saturating_add(self.offset())
    }

    /// How far it is from the system's time.
    pub(super) fn offset(&self) -> Micros {
        self.offset.load(Ordering::Relaxed)
    }

    /// Puts the clock to a moment; none if that moment is out of range.
    pub(super) fn set(&self, moment: Micros) -> Option<()> {
        self.put(moment.checked_sub(Timestamp::now().as_microsecond())?)
    }

    /// Moves the clock by so much, backwards if negative; none if it would leave the range.
    pub(super) fn advance(&self, by: Micros) -> Option<()> {
        self.put(self.offset().checked_add(by)?)
    }

    fn put(&self, offset: Micros) -> Option<()> {
        let moment = Timestamp::now().as_microsecond().checked_add(offset)?;
        (0..=LATEST).contains(&moment).then(|| self.offset.store(offset, Ordering::Relaxed))
    }
}

/// RFC 3339 with a `Z`, for the control address.
pub(super) fn rfc3339(moment: Micros) -> String {
    format(moment, "%Y-%m-%dT%H:%M:%S%.6fZ")
}

/// The form of the `Date` header.
pub(super) fn http_date(moment: Micros) -> String {
    format(moment, "%a, %d %b %Y %H:%M:%S GMT")
}

/// A moment in UTC by a pattern. Moments outside the calendar do not come from this clock; they show as empty.
pub(super) fn format(moment: Micros, pattern: &str) -> String {
    Timestamp::from_microsecond(moment)
        .map(|moment| moment.to_zoned(TimeZone::UTC).strftime(pattern).to_string())
        .unwrap_or_default()
}
