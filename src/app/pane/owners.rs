//! The owners pane.

use crate::app::connection;
use crate::app::model::{AccountState, Model, Pane, Shown, Tone};
use crate::app::pane::Overlay;
use crate::app::pane::confirm::{Asked, Confirm};
use crate::app::pane::create::Create;
use crate::app::pane::credentials::writing;
use crate::app::pane::edit::EditPane;
use crate::app::update::Turn;
use crate::domain::owner::Owner;
use crate::keymap::action::Action;

/// The owners shown, with the position of their account.
pub fn shown(model: &Model) -> Vec<(usize, &AccountState, &Owner)> {
    let accounts =
        model.shown_accounts().into_iter().filter_map(|index| Some((index, model.accounts.get(index)?)));
    accounts
        .flat_map(|(index, account)| account.listing.owners.iter().map(move |owner| (index, account, owner)))
        .collect()
}

/// How many credentials an owner has.
pub fn credentials_of(account: &AccountState, owner: &Owner) -> usize {
    account.listing.credentials.iter().filter(|one| one.owner.id == owner.id).count()
}

/// What an action means in the owners pane.
pub fn act(model: &mut Model, action: Action) -> Turn {
    let owners = shown(model);
    let last = owners.len().saturating_sub(1);
    let page = model.view.page_height;
    let chosen = owners.get(model.owner_cursor).map(|(index, _, owner)| (*index, (*owner).clone()));
    let cursor = model.owner_cursor;
    // With all accounts shown a new one is made where the one under the cursor is.
    let at = chosen.as_ref().map(|(index, _)| *index);
    let index = if action == Action::New { at.or_else(|| model.current_account()) } else { at };
    let may = index.and_then(|index| model.accounts.get(index));
    if let Some(why) = may.and_then(|account| cannot(account, action)) {
        model.say(Tone::Plain, why);
        return Turn::stay();
    }
    match action {
        Action::Down => model.owner_cursor = (cursor + 1).min(last),
        Action::Up => model.owner_cursor = cursor.saturating_sub(1),
        Action::PageDown => model.owner_cursor = (cursor + page).min(last),
        Action::PageUp => model.owner_cursor = cursor.saturating_sub(page),
        Action::First => model.owner_cursor = 0,
        Action::Last => model.owner_cursor = last,
        Action::Back => model.pane = Pane::Credentials,
        Action::New => {
            return writing(model, index, |facts| &facts.may_create, Create::open_new_owner);
        }
        Action::Open => {
            return chosen.map_or_else(Turn::stay, |(index, owner)| show_credentials(model, index, &owner));
        }
        Action::Edit => {
            let Some((index, owner)) = chosen else { return Turn::stay() };
            return writing(
                model,
                Some(index),
                |facts| &facts.may_revoke,
                |model, index| EditPane::open_owner(model, index, &owner),
            );
        }
        Action::Disable => {
            return ask(model, chosen, |account, owner| enable(account, owner, !owner.enabled));
        }
        Action::Revoke => return ask(model, chosen, delete),
        _ => {}
    }
    Turn::stay()
}

/// What this backend has no way to do with owners, in words.
fn cannot(account: &AccountState, action: Action) -> Option<String> {
    let owner = &account.abilities.owner;
    let (may, what) = match action {
        Action::New => (owner.create, "made"),
        Action::Disable => (owner.disable, "switched off or on"),
        Action::Revoke => (owner.delete, "deleted"),
        _ => return None,
    };
    (!may).then(|| format!("{} cannot be {what} here", owner.plural))
}

fn show_credentials(model: &mut Model, index: usize, owner: &Owner) -> Turn {
    model.pane = Pane::Credentials;
    model.table.filter = tui_input::Input::new(format!(
        "owner:{}",
        owner.name.as_str().split_whitespace().next().unwrap_or_default()
    ));
    connection::show(model, Shown::One(index));
    Turn::stay()
}

fn ask(
    model: &mut Model,
    chosen: Option<(usize, Owner)>,
    question: impl FnOnce(&AccountState, &Owner) -> Confirm,
) -> Turn {
    let Some((index, owner)) = chosen else { return Turn::stay() };
    writing(
        model,
        Some(index),
        |facts| &facts.may_revoke,
        |model, index| match model.accounts.get(index) {
            Some(account) => Turn::open(Overlay::Confirm(Box::new(question(account, &owner)))),
            None => Turn::stay(),
        },
    )
}

fn enable(account: &AccountState, owner: &Owner, on: bool) -> Confirm {
    let count = credentials_of(account, owner);
    let line = if on {
        format!("{} and its {count} credentials work again at once.", owner.name)
    } else {
        format!(
            "{} and its {count} credentials stop working at once, and can be switched on again.",
            owner.name
        )
    };
    let mut lines = vec![line];
    if !on && let Some(server) = &account.server {
        lines.extend(server.survives.disable.iter().map(|text| text.as_str().to_owned()));
    }
    let must_type = (account.account.protected && !on).then(|| owner.name.as_str().to_owned());
    let title =
        format!("Switch {} '{}' {}", account.abilities.owner.noun, owner.name, if on { "on" } else { "off" });
    Confirm::new(Asked::EnableOwner(account.name().clone(), owner.id.clone(), on), title, lines, must_type)
}

fn delete(account: &AccountState, owner: &Owner) -> Confirm {
    let names: Vec<&str> = account
        .listing
        .credentials
        .iter()
        .filter(|one| one.owner.id == owner.id)
        .map(|one| one.name.as_str())
        .collect();
    let mut lines =
        vec![format!("{} is deleted for good, and with it {} credentials:", owner.name, names.len())];
    lines.extend(names.iter().take(8).map(|name| format!("  {name}")));
    if names.len() > 8 {
        lines.push(format!("  and {} more", names.len() - 8));
    }
    if let Some(server) = &account.server {
        lines.extend(server.survives.revoke.iter().map(|text| text.as_str().to_owned()));
    }
    let title = format!("Delete {} '{}'", account.abilities.owner.noun, owner.name);
    // Deleting an owner can end many credentials at once, so its name is typed on every account.
    let must_type = Some(owner.name.as_str().to_owned());
    Confirm::new(Asked::DeleteOwner(account.name().clone(), owner.id.clone()), title, lines, must_type)
}
