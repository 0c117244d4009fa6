//! What other tools left on this machine, as the screen knows it: without its secrets, which stay with the runtime and
//! are meant by [`FoundAt`].

use std::path::PathBuf;

use super::effect::RequestId;
use crate::domain::account::{Account, Endpoint};
use crate::domain::text::Text;

/// Which found thing is meant: the look that found it, and its position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundAt {
    /// The request that looked.
    pub look: RequestId,
    /// The position among everything that was found.
    pub index: usize,
}

/// What a found thing is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A credential's secret.
    Credential,
    /// It logs in.
    Login,
    /// It only tells a server, or a name.
    Account,
}

/// One found thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundView {
    /// Which one.
    pub at: FoundAt,
    /// The backend whose tools left it, by its word in the settings.
    pub backend: &'static str,
    /// What it is good for.
    pub kind: FoundKind,
    /// What it is.
    pub what: Text,
    /// Where it is from, and what wins over it.
    pub source: Text,
    /// What should be known about it, in sentences.
    pub warnings: Vec<Text>,
    /// The server it is for, where that is told.
    pub endpoint: Option<Endpoint>,
    /// The login name, where it is told.
    pub login: Option<String>,
}

impl FoundView {
    /// Why it is not for an account of its backend, in a sentence.
    pub fn refusal(&self, account: &Account) -> Option<String> {
        let endpoint = self.endpoint.as_ref().filter(|endpoint| **endpoint != account.endpoint)?;
        let (theirs, ours) = (endpoint.as_str(), account.endpoint.as_str());
        Some(format!("it is for {theirs}, and this account is for {ours}; it is sent nowhere else"))
    }
}

/// A file of another tool that others than its owner can read, and that can be tightened from here: it is the
/// operator's own, and no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseFile {
    /// The backend whose tool it is of, by its word in the settings.
    pub backend: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl LooseFile {
    /// Its mode as it is: `0644`.
    pub fn now(&self) -> String {
        format!("{:04o}", self.mode)
    }

    /// What only its owner may do stays.
    pub fn tight(&self) -> u32 {
        self.mode & 0o700
    }

    /// Its mode as it would be: `0600`.
    pub fn then(&self) -> String {
        format!("{:04o}", self.tight())
    }
}

/// What looking around came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// What was found, what the tools would use first coming first.
    pub found: Vec<FoundView>,
    /// What is there and could not be read: the backend and a sentence.
    pub unread: Vec<(&'static str, Text)>,
    /// Files that others can read, each once.
    pub loose: Vec<LooseFile>,
}

impl Around {
    /// What is of one backend.
    #[must_use]
    pub fn of(self, backend: &str) -> Self {
        let found = self.found.into_iter().filter(|one| one.backend == backend).collect();
        let unread = self.unread.into_iter().filter(|(of, _)| *of == backend).collect();
        let loose = self.loose.into_iter().filter(|one| one.backend == backend).collect();
        Self { found, unread, loose }
    }
}
