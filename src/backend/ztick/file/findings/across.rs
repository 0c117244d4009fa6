//! Traps that only two tokens together make. Sorting finds the pairs, so that a large file stays fast.

use std::collections::{BTreeSet, HashMap};

use super::super::reading::Token;
use super::super::trap::Trap;
use super::Finding;

/// Compares the tokens with one another.
pub(super) fn compare(tokens: &[Token<'_>], found: &mut Vec<Finding>) {
    repeated(tokens, |token| Some(token.name), Trap::RepeatedName, found);
    repeated(tokens, |token| token.secret, Trap::DuplicateSecret, found);
    repeated(tokens, |token| token.namespace.filter(|it| !it.is_empty()), Trap::SharedNamespace, found);
    nested(tokens, found);
}

/// Tells every token that has the same as an earlier one, which is named.
fn repeated<'a>(
    tokens: &[Token<'a>],
    what: impl Fn(&Token<'a>) -> Option<&'a [u8]>,
    trap: Trap,
    found: &mut Vec<Finding>,
) {
    let mut first: HashMap<&[u8], &Token<'_>> = HashMap::new();
    for token in tokens {
        let Some(value) = what(token) else { continue };
        match first.get(value) {
            Some(earlier) => found.push(Finding::about(trap, token).with(earlier)),
            None => drop(first.insert(value, token)),
        }
    }
}

/// Tells every token whose namespace starts with another's, which is named. `*` covers everything and is told by itself.
fn nested(tokens: &[Token<'_>], found: &mut Vec<Finding>) {
    let mut holders: HashMap<&[u8], &Token<'_>> = HashMap::new();
    for token in tokens {
        if let Some(namespace) =
            token.namespace.filter(|namespace| ![b"".as_slice(), b"*"].contains(namespace))
        {
            holders.entry(namespace).or_insert(token);
        }
    }
    // Only the lengths that occur: a file with one namespace of a megabyte must not take an hour.
    let lengths: BTreeSet<usize> = holders.keys().map(|namespace| namespace.len()).collect();
    for token in tokens {
        let namespace = token.namespace.unwrap_or_default();
        let beginnings = lengths.range(..namespace.len()).filter_map(|&length| namespace.get(..length));
        let mut beginnings = beginnings.filter(|_| namespace != b"*");
        let holder = beginnings.find_map(|beginning| holders.get(beginning));
        found.extend(holder.map(|holder| Finding::about(Trap::NestedNamespace, token).with(holder)));
    }
}
