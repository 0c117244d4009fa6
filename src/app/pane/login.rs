//! Logging in: the fields the backend needs, or a code to approve elsewhere.

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{CopySource, Effect};
use crate::app::form::Form;
use crate::app::form::{Field, FieldKind};
use crate::app::model::{AccountState, Model, Tone};
use crate::app::msg::DeviceCode;
use crate::app::pane::Overlay;
use crate::app::update::Turn;
use crate::domain::ability::LoginMethod;
use crate::domain::account::AccountName;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;
use crate::secret::Secret;

/// A login.
pub struct LoginPane {
    /// To which account.
    pub account: AccountName,
    /// The chosen way, a position in the backend's list.
    pub method: usize,
    /// The fields: `method` (a choice, when there are several ways), those of the way, `keep` (a switch).
    pub form: Form,
    /// The login under way.
    pub running: Option<RequestId>,
    /// The code to approve elsewhere.
    pub device: Option<DeviceCode>,
    /// The secrets on their way, to be put back when the server did not even look at them.
    pub sent: Vec<(&'static str, Secret)>,
    /// Why the last try failed.
    pub failure: Option<Failure>,
}

impl LoginPane {
    /// Fields, or waiting for an approval.
    pub fn context(&self) -> Context {
        if self.device.is_some() { Context::Device } else { Context::Form }
    }
}

/// Opens the login of the account at hand.
pub fn open_current(model: &mut Model) -> Turn {
    model.current_account().map_or_else(Turn::stay, |index| open_for(model, index))
}

/// Opens the login of an account.
pub fn open_for(model: &mut Model, index: usize) -> Turn {
    let Some(account) = model.accounts.get(index) else { return Turn::stay() };
    let name = account.name().clone();
    if account.abilities.logins.is_empty() {
        model.say(Tone::Plain, format!("{name} asks nobody to log in; it is looked at again"));
        return Turn { effects: connection::open(model, index).into_iter().collect(), ..Turn::default() };
    }
    LoginPane::open(model, &name).map_or_else(Turn::stay, |pane| Turn::open(Overlay::Login(Box::new(pane))))
}

/// A code came that is to be approved elsewhere.
pub fn device_waiting(model: &mut Model, request: RequestId, code: DeviceCode) -> Vec<Effect> {
    for overlay in &mut model.overlays {
        if let Overlay::Login(pane) = overlay
            && pane.running == Some(request)
        {
            pane.device = Some(code);
            return Vec::new();
        }
    }
    Vec::new()
}

impl LoginPane {
    /// A login for an account, on its first way.
    pub fn open(model: &Model, account: &AccountName) -> Option<Self> {
        let state = model.account(account).filter(|state| !state.abilities.logins.is_empty())?;
        let mut pane = Self {
            account: account.clone(),
            method: 0,
            form: Form::default(),
            running: None,
            device: None,
            sent: Vec::new(),
            failure: None,
        };
        pane.lay_out(state);
        Some(pane)
    }

    /// The fields of the chosen way. What was typed as text stays; secrets do not move between ways.
    fn lay_out(&mut self, state: &AccountState) {
        let logins = state.abilities.logins;
        let mut fields = Vec::new();
        if logins.len() > 1 {
            let titles = logins.iter().map(|login| login.title.to_owned()).collect();
            fields.push(Field::choice(
                "method",
                "log in with",
                "Left and Right change it",
                titles,
                self.method,
            ));
        }
        let Some(login) = logins.get(self.method) else { return };
        for field in login.fields {
            let hint = if field.optional { "may stay empty" } else { "" };
            let kept = self.form.value(field.id);
            let offered = if field.id == "username" {
                state.account.login.clone()
            } else {
                // What the account has under the same word, such as an environment or a command.
                state.account.setting(field.id).map(str::to_owned)
            };
            let offered = offered.filter(|_| !field.secret).unwrap_or_default();
            let value = if kept.is_empty() { offered } else { kept };
            fields.push(if field.secret {
                Field::secret(field.id, field.label, hint)
            } else {
                Field::text(field.id, field.label, hint, &value)
            });
        }
        let keep = self.form.is_on("keep");
        let vault_hint = format!("{}; Space changes it", login.keeps);
        fields.push(Field::switch("keep", "keep me logged in", &vault_hint, keep));
        self.form = Form::new(fields);
        // The first field that wants something has the focus.
        let wanted = self.form.fields.iter().position(|field| match &field.kind {
            FieldKind::Text(input) => input.value().is_empty(),
            FieldKind::Secret(_) => true,
            FieldKind::Choice { .. } | FieldKind::Switch(_) => false,
        });
        self.form.focus = wanted.unwrap_or(0);
    }

    /// The chosen way.
    pub fn way(&self, model: &Model) -> Option<&'static LoginMethod> {
        model.account(&self.account)?.abilities.logins.get(self.method)
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => return self.back(model),
            Action::NextField => self.form.move_focus(true),
            Action::PreviousField => self.form.move_focus(false),
            Action::Copy => return self.copy_address(model),
            Action::Open if self.running.is_some() => {}
            Action::Open => return self.go_on(model),
            _ => {}
        }
        Turn::stay()
    }

    fn back(&mut self, model: &mut Model) -> Turn {
        let Some(request) = self.running.take() else { return Turn::close() };
        model.pending.remove(&request);
        let turn = Turn::effect(Effect::Cancel(request));
        if self.device.take().is_some() { turn } else { turn.and_close() }
    }

    fn copy_address(&mut self, model: &mut Model) -> Turn {
        let Some(device) = &self.device else { return Turn::stay() };
        let address = device.address_with_code.as_str().to_owned();
        Turn::effect(Effect::Copy(model.request("copying", false), CopySource::Plain(address)))
    }

    /// Enter goes to the next empty field, and sends from the last.
    fn go_on(&mut self, model: &mut Model) -> Turn {
        let Some(way) = self.way(model) else { return Turn::stay() };
        let missing = way
            .fields
            .iter()
            .find(|field| !field.optional && self.form.is_empty(field.id))
            .map(|field| field.id);
        match missing {
            Some(id) if self.form.fields.get(self.form.focus).is_some_and(|field| field.id == id) => {
                self.form.refuse(id, "this is needed");
                Turn::stay()
            }
            Some(id) => {
                self.form.focus_on(id);
                Turn::stay()
            }
            // An optional field further down still wants a look: an empty password is rarely meant.
            None => match self.empty_after_focus(way) {
                Some(position) => {
                    self.form.focus = position;
                    Turn::stay()
                }
                None => self.send(model, way),
            },
        }
    }

    fn empty_after_focus(&self, way: &LoginMethod) -> Option<usize> {
        let fields = self.form.fields.iter().enumerate().skip(self.form.focus + 1);
        let mut asked = fields.filter(|(_, field)| way.fields.iter().any(|wanted| wanted.id == field.id));
        asked.find(|(_, field)| self.form.is_empty(field.id)).map(|(position, _)| position)
    }

    fn send(&mut self, model: &mut Model, way: &'static LoginMethod) -> Turn {
        if connection::must_wait(model, &self.account) {
            return Turn::stay();
        }
        self.failure = None;
        self.sent.clear();
        let keep = self.form.is_on("keep");
        let request = model.request(format!("logging in to {}", self.account), false);
        self.running = Some(request);
        if way.fields.is_empty() {
            return Turn::effect(Effect::DeviceLogin { request, account: self.account.clone(), keep });
        }
        let mut login = Login { method: way.id, fields: Vec::new(), secrets: Vec::new() };
        for field in way.fields {
            match self.form.field_mut(field.id).map(|field| &mut field.kind) {
                Some(FieldKind::Secret(buffer)) => {
                    let secret = buffer.take();
                    self.sent.push((field.id, secret.share()));
                    login.secrets.push((field.id, secret));
                }
                Some(FieldKind::Text(_)) => login.fields.push((field.id, self.form.value(field.id))),
                Some(FieldKind::Choice { .. } | FieldKind::Switch(_)) | None => {}
            }
        }
        Turn::effect(Effect::LogIn { request, account: self.account.clone(), login, keep })
    }

    /// Puts secrets back where they were typed.
    fn put_back(&mut self, sent: &[(&'static str, Secret)]) {
        for (id, secret) in sent {
            if let Some(FieldKind::Secret(buffer)) = self.form.field_mut(id).map(|field| &mut field.kind) {
                buffer.put_back(secret);
            }
        }
    }

    /// A key that is text, or changes the way.
    pub fn key(&mut self, model: &Model, key: Key) {
        if self.running.is_some() {
            return;
        }
        self.form.key(key);
        let chosen = self.form.field("method").map_or(self.method, |_| self.form.chosen("method"));
        if chosen != self.method
            && let Some(state) = model.account(&self.account)
        {
            self.method = chosen;
            self.failure = None;
            self.lay_out(state);
            self.form.focus_on("method");
        }
    }

    /// The login has its answer.
    pub fn logged_in(&mut self, model: &mut Model, result: Result<SessionFacts, Failure>) -> Turn {
        self.running = None;
        self.device = None;
        let sent = std::mem::take(&mut self.sent);
        match result {
            Ok(facts) => {
                let unkept = self.form.is_on("keep") && !facts.kept;
                let effects = connection::logged_in(model, &self.account, facts);
                if unkept {
                    model.say(Tone::Bad, "logged in, but the login could not be kept in the keyring");
                }
                Turn { effects, ..Turn::close() }
            }
            Err(failure) => {
                connection::note_failure(model, &self.account, &failure);
                if failure.kind == FailureKind::TooMany {
                    self.put_back(&sent);
                    self.failure = Some(failure);
                    return Turn::stay();
                }
                self.failure = Some(failure);
                let secret =
                    self.form.fields.iter().position(|field| matches!(field.kind, FieldKind::Secret(_)));
                self.form.focus = secret.unwrap_or(self.form.focus);
                Turn::stay()
            }
        }
    }
}
