//! One client from accept to close: one buffer of 4096 bytes, a deadline until it is known, replies line by line.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::commands::{self, Reply};
use super::host::Run;
use super::line::{self, Line};
use super::quirks::{Dialect, Quirks};

/// The whole buffer of a connection: the longest line with its line feed.
const BUFFER: usize = 4096;

/// Who sent a command, and of whom.
pub(super) struct Client<'a> {
    /// None where there is no authentication.
    pub(super) namespace: Option<&'a [u8]>,
    pub(super) tls: bool,
    pub(super) quirks: &'a Quirks,
    pub(super) shared: &'a Shared,
    run: &'a Run,
}

impl Client<'_> {
    /// Nanoseconds since the server started.
    pub(super) fn uptime(&self) -> u128 {
        self.run.started.elapsed().as_nanos()
    }

    /// Open connections, this one included.
    pub(super) fn connections(&self) -> usize {
        // The run itself holds one of them.
        Arc::strong_count(&self.run.open) - 1
    }
}

/// Who a connection belongs to so far.
enum Identity {
    Unknown,
    Known(Vec<u8>),
    Anybody,
}

/// What becomes of a connection after a line.
enum Then {
    GoOn(Vec<Reply>),
    Close(Vec<Reply>),
}

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    tls: bool,
    shared: Arc<Shared>,
    run: Arc<Run>,
) {
    let _counted = Arc::clone(&run.open);
    let mut visit = Visit::new(tls, &shared, &run);
    // How a connection breaks is the client's to notice.
    drop(visit.go_on(&mut stream).await);
    drop(stream.shutdown().await);
}

struct Visit<'a> {
    tls: bool,
    shared: &'a Shared,
    run: &'a Run,
    identity: Identity,
    deadline: Instant,
    pending: Vec<u8>,
}

impl<'a> Visit<'a> {
    fn new(tls: bool, shared: &'a Shared, run: &'a Run) -> Self {
        let quirks = shared.quirks();
        let identity = if quirks.auth { Identity::Unknown } else { Identity::Anybody };
        let deadline = Instant::now() + Duration::from_millis(quirks.auth_deadline_ms);
        Self { tls, shared, run, identity, deadline, pending: Vec::with_capacity(BUFFER) }
    }

    async fn go_on<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> std::io::Result<()> {
        loop {
            while let Some(line) = line::next(&self.pending) {
                let (length, then) = self.answer(&line);
                self.pending.drain(..length);
                let (replies, close) = match then {
                    Then::GoOn(replies) => (replies, false),
                    Then::Close(replies) => (replies, true),
                };
                for mut reply in replies {
                    reply.push(b'\n');
                    stream.write_all(&reply).await?;
                    stream.flush().await?;
                }
                if close {
                    return Ok(());
                }
            }
            let unknown = matches!(self.identity, Identity::Unknown);
            let room = BUFFER - self.pending.len();
            if room == 0 && !unknown {
                return Ok(());
            }
            // A full buffer of somebody unknown waits for one more byte, or for the deadline.
            let mut more = [0_u8; BUFFER];
            let space = more.get_mut(..room.max(1)).unwrap_or_default();
            let read = if unknown {
                let Ok(read) = timeout_at(self.deadline, stream.read(space)).await else { return Ok(()) };
                read?
            } else {
                stream.read(space).await?
            };
            if read == 0 || read > room {
                return Ok(());
            }
            self.pending.extend_from_slice(more.get(..read).unwrap_or_default());
        }
    }

    /// What a line is answered with, and how many of the pending bytes it used up.
    fn answer(&mut self, line: &Line) -> (usize, Then) {
        let quirks = self.shared.quirks();
        if quirks.dialect == Dialect::Bare && line.tokens.len() < 2 {
            return (line::to_line_feed(&self.pending), Then::GoOn(Vec::new()));
        }
        if line.tokens.is_empty() {
            return (line.length, Then::GoOn(vec![b"ERROR invalid_command".to_vec()]));
        }
        let namespace = match &self.identity {
            Identity::Unknown => return (line.length, self.authenticate(&line.tokens, quirks.dialect)),
            Identity::Known(namespace) => Some(namespace.as_slice()),
            Identity::Anybody => None,
        };
        let client = Client { namespace, tls: self.tls, quirks: &quirks, shared: self.shared, run: self.run };
        (line.length, Then::GoOn(commands::run(&client, &line.tokens)))
    }

    fn authenticate(&mut self, tokens: &[Vec<u8>], dialect: Dialect) -> Then {
        let refused = |code: &str| {
            let text = if dialect == Dialect::Bare { String::from("ERROR") } else { format!("ERROR {code}") };
            Then::Close(vec![text.into_bytes()])
        };
        let [command, secret, ..] = tokens else { return refused("auth_required") };
        if command != b"AUTH" {
            return refused("auth_required");
        }
        match self.run.tokens.get(secret) {
            Some(namespace) => {
                self.identity = Identity::Known(namespace.clone());
                Then::GoOn(vec![b"OK".to_vec()])
            }
            None => refused("auth_failed"),
        }
    }
}
