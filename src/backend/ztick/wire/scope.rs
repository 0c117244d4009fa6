//! Which namespace a token has, as far as the wire can tell. Only the coded dialect tells a job that may not be seen from
//! one that is not there.

use uuid::Uuid;

use super::answers::Answer;
use super::{Client, Manner, Question};
use crate::domain::failure::Failure;
use crate::secret::Secret;

/// What the wire showed of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// This namespace and no shorter one that differs in its last character.
    ThisOne,
    /// Everything.
    Everything,
    /// Not this namespace, or a wider one.
    AnotherOne,
    /// The server does not tell, or the secret was not accepted; the file has to be believed.
    CannotTell,
}

impl Client {
    /// Compares a token's namespace with what the running server lets it ask for. Only reads; the jobs asked for are
    /// made up at random.
    pub async fn covers(&self, secret: &Secret, namespace: &[u8]) -> Result<Covers, Failure> {
        let random = Uuid::new_v4().simple().to_string();
        let inside = [namespace, random.as_bytes()].concat();
        let questions = [
            Question::Get(inside),
            Question::Get(beside(namespace, &random)),
            Question::Get(random.into_bytes()),
        ];
        let heard = self.ask(secret, &questions, Manner::Reset).await?;
        let answers = heard.answers();
        let may: Option<Vec<bool>> = answers.each.iter().map(may).collect();
        let wide = namespace == b"*";
        Ok(match may.as_deref().filter(|_| answers.accepted()) {
            Some([_, _, true]) => Covers::Everything,
            Some([true, false, false]) if !wide => Covers::ThisOne,
            Some(_) => Covers::AnotherOne,
            None => Covers::CannotTell,
        })
    }
}

/// A job that shares all but the last byte of the namespace.
fn beside(namespace: &[u8], random: &str) -> Vec<u8> {
    let (last, start) = namespace.split_last().unwrap_or((&b'.', &[]));
    let other = if *last == b'~' { b'-' } else { b'~' };
    [start, &[other], random.as_bytes()].concat()
}

/// Whether the job might be asked for; none if the answer does not tell.
fn may(answer: &Answer<'_>) -> Option<bool> {
    match answer.end? {
        Ok(_) => Some(true),
        Err(code) if code.starts_with(b"not_found") => Some(true),
        Err(code) if code.starts_with(b"auth_denied") => Some(false),
        Err(_) => None,
    }
}
