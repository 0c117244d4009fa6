//! Choosing when a credential ends: presets, a date that is typed, or never where that is allowed.
//!
//! Days are counted by the server's clock in UTC, which is what the backends mean by a date.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use tui_input::Input;

use super::form;
use crate::domain::ability::{DayEnd, ExpiryModel};
use crate::domain::time::{Date, SignedDuration, Timestamp};
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// The lengths offered, in days.
const PRESETS: [i64; 3] = [7, 30, 90];

/// One line of the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryOption {
    /// So many days from now.
    Days(i64),
    /// A date that is typed.
    Typed,
    /// It does not end by itself.
    Never,
}

/// The choice of an end.
#[derive(Debug)]
pub struct ExpiryChoice {
    /// The furthest end, in days from now.
    pub longest_days: i64,
    /// The lines, in order.
    pub options: Vec<ExpiryOption>,
    /// The line under the cursor.
    pub cursor: usize,
    /// A date, as typed.
    pub typed: Input,
    /// Why it was refused.
    pub error: Option<String>,
}

impl ExpiryChoice {
    /// What there is to choose, the longest preset first in mind; `None` where nothing ends by itself.
    pub fn new(model: &ExpiryModel) -> Option<Self> {
        let ExpiryModel::Date { longest_days, never, .. } = model else { return None };
        let mut options: Vec<ExpiryOption> =
            PRESETS.into_iter().filter(|days| days <= longest_days).map(ExpiryOption::Days).collect();
        if options.is_empty() {
            options.push(ExpiryOption::Days(*longest_days));
        }
        let cursor = options.len() - 1;
        options.push(ExpiryOption::Typed);
        options.extend(never.then_some(ExpiryOption::Never));
        Some(Self { longest_days: *longest_days, options, cursor, typed: Input::default(), error: None })
    }

    /// The line under the cursor.
    pub fn option(&self) -> ExpiryOption {
        self.options.get(self.cursor).copied().unwrap_or(ExpiryOption::Typed)
    }

    /// A list, or a field once the typed date is under the cursor.
    pub fn context(&self) -> Context {
        if self.option() == ExpiryOption::Typed { Context::Pick } else { Context::Choose }
    }

    /// Moves the cursor.
    pub fn act(&mut self, action: Action) {
        let last = self.options.len().saturating_sub(1);
        self.error = None;
        match action {
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            _ => {}
        }
    }

    /// A key that is text.
    pub fn key(&mut self, key: Key) {
        if self.option() == ExpiryOption::Typed {
            self.error = None;
            form::edit(&mut self.typed, key);
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        if self.option() == ExpiryOption::Typed {
            self.error = None;
            form::paste(&mut self.typed, text);
        }
    }

    /// The date that is chosen when the server's clock says `now`, `None` for never; the error is the sentence to show.
    pub fn end(&self, now: Timestamp) -> Result<Option<Date>, String> {
        let today = day(now);
        match self.option() {
            ExpiryOption::Days(days) => Ok(Some(after(today, days))),
            ExpiryOption::Never => Ok(None),
            ExpiryOption::Typed => {
                let date = parse(self.typed.value(), today)?;
                let last = after(today, self.longest_days);
                match () {
                    () if date < today => Err(format!("{date} is in the past")),
                    () if date == today => Err(format!("{date} is today: it could be over at once")),
                    () if date > last => {
                        Err(format!("at most {} days ahead here: {last} at the latest", self.longest_days))
                    }
                    () => Ok(Some(date)),
                }
            }
        }
    }
}

/// The date of a moment in UTC.
pub fn day(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// The first moment of a date in UTC.
pub fn begins(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp())
}

/// The moments between which something ends that is made now and ends on a date.
pub fn moments(date: Date, at: DayEnd, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let begin = begins(date)?;
    let hour = SignedDuration::from_hours(1);
    Some(match at {
        DayEnd::Begin => (begin, begin),
        DayEnd::BeginInHours => (begin, begin.checked_add(hour).ok()?),
        DayEnd::TimeMade => {
            let into_the_day = now.duration_since(begins(day(now))?);
            let end = begin.checked_add(into_the_day).ok()?;
            (end, end)
        }
    })
}

fn after(date: Date, days: i64) -> Date {
    date.saturating_add(days.clamp(0, 36_500).days())
}

/// What people type: `2027-02-20`, or a number of days such as `45` or `45 days`.
fn parse(typed: &str, today: Date) -> Result<Date, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(format!("type a date such as {}, or a number of days", after(today, 45)));
    }
    if let Ok(date) = Date::strptime("%Y-%m-%d", typed) {
        return Ok(date);
    }
    let digits: String = typed.chars().take_while(char::is_ascii_digit).collect();
    let unit = typed.strip_prefix(digits.as_str()).unwrap_or_default().trim();
    match digits.parse::<i64>() {
        Ok(days) if matches!(unit, "" | "d" | "day" | "days") && days <= 36_500 => Ok(after(today, days)),
        _ => Err(format!("this is not a date; type one such as {}, or a number of days", after(today, 45))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T23:30:00Z".parse().expect("a moment")
    }

    fn choice(longest_days: i64, never: bool) -> ExpiryChoice {
        ExpiryChoice::new(&ExpiryModel::Date { longest_days, never, at: DayEnd::Begin }).expect("a choice")
    }

    #[test]
    fn ninety_days_are_offered_first_where_there_are_ninety() {
        for (longest, want) in
            [(365, "2027-02-20"), (90, "2027-02-20"), (89, "2026-12-22"), (3, "2026-11-25")]
        {
            let end = choice(longest, false).end(now()).expect("a preset").expect("an end");
            assert_eq!(end.to_string(), want, "{longest}");
        }
        assert!(ExpiryChoice::new(&ExpiryModel::None("")).is_none());
    }

    #[test]
    fn when_on_its_last_day_it_ends() {
        let date = Date::constant(2027, 2, 20);
        for (at, want) in [
            (DayEnd::Begin, ["2027-02-20T00:00:00Z"; 2]),
            (DayEnd::BeginInHours, ["2027-02-20T00:00:00Z", "2027-02-20T01:00:00Z"]),
            (DayEnd::TimeMade, ["2027-02-20T23:30:00Z"; 2]),
        ] {
            let (first, last) = moments(date, at, now()).expect("in range");
            assert_eq!([first.to_string(), last.to_string()], want, "{at:?}");
        }
    }

    #[test]
    fn what_people_type() {
        let mut choice = choice(365, true);
        choice.act(Action::Down);
        for (typed, want) in [
            ("2027-02-20", "2027-02-20"),
            (" 2027-02-20 ", "2027-02-20"),
            ("45", "2027-01-06"),
            ("45 days", "2027-01-06"),
            ("2027-11-22", "2027-11-22"),
            ("", "type a date such as 2027-01-06, or a number of days"),
            ("2027-11-23", "at most 365 days ahead here: 2027-11-22 at the latest"),
            ("366", "at most 365 days ahead here: 2027-11-22 at the latest"),
            ("2026-11-22", "2026-11-22 is today: it could be over at once"),
            ("0", "2026-11-22 is today: it could be over at once"),
            ("2026-11-21", "2026-11-21 is in the past"),
            ("2027-02-30", "this is not a date; type one such as 2027-01-06, or a number of days"),
            ("soon", "this is not a date; type one such as 2027-01-06, or a number of days"),
            ("99999999999999999999", "this is not a date; type one such as 2027-01-06, or a number of days"),
            ("2027-02-20T10:00", "this is not a date; type one such as 2027-01-06, or a number of days"),
        ] {
            choice.typed = Input::new(typed.to_owned());
            let told = choice.end(now()).map_or_else(|why| why, |end| end.expect("an end").to_string());
            assert_eq!(told, want, "{typed:?}");
        }
        choice.act(Action::Down);
        assert_eq!(choice.end(now()), Ok(None));
    }
}
