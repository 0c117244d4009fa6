//! What a refusal means: one sentence for every pair of status and code that the server has, and plain words for the rest.

use serde_json::Value;

use crate::backend::http::Reply;
use crate::backend::words::line;
pub(super) use crate::backend::words::unexpected;
use crate::domain::failure::{Failure, FailureKind};

/// What the request carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A person's token.
    Person,
    /// A Management key.
    Key,
}

const ENDED: &str = "the token has ended or was never good here";
const KEY_REFUSED: &str = "the server refuses this key: it was deleted, is no Management key of this environment, or its \
                           secret is another one's";
const SIGNATURE: &str = "the server refuses the signature: the secret is not this public key's, or the clocks are too far \
                         apart";
const WRONG_PLACE: &str = "the Management API is not at this address";
const STILL_USED: &str = "something else still depends on it";

/// The failure an answer that is not a success stands for.
pub(super) fn failure(reply: &Reply, by: By) -> Failure {
    use FailureKind as K;
    let told = Told::read(&reply.body);
    let words = || told.words(reply.status);
    let (kind, sentence) = match (reply.status, told.code()) {
        (401, _) if told.message.contains("ignature") => (K::LoggedOut, SIGNATURE.to_owned()),
        (401, _) if by == By::Key => (K::LoggedOut, KEY_REFUSED.to_owned()),
        (401, _) => (K::LoggedOut, ENDED.to_owned()),
        (402, "spend_cap_reached") => (K::Forbidden, told.spend_cap()),
        (402, "plan_exhausted") => (K::Forbidden, told.plan_exhausted()),
        (402, _) => (K::Forbidden, format!("the account cannot pay for it: {}", words())),
        (403, "plan_limit_exceeded") => (K::Forbidden, told.plan_limit()),
        (403, "collection_not_writable") => {
            (K::Forbidden, String::from("this collection is connected for reading only"))
        }
        (403, _) => (K::Forbidden, words()),
        (404, _) if told.is_own() => {
            (K::NotFound, String::from("the server knows nothing of that identifier"))
        }
        (404 | 405, _) => (K::Unexpected, WRONG_PLACE.to_owned()),
        (408, _) => (K::Slow, words()),
        (409, "external_id_conflict") => (K::Invalid, String::from("another item has this key already")),
        (409, _) => (K::Invalid, format!("{STILL_USED}: {}", words())),
        (413, _) => (K::Invalid, String::from("the request is larger than the server takes")),
        (400 | 422, "content_validation_failed" | "data_validation_error") => {
            (K::Invalid, format!("the content does not fit its schema: {}", told.problems()))
        }
        (400 | 422, _) => (K::Invalid, told.problems()),
        (425 | 429, _) => (K::TooMany, words()),
        (502, "upstream_error") => (
            K::ServerFailed,
            String::from("a server behind it failed; whether anything was written is not known"),
        ),
        (500.., _) => (K::ServerFailed, words()),
        _ => (K::Unexpected, words()),
    };
    let failure = Failure { retry_after: reply.retry_after, ..Failure::new(kind, sentence) };
    // A proxy's 408 comes after the request was read; everything else below 500 was refused.
    if reply.status >= 500 || reply.status == 408 { reply.nature.mark(failure) } else { failure }
}

/// Whether an answer is one of the server's own refusals and not something in front of it.
pub(super) fn is_own(body: &[u8]) -> bool {
    Told::read(body).is_own()
}

/// An error as the server told it.
struct Told {
    value: Value,
    message: String,
}

impl Told {
    fn read(body: &[u8]) -> Self {
        let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let message = value.get("message").and_then(Value::as_str);
        let plain =
            || std::str::from_utf8(body).ok().filter(|text| !text.contains('<') && text.trim() != "null");
        let message = line(message.or_else(|| plain().filter(|_| !value.is_object())).unwrap_or_default());
        Self { value, message }
    }

    fn is_own(&self) -> bool {
        self.value.get("message").is_some() || self.value.get("error_code").is_some()
    }

    fn code(&self) -> &str {
        self.value.get("error_code").and_then(Value::as_str).unwrap_or_default()
    }

    fn words(&self, status: u16) -> String {
        if self.message.is_empty() { format!("status {status}") } else { self.message.clone() }
    }

    /// A member as text, a number included.
    fn text(&self, pointer: &str) -> Option<String> {
        match self.value.pointer(pointer)? {
            Value::String(text) => Some(line(text)),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn spend_cap(&self) -> String {
        let cap = self.text("/cap_usd").map(|cap| format!(" of ${cap}")).unwrap_or_default();
        let until = self.text("/cycle_resets_at").map(|at| format!(" until {at}")).unwrap_or_default();
        let raise = self.text("/raise_cap_url").map(|url| format!("; raise it at {url}")).unwrap_or_default();
        format!("the account's spending cap{cap} is reached{until}{raise}")
    }

    fn plan_exhausted(&self) -> String {
        let axis = self.text("/axis").unwrap_or_else(|| String::from("calls"));
        let until = self.text("/window_resets_at").map(|at| format!(" until {at}")).unwrap_or_default();
        let more = self.text("/upgrade_url").map(|url| format!("; more at {url}")).unwrap_or_default();
        format!("the plan's allowance of {axis} is used up{until}{more}")
    }

    fn plan_limit(&self) -> String {
        let entity = self.text("/detail/entity").unwrap_or_else(|| String::from("these"));
        let limit = self.text("/detail/limit").map(|limit| format!("{limit} ")).unwrap_or_default();
        let there =
            self.text("/detail/current").map(|count| format!(", and there are {count}")).unwrap_or_default();
        let more = self.text("/detail/upgrade_url").map(|url| format!("; more at {url}")).unwrap_or_default();
        format!("the plan allows {limit}{entity}{there}{more}")
    }

    /// What is wrong with the input: the message, and where, as far as the shapes seen so far tell.
    fn problems(&self) -> String {
        let errors = self.value.pointer("/detail/errors").and_then(Value::as_array);
        let place = |error: &Value| {
            let path = error.get("json_path")?.as_str()?;
            let message = error.get("message").and_then(Value::as_str).unwrap_or("not taken");
            Some(line(&format!("{path}: {message}")))
        };
        let places: Vec<String> = errors.into_iter().flatten().filter_map(place).collect();
        match (self.message.is_empty(), places.is_empty()) {
            (true, true) => String::from("the server found values it does not take"),
            (false, true) => self.message.clone(),
            (_, false) => places.join("; "),
        }
    }
}
