//! Service users: each has one key, told when it is made and never again. Creating spells its fields with underscores,
//! listing with hyphens and the hash of the key among them.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::clock::{DAY, Micros};
use super::super::{SandboxError, hash, random};
use super::problem::{Outcome, Problem};
use super::quirks::Store;
use super::rows::{self, Row};
use super::stamps::Flavour;
use super::users::Role;
use super::visit::{created, ok};
use super::{Caller, Visit};

/// Lives longer than this are where the real server breaks.
const LONGEST_DAYS: i64 = 2_000_000;

/// A service user.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ServiceUser {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) tenant: String,
    pub(super) role: Role,
    pub(super) hash: String,
    pub(super) created: Micros,
    pub(super) created_by: String,
    pub(super) last_used: Option<Micros>,
    pub(super) expires: Option<Micros>,
    pub(super) active: bool,
}

impl Row for ServiceUser {
    const KIND: &'static str = "service user";

    fn id(&self) -> &str {
        &self.id
    }
}

impl ServiceUser {
    /// Whether its key opens anything.
    pub(super) fn is_live(&self, now: Micros) -> bool {
        self.active && self.expires.is_none_or(|end| end > now)
    }

    /// The row as it is listed. The hash is made up: a real one is slow, and nobody must use it.
    fn json(&self, flavour: Flavour) -> Value {
        let told = |moment: Option<Micros>| moment.map(|moment| flavour.write(moment));
        let digits: String = self.hash.chars().take(53).collect();
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "tenant-id": self.tenant,
            "api-key-hash": format!("$2b$12${digits}"),
            "role": self.role,
            "created-at": flavour.write(self.created),
            "created-by": self.created_by,
            "last-used": told(self.last_used),
            "expires-at": told(self.expires),
            "active": self.active,
        })
    }

    /// The one answer with the key in it.
    fn with_key(&self, key: &str, flavour: Flavour) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "tenant_id": self.tenant,
            "role": self.role,
            "api_key": key,
            "created_at": flavour.write(self.created),
            "created_by": self.created_by,
            "expires_at": self.expires.map(|end| flavour.write(end)),
            "active": self.active,
        })
    }
}

/// A new key: `pgl_` and 64 letters or digits.
pub(super) fn new_key() -> Result<String, SandboxError> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Aa";
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 63)).copied().map_or('A', char::from);
    Ok(format!("pgl_{}", random::bytes::<64>()?.map(letter).iter().collect::<String>()))
}

/// The service user with this key.
pub(super) fn by_key(db: &Connection, key: &str) -> rusqlite::Result<Option<ServiceUser>> {
    let wanted = hash::secret(key);
    Ok(rows::all::<ServiceUser>(db)?.into_iter().find(|owner| owner.hash == wanted))
}

fn need_admin(caller: &Caller, verb: &str) -> Outcome<()> {
    if caller.role == Role::TenantUser {
        return Err(Problem::json(403, format!("Only admins can {verb} service users")));
    }
    Ok(())
}

/// One by the path's id, if this caller reaches it.
fn reachable(visit: &Visit<'_>, caller: &Caller, id: &str) -> Outcome<Option<ServiceUser>> {
    Ok(rows::find::<ServiceUser>(visit.db, id)?.filter(|found| visit.reaches(caller, &found.tenant)))
}

fn missing() -> Problem {
    Problem::json(404, "Service user not found")
}

fn flavour(visit: &Visit<'_>) -> Flavour {
    Flavour::of(visit.quirks.store, Flavour::Seconds)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    description: Option<String>,
    role: Role,
    #[serde(default)]
    expires_in_days: Option<i64>,
}

/// Zero and negative lives are taken and give a dead key; so is any role, above the caller's as well.
pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    need_admin(&caller, "create")?;
    if new.expires_in_days.is_some_and(|days| days.checked_abs().is_none_or(|days| days > LONGEST_DAYS)) {
        return Err(Problem::Broken);
    }
    let key = new_key()?;
    let made = ServiceUser {
        id: random::id(),
        name: new.name,
        description: new.description,
        tenant: visit.tenant(&caller),
        role: new.role,
        hash: hash::secret(&key),
        created: visit.now,
        created_by: caller.id,
        last_used: None,
        expires: new.expires_in_days.map(|days| visit.now + days * DAY),
        active: true,
    };
    rows::put(visit.db, &made)?;
    created(&made.with_key(&key, Flavour::Nanoseconds))
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    need_admin(&caller, "list")?;
    let tenant = visit.tenant(&caller);
    let mut found = rows::all::<ServiceUser>(visit.db)?;
    found.retain(|one| one.tenant == tenant);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let flavour = flavour(visit);
    visit.page(found.iter().map(|one| one.json(flavour)).collect())
}

pub(super) fn get(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    need_admin(&caller, "view")?;
    let found = reachable(visit, &caller, &id)?.ok_or_else(missing)?;
    ok(&found.json(flavour(visit)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    description: Option<String>,
    active: Option<bool>,
}

pub(super) fn update(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let change: Change = visit.body()?;
    let caller = visit.caller()?;
    need_admin(&caller, "update")?;
    match reachable(visit, &caller, &id)? {
        Some(found) => rows::put(
            visit.db,
            &ServiceUser {
                name: change.name.unwrap_or(found.name),
                description: change.description.or(found.description),
                active: change.active.unwrap_or(found.active),
                ..found
            },
        )?,
        None if visit.quirks.store == Store::Sql => {}
        None => return Err(Problem::json(500, "Failed to update service user")),
    }
    ok(&json!({ "status": "updated" }))
}

/// Says the same whether there was one or not.
pub(super) fn delete(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    need_admin(&caller, "delete")?;
    if reachable(visit, &caller, &id)?.is_some() {
        rows::delete::<ServiceUser>(visit.db, &id)?;
    }
    ok(&json!({ "status": "deleted" }))
}

/// A new key at once in place of the old one: works in memory. The SQL stores insert what they should update.
pub(super) fn rotate(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    need_admin(&caller, "rotate")?;
    let found = reachable(visit, &caller, &id)?.ok_or_else(missing)?;
    if visit.quirks.store == Store::Sql {
        let words = "Failed to rotate API key: error returned from database: (code: 1555) UNIQUE constraint failed: \
                     service_users.id";
        return Err(Problem::json(500, words));
    }
    let key = new_key()?;
    let rotated = ServiceUser { hash: hash::secret(&key), ..found };
    rows::put(visit.db, &rotated)?;
    ok(&rotated.with_key(&key, Flavour::Nanoseconds))
}
