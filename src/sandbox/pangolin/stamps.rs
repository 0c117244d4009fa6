//! The four flavours of a moment that this server writes, and which of them stands where.

use super::super::clock::{Micros, SECOND, format};
use super::quirks::Store;

/// How a moment is written.
#[derive(Clone, Copy)]
pub(super) enum Flavour {
    /// `2026-11-21T21:40:02.908123000Z`
    Nanoseconds,
    /// `2026-11-21T21:39:43.793Z`
    Milliseconds,
    /// `2026-11-21T21:40:53Z`
    Seconds,
    /// `2026-12-21T21:39:55+00:00`
    Offset,
    /// `2026-11-22T21:39:45.834134000+00:00`
    FineOffset,
}

impl Flavour {
    /// What a re-read row has of a store that keeps so much; memory keeps everything.
    pub(super) fn of(store: Store, truncated: Self) -> Self {
        match store {
            Store::Memory => Self::Nanoseconds,
            Store::Sql => truncated,
        }
    }

    /// The moment as text.
    pub(super) fn write(self, moment: Micros) -> String {
        format(
            moment,
            match self {
                Self::Nanoseconds => "%Y-%m-%dT%H:%M:%S%.9fZ",
                Self::Milliseconds => "%Y-%m-%dT%H:%M:%S%.3fZ",
                Self::Seconds => "%Y-%m-%dT%H:%M:%SZ",
                Self::Offset => "%Y-%m-%dT%H:%M:%S+00:00",
                Self::FineOffset => "%Y-%m-%dT%H:%M:%S%.9f+00:00",
            },
        )
    }
}

/// A moment in whole seconds, as claims have it.
pub(super) fn seconds(moment: Micros) -> i64 {
    moment.div_euclid(SECOND)
}
