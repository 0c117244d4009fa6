//! What a login gave, without its secrets: who we are and for how long.

use super::text::Text;
use super::time::Timestamp;

/// Who is logged in, what they may administer, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// The name the server knows us by.
    pub who: Text,
    /// What that is, in the backend's words: `user`, `service account`.
    pub kind: &'static str,
    /// Whether the server lets us create and rotate; when not, why, in words.
    pub may_create: Result<(), Text>,
    /// Whether the server lets us revoke; when not, why, in words.
    pub may_revoke: Result<(), Text>,
    /// When the session ends, on the server's clock; `None` when the server sets no end.
    pub expires: Option<Timestamp>,
    /// Whether it renews itself without asking anyone.
    pub renews: bool,
    /// Whether it is kept in the keyring.
    pub kept: bool,
    /// The credential we are logged in with, if it is one.
    pub credential: Option<super::owner::Id>,
}

/// What approves a login elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A person who compares or types this code.
    Code(Text),
    /// Somebody's sign-in at a provider, whose browser then comes back to this machine. Nothing in it tells whose
    /// attempt it was.
    WayBack {
        /// Who asks for name and password.
        provider: Text,
        /// Where the browser comes back to, exactly as the server has to list it.
        address: Text,
    },
}

/// What a server says about itself before anyone logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// What it is, in words: `ZenML server 0.98.0 (Kitaru generation Z)`.
    pub title: Text,
    /// Its version.
    pub version: Text,
    /// How far its clock is ahead of ours.
    pub skew: super::time::Skew,
    /// Why nobody can log in here, if so.
    pub refuses_login: Option<Text>,
    /// What an operator should know about this very server.
    pub notes: Vec<Text>,
    /// What goes on working after each destructive step, in words.
    pub survives: Survives,
}

/// What outlives a step, so that the operator is told before it is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survives {
    /// After a rotation, inside and past its window.
    pub rotate: Vec<Text>,
    /// After switching off.
    pub disable: Vec<Text>,
    /// After revoking.
    pub revoke: Vec<Text>,
}
