//! What a check shows: the table of contract section 7, a row each.

use super::answers::Stat;
use super::talk::{End, Heard};
use super::{Client, Limits, Manner, Question};
use crate::domain::failure::Failure;
use crate::domain::text::Text;
use crate::secret::Secret;

/// What presenting a secret showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The secret is valid in the running process.
    Valid(Stat),
    /// The server does not authenticate; the secret is unverified and everything is open to everybody.
    Open(Stat),
    /// The running process does not know the secret.
    Unknown,
    /// The server did not understand our `AUTH`, or was told something else first.
    Malformed,
    /// The secret was accepted, and then nothing more came.
    Unhealthy,
    /// The connection ended at once without a byte.
    ClosedAtOnce,
    /// The connection ended at the server's own limit without a byte.
    ClosedLate,
    /// Nothing listens.
    NotListening,
    /// The connection stayed open and silent.
    Silent,
    /// Something answered that is no such server; its first words.
    Strange(Text),
}

impl Seen {
    /// What a server without authentication means.
    pub const OPEN: &'static str = "ALARM: this server runs without authentication, so everybody who reaches it may do everything; the secret was not checked.";

    /// What it means, in a sentence.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Valid(_) => "The running server accepts this secret.",
            Self::Open(_) => Self::OPEN,
            Self::Unknown => {
                "The running server does not know this secret; if it was added to the file after the server started, restart the server."
            }
            Self::Malformed => {
                "The server did not take our login for one; something between us may change what is sent."
            }
            Self::Unhealthy => {
                "The server accepts this secret but gave no counters in time; it does not seem well."
            }
            Self::ClosedAtOnce => {
                "The server closed at once without a word: TLS to a plain port or plain to a TLS port, or it is shutting down."
            }
            Self::ClosedLate => {
                "The server closed after its own limit without a word: it never saw a whole login."
            }
            Self::NotListening => {
                "Nothing listens there: the server does not run, or could not take its port when it started (which it reports as success)."
            }
            Self::Silent => "The server took the connection and said nothing at all.",
            Self::Strange(_) => "What answers there is not ztick.",
        }
    }

    /// Whether the secret is known to work, or known not to; `None` when this says nothing about it.
    pub fn works(&self) -> Option<bool> {
        match self {
            Self::Valid(_) | Self::Unhealthy => Some(true),
            Self::Unknown => Some(false),
            Self::Open(_)
            | Self::Malformed
            | Self::ClosedAtOnce
            | Self::ClosedLate
            | Self::NotListening
            | Self::Silent
            | Self::Strange(_) => None,
        }
    }
}

impl Client {
    /// Presents a secret and reports what the running server makes of it. Changes nothing there.
    pub async fn check(&self, secret: &Secret, manner: Manner) -> Result<Seen, Failure> {
        let heard = self.ask(secret, &[Question::Stat], manner).await?;
        Ok(seen(&heard, &self.limits))
    }
}

/// The row of the table.
pub(super) fn seen(heard: &Heard, limits: &Limits) -> Seen {
    let answers = heard.answers();
    let said_nothing = heard.bytes.is_empty();
    match (answers.refused(), answers.strange()) {
        (Some(b"" | b"auth_failed"), _) => return Seen::Unknown,
        (Some(code), _) if code.starts_with(b"auth_failed ") => return Seen::Unknown,
        (Some(_), _) => return Seen::Malformed,
        (None, Some(words)) => return Seen::Strange(Text::clean(&String::from_utf8_lossy(words))),
        (None, None) => {}
    }
    match (answers.accepted(), answers.stat(), heard.end) {
        // Only the row itself decides: a server that says it does not authenticate proves nothing by its OK.
        (_, Some(stat), _) if stat.auth == Some(false) => Seen::Open(stat),
        (true, Some(stat), _) => Seen::Valid(stat),
        (true, None, _) => Seen::Unhealthy,
        (false, Some(stat), _) => Seen::Open(stat),
        (false, None, End::NotListening) => Seen::NotListening,
        (false, None, End::TimeUp) if said_nothing => Seen::Silent,
        (false, None, End::Closed) if said_nothing && heard.took >= limits.late => Seen::ClosedLate,
        (false, None, End::Closed) if said_nothing => Seen::ClosedAtOnce,
        (false, None, End::Closed | End::TimeUp) => Seen::Strange(first_words(&heard.bytes)),
    }
}

/// Bytes without one whole line, or rows without an end.
fn first_words(bytes: &[u8]) -> Text {
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Text::clean(&String::from_utf8_lossy(first.get(..first.len().min(200)).unwrap_or_default()))
}
