//! The list of accounts: show one or all, add, edit, remove, log in and out.

use crate::app::connection;
use crate::app::effect::Effect;
use crate::app::model::{Model, SessionView, Shown, Tone};
use crate::app::pane::account_form::AccountForm;
use crate::app::pane::login;
use crate::app::update::Turn;
use crate::keymap::action::Action;

/// The list. Its lines are the accounts in order, then "all accounts".
#[derive(Debug, Default)]
pub struct Accounts {
    /// The line under the cursor.
    pub cursor: usize,
    /// Whether removing the account under the cursor was asked for once; a second `x` does it.
    pub removing: bool,
}

impl Accounts {
    /// The list, with the cursor on what is shown.
    pub fn open(model: &Model) -> Self {
        let cursor = match model.shown {
            Shown::One(index) => index,
            Shown::All => model.accounts.len(),
        };
        Self { cursor, removing: false }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        let removing = std::mem::take(&mut self.removing);
        let chosen = (self.cursor < model.accounts.len()).then_some(self.cursor);
        match action {
            Action::Down => self.cursor = (self.cursor + 1).min(model.accounts.len()),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Back => return Turn::close(),
            Action::Open => {
                connection::show(model, chosen.map_or(Shown::All, Shown::One));
                return Turn::close();
            }
            Action::AddAccount => return AccountForm::open_new(model),
            Action::Edit => {
                return chosen.map_or_else(Turn::stay, |index| AccountForm::open_existing(model, index));
            }
            Action::RemoveAccount => return self.remove(model, chosen, removing),
            Action::LogIn => return chosen.map_or_else(Turn::stay, |index| login::open_for(model, index)),
            Action::LogOut => return log_out(model, chosen),
            _ => {}
        }
        Turn::stay()
    }

    /// Removing asks by wanting the same key twice; secrets and the server are not touched.
    fn remove(&mut self, model: &mut Model, chosen: Option<usize>, removing: bool) -> Turn {
        let Some(index) = chosen else { return Turn::stay() };
        let Some(name) = model.accounts.get(index).map(|account| account.name().clone()) else {
            return Turn::stay();
        };
        if model.sandbox.is_some() {
            model.say(Tone::Plain, "the sandbox's accounts go when it ends");
            return Turn::stay();
        }
        if !removing {
            self.removing = true;
            model.say(Tone::Plain, format!("press x again to take {name} out of the settings; its credentials and stored secrets stay"));
            return Turn::stay();
        }
        model.notice = None;
        model.accounts.remove(index);
        self.cursor = self.cursor.min(model.accounts.len());
        connection::show(model, Shown::All);
        let accounts = model.accounts.iter().map(|account| account.account.clone()).collect();
        let request = model.request("writing the settings", false);
        Turn::effect(Effect::SaveAccounts { request, accounts, removed: Some(name) })
    }
}

/// Shows the next account, then all of them, then the first again.
pub fn next(model: &mut Model, forward: bool) -> Turn {
    let count = model.accounts.len();
    let position = match model.shown {
        Shown::One(index) => index,
        Shown::All => count,
    };
    let step = if forward { 1 } else { count };
    let wanted = (position + step) % (count + 1);
    connection::show(model, if wanted == count { Shown::All } else { Shown::One(wanted) });
    Turn::stay()
}

/// Forgets the session of an account.
pub fn log_out(model: &mut Model, index: Option<usize>) -> Turn {
    let Some(account) = index.and_then(|index| model.accounts.get_mut(index)) else { return Turn::stay() };
    account.session = SessionView::Out;
    account.listing = crate::domain::answer::Listing::default();
    account.listed = crate::app::model::Fetch::Idle;
    let name = account.name().clone();
    connection::rebuild(model);
    Turn::effect(Effect::LogOut(model.request(format!("logging out of {name}"), false), name))
}
