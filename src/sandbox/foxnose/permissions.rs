//! What a role permits: one permission for each content type, and the objects of those that are about objects.

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use super::super::http::Reply;
use super::problem::{Outcome, Problem};
use super::{Visit, page};

/// A row.
pub(super) struct Permission {
    pub(super) content_type: String,
    pub(super) actions: Vec<String>,
    /// None for types that have no objects.
    pub(super) all_objects: Option<bool>,
}

impl Permission {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let actions: String = row.get("actions")?;
        Ok(Self {
            content_type: row.get("content_type")?,
            actions: serde_json::from_str(&actions).unwrap_or_default(),
            all_objects: row.get("all_objects")?,
        })
    }

    fn json(&self) -> Value {
        json!({ "content_type": self.content_type, "actions": self.actions, "all_objects": self.all_objects })
    }
}

/// Writes a permission of a role down, in the place of the one for the same content type.
pub(super) fn save(db: &Connection, role: &str, permission: &Permission) -> rusqlite::Result<()> {
    let Permission { content_type, actions, all_objects } = permission;
    let sql = "insert or replace into foxnose_permissions values (?, ?, ?, ?)";
    db.execute(sql, params![role, content_type, json!(actions).to_string(), all_objects]).map(drop)
}

/// Adds an object to a permission.
pub(super) fn save_object(
    db: &Connection,
    role: &str,
    content_type: &str,
    object: &str,
) -> rusqlite::Result<()> {
    let sql = "insert or ignore into foxnose_objects values (?, ?, ?)";
    db.execute(sql, [role, content_type, object]).map(drop)
}

fn of(db: &Connection, role: &str) -> rusqlite::Result<Vec<Permission>> {
    let mut found = db.prepare_cached("select * from foxnose_permissions where role = ? order by rowid")?;
    found.query_map([role], Permission::read)?.collect()
}

pub(super) fn list(visit: &Visit<'_>, role: &str) -> Outcome {
    let rows: Vec<Value> = of(visit.db, role)?.iter().map(Permission::json).collect();
    Ok(Reply::json(200, &json!(rows)))
}

pub(super) fn put(visit: &Visit<'_>, role: &str) -> Outcome {
    let permission = take(visit, role, &visit.body()?)?;
    Ok(Reply::json(201, &permission.json()))
}

/// Replaces the whole set.
pub(super) fn replace(visit: &Visit<'_>, role: &str) -> Outcome {
    let told: Vec<Map<String, Value>> = serde_json::from_slice(&visit.call.body)
        .ok()
        .ok_or_else(|| visit.invalid("non_field_errors", "Expected a list of items."))?;
    visit.db.execute("delete from foxnose_permissions where role = ?", [role])?;
    visit.db.execute("delete from foxnose_objects where role = ?", [role])?;
    for one in &told {
        take(visit, role, one)?;
    }
    list(visit, role)
}

fn take(visit: &Visit<'_>, role: &str, told: &Map<String, Value>) -> Outcome<Permission> {
    let content_type = visit.text(told, "content_type")?;
    let actions = texts(told.get("actions")).ok_or_else(|| visit.invalid("actions", "Not a valid list."))?;
    let all_objects = match told.get("all_objects") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(all)) => Some(*all),
        Some(_) => return Err(visit.invalid("all_objects", "Must be a valid boolean.")),
    };
    let permission = Permission { content_type, actions, all_objects };
    save(visit.db, role, &permission)?;
    for object in texts(told.get("objects")).unwrap_or_default() {
        save_object(visit.db, role, &permission.content_type, &object)?;
    }
    Ok(permission)
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    serde_json::from_value(value?.clone()).ok()
}

fn content_type<'a>(visit: &Visit<'a>) -> Outcome<&'a str> {
    let call = visit.call;
    call.query("content_type").ok_or_else(|| visit.invalid("content_type", "This field is required."))
}

pub(super) fn delete(visit: &Visit<'_>, role: &str) -> Outcome {
    let content_type = content_type(visit)?;
    visit
        .db
        .execute("delete from foxnose_objects where role = ? and content_type = ?", [role, content_type])?;
    let sql = "delete from foxnose_permissions where role = ? and content_type = ?";
    match visit.db.execute(sql, [role, content_type])? {
        0 => Err(Problem::missing()),
        _ => Ok(Reply::text(204, "")),
    }
}

pub(super) fn objects(visit: &Visit<'_>, role: &str) -> Outcome {
    let content_type = content_type(visit)?;
    let sql = "select object_key from foxnose_objects where role = ? and content_type = ? order by rowid";
    let mut found = visit.db.prepare_cached(sql)?;
    let keys = found.query_map([role, content_type], |row| row.get::<_, String>(0))?;
    let object = |key: String| json!({ "content_type": content_type, "object_key": key });
    let rows: Vec<Value> = keys.map(|key| key.map(object)).collect::<rusqlite::Result<_>>()?;
    page::reply(visit, &rows)
}

/// Success has no body.
pub(super) fn add_object(visit: &Visit<'_>, role: &str) -> Outcome {
    let (content_type, object) = named_object(visit)?;
    save_object(visit.db, role, &content_type, &object)?;
    Ok(Reply::text(201, ""))
}

/// The only DELETE whose body says what to delete.
pub(super) fn remove_object(visit: &Visit<'_>, role: &str) -> Outcome {
    let (content_type, object) = named_object(visit)?;
    let sql = "delete from foxnose_objects where role = ? and content_type = ? and object_key = ?";
    match visit.db.execute(sql, [role, &content_type, &object])? {
        0 => Err(Problem::missing()),
        _ => Ok(Reply::text(204, "")),
    }
}

fn named_object(visit: &Visit<'_>) -> Outcome<(String, String)> {
    let body = visit.body()?;
    Ok((visit.text(&body, "content_type")?, visit.text(&body, "object_key")?))
}
