//! The vault without a store: secrets in this program's memory, for the sandbox and when the operator chose it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::VaultError;
use crate::secret::Secret;

/// Entries by name. The same rules as in a keyring: nothing is overwritten, deleting what is absent is fine.
#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<String, Secret>>);

impl Memory {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn store(&self, entry: &str, secret: &Secret) -> Result<(), VaultError> {
        let mut entries = self.entries();
        match entries.get(entry) {
            Some(kept) if kept.expose() != secret.expose() => Err(VaultError::Taken),
            Some(_) => Ok(()),
            None => {
                entries.insert(entry.to_owned(), secret.share());
                Ok(())
            }
        }
    }

    pub(super) fn read(&self, entry: &str) -> Option<Secret> {
        self.entries().get(entry).map(Secret::share)
    }

    pub(super) fn delete(&self, entry: &str) {
        self.entries().remove(entry);
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.entries().keys().cloned().collect()
    }
}
