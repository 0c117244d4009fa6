//! The line protocol, read-only: what the running server makes of a secret, and what may be seen with it.
//!
//! One connection is one conversation: `AUTH` and all questions leave in one write, and answers are taken until the
//! server ends or time is up, because an unknown question gets no answer at all. Questions are a closed list of reads,
//! so nothing here can change a job or a rule. Start with [`Client::check`].

mod answers;
mod connect;
mod encode;
mod place;
mod questions;
mod rules;
mod scope;
mod talk;
mod verdict;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

pub use self::answers::{Answers, Stat};
pub use self::place::{Place, PlaceError};
pub use self::questions::Question;
pub use self::rules::{Rule, crossing};
pub use self::scope::Covers;
pub use self::talk::{End, Heard};
pub use self::verdict::Seen;

/// How long and how much we are willing to take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the name is known and a connection stands.
    pub connect: Duration,
    /// Until the TLS handshake is done; the server sets it no limit of its own.
    pub handshake: Duration,
    /// Until the last byte of the answers.
    pub whole: Duration,
    /// From here on an end without a byte is the server's own limit of five seconds.
    pub late: Duration,
    /// The largest conversation in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            handshake: Duration::from_secs(5),
            whole: Duration::from_secs(6),
            late: Duration::from_secs(4),
            bytes: 1 << 20,
        }
    }
}

/// How a conversation ends.
///
/// Whoever closes first holds the port: after a close that the server began, its restart fails for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Our sending side ends with the last question, and the server's own end is waited for. Not before a restart: a
    /// refused secret makes the server close first, and over TLS the end of the encryption reaches it before that of the
    /// connection, so that it may close first there too.
    HalfClose,
    /// Our side stays open until all is answered or refused, and then ends with a reset, after which no port stays taken.
    /// The only manner fit before a restart.
    Reset,
}

/// The client for one server.
pub struct Client {
    place: Place,
    ca_file: Option<PathBuf>,
    limits: Limits,
}

impl Client {
    /// Remembers where and how; nothing is opened or read before the first conversation. The certificates of `ca_file`
    /// are trusted besides the system's; it must hold intermediate authorities too, because the server shows its own
    /// certificate only.
    pub fn new(place: Place, ca_file: Option<PathBuf>, limits: Limits) -> Self {
        Self { place, ca_file, limits }
    }
}
