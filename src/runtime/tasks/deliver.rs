//! Bringing a stored secret to its targets: each is written down before and after, one after the other, none twice.
//!
//! A program that dies in between leaves the operations of the targets that are left; the next start shows them.

use std::sync::Arc;

use super::pace::Pace;
use super::{Tasks, lock};
use crate::app::effect::{DeliverPlan, Generation};
use crate::app::msg::Msg;
use crate::deliver;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::target::{Delivered, Place, Receipt, Target, TargetName};
use crate::secret::{Parts, Secret};
use crate::state::State;

impl Tasks {
    /// Uses these targets from now on.
    pub fn use_targets(&self, targets: Vec<Target>) {
        *lock(&self.0.targets) = targets;
    }

    /// Remembers which targets a credential has, in this order.
    pub fn set_targets(&self, credential: &CredentialRef, targets: &[TargetName]) -> Result<(), Failure> {
        self.state()?.set_targets(credential, targets).map_err(Failure::from)
    }

    /// A new credential gets the targets that were chosen for it, and the second one of a rotation those of the first;
    /// done twice it is done once. What is not remembered can be marked again, so it stops nothing.
    pub(super) fn carry_targets(&self, operation: &Operation, new: &CredentialRef) {
        let chosen = chosen_targets(operation);
        if !chosen.is_empty()
            && let Err(failure) = self.set_targets(new, &chosen)
        {
            tracing::warn!("targets were not remembered: {}", failure.sentence());
        }
        let Some(id) = operation.replaces.clone().filter(|old| *old != new.id) else { return };
        let old = CredentialRef { account: operation.account.clone(), owner: operation.owner.clone(), id };
        let carried = self.state().and_then(|state| state.carry_targets(&old, new).map_err(Failure::from));
        if let Err(failure) = carried {
            tracing::warn!("targets were not carried over: {}", failure.sentence());
        }
    }

    /// The targets remembered of a credential, in order.
    pub fn targets_of(&self, credential: &CredentialRef) -> Result<Vec<TargetName>, Failure> {
        let kept = self.state()?.targets(&credential.account).map_err(Failure::from)?;
        Ok(kept.into_iter().filter(|one| one.credential == *credential).map(|one| one.target).collect())
    }

    /// Brings the current secret to targets, in order. One that fails does not keep the next from its secret; what
    /// became of each is in its receipt. An error means that nothing was begun.
    pub async fn deliver(&self, plan: DeliverPlan) -> Result<Vec<Receipt>, Failure> {
        let reference = &plan.credential;
        let targets: Vec<(TargetName, Option<Target>)> =
            plan.targets.iter().map(|name| (name.clone(), self.described(name))).collect();
        let stored = self.stored(reference, Generation::Current).await?;
        let parts = stored.secret;
        let state = self.state()?;
        let mut operations: Vec<Arc<Operation>> = Vec::new();
        for (name, _) in &targets {
            let operation = self.operation(
                OperationKind::Deliver,
                &reference.account,
                &reference.owner,
                &plan.owner_name,
                &plan.name,
            );
            let operation = Arc::new(Operation {
                credential: Some(reference.id.clone()),
                target: name.as_str().to_owned(),
                vault_entry: stored.entry.clone(),
                ..operation
            });
            if let Err(failure) = self.begin(&operation, &Pace::Alone).await {
                // Those that were written down before it wait among the unfinished work.
                lock(&self.0.active).retain(|id| operations.iter().all(|operation| operation.id != *id));
                return Err(failure);
            }
            lock(&self.0.active).insert(operation.id);
            operations.push(operation);
        }
        let mut receipts = Vec::new();
        for (operation, (name, target)) in operations.iter().zip(&targets) {
            let result = match target {
                Some(target) => self.bring(&state, operation, target, &parts, stored.compared).await,
                None => Ok(Delivered::Failed("it is not in the settings any more".into())),
            };
            let receipt = result.and_then(|result| self.write_receipt(&state, operation, name, result));
            lock(&self.0.active).remove(&operation.id);
            if let Ok(receipt) = &receipt {
                self.tell(Msg::DeliveredOne(reference.clone(), receipt.clone()));
            }
            match receipt {
                Ok(receipt) => receipts.push(receipt),
                Err(failure) => {
                    let mut active = lock(&self.0.active);
                    active.retain(|id| operations.iter().all(|operation| operation.id != *id));
                    return Err(failure);
                }
            }
        }
        Ok(receipts)
    }

    /// What the settings say of a target.
    fn described(&self, name: &TargetName) -> Option<Target> {
        lock(&self.0.targets).iter().find(|target| target.name == *name).cloned()
    }

    /// Brings the secret to one target.
    async fn bring(
        &self,
        state: &State,
        operation: &Operation,
        target: &Target,
        parts: &Parts,
        compared: bool,
    ) -> Result<Delivered, Failure> {
        state.advance(operation.id, Phase::Sent, "", self.now()).map_err(Failure::from)?;
        let result = match part(parts, target.part.as_deref()) {
            Err(why) => Delivered::Failed(why.into()),
            Ok(secret) => match &target.place {
                Place::Keyring { service, username } => {
                    self.to_keyring(operation, service, username, secret).await
                }
                place @ (Place::File { .. } | Place::Command { .. }) => deliver::deliver(place, secret).await,
            },
        };
        Ok(if compared { result } else { with_doubt(result) })
    }

    /// The other credentials of this machine that have a target too. An old one whose revocation is promised does not
    /// count beside its successor.
    pub fn sharing(
        &self,
        credential: &CredentialRef,
        target: &TargetName,
    ) -> Result<Vec<CredentialRef>, Failure> {
        let state = self.state()?;
        let promises = state.promises().map_err(Failure::from)?;
        let pair = |one: &CredentialRef| {
            promises.iter().any(|promise| {
                let both = (&promise.credential, &promise.successor);
                both == (one, credential) || both == (credential, one)
            })
        };
        let accounts: Vec<_> = lock(&self.0.accounts).iter().map(|account| account.name.clone()).collect();
        let mut others = Vec::new();
        for account in accounts {
            let kept = state.targets(&account).map_err(Failure::from)?;
            let same = kept.into_iter().filter(|one| one.target == *target);
            others.extend(same.map(|one| one.credential).filter(|one| one != credential && !pair(one)));
        }
        Ok(others)
    }

    /// Writes down what became of it.
    fn write_receipt(
        &self,
        state: &State,
        operation: &Operation,
        name: &TargetName,
        result: Delivered,
    ) -> Result<Receipt, Failure> {
        let receipt = Receipt { target: name.clone(), at: self.now(), result };
        let Some(reference) = super::issue::reference(operation) else { return Ok(receipt) };
        state.note_receipt(&reference, &operation.vault_entry, &receipt).map_err(Failure::from)?;
        // What did not arrive waits among the unfinished work until it is tried again or given up.
        let phase = if receipt.result.is_done() { Phase::Done } else { Phase::Unclear };
        state
            .advance(operation.id, phase, receipt.result.note().as_str(), self.now())
            .map_err(Failure::from)?;
        self.settle_older_deliveries(state, operation)?;
        let object = format!("{} of {}", operation.credential_name, operation.owner_name);
        let line = format!("{name}: {}", receipt.result.sentence());
        self.record("deliver", &operation.account, &object, &line);
        Ok(receipt)
    }

    async fn to_keyring(
        &self,
        operation: &Operation,
        service: &str,
        username: &str,
        secret: &Secret,
    ) -> Delivered {
        let label = format!("{} of {}", operation.credential_name, operation.account);
        match self.vault().hand_over(service, username, &label, secret).await {
            Ok(()) => Delivered::ReadBack("".into()),
            Err(why) => Delivered::Failed(why.words().into()),
        }
    }

    /// What was left open of the same delivery is settled by this one.
    fn settle_older_deliveries(&self, state: &State, newest: &Operation) -> Result<(), Failure> {
        let Some(id) = &newest.credential else { return Ok(()) };
        for older in state.unfinished_of(&newest.account, id).map_err(Failure::from)? {
            let same = older.kind == OperationKind::Deliver
                && (&older.owner, &older.target) == (&newest.owner, &newest.target);
            if same
                && older.id != newest.id
                && !older.running_elsewhere
                && state.adopt(older.id).map_err(Failure::from)?
            {
                let note = "it was tried again since";
                state.advance(older.id, Phase::Settled, note, self.now()).map_err(Failure::from)?;
            }
        }
        Ok(())
    }
}

/// The targets that were chosen for a credential when it was asked for.
pub(super) fn chosen_targets(operation: &Operation) -> Vec<TargetName> {
    if operation.kind != OperationKind::Create {
        return Vec::new();
    }
    operation.target.split(' ').filter_map(|name| TargetName::parse(name).ok()).collect()
}

/// The part of a secret that goes to a target.
pub(super) fn part<'a>(parts: &'a Parts, wanted: Option<&str>) -> Result<&'a Secret, String> {
    let names = || parts.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
    let mut all = parts.iter();
    match (wanted, all.next(), all.next()) {
        (None, Some(only), None) => Ok(&only.secret),
        (None, ..) => Err(format!("the secret has several parts ({}); say which one", names())),
        (Some(wanted), ..) => {
            let found = parts.iter().find(|part| part.name == wanted).map(|part| &part.secret);
            found.ok_or_else(|| format!("the secret has no part '{wanted}', only {}", names()))
        }
    }
}

/// What is said when the server could not be asked which secret is current.
fn with_doubt(result: Delivered) -> Delivered {
    let doubt = "the server could not be asked whether this is the current secret";
    let with = |note: crate::domain::text::Text| {
        if note.is_empty() { doubt.into() } else { format!("{note}; {doubt}").into() }
    };
    match result {
        Delivered::ReadBack(note) => Delivered::ReadBack(with(note)),
        Delivered::Done(note) => Delivered::Done(with(note)),
        failed @ Delivered::Failed(_) => failed,
    }
}
