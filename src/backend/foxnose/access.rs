//! How a request says who it is from: as a person, as a key plain or signed, or not at all; and spoilt by one character,
//! to see that the server really looks.

use p256::ecdsa::SigningKey;
use zeroize::Zeroizing;

use super::super::Session;
use super::super::http::{Call, Http, Reply};
use super::errors::{self, By};
use super::pair::{self, Pair};
use super::{FoxNose, path};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::time::Timestamp;
use crate::secret::Secret;

const SIMPLE: &str = "Simple";
const SECURE: &str = "Secure";

/// What a session carries.
pub(super) enum Pass {
    /// A person's token.
    Person(Secret),
    /// A Management key, and the environment it is of.
    Key { environment: String, signed: bool, pair: Pair },
}

impl Pass {
    /// Reads what the session was given by [`Pass::keep`].
    pub(super) fn of(session: &Session) -> Result<Self, Failure> {
        let mut words = session.bearer.expose().splitn(3, ' ');
        let signed = match words.next() {
            Some(SIMPLE) => false,
            Some(SECURE) => true,
            Some(_) | None => return Ok(Self::Person(session.bearer.share())),
        };
        let odd = || Failure::new(FailureKind::LoggedOut, "what was kept of the login cannot be read");
        let environment = words.next().ok_or_else(odd)?;
        let (public, secret) = words.next().and_then(|both| both.split_once(':')).ok_or_else(odd)?;
        let pair = Pair::new(public, &Secret::new(secret.to_owned())).map_err(|_says_no_more| odd())?;
        Ok(Self::Key { environment: path::checked(environment)?.to_owned(), signed, pair })
    }

    /// What a session is given to carry.
    pub(super) fn keep(&self) -> Secret {
        match self {
            Self::Person(token) => token.share(),
            Self::Key { environment, signed, pair } => {
                let word = if *signed { SECURE } else { SIMPLE };
                let both = pair.plain();
                Secret::from_zeroizing(Zeroizing::new(format!("{word} {environment} {}", both.expose())))
            }
        }
    }

    /// Whose it is, for the words of a refusal.
    pub(super) fn by(&self) -> By {
        match self {
            Self::Person(_) => By::Person,
            Self::Key { .. } => By::Key,
        }
    }
}

/// How a request is presented.
#[derive(Clone, Copy)]
pub(super) enum How<'a> {
    /// Without a credential.
    Nobody,
    /// With a token.
    Bearer(&'a Secret),
    /// With both halves of a key.
    Plain(&'a Pair),
    /// With a signature, made at this moment.
    Signed(&'a Pair, &'a SigningKey, Timestamp),
}

/// Sends a request as somebody.
pub(super) async fn present(http: &Http, call: Call<'_>, how: How<'_>) -> Result<Reply, Failure> {
    let (path, body) = (call.path_on(http.endpoint()), call.body().to_vec());
    match how {
        How::Nobody => http.send(call).await,
        How::Bearer(token) => http.send(call.bearer(token)).await,
        How::Plain(pair) => {
            let both = pair.plain();
            http.send(call.authorized(SIMPLE, &both)).await
        }
        How::Signed(pair, signer, now) => {
            let date = pair::date(now);
            let header = pair.signed(signer, &path, &body, &date);
            http.send(call.authorized(SECURE, &header).dated(date)).await
        }
    }
}

/// The same, spoilt: one character of the secret is another one, or the body under the signature is.
pub(super) async fn present_spoilt(http: &Http, call: Call<'_>, how: How<'_>) -> Result<Reply, Failure> {
    let path = call.path_on(http.endpoint());
    match how {
        How::Nobody => http.send(call).await,
        How::Bearer(token) => {
            let token = spoil(token.expose());
            http.send(call.bearer(&token)).await
        }
        How::Plain(pair) => {
            let both = spoil(pair.plain().expose());
            http.send(call.authorized(SIMPLE, &both)).await
        }
        How::Signed(pair, signer, now) => {
            let date = pair::date(now);
            let header = pair.signed(signer, &path, b"another body", &date);
            http.send(call.authorized(SECURE, &header).dated(date)).await
        }
    }
}

/// The text with its last letter or digit exchanged for another one. Padding at the end stays.
fn spoil(text: &str) -> Secret {
    let place = text.rfind(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
    let other = |c: char| if c == 'A' { 'B' } else { 'A' };
    let spoilt = text.char_indices().map(|(at, c)| if at == place { other(c) } else { c });
    Secret::new(spoilt.collect())
}

impl FoxNose {
    /// Sends a request of a session; an answer that is no success becomes its failure.
    pub(super) async fn send(&self, session: &Session, call: Call<'_>) -> Result<Reply, Failure> {
        let pass = Pass::of(session)?;
        let reply = self.present_as(&pass, call).await?;
        if reply.is_success() { Ok(reply) } else { Err(errors::failure(&reply, pass.by())) }
    }

    /// Sends a request, whatever becomes of it.
    pub(super) async fn present_as(&self, pass: &Pass, call: Call<'_>) -> Result<Reply, Failure> {
        match pass {
            Pass::Person(token) => present(&self.http, call, How::Bearer(token)).await,
            Pass::Key { signed: false, pair, .. } => present(&self.http, call, How::Plain(pair)).await,
            Pass::Key { signed: true, pair, .. } => {
                let signer = pair.signer().map_err(|why| Failure::new(FailureKind::WrongLogin, why))?;
                present(&self.http, call, How::Signed(pair, &signer, self.now())).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spoilt_text_differs_in_one_character() {
        for text in ["fxk_abcA", "a:bcd==", "a:bc+/", "A"] {
            let spoilt = spoil(text);
            let differ = text.chars().zip(spoilt.expose().chars()).filter(|(a, b)| a != b).count();
            assert_eq!((spoilt.len(), differ), (text.len(), 1), "{text}");
        }
    }
}
