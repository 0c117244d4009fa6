//! Backends and sessions: opened once, renewed once, kept in the keyring when asked to.

use std::future::Future;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Tasks, lock, no_account};
use crate::app::effect::RequestId;
use crate::app::msg::{DeviceCode, Msg, Opened};
use crate::backend::{Backend, DeviceAnswer, Session, registry};
use crate::domain::ability::Abilities;
use crate::domain::account::{Account, AccountName};
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::secret::Secret;
use crate::vault::entry_name;

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

    /// The live session, or a kept one from the keyring.
    async fn take_up(&self, name: &AccountName) -> Result<Option<Arc<Session>>, Failure> {
        if let Some(known) = lock(&self.0.sessions).get(name) {
            return Ok(Some(Arc::clone(known)));
        }
        if let Some(standing) = self.backend(name)?.standing() {
            let standing = Arc::new(standing);
            lock(&self.0.sessions).insert(name.clone(), Arc::clone(&standing));
            return Ok(Some(standing));
        }
        let Some(newest) = self.entries(&session_ref(name)).await?.into_iter().next() else {
            return Ok(None);
        };
        let Some(secret) = self.vault().read(&newest.entry).await.map_err(Failure::from)? else {
            return Ok(None);
        };
        let Some(session) = thaw(&secret, &self.endpoint(name)?, self.backend(name)?.abilities()) else {
            return Ok(None);
        };
        let session = Arc::new(session);
        let backend = self.backend(name)?;
        let past = session.facts.expires.is_some_and(|end| backend.skew().our_time(end) <= self.now());
        let session = match (past, &session.renewal) {
            (false, _) => session,
            (true, Some(_)) => {
                let mut fresh = backend.renew(&session).await?;
                fresh.facts.kept = true;
                Arc::new(fresh)
            }
            (true, None) => return Err(Failure::new(FailureKind::LoggedOut, "its time is over")),
        };
        lock(&self.0.sessions).insert(name.clone(), Arc::clone(&session));
        Ok(Some(session))
    }

    fn endpoint(&self, name: &AccountName) -> Result<String, Failure> {
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
            Err(failure) if failure.kind == FailureKind::LoggedOut => {
                let renewed = self.renew(name, &backend, &session).await?.ok_or(failure)?;
                work(backend, renewed).await
            }
            done => done,
        }
    }

    async fn renew(
        &self,
        name: &AccountName,
        backend: &Arc<dyn Backend>,
        stale: &Arc<Session>,
    ) -> Result<Option<Arc<Session>>, Failure> {
        let _one_at_a_time = self.0.renewing.lock().await;
        let known = lock(&self.0.sessions).get(name).cloned();
        if let Some(known) = known.filter(|known| !Arc::ptr_eq(known, stale)) {
            return Ok(Some(known));
        }
        if stale.renewal.is_none() {
            lock(&self.0.sessions).remove(name);
            return Ok(None);
        }
        let mut fresh = backend.renew(stale).await?;
        fresh.facts.kept = stale.facts.kept;
        let fresh = Arc::new(fresh);
        lock(&self.0.sessions).insert(name.clone(), Arc::clone(&fresh));
        Ok(Some(fresh))
    }

    /// Logs in with a filled-in form.
    pub async fn log_in(
        &self,
        name: &AccountName,
        login: Login,
        keep: bool,
    ) -> Result<SessionFacts, Failure> {
        let session = self.backend(name)?.log_in(login).await;
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
            user_code: login.user_code.clone(),
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
                DeviceAnswer::Pending { interval } => login.interval = interval,
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

    async fn keep_session(&self, name: &AccountName, session: &Session) -> Result<(), Failure> {
        let id = Uuid::new_v4();
        let entry = entry_name(name.as_str(), "session", session.facts.who.as_str(), id);
        let older = self.entries(&session_ref(name)).await?;
        let frozen = freeze(session, &self.endpoint(name)?)
            .ok_or_else(|| Failure::new(FailureKind::Keyring, "the session cannot be written"))?;
        let label = format!("session of {name} as {}", session.facts.who);
        self.vault().store(&entry, &label, &frozen).await.map_err(Failure::from)?;
        self.remember(&session_ref(name), &entry, id, None)?;
        for old in older {
            self.forget(&old.entry).await;
        }
        Ok(())
    }

    /// Forgets a session, also in the keyring.
    pub async fn log_out(&self, name: &AccountName) -> Result<(), Failure> {
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

/// Whether a failure to ask may be gone at the next try.
fn is_passing(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Unreachable | FailureKind::Slow | FailureKind::CutOff | FailureKind::ServerFailed
    )
}

/// How a kept session is found in the records.
fn session_ref(name: &AccountName) -> CredentialRef {
    CredentialRef { account: name.clone(), owner: Id::new("session"), id: Id::new("session") }
}

/// A session as it lies in the keyring.
#[derive(Serialize, Deserialize)]
struct Frozen {
    /// Where it is valid; it is sent nowhere else.
    endpoint: String,
    bearer: Zeroizing<String>,
    renewal: Option<Zeroizing<String>>,
    who: String,
    kind: String,
    refused: Option<String>,
    #[serde(default)]
    refused_revoke: Option<String>,
    expires: Option<Timestamp>,
    credential: Option<String>,
}

fn freeze(session: &Session, endpoint: &str) -> Option<Secret> {
    let facts = &session.facts;
    let text = |secret: &Secret| Zeroizing::new(secret.expose().to_owned());
    let frozen = Frozen {
        endpoint: endpoint.to_owned(),
        bearer: text(&session.bearer),
        renewal: session.renewal.as_ref().map(text),
        who: facts.who.as_str().to_owned(),
        kind: facts.kind.to_owned(),
        refused: facts.may_create.as_ref().err().map(|why| why.as_str().to_owned()),
        refused_revoke: facts.may_revoke.as_ref().err().map(|why| why.as_str().to_owned()),
        expires: facts.expires,
        credential: facts.credential.as_ref().map(|id| id.as_str().to_owned()),
    };
    serde_json::to_string(&frozen).ok().map(Secret::new)
}

fn thaw(secret: &Secret, endpoint: &str, abilities: &Abilities) -> Option<Session> {
    let frozen: Frozen = serde_json::from_str(secret.expose()).ok()?;
    if frozen.endpoint != endpoint {
        return None;
    }
    let nouns = abilities.kinds().map(|kind| kind.noun);
    let kinds = ["user", "service account", "service user"].into_iter().chain(nouns);
    let facts = SessionFacts {
        who: Text::clean(&frozen.who),
        kind: kinds.into_iter().find(|kind| *kind == frozen.kind).unwrap_or("user"),
        may_create: frozen.refused.map_or(Ok(()), |why| Err(why.into())),
        may_revoke: frozen.refused_revoke.map_or(Ok(()), |why| Err(why.into())),
        expires: frozen.expires,
        renews: frozen.renewal.is_some(),
        kept: true,
        credential: frozen.credential.map(Id::new),
    };
    let secret = |text: Zeroizing<String>| Secret::from_zeroizing(text);
    Some(Session { facts, bearer: secret(frozen.bearer), renewal: frozen.renewal.map(secret) })
}
