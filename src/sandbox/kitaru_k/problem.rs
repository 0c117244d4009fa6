//! The shapes of an error answer: a text, a list of what does not fit, or a refused grant.

use serde_json::{Value, json};

use super::super::http::Reply;

/// What a handler ends with.
pub(super) type Outcome<T = Reply> = Result<T, Problem>;

/// An answer that is not a success.
#[derive(Debug)]
pub(super) enum Problem {
    /// `{"detail": text}`.
    Plain { status: u16, detail: String },
    /// `{"detail": [{type, loc, msg, input, ctx?}]}`, 422: members that do not fit.
    Invalid(Vec<Value>),
    /// `{"error", "detail"}`, 400: a login that cannot be granted, or not yet.
    Grant { error: &'static str, detail: String },
    /// Plain text, 500.
    Broken,
}

impl Problem {
    /// The first shape.
    pub(super) fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self::Plain { status, detail: detail.into() }
    }

    /// 401: the credential is missing or not good. Which of the two reasons of a key it is, nobody is told.
    pub(super) fn credential(detail: &str) -> Self {
        Self::plain(401, detail)
    }

    /// 422 in words of the domain.
    pub(super) fn value(detail: impl Into<String>) -> Self {
        Self::plain(422, detail)
    }

    /// A grant refused with an OAuth code.
    pub(super) fn grant(error: &'static str, detail: impl Into<String>) -> Self {
        Self::Grant { error, detail: detail.into() }
    }

    /// The answer.
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Plain { status, detail } => Reply::json(status, &json!({ "detail": detail })),
            Self::Invalid(items) => Reply::json(422, &json!({ "detail": items })),
            Self::Grant { error, detail } => Reply::json(400, &json!({ "error": error, "detail": detail })),
            Self::Broken => Reply::text(500, "Internal Server Error"),
        }
    }
}

/// One member that does not fit.
pub(super) fn item(kind: &str, loc: &[&str], msg: &str, input: &Value) -> Value {
    json!({ "type": kind, "loc": loc, "msg": msg, "input": input })
}

/// The same with the numbers or texts that the message is about.
pub(super) fn item_with(kind: &str, loc: &[&str], msg: &str, input: &Value, ctx: &Value) -> Value {
    json!({ "type": kind, "loc": loc, "msg": msg, "input": input, "ctx": ctx })
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
