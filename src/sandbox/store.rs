//! The one SQLite database under all backends: where it is, who may read it, and the few values that belong to no
//! backend. Each backend brings its own tables.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::SandboxError;

/// The database's name in the directory of `--data`.
const FILE: &str = "sandbox.db";

/// Opens the database in the directory, or one in memory, with the tables of every backend.
pub(super) fn open(data: Option<&Path>, schemas: &[&str]) -> Result<Connection, SandboxError> {
    let db = match data {
        None => Connection::open_in_memory()?,
        Some(directory) => open_file(directory)?,
    };
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch(
        "pragma foreign_keys = on; create table if not exists meta (name text primary key, value text)",
    )?;
    for schema in schemas {
        db.execute_batch(schema)?;
    }
    Ok(db)
}

/// A database that only this user can read and only this process has open.
fn open_file(directory: &Path) -> Result<Connection, SandboxError> {
    let refused = |source| SandboxError::Data { path: directory.to_owned(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(refused)?;
    let file = directory.join(FILE);
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&file).map_err(refused)?;
    let db = Connection::open(&file)?;
    db.busy_timeout(Duration::from_millis(100))?;
    // A sandbox may lose its last moments in a power cut; what it must be is fast.
    let claim = "pragma locking_mode = exclusive; pragma synchronous = off; begin immediate; commit";
    db.execute_batch(claim).map_err(|error| {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) {
            SandboxError::InUse(directory.to_owned())
        } else {
            SandboxError::Store(error)
        }
    })?;
    Ok(db)
}

/// A kept value.
pub(super) fn get(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("select value from meta where name = ?", [name], |row| row.get(0)).optional()
}

/// Keeps a value.
pub(super) fn set(db: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    db.execute("insert or replace into meta values (?, ?)", params![name, value]).map(drop)
}

/// The kept value, or this one from now on.
pub(super) fn get_or(
    db: &Connection,
    name: &str,
    make: impl FnOnce() -> Result<String, SandboxError>,
) -> Result<String, SandboxError> {
    if let Some(kept) = get(db, name)? {
        return Ok(kept);
    }
    let value = make()?;
    set(db, name, &value)?;
    Ok(value)
}
