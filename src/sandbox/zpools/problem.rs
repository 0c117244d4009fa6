//! Answers that are no success. All have a `message` and never a `detail` of plain text, which trips the real client.

use serde_json::json;

use super::super::http::Reply;

/// What a handler ends with.
pub(super) type Outcome<T = Reply> = Result<T, Problem>;

/// An answer that is not a success.
#[derive(Debug)]
pub(super) enum Problem {
    /// The gateway found no credential, or one that the route does not take.
    Unauthorized {
        /// Why, for the header only: the body never says.
        why: Option<&'static str>,
    },
    /// The authorizer said no: scope missing, revoked, expired and unknown all look like this.
    Forbidden,
    /// Any other refusal, in words.
    Told(u16, String),
    /// The server's own fault.
    Broken,
}

impl Problem {
    /// There is no such route.
    pub(super) fn no_route() -> Self {
        Self::Told(404, "Not Found".to_owned())
    }

    /// The input does not fit.
    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self::Told(400, why.into())
    }

    /// The answer.
    pub(super) fn reply(self) -> Reply {
        let told = |status, message: &str| Reply::json(status, &json!({ "message": message }));
        match self {
            Self::Unauthorized { why } => {
                let why = why.map(|why| format!(" error=\"invalid_token\" error_description=\"{why}\""));
                let challenge = format!("Bearer{}", why.unwrap_or_default());
                told(401, "Unauthorized").with("www-authenticate", challenge)
            }
            Self::Forbidden => told(403, "Forbidden"),
            Self::Told(status, message) => told(status, &message),
            Self::Broken => told(500, "Internal Server Error"),
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
