//! What a ZenML server is, before anyone logs in: its version, its rules, whether it lets anyone in.

use super::super::info::Info;
use super::version::{NEWEST_KNOWN, OLDEST_KNOWN, Rules, Version};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::ServerInfo;
use crate::domain::text::Text;
use crate::domain::time::Skew;

/// How a server finds out who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Bearers: what we speak.
    Bearer,
    /// Not at all.
    Off,
    /// In a way we do not speak.
    Refused(&'static str),
}

/// What is known of a server.
pub(in super::super) struct Server {
    pub(super) rules: Rules,
    pub(super) version: Text,
    pub(super) scheme: Scheme,
    pub(super) info: ServerInfo,
}

impl Server {
    /// Tells what a server is from its description.
    pub(in super::super) fn of(info: &Info) -> Result<Self, Failure> {
        of(info)
    }

    /// Refuses in words where nobody can log in with what we have.
    pub(super) fn admits(&self) -> Result<(), Failure> {
        match self.scheme {
            Scheme::Bearer | Scheme::Off => Ok(()),
            Scheme::Refused(why) => Err(Failure::new(FailureKind::Unsupported, why)),
        }
    }
}

const EXTERNAL: &str = "this server leaves logging in to ZenML Pro, which keywright does not speak; use the Pro \
                        dashboard";
const BASIC: &str = "this server asks for HTTP Basic on every request, which keywright does not speak; set its \
                     authentication to OAUTH2_PASSWORD_BEARER";
const AUTHENTICATION_OFF: &str = "Authentication is OFF on this server: whoever reaches it is the admin \
                                  'default', with or without a secret. No login is needed, revoking shuts nobody \
                                  out, and no secret can be verified.";

fn of(info: &Info) -> Result<Server, Failure> {
    let scheme = match info.auth_scheme.as_deref() {
        Some("OAUTH2_PASSWORD_BEARER") => Scheme::Bearer,
        Some("NO_AUTH") => Scheme::Off,
        Some("EXTERNAL") => Scheme::Refused(EXTERNAL),
        Some("HTTP_BASIC") => Scheme::Refused(BASIC),
        Some(other) => {
            let words =
                format!("the server's way of logging in is called {other}, which keywright does not know");
            return Err(Failure::new(FailureKind::Unsupported, words));
        }
        None => {
            return Err(Failure::new(FailureKind::Unexpected, "this is neither a Kitaru nor a ZenML server"));
        }
    };
    if info.active == Some(false) {
        return Err(Failure::new(FailureKind::Inactive, "no administrator has set it up"));
    }
    let raw = info.version.as_deref().unwrap_or_default();
    let parsed = Version::parse(raw);
    let rules = Rules::of(parsed);
    let version = Text::clean(if raw.is_empty() { "of unknown version" } else { raw });
    let refuses_login = match scheme {
        Scheme::Bearer | Scheme::Off => None,
        Scheme::Refused(why) => Some(Text::clean(why)),
    };
    let described = ServerInfo {
        title: Text::clean(&format!("ZenML server {version} (Kitaru generation Z)")),
        version: version.clone(),
        skew: Skew::default(),
        refuses_login,
        notes: notes(info, scheme, parsed),
        survives: rules.survives(),
    };
    Ok(Server { rules, version, scheme, info: described })
}

fn notes(info: &Info, scheme: Scheme, version: Option<Version>) -> Vec<Text> {
    let mut notes = Vec::new();
    if scheme == Scheme::Off {
        notes.push(AUTHENTICATION_OFF);
    }
    match version {
        None => notes.push("Its version could not be read; it is treated as the newest one known."),
        Some(version) if version > NEWEST_KNOWN => notes.push(
            "It is newer than any version keywright was tried with; it is treated as the newest one known.",
        ),
        Some(version) if version < OLDEST_KNOWN => {
            notes.push("It is older than any version keywright was tried with.");
        }
        Some(_) => {}
    }
    if info.debug == Some(true) {
        notes.push("It runs in debug mode; its log may hold more than it should.");
    }
    notes.into_iter().map(Text::clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(json: &str) -> Result<Server, Failure> {
        of(&serde_json::from_str(json).expect("a description"))
    }

    #[test]
    fn the_contracts_own_server() {
        let json = r#"{"id":"7d5447df-1111-4222-8333-944444444444","name":"contract-test","version":"0.98.0",
            "active":true,"debug":false,"deployment_type":"other","database_type":"sqlite",
            "secrets_store_type":"sql","auth_scheme":"OAUTH2_PASSWORD_BEARER","server_url":"","dashboard_url":"",
            "analytics_enabled":false,"metadata":{},"last_user_activity":"2026-11-21T21:22:53.241863",
            "pro_dashboard_url":null,"pro_api_url":null}"#;
        let server = described(json).expect("a server we speak to");
        assert_eq!(server.info.title.as_str(), "ZenML server 0.98.0 (Kitaru generation Z)");
        assert_eq!(server.scheme, Scheme::Bearer);
        assert!(
            server.rules.admin_only && server.info.notes.is_empty() && server.info.refuses_login.is_none()
        );
    }

    #[test]
    fn servers_of_other_kinds() {
        use FailureKind::{Inactive, Unexpected, Unsupported};
        let cases = [
            (r#"{"auth_scheme":"SOMETHING_NEW","active":true}"#, Some(Unsupported)),
            (r#"{"version":"0.98.0","active":true}"#, Some(Unexpected)),
            (r#"{"auth_scheme":"OAUTH2_PASSWORD_BEARER","active":false}"#, Some(Inactive)),
            (r#"{"auth_scheme":"EXTERNAL","active":true}"#, None),
            (r#"{"auth_scheme":"HTTP_BASIC","active":true}"#, None),
        ];
        for (json, want) in cases {
            match described(json) {
                Err(failure) => assert_eq!(Some(failure.kind), want, "{json}"),
                Ok(server) => {
                    assert_eq!(want, None, "{json}");
                    assert!(server.info.refuses_login.is_some() && server.admits().is_err(), "{json}");
                }
            }
        }
    }

    #[test]
    fn what_an_operator_should_know() {
        let cases = [
            ("NO_AUTH", "0.98.0", "Authentication is OFF"),
            ("OAUTH2_PASSWORD_BEARER", "0.99.0", "newer than any"),
            ("OAUTH2_PASSWORD_BEARER", "0.90.0", "older than any"),
            ("OAUTH2_PASSWORD_BEARER", "nightly", "could not be read"),
        ];
        for (scheme, version, note) in cases {
            let json = format!(r#"{{"auth_scheme":"{scheme}","version":"{version}","active":true}}"#);
            let server = described(&json).expect("a server we speak to");
            assert!(server.info.notes.iter().any(|text| text.as_str().contains(note)), "{scheme} {version}");
        }
    }
}
