//! What the server makes of a secret: it is exchanged, and the bearer's owner is asked for.

use super::info::Scheme;
use super::{Adapter, Generation, key};
use crate::backend::Session;
use crate::domain::answer::Verdict;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::secret::Parts;

impl Adapter {
    /// A secret that is not one of ours is not sent: it would tell a stranger's secret to this server. Where
    /// authentication is off, being accepted proves nothing.
    pub(super) async fn verify_key(&self, secret: &Parts) -> Result<Verdict, Failure> {
        let missing = || Failure::new(FailureKind::Invalid, "there is no secret to verify");
        let secret = secret.get("secret").ok_or_else(missing)?;
        if let Some(refusal) = key::read(secret.expose(), Generation::Z).refusal(Generation::Z) {
            return Err(Failure::new(FailureKind::Invalid, format!("it was not sent: {refusal}")));
        }
        let server = self.server().await?;
        server.admits()?;
        if server.scheme == Scheme::Off {
            let words =
                "authentication is off on this server: it accepts everything, so nothing can be verified";
            return Err(Failure::new(FailureKind::Unsupported, words));
        }
        let bearer = match self.exchange_key(secret).await {
            Ok(bearer) => bearer,
            Err(failure) => return refused(failure),
        };
        match self.session(&server, bearer, None).await {
            Ok(Session { facts, .. }) => {
                Ok(Verdict::Accepted { who: facts.who, scopes: Granted::AsOwner, untold: Vec::new() })
            }
            Err(failure) => refused(failure),
        }
    }
}

/// Only a refusal of the secret itself is a verdict; anything else says nothing about it.
fn refused(failure: Failure) -> Result<Verdict, Failure> {
    if matches!(failure.kind, FailureKind::WrongLogin | FailureKind::LoggedOut) {
        let why = failure.detail.unwrap_or_else(|| Text::clean("the server gave no reason"));
        return Ok(Verdict::Refused { why });
    }
    Err(failure)
}
