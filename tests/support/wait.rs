//! Waiting for a condition, with a deadline and words for when it passes.

use std::time::{Duration, Instant};

/// How long the harness waits for what should happen at once. Generous, because only a failing test waits it out and
/// a busy machine runs a debug binary slowly.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Asks `condition` every few milliseconds until it gives a value. Panics with `what` after [`PATIENCE`].
pub fn until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, condition).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain until {what}"))
}

/// As [`until`], with another deadline and no panic.
pub fn within<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
