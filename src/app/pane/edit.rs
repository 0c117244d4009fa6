//! Changing the name and description of a credential, or what can be changed of an owner.

use crate::app::connection;
use crate::app::effect::Effect;
use crate::app::effect::RequestId;
use crate::app::form::Field;
use crate::app::form::Form;
use crate::app::model::{Model, Tone};
use crate::app::pane::Overlay;
use crate::app::pane::create::owner::{field, filled};
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::OwnerField;
use crate::domain::account::AccountName;
use crate::domain::credential::Credential;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner};
use crate::domain::request::Edit;
use crate::keymap::action::Action;

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Name and description of a credential.
    Credential(CredentialRef),
    /// What can be changed of an owner.
    Owner(AccountName, Id),
}

/// The editor.
pub struct EditPane {
    /// What is changed.
    pub subject: Subject,
    /// What it is called now, for the title.
    pub title: String,
    /// The fields: `name` and `description` of a credential, those of the ability of an owner.
    pub form: Form,
    /// The change under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl EditPane {
    /// Opens on a credential.
    pub fn open(model: &mut Model, index: usize, credential: &Credential) -> Turn {
        let Some(account) = model.accounts.get(index) else { return Turn::stay() };
        let kind = account.abilities.kind(credential.kind);
        if !kind.edit {
            let what = if account.abilities.further.is_empty() { account.abilities.title } else { kind.noun };
            let text = if what == kind.noun {
                format!("name and description of a {what} cannot be changed")
            } else {
                format!("{what} cannot change names or descriptions")
            };
            model.say(Tone::Plain, text);
            return Turn::stay();
        }
        let mut fields = vec![Field::text("name", "name", kind.names.words, credential.name.as_str())];
        if kind.describe {
            fields.push(Field::text(
                "description",
                "description",
                "what it is for",
                credential.description.as_str(),
            ));
        }
        let pane = Self {
            subject: Subject::Credential(credential.reference(account.name())),
            title: format!("'{}' of {}", credential.name, credential.owner.name),
            form: Form::new(fields),
            running: None,
            failure: None,
        };
        Turn::open(Overlay::Edit(Box::new(pane)))
    }

    /// Opens on an owner.
    pub fn open_owner(model: &mut Model, index: usize, owner: &Owner) -> Turn {
        let Some(account) = model.accounts.get(index) else { return Turn::stay() };
        let fields = account.abilities.owner.edits;
        if fields.is_empty() {
            let text =
                format!("{} cannot change {}", account.abilities.title, account.abilities.owner.plural);
            model.say(Tone::Plain, text);
            return Turn::stay();
        }
        let mut form = Form::new(fields.iter().map(field).collect());
        form.fill("name", owner.name.as_str());
        let pane = Self {
            subject: Subject::Owner(account.name().clone(), owner.id.clone()),
            title: format!("{} '{}'", account.abilities.owner.noun, owner.name),
            form,
            running: None,
            failure: None,
        };
        Turn::open(Overlay::Edit(Box::new(pane)))
    }

    /// The account it is changed through.
    pub fn account(&self) -> &AccountName {
        match &self.subject {
            Subject::Credential(credential) => &credential.account,
            Subject::Owner(account, _) => account,
        }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => return Turn::close(),
            Action::NextField => self.form.move_focus(true),
            Action::PreviousField => self.form.move_focus(false),
            Action::Open if self.running.is_some() => {}
            Action::Open if !self.form.at_end() => self.form.move_focus(true),
            Action::Open => return self.send(model),
            _ => {}
        }
        Turn::stay()
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        match self.subject.clone() {
            Subject::Credential(credential) => self.send_credential(model, credential),
            Subject::Owner(account, owner) => self.send_owner(model, account, owner),
        }
    }

    fn send_owner(&mut self, model: &mut Model, account: AccountName, owner: Id) -> Turn {
        let Some(state) = model.account(&account) else { return Turn::close() };
        let (names, fields) = (&state.abilities.owner.names, state.abilities.owner.edits);
        let missing = |field: &&OwnerField| !field.optional && self.form.is_empty(field.id);
        if let Some(field) = fields.iter().find(missing) {
            self.form.refuse(field.id, "this is needed");
            return Turn::stay();
        }
        let name = self.form.value("name");
        if let Err(why) = names.check(&name)
            && self.form.field("name").is_some()
        {
            self.form.refuse("name", why);
            return Turn::stay();
        }
        self.failure = None;
        let request = model.request(format!("changing {}", self.title), true);
        self.running = Some(request);
        let form = filled(&mut self.form, fields, name);
        Turn::effect(Effect::EditOwner { request, account, owner, form })
    }

    fn send_credential(&mut self, model: &mut Model, credential: CredentialRef) -> Turn {
        let Some(account) = model.account(&credential.account) else { return Turn::close() };
        let name = self.form.value("name");
        let known = account.find(&credential);
        let kind = known.map_or(&account.abilities.credential, |known| account.abilities.kind(known.kind));
        if let Err(why) = kind.names.check(&name) {
            self.form.refuse("name", why);
            return Turn::stay();
        }
        let description = self.form.field("description").map(|_| self.form.value("description"));
        let edit = Edit {
            name: Some(name).filter(|name| known.is_none_or(|known| known.name.as_str() != name)),
            description: description
                .filter(|text| known.is_none_or(|known| known.description.as_str() != text)),
            enabled: None,
        };
        if edit == Edit::default() {
            return Turn::close();
        }
        self.failure = None;
        let request = model.request(format!("changing {}", self.title), true);
        self.running = Some(request);
        Turn::effect(Effect::Edit(request, credential, edit))
    }

    /// The change has its answer.
    pub fn edited(&mut self, model: &mut Model, result: Result<Credential, Failure>) -> Turn {
        self.running = None;
        match result {
            Ok(credential) => {
                model.say(Tone::Good, format!("changed {}", self.title));
                connection::update_credential(model, &self.account().clone(), credential);
                Turn::close()
            }
            Err(failure) => {
                let turn = settle::failed(model, &self.account().clone(), &failure);
                self.failure = Some(failure);
                turn
            }
        }
    }
}

impl EditPane {
    /// The change of an owner has its answer.
    pub fn owner_edited(&mut self, model: &mut Model, result: Result<Owner, Failure>) -> Turn {
        self.running = None;
        let account = self.account().clone();
        match result {
            Ok(owner) => {
                model.say(Tone::Good, format!("changed {}", self.title));
                let known = model
                    .account_mut(&account)
                    .and_then(|account| account.listing.owners.iter_mut().find(|known| known.id == owner.id));
                if let Some(known) = known {
                    *known = owner;
                }
                let index = model.account_index(&account);
                let effects = index.and_then(|index| connection::list(model, index)).into_iter().collect();
                Turn { effects, ..Turn::close() }
            }
            Err(failure) => {
                let turn = settle::failed(model, &account, &failure);
                self.failure = Some(failure);
                turn
            }
        }
    }
}

/// A change came to its end after its overlay was closed.
pub fn without_overlay(model: &mut Model, result: Result<Credential, Failure>) -> Vec<Effect> {
    match result {
        Ok(credential) => model.say(Tone::Good, format!("changed '{}'", credential.name)),
        Err(failure) => model.say(Tone::Bad, failure.sentence()),
    }
    connection::refresh(model)
}
