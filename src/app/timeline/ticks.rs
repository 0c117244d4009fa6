//! The labels of the axis: the finest round moments that have room, in the operator's zone.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Axis;
use crate::domain::time::{SignedDuration, Timestamp};

/// What lies between two labels.
#[derive(Clone, Copy, Debug)]
enum Step {
    Minutes(i64),
    Days,
    Weeks,
    Months(i8),
    Years(i16),
}

/// Each step with about how many hours it takes, as a fraction, and the cells its label needs with a gap.
const STEPS: [(Step, (i64, i64), i64); 16] = [
    (Step::Minutes(5), (1, 12), 6),
    (Step::Minutes(10), (1, 6), 6),
    (Step::Minutes(15), (1, 4), 6),
    (Step::Minutes(30), (1, 2), 6),
    (Step::Minutes(60), (1, 1), 6),
    (Step::Minutes(2 * 60), (2, 1), 6),
    (Step::Minutes(3 * 60), (3, 1), 6),
    (Step::Minutes(6 * 60), (6, 1), 6),
    (Step::Minutes(12 * 60), (12, 1), 6),
    (Step::Days, (24, 1), 7),
    (Step::Weeks, (7 * 24, 1), 7),
    (Step::Months(1), (28 * 24, 1), 5),
    (Step::Months(3), (90 * 24, 1), 5),
    (Step::Months(6), (181 * 24, 1), 5),
    (Step::Years(1), (365 * 24, 1), 5),
    (Step::Years(2), (2 * 365 * 24, 1), 5),
];

/// The most labels that are looked at: no screen has room for more.
const MOST: usize = 400;

/// The round moments shown, each with its cell and its label.
pub fn ticks(axis: &Axis, zone: &TimeZone) -> Vec<(usize, String)> {
    let (from, to) = axis.ends();
    let cells = i64::try_from(axis.cells()).unwrap_or(i64::MAX);
    let seconds = to.duration_since(from).as_secs().max(1);
    let fits = |(_, (above, below), wide): &&(Step, (i64, i64), i64)| {
        (above * 3600 / below).saturating_mul(cells) >= wide * seconds
    };
    let Some((step, _, _)) = STEPS.iter().find(fits) else { return Vec::new() };
    let moments = step.moments(from, zone).take(MOST).take_while(|at| *at < to);
    let cell = |at: Timestamp| usize::try_from(axis.place(at)).ok().filter(|cell| *cell < axis.cells());
    moments.filter_map(|at| Some((cell(at)?, step.label(at, zone)))).collect()
}

impl Step {
    /// The round moments from a little before `from` on.
    fn moments(self, from: Timestamp, zone: &TimeZone) -> Box<dyn Iterator<Item = Timestamp> + '_> {
        let date = from.to_zoned(zone.clone()).date();
        let start = move |date: Date| date.to_zoned(zone.clone()).ok().map(|start| start.timestamp());
        if let Self::Minutes(minutes) = self {
            let Some(midnight) = start(date) else { return Box::new(std::iter::empty()) };
            let passed = from.duration_since(midnight).as_mins() / minutes;
            let at = move |count: i64| {
                midnight.checked_add(SignedDuration::from_mins((passed + count).saturating_mul(minutes))).ok()
            };
            return Box::new((0..).map_while(at));
        }
        Box::new(std::iter::successors(Some(self.round(date)), move |date| self.next(*date)).map_while(start))
    }

    /// The round date at or before another one.
    fn round(self, date: Date) -> Date {
        let first = |year: i16, month: i8| Date::new(year, month, 1).unwrap_or(date);
        match self {
            Self::Minutes(_) | Self::Days => date,
            Self::Weeks => date.saturating_sub(date.weekday().to_monday_zero_offset().days()),
            Self::Months(count) => first(date.year(), (date.month() - 1) / count * count + 1),
            Self::Years(count) => first(date.year() / count * count, 1),
        }
    }

    fn next(self, date: Date) -> Option<Date> {
        let span = match self {
            Self::Minutes(_) | Self::Days => 1.days(),
            Self::Weeks => 7.days(),
            Self::Months(count) => count.months(),
            Self::Years(count) => count.years(),
        };
        date.checked_add(span).ok()
    }

    /// `14:00`, `24 Nov`, `Dec`, `2027`: what begins a larger stretch is called by that.
    fn label(self, at: Timestamp, zone: &TimeZone) -> String {
        let there = at.to_zoned(zone.clone());
        let form = match self {
            Self::Minutes(_) if there.hour() == 0 && there.minute() == 0 => "%-d %b",
            Self::Minutes(_) => "%H:%M",
            Self::Days | Self::Weeks => "%-d %b",
            Self::Months(_) if there.month() == 1 => "%Y",
            Self::Months(_) => "%b",
            Self::Years(_) => "%Y",
        };
        there.strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::timeline::Zoom;

    fn labels(zoom: Zoom, cells: usize, zone: &TimeZone) -> String {
        let now: Timestamp = "2026-11-22T12:10:00Z".parse().expect("a moment");
        let ticks = ticks(&Axis::new(now, zoom, cells), zone);
        ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn labels_are_round_and_have_room() {
        let utc = TimeZone::UTC;
        for (zoom, cells, want) in [
            (Zoom::Hour, 24, "11:45|12:00|12:15|12:30"),
            (Zoom::Hour, 60, "11:50|12:00|12:10|12:20|12:30"),
            (Zoom::SixHours, 24, "10:00|12:00|14:00"),
            (Zoom::Day, 24, "06:00|12:00|18:00|23 Nov"),
            (Zoom::Week, 60, "20 Nov|21 Nov|22 Nov|23 Nov|24 Nov|25 Nov|26 Nov"),
            (Zoom::Month, 40, "9 Nov|16 Nov|23 Nov|30 Nov|7 Dec"),
            (Zoom::Quarter, 24, "Nov|Dec|2027"),
            (Zoom::Year, 24, "Jul|Oct|2027|Apr"),
            (Zoom::Year, 60, "Jul|Oct|2027|Apr"),
            (Zoom::FiveYears, 24, "2026|2028"),
            (Zoom::FiveYears, 60, "Jul|2025|Jul|2026|Jul|2027|Jul|2028|Jul|2029"),
            (Zoom::Quarter, 3, "2027"),
            (Zoom::Quarter, 0, ""),
        ] {
            assert_eq!(labels(zoom, cells, &utc), want, "{zoom:?} in {cells}");
        }
    }

    #[test]
    fn days_begin_where_the_operator_is() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(labels(Zoom::Day, 24, &zone), "12:00|18:00|23 Nov|06:00");
    }

    #[test]
    fn labels_stand_in_order_and_inside_at_every_zoom_and_width() {
        let zone = TimeZone::UTC;
        let now: Timestamp = "2028-02-29T23:59:59Z".parse().expect("a moment");
        for zoom in Zoom::ALL {
            for cells in 0..200 {
                let ticks = ticks(&Axis::new(now, zoom, cells), &zone);
                assert!(ticks.iter().all(|(cell, label)| *cell < cells && label.len() <= 6), "{ticks:?}");
                assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0), "{zoom:?} {cells}: {ticks:?}");
                assert!(cells < 24 || !ticks.is_empty(), "{zoom:?} in {cells}");
            }
        }
    }

    #[test]
    fn the_ends_of_time_have_no_labels_and_no_panic() {
        for now in [Timestamp::MIN, Timestamp::MAX] {
            for zoom in Zoom::ALL {
                let _some = ticks(&Axis::new(now, zoom, 60), &TimeZone::UTC);
            }
        }
    }
}
