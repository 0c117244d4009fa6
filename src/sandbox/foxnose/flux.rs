//! The Flux API: content under a prefix, which is the place to see that a key works. An environment is known by its host
//! in the real service; here all share one address, and the prefix leads to the environment.

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

use super::super::http::Reply;
use super::keys::Key;
use super::problem::{Outcome, Problem};
use super::tree::{self, Node, Sort};
use super::{Visit, caller, grants, pair, seed};

use hyper::Method;

/// How many items a page has if nobody asks for another number.
const USUAL: usize = 20;

/// A collection as an API object connects it.
struct Connection {
    collection: String,
    path: String,
    methods: Vec<String>,
}

impl Connection {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let methods: String = row.get("methods")?;
        Ok(Self {
            collection: row.get("collection")?,
            path: row.get("path")?,
            methods: serde_json::from_str(&methods).unwrap_or_default(),
        })
    }

    fn allows(&self, method: &str) -> bool {
        self.methods.iter().any(|one| one == method)
    }
}

/// What is asked of an API.
enum Ask<'a> {
    Router,
    Schema,
    Search,
    Many,
    One(&'a str),
    Create,
    Replace(&'a str),
}

impl Ask<'_> {
    /// The action that a role must have.
    fn action(&self) -> &'static str {
        match self {
            Ask::Router | Ask::Schema | Ask::Search | Ask::Many | Ask::One(_) => "read",
            Ask::Create => "create",
            Ask::Replace(_) => "update",
        }
    }
}

/// Answers a Flux call.
pub(super) fn route(visit: &Visit<'_>, method: &Method, path: &[&str]) -> Outcome {
    let [prefix, path @ ..] = path else { return Err(Problem::missing()) };
    let api = api(visit, prefix)?;
    if !tree::find(visit.db, Sort::Environment, &api.parent)?.flag("is_enabled") {
        return Err(Problem::denied("The environment is disabled."));
    }
    let connections = connections(visit, &api)?;
    let (ask, connection) = read(method, path, &connections).ok_or_else(Problem::missing)?;
    admit(visit, &api, &ask)?;
    match (ask, connection) {
        (Ask::Router, _) if api.flag("router_introspection_enabled") => Ok(router(prefix, &connections)),
        (Ask::Schema, Some(connection)) if api.flag("router_introspection_enabled") => Ok(schema(connection)),
        (Ask::Search, Some(connection)) => search(visit, connection),
        (Ask::Many, Some(connection)) if connection.allows("get_many") => many(visit, connection),
        (Ask::One(key), Some(connection)) if connection.allows("get_one") => one(visit, connection, key),
        (Ask::Create, Some(connection)) => create(visit, connection),
        (Ask::Replace(key), Some(connection)) => replace(visit, connection, key),
        _ => Err(Problem::missing()),
    }
}

/// The API object behind a prefix. Where several environments have it, it is that of the announced one.
fn api(visit: &Visit<'_>, prefix: &str) -> Outcome<Node> {
    let sql = "select key from foxnose_nodes where kind = 'api' and json_extract(body, '$.prefix') = ?1 \
               order by parent <> ?2, rowid";
    let key: Option<String> =
        visit.db.query_row(sql, [prefix, seed::ENVIRONMENT], |row| row.get(0)).optional()?;
    tree::find(visit.db, Sort::Api, &key.ok_or_else(Problem::missing)?)
}

fn connections(visit: &Visit<'_>, api: &Node) -> rusqlite::Result<Vec<Connection>> {
    let mut found =
        visit.db.prepare_cached("select * from foxnose_connections where api = ? order by rowid")?;
    found.query_map([&api.key], Connection::read)?.collect()
}

/// Reads have no slash at the end, writes have one.
fn read<'a, 'b>(
    method: &Method,
    path: &[&'a str],
    connections: &'b [Connection],
) -> Option<(Ask<'a>, Option<&'b Connection>)> {
    if (method, path) == (&Method::GET, &["_router"]) {
        return Some((Ask::Router, None));
    }
    connections.iter().find_map(|connection| {
        let depth = connection.path.split('/').count();
        let (head, rest) = path.split_at_checked(depth)?;
        if head.join("/") != connection.path {
            return None;
        }
        let ask = match (method, rest) {
            (&Method::GET, []) => Ask::Many,
            (&Method::GET, ["_schema"]) => Ask::Schema,
            (&Method::POST, ["_search"]) => Ask::Search,
            (&Method::GET, [key]) if !key.is_empty() => Ask::One(key),
            (&Method::POST, [""]) => Ask::Create,
            (&Method::PUT, [key, ""]) => Ask::Replace(key),
            _ => return None,
        };
        Some((ask, Some(connection)))
    })
}

/// Lets in whoever may do this. A public API asks nobody who they are, unless they write.
fn admit(visit: &Visit<'_>, api: &Node, ask: &Ask<'_>) -> Outcome<()> {
    let action = ask.action();
    if action == "read" && !api.flag("is_auth_required") {
        return if visit.quirks.public_api_checks_keys { caller::flux(visit).map(drop) } else { Ok(()) };
    }
    let key = caller::flux(visit)?;
    let key = key.ok_or_else(|| Problem::stranger("Authentication credentials were not provided."))?;
    belongs(&key, api)?;
    grants::flux(visit, &key, action, &api.key)
}

fn belongs(key: &Key, api: &Node) -> Outcome<()> {
    if key.environment == api.parent { Ok(()) } else { Err(Problem::stranger("Invalid API key")) }
}

fn router(prefix: &str, connections: &[Connection]) -> Reply {
    let route = |connection: &Connection| json!({ "path": connection.path, "methods": connection.methods });
    let routes: Vec<Value> = connections.iter().map(route).collect();
    Reply::json(200, &json!({ "api": prefix, "routes": routes }))
}

fn schema(connection: &Connection) -> Reply {
    let properties = json!({ "title": { "type": "string" }, "text": { "type": "string" } });
    let told = json!({
        "json_schema": { "type": "object", "properties": properties, "required": ["title"] },
        "searchable_fields": ["title", "text"],
        "non_searchable_fields": [],
        "path": connection.path,
        "actions": connection.methods,
    });
    Reply::json(200, &told)
}

fn items(visit: &Visit<'_>, connection: &Connection) -> rusqlite::Result<Vec<Value>> {
    let sql = "select key, data, created from foxnose_resources where collection = ? order by rowid";
    let item = |row: &Row<'_>| {
        let data: Value = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
        let created = super::moment(row.get(2)?);
        Ok(json!({ "_sys": { "key": row.get::<_, String>(0)?, "created_at": created }, "data": data }))
    };
    visit.db.prepare_cached(sql)?.query_map([&connection.collection], item)?.collect()
}

/// A page; the cursor is the place of the next item.
fn many(visit: &Visit<'_>, connection: &Connection) -> Outcome {
    let number = |name: &str, usual: usize| match visit.call.query(name) {
        None => Ok(usual),
        Some(text) => text.parse().ok().ok_or_else(|| visit.invalid(name, "A valid integer is required.")),
    };
    let (limit, start) = (number("limit", USUAL)?, number("next", 0)?);
    let all = items(visit, connection)?;
    let end = start.saturating_add(limit);
    let next = (end < all.len()).then(|| {
        let host = visit.call.header("host").unwrap_or_default();
        format!("http://{host}{}?limit={limit}&next={end}", visit.call.path)
    });
    let results: Vec<&Value> = all.iter().skip(start).take(limit).collect();
    Ok(Reply::json(200, &json!({ "results": results, "next": next })))
}

fn one(visit: &Visit<'_>, connection: &Connection, key: &str) -> Outcome {
    let found =
        items(visit, connection)?.into_iter().find(|item| item.pointer("/_sys/key") == Some(&json!(key)));
    Ok(Reply::json(200, &found.ok_or_else(Problem::missing)?))
}

/// Finds everything, up to the limit: what is searched for is not this sandbox's concern.
fn search(visit: &Visit<'_>, connection: &Connection) -> Outcome {
    let body = visit.body()?;
    let limit = body.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let results: Vec<Value> = items(visit, connection)?.into_iter().take(limit.unwrap_or(USUAL)).collect();
    Ok(Reply::json(200, &json!({ "results": results, "next": null })))
}

fn document(visit: &Visit<'_>) -> Outcome<(Map<String, Value>, String)> {
    let mut body = visit.body()?;
    let problem = |path: &str, text: &str| {
        let detail = json!({ "errors": [{ "json_path": path, "message": text }], "errors_truncated": false });
        Problem::Told(422, "content_validation_failed", "The document does not fit.".to_owned(), detail)
    };
    let Some(Value::Object(data)) = body.remove("data") else {
        return Err(problem("$", "data must be an object"));
    };
    if data.get("title").is_none_or(|title| !title.is_string()) {
        return Err(problem("$.title", "title is required"));
    }
    Ok((body, Value::Object(data).to_string()))
}

fn writable(connection: &Connection, method: &str) -> Outcome<()> {
    if connection.allows(method) {
        return Ok(());
    }
    let text = "The collection is connected for reading only.".to_owned();
    Err(Problem::Told(403, "collection_not_writable", text, Value::Null))
}

fn create(visit: &Visit<'_>, connection: &Connection) -> Outcome {
    writable(connection, "create")?;
    let (body, data) = document(visit)?;
    let external = body.get("key").and_then(Value::as_str);
    let sql = "select exists (select 1 from foxnose_resources where collection = ? and external = ?)";
    if visit.db.query_row(sql, params![connection.collection, external], |row| row.get(0))? {
        let text = "The key is in use.".to_owned();
        return Err(Problem::Told(409, "external_id_conflict", text, Value::Null));
    }
    let key = pair::identifier()?;
    let sql = "insert into foxnose_resources values (?, ?, ?, ?, ?)";
    visit.db.execute(sql, params![key, connection.collection, external, data, visit.now])?;
    written(201, &key)
}

fn replace(visit: &Visit<'_>, connection: &Connection, key: &str) -> Outcome {
    writable(connection, "update")?;
    let (_, data) = document(visit)?;
    let sql = "update foxnose_resources set data = ? where key = ? and collection = ?";
    match visit.db.execute(sql, [&data, key, &connection.collection])? {
        0 => Err(Problem::missing()),
        _ => written(200, key),
    }
}

fn written(status: u16, key: &str) -> Outcome {
    let told = json!({
        "resource_key": key, "revision_key": pair::identifier()?, "write_units": 1, "published": true,
    });
    Ok(Reply::json(status, &told))
}
