//! What is happening to many, and what came of each. Three phases at most: the work, then every new secret is presented,
//! then those that were accepted go to their targets. What is left of each phase is told by the credentials themselves,
//! so that going on after a pause is the same as beginning.

use super::{Bulk, BulkStep, Item, Word, Work, review};
use crate::app::bulk::{Came, News, Obstacle, Step};
use crate::app::connection;
use crate::app::effect::{CopySource, DeliverPlan, Effect, Generation, RequestId, RevokePlan, RotatePlan};
use crate::app::model::{Model, Tone};
use crate::app::msg::{Arrived, Kept, Proof};
use crate::app::pane::{Overlay, credentials};
use crate::app::settle;
use crate::app::update::{Turn, with_overlay};
use crate::domain::account::AccountName;
use crate::domain::answer::Verdict;
use crate::domain::failure::{Effected, Failure};
use crate::domain::scope::Granted;
use crate::domain::target::Receipt;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::keymap::action::Action;

/// What is being done now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// What was asked for.
    #[default]
    Work,
    /// New secrets are presented.
    Verify,
    /// Accepted ones are brought to their targets.
    Deliver,
}

impl Phase {
    fn next(self) -> Option<Self> {
        match self {
            Self::Work => Some(Self::Verify),
            Self::Verify => Some(Self::Deliver),
            Self::Deliver => None,
        }
    }
}

/// How it came to rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It can go on; what is in the way, if anything.
    Paused(Option<Obstacle>),
    /// The operator stopped it.
    Stopped,
    /// Nothing is left.
    Finished,
}

/// What the operator asked for while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// To wait.
    Pause,
    /// To end.
    Stop,
}

/// What is happening.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The positions of what is done, in order.
    pub all: Vec<usize>,
    /// The request under way.
    pub running: Option<RequestId>,
    /// What is being done.
    pub phase: Phase,
    /// How many are to be done in this stretch of the phase.
    pub of: usize,
    /// How many of them are done.
    pub done: usize,
    /// When this stretch began.
    pub began: Option<Timestamp>,
    /// What was asked for meanwhile.
    pub halting: Option<Halt>,
    /// Whether it is to end: what was not begun stays untouched.
    pub stopped: bool,
    /// How it came to rest.
    pub ended: Option<Ended>,
    /// Whether it is asked if it should end.
    pub asking: bool,
    /// An account whose server asked to wait, and until when.
    pub held: Option<(AccountName, Timestamp)>,
    /// Whether only what did not go well is shown.
    pub failures: bool,
}

impl Run {
    /// How many a second, in this stretch.
    pub fn rate(&self, now: Timestamp) -> Option<f64> {
        let took = now.duration_since(self.began?).as_secs_f64();
        let done = f64::from(u32::try_from(self.done).unwrap_or(u32::MAX));
        (took > 0.5 && self.done > 0).then(|| done / took)
    }

    /// How long the rest of this stretch takes at that rate.
    pub fn left(&self, now: Timestamp) -> Option<SignedDuration> {
        let rest = f64::from(u32::try_from(self.of.saturating_sub(self.done)).unwrap_or(u32::MAX));
        SignedDuration::try_from_secs_f64((rest / self.rate(now)?).ceil()).ok()
    }
}

impl Bulk {
    /// The positions of the results that are shown.
    pub fn shown(&self) -> Vec<usize> {
        let bad = |at: &&usize| self.items.get(**at).is_some_and(|item| item.word.is_bad());
        self.run.all.iter().filter(|at| !self.run.failures || bad(at)).copied().collect()
    }

    /// The credential under the cursor.
    pub fn line(&self) -> Option<&Item> {
        let shown = self.shown();
        let at = shown.get(self.cursor.min(shown.len().saturating_sub(1)))?;
        self.items.get(*at)
    }

    /// How many there are of each word, those there are none of left out.
    pub fn counts(&self) -> Vec<(Word, usize)> {
        let items = || self.run.all.iter().filter_map(|at| self.items.get(*at));
        let count = |word: Word| (word, items().filter(|item| item.word == word).count());
        Word::ALL.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
    }

    /// Whether something is left that was not begun.
    pub fn is_left(&self) -> bool {
        self.run.all.iter().filter_map(|at| self.items.get(*at)).any(|item| item.word == Word::Waiting)
    }

    /// Begins with everything that was chosen.
    pub(super) fn begin(&mut self, model: &mut Model) -> Turn {
        self.run = Run { all: self.chosen(), ..Run::default() };
        (self.step, self.cursor) = (BulkStep::Run, 0);
        self.launch(model, Phase::Work)
    }

    /// Sends what is left of a phase, or of the next that has something left; comes to rest when none has.
    fn launch(&mut self, model: &mut Model, from: Phase) -> Turn {
        let mut phase = Some(from);
        while let Some(here) = phase {
            let steps = self.steps(model, here);
            if !steps.is_empty() {
                return self.send(model, here, steps);
            }
            phase = here.next();
        }
        self.rest(model, if self.run.stopped { Ended::Stopped } else { Ended::Finished })
    }

    fn send(&mut self, model: &mut Model, phase: Phase, steps: Vec<(usize, Step)>) -> Turn {
        let going = match phase {
            Phase::Work => self.work.going(),
            Phase::Verify => "presenting the new secrets of",
            Phase::Deliver => "delivering",
        };
        let request = model.request(format!("{going} {} credentials", steps.len()), true);
        let run = &mut self.run;
        (run.running, run.phase, run.ended) = (Some(request), phase, None);
        (run.of, run.done, run.began) = (steps.len(), 0, Some(model.now));
        Turn::effect(Effect::Bulk(request, steps))
    }

    /// What is left to be done in a phase.
    fn steps(&self, model: &Model, phase: Phase) -> Vec<(usize, Step)> {
        let items = self.run.all.iter().filter_map(|at| self.items.get(*at).map(|item| (*at, item)));
        items.filter_map(|(at, item)| Some((at, self.next_step(model, phase, item)?))).collect()
    }

    fn next_step(&self, model: &Model, phase: Phase, item: &Item) -> Option<Step> {
        let rotated = self.work == Work::Rotate;
        match (phase, item.word) {
            (Phase::Work, Word::Waiting) if !self.run.stopped => Some(self.first_step(model, item)),
            (Phase::Verify, Word::Stored) if rotated => {
                let (credential, operation) = item.fresh.clone()?;
                Some(Step::Verify { credential, operation: Some(operation) })
            }
            (Phase::Deliver, Word::Verified) if rotated && !item.brought => delivery(model, item),
            _ => None,
        }
    }

    fn first_step(&self, model: &Model, item: &Item) -> Step {
        let (owner_name, name) = (item.owner.name.as_str().to_owned(), item.name.as_str().to_owned());
        let credential = item.credential.clone();
        match self.work {
            Work::Rotate => Step::Rotate(RotatePlan {
                credential,
                owner_name,
                name,
                kind: item.kind.to_owned(),
                // Of several forms the usual one: the others are chosen one by one.
                form: 0,
                retention: self.window(model, item),
                scopes: None,
                reviewed: item.scopes.clone(),
                rotated_before: item.rotated,
            }),
            Work::Revoke => Step::Revoke(RevokePlan { credential, owner_name, name }),
            Work::Verify => Step::Verify { credential, operation: None },
            Work::Deliver => {
                let targets = review::targets(model, &credential);
                Step::Deliver(DeliverPlan { credential, owner_name, name, targets })
            }
        }
    }

    /// Nothing is under way any more. What was changed is read again, and what went well is not selected any more.
    fn rest(&mut self, model: &mut Model, how: Ended) -> Turn {
        let run = &mut self.run;
        (run.running, run.halting, run.held, run.ended) = (None, None, None, Some(how));
        let mut effects = Vec::new();
        let accounts: std::collections::BTreeSet<_> =
            self.items.iter().map(|item| item.credential.account.clone()).collect();
        for item in self.run.all.iter().filter_map(|at| self.items.get(*at)) {
            if item.word != Word::Waiting && !item.word.is_bad() {
                model.table.marks.remove(&item.credential);
            }
        }
        for index in accounts.iter().filter_map(|name| model.account_index(name)).collect::<Vec<_>>() {
            effects.extend(connection::list(model, index));
        }
        effects.push(Effect::Unfinished(model.request("reading unfinished work", false)));
        Turn { effects, ..Turn::stay() }
    }

    pub(super) fn act_on_run(&mut self, model: &mut Model, action: Action) -> Turn {
        let last = self.shown().len().saturating_sub(1);
        let page = model.view.page_height.saturating_sub(8).max(1);
        let asking = std::mem::take(&mut self.run.asking);
        match action {
            Action::Down => self.cursor = self.cursor.saturating_add(1).min(last),
            Action::Up => self.cursor = self.cursor.min(last).saturating_sub(1),
            Action::PageDown => self.cursor = self.cursor.saturating_add(page).min(last),
            Action::PageUp => self.cursor = self.cursor.min(last).saturating_sub(page),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = last,
            Action::Failures => (self.run.failures, self.cursor) = (!self.run.failures, 0),
            Action::Pause => return self.pause(model),
            Action::Open if asking => return self.end(),
            Action::Back if asking => {}
            Action::Open | Action::Back if self.run.running.is_none() && !self.is_left() => {
                return Turn::close();
            }
            Action::Back => self.run.asking = true,
            Action::Copy => return self.copy(model),
            Action::Deliver => return self.deliver(model),
            Action::Export => return self.export(model),
            Action::LogIn => return self.log_in(model),
            _ => {}
        }
        Turn::stay()
    }

    /// Waits once what was sent is finished, or goes on.
    fn pause(&mut self, model: &mut Model) -> Turn {
        match (self.run.running, &self.run.ended) {
            (Some(request), _) if self.run.halting.is_none() => {
                self.run.halting = Some(Halt::Pause);
                Turn::effect(Effect::HaltBulk(request))
            }
            (None, Some(Ended::Paused(_))) => self.launch(model, Phase::Work),
            _ => Turn::stay(),
        }
    }

    /// The operator wants it to end: at once where nothing is under way, else when what was sent is finished.
    fn end(&mut self) -> Turn {
        let Some(request) = self.run.running else { return Turn::close() };
        self.run.halting = Some(Halt::Stop);
        Turn::effect(Effect::HaltBulk(request))
    }

    fn copy(&self, model: &mut Model) -> Turn {
        let Some(item) = self.line() else { return Turn::stay() };
        let current = item.current().clone();
        let facts = model.account(&current.account).and_then(|account| account.facts.get(&current));
        if !facts.is_some_and(|facts| facts.stored) {
            model.say(Tone::Plain, "no secret of it is stored here");
            return Turn::stay();
        }
        let request = model.request("copying", false);
        Turn::effect(Effect::Copy(request, CopySource::Stored(current, Generation::Current, None)))
    }

    fn deliver(&self, model: &mut Model) -> Turn {
        let Some(item) = self.line() else { return Turn::stay() };
        let (name, owner) = (item.name.clone(), item.owner.name.clone());
        credentials::deliver_of(model, item.current().clone(), name, owner)
    }

    /// What is shown, as lines of fields parted by tabs; no secrets.
    fn export(&self, model: &mut Model) -> Turn {
        let mut text = String::from("result\taccount\towner\tname\tkind\tidentifier\twhat came of it\n");
        for item in self.shown().into_iter().filter_map(|at| self.items.get(at)) {
            let fields = [
                item.word.word(),
                item.credential.account.as_str(),
                item.owner.name.as_str(),
                item.name.as_str(),
                item.kind,
                item.current().id.as_str(),
                &item.says,
            ];
            text.push_str(&fields.map(|field| field.replace(['\t', '\n', '\r'], " ")).join("\t"));
            text.push('\n');
        }
        let at = model.now.strftime("%Y%m%dT%H%M%SZ");
        let name = format!("keywright-{}-{at}.tsv", self.work.word());
        let request = model.request("writing the results", false);
        Turn::effect(Effect::Export(request, name, text))
    }

    /// Takes one thing in that came.
    fn take(&mut self, model: &mut Model, at: usize, came: Came) {
        let (phase, work) = (self.run.phase, self.work);
        let Some(item) = self.items.get_mut(at) else { return };
        if !matches!(came, Came::Begun | Came::Back) {
            self.run.done = self.run.done.saturating_add(1);
        }
        match came {
            Came::Begun => item.word = Word::UnderWay,
            Came::Back => item.word = before(phase),
            Came::Rotated { credential, operation, kept, note } => {
                let same = credential == item.credential;
                connection::note_new_secret(model, &credential, &kept, same);
                let note = note.map(|note| format!("; {note}")).unwrap_or_default();
                (item.word, item.says) = stored(&kept, &note);
                item.fresh = Some((credential, operation));
            }
            Came::Revoked(proof) => (item.word, item.says) = revoked(proof),
            Came::Verified(verdict) => {
                let current = item.current().clone();
                settle::note_verdict(model, &current, Generation::Current, &Ok(verdict.clone()));
                let account = model.account(&item.credential.account);
                let wanted = account.map(|account| account.abilities.spelled(item.kind, &item.scopes));
                let wanted = wanted.unwrap_or_else(|| item.scopes.clone());
                (item.word, item.says) = verified(work, &wanted, &verdict);
            }
            Came::Delivered(receipts) => {
                let current = item.current().clone();
                item.brought = true;
                (item.word, item.says) = delivered(&receipts);
                for receipt in receipts {
                    connection::note_receipt(model, &current, receipt);
                }
            }
            Came::Failed(failure) => {
                connection::note_failure(model, &item.credential.account, &failure);
                item.brought |= phase == Phase::Deliver;
                (item.word, item.says) = failed(phase, &failure);
            }
        }
    }

    /// A stretch came to its end.
    fn finished(&mut self, model: &mut Model, obstacle: Option<Obstacle>) -> Turn {
        let phase = self.run.phase;
        self.run.running = None;
        self.lose_what_is_under_way();
        let halting = self.run.halting.take();
        match (obstacle, halting) {
            (Some(obstacle), Some(Halt::Stop)) => {
                model.say(Tone::Bad, obstacle.sentence());
                self.rest(model, Ended::Stopped)
            }
            (Some(obstacle), _) => {
                let login = match &obstacle {
                    Obstacle::LoggedOut(name, failure) => {
                        connection::note_failure(model, name, failure);
                        settle::ask_login(model, name)
                    }
                    _ => None,
                };
                model.say(Tone::Bad, obstacle.sentence());
                let turn = self.rest(model, Ended::Paused(Some(obstacle)));
                Turn { open: login, ..turn }
            }
            (None, Some(Halt::Pause)) if model.leaving => self.rest(model, Ended::Stopped),
            (None, Some(Halt::Pause)) => self.rest(model, Ended::Paused(None)),
            // What was rotated is still presented, unless that is what was stopped.
            (None, Some(Halt::Stop)) if phase == Phase::Work && !model.leaving => {
                self.run.stopped = true;
                self.launch(model, Phase::Verify)
            }
            (None, Some(Halt::Stop)) => self.rest(model, Ended::Stopped),
            (None, None) => match phase.next() {
                Some(next) => self.launch(model, next),
                None => self.launch(model, Phase::Work),
            },
        }
    }

    /// What was begun and never answered for is not known.
    fn lose_what_is_under_way(&mut self) {
        for item in self.items.iter_mut().filter(|item| item.word == Word::UnderWay) {
            item.word = Word::Unknown;
            item.says = String::from("a bug in keywright stopped it; see unfinished work");
        }
    }
}

/// What a credential was before a phase touched it.
fn before(phase: Phase) -> Word {
    match phase {
        Phase::Work => Word::Waiting,
        Phase::Verify => Word::Stored,
        Phase::Deliver => Word::Verified,
    }
}

/// The targets that the old secret had and the new one was not brought to.
fn delivery(model: &Model, item: &Item) -> Option<Step> {
    let current = item.current();
    let known = model.account(&current.account).and_then(|account| account.facts.get(current));
    let tried = |target: &_| {
        known.is_some_and(|facts| facts.targets.iter().any(|note| note.current && note.target == *target))
    };
    let mut targets = review::targets(model, &item.credential);
    targets.retain(|target| !tried(target));
    (!targets.is_empty()).then(|| {
        Step::Deliver(DeliverPlan {
            credential: current.clone(),
            owner_name: item.owner.name.as_str().to_owned(),
            name: item.name.as_str().to_owned(),
            targets,
        })
    })
}

fn stored(kept: &Kept, note: &str) -> (Word, String) {
    let says = match kept {
        Kept::Keyring => String::from("stored in the keyring"),
        Kept::Kernel => String::from("stored in the kernel's keyring, until reboot"),
        Kept::Memory => String::from("held in memory, for this run only"),
        Kept::Nowhere(why) => return (Word::NotStored, format!("not stored: {why}; it was shown{note}")),
    };
    (Word::Stored, format!("{says}; not verified yet{note}"))
}

fn revoked(proof: Proof) -> (Word, String) {
    match proof {
        Proof::Refused(why) => (Word::Revoked, format!("presented again, it was refused ({why})")),
        Proof::Unlisted => (Word::Revoked, String::from("the listing does not have it any more")),
        Proof::Unproven(why) => (Word::Revoked, format!("that could not be checked ({why})")),
        Proof::ForADay(how) => (Word::Revoked, how.as_str().to_owned()),
        Proof::StillAccepted => {
            (Word::Attention, String::from("revoked, but presented again it was still accepted"))
        }
    }
}

fn verified(work: Work, wanted: &Granted, verdict: &Verdict) -> (Word, String) {
    let words = verdict.words(Some(wanted));
    match verdict {
        Verdict::Accepted { scopes, untold, .. } => {
            let differs = *scopes != Granted::AsOwner && scopes.against(wanted, untold).words().is_some();
            (if differs { Word::Attention } else { Word::Verified }, words)
        }
        Verdict::Refused { .. } if work == Work::Verify => (Word::Failed, words),
        Verdict::Refused { .. } => (Word::Attention, format!("stored, but {words}")),
        Verdict::Untold { .. } => (Word::Attention, words),
    }
}

fn delivered(receipts: &[Receipt]) -> (Word, String) {
    let said = |receipt: &Receipt| format!("{}: {}", receipt.target, receipt.result.sentence());
    let missed: Vec<String> = receipts.iter().filter(|receipt| !receipt.result.is_done()).map(said).collect();
    if missed.is_empty() {
        return (Word::Delivered, receipts.iter().map(said).collect::<Vec<_>>().join("; "));
    }
    (Word::Attention, missed.join("; "))
}

fn failed(phase: Phase, failure: &Failure) -> (Word, String) {
    let sentence = failure.sentence();
    match (phase, failure.effected) {
        (Phase::Work, Effected::No) => (Word::Failed, sentence),
        (Phase::Work, Effected::Unknown) => {
            (Word::Unknown, format!("it may have happened; see unfinished work. {sentence}"))
        }
        (Phase::Verify, _) => (Word::Attention, format!("stored, not verified: {sentence}")),
        (Phase::Deliver, _) => (Word::Attention, format!("verified, not delivered: {sentence}")),
    }
}

/// Lets the overlay of a request have its turn.
fn with_run(
    model: &mut Model,
    request: RequestId,
    turn: impl FnOnce(&mut Bulk, &mut Model) -> Turn,
) -> Vec<Effect> {
    let waits =
        |overlay: &Overlay| matches!(overlay, Overlay::Bulk(pane) if pane.run.running == Some(request));
    let Some(position) = model.overlays.iter().position(waits) else { return Vec::new() };
    with_overlay(model, position, |overlay, model| match overlay {
        Overlay::Bulk(pane) => turn(pane, model),
        _ => Turn::stay(),
    })
}

/// Something came of some of them.
pub fn arrived(model: &mut Model, request: RequestId, news: News) -> Vec<Effect> {
    with_run(model, request, |pane, model| {
        for (at, came) in news.came {
            pane.take(model, at, came);
        }
        if news.held.is_some() {
            pane.run.held = news.held;
        }
        Turn::stay()
    })
}

/// A stretch came to its end; what stood in the way, if anything.
pub fn done(model: &mut Model, request: RequestId, obstacle: Option<Obstacle>) -> Vec<Effect> {
    with_run(model, request, |pane, model| pane.finished(model, obstacle))
}

/// A bug stopped it.
pub fn crashed(pane: &mut Bulk) {
    (pane.run.running, pane.run.halting) = (None, None);
    pane.lose_what_is_under_way();
    pane.run.ended = Some(Ended::Paused(None));
}

/// A new secret could not be stored: it is shown at once, over whatever is open.
pub fn unstored(model: &mut Model, arrived: Arrived) -> Vec<Effect> {
    settle::show_secret(model, arrived)
}

/// The program wants to leave or to stop for the shell: nothing more is begun.
pub fn halt_all(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for overlay in &mut model.overlays {
        if let Overlay::Bulk(pane) = overlay
            && let (Some(request), None) = (pane.run.running, pane.run.halting)
        {
            pane.run.halting = Some(Halt::Pause);
            effects.push(Effect::HaltBulk(request));
        }
    }
    effects
}
