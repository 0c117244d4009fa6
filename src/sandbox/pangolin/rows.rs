//! The server's own store: every thing it keeps is one JSON document under its kind and id. There are few of each, so
//! what is looked for is looked for by reading all of a kind.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of thing that is kept.
pub(super) trait Row: Serialize + DeserializeOwned {
    /// The word it is kept under.
    const KIND: &'static str;

    /// What tells it from others of its kind.
    fn id(&self) -> &str;
}

fn decode<T: Row>(body: &str) -> rusqlite::Result<T> {
    serde_json::from_str(body).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Everything of a kind, in the order it came.
pub(super) fn all<T: Row>(db: &Connection) -> rusqlite::Result<Vec<T>> {
    let mut statement = db.prepare_cached("select body from pangolin_rows where kind = ? order by number")?;
    let rows = statement.query_map([T::KIND], |row| row.get::<_, String>(0))?;
    rows.map(|body| decode(&body?)).collect()
}

/// One by its id.
pub(super) fn find<T: Row>(db: &Connection, id: &str) -> rusqlite::Result<Option<T>> {
    let body: Option<String> = db
        .prepare_cached("select body from pangolin_rows where kind = ? and id = ?")?
        .query_row([T::KIND, id], |row| row.get(0))
        .optional()?;
    body.map(|body| decode(&body)).transpose()
}

/// Keeps one, in place of the one with the same id.
pub(super) fn put<T: Row>(db: &Connection, row: &T) -> rusqlite::Result<()> {
    let body = serde_json::to_string(row)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    db.prepare_cached(
        "insert into pangolin_rows (kind, id, body) values (?, ?, ?) \
         on conflict (kind, id) do update set body = excluded.body",
    )?
    .execute(params![T::KIND, row.id(), body])
    .map(drop)
}

/// Forgets one; whether it was there.
pub(super) fn delete<T: Row>(db: &Connection, id: &str) -> rusqlite::Result<bool> {
    let gone =
        db.prepare_cached("delete from pangolin_rows where kind = ? and id = ?")?.execute([T::KIND, id])?;
    Ok(gone > 0)
}

/// Forgets those that are no longer wanted; how many they were.
pub(super) fn retain<T: Row>(db: &Connection, wanted: impl Fn(&T) -> bool) -> rusqlite::Result<usize> {
    let mut gone = 0;
    for row in all::<T>(db)?.iter().filter(|row| !wanted(row)) {
        gone += usize::from(delete::<T>(db, row.id())?);
    }
    Ok(gone)
}
