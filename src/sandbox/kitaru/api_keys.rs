//! API keys: one record each, with the hash of the current secret and of one previous.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::{MINUTE, Micros};
use super::super::random;
use super::errors::{Outcome, Problem};
use super::filters::{Kind, Listing};
use super::service_accounts::{self, Account};
use super::stamps::{naive, nullable};
use super::visit::{NAME, TEXT, Visit, name_or_id, ok};
use super::{hash, raw_key};

/// A record of the table.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) service_account: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) hash: String,
    pub(super) previous_hash: Option<String>,
    pub(super) generation: i64,
    pub(super) retain: i64,
    pub(super) active: bool,
    pub(super) created: Micros,
    pub(super) updated: Micros,
    pub(super) last_login: Option<Micros>,
    pub(super) last_rotated: Option<Micros>,
}

const LISTING: Listing = Listing {
    table: "kitaru_api_keys",
    model: "APIKeyFilter",
    columns: &[
        ("id", Kind::Id),
        ("name", Kind::Text),
        ("description", Kind::Text),
        ("active", Kind::Flag),
        ("created", Kind::Time),
        ("updated", Kind::Time),
        ("last_login", Kind::Time),
        ("last_rotated", Kind::Time),
    ],
};

/// The longest window the server's language can hold; beyond it, checking any secret of the key fails.
const LONGEST_DAYS: i64 = 999_999_999;

impl Key {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            service_account: row.get("service_account")?,
            name: row.get("name")?,
            description: row.get("description")?,
            hash: row.get("hash")?,
            previous_hash: row.get("previous_hash")?,
            generation: row.get("generation")?,
            retain: row.get("retain_period_minutes")?,
            active: row.get("active")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
            last_login: row.get("last_login")?,
            last_rotated: row.get("last_rotated")?,
        })
    }

    /// Whether the window after the last rotation is still open. Nothing checks how long it is meant to be.
    fn window_open(&self, now: Micros) -> Outcome<bool> {
        let days = self.retain / (24 * 60);
        if days.abs() > LONGEST_DAYS {
            return Err(Problem::overflow(days));
        }
        let rotated = self.last_rotated.unwrap_or_default();
        Ok(i128::from(now - rotated) < i128::from(self.retain) * i128::from(MINUTE))
    }

    /// Whether a secret is the current one, or the previous inside its window.
    pub(super) fn accepts(&self, secret: &str, now: Micros) -> Outcome<bool> {
        let open = self.window_open(now)?;
        let presented = hash::secret(secret);
        Ok(presented == self.hash || (open && self.previous_hash.as_ref() == Some(&presented)))
    }

    /// Whether a token of this generation is the current one's, or the previous one's inside its window.
    pub(super) fn honours(&self, generation: i64, now: Micros) -> Outcome<bool> {
        Ok(generation == self.generation || (generation == self.generation - 1 && self.window_open(now)?))
    }

    /// The envelope. The raw key is shown by create and rotate only, metadata when hydrated.
    fn json(&self, account: &Account, raw: Option<&str>, hydrate: bool) -> Value {
        let metadata = json!({
            "description": self.description,
            "retain_period_minutes": self.retain,
            "last_login": nullable(self.last_login),
            "last_rotated": nullable(self.last_rotated),
        });
        json!({
            "id": self.id,
            "name": self.name,
            "permission_denied": false,
            "resources": null,
            "metadata": if hydrate { metadata } else { Value::Null },
            "body": {
                "created": naive(self.created),
                "updated": naive(self.updated),
                "key": raw,
                "active": self.active,
                "service_account": account.json(false),
            },
        })
    }
}

/// The key with this id, and its account.
pub(super) fn by_id(db: &Connection, id: &str) -> rusqlite::Result<Option<(Key, Account)>> {
    let found = db
        .prepare_cached("select * from kitaru_api_keys where id = ?")?
        .query_row([id], Key::read)
        .optional()?;
    let Some(key) = found else { return Ok(None) };
    let account = service_accounts::find(db, &key.service_account)?;
    Ok(account.map(|account| (key, account)))
}

/// Notes that the key, or a token from it, was used just now.
pub(super) fn stamp(visit: &Visit<'_>, id: &str) -> rusqlite::Result<()> {
    visit
        .db
        .prepare_cached("update kitaru_api_keys set last_login = ?1, updated = ?1 where id = ?2")?
        .execute(params![visit.now, id])
        .map(drop)
}

/// The account's key with this name or id, or the 404.
fn require(db: &Connection, account: &Account, name: &str) -> Outcome<Key> {
    let (text, id) = name_or_id(name);
    db.prepare_cached(
        "select * from kitaru_api_keys where service_account = ?1 and (id = ?2 or name = ?3) order by id = ?2 desc",
    )?
    .query_row([&account.id, &id, &text], Key::read)
    .optional()?
    .ok_or_else(|| {
        let owner = &account.id;
        Problem::missing(&format!(
            "An API key with ID or name '{name}' is not configured for service account with ID '{owner}'."
        ))
    })
}

pub(super) fn list(visit: &mut Visit<'_>, account: &str) -> Outcome {
    visit.caller()?;
    let id = Visit::uuid("service_account_id", account)?;
    let hydrate = visit.flag("hydrate", false)?;
    let account = service_accounts::require(visit.db, &id)?;
    let page = LISTING.page(visit, Some(("service_account", &account.id)), Key::read)?;
    ok(&page.json(|key| key.json(&account, None, hydrate)))
}

pub(super) fn create(visit: &mut Visit<'_>, account: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::uuid("service_account_id", account)?;
    let name = body.required_text("name", NAME)?;
    let description = body.text("description", TEXT)?.unwrap_or_default();
    visit.once(&caller, |visit| {
        let account = service_accounts::require(visit.db, &id)?;
        visit.writer(&caller, "create API key")?;
        free(visit.db, &account, &name, "")?;
        let secret = random::hex::<32>()?;
        let key = Key {
            id: random::id(),
            service_account: account.id.clone(),
            name,
            description,
            hash: hash::secret(&secret),
            previous_hash: None,
            generation: 1,
            retain: 0,
            active: true,
            created: visit.now,
            updated: visit.now,
            last_login: None,
            last_rotated: None,
        };
        insert(visit.db, &key)?;
        ok(&key.json(&account, Some(&raw_key::encode(&key.id, &secret)), true))
    })
}

/// Writes a new key down.
pub(super) fn insert(db: &Connection, key: &Key) -> rusqlite::Result<()> {
    db.prepare_cached("insert into kitaru_api_keys values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            key.id,
            key.service_account,
            key.name,
            key.description,
            key.hash,
            key.previous_hash,
            key.generation,
            key.retain,
            key.active,
            key.created,
            key.updated,
            key.last_login,
            key.last_rotated
        ])
        .map(drop)
}

/// The 409 if another key of the account has the name.
fn free(db: &Connection, account: &Account, name: &str, id: &str) -> Outcome<()> {
    let taken: bool = db.query_row(
        "select exists (select 1 from kitaru_api_keys where service_account = ? and name = ? and id != ?)",
        [&account.id, name, id],
        |row| row.get(0),
    )?;
    if taken {
        return Err(Problem::exists(format!(
            "Unable to register API key with name '{name}': Found an existing API key with the same name configured \
             for the same '{}' service account.",
            account.name
        )));
    }
    Ok(())
}

pub(super) fn get(visit: &mut Visit<'_>, account: &str, name: &str) -> Outcome {
    visit.caller()?;
    let id = Visit::uuid("service_account_id", account)?;
    let hydrate = visit.flag("hydrate", true)?;
    let account = service_accounts::require(visit.db, &id)?;
    ok(&require(visit.db, &account, name)?.json(&account, None, hydrate))
}

pub(super) fn update(visit: &mut Visit<'_>, account: &str, name: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::uuid("service_account_id", account)?;
    let (new_name, active) = (body.text("name", NAME)?, body.boolean("active")?);
    let description = body.text("description", TEXT)?;

    let account = service_accounts::require(visit.db, &id)?;
    visit.writer(&caller, "update API key")?;
    let key = require(visit.db, &account, name)?;
    let key = Key {
        name: new_name.unwrap_or(key.name),
        description: description.unwrap_or(key.description),
        active: active.unwrap_or(key.active),
        updated: visit.now,
        ..key
    };
    free(visit.db, &account, &key.name, &key.id)?;
    visit.db.execute(
        "update kitaru_api_keys set name = ?, description = ?, active = ?, updated = ? where id = ?",
        params![key.name, key.description, key.active, key.updated, key.id],
    )?;
    ok(&key.json(&account, None, true))
}

/// Replaces the secret. The one before goes into the single previous slot, whatever was there dies; a repeated call
/// makes another secret, because a PUT knows no `Idempotency-Key`.
pub(super) fn rotate(visit: &mut Visit<'_>, account: &str, name: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::uuid("service_account_id", account)?;
    let retain = body.integer("retain_period_minutes", 0)?;

    let account = service_accounts::require(visit.db, &id)?;
    visit.writer(&caller, "rotate API key")?;
    let key = require(visit.db, &account, name)?;
    let secret = random::hex::<32>()?;
    let key = Key {
        hash: hash::secret(&secret),
        previous_hash: Some(key.hash),
        generation: key.generation + 1,
        retain,
        updated: visit.now,
        last_rotated: Some(visit.now),
        ..key
    };
    visit.db.execute(
        "update kitaru_api_keys set hash = ?, previous_hash = ?, generation = ?, retain_period_minutes = ?, \
         updated = ?, last_rotated = ? where id = ?",
        params![
            key.hash,
            key.previous_hash,
            key.generation,
            key.retain,
            key.updated,
            key.last_rotated,
            key.id
        ],
    )?;
    // The real server forgets to hydrate here: the end of the window has to be read back.
    ok(&key.json(&account, Some(&raw_key::encode(&key.id, &secret)), false))
}

pub(super) fn delete(visit: &mut Visit<'_>, account: &str, name: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::uuid("service_account_id", account)?;
    let account = service_accounts::require(visit.db, &id)?;
    visit.writer(&caller, "delete API key")?;
    let key = require(visit.db, &account, name)?;
    visit.db.execute("delete from kitaru_api_keys where id = ?", [key.id])?;
    ok(&Value::Null)
}
