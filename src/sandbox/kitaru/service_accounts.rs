//! Service accounts: the owners of keys.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::Micros;
use super::super::http::Reply;
use super::super::random;
use super::errors::{Outcome, Problem};
use super::filters::{Kind, Listing};
use super::stamps::naive;
use super::visit::{NAME, TEXT, Visit, name_or_id, ok};

/// A record of the table.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) description: String,
    pub(super) avatar_url: Option<String>,
    pub(super) active: bool,
    pub(super) created: Micros,
    pub(super) updated: Micros,
}

const LISTING: Listing = Listing {
    table: "kitaru_service_accounts",
    model: "ServiceAccountFilter",
    columns: &[
        ("id", Kind::Id),
        ("name", Kind::Text),
        ("description", Kind::Text),
        ("active", Kind::Flag),
        ("created", Kind::Time),
        ("updated", Kind::Time),
    ],
};

impl Account {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            full_name: row.get("full_name")?,
            description: row.get("description")?,
            avatar_url: row.get("avatar_url")?,
            active: row.get("active")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
        })
    }

    /// The envelope; descriptions only when hydrated.
    pub(super) fn json(&self, hydrate: bool) -> Value {
        let metadata = json!({ "description": self.description, "external_user_id": null });
        json!({
            "id": self.id,
            "name": self.name,
            "permission_denied": false,
            "resources": null,
            "metadata": if hydrate { metadata } else { Value::Null },
            "body": {
                "created": naive(self.created),
                "updated": naive(self.updated),
                "full_name": self.full_name,
                "active": self.active,
                "avatar_url": self.avatar_url,
            },
        })
    }
}

/// The account with this name or id.
pub(super) fn find(db: &Connection, name: &str) -> rusqlite::Result<Option<Account>> {
    let (name, id) = name_or_id(name);
    db.prepare_cached(
        "select * from kitaru_service_accounts where id = ? or name = ? order by id = ?1 desc limit 1",
    )?
    .query_row([id, name], Account::read)
    .optional()
}

/// The account with this name or id, or the 404.
pub(super) fn require(db: &Connection, name: &str) -> Outcome<Account> {
    find(db, name)?.ok_or_else(|| {
        Problem::missing(&format!("No service account with the '{name}' name or ID was found"))
    })
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    visit.caller()?;
    let hydrate = visit.flag("hydrate", false)?;
    let page = LISTING.page(visit, None, Account::read)?;
    ok(&page.json(|account| account.json(hydrate)))
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let account = Account {
        id: random::id(),
        name: body.required_text("name", NAME)?,
        full_name: body.text("full_name", NAME)?.unwrap_or_default(),
        description: body.text("description", TEXT)?.unwrap_or_default(),
        avatar_url: body.text("avatar_url", TEXT)?,
        active: body.required_boolean("active")?,
        created: visit.now,
        updated: visit.now,
    };
    visit.once(&caller, |visit| {
        visit.writer(&caller, "create service account")?;
        free(visit.db, &account.name, "")?;
        insert(visit.db, &account)?;
        ok(&account.json(true))
    })
}

/// Writes a new account down.
pub(super) fn insert(db: &Connection, account: &Account) -> rusqlite::Result<()> {
    db.execute(
        "insert into kitaru_service_accounts values (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            account.id,
            account.name,
            account.full_name,
            account.description,
            account.avatar_url,
            account.active,
            account.created,
            account.updated
        ],
    )
    .map(drop)
}

/// The 409 if another account has the name.
fn free(db: &Connection, name: &str, id: &str) -> Outcome<()> {
    let taken: bool = db.query_row(
        "select exists (select 1 from kitaru_service_accounts where name = ? and id != ?)",
        [name, id],
        |row| row.get(0),
    )?;
    if taken {
        return Err(Problem::exists(format!(
            "Unable to create service account with name '{name}': Found existing service account with this name."
        )));
    }
    Ok(())
}

pub(super) fn get(visit: &mut Visit<'_>, name: &str) -> Outcome {
    visit.caller()?;
    let hydrate = visit.flag("hydrate", true)?;
    ok(&require(visit.db, name)?.json(hydrate))
}

pub(super) fn update(visit: &mut Visit<'_>, name: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let (new_name, active) = (body.text("name", NAME)?, body.boolean("active")?);
    let (full_name, description) = (body.text("full_name", NAME)?, body.text("description", TEXT)?);
    let avatar_url = body.text("avatar_url", TEXT)?;

    let account = require(visit.db, name)?;
    visit.writer(&caller, "update service account")?;
    let account = Account {
        name: new_name.unwrap_or(account.name),
        full_name: full_name.unwrap_or(account.full_name),
        description: description.unwrap_or(account.description),
        avatar_url: avatar_url.or(account.avatar_url),
        active: active.unwrap_or(account.active),
        updated: visit.now,
        ..account
    };
    free(visit.db, &account.name, &account.id)?;
    visit.db.execute(
        "update kitaru_service_accounts set name = ?, full_name = ?, description = ?, avatar_url = ?, active = ?, \
         updated = ? where id = ?",
        params![
            account.name,
            account.full_name,
            account.description,
            account.avatar_url,
            account.active,
            account.updated,
            account.id
        ],
    )?;
    ok(&account.json(true))
}

/// Deletes the account and, by the table's own rule, its keys.
pub(super) fn delete(visit: &mut Visit<'_>, name: &str) -> Outcome<Reply> {
    let caller = visit.caller()?;
    let account = require(visit.db, name)?;
    visit.writer(&caller, "delete service account")?;
    visit.db.execute("delete from kitaru_service_accounts where id = ?", [account.id])?;
    ok(&Value::Null)
}
