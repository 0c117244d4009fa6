//! One request being answered: what it brought, when, and on what server. Handlers get this and nothing else.
//!
//! The order of checks is the order of lines in a handler: `body()` (unparsable JSON), `caller()` (who is it),
//! the members of the body, then whether things exist, whether the caller may, whether names are free.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::clock::Micros;
use super::super::http::{Call, Reply};
use super::caller::{self, Caller};
use super::errors::{Outcome, Problem};
use super::quirks::Quirks;
use super::replay::Found;
use super::{Identity, Memory};

/// A request, the moment, and the server it came to.
pub(super) struct Visit<'a> {
    pub(super) call: &'a Call,
    pub(super) now: Micros,
    pub(super) db: &'a Connection,
    pub(super) quirks: &'a mut Quirks,
    pub(super) server: &'a Identity,
    pub(super) memory: &'a mut Memory,
    /// How long the answer is held back, when a key had to be checked.
    pub(super) pause: Duration,
}

impl Visit<'_> {
    /// The JSON body. One that does not parse is told before anything else, even to strangers.
    pub(super) fn body(&self) -> Outcome<Body> {
        if self.call.body.is_empty() {
            return Ok(Body(None));
        }
        serde_json::from_slice(&self.call.body)
            .map(|body| Body(Some(body)))
            .ok()
            .ok_or_else(|| Problem::invalid("body", "0", "JSON decode error"))
    }

    /// Who is calling, by whatever credential came along.
    pub(super) fn caller(&mut self) -> Outcome<Caller> {
        caller::authenticate(self)
    }

    /// Refuses callers who may not write. (Before 0.96.0 everybody may.)
    pub(super) fn writer(&self, caller: &Caller, action: &str) -> Outcome<()> {
        if self.quirks.version.writes_need_admin() { Self::admin(caller, action) } else { Ok(()) }
    }

    /// Refuses callers who are no administrators.
    pub(super) fn admin(caller: &Caller, action: &str) -> Outcome<()> {
        if caller.is_admin() {
            return Ok(());
        }
        Err(Problem::illegal(format!("Only admin users can perform `{action}` without RBAC enabled.")))
    }

    /// Does the work of an authenticated POST once per `Idempotency-Key`; a repetition gets the first answer again.
    /// Another route or another caller under the same key is taken for a forgery and simply done.
    pub(super) fn once(&mut self, caller: &Caller, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let Some(key) = self.call.header("idempotency-key").and_then(|key| Uuid::parse_str(key).ok()) else {
            return work(self);
        };
        let who = format!("{} {}", self.call.path, caller.id());
        match self.memory.replays.find(key, &who, self.now) {
            Found::Same(outcome) => outcome,
            Found::Forgery => work(self),
            Found::New => {
                let outcome = work(self);
                self.memory.replays.keep(key, who, self.now, outcome.clone());
                outcome
            }
        }
    }

    /// Whether a boolean query parameter is set.
    pub(super) fn flag(&self, name: &str, default: bool) -> Outcome<bool> {
        match self.call.query(name) {
            None => Ok(default),
            Some(text) => boolean(text)
                .ok_or_else(|| Problem::invalid("query", name, "Input should be a valid boolean")),
        }
    }

    /// A path part that must be a UUID, in the form the store keeps.
    pub(super) fn uuid(name: &str, text: &str) -> Outcome<String> {
        Uuid::parse_str(text)
            .map(|id| id.to_string())
            .ok()
            .ok_or_else(|| Problem::invalid("path", name, "Input should be a valid UUID"))
    }
}

/// A name or an id as the path gives it: the id in the form the store keeps, if it is one.
pub(super) fn name_or_id(text: &str) -> (String, String) {
    let id = Uuid::parse_str(text).map(|id| id.to_string()).unwrap_or_default();
    (text.to_owned(), id)
}

/// The body of a write. Members not asked for are ignored, as on the real server.
pub(super) struct Body(Option<Value>);

/// The longest name.
pub(super) const NAME: usize = 255;
/// The longest text.
pub(super) const TEXT: usize = 65535;

impl Body {
    /// Refuses a missing body, and one that is not an object.
    fn members(&self) -> Outcome<&Map<String, Value>> {
        match &self.0 {
            Some(Value::Object(members)) => Ok(members),
            Some(_) => Err(Problem::invalid("body", "", "Input should be a valid dictionary")),
            None => Err(Problem::invalid("body", "", "Field required")),
        }
    }

    /// A text that may be absent or null.
    pub(super) fn text(&self, name: &str, limit: usize) -> Outcome<Option<String>> {
        match self.members()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= limit => Ok(Some(text.clone())),
            Some(Value::String(_)) => {
                Err(Problem::invalid("body", name, "String should have fewer characters"))
            }
            Some(_) => Err(Problem::invalid("body", name, "Input should be a valid string")),
        }
    }

    /// A text that must be there, empty or not.
    pub(super) fn required_text(&self, name: &str, limit: usize) -> Outcome<String> {
        self.text(name, limit)?.ok_or_else(|| Problem::invalid("body", name, "Field required"))
    }

    /// A boolean that may be absent or null.
    pub(super) fn boolean(&self, name: &str) -> Outcome<Option<bool>> {
        let value = match self.members()?.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Bool(value)) => Some(*value),
            Some(Value::Number(number)) => boolean(&number.to_string()),
            Some(Value::String(text)) => boolean(text),
            Some(_) => None,
        };
        value.map(Some).ok_or_else(|| Problem::invalid("body", name, "Input should be a valid boolean"))
    }

    /// A boolean that must be there.
    pub(super) fn required_boolean(&self, name: &str) -> Outcome<bool> {
        self.boolean(name)?.ok_or_else(|| Problem::invalid("body", name, "Field required"))
    }

    /// A whole number with a default; null is refused, and any size and sign is taken.
    pub(super) fn integer(&self, name: &str, default: i64) -> Outcome<i64> {
        let value = match self.members()?.get(name) {
            None => Some(default),
            Some(Value::Number(number)) => number.as_i64().or_else(|| whole(number.as_f64())),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        value.ok_or_else(|| Problem::invalid("body", name, "Input should be a valid integer"))
    }
}

/// `5.0` is a whole number to the real server, `5.5` is not.
fn whole(number: Option<f64>) -> Option<i64> {
    let number = number.filter(|number| number.fract() == 0.0)?;
    format!("{number:.0}").parse().ok()
}

/// The words for true and false that the real server takes.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
        "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
        _ => None,
    }
}

/// Success with a JSON body; always 200 here, for creating and deleting too.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn ok(body: &Value) -> Outcome {
    Ok(Reply::json(200, body))
}
