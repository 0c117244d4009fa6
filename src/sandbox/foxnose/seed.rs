//! What a new sandbox starts with: a person with two organisations, environments of every kind, roles from harmless to
//! everything, and keys whose secrets nobody has. Identifiers are fixed, so that pictures and scripts stay true.

use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::clock::{DAY, MINUTE, Micros};
use super::super::jwt::Signer;
use super::super::{SandboxError, hash, random};
use super::keys::{self, Key, Kind};
use super::permissions::{self, Permission};
use super::roles::{self, Role};
use super::tree::{self, Node, Sort};
use super::{Quirks, login, moment};

/// The person.
pub(super) const EMAIL: &str = "ada@example.com";
/// The announced environment, an API object in it that needs a key, and what it serves.
pub(super) const ENVIRONMENT: &str = "9wkp3v7x2dqa";
pub(super) const PREFIX: &str = "shop";
pub(super) const COLLECTION: &str = "articles";

/// Where both sides listen, and how to log in.
#[derive(Clone, Serialize)]
pub struct TwoSides {
    /// The base URL of the Management API.
    pub management_url: String,
    /// The base URL of the Flux API.
    pub flux_url: String,
    /// The person's e-mail address.
    pub email: String,
    /// The person's password, new at each start.
    pub password: String,
    /// An access token of the person's, new at each start.
    pub access_token: String,
    /// The key of an environment.
    pub environment: String,
    /// The prefix of an API object in it that needs a key.
    pub api_prefix: String,
    /// The path of a collection under that prefix.
    pub collection: String,
}

/// What is announced.
pub(super) fn announce(
    signer: &Signer,
    now: Micros,
    password: String,
    management_url: String,
    flux_url: String,
) -> Result<TwoSides, SandboxError> {
    let token = login::access(signer, &Quirks::default(), EMAIL, now);
    let access_token = token.ok().ok_or_else(|| SandboxError::System("no token can be signed".to_owned()))?;
    Ok(TwoSides {
        management_url,
        flux_url,
        email: EMAIL.to_owned(),
        password,
        access_token,
        environment: ENVIRONMENT.to_owned(),
        api_prefix: PREFIX.to_owned(),
        collection: COLLECTION.to_owned(),
    })
}

/// The person as others see them.
pub(super) fn person() -> Value {
    json!({
        "key": "u4ada7lovely", "email": EMAIL, "first_name": "Ada", "last_name": "Example",
        "full_name": "Ada Example",
    })
}

/// Fills an empty store, and gives the person a new password, which it returns.
pub(super) fn fill(db: &Connection, now: Micros) -> Result<String, SandboxError> {
    let password = random::hex::<12>()?;
    let sql = "insert into foxnose_people values (?1, ?2) on conflict (email) do update set password = ?2";
    db.execute(sql, [EMAIL, &hash::password(&password)?])?;
    if tree::under(db, Sort::Organization, "")?.is_empty() {
        grow_tree(db, now)?;
        make_roles(db, now)?;
        make_keys(db, now)?;
    }
    Ok(password)
}

const STAGING: &str = "4tgh6m2zr8ub";
const FROZEN: &str = "c7n5yd3jk2pe";
const RETIRED: &str = "x6b2fw9s4hma";
const LABS: &str = "m3q8z5ta7yrk";

/// An organisation, project or environment: its key, the one above, and its name.
const TREE: [(Sort, &str, &str, &str); 9] = [
    (Sort::Organization, "o2fernwood9a", "", "Fernwood"),
    (Sort::Organization, "o7kiteworks3", "", "Kite Works, blocked"),
    (Sort::Project, "p5storefront", "o2fernwood9a", "Storefront"),
    (Sort::Project, "p8research2k", "o2fernwood9a", "Research 研究"),
    (Sort::Environment, ENVIRONMENT, "p5storefront", "production"),
    (Sort::Environment, STAGING, "p5storefront", "staging"),
    (Sort::Environment, FROZEN, "p5storefront", "archive 2025"),
    (Sort::Environment, RETIRED, "p5storefront", "old demo"),
    (Sort::Environment, LABS, "p8research2k", "labs"),
];

/// An API object: its key, environment and prefix, whether it needs a key, and whether its router can be read.
const APIS: [(&str, &str, &str, bool, bool); 6] = [
    ("a1shopfront6", ENVIRONMENT, PREFIX, true, true),
    ("a2quietfeed3", ENVIRONMENT, "feed", true, false),
    ("a3publicblog", ENVIRONMENT, "blog", false, true),
    ("a4stageshop9", STAGING, "shop-staging", true, true),
    ("a5demoshop28", RETIRED, "shop-demo", true, true),
    ("a6labsindex5", LABS, "labs", true, true),
];

/// A collection: its key, environment and alias.
const COLLECTIONS: [(&str, &str, &str); 5] = [
    ("f1articles44", ENVIRONMENT, COLLECTION),
    ("f2authors765", ENVIRONMENT, "authors"),
    ("f3stagearts8", STAGING, COLLECTION),
    ("f4demoarts92", RETIRED, COLLECTION),
    ("f5papers3388", LABS, "papers"),
];

/// Which collection an API object serves, and what may be called on it.
const CONNECTIONS: [(&str, &str, &str, &[&str]); 7] = [
    ("a1shopfront6", "f1articles44", COLLECTION, &["get_many", "get_one", "create", "update"]),
    ("a1shopfront6", "f2authors765", "authors", &["get_many", "get_one"]),
    ("a2quietfeed3", "f1articles44", COLLECTION, &["get_many", "get_one"]),
    ("a3publicblog", "f1articles44", COLLECTION, &["get_many", "get_one"]),
    ("a4stageshop9", "f3stagearts8", COLLECTION, &["get_many", "get_one"]),
    ("a5demoshop28", "f4demoarts92", COLLECTION, &["get_many", "get_one"]),
    ("a6labsindex5", "f5papers3388", "papers", &["get_many", "get_one"]),
];

fn grow_tree(db: &Connection, now: Micros) -> Result<(), SandboxError> {
    let save = |sort, key: &str, parent: &str, body: Value| {
        let body = body.as_object().cloned().unwrap_or_default();
        tree::save(db, sort, &Node { key: key.to_owned(), parent: parent.to_owned(), body })
    };
    for (sort, key, parent, name) in TREE {
        let created = moment(now - 500 * DAY);
        let body = match sort {
            Sort::Organization => organization(name, &created),
            Sort::Project => {
                json!({ "name": name, "region": "eu-west", "gdpr": true, "created_at": created })
            }
            Sort::Environment | Sort::Api | Sort::Collection => environment(key, name, now),
        };
        save(sort, key, parent, body)?;
    }
    for (key, environment, prefix, needs_key, router) in APIS {
        let body = json!({
            "name": format!("{prefix} API"), "prefix": prefix, "description": null, "version": "1",
            "is_auth_required": needs_key, "mcp_enabled": true, "router_introspection_enabled": router,
            "cors_origins": [], "created_at": moment(now - 300 * DAY), "path": null,
        });
        save(Sort::Api, key, environment, body)?;
    }
    for (key, environment, alias) in COLLECTIONS {
        let body = json!({
            "name": alias, "alias": alias, "content_type": "document", "strict_reference": false,
            "created_at": moment(now - 290 * DAY), "parent": null, "mode": "collection", "path": alias,
        });
        save(Sort::Collection, key, environment, body)?;
        for number in 1..=3 {
            let data = json!({ "title": format!("{alias} {number}"), "text": "An example." }).to_string();
            let sql = "insert into foxnose_resources values (?, ?, null, ?, ?)";
            db.execute(sql, params![format!("r{number}{key}"), key, data, now - 200 * DAY])?;
        }
    }
    for (api, collection, path, methods) in CONNECTIONS {
        let sql = "insert into foxnose_connections values (?, ?, ?, ?)";
        db.execute(sql, params![api, collection, path, json!(methods).to_string()])?;
    }
    Ok(())
}

fn organization(name: &str, created: &str) -> Value {
    json!({
        "name": name, "owner": person(), "tax_num": "", "city": "Utrecht", "province": "",
        "address": "Oudegracht 1", "country_iso": "NL", "zip_code": "3511", "legal_name": name,
        "created_at": created, "is_blocked": name.ends_with("blocked"),
    })
}

fn environment(key: &str, name: &str, now: Micros) -> Value {
    let created = moment(now - 480 * DAY);
    let mut body = json!({ "name": name, "is_enabled": key != RETIRED, "created_at": created });
    let (level, reason, since) = match key {
        FROZEN => ("locked", Some("the books of 2025 are closed"), Some(moment(now - 90 * DAY))),
        _ => ("none", None, None),
    };
    if let Value::Object(body) = &mut body {
        body.extend(tree::protection(level, reason, since.as_deref()));
    }
    body
}

/// A role: its key, environment, name, description, whether it has full access, and what it permits.
struct SeedRole(
    Kind,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    bool,
    &'static [Permit],
);

/// A permission: content type, actions, and the objects, or all of them, or none because the type has no objects.
struct Permit(&'static str, &'static [&'static str], Option<&'static [&'static str]>);

const READ: &[&str] = &["read"];
const ALL: &[&str] = &["*"];

const ROLES: &[SeedRole] = &[
    SeedRole(
        Kind::Flux,
        "r1shopreader",
        ENVIRONMENT,
        "shop reader",
        Some("reads the shop, nothing else"),
        false,
        &[Permit("flux-apis", READ, Some(&["a1shopfront6"]))],
    ),
    SeedRole(
        Kind::Flux,
        "r2everyreadr",
        ENVIRONMENT,
        "reads every API",
        None,
        false,
        &[Permit("flux-apis", READ, Some(ALL))],
    ),
    SeedRole(
        Kind::Flux,
        "r3shopwriter",
        ENVIRONMENT,
        "shop writer",
        Some("imports articles at night"),
        false,
        &[Permit("flux-apis", &["read", "create", "update"], Some(&["a1shopfront6"]))],
    ),
    SeedRole(
        Kind::Flux,
        "r4emptyrole2",
        ENVIRONMENT,
        "prepared for later",
        None,
        false,
        &[Permit("flux-apis", READ, Some(&[]))],
    ),
    SeedRole(
        Kind::Flux,
        "r5stagread77",
        STAGING,
        "staging reader",
        None,
        false,
        &[Permit("flux-apis", READ, Some(ALL))],
    ),
    SeedRole(
        Kind::Flux,
        "r6labsread48",
        LABS,
        "labs reader",
        None,
        false,
        &[Permit("flux-apis", READ, Some(ALL))],
    ),
    SeedRole(
        Kind::Flux,
        "r7demoread59",
        RETIRED,
        "demo reader",
        None,
        false,
        &[Permit("flux-apis", READ, Some(ALL))],
    ),
    SeedRole(Kind::Management, "m1admin99kqd", ENVIRONMENT, "administrator", Some("everything"), true, &[]),
    SeedRole(
        Kind::Management,
        "m2inventory4",
        ENVIRONMENT,
        "inventory",
        Some("reads keys and roles"),
        false,
        &[
            Permit("api-keys", READ, None),
            Permit("roles", READ, None),
            Permit("api", READ, None),
            Permit("collection-structure", READ, None),
        ],
    ),
    SeedRole(
        Kind::Management,
        "m3content55w",
        ENVIRONMENT,
        "content reader",
        None,
        false,
        &[
            Permit("collection-structure", READ, None),
            Permit("collection-items", READ, Some(&["f1articles44"])),
            Permit("resources", &["read", "create", "update"], None),
        ],
    ),
    SeedRole(
        Kind::Management,
        "m4keeper8tw3",
        STAGING,
        "key keeper",
        Some("makes and ends keys"),
        false,
        &[Permit("api-keys", &["read", "create", "update", "delete"], None), Permit("roles", READ, None)],
    ),
];

fn make_roles(db: &Connection, now: Micros) -> Result<(), SandboxError> {
    for SeedRole(kind, key, environment, name, description, full_access, permits) in ROLES {
        let role = Role {
            key: (*key).to_owned(),
            environment: (*environment).to_owned(),
            kind: *kind,
            name: (*name).to_owned(),
            description: description.map(str::to_owned),
            full_access: *full_access,
            created: now - 280 * DAY,
        };
        roles::save(db, &role)?;
        for Permit(content_type, actions, objects) in *permits {
            let permission = Permission {
                content_type: (*content_type).to_owned(),
                actions: actions.iter().map(|action| (*action).to_owned()).collect(),
                all_objects: objects.map(|objects| objects == ALL),
            };
            permissions::save(db, key, &permission)?;
            for object in objects.unwrap_or_default().iter().filter(|object| **object != "*") {
                permissions::save_object(db, key, content_type, object)?;
            }
        }
    }
    Ok(())
}

/// A key: its kind, environment, description, role, age in days, and the age of its bearer token.
struct SeedKey(Kind, &'static str, &'static str, Option<&'static str>, i64, Option<i64>);

/// Two of the same description are a rotation under way; two nearly as old are the traces of a broken creation.
const KEYS: &[SeedKey] = &[
    SeedKey(Kind::Flux, ENVIRONMENT, "web frontend", Some("r1shopreader"), 140, None),
    SeedKey(Kind::Flux, ENVIRONMENT, "mobile app", Some("r2everyreadr"), 61, None),
    SeedKey(Kind::Flux, ENVIRONMENT, "nightly import", Some("r3shopwriter"), 33, None),
    SeedKey(Kind::Flux, ENVIRONMENT, "assistant 助手 🦊", Some("r1shopreader"), 20, Some(6)),
    SeedKey(Kind::Flux, ENVIRONMENT, "never given a role", None, 250, None),
    SeedKey(Kind::Flux, ENVIRONMENT, "for later", Some("r4emptyrole2"), 15, None),
    SeedKey(Kind::Flux, ENVIRONMENT, "search box", Some("r1shopreader"), 200, None),
    SeedKey(Kind::Flux, ENVIRONMENT, "search box", Some("r1shopreader"), 2, None),
    SeedKey(Kind::Flux, STAGING, "staging frontend", Some("r5stagread77"), 77, None),
    SeedKey(Kind::Flux, LABS, "notebooks", Some("r6labsread48"), 9, None),
    SeedKey(Kind::Flux, RETIRED, "demo booth", Some("r7demoread59"), 470, None),
    SeedKey(Kind::Management, ENVIRONMENT, "terraform", Some("m1admin99kqd"), 300, None),
    SeedKey(Kind::Management, ENVIRONMENT, "made in a hurry", None, 41, None),
    SeedKey(Kind::Management, ENVIRONMENT, "audit export", Some("m2inventory4"), 118, None),
    SeedKey(Kind::Management, ENVIRONMENT, "content sync", Some("m3content55w"), 88, None),
    SeedKey(Kind::Management, STAGING, "key robot", Some("m4keeper8tw3"), 52, None),
    SeedKey(Kind::Management, FROZEN, "archive reader", None, 400, None),
];

fn make_keys(db: &Connection, now: Micros) -> Result<(), SandboxError> {
    for SeedKey(kind, environment, description, role, age, bearer) in KEYS {
        let seeded = keys::seeded(environment, *kind, now - age * DAY - 7 * MINUTE)?;
        let prefix = format!("fxk_{}", random::hex::<4>()?);
        let key = Key {
            description: Some((*description).to_owned()),
            role: role.map(str::to_owned),
            bearer_prefix: bearer.map(|_| prefix),
            bearer_issued: bearer.map(|age| now - age * DAY),
            ..seeded
        };
        keys::save(db, &key)?;
    }
    Ok(())
}
