//! The server's six shapes of an error, decoded in order, and what each means for us.

use serde_json::Value;

use crate::backend::http::Reply;
pub(in super::super) use crate::backend::words::unexpected;
use crate::backend::words::{self, LONGEST};
use crate::domain::failure::{Failure, FailureKind};

/// An error as the server told it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The name of the exception, where one is told.
    class: Option<String>,
    /// The server's words, on one line; empty when they are not fit to be shown.
    words: String,
    /// The code of a device login's answer, or of a busy server.
    pub(super) code: Option<String>,
    /// Whether it is the server's own JSON at all, not a proxy's page.
    own: bool,
}

impl Told {
    /// The server's words.
    pub(super) fn words(&self) -> &str {
        &self.words
    }
}

/// Decodes an error's body.
pub(super) fn told(status: u16, body: &[u8]) -> Told {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Told { words: plain(body), ..Told::default() };
    };
    let detail = value.get("detail");
    let told = if let Some((class, message)) = detail.and_then(pair) {
        // A filter's message is pydantic's, like that of a whole request.
        let words = if status == 422 { validation(message) } else { line(unquoted(class, message)) };
        Told { class: Some(class.to_owned()), words, ..Told::default() }
    } else if let Some((class, message)) = pair(&value) {
        Told { class: Some(class.to_owned()), words: validation(message), ..Told::default() }
    } else if let Some(message) = detail.and_then(Value::as_str) {
        Told { words: line(message), ..Told::default() }
    } else if let Some(code) = value.get("error").and_then(Value::as_str) {
        let description = value.get("error_description").and_then(Value::as_str);
        Told { code: Some(code.to_owned()), words: line(description.unwrap_or(code)), ..Told::default() }
    } else {
        return Told::default();
    };
    Told { own: true, ..told }
}

/// `["ClassName", "message"]`.
fn pair(value: &Value) -> Option<(&str, &str)> {
    match value.as_array()?.as_slice() {
        [class, message] => Some((class.as_str()?, message.as_str()?)),
        _ => None,
    }
}

/// A `KeyError` prints itself with quotes around its message.
fn unquoted<'a>(class: &str, message: &'a str) -> &'a str {
    let strip = |quote: char| message.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match class {
        "KeyError" => strip('\'').or_else(|| strip('"')).unwrap_or(message),
        _ => message,
    }
}

/// A validation's text names files of the server; only the count is repeated.
fn validation(message: &str) -> String {
    let count: String = message.chars().take_while(char::is_ascii_digit).collect();
    match count.as_str() {
        "" => String::from("the server found values it does not take"),
        "1" => String::from("the server found 1 value it does not take"),
        many => format!("the server found {many} values it does not take"),
    }
}

/// A short plain text is repeated; a page is not.
fn plain(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if !text.contains('<') && text.len() <= LONGEST => line(text),
        _ => String::new(),
    }
}

/// One line of what people can read: statements of the server's database, with the values in them, are cut off.
fn line(text: &str) -> String {
    words::line(text.split("[SQL:").next().unwrap_or_default())
}

/// The failure an answer that is not a success stands for.
pub(in super::super) fn failure(reply: &Reply) -> Failure {
    let told = told(reply.status, &reply.body);
    let failure = Failure::new(kind(reply.status, &told), sentence(reply, &told));
    let failure = Failure { retry_after: reply.retry_after, ..failure };
    // A server that calls itself busy is still at work on this very request, sent before; a proxy's 408 comes
    // after the request was read. Everything else below 500 was refused.
    let may_have_happened =
        reply.status >= 500 || reply.status == 408 || (reply.status == 429 && told.code.is_some());
    if may_have_happened { reply.nature.mark(failure) } else { failure }
}

fn kind(status: u16, told: &Told) -> FailureKind {
    match (status, told.class.as_deref()) {
        (401, Some("AuthorizationException")) | (403, _) => FailureKind::Forbidden,
        (401, _) => FailureKind::LoggedOut,
        (404, Some(_)) => FailureKind::NotFound,
        (408, _) => FailureKind::Slow,
        (409, _) => FailureKind::NameTaken,
        (429, _) => FailureKind::TooMany,
        (400 | 413 | 422, _) => FailureKind::Invalid,
        (500.., _) => FailureKind::ServerFailed,
        // Also a 404 or 405 without a class: that is about the address, not about a thing.
        _ => FailureKind::Unexpected,
    }
}

fn sentence(reply: &Reply, told: &Told) -> String {
    let words = told.words.as_str();
    match (reply.status, told.class.as_deref()) {
        (401, Some("AuthorizationException")) => {
            String::from("the server does not take this kind of credential for such a request")
        }
        (401, _) => refusal(words),
        (404 | 405, None) => String::from("the server's API is not at this address"),
        (413, _) => String::from("the request is larger than the server takes"),
        (500.., _) => match &reply.request_id {
            Some(id) if told.own => format!("{words} (request {id} in its log)"),
            _ if words.is_empty() => format!("status {}", reply.status),
            _ => words.to_owned(),
        },
        _ if words.is_empty() => format!("status {}", reply.status),
        _ => words.to_owned(),
    }
}

/// Why a login or a bearer was refused, in words. The five cases of a key and three of a bearer have texts of
/// their own; any other text is the server's.
pub(super) fn refusal(words: &str) -> String {
    let case = words.strip_prefix("Authentication error: ").unwrap_or(words);
    let inactive = case.strip_suffix(" is not active");
    if case.contains("Signature verification failed") {
        String::from("the server no longer knows its own signature: it was restarted with another one")
    } else if case.contains("Signature has expired") {
        String::from("the bearer has expired")
    } else if case.starts_with("error decoding access token") {
        String::from("the server could not read the bearer")
    } else if let Some(key) = case
        .strip_prefix("access token for API key ")
        .and_then(|case| case.strip_suffix(" was issued for an API key generation that is no longer valid"))
    {
        format!("the bearer was got with a secret of API key {key} that was rotated away")
    } else if case.starts_with("error decoding API key") {
        String::from("the server could not read it as an API key")
    } else if case.starts_with("error retrieving API key") {
        String::from("there is no such API key: it was deleted, or belongs to another server")
    } else if let Some(name) = case.strip_prefix("could not verify key value for API key ") {
        format!(
            "this is not the secret of API key {name}: it was replaced by a rotation and its window is over"
        )
    } else if let Some((account, key)) = inactive
        .and_then(|case| case.strip_prefix("service account "))
        .and_then(|case| case.split_once(" associated with API key "))
    {
        format!("service account {account}, which API key {key} belongs to, is switched off")
    } else if let Some((key, account)) = inactive
        .and_then(|case| case.strip_prefix("API key "))
        .and_then(|case| case.split_once(" associated with service account "))
    {
        format!("API key {key} of service account {account} is switched off")
    } else {
        String::from(case)
    }
}

/// A refused login as the login form shows it.
pub(super) fn login_failure(reply: &Reply) -> Failure {
    let failure = failure(reply);
    if failure.kind == FailureKind::LoggedOut {
        return Failure { kind: FailureKind::WrongLogin, ..failure };
    }
    failure
}
