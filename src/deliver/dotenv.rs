//! One key in the text of a dotenv file: found, read, replaced. Every other byte stays as it is.
//!
//! Shells, systemd, Docker and the dotenv libraries read quotes differently, so only what all of them read alike is
//! written: the bare value, or one pair of quotes around it without any escape.

use std::ops::Range;

use zeroize::Zeroizing;

/// Why a file is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DotenvError {
    /// A quote that is never closed: where the next key begins cannot be told.
    #[error("the quote that begins in line {0} is never closed")]
    Unclosed(usize),
    /// The key stands there twice.
    #[error("the key stands in line {0} and in line {1}; programs differ in which one counts")]
    Twice(usize, usize),
    /// Something follows the closing quote.
    #[error("the value in line {0} goes on after its quotes")]
    Mixed(usize),
    /// A backslash joins the next line to the value.
    #[error("the value in line {0} is continued in the next line")]
    Continued(usize),
    /// A comment, or a value that begins so.
    #[error("the value in line {0} begins with '#'; programs differ in whether that is a comment")]
    Hash(usize),
    /// The secret cannot stand in one line.
    #[error("the secret has a line break or a control character, which a dotenv line cannot carry")]
    Controls,
    /// No quotes fit around the secret.
    #[error("the secret has quotes and other characters that programs read differently in a dotenv line")]
    Quotes,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Bare,
    Single,
    Double,
}

/// A value in the text.
struct Found {
    line: usize,
    /// The value with its quotes.
    whole: Range<usize>,
    style: Style,
}

impl Found {
    fn inside(&self) -> Range<usize> {
        match self.style {
            Style::Bare => self.whole.clone(),
            Style::Single | Style::Double => self.whole.start + 1..self.whole.end.saturating_sub(1),
        }
    }
}

/// The value of a key as it stands there, without its quotes.
pub(super) fn read(text: &[u8], key: &str) -> Result<Option<Zeroizing<Vec<u8>>>, DotenvError> {
    let found = find(text, key)?;
    Ok(found.map(|found| Zeroizing::new(text.get(found.inside()).unwrap_or_default().to_vec())))
}

/// The text with the value of a key replaced, or with the key at its end.
pub(super) fn replace(text: &[u8], key: &str, secret: &str) -> Result<Zeroizing<Vec<u8>>, DotenvError> {
    // Growing would leave copies behind.
    let mut new = Zeroizing::new(Vec::with_capacity(text.len() + key.len() + secret.len() + 8));
    if let Some(found) = find(text, key)? {
        new.extend_from_slice(text.get(..found.whole.start).unwrap_or_default());
        put(&mut new, secret, found.style)?;
        new.extend_from_slice(text.get(found.whole.end..).unwrap_or_default());
        return Ok(new);
    }
    let first_end = text.iter().position(|byte| *byte == b'\n');
    let before = first_end.and_then(|at| at.checked_sub(1)).and_then(|at| text.get(at));
    let end: &[u8] = if before == Some(&b'\r') { b"\r\n" } else { b"\n" };
    new.extend_from_slice(text);
    if text.last().is_some_and(|byte| *byte != b'\n') {
        new.extend_from_slice(end);
    }
    new.extend_from_slice(key.as_bytes());
    new.push(b'=');
    put(&mut new, secret, Style::Bare)?;
    new.extend_from_slice(end);
    Ok(new)
}

/// Writes a value, in the style that stood there if that can carry it.
fn put(new: &mut Vec<u8>, secret: &str, style: Style) -> Result<(), DotenvError> {
    if secret.chars().any(char::is_control) {
        return Err(DotenvError::Controls);
    }
    let bare = !secret.is_empty()
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte));
    let single = !secret.contains('\'');
    let double = !secret.contains(['"', '$', '`', '\\']);
    let quote = match style {
        Style::Bare if bare => None,
        Style::Double if double => Some(b'"'),
        Style::Bare | Style::Single | Style::Double if single => Some(b'\''),
        Style::Bare | Style::Single | Style::Double if double => Some(b'"'),
        Style::Bare | Style::Single | Style::Double => return Err(DotenvError::Quotes),
    };
    new.extend(quote);
    new.extend_from_slice(secret.as_bytes());
    new.extend(quote);
    Ok(())
}

/// Finds the one value of a key. Lines inside another key's quoted value are not looked at.
fn find(text: &[u8], key: &str) -> Result<Option<Found>, DotenvError> {
    let mut at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut line = 1;
    let mut found: Option<Found> = None;
    while at < text.len() {
        let end = end_of_line(text, at);
        let mut next = end;
        if let Some((name, value)) = assignment(text, at, end) {
            let ours = name == key.as_bytes();
            let here = value_at(text, value, end, line)?;
            next = end_of_line(text, here.whole.end.max(at));
            if ours {
                check_rest(text, &here, next)?;
                if let Some(first) = &found {
                    return Err(DotenvError::Twice(first.line, line));
                }
                found = Some(here);
            }
        }
        let lines = text.get(at..=next.min(text.len() - 1)).unwrap_or_default();
        line += lines.split(|byte| *byte == b'\n').count() - 1;
        at = next + 1;
    }
    Ok(found)
}

/// The position of the line break, or the end of the text.
fn end_of_line(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |ahead| from + ahead)
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn skip_blanks(text: &[u8], mut at: usize, end: usize) -> usize {
    while at < end && text.get(at).copied().is_some_and(is_blank) {
        at += 1;
    }
    at
}

/// The name in a line `[export] NAME = …` and where its value begins.
fn assignment(text: &[u8], start: usize, end: usize) -> Option<(&[u8], usize)> {
    let mut at = skip_blanks(text, start, end);
    if text.get(at..end)?.starts_with(b"export") && text.get(at + 6).copied().is_some_and(is_blank) {
        at = skip_blanks(text, at + 6, end);
    }
    let line = text.get(at..end)?;
    let length = line.iter().position(|byte| *byte == b'=' || is_blank(*byte))?;
    let name = line.get(..length).filter(|name| !name.is_empty() && !name.starts_with(b"#"))?;
    let equals = skip_blanks(text, at + length, end);
    let value = skip_blanks(text, equals + 1, end);
    // After blanks a `#` is a comment, and the value before it empty.
    let comment = value > equals + 1 && text.get(value) == Some(&b'#');
    (text.get(equals) == Some(&b'=')).then_some((name, if comment { equals + 1 } else { value }))
}

/// The value that begins at `start` in a line that ends at `end`.
fn value_at(text: &[u8], start: usize, end: usize, line: usize) -> Result<Found, DotenvError> {
    let (quote, style) = match text.get(start) {
        Some(b'\'') => (b'\'', Style::Single),
        Some(b'"') => (b'"', Style::Double),
        _ => return Ok(Found { line, whole: bare(text, start, end), style: Style::Bare }),
    };
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if style == Style::Double => at += 1,
            byte if *byte == quote => return Ok(Found { line, whole: start..at + 1, style }),
            _ => {}
        }
        at += 1;
    }
    Err(DotenvError::Unclosed(line))
}

/// A value without quotes: up to a comment or the end of the line, without the blanks before that.
fn bare(text: &[u8], start: usize, end: usize) -> Range<usize> {
    let value = text.get(start..end).unwrap_or_default();
    let comment = value.windows(2).position(|pair| matches!(pair, [blank, b'#'] if is_blank(*blank)));
    let length = comment.unwrap_or(value.len());
    let kept = value.get(..length).unwrap_or_default();
    let trimmed = kept.iter().rposition(|byte| !is_blank(*byte) && *byte != b'\r').map_or(0, |last| last + 1);
    start..start + trimmed
}

/// What follows a value of ours must not belong to it.
fn check_rest(text: &[u8], found: &Found, end: usize) -> Result<(), DotenvError> {
    let rest = text.get(found.whole.end..end).unwrap_or_default();
    match found.style {
        Style::Bare => {
            let value = text.get(found.whole.clone()).unwrap_or_default();
            if value.first() == Some(&b'#') {
                return Err(DotenvError::Hash(found.line));
            }
            let slashes = value.iter().rev().take_while(|byte| **byte == b'\\').count();
            if slashes % 2 == 1 && rest.iter().all(|byte| *byte == b'\r') {
                return Err(DotenvError::Continued(found.line));
            }
        }
        Style::Single | Style::Double => {
            let first = rest.iter().find(|byte| !is_blank(**byte) && **byte != b'\r');
            let apart = rest.first().copied().is_none_or(|byte| is_blank(byte) || byte == b'\r');
            if first.is_some_and(|byte| *byte != b'#') || (first.is_some() && !apart) {
                return Err(DotenvError::Mixed(found.line));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, secret: &str) -> Result<String, DotenvError> {
        let new = replace(text.as_bytes(), "KEY", secret)?;
        let back = read(&new, "KEY").expect("readable").expect("there");
        assert_eq!(back.as_slice(), secret.as_bytes(), "{text:?} gives back what was put in");
        Ok(String::from_utf8(new.to_vec()).expect("text"))
    }

    #[test]
    fn only_the_value_changes() {
        let cases = [
            ("", "KEY=new\n"),
            ("A=1\n", "A=1\nKEY=new\n"),
            ("A=1", "A=1\nKEY=new\n"),
            ("A=1\r\n", "A=1\r\nKEY=new\r\n"),
            ("KEY=old\n", "KEY=new\n"),
            ("KEY=old", "KEY=new"),
            ("KEY=\nB=2\n", "KEY=new\nB=2\n"),
            ("KEY= # empty\n", "KEY=new # empty\n"),
            ("KEY=old\r\nB=2\r\n", "KEY=new\r\nB=2\r\n"),
            ("# KEY=no\nKEY=old # why\n", "# KEY=no\nKEY=new # why\n"),
            ("export KEY=old\n", "export KEY=new\n"),
            ("  KEY = old  \n", "  KEY = new  \n"),
            ("KEY='old'\n", "KEY='new'\n"),
            ("KEY=\"old\" # why\n", "KEY=\"new\" # why\n"),
            ("KEY=\"o\\\"ld\"\n", "KEY=\"new\"\n"),
            ("KEYS=1\nMY_KEY=2\nKEY=old\n", "KEYS=1\nMY_KEY=2\nKEY=new\n"),
            ("M='a\nKEY=inside\n'\nKEY=old\n", "M='a\nKEY=inside\n'\nKEY=new\n"),
            ("M=it's\nKEY=old\nN=it's\n", "M=it's\nKEY=new\nN=it's\n"),
            ("\u{feff}KEY=old\n", "\u{feff}KEY=new\n"),
            ("junk\n=x\nKEY\nKEY=old\n", "junk\n=x\nKEY\nKEY=new\n"),
            ("KEY=a\\\\\nB=1\n", "KEY=new\nB=1\n"),
        ];
        for (before, want) in cases {
            assert_eq!(after(before, "new").as_deref(), Ok(want), "{before:?}");
        }
    }

    #[test]
    fn quotes_fit_what_is_inside() {
        let cases = [
            ("KEY=old\n", "a b", "KEY='a b'\n"),
            ("KEY=old\n", "a#$b", "KEY='a#$b'\n"),
            ("KEY=\"old\"\n", "a$b", "KEY='a$b'\n"),
            ("KEY=\"old\"\n", "a b", "KEY=\"a b\"\n"),
            ("KEY='old'\n", "it's", "KEY=\"it's\"\n"),
            ("KEY=old\n", "é", "KEY='é'\n"),
            ("KEY=old\n", "eyJ.a-b_c=/+", "KEY=eyJ.a-b_c=/+\n"),
        ];
        for (before, secret, want) in cases {
            assert_eq!(after(before, secret).as_deref(), Ok(want), "{before:?} {secret:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_safely_is_refused() {
        let cases = [
            ("KEY=1\n\nKEY=2\n", "new", DotenvError::Twice(1, 3)),
            ("A=1\nM=\"a\nKEY=2\n", "new", DotenvError::Unclosed(2)),
            ("KEY='a'b\n", "new", DotenvError::Mixed(1)),
            ("KEY='a'#b\n", "new", DotenvError::Mixed(1)),
            ("A=1\nKEY=a\\\nb\n", "new", DotenvError::Continued(2)),
            ("KEY=a\\\r\nb\r\n", "new", DotenvError::Continued(1)),
            ("KEY=#a\n", "new", DotenvError::Hash(1)),
            ("", "a\nb", DotenvError::Controls),
            ("", "it's $x", DotenvError::Quotes),
        ];
        for (before, secret, want) in cases {
            assert_eq!(after(before, secret), Err(want), "{before:?} {secret:?}");
        }
    }

    #[test]
    fn no_text_makes_it_fail_and_what_it_writes_it_reads() {
        use proptest::prelude::*;
        let line = "(export )?(KEY|K|KEYS)? ?=?[ '\"#a\\\\\r]{0,6}\n?";
        proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(
            lines in proptest::collection::vec(line, 0..6),
            secret in "[ -~]{1,12}",
        )| {
            let text = lines.concat();
            if let Ok(new) = replace(text.as_bytes(), "KEY", &secret) {
                let back = read(&new, "KEY").expect("readable").expect("there");
                prop_assert_eq!(back.as_slice(), secret.as_bytes());
                // Put back, every other byte is what it was.
                if let Ok(Some(old)) = read(text.as_bytes(), "KEY") {
                    let shared = text.len() - old.len();
                    prop_assert!(new.len() + 2 >= shared + secret.len());
                }
            }
        });
    }
}
