//! Many steps: of each account a few at once, held back when its server asks for that, and halted without leaving
//! anything half-done. What a step is, is the other files' business; each is an operation as if it were alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::pace::{Line, Pace, Scribe};
use super::{Tasks, lock};
use crate::app::bulk::{Came, News, Obstacle, Step};
use crate::app::effect::{Generation, RequestId};
use crate::app::msg::{Arrived, IssueOutcome, Kept, Msg};
use crate::backend::unheard;
use crate::domain::account::AccountName;
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::time::SignedDuration;

/// How often what came is told: often enough to be seen moving, rarely enough to draw nothing twice.
const TELLING: Duration = Duration::from_millis(100);
/// Failures of a server in a row after which nothing more is begun.
const ENOUGH: u32 = 5;
/// The longest pause of ours after a refusal that named none.
const LONGEST: u64 = 60;

/// One run of many steps.
struct Run {
    tasks: Tasks,
    /// Whether nothing more is begun.
    halted: watch::Receiver<bool>,
    halt: watch::Sender<bool>,
    news: Mutex<News>,
    obstacle: Mutex<Option<Obstacle>>,
}

/// The steps of one account, or those that must not happen at once.
struct Lane {
    account: AccountName,
    queue: Mutex<VecDeque<(usize, Step)>>,
    line: Arc<Line>,
    held: Mutex<Held>,
}

/// What keeps a lane back.
#[derive(Default)]
struct Held {
    /// How often in a row it was held.
    times: u32,
    /// Failures of the server in a row.
    failures: u32,
}

impl Tasks {
    /// Carries many steps out and tells of each as it comes. Answers why it halted, unless everything is done or it was
    /// asked to.
    pub async fn bulk(&self, request: RequestId, steps: Vec<(usize, Step)>) -> Option<Obstacle> {
        let (halt, halted) = watch::channel(false);
        lock(&self.0.halts).insert(request, halt.clone());
        let run = Arc::new(Run {
            tasks: self.clone(),
            halted,
            halt,
            news: Mutex::default(),
            obstacle: Mutex::default(),
        });
        if let Err(failure) = run.carry_out(request, steps).await {
            lock(&run.obstacle).get_or_insert(Obstacle::NoKeyring(failure));
        }
        lock(&self.0.halts).remove(&request);
        run.tell(request);
        lock(&run.obstacle).take()
    }

    /// Begins nothing more of a run.
    pub(super) fn halt(&self, request: RequestId) {
        if let Some(halt) = lock(&self.0.halts).get(&request) {
            halt.send_replace(true);
        }
    }

    /// Begins nothing more of any run: the terminal is gone.
    pub fn halt_all(&self) {
        for halt in lock(&self.0.halts).values() {
            halt.send_replace(true);
        }
    }
}

impl Run {
    async fn carry_out(
        self: &Arc<Self>,
        request: RequestId,
        steps: Vec<(usize, Step)>,
    ) -> Result<(), Failure> {
        if steps.iter().any(|(_, step)| matches!(step, Step::Rotate(_))) {
            self.tasks.must_keep().await?;
        }
        let scribe = Scribe::begin(self.tasks.state()?);
        let mut workers = JoinSet::new();
        for lane in self.lanes(steps, &scribe)? {
            let count = lane.line.longest().min(lock(&lane.queue).len());
            for _ in 0..count {
                workers.spawn(Arc::clone(self).work(Arc::clone(&lane)));
            }
        }
        let mut telling = tokio::time::interval(TELLING);
        telling.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // One that a bug stopped ends alone; its credential is told as not known.
                ended = workers.join_next() => if ended.is_none() { break },
                _ = telling.tick() => self.tell(request),
            }
        }
        // What came last is told before the lines of the audit log are waited for.
        self.tell(request);
        scribe.flush().await;
        Ok(())
    }

    /// One lane for each account. Deliveries share one: two credentials may have the same target.
    fn lanes(&self, steps: Vec<(usize, Step)>, scribe: &Scribe) -> Result<Vec<Arc<Lane>>, Failure> {
        let mut sorted: BTreeMap<(bool, AccountName), VecDeque<(usize, Step)>> = BTreeMap::new();
        let mut first_delivery = None;
        for (at, step) in steps {
            let deliver = matches!(step, Step::Deliver(_));
            let account = step.credential().account.clone();
            let account = if deliver { first_delivery.get_or_insert(account).clone() } else { account };
            sorted.entry((deliver, account)).or_default().push_back((at, step));
        }
        let mut lanes = Vec::new();
        for ((deliver, account), queue) in sorted {
            // What must not happen at once has one worker, and so no second one that could be at it.
            let at_once = if deliver { 1 } else { self.tasks.backend(&account)?.at_once() };
            let line = Line::new(scribe.clone(), at_once, self.halted.clone());
            lanes.push(Arc::new(Lane { account, queue: Mutex::new(queue), line, held: Mutex::default() }));
        }
        Ok(lanes)
    }

    /// Takes one step after the other, until none is left or nothing more is begun.
    async fn work(self: Arc<Self>, lane: Arc<Lane>) {
        loop {
            let pace = lane.line.place().await;
            if !self.may_begin(&lane).await {
                return;
            }
            let Some((at, step)) = lock(&lane.queue).pop_front() else { return };
            self.came(at, Came::Begun);
            match self.step(&pace, &step).await {
                Ok(came) => {
                    *lock(&lane.held) = Held::default();
                    self.came(at, came);
                }
                Err(failure) => self.failed(&lane, at, step, failure),
            }
        }
    }

    /// Waits while the lane is held back. `false` once nothing more is begun.
    async fn may_begin(&self, lane: &Lane) -> bool {
        let mut halted = self.halted.clone();
        loop {
            if *halted.borrow_and_update() {
                return false;
            }
            let Some(until) = lane.line.held() else { return true };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                _changed = halted.changed() => {}
            }
        }
    }

    async fn step(&self, pace: &Pace, step: &Step) -> Result<Came, Failure> {
        let tasks = &self.tasks;
        match step {
            Step::Rotate(plan) => match tasks.rotate_at(plan, pace).await {
                IssueOutcome::Arrived(arrived) => Ok(self.arrived(*arrived)),
                IssueOutcome::Failed(failure) => Err(failure),
            },
            Step::Revoke(plan) => {
                let _turn = pace.turn().await?;
                tasks.revoke(plan.clone()).await.map(Came::Revoked)
            }
            Step::Verify { credential, operation } => {
                let verdict =
                    tasks.verify_at(credential, Generation::Current, *operation, &unheard, pace).await;
                verdict.map(Came::Verified)
            }
            Step::Deliver(plan) => tasks.deliver(plan.clone()).await.map(Came::Delivered),
        }
    }

    /// A new secret came. One that could not be stored is shown, and nothing more is begun.
    fn arrived(&self, arrived: Arrived) -> Came {
        let came = Came::Rotated {
            credential: arrived.credential.reference(&arrived.account),
            operation: arrived.operation,
            kept: arrived.kept.clone(),
            note: arrived.note.clone(),
        };
        if let Kept::Nowhere(why) = &arrived.kept {
            self.stop(Obstacle::NotStored(why.clone()));
            self.tasks.tell(Msg::Unstored(Box::new(arrived)));
        }
        came
    }

    /// What certainly did not happen and may happen later goes back to the head of its lane.
    fn failed(&self, lane: &Lane, at: usize, step: Step, failure: Failure) {
        let waits = failure.effected == Effected::No
            && match failure.kind {
                // It was its turn when nothing was to be sent.
                FailureKind::Cancelled => true,
                FailureKind::TooMany => {
                    self.hold(lane, failure.retry_after, false);
                    true
                }
                FailureKind::LoggedOut => {
                    self.stop(Obstacle::LoggedOut(lane.account.clone(), failure.clone()));
                    true
                }
                FailureKind::Keyring | FailureKind::State
                    if matches!(step, Step::Rotate(_) | Step::Revoke(_)) =>
                {
                    self.stop(Obstacle::NoKeyring(failure.clone()));
                    true
                }
                FailureKind::Unreachable
                | FailureKind::UnknownHost
                | FailureKind::Untrusted
                | FailureKind::Inactive => {
                    self.trouble(lane, &failure);
                    self.hold(lane, None, true);
                    true
                }
                FailureKind::Slow
                | FailureKind::CutOff
                | FailureKind::TooLarge
                | FailureKind::Unexpected
                | FailureKind::Redirected
                | FailureKind::WrongLogin
                | FailureKind::Forbidden
                | FailureKind::NotFound
                | FailureKind::NameTaken
                | FailureKind::Invalid
                | FailureKind::ServerFailed
                | FailureKind::Unsupported
                | FailureKind::CertificateFile
                | FailureKind::Keyring
                | FailureKind::NotStored
                | FailureKind::File
                | FailureKind::Changed
                | FailureKind::NotTaken
                | FailureKind::Unmatched
                | FailureKind::State => false,
            };
        if waits {
            lock(&lane.queue).push_front((at, step));
            self.came(at, Came::Back);
            return;
        }
        if matches!(failure.kind, FailureKind::Slow | FailureKind::CutOff | FailureKind::ServerFailed) {
            self.trouble(lane, &failure);
        }
        self.came(at, Came::Failed(failure));
    }

    /// The server failed once more.
    fn trouble(&self, lane: &Lane, failure: &Failure) {
        let failures = {
            let mut held = lock(&lane.held);
            held.failures = held.failures.saturating_add(1);
            held.failures
        };
        if failures >= ENOUGH {
            self.stop(Obstacle::Trouble(lane.account.clone(), failure.clone()));
        }
    }

    /// Holds a lane back for as long as its server asked, or for a pause that grows. Several that are refused at once
    /// are one refusal.
    fn hold(&self, lane: &Lane, asked: Option<Duration>, quietly: bool) {
        if asked.is_none() && lane.line.held().is_some() {
            return;
        }
        let mut held = lock(&lane.held);
        let ours = Duration::from_secs(1_u64.checked_shl(held.times).unwrap_or(LONGEST).min(LONGEST));
        let wait = asked.unwrap_or(ours);
        held.times = held.times.saturating_add(1);
        lane.line.hold(Instant::now() + wait);
        if quietly {
            return;
        }
        let until =
            SignedDuration::try_from(wait).ok().and_then(|wait| self.tasks.now().checked_add(wait).ok());
        if let Some(until) = until {
            lock(&self.news).held = Some((lane.account.clone(), until));
        }
    }

    /// Begins nothing more; the first reason counts.
    fn stop(&self, why: Obstacle) {
        lock(&self.obstacle).get_or_insert(why);
        self.halt.send_replace(true);
    }

    fn came(&self, at: usize, came: Came) {
        lock(&self.news).came.push((at, came));
    }

    /// Tells what came since the last time.
    fn tell(&self, request: RequestId) {
        let news = std::mem::take(&mut *lock(&self.news));
        if !news.came.is_empty() || news.held.is_some() {
            self.tasks.tell(Msg::Bulk(request, news));
        }
    }
}
