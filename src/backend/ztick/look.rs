//! What the running server goes by, found out by presenting the file's own tokens. Every conversation ends with a reset,
//! because whoever closes first holds the port and a restart may follow.

use super::Ztick;
use super::file::Token;
use super::store::Held;
use super::wire::{Manner, Seen, Stat};
use crate::domain::failure::Failure;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::secret::Secret;

/// The most tokens that are presented for one look.
const MOST: usize = 64;

/// What was seen of the server.
pub(super) enum Server {
    /// It runs and authenticates.
    Running,
    /// It authenticates nobody.
    Open,
    /// It runs and takes none of the tokens that were presented.
    TakesNone,
    /// There is nothing to present.
    Unasked,
    /// Something else, which says nothing about the tokens.
    Odd(Seen),
    /// It could not be asked.
    Failed(Failure),
}

/// A look at the server beside the file.
pub(super) struct Look {
    /// What was seen.
    pub(super) server: Server,
    /// Since when it runs, by the clock of the file's machine.
    pub(super) started: Option<Timestamp>,
    /// Whether the file was written after the server read it.
    pub(super) newer: bool,
    /// Which tokens it takes, in file order; none where that was not asked.
    taken: Vec<Option<bool>>,
}

impl Look {
    /// Whether a token is not what the running server goes by.
    pub(super) fn is_pending(&self, index: usize) -> bool {
        match (&self.server, self.taken.get(index).copied().flatten()) {
            (_, Some(taken)) => !taken,
            (Server::Running | Server::TakesNone, None) => self.newer,
            (Server::Open | Server::Unasked | Server::Odd(_) | Server::Failed(_), None) => false,
        }
    }

    /// The first token that the server takes.
    pub(super) fn a_taken_one(&self) -> Option<usize> {
        self.taken.iter().position(|taken| *taken == Some(true))
    }

    /// Whether a token is refused that the server should have read.
    pub(super) fn runs_with_another_file(&self) -> bool {
        let refused = self.taken.contains(&Some(false));
        refused && !self.newer && matches!(self.server, Server::Running)
    }
}

impl Ztick {
    /// Presents tokens until one is taken. If the file is newer than the server all are presented, so that each is known
    /// to be in use or to wait for a restart.
    pub(super) async fn look(&self, held: &Held, tokens: &[Token<'_>]) -> Look {
        let mut look =
            Look { server: Server::Unasked, started: None, newer: false, taken: vec![None; tokens.len()] };
        for (index, secret) in presentable(tokens).take(MOST) {
            let seen = match self.client.check(&secret, Manner::Reset).await {
                Ok(seen) => seen,
                Err(failure) => {
                    look.server = Server::Failed(failure);
                    return look;
                }
            };
            let taken = match seen {
                Seen::Valid(stat) => {
                    look.started = self.started(held, &stat);
                    look.newer =
                        look.started.zip(held.modified()).is_some_and(|(started, written)| written > started);
                    look.server = Server::Running;
                    true
                }
                Seen::Unknown => {
                    if matches!(look.server, Server::Unasked) {
                        look.server = Server::TakesNone;
                    }
                    false
                }
                Seen::Open(_) => {
                    look.server = Server::Open;
                    return look;
                }
                seen @ (Seen::Malformed
                | Seen::Unhealthy
                | Seen::ClosedAtOnce
                | Seen::ClosedLate
                | Seen::NotListening
                | Seen::Silent
                | Seen::Strange(_)) => {
                    look.server = Server::Odd(seen);
                    return look;
                }
            };
            if let Some(slot) = look.taken.get_mut(index) {
                *slot = Some(taken);
            }
            if taken && !look.newer {
                break;
            }
        }
        look.newer |= matches!(look.server, Server::TakesNone);
        look
    }

    /// Since when the server runs, by the clock of the file's machine.
    fn started(&self, held: &Held, stat: &Stat) -> Option<Timestamp> {
        let now = held.clock().unwrap_or_else(|| (self.clock)());
        now.checked_sub(SignedDuration::try_from(stat.uptime?).ok()?).ok()
    }
}

/// The secrets that can be presented as text, with the places of their tokens.
pub(super) fn presentable<'a>(tokens: &'a [Token<'_>]) -> impl Iterator<Item = (usize, Secret)> + 'a {
    tokens.iter().enumerate().filter_map(|(index, token)| {
        let text = str::from_utf8(token.secret?).ok()?;
        Some((index, Secret::new(text.to_owned())))
    })
}
