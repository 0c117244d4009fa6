//! Failures as the operator reads them: what happened, what to do, and whether anything may have been done.

use std::time::Duration;

use super::text::Text;

/// Whether a request that failed may still have had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effected {
    /// The server never got it, or refused it.
    No,
    /// It may have been carried out: the answer was lost, late, or the server's own error.
    Unknown,
}

/// What kind of failure it is; each has a headline and a next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No connection could be made.
    Unreachable,
    /// The host's name is not known.
    UnknownHost,
    /// The certificate is not trusted.
    Untrusted,
    /// No answer in time.
    Slow,
    /// The connection ended before the answer did.
    CutOff,
    /// The answer is larger than we take.
    TooLarge,
    /// The answer is not what the backend sends.
    Unexpected,
    /// The server wants to send us elsewhere.
    Redirected,
    /// Nobody is logged in, or the session ended.
    LoggedOut,
    /// The login was refused.
    WrongLogin,
    /// Logged in, but not allowed.
    Forbidden,
    /// It is not there (any more).
    NotFound,
    /// The name is taken.
    NameTaken,
    /// The server refused the values.
    Invalid,
    /// Too many requests.
    TooMany,
    /// The server failed by itself.
    ServerFailed,
    /// The server is not ready for anyone.
    Inactive,
    /// The server is of a kind we do not speak.
    Unsupported,
    /// The custom certificate file cannot be used.
    CertificateFile,
    /// The keyring cannot take or give what is needed.
    Keyring,
    /// The secret that is needed is not stored on this machine.
    NotStored,
    /// A file of the backend's cannot be read or replaced.
    File,
    /// Somebody else changed it after it was looked at.
    Changed,
    /// A secret that was pasted or found is not one that can be taken in here.
    NotTaken,
    /// It is not known which credential a secret is of.
    Unmatched,
    /// Our own state could not be read or written.
    State,
    /// The operator stopped it.
    Cancelled,
}

/// A failure with the backend's own words, made harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// The particulars: the backend's own words or ours.
    pub detail: Option<Text>,
    /// Whether it may have had its effect all the same.
    pub effected: Effected,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure that certainly had no effect.
    pub fn new(kind: FailureKind, detail: impl Into<Text>) -> Self {
        let detail = detail.into();
        Self {
            kind,
            detail: (!detail.is_empty()).then_some(detail),
            effected: Effected::No,
            retry_after: None,
        }
    }

    /// The same, but it may have had its effect.
    #[must_use]
    pub fn unknown(mut self) -> Self {
        self.effected = Effected::Unknown;
        self
    }

    /// What happened, in one short sentence without a full stop.
    pub fn headline(&self) -> &'static str {
        match self.kind {
            FailureKind::Unreachable => "The server cannot be reached",
            FailureKind::UnknownHost => "The host's name is not known",
            FailureKind::Untrusted => "The server's certificate is not trusted",
            FailureKind::Slow => "The server did not answer in time",
            FailureKind::CutOff => "The connection ended before the answer did",
            FailureKind::TooLarge => "The answer was larger than 1 MiB and was dropped",
            FailureKind::Unexpected => "The answer is not what this backend sends",
            FailureKind::Redirected => "The server wants to send us to another address",
            FailureKind::LoggedOut => "The session has ended",
            FailureKind::WrongLogin => "The login was refused",
            FailureKind::Forbidden => "The server does not allow this",
            FailureKind::NotFound => "It is not there any more",
            FailureKind::NameTaken => "The name is taken",
            FailureKind::Invalid => "The server refused these values",
            FailureKind::TooMany => "Too many requests",
            FailureKind::ServerFailed => "The server failed",
            FailureKind::Inactive => "The server has not been activated yet",
            FailureKind::Unsupported => "This server cannot be used",
            FailureKind::CertificateFile => "The certificate file cannot be used",
            FailureKind::Keyring => "The keyring cannot be used",
            FailureKind::NotStored => "This secret is not stored here",
            FailureKind::File => "The file cannot be used",
            FailureKind::Changed => "Somebody else changed it since it was read",
            FailureKind::NotTaken => "This secret was not taken",
            FailureKind::Unmatched => "It is not known whose secret this is",
            FailureKind::State => "keywright's own records cannot be used",
            FailureKind::Cancelled => "Stopped",
        }
    }

    /// What to do next, in one sentence.
    pub fn next_step(&self) -> &'static str {
        match self.kind {
            FailureKind::Unreachable => {
                "Check the address, the network and whether the server runs, then try again."
            }
            FailureKind::UnknownHost => "Check the address for a slip, and the name service of this machine.",
            FailureKind::Untrusted => {
                "If the server uses its own authority, name its certificate file in the account (e)."
            }
            FailureKind::Slow | FailureKind::CutOff => "Refresh to see what is true, then decide.",
            FailureKind::TooLarge | FailureKind::Unexpected => {
                "Check that the address is the backend's own and that nothing in between answers for it."
            }
            FailureKind::Redirected => {
                "Put the final address into the account; credentials are never sent after a redirect."
            }
            FailureKind::LoggedOut => "Log in again (L); nothing you typed is lost.",
            FailureKind::WrongLogin => "Check what you log in with, then try again.",
            FailureKind::Forbidden => "Log in as somebody who may, or ask an administrator.",
            FailureKind::NotFound => "Refresh the list; somebody may have removed it.",
            FailureKind::NameTaken => "Choose another name.",
            FailureKind::Invalid => "Correct the values and try again.",
            FailureKind::TooMany => "Wait a little, then try again.",
            FailureKind::ServerFailed => "Refresh to see what is true; the server's log tells why.",
            FailureKind::Inactive => "Its operator must activate it first; then come back.",
            FailureKind::Unsupported => "See what the server said, and the README's table of backends.",
            FailureKind::CertificateFile => "Correct the file or its path in the account (e).",
            FailureKind::NotStored => {
                "Import it (i) to store and present it; nobody can read it back from the server."
            }
            FailureKind::NotTaken => "Copy it whole where it was shown, and see that it is of this account.",
            FailureKind::Unmatched => "See which account it is of; a refreshed list may tell more.",
            FailureKind::Keyring => "Unlock it or see the header; secrets can be held for this run only.",
            FailureKind::File => "Correct what is said about it, then try again; nothing else was changed.",
            FailureKind::Changed => {
                "Nothing was written. Look at what is different; trying again goes on from what is there now."
            }
            FailureKind::State => "Check the disk and the permissions of the state directory.",
            FailureKind::Cancelled => "Nothing was changed.",
        }
    }

    /// Whether trying again by hand makes sense.
    pub fn may_retry(&self) -> bool {
        !matches!(
            self.kind,
            FailureKind::Unsupported
                | FailureKind::Redirected
                | FailureKind::NotFound
                | FailureKind::Forbidden
        )
    }

    /// Everything in one line, for notices and commands.
    pub fn sentence(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{}: {detail}", self.headline()),
            None => String::from(self.headline()),
        }
    }
}
