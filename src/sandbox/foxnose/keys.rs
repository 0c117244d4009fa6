//! API keys of both kinds: made, listed, changed, deleted; and the bearer token that a Flux key may have. The secret is
//! told by the creation alone; what is kept is its hash, and its public half for signatures.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

use super::super::clock::Micros;
use super::super::http::Reply;
use super::super::{SandboxError, hash};
use super::pair::{self, Pair};
use super::problem::{Outcome, Problem};
use super::{Visit, moment, page, roles};

/// The longest description.
const LONGEST: usize = 100;

/// Which API a key, or a role, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Management,
    Flux,
}

impl Kind {
    /// From the part of a path.
    pub(super) fn of(segment: &str) -> Option<Self> {
        [Kind::Management, Kind::Flux].into_iter().find(|kind| segment == format!("{}-api", kind.name()))
    }

    /// The name in the store.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Management => "management",
            Kind::Flux => "flux",
        }
    }
}

/// A row. `secret` is a hash.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) environment: String,
    pub(super) kind: Kind,
    pub(super) description: Option<String>,
    pub(super) public: String,
    pub(super) secret: String,
    pub(super) mask: String,
    pub(super) role: Option<String>,
    pub(super) created: Micros,
    pub(super) bearer_prefix: Option<String>,
    pub(super) bearer_issued: Option<Micros>,
}

impl Key {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let kind: String = row.get("kind")?;
        Ok(Self {
            id: row.get("key")?,
            environment: row.get("environment")?,
            kind: if kind == Kind::Flux.name() { Kind::Flux } else { Kind::Management },
            description: row.get("description")?,
            public: row.get("public")?,
            secret: row.get("secret")?,
            mask: row.get("mask")?,
            role: row.get("role")?,
            created: row.get("created")?,
            bearer_prefix: row.get("bearer_prefix")?,
            bearer_issued: row.get("bearer_issued")?,
        })
    }

    fn json(&self, secret: &str, bearer_tokens: bool) -> Value {
        let mut row = json!({
            "key": self.id,
            "description": self.description,
            "public_key": self.public,
            "secret_key": secret,
            "role": self.role,
            "environment": self.environment,
            "created_at": moment(self.created),
        });
        if let (Value::Object(row), Kind::Flux, true) = (&mut row, self.kind, bearer_tokens) {
            row.insert("bearer_token_prefix".to_owned(), json!(self.bearer_prefix));
            row.insert("bearer_token_issued_at".to_owned(), json!(self.bearer_issued.map(moment)));
        }
        row
    }
}

/// What a secret looks like after its creation.
pub(super) fn mask(secret: &str) -> String {
    let end: String = secret.chars().skip(secret.chars().count().saturating_sub(4)).collect();
    format!("********{end}")
}

/// Writes a new row down.
pub(super) fn save(db: &Connection, key: &Key) -> rusqlite::Result<()> {
    let sql = "insert into foxnose_keys (key, environment, kind, description, public, secret, mask, role, created, \
               bearer_prefix, bearer_issued) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    db.prepare_cached(sql)?
        .execute(params![
            key.id,
            key.environment,
            key.kind.name(),
            key.description,
            key.public,
            key.secret,
            key.mask,
            key.role,
            key.created,
            key.bearer_prefix,
            key.bearer_issued
        ])
        .map(drop)
}

/// The key with this public half.
pub(super) fn by_public(db: &Connection, kind: Kind, public: &str) -> rusqlite::Result<Option<Key>> {
    let mut found = db.prepare_cached("select * from foxnose_keys where kind = ? and public = ?")?;
    found.query_row([kind.name(), public], Key::read).optional()
}

/// The key with this bearer token.
pub(super) fn by_bearer(db: &Connection, token: &str) -> rusqlite::Result<Option<Key>> {
    let mut found = db.prepare_cached("select * from foxnose_keys where bearer = ?")?;
    found.query_row([hash::secret(token)], Key::read).optional()
}

fn of(visit: &Visit<'_>, environment: &str, kind: Kind) -> rusqlite::Result<Vec<Key>> {
    let sql = "select * from foxnose_keys where environment = ? and kind = ? order by created, key";
    visit.db.prepare_cached(sql)?.query_map([environment, kind.name()], Key::read)?.collect()
}

fn find(visit: &Visit<'_>, environment: &str, kind: Kind, key: &str) -> Outcome<Key> {
    let sql = "select * from foxnose_keys where environment = ? and kind = ? and key = ?";
    let found = visit.db.query_row(sql, [environment, kind.name(), key], Key::read).optional()?;
    found.ok_or_else(Problem::missing)
}

fn shown(visit: &Visit<'_>, status: u16, key: &Key, secret: &str) -> Reply {
    Reply::json(status, &key.json(secret, visit.quirks.bearer_tokens))
}

pub(super) fn list(visit: &Visit<'_>, environment: &str, kind: Kind) -> Outcome {
    let keys = of(visit, environment, kind)?;
    let rows: Vec<Value> = keys.iter().map(|key| key.json(&key.mask, visit.quirks.bearer_tokens)).collect();
    page::reply(visit, &rows)
}

pub(super) fn get(visit: &Visit<'_>, environment: &str, kind: Kind, key: &str) -> Outcome {
    let found = find(visit, environment, kind, key)?;
    Ok(shown(visit, 200, &found, &found.mask))
}

/// Unknown members are ignored: a client that sends `name` and `roles` gets a key without either.
pub(super) fn create(visit: &Visit<'_>, environment: &str, kind: Kind) -> Outcome {
    let body = visit.body()?;
    let (description, role) = (description(visit, &body)?, role(visit, environment, kind, &body)?);
    let current = of(visit, environment, kind)?.len();
    if let Some(limit) = visit.quirks.api_keys_max_count.filter(|limit| current >= *limit as usize) {
        let detail = json!({
            "entity": "api_keys", "limit": limit, "current": current,
            "upgrade_url": "https://foxnose.net/plans/",
        });
        let text = "The plan's limit of API keys is reached.".to_owned();
        return Err(Problem::Told(403, "plan_limit_exceeded", text, detail));
    }
    let pair = Pair::new()?;
    let key = Key {
        id: pair::identifier()?,
        environment: environment.to_owned(),
        kind,
        description: description.unwrap_or_default(),
        public: pair.public,
        secret: hash::secret(&pair.secret),
        mask: mask(&pair.secret),
        role: role.unwrap_or_default(),
        created: visit.now,
        bearer_prefix: None,
        bearer_issued: None,
    };
    save(visit.db, &key)?;
    Ok(shown(visit, 201, &key, &pair.secret))
}

pub(super) fn update(visit: &Visit<'_>, environment: &str, kind: Kind, key: &str) -> Outcome {
    let found = find(visit, environment, kind, key)?;
    let body = visit.body()?;
    let (description, role) = (description(visit, &body)?, role(visit, environment, kind, &body)?);
    let kept = |old: &Option<String>| if visit.quirks.put_replaces { None } else { old.clone() };
    let changed = Key {
        description: description.unwrap_or_else(|| kept(&found.description)),
        role: role.unwrap_or_else(|| kept(&found.role)),
        ..found
    };
    let sql = "update foxnose_keys set description = ?, role = ? where key = ?";
    visit.db.execute(sql, params![changed.description, changed.role, changed.id])?;
    Ok(shown(visit, 200, &changed, &changed.mask))
}

pub(super) fn delete(visit: &Visit<'_>, environment: &str, kind: Kind, key: &str) -> Outcome {
    let found = find(visit, environment, kind, key)?;
    visit.db.execute("delete from foxnose_keys where key = ?", [found.id])?;
    Ok(Reply::text(204, ""))
}

/// Issues the token of a Flux key, in the place of the one it had.
pub(super) fn issue_bearer(visit: &Visit<'_>, environment: &str, key: &str) -> Outcome {
    let found = find(visit, environment, Kind::Flux, key)?;
    let token = pair::bearer()?;
    let prefix: String = token.chars().take(12).collect();
    let sql = "update foxnose_keys set bearer = ?, bearer_prefix = ?, bearer_issued = ? where key = ?";
    visit.db.execute(sql, params![hash::secret(&token), prefix, visit.now, found.id])?;
    let told = json!({
        "bearer_token": token, "bearer_token_prefix": prefix, "bearer_token_issued_at": moment(visit.now),
    });
    Ok(Reply::json(200, &told))
}

/// Ends the token of a Flux key, whether it has one or not.
pub(super) fn revoke_bearer(visit: &Visit<'_>, environment: &str, key: &str) -> Outcome {
    let found = find(visit, environment, Kind::Flux, key)?;
    let sql =
        "update foxnose_keys set bearer = null, bearer_prefix = null, bearer_issued = null where key = ?";
    visit.db.execute(sql, [found.id])?;
    Ok(Reply::text(204, ""))
}

/// A member that is named at all: its text, or that it is null.
type Named = Option<Option<String>>;

fn description(visit: &Visit<'_>, body: &Map<String, Value>) -> Outcome<Named> {
    let named = named(visit, body, "description")?;
    if named.as_ref().and_then(Option::as_ref).is_some_and(|text| text.chars().count() > LONGEST) {
        return Err(visit.invalid("description", "Ensure this field has no more than 100 characters."));
    }
    Ok(named)
}

fn role(visit: &Visit<'_>, environment: &str, kind: Kind, body: &Map<String, Value>) -> Outcome<Named> {
    let named = named(visit, body, "role")?;
    if let Some(Some(role)) = &named
        && !roles::exists(visit.db, environment, kind, role)?
    {
        return Err(visit.invalid("role", "Object with this key does not exist."));
    }
    Ok(named)
}

fn named(visit: &Visit<'_>, body: &Map<String, Value>, name: &str) -> Outcome<Named> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
        Some(_) => Err(visit.invalid(name, "Not a valid string.")),
    }
}

/// A key for the seed whose secret nobody has.
pub(super) fn seeded(environment: &str, kind: Kind, created: Micros) -> Result<Key, SandboxError> {
    let secret = pair::bearer()?;
    Ok(Key {
        id: pair::identifier()?,
        environment: environment.to_owned(),
        kind,
        description: None,
        public: pair::public_alone()?,
        secret: hash::secret(&secret),
        mask: mask(&secret),
        role: None,
        created,
        bearer_prefix: None,
        bearer_issued: None,
    })
}
