//! API keys: everybody's own. One record each, with the hash of the current secret and of one previous.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::{MINUTE, Micros, SECOND};
use super::super::{hash, random};
use super::filters::Kind;
use super::input::{check_name, count, flag, text};
use super::pages::Listing;
use super::problem::{Outcome, Problem};
use super::raw_key;
use super::visit::{Visit, created, gone, new_id, nullable, ok, stamp};

/// The marks that a name may hold inside.
const MARKS: [char; 2] = ['-', '_'];
/// The last use is written down again only when it is older than this.
const FRESH: Micros = 60 * SECOND;

/// A record of the table.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) owner_id: String,
    pub(super) name: String,
    pub(super) hash: String,
    pub(super) previous_hash: Option<String>,
    pub(super) retain: i64,
    pub(super) active: bool,
    pub(super) last_used: Option<Micros>,
    pub(super) last_rotated: Option<Micros>,
    pub(super) created: Micros,
    pub(super) updated: Micros,
}

const LISTING: Listing =
    Listing { table: "kitaru_k_api_keys", columns: &[("id", Kind::Id), ("name", Kind::Text)] };

impl Key {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            owner_id: row.get("owner_id")?,
            name: row.get("name")?,
            hash: row.get("hash")?,
            previous_hash: row.get("previous_hash")?,
            retain: row.get("retain_period_minutes")?,
            active: row.get("active")?,
            last_used: row.get("last_used")?,
            last_rotated: row.get("last_rotated")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
        })
    }

    /// Whether a secret is the current one, or the previous one inside its window.
    pub(super) fn accepts(&self, secret: &str, now: Micros) -> bool {
        let presented = hash::secret(secret);
        let open = self.last_rotated.is_some_and(|rotated| now - rotated < self.retain * MINUTE);
        presented == self.hash || (open && self.previous_hash.as_ref() == Some(&presented))
    }

    /// Notes that the key was used just now, unless the last note is fresh.
    pub(super) fn stamp(&self, visit: &Visit<'_>) -> rusqlite::Result<()> {
        if self.last_used.is_some_and(|used| visit.now - used < FRESH) {
            return Ok(());
        }
        save(visit.db, &Self { last_used: Some(visit.now), updated: visit.now, ..self.clone() })
    }

    /// As it is shown. How long the old secret is kept is told nowhere.
    fn json(&self) -> Value {
        json!({
            "created": stamp(self.created),
            "updated": stamp(self.updated),
            "owner_id": self.owner_id,
            "id": self.id,
            "name": self.name,
            "active": self.active,
            "last_used": nullable(self.last_used),
            "last_rotated": nullable(self.last_rotated),
        })
    }

    /// As it is shown with its secret, once.
    fn issued(&self, secret: &str) -> Value {
        let mut shown = self.json();
        if let Some(members) = shown.as_object_mut() {
            members.insert("key".to_owned(), json!(raw_key::encode(&self.id, secret)));
        }
        shown
    }
}

/// Writes a record down.
pub(super) fn save(db: &Connection, key: &Key) -> rusqlite::Result<()> {
    db.prepare_cached("insert or replace into kitaru_k_api_keys values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            key.id,
            key.owner_id,
            key.name,
            key.hash,
            key.previous_hash,
            key.retain,
            key.active,
            key.last_used,
            key.last_rotated,
            key.created,
            key.updated
        ])
        .map(drop)
}

/// The key with this id, whoever owns it.
pub(super) fn by_id(db: &Connection, id: &str) -> rusqlite::Result<Option<Key>> {
    db.prepare_cached("select * from kitaru_k_api_keys where id = ?")?.query_row([id], Key::read).optional()
}

/// The caller's own key, or the 404 that another's key gives too.
fn own(visit: &Visit<'_>, owner: &str, id: &str) -> Outcome<Key> {
    by_id(visit.db, id)?
        .filter(|key| key.owner_id == owner)
        .ok_or_else(|| Problem::plain(404, format!("API key {id} was not found")))
}

pub(super) fn list(visit: &Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    ok(&LISTING.page(visit, Some(("owner_id", &caller.id)), Key::read, Key::json, |key| &key.id)?)
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    visit.once(&caller, |visit| {
        let mut members = body.members()?;
        let name = members.required("name", text);
        members.end()?;
        check_name(&name, &MARKS)?;
        let taken: bool = visit.db.query_row(
            "select exists (select 1 from kitaru_k_api_keys where name = ?)",
            [&name],
            |row| row.get(0),
        )?;
        if taken {
            return Err(Problem::plain(409, format!("API key name '{name}' is already registered")));
        }
        let secret = random::hex::<32>()?;
        let key = Key {
            id: new_id(visit.now)?,
            owner_id: caller.id.clone(),
            name,
            hash: hash::secret(&secret),
            previous_hash: None,
            retain: 0,
            active: true,
            last_used: None,
            last_rotated: None,
            created: visit.now,
            updated: visit.now,
        };
        save(visit.db, &key)?;
        created(&key.issued(&secret))
    })
}

pub(super) fn get(visit: &Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::id("api_key_id", id)?;
    ok(&own(visit, &caller.id, &id)?.json())
}

pub(super) fn update(visit: &Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::id("api_key_id", id)?;
    let mut members = body.members()?;
    let active = members.required("active", flag);
    members.end()?;
    let old = own(visit, &caller.id, &id)?;
    if old.active == active {
        return ok(&old.json());
    }
    let key = Key { active, updated: visit.now, ..old };
    save(visit.db, &key)?;
    ok(&key.json())
}

/// Replaces the secret. The one before goes into the single previous slot, whatever was there dies.
pub(super) fn rotate(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    visit.once(&caller, |visit| {
        let id = Visit::id("api_key_id", id)?;
        let mut members = body.members()?;
        let retain = members.optional("retain_period_minutes", count).unwrap_or_default();
        members.end()?;
        let old = own(visit, &caller.id, &id)?;
        if retain > i64::from(i32::MAX) {
            return Err(Problem::value("Request contained a value the database cannot store"));
        }
        let secret = random::hex::<32>()?;
        let key = Key {
            hash: hash::secret(&secret),
            previous_hash: Some(old.hash),
            retain,
            last_rotated: Some(visit.now),
            updated: visit.now,
            ..old
        };
        save(visit.db, &key)?;
        ok(&key.issued(&secret))
    })
}

/// Deletes the key; tokens got with it know nothing of it and live on.
pub(super) fn delete(visit: &Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::id("api_key_id", id)?;
    let key = own(visit, &caller.id, &id)?;
    visit.db.execute("delete from kitaru_k_api_keys where id = ?", [&key.id])?;
    Ok(gone())
}
