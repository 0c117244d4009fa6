//! A new credential: kind, owner, name, scopes, expiry, targets, check; then the reveal. A step with nothing to decide is not
//! one.

pub mod owner;

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{CreatePlan, Effect};
use crate::app::expiry::ExpiryChoice;
use crate::app::form::Form;
use crate::app::form::{self, Field};
use crate::app::model::{AccountState, Model, Tone};
use crate::app::pane::message::Message;
use crate::app::pane::{Overlay, by_hand, credentials, deliver, unfinished};
use crate::app::scopes::{Picked, ScopePicker};
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::{CredentialAbility, ExpiryModel, RotationForm, ScopeModel};
use crate::domain::account::AccountName;
use crate::domain::failure::{Effected, Failure};
use crate::domain::owner::OwnerRef;
use crate::domain::owner::{Id, Owner};
use crate::domain::scope::ScopeOffer;
use crate::domain::target::TargetName;
use crate::domain::text::Text;
use crate::domain::time::Date;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateStep {
    /// Which kind of credential.
    Kind,
    /// What it will belong to.
    Owner,
    /// A new owner's name, when none fits.
    NewOwner,
    /// Its name and what it is for.
    Name,
    /// What it may do and until when, where neither is to be decided.
    Rights,
    /// What it may do.
    Scopes,
    /// Until when.
    Expiry,
    /// Where its secret will go, where the settings describe such places.
    Targets,
    /// What will happen, in a sentence.
    Check,
}

/// The wizard.
pub struct Create {
    /// Through which account.
    pub account: AccountName,
    /// The step on the screen.
    pub step: CreateStep,
    /// The kind of credential, and the line of the list of kinds.
    pub kind: usize,
    /// What narrows the list of owners.
    pub search: Input,
    /// The line of the list of owners.
    pub cursor: usize,
    /// The chosen owner.
    pub owner: Option<OwnerRef>,
    /// A new owner's fields: `name`, `description`.
    pub owner_form: Form,
    /// The credential's fields: `name`, and `description` where there is one.
    pub form: Form,
    /// The name that is used twice, once the operator was told.
    pub twice: Option<String>,
    /// The choice of scopes, where there is one.
    pub picker: Option<ScopePicker>,
    /// The choice of an end, where there is one.
    pub expiry: Option<ExpiryChoice>,
    /// Where its secret will go, in this order.
    pub targets: Vec<TargetName>,
    /// The line of the list of targets.
    pub target: usize,
    /// Whether it is made by hand on a page, because this login cannot make it.
    pub by_hand: bool,
    /// The request under way: a new owner, the page, or the credential.
    pub running: Option<RequestId>,
    /// Why the last try failed.
    pub failure: Option<Failure>,
}

impl Create {
    /// The context of the step.
    pub fn context(&self) -> Context {
        match self.step {
            CreateStep::Kind => Context::Choose,
            CreateStep::Owner => Context::Pick,
            CreateStep::NewOwner | CreateStep::Name => Context::Form,
            CreateStep::Scopes => self.picker.as_ref().map_or(Context::Page, ScopePicker::context),
            CreateStep::Expiry => self.expiry.as_ref().map_or(Context::Page, ExpiryChoice::context),
            CreateStep::Targets => Context::Targets,
            CreateStep::Rights | CreateStep::Check => Context::Page,
        }
    }

    /// The kind of credential that is made.
    pub fn ability(&self, account: &AccountState) -> &'static CredentialAbility {
        account.abilities.kinds().nth(self.kind).unwrap_or(&account.abilities.credential)
    }

    /// The steps there are for this kind in this account, with their words.
    pub fn steps(&self, model: &Model, account: &AccountState) -> Vec<(CreateStep, &'static str)> {
        let ability = self.ability(account);
        let chosen = matches!(ability.scopes, ScopeModel::Chosen(_));
        let dated = matches!(ability.expiry, ExpiryModel::Date { .. });
        let all = [
            (account.abilities.kinds().count() > 1, CreateStep::Kind, "kind"),
            (self.only_owner(account).is_none(), CreateStep::Owner, "owner"),
            (true, CreateStep::Name, "name"),
            (!chosen && !dated, CreateStep::Rights, "scopes and expiry"),
            (chosen, CreateStep::Scopes, "scopes"),
            (dated, CreateStep::Expiry, "expiry"),
            (!model.targets.is_empty(), CreateStep::Targets, "targets"),
            (true, CreateStep::Check, "check"),
        ];
        all.into_iter().filter(|(there, _, _)| *there).map(|(_, step, word)| (step, word)).collect()
    }

    /// The date on which it is to end, as chosen.
    pub fn end(&self, model: &Model) -> Option<Date> {
        let account = model.account(&self.account)?;
        self.expiry.as_ref()?.end(account.server_time(model.now)).ok().flatten()
    }
}

/// `n`: the wizard, where this login may make one or there is a page to make it on by hand.
pub fn begin(model: &mut Model) -> Turn {
    let index = model.current_account();
    let account = index.and_then(|index| model.accounts.get(index));
    let by_hand = account.filter(|one| one.session().is_some_and(|facts| facts.may_create.is_err()));
    let Some(account) = by_hand else {
        return credentials::writing(model, index, |facts| &facts.may_create, Create::open);
    };
    let plan = CreatePlan {
        account: account.name().clone(),
        kind: account.abilities.credential.noun.to_owned(),
        owner: OwnerRef { id: Id::new(""), name: Text::default() },
        name: String::new(),
        description: String::new(),
        scopes: Vec::new(),
        expiry: None,
        targets: Vec::new(),
    };
    Turn::effect(Effect::CreationPage(model.request("finding the page where it is made", false), plan))
}

/// Whether there is such a page: then the wizard leads to it, else it is said why nothing can be made.
pub fn page_told(model: &mut Model, account: &AccountName, result: Result<Option<Text>, Failure>) {
    if !model.overlays.is_empty() {
        return;
    }
    let Some(index) = model.account_index(account) else { return };
    let turn = match result {
        Ok(Some(_)) => Create::open(model, index),
        Ok(None) => credentials::writing(model, Some(index), |facts| &facts.may_create, Create::open),
        Err(failure) => {
            model.say(Tone::Bad, failure.sentence());
            settle::failed(model, account, &failure)
        }
    };
    model.overlays.extend(turn.open);
}

fn fields(ability: &CredentialAbility) -> Form {
    let mut fields = vec![Field::text("name", "name", ability.names.words, "")];
    if ability.describe {
        fields.push(Field::text("description", "description", "what it is for; may stay empty", ""));
    }
    Form::new(fields)
}

impl Create {
    /// Opens on the first choice there is; the owner under the cursor is offered first.
    pub fn open(model: &mut Model, index: usize) -> Turn {
        match Self::new(model, index) {
            Some(Ok(pane)) => Turn::open(Overlay::Create(Box::new(pane))),
            Some(Err(why)) => Turn::open(Overlay::Message(Box::new(Message {
                bad: true,
                ..Message::plain("Nothing can be made here", vec![why.to_owned()])
            }))),
            None => Turn::stay(),
        }
    }

    /// Opens on a new owner.
    pub fn open_new_owner(model: &mut Model, index: usize) -> Turn {
        let Some(Ok(mut pane)) = Self::new(model, index) else { return Turn::stay() };
        pane.step = CreateStep::NewOwner;
        Turn::open(Overlay::Create(Box::new(pane)))
    }

    /// The wizard, or why nothing can be made.
    fn new(model: &Model, index: usize) -> Option<Result<Self, &'static str>> {
        let account = model.accounts.get(index)?;
        let abilities = account.abilities;
        let Some(kind) = abilities.kinds().position(|kind| kind.create.is_ok()) else {
            return abilities.credential.create.err().map(Err);
        };
        let mut pane = Self {
            account: account.name().clone(),
            step: CreateStep::Check,
            kind,
            search: Input::default(),
            cursor: 0,
            owner: None,
            owner_form: owner::laid_out(abilities),
            form: Form::default(),
            twice: None,
            picker: None,
            expiry: None,
            targets: Vec::new(),
            target: 0,
            by_hand: account.session().is_some_and(|facts| facts.may_create.is_err()),
            running: None,
            failure: None,
        };
        pane.begin_kind(account);
        pane.step = pane.steps(model, account).first().map_or(CreateStep::Check, |(step, _)| *step);
        let here = model.selected().map(|(_, credential)| credential.owner.id.clone());
        let found = pane.found(model);
        pane.cursor = here.and_then(|id| found.iter().position(|owner| owner.id == id)).unwrap_or(0);
        Some(Ok(pane))
    }

    /// Lays out what the chosen kind asks for. What was typed as a name stays.
    fn begin_kind(&mut self, account: &AccountState) {
        let ability = self.ability(account);
        let typed = ["name", "description"].map(|id| (id, self.form.value(id)));
        self.form = fields(ability);
        for (id, value) in typed {
            if let Some(field) = self.form.field_mut(id) {
                field.kind = form::FieldKind::Text(Input::new(value));
            }
        }
        self.expiry = ExpiryChoice::new(&ability.expiry);
        // An owner chosen before may not have one of this kind.
        let kept = self.owner.take().filter(|owner| (ability.may_own)(&owner.id));
        self.owner = kept.or_else(|| self.only_owner(account).map(Owner::reference));
        self.begin_scopes(account);
    }

    /// Nothing chosen: what there is to choose from depends on kind and owner.
    fn begin_scopes(&mut self, account: &AccountState) {
        self.picker = match &self.ability(account).scopes {
            ScopeModel::AsOwner(_) => None,
            ScopeModel::Chosen(choice) => Some(ScopePicker::new(choice)),
        };
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        if self.running.is_some() && action != Action::Back {
            return Turn::stay();
        }
        match self.step {
            CreateStep::Kind => self.act_on_kinds(model, action),
            CreateStep::Owner => self.act_on_owners(model, action),
            CreateStep::NewOwner => self.act_on_new_owner(model, action),
            CreateStep::Name => self.act_on_name(model, action),
            CreateStep::Scopes => self.act_on_scopes(model, action),
            CreateStep::Expiry => self.act_on_expiry(model, action),
            CreateStep::Targets => self.act_on_targets(model, action),
            CreateStep::Rights => match action {
                Action::Back => self.back(model),
                Action::Open => self.go_on(model),
                _ => Turn::stay(),
            },
            CreateStep::Check => match action {
                Action::Back => self.back(model),
                Action::Open if self.is_unclear() => unfinished::open(model).and_close(),
                Action::Open if self.by_hand => self.ask_page(model),
                Action::Open => self.send(model),
                _ => Turn::stay(),
            },
        }
    }

    /// Whether the credential was asked for and nobody knows whether it was made. It is not asked for again from here.
    pub fn is_unclear(&self) -> bool {
        self.step == CreateStep::Check
            && self.failure.as_ref().is_some_and(|failure| failure.effected == Effected::Unknown)
    }

    /// The step so many further on, if there is one.
    fn neighbour(&self, model: &Model, by: isize) -> Option<CreateStep> {
        let steps = self.steps(model, model.account(&self.account)?);
        let here = if self.step == CreateStep::NewOwner { CreateStep::Owner } else { self.step };
        let position = steps.iter().position(|(step, _)| *step == here)?.checked_add_signed(by)?;
        steps.get(position).map(|(step, _)| *step)
    }

    /// The next step; what it needs from the server is asked for.
    fn go_on(&mut self, model: &mut Model) -> Turn {
        if let Some(next) = self.neighbour(model, 1) {
            self.step = next;
            self.failure = None;
        }
        if self.step == CreateStep::Scopes { self.ask_offers(model) } else { Turn::stay() }
    }

    /// One step back; from the first the wizard closes. A request under way goes on and is shown when it ends.
    fn back(&mut self, model: &Model) -> Turn {
        if self.running.is_some() || self.is_unclear() {
            return Turn::close();
        }
        self.failure = None;
        if self.step == CreateStep::NewOwner {
            self.step = CreateStep::Owner;
            return Turn::stay();
        }
        match self.neighbour(model, -1) {
            Some(step) => self.step = step,
            None => return Turn::close(),
        }
        Turn::stay()
    }

    fn act_on_kinds(&mut self, model: &mut Model, action: Action) -> Turn {
        let Some(account) = model.account(&self.account) else { return Turn::close() };
        let last = account.abilities.kinds().count().saturating_sub(1);
        match action {
            Action::Down => self.kind = (self.kind + 1).min(last),
            Action::Up => self.kind = self.kind.saturating_sub(1),
            Action::Open => {
                if let Err(why) = self.ability(account).create {
                    model.say(Tone::Plain, why);
                    return Turn::stay();
                }
                self.begin_kind(account);
                return self.go_on(model);
            }
            Action::Back => return self.back(model),
            _ => {}
        }
        Turn::stay()
    }

    fn act_on_name(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::NextField => self.form.move_focus(true),
            Action::PreviousField => self.form.move_focus(false),
            Action::Open => return self.name(model),
            Action::Back => return self.back(model),
            _ => {}
        }
        Turn::stay()
    }

    fn name(&mut self, model: &mut Model) -> Turn {
        let name = self.form.value("name");
        let Some(account) = model.account(&self.account) else { return Turn::close() };
        let ability = self.ability(account);
        if let Err(why) = ability.names.check(&name) {
            self.form.refuse("name", why);
            return Turn::stay();
        }
        let taken = account.listing.credentials.iter().any(|one| {
            one.name.as_str() == name && self.owner.as_ref().is_some_and(|owner| owner.id == one.owner.id)
        });
        // A backend that rotates with a second credential of the same name takes a name twice.
        let shared = matches!(ability.rotation, RotationForm::TwoCredentials { .. });
        if taken && self.twice.as_ref() != Some(&name) {
            let again = if shared { "; Enter once more gives it to a second one" } else { "" };
            self.form.refuse("name", format!("this owner has one of that name already{again}"));
            self.twice = shared.then_some(name);
            return Turn::stay();
        }
        self.form.clear_errors();
        if self.form.at_end() {
            return self.go_on(model);
        }
        self.form.move_focus(true);
        Turn::stay()
    }

    fn act_on_scopes(&mut self, model: &mut Model, action: Action) -> Turn {
        let picked = self.picker.as_mut().map_or(Picked::GoOn, |picker| picker.act(action));
        match picked {
            Picked::Stay => Turn::stay(),
            Picked::Back => self.back(model),
            Picked::GoOn => self.go_on(model),
            Picked::Ask => self.ask_offers(model),
        }
    }

    /// Asks for what the server has to choose from, if it has something and was not asked yet.
    fn ask_offers(&mut self, model: &mut Model) -> Turn {
        let kind = model.account(&self.account).map_or("", |account| self.ability(account).noun);
        let (Some(picker), Some(owner)) = (&mut self.picker, &self.owner) else { return Turn::stay() };
        picker.ask(model, &self.account, kind, &owner.id).map_or_else(Turn::stay, Turn::effect)
    }

    /// The server's offers came, or did not.
    pub fn offered(&mut self, model: &mut Model, result: Result<Vec<ScopeOffer>, Failure>) -> Turn {
        let turn = match &result {
            Ok(_) => Turn::stay(),
            Err(failure) => settle::failed(model, &self.account, failure),
        };
        if let Some(picker) = &mut self.picker {
            picker.offered(result);
        }
        turn
    }

    /// An answer was lost to a bug of ours.
    pub fn stop_waiting(&mut self, request: RequestId, bug: Failure) {
        match &mut self.picker {
            Some(picker) if picker.request() == Some(request) => picker.offered(Err(bug)),
            _ => (self.running, self.failure) = (None, Some(bug.unknown())),
        }
    }

    fn act_on_expiry(&mut self, model: &mut Model, action: Action) -> Turn {
        let Some(account) = model.account(&self.account) else { return Turn::close() };
        let now = account.server_time(model.now);
        match (action, &mut self.expiry) {
            (Action::Back, _) => self.back(model),
            (Action::Open, Some(choice)) => match choice.end(now) {
                Ok(_) => self.go_on(model),
                Err(why) => {
                    choice.error = Some(why);
                    Turn::stay()
                }
            },
            (action, Some(choice)) => {
                choice.act(action);
                Turn::stay()
            }
            (_, None) => self.go_on(model),
        }
    }

    fn act_on_targets(&mut self, model: &mut Model, action: Action) -> Turn {
        let lines = deliver::choices(model, &self.targets);
        match action {
            Action::Back => return self.back(model),
            Action::Open => return self.go_on(model),
            Action::Down => self.target = (self.target + 1).min(lines.len().saturating_sub(1)),
            Action::Up => self.target = self.target.saturating_sub(1),
            Action::Mark => {
                let Some(line) = lines.get(self.target) else { return Turn::stay() };
                if line.note.is_some() {
                    self.targets.retain(|name| *name != line.name);
                } else {
                    self.targets.push(line.name.clone());
                }
                // The cursor stays on the target, whose line moved.
                let after = deliver::choices(model, &self.targets);
                self.target = after.iter().position(|one| one.name == line.name).unwrap_or(0);
            }
            _ => {}
        }
        Turn::stay()
    }

    /// What is to be made, as filled in.
    pub fn plan(&self, model: &Model) -> Option<CreatePlan> {
        let account = model.account(&self.account)?;
        Some(CreatePlan {
            account: self.account.clone(),
            owner: self.owner.clone()?,
            name: self.form.value("name"),
            description: self.form.value("description"),
            kind: self.ability(account).noun.to_owned(),
            scopes: self.picker.as_ref().map(ScopePicker::chosen).unwrap_or_default(),
            expiry: self.end(model),
            targets: self.targets.clone(),
        })
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        if connection::must_wait(model, &self.account) {
            return Turn::stay();
        }
        let Some(plan) = self.plan(model) else { return Turn::stay() };
        self.failure = None;
        let request = model.request(format!("creating '{}' for {}", plan.name, plan.owner.name), true);
        self.running = Some(request);
        Turn::effect(Effect::Create(request, plan))
    }

    /// Asks for the page on which it is made, filled in.
    fn ask_page(&mut self, model: &mut Model) -> Turn {
        let Some(plan) = self.plan(model) else { return Turn::stay() };
        self.failure = None;
        let request = model.request("finding the page", false);
        self.running = Some(request);
        Turn::effect(Effect::CreationPage(request, plan))
    }

    /// The page on which it is made; it lies over the wizard.
    pub fn page_told(&mut self, model: &mut Model, result: Result<Option<Text>, Failure>) -> Turn {
        self.running = None;
        match (result, self.plan(model)) {
            (Ok(Some(page)), Some(plan)) => Turn::open(by_hand::open(model, plan, None, page)),
            (Ok(_), _) => {
                model.say(Tone::Bad, "there is no page on which it is made");
                Turn::stay()
            }
            (Err(failure), _) => self.failed(model, failure),
        }
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
            CreateStep::Scopes => self.picker.iter_mut().for_each(|picker| picker.key(key)),
            CreateStep::Expiry => self.expiry.iter_mut().for_each(|choice| choice.key(key)),
            CreateStep::Kind | CreateStep::Rights | CreateStep::Targets | CreateStep::Check => {}
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
            CreateStep::Scopes => self.picker.iter_mut().for_each(|picker| picker.paste(text)),
            CreateStep::Expiry => self.expiry.iter_mut().for_each(|choice| choice.paste(text)),
            CreateStep::Kind | CreateStep::Rights | CreateStep::Targets | CreateStep::Check => {}
        }
    }
}
