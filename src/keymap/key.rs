//! One key as a person names it, whatever the terminal sent for it.
//!
//! Terminals disagree about Shift, about Backspace and about the control characters that are keys of their own.
//! [`Key::new`] settles these once, for what is pressed and for what the settings file says, so a binding written
//! as `ctrl-m` and the Enter key are the same key. Start with [`Key::parse`].

use std::fmt;

/// Which key, without what is held beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character, as typed: the Shift that made it is already in it.
    Char(char),
    /// Enter or Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab; with Shift it goes back.
    Tab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// To the start.
    Home,
    /// To the end.
    End,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// A function key, from 1.
    F(u8),
}

/// What is held down beside the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Control.
    pub ctrl: bool,
    /// Alt, or Escape typed just before.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
}

/// A key with what is held beside it, in the one form used for comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Whether Control is held. Letters are lower case then.
    pub ctrl: bool,
    /// Whether Alt is held.
    pub alt: bool,
    /// Whether Shift is held; never for characters, Enter, Esc and Backspace.
    pub shift: bool,
}

/// Text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a key; write it like \"ctrl-d\", \"shift-tab\", \"f5\", \"space\" or \"?\"")]
pub struct KeyError(String);

impl Key {
    /// The one form of a key: characters decide by themselves about Shift, control characters that are keys of
    /// their own become those keys, and Control makes letters lower case.
    pub fn new(code: Code, held: Held) -> Self {
        let (code, ctrl) = match (code, held.ctrl) {
            (Code::Char(character), true) => control(character),
            (code, ctrl) => (code, ctrl),
        };
        let shift = held.shift && !matches!(code, Code::Char(_) | Code::Enter | Code::Esc | Code::Backspace);
        Self { code, ctrl, alt: held.alt, shift }
    }

    /// A key with nothing held.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character with nothing held.
    pub const fn char(character: char) -> Self {
        Self::plain(Code::Char(character))
    }

    /// Reads a key as people write it: `d`, `G`, `?`, `space`, `f5`, `ctrl-d`, `Ctrl+D`, `<c-d>`, `shift-tab`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let unknown = || KeyError(text.to_owned());
        let mut rest = match text.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')) {
            Some(inner) if !inner.is_empty() => inner,
            _ => text,
        };
        let mut held = Held::default();
        while let Some((name, after)) = split_modifier(rest) {
            match name.to_ascii_lowercase().as_str() {
                "c" | "ctrl" | "control" => held.ctrl = true,
                "a" | "m" | "alt" | "meta" => held.alt = true,
                "s" | "shift" => held.shift = true,
                _ => return Err(unknown()),
            }
            rest = after;
        }
        let code = match named(rest) {
            Some((code, back)) => {
                held.shift |= back;
                code
            }
            None => Code::Char(single(rest, held.shift).ok_or_else(unknown)?),
        };
        Ok(Self::new(code, held))
    }

    /// Whether this is the key people write as `text`; a text that names no key is none.
    pub fn is(self, text: &str) -> bool {
        Self::parse(text) == Ok(self)
    }

    /// The character this key types into a field, if it types one.
    pub fn typed(self) -> Option<char> {
        if let Self { code: Code::Char(character), ctrl: false, alt: false, .. } = self {
            Some(character)
        } else {
            None
        }
    }
}

/// What Control and a character are together. A terminal sends one byte for each of these pairs, so they cannot be
/// told apart: Ctrl-H is Backspace on half of them, Ctrl-J and Ctrl-M are Enter, Ctrl-/ is Ctrl-_.
fn control(character: char) -> (Code, bool) {
    match character.to_ascii_lowercase() {
        'h' => (Code::Backspace, false),
        'i' => (Code::Tab, false),
        'j' | 'm' => (Code::Enter, false),
        '[' => (Code::Esc, false),
        '@' => (Code::Char(' '), true),
        '/' => (Code::Char('_'), true),
        lower => (Code::Char(lower), true),
    }
}

/// `ctrl-x` into `ctrl` and `x`. A lone `-` or `+` is a key, not a separator.
fn split_modifier(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['-', '+'])?;
    let (name, after) = text.split_at_checked(at)?;
    let after = after.get(1..)?;
    (!name.is_empty() && !after.is_empty()).then_some((name, after))
}

/// Keys with names; the flag says that the name itself means Shift.
fn named(name: &str) -> Option<(Code, bool)> {
    let code = match name.to_ascii_lowercase().as_str() {
        "space" => Code::Char(' '),
        "minus" => Code::Char('-'),
        "plus" => Code::Char('+'),
        "lt" => Code::Char('<'),
        "gt" => Code::Char('>'),
        "enter" | "return" | "cr" => Code::Enter,
        "esc" | "escape" => Code::Esc,
        "tab" => Code::Tab,
        "backtab" => return Some((Code::Tab, true)),
        "backspace" | "bs" => Code::Backspace,
        "delete" | "del" => Code::Delete,
        "insert" | "ins" => Code::Insert,
        "up" => Code::Up,
        "down" => Code::Down,
        "left" => Code::Left,
        "right" => Code::Right,
        "home" => Code::Home,
        "end" => Code::End,
        "pageup" | "pgup" => Code::PageUp,
        "pagedown" | "pgdn" => Code::PageDown,
        other => {
            let number = other.strip_prefix('f')?.parse().ok()?;
            return (1..=24).contains(&number).then_some((Code::F(number), false));
        }
    };
    Some((code, false))
}

/// A name that is one character. `shift-a` means `A`; Shift with anything but a letter depends on the keyboard,
/// so the character itself must be written.
fn single(name: &str, shift: bool) -> Option<char> {
    let mut characters = name.chars();
    let character = characters.next().filter(|character| !character.is_control())?;
    match (characters.next(), shift) {
        (None, false) => Some(character),
        (None, true) => character.is_ascii_alphabetic().then(|| character.to_ascii_uppercase()),
        (Some(_), _) => None,
    }
}

impl fmt::Display for Key {
    /// `Ctrl-D`, `Shift-Tab`, `Space`, `?`: what help and footer show, and what [`Key::parse`] reads back.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = match self.code {
            Code::Char(' ') => String::from("Space"),
            Code::Char(character) if self.ctrl => character.to_ascii_uppercase().to_string(),
            Code::Char(character) => character.to_string(),
            Code::F(number) => format!("F{number}"),
            // The other variants are named as they are shown.
            Code::Enter
            | Code::Esc
            | Code::Tab
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Up
            | Code::Down
            | Code::Left
            | Code::Right
            | Code::Home
            | Code::End
            | Code::PageUp
            | Code::PageDown => format!("{:?}", self.code),
        };
        for (held, word) in [(self.shift, "Shift-"), (self.alt, "Alt-"), (self.ctrl, "Ctrl-")] {
            if held {
                name.insert_str(0, word);
            }
        }
        formatter.pad(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        let cases = [
            ("d", "d"),
            ("G", "G"),
            ("shift-g", "G"),
            ("?", "?"),
            ("-", "-"),
            ("+", "+"),
            ("<", "<"),
            (">", ">"),
            ("<lt>", "<"),
            ("ctrl-d", "Ctrl-D"),
            ("Ctrl+D", "Ctrl-D"),
            ("<c-d>", "Ctrl-D"),
            ("<C-S-d>", "Ctrl-D"),
            ("ctrl--", "Ctrl--"),
            ("alt-x", "Alt-x"),
            ("alt-X", "Alt-X"),
            ("ctrl-alt-x", "Ctrl-Alt-X"),
            ("shift-tab", "Shift-Tab"),
            ("backtab", "Shift-Tab"),
            ("space", "Space"),
            ("ctrl-space", "Ctrl-Space"),
            ("ctrl-@", "Ctrl-Space"),
            ("ctrl-/", "Ctrl-_"),
            ("F5", "F5"),
            ("pgdn", "PageDown"),
            ("ctrl-h", "Backspace"),
            ("ctrl-m", "Enter"),
            ("ctrl-j", "Enter"),
            ("ctrl-i", "Tab"),
            ("ctrl-[", "Esc"),
            ("shift-enter", "Enter"),
            ("é", "é"),
        ];
        for (text, want) in cases {
            assert_eq!(Key::parse(text).map(|key| key.to_string()), Ok(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_names_no_key_is_refused_with_a_sentence() {
        for text in ["", "<>", "ctrl-", "hyper-x", "f0", "f25", "dd", "shift-1", "ctrl-ctrl", "\t", "-x"] {
            let error = Key::parse(text).expect_err(text);
            assert!(error.to_string().starts_with(&format!("\"{text}\" is not a key")), "{error}");
        }
    }

    #[test]
    fn only_plain_characters_type() {
        let typed = |text: &str| Key::parse(text).expect(text).typed();
        assert_eq!(typed("A"), Some('A'));
        assert_eq!(typed("space"), Some(' '));
        assert_eq!(typed("ctrl-a"), None);
        assert_eq!(typed("alt-a"), None);
        assert_eq!(typed("enter"), None);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_printing_reads_back(text in "(<?(c-|ctrl\\+|a-|shift-){0,3})?\\PC{0,8}>?") {
            if let Ok(key) = Key::parse(&text) {
                prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
            }
        }
    }
}
