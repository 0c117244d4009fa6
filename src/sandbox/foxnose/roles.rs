//! Roles of both kinds. A Management role may have full access; a Flux role has no such thing.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

use super::super::clock::Micros;
use super::super::http::Reply;
use super::keys::Kind;
use super::pair;
use super::problem::{Outcome, Problem};
use super::quirks::DeletedRole;
use super::{Visit, moment, page};

/// A row.
pub(super) struct Role {
    pub(super) key: String,
    pub(super) environment: String,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) full_access: bool,
    pub(super) created: Micros,
}

impl Role {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let kind: String = row.get("kind")?;
        Ok(Self {
            key: row.get("key")?,
            environment: row.get("environment")?,
            kind: if kind == Kind::Flux.name() { Kind::Flux } else { Kind::Management },
            name: row.get("name")?,
            description: row.get("description")?,
            full_access: row.get("full_access")?,
            created: row.get("created")?,
        })
    }

    fn json(&self) -> Value {
        let mut row = json!({
            "key": self.key,
            "name": self.name,
            "description": self.description,
            "environment": self.environment,
            "created_at": moment(self.created),
        });
        if let (Value::Object(row), Kind::Management) = (&mut row, self.kind) {
            row.insert("full_access".to_owned(), json!(self.full_access));
        }
        row
    }
}

/// Writes a row down, a new one or one that has changed.
pub(super) fn save(db: &Connection, role: &Role) -> rusqlite::Result<()> {
    let sql = "insert into foxnose_roles values (?, ?, ?, ?, ?, ?, ?) on conflict (key) do update set \
               name = excluded.name, description = excluded.description, full_access = excluded.full_access";
    let Role { key, environment, kind, name, description, full_access, created } = role;
    db.execute(sql, params![key, environment, kind.name(), name, description, full_access, created]).map(drop)
}

/// Whether there is such a role.
pub(super) fn exists(db: &Connection, environment: &str, kind: Kind, role: &str) -> rusqlite::Result<bool> {
    let sql = "select exists (select 1 from foxnose_roles where environment = ? and kind = ? and key = ?)";
    db.query_row(sql, [environment, kind.name(), role], |row| row.get(0))
}

pub(super) fn find(visit: &Visit<'_>, environment: &str, kind: Kind, role: &str) -> Outcome<Role> {
    let sql = "select * from foxnose_roles where environment = ? and kind = ? and key = ?";
    let found = visit.db.query_row(sql, [environment, kind.name(), role], Role::read).optional()?;
    found.ok_or_else(Problem::missing)
}

pub(super) fn list(visit: &Visit<'_>, environment: &str, kind: Kind) -> Outcome {
    let sql = "select * from foxnose_roles where environment = ? and kind = ? order by created, key";
    let mut found = visit.db.prepare_cached(sql)?;
    let roles = found.query_map([environment, kind.name()], Role::read)?;
    let rows: Vec<Value> = roles.map(|role| role.map(|role| role.json())).collect::<rusqlite::Result<_>>()?;
    page::reply(visit, &rows)
}

pub(super) fn get(visit: &Visit<'_>, environment: &str, kind: Kind, role: &str) -> Outcome {
    Ok(Reply::json(200, &find(visit, environment, kind, role)?.json()))
}

pub(super) fn create(visit: &Visit<'_>, environment: &str, kind: Kind) -> Outcome {
    let body = visit.body()?;
    let blank = Role {
        key: pair::identifier()?,
        environment: environment.to_owned(),
        kind,
        name: visit.text(&body, "name")?,
        description: None,
        full_access: false,
        created: visit.now,
    };
    let role = changed(visit, blank, &body)?;
    save(visit.db, &role)?;
    Ok(Reply::json(201, &role.json()))
}

pub(super) fn update(visit: &Visit<'_>, environment: &str, kind: Kind, role: &str) -> Outcome {
    let role = changed(visit, find(visit, environment, kind, role)?, &visit.body()?)?;
    save(visit.db, &role)?;
    Ok(Reply::json(200, &role.json()))
}

fn changed(visit: &Visit<'_>, role: Role, body: &Map<String, Value>) -> Outcome<Role> {
    let name = if body.contains_key("name") { visit.text(body, "name")? } else { role.name };
    let description = match body.get("description") {
        None => role.description,
        Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(visit.invalid("description", "Not a valid string.")),
    };
    let full_access = match (role.kind, body.get("full_access")) {
        (Kind::Flux, _) | (Kind::Management, None) => role.full_access,
        (Kind::Management, Some(Value::Bool(full))) => *full,
        (Kind::Management, Some(_)) => return Err(visit.invalid("full_access", "Must be a valid boolean.")),
    };
    Ok(Role { name, description, full_access, ..role })
}

pub(super) fn delete(visit: &Visit<'_>, environment: &str, kind: Kind, role: &str) -> Outcome {
    let role = find(visit, environment, kind, role)?.key;
    let sql = "select exists (select 1 from foxnose_keys where role = ?)";
    let carried: bool = visit.db.query_row(sql, [&role], |row| row.get(0))?;
    match visit.quirks.deleted_role {
        DeletedRole::Conflict if carried => {
            let text = "The role is carried by API keys.".to_owned();
            return Err(Problem::Told(409, "conflict", text, Value::Null));
        }
        DeletedRole::Clears => {
            visit.db.execute("update foxnose_keys set role = null where role = ?", [&role])?;
        }
        DeletedRole::Conflict | DeletedRole::Dangles => {}
    }
    visit.db.execute("delete from foxnose_roles where key = ?", [&role])?;
    Ok(Reply::text(204, ""))
}
