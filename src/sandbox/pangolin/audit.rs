//! The server's audit: a few of the things that happen, all of them called a success, and nothing of keys and tokens.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::clock::Micros;
use super::super::random;
use super::problem::{Outcome, Problem};
use super::rows::{self, Row};
use super::service_users::ServiceUser;
use super::stamps::Flavour;
use super::users::Role;
use super::visit::ok;
use super::{Caller, NIL, Visit};

/// What is written; other words of a filter are ignored, as are the names that exist and are never written.
const WRITTEN: [&str; 5] =
    ["create_user", "delete_user", "api_key_rejected", "login_failed", "tenant_impersonation"];

/// One row.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Event {
    id: String,
    tenant: String,
    user: String,
    username: String,
    action: String,
    resource: Option<(String, String, String)>,
    at: Micros,
    metadata: Value,
}

impl Row for Event {
    const KIND: &'static str = "event";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Event {
    fn json(&self) -> Value {
        let (kind, id, name) = self.resource.clone().unzip3();
        json!({
            "id": self.id,
            "tenant_id": self.tenant,
            "user_id": self.user,
            "username": self.username,
            "action": self.action,
            "resource_type": kind,
            "resource_id": id,
            "resource_name": name,
            "timestamp": Flavour::Milliseconds.write(self.at),
            "ip_address": null,
            "user_agent": null,
            "result": "success",
            "error_message": null,
            "metadata": self.metadata,
        })
    }
}

/// Three options of an option of three.
trait Unzip3<T> {
    fn unzip3(self) -> (Option<T>, Option<T>, Option<T>);
}

impl<T> Unzip3<T> for Option<(T, T, T)> {
    fn unzip3(self) -> (Option<T>, Option<T>, Option<T>) {
        self.map_or((None, None, None), |(one, two, three)| (Some(one), Some(two), Some(three)))
    }
}

fn write(visit: &Visit<'_>, event: Event) -> rusqlite::Result<()> {
    rows::put(visit.db, &Event { id: random::id(), at: visit.now, ..event })
}

fn event(action: &str) -> Event {
    Event {
        id: String::new(),
        tenant: NIL.to_owned(),
        user: NIL.to_owned(),
        username: "unknown".to_owned(),
        action: action.to_owned(),
        resource: None,
        at: 0,
        metadata: Value::Null,
    }
}

/// Something a caller did, to what: its kind, id and name.
pub(super) fn note(
    visit: &Visit<'_>,
    caller: &Caller,
    action: &str,
    resource: Option<(&str, &str, &str)>,
) -> rusqlite::Result<()> {
    let owned = |(kind, id, name): (&str, &str, &str)| (kind.to_owned(), id.to_owned(), name.to_owned());
    let (user, username) = (caller.id.clone(), caller.username.clone());
    let event = Event { user, username, tenant: visit.tenant(caller), ..event(action) };
    write(visit, Event { resource: resource.map(owned), ..event })
}

/// A key that was refused; in its owner's tenant if it has one.
pub(super) fn rejected_key(visit: &Visit<'_>, owner: Option<&ServiceUser>) -> rusqlite::Result<()> {
    let reason = if owner.is_some() { "inactive or expired" } else { "no matching key" };
    let metadata = json!({ "reason": reason, "path": visit.call.path });
    let event = Event { metadata, ..event("api_key_rejected") };
    write(
        visit,
        match owner {
            Some(owner) => Event {
                tenant: owner.tenant.clone(),
                user: owner.id.clone(),
                username: owner.name.clone(),
                ..event
            },
            None => event,
        },
    )
}

/// A wrong name or password in a header. Those of a login are not written.
pub(super) fn failed_basic(visit: &Visit<'_>) -> rusqlite::Result<()> {
    write(visit, event("login_failed"))
}

/// The rows this caller sees, filtered; newest first.
fn found(visit: &Visit<'_>) -> Outcome<Vec<Event>> {
    let caller = visit.caller()?;
    let tenant = visit.tenant(&caller);
    let moment = |name: &str| visit.call.query(name).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let (start, end) = (moment("start_time"), moment("end_time"));
    let equals = |name: &str, value: &str| visit.call.query(name).is_none_or(|wanted| wanted == value);
    let action = visit.call.query("action").filter(|action| WRITTEN.contains(action));
    let mut events = rows::all::<Event>(visit.db)?;
    events.retain(|event| {
        let (kind, id) = event.resource.as_ref().map_or(("", ""), |(kind, id, _)| (kind, id));
        (caller.role == Role::Root || event.tenant == tenant)
            && action.is_none_or(|action| action == event.action)
            && equals("user_id", &event.user)
            && equals("resource_type", kind)
            && equals("resource_id", id)
            && equals("result", "success")
            && start.is_none_or(|start| event.at >= start.as_microsecond())
            && end.is_none_or(|end| event.at <= end.as_microsecond())
    });
    events.reverse();
    Ok(events)
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let limit = visit.number("limit")?.unwrap_or(100).min(1000);
    let offset = visit.number("offset")?.unwrap_or(0);
    // Root's offset is applied twice on the real server.
    let twice = if visit.caller()?.role == Role::Root { offset * 2 } else { offset };
    let rows = found(visit)?.into_iter().skip(twice).take(limit).map(|event| event.json());
    ok(&rows.collect())
}

pub(super) fn count(visit: &mut Visit<'_>) -> Outcome {
    ok(&json!({ "count": found(visit)?.len() }))
}

pub(super) fn get(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let event = found(visit)?.into_iter().find(|event| event.id == id);
    let missing = || Problem::JsonWith(404, json!({ "error": "Audit event not found", "event_id": id }));
    ok(&event.ok_or_else(missing)?.json())
}
