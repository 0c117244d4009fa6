//! Text from outside, made harmless once, where it enters.
//!
//! A server's name, message or label may hold escape sequences, direction overrides or invisible characters.
//! [`Text`] can only be made through [`Text::clean`], which turns each of them into a visible `U+XXXX`, so
//! whatever is drawn or printed from it cannot control a terminal nor pretend to be other text.

use std::fmt::{self, Write};
use std::sync::Arc;

/// The longest text kept from a server, in characters; the rest is cut and an ellipsis says so.
pub const LONGEST: usize = 4096;

/// Text from outside that is safe to draw and print. A copy shares the letters: the name of an owner is held once,
/// however many credentials it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// Makes `raw` harmless: controls, line breaks and format characters become `U+XXXX`, at most
    /// [`LONGEST`] characters are kept, and no more than eight combining marks follow one another.
    pub fn clean(raw: &str) -> Self {
        match raw {
            "" => Self::default(),
            _ if raw.len() <= LONGEST && raw.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
                Self(raw.into())
            }
            _ => Self(rewritten(raw).into()),
        }
    }

    /// The harmless text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What [`Text::clean`] makes of text that is not plain.
fn rewritten(raw: &str) -> String {
    let mut kept = String::with_capacity(raw.len().min(LONGEST * 4));
    let mut marks = 0_usize;
    for (position, character) in raw.chars().enumerate() {
        if position == LONGEST {
            kept.push('…');
            break;
        }
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if marks > 8 {
            continue;
        }
        if is_dangerous(character) {
            let _always_fits = write!(kept, "U+{:04X}", u32::from(character));
        } else {
            kept.push(character);
        }
    }
    kept
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::clean(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::clean(&raw)
    }
}

/// Controls (C0, DEL, C1), separators that break lines, direction controls, and characters without a width.
/// The joiner U+200D stays: without it emoji families fall apart, and it draws nothing by itself.
fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{200B}' | '\u{200C}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Combining marks of the common blocks: enough to stop a stack of thousands on one letter.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}' | '\u{FE00}'..='\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_controls_a_terminal_survives() {
        let cases = [
            ("plain name", "plain name"),
            ("\u{1b}[31mred", "U+001B[31mred"),
            ("a\r\nb\tc", "aU+000DU+000AbU+0009c"),
            ("\u{9b}2J", "U+009B2J"),
            ("\u{1b}]52;c;aGk=\u{7}", "U+001B]52;c;aGk=U+0007"),
            ("abc\u{202e}cba", "abcU+202Ecba"),
            ("zero\u{200b}width", "zeroU+200Bwidth"),
            ("日本語 👩‍💻", "日本語 👩‍💻"),
            ("שלום", "שלום"),
        ];
        for (raw, want) in cases {
            assert_eq!(Text::clean(raw).as_str(), want, "{raw:?}");
        }
    }

    #[test]
    fn a_tower_of_marks_and_a_long_text_are_cut() {
        let tower = format!("e{}", "\u{301}".repeat(10_000));
        assert_eq!(Text::clean(&tower).as_str().chars().count(), 10);
        assert_eq!(Text::clean(&"x".repeat(10_000)).as_str().chars().count(), LONGEST + 1);
    }
}
