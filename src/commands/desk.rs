//! What the commands about accounts and credentials share: the screen's tasks, listings read once, and how a credential
//! is named on a command line.
//!
//! A credential is named `ACCOUNT/OWNER/NAME`, as `keywright list` shows the three, or by its identifier. What several
//! answer to is refused, with all of them.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use serde::Serialize;

use super::{Outcome, complain, fail, tell_problems};
use crate::app::guards;
use crate::app::model::{AccountState, SessionView};
use crate::backend::registry;
use crate::config::Settings;
use crate::domain::account::AccountName;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::target::TargetName;
use crate::domain::text::Text;
use crate::domain::time::ago;
use crate::runtime::clock;
use crate::runtime::tasks::Tasks;

/// Runs what needs the network and the keyring; an error is the outcome of the whole command.
pub(super) fn wait<T, F, Fut>(settings: &Settings, tasks: Tasks, work: F) -> Result<T, Outcome>
where
    F: FnOnce(Desk) -> Fut,
    Fut: Future<Output = Result<T, Outcome>>,
{
    tell_problems(settings);
    tasks.use_targets(settings.targets.clone());
    let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = builder.map_err(|error| fail(&error))?;
    let desk = Desk { settings: settings.clone(), tasks: tasks.clone(), read: HashMap::new() };
    let done = runtime.block_on(async move {
        let done = work(desk).await;
        tasks.finish_renewals().await;
        done
    });
    // The keyring's thread must not hold up the end.
    runtime.shutdown_background();
    done
}

/// How often it is looked whether another program is done, and the pause between: two minutes in all.
const PATIENCE: u32 = 240;
const ROUND: Duration = Duration::from_millis(500);

/// How [`wait`] ends where there is nothing but an outcome.
pub(super) fn outcome(done: Result<Outcome, Outcome>) -> Outcome {
    done.unwrap_or_else(|outcome| outcome)
}

/// The settings, the tasks, and what was read so far.
pub(super) struct Desk {
    pub(super) settings: Settings,
    pub(super) tasks: Tasks,
    read: HashMap<AccountName, Result<AccountState, Failure>>,
}

/// A credential as its server lists it now.
pub(super) struct Found {
    pub(super) reference: CredentialRef,
    pub(super) credential: Credential,
}

/// Which credential, as JSON has it.
#[derive(Debug, Serialize)]
pub(super) struct Named {
    account: String,
    owner: Option<String>,
    name: Option<String>,
    id: String,
}

impl Named {
    /// As it is typed on a command line.
    pub(super) fn words(&self) -> String {
        match (&self.owner, &self.name) {
            (Some(owner), Some(name)) => format!("{}/{owner}/{name}", self.account),
            _ => format!("{}/{}", self.account, self.id),
        }
    }

    /// With what is known of it.
    pub(super) fn of(reference: &CredentialRef, credential: Option<&Credential>) -> Self {
        Self {
            account: reference.account.to_string(),
            owner: credential.map(|one| one.owner.name.to_string()),
            name: credential.map(|one| one.name.to_string()),
            id: reference.id.as_str().to_owned(),
        }
    }
}

impl Desk {
    /// An account of the settings, by its name.
    pub(super) fn account(&self, name: &str) -> Result<AccountName, Outcome> {
        let known = self.settings.accounts.iter().find(|account| account.name.as_str() == name);
        known.map(|account| account.name.clone()).ok_or_else(|| {
            complain(&format!("there is no account {name} in {}", self.settings.paths.config.display()));
            Outcome::Usage
        })
    }

    /// An account with its credentials, read once.
    pub(super) async fn read(&mut self, name: &AccountName) -> &Result<AccountState, Failure> {
        if !self.read.contains_key(name) {
            let state = self.list(name).await;
            self.read.insert(name.clone(), state);
        }
        self.read.entry(name.clone()).or_insert_with(|| Err(not_known(name)))
    }

    async fn list(&self, name: &AccountName) -> Result<AccountState, Failure> {
        let account = self.settings.accounts.iter().find(|account| account.name == *name);
        let account = account.ok_or_else(|| not_known(name))?;
        let known = registry::find(&account.backend).ok_or_else(|| not_known(name))?;
        let opened = self.tasks.open_account(name).await;
        let mut state = AccountState::new(account.clone(), opened.abilities.unwrap_or(known.abilities));
        state.server = Some(opened.server?);
        if let Some(failure) = opened.session_failure {
            return Err(failure);
        }
        let listed = self.tasks.list(name).await?;
        state.session = opened.session.map_or(SessionView::Out, SessionView::In);
        state.listing = listed.listing;
        state.facts = listed.facts.into_iter().collect();
        state.skew = listed.skew;
        Ok(state)
    }

    /// The credential that is meant, as its server lists it now.
    pub(super) async fn find(&mut self, typed: &str) -> Result<Found, Outcome> {
        match self.look_up(typed).await {
            Ok(found) => Ok(found),
            Err(NotFound::Typed(why)) => {
                complain(&why);
                Err(Outcome::Usage)
            }
            Err(NotFound::Server(account, failure)) => Err(refused(&account, &failure)),
        }
    }

    /// The credential that is meant; where its server cannot be asked, the one whose secret is stored here under that
    /// name. Which of the two it was is said.
    pub(super) async fn find_stored(
        &mut self,
        typed: &str,
    ) -> Result<(CredentialRef, Option<Credential>), NotFound> {
        let (account, failure) = match self.look_up(typed).await {
            Ok(found) => return Ok((found.reference, Some(found.credential))),
            Err(typed @ NotFound::Typed(_)) => return Err(typed),
            Err(NotFound::Server(account, failure)) => (account, failure),
        };
        let named = typed.strip_prefix(account.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let stored = self.tasks.stored_as(&account, named.unwrap_or(typed)).await;
        match stored.unwrap_or_default().as_slice() {
            [one] => {
                let why = failure.sentence();
                complain(&format!("{account}: {why}; the secret stored here last under this name is used"));
                Ok((one.clone(), None))
            }
            _ => Err(NotFound::Server(account, failure)),
        }
    }

    /// The same, or with a part of its secret behind a dot. A name may have dots itself, so the whole is tried first.
    pub(super) async fn find_part(
        &mut self,
        typed: &str,
    ) -> Result<(CredentialRef, Option<String>), NotFound> {
        match (self.find_stored(typed).await, typed.rsplit_once('.')) {
            (Ok((reference, _)), _) => Ok((reference, None)),
            (Err(NotFound::Typed(why)), Some((before, part))) => match self.find_stored(before).await {
                Ok((reference, _)) => Ok((reference, Some(part.to_owned()))),
                Err(_) => Err(NotFound::Typed(why)),
            },
            (Err(why), _) => Err(why),
        }
    }

    async fn look_up(&mut self, typed: &str) -> Result<Found, NotFound> {
        let accounts: Vec<AccountName> =
            self.settings.accounts.iter().map(|account| account.name.clone()).collect();
        let first = typed.split('/').next().unwrap_or_default();
        if let Some(account) = accounts.iter().find(|account| account.as_str() == first) {
            let rest = typed.strip_prefix(first).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
            let found = self.matching(account, |credential| {
                format!("{}/{}", credential.owner.name, credential.name) == rest
                    || credential.id.as_str() == rest
            });
            let found = found.await.map_err(|failure| NotFound::Server(account.clone(), failure))?;
            return one(typed, found);
        }
        // An identifier is looked for everywhere; an account that cannot be asked only matters when nobody has it.
        let (mut found, mut failed) = (Vec::new(), None);
        for account in &accounts {
            match self.matching(account, |credential| credential.id.as_str() == typed).await {
                Ok(more) => found.extend(more),
                Err(failure) => failed = failed.or(Some((account.clone(), failure))),
            }
        }
        match (found.is_empty(), failed) {
            (true, Some((account, failure))) => Err(NotFound::Server(account, failure)),
            _ => one(typed, found),
        }
    }

    async fn matching(
        &mut self,
        account: &AccountName,
        is_meant: impl Fn(&Credential) -> bool,
    ) -> Result<Vec<Found>, Failure> {
        let state = self.read(account).await.as_ref().map_err(Clone::clone)?;
        let meant = state.listing.credentials.iter().filter(|credential| is_meant(credential));
        let found = |credential: &Credential| Found {
            reference: credential.reference(account),
            credential: credential.clone(),
        };
        Ok(meant.map(found).collect())
    }

    /// Waits until no other program is at a credential any more, and says so once.
    pub(super) async fn alone(&self, found: &Found) -> Result<(), Outcome> {
        let account = &found.reference.account;
        let name = &found.credential.name;
        for round in 0..PATIENCE {
            let busy = self.tasks.busy_elsewhere(&found.reference).await;
            match busy.map_err(|failure| refused(account, &failure))? {
                None => return Ok(()),
                Some(what) if round == 0 => {
                    complain(&format!("another keywright is at '{name}' right now ({what}); waiting for it"));
                }
                Some(_) => {}
            }
            tokio::time::sleep(ROUND).await;
        }
        Err(fail(&format!("nothing was done: the other keywright is still at '{name}'; try again later")))
    }

    /// Everything of the screen's review that is no gate but must be known: said before anything is sent.
    pub(super) async fn warn(&mut self, found: &Found, revoking: bool) {
        let account = found.reference.account.clone();
        let now = clock::now();
        let Ok(state) = self.read(&account).await else { return };
        let credential = &found.credential;
        if guards::is_own(state, &found.reference) {
            complain(&format!("{}: its session may end with it", guards::OWN.to_lowercase()));
        }
        if guards::is_last_admin(state, credential, now) {
            complain(&guards::LAST_ADMIN);
        }
        if let Some(when) = guards::used_lately(state, credential, now).filter(|_| revoking) {
            complain(&format!(
                "it is in use, last {}: whatever uses it stops working",
                ago(when, state.server_time(now))
            ));
        }
    }

    /// The other credentials that have one of these targets too, in words.
    pub(super) fn sharing(
        &self,
        reference: &CredentialRef,
        targets: &[TargetName],
    ) -> Result<Vec<String>, Failure> {
        let mut all = Vec::new();
        for target in targets {
            for other in self.tasks.sharing(reference, target)? {
                let listed = self.read.get(&other.account).and_then(|state| state.as_ref().ok());
                let name = Named::of(&other, listed.and_then(|state| state.find(&other)));
                all.push(format!("'{target}' is a target of {} as well", name.words()));
            }
        }
        Ok(all)
    }

    /// The credentials that are meant, each once, before a step that cannot be undone; and whether that was shown: by its
    /// name for one, by their number and the names of protected accounts for several, as on the screen.
    pub(super) async fn meant(&mut self, typed: &[String], yes: &str) -> Result<Vec<Found>, Outcome> {
        let mut all: Vec<Found> = Vec::new();
        for one in typed {
            let found = self.find(one).await?;
            if all.iter().any(|other| other.reference == found.reference) {
                complain(&format!("nothing was done: {one} is named twice"));
                return Err(Outcome::Usage);
            }
            all.push(found);
        }
        let wanted = match all.as_slice() {
            [one] => one.credential.name.as_str().to_owned(),
            several => self.counted(several),
        };
        if yes == wanted {
            return Ok(all);
        }
        let which = if all.len() == 1 { "this is the one" } else { "these are the ones" };
        complain(&format!("nothing was done: say --yes '{wanted}' to show that {which} you mean"));
        Err(Outcome::Usage)
    }

    /// How many they are, and the protected accounts among theirs.
    fn counted(&self, several: &[Found]) -> String {
        let is_theirs = |name: &AccountName| several.iter().any(|found| found.reference.account == *name);
        let protected = self.settings.accounts.iter().filter(|one| one.protected && is_theirs(&one.name));
        let mut names: Vec<&str> = protected.map(|account| account.name.as_str()).collect();
        names.sort_unstable();
        std::iter::once(several.len().to_string().as_str()).chain(names).collect::<Vec<_>>().join(" ")
    }

    /// Says it where several together leave nobody who may administer an account, though none of them alone does.
    pub(super) async fn warn_together(&mut self, all: &[Found]) {
        let now = clock::now();
        let mut names: Vec<AccountName> = all.iter().map(|found| found.reference.account.clone()).collect();
        names.dedup();
        for name in names.into_iter().filter(|_| all.len() > 1) {
            let Ok(state) = self.read(&name).await else { continue };
            let goes = |one: &Credential| {
                let reference = one.reference(state.name());
                all.iter().any(|found| found.reference == reference)
            };
            let any = all.iter().any(|found| {
                found.reference.account == name && guards::is_admin_at_work(state, &found.credential, now)
            });
            if any && !guards::has_admin_beside(state, now, goes) {
                complain(&format!("{name}: {}", guards::LAST_ADMINS));
            }
        }
    }

    /// The login may do it.
    pub(super) async fn may(
        &mut self,
        found: &Found,
        may: fn(&crate::domain::session::SessionFacts) -> &Result<(), Text>,
    ) -> Result<(), Outcome> {
        let account = found.reference.account.clone();
        let state = self.read(&account).await.as_ref().map_err(|failure| refused(&account, failure))?;
        match state.session().map(may) {
            Some(Ok(())) => Ok(()),
            Some(Err(why)) => Err(fail(&format!("{account}: this login may not do it: {why}"))),
            None => Err(refused(&account, &Failure::new(FailureKind::LoggedOut, ""))),
        }
    }
}

/// Why there is no credential to do something with.
pub(super) enum NotFound {
    /// Nothing answers to what was typed, or too many.
    Typed(String),
    /// The account it is in could not be asked.
    Server(AccountName, Failure),
}

impl NotFound {
    /// Says it.
    pub(super) fn complain(self) -> Outcome {
        match self {
            Self::Typed(why) => {
                complain(&why);
                Outcome::Usage
            }
            Self::Server(account, failure) => refused(&account, &failure),
        }
    }
}

/// Exactly one is meant.
fn one(typed: &str, mut found: Vec<Found>) -> Result<Found, NotFound> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(NotFound::Typed(format!(
            "there is no credential {typed}; name one as ACCOUNT/OWNER/NAME or by its identifier, as `keywright list` \
             has them"
        ))),
        (Some(last), false) => {
            found.push(last);
            let lines: Vec<String> = found.iter().map(|one| format!("  {}", line(one))).collect();
            Err(NotFound::Typed(format!(
                "{typed} is ambiguous; name one by its identifier:\n{}",
                lines.join("\n")
            )))
        }
    }
}

fn line(found: &Found) -> String {
    let Found { reference, credential } = found;
    format!("{}  {}/{}/{}", reference.id.as_str(), reference.account, credential.owner.name, credential.name)
}

/// Says why an account could not be asked, or refused.
pub(super) fn refused(account: &AccountName, failure: &Failure) -> Outcome {
    complain(&format!("{account}: {}. {}", failure.sentence(), failure.next_step()));
    if failure.kind == FailureKind::LoggedOut { Outcome::LoggedOut } else { Outcome::Failed }
}

fn not_known(name: &AccountName) -> Failure {
    Failure::new(FailureKind::Unsupported, format!("there is no account {name}"))
}

/// As JSON, in a line of its own.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).map_or_else(|_never| String::from("null\n"), |text| text + "\n")
}
