//! Unfinished operations: read, and looked into, so that what is shown is what is true.

use uuid::Uuid;

use super::issue::{reference, take_over};
use super::pace::Pace;
use super::present::main_part;
use super::{Tasks, lock};
use crate::app::effect::Keeping;
use crate::app::msg::{Kept, Proof};
use crate::app::pane::unfinished::settled;
use crate::backend::unheard;
use crate::domain::ability::RotationForm;
use crate::domain::answer::{Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef, counted_on};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::owner::Id;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew, Timestamp, span};
use crate::secret::Secret;
use crate::state::{State, StoredEntry};
use crate::vault::parts;

/// How far a server's moment of creation may lie before the sending, by our clock.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

impl Tasks {
    /// What is unfinished, but for what this program is doing right now. A secret that reached the keyring before
    /// its program died is found by its entry's name, and one that is gone by its absence.
    pub async fn unfinished(&self) -> Result<Vec<Operation>, Failure> {
        let state = self.state()?;
        let mut left = Vec::new();
        for mut operation in state.unfinished().map_err(Failure::from)? {
            if lock(&self.0.active).contains(&operation.id) {
                continue;
            }
            if !operation.running_elsewhere && operation.kind == OperationKind::Vend {
                operation.phase = self.look_into_vend(&operation).await;
            }
            if !operation.running_elsewhere && operation.kind.makes_secret() {
                operation.phase = self.look_into_store(&state, &operation).await?;
                // Whose secret was found there is written down by now.
                if operation.credential.is_none() {
                    let written = state.operation(operation.id).map_err(Failure::from)?;
                    operation.credential = written.and_then(|written| written.credential);
                }
            }
            if !operation.phase.is_final() {
                left.push(operation);
            }
        }
        Ok(left)
    }

    /// How far an operation came, by what the store for secrets holds. A store that cannot be asked leaves it as it
    /// is written.
    async fn look_into_store(&self, state: &State, operation: &Operation) -> Result<Phase, Failure> {
        let Ok(found) = self.vault().read(&operation.vault_entry).await else { return Ok(operation.phase) };
        match (operation.phase, found) {
            (Phase::Sent | Phase::Unclear | Phase::InMemory, Some(stored)) => {
                let id = operation.credential.clone();
                let parts = parts::unpack(stored);
                let told = || {
                    parts
                        .iter()
                        .find_map(|part| self.backend(&operation.account).ok()?.belongs_to(&part.secret))
                };
                match id.or_else(told) {
                    Some(id) => self.recovered(state, operation, &id).await,
                    None => Ok(Phase::Stored),
                }
            }
            (Phase::Stored | Phase::Shown, None) => Ok(Phase::InMemory),
            (phase, _) => Ok(phase),
        }
    }

    /// Whose secret it is, found with the server's help. It may be presented for that, which counts as a use of ours.
    pub(super) async fn identify(
        &self,
        operation: &Operation,
        secret: &Secret,
    ) -> Result<Option<Credential>, Failure> {
        let account = &operation.account;
        let skew = self.backend(account)?.skew();
        let listing = self
            .with_session(account, |backend, session| async move { backend.list(&session).await })
            .await?;
        let since = since(operation, skew);
        let before = |one: &&Credential| one.created.is_some_and(|at| at < since);
        let known: Vec<Id> = listing.credentials.iter().filter(before).map(|one| one.id.clone()).collect();
        let began = self.now();
        let found = self
            .with_session(account, |backend, session| {
                let (secret, known) = (secret.share(), known.clone());
                async move { backend.identify(&session, &secret, &known).await }
            })
            .await?;
        if let Some(found) = &found {
            let state = self.state()?;
            let check = state.begin_check(&found.reference(account), None, began).map_err(Failure::from)?;
            state.end_check(check, None, self.now()).map_err(Failure::from)?;
        }
        Ok(found)
    }

    /// A secret is stored and nobody wrote down whose it is: the server is asked.
    async fn recover_nameless(&self, state: &State, operation: &Operation) -> Result<Text, Failure> {
        let stored = self.vault().read(&operation.vault_entry).await.map_err(Failure::from)?;
        let name = &operation.credential_name;
        let missing = || Failure::new(FailureKind::NotStored, "");
        let parts = parts::unpack(stored.ok_or_else(missing)?);
        match self.identify(operation, &main_part(&parts)).await {
            Ok(Some(found)) => {
                let unclear = Operation { phase: Phase::Unclear, ..operation.clone() };
                self.recovered(state, &unclear, &found.id).await?;
                Ok(format!("the secret of '{name}' is stored; it was not shown yet").into())
            }
            Ok(None) => Ok(format!(
                "a secret for '{name}' is stored, but the server does not tell which credential it is of; copy it, or \
                 try again"
            )
            .into()),
            // Nobody takes it any more: what it was of is gone.
            Err(failure) if matches!(failure.kind, FailureKind::WrongLogin | FailureKind::NotFound) => {
                let words = format!("a secret for '{name}' is stored, and the server does not take it any more");
                state.advance(operation.id, Phase::Settled, &words, self.now()).map_err(Failure::from)?;
                self.record("check", &operation.account, name, &words);
                Ok(words.into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// A secret is in the store although that was not written down: writes it down, unless a later one replaced it.
    async fn recovered(&self, state: &State, operation: &Operation, id: &Id) -> Result<Phase, Failure> {
        let named = Operation { credential: Some(id.clone()), ..operation.clone() };
        let Some(reference) = reference(&named) else { return Ok(operation.phase) };
        if self.is_held(operation, &reference) {
            return Ok(Phase::Stored);
        }
        if !state.adopt(operation.id).map_err(Failure::from)? {
            return Ok(operation.phase);
        }
        state.name_credential(operation.id, id, self.now()).map_err(Failure::from)?;
        let entries = self.entries(&reference).await?;
        let known = entries.iter().any(|entry| entry.entry == operation.vault_entry);
        let replaced = !known && is_any_later(state, &entries, operation)?;
        let (phase, note) = match (replaced, operation.phase) {
            (true, _) => (Phase::Settled, "a later secret of the same credential is stored"),
            // Memory keeps a secret for this run only, so it is not written down as kept.
            (false, Phase::InMemory) if self.keeping() == Keeping::Memory => return Ok(Phase::Stored),
            (false, _) => (Phase::Stored, ""),
        };
        if phase == Phase::Stored {
            self.remember(&reference, &operation.vault_entry, operation.id, None)?;
        }
        state.advance(operation.id, phase, note, self.now()).map_err(Failure::from)?;
        Ok(phase)
    }

    /// Whether memory holds its secret for this run, and all that is to be written of it is written down.
    fn is_held(&self, operation: &Operation, reference: &CredentialRef) -> bool {
        let written = operation.phase == Phase::InMemory && operation.credential.is_some();
        let held = |held: &Vec<StoredEntry>| held.iter().any(|one| one.entry == operation.vault_entry);
        written && lock(&self.0.held).get(reference).is_some_and(held)
    }

    /// Writes down how far an operation came.
    pub fn advance(&self, id: Uuid, phase: Phase, note: &str) -> Result<(), Failure> {
        let state = self.state()?;
        take_over(&state, id)?;
        // What was left alone goes by what is written down, which may be more than the screen knew when the key was
        // pressed: a credential that was found meanwhile is an orphan.
        let known = if phase == Phase::Settled { state.operation(id).map_err(Failure::from)? } else { None };
        let phase = known.map_or(phase, |known| settled(&known));
        state.advance(id, phase, note, self.now()).map_err(Failure::from)
    }

    /// Finds out from the server what became of an operation, writes it down, and says it.
    pub async fn reconcile(&self, id: Uuid) -> Result<Text, Failure> {
        let state = self.state()?;
        let found = state.operation(id).map_err(Failure::from)?;
        let operation =
            found.ok_or_else(|| Failure::new(FailureKind::State, "this operation is not written down"))?;
        take_over(&state, id)?;
        if operation.kind.makes_secret() && self.look_into_store(&state, &operation).await? == Phase::Stored {
            let named = state.operation(id).map_err(Failure::from)?;
            if named.is_some_and(|named| named.credential.is_none()) {
                return self.recover_nameless(&state, &operation).await;
            }
            return Ok(format!(
                "the secret of '{}' is stored; it was not shown yet",
                operation.credential_name
            )
            .into());
        }
        if operation.kind != OperationKind::Revoke
            && let Some(words) = self.read_again(&operation).await?
        {
            return Ok(words);
        }
        let account = &operation.account;
        let listing = self
            .with_session(account, |backend, session| async move { backend.list(&session).await })
            .await?;
        if let Some((owner, failure)) = listing.failed.iter().find(|(owner, _)| owner.id == operation.owner) {
            let detail =
                format!("the credentials of {} could not be read: {}", owner.name, failure.sentence());
            return Err(Failure { detail: Some(detail.into()), ..failure.clone() });
        }
        if operation.kind == OperationKind::Revoke
            && let Some(words) = self.revoked_already(&state, &operation, &listing).await?
        {
            return Ok(words);
        }
        let held = self.claimed(&state, &operation).await?;
        let rivals = rivals(&state, &operation)?;
        let backend = self.backend(account)?;
        let kind = backend.abilities().kind(&operation.noun);
        let creates = operation.kind == OperationKind::Create;
        let replay = if creates { kind.replay.create } else { kind.replay.rotate };
        let repeats = replay.is_some_and(|span| self.now().duration_since(operation.began) < span);
        let known = Known { skew: backend.skew(), held: &held, rivals, repeats, nameless: kind.named_here };
        let mut finding = find(&operation, &listing, &known);
        let untold = kind.rotations().any(|form| matches!(form, RotationForm::CutOver { told: false, .. }));
        let in_place = operation.kind == OperationKind::Rotate && operation.replaces.is_none();
        if in_place && untold && finding.phase == Phase::Failed {
            let entries = self.account_entries(account).await?;
            finding = self.by_the_old_secret(&operation, &entries, finding).await;
        }
        let age = self.now().duration_since(operation.advanced);
        let mut at = self.now();
        if finding.phase == Phase::Failed && age < SETTLED_AFTER {
            // A server behind a proxy may still be at it: one early look does not settle it, and puts nothing off.
            at = if age.is_negative() { at } else { operation.advanced };
            finding.phase = Phase::Unclear;
            finding.words = format!("{} so far; check again in {}", finding.words, span(SETTLED_AFTER - age));
        }
        if operation.phase == Phase::InMemory && finding.phase == Phase::Unclear {
            // The secret did arrive, and went with its program: that does not become unknown again.
            finding.phase = Phase::InMemory;
        }
        if let Some(credential) = &finding.credential {
            state.name_credential(id, &credential.id, self.now()).map_err(Failure::from)?;
        }
        state.advance(id, finding.phase, &finding.words, at).map_err(Failure::from)?;
        self.record("check", account, &operation.credential_name, &finding.words);
        Ok(finding.words.into())
    }
}

impl Tasks {
    /// The credentials that an operation cannot have lost: those whose secrets are stored here, and those that another
    /// operation lost.
    async fn claimed(&self, state: &State, operation: &Operation) -> Result<Vec<Id>, Failure> {
        let entries = self.account_entries(&operation.account).await?;
        let mut claimed: Vec<Id> = entries.into_iter().map(|entry| entry.credential.id).collect();
        claimed.extend(state.orphans(&operation.account).map_err(Failure::from)?);
        for other in state.unfinished().map_err(Failure::from)? {
            if other.id != operation.id && other.account == operation.account {
                claimed.extend(other.credential);
            }
        }
        let own = operation.credential.as_ref();
        claimed.retain(|id| Some(id) != own);
        Ok(claimed)
    }

    /// A revocation whose credential is not listed any more is presented, where its secret is stored: a server that has
    /// to be restarted goes on taking it. What was stored of it is dropped once it is refused or cannot be presented.
    async fn revoked_already(
        &self,
        state: &State,
        operation: &Operation,
        listing: &Listing,
    ) -> Result<Option<Text>, Failure> {
        let Some(reference) = reference(operation) else { return Ok(None) };
        let listed = |one: &Credential| one.id == reference.id && one.owner.id == reference.owner;
        if listing.credentials.iter().any(listed) {
            return Ok(None);
        }
        let entries = self.entries(&reference).await?;
        let newest = entries.first().map(|entry| entry.entry.clone());
        let what = format!("'{}' of {}", operation.credential_name, operation.owner_name);
        let words = match self.prove(&reference, newest.as_deref()).await {
            Proof::StillAccepted => {
                let words =
                    format!("{what} is not listed any more, and is still accepted; check again later");
                state.advance(operation.id, Phase::Unclear, &words, self.now()).map_err(Failure::from)?;
                self.record("check", &reference.account, &operation.credential_name, &words);
                return Ok(Some(words.into()));
            }
            Proof::Refused(_) => {
                format!("{what} is gone; it was revoked, and presented again it was refused")
            }
            Proof::Unlisted | Proof::Unproven(_) | Proof::ForADay(_) => {
                format!("{what} is gone; it was revoked")
            }
        };
        state.advance(operation.id, Phase::Done, &words, self.now()).map_err(Failure::from)?;
        let comes_back = match self.backend(&reference.account)?.forgets(&reference) {
            Some(end) => Some(end),
            None => self.may_come_back(&reference, newest.as_deref()).await,
        };
        self.settle_older(operation.id, &reference, true, |_| true)?;
        self.forget_revoked(&reference, entries).await?;
        let words = match comes_back {
            Some(end) => {
                let names = (
                    operation.credential_name.as_str(),
                    operation.owner_name.as_str(),
                    operation.noun.as_str(),
                );
                let again = self.promise_again(&reference, operation.id, names, end, true)?;
                format!("{words}; {again}")
            }
            None => words,
        };
        self.record("check", &reference.account, &operation.credential_name, &words);
        Ok(Some(words.into()))
    }

    /// Where the backend can read a secret again that was made and never arrived, it is stored now.
    async fn read_again(&self, operation: &Operation) -> Result<Option<Text>, Failure> {
        let key = operation.idempotency_key;
        let found = self.with_session(&operation.account, |backend, session| async move {
            backend.recover(&session, key).await
        });
        let Some(issued) = found.await? else { return Ok(None) };
        let name = issued.credential.name.clone();
        let arrived = self.keep_at(operation, issued, &Pace::Alone, None).await;
        Ok(Some(match arrived.kept {
            Kept::Nowhere(why) => {
                return Err(Failure::new(
                    FailureKind::Keyring,
                    format!("the secret of '{name}' was found again: {why}"),
                ));
            }
            Kept::Keyring | Kept::Kernel | Kept::Memory => {
                Text::from(format!("the secret of '{name}' was found again, and is stored now"))
            }
        }))
    }
}

impl Tasks {
    /// A server that does not tell when it rotated: the old secret, presented, shows which one counts.
    async fn by_the_old_secret(
        &self,
        operation: &Operation,
        entries: &[StoredEntry],
        listed: Finding,
    ) -> Finding {
        let name = &operation.credential_name;
        let Some(reference) = reference(operation) else { return listed };
        let old = entries
            .iter()
            .find(|entry| entry.credential == reference && entry.entry != operation.vault_entry);
        let stored = match old {
            Some(old) => self.vault().read(&old.entry).await.ok().flatten().map(|secret| (old, secret)),
            None => None,
        };
        let verdict = match stored {
            Some((old, secret)) => {
                Some(self.present(&reference, &old.entry, parts::unpack(secret), &unheard).await)
            }
            None => None,
        };
        match verdict {
            Some(Ok(Verdict::Accepted { .. })) => listed,
            Some(Ok(Verdict::Refused { .. })) => Finding {
                phase: Phase::Unclear,
                words: format!(
                    "'{name}' was rotated, as its old secret is refused, and the new one never arrived: rotate again"
                ),
                ..listed
            },
            Some(Ok(Verdict::Untold { .. }) | Err(_)) | None => Finding {
                phase: Phase::Unclear,
                words: format!(
                    "the server does not tell whether '{name}' was rotated, and its old secret is not here to be \
                     presented: try what uses it, or rotate again"
                ),
                ..listed
            },
        }
    }
}

/// Whether the secret of one of these entries came after that of an operation. The order of the operations tells, and
/// the clock, which may have been set meanwhile, only of a secret that no operation brought.
fn is_any_later(state: &State, entries: &[StoredEntry], operation: &Operation) -> Result<bool, Failure> {
    for entry in entries {
        let by_order = state.is_later(entry.operation, operation.id).map_err(Failure::from)?;
        if by_order.unwrap_or(entry.stored > operation.began) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How long after the last sending a server may still carry it out.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(90);

/// What to do about a rotation whose secret never arrived: while the server repeats its answer, that brings it; else
/// what is deployed is the old secret, which only the window keeps alive.
fn after_rotation(minutes: Option<i64>, repeats: bool) -> &'static str {
    match (repeats, minutes) {
        (true, _) => "the server still repeats its answer: ask again to get it",
        (false, Some(..=0)) => "there was no window, so what is deployed has stopped: rotate again",
        (false, _) => "what is deployed works until the window ends: rotate again before that",
    }
}

/// What a listing tells of an operation.
struct Finding {
    phase: Phase,
    credential: Option<Credential>,
    words: String,
}

/// When an operation began, by the server's clock. How far that was from ours then is what counts, where it was known;
/// ours may have been set since. Where the two agreed they may as well not have been compared yet.
fn began(operation: &Operation, skew: Skew) -> Timestamp {
    let as_of_now = skew.server_time(operation.began);
    match operation.began_there {
        Some(there) if there != operation.began => there,
        Some(there) => there.min(as_of_now),
        None => as_of_now,
    }
}

/// From when on, by the server's clock, what an operation made can have been made.
fn since(operation: &Operation, skew: Skew) -> Timestamp {
    let began = began(operation, skew);
    began.checked_sub(SLACK).unwrap_or(began)
}

/// How far the making of a credential lies from the sending: of several of one name the nearest is the one.
fn distance(operation: &Operation, credential: &Credential, skew: Skew) -> SignedDuration {
    let made = credential.created.map(|created| created.duration_since(began(operation, skew)));
    made.map_or(SignedDuration::MAX, SignedDuration::abs)
}

/// What is known when a listing is searched for what an operation made.
struct Known<'a> {
    skew: Skew,
    /// The credentials of which it is known whose they are: none of them is the one that never arrived.
    held: &'a [Id],
    /// How many other operations may have made one that is like it.
    rivals: usize,
    /// Whether the server still gives its answer again.
    repeats: bool,
    /// Whether it keeps no names.
    nameless: bool,
}

impl Known<'_> {
    /// Which of those that may be it an operation made. More than there are operations are somebody else's as well, and
    /// then none is named: it would be offered to be revoked.
    fn which<'c>(&self, operation: &Operation, like: impl Iterator<Item = &'c Credential>) -> Which<'c> {
        let since = since(operation, self.skew);
        let made: Vec<&Credential> = like
            .filter(|one| one.kind == operation.noun)
            .filter(|one| one.created.is_none_or(|created| created >= since))
            .filter(|one| !self.held.contains(&one.id))
            .collect();
        if made.len() > self.rivals.saturating_add(1) {
            return Which::Several(made.len());
        }
        let nearest = made.into_iter().min_by_key(|one| distance(operation, one, self.skew));
        nearest.map_or(Which::None, Which::This)
    }
}

enum Which<'c> {
    None,
    This(&'c Credential),
    Several(usize),
}

/// How many other operations may have made a credential like that of this one and do not know it.
fn rivals(state: &State, operation: &Operation) -> Result<usize, Failure> {
    let open = state.unfinished().map_err(Failure::from)?;
    let like = |other: &&Operation| {
        let same = (&other.account, &other.owner, &other.noun)
            == (&operation.account, &operation.owner, &operation.noun);
        same && other.id != operation.id && other.credential.is_none() && other.kind.makes_secret()
    };
    Ok(open.iter().filter(like).count())
}

fn find(operation: &Operation, listing: &Listing, known: &Known<'_>) -> Finding {
    let name = &operation.credential_name;
    let owner = &operation.owner_name;
    let finding = |phase, credential: Option<&Credential>, words: String| Finding {
        phase,
        credential: credential.cloned(),
        words,
    };
    let several = |count: usize| {
        let words = format!(
            "{count} of '{name}' of {owner} were made about then, and which of them is the one whose secret never arrived \
             cannot be told: find out whose they are, revoke the one nobody knows, and say that this is done"
        );
        finding(Phase::Unclear, None, words)
    };
    let mut of_owner = listing.credentials.iter().filter(|credential| credential.owner.id == operation.owner);
    match operation.kind {
        OperationKind::Create => {
            let called = |one: &&Credential| known.nameless || one.name.as_str() == name;
            match known.which(operation, of_owner.filter(called)) {
                Which::This(made) => finding(
                    Phase::Unclear,
                    Some(made),
                    format!(
                        "'{name}' of {owner} exists, and its secret never arrived; {}",
                        if known.repeats {
                            "the server still repeats its answer: ask again to get it"
                        } else {
                            "revoke it and create it again"
                        }
                    ),
                ),
                Which::Several(count) => several(count),
                Which::None => finding(Phase::Failed, None, format!("'{name}' of {owner} was not made")),
            }
        }
        OperationKind::Rotate if operation.replaces.is_some() => {
            // Where names are unique the second one's counts on.
            let counted = counted_on(name);
            let called = |one: &&Credential| {
                known.nameless || one.name.as_str() == name || one.name.as_str() == counted
            };
            // The new one may have another owner where owners are made with it, so every credential is looked at.
            let others =
                listing.credentials.iter().filter(|one| Some(&one.id) != operation.replaces.as_ref());
            match known.which(operation, others.filter(called)) {
                Which::This(made) => finding(
                    Phase::Unclear,
                    Some(made),
                    format!(
                        "a second '{name}' of {owner} was made and its secret never arrived; the old one works as \
                         before: revoke the second one and rotate again"
                    ),
                ),
                Which::Several(count) => several(count),
                Which::None => finding(
                    Phase::Failed,
                    None,
                    format!("no second '{name}' of {owner} was made; nothing changed"),
                ),
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
                    "'{name}' of {owner} was rotated and the new secret never arrived; {}",
                    after_rotation(operation.retain_minutes, known.repeats)
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
        // Nothing of it is left on the server that could be looked for.
        OperationKind::Vend => finding(
            operation.phase,
            None,
            format!("the server keeps no list of these; ask for '{name}' again"),
        ),
        // A target has no server to ask; the operator delivers again or looks for themselves.
        OperationKind::Deliver => {
            finding(operation.phase, None, format!("only the target '{}' itself can tell", operation.target))
        }
    }
}

#[cfg(test)]
mod tests;
