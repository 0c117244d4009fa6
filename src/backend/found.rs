//! What the backends' own tools left on this machine: variables and files with logins and credentials in them. They are
//! only read. Finding is the backend's, looking is handed in: a backend sees no environment of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::account::Endpoint;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

/// The longest file that is read.
pub const LONGEST_FILE: usize = 1 << 20;

/// Reads a file: its text and, on Unix, its permission bits. `None` when there is none or it cannot be read.
pub type ReadFile = dyn Fn(&Path) -> Option<FoundFile> + Send + Sync;

/// The names in a folder; none when there is none or it cannot be read.
pub type ListFolder = dyn Fn(&Path) -> Vec<String> + Send + Sync;

/// A file of another tool.
pub struct FoundFile {
    /// What is in it; up to [`LONGEST_FILE`] bytes.
    pub text: Secret,
    /// Whether others than its owner may read it.
    pub loose: bool,
}

/// What there is to look at. Values of variables may be secrets.
pub struct Surroundings<'a> {
    /// The environment.
    pub variables: BTreeMap<String, Secret>,
    /// The user's home.
    pub home: PathBuf,
    /// Reads a file.
    pub read: &'a ReadFile,
    /// Names what is in a folder, for tools that keep a file for each profile.
    pub names: &'a ListFolder,
}

/// A folder with nothing in it, for tests of tools that keep their files under fixed names.
#[cfg(test)]
pub fn no_names(_: &Path) -> Vec<String> {
    Vec::new()
}

impl Surroundings<'_> {
    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&Secret> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    /// A variable that is set, even to nothing.
    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }
}

/// What a found thing holds.
pub enum Holds {
    /// A credential's secret, whole.
    Credential(Parts),
    /// What one of [`crate::domain::ability::Abilities::logins`] takes, by the method's `id` and its fields' `id`s.
    Login {
        /// The method.
        method: &'static str,
        /// The plain fields.
        fields: Vec<(&'static str, String)>,
        /// The secret fields.
        secrets: Vec<(&'static str, Secret)>,
    },
    /// Only where a server is and who logs in there.
    Account,
}

/// One thing that was found.
pub struct Found {
    /// What it is, in words: `PAT of ada`.
    pub what: Text,
    /// Where it is from, and what wins over it: `$ZPOOLPAT, which wins over the file`.
    pub source: Text,
    /// What should be known about it, in sentences.
    pub warnings: Vec<Text>,
    /// The server it is for, where that is told.
    pub endpoint: Option<Endpoint>,
    /// The login name, where it is told.
    pub login: Option<String>,
    /// A file that others may read and that should be tightened.
    pub loose_file: Option<PathBuf>,
    /// What is in it.
    pub holds: Holds,
}
