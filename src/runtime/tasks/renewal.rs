//! Renewing a login: one at a time for an account, over all programs, and once.
//!
//! A renewal may spend what it is had for, so a kept login is renewed in this order: the turn is taken (a lock the system
//! lets go of when its holder dies), the keyring is read again, and what another program renewed meanwhile is used;
//! otherwise it is written down that a renewal is sent, it is sent, the new pair is stored, and only then is the new one
//! used and the old one forgotten. A program that dies in between costs a login, and the next one says so.

use std::sync::Arc;
use std::time::Duration;

use super::{Tasks, lock};
use crate::app::msg::Msg;
use crate::backend::{Backend, Session};
use crate::deliver::ask;
use crate::domain::ability::{ByCommand, TOKEN_COMMAND};
use crate::domain::account::AccountName;
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::program;
use crate::domain::request::Login;
use crate::domain::time::Timestamp;
use crate::state::Turn;

/// How often the turn is asked for, and how many times: longer than a server and a keyring are waited for.
const ASK_AGAIN: Duration = Duration::from_millis(25);
const TIMES: u32 = 3600;
/// How long the end of the program waits for a renewal under way.
const LAST_RENEWAL: Duration = Duration::from_secs(10);

const NO_TURN: &str = "another keywright has been renewing this login for more than a minute and does not come to an end; end it, \
                       then try again";

impl Tasks {
    /// A fresh session in the place of a stale one; none where it cannot be had without asking anyone.
    ///
    /// It is a task of its own: whoever waits for it may be stopped, and what was answered must be stored all the same.
    pub(super) async fn renew(
        &self,
        name: &AccountName,
        stale: &Arc<Session>,
    ) -> Result<Option<Arc<Session>>, Failure> {
        let (tasks, name, stale) = (self.clone(), name.clone(), Arc::clone(stale));
        let renewal = tokio::spawn(async move { tasks.renew_alone(&name, &stale).await });
        renewal.await.unwrap_or_else(|_crashed| {
            Err(Failure::new(FailureKind::Unexpected, "a bug stopped the renewal of the login"))
        })
    }

    async fn renew_alone(
        &self,
        name: &AccountName,
        stale: &Arc<Session>,
    ) -> Result<Option<Arc<Session>>, Failure> {
        let one_at_a_time = self.renewing(name);
        let _ours = one_at_a_time.lock().await;
        let known = lock(&self.0.sessions).get(name).cloned();
        if let Some(known) = known.filter(|known| !known.bearer.is_same(&stale.bearer)) {
            return Ok(Some(known));
        }
        if stale.renewal.is_none() && !stale.facts.renews {
            lock(&self.0.sessions).remove(name);
            return Ok(None);
        }
        let renewed = if stale.facts.kept { self.renew_kept(name, stale).await? } else { None };
        let fresh = if let Some(renewed) = renewed {
            renewed
        } else {
            let mut fresh = self.next(name, stale).await?;
            fresh.facts.kept = false;
            Arc::new(fresh)
        };
        lock(&self.0.sessions).insert(name.clone(), Arc::clone(&fresh));
        // The header counts down to its end.
        self.tell(Msg::Renewed(name.clone(), Box::new(fresh.facts.clone())));
        Ok(Some(fresh))
    }

    /// Renews what is kept, unless somebody else did; none when it is not kept any more.
    async fn renew_kept(
        &self,
        name: &AccountName,
        stale: &Arc<Session>,
    ) -> Result<Option<Arc<Session>>, Failure> {
        let mut turn = self.turn(name).await?;
        let Some(kept) = self.kept_session(name).await? else { return Ok(None) };
        let other = !kept.bearer.is_same(&stale.bearer);
        if other && !is_past(&kept, &self.backend(name)?, self.now()) {
            return Ok(Some(Arc::new(kept)));
        }
        let before = turn.unsettled();
        turn.sending(self.now()).map_err(Failure::from)?;
        let mut fresh = match self.next(name, &kept).await {
            Ok(fresh) => fresh,
            Err(failure) => {
                // Certainly nothing was spent, so there is nothing to tell at the next start.
                if before.is_none() && failure.effected == Effected::No && !may_be_spent(failure.kind) {
                    turn.settled().map_err(Failure::from)?;
                }
                return Err(told(failure, before));
            }
        };
        fresh.facts.kept = true;
        match self.keep_session(name, &fresh).await {
            Ok(()) => turn.settled().map_err(Failure::from)?,
            Err(failure) => {
                // It works in this run, and the one in the keyring may be spent.
                fresh.facts.kept = false;
                let why = failure.sentence();
                self.record(
                    "renew",
                    name,
                    fresh.facts.who.as_str(),
                    &format!("renewed, but not kept: {why}"),
                );
                tracing::warn!("the renewed login could not be kept: {why}");
            }
        }
        Ok(Some(Arc::new(fresh)))
    }

    /// The next session, from the server or from what the account's command prints.
    async fn next(&self, name: &AccountName, stale: &Session) -> Result<Session, Failure> {
        let backend = self.backend(name)?;
        if stale.renewal.is_some() {
            return backend.renew(stale).await;
        }
        let ended =
            || Failure::new(FailureKind::LoggedOut, "the command that logged in is not known any more");
        let (way, line) = self.command_of(name).ok_or_else(ended)?;
        self.log_in_with_command(name, way, &line).await
    }

    /// Logs in without asking anyone, where the account says by which command.
    pub(super) async fn log_in_unasked(&self, name: &AccountName) -> Result<Option<Arc<Session>>, Failure> {
        let one_at_a_time = self.renewing(name);
        let _ours = one_at_a_time.lock().await;
        if let Some(known) = lock(&self.0.sessions).get(name) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some((way, line)) = self.command_of(name) else { return Ok(None) };
        let session = Arc::new(self.log_in_with_command(name, way, &line).await?);
        self.record("log in", name, session.facts.who.as_str(), "logged in by the account's command");
        lock(&self.0.sessions).insert(name.clone(), Arc::clone(&session));
        Ok(Some(session))
    }

    /// Logs in with a filled-in form: a command is run here, everything else is the backend's own.
    pub(super) async fn log_in_by(&self, name: &AccountName, login: Login) -> Result<Session, Failure> {
        let backend = self.backend(name)?;
        match backend.abilities().login_by_command() {
            Some(way) if way.command.id == login.method => {
                let line = login.field(TOKEN_COMMAND).to_owned();
                let session = self.log_in_with_command(name, way, &line).await?;
                lock(&self.0.commands).insert(name.clone(), line);
                Ok(session)
            }
            Some(_) | None => {
                let session = backend.log_in(login).await?;
                lock(&self.0.commands).remove(name);
                Ok(session)
            }
        }
    }

    async fn log_in_with_command(
        &self,
        name: &AccountName,
        way: ByCommand,
        line: &str,
    ) -> Result<Session, Failure> {
        let words = program::words(line).map_err(|why| Failure::new(FailureKind::WrongLogin, why))?;
        let token = ask::token(&words).await.map_err(|why| {
            Failure::new(FailureKind::WrongLogin, format!("the command gave no token: {why}"))
        })?;
        let login = Login { method: way.takes.id, fields: Vec::new(), secrets: vec![(way.field, token)] };
        let mut session = self.backend(name)?.log_in(login).await?;
        session.facts.renews = true;
        Ok(session)
    }

    /// The command that logs in to an account: the one typed in this run, else the settings' own.
    fn command_of(&self, name: &AccountName) -> Option<(ByCommand, String)> {
        let way = self.backend(name).ok()?.abilities().login_by_command()?;
        let typed = lock(&self.0.commands).get(name).cloned();
        let accounts = lock(&self.0.accounts);
        let account = accounts.iter().find(|account| account.name == *name)?;
        Some((way, typed.or_else(|| account.setting(TOKEN_COMMAND).map(str::to_owned))?))
    }

    /// Waits for the turn to change what is kept of an account's login.
    pub(super) async fn turn(&self, name: &AccountName) -> Result<Turn, Failure> {
        let state = self.state()?;
        for _ in 0..TIMES {
            if let Some(turn) = state.take_turn(name.as_str()).map_err(Failure::from)? {
                return Ok(turn);
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Err(Failure::new(FailureKind::State, NO_TURN))
    }

    fn renewing(&self, name: &AccountName) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(lock(&self.0.renewing).entry(name.clone()).or_default())
    }

    /// Waits, within a bound, until no renewal is under way: for the end.
    pub async fn finish_renewals(&self) {
        let under_way: Vec<_> = lock(&self.0.renewing).values().map(Arc::clone).collect();
        let ended = async {
            for one in under_way {
                drop(one.lock().await);
            }
        };
        if tokio::time::timeout(LAST_RENEWAL, ended).await.is_err() {
            tracing::warn!("a login was still being renewed at the end");
        }
    }
}

/// Whether a session's time is over, as far as it says and the clocks are known.
pub(super) fn is_past(session: &Session, backend: &Arc<dyn Backend>, now: Timestamp) -> bool {
    session.facts.expires.is_some_and(|end| backend.skew().our_time(end) <= now)
}

/// Whether what a renewal is had for may have been spent without an answer that tells.
fn may_be_spent(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Slow
            | FailureKind::CutOff
            | FailureKind::TooLarge
            | FailureKind::Unexpected
            | FailureKind::ServerFailed
            | FailureKind::LoggedOut
    )
}

/// A refusal with what an earlier program left behind: it may be the reason.
fn told(failure: Failure, before: Option<Timestamp>) -> Failure {
    let Some(at) = before.filter(|_| failure.kind == FailureKind::LoggedOut) else { return failure };
    let why = failure.detail.as_ref().map(|detail| format!("{detail}; ")).unwrap_or_default();
    let words = format!(
        "{why}a renewal was sent at {at:.0} and its answer never stored, because the program was ended or the answer \
         lost; that costs the login, so log in again"
    );
    Failure { detail: Some(words.into()), ..failure }
}

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
