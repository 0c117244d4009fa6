//! What can be told of a server before anyone logs in. It has no call for that: how it refuses is all there is.

use super::super::http::Call;
use super::{FoxNose, errors};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::{ServerInfo, Survives};
use crate::domain::text::Text;

const OPEN: &str = "It answered without any credential: authentication may be off.";
const BOTH: &str = "A new key is a new pair: whoever uses it has two values to change.";
const TOKENS: &str = "A Flux bearer token that was issued with the old key, until that key is deleted.";

impl FoxNose {
    pub(super) async fn describe(&self) -> Result<ServerInfo, Failure> {
        let reply = self.http.send(Call::read(&["organizations", ""])).await?;
        let notes = match reply.status {
            200..300 => vec![OPEN, BOTH],
            401 | 403 if errors::is_own(&reply.body) => vec![BOTH],
            401 | 403 => {
                let guarded = "something in front of the server asks for a login of its own";
                return Err(Failure::new(FailureKind::Unexpected, guarded));
            }
            _ => return Err(errors::failure(&reply, errors::By::Person)),
        };
        let host = self.http.endpoint().url().host_str().unwrap_or_default();
        Ok(ServerInfo {
            title: Text::clean(&format!("FoxNose at {host}")),
            version: Text::clean("not told"),
            skew: self.http.skew(),
            refuses_login: None,
            notes: notes.into_iter().map(Text::clean).collect(),
            survives: Survives { rotate: vec![Text::clean(TOKENS)], ..Survives::default() },
        })
    }
}
