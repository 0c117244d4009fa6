//! The handle everything else holds: what can be asked of the vault.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error::VaultError;
use super::line::{Asked, Line};
use super::memory::Memory;
use super::status::{KeyringState, MemoryReason, VaultStatus};
use super::store::{self, Foreign, Source, Store};
use super::{ENTRY_MAX, Keeping, SERVICE};
use crate::secret::Secret;

/// How long a call waits unless told otherwise.
const DEADLINE: Duration = Duration::from_secs(5);

/// What every marker's name starts with; [`Vault::entries`] leaves them out.
const MARKER: &str = "marker#";

/// The place secrets are kept. A clone is another handle to the same place.
///
/// Every call ends within the deadline. Dropping a call's future does not stop it: what was asked for still
/// happens. Dropping every handle ends the thread when it is free; nothing waits for it. To ask anew while a
/// keyring hangs for good, open another vault.
#[derive(Clone)]
pub struct Vault {
    place: Place,
    deadline: Duration,
}

#[derive(Clone)]
enum Place {
    Thread(Arc<Line>),
    Memory { entries: Arc<Memory>, status: Arc<watch::Sender<VaultStatus>>, locked: Option<Locked> },
}

/// Says, before each call, whether a vault in memory plays a keyring that is locked.
pub type Locked = Arc<dyn Fn() -> bool + Send + Sync>;

impl Vault {
    /// Starts the vault and returns at once; nothing is opened before the first call.
    pub fn open(keeping: Keeping) -> Self {
        match keeping {
            Keeping::Keyring => Self::on(store::system()),
            Keeping::Kernel => Self::on(store::kernel()),
            Keeping::Memory => Self::in_memory(MemoryReason::Chosen, None),
        }
    }

    /// A vault without a store, for the sandbox and for tests.
    pub fn memory() -> Self {
        Self::in_memory(MemoryReason::Sandbox, None)
    }

    /// A vault without a store that is locked whenever this says so, for tests.
    pub fn locked_when(locked: Locked) -> Self {
        Self::in_memory(MemoryReason::Sandbox, Some(locked))
    }

    /// The same vault, whose calls wait this long.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(super) fn on(source: Source) -> Self {
        Self { place: Place::Thread(Arc::new(Line::start(source))), deadline: DEADLINE }
    }

    fn in_memory(why: MemoryReason, locked: Option<Locked>) -> Self {
        let status = Arc::new(watch::Sender::new(VaultStatus::Memory { why }));
        Self { place: Place::Memory { entries: Arc::default(), status, locked }, deadline: DEADLINE }
    }

    /// Fails while a vault in memory is locked.
    fn opened(&self) -> Result<(), VaultError> {
        match &self.place {
            Place::Memory { locked: Some(locked), .. } if locked() => {
                Err(VaultError::Unusable(KeyringState::Locked))
            }
            Place::Memory { .. } | Place::Thread(_) => Ok(()),
        }
    }

    /// The status as it changes: `Waiting` while a call takes noticeably long, and the truth when it ends, even
    /// when nobody waits for it any more.
    pub fn status(&self) -> watch::Receiver<VaultStatus> {
        match &self.place {
            Place::Thread(line) => line.status(),
            Place::Memory { status, .. } => status.subscribe(),
        }
    }

    /// Finds out whether secrets can be kept: a marker is written, read and deleted.
    pub async fn check(&self) -> VaultStatus {
        let Place::Thread(line) = &self.place else {
            return match self.opened() {
                Ok(()) => self.status().borrow().clone(),
                Err(_locked) => VaultStatus::Unusable { state: KeyringState::Locked },
            };
        };
        let asked = Asked { late: VaultError::Hangs, proof: |()| true };
        let work = |store: &dyn Store| {
            let entry = format!("{MARKER}{}", Uuid::new_v4());
            let marker = Uuid::new_v4().to_string();
            put(store, &entry, "a check that the keyring works; safe to delete", &marker)?;
            store.delete(&entry)
        };
        match line.ask(self.deadline, asked, work).await {
            Ok(()) => line.usable(),
            Err(error) => VaultStatus::Unusable {
                state: error.state().unwrap_or_else(|| KeyringState::Other(error.words().into())),
            },
        }
    }

    /// Keeps a secret as a new entry and reads it back before saying so. An entry that exists is left alone:
    /// with the same secret it counts as stored, with another it is [`VaultError::Taken`].
    pub async fn store(&self, entry: &str, label: &str, secret: &Secret) -> Result<(), VaultError> {
        if entry.is_empty() || entry.len() > ENTRY_MAX {
            return Err(VaultError::Unusable(KeyringState::Other("the entry's name does not fit".into())));
        }
        self.opened()?;
        match &self.place {
            Place::Memory { entries, .. } => entries.store(entry, secret),
            Place::Thread(line) => {
                let (entry, label, secret) = (entry.to_owned(), label.to_owned(), secret.share());
                let asked = Asked { late: VaultError::Unclear, proof: |()| true };
                let work = move |store: &dyn Store| put(store, &entry, &label, secret.expose());
                line.ask(self.deadline, asked, work).await
            }
        }
    }

    /// Keeps a secret in an entry of another program, in place of what it had there, and reads it back before saying
    /// so. Memory is no place another program could read.
    pub async fn hand_over(
        &self,
        service: &str,
        username: &str,
        label: &str,
        secret: &Secret,
    ) -> Result<(), VaultError> {
        let refused = |why: &str| Err(VaultError::Unusable(KeyringState::Other(why.into())));
        if service == SERVICE {
            return refused("that service is keywright's own");
        }
        match &self.place {
            Place::Memory { .. } => {
                refused("secrets are held in memory in this run, where no other program can read them")
            }
            Place::Thread(line) => {
                let place = Foreign { service: service.to_owned(), username: username.to_owned() };
                let (label, secret) = (label.to_owned(), secret.share());
                let asked = Asked { late: VaultError::Unclear, proof: |()| true };
                let work = move |store: &dyn Store| {
                    let given = secret.expose().as_bytes();
                    store.set_for(&place, &label, given)?;
                    let kept = store.get_for(&place)?;
                    let same = kept.is_some_and(|kept| kept.as_slice() == given);
                    if same { Ok(()) } else { Err(VaultError::Changed) }
                };
                line.ask(self.deadline, asked, work).await
            }
        }
    }

    /// The secret of an entry, or nothing when there is no such entry.
    pub async fn read(&self, entry: &str) -> Result<Option<Secret>, VaultError> {
        self.opened()?;
        match &self.place {
            Place::Memory { entries, .. } => Ok(entries.read(entry)),
            Place::Thread(line) => {
                let entry = entry.to_owned();
                let asked =
                    Asked { late: VaultError::Hangs, proof: |found: &Option<Secret>| found.is_some() };
                let work = move |store: &dyn Store| store.get(&entry)?.map(text).transpose();
                line.ask(self.deadline, asked, work).await
            }
        }
    }

    /// Forgets an entry; one that is absent is fine.
    pub async fn delete(&self, entry: &str) -> Result<(), VaultError> {
        self.opened()?;
        match &self.place {
            Place::Memory { entries, .. } => {
                entries.delete(entry);
                Ok(())
            }
            Place::Thread(line) => {
                let entry = entry.to_owned();
                let asked = Asked { late: VaultError::Hangs, proof: |()| false };
                line.ask(self.deadline, asked, move |store: &dyn Store| store.delete(&entry)).await
            }
        }
    }

    /// The names of all our entries, where the store can tell; for repairs, our own records are the index.
    pub async fn entries(&self) -> Result<Vec<String>, VaultError> {
        self.opened()?;
        match &self.place {
            Place::Memory { entries, .. } => Ok(entries.names()),
            Place::Thread(line) => {
                let asked = Asked { late: VaultError::Hangs, proof: |_: &Vec<String>| false };
                let work = |store: &dyn Store| {
                    let mut names = store.names()?;
                    names.retain(|name| !name.starts_with(MARKER));
                    names.sort_unstable();
                    Ok(names)
                };
                line.ask(self.deadline, asked, work).await
            }
        }
    }
}

/// Stores and reads back. What came back wrong is removed again, so that a failed store leaves nothing behind.
fn put(store: &dyn Store, entry: &str, label: &str, secret: &str) -> Result<(), VaultError> {
    if let Some(kept) = store.get(entry)? {
        return if kept.as_slice() == secret.as_bytes() { Ok(()) } else { Err(VaultError::Taken) };
    }
    store.set(entry, label, secret.as_bytes())?;
    match store.get(entry)? {
        Some(kept) if kept.as_slice() == secret.as_bytes() => Ok(()),
        Some(_) | None => store.delete(entry).and(Err(VaultError::Changed)),
    }
}

/// Bytes from a store as a secret; the same memory, nothing is copied.
fn text(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret, VaultError> {
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(VaultError::NotText)
        }
    }
}
