//! Backends and sessions: opened once, logged in to, used. `kept` has how a session lies in the keyring, `renewal` how
//! one is renewed.

use std::future::Future;
use std::sync::Arc;

use super::kept::session_ref;
use super::renewal::is_past;
use super::{Tasks, lock, no_account};
use crate::app::effect::RequestId;
use crate::app::msg::{DeviceCode, Msg, Opened};
use crate::backend::{Backend, DeviceAnswer, Session, registry};
use crate::domain::account::{Account, AccountName};
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::time::Timestamp;
use crate::secret::Secret;

impl Tasks {
    /// An account's backend.
    pub(super) fn backend(&self, name: &AccountName) -> Result<Arc<dyn Backend>, Failure> {
        if let Some(known) = lock(&self.0.backends).get(name) {
            return Ok(Arc::clone(known));
        }
        let account = lock(&self.0.accounts).iter().find(|account| account.name == *name).cloned();
        let opened = registry::open(&account.ok_or_else(|| no_account(name))?, &self.context()?)?;
        if let Ok(Some(word)) = self.state().and_then(|state| state.learned(name).map_err(Failure::from)) {
            opened.recall(&word);
        }
        lock(&self.0.backends).insert(name.clone(), Arc::clone(&opened));
        Ok(opened)
    }

    /// Uses this backend for an account; for tests of what holds on any backend.
    pub fn use_backend(&self, name: &AccountName, backend: Arc<dyn Backend>) {
        lock(&self.0.backends).insert(name.clone(), backend);
    }

    /// Uses these accounts from now on; changed ones are opened anew.
    pub fn use_accounts(&self, accounts: &[Account]) {
        let before = std::mem::replace(&mut *lock(&self.0.accounts), accounts.to_vec());
        let changed = |name: &AccountName| {
            let find = |list: &[Account]| list.iter().find(|account| account.name == *name).cloned();
            find(&before) != find(accounts)
        };
        lock(&self.0.backends).retain(|name, _| !changed(name));
        lock(&self.0.sessions).retain(|name, _| !changed(name));
    }

    /// Asks the server what it is, and takes up a kept session.
    pub async fn open_account(&self, name: &AccountName) -> Opened {
        let backend = match self.backend(name) {
            Ok(backend) => backend,
            Err(failure) => {
                return Opened {
                    abilities: None,
                    server: Err(failure),
                    session: None,
                    session_failure: None,
                };
            }
        };
        if let Some(standing) = backend.standing() {
            lock(&self.0.sessions).insert(name.clone(), Arc::new(standing));
        }
        let server = backend.inspect().await;
        let kept = if server.is_ok() { self.take_up(name).await } else { Ok(None) };
        let (session, session_failure) = match kept {
            Ok(session) => (session.map(|session| session.facts.clone()), None),
            Err(failure) => (None, Some(failure)),
        };
        Opened { abilities: Some(backend.abilities()), server, session, session_failure }
    }

    /// The live session, or a kept one from the keyring, or what the account's own command logs in with.
    async fn take_up(&self, name: &AccountName) -> Result<Option<Arc<Session>>, Failure> {
        if let Some(known) = lock(&self.0.sessions).get(name) {
            return Ok(Some(Arc::clone(known)));
        }
        if let Some(standing) = self.backend(name)?.standing() {
            let standing = Arc::new(standing);
            lock(&self.0.sessions).insert(name.clone(), Arc::clone(&standing));
            return Ok(Some(standing));
        }
        let Some(kept) = self.kept_session(name).await? else {
            return self.log_in_unasked(name).await;
        };
        let (kept, backend) = (Arc::new(kept), self.backend(name)?);
        if is_past(&kept, &backend, self.now()) {
            let ended = || Failure::new(FailureKind::LoggedOut, "its time is over");
            return self.renew(name, &kept).await?.ok_or_else(ended).map(Some);
        }
        lock(&self.0.sessions).insert(name.clone(), Arc::clone(&kept));
        Ok(Some(kept))
    }

    pub(super) fn endpoint(&self, name: &AccountName) -> Result<String, Failure> {
        let accounts = lock(&self.0.accounts);
        let account = accounts.iter().find(|account| account.name == *name);
        account.map(|account| account.endpoint.as_str().to_owned()).ok_or_else(|| no_account(name))
    }

    /// The session of an account.
    pub(super) async fn session(&self, name: &AccountName) -> Result<Arc<Session>, Failure> {
        self.take_up(name).await?.ok_or_else(|| Failure::new(FailureKind::LoggedOut, "nobody is logged in"))
    }

    /// Does something with a session. When the server does not take it any more, it is renewed once, by one task at
    /// a time, and tried once more: a refusal for the session's sake has had no effect, also on a write.
    pub(super) async fn with_session<T, F, Fut>(&self, name: &AccountName, work: F) -> Result<T, Failure>
    where
        F: Fn(Arc<dyn Backend>, Arc<Session>) -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        let backend = self.backend(name)?;
        let session = self.session(name).await?;
        match work(Arc::clone(&backend), Arc::clone(&session)).await {
            Err(failure) if failure.kind == FailureKind::LoggedOut && failure.effected == Effected::No => {
                let renewed = self.renew(name, &session).await?.ok_or(failure)?;
                work(backend, renewed).await
            }
            done => done,
        }
    }

    /// Logs in with a filled-in form.
    pub async fn log_in(
        &self,
        name: &AccountName,
        login: Login,
        keep: bool,
    ) -> Result<SessionFacts, Failure> {
        let session = self.log_in_by(name, login).await;
        self.logged_in(name, session, keep).await
    }

    /// Logs in by an approval elsewhere; tells the code, then asks as often as the server wants.
    pub async fn device_login(
        &self,
        request: RequestId,
        name: &AccountName,
        keep: bool,
    ) -> Result<SessionFacts, Failure> {
        let backend = self.backend(name)?;
        let mut login = backend.begin_device().await?;
        let code = DeviceCode {
            approval: login.approval.clone(),
            address: login.address.clone(),
            address_with_code: login.address_with_code.clone(),
            expires: login.expires,
        };
        self.tell(Msg::DeviceWaiting(request, name.clone(), code));

        loop {
            tokio::time::sleep(std::time::Duration::from_secs(login.interval.max(1))).await;
            let answer = match backend.ask_device(&login).await {
                Err(failure) if is_passing(&failure) && self.now() < login.expires => continue,
                answer => answer?,
            };
            match answer {
                DeviceAnswer::Pending { interval } => {
                    login.interval = next(interval, self.now(), login.expires)?;
                }
                DeviceAnswer::Approved(session) => return self.logged_in(name, Ok(session), keep).await,
            }
        }
    }

    async fn logged_in(
        &self,
        name: &AccountName,
        session: Result<Session, Failure>,
        keep: bool,
    ) -> Result<SessionFacts, Failure> {
        let mut session =
            session.inspect_err(|failure| self.record("log in", name, "", &failure.sentence()))?;
        session.facts.kept = false;
        if keep {
            // Nobody renews meanwhile what this one takes the place of; one that never ends does not keep us from it.
            let _turn = self.turn(name).await;
            match self.keep_session(name, &session).await {
                Ok(()) => session.facts.kept = true,
                Err(failure) => tracing::warn!("the session could not be kept: {}", failure.sentence()),
            }
        }
        let facts = session.facts.clone();
        self.record(
            "log in",
            name,
            facts.who.as_str(),
            if facts.kept { "logged in, kept" } else { "logged in" },
        );
        lock(&self.0.sessions).insert(name.clone(), Arc::new(session));
        Ok(facts)
    }

    /// Puts the session there is into the keyring.
    pub async fn keep_live_session(&self, name: &AccountName) -> Result<SessionFacts, Failure> {
        let live = self.session(name).await?;
        if live.facts.kept {
            return Ok(live.facts.clone());
        }
        let _turn = self.turn(name).await?;
        self.keep_session(name, &live).await?;
        let kept = Arc::new(Session {
            facts: SessionFacts { kept: true, ..live.facts.clone() },
            bearer: live.bearer.share(),
            renewal: live.renewal.as_ref().map(Secret::share),
        });
        let facts = kept.facts.clone();
        lock(&self.0.sessions).insert(name.clone(), kept);
        self.record("log in", name, facts.who.as_str(), "the login is kept from now on");
        Ok(facts)
    }

    /// Forgets a session, also in the keyring.
    pub async fn log_out(&self, name: &AccountName) -> Result<(), Failure> {
        let _turn = self.turn(name).await?;
        lock(&self.0.sessions).remove(name);
        for entry in self.entries(&session_ref(name)).await? {
            self.vault().delete(&entry.entry).await.map_err(Failure::from)?;
            self.forget(&entry.entry).await;
        }
        self.record("log out", name, "", "logged out");
        Ok(())
    }

    /// Drops what can be had again: sessions from the keyring, what was found by looking.
    pub fn wipe_memory(&self) {
        lock(&self.0.sessions).retain(|_, session| !session.facts.kept);
        *lock(&self.0.found) = None;
    }
}

/// How long after an answer that nobody approved yet it is asked again. A server may forget that a code of its own has
/// ended, and then nobody would ever be told.
fn next(interval: u64, now: Timestamp, expires: Timestamp) -> Result<u64, Failure> {
    if now < expires {
        return Ok(interval);
    }
    Err(Failure::new(FailureKind::WrongLogin, "nobody approved it before the code ended; start again"))
}

/// Whether a failure to ask may be gone at the next try.
fn is_passing(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Unreachable | FailureKind::Slow | FailureKind::CutOff | FailureKind::ServerFailed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_for_ever() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        assert_eq!(next(5, at(99), at(100)), Ok(5));
        let over = next(5, at(100), at(100)).expect_err("it has ended");
        assert!(over.kind == FailureKind::WrongLogin && over.sentence().contains("before the code ended"));
    }
}
