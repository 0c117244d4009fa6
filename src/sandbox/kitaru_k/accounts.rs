//! Accounts: people and service accounts in one table, with separate name spaces. Everybody who is logged in sees all of
//! them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::Micros;
use super::filters::Kind;
use super::pages::Listing;
use super::problem::{Outcome, Problem};
use super::visit::{Visit, ok, stamp};

/// The marks that a name may hold inside, in the order in which they are told.
pub(super) const MARKS: [char; 5] = ['+', '-', '.', '@', '_'];

/// A record of the table.
#[expect(clippy::struct_field_names, reason = "the words of the wire")]
#[derive(Clone, PartialEq)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) is_service_account: bool,
    pub(super) is_admin: bool,
    pub(super) active: bool,
    pub(super) metadata: String,
    pub(super) password: Option<String>,
    pub(super) activation_token: Option<String>,
    pub(super) created: Micros,
    pub(super) updated: Micros,
}

const LISTING: Listing = Listing {
    table: "kitaru_k_accounts",
    columns: &[
        ("id", Kind::Id),
        ("name", Kind::Text),
        ("active", Kind::Flag),
        ("is_service_account", Kind::Flag),
    ],
};

impl Account {
    /// A record that is active and has nothing yet.
    pub(super) fn new(id: String, name: String, now: Micros) -> Self {
        Self {
            id,
            name,
            email: None,
            is_service_account: false,
            is_admin: false,
            active: true,
            metadata: "{}".to_owned(),
            password: None,
            activation_token: None,
            created: now,
            updated: now,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            is_service_account: row.get("is_service_account")?,
            is_admin: row.get("is_admin")?,
            active: row.get("active")?,
            metadata: row.get("metadata")?,
            password: row.get("password")?,
            activation_token: row.get("activation_token")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
        })
    }

    /// Writes the record down. A name that another of its kind has is the 409.
    pub(super) fn save(&self, db: &Connection) -> Outcome<()> {
        let taken = find(db, &self.name, self.is_service_account)?.is_some_and(|found| found.id != self.id);
        if taken {
            let name = &self.name;
            return Err(Problem::plain(409, format!("Account name '{name}' is already registered")));
        }
        db.execute(
            "insert into kitaru_k_accounts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set \
             email = excluded.email, is_admin = excluded.is_admin, active = excluded.active, \
             metadata = excluded.metadata, password = excluded.password, \
             activation_token = excluded.activation_token, updated = excluded.updated",
            params![
                self.id,
                self.name,
                self.email,
                self.is_service_account,
                self.is_admin,
                self.active,
                self.metadata,
                self.password,
                self.activation_token,
                self.created,
                self.updated
            ],
        )?;
        Ok(())
    }

    /// Saves what changed of a record, with a new `updated` only if something did.
    pub(super) fn replace(self, old: &Self, visit: &Visit<'_>) -> Outcome<Self> {
        if self == *old {
            return Ok(self);
        }
        let account = Self { updated: visit.now, ..self };
        account.save(visit.db)?;
        Ok(account)
    }

    /// As it is shown.
    pub(super) fn json(&self) -> Value {
        json!({
            "created": stamp(self.created),
            "updated": stamp(self.updated),
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "is_service_account": self.is_service_account,
            "is_admin": self.is_admin,
            "active": self.active,
            "metadata": serde_json::from_str::<Value>(&self.metadata).unwrap_or_default(),
        })
    }
}

/// The account with this name among people or among service accounts.
pub(super) fn find(db: &Connection, name: &str, service: bool) -> rusqlite::Result<Option<Account>> {
    db.prepare_cached("select * from kitaru_k_accounts where name = ? and is_service_account = ?")?
        .query_row(params![name, service], Account::read)
        .optional()
}

/// The account with this id.
pub(super) fn by_id(db: &Connection, id: &str) -> rusqlite::Result<Option<Account>> {
    db.prepare_cached("select * from kitaru_k_accounts where id = ?")?
        .query_row([id], Account::read)
        .optional()
}

/// The account with this id among people or among service accounts, or the 404.
pub(super) fn require(db: &Connection, id: &str, service: Option<bool>) -> Outcome<Account> {
    by_id(db, id)?
        .filter(|account| service.is_none_or(|service| account.is_service_account == service))
        .ok_or_else(|| Problem::plain(404, format!("Account {id} was not found")))
}

pub(super) fn list(visit: &Visit<'_>) -> Outcome {
    visit.caller()?;
    ok(&LISTING.page(visit, None, Account::read, Account::json, |account| &account.id)?)
}

pub(super) fn me(visit: &Visit<'_>) -> Outcome {
    ok(&visit.caller()?.json())
}

pub(super) fn get(visit: &Visit<'_>, id: &str) -> Outcome {
    visit.caller()?;
    let id = Visit::id("account_id", id)?;
    ok(&require(visit.db, &id, None)?.json())
}
