//! What may be asked. Only reads: none of these changes anything, and none is kept by the server.

use super::encode;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The server's counters.
    Stat,
    /// One job, to learn whether it may be asked for.
    Get(Vec<u8>),
    /// The jobs that start with this, as far as the token's namespace covers them.
    Query(Vec<u8>),
    /// Every rule of everybody.
    ListRules,
}

impl Question {
    /// Whether its answer is a single line; otherwise it is rows and an end.
    pub(super) fn is_one_line(&self) -> bool {
        matches!(self, Self::Get(_))
    }

    /// Appends it as a line.
    pub(super) fn write(&self, line: &mut Vec<u8>, id: &str) {
        line.extend_from_slice(id.as_bytes());
        match self {
            Self::Stat => line.extend_from_slice(b" STAT"),
            Self::ListRules => line.extend_from_slice(b" LISTRULES"),
            Self::Get(job) => {
                line.extend_from_slice(b" GET ");
                encode::word(line, job);
            }
            Self::Query(prefix) if prefix.is_empty() => line.extend_from_slice(b" QUERY"),
            Self::Query(prefix) => {
                line.extend_from_slice(b" QUERY ");
                encode::word(line, prefix);
            }
        }
        line.push(b'\n');
    }
}
