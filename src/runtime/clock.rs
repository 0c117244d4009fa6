//! The only place that reads the time. Everything else is told it.

use std::time::Instant;

use jiff::Timestamp;

/// The time of day, as this machine believes it.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that never goes back, for measuring and for deadlines; it does not run while the machine sleeps.
pub fn monotonic() -> Instant {
    Instant::now()
}
