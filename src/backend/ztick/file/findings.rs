//! What an operator should know about the file: every trap, with its line and token, never with a secret.
//!
//! Three walks: over the file as a whole, over its lines, over the tokens the server reads from it.

mod across;
mod line;
mod value;

use super::lines::{Meaning, lines, meaning};
use super::reading::{LARGEST, Reading, StartFailure, Token, read};
use super::trap::Trap;
use crate::domain::text::Text;

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub trap: Trap,
    /// Its line from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// The name of the token it is about, if it is about one.
    pub token: Option<Text>,
    /// The name of the other token, where two are concerned.
    pub other: Option<Text>,
}

impl Finding {
    pub(super) fn whole(trap: Trap) -> Self {
        Self { trap, line: None, token: None, other: None }
    }

    fn at(trap: Trap, line: usize, token: Option<&[u8]>) -> Self {
        Self { trap, line: Some(line + 1), token: token.map(text), other: None }
    }

    fn about(trap: Trap, token: &Token<'_>) -> Self {
        Self::at(trap, token.header, Some(token.name))
    }

    fn with(mut self, other: &Token<'_>) -> Self {
        self.other = Some(text(other.name));
        self
    }
}

fn text(name: &[u8]) -> Text {
    Text::clean(&String::from_utf8_lossy(name))
}

/// Everything found in the bytes, in file order with what concerns the whole file first.
pub fn findings(bytes: &[u8]) -> Vec<Finding> {
    let reading = read(bytes);
    let mut found = Vec::new();
    whole(bytes, &reading, &mut found);
    line::walk(bytes, &mut found);
    for token in &reading.tokens {
        fatal(token, &mut found);
        value::namespace(token, &mut found);
        value::secret(token, &mut found);
    }
    across::compare(&reading.tokens, &mut found);
    found.sort_by_key(|finding| finding.line);
    found
}

fn whole(bytes: &[u8], reading: &Reading<'_>, found: &mut Vec<Finding>) {
    if bytes.len() > LARGEST {
        found.push(Finding::whole(Trap::FileTooBig));
    }
    if reading.tokens.is_empty() {
        found.push(Finding::whole(Trap::NoToken));
    } else if !reading.tokens.iter().any(|token| token.namespace == Some(b"*".as_slice())) {
        found.push(Finding::whole(Trap::NoWideToken));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        let hides = lines(rest).next().is_some_and(|first| matches!(meaning(first), Meaning::Header(_)));
        found.push(Finding::at(if hides { Trap::HiddenHeader } else { Trap::ByteOrderMark }, 0, None));
    }
}

/// Why the server would not start. All of them are told, not only the first, which is all the server tells.
fn fatal(token: &Token<'_>, found: &mut Vec<Finding>) {
    if token.secret.is_none() {
        found.push(Finding::about(Trap::MissingSecret, token));
    }
    if token.namespace.unwrap_or_default().is_empty() {
        found.push(Finding::about(Trap::EmptyNamespace, token));
    }
}

impl From<StartFailure> for Trap {
    fn from(failure: StartFailure) -> Self {
        match failure {
            StartFailure::FileTooBig => Self::FileTooBig,
            StartFailure::MissingSecret => Self::MissingSecret,
            StartFailure::EmptyNamespace => Self::EmptyNamespace,
            StartFailure::DuplicateSecret => Self::DuplicateSecret,
        }
    }
}
