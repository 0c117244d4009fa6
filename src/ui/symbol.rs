//! Every symbol that is not ASCII, with its twin for terminals that have nothing else.
//!
//! Panes draw the Unicode form. When the theme asks for ASCII, the finished frame is translated cell by cell, so no
//! pane needs to think of it. Marks that come with a word of the domain (states) are in the table too.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Good, done.
pub const DONE: &str = "✓";
/// Failed.
pub const FAILED: &str = "×";
/// Needs attention.
pub const ATTENTION: &str = "▲";
/// On, logged in, whole.
pub const FULL: &str = "●";
/// Partly, for a while.
pub const HALF: &str = "◐";
/// Off, logged out.
pub const EMPTY: &str = "○";
/// Not known yet.
pub const UNKNOWN: &str = "◌";
/// All accounts.
pub const ALL: &str = "◆";
/// The line under the cursor.
pub const CURSOR: &str = "▸";
/// Can be opened downwards.
pub const OPENS: &str = "▾";
/// Between things of one line.
pub const DOT: &str = "·";
/// One masked letter.
pub const MASK: &str = "•";
/// The passed part of a window.
pub const PASSED: &str = "━";
/// Now.
pub const NOW: &str = "│";
/// What is left of a window.
pub const LEFT: &str = "▒";
/// Switched off, on a bar.
pub const OFF: &str = "─";
/// It began before what is shown.
pub const EARLIER: &str = "◂";
/// It goes on after what is shown.
pub const LATER: &str = "▸";
/// A spinner's pictures.
pub const SPINNER: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠏", "⠹"];

/// Symbols and their twins, each one cell wide.
const TWINS: &[(char, char)] = &[
    ('✓', '+'),
    ('×', 'x'),
    ('▲', '!'),
    ('●', '*'),
    ('◐', '~'),
    ('○', 'o'),
    ('◌', '.'),
    ('◆', '#'),
    ('▸', '>'),
    ('◂', '<'),
    ('▾', 'v'),
    ('·', '-'),
    ('•', '*'),
    ('…', '~'),
    ('–', '-'),
    ('—', '-'),
    ('’', '\''),
    ('→', '>'),
    ('↑', '^'),
    ('↓', 'v'),
    ('±', '~'),
    ('━', '='),
    ('▒', ':'),
    ('─', '-'),
    ('│', '|'),
    ('┌', '+'),
    ('┐', '+'),
    ('└', '+'),
    ('┘', '+'),
    ('╭', '+'),
    ('╮', '+'),
    ('╰', '+'),
    ('╯', '+'),
    ('⠋', '|'),
    ('⠙', '/'),
    ('⠸', '-'),
    ('⠴', '\\'),
    ('⠦', '|'),
    ('⠇', '/'),
    ('⠏', '-'),
    ('⠹', '\\'),
];

/// Translates every symbol outside `verbatim` (a secret in clear, which is never altered) to its twin.
pub fn to_ascii(buffer: &mut Buffer, verbatim: &[Rect]) {
    for position in buffer.area.positions().collect::<Vec<Position>>() {
        if verbatim.iter().any(|area| area.contains(position)) {
            continue;
        }
        let Some(cell) = buffer.cell_mut(position) else { continue };
        let mut characters = cell.symbol().chars();
        if let (Some(only), None) = (characters.next(), characters.next())
            && let Some((_, twin)) = TWINS.iter().find(|(symbol, _)| *symbol == only)
        {
            cell.set_char(*twin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::State;
    use crate::ui::text;

    #[test]
    fn twins_are_ascii_and_as_wide_as_their_symbol() {
        for (symbol, twin) in TWINS {
            assert!(twin.is_ascii() && !symbol.is_ascii(), "{symbol}");
            assert_eq!(text::width(&symbol.to_string()), 1, "{symbol}");
        }
    }

    #[test]
    fn the_marks_of_states_have_the_twins_the_domain_gives_them() {
        for state in State::ALL {
            let (mark, twin) = state.mark();
            if mark == twin {
                continue;
            }
            let found =
                TWINS.iter().find(|(symbol, _)| symbol.to_string() == mark).map(|(_, twin)| twin.to_string());
            assert_eq!(found.as_deref(), Some(twin), "{}", state.word());
        }
    }
}
