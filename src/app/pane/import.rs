//! Taking in a secret that exists already: pasted, presented to the server, matched to its row, stored.

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{Effect, ImportPlan};
use crate::app::form::Form;
use crate::app::form::{Field, FieldKind};
use crate::app::model::{Model, Tone};
use crate::app::pane::Overlay;
use crate::app::pane::login;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::keymap::action::Action;

/// The dialogue.
pub struct Import {
    /// Through which account.
    pub account: AccountName,
    /// The field: `secret`.
    pub form: Form,
    /// The import under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Import {
    /// Opens for the account at hand.
    pub fn open(model: &mut Model) -> Turn {
        let Some(index) = model.current_account() else { return Turn::stay() };
        let Some(account) = model.accounts.get(index) else { return Turn::stay() };
        if account.session().is_none() {
            return login::open_for(model, index);
        }
        let hint = "paste it here; it is presented to the server, matched to its row and stored";
        let form = Form::new(vec![Field::secret("secret", "secret", hint)]);
        let pane = Self { account: account.name().clone(), form, running: None, failure: None };
        Turn::open(Overlay::Import(Box::new(pane)))
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => Turn::close(),
            Action::Open if self.running.is_none() => self.send(model),
            _ => Turn::stay(),
        }
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        let taken = match self.form.field_mut("secret").map(|field| &mut field.kind) {
            Some(FieldKind::Secret(buffer)) if !buffer.is_empty() => buffer.take(),
            _ => {
                self.form.refuse("secret", "paste or type the secret first");
                return Turn::stay();
            }
        };
        self.failure = None;
        let request = model.request("importing a secret", true);
        self.running = Some(request);
        Turn::effect(Effect::Import(request, ImportPlan { account: self.account.clone(), secret: taken }))
    }

    /// The import has its answer.
    pub fn imported(&mut self, model: &mut Model, result: Result<CredentialRef, Failure>) -> Turn {
        self.running = None;
        match result {
            Ok(reference) => {
                let now = model.now;
                let name = model.account(&reference.account).and_then(|account| account.find(&reference));
                let text = name.map_or_else(
                    || String::from("stored"),
                    |one| format!("stored the secret of '{}'", one.name),
                );
                model.say(Tone::Good, text);
                if let Some(account) = model.account_mut(&reference.account) {
                    let facts = account.facts.entry(reference.clone()).or_default();
                    (facts.stored, facts.verified, facts.orphan) = (true, Some(now), false);
                }
                connection::rebuild(model);
                connection::point_at(model, &reference);
                Turn::close()
            }
            Err(failure) => {
                let turn = settle::failed(model, &self.account, &failure);
                self.failure = Some(failure);
                turn
            }
        }
    }
}
