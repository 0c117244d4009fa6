//! Where things stand on a screen of a given size.

use ratatui::layout::Rect;

/// The least screen everything fits on.
pub use crate::app::model::LEAST_SIZE as LEAST;
/// From here on accounts and detail stand beside and below the table.
pub const WIDE: u16 = 110;
/// Cells of the list of accounts, with its border.
const SIDE: u16 = 26;
/// Rows from which on a folded screen has a short detail below its table.
const COMPACT_FROM: u16 = 20;

/// The parts of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// Name, tabs, account, session, keyring.
    pub header: Rect,
    /// The list of accounts; empty when folded.
    pub side: Rect,
    /// The table.
    pub table: Rect,
    /// The detail; empty when there is none.
    pub detail: Rect,
    /// Where overlays lie: everything between header and footer.
    pub body: Rect,
    /// Notices, pending work, what is in the clipboard.
    pub status: Rect,
    /// Keys.
    pub keys: Rect,
    /// Whether panes have a border all around, or only a line above.
    pub wide: bool,
}

/// Whether everything fits at all.
pub fn fits(area: Rect) -> bool {
    area.width >= LEAST.0 && area.height >= LEAST.1
}

/// Splits a screen. `detail` is how many lines the detail wants in full; without one the table has all the room.
pub fn screen(area: Rect, detail: Option<u16>) -> Screen {
    let line = |y: u16| Rect { y, height: 1, ..area };
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
    let wide = area.width >= WIDE;
    let side = if wide { Rect { width: SIDE, ..body } } else { Rect::default() };
    let main = Rect { x: area.x + side.width, width: area.width - side.width, ..body };
    let chrome = if wide { 2 } else { 1 };
    let rows = match detail {
        Some(wanted) if wide => (wanted.min(9) + chrome).min(main.height / 2),
        Some(_) if area.height >= COMPACT_FROM => 4 + chrome,
        Some(_) | None => 0,
    };
    let table = Rect { height: main.height - rows, ..main };
    Screen {
        header: line(area.y),
        side,
        table,
        detail: Rect { y: table.bottom(), height: rows, ..main },
        body,
        status: line(area.bottom().saturating_sub(2)),
        keys: line(area.bottom().saturating_sub(1)),
        wide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_screen_and_never_overlap() {
        for width in [60, 80, 109, 110, 160, 300] {
            for height in 16..60 {
                for detail in [None, Some(6), Some(90)] {
                    let area = Rect::new(0, 0, width, height);
                    let screen = screen(area, detail);
                    let parts =
                        [screen.header, screen.side, screen.table, screen.detail, screen.status, screen.keys];
                    let cells: u32 =
                        parts.iter().map(|part| u32::from(part.width) * u32::from(part.height)).sum();
                    assert_eq!(cells, u32::from(width) * u32::from(height), "{width}x{height} {detail:?}");
                    assert!(screen.table.height >= 5, "{width}x{height} {detail:?}: {screen:?}");
                }
            }
        }
    }
}
