//! What can be told of a server before anyone logs in. It has no call for that: how it refuses is all there is.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::super::http::Call;
use super::{Zpools, errors, token};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::{ServerInfo, Survives};
use crate::domain::text::Text;

const LOGIN_OFF: &str =
    "Logging in with a password is switched off here: PATs are made on the website and pasted.";
const OPEN: &str = "It answered without any credential: authentication may be off.";
const MEMORY: &str = "Its gateway may let a revoked PAT through for up to 5 seconds, from memory.";

impl Zpools {
    pub(super) async fn describe(&self) -> Result<ServerInfo, Failure> {
        let reply = self.http.send(Call::read(&["hello"])).await?;
        let words = errors::words(&reply.body);
        let mut notes = match reply.status {
            200..300 => vec![OPEN],
            401 | 403 if words.is_empty() => {
                let guarded = "something in front of the server asks for a login of its own";
                return Err(Failure::new(FailureKind::Unexpected, guarded));
            }
            401 | 403 => Vec::new(),
            _ => return Err(errors::failure(&reply, token::Reading::Other)),
        };
        let off = !self.has_login().await?;
        self.login_is_off.store(off, Ordering::Relaxed);
        if off {
            notes.push(LOGIN_OFF);
        }
        Ok(ServerInfo {
            title: Text::clean(&format!("zpools at {}", self.endpoint.url().host_str().unwrap_or_default())),
            version: Text::clean("not told"),
            skew: self.http.skew(),
            refuses_login: None,
            notes: notes.into_iter().map(Text::clean).collect(),
            survives: Survives { revoke: vec![Text::clean(MEMORY)], ..Survives::default() },
        })
    }

    /// Whether there is a login by password: an empty one is refused by it, or by the lack of it.
    async fn has_login(&self) -> Result<bool, Failure> {
        let reply = self.http.send(Call::exchange_json(&["login"], &json!({}))).await?;
        Ok(!matches!(reply.status, 404 | 405))
    }
}
