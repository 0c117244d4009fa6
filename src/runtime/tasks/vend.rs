//! Secrets for storage: asked for, stored before they are shown, held here until they end or are let go.
//!
//! They are nobody's one-time secret, since the server gives them out again; so what a program that died may have left in
//! the store is simply taken out of it.

use super::pace::Pace;
use super::{Tasks, lock};
use crate::app::effect::{Keeping, VendPlan};
use crate::app::msg::IssueOutcome;
use crate::domain::account::AccountName;
use crate::domain::answer::{Happened, Issued};
use crate::domain::credential::{CredentialRef, Expiry};
use crate::domain::failure::Failure;
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::time::Timestamp;
use crate::domain::vending::{self, Held, OWNER_NAME, Place};
use crate::state::StoredEntry;

impl Tasks {
    /// What secrets for storage can be had for.
    pub async fn places(&self, name: &AccountName) -> Result<Vec<Place>, Failure> {
        self.with_session(name, |backend, session| async move { backend.places(&session).await }).await
    }

    /// What the server's own history has about a credential.
    pub async fn history(&self, reference: &CredentialRef) -> Result<Vec<Happened>, Failure> {
        self.with_session(&reference.account, |backend, session| {
            let reference = reference.clone();
            async move { backend.history(&session, &reference).await }
        })
        .await
    }

    /// Asks for a secret for a place.
    pub async fn vend(&self, plan: VendPlan) -> IssueOutcome {
        let reference = vending::reference(&plan.account, &plan.place);
        let operation =
            self.operation(OperationKind::Vend, &plan.account, &reference.owner, OWNER_NAME, &plan.place);
        let noun = self.backend(&plan.account).ok().and_then(|backend| backend.abilities().vending.as_ref());
        let noun = noun.map(|vending| vending.noun.to_owned()).unwrap_or_default();
        self.issue(Operation { credential: Some(reference.id), noun, ..operation }, &Pace::Alone).await
    }

    /// When what came is to be taken out of the store again, on our clock.
    pub(super) fn ends(&self, operation: &Operation, issued: &Issued) -> Option<Timestamp> {
        match issued.credential.expires {
            Expiry::At(end) if operation.kind == OperationKind::Vend => {
                let skew = self.backend(&operation.account).map(|backend| backend.skew()).unwrap_or_default();
                Some(skew.our_time(end))
            }
            Expiry::At(_) | Expiry::Never => None,
        }
    }

    /// Every secret for storage that is held here. Those that have ended are taken out of the store first.
    pub(super) async fn held(&self) -> Result<Vec<Held>, Failure> {
        let now = self.now();
        let mut held: Vec<Held> = Vec::new();
        for one in self.vended().await? {
            if one.ends.is_some_and(|end| end <= now) {
                // One that cannot be taken out now has ended all the same; the next look tries again.
                match self.take_out(&one.entry).await {
                    Ok(()) => self.settle_vended(&one, "it has ended, and was taken out of the store"),
                    Err(failure) => tracing::warn!("an ended secret stays: {}", failure.sentence()),
                }
            } else if held.iter().all(|known| known.credential != one.credential) {
                held.push(Held { credential: one.credential, stored: one.stored, ends: one.ends });
            }
        }
        Ok(held)
    }

    /// Takes a secret for storage out of the store before its end. On the server nothing changes.
    pub async fn forget_vended(&self, reference: &CredentialRef) -> Result<(), Failure> {
        let entries = self.vended().await?;
        for one in entries.iter().filter(|one| one.credential == *reference) {
            self.take_out(&one.entry).await?;
            self.settle_vended(one, "it was taken out of the store");
            self.record("vend", &reference.account, reference.id.as_str(), "taken out of the store");
        }
        Ok(())
    }

    /// The entries of secrets for storage, the newest first.
    async fn vended(&self) -> Result<Vec<StoredEntry>, Failure> {
        if self.keeping() == Keeping::Memory {
            let held = lock(&self.0.held);
            let vended = held.iter().filter(|(credential, _)| vending::is_vended(credential));
            let mut found: Vec<_> = vended.flat_map(|(_, entries)| entries.iter().rev()).cloned().collect();
            found.sort_by_key(|one| std::cmp::Reverse(one.stored));
            return Ok(found);
        }
        let mut found = self.state()?.vended().map_err(Failure::from)?;
        if self.keeping() == Keeping::Kernel {
            // A reboot empties the kernel's keyring without a word.
            let vault = self.vault();
            let mut there = Vec::new();
            for one in found {
                if matches!(vault.read(&one.entry).await, Ok(Some(_))) {
                    there.push(one);
                }
            }
            found = there;
        }
        Ok(found)
    }

    /// The operation that brought it has nothing left to do. It is mostly finished already.
    fn settle_vended(&self, one: &StoredEntry, note: &str) {
        if lock(&self.0.active).contains(&one.operation) {
            return;
        }
        let settled = self.state().and_then(|state| {
            if state.adopt(one.operation).map_err(Failure::from)? {
                state.advance(one.operation, Phase::Settled, note, self.now()).map_err(Failure::from)?;
            }
            Ok(())
        });
        if let Err(failure) = settled {
            tracing::warn!("an operation could not be settled: {}", failure.sentence());
        }
    }

    /// How far an interrupted one came. What may have reached the store unnoticed is taken out again: nothing tells when
    /// it ends, and it can be had anew.
    pub(super) async fn look_into_vend(&self, operation: &Operation) -> Phase {
        match operation.phase {
            Phase::Planned | Phase::Sent | Phase::Unclear => {
                self.forget(&operation.vault_entry).await;
                operation.phase
            }
            Phase::Stored => match self.vault().read(&operation.vault_entry).await {
                Ok(None) => Phase::InMemory,
                Ok(Some(_)) | Err(_) => Phase::Stored,
            },
            phase @ (Phase::InMemory
            | Phase::Shown
            | Phase::Done
            | Phase::Failed
            | Phase::Settled
            | Phase::Lost) => phase,
        }
    }
}
