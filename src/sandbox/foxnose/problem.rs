//! Answers that are no success: always a JSON object with `message`, `error_code` and `detail`.

use serde_json::{Value, json};

use super::super::http::Reply;

/// What a handler ends with.
pub(super) type Outcome<T = Reply> = Result<T, Problem>;

/// An answer that is not a success.
#[derive(Debug)]
pub(super) enum Problem {
    /// A refusal: status, code, sentence, particulars.
    Told(u16, &'static str, String, Value),
    /// The server's own fault.
    Broken,
}

impl Problem {
    /// No credential, or one that does not open this.
    pub(super) fn stranger(message: &str) -> Self {
        Self::Told(401, "authentication_failed", message.to_owned(), Value::Null)
    }

    /// Known, and not allowed.
    pub(super) fn denied(message: &str) -> Self {
        Self::Told(403, "access_denied", message.to_owned(), Value::Null)
    }

    /// There is no such thing, or no such route.
    pub(super) fn missing() -> Self {
        Self::Told(404, "not_found", "Not found.".to_owned(), Value::Null)
    }

    /// The input does not fit.
    pub(super) fn invalid(status: u16, field: &str, why: &str) -> Self {
        Self::Told(status, "validation_error", format!("{field}: {why}"), json!({ field: [why] }))
    }

    /// The answer.
    pub(super) fn reply(self) -> Reply {
        let told = |status, code: &str, message: &str, detail: &Value| {
            Reply::json(status, &json!({ "message": message, "error_code": code, "detail": detail }))
        };
        match self {
            Self::Told(status, code, message, detail) => told(status, code, &message, &detail),
            Self::Broken => told(500, "server_error", "Internal Server Error", &Value::Null),
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
