//! What goes wrong, and where: a question to the server, a call of the keyring, a line for the records. Whoever is about
//! to do one of these asks here first; a program that is to die there is unwound, and nothing it still wanted to do is
//! done.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::Poll;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Nothing.
    Nothing,
    /// A question is refused.
    Refused,
    /// The connection ends before a question is heard.
    CutBefore,
    /// The connection ends before its answer.
    CutAfter,
    /// The connection ends, and what was asked for is done a minute later.
    Late,
    /// The program dies before a question is heard.
    DiesBefore,
    /// The program dies before the answer arrives.
    DiesAfter,
    /// The keyring is locked from a call on.
    Locked,
    /// The keyring is locked before anything is done.
    LockedBefore,
    /// The program dies before a call of the keyring.
    DiesAtKeyring,
    /// The disk is full from a line for the records on.
    Full,
    /// The program dies before a line for the records.
    DiesAtRecords,
}

/// Where something can go wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Server,
    Keyring,
    Records,
}

impl Spoil {
    fn place(self) -> Option<Place> {
        match self {
            // No place has to be come to.
            Self::Nothing | Self::LockedBefore => None,
            Self::Refused
            | Self::CutBefore
            | Self::CutAfter
            | Self::Late
            | Self::DiesBefore
            | Self::DiesAfter => Some(Place::Server),
            Self::Locked | Self::DiesAtKeyring => Some(Place::Keyring),
            Self::Full | Self::DiesAtRecords => Some(Place::Records),
        }
    }
}

/// What a program that died leaves behind.
struct Died;

#[derive(Default)]
struct Plan {
    next: Option<(u32, Spoil)>,
    /// What goes on going wrong.
    locked: bool,
    full: bool,
}

/// What is to go wrong.
#[derive(Default)]
pub struct Faults {
    plan: Mutex<Plan>,
    /// Whoever judges meets no faults.
    judging: AtomicBool,
}

impl Faults {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("no panic")
    }

    /// At this place of its kind, counted from zero, this goes wrong; what went wrong before is over.
    pub fn spoil(&self, spoil: Spoil, at: u32) {
        let next = spoil.place().map(|_| (at, spoil));
        *self.plan() = Plan { next, locked: spoil == Spoil::LockedBefore, ..Plan::default() };
    }

    /// From now on nothing goes wrong, or what was to go wrong may again.
    pub fn judge(&self, judging: bool) {
        self.judging.store(judging, Ordering::SeqCst);
    }

    /// Whether a secret that came now would not be stored.
    pub fn is_locked(&self) -> bool {
        self.plan().locked
    }

    fn met(&self, place: Place) -> Spoil {
        let mut plan = self.plan();
        match &mut plan.next {
            Some((0, spoil)) if spoil.place() == Some(place) => {
                let spoil = *spoil;
                plan.next = None;
                plan.locked |= spoil == Spoil::Locked;
                plan.full |= spoil == Spoil::Full;
                spoil
            }
            Some((at, spoil)) if spoil.place() == Some(place) => {
                *at -= 1;
                Spoil::Nothing
            }
            _ => Spoil::Nothing,
        }
    }

    /// A question is asked.
    pub fn question(&self) -> Spoil {
        self.met(Place::Server)
    }

    /// Whether a call of the keyring meets one that is locked.
    pub fn keyring(&self) -> bool {
        if self.judging.load(Ordering::SeqCst) {
            return false;
        }
        if self.met(Place::Keyring) == Spoil::DiesAtKeyring {
            die();
        }
        self.plan().locked
    }

    /// Whether a line for the records meets a full disk.
    pub fn records(&self) -> bool {
        if self.judging.load(Ordering::SeqCst) {
            return false;
        }
        if self.met(Place::Records) == Spoil::DiesAtRecords {
            die();
        }
        self.plan().full
    }
}

/// The program that is running dies here.
pub fn die() -> ! {
    resume_unwind(Box::new(Died))
}

/// Works until it is done or dies; whether it lives.
pub async fn lives(work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Ready(())) => Poll::Ready(true),
        Ok(Poll::Pending) => Poll::Pending,
        Err(died) if died.is::<Died>() => Poll::Ready(false),
        Err(failed) => resume_unwind(failed),
    })
    .await
}
