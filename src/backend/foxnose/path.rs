//! Identifiers on their way into a path. The server's own library pastes them in as they are, so that `a/b` is another
//! address and `..` climbs out; here they are checked first. Also which identifiers credentials have on our side.

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;

/// The longest identifier.
const LONGEST: usize = 64;
const RULE: &str = "an identifier has letters, digits, - and _ only, and at most 64 of them";

/// A part of a path, if it may be one.
pub(super) fn segment(text: &str) -> Result<&str, &'static str> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(good) { Ok(text) } else { Err(RULE) }
}

/// The same, where a failure is wanted.
pub(super) fn checked(text: &str) -> Result<&str, Failure> {
    segment(text).map_err(|why| Failure::new(FailureKind::Invalid, why))
}

/// Which of the two APIs something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Flux,
    Management,
}

impl Kind {
    /// The part of the path.
    pub(super) fn api(self) -> &'static str {
        match self {
            Self::Flux => "flux-api",
            Self::Management => "management-api",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Flux => "flux",
            Self::Management => "management",
        }
    }
}

/// What a credential is on the server: a key of one kind, or the token of a Flux key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which<'a> {
    /// A key.
    Key(Kind, &'a str),
    /// The token of a Flux key.
    Bearer(&'a str),
}

const TOKEN: &str = "bearer";

impl<'a> Which<'a> {
    /// The credential behind our identifier, its part for a path checked.
    pub(super) fn read(id: &'a Id) -> Result<Self, Failure> {
        let (word, key) = id.as_str().split_once(':').unwrap_or(("", id.as_str()));
        let key = checked(key)?;
        match word {
            TOKEN => Ok(Self::Bearer(key)),
            _ => [Kind::Flux, Kind::Management]
                .into_iter()
                .find(|kind| kind.word() == word)
                .map(|kind| Self::Key(kind, key))
                .ok_or_else(|| {
                    Failure::new(FailureKind::Invalid, "this is no identifier of a credential here")
                }),
        }
    }

    /// Our identifier. The server counts the kinds separately.
    pub(super) fn id(self) -> Id {
        match self {
            Self::Key(kind, key) => Id::new(format!("{}:{key}", kind.word())),
            Self::Bearer(key) => Id::new(format!("{TOKEN}:{key}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_climbs_out_of_a_path() {
        for bad in ["", ".", "..", "../x", "a/b", "a?b", "a#b", "a;b", "a b", "a%2fb", "é", &"x".repeat(65)]
        {
            assert!(segment(bad).is_err(), "{bad:?}");
        }
        for good in ["9wjjtw76dyj0", "prod", "A_b-1"] {
            assert_eq!(segment(good), Ok(good));
        }
    }

    #[test]
    fn identifiers_come_back() {
        for which in [Which::Key(Kind::Flux, "a1"), Which::Key(Kind::Management, "a1"), Which::Bearer("a1")] {
            assert_eq!(Which::read(&which.id()), Ok(which));
        }
        for bad in ["a1", "flux:", "flux:a/b", "other:a1", "bearer:../a1"] {
            assert!(Which::read(&Id::new(bad)).is_err(), "{bad}");
        }
    }
}
