//! What a Kitaru server is, before anyone logs in: its version, whether it lets anyone in, what outlives a step there.

use super::super::info::Info;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::{ServerInfo, Survives};
use crate::domain::text::Text;
use crate::domain::time::Skew;

/// How a server finds out who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Bearers: what we speak.
    Bearer,
    /// Not at all.
    Off,
    /// Elsewhere.
    ControlPlane,
}

/// What is known of a server.
pub(in super::super) struct Server {
    pub(super) scheme: Scheme,
    pub(super) info: ServerInfo,
}

const CONTROL_PLANE: &str = "this server leaves logging in to a Kitaru control plane, which keywright does not \
                             speak; use its pages";
const AUTHENTICATION_OFF: &str = "Authentication is OFF on this server: whoever reaches it is its default \
                                  administrator, with or without a secret. Revoking shuts nobody out, and no \
                                  secret can be verified.";
const OWN_KEYS: &str = "Everybody has their own API keys here: an administrator neither sees nor revokes those of \
                        others, though all names are taken from one list.";
const SERVICE_ACCOUNTS: &str = "This server has no call that gives a service account a key, and none that lets one \
                                log in. For a machine make a key of your own, or let an administrator add a user \
                                for it and make the key as that user.";

/// Bearers know nothing of the key they came from.
const BEARERS_LIVE_ON: &str = "Bearers got with the key before go on working until they end by themselves, an hour \
                               after they were made unless the server was set up otherwise: nothing done to the \
                               key touches them. Only switching off the account they stand for does.";
const INSIDE: &str = "The old secret can get new bearers until its window ends, and those outlive it. To shut out a \
                      leaked key, leave no window; who got a bearer stays in for its hour.";

impl Server {
    /// Tells what a server is from its description.
    pub(in super::super) fn of(info: &Info) -> Result<Self, Failure> {
        let scheme = match info.auth_scheme.as_deref().unwrap_or_default() {
            "local" => Scheme::Bearer,
            "none" => Scheme::Off,
            "control_plane" => Scheme::ControlPlane,
            other => {
                let words = format!(
                    "the server's way of logging in is called {other}, which keywright does not know"
                );
                return Err(Failure::new(FailureKind::Unsupported, words));
            }
        };
        let version = info.version.as_deref().filter(|version| !version.is_empty());
        let version = Text::clean(version.unwrap_or("of unknown version"));
        let alarm = (scheme == Scheme::Off).then_some(AUTHENTICATION_OFF);
        let info = ServerInfo {
            title: Text::clean(&format!("Kitaru server {version} (generation K)")),
            version,
            skew: Skew::default(),
            refuses_login: (scheme == Scheme::ControlPlane).then(|| Text::clean(CONTROL_PLANE)),
            notes: alarm.into_iter().chain([OWN_KEYS, SERVICE_ACCOUNTS]).map(Text::clean).collect(),
            survives: Survives {
                rotate: [BEARERS_LIVE_ON, INSIDE].map(Text::clean).to_vec(),
                disable: vec![Text::clean(BEARERS_LIVE_ON)],
                revoke: vec![Text::clean(BEARERS_LIVE_ON)],
            },
        };
        Ok(Self { scheme, info })
    }

    /// Refuses in words where nobody can log in with what we have.
    pub(super) fn admits(&self) -> Result<(), Failure> {
        match self.scheme {
            Scheme::Bearer | Scheme::Off => Ok(()),
            Scheme::ControlPlane => Err(Failure::new(FailureKind::Unsupported, CONTROL_PLANE)),
        }
    }
}
