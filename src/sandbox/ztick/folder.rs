//! Where the auth file and the certificates are: with the sandbox's data, or in a directory that vanishes with it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::{SandboxError, random};

/// The directory.
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// Opens the kept directory, or makes one for this run.
    pub(super) fn open(data: Option<&Path>) -> Result<Self, SandboxError> {
        let path = match data {
            Some(data) => data.join("ztick"),
            None => std::env::temp_dir().join(format!("keywright-sandbox-{}", random::hex::<8>()?)),
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(data.is_some());
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|source| SandboxError::Data { path: path.clone(), source })?;
        Ok(Self { path, temporary: data.is_none() })
    }

    /// The auth file.
    pub(super) fn tokens(&self) -> PathBuf {
        self.path.join("auth.toml")
    }

    /// The certificates to trust.
    pub(super) fn authorities(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    /// The pipe that asks for a restart when it is opened and closed, where there are such pipes.
    pub(super) fn bell(&self) -> Option<PathBuf> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{CWD, Mode, mkfifoat};
            let bell = self.path.join("restart");
            let made = mkfifoat(CWD, &bell, Mode::RUSR | Mode::WUSR);
            // One that is there is of an earlier run on the same data.
            matches!(made, Ok(()) | Err(rustix::io::Errno::EXIST)).then_some(bell)
        }
        #[cfg(not(target_os = "linux"))]
        None
    }

    /// Writes a file that only this user can read.
    pub(super) fn write(path: &Path, text: &str) -> Result<(), SandboxError> {
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|source| SandboxError::Data { path: path.to_owned(), source })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // Somebody else may have cleared the temporary directory already.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}
