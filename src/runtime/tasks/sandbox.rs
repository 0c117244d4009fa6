//! The embedded sandbox: started, used instead of the settings, its clock moved.

use super::{Tasks, lock};
use crate::app::effect::Keeping;
use crate::app::pane::welcome::SandboxAccounts;
use crate::backend::registry;
use crate::domain::ability::Abilities;
use crate::domain::account::{Account, AccountName, Endpoint};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::text::Text;
use crate::sandbox::{self, FileAccount, Options};
use crate::secret::Secret;
use crate::state::State;
use crate::vault::Vault;

impl Tasks {
    /// Starts the sandbox in this process and uses it instead of the settings. Secrets are held in memory and the
    /// records too, so nothing is left of it.
    pub async fn start_sandbox(&self) -> Result<SandboxAccounts, Failure> {
        let failed = |why: String| Failure::new(FailureKind::ServerFailed, why);
        let started = tokio::task::block_in_place(|| sandbox::start(Options::default()));
        let sandbox = started.map_err(|error| failed(error.to_string()))?;
        self.use_state(State::in_memory().map_err(Failure::from)?);
        self.use_vault(Keeping::Memory, Vault::memory());
        let mut accounts = Vec::new();
        let mut logins = Vec::new();
        for (id, part, login) in sandbox.logins() {
            let (Some(known), Ok(name), Ok(endpoint)) = (
                registry::find(id),
                AccountName::parse(&format!("sandbox-{}", part.replace('_', "-"))),
                Endpoint::parse(&login.url),
            ) else {
                continue;
            };
            let account = Account {
                name: name.clone(),
                backend: id.to_owned(),
                endpoint,
                login: Some(login.username.clone()),
                ca_file: None,
                protected: false,
                settings: sandbox
                    .settings(id)
                    .into_iter()
                    .map(|(id, value)| (id.to_owned(), value))
                    .collect(),
            };
            accounts.push((account, known.abilities));
            logins.push((name, login));
        }
        accounts.extend(sandbox.files().into_iter().filter_map(file_account));
        let plain: Vec<Account> = accounts.iter().map(|(account, _)| account.clone()).collect();
        self.use_accounts(&plain);
        let control = sandbox.announcement().control.url.clone();
        *lock(&self.0.sandbox) = Some(sandbox);
        for (name, login) in logins {
            let login = Login {
                method: "password",
                fields: vec![("username", login.username)],
                secrets: vec![("password", Secret::new(login.password))],
            };
            self.log_in(&name, login, false).await?;
        }
        Ok(SandboxAccounts { accounts, control })
    }

    /// Moves the sandbox's clock ahead.
    pub fn move_sandbox_clock(&self, seconds: i64) -> Result<Text, Failure> {
        let moved = lock(&self.0.sandbox).as_ref().map(|sandbox| sandbox.advance_clock(seconds));
        match moved {
            Some(true) => {}
            Some(false) => return Err(Failure::new(FailureKind::Invalid, "the clock cannot go there")),
            None => return Err(Failure::new(FailureKind::Unsupported, "there is no sandbox")),
        }
        let minutes = seconds / 60;
        Ok(format!("the sandbox's clock is {minutes} minutes further on").into())
    }
}

/// An account for a backend whose credentials stand in a file, where nobody is asked to log in.
fn file_account((id, file): (&'static str, FileAccount)) -> Option<(Account, &'static Abilities)> {
    let known = registry::find(id)?;
    let account = Account {
        name: AccountName::parse(&format!("sandbox-{id}")).ok()?,
        backend: id.to_owned(),
        endpoint: Endpoint::parse_as(&file.endpoint, known.abilities.schemes).ok()?,
        login: None,
        ca_file: None,
        protected: false,
        settings: file.settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
    };
    Some((account, known.abilities))
}
