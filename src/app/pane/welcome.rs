//! The first start: three choices, and the logins of other tools that were found.

use crate::app::connection;
use crate::app::effect::{Effect, Keeping, RequestId};
use crate::app::found::{Around, FoundView};
use crate::app::model::{AccountState, Fetch, Model, SandboxView, Shown, Tone, VaultView};
use crate::app::pane::Overlay;
use crate::app::pane::account_form::AccountForm;
use crate::app::pane::message::Message;
use crate::app::update::{Turn, leave};
use crate::domain::ability::Abilities;
use crate::domain::account::Account;
use crate::domain::failure::Failure;
use crate::keymap::action::Action;

/// The choices, in order.
pub const CHOICES: [(&str, &str); 3] = [
    ("Try the sandbox", "embedded servers on this machine with made-up people and keys; nothing is kept"),
    ("Add an account", "a server you look after: its address and a name for it"),
    ("Look at the keyring", "whether this machine can keep secrets, and what to do if it cannot"),
];

/// The welcome pane.
#[derive(Debug, Default)]
pub struct Welcome {
    /// The choice under the cursor; what was found comes after [`CHOICES`].
    pub cursor: usize,
    /// The look around under way.
    pub looking: Option<RequestId>,
    /// What other tools left here, once it is known.
    pub around: Option<Around>,
}

impl Welcome {
    /// Opens on the first start, and looks for what other tools left here.
    pub fn open(model: &mut Model) -> Turn {
        let look = model.request("looking for what other tools left here", false);
        let pane = Self { looking: Some(look), ..Self::default() };
        Turn { effects: vec![Effect::LookAround(look)], ..Turn::open(Overlay::Welcome(pane)) }
    }

    /// What was found, by account: the first thing of each tells its backend, server and login name.
    pub fn accounts(&self) -> Vec<Vec<&FoundView>> {
        let mut accounts: Vec<Vec<&FoundView>> = Vec::new();
        for one in self.around.iter().flat_map(|around| &around.found) {
            let same = |known: &&mut Vec<&FoundView>| {
                let key = |view: &FoundView| (view.backend, view.endpoint.clone(), view.login.clone());
                known.first().is_some_and(|first| key(first) == key(one))
            };
            match accounts.iter_mut().find(same) {
                Some(known) => known.push(one),
                None => accounts.push(vec![one]),
            }
        }
        accounts
    }

    /// What other tools left here is known. A look that failed leaves the three choices.
    pub fn looked(&mut self, result: Result<Around, Failure>) -> Turn {
        self.looking = None;
        self.around = result.ok();
        Turn::stay()
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Down => {
                self.cursor = (self.cursor + 1).min(CHOICES.len() + self.accounts().len() - 1);
            }
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Back => return Turn::close(),
            Action::Quit => return Turn { effects: leave(model), ..Turn::default() },
            Action::Open => return self.choose(model),
            _ => {}
        }
        Turn::stay()
    }

    fn choose(&self, model: &mut Model) -> Turn {
        match self.cursor {
            0 => {
                let request = model.request("starting the sandbox", false);
                Turn::effect(Effect::StartSandbox(request)).and_close()
            }
            1 => AccountForm::open_new(model).and_close(),
            2 => look_at_keyring(model),
            further => {
                let accounts = self.accounts();
                let chosen = accounts.get(further - CHOICES.len()).and_then(|found| found.first());
                chosen.map_or_else(Turn::stay, |one| AccountForm::open_found(model, one).and_close())
            }
        }
    }
}

/// What the keyring is and what to do about it, to read.
fn keyring_page(vault: &VaultView) -> Message {
    let (bad, lines) = match vault {
        VaultView::Checking => {
            (false, vec![String::from("The keyring is being looked at; come back in a moment.")])
        }
        VaultView::Keyring(name) => {
            (false, vec![format!("Secrets go to {name}. A marker was written, read back and deleted.")])
        }
        VaultView::Kernel => {
            (false, vec![String::from("Secrets go to the kernel's keyring and are gone at the next reboot.")])
        }
        VaultView::Memory { .. } => {
            (false, vec![String::from("Secrets are held in memory, for this run only.")])
        }
        VaultView::Unusable { state, mend } => (
            true,
            vec![
                format!("{state}."),
                format!("What mends it: {mend}"),
                String::new(),
                String::from(
                    "Until then nothing that makes a one-time secret is sent. The command list (:) offers",
                ),
                String::from("the kernel's keyring, until reboot, and memory, for this run only."),
            ],
        ),
    };
    Message { title: String::from("Where secrets go"), lines, facts: false, bad, account: None, asking: None }
}

/// Looks at the store for secrets and shows what it is.
pub fn look_at_keyring(model: &mut Model) -> Turn {
    let page = Overlay::Message(Box::new(keyring_page(&model.vault)));
    Turn { open: Some(page), ..check_vault(model) }
}

/// Looks at the store for secrets.
pub fn check_vault(model: &mut Model) -> Turn {
    let request = model.request("looking at the keyring", false);
    model.vault_asked = request;
    Turn::effect(Effect::CheckVault(request))
}

/// Brings an open page about the keyring up to date.
pub fn refresh_keyring_page(model: &mut Model) {
    let fresh = keyring_page(&model.vault);
    for overlay in &mut model.overlays {
        if let Overlay::Message(page) = overlay
            && page.title == fresh.title
        {
            **page = keyring_page(&model.vault);
        }
    }
}

/// Uses another store for secrets from now on. What memory alone holds must not go without a word.
pub fn use_vault(model: &mut Model, keeping: Keeping) -> Turn {
    let same = matches!(
        (&model.vault, keeping),
        (VaultView::Keyring(_), Keeping::Keyring)
            | (VaultView::Kernel, Keeping::Kernel)
            | (VaultView::Memory { .. }, Keeping::Memory)
    );
    let holding = matches!(model.vault, VaultView::Memory { .. })
        && model
            .accounts
            .iter()
            .any(|account| account.facts.values().any(|facts| facts.stored || facts.old_stored));
    let refusal = match () {
        () if model.sandbox.is_some() => "the sandbox holds its secrets in memory, whatever there is",
        () if same => "that is where secrets go already",
        () if holding => {
            "memory holds secrets that would be lost; leave keywright first, or copy and rotate them"
        }
        () => "",
    };
    if !refusal.is_empty() {
        model.say(Tone::Plain, refusal);
        return Turn::stay();
    }
    let request = model.request("opening another store for secrets", false);
    model.vault_asked = request;
    Turn::effect(Effect::UseVault(request, keeping))
}

/// Moves the sandbox's clock ahead.
pub fn sandbox_clock(model: &mut Model) -> Turn {
    if model.sandbox.is_none() {
        model.say(Tone::Plain, "only the sandbox's clock can be moved");
        return Turn::stay();
    }
    let request = model.request("moving the sandbox's clock", false);
    let mut turn = Turn::effect(Effect::SandboxClock(request, 600));
    turn.effects.extend(connection::refresh(model));
    turn
}

/// The sandbox listens, or could not be started.
pub fn sandbox(model: &mut Model, result: Result<SandboxAccounts, Failure>) -> Vec<Effect> {
    match result {
        Ok(found) => {
            model.sandbox = Some(SandboxView { control: found.control });
            model.vault = VaultView::Memory { sandbox: true };
            model.accounts = found
                .accounts
                .into_iter()
                .map(|(account, abilities)| AccountState::new(account, abilities))
                .collect();
            let one = model.accounts.len() == 1;
            connection::show(model, if one { Shown::One(0) } else { Shown::All });
            for account in &mut model.accounts {
                account.opened = Fetch::Idle;
            }
            connection::open_all(model)
        }
        Err(failure) => {
            model.say(Tone::Bad, failure.sentence());
            Vec::new()
        }
    }
}

/// The accounts of a sandbox that listens.
pub struct SandboxAccounts {
    /// Each with what its backend can do.
    pub accounts: Vec<(Account, &'static Abilities)>,
    /// The control address.
    pub control: String,
}
