//! What the server makes of the file when it starts: its tokens, or the error it ends with.

use std::collections::HashSet;

use super::lines::{Meaning, lines, meaning, unquote};

/// The largest file the server loads, in bytes.
pub const LARGEST: usize = 1_048_576;

/// One token section. It borrows from the file's bytes and holds a secret, so it cannot be printed.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    /// The name in its header. Names are for people: the server neither checks nor compares them.
    pub name: &'a [u8],
    /// The line of its header, from 0.
    pub header: usize,
    /// The last line inside it that has a `=`, or its header if none has.
    pub last_key: usize,
    /// The secret as the server compares it.
    pub secret: Option<&'a [u8]>,
    /// The namespace as the server compares it.
    pub namespace: Option<&'a [u8]>,
}

impl<'a> Token<'a> {
    /// Whether the other has the same name, secret and namespace, wherever it stands.
    pub(super) fn same(&self, other: &Token<'_>) -> bool {
        (self.name, self.secret, self.namespace) == (other.name, other.secret, other.namespace)
    }

    /// Why the server would refuse to start because of this section alone, in the server's order.
    fn incomplete(&self) -> Option<StartFailure> {
        match (self.secret, self.namespace.unwrap_or_default()) {
            (None, _) => Some(StartFailure::MissingSecret),
            (_, []) => Some(StartFailure::EmptyNamespace),
            _ => None,
        }
    }

    fn opened(name: &'a [u8], header: usize) -> Self {
        Self { name, header, last_key: header, secret: None, namespace: None }
    }
}

/// Why the server would not start with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFailure {
    /// Over [`LARGEST`].
    #[error("the file is larger than 1,048,576 bytes")]
    FileTooBig,
    /// A section without a `secret` key.
    #[error("a token has no secret")]
    MissingSecret,
    /// A section without a namespace, or with an empty one.
    #[error("a token has no namespace")]
    EmptyNamespace,
    /// Two sections with equal secrets.
    #[error("two tokens have the same secret")]
    DuplicateSecret,
}

impl StartFailure {
    /// The word in the server's last line of output.
    pub fn word(self) -> &'static str {
        match self {
            Self::FileTooBig => "FileTooBig",
            Self::MissingSecret => "MissingSecret",
            Self::EmptyNamespace => "EmptyNamespace",
            Self::DuplicateSecret => "DuplicateSecret",
        }
    }
}

/// What the server reads.
pub struct Reading<'a> {
    /// Every token section in file order, also those that keep the server from starting.
    pub tokens: Vec<Token<'a>>,
    /// The error the server would end with, and the line of the section it is about.
    pub failure: Option<(StartFailure, usize)>,
}

/// Reads the file as the server does.
pub fn read(bytes: &[u8]) -> Reading<'_> {
    let tokens = sections(bytes);
    let failure = if bytes.len() > LARGEST {
        Some((StartFailure::FileTooBig, 0))
    } else {
        let mut secrets = HashSet::new();
        tokens.iter().find_map(|token| {
            let repeated = || (!secrets.insert(token.secret)).then_some(StartFailure::DuplicateSecret);
            token.incomplete().or_else(repeated).map(|failure| (failure, token.header))
        })
    };
    Reading { tokens, failure }
}

fn sections(bytes: &[u8]) -> Vec<Token<'_>> {
    let mut closed = Vec::new();
    let mut open: Option<Token<'_>> = None;
    for (number, line) in lines(bytes).enumerate() {
        match (meaning(line), &mut open) {
            (Meaning::Header(name), _) => {
                closed.extend(open.take());
                open = name.map(|name| Token::opened(name, number));
            }
            (Meaning::Entry { key, value }, Some(token)) => {
                token.last_key = number;
                match key {
                    b"secret" => token.secret = Some(unquote(value)),
                    b"namespace" => token.namespace = Some(unquote(value)),
                    _ => {}
                }
            }
            (Meaning::Blank | Meaning::Comment | Meaning::Loose | Meaning::Entry { .. }, _) => {}
        }
    }
    closed.extend(open);
    closed
}
