//! What a text is that is to be presented: told by its form alone, before anything is sent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::time::Timestamp;
use crate::secret::Secret;

/// Before the opaque part of every PAT.
const PREFIX: &str = "zpat_";

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A PAT, by its beginning.
    Pat,
    /// The bearer of a login.
    Jwt,
    /// Something else.
    Other,
}

impl Reading {
    /// Why this is not a PAT, in a sentence; `None` when it looks like one.
    pub(super) fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Pat => None,
            Self::Jwt => Some(
                "this is the bearer of a login (a JWT), not a PAT; a PAT starts with zpat_ and was shown when it was \
                 made",
            ),
            Self::Other => {
                Some("this is not a PAT; one starts with zpat_ and is copied whole, without spaces")
            }
        }
    }
}

/// The PAT in a pasted text. What is no PAT is not sent: it would tell a stranger's secret to this server.
pub(super) fn presentable(secret: &Secret) -> Result<Secret, Failure> {
    match read(secret.expose()).refusal() {
        None => Ok(Secret::new(secret.expose().trim().to_owned())),
        Some(why) => Err(Failure::new(FailureKind::Invalid, format!("it was not sent: {why}"))),
    }
}

/// What the text is.
pub(super) fn read(text: &str) -> Reading {
    let text = text.trim();
    let opaque = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic());
    match text.strip_prefix(PREFIX) {
        Some(rest) if opaque(rest) => Reading::Pat,
        None if claims(text).is_some() => Reading::Jwt,
        Some(_) | None => Reading::Other,
    }
}

#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
    username: Option<String>,
}

/// When a bearer ends, on the server's clock; for display only.
pub(super) fn expires(jwt: &str) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and the end of time is refused")]
    claims(jwt)?.exp.and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
}

/// Whose bearer it is; for display only.
pub(super) fn user(jwt: &str) -> Option<String> {
    claims(jwt)?.username.filter(|name| !name.is_empty())
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pasted_text_is() {
        let jwt = |claims: &str| format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let cases = [
            (String::from("zpat_d0347074e0d75d36ba14dc79"), Reading::Pat),
            (String::from("  zpat_x\n"), Reading::Pat),
            (String::from("zpat_"), Reading::Other),
            (String::from("zpat_a b"), Reading::Other),
            (String::from("zpat_é"), Reading::Other),
            (jwt(r#"{"sub":"ada","exp":1700000000}"#), Reading::Jwt),
            (jwt("[]"), Reading::Other),
            (String::from("law-hotel-shape-community"), Reading::Other),
            (String::from("correct horse"), Reading::Other),
            (String::from("a.b.c"), Reading::Other),
            (String::new(), Reading::Other),
            ("x".repeat(100_000), Reading::Other),
        ];
        for (text, want) in cases {
            assert_eq!(read(&text), want, "{text}");
            assert_eq!(read(&text).refusal().is_none(), want == Reading::Pat, "{text}");
        }
        let end = expires(&jwt(r#"{"exp":1700000000}"#));
        assert_eq!(end, Timestamp::from_second(1_700_000_000).ok());
    }
}
