//! What the server makes of a secret: it is presented once, and whose it is is asked for. No bearer is made of it: that
//! would outlive whatever is done to the key afterwards.

use super::info::Scheme;
use super::{Adapter, Generation, errors, key, wire};
use crate::backend::http::Call;
use crate::backend::kitaru::decode;
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
        if let Some(refusal) = key::read(secret.expose(), Generation::K).refusal(Generation::K) {
            return Err(Failure::new(FailureKind::Invalid, format!("it was not sent: {refusal}")));
        }
        self.server.admits()?;
        if self.server.scheme == Scheme::Off {
            let words =
                "authentication is off on this server: it accepts everything, so nothing can be verified";
            return Err(Failure::new(FailureKind::Unsupported, words));
        }
        let reply = self.http.send(Call::present(&["api", "v1", "accounts", "me"]).bearer(secret)).await?;
        if reply.status == 401 {
            let why = errors::refusal(&errors::told(&reply.body).words);
            return Ok(Verdict::Refused { why: Text::clean(&why) });
        }
        if !reply.is_success() {
            return Err(errors::failure(&reply));
        }
        let account: wire::Account = decode(&reply, "the answer about whose key this is")?;
        let who = Text::clean(account.name.as_deref().unwrap_or("unnamed"));
        Ok(Verdict::Accepted { who, scopes: Granted::AsOwner, untold: Vec::new() })
    }
}
