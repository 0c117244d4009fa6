//! Traps in values: how they are written, and what they say.

use super::super::lines::{split, trim};
use super::super::reading::Token;
use super::super::trap::Trap;
use super::Finding;

/// The longest text after `AUTH `: a line has 4096 bytes with its end.
const LONGEST_AUTH: usize = 4090;
/// Below this many bytes a secret is called short.
const SHORT: usize = 16;

/// What is surprising about the way a value is written.
pub(super) fn written(value: &[u8]) -> Vec<Trap> {
    let mut traps = match value.first() {
        None => return Vec::new(),
        Some(b'"') => quoted(value),
        Some(b'\'') => {
            let inside = value.get(1..).unwrap_or_default();
            let tail = split(inside, b'\'').map_or(inside, |(_, tail)| tail);
            if has_comment(tail) {
                vec![Trap::SingleQuotes, Trap::InlineComment]
            } else {
                vec![Trap::SingleQuotes]
            }
        }
        Some(_) if has_comment(value) => vec![Trap::InlineComment],
        Some(_) if value.ends_with(b"\"") => vec![Trap::UnclosedQuote],
        Some(_) if value.contains(&b'"') => vec![Trap::InnerQuote],
        Some(_) => vec![Trap::BareValue],
    };
    if value.contains(&b'\\') {
        traps.push(Trap::Backslash);
    }
    traps
}

fn quoted(value: &[u8]) -> Vec<Trap> {
    if value.starts_with(b"\"\"\"") {
        return vec![Trap::TripleQuotes];
    }
    let Some((_, tail)) = value.get(1..).and_then(|inside| split(inside, b'"')) else {
        return vec![Trap::UnclosedQuote];
    };
    match trim(tail, b" \t") {
        [] => Vec::new(),
        [b'#', ..] => vec![Trap::InlineComment],
        _ if value.ends_with(b"\"") => vec![Trap::InnerQuote],
        _ => vec![Trap::UnclosedQuote],
    }
}

/// Whether a `#` stands at the start or after a blank.
fn has_comment(text: &[u8]) -> bool {
    text.starts_with(b"#") || text.windows(2).any(|pair| matches!(pair, [b' ' | b'\t', b'#']))
}

/// What is dangerous about the secret itself.
pub(super) fn secret(token: &Token<'_>, found: &mut Vec<Finding>) {
    let Some(secret) = token.secret else { return };
    let mut tell = |trap| found.push(Finding::about(trap, token));
    let needs_quotes = secret.iter().any(|byte| b" \"".contains(byte));
    let escaped = secret.iter().filter(|byte| b"\"\\".contains(byte)).count();
    let sent = if needs_quotes { secret.len() + escaped + 2 } else { secret.len() };
    if secret.is_empty() {
        tell(Trap::EmptySecret);
    } else if secret.len() < SHORT {
        tell(Trap::ShortSecret);
    } else if sent > LONGEST_AUTH {
        tell(Trap::LongSecret);
    }
    if needs_quotes {
        tell(Trap::QuotedSecret);
    }
    if secret.iter().any(|byte| !matches!(byte, b' '..=b'~')) {
        tell(Trap::UnprintableSecret);
    }
}

/// What is dangerous about the namespace itself.
pub(super) fn namespace(token: &Token<'_>, found: &mut Vec<Finding>) {
    let Some(namespace) = token.namespace.filter(|namespace| !namespace.is_empty()) else { return };
    let mut tell = |trap| found.push(Finding::about(trap, token));
    let edge = |byte: &u8| b" \t".contains(byte);
    let blank_edge = namespace.first().is_some_and(edge) || namespace.last().is_some_and(edge);
    if namespace == b"*" {
        return tell(Trap::WideNamespace);
    }
    if namespace.iter().any(|byte| b"\"'#\\".contains(byte) || byte.is_ascii_control()) || blank_edge {
        tell(Trap::OddNamespace);
    }
    if namespace.contains(&b' ') {
        tell(Trap::SpacedNamespace);
    }
    if namespace.iter().any(|byte| b"*?".contains(byte)) {
        tell(Trap::GlobNamespace);
    }
    if namespace.last().is_some_and(|last| last.is_ascii_alphanumeric() || !last.is_ascii()) {
        tell(Trap::OpenNamespace);
    }
}
