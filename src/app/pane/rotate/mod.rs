//! A rotation in six steps: review, retention, targets, check, new secret, verify.

mod after;
mod bring;
mod narrow;
mod page;
mod slot;

use tui_input::Input;
use uuid::Uuid;

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{Effect, Generation, RotatePlan};
use crate::app::form;
use crate::app::model::{AccountState, Model, Tone};
use crate::app::msg::Kept;
use crate::app::pane::{News, Overlay, login};
use crate::app::scopes::ScopePicker;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::RotationForm;
use crate::domain::answer::Verdict;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::retention::{self, Retention};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Skew;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// The steps, in order; always visible at the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RotateStep {
    /// What it may do, its use, its warnings.
    Review,
    /// How long the old secret goes on working.
    Retention,
    /// Where the new secret will go.
    Targets,
    /// What will happen, in a sentence.
    Check,
    /// The new secret: asked for, stored, shown.
    NewSecret,
    /// Whether it works, and the countdown of the old one.
    Verify,
}

impl RotateStep {
    /// The steps with their words.
    pub const SHOWN: [(Self, &'static str); 6] = [
        (Self::Review, "review"),
        (Self::Retention, "retention"),
        (Self::Targets, "targets"),
        (Self::Check, "check"),
        (Self::NewSecret, "new secret"),
        (Self::Verify, "verify"),
    ];
}

/// What presenting a secret came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Not yet.
    NotYet,
    /// Under way.
    Running(RequestId),
    /// The server's verdict.
    Told(Verdict),
    /// It could not be presented.
    Failed(Failure),
}

/// The wizard.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other, not states of one thing"
)]
pub struct Rotate {
    /// Which credential.
    pub credential: CredentialRef,
    /// As reviewed; after the rotation, as it is now.
    pub reviewed: Credential,
    /// The fresh reading the review rests on.
    pub reading: Option<RequestId>,
    /// The step on the screen.
    pub step: RotateStep,
    /// Which form of rotation, by its place in the ability's list.
    pub form: usize,
    /// The line of the list of windows; one past the presets is "another length".
    pub choice: usize,
    /// Another length, as typed.
    pub custom: Input,
    /// Why another length was refused.
    pub custom_error: Option<String>,
    /// Whether the old secret leaked.
    pub leaked: bool,
    /// Whether there is no window to choose: the old secret stops the moment the new one is made.
    pub cuts_over: bool,
    /// What is typed to confirm: `0` for no window, the credential's name on protected accounts.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// The rotation under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Where the new secret went, once it came.
    pub kept: Option<Kept>,
    /// The new secret, presented.
    pub new_presented: Presented,
    /// The old secret, presented.
    pub old_presented: Presented,
    /// What it may do, as reviewed before anything was sent.
    pub agreed: Granted,
    /// The operation in the log, once the new secret came.
    pub operation: Option<Uuid>,
    /// The second credential, where the rotation made one.
    pub made: Option<Credential>,
    /// Fewer scopes for the second credential; none for the same as the first.
    pub narrowed: Option<Vec<String>>,
    /// The choice of them, while it is open over the review.
    pub picker: Option<ScopePicker>,
    /// Whether the step of the window moves the end of a rotation that is done.
    pub moving: bool,
    /// The line of the list of targets.
    pub target: usize,
    /// Whether the operator said yes to stopping the old secret that still works.
    pub slot_agreed: bool,
}

impl Rotate {
    /// Whether "another length" is chosen.
    pub fn is_custom(&self) -> bool {
        self.choice >= retention::PRESETS.len()
    }

    /// The chosen window.
    pub fn retention(&self) -> Option<Retention> {
        if self.cuts_over {
            return Some(Retention::NONE);
        }
        match retention::PRESETS.get(self.choice) {
            Some(preset) => Some(*preset),
            None => Retention::parse(self.custom.value()).ok().map(Retention::whole_minutes),
        }
    }

    /// What must be typed before the rotation is sent, if anything.
    pub fn must_type(&self, protected: bool) -> Option<String> {
        if protected {
            Some(self.reviewed.name.as_str().to_owned())
        } else {
            self.retention().filter(|window| window.is_none()).map(|_| String::from("0"))
        }
    }

    /// The credential that has the new secret.
    pub fn fresh(&self) -> CredentialRef {
        match &self.made {
            Some(made) => made.reference(&self.credential.account),
            None => self.credential.clone(),
        }
    }

    /// The context of the step.
    pub fn context(&self) -> Context {
        if let Some(picker) = &self.picker {
            return picker.context();
        }
        match self.step {
            RotateStep::Review | RotateStep::NewSecret => Context::Page,
            RotateStep::Targets => Context::Targets,
            RotateStep::Retention if self.cuts_over => Context::Page,
            RotateStep::Retention if self.is_custom() => Context::Pick,
            RotateStep::Retention => Context::Retention,
            RotateStep::Check => Context::Form,
            RotateStep::Verify => Context::RotateVerify,
        }
    }
}

impl Presented {
    /// The request under way, if any.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::Running(request) => Some(*request),
            Self::NotYet | Self::Told(_) | Self::Failed(_) => None,
        }
    }
}

impl Rotate {
    /// Opens on a credential and reads it afresh: nothing goes on without a fresh review.
    pub fn open(model: &mut Model, index: usize, credential: &Credential) -> Turn {
        let Some(account) = model.accounts.get(index) else { return Turn::stay() };
        let reference = credential.reference(account.name());
        let rotation = &account.abilities.kind(credential.kind).rotation;
        let cuts_over = matches!(rotation, RotationForm::CutOver { .. });
        // One that is on its way out is not rotated a second time: what became of its rotation is shown.
        let promise = model.promises.about(&reference);
        let made = promise.and_then(|promise| account.find(&promise.successor).cloned());
        let step = if promise.is_some() { RotateStep::Verify } else { RotateStep::Review };
        let reading = model.request(format!("reading '{}' again", credential.name), false);
        let choice = retention::PRESETS.iter().position(|preset| *preset == retention::DEFAULT).unwrap_or(0);
        let pane = Self {
            credential: reference.clone(),
            agreed: credential.scopes.clone(),
            reviewed: credential.clone(),
            reading: Some(reading),
            step,
            form: 0,
            choice,
            custom: Input::default(),
            custom_error: None,
            leaked: false,
            cuts_over,
            typed: Input::default(),
            mistyped: false,
            running: None,
            failure: None,
            kept: None,
            new_presented: Presented::NotYet,
            old_presented: Presented::NotYet,
            operation: None,
            made,
            narrowed: None,
            picker: None,
            moving: false,
            target: 0,
            slot_agreed: false,
        };
        Turn::open(Overlay::Rotate(Box::new(pane))).and(Effect::Read(reading, reference))
    }

    /// The fresh reading came, or did not.
    pub fn read(&mut self, model: &mut Model, result: Result<(Credential, Skew), Failure>) -> Turn {
        self.reading = None;
        match result {
            Ok((credential, skew)) => {
                self.reviewed = credential.clone();
                self.agreed = credential.scopes.clone();
                (self.narrowed, self.picker) = (None, None);
                settle::read_again(model, &self.credential.account, credential, skew);
                Turn::stay()
            }
            Err(failure) => {
                let turn = settle::failed(model, &self.credential.account, &failure);
                self.failure = Some(failure);
                turn
            }
        }
    }

    /// Whether somebody else took the credential away meanwhile: there is nothing left to rotate.
    pub fn is_gone(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::NotFound)
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        if self.picker.is_some() {
            return self.narrow(model, action);
        }
        if self.is_gone() && action == Action::Open {
            return Turn::close();
        }
        match (self.step, action) {
            (RotateStep::Review, Action::Open) => return self.reviewed(model),
            (RotateStep::Review, Action::Edit) => return self.begin_narrowing(model),
            (RotateStep::Retention, Action::OtherForm) if !self.moving => self.take_other_form(model),
            (RotateStep::Retention, Action::Open) if self.cuts_over => self.step = RotateStep::Targets,
            (RotateStep::Retention, Action::KeepSession) => return self.keep_session(model),
            (RotateStep::Retention, Action::LogIn) if self.may_promise(model) => {
                let index = model.account_index(&self.credential.account);
                return index.map_or_else(Turn::stay, |index| login::open_for(model, index));
            }
            (RotateStep::Retention, Action::Down) => {
                self.choice = (self.choice + 1).min(retention::PRESETS.len());
                self.leaked = false;
                self.custom_error = None;
            }
            (RotateStep::Retention, Action::Up) => {
                self.choice = self.choice.saturating_sub(1);
                self.leaked = false;
                self.custom_error = None;
            }
            (RotateStep::Retention, Action::Leaked) => (self.choice, self.leaked) = (0, true),
            (RotateStep::Retention, Action::Open) => return self.choose(model),
            (RotateStep::Targets, Action::Down) => self.target = self.target.saturating_add(1),
            (RotateStep::Targets, Action::Up) => self.target = self.target.saturating_sub(1),
            (RotateStep::Targets, Action::Mark) => return self.mark(model),
            (RotateStep::Targets, Action::Open) => {
                self.step = RotateStep::Check;
                (self.typed, self.mistyped) = (Input::default(), false);
            }
            (RotateStep::Check, Action::Open) if self.running.is_none() => return self.send(model),
            (RotateStep::NewSecret, Action::Open) if self.failure.is_some() => return Turn::close(),
            (RotateStep::Verify, Action::Verify) => return self.present(model, Generation::Current),
            (RotateStep::Verify, Action::VerifyOld) => return self.present(model, Generation::Previous),
            (RotateStep::Verify, Action::Copy) => return self.copy(model),
            (RotateStep::Verify, Action::Open) => return Turn::close(),
            (RotateStep::Verify, Action::Revoke) if self.made.is_some() => {
                return Self::revoke(model, &self.credential);
            }
            (RotateStep::Verify, Action::RevokeNew) => return Self::revoke(model, &self.fresh()),
            (RotateStep::Verify, Action::MoveEnd) if self.promise(model).is_some() => {
                (self.step, self.moving, self.leaked) = (RotateStep::Retention, true, false);
            }
            (RotateStep::Verify, Action::Withdraw) => return self.withdraw(model),
            (RotateStep::Verify, Action::Deliver) => return self.open_targets(),
            (RotateStep::Verify, Action::Back) if self.stoppable(model).is_some() => {
                return self.stop_presenting(model);
            }
            (_, Action::Back) => return self.back(),
            _ => {}
        }
        self.keep_on_targets(model);
        Turn::stay()
    }

    /// The next form of rotation in the list. What only a second credential can have falls away with it.
    fn take_other_form(&mut self, model: &Model) {
        let Some(account) = model.account(&self.credential.account) else { return };
        let kind = account.abilities.kind(self.reviewed.kind);
        self.form = (self.form + 1) % kind.rotations().count().max(1);
        let form = kind.form(self.form);
        self.cuts_over = matches!(form, RotationForm::CutOver { .. });
        if !matches!(form, RotationForm::TwoCredentials { .. }) {
            (self.narrowed, self.agreed) = (None, self.reviewed.scopes.clone());
        }
        self.leaked = false;
    }

    fn back(&mut self) -> Turn {
        self.step = match self.step {
            RotateStep::Review | RotateStep::NewSecret | RotateStep::Verify => return Turn::close(),
            RotateStep::Retention if self.moving => RotateStep::Verify,
            RotateStep::Retention => RotateStep::Review,
            RotateStep::Targets => RotateStep::Retention,
            RotateStep::Check => RotateStep::Targets,
        };
        self.failure = None;
        self.moving = false;
        Turn::stay()
    }

    /// On from the review, which must be fresh.
    fn reviewed(&mut self, model: &mut Model) -> Turn {
        if self.reading.is_some() {
            model.say(Tone::Plain, settle::STILL_READING);
            return Turn::stay();
        }
        if self.failure.take().is_some() {
            let reading = model.request(format!("reading '{}' again", self.reviewed.name), false);
            self.reading = Some(reading);
            return Turn::effect(Effect::Read(reading, self.credential.clone()));
        }
        if !self.slot_agreed
            && let Some(left) = slot::taken(model, &self.credential.account, &self.reviewed)
        {
            return Turn::open(Overlay::Confirm(Box::new(slot::ask(&self.reviewed, left))));
        }
        self.step = RotateStep::Retention;
        Turn::stay()
    }

    fn choose(&mut self, model: &mut Model) -> Turn {
        let longest = model.account(&self.credential.account).and_then(|account| {
            match account.abilities.kind(self.reviewed.kind).form(self.form) {
                RotationForm::ServerWindow { longest_minutes, .. } => {
                    Some(Retention::minutes(*longest_minutes))
                }
                RotationForm::TwoCredentials { .. } | RotationForm::CutOver { .. } => None,
            }
        });
        let chosen = match retention::PRESETS.get(self.choice) {
            Some(preset) => Ok(*preset),
            None => Retention::parse(self.custom.value()),
        };
        let checked = chosen.and_then(|chosen| match longest {
            Some(longest) if chosen > longest => Err(retention::RetentionError::TooLong(longest.words())),
            _ => Ok(chosen),
        });
        match checked {
            Ok(chosen) if self.moving => return self.move_end(model, chosen.whole_minutes()),
            Ok(_) => self.step = RotateStep::Targets,
            Err(why) => self.custom_error = Some(why.to_string()),
        }
        Turn::stay()
    }

    fn is_protected(&self, model: &Model) -> bool {
        model.account(&self.credential.account).is_some_and(|account| account.account.protected)
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        let wanted = self.must_type(self.is_protected(model));
        if wanted.is_some_and(|wanted| wanted != self.typed.value().trim()) {
            self.mistyped = true;
            return Turn::stay();
        }
        let Some(retention) = self.retention() else { return Turn::stay() };
        if self.by_hand(model) {
            return self.ask_page(model);
        }
        if connection::must_wait(model, &self.credential.account) {
            return Turn::stay();
        }
        self.failure = None;
        let what = format!("rotating '{}' of {}", self.reviewed.name, self.reviewed.owner.name);
        let request = model.request(what, true);
        self.running = Some(request);
        self.step = RotateStep::NewSecret;
        Turn::effect(Effect::Rotate(
            request,
            RotatePlan {
                credential: self.credential.clone(),
                owner_name: self.reviewed.owner.name.as_str().to_owned(),
                name: self.reviewed.name.as_str().to_owned(),
                retention,
                kind: self.reviewed.kind.to_owned(),
                form: self.form,
                scopes: self.narrowed.clone(),
                reviewed: self.reviewed.scopes.clone(),
                rotated_before: self.reviewed.rotated,
            },
        ))
    }

    /// The new secret did not come.
    pub fn issue_failed(&mut self, model: &mut Model, failure: Failure) -> Turn {
        self.running = None;
        // What certainly did not happen can be tried again from the check.
        if failure.effected == crate::domain::failure::Effected::No {
            self.step = RotateStep::Check;
            // What the server only put off stays confirmed.
            if failure.kind != FailureKind::TooMany {
                self.typed = Input::default();
            }
        }
        let turn = settle::failed(model, &self.credential.account, &failure);
        self.failure = Some(failure);
        turn
    }

    /// The new secret came; the reveal lies over this wizard now.
    pub fn issue_arrived(&mut self, news: &News<'_>) -> Turn {
        self.running = None;
        if news.credential.id == self.credential.id {
            self.reviewed = news.credential.clone();
        } else {
            self.made = Some(news.credential.clone());
        }
        self.kept = Some(news.kept.clone());
        self.operation = Some(news.operation);
        self.step = RotateStep::Verify;
        Turn::stay()
    }

    fn present(&mut self, model: &mut Model, generation: Generation) -> Turn {
        let slot = match generation {
            Generation::Current => &mut self.new_presented,
            Generation::Previous => &mut self.old_presented,
        };
        if slot.request().is_some() {
            return Turn::stay();
        }
        let which = if generation == Generation::Current { "new" } else { "old" };
        let request =
            model.request(format!("presenting the {which} secret of '{}'", self.reviewed.name), false);
        *slot = Presented::Running(request);
        let operation = self.operation.filter(|_| generation == Generation::Current);
        let (credential, generation) = match (&self.made, generation) {
            (None, generation) => (self.credential.clone(), generation),
            (Some(_), Generation::Current) => (self.fresh(), Generation::Current),
            (Some(_), Generation::Previous) => (self.credential.clone(), Generation::Current),
        };
        Turn::effect(Effect::Verify { request, credential, generation, operation })
    }

    fn copy(&mut self, model: &mut Model) -> Turn {
        let of = (self.reviewed.kind, self.reviewed.name.clone());
        super::which_part::copy(model, self.fresh(), of, Generation::Current)
    }

    /// Takes note that a request will not be answered.
    pub fn stop_waiting(&mut self, request: RequestId) {
        self.stop_offers(request);
        for slot in [&mut self.new_presented, &mut self.old_presented] {
            if slot.request() == Some(request) {
                *slot = Presented::NotYet;
            }
        }
        // Nothing goes on without a fresh reading, and what may have happened is not asked for again.
        if self.reading == Some(request) {
            (self.reading, self.failure) = (None, Some(super::bug()));
        }
        if self.running == Some(request) {
            (self.running, self.failure) = (None, Some(super::bug().unknown()));
        }
    }

    /// A key that is text.
    pub fn key(&mut self, key: Key) {
        if let Some(picker) = &mut self.picker {
            return picker.key(key);
        }
        match self.step {
            RotateStep::Retention => {
                self.custom_error = None;
                form::edit(&mut self.custom, key);
            }
            RotateStep::Check => {
                self.mistyped = false;
                form::edit(&mut self.typed, key);
            }
            RotateStep::Review | RotateStep::Targets | RotateStep::NewSecret | RotateStep::Verify => {}
        }
    }

    /// Pasted text: only a length; what confirms is typed.
    pub fn paste(&mut self, text: &str) {
        if let Some(picker) = &mut self.picker {
            return picker.paste(text);
        }
        if self.step == RotateStep::Retention && self.is_custom() {
            form::paste(&mut self.custom, text);
        }
    }

    /// How what the new secret may do differs from what was reviewed, in words. A verdict that does not tell scopes
    /// says nothing about them.
    pub fn difference(&self, account: &AccountState, scopes: &Granted, untold: &[Text]) -> Option<String> {
        if *scopes == Granted::AsOwner {
            return None;
        }
        scopes.against(&account.abilities.spelled(self.reviewed.kind, &self.agreed), untold).words()
    }
}

pub use slot::slot_may_be_taken;

/// Tells the wizard of a credential, if one is open, that its new secret is being presented. Answers what it may do, as
/// reviewed there: the wizard may be closed before the answer comes.
pub fn presenting(model: &mut Model, credential: &CredentialRef, request: RequestId) -> Option<Granted> {
    let mut agreed = None;
    for overlay in &mut model.overlays {
        if let Overlay::Rotate(pane) = overlay
            && pane.fresh() == *credential
        {
            pane.new_presented = Presented::Running(request);
            agreed = Some(pane.agreed.clone());
        }
    }
    agreed
}

/// A secret was presented: the wizard that waited for it takes note, and checks the scopes against the review.
pub fn verified(
    overlay: &mut Overlay,
    model: &mut Model,
    request: RequestId,
    verdict: Result<Verdict, Failure>,
) -> Turn {
    match overlay {
        Overlay::Rotate(pane) => {
            let new = pane.new_presented.request() == Some(request);
            let differs = match &verdict {
                Ok(Verdict::Accepted { scopes, untold, .. }) if new => {
                    let account = model.account(&pane.credential.account);
                    account.and_then(|account| pane.difference(account, scopes, untold))
                }
                Ok(_) | Err(_) => None,
            };
            let accepted = matches!(&verdict, Ok(Verdict::Accepted { .. }));
            let presented = verdict.map_or_else(Presented::Failed, Presented::Told);
            if new {
                pane.new_presented = presented;
            } else {
                pane.old_presented = presented;
            }
            if let Some(differs) = differs {
                model.say(Tone::Bad, format!("the new secret works, but {differs}; n revokes it"));
            } else if new && accepted {
                return pane.deliver(model);
            }
        }
        Overlay::Unfinished(pane) if pane.running.is_some_and(|(_, running)| running == request) => {
            pane.running = None;
        }
        _ => {}
    }
    Turn::stay()
}
