//! One conversation: everything asked in one write, everything heard until the end.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::answers::Answers;
use super::connect::{Connection, NoConnection};
use super::questions::Question;
use super::{Client, Manner, encode};
use crate::domain::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing listened.
    NotListening,
    /// The server closed, or we had all answers, or we had a refusal.
    Closed,
    /// Time was up.
    TimeUp,
}

/// What was heard.
pub struct Heard {
    /// The bytes, which may hold passwords of rules.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// How it ended.
    pub end: End,
    /// How long it took from the moment the connection stood.
    pub took: Duration,
    ids: Vec<String>,
    one_line: Vec<bool>,
}

impl Heard {
    /// The answers, taken apart.
    pub fn answers(&self) -> Answers<'_> {
        Answers::read(&self.bytes, &self.ids, &self.one_line)
    }

    /// Whether it is worth taking the answers apart: the server writes each line by itself, and doing it after each of
    /// many thousand lines would take minutes. Answers come in the order of their questions.
    fn may_be_over(&self) -> bool {
        let whole = self.bytes.strip_suffix(b"\n").unwrap_or_default();
        let last = whole.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
        let rest = self.ids.last().and_then(|id| last.strip_prefix(id.as_bytes()));
        self.bytes.len() < 256
            || rest.is_some_and(|rest| rest.starts_with(b" OK") || rest.starts_with(b" ERROR"))
    }
}

impl Client {
    /// Presents a secret, asks, and listens. The answer of a server that is not there is [`End::NotListening`].
    pub async fn ask(
        &self,
        secret: &Secret,
        questions: &[Question],
        manner: Manner,
    ) -> Result<Heard, Failure> {
        let nonce = nonce()?;
        let ids: Vec<String> = (0..questions.len()).map(|number| format!("{nonce}{number}")).collect();
        let mut heard = Heard {
            bytes: Zeroizing::default(),
            end: End::NotListening,
            took: Duration::ZERO,
            one_line: questions.iter().map(Question::is_one_line).collect(),
            ids,
        };
        let mut tail = Vec::new();
        for (question, id) in questions.iter().zip(&heard.ids) {
            question.write(&mut tail, id);
        }
        let mut sent = encode::auth(secret, tail.len())?;
        sent.extend_from_slice(&tail);
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(NoConnection::NotListening) => return Ok(heard),
            Err(NoConnection::Failed(failure)) => return Err(failure),
        };
        self.listen(&mut connection, &sent, &mut heard, manner).await?;
        Ok(heard)
    }

    async fn listen(
        &self,
        connection: &mut Connection,
        sent: &[u8],
        heard: &mut Heard,
        manner: Manner,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let deadline = began + self.limits.whole;
        let speak = async {
            connection.write_all(sent).await?;
            connection.flush().await?;
            if manner == Manner::HalfClose { connection.shutdown().await } else { Ok(()) }
        };
        // A server that closed already may still be heard, so a failed write is no end.
        drop(timeout_at(deadline, speak).await);
        let mut piece = Zeroizing::new([0_u8; 4096]);
        heard.end = loop {
            match timeout_at(deadline, connection.read(piece.as_mut_slice())).await {
                Err(_elapsed) => break End::TimeUp,
                Ok(Ok(0) | Err(_)) => break End::Closed,
                Ok(Ok(read)) if heard.bytes.len() + read > self.limits.bytes => {
                    connection.reset_on_close();
                    return Err(Failure::new(FailureKind::TooLarge, ""));
                }
                Ok(Ok(read)) => append(&mut heard.bytes, piece.get(..read).unwrap_or_default()),
            }
            if manner == Manner::Reset && heard.may_be_over() {
                let answers = heard.answers();
                if answers.refused().is_some() || answers.are_complete() {
                    break End::Closed;
                }
            }
        };
        if manner == Manner::Reset || heard.end == End::TimeUp {
            connection.reset_on_close();
        }
        heard.took = began.elapsed();
        Ok(())
    }
}

/// Appends without leaving a copy behind when the memory has to grow.
fn append(bytes: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    let wanted = bytes.len() + piece.len();
    if wanted > bytes.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(wanted.max(8192) * 2));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(piece);
}

/// The beginning of the ids, so that no other line can be taken for an answer.
fn nonce() -> Result<String, Failure> {
    let mut random = [0_u8; 6];
    let none = |_says_nothing| Failure::new(FailureKind::State, "the operating system gave no random bytes");
    SystemRandom::new().fill(&mut random).map_err(none)?;
    Ok(random.iter().fold(String::from("k"), |id, byte| id + &format!("{byte:02x}")) + "-")
}
