//! A new credential: owner, name, rights, check; then the reveal.

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{CreatePlan, Effect};
use crate::app::form::Form;
use crate::app::form::{self, Field};
use crate::app::model::{Model, Tone};
use crate::app::pane::{Overlay, unfinished};
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::account::AccountName;
use crate::domain::failure::{Effected, Failure};
use crate::domain::owner::Owner;
use crate::domain::owner::OwnerRef;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateStep {
    /// What it will belong to.
    Owner,
    /// A new owner's name, when none fits.
    NewOwner,
    /// Its name and what it is for.
    Name,
    /// What it may do and until when, and where it will be delivered.
    Rights,
    /// What will happen, in a sentence.
    Check,
}

impl CreateStep {
    /// The steps shown at the top.
    pub const SHOWN: [(Self, &'static str); 4] = [
        (Self::Owner, "owner"),
        (Self::Name, "name"),
        (Self::Rights, "scopes and expiry"),
        (Self::Check, "check"),
    ];
}

/// The wizard.
pub struct Create {
    /// Through which account.
    pub account: AccountName,
    /// The step on the screen.
    pub step: CreateStep,
    /// What narrows the list of owners.
    pub search: Input,
    /// The line of the list of owners.
    pub cursor: usize,
    /// The chosen owner.
    pub owner: Option<OwnerRef>,
    /// A new owner's fields: `name`, `description`.
    pub owner_form: Form,
    /// The credential's fields: `name`, `description`.
    pub form: Form,
    /// The request under way: a new owner, or the credential.
    pub running: Option<RequestId>,
    /// Why the last try failed.
    pub failure: Option<Failure>,
}

impl Create {
    /// The context of the step.
    pub fn context(&self) -> Context {
        match self.step {
            CreateStep::Owner => Context::Pick,
            CreateStep::NewOwner | CreateStep::Name => Context::Form,
            CreateStep::Rights | CreateStep::Check => Context::Page,
        }
    }
}

impl Create {
    /// Opens on the choice of an owner; the owner under the cursor is offered first.
    pub fn open(model: &mut Model, index: usize) -> Turn {
        let Some(pane) = Self::new(model, index) else { return Turn::stay() };
        Turn::open(Overlay::Create(Box::new(pane)))
    }

    /// Opens on a new owner.
    pub fn open_new_owner(model: &mut Model, index: usize) -> Turn {
        let Some(mut pane) = Self::new(model, index) else { return Turn::stay() };
        pane.step = CreateStep::NewOwner;
        Turn::open(Overlay::Create(Box::new(pane)))
    }

    fn new(model: &Model, index: usize) -> Option<Self> {
        let account = model.accounts.get(index)?;
        let abilities = account.abilities;
        let mut pane = Self {
            account: account.name().clone(),
            step: CreateStep::Owner,
            search: Input::default(),
            cursor: 0,
            owner: None,
            owner_form: Form::new(vec![
                Field::text("name", "name", abilities.owner.names.words, ""),
                Field::text("description", "description", "what it is for; may stay empty", ""),
            ]),
            form: Form::new(vec![
                Field::text("name", "name", abilities.credential.names.words, ""),
                Field::text("description", "description", "what it is for; may stay empty", ""),
            ]),
            running: None,
            failure: None,
        };
        let here = model.selected().map(|(_, credential)| credential.owner.id.clone());
        let found = pane.found(model);
        pane.cursor = here.and_then(|id| found.iter().position(|owner| owner.id == id)).unwrap_or(0);
        Some(pane)
    }

    /// The owners the search lets through, in order.
    pub fn found<'a>(&self, model: &'a Model) -> Vec<&'a Owner> {
        let wanted = self.search.value().trim().to_lowercase();
        let owners =
            model.account(&self.account).map(|account| account.listing.owners.as_slice()).unwrap_or_default();
        owners.iter().filter(|owner| owner.name.as_str().to_lowercase().contains(&wanted)).collect()
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        if self.running.is_some() && action != Action::Back {
            return Turn::stay();
        }
        match (self.step, action) {
            (_, Action::Back) => return self.back(),
            (CreateStep::Owner, Action::Down) => {
                self.cursor = (self.cursor + 1).min(self.found(model).len().saturating_sub(1));
            }
            (CreateStep::Owner, Action::Up) => self.cursor = self.cursor.saturating_sub(1),
            (CreateStep::Owner, Action::PageDown) => {
                self.cursor = (self.cursor + 10).min(self.found(model).len().saturating_sub(1));
            }
            (CreateStep::Owner, Action::PageUp) => self.cursor = self.cursor.saturating_sub(10),
            (CreateStep::Owner, Action::New) => return self.new_owner(model),
            (CreateStep::Owner, Action::Open) => return self.choose_owner(model),
            (CreateStep::NewOwner, Action::NextField) => self.owner_form.move_focus(true),
            (CreateStep::NewOwner, Action::PreviousField) => self.owner_form.move_focus(false),
            (CreateStep::NewOwner, Action::Open) if !self.owner_form.at_end() => {
                self.owner_form.move_focus(true);
            }
            (CreateStep::NewOwner, Action::Open) => return self.make_owner(model),
            (CreateStep::Name, Action::NextField) => self.form.move_focus(true),
            (CreateStep::Name, Action::PreviousField) => self.form.move_focus(false),
            (CreateStep::Name, Action::Open) => self.name(model),
            (CreateStep::Rights, Action::Open) => self.step = CreateStep::Check,
            (CreateStep::Check, Action::Open) if self.is_unclear() => {
                return unfinished::open(model).and_close();
            }
            (CreateStep::Check, Action::Open) => return self.send(model),
            _ => {}
        }
        Turn::stay()
    }

    /// Whether the credential was asked for and nobody knows whether it was made. It is not asked for again from here.
    pub fn is_unclear(&self) -> bool {
        self.step == CreateStep::Check
            && self.failure.as_ref().is_some_and(|failure| failure.effected == Effected::Unknown)
    }

    /// One step back; from the first the wizard closes. A request under way goes on and is shown when it ends.
    fn back(&mut self) -> Turn {
        if self.running.is_some() || self.is_unclear() {
            return Turn::close();
        }
        self.failure = None;
        self.step = match self.step {
            CreateStep::Owner => return Turn::close(),
            CreateStep::NewOwner | CreateStep::Name => CreateStep::Owner,
            CreateStep::Rights => CreateStep::Name,
            CreateStep::Check => CreateStep::Rights,
        };
        Turn::stay()
    }

    fn new_owner(&mut self, model: &mut Model) -> Turn {
        let abilities = model.account(&self.account).map(|account| account.abilities);
        if abilities.is_some_and(|abilities| abilities.owner.create) {
            let wanted = self.search.value().trim().to_owned();
            if let Some(field) = self.owner_form.field_mut("name") {
                field.kind = crate::app::form::FieldKind::Text(Input::new(wanted));
            }
            self.step = CreateStep::NewOwner;
        } else {
            model.say(Tone::Plain, "owners cannot be made here");
        }
        Turn::stay()
    }

    fn choose_owner(&mut self, model: &mut Model) -> Turn {
        match self.found(model).get(self.cursor) {
            Some(owner) => {
                self.owner = Some(owner.reference());
                self.step = CreateStep::Name;
            }
            None => return self.new_owner(model),
        }
        Turn::stay()
    }

    fn make_owner(&mut self, model: &mut Model) -> Turn {
        let name = self.owner_form.value("name");
        let Some(account) = model.account(&self.account) else { return Turn::close() };
        if let Err(why) = account.abilities.owner.names.check(&name) {
            self.owner_form.refuse("name", why);
            return Turn::stay();
        }
        self.failure = None;
        let request = model.request(format!("making {name}"), true);
        self.running = Some(request);
        let description = self.owner_form.value("description");
        Turn::effect(Effect::CreateOwner { request, account: self.account.clone(), name, description })
    }

    /// A new owner was made, or not.
    pub fn owner_made(&mut self, model: &mut Model, result: Result<Owner, Failure>) -> Turn {
        self.running = None;
        match result {
            Ok(owner) => {
                model.say(Tone::Good, format!("made {}", owner.name));
                self.owner = Some(owner.reference());
                self.step = CreateStep::Name;
                if let Some(account) = model.account_mut(&self.account) {
                    account.listing.owners.push(owner);
                }
                Turn::stay()
            }
            Err(failure) => self.failed(model, failure),
        }
    }

    fn name(&mut self, model: &Model) {
        let name = self.form.value("name");
        let Some(account) = model.account(&self.account) else { return };
        if let Err(why) = account.abilities.credential.names.check(&name) {
            self.form.refuse("name", why);
            return;
        }
        let taken = account.listing.credentials.iter().any(|one| {
            one.name.as_str() == name && self.owner.as_ref().is_some_and(|owner| owner.id == one.owner.id)
        });
        if taken {
            self.form.refuse("name", "this owner has one of that name already");
        } else if self.form.at_end() {
            self.step = CreateStep::Rights;
        } else {
            self.form.move_focus(true);
        }
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        let Some(owner) = self.owner.clone() else { return Turn::stay() };
        let name = self.form.value("name");
        self.failure = None;
        let request = model.request(format!("creating '{name}' for {}", owner.name), true);
        self.running = Some(request);
        let kind = model
            .account(&self.account)
            .map_or_else(String::new, |account| account.abilities.credential.noun.to_owned());
        let plan = CreatePlan {
            account: self.account.clone(),
            owner,
            name,
            description: self.form.value("description"),
            kind,
            scopes: Vec::new(),
            expiry: None,
        };
        Turn::effect(Effect::Create(request, plan))
    }

    /// The secret did not come.
    pub fn issue_failed(&mut self, model: &mut Model, failure: Failure) -> Turn {
        self.running = None;
        self.failed(model, failure)
    }

    fn failed(&mut self, model: &mut Model, failure: Failure) -> Turn {
        let turn = settle::failed(model, &self.account, &failure);
        self.failure = Some(failure);
        let index = model.account_index(&self.account);
        let effects = index.and_then(|index| connection::list(model, index)).into_iter().collect();
        Turn { effects, ..turn }
    }

    /// A key that is text.
    pub fn key(&mut self, key: Key) {
        if self.running.is_some() {
            return;
        }
        match self.step {
            CreateStep::Owner => {
                form::edit(&mut self.search, key);
                self.cursor = 0;
            }
            CreateStep::NewOwner => self.owner_form.key(key),
            CreateStep::Name => self.form.key(key),
            CreateStep::Rights | CreateStep::Check => {}
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        match self.step {
            CreateStep::Owner => {
                form::paste(&mut self.search, text);
                self.cursor = 0;
            }
            CreateStep::NewOwner => self.owner_form.paste(text),
            CreateStep::Name => self.form.paste(text),
            CreateStep::Rights | CreateStep::Check => {}
        }
    }
}
