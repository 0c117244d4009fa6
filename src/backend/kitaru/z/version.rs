//! Which rules a server keeps, told from its version: who may write, and what outlives a step.

use crate::domain::session::Survives;
use crate::domain::text::Text;

/// A version as far as rules depend on it. Suffixes such as `.dev2` or `rc1` are left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32, u32);

/// The newest version these rules were seen on.
pub(super) const NEWEST_KNOWN: Version = Version(0, 98, 0);
/// The oldest version these rules were seen on.
pub(super) const OLDEST_KNOWN: Version = Version(0, 94, 2);
/// From here on only an admin user may change service accounts and keys.
const ADMIN_ONLY: Version = Version(0, 96, 0);
/// From here on bearers know the generation of the secret they came from and die with it.
const BEARERS_DIE: Version = Version(0, 96, 2);

impl Version {
    /// Reads `0.98.0`, `v0.98`, `0.96.1.dev20260101`, `0.96.2rc1+build`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts = text.split('.').map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().ok()
        });
        let first = parts.next()??;
        let second = parts.next()??;
        Some(Self(first, second, parts.next().flatten().unwrap_or(0)))
    }
}

/// The rules of a server. A version that cannot be read counts as the newest one, and a note says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Whether changes need an admin user.
    pub(super) admin_only: bool,
    /// Whether bearers die with the secret they came from.
    bearers_die: bool,
}

impl Rules {
    /// The rules of a version.
    pub(super) fn of(version: Option<Version>) -> Self {
        let version = version.unwrap_or(NEWEST_KNOWN);
        Self { admin_only: version >= ADMIN_ONLY, bearers_die: version >= BEARERS_DIE }
    }

    /// What goes on working after each step.
    pub(super) fn survives(self) -> Survives {
        let texts = |lines: &[&str]| lines.iter().map(|line| Text::clean(line)).collect();
        if self.bearers_die {
            Survives { rotate: texts(&NEW_ROTATE), disable: texts(&NEW_DISABLE), revoke: Vec::new() }
        } else {
            Survives { rotate: texts(&OLD_ROTATE), disable: texts(&OLD_DISABLE), revoke: texts(&OLD_REVOKE) }
        }
    }
}

const NEW_ROTATE: [&str; 2] = [
    "Bearers got before the rotation work until the window ends; without a window they stop at once.",
    "A bearer got with the old secret inside the window counts as one of the new secret: it outlives the window \
     until it expires, and on servers without a token lifetime it never does. To shut out a leaked key, leave \
     no window.",
];

const NEW_DISABLE: [&str; 1] =
    ["Nothing works while it is off; bearers got before work again when it is switched on."];

const OLD_ROTATE: [&str; 1] =
    ["Bearers got before the rotation or inside the window go on working, past the \
     window, until they expire; on servers without a token lifetime they never do. Switching the key off or \
     deleting it ends those from logins."];

const OLD_DISABLE: [&str; 2] = [
    "Tokens taken with `kitaru auth token` are no longer tied to the key: they go on working until they expire.",
    "Bearers from logins stop, and work again when it is switched on.",
];

const OLD_REVOKE: [&str; 1] =
    ["Tokens taken with `kitaru auth token` go on working until they expire, even \
     though the key is gone; only ending the service account ends them."];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_leniently() {
        let cases = [
            ("0.98.0", Some(Version(0, 98, 0))),
            ("v0.98", Some(Version(0, 98, 0))),
            (" 0.96.1.dev20260101 ", Some(Version(0, 96, 1))),
            ("0.96.2rc1+build.7", Some(Version(0, 96, 2))),
            ("1.0", Some(Version(1, 0, 0))),
            ("", None),
            ("unknown", None),
            ("0", None),
            ("99999999999.1.1", None),
        ];
        for (text, want) in cases {
            assert_eq!(Version::parse(text), want, "{text:?}");
        }
    }

    #[test]
    fn the_rows_of_the_version_table() {
        let cases = [
            ("0.94.2", false, false),
            ("0.95.1", false, false),
            ("0.96.0", true, false),
            ("0.96.1", true, false),
            ("0.96.2", true, true),
            ("0.98.0", true, true),
            ("2.0.0", true, true),
            ("nightly", true, true),
        ];
        for (text, admin_only, bearers_die) in cases {
            assert_eq!(Rules::of(Version::parse(text)), Rules { admin_only, bearers_die }, "{text}");
        }
        assert!(Rules::of(Some(NEWEST_KNOWN)).survives().revoke.is_empty());
        assert!(!Rules::of(Some(OLDEST_KNOWN)).survives().revoke.is_empty());
    }
}
