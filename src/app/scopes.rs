//! Choosing scopes: what there is to choose from, what is chosen, and what that comes to in sentences.
//!
//! Used where a credential is made and where a rotation narrows one. Everything it knows is data of the backend: the
//! fixed offers, what the server has besides, bundles, and whether one can be typed. It asks nobody by itself; start with
//! [`ScopePicker::new`], and draw it with `ui::widget::scopes`.

use tui_input::Input;

use super::effect::{Effect, RequestId};
use super::form;
use super::model::{Model, Tone};
use crate::domain::ability::{Pick, ScopeChoice};
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::domain::scope::{Granted, Risk, ScopeOffer};
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// What the heading of scopes says that were typed.
const TYPED_GROUP: &str = "typed";
/// How many scopes a sentence names before it counts the rest.
const NAMED: usize = 6;

/// Whether the server was asked for what it has to choose from besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It has nothing besides, or it came.
    Whole,
    /// Not asked yet.
    Wanted,
    /// Asked for.
    Loading(RequestId),
    /// Not to be had.
    Failed(Failure),
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What the lines below belong with.
    Heading(String),
    /// A bundle, by its position among the presets.
    Preset(usize),
    /// A scope, by its position among the offers.
    Offer(usize),
    /// What was typed, as a scope that is not on the list.
    Typed,
}

/// What an action came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Nothing beyond the picker.
    Stay,
    /// One step back.
    Back,
    /// The choice stands.
    GoOn,
    /// The server is to be asked again.
    Ask,
}

/// The choice of scopes.
pub struct ScopePicker {
    /// How scopes are chosen here.
    pub choice: &'static ScopeChoice,
    /// Whether the server was asked.
    pub asked: Asked,
    /// Everything there is to choose from: fixed, the server's, typed.
    pub offers: Vec<ScopeOffer>,
    /// Whether only what a credential has already can be chosen.
    pub narrowing: bool,
    /// What is typed to search, or as a scope.
    pub search: Input,
    /// Whether it is being typed.
    pub searching: bool,
    /// The lines that are shown, in order.
    pub lines: Vec<Line>,
    /// The line under the cursor; never a heading.
    pub cursor: usize,
    /// Why the choice was refused.
    pub error: Option<String>,
    /// Whether the warning about a wide scope is on the screen, so that the next Enter means it.
    pub warned: bool,
    chosen: Vec<String>,
}

impl ScopePicker {
    /// Nothing chosen yet.
    pub fn new(choice: &'static ScopeChoice) -> Self {
        let mut picker = Self {
            choice,
            asked: if choice.asked { Asked::Wanted } else { Asked::Whole },
            offers: choice.offers.to_vec(),
            narrowing: false,
            search: Input::default(),
            searching: false,
            lines: Vec::new(),
            cursor: 0,
            error: None,
            warned: false,
            chosen: Vec::new(),
        };
        picker.rebuild();
        // Where nothing is on the list, one begins by typing.
        picker.searching = choice.typed.is_some() && picker.offers.is_empty() && !choice.asked;
        picker
    }

    /// What a credential has, all of it chosen: some of it can be left out, nothing can be added. One that may do
    /// everything can be given anything less.
    pub fn narrowing(choice: &'static ScopeChoice, has: &Granted) -> Self {
        let mut picker = Self { narrowing: true, ..Self::new(choice) };
        match has {
            Granted::Everything => {
                picker.chosen = picker.offers.iter().filter(|offer| offer.is_everything()).map(id).collect();
            }
            Granted::Listed(scopes) => {
                picker.chosen = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
                picker.hold(choice);
            }
            Granted::AsOwner => {}
        }
        picker.searching = false;
        picker.rebuild();
        picker
    }

    /// Leaves only what is chosen to choose from, also what no offer describes.
    fn hold(&mut self, choice: &ScopeChoice) {
        let unknown = if choice.is_closed() { "not a scope keywright knows" } else { "" };
        let known = std::mem::take(&mut self.offers);
        let of = |scope: &String| {
            let found = known.iter().find(|offer| offer.id == scope.as_str()).cloned();
            found.unwrap_or_else(|| described(scope, "", unknown))
        };
        self.offers = self.chosen.iter().map(of).collect();
        self.asked = Asked::Whole;
    }

    /// Asks the server for what it has to choose from, if it has something and was not asked or did not answer.
    pub fn ask(
        &mut self,
        model: &mut Model,
        account: &AccountName,
        kind: &str,
        owner: &Id,
    ) -> Option<Effect> {
        if !matches!(self.asked, Asked::Wanted | Asked::Failed(_)) {
            return None;
        }
        let request = model.request(format!("asking {account} for its {}s", self.choice.noun), false);
        self.asked = Asked::Loading(request);
        let (account, kind, owner) = (account.clone(), kind.to_owned(), owner.clone());
        Some(Effect::ScopeOffers { request, account, kind, owner })
    }

    /// The request that is waited for.
    pub fn request(&self) -> Option<RequestId> {
        match self.asked {
            Asked::Loading(request) => Some(request),
            Asked::Whole | Asked::Wanted | Asked::Failed(_) => None,
        }
    }

    /// The server's offers came, or did not. What is chosen and typed stays, and the cursor on what it is on.
    pub fn offered(&mut self, result: Result<Vec<ScopeOffer>, Failure>) {
        let here = self.lines.get(self.cursor).cloned();
        let offer = match &here {
            Some(Line::Offer(position)) => self.offers.get(*position).map(id),
            _ => None,
        };
        match result {
            Ok(offers) => {
                self.asked = Asked::Whole;
                let new: Vec<ScopeOffer> =
                    offers.into_iter().filter(|offer| self.find(&offer.id).is_none()).collect();
                let typed = self.offers.iter().position(|offer| offer.group == TYPED_GROUP);
                let at = typed.unwrap_or(self.offers.len());
                self.offers.splice(at..at, new);
            }
            Err(failure) => self.asked = Asked::Failed(failure),
        }
        self.rebuild();
        let moved = offer.and_then(|wanted| self.offers.iter().position(|one| id(one) == wanted));
        let here = moved.map(Line::Offer).or(here);
        if let Some(again) = self.lines.iter().position(|line| Some(line) == here.as_ref()) {
            self.cursor = again;
        }
    }

    /// Where the keyboard is.
    pub fn context(&self) -> Context {
        if self.searching { Context::ScopeSearch } else { Context::Scopes }
    }

    /// What is chosen, in the order of the list.
    pub fn chosen(&self) -> Vec<String> {
        self.chosen_offers().map(id).collect()
    }

    /// The offers that are chosen, in the order of the list.
    pub fn chosen_offers(&self) -> impl Iterator<Item = &ScopeOffer> {
        self.offers.iter().filter(|offer| self.is_chosen(&offer.id))
    }

    /// Whether a scope is chosen.
    pub fn is_chosen(&self, id: &str) -> bool {
        self.chosen.iter().any(|one| one == id)
    }

    /// Whether exactly the scopes of a preset are chosen.
    pub fn is_preset_chosen(&self, preset: usize) -> bool {
        self.choice
            .presets
            .get(preset)
            .is_some_and(|(_, ids)| ids.len() == self.chosen.len() && ids.iter().all(|id| self.is_chosen(id)))
    }

    fn find(&self, id: &str) -> Option<&ScopeOffer> {
        self.offers.iter().find(|offer| offer.id == id)
    }

    /// What an action means here.
    pub fn act(&mut self, action: Action) -> Picked {
        match (self.searching, action) {
            (_, Action::Down) => self.step(1),
            (_, Action::Up) => self.step(-1),
            (_, Action::PageDown) => self.step(10),
            (_, Action::PageUp) => self.step(-10),
            (_, Action::First) => self.step(isize::MIN),
            (_, Action::Last) => self.step(isize::MAX),
            (true, Action::Open) => self.take_search(),
            (false, Action::Filter) => self.searching = true,
            (false, Action::Select) => self.toggle(),
            (false, Action::Refresh) => return Picked::Ask,
            (false, Action::Open) if self.stands() => return Picked::GoOn,
            (false, Action::Back) if self.search.value().is_empty() => return Picked::Back,
            (_, Action::Back) => self.drop_search(),
            _ => {}
        }
        Picked::Stay
    }

    /// A key that is text: only while one types.
    pub fn key(&mut self, key: Key) {
        if self.searching {
            form::edit(&mut self.search, key);
            self.narrow_down();
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        if self.searching {
            form::paste(&mut self.search, text);
            self.narrow_down();
        }
    }

    fn narrow_down(&mut self) {
        self.error = None;
        self.rebuild();
        self.cursor = 0;
        self.step(0);
    }

    /// The whole list again, the cursor where it was.
    fn drop_search(&mut self) {
        let here = self.lines.get(self.cursor).cloned();
        (self.search, self.searching, self.error) = (Input::default(), false, None);
        self.rebuild();
        let again = self.lines.iter().position(|line| Some(line) == here.as_ref());
        self.cursor = again.unwrap_or(self.cursor);
    }

    /// Enter while one types takes what is under the cursor, and the whole list is there again.
    fn take_search(&mut self) {
        match self.lines.get(self.cursor) {
            Some(Line::Typed) => return self.take_typed(),
            Some(Line::Offer(position)) if !self.search.value().is_empty() => {
                self.warned = false;
                if let Some(id) = self.offers.get(*position).map(id).filter(|id| !self.is_chosen(id)) {
                    self.choose(&id);
                }
            }
            _ => {}
        }
        self.drop_search();
    }

    fn take_typed(&mut self) {
        let text = self.search.value().trim().to_owned();
        let Some(typed) = &self.choice.typed else { return };
        if let Err(why) = (typed.check)(&text) {
            self.error = Some(why);
            return;
        }
        let allows = if typed.prefix.is_some() { "all that begins with it" } else { "as typed" };
        self.offers.push(described(&text, TYPED_GROUP, allows));
        self.drop_search();
        self.cursor = self.lines.len().saturating_sub(1);
        self.choose(&text);
    }

    /// Chooses what is under the cursor, or gives it up.
    fn toggle(&mut self) {
        (self.error, self.warned) = (None, false);
        match self.lines.get(self.cursor) {
            Some(Line::Preset(position)) => {
                let ids = self.choice.presets.get(*position).map_or(&[][..], |(_, ids)| *ids);
                let given_up = self.is_preset_chosen(*position);
                self.chosen =
                    if given_up { Vec::new() } else { ids.iter().map(|id| (*id).to_owned()).collect() };
            }
            Some(Line::Offer(position)) => {
                if let Some(id) = self.offers.get(*position).map(id) {
                    self.choose(&id);
                }
            }
            Some(Line::Typed) => self.take_typed(),
            Some(Line::Heading(_)) | None => {}
        }
    }

    /// Chooses a scope, or gives it up. What holds all others stands alone, and so does the only one there can be.
    fn choose(&mut self, id: &str) {
        let everything = |id: &str| self.find(id).is_some_and(ScopeOffer::is_everything);
        let alone = self.choice.pick == Pick::One || everything(id);
        let others: Vec<String> =
            self.chosen.iter().filter(|one| *one != id && !everything(one)).cloned().collect();
        self.chosen = match (self.is_chosen(id), alone) {
            (true, _) => others,
            (false, true) => vec![id.to_owned()],
            (false, false) => others.into_iter().chain([id.to_owned()]).collect(),
        };
    }

    /// Whether one can go on with this choice. The first try with a wide scope only warns.
    fn stands(&mut self) -> bool {
        let noun = self.choice.noun;
        // Without any it would be made with all that the first one has, which is what "none chosen" stands for there.
        if self.narrowing && self.chosen().is_empty() && !self.offers.is_empty() {
            self.error = Some(format!(
                "leave at least one {noun} chosen; for one without any make a new one and revoke this one"
            ));
            return false;
        }
        if self.chosen().is_empty() && self.choice.without.is_none() {
            self.error = Some(match self.choice.pick {
                _ if self.offers.is_empty() && self.choice.typed.is_none() => {
                    format!("a {noun} is needed, and there is none yet: make one where {noun}s are made")
                }
                Pick::One => format!("a {noun} is needed: choose one with Space"),
                Pick::Many => format!("without a {noun} it could do nothing: choose at least one with Space"),
            });
            return false;
        }
        let wide = !self.narrowing && self.chosen_offers().any(|offer| offer.risk == Risk::Wide);
        if wide && !self.warned {
            self.warned = true;
            return false;
        }
        true
    }

    /// What is said before a wide scope is taken at its word.
    pub fn warning(&self) -> Option<String> {
        let wide: Vec<&str> =
            self.chosen_offers().filter(|offer| offer.risk == Risk::Wide).map(ScopeOffer::name).collect();
        self.warned.then(|| {
            format!(
                "{} is wide: whoever holds the secret can do everything there, or give themselves more. Enter once more \
                 if that is meant.",
                wide.join(", ")
            )
        })
    }

    /// What the choice comes to, in sentences.
    pub fn sum(&self) -> Vec<(Tone, String)> {
        let chosen: Vec<&ScopeOffer> = self.chosen_offers().collect();
        let Some(risk) = chosen.iter().map(|offer| offer.risk).max() else {
            return vec![(Tone::Plain, self.choice.without.unwrap_or("Nothing is chosen yet.").to_owned())];
        };
        let allows: Vec<&str> = chosen.iter().map(|offer| offer.allows.as_ref()).take(NAMED).collect();
        let rest = match chosen.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let verdict = match risk {
            Risk::Reads => "It only reads.",
            Risk::Writes => "It can change things.",
            Risk::Wide => "It is wide.",
        };
        let mut sum = vec![(Tone::Plain, format!("It allows: {}{rest}. {verdict}", allows.join("; ")))];
        let left: Vec<&str> = self
            .offers
            .iter()
            .filter(|one| !self.is_chosen(&one.id) && !one.is_everything())
            .map(ScopeOffer::name)
            .collect();
        let complete = chosen.iter().any(|offer| offer.is_everything()) || self.choice.pick == Pick::One;
        if !complete && !left.is_empty() && left.len() <= NAMED {
            sum.push((Tone::Plain, format!("Not allowed: {}.", left.join(", "))));
        }
        sum.extend(chosen.into_iter().flat_map(|offer| self.covers(&offer.id)));
        sum
    }

    /// What a scope covers that begins everything it is about, and what only by accident.
    fn covers(&self, scope: &str) -> Vec<(Tone, String)> {
        let Some(parts) = self.choice.typed.as_ref().and_then(|typed| typed.prefix) else {
            return Vec::new();
        };
        if self.find(scope).is_some_and(ScopeOffer::is_everything) {
            return Vec::new();
        }
        let under = |name: &str| {
            scope.ends_with(parts) || name.get(scope.len()..).is_some_and(|rest| rest.starts_with(parts))
        };
        let known = self.offers.iter().filter(|one| !one.is_everything() && one.group != TYPED_GROUP);
        let begun = known.map(|one| one.id.as_ref()).filter(|name| *name != scope && name.starts_with(scope));
        let (meant, accident): (Vec<&str>, Vec<&str>) = begun.partition(|name| under(name));
        let mut sentences = Vec::new();
        if !meant.is_empty() {
            sentences.push((Tone::Plain, format!("{scope} covers {}.", listed(&meant))));
        }
        if !accident.is_empty() {
            let text = format!(
                "{scope} also covers {}, because it only begins with it; end it with {parts} to leave that out.",
                listed(&accident)
            );
            sentences.push((Tone::Bad, text));
        }
        sentences
    }

    /// Moves the cursor over what can be chosen, and stops at the ends.
    fn step(&mut self, by: isize) {
        let places: Vec<usize> = (0..self.lines.len()).filter(|line| self.can_choose(*line)).collect();
        let here =
            places.iter().position(|line| *line >= self.cursor).unwrap_or(places.len().saturating_sub(1));
        let there = here.saturating_add_signed(by).min(places.len().saturating_sub(1));
        self.cursor = places.get(there).copied().unwrap_or(0);
    }

    fn can_choose(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|line| !matches!(line, Line::Heading(_)))
    }

    /// Puts the lines together again: bundles, groups in the order they come in, and what was typed.
    fn rebuild(&mut self) {
        let wanted = self.search.value().trim().to_lowercase();
        let lets = |text: &str| text.to_lowercase().contains(&wanted);
        let mut lines = Vec::new();
        for (position, (name, ids)) in self.choice.presets.iter().enumerate() {
            if ids.iter().all(|id| self.find(id).is_some()) && lets(name) {
                lines.push(Line::Preset(position));
            }
        }
        if !lines.is_empty() {
            lines.insert(0, Line::Heading(String::from("presets")));
        }
        let mut groups: Vec<(&str, Vec<Line>)> = Vec::new();
        for (position, offer) in self.offers.iter().enumerate() {
            if ![&offer.id, offer.name(), &offer.allows, &offer.group].into_iter().any(lets) {
                continue;
            }
            match groups.iter_mut().find(|(group, _)| *group == offer.group) {
                Some((_, members)) => members.push(Line::Offer(position)),
                None => groups.push((&offer.group, vec![Line::Offer(position)])),
            }
        }
        for (group, members) in groups {
            let heading = if group.is_empty() { format!("{}s", self.choice.noun) } else { group.to_owned() };
            lines.push(Line::Heading(heading));
            lines.extend(members);
        }
        let typed = self.search.value().trim();
        if self.choice.typed.is_some() && !self.narrowing && !typed.is_empty() && self.find(typed).is_none() {
            lines.insert(0, Line::Typed);
        }
        self.lines = lines;
        self.step(0);
    }
}

fn id(offer: &ScopeOffer) -> String {
    offer.id.clone().into_owned()
}

/// A scope nobody offered.
fn described(id: &str, group: &'static str, allows: &'static str) -> ScopeOffer {
    ScopeOffer {
        id: id.to_owned().into(),
        title: None,
        group: group.into(),
        allows: allows.into(),
        risk: Risk::Writes,
    }
}

/// Some names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).copied().collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
