//! Promised revocations as the screen keeps them: read with unfinished work, kept when their time has come and somebody
//! is logged in, behind the curtain too. No polling: the next one tells when to wake.

use super::connection;
use super::effect::{Effect, RequestId};
use super::model::{AccountState, Model, Tone};
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::promise::{Attempt, AttemptOutcome, Promise};
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Timestamp};

/// The pause after a try that could not even be written down.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// What is promised, and what is being done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promises {
    /// Every promise that waits, the next one due first.
    pub waiting: Vec<Promise>,
    /// Those that will not be kept by themselves any more, while nothing else was promised about the same credential.
    pub given_up: Vec<Promise>,
    /// The one being kept now.
    pub running: Option<RequestId>,
    /// Before this moment none is tried again.
    pub not_before: Option<Timestamp>,
    /// Whether something besides this screen calls `keywright due`.
    pub watched: bool,
}

impl Promises {
    /// What is promised about a credential.
    pub fn about(&self, credential: &CredentialRef) -> Option<&Promise> {
        self.waiting.iter().find(|promise| promise.credential == *credential)
    }

    /// What is promised because a credential takes another one's place.
    pub fn because_of(&self, successor: &CredentialRef) -> Option<&Promise> {
        self.waiting.iter().find(|promise| promise.successor == *successor)
    }

    /// When one is tried next: only where somebody is logged in, because nothing else would come of it.
    fn next(&self, accounts: &[AccountState]) -> Option<(&Promise, Timestamp)> {
        if self.running.is_some() {
            return None;
        }
        let may = |promise: &&Promise| {
            let account = accounts.iter().find(|one| *one.name() == promise.credential.account);
            account.is_some_and(|account| account.session().is_some())
        };
        let when =
            |promise: &Promise| self.not_before.map_or(promise.next_try, |at| at.max(promise.next_try));
        self.waiting.iter().filter(may).map(|promise| (promise, when(promise))).min_by_key(|(_, at)| *at)
    }
}

/// Who will revoke an old credential when its time comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// A login that is kept and lives until then: any keywright, also one that nobody looks at.
    Kept(Text),
    /// A login that lives until then, but only in this program.
    WhileOpen(Text),
    /// A login that ends before, at this moment of our clock.
    EndsBefore(Text, Timestamp),
    /// A login by the very credential that is to go.
    Itself,
    /// A login that may not revoke; why.
    MayNot(Text),
    /// Nobody is logged in.
    Nobody,
}

/// Who will revoke a credential of an account at `due`, on our clock.
pub fn keeper(account: &AccountState, credential: &CredentialRef, due: Timestamp) -> Keeper {
    let Some(facts) = account.session() else { return Keeper::Nobody };
    let ends = facts.expires.map(|end| account.skew.our_time(end)).filter(|end| !facts.renews && *end < due);
    match (&facts.may_revoke, ends) {
        (Err(why), _) => Keeper::MayNot(why.clone()),
        (Ok(()), _) if facts.credential.as_ref() == Some(&credential.id) => Keeper::Itself,
        (Ok(()), Some(end)) => Keeper::EndsBefore(facts.who.clone(), end),
        (Ok(()), None) if facts.kept => Keeper::Kept(facts.who.clone()),
        (Ok(()), None) => Keeper::WhileOpen(facts.who.clone()),
    }
}

/// What was promised was read again.
pub fn arrived(model: &mut Model, promises: Vec<Promise>) {
    model.promises.waiting = promises;
    for account in &mut model.accounts {
        let of = |promise: &&Promise| promise.credential.account == account.account.name;
        let retiring = model.promises.waiting.iter().filter(of);
        account.retiring = retiring.map(|promise| (promise.credential.clone(), promise.clone())).collect();
    }
    connection::rebuild(model);
}

/// What time alone brings about: the next one that is due is kept.
pub fn on_time(model: &mut Model) -> Vec<Effect> {
    if model.leaving {
        return Vec::new();
    }
    let next = model.promises.next(&model.accounts).filter(|(_, at)| *at <= model.now);
    let Some((promise, _)) = next else { return Vec::new() };
    let (id, what) = (
        promise.id,
        format!(
            "seeing to '{}' of {}, as promised: {}",
            promise.name,
            promise.owner_name,
            promise.duty.word()
        ),
    );
    let request = model.request(what, true);
    model.promises.running = Some(request);
    vec![Effect::KeepPromise(request, id)]
}

/// When the next one is due.
pub fn next_wake(model: &Model) -> Option<Timestamp> {
    model.promises.next(&model.accounts).map(|(_, at)| at)
}

/// Takes note that a request will not be answered.
pub fn forget_request(model: &mut Model, request: RequestId) {
    if model.promises.running == Some(request) {
        model.promises.running = None;
        model.promises.not_before = model.now.checked_add(PAUSE).ok();
    }
}

/// A promise was tried.
pub fn tried(model: &mut Model, result: Result<Attempt, Failure>) -> Vec<Effect> {
    model.promises.running = None;
    model.promises.not_before = None;
    let mut effects = Vec::new();
    match result {
        Ok(attempt) => {
            settled(model, &attempt);
            // A step changes what the credential looks like; the list shows it.
            if attempt.outcome == AttemptOutcome::Advanced {
                let index = model.account_index(&attempt.promise.credential.account);
                effects.extend(index.and_then(|index| connection::list(model, index)));
            }
        }
        Err(failure) => {
            // It stands as it was, and must not be tried again at once.
            model.promises.not_before = model.now.checked_add(PAUSE).ok();
            model.say(Tone::Bad, format!("a promised revocation was not kept: {}", failure.sentence()));
        }
    }
    effects.push(Effect::Unfinished(model.request("reading unfinished work", false)));
    effects
}

fn settled(model: &mut Model, attempt: &Attempt) {
    // What was read of it is not true any more; until it is read again it is left alone.
    model.promises.waiting.retain(|promise| promise.id != attempt.promise.id);
    let of = &attempt.promise.credential;
    let words = attempt.words.as_str();
    match attempt.outcome {
        AttemptOutcome::Kept => {
            model.say(Tone::Good, words);
            connection::remove_credential(model, of);
        }
        AttemptOutcome::Advanced => model.say(Tone::Good, words),
        AttemptOutcome::Elsewhere => {}
        AttemptOutcome::GivenUp => model.say(Tone::Bad, words),
        AttemptOutcome::Failed(kind) => {
            model.say(Tone::Bad, words);
            connection::note_failure(model, &of.account, &Failure::new(kind, ""));
        }
    }
}

/// A session was put into the keyring, or not.
pub fn session_kept(model: &mut Model, name: &AccountName, result: Result<SessionFacts, Failure>) {
    match result {
        Ok(facts) => {
            model.say(Tone::Good, format!("the login to {name} is kept in the keyring from now on"));
            connection::session_kept(model, name, facts);
        }
        Err(failure) => model.say(Tone::Bad, failure.sentence()),
    }
}
