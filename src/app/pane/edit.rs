//! Changing the name and description of a credential.

use crate::app::connection;
use crate::app::effect::Effect;
use crate::app::effect::RequestId;
use crate::app::form::Field;
use crate::app::form::Form;
use crate::app::model::{Model, Tone};
use crate::app::pane::Overlay;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::credential::Credential;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::request::Edit;
use crate::keymap::action::Action;

/// The editor.
pub struct EditPane {
    /// Which credential.
    pub credential: CredentialRef,
    /// What it is called now, for the title.
    pub title: String,
    /// The fields: `name`, `description`.
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
            credential: credential.reference(account.name()),
            title: format!("'{}' of {}", credential.name, credential.owner.name),
            form: Form::new(fields),
            running: None,
            failure: None,
        };
        Turn::open(Overlay::Edit(Box::new(pane)))
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
        let Some(account) = model.account(&self.credential.account) else { return Turn::close() };
        let name = self.form.value("name");
        if let Err(why) = account.abilities.credential.names.check(&name) {
            self.form.refuse("name", why);
            return Turn::stay();
        }
        let known = account.find(&self.credential);
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
        Turn::effect(Effect::Edit(request, self.credential.clone(), edit))
    }

    /// The change has its answer.
    pub fn edited(&mut self, model: &mut Model, result: Result<Credential, Failure>) -> Turn {
        self.running = None;
        match result {
            Ok(credential) => {
                model.say(Tone::Good, format!("changed {}", self.title));
                connection::update_credential(model, &self.credential.account, credential);
                Turn::close()
            }
            Err(failure) => {
                let turn = settle::failed(model, &self.credential.account, &failure);
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
