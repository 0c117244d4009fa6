//! The robot's clock, which is also where it dies: the program reads its clock before every step it writes down and
//! around every request, so its readings are the boundaries of its steps.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;

use crate::robot::Order;

/// Which readings count as boundaries.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Count {
    Nothing = 0,
    /// Each: while a request is made and its answer is put away.
    Everything = 1,
    /// The first after something was written down: while secrets are presented, which asks a lot and writes little.
    Changes = 2,
}

pub(crate) struct Ticks {
    mode: AtomicU8,
    counted: AtomicU32,
    die_at: u32,
    stop_at: u32,
    stop_each: bool,
    jump_at: u32,
    jump: i64,
    ahead: AtomicI64,
    state: PathBuf,
    gate: PathBuf,
    /// A bystander's view of the records, and how many changes it has seen.
    watch: Mutex<Option<(Connection, i64)>>,
}

impl Ticks {
    pub(crate) fn new(state: &Path, gate: PathBuf, order: &Order) -> Self {
        Self {
            mode: AtomicU8::new(0),
            counted: AtomicU32::new(0),
            die_at: order.die_at,
            stop_at: order.stop_at,
            stop_each: order.stop_each,
            jump_at: order.jump_at,
            jump: order.jump,
            ahead: AtomicI64::new(order.ahead),
            state: state.join("state.db"),
            gate,
            watch: Mutex::new(None),
        }
    }

    pub(crate) fn mode(&self, count: Count) {
        self.changed();
        self.mode.store(count as u8, Ordering::SeqCst);
    }

    /// How many boundaries there were.
    pub(crate) fn counted(&self) -> u32 {
        self.counted.load(Ordering::SeqCst)
    }

    /// Moves the clock ahead.
    pub(crate) fn pass(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        let mode = self.mode.load(Ordering::SeqCst);
        if mode == Count::Everything as u8 || (mode == Count::Changes as u8 && self.changed()) {
            let at = self.counted.fetch_add(1, Ordering::SeqCst) + 1;
            if at == self.die_at {
                kill_process(getpid(), Signal::KILL).expect("it can be killed");
                loop {
                    std::thread::park();
                }
            }
            if at == self.stop_at || self.stop_each {
                // A signal would stop it at some later moment. Reading ends when the other side was opened and closed.
                crate::robot::say(&json!({ "boundary": at }));
                std::fs::read(&self.gate).expect("a gate");
            }
            if at == self.jump_at {
                self.pass(self.jump);
            }
        }
        Timestamp::now() + SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst))
    }

    /// Whether the records changed since this was last asked.
    fn changed(&self) -> bool {
        let mut watch = self.watch.lock().expect("no panic");
        let (connection, seen) = watch.get_or_insert_with(|| {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let opened = Connection::open_with_flags(&self.state, flags);
            (opened.unwrap_or_else(|_| Connection::open_in_memory().expect("memory")), -1)
        });
        let version = connection.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0));
        let version = version.unwrap_or(*seen);
        std::mem::replace(seen, version) != version
    }
}
