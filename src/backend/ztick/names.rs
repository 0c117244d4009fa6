//! What a token is called: in listings by its name, in records by its name and, while names repeat, by its place among
//! them. Never by anything made of its secret.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::file::Token;
use crate::domain::owner::Id;
use crate::domain::text::Text;

/// The identifiers of all tokens, in file order.
///
/// A name that stands once is the identifier. Names that repeat carry their place and how many there are, so that when
/// one of them goes no identifier is left that could mean another token than before.
pub(super) fn ids(tokens: &[Token<'_>]) -> Vec<Id> {
    // How many there are of a name, and how many were seen.
    let mut counts: HashMap<&[u8], (usize, usize)> = HashMap::new();
    for token in tokens {
        counts.entry(token.name).or_default().0 += 1;
    }
    let mut ids = Vec::with_capacity(tokens.len());
    for token in tokens {
        let name = escaped(token.name);
        let (total, seen) = counts.entry(token.name).or_default();
        *seen += 1;
        ids.push(Id::new(if *total > 1 { format!("{name}~{seen}of{total}") } else { name }));
    }
    ids
}

/// Plain letters as they are, every other byte as `%XX`.
fn escaped(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for &byte in name {
        if byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _always_fits = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Text of the file, made harmless.
pub(super) fn text(bytes: &[u8]) -> Text {
    Text::clean(&String::from_utf8_lossy(bytes))
}

/// The name of a second token beside one of this name: the same with the next number that is free.
pub(super) fn next(name: &[u8], tokens: &[Token<'_>]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let name: String = name.iter().copied().filter(plain).map(char::from).collect();
    let (base, number) = match name.rsplit_once('-') {
        Some((base, number)) if !base.is_empty() && number.len() < 6 => {
            number.parse::<u32>().map_or((name.as_str(), 1), |number| (base, number))
        }
        _ => (name.as_str(), 1),
    };
    let base = if base.is_empty() { "token" } else { base };
    let taken = |name: &str| tokens.iter().any(|token| token.name == name.as_bytes());
    // There is always one free among one more than there are tokens.
    let last = number.saturating_add(1).saturating_add(u32::try_from(tokens.len()).unwrap_or(u32::MAX));
    let mut names = (number.saturating_add(1)..=last).map(|number| format!("{base}-{number}"));
    names.find(|name| !taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::file::read;
    use super::*;

    #[test]
    fn an_identifier_never_comes_to_mean_another_token() {
        let shown = |file: &str| -> Vec<String> {
            ids(&read(file.as_bytes()).tokens).iter().map(|id| id.as_str().to_owned()).collect()
        };
        assert_eq!(shown("[token.a]\n[token.b c]\n[token.é~]\n"), ["a", "b%20c", "%C3%A9%7E"]);
        let three = shown("[token.a]\n[token.b]\n[token.a]\n[token.a]\n");
        assert_eq!(three, ["a~1of3", "b", "a~2of3", "a~3of3"]);
        let two = shown("[token.a]\n[token.b]\n[token.a]\n");
        assert_eq!(two, ["a~1of2", "b", "a~2of2"]);
    }

    #[test]
    fn the_next_name_is_free_and_counts_on() {
        let file = "[token.ci]\n[token.ci-2]\n[token.é]\n[token.a-b]\n";
        let tokens = read(file.as_bytes()).tokens;
        for (name, want) in
            [("ci", "ci-3"), ("ci-2", "ci-3"), ("é", "token-2"), ("a-b", "a-b-2"), ("x", "x-2")]
        {
            assert_eq!(next(name.as_bytes(), &tokens), want, "{name}");
        }
    }
}
