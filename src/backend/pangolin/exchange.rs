//! A key for a bearer of an hour: the one use of a key that every server takes, at any setting.

use super::super::http::Call;
use super::{Pangolin, errors, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// Where keys are exchanged; the part in the middle is not looked up.
const PATH: [&str; 5] = ["v1", "keywright", "v1", "oauth", "tokens"];

/// What came of presenting a key.
pub(super) enum Exchanged {
    /// A bearer.
    Bearer(Secret),
    /// It was refused, and why.
    Refused(Refusal),
}

/// Why a key was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// In a sentence.
    pub(super) why: String,
}

impl Pangolin {
    /// Presents a key as its service user's.
    pub(super) async fn exchange(&self, service_user: &str, key: &Secret) -> Result<Exchanged, Failure> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", service_user),
            ("client_secret", key.expose()),
        ];
        let reply = self.http.send(Call::exchange(&PATH, &form)).await?;
        if reply.status == 401 {
            let why = errors::failure(&reply).detail.map(|why| why.as_str().to_owned()).unwrap_or_default();
            return Ok(Exchanged::Refused(Refusal { why }));
        }
        if !reply.is_success() {
            return Err(errors::failure(&reply));
        }
        let told: wire::Bearer = wire::decode(&reply, "the bearer")?;
        let bearer = told.token.ok_or_else(|| errors::unexpected(&reply, "the bearer"))?;
        Ok(Exchanged::Bearer(bearer.0))
    }

    /// The same for a login, where a refusal is a failure.
    pub(super) async fn exchange_or_fail(&self, service_user: &str, key: &Secret) -> Result<Secret, Failure> {
        match self.exchange(service_user, key).await? {
            Exchanged::Bearer(bearer) => Ok(bearer),
            Exchanged::Refused(refusal) => Err(Failure::new(FailureKind::WrongLogin, refusal.why)),
        }
    }
}
