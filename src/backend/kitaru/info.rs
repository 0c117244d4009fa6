//! What a server is, asked of it without credentials: which generation, and what else it tells of itself.

use serde::Deserialize;

use super::{Generation, decode, z};
use crate::backend::http::{Call, Http};
use crate::domain::failure::{Failure, FailureKind};

/// `GET /info`, of either generation.
#[derive(Deserialize)]
pub(super) struct Info {
    pub(super) version: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) debug: Option<bool>,
    pub(super) auth_scheme: Option<String>,
}

/// The server itself tells this to anyone.
const GUARDED: &str = "something in front of the server asks for a login of its own";

/// Asks a server what it is.
pub(super) async fn ask(http: &Http) -> Result<Info, Failure> {
    let reply = http.send(Call::read(&["api", "v1", "info"])).await?;
    if matches!(reply.status, 401 | 403) {
        return Err(Failure::new(FailureKind::Unexpected, GUARDED));
    }
    if !reply.is_success() {
        return Err(z::failure(&reply));
    }
    decode(&reply, "the server's description of itself")
}

impl Info {
    /// Which generation it is: its way of logging in is written in small letters by Kitaru's own servers, and in
    /// capitals by `ZenML` servers.
    pub(super) fn generation(&self) -> Result<Generation, Failure> {
        let scheme = self.auth_scheme.as_deref().unwrap_or_default();
        match scheme.chars().next() {
            Some(first) if first.is_ascii_lowercase() => Ok(Generation::K),
            Some(_) => Ok(Generation::Z),
            None => Err(Failure::new(FailureKind::Unexpected, "this is neither a Kitaru nor a ZenML server")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_told_apart() {
        let cases = [
            (r#"{"auth_scheme":"local","version":"0.27.2"}"#, Some(Generation::K)),
            (r#"{"auth_scheme":"none"}"#, Some(Generation::K)),
            (r#"{"auth_scheme":"control_plane"}"#, Some(Generation::K)),
            (r#"{"auth_scheme":"OAUTH2_PASSWORD_BEARER"}"#, Some(Generation::Z)),
            (r#"{"auth_scheme":"NO_AUTH"}"#, Some(Generation::Z)),
            (r#"{"auth_scheme":""}"#, None),
            (r#"{"version":"0.98.0","active":true}"#, None),
        ];
        for (json, want) in cases {
            let info: Info = serde_json::from_str(json).expect("a description");
            assert_eq!(info.generation().ok(), want, "{json}");
        }
    }
}
