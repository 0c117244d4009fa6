//! Answers that are no success, in the server's three shapes. None has a code; the words are all there is.

use serde_json::{Value, json};

use super::super::http::Reply;

/// What a handler ends with.
pub(super) type Outcome<T = Reply> = Result<T, Problem>;

/// An answer that is not a success.
#[derive(Debug)]
pub(super) enum Problem {
    /// Plain text: the gatekeeper, users, tokens, roles, permissions, and every body that does not fit.
    Text(u16, String),
    /// `{"error": text}`: service users, the token endpoint, tenants, audit.
    Json(u16, String),
    /// The same with one more key.
    JsonWith(u16, Value),
    /// The shape of the Iceberg tree, and of the throttle by address.
    Nested { status: u16, kind: &'static str, message: String },
    /// Too many attempts: one of the others, with the time to wait.
    Throttled(Box<Problem>),
    /// The path is there and the method is not.
    Method { allow: String },
    /// There is no such path.
    NoRoute,
    /// The sandbox's own fault.
    Broken,
}

impl Problem {
    /// A refusal in plain text.
    pub(super) fn text(status: u16, words: impl Into<String>) -> Self {
        Self::Text(status, words.into())
    }

    /// A refusal as `{"error": text}`.
    pub(super) fn json(status: u16, words: impl Into<String>) -> Self {
        Self::Json(status, words.into())
    }

    /// The answer.
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Text(status, words) => Reply::text(status, &words),
            Self::Json(status, words) => Reply::json(status, &json!({ "error": words })),
            Self::JsonWith(status, body) => Reply::json(status, &body),
            Self::Nested { status, kind, message } => {
                let error = json!({ "message": message, "type": kind, "code": status });
                Reply::json(status, &json!({ "error": error }))
            }
            Self::Throttled(refusal) => refusal.reply().with("retry-after", "60"),
            Self::Method { allow } => Reply::text(405, "").with("allow", allow),
            Self::NoRoute => Reply::text(404, ""),
            Self::Broken => Reply::text(500, "Service panicked"),
        }
    }
}

/// The database refusing something is a defect of the sandbox.
impl From<rusqlite::Error> for Problem {
    fn from(_: rusqlite::Error) -> Self {
        Self::Broken
    }
}

/// So is having no randomness.
impl From<super::super::SandboxError> for Problem {
    fn from(_: super::super::SandboxError) -> Self {
        Self::Broken
    }
}
