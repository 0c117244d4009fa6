//! A retention window as a bar: what has passed, now, what is left, and how long that is.

use ratatui::text::{Line, Span};

use crate::app::model::AccountState;
use crate::domain::credential::Window;
use crate::domain::time::span;
use crate::ui::ink::Ink;
use crate::ui::symbol;
use crate::ui::text::width;

/// Cells of the bar at most.
const LONGEST: usize = 32;

/// The bar in at most `room` cells: `━━━━━│▒▒▒ 8 m 12 s`. A past window is a whole bar and the word.
pub fn window(ink: &Ink<'_>, account: &AccountState, window: Window, room: usize) -> Line<'static> {
    let now = account.server_time(ink.model.now);
    let left = window.ends.duration_since(now);
    let words = if left.is_positive() { span(left) } else { String::from("ended") };
    let cells = room.saturating_sub(width(&words) + 2).min(LONGEST);
    let passed = passed_cells(window, now, cells);
    let style = if left.as_secs() < 600 { ink.theme.warning } else { ink.theme.accent };
    Line::from(vec![
        Span::styled(symbol::PASSED.repeat(passed), ink.theme.muted),
        Span::styled(symbol::NOW, style),
        Span::styled(symbol::LEFT.repeat(cells - passed), style),
        Span::styled(format!(" {words}"), style),
    ])
}

fn passed_cells(window: Window, now: jiff::Timestamp, cells: usize) -> usize {
    let whole = window.ends.duration_since(window.began).as_secs().max(1);
    let gone = now.duration_since(window.began).as_secs().clamp(0, whole);
    let count = i64::try_from(cells).unwrap_or(0) * gone / whole;
    usize::try_from(count).unwrap_or(0).min(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn the_bar_fills_as_time_passes() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let window = Window { began: at(1000), ends: at(2000) };
        for (now, want) in [(0, 0), (1000, 0), (1250, 5), (1999, 19), (2000, 20), (9000, 20)] {
            assert_eq!(passed_cells(window, at(now), 20), want, "{now}");
        }
        assert_eq!(passed_cells(Window { began: at(5), ends: at(5) }, at(5), 20), 0);
    }
}
