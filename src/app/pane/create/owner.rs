//! What a new credential will belong to: found in the list, or made on the way.

use tui_input::Input;

use super::{Create, CreateStep};
use crate::app::effect::Effect;
use crate::app::form::FieldKind;
use crate::app::model::{Model, Tone};
use crate::app::update::Turn;
use crate::domain::failure::Failure;
use crate::domain::owner::{Owner, OwnerRef};
use crate::keymap::action::Action;

impl Create {
    /// The owners the search lets through, in order.
    pub fn found<'a>(&self, model: &'a Model) -> Vec<&'a Owner> {
        let wanted = self.search.value().trim().to_lowercase();
        let owners =
            model.account(&self.account).map(|account| account.listing.owners.as_slice()).unwrap_or_default();
        owners.iter().filter(|owner| owner.name.as_str().to_lowercase().contains(&wanted)).collect()
    }

    pub(super) fn act_on_owners(&mut self, model: &mut Model, action: Action) -> Turn {
        let last = self.found(model).len().saturating_sub(1);
        match action {
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::PageDown => self.cursor = (self.cursor + 10).min(last),
            Action::PageUp => self.cursor = self.cursor.saturating_sub(10),
            Action::New => return self.new_owner(model),
            Action::Open => return self.choose_owner(model),
            Action::Back => return self.back(model),
            _ => {}
        }
        Turn::stay()
    }

    fn new_owner(&mut self, model: &mut Model) -> Turn {
        let abilities = model.account(&self.account).map(|account| account.abilities);
        if abilities.is_some_and(|abilities| abilities.owner.create) {
            let wanted = self.search.value().trim().to_owned();
            if let Some(field) = self.owner_form.field_mut("name") {
                field.kind = FieldKind::Text(Input::new(wanted));
            }
            self.step = CreateStep::NewOwner;
        } else {
            model.say(Tone::Plain, "owners cannot be made here");
        }
        Turn::stay()
    }

    fn choose_owner(&mut self, model: &mut Model) -> Turn {
        match self.found(model).get(self.cursor).map(|owner| owner.reference()) {
            Some(owner) => self.belong_to(model, owner),
            None => self.new_owner(model),
        }
    }

    fn belong_to(&mut self, model: &mut Model, owner: OwnerRef) -> Turn {
        let other = self.owner.as_ref().is_some_and(|known| known.id != owner.id);
        self.owner = Some(owner);
        if let (true, Some(account)) = (other, model.account(&self.account)) {
            self.begin_scopes(account);
        }
        self.go_on(model)
    }

    pub(super) fn act_on_new_owner(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::NextField => self.owner_form.move_focus(true),
            Action::PreviousField => self.owner_form.move_focus(false),
            Action::Open if !self.owner_form.at_end() => self.owner_form.move_focus(true),
            Action::Open => return self.make_owner(model),
            Action::Back => return self.back(model),
            _ => {}
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
                let reference = owner.reference();
                if let Some(account) = model.account_mut(&self.account) {
                    account.listing.owners.push(owner);
                }
                self.belong_to(model, reference)
            }
            Err(failure) => self.failed(model, failure),
        }
    }
}
