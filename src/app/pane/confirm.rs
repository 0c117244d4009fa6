//! A destructive step on an owner, asked for as a value, so that no pane can skip the question.

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::Effect;
use crate::app::effect::RequestId;
use crate::app::findings;
use crate::app::form;
use crate::app::found::LooseFile;
use crate::app::model::{Model, Tone};
use crate::app::msg::Reply;
use crate::app::pane::reveal;
use crate::app::pane::rotate;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::domain::request::Edit;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Switching an owner off or on.
    EnableOwner(AccountName, Id, bool),
    /// Deleting an owner with all it owns.
    DeleteOwner(AccountName, Id),
    /// Switching a credential off or on.
    EnableCredential(crate::domain::credential::CredentialRef, bool),
    /// Rotating although the one place for an old secret is taken; the rotation waits below.
    TakeSlot,
    /// Taking the right to read a file of another tool's from everybody but its owner.
    Tighten(LooseFile),
    /// Restarting the server of an account.
    Restart(AccountName),
    /// Leaving while a secret is only in memory.
    Leave,
}

/// The question.
pub struct Confirm {
    /// What is asked about.
    pub asked: Asked,
    /// The title.
    pub title: String,
    /// What will happen, line by line.
    pub lines: Vec<String>,
    /// What must be typed, if anything.
    pub must_type: Option<String>,
    /// What is typed.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// The step under way.
    pub running: Option<RequestId>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Confirm {
    /// Reading, or typing.
    pub fn context(&self) -> Context {
        if self.must_type.is_some() { Context::Form } else { Context::Page }
    }
}

/// The question asked before the mode of a file is changed.
pub fn tighten(file: &LooseFile) -> Confirm {
    let lines = vec![
        format!("{} can be read by others on this machine.", file.path.display()),
        format!("Its mode is {} now and will be {}: what its owner may do stays.", file.now(), file.then()),
        String::from("Nothing else about it is changed, and the tool it belongs to goes on using it."),
    ];
    Confirm::new(Asked::Tighten(file.clone()), String::from("Tighten the file"), lines, None)
}

/// The question asked before leaving with a secret that exists nowhere else.
pub fn leaving() -> Confirm {
    let lines = vec![
        String::from("The secret on the screen is neither stored nor known to have been copied."),
        String::from("Leaving now loses it for good; the credential would have to be revoked or rotated."),
    ];
    let word = String::from(reveal::DISCARD);
    Confirm::new(Asked::Leave, String::from("Leave and lose the secret?"), lines, Some(word))
}

impl Confirm {
    /// A question.
    pub fn new(asked: Asked, title: String, lines: Vec<String>, must_type: Option<String>) -> Self {
        Self {
            asked,
            title,
            lines,
            must_type,
            typed: Input::default(),
            mistyped: false,
            running: None,
            failure: None,
        }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => Turn::close(),
            Action::Open if self.running.is_none() => self.go(model),
            _ => Turn::stay(),
        }
    }

    /// A key that is text.
    pub fn key(&mut self, key: Key) {
        self.mistyped = false;
        form::edit(&mut self.typed, key);
    }

    fn go(&mut self, model: &mut Model) -> Turn {
        if self.must_type.as_ref().is_some_and(|wanted| wanted != self.typed.value()) {
            self.mistyped = true;
            return Turn::stay();
        }
        self.failure = None;
        if self.asked == Asked::Leave {
            model.leaving = true;
            return Turn { effects: reveal::give_up_all(model), ..Turn::close() };
        }
        if self.asked == Asked::TakeSlot {
            rotate::slot_may_be_taken(model);
            return Turn::close();
        }
        let request = model.request(self.title.to_lowercase(), true);
        self.running = Some(request);
        Turn::effect(match &self.asked {
            Asked::EnableOwner(account, owner, on) => {
                Effect::EnableOwner(request, account.clone(), owner.clone(), *on)
            }
            Asked::DeleteOwner(account, owner) => {
                Effect::DeleteOwner(request, account.clone(), owner.clone())
            }
            Asked::EnableCredential(credential, on) => {
                Effect::Edit(request, credential.clone(), Edit { enabled: Some(*on), ..Edit::default() })
            }
            Asked::Tighten(file) => Effect::Tighten(request, file.clone()),
            Asked::Restart(account) => Effect::Restart(request, account.clone()),
            Asked::TakeSlot | Asked::Leave => Effect::Quit,
        })
    }

    /// The step has its answer.
    pub fn reply(&mut self, model: &mut Model, reply: Reply) -> Turn {
        self.running = None;
        let result = match reply {
            Reply::Owner(Ok(owner)) => {
                self.note_owner(model, &owner);
                Ok(())
            }
            Reply::Edited(result) => result.map(|credential| {
                if let Asked::EnableCredential(reference, _) = &self.asked {
                    connection::update_credential(model, &reference.account, credential);
                }
            }),
            Reply::Owner(Err(failure)) => Err(failure),
            Reply::OwnerDeleted(result) | Reply::Restarted(result) => result,
            Reply::Tightened(result) => result.map(|()| self.note_tight(model)),
            _ => Ok(()),
        };
        match result {
            Ok(()) => {
                model.say(Tone::Good, format!("done: {}", self.title));
                let index = self.account().and_then(|name| model.account_index(&name));
                // A server that was restarted is asked again what it is; that is followed by a listing.
                let read: fn(&mut Model, usize) -> Option<Effect> = match &self.asked {
                    Asked::Restart(_) => connection::open,
                    Asked::EnableOwner(..)
                    | Asked::DeleteOwner(..)
                    | Asked::EnableCredential(..)
                    | Asked::TakeSlot
                    | Asked::Tighten(_)
                    | Asked::Leave => connection::list,
                };
                let effects = index.and_then(|index| read(model, index)).into_iter().collect();
                Turn { effects, ..Turn::close() }
            }
            Err(failure) => {
                let turn =
                    self.account().map_or_else(Turn::stay, |name| settle::failed(model, &name, &failure));
                self.failure = Some(failure);
                turn
            }
        }
    }

    fn note_tight(&self, model: &mut Model) {
        if let Asked::Tighten(file) = &self.asked {
            model.loose_files.retain(|one| one.path != file.path);
            findings::rebuild(model);
        }
    }

    fn note_owner(&self, model: &mut Model, owner: &crate::domain::owner::Owner) {
        let account = self.account().and_then(|name| model.account_mut(&name));
        let known =
            account.and_then(|account| account.listing.owners.iter_mut().find(|one| one.id == owner.id));
        if let Some(known) = known {
            *known = owner.clone();
        }
    }

    fn account(&self) -> Option<AccountName> {
        match &self.asked {
            Asked::EnableOwner(account, _, _) | Asked::DeleteOwner(account, _) | Asked::Restart(account) => {
                Some(account.clone())
            }
            Asked::EnableCredential(credential, _) => Some(credential.account.clone()),
            Asked::TakeSlot | Asked::Tighten(_) | Asked::Leave => None,
        }
    }
}
