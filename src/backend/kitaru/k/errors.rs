//! The server's shapes of an error, and what each means for us.

use serde_json::Value;

use crate::backend::http::Reply;
use crate::backend::words::{LONGEST, line};
use crate::domain::failure::{Failure, FailureKind};

/// How many members that do not fit are told.
const MOST: usize = 5;

/// An error as the server told it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The server's words, on one line; empty when there are none fit to be shown.
    pub(super) words: String,
    /// The OAuth code of a login that cannot be granted, or not yet.
    pub(super) code: Option<String>,
    /// Whether it is the server's own JSON at all, not a proxy's page.
    own: bool,
}

/// Decodes an error's body. Of members that do not fit only place and message are taken: the value may be a secret.
pub(super) fn told(body: &[u8]) -> Told {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let words = if text.contains('<') || text.len() > LONGEST { String::new() } else { line(text) };
        return Told { words, ..Told::default() };
    };
    let words = match value.get("detail") {
        Some(Value::String(text)) => line(text),
        Some(Value::Array(items)) => {
            line(&items.iter().take(MOST).map(misfit).collect::<Vec<_>>().join("; "))
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            return Told::default();
        }
    };
    let code = value.get("error").and_then(Value::as_str).map(str::to_owned);
    Told { words, code, own: true }
}

fn misfit(item: &Value) -> String {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let place = item.get("loc").and_then(Value::as_array).and_then(|loc| loc.last());
    let place = place.map(|place| place.as_str().map_or_else(|| place.to_string(), str::to_owned));
    match place {
        Some(place) => format!("{place}: {}", text("msg")),
        None => text("msg"),
    }
}

/// One line of what people can read.
/// The failure an answer that is not a success stands for.
pub(super) fn failure(reply: &Reply) -> Failure {
    let told = told(&reply.body);
    let failure = Failure::new(kind(reply.status, &told), sentence(reply, &told));
    let failure = Failure { retry_after: reply.retry_after, ..failure };
    // A request still under way under the same key is one sent before, and may yet make a secret.
    let may_have_happened = reply.status >= 500 || reply.status == 408 || is_running(reply.status, &told);
    if may_have_happened { reply.nature.mark(failure) } else { failure }
}

fn is_running(status: u16, told: &Told) -> bool {
    status == 409 && told.words.contains("still in progress")
}

fn kind(status: u16, told: &Told) -> FailureKind {
    match status {
        401 => FailureKind::LoggedOut,
        403 => FailureKind::Forbidden,
        404 if told.words.ends_with("was not found") => FailureKind::NotFound,
        409 if is_running(status, told) => FailureKind::Slow,
        409 => FailureKind::NameTaken,
        408 => FailureKind::Slow,
        429 => FailureKind::TooMany,
        400 | 413 | 422 => FailureKind::Invalid,
        500.. => FailureKind::ServerFailed,
        // Also another 404, or a 405: that is about the address, not about a thing.
        _ => FailureKind::Unexpected,
    }
}

fn sentence(reply: &Reply, told: &Told) -> String {
    let words = told.words.as_str();
    match reply.status {
        401 => refusal(words),
        404 if words.ends_with("was not found") => words.to_owned(),
        404 | 405 => String::from("the server's API is not at this address"),
        409 if is_running(409, told) => {
            String::from("the server is still at work on the first sending; ask again in a moment")
        }
        409 if words.contains("API key name") => format!(
            "{words}; names are taken from one list for the whole server, so it may be the key of somebody else, \
             which is not listed here"
        ),
        413 => String::from("the request is larger than the server takes"),
        _ if words.is_empty() || (reply.status >= 500 && !told.own) => format!("status {}", reply.status),
        _ => words.to_owned(),
    }
}

/// Why a login or a bearer was refused, in words.
pub(super) fn refusal(words: &str) -> String {
    let known = match words {
        "Invalid API key." => {
            "the server does not take this key, and does not say why: it may have been deleted, switched off or \
             replaced by a rotation whose window is over, belong to another server, or its owner may be switched off"
        }
        "Invalid bearer credential." => {
            "the bearer has expired, or the server was set up with another signature"
        }
        "Invalid session token." => {
            "the account is switched off or gone, or the device the bearer was made for was locked or deleted"
        }
        "Missing bearer credential." => "nobody is logged in",
        "Invalid username or password." => {
            "the user name or the password is wrong, or the user is switched off"
        }
        other => return other.to_owned(),
    };
    known.to_owned()
}

/// A refused login as the login form shows it.
pub(super) fn login_failure(reply: &Reply) -> Failure {
    let failure = failure(reply);
    if failure.kind == FailureKind::LoggedOut {
        return Failure { kind: FailureKind::WrongLogin, ..failure };
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_decoded_and_no_value_is_repeated() {
        let cases = [
            (r#"{"detail":"Invalid API key."}"#, "Invalid API key.", None),
            (
                r#"{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{"key":"KITKEY_secret"}},
                    {"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{}}]}"#,
                "name: Field required; 1: JSON decode error",
                None,
            ),
            (
                r#"{"error":"authorization_pending","detail":"Device authorization is pending"}"#,
                "Device authorization is pending",
                Some("authorization_pending"),
            ),
            ("Internal Server Error", "Internal Server Error", None),
            ("<!doctype html><title>x</title>", "", None),
            ("{}", "", None),
            (r#"{"detail":7}"#, "", None),
            ("", "", None),
        ];
        for (body, words, code) in cases {
            let told = told(body.as_bytes());
            assert_eq!((told.words.as_str(), told.code.as_deref()), (words, code), "{body}");
        }
    }

    #[test]
    fn every_row_of_the_contract_is_a_kind() {
        use FailureKind::{
            Forbidden, Invalid, LoggedOut, NameTaken, NotFound, ServerFailed, Slow, TooMany, Unexpected,
        };
        let cases = [
            (400, "Invalid Idempotency-Key header.", Invalid),
            (401, "Invalid API key.", LoggedOut),
            (403, "Insufficient permissions for account:create", Forbidden),
            (404, "API key x was not found", NotFound),
            (404, "Not Found", Unexpected),
            (405, "Method Not Allowed", Unexpected),
            (408, "", Slow),
            (409, "API key name 'x' is already registered", NameTaken),
            (409, "Idempotency-Key request is still in progress.", Slow),
            (422, "Idempotency-Key was already used with a different request", Invalid),
            (429, "", TooMany),
            (503, "List query timed out", ServerFailed),
        ];
        for (status, words, want) in cases {
            let told = Told { words: words.to_owned(), ..Told::default() };
            assert_eq!(kind(status, &told), want, "{status} {words}");
        }
    }
}
