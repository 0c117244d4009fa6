//! Taking in a secret that exists already: pasted, or found where another tool left it. It is presented to the server,
//! matched to its row and stored. Where nobody is logged in yet, what was found can do that too.

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{Effect, ImportPlan};
use crate::app::findings;
use crate::app::form::Form;
use crate::app::form::{Field, FieldKind};
use crate::app::found::{Around, FoundKind, FoundView, LooseFile};
use crate::app::model::{Model, Tone};
use crate::app::pane::Overlay;
use crate::app::pane::confirm;
use crate::app::pane::login;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::{Abilities, CredentialAbility, WHOLE};
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::SessionFacts;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::secret::{Part, Parts};

/// The dialogue.
pub struct Import {
    /// Through which account.
    pub account: AccountName,
    /// The kind whose parts are asked for, where kinds have unlike ones: a position in [`Abilities::shapes`].
    pub shape: usize,
    /// The fields: `kind` (a choice, where kinds have unlike parts), one for each part. A focus behind them is on what was
    /// found.
    pub form: Form,
    /// The import or the login under way.
    pub running: Option<RequestId>,
    /// Whether what is under way is a login.
    pub logging_in: bool,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The look around under way.
    pub looking: Option<RequestId>,
    /// What other tools of this backend left here, once it is known.
    pub around: Option<Around>,
}

impl Import {
    /// Opens for the account at hand.
    pub fn open(model: &mut Model) -> Turn {
        model.current_account().map_or_else(Turn::stay, |index| Self::open_for(model, index))
    }

    /// Opens for an account, and looks for what other tools left here.
    pub fn open_for(model: &mut Model, index: usize) -> Turn {
        let Some(account) = model.accounts.get(index) else { return Turn::stay() };
        let (account, form) = (account.name().clone(), fields(account.abilities, 0));
        let look = model.request("looking for what other tools left here", false);
        let pane = Self {
            account,
            shape: 0,
            form,
            running: None,
            logging_in: false,
            failure: None,
            looking: Some(look),
            around: None,
        };
        Turn { effects: vec![Effect::LookAround(look)], ..Turn::open(Overlay::Import(Box::new(pane))) }
    }

    /// The found thing under the cursor.
    pub fn chosen(&self) -> Option<&FoundView> {
        let position = self.form.focus.checked_sub(self.form.fields.len())?;
        self.around.as_ref()?.found.get(position)
    }

    /// The file under the cursor that others can read; such files stand behind what was found.
    pub fn loose(&self) -> Option<&LooseFile> {
        let around = self.around.as_ref()?;
        around.loose.get(self.form.focus.checked_sub(self.form.fields.len() + around.found.len())?)
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => return self.back(model),
            Action::NextField => self.move_cursor(true),
            Action::PreviousField => self.move_cursor(false),
            Action::Open if self.loose().is_some() => {
                let asked = self.loose().map(confirm::tighten);
                return asked.map_or_else(Turn::stay, |asked| Turn::open(Overlay::Confirm(Box::new(asked))));
            }
            Action::Open if self.running.is_none() => {
                return match self.chosen().cloned() {
                    Some(one) => self.take_found(model, &one),
                    None => self.send(model),
                };
            }
            _ => {}
        }
        Turn::stay()
    }

    /// A login that is left is stopped, so that nobody is logged in unseen; an import goes on.
    fn back(&mut self, model: &mut Model) -> Turn {
        match self.running.take().filter(|_| self.logging_in) {
            Some(request) => {
                model.pending.remove(&request);
                Turn::effect(Effect::Cancel(request)).and_close()
            }
            None => Turn::close(),
        }
    }

    fn move_cursor(&mut self, forward: bool) {
        let found = self.around.as_ref().map_or(0, |around| around.found.len() + around.loose.len());
        let count = self.form.fields.len() + found;
        let step = if forward { 1 } else { count - 1 };
        self.form.focus = (self.form.focus + step) % count;
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        if let Some(turn) = self.login_first(model) {
            return turn;
        }
        let wanted = self.parts(model);
        let empty = |name: &&&str| match self.form.field(name).map(|field| &field.kind) {
            Some(FieldKind::Secret(buffer)) => buffer.is_empty(),
            _ => true,
        };
        if let Some(missing) = wanted.iter().find(empty) {
            // Enter goes to the next part; on the part itself it says what is missing.
            let (at_it, whole) = (self.form.is_at(missing), wanted.len() == 1);
            let what = if whole { String::from("the secret") } else { format!("the {missing} part") };
            if at_it || whole {
                self.form.refuse(missing, format!("paste or type {what} first"));
            } else {
                self.form.focus_on(missing);
            }
            return Turn::stay();
        }
        let mut parts = Vec::new();
        for name in wanted {
            if let Some(FieldKind::Secret(buffer)) = self.form.field_mut(name).map(|field| &mut field.kind) {
                parts.push(Part { name, secret: buffer.take() });
            }
        }
        let request = self.begin(model, false);
        let parts = Parts::named(parts).trimmed();
        Turn::effect(Effect::Import(request, ImportPlan { account: self.account.clone(), parts }))
    }

    /// The parts of a secret of the chosen kind.
    fn parts(&self, model: &Model) -> &'static [&'static str] {
        let shapes = model.account(&self.account).map(|account| account.abilities.shapes());
        shapes.unwrap_or_default().get(self.shape).map_or(WHOLE, |kind| kind.parts)
    }

    /// A key that is text, or changes the kind: then its parts take the place of the other's.
    pub fn key(&mut self, model: &Model, key: Key) {
        self.form.key(key);
        let chosen = self.form.field("kind").map_or(self.shape, |_| self.form.chosen("kind"));
        if chosen != self.shape
            && let Some(account) = model.account(&self.account)
        {
            self.shape = chosen;
            self.form = fields(account.abilities, chosen);
            self.form.focus = 0;
        }
    }

    /// The login over this pane, where nobody is logged in. What is typed here stays.
    fn login_first(&self, model: &mut Model) -> Option<Turn> {
        let index = model.account_index(&self.account)?;
        let out = model.accounts.get(index)?.session().is_none();
        out.then(|| login::open_for(model, index))
    }

    /// What Enter does with a found thing, or why nothing.
    pub fn use_of(&self, model: &Model, one: &FoundView) -> Result<Use, String> {
        let account = model.account(&self.account).ok_or("the account is gone")?;
        if let Some(why) = one.refusal(&account.account) {
            return Err(why);
        }
        match one.kind {
            FoundKind::Account => {
                Err(String::from("there is no secret in it; it only tells where to log in"))
            }
            FoundKind::Login => Ok(Use::LogIn),
            FoundKind::Credential if account.session().is_some() => Ok(Use::Import),
            FoundKind::Credential if account.abilities.login_by_credential().is_some() => Ok(Use::LogIn),
            FoundKind::Credential => Ok(Use::LogInFirst),
        }
    }

    fn take_found(&mut self, model: &mut Model, one: &FoundView) -> Turn {
        match self.use_of(model, one) {
            Err(why) => {
                self.failure = Some(Failure::new(FailureKind::NotTaken, why));
                Turn::stay()
            }
            Ok(Use::LogInFirst) => self.login_first(model).unwrap_or_default(),
            Ok(Use::LogIn) => {
                let request = self.begin(model, true);
                Turn::effect(Effect::LogInFound(request, self.account.clone(), one.at))
            }
            Ok(Use::Import) => {
                let request = self.begin(model, false);
                Turn::effect(Effect::ImportFound(request, self.account.clone(), one.at))
            }
        }
    }

    fn begin(&mut self, model: &mut Model, logging_in: bool) -> RequestId {
        self.failure = None;
        self.logging_in = logging_in;
        let request = if logging_in {
            model.request(format!("logging in to {}", self.account), false)
        } else {
            model.request("importing a secret", true)
        };
        self.running = Some(request);
        request
    }

    /// Takes note that a request will not be answered.
    pub fn stop_waiting(&mut self, request: RequestId) {
        if self.looking == Some(request) {
            self.looking = None;
        } else {
            self.running = None;
        }
    }

    /// What other tools left here is known.
    pub fn looked(&mut self, model: &mut Model, result: Result<Around, Failure>) -> Turn {
        self.looking = None;
        match result {
            Ok(around) => {
                findings::found_loose(model, around.loose.clone());
                let backend = model.account(&self.account).map(|account| account.account.backend.clone());
                self.around = Some(around.of(&backend.unwrap_or_default()));
            }
            Err(failure) => self.failure = Some(failure),
        }
        Turn::stay()
    }

    /// The login has its answer. The pane stays for the rest.
    pub fn logged_in(&mut self, model: &mut Model, result: Result<SessionFacts, Failure>) -> Turn {
        self.running = None;
        match result {
            Ok(facts) => Turn { effects: connection::logged_in(model, &self.account, facts), ..Turn::stay() },
            Err(failure) => {
                self.failure = Some(failure);
                Turn::stay()
            }
        }
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

/// A field for each part of a secret of that kind, with the focus on the first.
fn fields(abilities: &Abilities, shape: usize) -> Form {
    let (shapes, mut fields) = (abilities.shapes(), Vec::new());
    if shapes.len() > 1 {
        let of = |kind: &&CredentialAbility| {
            let alike = abilities.kinds().filter(|one| one.parts == kind.parts).map(|one| one.noun);
            alike.collect::<Vec<_>>().join(" or ")
        };
        let options = shapes.iter().map(of).collect();
        fields.push(Field::choice("kind", "kind", "Left and Right change it", options, shape));
    }
    let parts = shapes.get(shape).map_or(WHOLE, |kind| kind.parts);
    let hint = "paste it here; it is presented to the server, matched to its row and stored";
    for (position, part) in parts.iter().enumerate() {
        fields.push(Field::secret(
            part,
            part,
            if position + 1 == parts.len() { hint } else { "paste it here" },
        ));
    }
    let focus = fields.len() - parts.len();
    Form { fields, focus }
}

/// What Enter does with a found thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Its secret is presented, matched and stored.
    Import,
    /// It logs in.
    LogIn,
    /// Somebody has to log in before it can be matched.
    LogInFirst,
}
