//! What all parts of a running sandbox share. The database, the quirks and the backends' memories are behind one lock:
//! requests are answered one after the other, as the one writer of SQLite would have it anyway.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::clock::Clock;
use super::faults::Faults;
use super::http::{Call, Reply};
use super::journal::Journal;
use super::ports::Part;
use super::quirks::Quirks;
use super::{Options, SandboxError, control, foxnose, kitaru, kitaru_k, pangolin, store, zpools, ztick};

/// The name of the kept clock offset.
const OFFSET: &str = "clock_offset";

/// The whole state of a sandbox.
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    pub(super) ztick: ztick::Service,
    inner: Mutex<Inner>,
}

/// What only one request at a time may touch.
pub(super) struct Inner {
    pub(super) db: Connection,
    pub(super) quirks: Quirks,
    pub(super) zpools: zpools::Server,
    pub(super) kitaru: kitaru::Server,
    pub(super) kitaru_k: kitaru_k::Server,
    pub(super) foxnose: foxnose::Server,
    pub(super) pangolin: pangolin::Server,
}

/// Who can log in where, this time.
pub(super) struct People {
    pub(super) zpools: zpools::User,
    pub(super) kitaru: kitaru::Administrator,
    pub(super) kitaru_k: kitaru_k::Administrator,
    pub(super) foxnose: foxnose::TwoSides,
    pub(super) pangolin: pangolin::People,
}

impl World {
    /// Fills the store if it is new, and lets the administrators in.
    pub(super) fn open(
        mut db: Connection,
        options: &Options,
        ztick: ztick::Service,
        [management, flux]: [String; 2],
    ) -> Result<(Self, People), SandboxError> {
        let offset = store::get(&db, OFFSET)?.and_then(|kept| kept.parse().ok()).unwrap_or_default();
        let clock = Clock::new(offset);
        let extra = options.seed_credentials.unwrap_or_default();
        let (kitaru, administrator) = kitaru::Server::open(&mut db, clock.now(), extra)?;
        let (kitaru_k, administrator_k) = kitaru_k::Server::open(&mut db, clock.now(), extra)?;
        let (zpools, user) = zpools::Server::open(&mut db, clock.now())?;
        let (foxnose, sides) = foxnose::Server::open(&mut db, clock.now(), management, flux)?;
        let (pangolin, of_pangolin) = pangolin::Server::open(&mut db, clock.now())?;
        let inner = Inner { db, quirks: Quirks::default(), zpools, kitaru, kitaru_k, foxnose, pangolin };
        let world = Self {
            clock,
            faults: Faults::default(),
            journal: Journal::default(),
            ztick,
            inner: Mutex::new(inner),
        };
        let people = People {
            zpools: user,
            kitaru: administrator,
            kitaru_k: administrator_k,
            foxnose: sides,
            pangolin: of_pangolin,
        };
        Ok((world, people))
    }

    /// The part's own answer to a request.
    pub(super) fn answer(&self, part: Part, call: &Call) -> Reply {
        match part {
            Part::Control => control::answer(self, call),
            Part::Zpools => {
                let inner = &mut *self.inner();
                inner.zpools.answer(&mut inner.db, &inner.quirks.zpools, self.clock.now(), call)
            }
            Part::Kitaru => {
                let inner = &mut *self.inner();
                inner.kitaru.answer(&mut inner.db, &mut inner.quirks.kitaru, self.clock.now(), call)
            }
            Part::KitaruK => {
                let inner = &mut *self.inner();
                inner.kitaru_k.answer(&mut inner.db, &inner.quirks.kitaru_k, self.clock.now(), call)
            }
            Part::Foxnose => self.foxnose(foxnose::Side::Management, call),
            Part::FoxnoseFlux => self.foxnose(foxnose::Side::Flux, call),
            Part::Pangolin => {
                let inner = &mut *self.inner();
                inner.pangolin.answer(&mut inner.db, &inner.quirks.pangolin, self.clock.now(), call)
            }
        }
    }

    fn foxnose(&self, side: foxnose::Side, call: &Call) -> Reply {
        let inner = &mut *self.inner();
        inner.foxnose.answer(side, &mut inner.db, &inner.quirks.foxnose, self.clock.now(), call)
    }

    /// Waits for the lock. A request that panicked leaves a rolled-back transaction, so going on is sound.
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the clock's offset with the state, so that windows are the same after a restart.
    pub(super) fn keep_clock(&self) -> rusqlite::Result<()> {
        store::set(&self.inner().db, OFFSET, &self.clock.offset().to_string())
    }
}
