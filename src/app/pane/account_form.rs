//! The account editor: backend, name, address, certificate file, protected or not.

use crate::app::effect::RequestId;
use crate::app::form::Form;
use crate::domain::account::AccountName;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::app::connection;
use crate::app::effect::Effect;
use crate::app::form::{Field, FieldKind};
use crate::app::found::FoundView;
use crate::app::model::{AccountState, Model, Shown, Tone};
use crate::app::pane::import::Import;
use crate::app::pane::{Overlay, login};
use crate::app::update::Turn;
use crate::domain::ability::{Abilities, SettingField};
use crate::domain::account::{Account, Endpoint};
use crate::domain::failure::Failure;
use crate::keymap::action::Action;
use crate::keymap::key::Key;

/// Where the fields of the chosen backend stand: after its address.
const SETTINGS_AT: usize = 2;

/// The fields of a backend's own settings.
fn settings(abilities: &Abilities, value: impl Fn(&str) -> String) -> Vec<Field> {
    let field = |one: &SettingField| {
        let hint = if one.optional { format!("{}; may stay empty", one.hint) } else { one.hint.to_owned() };
        Field::text(one.id, one.label, &hint, &value(one.id))
    };
    abilities.settings.iter().map(field).collect()
}

/// The account editor.
pub struct AccountForm {
    /// The account being changed; `None` for a new one.
    pub editing: Option<AccountName>,
    /// The backends offered, by their word in the settings, in the order of the choice.
    pub backends: Vec<&'static str>,
    /// The fields: `backend`, `endpoint`, those of the chosen backend, `name`, `login`, `ca_file`, `protected`.
    pub form: Form,
    /// What was typed into fields of backends that are not chosen now.
    pub typed: BTreeMap<&'static str, String>,
    /// The settings being written.
    pub saving: Option<RequestId>,
    /// Whether it was filled in from what other tools left here, which can log in afterwards.
    pub found: bool,
}

impl AccountForm {
    /// Opens empty.
    pub fn open_new(model: &mut Model) -> Turn {
        Self::open(model, None)
    }

    /// Opens filled in with what other tools left here.
    pub fn open_found(model: &mut Model, one: &FoundView) -> Turn {
        let mut turn = Self::open(model, None);
        if let Some(Overlay::AccountForm(pane)) = &mut turn.open {
            let before = pane.form.chosen("backend");
            let at = pane.backends.iter().position(|id| *id == one.backend).unwrap_or(before);
            if let Some(FieldKind::Choice { chosen, .. }) =
                pane.form.field_mut("backend").map(|field| &mut field.kind)
            {
                *chosen = at;
            }
            pane.other_backend(model, before, at);
            pane.form.fill("endpoint", one.endpoint.as_ref().map_or("", Endpoint::as_str));
            pane.form.fill("login", one.login.as_deref().unwrap_or_default());
            let free = model.accounts.iter().all(|account| account.name().as_str() != one.backend);
            pane.form.fill("name", if free { one.backend } else { "" });
            pane.form.focus_on(if one.endpoint.is_some() { "name" } else { "endpoint" });
            pane.found = true;
        }
        turn
    }

    /// Opens on an account.
    pub fn open_existing(model: &mut Model, index: usize) -> Turn {
        let account = model.accounts.get(index).map(|account| account.account.clone());
        Self::open(model, account)
    }

    fn open(model: &mut Model, account: Option<Account>) -> Turn {
        if model.sandbox.is_some() {
            model.say(
                Tone::Plain,
                "the sandbox has its own accounts; start keywright without it to add yours",
            );
            return Turn::stay();
        }
        let backends: Vec<&'static str> = model.backends.iter().map(|abilities| abilities.id).collect();
        let titles = model.backends.iter().map(|abilities| abilities.title.to_owned()).collect();
        let known = account.as_ref();
        let chosen =
            known.and_then(|account| backends.iter().position(|id| *id == account.backend)).unwrap_or(0);
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let endpoint = text(known.map(|account| account.endpoint.as_str()));
        let ca_file =
            known.and_then(|account| account.ca_file.as_ref()).map(|path| path.display().to_string());
        let example = model.backends.get(chosen).map_or("", |abilities| abilities.endpoint);
        let mut fields = vec![
            Field::choice("backend", "backend", "Left and Right change it", titles, chosen),
            Field::text("endpoint", "address", example, &endpoint),
            Field::text(
                "name",
                "name",
                "how you call it: a-z, digits, '.', '_', '-'",
                known.map_or("", |account| account.name.as_str()),
            ),
            Field::text(
                "login",
                "login name",
                "offered at login; may stay empty",
                &text(known.and_then(|account| account.login.as_deref())),
            ),
            Field::text(
                "ca_file",
                "certificate file",
                "PEM to trust besides the system's; may stay empty",
                &ca_file.unwrap_or_default(),
            ),
            Field::switch(
                "protected",
                "protected",
                "destructive steps ask for a typed name; Space changes it",
                known.is_some_and(|account| account.protected),
            ),
        ];
        if let Some(abilities) = model.backends.get(chosen) {
            let value =
                |id: &str| known.and_then(|account| account.setting(id)).unwrap_or_default().to_owned();
            fields.splice(SETTINGS_AT..SETTINGS_AT, settings(abilities, value));
        }
        let editing = account.map(|account| account.name);
        let (form, typed) = (Form::new(fields), BTreeMap::new());
        Turn::open(Overlay::AccountForm(Box::new(Self {
            editing,
            backends,
            form,
            typed,
            saving: None,
            found: false,
        })))
    }

    /// A key that is text, or changes the backend: then its own fields take the place of the other's. What was typed
    /// stays.
    pub fn key(&mut self, model: &Model, key: Key) {
        let before = self.form.chosen("backend");
        self.form.key(key);
        self.other_backend(model, before, self.form.chosen("backend"));
    }

    /// The own fields of another backend take the place of those before.
    fn other_backend(&mut self, model: &Model, before: usize, chosen: usize) {
        let (Some(old), Some(new)) = (model.backends.get(before), model.backends.get(chosen)) else { return };
        if before == chosen {
            return;
        }
        for field in old.settings {
            self.typed.insert(field.id, self.form.value(field.id));
        }
        self.form.fields.retain(|field| old.settings.iter().all(|gone| gone.id != field.id));
        let value = |id: &str| self.typed.get(id).cloned().unwrap_or_default();
        self.form.fields.splice(SETTINGS_AT..SETTINGS_AT, settings(new, value));
        if let Some(field) = self.form.field_mut("endpoint") {
            (field.hint, field.error) = (new.endpoint.to_owned(), None);
        }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            // What is being written would be in the settings and not on the screen.
            Action::Back | Action::Open if self.saving.is_some() => {}
            Action::Back => return Turn::close(),
            Action::NextField => self.form.move_focus(true),
            Action::PreviousField => self.form.move_focus(false),
            Action::Open if !self.form.at_end() => self.form.move_focus(true),
            Action::Open => return self.save(model),
            _ => {}
        }
        Turn::stay()
    }

    fn save(&mut self, model: &mut Model) -> Turn {
        self.form.clear_errors();
        let Some(account) = self.validated(model) else { return Turn::stay() };
        let mut accounts: Vec<Account> = model.accounts.iter().map(|known| known.account.clone()).collect();
        match self.editing.as_ref().and_then(|name| accounts.iter_mut().find(|known| known.name == *name)) {
            Some(known) => *known = account,
            None => accounts.push(account),
        }
        let request = model.request("writing the settings", false);
        self.saving = Some(request);
        Turn::effect(Effect::SaveAccounts { request, accounts, removed: None })
    }

    /// The account as typed, or sentences beside the fields.
    fn validated(&mut self, model: &Model) -> Option<Account> {
        let name = AccountName::parse(&self.form.value("name"));
        let abilities = model.backends.get(self.form.chosen("backend")).copied()?;
        let endpoint = Endpoint::parse_as(&self.form.value("endpoint"), abilities.schemes);
        let settings = self.settings(abilities);
        if let Err(why) = &name {
            self.form.refuse("name", why.to_string());
        }
        if let Err(why) = &endpoint {
            self.form.refuse("endpoint", why.to_string());
        }
        let (name, endpoint, settings) = (name.ok()?, endpoint.ok()?, settings?);
        if self.editing.as_ref().is_some_and(|known| *known != name) {
            let why = "the name stays, because what is stored is kept under it; add another account instead";
            self.form.refuse("name", why);
            return None;
        }
        let taken = model.account(&name).is_some() && self.editing.as_ref() != Some(&name);
        if taken {
            self.form.refuse("name", "another account has this name");
            return None;
        }
        let optional = |id| Some(self.form.value(id)).filter(|text| !text.is_empty());
        Some(Account {
            name,
            backend: self.backends.get(self.form.chosen("backend")).map(|id| (*id).to_owned())?,
            endpoint,
            login: optional("login"),
            ca_file: optional("ca_file").map(PathBuf::from),
            protected: self.form.is_on("protected"),
            settings,
        })
    }

    /// What the backend needs besides, checked by its own rules; sentences beside the fields that are refused.
    fn settings(&mut self, abilities: &Abilities) -> Option<BTreeMap<String, String>> {
        let mut settings = BTreeMap::new();
        let mut good = true;
        for field in abilities.settings.iter().rev() {
            let value = self.form.value(field.id);
            let checked = match (value.is_empty(), field.optional) {
                (true, true) => continue,
                (true, false) => Err(String::from("this is needed")),
                (false, _) => (field.check)(&value),
            };
            if let Err(why) = checked {
                self.form.refuse(field.id, why);
                good = false;
            }
            settings.insert(field.id.to_owned(), value);
        }
        good.then_some(settings)
    }

    /// The settings were written, or not.
    pub fn saved(&mut self, model: &mut Model, result: Result<(), Failure>) -> Turn {
        self.saving = None;
        if let Err(failure) = result {
            self.form.refuse("name", failure.sentence());
            return Turn::stay();
        }
        let Some(account) = self.validated(model) else { return Turn::close() };
        let Some(abilities) =
            model.backends.iter().find(|abilities| abilities.id == account.backend).copied()
        else {
            return Turn::close();
        };
        let fresh = AccountState::new(account, abilities);
        let known = self.editing.as_ref().and_then(|name| model.account_index(name));
        let index = known.unwrap_or(model.accounts.len());
        match model.accounts.get_mut(index) {
            Some(known) => *known = fresh,
            None => model.accounts.push(fresh),
        }
        connection::show(model, Shown::One(index));
        let next = if self.found { Import::open_for } else { login::open_for };
        let mut turn = next(model, index).and_close();
        turn.effects.extend(connection::open(model, index));
        turn
    }
}
