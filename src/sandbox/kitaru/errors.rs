//! The six shapes of an error answer, and the words that are the same on every server.

use serde_json::{Value, json};

use super::super::http::{Call, Reply};
use super::super::random;

/// What a handler ends with.
pub(super) type Outcome<T = Reply> = Result<T, Problem>;

/// An answer that is not a success.
#[derive(Clone, Debug)]
pub(super) enum Problem {
    /// `{"detail": [class, message]}` with an `X-Request-ID`.
    Handler { status: u16, class: &'static str, message: String },
    /// A bare array, 422: the request itself does not fit.
    Request(String),
    /// `{"detail": [class, message]}`, 422: a filter does not fit.
    Filter { model: &'static str, message: String },
    /// `{"detail": text}`.
    Plain { status: u16, detail: String },
    /// The 401 for a request without any credential, the only one that asks for a bearer.
    NotAuthenticated,
    /// The device flow's own shape, 400.
    Device { error: &'static str, description: String },
    /// Plain text, 500.
    Broken,
}

impl Problem {
    /// 401: drop the token and log in again.
    pub(super) fn credentials(message: impl Into<String>) -> Self {
        Self::Handler { status: 401, class: "CredentialsNotValid", message: message.into() }
    }

    /// 401: authenticated in a way that does not do here.
    pub(super) fn authorization(message: &str) -> Self {
        Self::Handler { status: 401, class: "AuthorizationException", message: message.to_owned() }
    }

    /// 403.
    pub(super) fn illegal(message: impl Into<String>) -> Self {
        Self::Handler { status: 403, class: "IllegalOperationError", message: message.into() }
    }

    /// 404. The real server prints a Python `KeyError`, which puts quotes around its message.
    pub(super) fn missing(message: &str) -> Self {
        let quote = if message.contains('\'') { '"' } else { '\'' };
        Self::Handler { status: 404, class: "KeyError", message: format!("{quote}{message}{quote}") }
    }

    /// 409.
    pub(super) fn exists(message: impl Into<String>) -> Self {
        Self::Handler { status: 409, class: "EntityExistsError", message: message.into() }
    }

    /// 400.
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::Handler { status: 400, class: "ValueError", message: message.into() }
    }

    /// 500 with a class, as for a number that the server's language cannot hold.
    pub(super) fn overflow(days: i64) -> Self {
        let message = format!("days={days}; must have magnitude <= 999999999");
        Self::Handler { status: 500, class: "RuntimeError", message }
    }

    /// 422 for one member of the request; `place` is body, path or query.
    pub(super) fn invalid(place: &str, name: &str, why: &str) -> Self {
        // Real servers print where in their source this happened. Clients must not show that, so it is here as well.
        Self::Request(format!(
            "1 validation error:\n  {{'type': 'value_error', 'loc': ('{place}', '{name}'), 'msg': '{why}'}}\n\n  \
             File \"/usr/lib/python3/site-packages/zenml/zen_server/routers/__init__.py\", line 1, in route"
        ))
    }

    /// The answer. Only the first shape carries a request id: the client's own, or a new one.
    pub(super) fn reply(self, call: &Call) -> Reply {
        match self {
            Self::Handler { status, class, message } => {
                let made = || random::id().chars().take(8).collect::<String>();
                let id = call.header("x-request-id").map_or_else(made, str::to_owned);
                detail(status, &json!([class, message])).with("x-request-id", id)
            }
            Self::Request(message) => Reply::json(422, &json!(["ValueError", message])),
            Self::Filter { model, message } => {
                let text = format!("1 validation error for {model}\n{message}");
                detail(422, &json!(["ValueError", text]))
            }
            Self::Plain { status, detail: text } => detail(status, &json!(text)),
            Self::NotAuthenticated => {
                detail(401, &json!("Not authenticated")).with("www-authenticate", "Bearer")
            }
            Self::Device { error, description } => {
                let body = json!({ "error": error, "error_description": description, "error_uri": null });
                Reply::json(400, &body)
            }
            Self::Broken => Reply::text(500, "Internal Server Error"),
        }
    }
}

fn detail(status: u16, detail: &Value) -> Reply {
    Reply::json(status, &json!({ "detail": detail }))
}

/// The database refusing something is a defect of the sandbox, told the way the real server tells its own.
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
