//! How an operation is carried out: alone, or as one of many. Of many, the notes of several are written down as one, and
//! only so many requests are under way; the order of things is the same: written down, sent, stored, told.
//!
//! Start with [`Line`]: what is written down waits there for its request's turn. The disk takes milliseconds for each
//! time it is written to, however much that is, so as many are written down ahead as are sent meanwhile, and no more.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::Instant;

use super::{Tasks, lock};
use crate::domain::account::AccountName;
use crate::domain::failure::{Failure, FailureKind};
use crate::state::{CheckId, Note, State, StateError};

/// How many are written down ahead for each request at first, until it is known how fast disk and server are.
const AT_FIRST: usize = 4;
/// How many notes are written down as one at most.
const TOGETHER: usize = 256;
/// How many that were written down as one show that many more are coming.
const BUSY: usize = 6;
/// How long those are waited for: each time the disk is written to costs as much as several notes.
const GATHERING: Duration = Duration::from_millis(6);
/// How many are written down and not sent at most, however fast the server and however slow the disk.
const MOST_AHEAD: usize = 128;

/// Secrets that are on their way or not stored yet, for each request that may be under way: while one is stored, the next
/// is asked for.
const UNSTORED: usize = 2;

/// How an operation is carried out.
pub(super) enum Pace {
    /// By itself.
    Alone,
    /// As one of many, with its place among those that are written down ahead.
    Many(Arc<Line>, Mutex<Option<OwnedSemaphorePermit>>),
}

impl Pace {
    /// Waits until a request may be sent; the turn is held until its answer is here, and a secret in that is stored. An
    /// error when it is not to be sent any more, or not yet.
    pub(super) async fn turn(&self) -> Result<Option<Turn>, Failure> {
        match self {
            Self::Alone => Ok(None),
            Self::Many(line, place) => {
                let turn = line.turn().await;
                lock(place).take();
                turn.map(Some)
            }
        }
    }
}

/// The requests of one account: so many at once, and so many more that are written down for when it is their turn.
pub(super) struct Line {
    scribe: Scribe,
    at_once: usize,
    turns: Arc<Semaphore>,
    /// Those under way and those whose secret is here and not stored yet: a slow keyring holds the requests back.
    unstored: Arc<Semaphore>,
    places: Arc<Semaphore>,
    flow: Mutex<Flow>,
    /// Whether nothing more is sent.
    halted: watch::Receiver<bool>,
}

/// What a line goes by.
struct Flow {
    /// Nothing is sent before.
    until: Option<Instant>,
    /// How many places there are.
    places: usize,
    /// How long writing down takes, once something was written.
    writing: Option<Duration>,
    /// How long a request takes, until what it brought is stored, once one was sent.
    sending: Option<Duration>,
}

impl Line {
    /// A line of so many requests at once.
    pub(super) fn new(scribe: Scribe, at_once: usize, halted: watch::Receiver<bool>) -> Arc<Self> {
        let at_once = at_once.max(1);
        let places = at_once.saturating_mul(AT_FIRST).min(MOST_AHEAD.max(at_once));
        let flow = Flow { until: None, places, writing: None, sending: None };
        Arc::new(Self {
            scribe,
            at_once,
            turns: Arc::new(Semaphore::new(at_once)),
            unstored: Arc::new(Semaphore::new(at_once * UNSTORED)),
            places: Arc::new(Semaphore::new(places)),
            flow: Mutex::new(flow),
            halted,
        })
    }

    /// How many can be on their way at most: written down, sent, and those whose answer is being written down.
    pub(super) fn longest(&self) -> usize {
        // What must not happen at once is not written down ahead either.
        if self.at_once == 1 { 1 } else { self.at_once + 2 * MOST_AHEAD }
    }

    /// Waits for a place among those that are written down ahead.
    pub(super) async fn place(self: &Arc<Self>) -> Pace {
        // It is never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        Pace::Many(Arc::clone(self), Mutex::new(place))
    }

    /// When something is sent again, while the line is held back.
    pub(super) fn held(&self) -> Option<Instant> {
        lock(&self.flow).until.filter(|until| *until > Instant::now())
    }

    /// Sends nothing before.
    pub(super) fn hold(&self, until: Instant) {
        let mut flow = lock(&self.flow);
        flow.until = flow.until.max(Some(until));
    }

    async fn turn(self: &Arc<Self>) -> Result<Turn, Failure> {
        let unstored = Arc::clone(&self.unstored).acquire_owned().await.ok();
        let request = Arc::clone(&self.turns).acquire_owned().await.ok();
        // What was decided while it waited counts for it, too.
        if *self.halted.borrow() || self.held().is_some() {
            return Err(Failure::new(FailureKind::Cancelled, "it was not sent"));
        }
        Ok(Turn { line: Arc::clone(self), began: Instant::now(), request, _unstored: unstored })
    }

    fn wrote(&self, took: Duration) {
        let mut flow = lock(&self.flow);
        flow.writing = Some(average(flow.writing, took));
    }

    fn sent(&self, took: Duration) {
        let mut flow = lock(&self.flow);
        let sending = average(flow.sending, took);
        flow.sending = Some(sending);
        let wanted = places(self.at_once, flow.writing.unwrap_or_default(), sending);
        if wanted > flow.places {
            self.places.add_permits(wanted - flow.places);
            flow.places = wanted;
        } else {
            // Those that are taken go when they come back, at a later turn.
            flow.places -= self.places.forget_permits(flow.places - wanted);
        }
    }
}

/// How many are written down ahead: as many as are sent while one is written down, which may take several times as long
/// as it does on average.
fn places(at_once: usize, writing: Duration, sending: Duration) -> usize {
    let meanwhile = (4 * writing.as_micros()).div_ceil(sending.as_micros().max(1));
    let meanwhile = usize::try_from(meanwhile).unwrap_or(usize::MAX);
    at_once.saturating_mul(meanwhile.max(1)).clamp(at_once, MOST_AHEAD.max(at_once))
}

fn average(before: Option<Duration>, now: Duration) -> Duration {
    before.map_or(now, |before| (before * 7 + now) / 8)
}

/// A request under way, until what it brought is stored.
pub(super) struct Turn {
    line: Arc<Line>,
    began: Instant,
    request: Option<OwnedSemaphorePermit>,
    _unstored: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// The answer is here: the next request may be sent while what came is stored.
    pub(super) fn answered(&mut self) {
        self.request.take();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.line.sent(self.began.elapsed());
    }
}

/// Writes notes down as they come, as many as wait as one. A clone is another handle; it ends with the last one.
#[derive(Clone)]
pub(super) struct Scribe(UnboundedSender<Asked>);

/// A note with whoever waits for it; without a note it is only waited for those before.
type Asked = (Option<Note>, oneshot::Sender<Result<Option<CheckId>, StateError>>);

impl Scribe {
    /// Begins, on a thread of its own: each write blocks until it is on the disk.
    pub(super) fn begin(state: State) -> Self {
        let (asking, asked) = unbounded_channel();
        drop(std::thread::spawn(move || write(&state, asked)));
        Self(asking)
    }

    /// Writes a note down; on the disk when this returns.
    async fn write(&self, note: Option<Note>) -> Result<Option<CheckId>, StateError> {
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

/// What waits with the first, as many as are written down as one.
fn gather(first: Asked, asked: &mut UnboundedReceiver<Asked>) -> Vec<Asked> {
    let mut waiting = vec![first];
    while waiting.len() < TOGETHER
        && let Ok(next) = asked.try_recv()
    {
        waiting.push(next);
    }
    waiting
}

fn write(state: &State, mut asked: UnboundedReceiver<Asked>) {
    let mut not_before = Instant::now();
    while let Some(first) = asked.blocking_recv() {
        std::thread::sleep(not_before.saturating_duration_since(Instant::now()));
        let began = Instant::now();
        let (mut notes, mut writers, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (note, answer) in gather(first, &mut asked) {
            match note {
                Some(note) => {
                    notes.push(note);
                    writers.push(answer);
                }
                None => others.push(answer),
            }
        }
        let more_begin = notes.iter().any(|note| matches!(note, Note::Begin(_)));
        let results = if notes.is_empty() { Vec::new() } else { state.write_together(&notes) };
        let results = results.into_iter().chain(std::iter::repeat(Ok(None)));
        for (answer, result) in writers.into_iter().chain(others).zip(results) {
            // Nobody waits for a line of the audit log.
            drop(answer.send(result));
        }
        // The last ones are not kept waiting for others.
        not_before = if more_begin && notes.len() >= BUSY { began + GATHERING } else { began };
    }
}

impl Tasks {
    /// Writes a note down; it is on the disk when this returns.
    pub(super) async fn set_down(&self, pace: &Pace, note: Note) -> Result<(), Failure> {
        self.try_to_set_down(pace, note).await?.map(drop).map_err(Failure::from)
    }

    /// The same, for who can do something about an error.
    pub(super) async fn try_to_set_down(
        &self,
        pace: &Pace,
        note: Note,
    ) -> Result<Result<Option<CheckId>, StateError>, Failure> {
        Ok(match pace {
            Pace::Alone => self.state()?.write_one(&note),
            Pace::Many(line, _) => {
                let began = Instant::now();
                let written = line.scribe.write(Some(note)).await;
                line.wrote(began.elapsed());
                written
            }
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
            Pace::Many(line, _) => {
                let (nobody_waits, _) = oneshot::channel();
                let note = Note::Record(self.happening(action, account, object, result));
                drop(line.scribe.0.send((Some(note), nobody_waits)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Happening;

    fn line(number: usize) -> Note {
        Note::Record(Happening {
            at: crate::domain::time::Timestamp::UNIX_EPOCH,
            action: String::from("rotate"),
            account: String::new(),
            credential: number.to_string(),
            result: String::new(),
        })
    }

    fn many(at_once: usize) -> (Arc<Line>, watch::Sender<bool>) {
        let (halt, halted) = watch::channel(false);
        let scribe = Scribe::begin(State::in_memory().expect("records"));
        (Line::new(scribe, at_once, halted), halt)
    }

    #[test]
    fn as_many_are_written_down_ahead_as_are_sent_meanwhile() {
        for (at_once, writing, sending, ahead) in [
            (8, 0, 0, 8),
            (8, 7, 400, 8),
            (8, 7, 28, 8),
            (8, 8, 28, 16),
            (8, 5, 2, 80),
            (8, 20, 0, MOST_AHEAD),
            (1, 10, 2, 20),
            (1, 1_000_000, 1, MOST_AHEAD),
            (500, 20, 2, 500),
        ] {
            let ms = Duration::from_millis;
            assert_eq!(places(at_once, ms(writing), ms(sending)), ahead, "{at_once} {writing} {sending}");
        }
    }

    #[tokio::test]
    async fn the_places_follow_the_disk_and_the_server() {
        let (line, _halt) = many(4);
        assert_eq!(line.places.available_permits(), 4 * AT_FIRST);
        for (writing, sending, ahead) in [(10, 4, 40), (4, 40, 4), (4000, 1, MOST_AHEAD), (1, 8, 4)] {
            // Long enough for what was before not to count.
            for _ in 0..200 {
                line.wrote(Duration::from_millis(writing));
                line.sent(Duration::from_millis(sending));
            }
            assert_eq!(line.places.available_permits(), ahead, "{writing} {sending}");
        }
        // One that is taken is not taken away.
        let taken = [line.place().await, line.place().await];
        line.sent(Duration::from_secs(1));
        assert_eq!(line.places.available_permits(), 2);
        drop(taken);
        assert_eq!(line.places.available_permits(), 4);
    }

    #[tokio::test]
    async fn a_turn_gives_the_place_back_and_is_not_given_when_nothing_is_to_be_sent() {
        let (line, halt) = many(2);
        let (one, two, three) = (line.place().await, line.place().await, Pace::Alone);
        let all = 2 * AT_FIRST;
        assert_eq!(line.places.available_permits(), all - 2);
        let turns = (one.turn().await.expect("sent"), two.turn().await.expect("sent"));
        assert_eq!((line.places.available_permits(), line.turns.available_permits()), (all, 0));
        drop(turns);
        assert_eq!(line.turns.available_permits(), 2);
        // What is not stored yet holds back what would be sent.
        let (mut kept, store) = (Vec::new(), 2 * UNSTORED);
        for _ in 0..store {
            let mut turn = one.turn().await.expect("sent").expect("one of many");
            turn.answered();
            kept.push(turn);
        }
        assert_eq!((line.turns.available_permits(), line.unstored.available_permits()), (2, 0));
        kept.clear();
        assert_eq!(line.unstored.available_permits(), store);
        line.hold(Instant::now() + Duration::from_hours(1));
        assert!(line.held().is_some());
        let not_sent = one.turn().await.err().expect("held");
        assert_eq!(not_sent, Failure::new(FailureKind::Cancelled, "it was not sent"), "and without effect");
        let (line, halt_other) = many(2);
        let waiting = line.place().await;
        halt_other.send_replace(true);
        assert!(waiting.turn().await.is_err());
        assert_eq!(line.places.available_permits(), all);
        assert!(three.turn().await.expect("alone nothing is waited for").is_none());
        drop(halt);
    }

    #[tokio::test]
    async fn what_waits_is_written_down_as_one_and_in_order() {
        let (asking, mut asked) = unbounded_channel();
        for number in 0..TOGETHER + 10 {
            let (answer, _) = oneshot::channel();
            asking.send((Some(line(number)), answer)).expect("it waits");
        }
        let mut sizes = Vec::new();
        while let Ok(first) = asked.try_recv() {
            sizes.push(gather(first, &mut asked).len());
        }
        assert_eq!(sizes, [TOGETHER, 10]);

        let state = State::in_memory().expect("records");
        let scribe = Scribe::begin(state.clone());
        let written = (0..TOGETHER + 10).map(|number| scribe.write(Some(line(number))));
        let written = futures_util::future::join_all(written).await;
        assert!(written.iter().all(Result::is_ok));
        scribe.flush().await;
        let lines = state.activity(usize::MAX).expect("readable");
        let order: Vec<String> = lines.into_iter().rev().map(|line| line.credential).collect();
        assert_eq!(order, (0..TOGETHER + 10).map(|number| number.to_string()).collect::<Vec<_>>());
    }
}
