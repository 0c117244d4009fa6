//! Replacing the file so that it is the old one or the new one at every instant.
//!
//! A complete sibling with the same mode and owner takes the file's name in one step. The directory is locked
//! meanwhile, which leaves no lock file behind and also covers a file that is not there yet. What is added to a mode by
//! other means (access lists, labels) is not carried over.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::disk::{FileError, Stored, load, read_all};

/// Who owns the file and who may touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    mode: u32,
    user: u32,
    group: u32,
}

impl Facts {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { mode: metadata.mode() & 0o7777, user: metadata.uid(), group: metadata.gid() }
    }

    /// Whether others than the owner may read or write.
    pub(super) fn is_loose(&self) -> bool {
        self.mode & 0o066 != 0
    }
}

/// Where a replacement can be interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Locked,
    BackupWritten,
    BackupKept,
    SiblingWritten,
    Renamed,
}

/// Replaces the file; `at` is asked before going on after each step, so that a test can stop there.
pub(super) fn replace(
    old: &Stored,
    new: &[u8],
    at: &mut dyn FnMut(Step) -> io::Result<()>,
) -> Result<Stored, FileError> {
    let path = old.path();
    let mut at = |step| at(step).map_err(FileError::system("stopped before replacing", path));
    let directory = path.parent().unwrap_or(Path::new("."));
    let held = lock(directory, path)?;
    at(Step::Locked)?;
    old.unchanged()?;
    if old.facts.is_some() {
        let backup = beside(path, "", ".keywright-backup");
        let part = beside(path, ".", ".keywright-backup-part");
        write(&part, old.bytes(), old.facts, path)?;
        at(Step::BackupWritten)?;
        std::fs::rename(&part, &backup).map_err(FileError::system("cannot write", &backup))?;
        at(Step::BackupKept)?;
    }
    let part = beside(path, ".", ".keywright-part");
    write(&part, new, old.facts, path)?;
    at(Step::SiblingWritten)?;
    // Once more: a program that knows nothing of our lock may have been here meanwhile.
    old.unchanged().inspect_err(|_changed| drop(std::fs::remove_file(&part)))?;
    std::fs::rename(&part, path).map_err(FileError::system("cannot replace", path))?;
    at(Step::Renamed)?;
    held.sync_all().map_err(FileError::system("cannot make sure of", path))?;
    let (_, now) = read_all(path)?;
    if now.as_slice() != new {
        return Err(FileError::NotAsWritten(path.to_owned()));
    }
    load(path)
}

/// Why a file cannot be replaced: its directory takes no new file from us, or it belongs to somebody else.
pub(super) fn refuses(path: &Path) -> Option<String> {
    let real = path.canonicalize().unwrap_or_else(|_absent| path.to_owned());
    let directory = real.parent().unwrap_or(Path::new("/"));
    if let Err(error) = rustix::fs::access(directory, Access::WRITE_OK | Access::EXEC_OK) {
        let error = io::Error::from(error);
        return Some(format!("{} takes no new file from this user ({error})", directory.display()));
    }
    let owner = std::fs::metadata(&real).ok()?.uid();
    let us = rustix::process::geteuid();
    (!us.is_root() && owner != us.as_raw())
        .then(|| format!("{} belongs to another user; run keywright as that user", real.display()))
}

/// The directory, locked until it is dropped.
fn lock(directory: &Path, path: &Path) -> Result<File, FileError> {
    let held = File::open(directory).map_err(FileError::system("cannot open", directory))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(FileError::Locked(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(FileError::system("cannot lock", directory)(error)),
    }
}

/// A name beside the file's own.
fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

/// An empty file for us alone. One that is there was left by a killed program, since we hold the lock.
fn open(part: &Path) -> Result<File, FileError> {
    match std::fs::remove_file(part) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(FileError::system("cannot remove", part)(error)),
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part);
    opened.map_err(FileError::system("cannot write", part))
}

/// A complete file on the disk, with the owner and mode of the one it is for.
fn write(part: &Path, bytes: &[u8], facts: Option<Facts>, path: &Path) -> Result<(), FileError> {
    let written = open(part).and_then(|file| fill(file, part, bytes, facts, path));
    written.inspect_err(|_why| drop(std::fs::remove_file(part)))
}

fn fill(
    mut file: File,
    part: &Path,
    bytes: &[u8],
    facts: Option<Facts>,
    path: &Path,
) -> Result<(), FileError> {
    let refused = |error| FileError::system("cannot write", part)(error);
    if let Some(facts) = facts {
        let ours = Facts::of(&file.metadata().map_err(refused)?);
        if (ours.user, ours.group) != (facts.user, facts.group) {
            fchown(&file, Some(facts.user), Some(facts.group))
                .map_err(|_not_allowed| FileError::Owner(path.to_owned()))?;
        }
    }
    file.write_all(bytes).map_err(refused)?;
    // The owner comes first and the mode last: changing the owner may take bits of the mode away.
    let mode = facts.map_or(0o600, |facts| facts.mode);
    file.set_permissions(Permissions::from_mode(mode)).map_err(refused)?;
    file.sync_all().map_err(refused)
}
