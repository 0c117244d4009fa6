//! Columns as our own types. What does not fit was not written by us and is an error, never a guess.

use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::Type;
use uuid::Uuid;

use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::owner::Id;
use crate::domain::time::{Date, Timestamp};

/// A column's text through a function that knows its words.
pub(super) fn word<T>(
    row: &Row<'_>,
    column: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| {
        let position = row.as_ref().column_index(column).unwrap_or_default();
        let words = format!("{column} holds what it cannot hold");
        rusqlite::Error::FromSqlConversionFailure(position, Type::Text, words.into())
    })
}

pub(super) fn uuid(row: &Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
    word(row, column, |text| Uuid::parse_str(text).ok())
}

/// A moment as written: always as long, so that the order of the texts is the order of the moments.
pub(super) fn written(at: Timestamp) -> String {
    format!("{at:.9}")
}

pub(super) fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    word(row, column, |text| Timestamp::from_str(text).ok())
}

pub(super) fn moment_if_any(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    match row.get::<_, Option<String>>(column)? {
        Some(_) => moment(row, column).map(Some),
        None => Ok(None),
    }
}

pub(super) fn date_if_any(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Date>> {
    match row.get::<_, Option<String>>(column)? {
        Some(_) => word(row, column, |text| Date::from_str(text).ok()).map(Some),
        None => Ok(None),
    }
}

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<AccountName> {
    word(row, "account", |text| AccountName::parse(text).ok())
}

/// The columns `account`, `owner` and `credential`.
pub(super) fn reference(row: &Row<'_>) -> rusqlite::Result<CredentialRef> {
    Ok(CredentialRef {
        account: account(row)?,
        owner: Id::new(row.get::<_, String>("owner")?),
        id: Id::new(row.get::<_, String>("credential")?),
    })
}
