//! Many at once: one review of everything, how long old secrets live, the count typed, and then each credential with
//! what came of it. `review` groups what was selected; `run` is what happens and what is told of it.

mod review;
mod run;

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::Effect;
use crate::app::form;
use crate::app::marks::Marks;
use crate::app::model::{Fetch, Model, Tone};
use crate::app::pane::message::Message;
use crate::app::pane::{Overlay, detail, login};
use crate::app::update::{Turn, with_overlay};
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::owner::OwnerRef;
use crate::domain::retention::{self, Retention};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;
pub use review::{Group, Risk};
pub use run::{Ended, Phase, Run, arrived, crashed, done, halt_all, unstored};

/// What is done to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// New secrets.
    Rotate,
    /// Their end.
    Revoke,
    /// Stored secrets are presented.
    Verify,
    /// Stored secrets are brought to their targets.
    Deliver,
}

impl Work {
    /// `rotate`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Revoke => "revoke",
            Self::Verify => "verify",
            Self::Deliver => "deliver",
        }
    }

    /// `rotating`.
    pub fn going(self) -> &'static str {
        match self {
            Self::Rotate => "rotating",
            Self::Revoke => "revoking",
            Self::Verify => "verifying",
            Self::Deliver => "delivering",
        }
    }

    /// Whether it changes what works, and so is typed.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Rotate | Self::Revoke)
    }
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkStep {
    /// Everything that was selected, in groups.
    Review,
    /// How long the old secrets of one form go on working; the position of the form.
    Retention(usize),
    /// What will happen, and the count to type.
    Check,
    /// What is happening, and what came of it.
    Run,
}

/// How far one credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// Nothing was done.
    Waiting,
    /// Begun.
    UnderWay,
    /// The new secret is stored.
    Stored,
    /// The secret was presented and accepted.
    Verified,
    /// It is at its targets.
    Delivered,
    /// It is revoked.
    Revoked,
    /// The new secret is stored, but something about it needs attention.
    Attention,
    /// The new secret could not be stored.
    NotStored,
    /// It did not happen.
    Failed,
    /// Nobody knows whether it happened.
    Unknown,
}

impl Word {
    /// Every one, for the counts.
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::UnderWay,
        Self::Stored,
        Self::Verified,
        Self::Delivered,
        Self::Revoked,
        Self::Attention,
        Self::NotStored,
        Self::Failed,
        Self::Unknown,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "untouched",
            Self::UnderWay => "under way",
            Self::Stored => "stored",
            Self::Verified => "verified",
            Self::Delivered => "delivered",
            Self::Revoked => "revoked",
            Self::Attention => "attention",
            Self::NotStored => "not stored",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether somebody must look at it.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Attention | Self::NotStored | Self::Failed | Self::Unknown)
    }
}

/// One credential.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which.
    pub credential: CredentialRef,
    /// Its name.
    pub name: Text,
    /// Its owner.
    pub owner: OwnerRef,
    /// Its kind.
    pub kind: &'static str,
    /// What it may do, as reviewed.
    pub scopes: Granted,
    /// When its secret had last been replaced, as reviewed.
    pub rotated: Option<Timestamp>,
    /// The group it is in.
    pub group: usize,
    /// How far it is.
    pub word: Word,
    /// What came of it, in a sentence.
    pub says: String,
    /// The credential that has the new secret, and the operation that brought it.
    pub fresh: Option<(CredentialRef, uuid::Uuid)>,
    /// Whether its secret was brought to its targets, as far as that went.
    pub brought: bool,
}

impl Item {
    /// The credential whose secret counts now.
    pub fn current(&self) -> &CredentialRef {
        self.fresh.as_ref().map_or(&self.credential, |(fresh, _)| fresh)
    }
}

/// One form of rotation among the selected, with the window chosen for it.
#[derive(Clone, Debug)]
pub struct Form {
    /// The backend's title.
    pub title: &'static str,
    /// The kind of credential.
    pub kind: &'static str,
    /// The form in a sentence.
    pub sentence: &'static str,
    /// The longest window, in minutes, where there is one.
    pub longest: Option<i64>,
    /// Whether the end is for us to see to.
    pub ours: bool,
    /// The line of the list of windows; one past the presets is "another length".
    pub choice: usize,
    /// Another length, as typed.
    pub custom: Input,
    /// Why it was refused.
    pub error: Option<String>,
}

impl Form {
    /// Whether "another length" is chosen.
    pub fn is_custom(&self) -> bool {
        self.choice >= retention::PRESETS.len()
    }

    /// The chosen window.
    pub fn retention(&self) -> Result<Retention, retention::RetentionError> {
        let chosen = match retention::PRESETS.get(self.choice) {
            Some(preset) => *preset,
            None => Retention::parse(self.custom.value())?.whole_minutes(),
        };
        match self.longest.map(Retention::minutes) {
            Some(longest) if chosen > longest => Err(retention::RetentionError::TooLong(longest.words())),
            _ => Ok(chosen),
        }
    }
}

/// The overlay.
pub struct Bulk {
    /// What is done.
    pub work: Work,
    /// The step on the screen.
    pub step: BulkStep,
    /// What was selected.
    pub marks: Marks,
    /// Every credential of it that is listed, those that stay out too.
    pub items: Vec<Item>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// How many of the selected are not listed.
    pub unlisted: usize,
    /// The forms of rotation, each with its window.
    pub forms: Vec<Form>,
    /// The line under the cursor: a group in the review, a credential in the results.
    pub cursor: usize,
    /// The credential under the cursor, while a group is looked into.
    pub inside: Option<usize>,
    /// What is typed to confirm.
    pub typed: Input,
    /// Whether what was typed did not match.
    pub mistyped: bool,
    /// What is happening.
    pub run: Run,
}

impl Bulk {
    /// Opens on what is selected, and reads every account of it afresh.
    pub fn open(model: &mut Model, action: Action) -> Turn {
        let work = match action {
            Action::Rotate => Work::Rotate,
            Action::Revoke => Work::Revoke,
            Action::Verify => Work::Verify,
            _ => Work::Deliver,
        };
        let marks = model.table.marks.clone();
        let mut effects = Vec::new();
        for name in marks.accounts() {
            if let Some(index) = model.account_index(name) {
                effects.extend(connection::list(model, index));
            }
        }
        let mut pane = Self {
            work,
            step: BulkStep::Review,
            marks,
            items: Vec::new(),
            groups: Vec::new(),
            unlisted: 0,
            forms: Vec::new(),
            cursor: 0,
            inside: None,
            typed: Input::default(),
            mistyped: false,
            run: Run::default(),
        };
        pane.review(model);
        Turn { effects, ..Turn::open(Overlay::Bulk(Box::new(pane))) }
    }

    /// Which context has the keyboard.
    pub fn context(&self) -> Context {
        match self.step {
            BulkStep::Review if self.inside.is_some() => Context::BulkGroup,
            BulkStep::Review => Context::BulkReview,
            BulkStep::Retention(at) if self.forms.get(at).is_some_and(Form::is_custom) => Context::Pick,
            BulkStep::Retention(_) => Context::Choose,
            BulkStep::Check if self.work.is_typed() => Context::Form,
            BulkStep::Check => Context::Page,
            BulkStep::Run => Context::BulkRun,
        }
    }

    /// The positions of what will be done, in the order in which it is done: the login's own credentials last.
    pub fn chosen(&self) -> Vec<usize> {
        let (mut last, mut chosen) = (Vec::new(), Vec::new());
        for (at, item) in self.items.iter().enumerate() {
            match self.groups.get(item.group) {
                Some(group) if group.is_in() && group.risks.contains(&Risk::OwnSession) => last.push(at),
                Some(group) if group.is_in() => chosen.push(at),
                Some(_) | None => {}
            }
        }
        chosen.append(&mut last);
        chosen
    }

    /// How many accounts are still being read, and those that could not be read, with why.
    pub fn reading(&self, model: &Model) -> (usize, Vec<(AccountName, String)>) {
        let accounts = self.marks.accounts().filter_map(|name| model.account(name));
        let (mut waits, mut failed) = (0, Vec::new());
        // Where nobody is logged in nothing is read, and the group says so.
        for account in accounts.filter(|account| account.session().is_some()) {
            match &account.listed {
                Fetch::Loading(_) => waits += 1,
                Fetch::Failed(failure) => failed.push((account.name().clone(), failure.sentence())),
                Fetch::Idle | Fetch::Ready(_) => {}
            }
        }
        (waits, failed)
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match self.step {
            BulkStep::Review if self.inside.is_some() => self.act_inside(model, action),
            BulkStep::Review => self.act_on_review(model, action),
            BulkStep::Retention(at) => self.act_on_retention(at, action),
            BulkStep::Check => self.act_on_check(model, action),
            BulkStep::Run => self.act_on_run(model, action),
        }
    }

    fn act_on_review(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => return Turn::close(),
            Action::Down => self.cursor = (self.cursor + 1).min(self.groups.len().saturating_sub(1)),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Select => self.leave_out(model),
            Action::Inspect if !self.groups.is_empty() => self.inside = Some(0),
            Action::Open => return self.reviewed(model),
            _ => {}
        }
        Turn::stay()
    }

    /// Leaves the group under the cursor out, or takes it in again.
    fn leave_out(&mut self, model: &mut Model) {
        let Some(group) = self.groups.get_mut(self.cursor) else { return };
        match &group.cannot {
            Some(why) => model.say(Tone::Plain, format!("these stay out: {why}")),
            None => group.out = !group.out,
        }
    }

    /// On from the review, which must be fresh and leave something to do.
    fn reviewed(&mut self, model: &mut Model) -> Turn {
        let (waits, failed) = self.reading(model);
        if waits > 0 {
            model.say(Tone::Plain, crate::app::settle::STILL_READING);
            return Turn::stay();
        }
        if !failed.is_empty() {
            let mut effects = Vec::new();
            for name in self.marks.clone().accounts() {
                if let Some(index) = model.account_index(name) {
                    effects.extend(connection::list(model, index));
                }
            }
            return Turn { effects, ..Turn::stay() };
        }
        if self.chosen().is_empty() {
            model.say(Tone::Plain, "nothing is left to do; the reasons stand beside each group");
            return Turn::stay();
        }
        self.forms = if self.work == Work::Rotate { self.forms(model) } else { Vec::new() };
        self.step = if self.forms.is_empty() { BulkStep::Check } else { BulkStep::Retention(0) };
        Turn::stay()
    }

    fn act_inside(&mut self, model: &mut Model, action: Action) -> Turn {
        let members = self.members(self.cursor);
        let last = members.len().saturating_sub(1);
        let at = self.inside.unwrap_or(0).min(last);
        let page = model.view.page_height.saturating_sub(4).max(1);
        self.inside = Some(match action {
            Action::Down => at.saturating_add(1).min(last),
            Action::Up => at.saturating_sub(1),
            Action::PageDown => at.saturating_add(page).min(last),
            Action::PageUp => at.saturating_sub(page),
            Action::First => 0,
            Action::Last => last,
            Action::Back => {
                self.inside = None;
                return Turn::stay();
            }
            Action::Open => {
                let item = members.get(at).and_then(|at| self.items.get(*at));
                return item.map_or_else(Turn::stay, |item| details(model, &item.credential, &item.name));
            }
            _ => at,
        });
        Turn::stay()
    }

    /// The positions of the credentials of a group.
    pub fn members(&self, group: usize) -> Vec<usize> {
        let of = |(at, item): (usize, &Item)| (item.group == group).then_some(at);
        self.items.iter().enumerate().filter_map(of).collect()
    }

    fn act_on_retention(&mut self, at: usize, action: Action) -> Turn {
        let last = self.forms.len().saturating_sub(1);
        let Some(form) = self.forms.get_mut(at) else { return Turn::stay() };
        form.error = None;
        match action {
            Action::Down => form.choice = (form.choice + 1).min(retention::PRESETS.len()),
            Action::Up => form.choice = form.choice.saturating_sub(1),
            Action::Back if at == 0 => self.step = BulkStep::Review,
            Action::Back => self.step = BulkStep::Retention(at - 1),
            Action::Open => match form.retention() {
                Err(why) => form.error = Some(why.to_string()),
                Ok(_) if at < last => self.step = BulkStep::Retention(at + 1),
                Ok(_) => {
                    self.step = BulkStep::Check;
                    (self.typed, self.mistyped) = (Input::default(), false);
                }
            },
            _ => {}
        }
        Turn::stay()
    }

    fn act_on_check(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => {
                self.mistyped = false;
                self.step = match self.forms.len() {
                    0 => BulkStep::Review,
                    some => BulkStep::Retention(some - 1),
                };
            }
            Action::Open => {
                if self.must_type(model).is_some_and(|wanted| wanted != self.typed.value().trim()) {
                    self.mistyped = true;
                    return Turn::stay();
                }
                return self.begin(model);
            }
            _ => {}
        }
        Turn::stay()
    }

    /// What is typed before anything is sent: the count, and the name of every protected account.
    pub fn must_type(&self, model: &Model) -> Option<String> {
        if !self.work.is_typed() {
            return None;
        }
        let chosen = self.chosen();
        let mut words = vec![chosen.len().to_string()];
        words.extend(self.protected(model, &chosen));
        Some(words.join(" "))
    }

    /// The protected accounts of what is chosen.
    fn protected(&self, model: &Model, chosen: &[usize]) -> Vec<String> {
        let items = chosen.iter().filter_map(|at| self.items.get(*at));
        let names: std::collections::BTreeSet<_> = items.map(|item| &item.credential.account).collect();
        let protected = |name: &&_| model.account(name).is_some_and(|account| account.account.protected);
        names.into_iter().filter(protected).map(|name| name.as_str().to_owned()).collect()
    }

    /// A key that is text.
    pub fn key(&mut self, key: Key) {
        match self.step {
            BulkStep::Retention(at) => {
                if let Some(form) = self.forms.get_mut(at).filter(|form| form.is_custom()) {
                    form.error = None;
                    form::edit(&mut form.custom, key);
                }
            }
            BulkStep::Check => {
                self.mistyped = false;
                form::edit(&mut self.typed, key);
            }
            BulkStep::Review | BulkStep::Run => {}
        }
    }

    /// Pasted text: only a length; what confirms is typed.
    pub fn paste(&mut self, text: &str) {
        if let BulkStep::Retention(at) = self.step
            && let Some(form) = self.forms.get_mut(at).filter(|form| form.is_custom())
        {
            form::paste(&mut form.custom, text);
        }
    }

    /// Opens the login of the account an obstacle is about, or of the line.
    fn log_in(&self, model: &mut Model) -> Turn {
        let of_obstacle = match &self.run.ended {
            Some(Ended::Paused(Some(crate::app::bulk::Obstacle::LoggedOut(name, _)))) => Some(name.clone()),
            _ => None,
        };
        let of_line = self.line().map(|item| item.credential.account.clone());
        let index = of_obstacle.or(of_line).and_then(|name| model.account_index(&name));
        index.map_or_else(Turn::stay, |index| login::open_for(model, index))
    }
}

/// Everything known of a credential, on a page.
fn details(model: &Model, reference: &CredentialRef, name: &Text) -> Turn {
    let found =
        model.account(&reference.account).and_then(|one| one.find(reference).map(|found| (one, found)));
    let Some((account, credential)) = found else { return Turn::stay() };
    let title = format!("{name} · {}", credential.owner.name);
    let page = Message::details(&title, detail::lines(model, account, credential));
    Turn::open(Overlay::Message(Box::new(page)))
}

/// A listing came: a review that is open rests on it.
pub fn listed(model: &mut Model) -> Vec<Effect> {
    let open = |overlay: &Overlay| matches!(overlay, Overlay::Bulk(pane) if pane.step == BulkStep::Review);
    let Some(position) = model.overlays.iter().position(open) else { return Vec::new() };
    with_overlay(model, position, |overlay, model| {
        if let Overlay::Bulk(pane) = overlay {
            pane.review(model);
        }
        Turn::stay()
    })
}
