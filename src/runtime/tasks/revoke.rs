//! Revoking: written down, sent once, and then looked whether it is true.

use std::time::Duration;

use uuid::Uuid;

use super::pace::Pace;
use super::{Tasks, lock};
use crate::app::effect::RevokePlan;
use crate::app::msg::Proof;
use crate::backend::unheard;
use crate::domain::answer::Verdict;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::promise::{AGAIN, Duty, Promise, PromiseState};
use crate::domain::time::Timestamp;
use crate::state::{State, StoredEntry};
use crate::vault::parts;

/// The pauses after which a revoked secret that was accepted is presented again.
const FORGETTING: [u64; 2] = [2, 5];

impl Tasks {
    /// Revokes a credential, and finds out how that is known.
    pub async fn revoke(&self, plan: RevokePlan) -> Result<Proof, Failure> {
        let reference = &plan.credential;
        self.session(&reference.account).await?;
        // Which stored secret is current is asked while the server still knows.
        let current = self.secrets_of(reference).await.ok().and_then(|(secrets, _)| secrets.current);
        let state = self.state()?;
        let operation = self.operation(
            OperationKind::Revoke,
            &reference.account,
            &reference.owner,
            &plan.owner_name,
            &plan.name,
        );
        let operation = Operation { credential: Some(reference.id.clone()), ..operation };
        self.begin(&operation, &Pace::Alone).await?;
        state.advance(operation.id, Phase::Sent, "", self.now()).map_err(Failure::from)?;
        lock(&self.0.active).insert(operation.id);
        let sent = self.send_revocation(reference, current.as_deref()).await;
        lock(&self.0.active).remove(&operation.id);
        let object = format!("{} of {}", plan.name, plan.owner_name);
        if let Err(failure) = sent {
            let phase = if failure.effected == Effected::No { Phase::Failed } else { Phase::Unclear };
            // What became of it is the news, whether or not it can be written down.
            if let Err(error) = state.advance(operation.id, phase, &failure.sentence(), self.now()) {
                tracing::warn!("an outcome could not be written down: {error}");
            }
            self.record("revoke", &reference.account, &object, &failure.sentence());
            return Err(failure);
        }
        // From here on it is done, so nothing that fails now says that it was not.
        self.settle_revoked(&state, &operation, reference, current.as_deref()).await.map_err(Failure::unknown)
    }

    /// Finds out how it is known that it stopped, and puts away what was kept of it.
    async fn settle_revoked(
        &self,
        state: &State,
        operation: &Operation,
        reference: &CredentialRef,
        current: Option<&str>,
    ) -> Result<Proof, Failure> {
        let object = format!("{} of {}", operation.credential_name, operation.owner_name);
        let entries = self.entries(reference).await?;
        let proof = self.prove(reference, current).await;
        let result = match &proof {
            Proof::Refused(why) => format!("revoked; presented and refused: {why}"),
            Proof::Unlisted => String::from("revoked; not listed any more"),
            Proof::StillAccepted => String::from("revoked, but still accepted"),
            Proof::Unproven(why) | Proof::ForADay(why) => format!("revoked; not checked: {why}"),
        };
        self.record("revoke", &reference.account, &object, &result);
        if proof == Proof::StillAccepted {
            state
                .advance(operation.id, Phase::Unclear, "it was still accepted afterwards", self.now())
                .map_err(Failure::from)?;
            return Ok(proof);
        }
        state.advance(operation.id, Phase::Done, "", self.now()).map_err(Failure::from)?;
        self.settle_older(operation.id, reference, true, |_| true)?;
        self.forget_revoked(reference, entries).await?;
        match self.backend(&reference.account)?.forgets(reference) {
            Some(end) => self.promise_again(operation, reference, end),
            None => Ok(proof),
        }
    }

    /// Sends it, once. A stored secret that can end itself does, which lasts where the server's own memory does not.
    async fn send_revocation(&self, reference: &CredentialRef, current: Option<&str>) -> Result<(), Failure> {
        if let Some(entry) = current
            && let Ok(Some(secret)) = self.vault().read(entry).await
            && self.backend(&reference.account)?.revoke_itself(&parts::unpack(secret)).await?
        {
            return Ok(());
        }
        let sent = self.with_session(&reference.account, |backend, session| {
            let reference = reference.clone();
            async move { backend.revoke(&session, &reference).await }
        });
        sent.await
    }

    /// The server will forget the revocation: it is promised to tell it again until the credential has ended.
    fn promise_again(
        &self,
        operation: &Operation,
        reference: &CredentialRef,
        end: Timestamp,
    ) -> Result<Proof, Failure> {
        let backend = self.backend(&reference.account)?;
        let (now, end) = (self.now(), backend.skew().our_time(end));
        let due = now.checked_add(AGAIN).unwrap_or(end);
        let promise = Promise {
            id: Uuid::new_v4(),
            credential: reference.clone(),
            name: operation.credential_name.clone(),
            owner_name: operation.owner_name.clone(),
            noun: operation.noun.clone(),
            successor: reference.clone(),
            operation: operation.id,
            made: now,
            duty: Duty::RevokeAgain,
            due,
            then: Some(end),
            uses_then: None,
            our_uses: 0,
            state: PromiseState::Waiting,
            tries: 0,
            next_try: due,
            note: String::new(),
            running_elsewhere: false,
        };
        self.state()?.make_promise(&promise).map_err(Failure::from)?;
        let words = format!(
            "the server forgets this after a day, so keywright tells it again every {} hours until {end:.0}",
            AGAIN.as_hours()
        );
        let object = format!("{} of {}", promise.name, promise.owner_name);
        self.record("promise", &reference.account, &object, &words);
        Ok(Proof::ForADay(words.into()))
    }

    /// Drops what was stored of a revoked credential, and settles what was promised about it.
    pub(super) async fn forget_revoked(
        &self,
        reference: &CredentialRef,
        entries: Vec<StoredEntry>,
    ) -> Result<(), Failure> {
        let state = self.state()?;
        state.revoked(reference).map_err(Failure::from)?;
        state.forget_targets(reference).map_err(Failure::from)?;
        state.forget_label(reference).map_err(Failure::from)?;
        for entry in entries {
            self.forget(&entry.entry).await;
        }
        Ok(())
    }

    /// A revoked secret is proven dead by presenting it; without it, a listing that lacks it is evidence. A gateway that
    /// answers from memory lets it through for some seconds, so one yes is not believed.
    pub(super) async fn prove(&self, reference: &CredentialRef, current: Option<&str>) -> Proof {
        if let Some(entry) = current
            && let Ok(Some(secret)) = self.vault().read(entry).await
        {
            let mut verdict = self.present(reference, entry, parts::unpack(secret.share()), &unheard).await;
            for pause in FORGETTING {
                if !matches!(verdict, Ok(Verdict::Accepted { .. })) {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(pause)).await;
                verdict = self.present(reference, entry, parts::unpack(secret.share()), &unheard).await;
            }
            return match verdict {
                Ok(Verdict::Refused { why }) => Proof::Refused(why),
                Ok(Verdict::Accepted { .. }) => Proof::StillAccepted,
                Ok(Verdict::Untold { why }) => Proof::Unproven(why),
                Err(failure) => Proof::Unproven(failure.sentence().into()),
            };
        }
        match self.read(reference).await {
            Err(failure) if failure.kind == FailureKind::NotFound => Proof::Unlisted,
            Err(failure) => Proof::Unproven(failure.sentence().into()),
            Ok(_) => Proof::Unproven("the server still lists it".into()),
        }
    }
}
