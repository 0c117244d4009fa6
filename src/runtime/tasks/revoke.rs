//! Revoking: written down, sent once, and then looked whether it is true.

use std::sync::Arc;

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
        let current = match self.secrets_of(reference).await {
            Ok((secrets, _)) => secrets.current,
            Err(failure) if failure.kind == FailureKind::NotFound => {
                self.entries(reference).await?.into_iter().next().map(|newest| newest.entry)
            }
            Err(_) => None,
        };
        let state = self.state()?;
        let operation = self.operation(
            OperationKind::Revoke,
            &reference.account,
            &reference.owner,
            &plan.owner_name,
            &plan.name,
        );
        let operation = Arc::new(Operation { credential: Some(reference.id.clone()), ..operation });
        self.begin(&operation, &Pace::Alone).await?;
        state.advance(operation.id, Phase::Sent, "", self.now()).map_err(Failure::from)?;
        lock(&self.0.active).insert(operation.id);
        let sent = self.send_revocation(reference, current.as_deref()).await;
        lock(&self.0.active).remove(&operation.id);
        let object = format!("{} of {}", plan.name, plan.owner_name);
        let before = sent.as_ref().is_err_and(|failure| failure.kind == FailureKind::NotFound)
            && self.backend(&reference.account)?.forgets(reference).is_some();
        if let Err(failure) = sent
            && !before
        {
            let phase = if failure.effected == Effected::No { Phase::Failed } else { Phase::Unclear };
            // What became of it is the news, whether or not it can be written down.
            if let Err(error) = state.advance(operation.id, phase, &failure.sentence(), self.now()) {
                tracing::warn!("an outcome could not be written down: {error}");
            }
            self.record("revoke", &reference.account, &object, &failure.sentence());
            return Err(failure);
        }
        // From here on it is done, so nothing that fails now says that it was not.
        let settled = self.settle_revoked(&state, &operation, reference, current.as_deref(), before);
        settled.await.map_err(Failure::unknown)
    }

    /// Finds out how it is known that it stopped, and puts away what was kept of it. `before` says that it was dead when
    /// we came, in a way that may not last.
    async fn settle_revoked(
        &self,
        state: &State,
        operation: &Operation,
        reference: &CredentialRef,
        current: Option<&str>,
        before: bool,
    ) -> Result<Proof, Failure> {
        let object = format!("{} of {}", operation.credential_name, operation.owner_name);
        let entries = self.entries(reference).await?;
        let proof = self.prove(reference, current).await;
        let result = match &proof {
            Proof::Refused(_) | Proof::Unlisted | Proof::Unproven(_) | Proof::ForADay(_) if before => {
                String::from("not needed: it was revoked already, and who did it is not known")
            }
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
            Some(end) => {
                let names = (
                    operation.credential_name.as_str(),
                    operation.owner_name.as_str(),
                    operation.noun.as_str(),
                );
                let words = self.promise_again(reference, operation.id, names, end, before)?;
                Ok(Proof::ForADay(words.into()))
            }
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

    /// Until when a credential that somebody else revoked may come back, where the server forgets some revocations; its
    /// stored secret tells.
    pub(super) async fn may_come_back(
        &self,
        reference: &CredentialRef,
        current: Option<&str>,
    ) -> Option<Timestamp> {
        let backend = self.backend(&reference.account).ok()?;
        let secret = self.vault().read(current?).await.ok().flatten()?;
        let tried = backend.revoke_itself(&parts::unpack(secret)).await;
        tried.err().and_then(|_dead_already| backend.forgets(reference))
    }

    /// The server will forget the revocation, or may: it is promised to tell it again until the credential has ended. Of
    /// one that was not ours it is told at once, as nobody knows for how long it is remembered.
    pub(super) fn promise_again(
        &self,
        reference: &CredentialRef,
        operation: Uuid,
        (name, owner_name, noun): (&str, &str, &str),
        end: Timestamp,
        before: bool,
    ) -> Result<String, Failure> {
        let backend = self.backend(&reference.account)?;
        let (now, end) = (self.now(), backend.skew().our_time(end));
        let due = if before { now } else { now.checked_add(AGAIN).unwrap_or(end) };
        let promise = Promise {
            id: Uuid::new_v4(),
            credential: reference.clone(),
            name: name.to_owned(),
            owner_name: owner_name.to_owned(),
            noun: noun.to_owned(),
            successor: reference.clone(),
            operation,
            made: now,
            duty: Duty::RevokeAgain,
            due,
            skew: None,
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
        let why = if before {
            "it was so already, and who did it is not known: the server may forget it after a day"
        } else {
            "the server forgets this after a day"
        };
        let words =
            format!("{why}, so keywright tells it again every {} hours until {end:.0}", AGAIN.as_hours());
        let object = format!("{} of {}", promise.name, promise.owner_name);
        self.record("promise", &reference.account, &object, &words);
        Ok(words)
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
