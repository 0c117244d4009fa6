//! Organisations, projects and environments, and the API objects and collections of an environment.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Map, Value, json};

use super::super::http::Reply;
use super::problem::{Outcome, Problem};
use super::{Visit, moment, page};

/// What hangs in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Organization,
    Project,
    Environment,
    Api,
    Collection,
}

impl Sort {
    /// The name in the store, and of the member that names the parent in answers.
    fn name(self) -> &'static str {
        match self {
            Sort::Organization => "organization",
            Sort::Project => "project",
            Sort::Environment => "environment",
            Sort::Api => "api",
            Sort::Collection => "collection",
        }
    }

    /// The member that names the parent.
    fn parent(self) -> Option<&'static str> {
        match self {
            Sort::Project => Some("organization"),
            Sort::Environment => Some("project"),
            Sort::Api => Some("environment"),
            Sort::Organization | Sort::Collection => None,
        }
    }
}

/// One of them.
pub(super) struct Node {
    pub(super) key: String,
    pub(super) parent: String,
    pub(super) body: Map<String, Value>,
}

impl Node {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let body: String = row.get("body")?;
        Ok(Self {
            key: row.get("key")?,
            parent: row.get("parent")?,
            body: serde_json::from_str(&body).unwrap_or_default(),
        })
    }

    /// A text of its body.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A flag of its body.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.body.get(name).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// Writes one down, a new one or one that has changed.
pub(super) fn save(db: &Connection, sort: Sort, node: &Node) -> rusqlite::Result<()> {
    let sql =
        "insert into foxnose_nodes values (?, ?, ?, ?) on conflict (key) do update set body = excluded.body";
    db.execute(sql, [&node.key, sort.name(), &node.parent, &json!(node.body).to_string()]).map(drop)
}

/// Those under a parent, in the order they were made.
pub(super) fn under(db: &Connection, sort: Sort, parent: &str) -> rusqlite::Result<Vec<Node>> {
    let sql = "select * from foxnose_nodes where kind = ? and parent = ? order by rowid";
    db.prepare_cached(sql)?.query_map([sort.name(), parent], Node::read)?.collect()
}

/// The one with this key, wherever it hangs.
pub(super) fn find(db: &Connection, sort: Sort, key: &str) -> Outcome<Node> {
    let sql = "select * from foxnose_nodes where kind = ? and key = ?";
    db.query_row(sql, [sort.name(), key], Node::read).optional()?.ok_or_else(Problem::missing)
}

/// The one with this key under this parent.
pub(super) fn child(db: &Connection, sort: Sort, parent: &str, key: &str) -> Outcome<Node> {
    Some(find(db, sort, key)?).filter(|node| node.parent == parent).ok_or_else(Problem::missing)
}

/// One as it is answered.
fn json(visit: &Visit<'_>, sort: Sort, node: &Node) -> Outcome<Value> {
    let mut body = node.body.clone();
    body.insert("key".to_owned(), json!(node.key));
    if let Some(parent) = sort.parent() {
        body.insert(parent.to_owned(), json!(node.parent));
    }
    if sort == Sort::Environment {
        body.insert("host".to_owned(), json!(visit.server.flux_host));
    }
    if sort == Sort::Project {
        body.insert("environments".to_owned(), json!(rows(visit, Sort::Environment, &node.key)?));
    }
    Ok(Value::Object(body))
}

fn rows(visit: &Visit<'_>, sort: Sort, parent: &str) -> Outcome<Vec<Value>> {
    under(visit.db, sort, parent)?.iter().map(|node| json(visit, sort, node)).collect()
}

/// A bare array.
pub(super) fn array(visit: &Visit<'_>, sort: Sort, parent: &str) -> Outcome {
    Ok(Reply::json(200, &json!(rows(visit, sort, parent)?)))
}

/// A page.
pub(super) fn list(visit: &Visit<'_>, sort: Sort, parent: &str) -> Outcome {
    page::reply(visit, &rows(visit, sort, parent)?)
}

pub(super) fn get(visit: &Visit<'_>, sort: Sort, parent: &str, key: &str) -> Outcome {
    Ok(Reply::json(200, &json(visit, sort, &child(visit.db, sort, parent, key)?)?))
}

pub(super) fn plan(visit: &Visit<'_>) -> Reply {
    let limits = json!({
        "projects": 10, "environments": 20, "users": 25, "roles_max_count": 50,
        "api_keys_max_count": visit.quirks.api_keys_max_count.unwrap_or(100),
    });
    let plan = json!({
        "code": "team", "name": "Team", "price": 49.0, "from": moment(visit.server.began), "to": null,
        "limits": limits,
    });
    Reply::json(200, &json!({ "active_plan": plan, "next_plan": plan }))
}

/// `POST …/toggle/`.
pub(super) fn toggle(visit: &Visit<'_>, project: &str, key: &str) -> Outcome {
    let mut node = child(visit.db, Sort::Environment, project, key)?;
    let Some(Value::Bool(enabled)) = visit.body()?.remove("is_enabled") else {
        return Err(visit.invalid("is_enabled", "Must be a valid boolean."));
    };
    node.body.insert("is_enabled".to_owned(), json!(enabled));
    save(visit.db, Sort::Environment, &node)?;
    get(visit, Sort::Environment, project, key)
}

/// `PATCH …/protection/`.
pub(super) fn protect(visit: &Visit<'_>, project: &str, key: &str) -> Outcome {
    let mut node = child(visit.db, Sort::Environment, project, key)?;
    let body = visit.body()?;
    let level = visit.text(&body, "protection_level")?;
    if !["none", "read_only", "locked"].contains(&level.as_str()) {
        return Err(visit.invalid("protection_level", "Not a valid choice."));
    }
    let reason = body.get("protection_reason").and_then(Value::as_str);
    let since = (level != "none").then(|| moment(visit.now));
    node.body.extend(protection(&level, reason, since.as_deref()));
    save(visit.db, Sort::Environment, &node)?;
    get(visit, Sort::Environment, project, key)
}

/// The members of an environment that are about its protection.
pub(super) fn protection(level: &str, reason: Option<&str>, since: Option<&str>) -> Map<String, Value> {
    let display = match level {
        "read_only" => "Read only",
        "locked" => "Locked",
        _ => "None",
    };
    let told = json!({
        "protection_level": level,
        "protection_level_display": display,
        "protected_by_user": since.map(|_| super::seed::person()),
        "protected_at": since,
        "protection_reason": reason,
    });
    told.as_object().cloned().unwrap_or_default()
}

/// The collections that an API object connects, each with its path and what may be called on it.
pub(super) fn connections(visit: &Visit<'_>, environment: &str, api: &str) -> Outcome {
    page::reply(visit, &connected(visit, environment, api)?)
}

/// One of them.
pub(super) fn connection(visit: &Visit<'_>, environment: &str, api: &str, collection: &str) -> Outcome {
    let mut all = connected(visit, environment, api)?.into_iter();
    let one = all.find(|one| one.get("folder") == Some(&json!(collection)));
    Ok(Reply::json(200, &one.ok_or_else(Problem::missing)?))
}

fn connected(visit: &Visit<'_>, environment: &str, api: &str) -> Outcome<Vec<Value>> {
    let api = child(visit.db, Sort::Api, environment, api)?.key;
    let sql = "select collection, path, methods from foxnose_connections where api = ? order by rowid";
    let mut found = visit.db.prepare_cached(sql)?;
    let rows = found.query_map([&api], |row| {
        let methods: Value = serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or_default();
        let (collection, path) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        Ok(json!({ "folder": collection, "api": api, "path": path, "allowed_methods": methods }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A collection by its key or by its path, whichever the query names.
pub(super) fn collection(visit: &Visit<'_>, environment: &str) -> Outcome {
    if let Some(key) = visit.call.query("key") {
        return get(visit, Sort::Collection, environment, key);
    }
    let Some(path) = visit.call.query("path") else {
        return Err(visit.invalid("key", "This field is required."));
    };
    let found =
        under(visit.db, Sort::Collection, environment)?.into_iter().find(|one| one.text("path") == path);
    Ok(Reply::json(200, &json(visit, Sort::Collection, &found.ok_or_else(Problem::missing)?)?))
}

/// Where environments can be.
pub(super) fn regions() -> Reply {
    Reply::json(200, &json!([{ "location": "Amsterdam", "name": "Europe West", "code": "eu-west" }]))
}

/// What an organisation has used up.
pub(super) fn usage(visit: &Visit<'_>, organization: &str) -> Outcome {
    let projects = under(visit.db, Sort::Project, organization)?.len();
    let told = json!({
        "units": { "remained": "1000", "unit_cost": 0.01, "allow_negative": false, "negative_limit": null },
        "storage": { "data_storage": 0.1, "vector_storage": 0.0 },
        "usage": {
            "projects": { "max": 10, "current": projects },
            "resources": { "max": null, "current": 15 },
            "users": { "max": 25, "current": 1 },
        },
        "current_usage": { "api_requests": 0, "embedding_tokens": {} },
    });
    Ok(Reply::json(200, &told))
}
