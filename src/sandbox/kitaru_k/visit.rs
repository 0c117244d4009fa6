//! One request being answered: what it brought, when, and on what server. Handlers get this and nothing else.
//!
//! The order of checks is the order of lines in a handler: `body()` (unparsable JSON), `caller()` (who is it),
//! `once()` (did this come before), the members of the path and body, then whether things exist.

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use super::super::clock::{Micros, SECOND, format};
use super::super::http::{Call, Reply};
use super::super::random;
use super::Server;
use super::accounts::Account;
use super::caller;
use super::input::Body;
use super::problem::{Outcome, Problem, item_with};
use super::quirks::{AuthScheme, Quirks};
use super::replay;

/// A request, the moment, and the server it came to.
pub(super) struct Visit<'a> {
    pub(super) call: &'a Call,
    pub(super) now: Micros,
    pub(super) db: &'a Connection,
    pub(super) quirks: &'a Quirks,
    pub(super) server: &'a mut Server,
}

impl Visit<'_> {
    /// The JSON body. One that does not parse is told before anything else, even to strangers.
    pub(super) fn body(&self) -> Outcome<Body> {
        Body::read(&self.call.body)
    }

    /// Who is calling, by whatever credential came along.
    pub(super) fn caller(&self) -> Outcome<Account> {
        caller::authenticate(self)
    }

    /// Refuses where accounts are managed elsewhere.
    pub(super) fn manages_accounts(&self) -> Outcome<()> {
        match self.quirks.auth_scheme {
            AuthScheme::Local => Ok(()),
            AuthScheme::None | AuthScheme::ControlPlane => {
                Err(Problem::plain(403, "This server does not manage its own accounts."))
            }
        }
    }

    /// Refuses callers who are no administrators.
    pub(super) fn admin(caller: &Account, action: &str) -> Outcome<()> {
        if caller.is_admin {
            return Ok(());
        }
        Err(Problem::plain(403, format!("Insufficient permissions for account:{action}")))
    }

    /// Does the work of a POST once per `Idempotency-Key` of an account; a repetition gets the first answer again.
    pub(super) fn once(&mut self, caller: &Account, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let Some(key) = replay::key_of(self.call)? else { return work(self) };
        let since = self.now - self.quirks.replay_life();
        if let Some(reply) = self.server.replays.find(&caller.id, &key, self.call, since)? {
            return Ok(reply);
        }
        let reply = work(self)?;
        self.server.replays.keep(&caller.id, key, self.call, reply.clone(), self.now);
        Ok(reply)
    }

    /// A path part that must be a UUID, in the form the store keeps.
    pub(super) fn id(name: &str, text: &str) -> Outcome<String> {
        uuid(&["path", name], text)
    }
}

/// A UUID in the form the store keeps, or what is wrong with it.
pub(super) fn uuid(loc: &[&str], text: &str) -> Outcome<String> {
    Uuid::parse_str(text).map(|id| id.to_string()).map_err(|error| {
        let message = format!("Input should be a valid UUID, {error}");
        let ctx = json!({ "error": error.to_string() });
        Problem::Invalid(vec![item_with("uuid_parsing", loc, &message, &json!(text), &ctx)])
    })
}

/// A new id, which sorts by the moment it was made.
pub(super) fn new_id(now: Micros) -> Outcome<String> {
    let mut random = random::bytes::<10>()?;
    // The part below the millisecond comes first in what follows it, so that two in one millisecond keep their order.
    let fraction = u16::try_from(now.rem_euclid(1000) * 4).unwrap_or_default().to_be_bytes();
    random.iter_mut().zip(fraction).for_each(|(byte, ordered)| *byte = ordered);
    let millis = u64::try_from(now.div_euclid(1000)).unwrap_or_default();
    Ok(Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string())
}

/// RFC 3339 with a `Z`. The fraction is left out when it is zero, as Python does.
pub(super) fn stamp(moment: Micros) -> String {
    let pattern = if moment % SECOND == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
    format(moment, pattern)
}

/// The same in JSON, or null.
pub(super) fn nullable(moment: Option<Micros>) -> Value {
    moment.map_or(Value::Null, |moment| json!(stamp(moment)))
}

/// 200.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn ok(body: &impl Serialize) -> Outcome {
    Ok(Reply::json(200, &json!(body)))
}

/// 201.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn created(body: &impl Serialize) -> Outcome {
    Ok(Reply::json(201, &json!(body)))
}

/// 204.
pub(super) fn gone() -> Reply {
    Reply::new(204, "application/json", "")
}
