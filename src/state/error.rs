//! Why the records could not be read or written, in words for the operator.

use std::io::ErrorKind;

use rusqlite::ErrorCode;
use uuid::Uuid;

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{OperationKind, Phase};
use crate::domain::text::Text;

/// Why a call to the records did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A newer program wrote the records.
    #[error(
        "the records were written by a newer keywright (version {found}; this one knows {known}); use that one"
    )]
    Newer {
        /// The version found.
        found: i64,
        /// The newest version known here.
        known: usize,
    },
    /// The file is not what we wrote.
    #[error(
        "the records in state.db are damaged ({0}); nothing was deleted: move the file away to begin anew"
    )]
    Damaged(Text),
    /// No space is left.
    #[error("the disk is full, so keywright's records cannot be written")]
    Full,
    /// Writing is not allowed.
    #[error("keywright's records cannot be written: the place is read-only")]
    ReadOnly,
    /// Another program held the records for longer than we wait.
    #[error("another program kept keywright's records busy for too long; try again")]
    Busy,
    /// The file or its directory cannot be used.
    #[error("keywright's records cannot be opened: {0}")]
    File(Text),
    /// No such operation is written down.
    #[error("no operation {0} is written down")]
    Unknown(Uuid),
    /// The operation was begun by another program and not taken over.
    #[error("operation {0} belongs to another keywright; take it over first")]
    Elsewhere(Uuid),
    /// Another program that is alive has such an operation under way.
    #[error("another keywright is at it just now: {}", .0.word())]
    UnderWay(OperationKind),
    /// The operation is past that point.
    #[error("operation {id} is {} already and cannot become {}", from.word(), to.word())]
    Backwards {
        /// Which operation.
        id: Uuid,
        /// How far it is.
        from: Phase,
        /// What was asked for.
        to: Phase,
    },
    /// Anything else.
    #[error("keywright's records failed: {0}")]
    Other(Text),
}

impl StateError {
    /// Whether the place would not take it, which may pass; the rest is refused for what it says.
    pub(super) fn is_of_the_place(&self) -> bool {
        match self {
            Self::Full | Self::ReadOnly | Self::Busy | Self::File(_) | Self::Other(_) => true,
            Self::Newer { .. }
            | Self::Damaged(_)
            | Self::Unknown(_)
            | Self::Elsewhere(_)
            | Self::UnderWay(_)
            | Self::Backwards { .. } => false,
        }
    }

    /// Damage in a named place.
    pub(super) fn damaged(place: &str) -> Self {
        Self::Damaged(place.into())
    }
}

impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> Self {
        let words = || Text::from(error.to_string());
        match error.sqlite_error_code() {
            // Without a code it is a value that does not fit its column: somebody else wrote it.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => Self::Damaged(words()),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure) => {
                Self::File(words())
            }
            Some(_) => Self::Other(words()),
        }
    }
}

impl From<std::io::Error> for StateError {
    fn from(error: std::io::Error) -> Self {
        let kind = error.kind();
        if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            Self::Full
        } else if kind == ErrorKind::ReadOnlyFilesystem {
            Self::ReadOnly
        } else {
            Self::File(error.to_string().into())
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new(FailureKind::State, error.to_string())
    }
}
