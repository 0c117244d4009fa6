//! Where one-time secrets are made and kept: written down, sent once, stored, and only then told.
//!
//! At each line the question is what is left if the program dies there:
//! before `sent` nothing happened; between `sent` and `stored` the next start finds the operation, looks into the
//! keyring (the entry's name was decided before) and asks the server; after `stored` the secret is in the keyring.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::deliver::chosen_targets;
use super::pace::{Pace, Turn};
use super::present::main_part;
use super::{Tasks, lock};
use crate::app::effect::{CreatePlan, Keeping, RotatePlan};
use crate::app::msg::{Arrived, IssueOutcome, Kept, Msg};
use crate::domain::ability::RotationForm;
use crate::domain::account::AccountName;
use crate::domain::answer::{Equipped, Issued};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::owner::Id;
use crate::domain::request::{CreateRequest, Equipment, RotateRequest};
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::secret::Parts;
use crate::state::{Keep, Label, Note, State};
use crate::vault::{entry_name, parts};

/// Whether a request goes out for the first time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sending {
    First,
    Again,
}

/// How long the particulars of a rotated credential are waited for, once its secret is safe.
const PARTICULARS: Duration = Duration::from_secs(2);

/// How long a new credential may take to be given what it is to hold.
const EQUIPPING: Duration = Duration::from_secs(30);

/// What is true of one whose secret is stored, before that.
const NOT_EQUIPPED: &str = "what it may do is not given yet; verifying it goes on with that";

/// How long it is looked for whose secret came, where the answer left that out.
const NAMING: Duration = Duration::from_secs(20);

/// How many secrets of one credential stay stored: the current one and the one before it.
const STORED_SECRETS: usize = 2;

impl Tasks {
    /// Makes a credential.
    pub async fn create(&self, plan: CreatePlan) -> IssueOutcome {
        let operation = self.planned(&plan);
        self.issue(operation, &Pace::Alone).await
    }

    /// Replaces a secret.
    pub async fn rotate(&self, plan: RotatePlan) -> IssueOutcome {
        self.rotate_at(&plan, &Pace::Alone).await
    }

    /// The same, alone or as one of many.
    pub(super) async fn rotate_at(&self, plan: &RotatePlan, pace: &Pace) -> IssueOutcome {
        let reference = &plan.credential;
        let operation = self.operation(
            OperationKind::Rotate,
            &reference.account,
            &reference.owner,
            &plan.owner_name,
            &plan.name,
        );
        // Where a second credential is made, its identifier is the answer's to tell.
        let second = match self.backend(&reference.account) {
            Ok(backend) => {
                let form = backend.abilities().kind(&plan.kind).form(plan.form);
                matches!(form, RotationForm::TwoCredentials { .. })
            }
            Err(failure) => return IssueOutcome::Failed(failure),
        };
        let operation = Operation {
            credential: (!second).then(|| reference.id.clone()),
            replaces: second.then(|| reference.id.clone()),
            noun: plan.kind.clone(),
            reviewed: Some(plan.scopes.as_deref().map_or_else(|| plan.reviewed.clone(), Granted::listed)),
            scopes: plan.scopes.clone().unwrap_or_default(),
            retain_minutes: Some(plan.retention.as_minutes()),
            rotated_before: plan.rotated_before,
            ..operation
        };
        self.issue(operation, pace).await
    }

    /// Sends an interrupted create again under its idempotency key: the server answers as it did then.
    pub async fn replay(&self, id: Uuid) -> IssueOutcome {
        let begun = async {
            self.must_keep().await?;
            let state = self.state()?;
            take_over(&state, id)?;
            let found = state.operation(id).map_err(Failure::from)?;
            let missing = || Failure::new(FailureKind::State, "this operation is not written down");
            let found = found.ok_or_else(missing)?;
            self.is_remembered(&found)?;
            self.is_the_latest(&state, &found).await?;
            Ok(found)
        };
        match begun.await {
            Ok(operation) => self.send(&operation, Sending::Again, &Pace::Alone).await,
            Err(failure) => IssueOutcome::Failed(failure),
        }
    }

    /// A server that has forgotten the first sending would make another one. Its own clock tells, as ours may have been
    /// set meanwhile.
    fn is_remembered(&self, operation: &Operation) -> Result<(), Failure> {
        let Some(began) = operation.began_there else { return Ok(()) };
        let backend = self.backend(&operation.account)?;
        let replay = backend.abilities().kind(&operation.noun).replay;
        let creates = operation.kind == OperationKind::Create;
        let span = if creates { replay.create } else { replay.rotate };
        let age = backend.skew().server_time(self.now()).duration_since(began);
        if span.is_some_and(|span| age >= span) {
            let why = "by the server's own clock it may have forgotten this; check what it made instead";
            return Err(Failure::new(FailureKind::State, why));
        }
        Ok(())
    }

    /// Of two lost rotations of one credential the second one's secret counts. Where that is stored the first one's is
    /// not asked for any more: it would be taken for the new one, and stop with its window.
    async fn is_the_latest(&self, state: &State, operation: &Operation) -> Result<(), Failure> {
        let in_place = operation.kind == OperationKind::Rotate && operation.replaces.is_none();
        let Some(reference) = reference(operation).filter(|_| in_place) else { return Ok(()) };
        let Some(current) = self.secrets_of(&reference).await?.0.current else { return Ok(()) };
        let entries = self.entries(&reference).await?;
        let Some(current) = entries.into_iter().find(|entry| entry.entry == current) else { return Ok(()) };
        if state.is_later(current.operation, operation.id).map_err(Failure::from)? != Some(true) {
            return Ok(());
        }
        let why = "a later secret of the same credential is stored, and is the one that counts";
        state.advance(operation.id, Phase::Settled, why, self.now()).map_err(Failure::from)?;
        Err(Failure::new(FailureKind::Changed, why))
    }

    /// A new operation, not yet written down.
    pub(super) fn operation(
        &self,
        kind: OperationKind,
        account: &AccountName,
        owner: &Id,
        owner_name: &str,
        name: &str,
    ) -> Operation {
        let now = self.now();
        let id = ordered_id(now);
        Operation {
            id,
            kind,
            account: account.clone(),
            owner: owner.clone(),
            owner_name: owner_name.to_owned(),
            noun: String::new(),
            credential: None,
            replaces: None,
            scopes: Vec::new(),
            reviewed: None,
            expiry: None,
            credential_name: name.to_owned(),
            description: String::new(),
            retain_minutes: None,
            idempotency_key: Uuid::new_v4(),
            vault_entry: entry_name(account.as_str(), owner_name, name, id),
            target: String::new(),
            rotated_before: None,
            began_there: self.backend(account).ok().map(|backend| backend.skew().server_time(now)),
            phase: Phase::Planned,
            note: String::new(),
            began: now,
            advanced: now,
            running_elsewhere: false,
        }
    }

    /// Nothing is sent that makes a secret while no place is known to take it.
    pub(super) async fn must_keep(&self) -> Result<(), Failure> {
        let status = self.ask_vault().await;
        self.tell(Msg::VaultSeen(super::view(&status)));
        if status.is_usable() { Ok(()) } else { Err(Failure::new(FailureKind::Keyring, status.words())) }
    }

    pub(super) async fn issue(&self, mut operation: Operation, pace: &Pace) -> IssueOutcome {
        let begun = async {
            // Of many, each secret that was stored shows that the next can be.
            if matches!(pace, Pace::Alone) {
                self.must_keep().await?;
            } else {
                operation.phase = Phase::Sent;
            }
            self.session(&operation.account).await?;
            Ok(())
        };
        if let Err(failure) = begun.await {
            return IssueOutcome::Failed(failure);
        }
        let operation = Arc::new(operation);
        match self.begin(&operation, pace).await {
            Ok(()) => self.send(&operation, Sending::First, pace).await,
            Err(failure) => IssueOutcome::Failed(failure),
        }
    }

    async fn send(&self, operation: &Operation, sending: Sending, pace: &Pace) -> IssueOutcome {
        lock(&self.0.active).insert(operation.id);
        let outcome = self.send_and_keep(operation, sending, pace).await;
        lock(&self.0.active).remove(&operation.id);
        let result = match &outcome {
            IssueOutcome::Arrived(arrived) => match &arrived.kept {
                Kept::Keyring => String::from("done, stored in the keyring"),
                Kept::Kernel => String::from("done, stored in the kernel's keyring"),
                Kept::Memory => String::from("done, held in memory"),
                Kept::Nowhere(why) => format!("done, not stored: {why}"),
            },
            IssueOutcome::Failed(failure) => failure.sentence(),
        };
        let object = format!("{} of {}", operation.credential_name, operation.owner_name);
        let asked = operation.asked();
        let result = if asked.is_empty() { result } else { format!("{result}; asked for: {asked}") };
        self.record_at(pace, operation.kind.word(), &operation.account, &object, &result);
        outcome
    }

    async fn send_and_keep(&self, operation: &Operation, sending: Sending, pace: &Pace) -> IssueOutcome {
        let written = match operation.phase {
            // One of many began as sent.
            Phase::Sent => sending == Sending::First,
            // An answer that came once and was lost with its program is asked for again; it does not become unsent.
            Phase::InMemory => true,
            Phase::Planned
            | Phase::Unclear
            | Phase::Stored
            | Phase::Shown
            | Phase::Done
            | Phase::Failed
            | Phase::Settled
            | Phase::Lost => false,
        };
        if !written {
            let sent =
                Note::Advance { id: operation.id, phase: Phase::Sent, note: String::new(), at: self.now() };
            if let Err(failure) = self.set_down(pace, sent).await {
                return IssueOutcome::Failed(failure);
            }
        }
        let (mut turn, answer) = match pace.turn().await {
            Ok(turn) => (turn, self.ask(operation).await),
            Err(not_sent) => (None, Err(not_sent)),
        };
        if let Some(turn) = &mut turn {
            turn.answered();
        }
        match answer {
            Ok(issued) => IssueOutcome::Arrived(Box::new(self.keep_at(operation, issued, pace, turn).await)),
            Err(failure) => {
                // A refusal of the repetition says nothing about what became of the first sending.
                let settled = failure.effected == Effected::No && sending == Sending::First;
                let phase = match operation.phase {
                    Phase::InMemory => Phase::InMemory,
                    _ if settled => Phase::Failed,
                    Phase::Planned
                    | Phase::Sent
                    | Phase::Unclear
                    | Phase::Stored
                    | Phase::Shown
                    | Phase::Done
                    | Phase::Failed
                    | Phase::Settled
                    | Phase::Lost => Phase::Unclear,
                };
                let came =
                    Note::Advance { id: operation.id, phase, note: failure.sentence(), at: self.now() };
                if let Err(error) = self.set_down(pace, came).await {
                    tracing::warn!("an outcome could not be written down: {}", error.sentence());
                }
                IssueOutcome::Failed(failure)
            }
        }
    }

    async fn ask(&self, operation: &Operation) -> Result<Issued, Failure> {
        match operation.kind {
            OperationKind::Create => {
                self.with_session(&operation.account, |backend, session| {
                    let request = request(operation);
                    async move { backend.create(&session, &request).await }
                })
                .await
            }
            OperationKind::Vend => {
                self.with_session(&operation.account, |backend, session| {
                    let place = operation.credential_name.clone();
                    async move { backend.vend(&session, &place).await }
                })
                .await
            }
            OperationKind::Rotate | OperationKind::Revoke | OperationKind::Deliver => {
                let reference = rotated(operation)
                    .ok_or_else(|| Failure::new(FailureKind::State, "the credential is not written down"))?;
                let retention = Retention::minutes(operation.retain_minutes.unwrap_or(0));
                self.with_session(&operation.account, |backend, session| {
                    let request = RotateRequest {
                        credential: reference.clone(),
                        retention,
                        scopes: Some(operation.scopes.clone()).filter(|scopes| !scopes.is_empty()),
                        in_place: operation.replaces.is_none(),
                        idempotency_key: operation.idempotency_key,
                    };
                    async move { backend.rotate(&session, &request).await }
                })
                .await
            }
        }
    }

    /// Stores the secret first, then writes down that it is stored, then tells it. The turn of its request is over once
    /// it is stored.
    pub(super) async fn keep_at(
        &self,
        operation: &Operation,
        mut issued: Issued,
        pace: &Pace,
        turn: Option<Turn>,
    ) -> Arrived {
        let kept = self.store(operation, &issued.parts).await;
        drop(turn);
        self.name_the_nameless(operation, &mut issued).await;
        let reference = issued.credential.reference(&operation.account);
        let times = (made_at(&issued.credential), self.ends(operation, &issued));
        // The records owe it then: no later step is written before it.
        let unwritten = self.write_down(operation, &reference, &kept, times, pace).await.err();
        self.carry_label(operation, &mut issued.credential);
        let equipped = self.equip(operation, &reference).await;
        if let Some(Equipped::Lacking(what)) = &equipped {
            issued.note = Some(what.clone());
        }
        // Older secrets stay while the records lack the new one.
        let written = unwritten.is_none();
        if let Some(failure) = unwritten {
            let before = issued.note.map(|note| format!("{note}. ")).unwrap_or_default();
            let words =
                "what came could not be written down yet, which is tried again with every further step";
            issued.note = Some(format!("{before}{words}: {}", failure.sentence()).into());
        }
        let kept_secrets = match operation.kind {
            OperationKind::Rotate => Some(STORED_SECRETS),
            OperationKind::Vend => Some(1),
            OperationKind::Create | OperationKind::Revoke | OperationKind::Deliver => None,
        };
        if let Some(count) = kept_secrets.filter(|_| written && !matches!(kept, Kept::Nowhere(_))) {
            self.drop_older(&reference, count).await;
        }
        // After many the whole list is read again.
        let changed = operation.kind == OperationKind::Rotate || equipped.is_some();
        if changed
            && matches!(pace, Pace::Alone)
            && let Ok(Ok((fresh, _))) = tokio::time::timeout(PARTICULARS, self.read(&reference)).await
        {
            issued.credential = fresh;
        }
        Arrived {
            operation: operation.id,
            account: operation.account.clone(),
            rotated: operation.kind == OperationKind::Rotate,
            credential: issued.credential,
            parts: issued.parts,
            kept,
            by_hand: false,
            vended: operation.kind == OperationKind::Vend,
            note: issued.note,
            targets: chosen_targets(operation),
        }
    }

    /// Where the server keeps no name for it, the name it was given is kept here. One made in another's place takes
    /// over that one's.
    fn carry_label(&self, operation: &Operation, made: &mut Credential) {
        let named_here = self
            .backend(&operation.account)
            .is_ok_and(|backend| backend.abilities().kind(&operation.noun).named_here);
        if !named_here || made.id.as_str().is_empty() {
            return;
        }
        let Ok(state) = self.state() else { return };
        let before = operation
            .replaces
            .as_ref()
            .map(|old| state.labels(&operation.account).ok().and_then(|labels| labels.get(old).cloned()));
        let label = match before {
            Some(of_the_old_one) => of_the_old_one,
            None => Some(Label {
                name: operation.credential_name.clone(),
                description: operation.description.clone(),
            }),
        };
        let Some(label) = label else { return };
        if let Err(error) = state.set_label(&made.reference(&operation.account), &label) {
            tracing::warn!("a name could not be kept: {error}");
        }
        (made.name, made.description) = (Text::clean(&label.name), Text::clean(&label.description));
    }

    /// Gives a new credential what it is to hold, where that is not part of making it. It may be asked again.
    pub(super) async fn equip(&self, operation: &Operation, made: &CredentialRef) -> Option<Equipped> {
        let backend = self.backend(&operation.account).ok()?;
        let second = operation.kind == OperationKind::Create || operation.replaces.is_some();
        if !second || !backend.equips(&operation.noun) || made.id.as_str().is_empty() {
            return None;
        }
        let like = rotated(operation).filter(|_| operation.replaces.is_some());
        let equipment = Equipment { like, scopes: operation.scopes.clone() };
        let equipped = self.with_session(&operation.account, |backend, session| {
            let (made, equipment) = (made.clone(), equipment.clone());
            async move { backend.equip(&session, &made, &equipment).await }
        });
        let equipped = match tokio::time::timeout(EQUIPPING, equipped).await {
            Ok(equipped) => equipped,
            Err(_too_slow) => Err(Failure::new(FailureKind::Slow, "")),
        };
        let equipped = equipped.unwrap_or_else(|failure| {
            Equipped::Lacking(Text::clean(&format!(
                "the secret is good, but what it may do is not all given yet: {}; verifying it goes on with that",
                failure.sentence()
            )))
        });
        let note = match &equipped {
            Equipped::Whole => "",
            Equipped::Lacking(what) => what.as_str(),
        };
        self.note(operation.id, note);
        Some(equipped)
    }

    /// Replaces the note of an operation, wherever that stands.
    fn note(&self, operation: Uuid, note: &str) {
        let written = self.state().and_then(|state| {
            let known = state.operation(operation).map_err(Failure::from)?;
            let Some(known) = known.filter(|known| !known.phase.is_final()) else { return Ok(()) };
            state.advance(operation, known.phase, note, self.now()).map_err(Failure::from)
        });
        if let Err(failure) = written {
            tracing::warn!("a note could not be written down: {}", failure.sentence());
        }
    }

    /// Finds out whose secret came, where the answer left that out and there is another way to tell.
    async fn name_the_nameless(&self, operation: &Operation, issued: &mut Issued) {
        if !issued.credential.id.as_str().is_empty() {
            return;
        }
        if issued.parts.count() == 0 {
            return;
        }
        let secret = main_part(&issued.parts);
        let found = tokio::time::timeout(NAMING, self.identify(operation, &secret)).await;
        if let Ok(Ok(Some(found))) = found {
            issued.credential = found;
        }
    }

    pub(super) async fn store(&self, operation: &Operation, parts: &Parts) -> Kept {
        let keeping = self.keeping();
        let label =
            format!("{} of {} in {}", operation.credential_name, operation.owner_name, operation.account);
        if parts.count() == 0 {
            return Kept::Nowhere("there is nothing in it".into());
        }
        match self.vault().store(&operation.vault_entry, &label, &parts::pack(parts)).await {
            Ok(()) => match keeping {
                Keeping::Keyring => Kept::Keyring,
                Keeping::Kernel => Kept::Kernel,
                Keeping::Memory => Kept::Memory,
            },
            Err(error) => Kept::Nowhere(error.words().into()),
        }
    }

    /// Writes down whose secret came and where it is, as one.
    pub(super) async fn write_down(
        &self,
        operation: &Operation,
        reference: &CredentialRef,
        kept: &Kept,
        (made, ends): (Option<Timestamp>, Option<Timestamp>),
        pace: &Pace,
    ) -> Result<(), Failure> {
        let (id, at) = (operation.id, self.now());
        let phase =
            if matches!(kept, Kept::Keyring | Kept::Kernel) { Phase::Stored } else { Phase::InMemory };
        if reference.id.as_str().is_empty() {
            // Checked later: the secret is stored, and the server can be asked whose it is.
            let note = String::from("whose it is is not known yet");
            return self.set_down(pace, Note::Advance { id, phase, note, at }).await;
        }
        self.carry_targets(operation, reference);
        let (entry, note) = match kept {
            Kept::Keyring | Kept::Kernel => {
                let bare = operation.kind == OperationKind::Create || operation.replaces.is_some();
                let bare = bare
                    && self.backend(&operation.account).is_ok_and(|backend| backend.equips(&operation.noun));
                let note = if bare { NOT_EQUIPPED } else { "" };
                (Some(operation.vault_entry.clone()), note.to_owned())
            }
            Kept::Memory => {
                self.hold(reference, &operation.vault_entry, id, (made, ends));
                (None, String::new())
            }
            Kept::Nowhere(why) => (None, why.as_str().to_owned()),
        };
        let credential = reference.clone();
        self.set_down(pace, Note::Keep(Box::new(Keep { id, credential, entry, made, ends, phase, note, at })))
            .await
    }

    /// Deletes all but so many of the newest secrets.
    async fn drop_older(&self, reference: &CredentialRef, count: usize) {
        let Ok(entries) = self.entries(reference).await else { return };
        for old in entries.iter().skip(count) {
            self.forget(&old.entry).await;
        }
    }
}

/// An identifier of version 7 (RFC 9562): those of operations that began one after the other lie side by side in the
/// records. Nothing else goes by their order, which is the clock's.
fn ordered_id(now: Timestamp) -> Uuid {
    // The last ten of its bytes, of which six bits are always the same.
    let (mut random, drawn) = ([0; 10], Uuid::new_v4().into_bytes());
    for (to, from) in random.iter_mut().zip(drawn.into_iter().rev()) {
        *to = from;
    }
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// When the server made the current secret of a credential, on its clock.
pub(super) fn made_at(credential: &Credential) -> Option<Timestamp> {
    credential.rotated.or(credential.created)
}

/// What is asked of the backend to make what an operation is about.
pub(super) fn request(operation: &Operation) -> CreateRequest {
    CreateRequest {
        kind: operation.noun.clone(),
        owner: operation.owner.clone(),
        name: operation.credential_name.clone(),
        description: operation.description.clone(),
        scopes: operation.scopes.clone(),
        expiry: operation.expiry,
        idempotency_key: operation.idempotency_key,
    }
}

/// Takes an operation over from a program that is gone.
pub(super) fn take_over(state: &State, id: Uuid) -> Result<(), Failure> {
    if state.adopt(id).map_err(Failure::from)? {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::State, "another keywright that is running sees to this"))
    }
}

/// The credential of an operation, once it is known; after a rotation, the one that has the new secret.
pub(super) fn reference(operation: &Operation) -> Option<CredentialRef> {
    let id = operation.credential.clone()?;
    Some(CredentialRef { account: operation.account.clone(), owner: operation.owner.clone(), id })
}

/// The credential that a rotation was asked for.
fn rotated(operation: &Operation) -> Option<CredentialRef> {
    let id = operation.replaces.clone().or_else(|| operation.credential.clone())?;
    Some(CredentialRef { account: operation.account.clone(), owner: operation.owner.clone(), id })
}
