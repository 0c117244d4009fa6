//! Findings: what deserves attention, ranked, each with what mends it.

use super::owner::Id;
use super::text::Text;

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something is open, lost or about to break.
    Alarm,
    /// Something is not as it should be.
    Warning,
    /// Worth knowing.
    Hint,
}

impl Severity {
    /// The word beside the mark.
    pub fn word(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// One finding of a backend about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How urgent it is.
    pub severity: Severity,
    /// The credential it is about; `None` when it is about the account.
    pub credential: Option<Id>,
    /// What was found, in a sentence.
    pub what: Text,
    /// What mends it, in a sentence.
    pub mend: Text,
}
