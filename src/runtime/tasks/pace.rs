//! How an operation is carried out: alone, or as one of many. Of many, the notes of several are written down as one, and
//! only so many requests are under way; the order of things is the same: written down, sent, stored, told.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Tasks;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::state::{Note, State, StateError};

/// How many notes are written down as one at most.
const TOGETHER: usize = 64;

/// How an operation is carried out.
#[derive(Clone)]
pub(super) enum Pace {
    /// By itself.
    Alone,
    /// As one of many.
    Many {
        /// Who writes down.
        scribe: Scribe,
        /// The requests that may be under way.
        turns: Arc<Semaphore>,
    },
}

impl Pace {
    /// Waits until a request may be sent; held until its answer is here.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        match self {
            Self::Alone => None,
            // It is never closed.
            Self::Many { turns, .. } => Arc::clone(turns).acquire_owned().await.ok(),
        }
    }
}

/// Writes notes down as they come, as many as wait as one. A clone is another handle; it ends with the last one.
#[derive(Clone)]
pub(super) struct Scribe(UnboundedSender<Asked>);

/// A note with whoever waits for it; without a note it is only waited for those before.
type Asked = (Option<Note>, oneshot::Sender<Result<(), StateError>>);

impl Scribe {
    /// Begins, on a thread of its own: each write blocks until it is on the disk.
    pub(super) fn begin(state: State) -> Self {
        let (asking, asked) = unbounded_channel();
        drop(std::thread::spawn(move || write(&state, asked)));
        Self(asking)
    }

    /// Writes a note down; on the disk when this returns.
    async fn write(&self, note: Option<Note>) -> Result<(), StateError> {
        let (answer, answered) = oneshot::channel();
        let gone = || StateError::Other("a bug stopped what writes it down".into());
        self.0.send((note, answer)).map_err(|_gone| gone())?;
        answered.await.map_err(|_gone| gone())?
    }

    /// Waits until everything before is written down.
    pub(super) async fn flush(&self) {
        drop(self.write(None).await);
    }
}

fn write(state: &State, mut asked: UnboundedReceiver<Asked>) {
    while let Some(first) = asked.blocking_recv() {
        let mut waiting = vec![first];
        while waiting.len() < TOGETHER
            && let Ok(next) = asked.try_recv()
        {
            waiting.push(next);
        }
        let (mut notes, mut writers, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (note, answer) in waiting {
            match note {
                Some(note) => {
                    notes.push(note);
                    writers.push(answer);
                }
                None => others.push(answer),
            }
        }
        let results = if notes.is_empty() { Vec::new() } else { state.write_together(&notes) };
        let results = results.into_iter().chain(std::iter::repeat(Ok(())));
        for (answer, result) in writers.into_iter().chain(others).zip(results) {
            // Nobody waits for a line of the audit log.
            drop(answer.send(result));
        }
    }
}

impl Tasks {
    /// Writes a note down; it is on the disk when this returns.
    pub(super) async fn set_down(&self, pace: &Pace, note: Note) -> Result<(), Failure> {
        self.try_to_set_down(pace, note).await?.map_err(Failure::from)
    }

    /// The same, for who can do something about an error.
    pub(super) async fn try_to_set_down(
        &self,
        pace: &Pace,
        note: Note,
    ) -> Result<Result<(), StateError>, Failure> {
        Ok(match pace {
            Pace::Alone => self.state()?.write_one(&note),
            Pace::Many { scribe, .. } => scribe.write(Some(note)).await,
        })
    }

    /// Writes a line into the audit log; of many, with whatever is written down next.
    pub(super) fn record_at(
        &self,
        pace: &Pace,
        action: &str,
        account: &AccountName,
        object: &str,
        result: &str,
    ) {
        match pace {
            Pace::Alone => self.record(action, account, object, result),
            Pace::Many { scribe, .. } => {
                let (nobody_waits, _) = oneshot::channel();
                let line = Note::Record(self.happening(action, account, object, result));
                drop(scribe.0.send((Some(line), nobody_waits)));
            }
        }
    }
}
