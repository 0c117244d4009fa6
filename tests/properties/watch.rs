//! A model that is watched: after every step the laws are looked at.

use keywright::app::effect::{Effect, RequestId};
use keywright::app::msg::{IssueOutcome, Kept, Msg, Reply};
use keywright::app::pane::Overlay;
use keywright::app::pane::confirm::Asked;
use keywright::app::pane::reveal::DISCARD;
use keywright::app::update::next_wake;
use keywright::domain::operation::Phase;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::build;
use crate::play::{Play, replies};
use crate::steps::Step;

/// A secret on the screen, as it was before a step.
struct Shown {
    operation: Uuid,
    safe: bool,
    held: bool,
    word_typed: bool,
}

/// The model, what it asked for, and what is counted.
pub struct Watched {
    play: Play,
    answered: Vec<(RequestId, Effect)>,
    secrets: u128,
    protected: bool,
    /// How many destructive effects went out.
    pub ended: usize,
    /// How many effects went out.
    pub went_out: usize,
}

impl Watched {
    /// Two accounts, the first one protected or not, with unfinished work.
    pub fn new(protected: bool) -> Self {
        let mut model = build::several();
        for account in &mut model.accounts {
            account.account.protected = protected;
        }
        Self { play: Play::new(model), answered: Vec::new(), secrets: 100, protected, ended: 0, went_out: 0 }
    }

    /// Puts a secret on the screen that exists nowhere else.
    pub fn has_a_secret(&mut self) {
        let credential = build::credential("c9", &build::owner("o2", "etl", ""), "fresh");
        let mut arrived = replies::arrived(credential, false, "nowhere");
        self.secrets += 1;
        arrived.operation = Uuid::from_u128(self.secrets);
        self.message(Msg::Reply(
            RequestId(1_000_000),
            Reply::Issued(IssueOutcome::Arrived(Box::new(arrived))),
        ));
    }

    /// One step, and the laws after it.
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Key(key, repeat) => self.message(Msg::Key { key: *key, repeat: *repeat }),
            Step::Word(word) => self.keys(word.chars().map(keywright::keymap::key::Key::char)),
            Step::Way(way) => self.way(way),
            Step::Paste(text) => self.message(Msg::Paste(Zeroizing::new(text.clone()))),
            Step::Size(columns, rows) => self.message(Msg::Resize(*columns, *rows)),
            Step::Focus(focused) => self.message(Msg::Focus(*focused)),
            Step::Pass(seconds) => self.watch(|play| play.pass(*seconds)),
            Step::Resumed => self.message(Msg::Resumed),
            Step::Answer(at, how) => self.answer(*at, how),
            Step::Crash(at) => {
                if let Some((request, effect)) = self.take(*at) {
                    self.answered.push((request, effect));
                    self.message(Msg::Crashed(request));
                }
            }
            Step::Stale(at) => self.stale(*at),
            Step::Device => {
                let last = self.play.open.last().map(|(request, _)| *request);
                if let Some(request) = last {
                    self.message(Msg::DeviceWaiting(request, replies::account(), replies::device()));
                }
            }
        }
    }

    fn keys(&mut self, keys: impl Iterator<Item = keywright::keymap::key::Key>) {
        for key in keys {
            self.message(Msg::Key { key, repeat: false });
        }
    }

    fn way(&mut self, way: &str) {
        for word in way.split(' ') {
            let quoted = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            match quoted {
                Some(text) => self.keys(text.chars().map(keywright::keymap::key::Key::char)),
                None => self.keys(std::iter::once(keywright::keymap::key::Key::parse(word).expect("a key"))),
            }
        }
    }

    fn take(&mut self, at: usize) -> Option<(RequestId, Effect)> {
        let count = self.play.open.len();
        (count > 0).then(|| self.play.open.remove(at % count))
    }

    fn answer(&mut self, at: usize, how: &str) {
        let Some((request, effect)) = self.take(at) else { return };
        let reply = self.reply(&effect, how);
        let new = match &reply {
            Reply::Issued(IssueOutcome::Arrived(arrived)) => Some(arrived.operation),
            _ => None,
        };
        self.answered.push((request, effect));
        self.message(Msg::Reply(request, reply));
        if let Some(operation) = new {
            assert!(
                self.shown().iter().any(|one| one.operation == operation),
                "a secret that came is not shown"
            );
        }
    }

    fn reply(&mut self, effect: &Effect, how: &str) -> Reply {
        if let Some(failure) = how.strip_prefix('!') {
            return replies::failed(effect, replies::failure(failure));
        }
        // What is asked of a credential that is not listed any more fails.
        let listed = match effect {
            Effect::Read(_, credential) | Effect::Edit(_, credential, _) => Some(credential),
            Effect::Rotate(_, plan) => Some(&plan.credential),
            _ => None,
        };
        let gone = listed.is_some_and(|wanted| {
            self.play.model.account(&wanted.account).and_then(|account| account.find(wanted)).is_none()
        });
        if gone {
            return replies::failed(effect, replies::failure("gone"));
        }
        let mut reply = replies::good(&self.play.model, effect, how);
        if let Reply::Issued(IssueOutcome::Arrived(arrived)) = &mut reply {
            self.secrets += 1;
            arrived.operation = Uuid::from_u128(self.secrets);
        }
        reply
    }

    /// Everything asked for is answered well.
    pub fn answer_all(&mut self) {
        for _ in 0..3 {
            while !self.play.open.is_empty() {
                self.answer(0, "");
            }
        }
        self.answered.clear();
    }

    /// A second answer changes nothing, whatever it says.
    fn stale(&mut self, at: usize) {
        if self.answered.is_empty() {
            return;
        }
        let (request, effect) = &self.answered[at % self.answered.len()];
        let reply = replies::failed(effect, replies::failure("slow"));
        let request = *request;
        let before = self.play.summary();
        let (open, told) = (self.play.open.len(), self.play.told.len());
        self.play.send(Msg::Reply(request, reply));
        if !self.play.model.leaving {
            assert_eq!(before, self.play.summary(), "a stale reply changed something");
            assert_eq!((open, told), (self.play.open.len(), self.play.told.len()));
        }
    }

    fn message(&mut self, msg: Msg) {
        self.watch(|play| play.send(msg));
    }

    fn watch(&mut self, step: impl FnOnce(&mut Play)) {
        let shown = self.shown();
        let giving_up = self.giving_everything_up();
        let may_end = self.may_end();
        let open = self.play.open.len();
        self.play.told.clear();
        self.play.log.clear();
        step(&mut self.play);
        let new: Vec<&Effect> = self.play.open[open..].iter().map(|(_, effect)| effect).collect();
        self.went_out += new.len() + self.play.told.len();
        let ending = new.iter().filter(|effect| ends_something(effect)).count();
        self.ended += ending;
        assert!(
            ending == 0 || !self.protected || may_end,
            "on a protected account this went out without a typed name: {:?}",
            self.play.log
        );
        for (request, _) in &self.play.open[open..] {
            assert!(self.play.model.pending.contains_key(request), "what is asked for is awaited");
        }
        self.no_secret_is_dropped(&shown, giving_up);
        self.the_rest_is_sound();
        // A program that has ended begins again.
        if self.play.told.iter().any(|effect| matches!(effect, Effect::Quit)) {
            self.play.model.leaving = false;
        }
    }

    fn shown(&self) -> Vec<Shown> {
        let reveals = self.play.model.overlays.iter().filter_map(|overlay| match overlay {
            Overlay::Reveal(reveal) => Some(Shown {
                operation: reveal.operation,
                safe: reveal.is_safe(),
                held: reveal.kept == Kept::Memory,
                word_typed: reveal.discard.as_ref().is_some_and(|typed| typed.value().trim() == DISCARD),
            }),
            _ => None,
        });
        reveals.collect()
    }

    /// Whether the word is typed into the question asked before leaving.
    fn giving_everything_up(&self) -> bool {
        matches!(self.play.model.overlays.last(), Some(Overlay::Confirm(confirm))
            if confirm.asked == Asked::Leave && confirm.typed.value() == DISCARD)
    }

    /// Whether the name is typed into the question on top.
    fn may_end(&self) -> bool {
        match self.play.model.overlays.last() {
            Some(Overlay::Rotate(pane)) => pane.typed.value().trim() == pane.reviewed.name.as_str(),
            Some(Overlay::Revoke(pane)) => pane.typed.value().trim() == pane.reviewed.name.as_str(),
            Some(Overlay::Confirm(pane)) => pane.must_type.as_deref() == Some(pane.typed.value()),
            _ => false,
        }
    }

    fn no_secret_is_dropped(&self, before: &[Shown], giving_up: bool) {
        let now = self.shown();
        for gone in before.iter().filter(|one| now.iter().all(|other| other.operation != one.operation)) {
            let written = self.play.told.iter().find_map(|effect| match effect {
                Effect::Advance(operation, phase, _) if *operation == gone.operation => Some(*phase),
                _ => None,
            });
            let word = gone.word_typed || giving_up;
            let fine = match written {
                Some(Phase::Shown | Phase::Done) => gone.safe || (gone.held && gone.word_typed),
                Some(Phase::Lost) => word,
                _ => false,
            };
            assert!(fine, "a secret went away: {written:?}, safe {}, word typed {word}", gone.safe);
        }
        let quits = self.play.told.iter().any(|effect| matches!(effect, Effect::Quit));
        assert!(
            !quits || now.iter().all(|one| one.safe),
            "the program ended with a secret that is nowhere else"
        );
    }

    fn the_rest_is_sound(&self) {
        let model = &self.play.model;
        assert!(
            next_wake(model).is_none_or(|at| at > model.now),
            "a wake that lies in the past never sleeps"
        );
        assert!(model.table.cursor == 0 || model.table.cursor < model.table.rows.len());
        for row in &model.table.rows {
            assert!(model.accounts[row.account].listing.credentials.len() > row.credential);
        }
        let clear = model.overlays.iter().any(|overlay| match overlay {
            Overlay::Reveal(reveal) => reveal.is_unmasked(model.now),
            _ => false,
        });
        assert!(!clear || !model.locked, "nothing is clear behind the curtain");
    }
}

/// Whether an effect ends or replaces something on the server, now or at the end of a window.
fn ends_something(effect: &Effect) -> bool {
    match effect {
        Effect::Rotate(..) | Effect::Revoke(..) | Effect::DeleteOwner(..) | Effect::Restart(..) => true,
        Effect::EnableOwner(_, _, _, on) => !on,
        Effect::Edit(_, _, edit) => edit.enabled == Some(false),
        _ => false,
    }
}
