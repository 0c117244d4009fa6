//! The right halves of wide characters, written again when their left half goes.
//!
//! ratatui leaves such a cell out of a frame when it is blank before and after, because a terminal blanks it by itself
//! when the left half is overwritten. Not every terminal does.

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Position;

use crate::ui::text::width;

/// Makes the frame write every cell that was a right half in the last frame and is not in this one. `halves` is what the
/// last frame left, and becomes what this one leaves.
pub(super) fn renew_halves(buffer: &mut Buffer, halves: &mut Vec<Position>) {
    let now = right_halves(buffer);
    for position in halves.iter().filter(|position| !now.contains(position)) {
        if let Some(cell) = buffer.cell_mut(*position) {
            cell.set_diff_option(CellDiffOption::AlwaysUpdate);
        }
    }
    *halves = now;
}

fn right_halves(buffer: &Buffer) -> Vec<Position> {
    let columns = usize::from(buffer.area.width.max(1));
    let cells = buffer.content.iter().enumerate();
    let wide = cells.filter(|(_, cell)| !cell.symbol().is_ascii() && width(cell.symbol()) > 1);
    let right = wide.map(|(index, _)| index + 1).filter(|index| index % columns != 0);
    let place = |index: usize| {
        let column = u16::try_from(index % columns).ok()?;
        let row = u16::try_from(index / columns).ok()?;
        Some(Position::new(buffer.area.x + column, buffer.area.y + row))
    };
    right.filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn the_half_of_a_wide_character_that_went_is_written_again() {
        let area = Rect::new(0, 0, 4, 1);
        let mut halves = Vec::new();
        let mut before = Buffer::empty(area);
        before.set_string(0, 0, "日x", Style::new());
        renew_halves(&mut before, &mut halves);
        assert_eq!(halves, [Position::new(1, 0)]);

        let mut after = Buffer::empty(area);
        after.set_string(0, 0, "a", Style::new());
        renew_halves(&mut after, &mut halves);
        assert!(halves.is_empty());
        let written: Vec<u16> = before.diff(&after).into_iter().map(|(column, _, _)| column).collect();
        assert_eq!(written, [0, 1, 2], "the blank half is written too");
    }
}
