//! Which store entry holds which secret. What lies in the keyring is written down for good; what lies in memory only
//! for this run, so that the next one does not believe it has it.

use uuid::Uuid;

use super::{Tasks, lock};
use crate::app::effect::Keeping;
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::time::Timestamp;
use crate::state::StoredEntry;

impl Tasks {
    /// Notes that an entry holds the newest secret of a credential, and when the server made it, where that is known.
    pub(super) fn remember(
        &self,
        credential: &CredentialRef,
        entry: &str,
        operation: Uuid,
        made: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let now = self.now();
        if self.keeping() != Keeping::Memory {
            return self
                .state()?
                .remember_entry(credential, entry, operation, now, made)
                .map_err(Failure::from);
        }
        self.hold(credential, entry, operation, (made, None));
        Ok(())
    }

    /// The same for what memory holds, with when the secret was made and when it ends by itself.
    pub(super) fn hold(
        &self,
        credential: &CredentialRef,
        entry: &str,
        operation: Uuid,
        (made, ends): (Option<Timestamp>, Option<Timestamp>),
    ) {
        let mut held = lock(&self.0.held);
        let of_it = held.entry(credential.clone()).or_default();
        if of_it.iter().any(|one| one.entry == entry) {
            return;
        }
        of_it.push(StoredEntry {
            credential: credential.clone(),
            entry: entry.to_owned(),
            generation: u32::try_from(of_it.len() + 1).unwrap_or(u32::MAX),
            operation,
            stored: self.now(),
            made,
            ends,
        });
    }

    /// The entries of an account's credentials, each credential's newest first.
    pub(super) async fn account_entries(&self, account: &AccountName) -> Result<Vec<StoredEntry>, Failure> {
        match self.keeping() {
            Keeping::Keyring => self.state()?.stored(account).map_err(Failure::from),
            Keeping::Memory => {
                let held = lock(&self.0.held);
                let of_account = held.iter().filter(|(credential, _)| credential.account == *account);
                Ok(of_account.flat_map(|(_, entries)| entries.iter().rev()).cloned().collect())
            }
            Keeping::Kernel => {
                // A reboot empties the kernel's keyring without a word, and asking it costs microseconds.
                let mut there = self.state()?.stored(account).map_err(Failure::from)?;
                let vault = self.vault();
                let mut present = Vec::new();
                for entry in there.drain(..) {
                    if matches!(vault.read(&entry.entry).await, Ok(Some(_))) {
                        present.push(entry);
                    }
                }
                Ok(present)
            }
        }
    }

    /// The entries of a credential, the newest first.
    pub(super) async fn entries(&self, credential: &CredentialRef) -> Result<Vec<StoredEntry>, Failure> {
        match self.keeping() {
            Keeping::Keyring => self.state()?.entries(credential).map_err(Failure::from),
            Keeping::Memory => {
                let held = lock(&self.0.held);
                Ok(held
                    .get(credential)
                    .into_iter()
                    .flat_map(|entries| entries.iter().rev())
                    .cloned()
                    .collect())
            }
            Keeping::Kernel => {
                let mut entries = self.account_entries(&credential.account).await?;
                entries.retain(|one| one.credential == *credential);
                Ok(entries)
            }
        }
    }

    /// Deletes an entry from the store, and then from the records.
    pub(super) async fn take_out(&self, entry: &str) -> Result<(), Failure> {
        self.vault().delete(entry).await.map_err(Failure::from)?;
        for entries in lock(&self.0.held).values_mut() {
            entries.retain(|one| one.entry != entry);
        }
        self.state()?.forget_entry(entry).map_err(Failure::from)
    }

    /// The same where nobody waits for it.
    pub(super) async fn forget(&self, entry: &str) {
        if let Err(failure) = self.take_out(entry).await {
            tracing::warn!("an old entry stays: {}", failure.sentence());
        }
    }
}
