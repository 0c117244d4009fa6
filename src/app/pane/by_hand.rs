//! A credential that is made by hand: the page on which its people make it, then the paste of its secret. The secret is
//! stored before anything else is done with it, because the page shows it once.
//!
//! It lies over the wizard that wanted the credential; when the secret came, the wizard is told as if it had come from
//! the server. Start with [`open`].

use crate::app::effect::{CopySource, CreatePlan, Effect, PastePlan, RequestId};
use crate::app::form::{Field, FieldKind, Form};
use crate::app::model::{Model, Tone};
use crate::app::pane::{Overlay, unfinished};
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::domain::retention::Retention;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::secret::Secret;

/// The page, then the paste.
pub struct ByHand {
    /// What is to be made.
    pub plan: CreatePlan,
    /// The credential it takes the place of, and how long that one goes on working.
    pub replaces: Option<(Id, Retention)>,
    /// Where it is made, filled in as far as the page takes that.
    pub address: Text,
    /// When the page was shown: what was there before is not what was made on it.
    pub began: Timestamp,
    /// The credentials that were there before.
    pub known: Vec<Id>,
    /// Whether the secret is asked for.
    pub pasting: bool,
    /// The field: `secret`.
    pub form: Form,
    /// What is under way.
    pub running: Option<RequestId>,
    /// Why the last paste was not taken, or could not be matched.
    pub failure: Option<Failure>,
    /// Whether the secret is stored although it could not be matched; then unfinished work goes on with it.
    pub stored: bool,
}

/// Opens on the page.
pub fn open(model: &Model, plan: CreatePlan, replaces: Option<(Id, Retention)>, address: Text) -> Overlay {
    let hint = "paste it here; it is stored at once, then presented to the server and matched";
    let credentials = model.account(&plan.account).map(|account| account.listing.credentials.as_slice());
    let known = credentials.unwrap_or_default().iter().map(|one| one.id.clone()).collect();
    Overlay::ByHand(Box::new(ByHand {
        plan,
        replaces,
        address,
        began: model.now,
        known,
        pasting: false,
        form: Form::new(vec![Field::secret("secret", "secret", hint)]),
        running: None,
        failure: None,
        stored: false,
    }))
}

impl ByHand {
    /// The page, or the field.
    pub fn context(&self) -> Context {
        if self.pasting { Context::Form } else { Context::ByHand }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            _ if self.running.is_some() => {
                model.say(Tone::Plain, "the secret is being stored and presented; wait for the answer");
            }
            Action::Open | Action::Back if self.stored => return unfinished::open(model).and_close(),
            Action::Back if self.pasting => (self.pasting, self.failure) = (false, None),
            Action::Back => return Turn::close(),
            Action::Copy => {
                let address = self.address.as_str().to_owned();
                return Turn::effect(Effect::Copy(
                    model.request("copying", false),
                    CopySource::Plain(address),
                ));
            }
            Action::Open if self.pasting => return self.send(model),
            Action::Open => self.pasting = true,
            _ => {}
        }
        Turn::stay()
    }

    fn send(&mut self, model: &mut Model) -> Turn {
        let secret = match self.form.field_mut("secret").map(|field| &mut field.kind) {
            Some(FieldKind::Secret(buffer)) if !buffer.is_empty() => buffer.take(),
            _ => {
                self.form.refuse("secret", "paste the secret that the page showed");
                return Turn::stay();
            }
        };
        self.failure = None;
        let request = model.request(format!("taking in the secret of '{}'", self.plan.name), true);
        self.running = Some(request);
        let plan = PastePlan {
            create: self.plan.clone(),
            replaces: self.replaces.clone(),
            began: self.began,
            known: self.known.clone(),
            secret,
        };
        Turn::effect(Effect::TakeIn(request, plan))
    }

    /// The secret is stored, and it is not known whose it is: unfinished work goes on from there.
    pub fn unmatched(&mut self, model: &mut Model, failure: Failure) -> Turn {
        self.running = None;
        self.stored = true;
        let turn = settle::failed(model, &self.plan.account, &failure);
        self.failure = Some(failure);
        turn
    }

    /// The paste was not taken. It is in the field again, so that nothing is lost.
    pub fn refused(&mut self, model: &mut Model, failure: Failure, secret: &Secret) -> Turn {
        self.running = None;
        if let Some(FieldKind::Secret(buffer)) = self.form.field_mut("secret").map(|field| &mut field.kind) {
            buffer.put_back(secret);
        }
        let turn = settle::failed(model, &self.plan.account, &failure);
        self.failure = Some(failure);
        turn
    }
}
