//! Restarting a server that reads its credentials only when it starts: asked for, or said how it is done by hand.

use crate::app::findings::about;
use crate::app::model::{AccountState, Model, Pane, Tone};
use crate::app::pane::Overlay;
use crate::app::pane::confirm::{Asked, Confirm};
use crate::app::pane::credentials::writing;
use crate::app::pane::message::Message;
use crate::app::update::Turn;
use crate::domain::ability::RestartAbility;
use crate::keymap;
use crate::keymap::action::Action;
use crate::keymap::table::Context;

/// Asks before the server of the account at hand is restarted.
pub fn begin(model: &mut Model) -> Turn {
    let index = at_hand(model);
    let account = index.and_then(|index| model.accounts.get(index));
    let Some(account) = account else { return writing(model, index, |facts| &facts.may_create, ask) };
    if account.abilities.restart.is_none() {
        let text = format!("changes count at once on {}: there is no server to restart", account.name());
        model.say(Tone::Plain, text);
        return Turn::stay();
    }
    writing(model, index, |facts| &facts.may_create, ask)
}

/// The account of the finding under the cursor, else the one at hand.
fn at_hand(model: &Model) -> Option<usize> {
    let line = model.findings.get(model.finding_cursor).filter(|_| model.pane == Pane::Findings);
    let found = line.and_then(|line| about(model, *line)).map(|(account, _)| account.name().clone());
    found.and_then(|name| model.account_index(&name)).or_else(|| model.current_account())
}

fn ask(model: &mut Model, index: usize) -> Turn {
    let Some(account) = model.accounts.get(index) else { return Turn::stay() };
    let Some(restart) = account.abilities.restart else { return Turn::stay() };
    let title = format!("Restart the server of {}", account.name());
    let mut lines = vec![waiting(account), String::from(restart.sentence)];
    let Some(command) = command(account, restart) else {
        lines.push(String::from(restart.by_hand));
        lines.push(by_hand(account, restart));
        return Turn::open(Overlay::Message(Box::new(Message::plain(&title, lines))));
    };
    lines.push(format!("This will be run: {command}"));
    let must_type = account.account.protected.then(|| account.name().to_string());
    let asked = Asked::Restart(account.name().clone());
    Turn::open(Overlay::Confirm(Box::new(Confirm::new(asked, title, lines, must_type))))
}

/// How many credentials wait for it.
fn waiting(account: &AccountState) -> String {
    let pending = |one: &&crate::domain::credential::Credential| one.particulars.pending.is_some();
    match account.listing.credentials.iter().filter(pending).count() {
        0 => String::from("No credential that is listed waits for a restart."),
        1 => String::from("One credential waits for it."),
        count => format!("{count} credentials wait for it."),
    }
}

/// The command of the account, if it has one.
pub fn command(account: &AccountState, restart: RestartAbility) -> Option<&str> {
    account.account.setting(restart.setting).map(str::trim).filter(|command| !command.is_empty())
}

fn by_hand(account: &AccountState, restart: RestartAbility) -> String {
    let label = account.abilities.settings.iter().find(|field| field.id == restart.setting);
    let label = label.map_or(restart.setting, |field| field.label);
    format!("Then refresh (R). With a '{label}' in the account (p, then e) keywright does it.")
}

/// The key that restarts, said where something waits for it.
pub fn key() -> &'static str {
    let mut bindings = keymap::bindings(Context::Credentials);
    let found = bindings.find(|binding| binding.action == Action::Restart);
    found.and_then(|binding| binding.keys.first().copied()).unwrap_or_default()
}
