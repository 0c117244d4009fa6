//! Unfinished operations: read, and looked into, so that what is shown is what is true.

use uuid::Uuid;

use super::issue::{reference, take_over};
use super::{Tasks, lock};
use crate::domain::answer::Listing;
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew};
use crate::state::State;

/// How far a server's moment of creation may lie before the sending, by our clock.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

impl Tasks {
    /// What is unfinished, but for what this program is doing right now. A secret that reached the keyring before
    /// its program died is found by its entry's name.
    pub async fn unfinished(&self) -> Result<Vec<Operation>, Failure> {
        let state = self.state()?;
        let mut left = Vec::new();
        for mut operation in state.unfinished().map_err(Failure::from)? {
            if lock(&self.0.active).contains(&operation.id) {
                continue;
            }
            if !operation.running_elsewhere && self.find_stored(&state, &operation).await? {
                operation.phase = Phase::Stored;
            }
            left.push(operation);
        }
        Ok(left)
    }

    /// Whether the operation's secret is in the store although that was not written down; writes it down.
    async fn find_stored(&self, state: &State, operation: &Operation) -> Result<bool, Failure> {
        let secret_expected = operation.kind != OperationKind::Revoke;
        let doubtful = matches!(operation.phase, Phase::Sent | Phase::Unclear | Phase::InMemory);
        if !secret_expected || !doubtful {
            return Ok(false);
        }
        // A keyring that cannot be asked leaves the operation as it is written.
        let Ok(Some(secret)) = self.vault().read(&operation.vault_entry).await else { return Ok(false) };
        if operation.phase == Phase::InMemory {
            return Ok(true);
        }
        let known = operation.credential.clone();
        let id = known.or_else(|| self.backend(&operation.account).ok()?.belongs_to(&secret));
        let Some(id) = id else { return Ok(true) };
        if state.adopt(operation.id).map_err(Failure::from)? {
            let named = Operation { credential: Some(id.clone()), ..operation.clone() };
            state.name_credential(operation.id, &id, self.now()).map_err(Failure::from)?;
            if let Some(reference) = reference(&named) {
                self.remember(&reference, &operation.vault_entry, operation.id)?;
            }
            state.advance(operation.id, Phase::Stored, "", self.now()).map_err(Failure::from)?;
        }
        Ok(true)
    }

    /// Writes down how far an operation came.
    pub fn advance(&self, id: Uuid, phase: Phase, note: &str) -> Result<(), Failure> {
        let state = self.state()?;
        take_over(&state, id)?;
        state.advance(id, phase, note, self.now()).map_err(Failure::from)
    }

    /// Finds out from the server what became of an operation, writes it down, and says it.
    pub async fn reconcile(&self, id: Uuid) -> Result<Text, Failure> {
        let state = self.state()?;
        let found = state.operation(id).map_err(Failure::from)?;
        let operation =
            found.ok_or_else(|| Failure::new(FailureKind::State, "this operation is not written down"))?;
        take_over(&state, id)?;
        let account = &operation.account;
        let listing = self
            .with_session(account, |backend, session| async move { backend.list(&session).await })
            .await?;
        if let Some((owner, failure)) = listing.failed.iter().find(|(owner, _)| owner.id == operation.owner) {
            let detail =
                format!("the credentials of {} could not be read: {}", owner.name, failure.sentence());
            return Err(Failure { detail: Some(detail.into()), ..failure.clone() });
        }
        let finding = find(&operation, &listing, self.backend(account)?.skew());
        if let Some(credential) = &finding.credential {
            state.name_credential(id, &credential.id, self.now()).map_err(Failure::from)?;
        }
        state.advance(id, finding.phase, &finding.words, self.now()).map_err(Failure::from)?;
        self.record("check", account, &operation.credential_name, &finding.words);
        Ok(finding.words.into())
    }
}

/// What a listing tells of an operation.
struct Finding {
    phase: Phase,
    credential: Option<Credential>,
    words: String,
}

fn find(operation: &Operation, listing: &Listing, skew: Skew) -> Finding {
    let name = &operation.credential_name;
    let owner = &operation.owner_name;
    let finding = |phase, credential: Option<&Credential>, words: String| Finding {
        phase,
        credential: credential.cloned(),
        words,
    };
    let mut of_owner = listing.credentials.iter().filter(|credential| credential.owner.id == operation.owner);
    match operation.kind {
        OperationKind::Create => {
            let began = operation.began.checked_sub(SLACK).unwrap_or(operation.began);
            let made = of_owner.find(|credential| {
                let since = credential.created.is_none_or(|created| skew.our_time(created) >= began);
                credential.name.as_str() == name && since
            });
            match made {
                Some(made) => finding(
                    Phase::Unclear,
                    Some(made),
                    format!(
                        "'{name}' of {owner} exists, and its secret never arrived; revoke it and create it again"
                    ),
                ),
                None => finding(Phase::Failed, None, format!("'{name}' of {owner} was not made")),
            }
        }
        OperationKind::Rotate => match of_owner
            .find(|credential| Some(&credential.id) == operation.credential.as_ref())
        {
            Some(found) if found.rotated == operation.rotated_before => {
                finding(Phase::Failed, None, format!("'{name}' of {owner} was not rotated; nothing changed"))
            }
            Some(found) => finding(
                Phase::Unclear,
                Some(found),
                format!(
                    "'{name}' of {owner} was rotated and the new secret never arrived; what is deployed works until \
                     the window ends: rotate again before that"
                ),
            ),
            None => finding(Phase::Settled, None, format!("'{name}' of {owner} does not exist any more")),
        },
        OperationKind::Revoke => match of_owner
            .find(|credential| Some(&credential.id) == operation.credential.as_ref())
        {
            Some(_) => {
                finding(Phase::Failed, None, format!("'{name}' of {owner} still exists; it was not revoked"))
            }
            None => finding(Phase::Done, None, format!("'{name}' of {owner} is gone; it was revoked")),
        },
    }
}
