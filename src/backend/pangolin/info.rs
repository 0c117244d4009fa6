//! What can be told of a server before anyone logs in.

use super::super::http::Call;
use super::{Pangolin, errors, landing, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::{ServerInfo, Survives};
use crate::domain::text::Text;

const AUTH_OFF: &str = "Authentication is off: whoever reaches this server is an administrator of it.";
const HEADER_TAKEN: &str = "It takes keys in the X-API-Key header (its legacy setting is on).";
const HEADER_REFUSED: &str = "It refuses every key in the X-API-Key header, as by default; keys are exchanged for bearers \
                              instead.";
const UNGUARDED: &str = "It lets any user of a tenant grant themselves more, and an administrator make a key of root. \
                         Whether a user is active it keeps and checks nowhere: users are deleted, not switched off.";
const BEARERS: &str = "Bearers that the key was exchanged for live on for up to an hour.";
const TOKENS: &str = "Tokens minted for a user outlive the user's password, deactivation and deletion.";

impl Pangolin {
    pub(super) async fn describe(&self) -> Result<ServerInfo, Failure> {
        let reply = self.http.send(Call::read(&["api", "v1", "app-config"])).await?;
        if !reply.is_success() {
            return Err(errors::failure(&reply));
        }
        let mode: wire::Mode = serde_json::from_slice(&reply.body).map_err(|_shown_as_words| {
            Failure::new(FailureKind::Unsupported, "what answers at this address is no Pangolin server")
        })?;
        let mut notes = vec![String::from(UNGUARDED)];
        if !mode.auth_enabled {
            notes.push(String::from(AUTH_OFF));
        }
        match self.known().takes_header {
            Some(true) => notes.push(String::from(HEADER_TAKEN)),
            Some(false) => notes.push(String::from(HEADER_REFUSED)),
            None => {}
        }
        if let Some(providers) = self.providers().await.filter(|providers| !providers.is_empty()) {
            notes.push(format!(
                "Sign-in by browser ({}) needs {} in its PANGOLIN_OAUTH_REDIRECT_URIS, exactly so.",
                providers.join(", "),
                landing::address(self.port)
            ));
        }
        let host = self.http.endpoint().url().host_str().unwrap_or_default().to_owned();
        let texts = |words: &[&str]| words.iter().map(|words| Text::clean(words)).collect::<Vec<_>>();
        Ok(ServerInfo {
            title: Text::clean(&format!("Pangolin at {host}")),
            version: Text::clean("not told"),
            skew: self.http.skew(),
            refuses_login: None,
            notes: notes.iter().map(|note| Text::clean(note)).collect(),
            survives: Survives {
                rotate: texts(&[BEARERS]),
                disable: texts(&[BEARERS]),
                revoke: texts(&[BEARERS, TOKENS]),
            },
        })
    }

    async fn providers(&self) -> Option<Vec<String>> {
        let reply = self.send(Call::read(&["api", "v1", "oauth", "providers"])).await.ok()?;
        wire::decode::<wire::Providers>(&reply, "").ok().map(|told| told.providers)
    }
}
