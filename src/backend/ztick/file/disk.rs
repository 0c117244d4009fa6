//! Getting the file on and off the disk of this machine.
//!
//! [`load`] reads a whole file and remembers what it read; [`Stored::replace`] puts new bytes in its place in one step,
//! and refuses if the file is not what was read. A killed program leaves the old file or the new one. Everything here
//! blocks and is quick.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::diff::{Change, difference};
use super::findings::Finding;
use super::reading::LARGEST;
use super::trap::Trap;
use crate::domain::time::Timestamp;

/// Why the file could not be read or replaced. Until [`FileError::NotAsWritten`] nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing is there.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// A link to nothing.
    #[error("{0} is a link to a file that does not exist")]
    Dangling(PathBuf),
    /// A directory, a device, a pipe.
    #[error("{0} is not a file")]
    NotFile(PathBuf),
    /// Larger than the server loads.
    #[error("{0} is larger than 1,048,576 bytes, more than the server loads")]
    TooBig(PathBuf),
    /// There is a file where none was.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// Somebody changed it after it was read.
    #[error("{path} was changed by somebody else since it was read")]
    Changed {
        /// The file.
        path: PathBuf,
        /// What they changed, without secrets.
        changes: Vec<Change>,
    },
    /// Another editor of our kind is at it.
    #[error("another keywright is writing in the directory of {0}; try again in a moment")]
    Locked(PathBuf),
    /// Only its owner, or root, may give a new file to the same owner.
    #[error("the new file could not be given the owner of {0}; edit it as that user, or as root")]
    Owner(PathBuf),
    /// The replaced file is not what was written: another program replaced it at the same moment.
    #[error("{0} is not what was just written; another program writes it too")]
    NotAsWritten(PathBuf),
    /// Such a system has no such files.
    #[error("auth files can be written on Unix systems only")]
    Unsupported,
    /// The system refused.
    #[error("{doing} {path}: {source}")]
    System {
        /// What was attempted, such as `cannot read`.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FileError {
    pub(super) fn system(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { doing, path, source }
    }
}

/// A file as it was read.
pub struct Stored {
    /// Where it really is, links followed.
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
    modified: Option<Timestamp>,
    #[cfg(unix)]
    pub(super) facts: Option<super::replace::Facts>,
}

/// Reads a file, a link's target included.
pub fn load(path: &Path) -> Result<Stored, FileError> {
    let real = resolve(path)?;
    let (metadata, bytes) = read_all(&real)?;
    Ok(Stored {
        path: real,
        bytes,
        modified: metadata.modified().ok().and_then(|moment| Timestamp::try_from(moment).ok()),
        #[cfg(unix)]
        facts: Some(super::replace::Facts::of(&metadata)),
    })
}

/// A file that is not there yet: empty, and [`Stored::replace`] makes it with mode 0600.
pub fn absent(path: &Path) -> Result<Stored, FileError> {
    match resolve(path) {
        Ok(real) => Err(FileError::Exists(real)),
        Err(FileError::Missing(_)) => {
            let name = path.file_name().ok_or_else(|| FileError::NotFile(path.to_owned()))?;
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directory = directory.unwrap_or(Path::new("."));
            let real = directory.canonicalize().map_err(FileError::system("cannot open", directory))?;
            Ok(Stored {
                path: real.join(name),
                bytes: Zeroizing::default(),
                modified: None,
                #[cfg(unix)]
                facts: None,
            })
        }
        Err(other) => Err(other),
    }
}

impl Stored {
    /// What was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where it really is, links followed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was last written, by the clock of its machine.
    pub fn modified(&self) -> Option<Timestamp> {
        self.modified
    }

    /// What is wrong with the file itself, besides what stands in it.
    pub fn findings(&self) -> Vec<Finding> {
        #[cfg(unix)]
        let loose = self.facts.as_ref().is_some_and(super::replace::Facts::is_loose);
        #[cfg(not(unix))]
        let loose = false;
        loose.then(|| Finding::whole(Trap::LooseMode)).into_iter().collect()
    }

    /// Puts the new bytes in the file's place, keeps what was read in a backup beside it, and gives what is there now.
    #[cfg(unix)]
    pub fn replace(&self, new: &[u8]) -> Result<Self, FileError> {
        super::replace::replace(self, new, &mut |_step| Ok(()))
    }

    /// There are no owners and modes to keep here.
    #[cfg(not(unix))]
    pub fn replace(&self, _new: &[u8]) -> Result<Self, FileError> {
        Err(FileError::Unsupported)
    }

    /// Refuses if the file is not what was read.
    pub(super) fn unchanged(&self) -> Result<(), FileError> {
        #[cfg(unix)]
        let existed = self.facts.is_some();
        #[cfg(not(unix))]
        let existed = true;
        let now = match read_all(&self.path) {
            Ok((_, now)) => now,
            Err(FileError::Missing(_)) if !existed => return Ok(()),
            Err(FileError::Missing(_)) => Zeroizing::default(),
            Err(other) => return Err(other),
        };
        if existed && now == self.bytes {
            return Ok(());
        }
        Err(FileError::Changed { path: self.path.clone(), changes: difference(&self.bytes, &now) })
    }
}

/// Why a file cannot be replaced, as far as its modes and owners tell; root may everything.
pub(in super::super) fn refuses_writing(path: &Path) -> Option<String> {
    #[cfg(unix)]
    return super::replace::refuses(path);
    #[cfg(not(unix))]
    return Some(FileError::Unsupported.to_string());
}

/// The path with every link followed.
fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    path.canonicalize().map_err(|error| match () {
        () if error.kind() != ErrorKind::NotFound => FileError::system("cannot open", path)(error),
        () if path.is_symlink() => FileError::Dangling(path.to_owned()),
        () => FileError::Missing(path.to_owned()),
    })
}

/// A file's bytes, in memory reserved once, because growing would leave copies of the secrets behind.
pub(super) fn read_all(path: &Path) -> Result<(Metadata, Zeroizing<Vec<u8>>), FileError> {
    let unreadable = |error: io::Error| {
        if error.kind() == ErrorKind::NotFound {
            FileError::Missing(path.to_owned())
        } else {
            FileError::system("cannot read", path)(error)
        }
    };
    // Asked before opening: a pipe would block.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(FileError::NotFile(path.to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let too_big = || FileError::TooBig(path.to_owned());
    let length =
        usize::try_from(metadata.len()).ok().filter(|&length| length <= LARGEST).ok_or_else(too_big)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    let limit = u64::try_from(LARGEST + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > LARGEST { Err(too_big()) } else { Ok((metadata, bytes)) }
}
