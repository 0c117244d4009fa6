//! The queue to the keyring's thread: one job at a time, a deadline for each, and the truth about the late ones.
//!
//! A keyring may block for as long as its prompt is open. Whoever waits gives up at the deadline; the thread goes
//! on, and until it is back every further call is told so at once. Nothing ever joins the thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::error::VaultError;
use super::status::{KeyringState, VaultStatus};
use super::store::{Source, Store};

/// After this long a call counts as waiting for somebody, and the status says so.
const NOTICEABLE: Duration = Duration::from_millis(300);

/// Where a job is. Every decision about it is taken under its lock, so that thread and waiter never disagree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In the queue; it can still be taken back without effect.
    Queued,
    /// On the thread.
    Running,
    /// Nobody waits any more.
    GivenUp,
    /// The answer is in the channel.
    Finished,
}

type Ticket = Arc<Mutex<Stage>>;
type Job = Box<dyn FnOnce(&mut Keeper) + Send>;

/// The waiting side.
pub(super) struct Line {
    jobs: Sender<Job>,
    status: Arc<watch::Sender<VaultStatus>>,
    /// A job nobody waits for is still on the thread.
    stuck: Arc<AtomicBool>,
    /// What the status is when the store works.
    usable: VaultStatus,
}

/// What a call is, as far as its end is concerned.
pub(super) struct Asked<T> {
    /// What its lateness means once it has begun.
    pub(super) late: VaultError,
    /// Whether an answer shows that secrets can be kept and read.
    pub(super) proof: fn(&T) -> bool,
}

impl Line {
    /// Starts the thread. Nothing is opened before the first call.
    pub(super) fn start(source: Source) -> Self {
        let (jobs, queue) = channel();
        let status = Arc::new(watch::Sender::new(VaultStatus::Checking));
        let stuck = Arc::new(AtomicBool::new(false));
        let usable = source.usable.clone();
        let keeper = Keeper {
            source,
            store: None,
            fact: VaultStatus::Checking,
            status: Arc::clone(&status),
            stuck: Arc::clone(&stuck),
        };
        // Without a thread the queue is closed at once, and every call says that the keyring cannot be used.
        drop(std::thread::Builder::new().name(String::from("keyring")).spawn(move || keeper.serve(&queue)));
        Self { jobs, status, stuck, usable }
    }

    /// The status as it changes, also when a late call ends.
    pub(super) fn status(&self) -> watch::Receiver<VaultStatus> {
        self.status.subscribe()
    }

    /// What the status is when the store works.
    pub(super) fn usable(&self) -> VaultStatus {
        self.usable.clone()
    }

    /// Runs `work` on the thread and waits for its answer until the deadline.
    pub(super) async fn ask<T, Work>(
        &self,
        deadline: Duration,
        asked: Asked<T>,
        work: Work,
    ) -> Result<T, VaultError>
    where
        T: Send + 'static,
        Work: Fn(&dyn Store) -> Result<T, VaultError> + Send + 'static,
    {
        if self.stuck.load(Ordering::Acquire) {
            return Err(VaultError::Hangs);
        }
        let ticket: Ticket = Arc::new(Mutex::new(Stage::Queued));
        let (answer, mut answered) = oneshot::channel();
        let proof = asked.proof;
        let on_thread = Arc::clone(&ticket);
        let job: Job = Box::new(move |keeper| keeper.run(&on_thread, &work, proof, answer));
        if self.jobs.send(job).is_err() {
            return Err(no_thread());
        }
        let noticeable = NOTICEABLE.min(deadline);
        if let Ok(reply) = tokio::time::timeout(noticeable, &mut answered).await {
            return reply.unwrap_or_else(|_gone| Err(no_thread()));
        }
        self.say_waiting(&ticket);
        if let Ok(reply) = tokio::time::timeout(deadline.saturating_sub(noticeable), &mut answered).await {
            return reply.unwrap_or_else(|_gone| Err(no_thread()));
        }
        self.give_up(&ticket, &asked.late, &mut answered)
    }

    fn say_waiting(&self, ticket: &Ticket) {
        let stage = lock(ticket);
        if matches!(*stage, Stage::Queued | Stage::Running) {
            self.status.send_replace(VaultStatus::Waiting);
        }
    }

    fn give_up<T>(
        &self,
        ticket: &Ticket,
        late: &VaultError,
        answered: &mut oneshot::Receiver<Result<T, VaultError>>,
    ) -> Result<T, VaultError> {
        let mut stage = lock(ticket);
        match *stage {
            Stage::Finished => answered.try_recv().unwrap_or_else(|_gone| Err(no_thread())),
            Stage::Queued => {
                *stage = Stage::GivenUp;
                Err(VaultError::Hangs)
            }
            Stage::Running | Stage::GivenUp => {
                *stage = Stage::GivenUp;
                self.stuck.store(true, Ordering::Release);
                self.status.send_replace(VaultStatus::Unusable { state: KeyringState::Hangs });
                Err(late.clone())
            }
        }
    }
}

/// The thread's side.
struct Keeper {
    source: Source,
    store: Option<Box<dyn Store>>,
    /// The status when nobody waits.
    fact: VaultStatus,
    status: Arc<watch::Sender<VaultStatus>>,
    stuck: Arc<AtomicBool>,
}

impl Keeper {
    fn serve(mut self, queue: &Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            job(&mut self);
        }
    }

    fn run<T>(
        &mut self,
        ticket: &Ticket,
        work: &dyn Fn(&dyn Store) -> Result<T, VaultError>,
        proof: fn(&T) -> bool,
        answer: oneshot::Sender<Result<T, VaultError>>,
    ) {
        {
            let mut stage = lock(ticket);
            if *stage != Stage::Queued {
                return;
            }
            *stage = Stage::Running;
        }
        let result = self.attempt(work);
        match &result {
            Ok(value) if proof(value) => self.fact = self.source.usable.clone(),
            Ok(_) => {}
            Err(error) => {
                if let Some(state) = error.state().filter(|state| *state != KeyringState::TooLong) {
                    self.fact = VaultStatus::Unusable { state };
                }
            }
        }
        let mut stage = lock(ticket);
        if *stage == Stage::GivenUp {
            self.stuck.store(false, Ordering::Release);
        }
        *stage = Stage::Finished;
        // The status first, so that whoever has the answer finds it true. One that gave up has only the status;
        // what it asked for can be read again.
        self.status.send_replace(self.fact.clone());
        drop(answer.send(result));
    }

    /// Does the work on the open store. One that was opened for an earlier call may have lost its connection or
    /// its provider since, so a failure there is tried once more on a store opened anew: within the keyring every
    /// kind of work is safe to repeat.
    fn attempt<T>(&mut self, work: &dyn Fn(&dyn Store) -> Result<T, VaultError>) -> Result<T, VaultError> {
        if let Some(store) = self.store.take() {
            let result = guarded(|| work(store.as_ref()));
            match result {
                Err(VaultError::Unusable(KeyringState::Other(_) | KeyringState::NoBus)) => {}
                Err(VaultError::Unusable(_) | VaultError::Changed) => return result,
                Ok(_) | Err(_) => {
                    self.store = Some(store);
                    return result;
                }
            }
        }
        let store = guarded(|| (self.source.open)())?;
        let result = guarded(|| work(store.as_ref()));
        if !matches!(result, Err(VaultError::Unusable(_) | VaultError::Changed)) {
            self.store = Some(store);
        }
        result
    }
}

/// The libraries below panic on a poisoned lock; the thread outlives that.
fn guarded<T>(work: impl FnOnce() -> Result<T, VaultError>) -> Result<T, VaultError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_payload| {
        Err(VaultError::Unusable(KeyringState::Other("its library gave up in the middle".into())))
    })
}

fn no_thread() -> VaultError {
    VaultError::Unusable(KeyringState::Other("its thread is gone".into()))
}

fn lock(ticket: &Ticket) -> MutexGuard<'_, Stage> {
    ticket.lock().unwrap_or_else(PoisonError::into_inner)
}
