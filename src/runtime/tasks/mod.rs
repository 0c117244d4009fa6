//! What effects come to: one function for each, over the backends, the keyring and the records. The companion
//! commands use the same functions.
//!
//! Decisions are the app's; here they are carried out in an order that loses nothing. Start with [`Tasks`];
//! [`issue`] is where secrets are made and kept.

mod access;
mod alone;
mod bulk;
mod checking;
mod deliver;
mod give;
mod issue;
mod kept;
mod known;
mod list;
mod look;
mod loose;
mod owners;
mod pace;
mod present;
mod promises;
mod renewal;
mod revoke;
mod run;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod stored;
mod take_in;
mod unfinished;
mod vend;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::clipboard::Clipboard;
use crate::app::effect::{Keeping, RequestId};
use crate::app::model::VaultView;
use crate::app::msg::Msg;
use crate::backend::{Backend, Clock, Context, Session};
use crate::config::Paths;
use crate::domain::account::{Account, AccountName};
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::scope::Granted;
use crate::domain::target::Target;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::state::{Happening, State, StateError, StoredEntry};
use crate::vault::{self, MemoryReason, Vault, VaultStatus};

/// How long commands wait for the keyring.
const KEYRING_PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Everything effects need. A clone is another handle.
#[derive(Clone)]
pub struct Tasks(Arc<Inner>);

struct Inner {
    clock: Clock,
    clipboard: Arc<dyn Clipboard>,
    messages: UnboundedSender<Msg>,
    paths: Paths,
    /// The records, opened at the first use, after the first frame.
    state: Mutex<Option<State>>,
    vault: Mutex<(Keeping, Vault)>,
    accounts: Mutex<Vec<Account>>,
    /// The targets of the settings.
    targets: Mutex<Vec<Target>>,
    backends: Mutex<HashMap<AccountName, Arc<dyn Backend>>>,
    sessions: Mutex<HashMap<AccountName, Arc<Session>>>,
    /// One renewal of an account at a time.
    renewing: Mutex<HashMap<AccountName, Arc<tokio::sync::Mutex<()>>>>,
    /// The commands that logged in in this run, where they are not the settings' own.
    commands: Mutex<HashMap<AccountName, String>>,
    /// What memory holds of each credential, the oldest first, when that is where secrets go.
    held: Mutex<HashMap<CredentialRef, Vec<StoredEntry>>>,
    /// What other tools left here, as of the last look.
    found: Mutex<Option<look::Looked>>,
    /// Operations this program is carrying out right now.
    active: Mutex<HashSet<Uuid>>,
    /// Many at once: what tells each to begin nothing more.
    halts: Mutex<HashMap<RequestId, tokio::sync::watch::Sender<bool>>>,
    /// Reads that can be stopped.
    cancels: Mutex<HashMap<RequestId, tokio::task::AbortHandle>>,
    #[cfg(feature = "sandbox")]
    sandbox: Mutex<Option<crate::sandbox::Sandbox>>,
}

/// What [`Tasks::new`] takes.
pub struct Setup {
    /// The clock of this machine.
    pub clock: Clock,
    /// Where copies go.
    pub clipboard: Arc<dyn Clipboard>,
    /// Where replies go.
    pub messages: UnboundedSender<Msg>,
    /// Where things are.
    pub paths: Paths,
    /// Where secrets go.
    pub keeping: Keeping,
    /// The accounts of the settings.
    pub accounts: Vec<Account>,
}

impl Tasks {
    /// Nothing is opened before it is first used.
    pub fn new(setup: Setup) -> Self {
        Self(Arc::new(Inner {
            clock: setup.clock,
            clipboard: setup.clipboard,
            messages: setup.messages,
            paths: setup.paths,
            state: Mutex::new(None),
            vault: Mutex::new((setup.keeping, open_vault(setup.keeping))),
            accounts: Mutex::new(setup.accounts),
            targets: Mutex::default(),
            backends: Mutex::default(),
            sessions: Mutex::default(),
            renewing: Mutex::default(),
            commands: Mutex::default(),
            held: Mutex::default(),
            found: Mutex::default(),
            active: Mutex::default(),
            halts: Mutex::default(),
            cancels: Mutex::default(),
            #[cfg(feature = "sandbox")]
            sandbox: Mutex::default(),
        }))
    }

    /// Now, on our clock.
    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The records.
    fn state(&self) -> Result<State, Failure> {
        let mut slot = lock(&self.0.state);
        if let Some(state) = slot.as_ref() {
            return Ok(state.clone());
        }
        let state = State::open(&self.0.paths.state).map_err(Failure::from)?;
        *slot = Some(state.clone());
        Ok(state)
    }

    /// Uses these records; for the sandbox and for tests.
    pub fn use_state(&self, state: State) {
        *lock(&self.0.state) = Some(state);
    }

    fn vault(&self) -> Vault {
        lock(&self.0.vault).1.clone()
    }

    fn keeping(&self) -> Keeping {
        lock(&self.0.vault).0
    }

    /// Uses this vault; for the sandbox and for tests.
    pub fn use_vault(&self, keeping: Keeping, vault: Vault) {
        lock(&self.0.held).clear();
        *lock(&self.0.vault) = (keeping, vault);
    }

    /// Waits longer for the keyring from now on: nobody looks at a screen meanwhile, and many commands at once are served
    /// one after the other.
    #[must_use]
    pub fn patient(self) -> Self {
        {
            let mut slot = lock(&self.0.vault);
            slot.1 = slot.1.clone().with_deadline(KEYRING_PATIENCE);
        }
        self
    }

    /// Looks at the store for secrets: a marker is written, read and deleted. Says so while it keeps us waiting.
    pub async fn check_vault(&self) -> VaultView {
        view(&self.ask_vault().await)
    }

    /// The same, as the vault says it.
    async fn ask_vault(&self) -> VaultStatus {
        let vault = self.vault();
        let mut status = vault.status();
        let check = vault.check();
        tokio::pin!(check);
        loop {
            tokio::select! {
                found = &mut check => {
                    self.tell(Msg::VaultWaiting(false));
                    return found;
                }
                Ok(()) = status.changed() => {
                    let waiting = matches!(*status.borrow_and_update(), VaultStatus::Waiting);
                    self.tell(Msg::VaultWaiting(waiting));
                }
            }
        }
    }

    /// Uses another store from now on, and looks at it.
    pub async fn switch_vault(&self, keeping: Keeping) -> VaultView {
        self.use_vault(keeping, open_vault(keeping));
        self.check_vault().await
    }

    /// Sends a message that is not the reply to a request. The loop may be gone already; then nobody needs it.
    fn tell(&self, msg: Msg) {
        drop(self.0.messages.send(msg));
    }

    /// Writes a line into the audit log. A log that cannot be written stops nothing, but is told.
    fn record(&self, action: &str, account: &AccountName, object: &str, result: &str) {
        let happening = self.happening(action, account, object, result);
        if let Err(failure) = self.state().and_then(|state| state.record(&happening).map_err(Failure::from)) {
            tracing::warn!(action, "the audit log could not be written: {}", failure.sentence());
        }
    }

    fn happening(&self, action: &str, account: &AccountName, object: &str, result: &str) -> Happening {
        Happening {
            at: self.now(),
            action: action.to_owned(),
            account: account.as_str().to_owned(),
            credential: object.to_owned(),
            result: result.to_owned(),
        }
    }

    /// What a credential was granted, with everything spelled out where that can be.
    pub fn spelled(&self, account: &AccountName, kind: &str, granted: &Granted) -> Granted {
        self.backend(account)
            .map_or_else(|_unknown| granted.clone(), |backend| backend.abilities().spelled(kind, granted))
    }

    /// The context backends are opened with.
    fn context(&self) -> Result<Context, Failure> {
        let device = self.state()?.device().map_err(|error: StateError| Failure::from(error))?;
        Ok(Context { clock: Arc::clone(&self.0.clock), device })
    }

    /// Clears the clipboard if it still holds what we put there, within a short bound: for the end.
    pub async fn clear_clipboard_at_exit(&self) {
        self.0.clipboard.clear_at_exit().await;
    }
}

fn open_vault(keeping: Keeping) -> Vault {
    Vault::open(match keeping {
        Keeping::Keyring => vault::Keeping::Keyring,
        Keeping::Kernel => vault::Keeping::Kernel,
        Keeping::Memory => vault::Keeping::Memory,
    })
}

/// What the header shows of a status.
fn view(status: &VaultStatus) -> VaultView {
    match status {
        VaultStatus::Checking | VaultStatus::Waiting => VaultView::Checking,
        VaultStatus::Keyring { title } => VaultView::Keyring(Text::clean(title)),
        VaultStatus::Kernel => VaultView::Kernel,
        VaultStatus::Memory { why } => VaultView::Memory { sandbox: *why == MemoryReason::Sandbox },
        VaultStatus::Unusable { state } => {
            VaultView::Unusable { state: state.words().into(), mend: state.mend().into() }
        }
    }
}

/// A panic elsewhere leaves these maps whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The failure of an account nobody knows.
fn no_account(name: &AccountName) -> Failure {
    Failure::new(FailureKind::Unsupported, format!("there is no account {name}"))
}
