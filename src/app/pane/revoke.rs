//! A revocation: what dies, what survives, who used it last; then asked, and typed on protected accounts.

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::RequestId;
use crate::app::effect::{Effect, RevokePlan};
use crate::app::form;
use crate::app::guards;
use crate::app::model::{Model, Tone};
use crate::app::msg::Proof;
use crate::app::pane::Overlay;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::failure::FailureKind;
use crate::domain::time::Skew;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// The dialogue.
pub struct Revoke {
    /// Which credential.
    pub credential: CredentialRef,
    /// As reviewed.
    pub reviewed: Credential,
    /// The fresh reading the review rests on.
    pub reading: Option<RequestId>,
    /// Whether its name must be typed.
    pub must_type: bool,
    /// What is typed.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// The revocation under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Revoke {
    /// Reading, or typing the name.
    pub fn context(&self) -> Context {
        if self.must_type { Context::Form } else { Context::Page }
    }
}

impl Revoke {
    /// Whether somebody else revoked it meanwhile.
    pub fn is_gone(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::NotFound)
    }

    /// Opens on a credential and reads it afresh.
    pub fn open(model: &mut Model, index: usize, credential: &Credential) -> Turn {
        let Some(account) = model.accounts.get(index) else { return Turn::stay() };
        let reference = credential.reference(account.name());
        let must_type = is_typed(model, &reference, credential);
        let reading = model.request(format!("reading '{}' again", credential.name), false);
        let pane = Self {
            credential: reference.clone(),
            reviewed: credential.clone(),
            reading: Some(reading),
            must_type,
            typed: Input::default(),
            mistyped: false,
            running: None,
            failure: None,
        };
        Turn::open(Overlay::Revoke(Box::new(pane))).and(Effect::Read(reading, reference))
    }

    /// The fresh reading came, or did not.
    pub fn read(&mut self, model: &mut Model, result: Result<(Credential, Skew), Failure>) -> Turn {
        self.reading = None;
        match result {
            Ok((credential, skew)) => {
                // It may have become the last of its kind since it was listed.
                self.must_type |= is_typed(model, &self.credential, &credential);
                self.reviewed = credential.clone();
                settle::read_again(model, &self.credential.account, credential, skew);
                Turn::stay()
            }
            Err(failure) => self.failed(model, failure),
        }
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
        if self.reading.is_some() {
            model.say(Tone::Plain, settle::STILL_READING);
            return Turn::stay();
        }
        if self.is_gone() {
            return Turn::close();
        }
        // After any failure what is true is read again: an answer that was lost may have been a yes.
        if self.failure.take().is_some() {
            let reading = model.request(format!("reading '{}' again", self.reviewed.name), false);
            self.reading = Some(reading);
            return Turn::effect(Effect::Read(reading, self.credential.clone()));
        }
        if self.must_type && self.typed.value().trim() != self.reviewed.name.as_str() {
            self.mistyped = true;
            return Turn::stay();
        }
        let what = format!("revoking '{}' of {}", self.reviewed.name, self.reviewed.owner.name);
        let request = model.request(what, true);
        self.running = Some(request);
        let plan = RevokePlan {
            credential: self.credential.clone(),
            owner_name: self.reviewed.owner.name.as_str().to_owned(),
            name: self.reviewed.name.as_str().to_owned(),
        };
        Turn::effect(Effect::Revoke(request, plan))
    }

    /// The revocation has its answer.
    pub fn revoked(&mut self, model: &mut Model, result: Result<Proof, Failure>) -> Turn {
        self.running = None;
        let unfinished =
            |model: &mut Model| Effect::Unfinished(model.request("reading unfinished work", false));
        match result {
            Ok(proof) => {
                let name = &self.reviewed.name;
                let still = proof == Proof::StillAccepted;
                match proof {
                    Proof::Refused(why) => model.say(
                        Tone::Good,
                        format!("'{name}' is revoked; presented again, it was refused ({why})"),
                    ),
                    Proof::Unlisted => model.say(
                        Tone::Good,
                        format!("'{name}' is revoked; the listing does not have it any more"),
                    ),
                    Proof::StillAccepted => model.say(
                        Tone::Bad,
                        format!("'{name}' was revoked, but presented again it was still accepted"),
                    ),
                    Proof::ForADay(how) => {
                        model.say(Tone::Plain, format!("'{name}' is revoked; {how}"));
                    }
                    Proof::Unproven(why) => model
                        .say(Tone::Plain, format!("'{name}' is revoked; that could not be checked ({why})")),
                }
                if !still {
                    connection::remove_credential(model, &self.credential);
                }
                Turn::close().and(unfinished(model))
            }
            Err(failure) => {
                let turn = self.failed(model, failure);
                turn.and(unfinished(model))
            }
        }
    }

    fn failed(&mut self, model: &mut Model, failure: Failure) -> Turn {
        let turn = settle::failed(model, &self.credential.account, &failure);
        self.failure = Some(failure);
        turn
    }

    /// A key that is text: the name, on protected accounts.
    pub fn key(&mut self, key: Key) {
        self.mistyped = false;
        form::edit(&mut self.typed, key);
    }
}

/// Whether its name is typed: what ends the own session, or all administration, is as serious as a protected account.
fn is_typed(model: &Model, reference: &CredentialRef, credential: &Credential) -> bool {
    model.account(&reference.account).is_some_and(|account| {
        account.account.protected
            || guards::is_own(account, reference)
            || guards::is_last_admin(account, credential, model.now)
    })
}
