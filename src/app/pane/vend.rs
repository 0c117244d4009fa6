//! Secrets for storage: what they can be had for, and those that are held here, with how long they live.

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::{Effect, Generation, RequestId, VendPlan};
use crate::app::form;
use crate::app::model::{AccountState, Fetch, Model, Tone};
use crate::app::pane::{Overlay, login, which_part};
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::Vending;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::domain::text::Text;
use crate::domain::vending::{Held, OWNER_NAME, Place};
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// Lines a page key moves by.
const PAGE: usize = 10;

/// The overlay.
pub struct Vend {
    /// Through which account.
    pub account: AccountName,
    /// What the server listed.
    pub places: Vec<Place>,
    /// Whether it was asked.
    pub listed: Fetch,
    /// What narrows the list, or is typed as a place.
    pub search: Input,
    /// Whether that has the keyboard.
    pub searching: bool,
    /// The line under the cursor.
    pub cursor: usize,
    /// The one being asked for.
    pub running: Option<RequestId>,
    /// Why the last one did not come.
    pub failure: Option<Failure>,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The place, as it is asked for.
    pub place: String,
    /// What more is known of it.
    pub about: Text,
    /// What is held for it.
    pub held: Option<Held>,
}

/// What the account's backend says of such secrets.
pub fn ability(account: &AccountState) -> Option<&'static Vending> {
    account.abilities.vending.as_ref()
}

/// Opens the list of the account at hand.
pub fn open(model: &mut Model) -> Turn {
    let index = model.current_account();
    let Some((index, account)) = index.and_then(|index| Some((index, model.accounts.get(index)?))) else {
        return Turn::stay();
    };
    let name = account.name().clone();
    if ability(account).is_none() {
        let text = format!("{} gives out no storage credentials to this account", account.abilities.title);
        model.say(Tone::Plain, text);
        return Turn::stay();
    }
    if account.session().is_none() {
        return login::open_for(model, index);
    }
    let mut pane = Vend {
        account: name,
        places: Vec::new(),
        listed: Fetch::Idle,
        search: Input::default(),
        searching: false,
        cursor: 0,
        running: None,
        failure: None,
    };
    let effect = pane.ask(model);
    Turn { effects: effect.into_iter().collect(), ..Turn::open(Overlay::Vend(Box::new(pane))) }
}

impl Vend {
    /// Moving in the list, or typing.
    pub fn context(&self) -> Context {
        if self.searching { Context::VendSearch } else { Context::Vend }
    }

    /// The request for the list of places.
    pub fn asking(&self) -> Option<RequestId> {
        match self.listed {
            Fetch::Loading(request) => Some(request),
            Fetch::Idle | Fetch::Ready(_) | Fetch::Failed(_) => None,
        }
    }

    fn ask(&mut self, model: &mut Model) -> Option<Effect> {
        if self.listed.is_loading() {
            return None;
        }
        let request = model.request("asking what storage credentials there are", false);
        self.listed = Fetch::Loading(request);
        Some(Effect::Places(request, self.account.clone()))
    }

    /// Why what is typed is not a place, when it is meant to be one: nothing on the list matches.
    pub fn refusal(&self, model: &Model) -> Option<String> {
        let typed = self.search.value().trim();
        let vending = model.account(&self.account).and_then(ability)?;
        let wanted = !typed.is_empty() && self.lines(model).is_empty();
        wanted.then(|| (vending.typed.check)(typed).err()).flatten()
    }

    /// What is held first, then what is listed, then what is typed; narrowed by what is typed.
    pub fn lines(&self, model: &Model) -> Vec<Line> {
        let typed = self.search.value().trim();
        let wanted = typed.to_lowercase();
        let of_account = |held: &&Held| held.credential.account == self.account;
        let held =
            |place: &str| model.held.iter().filter(of_account).find(|one| one.place() == place).cloned();
        let listed = |place: &str| self.places.iter().find(|one| one.id == place);
        let kept = model.held.iter().filter(of_account).map(|one| Line {
            place: one.place().to_owned(),
            about: listed(one.place()).map(|place| place.about.clone()).unwrap_or_default(),
            held: Some(one.clone()),
        });
        let others = self.places.iter().filter(|one| held(&one.id).is_none());
        let others = others.map(|one| Line { place: one.id.clone(), about: one.about.clone(), held: None });
        let mut lines: Vec<Line> =
            kept.chain(others).filter(|line| line.place.to_lowercase().contains(&wanted)).collect();
        let check = model.account(&self.account).and_then(ability).map(|vending| vending.typed.check);
        let is_place = !typed.is_empty() && check.is_some_and(|check| check(typed).is_ok());
        if is_place && lines.iter().all(|line| line.place != typed) {
            lines.push(Line { place: typed.to_owned(), about: "as typed".into(), held: None });
        }
        lines
    }

    /// The line under the cursor.
    pub fn chosen(&self, model: &Model) -> Option<Line> {
        let mut lines = self.lines(model);
        let position = self.cursor.min(lines.len().checked_sub(1)?);
        Some(lines.swap_remove(position))
    }

    /// Puts the cursor on a place, wherever that stands now.
    fn follow(&mut self, model: &Model, place: &str) {
        if let Some(position) = self.lines(model).iter().position(|line| line.place == place) {
            self.cursor = position;
        }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        let last = self.lines(model).len().saturating_sub(1);
        match action {
            Action::Back if self.searching => {
                self.searching = false;
                self.search = Input::default();
                self.cursor = 0;
            }
            Action::Open if self.searching => self.searching = false,
            Action::Back => return Turn::close(),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Up => self.cursor = self.cursor.min(last).saturating_sub(1),
            Action::PageDown => self.cursor = (self.cursor + PAGE).min(last),
            Action::PageUp => self.cursor = self.cursor.min(last).saturating_sub(PAGE),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = last,
            Action::Filter => self.searching = true,
            Action::Refresh => {
                return Turn { effects: self.ask(model).into_iter().collect(), ..Turn::default() };
            }
            Action::Open if self.running.is_none() => return self.vend(model),
            Action::Copy => return self.copy(model),
            Action::Deliver => return self.deliver(model),
            Action::Forget => {
                let place = self.chosen(model).map(|line| line.place);
                let turn = self.forget(model);
                if let Some(place) = place {
                    self.follow(model, &place);
                }
                return turn;
            }
            _ => {}
        }
        Turn::stay()
    }

    fn vend(&mut self, model: &mut Model) -> Turn {
        let Some(line) = self.chosen(model) else { return Turn::stay() };
        if connection::must_wait(model, &self.account) {
            return Turn::stay();
        }
        self.failure = None;
        let request = model.request(format!("getting the storage credential for {}", line.place), true);
        self.running = Some(request);
        Turn::effect(Effect::Vend(request, VendPlan { account: self.account.clone(), place: line.place }))
    }

    /// The line, when something is held for it.
    fn held(&self, model: &mut Model) -> Option<Held> {
        let held = self.chosen(model).and_then(|line| line.held);
        if held.is_none() {
            model.say(Tone::Plain, "none is held for this place; Enter gets one");
        }
        held
    }

    fn copy(&self, model: &mut Model) -> Turn {
        let Some(held) = self.held(model) else { return Turn::stay() };
        let vending = model.account(&self.account).and_then(ability);
        let parts = vending.map_or(crate::domain::ability::WHOLE, |vending| vending.parts);
        let name = Text::clean(held.place());
        which_part::copy_of(model, held.credential, name, Generation::Current, parts)
    }

    fn deliver(&self, model: &mut Model) -> Turn {
        let Some(held) = self.held(model) else { return Turn::stay() };
        let name = Text::clean(held.place());
        super::credentials::targets_of(model, held.credential, name, OWNER_NAME.into())
    }

    fn forget(&self, model: &mut Model) -> Turn {
        let Some(held) = self.held(model) else { return Turn::stay() };
        let request = model.request(format!("taking {} out of the store", held.place()), false);
        model.say(Tone::Plain, "taken out of the store here; what the server gave works until its own end");
        Turn::effect(Effect::ForgetVended(request, held.credential))
    }

    /// The list of places came, or did not.
    pub fn listed(&mut self, model: &mut Model, result: Result<Vec<Place>, Failure>) -> Turn {
        match result {
            Ok(places) => {
                self.places = places;
                self.listed = Fetch::Ready(model.now);
                Turn::stay()
            }
            Err(failure) => {
                let turn = settle::failed(model, &self.account, &failure);
                self.listed = Fetch::Failed(failure);
                turn
            }
        }
    }

    /// The secret did not come.
    pub fn issue_failed(&mut self, model: &mut Model, failure: Failure) -> Turn {
        self.running = None;
        let turn = settle::failed(model, &self.account, &failure);
        self.failure = Some(failure);
        turn
    }

    /// Takes note that a request will not be answered.
    pub fn stop_waiting(&mut self, request: RequestId, bug: Failure) {
        if self.asking() == Some(request) {
            self.listed = Fetch::Failed(bug);
        } else {
            (self.running, self.failure) = (None, Some(bug));
        }
    }

    /// A key that is text.
    pub fn key(&mut self, key: Key) {
        form::edit(&mut self.search, key);
        self.cursor = 0;
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        form::paste(&mut self.search, text);
        self.cursor = 0;
    }
}

/// What is held here was read again.
pub fn arrived(model: &mut Model, held: Vec<Held>) {
    // What is held stands first, and the cursor stays on its line.
    let mut overlays = std::mem::take(&mut model.overlays);
    let places: Vec<Option<String>> =
        overlays.iter().map(|overlay| place_at_cursor(overlay, model)).collect();
    model.held = held;
    for (overlay, place) in overlays.iter_mut().zip(places) {
        if let (Overlay::Vend(pane), Some(place)) = (overlay, place) {
            pane.follow(model, &place);
        }
    }
    model.overlays = overlays;
}

fn place_at_cursor(overlay: &Overlay, model: &Model) -> Option<String> {
    let Overlay::Vend(pane) = overlay else { return None };
    pane.chosen(model).map(|line| line.place)
}

/// What time alone brings about: what has ended is taken out of the store.
pub fn on_time(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let is_over = |one: &Held| one.ends.is_some_and(|end| end <= now);
    if !model.held.iter().any(is_over) {
        return Vec::new();
    }
    model.held.retain(|one| !is_over(one));
    vec![Effect::Unfinished(model.request("taking ended storage credentials out of the store", false))]
}

/// When the next one ends.
pub fn next_wake(model: &Model) -> Option<crate::domain::time::Timestamp> {
    model.held.iter().filter_map(|one| one.ends).min()
}
