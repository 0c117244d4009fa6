//! Width, cutting, padding and wrapping of text, all by grapheme. Every column and every line goes through here,
//! so that no wide letter, emoji or mark is ever split or counted wrongly.
//!
//! Control characters and graphemes without a width take no cell and are left out, as the screen buffer leaves
//! them out too.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// What stands where text was cut.
pub const ELLIPSIS: &str = "…";

/// The graphemes that take a cell.
pub fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true).filter(|one| !one.contains(char::is_control) && one.cell_width() > 0)
}

/// How many cells a text takes.
pub fn width(text: &str) -> usize {
    graphemes(text).map(|one| usize::from(one.cell_width())).sum()
}

/// A count as cells of the screen.
pub fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// The text in at most `room` cells; an ellipsis says that something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return graphemes(text).collect();
    }
    let Some(room) = room.checked_sub(1) else { return String::new() };
    let mut kept = take(graphemes(text), room);
    kept.push_str(ELLIPSIS);
    kept
}

/// The same with the middle left out: of names that begin alike the end tells them apart.
pub fn cut_middle(text: &str, room: usize) -> String {
    if width(text) <= room {
        return graphemes(text).collect();
    }
    let Some(room) = room.checked_sub(1) else { return String::new() };
    let head = take(graphemes(text), room.div_ceil(2));
    let mut surplus = width(text) - (room - width(&head));
    let tail = graphemes(text).skip_while(|one| {
        let skipped = surplus > 0;
        surplus = surplus.saturating_sub(usize::from(one.cell_width()));
        skipped
    });
    let tail: String = tail.collect();
    head + ELLIPSIS + &tail
}

/// The text in exactly `room` cells, cut or filled up with spaces on its right.
pub fn pad(text: &str, room: usize) -> String {
    let mut kept = cut(text, room);
    kept.push_str(&" ".repeat(room.saturating_sub(width(&kept))));
    kept
}

/// The text as a column of so many cells, with the gap to the next one in them.
pub fn column(text: &str, room: usize) -> String {
    let gap = room.min(2);
    pad(text, room - gap) + &" ".repeat(gap)
}

/// The same, cut in its middle.
pub fn middle(text: &str, room: usize) -> String {
    column(&cut_middle(text, room.saturating_sub(2)), room)
}

/// The text in exactly `room` cells, cut in its middle or filled up on its right.
pub fn pad_middle(text: &str, room: usize) -> String {
    pad(&cut_middle(text, room), room)
}

/// The text in exactly `room` cells, cut or filled up with spaces on its left.
pub fn pad_left(text: &str, room: usize) -> String {
    let kept = cut(text, room);
    format!("{}{kept}", " ".repeat(room.saturating_sub(width(&kept))))
}

/// The text in lines of at most `room` cells, broken between words, and inside a word only when it is longer than
/// a line.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if room == 0 {
        return lines;
    }
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let gap = usize::from(!line.is_empty());
            if width(&line) + gap + width(word) <= room {
                line.push_str(if gap == 1 { " " } else { "" });
                line.extend(graphemes(word));
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            let mut pieces = breaks(word, room);
            line = pieces.pop().map(|last| graphemes(last).collect()).unwrap_or_default();
            lines.extend(pieces.into_iter().map(|piece| graphemes(piece).collect::<String>()));
        }
        lines.push(line);
    }
    lines
}

/// Whole phrases side by side, three spaces apart, in lines of at most `room` cells.
pub fn flow(phrases: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for phrase in phrases {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(phrase) <= room => {
                line.push_str("   ");
                line.push_str(phrase);
            }
            Some(_) | None => lines.push(cut(phrase, room)),
        }
    }
    lines
}

/// The text in slices of at most `room` cells, with nothing put in or left out: for secrets, which must not be
/// copied into another buffer. A grapheme wider than the room has a line of its own.
pub fn breaks(text: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (position, grapheme) in text.grapheme_indices(true) {
        let wide = if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) };
        if used + wide > room && position > start {
            pieces.extend(text.get(start..position));
            (start, used) = (position, 0);
        }
        used += wide;
    }
    pieces.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    pieces
}

/// The part of a typed text that fits a field of `room` cells with the cursor in it, and the cursor's column.
/// The cursor is counted in characters, as the input counts it.
pub fn window(text: &str, cursor: usize, room: usize) -> (String, usize) {
    let Some(last) = room.checked_sub(1) else { return (String::new(), 0) };
    let end = text.char_indices().nth(cursor).map_or(text.len(), |(position, _)| position);
    let before: Vec<&str> =
        text.grapheme_indices(true).filter(|(at, _)| *at < end).map(|(_, one)| one).collect();
    let mut column = 0;
    let mut hidden = before.len();
    for grapheme in before.iter().rev() {
        let wide = width(grapheme);
        if column + wide > last {
            break;
        }
        column += wide;
        hidden -= 1;
    }
    (take(text.graphemes(true).skip(hidden).filter(|one| width(one) > 0), room), column)
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> String {
    let mut used = 0;
    graphemes
        .take_while(|one| {
            used += usize::from(one.cell_width());
            used <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cut_in_the_middle_both_ends_stay() {
        for (text, room, want) in [
            ("sandbox-kitaru", 14, "sandbox-kitaru"),
            ("sandbox-kitaru", 11, "sandb…itaru"),
            ("sandbox-kitaru-k", 11, "sandb…aru-k"),
            ("sandbox-kitaru-k", 10, "sandb…ru-k"),
            ("日本語の鍵", 8, "日本…鍵"),
            ("👩‍💻👩‍💻👩‍💻", 5, "👩‍💻…👩‍💻"),
            ("abc", 2, "a…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut_middle(text, room), want, "{text:?} in {room}");
        }
    }

    #[test]
    fn cut_says_that_it_cut() {
        for (text, room, want) in [
            ("ci-runner", 9, "ci-runner"),
            ("ci-runner", 8, "ci-runn…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("👩‍💻👩‍💻", 3, "👩‍💻…"),
            ("שלום", 3, "של…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("a\u{7}b", 2, "ab"),
        ] {
            assert_eq!(cut(text, room), want, "{text:?} in {room}");
        }
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(wrap("the old secret stops", 9), ["the old", "secret", "stops"]);
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("", 5), [""]);
        assert!(wrap("abc", 0).is_empty());
    }

    #[test]
    fn phrases_are_not_torn_apart() {
        let phrases = ["a one".to_owned(), "b two".to_owned(), "c three".to_owned()];
        assert_eq!(flow(&phrases, 14), ["a one   b two", "c three"]);
        assert!(flow(&[], 9).is_empty());
    }

    #[test]
    fn the_cursor_stays_in_its_field() {
        assert_eq!(window("abcdef", 6, 4), (String::from("def"), 3));
        assert_eq!(window("abcdef", 0, 4), (String::from("abcd"), 0));
        assert_eq!(window("ab", 2, 4), (String::from("ab"), 2));
        assert_eq!(window("日本語", 3, 4), (String::from("語"), 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn cutting_fits_and_keeps_graphemes_whole(text in "\\PC{0,40}|[a-zé日👩‍💻🇩🇪👍🏽e\u{301}ש]{0,30}", room in 0_usize..40) {
            let kept = cut(&text, room);
            prop_assert!(width(&kept) <= room);
            let body = kept.strip_suffix(ELLIPSIS).unwrap_or(&kept);
            let whole: Vec<&str> = graphemes(&text).collect();
            let mut all = String::new();
            let mut prefixes = vec![String::new()];
            for grapheme in whole {
                all.push_str(grapheme);
                prefixes.push(all.clone());
            }
            prop_assert!(prefixes.iter().any(|prefix| prefix == body || prefix == &kept));
            let filled = pad(&text, room);
            prop_assert!(width(&filled) <= room && width(&pad_left(&text, room)) <= room);
        }

        #[test]
        fn plain_text_fills_its_room_exactly(text in "[ -~日本語]{0,40}", room in 0_usize..40) {
            prop_assert_eq!(width(&pad(&text, room)), room);
            prop_assert_eq!(width(&pad_left(&text, room)), room);
        }

        #[test]
        fn wrapped_lines_fit(text in "[a-z 日👍🏽]{0,80}", room in 4_usize..30) {
            for line in wrap(&text, room) {
                // Some graphemes are wider than any narrow line: a letter with two skin tones takes six cells.
                prop_assert!(width(&line) <= room || graphemes(&line).count() == 1, "{line:?}");
            }
        }

        #[test]
        fn broken_slices_are_the_whole_text(text in "\\PC{0,200}", room in 1_usize..30) {
            prop_assert_eq!(breaks(&text, room).concat(), text);
        }

        #[test]
        fn a_field_holds_its_cursor(text in "[a-z日👍🏽]{0,40}", cursor in 0_usize..50, room in 1_usize..20) {
            let (shown, column) = window(&text, cursor, room);
            prop_assert!(width(&shown) <= room);
            prop_assert!(column < room);
        }
    }
}
