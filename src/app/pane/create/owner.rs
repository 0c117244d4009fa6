//! What a new credential will belong to: found in the list, or made on the way.

use tui_input::Input;

use super::{Create, CreateStep};
use crate::app::effect::Effect;
use crate::app::form::{Field, FieldKind, Form};
use crate::app::model::{AccountState, Model, Tone};
use crate::app::update::Turn;
use crate::domain::ability::{Abilities, CredentialAbility, OwnerField, OwnerFieldKind};
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::request::OwnerForm;
use crate::keymap::action::Action;

impl Create {
    /// The owners the search lets through, in order.
    pub fn found<'a>(&self, model: &'a Model) -> Vec<&'a Owner> {
        let wanted = self.search.value().trim().to_lowercase();
        let Some(account) = model.account(&self.account) else { return Vec::new() };
        self.fitting(account).filter(|owner| owner.name.as_str().to_lowercase().contains(&wanted)).collect()
    }

    /// The owners that may have a credential of this kind.
    pub fn fitting<'a>(&self, account: &'a AccountState) -> impl Iterator<Item = &'a Owner> + use<'a> {
        let may_own = self.ability(account).may_own;
        account.listing.owners.iter().filter(move |owner| may_own(&owner.id))
    }

    /// The one owner there can be: nothing to choose. Where owners can be made, only if those would not fit.
    pub(super) fn only_owner<'a>(&self, account: &'a AccountState) -> Option<&'a Owner> {
        let mut fitting = self.fitting(account);
        let (only, further) = (fitting.next()?, fitting.next());
        let others = account.listing.owners.len() > 1;
        (further.is_none() && (others || !account.abilities.owner.create)).then_some(only)
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
        let abilities = account.abilities;
        if let Err(why) = abilities.owner.names.check(&name) {
            self.owner_form.refuse("name", why);
            return Turn::stay();
        }
        let missing = |field: &&OwnerField| !field.optional && self.owner_form.is_empty(field.id);
        if let Some(field) = abilities.owner.fields.iter().find(missing) {
            self.owner_form.refuse(field.id, "this is needed");
            return Turn::stay();
        }
        self.failure = None;
        let request = model.request(format!("making {name}"), true);
        self.running = Some(request);
        let form = filled(&mut self.owner_form, abilities.owner.fields, name);
        Turn::effect(Effect::CreateOwner { request, account: self.account.clone(), form })
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
                self.fit_kind(model, &reference.id);
                self.belong_to(model, reference)
            }
            Err(failure) => self.failed(model, failure),
        }
    }

    /// Goes over to a kind of credential that the new owner may have.
    fn fit_kind(&mut self, model: &Model, owner: &Id) {
        let Some(account) = model.account(&self.account) else { return };
        let fits = |kind: &CredentialAbility| kind.create.is_ok() && (kind.may_own)(owner);
        if fits(self.ability(account)) {
            return;
        }
        if let Some(kind) = account.abilities.kinds().position(fits) {
            self.kind = kind;
            self.begin_kind(account);
        }
    }
}

/// The fields of an owner's form, laid out.
pub(super) fn laid_out(abilities: &Abilities) -> Form {
    let mut fields = vec![Field::text("name", "name", abilities.owner.names.words, "")];
    fields.extend(abilities.owner.fields.iter().map(field));
    Form::new(fields)
}

/// One field of an owner's form.
pub fn field(field: &OwnerField) -> Field {
    match field.kind {
        OwnerFieldKind::Text => Field::text(field.id, field.label, field.hint, ""),
        OwnerFieldKind::Secret => Field::secret(field.id, field.label, field.hint),
        OwnerFieldKind::Choice(options) => {
            let options = options.iter().map(|&option| option.to_owned()).collect();
            Field::choice(field.id, field.label, field.hint, options, 0)
        }
    }
}

/// What was filled in. Secrets leave the form with it.
pub fn filled(form: &mut Form, fields: &'static [OwnerField], name: String) -> OwnerForm {
    let mut filled = OwnerForm { name, ..OwnerForm::default() };
    for field in fields {
        match form.field_mut(field.id).map(|field| &mut field.kind) {
            Some(FieldKind::Secret(buffer)) if !buffer.is_empty() => {
                filled.secrets.push((field.id, buffer.take()));
            }
            Some(FieldKind::Secret(_)) | None => {}
            Some(FieldKind::Text(_) | FieldKind::Choice { .. } | FieldKind::Switch(_)) => {
                filled.fields.push((field.id, form.value(field.id)));
            }
        }
    }
    filled
}
