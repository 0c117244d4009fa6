//! What changed between two versions of the file, line by line, without a secret in it.
//!
//! A line is shown by its meaning, never by its text: a comment may hold an old secret, a stray line may be the rest of
//! one, and the key of an unknown entry may be a secret that ends in `=`. Names and namespaces are shown.

use std::fmt;

use ring::hmac;

use super::lines::{Meaning, lines, meaning, split};
use crate::domain::text::Text;

/// One changed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether the line is new; otherwise it is gone.
    pub added: bool,
    /// Its number from 1: in the new version if it is new, in the old one if it is gone.
    pub line: usize,
    /// What it is, without secrets.
    pub shown: Text,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.added { '+' } else { '-' };
        write!(formatter, "{sign} {:>4}  {}", self.line, self.shown)
    }
}

/// A version of the file as far as it may be remembered: what each line is, and a mark of its text made with a key that
/// lives as long as this program.
#[derive(Clone)]
pub struct Outline(Vec<(hmac::Tag, Text)>);

impl Outline {
    /// Remembers these bytes.
    pub fn of(bytes: &[u8], key: &hmac::Key) -> Self {
        Self(lines(bytes).map(|line| (hmac::sign(key, line), shown(line))).collect())
    }

    /// What changed since; nothing when the bytes are the same.
    pub fn difference(&self, new: &Self) -> Vec<Change> {
        let same = |old: &(hmac::Tag, Text), new: &(hmac::Tag, Text)| old.0.as_ref() == new.0.as_ref();
        changes(&self.0, &new.0, same, |line| line.1.clone())
    }
}

/// The changed lines between the first and the last difference: what went, then what came.
pub fn difference(old: &[u8], new: &[u8]) -> Vec<Change> {
    let (old, new): (Vec<&[u8]>, Vec<&[u8]>) = (lines(old).collect(), lines(new).collect());
    changes(&old, &new, |old, new| old == new, |line| shown(line))
}

fn changes<T>(
    old: &[T],
    new: &[T],
    same: impl Fn(&T, &T) -> bool,
    shown: impl Fn(&T) -> Text,
) -> Vec<Change> {
    let head = old.iter().zip(new).take_while(|(old, new)| same(old, new)).count();
    let longest = old.len().min(new.len()) - head;
    let pairs = old.iter().rev().zip(new.iter().rev()).take(longest);
    let tail = pairs.take_while(|(old, new)| same(old, new)).count();
    let changed = |lines: &[T], added: bool| {
        let end = lines.len() - tail;
        let middle = lines.get(head..end).unwrap_or_default().iter().zip(head + 1..);
        middle.map(|(text, line)| Change { added, line, shown: shown(text) }).collect::<Vec<_>>()
    };
    let mut all = changed(old, false);
    all.append(&mut changed(new, true));
    all
}

fn shown(line: &[u8]) -> Text {
    let words = match meaning(line) {
        Meaning::Blank => String::from("(blank)"),
        Meaning::Comment => String::from("# (a comment)"),
        Meaning::Header(Some(name)) => format!("[token.{}]", String::from_utf8_lossy(name)),
        Meaning::Header(None) => String::from("(a header that is no token's)"),
        Meaning::Entry { key: b"secret", .. } => String::from("secret = (hidden)"),
        Meaning::Entry { key: b"namespace", value } => {
            // Only up to the first quote: what a slip put behind it is not the namespace.
            let inside = value.strip_prefix(b"\"").unwrap_or(value);
            let namespace = split(inside, b'"').map_or(inside, |(inside, _)| inside);
            format!("namespace = \"{}\"", String::from_utf8_lossy(namespace))
        }
        Meaning::Entry { .. } => String::from("(another key)"),
        Meaning::Loose => String::from("(a line the server ignores)"),
    };
    Text::clean(&words)
}
