//! The bar of one credential: when it began, the window in which it gives way, when it ends; and that as cells.

use super::Axis;
use crate::app::effect::Generation;
use crate::app::model::AccountState;
use crate::domain::credential::{Credential, Expiry};
use crate::domain::time::Timestamp;

/// The life of a credential, or of an old secret, on our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it was made; none where the backend does not tell.
    pub began: Option<Timestamp>,
    /// When two secrets work, or did.
    pub window: Option<(Timestamp, Timestamp)>,
    /// When it ends; none where nothing ends it.
    pub ends: Option<Timestamp>,
    /// Whether it is switched on, and its owner too.
    pub works: bool,
}

/// The life of what a line of the table stands for.
pub fn life(account: &AccountState, credential: &Credential, generation: Generation, now: Timestamp) -> Life {
    let ours = |at: Timestamp| account.skew.our_time(at);
    let told = credential.window.map(|window| (ours(window.began), ours(window.ends)));
    let began = credential.created.map(ours);
    let works = credential.enabled && credential.owner_enabled;
    if generation == Generation::Previous {
        return Life { began, window: told, ends: told.map(|(_, end)| end), works };
    }
    let by_itself = match credential.expires {
        Expiry::At(end) => Some(ours(end)),
        Expiry::Never => None,
    };
    let promise = account.promise(credential);
    // A promise that is late has ended nothing yet.
    let promised = promise.map(|promise| promise.due).filter(|due| *due > now);
    Life {
        began,
        window: promise.map(|promise| (promise.made, promise.due)).or(told),
        ends: by_itself.into_iter().chain(promised).min(),
        works,
    }
}

/// What is drawn in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// It works.
    Alive,
    /// It is switched off, as far back as anybody knows.
    Off,
    /// Two secrets work.
    Window,
    /// It began before the first cell.
    Earlier,
    /// It goes on after the last cell.
    Later,
    /// Its end.
    End,
    /// The line for now.
    Now,
}

/// A life as cells. A window and an end take at least one cell, however short they are.
pub fn bar(life: &Life, axis: &Axis) -> Vec<Cell> {
    let mut row = vec![Cell::Empty; axis.cells()];
    let first = life.began.map_or(i64::MIN, |at| axis.place(at));
    let end = life.ends.map_or(i64::MAX, |at| axis.place(at)).max(first);
    fill(&mut row, first, end, if life.works { Cell::Alive } else { Cell::Off });
    if let Some((from, to)) = life.window {
        fill(&mut row, axis.place(from).max(first), axis.place(to).min(end), Cell::Window);
    }
    fill(&mut row, end, end, Cell::End);
    if life.began.is_some() && first < 0 || end < 0 {
        fill(&mut row, 0, 0, Cell::Earlier);
    }
    if let Some(last) = row.len().checked_sub(1).and_then(|last| i64::try_from(last).ok())
        && end > last
    {
        fill(&mut row, last, last, Cell::Later);
    }
    if let Some(cell) = row.get_mut(axis.now_cell()) {
        *cell = Cell::Now;
    }
    row
}

/// Fills the cells from one to another, both included, as far as they are in the row.
fn fill(row: &mut [Cell], from: i64, to: i64, with: Cell) {
    let start = usize::try_from(from.max(0)).unwrap_or(usize::MAX);
    let Ok(end) = usize::try_from(to) else { return };
    let count = end.saturating_sub(start).saturating_add(1);
    for cell in row.iter_mut().skip(start).take(if end < start { 0 } else { count }) {
        *cell = with;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::timeline::Zoom;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).expect("in range")
    }

    /// A bar as people see it; what is empty is a dot.
    fn drawn(life: &Life, zoom: Zoom, cells: usize) -> String {
        let symbol = |cell: &Cell| match cell {
            Cell::Empty => '.',
            Cell::Alive => '━',
            Cell::Off => '─',
            Cell::Window => '▒',
            Cell::Earlier => '◂',
            Cell::Later => '▸',
            Cell::End => '×',
            Cell::Now => '│',
        };
        bar(life, &Axis::new(at(0), zoom, cells)).iter().map(symbol).collect()
    }

    /// Minutes from now: its making, its window, its end.
    fn life(began: Option<i64>, window: Option<(i64, i64)>, ends: Option<i64>) -> Life {
        let window = window.map(|(from, to)| (at(from), at(to)));
        Life { began: began.map(at), window, ends: ends.map(at), works: true }
    }

    #[test]
    fn lives_as_cells() {
        const DAY: i64 = 24 * 60;
        // An hour over 21 cells is three minutes in a cell, a day over 25 is an hour.
        for (began, window, ends, zoom, cells, want) in [
            (Some(-500), None, None, Zoom::Hour, 21, "◂━━━━━━━━━│━━━━━━━━━▸"),
            (Some(-15), None, None, Zoom::Hour, 21, "....━━━━━━│━━━━━━━━━▸"),
            (Some(0), None, None, Zoom::Hour, 21, ".........━│━━━━━━━━━▸"),
            (None, None, None, Zoom::Hour, 21, "━━━━━━━━━━│━━━━━━━━━▸"),
            (Some(-500), None, Some(13), Zoom::Hour, 21, "◂━━━━━━━━━│━━━━×....."),
            (Some(-500), None, Some(45), Zoom::Hour, 21, "◂━━━━━━━━━│━━━━━━━━━▸"),
            (Some(-500), None, Some(-9), Zoom::Hour, 21, "◂━━━━━×...│.........."),
            (Some(-500), None, Some(-45), Zoom::Hour, 21, "◂.........│.........."),
            (None, None, Some(-45), Zoom::Hour, 21, "◂.........│.........."),
            // A window ends the old one, and is over for the one that stays.
            (Some(-500), Some((-4, 13)), Some(13), Zoom::Hour, 21, "◂━━━━━━━▒▒│▒▒▒▒×....."),
            (Some(-500), Some((-4, 13)), None, Zoom::Hour, 21, "◂━━━━━━━▒▒│▒▒▒▒▒━━━━▸"),
            (Some(-500), Some((-20, -10)), None, Zoom::Hour, 21, "◂━━▒▒▒▒━━━│━━━━━━━━━▸"),
            (Some(-500), Some((-90, 90)), None, Zoom::Hour, 21, "◂▒▒▒▒▒▒▒▒▒│▒▒▒▒▒▒▒▒▒▸"),
            // However short, it is seen; and what is to come is never behind the line for now.
            (Some(-90 * DAY), Some((-2, 8)), Some(8), Zoom::Year, 25, "......━━━━━▒│×..........."),
            (Some(-90 * DAY), Some((-2, 8)), None, Zoom::Year, 25, "......━━━━━▒│▒━━━━━━━━━━▸"),
            (Some(-1), None, Some(1), Zoom::FiveYears, 9, "...━│×..."),
            // What begins after its end, or in the future, is drawn and breaks nothing.
            (Some(5), None, Some(-5), Zoom::Hour, 21, "..........│.×........"),
            (Some(500), None, None, Zoom::Hour, 21, "..........│.........▸"),
            (Some(-500), Some((20, -20)), None, Zoom::Hour, 21, "◂━━━━━━━━━│━━━━━━━━━▸"),
            // No room at all.
            (Some(-5), None, Some(5), Zoom::Hour, 0, ""),
            (Some(-5), None, Some(5), Zoom::Hour, 1, "│"),
            (Some(-5), None, Some(5), Zoom::Hour, 2, "━│"),
            (Some(-5), None, Some(5), Zoom::Hour, 3, "━│×"),
        ] {
            assert_eq!(drawn(&life(began, window, ends), zoom, cells), want, "{began:?} {window:?} {ends:?}");
        }
    }

    #[test]
    fn what_is_switched_off_is_thin() {
        let off = Life { works: false, ..life(Some(-15), None, None) };
        assert_eq!(drawn(&off, Zoom::Hour, 21), "....──────│─────────▸");
    }

    #[test]
    fn no_two_moments_and_no_width_break_a_bar() {
        let moments = [Timestamp::MIN, at(-999), at(0), at(1), Timestamp::MAX];
        for began in moments {
            for ends in moments {
                for (zoom, cells) in Zoom::ALL.into_iter().zip([0, 1, 2, 7, 30, 60, 120, 300]) {
                    let life = Life {
                        began: Some(began),
                        window: Some((ends, began)),
                        ends: Some(ends),
                        works: true,
                    };
                    assert_eq!(bar(&life, &Axis::new(at(0), zoom, cells)).len(), cells);
                }
            }
        }
    }

    #[test]
    fn a_minute_moves_a_bar_by_no_more_than_a_cell() {
        for minutes in -3000..3000 {
            let axis = |now: i64| Axis::new(at(now), Zoom::Day, 49);
            let step = axis(0).place(at(minutes)) - axis(1).place(at(minutes));
            let crossing = i64::from(minutes == 1);
            assert!((0..=1 + crossing).contains(&step), "{minutes}: {step}");
        }
    }
}
