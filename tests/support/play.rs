//! Plays a script against the pure update: keys, pastes, time, and replies to what was asked for; then tells what
//! went out and where one is. No screen, no network, no clock.
//!
//! A script is words between spaces:
//!
//! | word | is |
//! |---|---|
//! | `n`, `<enter>`, `<c-d>` | a key, as [`Key::parse`] reads it |
//! | `~x` | the same key, held and repeating itself |
//! | `'ci runner'` | text, typed |
//! | `#paste=…`, `#size=20x5`, `#focus`, `#blur`, `#resume`, `#terminate` | what else a terminal does |
//! | `+15s`, `+10m` | time passing |
//! | `@read` | the latest unanswered effect of that name is answered well (`-` for a space) |
//! | `@part=two` | some of what is listed comes, see [`replies::part`] |
//! | `@verify=refused` | answered that way, see [`replies`] |
//! | `@create!slow`, `@create!cut?` | failed; with `?` nobody knows whether it happened |
//! | `@crash=create` | its task hit a bug |
//! | `@came=0:stored` | what came of one of many, see [`replies::came`]; `@bulk` ends it |

use jiff::SignedDuration;
use keywright::app::bulk::News;
use keywright::app::effect::{Effect, RequestId};
use keywright::app::model::{Fetch, Model, SessionView};
use keywright::app::msg::{Msg, Reply};
use keywright::app::update::{start, update};
use keywright::domain::answer::Progress;
use keywright::keymap::key::Key;

#[path = "replies.rs"]
pub mod replies;
#[path = "words.rs"]
mod words;

/// A model being played with, and everything it asked for.
pub struct Play {
    /// The state.
    pub model: Model,
    /// What was asked for and has no answer yet, oldest first.
    pub open: Vec<(RequestId, Effect)>,
    /// What went out and has no answer: steps written down, the end.
    pub told: Vec<Effect>,
    /// What went out, in words, since it was last looked at.
    pub log: Vec<String>,
}

impl Play {
    /// Begins with a model as it is.
    pub fn new(model: Model) -> Self {
        Self { model, open: Vec::new(), told: Vec::new(), log: Vec::new() }
    }

    /// Begins as the program does.
    pub fn started(mut model: Model) -> Self {
        let effects = start(&mut model);
        let mut play = Self::new(model);
        play.take(effects);
        play
    }

    /// One message, now.
    pub fn send(&mut self, msg: Msg) {
        let now = self.model.now;
        let effects = update(&mut self.model, now, msg);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.log.push(words::effect(&effect));
            match request(&effect) {
                Some(request) => self.open.push((request, effect)),
                None => self.told.push(effect),
            }
        }
    }

    /// A key, pressed or repeating itself.
    pub fn key(&mut self, key: Key, repeat: bool) {
        self.send(Msg::Key { key, repeat });
    }

    /// Text, typed key by key.
    pub fn typed(&mut self, text: &str) {
        for character in text.chars() {
            self.key(Key::char(character), false);
        }
    }

    /// Time passing.
    pub fn pass(&mut self, seconds: i64) {
        let now = self.model.now.checked_add(SignedDuration::from_secs(seconds)).expect("in range");
        let effects = update(&mut self.model, now, Msg::Tick);
        self.take(effects);
    }

    /// Answers the latest unanswered effect of a name, and keeps it for a second, stale answer.
    pub fn answer(&mut self, name: &str, reply: impl FnOnce(&Model, &Effect) -> Reply) {
        let position = self.open.iter().rposition(|(_, effect)| effect.name().replace(' ', "-") == name);
        let position =
            position.unwrap_or_else(|| panic!("nothing asked for {name}; open: {:?}", self.asked()));
        let (request, effect) = self.open.remove(position);
        let reply = reply(&self.model, &effect);
        self.open.insert(0, (request, effect));
        self.send(Msg::Reply(request, reply));
    }

    /// The names of what was asked for, oldest first.
    pub fn asked(&self) -> Vec<&'static str> {
        self.open.iter().map(|(_, effect)| effect.name()).collect()
    }

    /// Plays a whole script.
    pub fn run(&mut self, script: &str) -> &mut Self {
        for word in split(script) {
            self.word(&word);
        }
        self
    }

    fn word(&mut self, word: &str) {
        if word.len() > 1
            && let Some(text) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))
        {
            self.typed(text);
        } else if let (Some(rest), true) = (word.strip_prefix('@'), word.len() > 1) {
            self.reply_word(rest);
        } else if let (Some(rest), true) = (word.strip_prefix('#'), word.len() > 1) {
            self.terminal_word(rest);
        } else if let (Some(rest), true) = (word.strip_prefix('+'), word.len() > 1) {
            let (number, unit) = rest.split_at(rest.len() - 1);
            let number: i64 = number.parse().expect("a number of seconds or minutes");
            self.pass(if unit == "m" { number * 60 } else { number });
        } else if let (Some(rest), true) = (word.strip_prefix('~'), word.len() > 1) {
            self.key(Key::parse(rest).expect("a key"), true);
        } else {
            self.key(Key::parse(word).expect("a key"), false);
        }
    }

    fn terminal_word(&mut self, word: &str) {
        let (what, value) = word.split_once('=').unwrap_or((word, ""));
        match what {
            "paste" => {
                let text = value.replace('_', " ").replace('⏎', "\n");
                self.send(Msg::Paste(zeroize::Zeroizing::new(text)));
            }
            "size" => {
                let (columns, rows) = value.split_once('x').expect("a size");
                self.send(Msg::Resize(columns.parse().expect("columns"), rows.parse().expect("rows")));
            }
            "focus" => self.send(Msg::Focus(true)),
            "blur" => self.send(Msg::Focus(false)),
            "resume" => self.send(Msg::Resumed),
            "terminate" => self.send(Msg::Terminate),
            other => panic!("what is #{other}?"),
        }
    }

    fn reply_word(&mut self, word: &str) {
        if let Some(name) = word.strip_prefix("crash=") {
            let position = self.open.iter().rposition(|(_, effect)| effect.name().replace(' ', "-") == name);
            let (request, _) = self.open.remove(position.expect("it was asked for"));
            return self.send(Msg::Crashed(request));
        }
        if let Some(far) = word.strip_prefix("progress=") {
            let (request, _) = self.open.last().expect("something under way");
            let told = Progress { done: far.parse().expect("a number"), of: 6, what: "job".into(), why: "" };
            return self.send(Msg::Progress(*request, told));
        }
        if let Some(came) = word.strip_prefix("came=") {
            let (at, what) = came.split_once(':').expect("a number and what came");
            let bulk = self.open.iter().rfind(|(_, effect)| effect.name() == "bulk").expect("many under way");
            let (request, at) = (bulk.0, at.parse().expect("a number"));
            let Effect::Bulk(_, steps) = &bulk.1 else { unreachable!("by its name") };
            let step = steps.iter().find(|(of, _)| *of == at).expect("one of them");
            let news = News { came: vec![(at, replies::came(&step.1, what))], held: None };
            return self.send(Msg::Bulk(request, news));
        }
        if let Some(variant) = word.strip_prefix("part=") {
            let list = self.open.iter().rfind(|(_, effect)| matches!(effect, Effect::List(..)));
            let (request, (listed, reach)) = (list.expect("a listing").0, replies::part(variant));
            return self.send(Msg::ListedPart(request, Box::new(listed), reach));
        }
        if word == "device" {
            let (request, _) = self.open.last().expect("a device login");
            return self.send(Msg::DeviceWaiting(*request, replies::account(), replies::device()));
        }
        if let Some((name, failure)) = word.split_once('!') {
            let failure = replies::failure(failure);
            return self.answer(name, |_, effect| replies::failed(effect, failure));
        }
        let (name, variant) = word.split_once('=').unwrap_or((word, ""));
        self.answer(name, |model, effect| replies::good(model, effect, variant));
    }

    /// Where one is: the pane, what lies over it, and what is written in the footer.
    pub fn place(&self) -> String {
        let model = &self.model;
        let mut places = vec![format!("{:?}", model.pane).to_lowercase()];
        places.extend(model.overlays.iter().map(words::overlay));
        if model.locked {
            places.push(String::from("LOCKED"));
        }
        if model.leaving {
            places.push(String::from("LEAVING"));
        }
        places.join(" > ")
    }

    /// Everything since it was last looked at: what went out, line by line; `= ` where one is; `! ` the notice.
    pub fn told(&mut self) -> String {
        let mut lines = std::mem::take(&mut self.log);
        lines.push(format!("= {}", self.place()));
        lines.extend(self.model.notice.as_ref().map(|notice| format!("! {}", notice.text)));
        lines.join("\n")
    }

    /// Everything a message could change, in one text; secrets only as their number.
    pub fn summary(&self) -> String {
        let model = &self.model;
        let accounts: Vec<String> = model
            .accounts
            .iter()
            .map(|one| {
                format!(
                    "{} opened {:?} session {:?} listed {:?} {:?} facts {} skew {:?}",
                    one.name(),
                    loading(&one.opened),
                    session(&one.session),
                    loading(&one.listed),
                    one.listing,
                    one.facts.len(),
                    one.skew
                )
            })
            .collect();
        format!(
            "{} | {:?} | {:?} | {accounts:?} | rows {:?} at {} filter {:?} | {:?} | {:?} | {:?} | pending {:?} | {:?}",
            self.place(),
            model.notice,
            model.vault,
            model.table.rows,
            model.table.cursor,
            model.table.filter.value(),
            (&model.unfinished, &model.promises),
            model.activity,
            model.copied,
            model.pending,
            (
                model.shown,
                (model.owner_cursor, model.finding_cursor, model.zoom),
                model.sandbox.is_some(),
                model.told_to_end
            ),
        )
    }
}

fn loading(fetch: &Fetch) -> String {
    format!("{fetch:?}")
}

fn session(view: &SessionView) -> String {
    format!("{view:?}")
}

/// A script into words; quoted text is one.
fn split(script: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = script.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('\'').and_then(|inner| inner.find('\'')).map(|end| end + 2);
        let end = quoted.or_else(|| rest.find(char::is_whitespace)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// The request an effect carries.
pub fn request(effect: &Effect) -> Option<RequestId> {
    match effect {
        Effect::CheckVault(id)
        | Effect::UseVault(id, _)
        | Effect::OpenAccount(id, _)
        | Effect::LogIn { request: id, .. }
        | Effect::DeviceLogin { request: id, .. }
        | Effect::LogOut(id, _)
        | Effect::List(id, _)
        | Effect::Read(id, _)
        | Effect::ScopeOffers { request: id, .. }
        | Effect::CreationPage(id, _)
        | Effect::TakeIn(id, _)
        | Effect::Create(id, _)
        | Effect::Rotate(id, _)
        | Effect::Replay(id, _)
        | Effect::Revoke(id, _)
        | Effect::Deliver(id, _)
        | Effect::Bulk(id, _)
        | Effect::Export(id, _, _)
        | Effect::Places(id, _)
        | Effect::Vend(id, _)
        | Effect::ForgetVended(id, _)
        | Effect::History(id, _)
        | Effect::Edit(id, _, _)
        | Effect::Verify { request: id, .. }
        | Effect::Import(id, _)
        | Effect::LookAround(id)
        | Effect::FindLoose(id)
        | Effect::Tighten(id, _)
        | Effect::ImportFound(id, _, _)
        | Effect::LogInFound(id, _, _)
        | Effect::CreateOwner { request: id, .. }
        | Effect::EditOwner { request: id, .. }
        | Effect::EnableOwner(id, _, _, _)
        | Effect::DeleteOwner(id, _, _)
        | Effect::Restart(id, _)
        | Effect::Copy(id, _)
        | Effect::Unfinished(id)
        | Effect::KeepPromise(id, _)
        | Effect::MovePromise(id, _, _)
        | Effect::WithdrawPromise(id, _)
        | Effect::KeepSession(id, _)
        | Effect::Reconcile(id, _)
        | Effect::Activity(id)
        | Effect::SaveAccounts { request: id, .. }
        | Effect::SandboxClock(id, _)
        | Effect::StartSandbox(id) => Some(*id),
        Effect::ClearClipboard
        | Effect::Advance(..)
        | Effect::HaltBulk(_)
        | Effect::SetTargets(..)
        | Effect::WipeMemory
        | Effect::Cancel(_)
        | Effect::Suspend
        | Effect::Repaint
        | Effect::Quit => None,
    }
}
