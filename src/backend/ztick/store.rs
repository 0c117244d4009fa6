//! The auth file wherever it is: read whole, replaced in one step.

use std::path::PathBuf;

use super::file::disk::{self, FileError, Stored};
use super::remote::{Copy, Remote};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::time::Timestamp;

/// Where the file is.
pub(super) enum Store {
    /// On this machine.
    Here(PathBuf),
    /// On another one.
    There(Remote),
}

/// The file as it was read; empty if there is none yet.
pub(super) enum Held {
    Here(Stored),
    There(Copy),
}

impl Store {
    /// Reads it. One that is not there yet reads as empty.
    pub(super) async fn load(&self) -> Result<Held, Failure> {
        match self {
            Self::Here(path) => match disk::load(path) {
                Err(FileError::Missing(_)) => disk::absent(path),
                found => found,
            }
            .map(Held::Here)
            .map_err(|error| failure(&error)),
            Self::There(remote) => remote.load().await.map(Held::There),
        }
    }

    /// Puts new bytes in its place, unless it is not what was read any more.
    pub(super) async fn replace(&self, held: &Held, new: &[u8]) -> Result<(), Failure> {
        match (self, held) {
            (Self::There(remote), Held::There(copy)) => remote.replace(copy, new).await,
            (_, Held::Here(stored)) => stored.replace(new).map(drop).map_err(|error| failure(&error)),
            (Self::Here(_), Held::There(_)) => Err(Failure::new(FailureKind::State, "the file is elsewhere")),
        }
    }

    /// Why it cannot be changed, if so. Elsewhere that is only known by trying.
    pub(super) fn refuses_writing(&self) -> Option<String> {
        match self {
            Self::Here(path) => disk::refuses_writing(path),
            Self::There(_) => None,
        }
    }
}

impl Held {
    /// What stands in it.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Here(stored) => stored.bytes(),
            Self::There(copy) => copy.bytes(),
        }
    }

    /// Whether there is a file at all.
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::Here(stored) => stored.modified().is_some(),
            Self::There(copy) => copy.modified().is_some(),
        }
    }

    /// When it was last written, by the clock of its machine.
    pub(super) fn modified(&self) -> Option<Timestamp> {
        match self {
            Self::Here(stored) => stored.modified(),
            Self::There(copy) => copy.modified(),
        }
    }

    /// What the clock of its machine said when it was read, if that is not ours.
    pub(super) fn clock(&self) -> Option<Timestamp> {
        match self {
            Self::Here(_) => None,
            Self::There(copy) => copy.clock(),
        }
    }

    /// Whether others than its owner may read or write it.
    pub(super) fn is_loose(&self) -> bool {
        match self {
            Self::Here(stored) => !stored.findings().is_empty(),
            Self::There(copy) => copy.is_loose(),
        }
    }
}

/// Why the file could not be read or replaced, as the operator reads it.
pub(super) fn failure(error: &FileError) -> Failure {
    let denied = |source: &std::io::Error| source.kind() == std::io::ErrorKind::PermissionDenied;
    match error {
        FileError::Changed { changes, .. } => changed(changes),
        FileError::NotAsWritten(_) => Failure::new(FailureKind::File, error.to_string()).unknown(),
        // Only after the rename is there a directory to make sure of.
        FileError::System { doing: "cannot make sure of", .. } => {
            Failure::new(FailureKind::File, error.to_string()).unknown()
        }
        FileError::System { source, .. } if denied(source) => {
            Failure::new(FailureKind::File, format!("{error}; run keywright as a user who may"))
        }
        FileError::Missing(_)
        | FileError::Dangling(_)
        | FileError::NotFile(_)
        | FileError::TooBig(_)
        | FileError::Exists(_)
        | FileError::Locked(_)
        | FileError::Owner(_)
        | FileError::Unsupported
        | FileError::System { .. } => Failure::new(FailureKind::File, error.to_string()),
    }
}

/// The most lines of a difference that are told.
const MOST_CHANGES: usize = 6;

/// The refusal of an edit because the file is not what was looked at.
pub(super) fn changed(changes: &[super::file::Change]) -> Failure {
    let mut told: Vec<String> = changes.iter().take(MOST_CHANGES).map(ToString::to_string).collect();
    if changes.len() > MOST_CHANGES {
        told.push(format!("and {} more", changes.len() - MOST_CHANGES));
    }
    Failure::new(FailureKind::Changed, told.join("; "))
}
