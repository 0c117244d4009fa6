//! Traps that one line shows, given the section it stands in.

use super::super::lines::{Meaning, content, lines, meaning, split, trim};
use super::super::trap::Trap;
use super::{Finding, value};

/// Where a line stands.
enum Place<'a> {
    /// Before any header, or after one that opens no token.
    Nowhere,
    /// In a token's section; which of its two keys were given.
    Token { name: &'a [u8], secret: bool, namespace: bool },
}

/// Walks over the lines.
pub(super) fn walk(bytes: &[u8], found: &mut Vec<Finding>) {
    let mut place = Place::Nowhere;
    // A header in a comment, until it is known whether its keys are commented out too.
    let mut commented: Option<usize> = None;
    for (number, line) in lines(bytes).enumerate() {
        let text = content(line);
        let name = match &place {
            Place::Token { name, .. } => Some(*name),
            Place::Nowhere => None,
        };
        if text.contains(&b'\r') {
            found.push(Finding::at(Trap::CarriageReturn, number, name));
        }
        match meaning(line) {
            Meaning::Blank => {}
            Meaning::Comment => {
                let inside = trim(text, b"# \t");
                if inside.starts_with(b"[") {
                    commented = Some(number);
                }
            }
            Meaning::Header(name) => {
                commented = None;
                found.extend(header(text, name).map(|trap| Finding::at(trap, number, name)));
                place = name.map_or(Place::Nowhere, |name| Place::Token {
                    name,
                    secret: false,
                    namespace: false,
                });
            }
            Meaning::Entry { key, value } => {
                if matches!(key, b"secret" | b"namespace")
                    && let Some(header) = commented.take()
                {
                    found.push(Finding::at(Trap::CommentedHeader, header, name));
                }
                entry(&mut place, key, value, &mut |trap| found.push(Finding::at(trap, number, name)));
            }
            Meaning::Loose => {
                let trap = match () {
                    () if looks_like_key(text) => Trap::MisspeltKey,
                    // Something invisible before its bracket, most likely.
                    () if text.windows(6).any(|part| part == b"[token") => Trap::StrayHeader,
                    () => Trap::LooseLine,
                };
                found.push(Finding::at(trap, number, name));
            }
        }
    }
}

/// What is wrong with a header, if anything.
fn header(text: &[u8], name: Option<&[u8]>) -> Option<Trap> {
    let tail = split(text, b']').map(|(_, tail)| trim(tail, b" \t"));
    let plain = |name: &[u8]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    match (name, tail) {
        (Some(_), Some([first, ..])) if *first != b'#' => Some(Trap::HeaderTail),
        (Some(name), _) => (!plain(name)).then_some(Trap::OddName),
        (None, None) => Some(Trap::UnclosedHeader),
        (None, _) if text.starts_with(b"[[") => Some(Trap::DoubledHeader),
        (None, _) => Some(Trap::StrayHeader),
    }
}

fn entry(place: &mut Place<'_>, key: &[u8], written: &[u8], tell: &mut dyn FnMut(Trap)) {
    match (key, place) {
        (b"secret" | b"namespace", Place::Nowhere) => tell(Trap::KeysOutside),
        (b"secret" | b"namespace", Place::Token { secret, namespace, .. }) => {
            let given = if key == b"secret" { secret } else { namespace };
            if std::mem::replace(given, true) {
                tell(Trap::RepeatedKey);
            }
            value::written(written).into_iter().for_each(tell);
        }
        _ => tell(unknown(key, written)),
    }
}

fn unknown(key: &[u8], written: &[u8]) -> Trap {
    let lower = key.to_ascii_lowercase();
    let holds = |word: &[u8]| lower.windows(word.len()).any(|part| part == word);
    match () {
        () if written.starts_with(b"{") => Trap::InlineTable,
        () if lower.starts_with(b"token.") || lower.starts_with(b"token ") => Trap::DottedKey,
        () if looks_like_key(key) => Trap::MisspeltKey,
        () if holds(b"expir") || holds(b"ttl") || holds(b"valid_until") => Trap::ExpiryIgnored,
        () => Trap::UnknownKey,
    }
}

/// Whether the text starts like one of the two keys without being it: other case, quotes, another separator, something
/// invisible before it.
fn looks_like_key(text: &[u8]) -> bool {
    let start = text.iter().position(u8::is_ascii_alphanumeric).and_then(|first| text.get(first..));
    let start = start.unwrap_or_default().to_ascii_lowercase();
    [b"secret".as_slice(), b"namespace"].iter().any(|key| {
        let rest = start.strip_prefix(*key);
        rest.is_some_and(|rest| {
            rest.first().is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'_')
        })
    })
}
