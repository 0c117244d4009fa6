//! The timeline as data: how much time it shows, which moment stands in which cell, and what a bar is made of. Where
//! it is drawn and in which colours is not its business. Start with [`Axis`]; [`bar`] and [`ticks`] build on it.

pub mod bar;
pub mod ticks;

use crate::domain::time::{SignedDuration, Timestamp};

/// How much time is shown, now in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zoom {
    /// An hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// Three months.
    #[default]
    Quarter,
    /// A year.
    Year,
    /// Five years.
    FiveYears,
}

impl Zoom {
    /// Every zoom, from the least time to the most.
    pub const ALL: [Self; 8] = [
        Self::Hour,
        Self::SixHours,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::FiveYears,
    ];

    /// The next one with less time, or this one where there is none.
    #[must_use]
    pub fn closer(self) -> Self {
        let before = Self::ALL.into_iter().take_while(|zoom| *zoom != self);
        before.last().unwrap_or(self)
    }

    /// The next one with more time, or this one where there is none.
    #[must_use]
    pub fn wider(self) -> Self {
        let after = Self::ALL.into_iter().skip_while(|zoom| *zoom != self);
        after.take(2).last().unwrap_or(self)
    }

    /// The words in the title.
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "1 hour",
            Self::SixHours => "6 hours",
            Self::Day => "1 day",
            Self::Week => "1 week",
            Self::Month => "1 month",
            Self::Quarter => "3 months",
            Self::Year => "1 year",
            Self::FiveYears => "5 years",
        }
    }

    /// How long that is; a month is a twelfth of a year.
    pub fn span(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Hour => 1,
            Self::SixHours => 6,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 730,
            Self::Quarter => 3 * 730,
            Self::Year => 365 * 24,
            Self::FiveYears => 5 * 365 * 24,
        })
    }
}

/// A stretch of time over a row of cells. The cell in the middle is the line for now and stands for no time: what is
/// past is left of it, what is still to come right of it, however near.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    now: Timestamp,
    cells: usize,
    /// Seconds on either side of now.
    side: i64,
}

impl Axis {
    /// So much time around `now`, over so many cells.
    pub fn new(now: Timestamp, zoom: Zoom, cells: usize) -> Self {
        Self { now, cells, side: zoom.span().as_secs() / 2 }
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// The cell of the line for now.
    pub fn now_cell(&self) -> usize {
        self.cells / 2
    }

    /// The cell a moment stands in; below zero before the first, and past the last after it.
    pub fn place(&self, at: Timestamp) -> i64 {
        let away = at.duration_since(self.now);
        let (before, all) = (whole(self.now_cell()), whole(self.cells));
        let seconds = away.as_secs();
        if away.is_positive() {
            before + 1 + seconds.saturating_mul((all - before - 1).max(0)) / self.side
        } else {
            before - 1 - seconds.saturating_neg().saturating_mul(before) / self.side
        }
    }

    /// The first and the last moment shown.
    pub fn ends(&self) -> (Timestamp, Timestamp) {
        let side = SignedDuration::from_secs(self.side);
        (
            self.now.checked_sub(side).unwrap_or(Timestamp::MIN),
            self.now.checked_add(side).unwrap_or(Timestamp::MAX),
        )
    }
}

fn whole(cells: usize) -> i64 {
    i64::try_from(cells).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_goes_through_every_span_and_stops_at_the_ends() {
        for pair in Zoom::ALL.windows(2) {
            assert_eq!((pair[0].wider(), pair[1].closer()), (pair[1], pair[0]));
            assert!(pair[0].span() < pair[1].span());
        }
        assert_eq!((Zoom::Hour.closer(), Zoom::FiveYears.wider()), (Zoom::Hour, Zoom::FiveYears));
    }

    #[test]
    fn what_is_past_is_left_of_now_and_what_comes_is_right_of_it() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let at = |millis: i64| now.checked_add(SignedDuration::from_millis(millis)).expect("in range");
        // An hour over 21 cells: ten on either side, three minutes each.
        let axis = Axis::new(now, Zoom::Hour, 21);
        for (seconds, want) in [
            (0.0, 9),
            (-0.5, 9),
            (-179.0, 9),
            (-180.0, 8),
            (-1799.0, 0),
            (-1800.0, -1),
            (0.001, 11),
            (179.0, 11),
            (180.0, 12),
            (1799.0, 20),
            (1800.0, 21),
        ] {
            #[expect(clippy::cast_possible_truncation, reason = "small and whole")]
            let millis = (seconds * 1000.0) as i64;
            assert_eq!(axis.place(at(millis)), want, "{seconds} s");
        }
        assert_eq!(axis.now_cell(), 10);
    }

    #[test]
    fn no_moment_and_no_width_is_too_far() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        for cells in [0, 1, 2, 3, 500] {
            for zoom in Zoom::ALL {
                let axis = Axis::new(now, zoom, cells);
                assert!(axis.place(Timestamp::MIN) < 0 && axis.place(Timestamp::MAX) >= whole(cells));
            }
        }
    }
}
