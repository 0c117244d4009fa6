//! The log file: off unless asked for, readable by its owner alone, and never large.
//!
//! Secrets cannot be formatted, so they cannot be logged by us; libraries that see them on the wire (HTTP, TLS, the
//! keyring's bus) are held at warnings whatever the filter says. Start with [`start`].

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

/// A log larger than this at the start of the program becomes the previous one.
const ROTATE_BEYOND: u64 = 1024 * 1024;

/// Libraries that may hold secrets in what they would tell at lower levels; their sub-crates share the prefix.
const HELD: [&str; 6] = ["hyper", "h2", "rustls", "reqwest", "zbus", "keyring"];

/// Why nothing is logged.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("\"{0}\" is not a log level; use error, warn, info, debug or trace")]
    Filter(String),
    /// The file cannot be written.
    #[error("the log {path} cannot be written: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: io::Error,
    },
    /// A second start in one process.
    #[error("the log was started already")]
    Started,
}

/// Logs to `path` from now on. `filter` is a level, or `tracing`'s directives: `info`, `keywright::backend=debug`.
pub fn start(path: &Path, filter: &str) -> Result<(), LogError> {
    logger(path, filter)?.try_init().map_err(|_started| LogError::Started)
}

fn logger(path: &Path, filter: &str) -> Result<impl SubscriberInitExt + Send + Sync + use<>, LogError> {
    let filter: Targets = filter.parse().map_err(|_unclear| LogError::Filter(filter.to_owned()))?;
    let file = open(path).map_err(|reason| LogError::File { path: path.to_owned(), reason })?;
    let lines = fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .with_filter(filter.and(filter_fn(is_let_through)));
    Ok(Registry::default().with(lines))
}

fn is_let_through(metadata: &Metadata<'_>) -> bool {
    let held = HELD.iter().any(|name| metadata.target().starts_with(name));
    !held || *metadata.level() <= Level::WARN
}

/// Opens the log for appending, after making it the previous one if it is large. Mode 0600, also when it was
/// another before.
fn open(path: &Path) -> io::Result<File> {
    // At the very first start there is no directory yet.
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.recursive(true).create(path.parent().unwrap_or(Path::new(".")))?;
    if fs::metadata(path).is_ok_and(|found| found.len() > ROTATE_BEYOND) {
        let mut previous = path.as_os_str().to_owned();
        previous.push(".1");
        fs::rename(path, previous)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(filter: &str, speak: impl FnOnce()) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keywright.log");
        {
            let _logging = logger(&path, filter).expect("a logger").set_default();
            speak();
        }
        fs::read_to_string(path).expect("a log")
    }

    #[test]
    fn the_first_log_makes_its_directory() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("state/keywright/keywright.log");
        drop(open(&path).expect("opened"));
        assert!(path.exists());
    }

    #[test]
    fn the_filter_decides_but_libraries_that_see_secrets_are_held() {
        let log = logged("trace", || {
            tracing::debug!("ours");
            tracing::debug!(target: "hyper_util::client", "canary");
            tracing::info!(target: "h2", "canary");
            tracing::trace!(target: "zbus_secret_service_keyring_store", "canary");
            tracing::info!(target: "keyring_core", "canary");
            tracing::warn!(target: "rustls::conn", "certificate");
        });
        assert!(log.contains("ours") && log.contains("certificate"), "{log}");
        assert!(!log.contains("canary"), "{log}");
        assert!(!log.contains('\u{1b}'), "no colours in a file");

        let log = logged("warn,hyper=trace", || {
            tracing::info!("too quiet");
            tracing::debug!(target: "hyper", "canary");
        });
        assert_eq!(log, "");
    }

    #[test]
    fn a_filter_that_is_none_is_named() {
        let error = logger(Path::new("unused"), "lou=d=er").err().expect("refused");
        assert_eq!(
            error.to_string(),
            "\"lou=d=er\" is not a log level; use error, warn, info, debug or trace"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone_and_rotates() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keywright.log");
        let mode = || fs::metadata(&path).expect("a log").permissions().mode() & 0o777;

        File::create(&path).expect("a file").set_len(ROTATE_BEYOND).expect("large");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("open to all");
        drop(open(&path).expect("a log"));
        assert_eq!((mode(), fs::metadata(&path).expect("a log").len()), (0o600, ROTATE_BEYOND));

        OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|f| f.set_len(ROTATE_BEYOND + 1))
            .expect("larger");
        drop(open(&path).expect("a log"));
        assert_eq!((mode(), fs::metadata(&path).expect("a log").len()), (0o600, 0));
        let previous = fs::metadata(folder.path().join("keywright.log.1")).expect("the previous one");
        assert_eq!((previous.permissions().mode() & 0o777, previous.len()), (0o600, ROTATE_BEYOND + 1));
    }
}
