//! Rotations that make a second credential, after the new secret came: what it may do is compared, the old credential's
//! revocation is promised, and promises are kept when they are due.
//!
//! The old credential is touched only when the new one is stored and was accepted, and still exists when the time has
//! come. A revocation that may have happened is never sent again before it was looked whether it did.

use uuid::Uuid;

use super::{Tasks, lock};
use crate::app::effect::RevokePlan;
use crate::app::msg::{Left, Proof};
use crate::domain::ability::RotationForm;
use crate::domain::account::AccountName;
use crate::domain::answer::Again;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::promise::{AGAIN, Attempt, AttemptOutcome, Duty, FORGOTTEN, Promise, PromiseState, pause};
use crate::domain::request::Edit;
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew, Timestamp};
use crate::runtime::timer;

/// How long another program is given to keep a promise before it is looked again.
const ELSEWHERE: SignedDuration = SignedDuration::from_secs(30);

/// Why a promise is not kept, and whether that is for good.
enum NotKept {
    ForGood(String),
    For(Failure),
}

/// What came of doing what was due.
enum Done {
    /// It is all done, and how that is known.
    Whole(String),
    /// Its time has not come by the server's clock; it comes then by ours.
    Later(Timestamp, Skew),
    /// One step is, and this comes next.
    Step { how: String, next: Duty, due: Timestamp, then: Option<Timestamp> },
}

impl From<Failure> for NotKept {
    fn from(failure: Failure) -> Self {
        Self::For(failure)
    }
}

impl Tasks {
    /// What is left to be done: unfinished operations, and revocations that are due some day.
    pub async fn left(&self) -> Result<Left, Failure> {
        // What has ended goes first, so that its operation is not told as unfinished.
        let held = self.held().await?;
        let operations = self.unfinished().await?;
        let mut promises = self.state()?.promises().map_err(Failure::from)?;
        for promise in &mut promises {
            if promise.running_elsewhere {
                let later = self.now().checked_add(ELSEWHERE).unwrap_or(promise.next_try);
                promise.next_try = promise.next_try.max(later);
            }
        }
        let (given_up, watched) = (self.given_up()?, timer::is_watched(&self.0.paths));
        Ok(Left { operations, promises, given_up, held, watched })
    }

    /// Promises that will not be kept by themselves any more.
    pub fn given_up(&self) -> Result<Vec<Promise>, Failure> {
        self.state()?.given_up().map_err(Failure::from)
    }

    /// What is promised about a credential.
    pub fn promised(&self, credential: &CredentialRef) -> Result<Option<Promise>, Failure> {
        let promises = self.state()?.promises().map_err(Failure::from)?;
        Ok(promises.into_iter().find(|promise| promise.credential == *credential))
    }

    /// Whether a rotation of such a credential makes a second one.
    pub fn makes_second(&self, account: &AccountName, kind: &str) -> bool {
        let backend = self.backend(account);
        backend.is_ok_and(|backend| {
            matches!(backend.abilities().kind(kind).rotation, RotationForm::TwoCredentials { .. })
        })
    }

    /// What another program that is alive is doing with a credential right now, if anything.
    pub async fn busy_elsewhere(&self, reference: &CredentialRef) -> Result<Option<&'static str>, Failure> {
        let of = Some(&reference.id);
        let operations = self.unfinished().await?;
        let busy = operations.iter().find(|one| {
            let same = one.account == reference.account
                && (one.credential.as_ref() == of || one.replaces.as_ref() == of);
            let sent = matches!(one.phase, Phase::Planned | Phase::Sent);
            let ends = matches!(one.kind, OperationKind::Rotate | OperationKind::Revoke);
            same && one.running_elsewhere && sent && ends
        });
        let promises = self.state()?.promises().map_err(Failure::from)?;
        let kept = promises.iter().any(|one| one.running_elsewhere && one.credential == *reference);
        Ok(busy.map(|one| one.kind.word()).or(kept.then_some("revoke")))
    }

    /// Leaves word that `keywright due` was run, for the screen's hint that something should run it.
    pub fn note_due_run(&self) {
        timer::note_run(&self.0.paths);
    }

    /// The new one of two credentials was accepted. When it may do what was asked for, the rotation is done and the end
    /// of the old one is promised; otherwise the rotation stays open and the note says why.
    pub(super) async fn accepted_second(
        &self,
        operation: &Operation,
        new: &CredentialRef,
        (scopes, untold): (&Granted, &[Text]),
    ) -> Result<(), Failure> {
        self.carry_targets(operation, new);
        let state = self.state()?;
        let old = CredentialRef {
            account: operation.account.clone(),
            owner: operation.owner.clone(),
            id: operation.replaces.clone().unwrap_or_else(|| new.id.clone()),
        };
        let known = match self.read(&old).await {
            Ok((known, _)) => Some(known),
            Err(failure) if failure.kind == FailureKind::NotFound => None,
            Err(failure) => return Err(failure),
        };
        // A secret that is only taken or not tells nothing of its scopes; then the listing does.
        let listed = if *scopes == Granted::AsOwner { Some(self.read(new).await?.0.scopes) } else { None };
        let granted = listed.as_ref().unwrap_or(scopes);
        let wanted = asked(operation, known.as_ref());
        let wanted = wanted.map(|wanted| self.spelled(&old.account, &operation.noun, &wanted));
        if let Some(differs) = wanted.and_then(|wanted| granted.against(&wanted, untold).words()) {
            let then = match known {
                Some(_) => "the old one is not revoked by itself",
                None => "the old one does not exist any more",
            };
            let note = format!("accepted, but {differs}; {then}");
            let phase = state.operation(operation.id).map_err(Failure::from)?.map(|now| now.phase);
            return state
                .advance(operation.id, phase.unwrap_or(Phase::Shown), &note, self.now())
                .map_err(Failure::from);
        }
        let Some(known) = known else {
            state.follow_on(&old, new).map_err(Failure::from)?;
            let note = "the old one does not exist any more";
            return state.advance(operation.id, Phase::Done, note, self.now()).map_err(Failure::from);
        };
        if self.entries(new).await?.is_empty() {
            let note = "accepted, but not stored here; the old one is not revoked by itself";
            return state.advance(operation.id, Phase::Done, note, self.now()).map_err(Failure::from);
        }
        let now = self.now();
        let due = Retention::minutes(operation.retain_minutes.unwrap_or(0)).end(now);
        let grace = match self.backend(&operation.account)?.abilities().kind(known.kind).rotation {
            RotationForm::TwoCredentials { grace, .. } => grace,
            RotationForm::ServerWindow { .. } | RotationForm::CutOver { .. } => None,
        };
        let promise = Promise {
            id: Uuid::new_v4(),
            credential: old,
            name: known.name.as_str().to_owned(),
            owner_name: known.owner.name.as_str().to_owned(),
            noun: known.kind.to_owned(),
            successor: new.clone(),
            operation: operation.id,
            made: now,
            duty: if grace.is_some() { Duty::SwitchOff } else { Duty::Revoke },
            due,
            skew: Some(self.backend(&operation.account)?.skew()),
            then: grace.and_then(|grace| due.checked_add(grace).ok()),
            uses_then: known.particulars.uses,
            our_uses: 0,
            state: PromiseState::Waiting,
            tries: 0,
            next_try: now,
            note: String::new(),
            running_elsewhere: false,
        };
        state.finish_with_promise(&promise, now).map_err(Failure::from)?;
        let object = format!("{} of {}", promise.name, promise.owner_name);
        let result = match promise.then {
            Some(then) => format!(
                "the new one was accepted; the old one is to be switched off at {:.0}, and revoked at {then:.0}",
                promise.due
            ),
            None => format!("the new one was accepted; the old one is to be revoked at {:.0}", promise.due),
        };
        self.record("promise", &operation.account, &object, &result);
        Ok(())
    }

    /// Keeps one promise, unless somebody else is at it.
    pub async fn keep_promise(&self, id: Uuid) -> Result<Attempt, Failure> {
        let state = self.state()?;
        let Some(promise) = self.claim(id)? else {
            let known = state.promise(id).map_err(Failure::from)?;
            let promise =
                known.ok_or_else(|| Failure::new(FailureKind::State, "this promise is not written down"))?;
            let words = format!("'{}' of {}: another keywright saw to it", promise.name, promise.owner_name);
            return Ok(Attempt { promise, outcome: AttemptOutcome::Elsewhere, words: words.into() });
        };
        let done = self.carry_out(&promise).await;
        lock(&self.0.active).remove(&id);
        let what = format!("'{}' of {}", promise.name, promise.owner_name);
        let (outcome, words) = match done {
            Ok(Done::Whole(how)) => {
                state.settle_promise(id, PromiseState::Kept, &how).map_err(Failure::from)?;
                (AttemptOutcome::Kept, format!("{what}: {how}"))
            }
            Ok(Done::Step { how, next, due, then }) => {
                state.follow_promise(id, next, due, then, "").map_err(Failure::from)?;
                (AttemptOutcome::Advanced, format!("{what}: {how}"))
            }
            Ok(Done::Later(due, skew)) => {
                state.date_promise(&promise, due, Some(skew)).map_err(Failure::from)?;
                let not = promise.duty.done();
                let words = format!(
                    "{what} is not {not} yet: this machine's clock was changed since that was promised, and by the \
                     server's clock its time comes at {due:.0}"
                );
                (AttemptOutcome::Advanced, words)
            }
            Err(NotKept::ForGood(why)) => {
                state.settle_promise(id, PromiseState::GivenUp, &why).map_err(Failure::from)?;
                let not = promise.duty.done();
                (AttemptOutcome::GivenUp, format!("{what} is NOT {not}, and will not be by itself: {why}"))
            }
            Err(NotKept::For(failure)) => {
                // Where only a login is missing, the login is what it waits for, not a time.
                let waits = failure.kind == FailureKind::LoggedOut;
                let tries = if waits { promise.tries } else { promise.tries.saturating_add(1) };
                let next = if waits { promise.next_try } else { self.after(pause(tries)) };
                let why = failure.sentence();
                state.postpone_promise(id, tries, next, &why).map_err(Failure::from)?;
                let not = promise.duty.done();
                (AttemptOutcome::Failed(failure.kind), format!("{what} is not {not} yet: {why}"))
            }
        };
        let object = format!("{} of {}", promise.name, promise.owner_name);
        self.record("promise", &promise.credential.account, &object, &words);
        Ok(Attempt { promise, outcome, words: words.into() })
    }

    fn after(&self, pause: SignedDuration) -> Timestamp {
        self.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    /// Makes a promise ours, also against another task of this program.
    fn claim(&self, id: Uuid) -> Result<Option<Promise>, Failure> {
        if !lock(&self.0.active).insert(id) {
            return Ok(None);
        }
        let claimed = self.state().and_then(|state| state.claim_promise(id).map_err(Failure::from));
        if !matches!(claimed, Ok(Some(_))) {
            lock(&self.0.active).remove(&id);
        }
        claimed
    }

    /// Does what is due, if that is still right.
    async fn carry_out(&self, promise: &Promise) -> Result<Done, NotKept> {
        match promise.duty {
            Duty::Revoke => self.revoke_old(promise).await,
            Duty::SwitchOff => self.switch_off(promise).await,
            Duty::RevokeAgain => self.tell_again(promise).await,
        }
    }

    /// The server forgets that it was revoked, so it is told once more, until it has ended by itself.
    async fn tell_again(&self, promise: &Promise) -> Result<Done, NotKept> {
        let end = promise.then.unwrap_or(Timestamp::MIN);
        if end <= self.now() {
            return Ok(Done::Whole(String::from("has ended by itself; it need not be revoked any more")));
        }
        let told = self.with_session(&promise.credential.account, |backend, session| {
            let credential = promise.credential.clone();
            async move { backend.revoke_again(&session, &credential).await }
        });
        let (pause, how) = match told.await? {
            Again::Told => (AGAIN, "revoked again, as the server forgets it in a day; the next time is"),
            Again::Remembered => (
                FORGOTTEN,
                "still revoked: the server has not forgotten it, and takes no second revocation before it has; it is \
                 looked at again",
            ),
            Again::ForGood => {
                let how =
                    "the server had forgotten that it was revoked; now it is revoked in the way that lasts";
                return Ok(Done::Whole(String::from(how)));
            }
        };
        let due = self.after(pause).min(end);
        let how = format!("{how} {due:.0}");
        Ok(Done::Step { how, next: Duty::RevokeAgain, due, then: Some(end) })
    }

    /// Switches the old credential off, and dates its revocation.
    async fn switch_off(&self, promise: &Promise) -> Result<Done, NotKept> {
        let (old, skew) = match self.read(&promise.credential).await {
            Ok(found) => found,
            Err(failure) if failure.kind == FailureKind::NotFound => {
                return self.gone_already(promise).await.map(Done::Whole);
            }
            Err(failure) => return Err(failure.into()),
        };
        if let Some(later) = promise.comes_later(self.now(), skew) {
            return Ok(Done::Later(later, skew));
        }
        self.successor_is_there(promise).await?;
        if old.enabled {
            self.edit(&promise.credential, &Edit { enabled: Some(false), ..Edit::default() }).await?;
        }
        let entries = self.entries(&promise.credential).await?;
        let newest = entries.first().map(|entry| entry.entry.as_str());
        let how = match newest {
            Some(_) => match self.prove(&promise.credential, newest).await {
                Proof::Refused(_) => "switched off; presented again, it was refused",
                Proof::StillAccepted => {
                    let why = "it was switched off, but is still accepted";
                    return Err(Failure::new(FailureKind::Unexpected, why).into());
                }
                Proof::Unlisted | Proof::Unproven(_) | Proof::ForADay(_) => {
                    "switched off; that could not be checked by presenting it"
                }
            },
            None => "switched off; its secret is not stored here, so it could not be presented",
        };
        let due = promise.then.unwrap_or(promise.due).max(self.now());
        let how = format!("{how}; it is revoked for good at {due:.0}");
        Ok(Done::Step { how, next: Duty::Revoke, due, then: None })
    }

    /// The old one is touched only while the new one is there, switched on, and stored.
    async fn successor_is_there(&self, promise: &Promise) -> Result<(), NotKept> {
        match self.read(&promise.successor).await {
            Ok((new, _)) if new.enabled => {}
            Ok(_) => return Err(NotKept::ForGood(String::from("the new one is switched off"))),
            Err(failure) if failure.kind == FailureKind::NotFound => {
                return Err(NotKept::ForGood(String::from("the new one does not exist any more")));
            }
            Err(failure) => return Err(failure.into()),
        }
        if !self.holds(&promise.successor).await? {
            let why = "the new one's secret is not stored here any more; revoke the old one by hand";
            return Err(NotKept::ForGood(String::from(why)));
        }
        self.successor_is_settled(&promise.successor)?;
        Ok(())
    }

    /// A secret of the new one that was accepted tells nothing while another one may have taken its place.
    fn successor_is_settled(&self, successor: &CredentialRef) -> Result<(), Failure> {
        let state = self.state()?;
        let open = state.unfinished_of(&successor.account, &successor.id).map_err(Failure::from)?;
        let replaced = open.iter().any(|one| one.kind.makes_secret());
        if replaced || state.orphans(&successor.account).map_err(Failure::from)?.contains(&successor.id) {
            let why = "the new one was rotated since, and that is not finished: its secret may be lost; see to that first";
            return Err(Failure::new(FailureKind::State, why));
        }
        Ok(())
    }

    /// Revokes the old credential. Answers how it is known that it stopped.
    async fn revoke_old(&self, promise: &Promise) -> Result<Done, NotKept> {
        let (old, skew) = match self.read(&promise.credential).await {
            Ok(found) => found,
            Err(failure) if failure.kind == FailureKind::NotFound => {
                return self.gone_already(promise).await.map(Done::Whole);
            }
            Err(failure) => return Err(failure.into()),
        };
        if let Some(later) = promise.comes_later(self.now(), skew) {
            return Ok(Done::Later(later, skew));
        }
        self.successor_is_there(promise).await?;
        let used = promise.used_since(&old, skew).map(|used| format!("; it was still used {}", used.words()));
        let plan = RevokePlan {
            credential: promise.credential.clone(),
            owner_name: promise.owner_name.clone(),
            name: promise.name.clone(),
        };
        let how = match self.revoke(plan).await? {
            Proof::Refused(_) => String::from("revoked; presented again, it was refused"),
            Proof::Unlisted => String::from("revoked; the listing does not have it any more"),
            Proof::Unproven(why) => format!("revoked; that could not be checked ({why})"),
            Proof::ForADay(how) => format!("revoked; {how}"),
            Proof::StillAccepted => {
                let why = "it was revoked, but is still accepted";
                return Err(Failure::new(FailureKind::Unexpected, why).into());
            }
        };
        Ok(Done::Whole(how + &used.unwrap_or_default()))
    }

    /// Whether a secret of a credential can be read from the store, and not only was put there once.
    async fn holds(&self, credential: &CredentialRef) -> Result<bool, Failure> {
        for entry in self.entries(credential).await? {
            if self.vault().read(&entry.entry).await.map_err(Failure::from)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The listing does not have it any more: an earlier try of ours may have been cut off after it worked.
    async fn gone_already(&self, promise: &Promise) -> Result<String, NotKept> {
        let entries = self.entries(&promise.credential).await?;
        let newest = entries.first().map(|entry| entry.entry.as_str());
        let how = match self.prove(&promise.credential, newest).await {
            Proof::Refused(_) => "was revoked already; presented again, it was refused",
            Proof::StillAccepted => {
                let why = "it is not listed any more, but is still accepted";
                return Err(Failure::new(FailureKind::Unexpected, why).into());
            }
            Proof::Unlisted | Proof::Unproven(_) | Proof::ForADay(_) => {
                "was revoked already; the listing does not have it any more"
            }
        };
        let comes_back = self.may_come_back(&promise.credential, newest).await;
        self.settle_older(Uuid::nil(), &promise.credential, true, |_| true)?;
        self.forget_revoked(&promise.credential, entries).await?;
        match comes_back {
            Some(end) => {
                let names = (promise.name.as_str(), promise.owner_name.as_str(), promise.noun.as_str());
                let again = self.promise_again(&promise.credential, promise.operation, names, end, true)?;
                Ok(format!("{how}; {again}"))
            }
            None => Ok(String::from(how)),
        }
    }

    /// Moves the end of a promise.
    pub async fn move_promise(&self, id: Uuid, due: Timestamp) -> Result<Left, Failure> {
        let state = self.state()?;
        let known = state.promise(id).map_err(Failure::from)?;
        // What the server's clock says is known where somebody is logged in.
        let skew = match known {
            Some(known) if self.session(&known.credential.account).await.is_ok() => {
                Some(self.backend(&known.credential.account)?.skew())
            }
            Some(_) | None => None,
        };
        if !state.move_promise(id, due, skew).map_err(Failure::from)? {
            return Err(Failure::new(FailureKind::State, "it is settled already, or being kept right now"));
        }
        self.note_about(id, &format!("its end was moved to {due:.0}"))?;
        self.left().await
    }

    /// Takes a promise back: the old credential lives on.
    pub async fn withdraw_promise(&self, id: Uuid) -> Result<Left, Failure> {
        let state = self.state()?;
        if self.claim(id)?.is_none() {
            return Err(Failure::new(FailureKind::State, "it is settled already, or being kept right now"));
        }
        let settled = state.settle_promise(id, PromiseState::Withdrawn, "taken back by hand");
        lock(&self.0.active).remove(&id);
        settled.map_err(Failure::from)?;
        self.note_about(id, "taken back: the old one lives on")?;
        self.left().await
    }

    fn note_about(&self, id: Uuid, result: &str) -> Result<(), Failure> {
        if let Some(promise) = self.state()?.promise(id).map_err(Failure::from)? {
            let object = format!("{} of {}", promise.name, promise.owner_name);
            self.record("promise", &promise.credential.account, &object, result);
        }
        Ok(())
    }
}

/// What the new one was to be allowed at most: what was reviewed, whatever the old one may do by now. Where that was not
/// written down it is what was chosen, or else what the old one may do.
fn asked(operation: &Operation, old: Option<&Credential>) -> Option<Granted> {
    if operation.reviewed.is_some() {
        return operation.reviewed.clone();
    }
    if operation.scopes.is_empty() {
        return old.map(|old| old.scopes.clone());
    }
    Some(Granted::listed(&operation.scopes))
}
