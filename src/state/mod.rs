//! The database of what was begun, promised and noted: `state.db`. No secrets.
//!
//! Several programs use it at once; what is written is on the disk before a call returns. Every call blocks for
//! a few milliseconds. Start with [`State`]; `schema` has the tables, `run` tells who is alive, `turn` who may renew a login.
#![expect(clippy::disallowed_types, reason = "the room that owns the database")]

mod activity;
mod entries;
mod error;
mod files;
mod labels;
mod listing;
mod notes;
mod operations;
mod promises;
mod row;
mod run;
mod schema;
mod targets;
#[cfg(test)]
mod tests;
mod together;
mod turn;
mod windows;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

pub use activity::Happening;
pub use entries::StoredEntry;
pub use error::StateError;
pub use labels::Label;
pub use listing::SavedListing;
pub use notes::{Check, CheckId, Verification, not_ours};
use run::Run;
pub use targets::KeptTarget;
pub use together::{Keep, Note};
pub use turn::Turn;
pub use windows::{Rotation, remembered};

/// Says, before each writing, whether the disk is full.
pub type Full = Arc<dyn Fn() -> bool + Send + Sync>;

/// A version of the records: equal to another as long as nothing was written between them, by whichever program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version(i64, u64);

/// The records. A clone is another handle to the same connections.
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
    connection: Mutex<Connection>,
    /// Reads have a connection of their own, so that none waits until somebody else's note is on the disk. It is opened at
    /// the first read.
    reading: OnceLock<Mutex<Connection>>,
    /// Where the records are; none for those that end with the program, which have the one connection.
    path: Option<PathBuf>,
    run: Run,
    /// Where secrets are that the disk would not take: written before anything else.
    owed: Mutex<Vec<Keep>>,
    /// Only tests have one.
    full: OnceLock<Full>,
}

impl State {
    /// Opens the records in a directory of ours, making both when they are not there. A damaged file or one of a
    /// newer program is an error and is left as it is.
    pub fn open(dir: &Path) -> Result<Self, StateError> {
        files::make_private_folder(dir)?;
        let path = dir.join("state.db");
        files::make_private_file(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        let connection = schema::prepare(connection)?;
        let run = Run::begin(&dir.join("runs"))?;
        Ok(Self::over(connection, Some(path), run))
    }

    /// Records that end with the program, for tests.
    pub fn in_memory() -> Result<Self, StateError> {
        let connection = schema::prepare(Connection::open_in_memory()?)?;
        Ok(Self::over(connection, None, Run::alone()))
    }

    fn over(connection: Connection, path: Option<PathBuf>, run: Run) -> Self {
        let connection = Mutex::new(connection);
        let (reading, owed, full) = (OnceLock::new(), Mutex::default(), OnceLock::new());
        Self(Arc::new(Inner { connection, reading, path, run, owed, full }))
    }

    /// The same records on a disk that is full whenever this says so, for tests.
    #[must_use]
    pub fn full_when(self, full: Full) -> Self {
        // Whoever was asked first goes on being asked.
        drop(self.0.full.set(full));
        self
    }

    /// This installation's own identifier, made at the first call and the same ever after.
    pub fn device(&self) -> Result<Uuid, StateError> {
        const KNOWN: &str = "SELECT id FROM device";
        // Reading it must not wait for whoever is writing.
        let known: Option<String> =
            self.read(|connection| Ok(connection.query_row(KNOWN, [], |row| row.get(0)).optional()?))?;
        if let Some(id) = known.and_then(|text| Uuid::parse_str(&text).ok()) {
            return Ok(id);
        }
        self.write(|transaction| {
            let known: Option<String> = transaction.query_row(KNOWN, [], |row| row.get(0)).optional()?;
            if let Some(text) = known {
                return Uuid::parse_str(&text).map_err(|_bad| StateError::damaged("the device's identifier"));
            }
            let made = Uuid::new_v4();
            transaction.execute("INSERT INTO device (id) VALUES (?1)", params![made.to_string()])?;
            Ok(made)
        })
    }

    /// Which version of the records is read now.
    pub fn version(&self) -> Result<Version, StateError> {
        self.read(|connection| {
            let by_others = connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
            Ok(Version(by_others, connection.total_changes()))
        })
    }

    fn run(&self) -> &Run {
        &self.0.run
    }

    /// A panic elsewhere leaves no half-written transaction behind, so a poisoned lock can be used on.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads, seeing one moment of the records.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StateError>) -> Result<T, StateError> {
        let Some(path) = &self.0.path else { return work(&self.connection()) };
        let reading = if let Some(reading) = self.0.reading.get() {
            reading
        } else {
            let opened = schema::prepare_reading(path)?;
            self.0.reading.get_or_init(|| Mutex::new(opened))
        };
        work(&reading.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes, as the only one of all programs; it is on the disk when this returns, and with it whatever was owed.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        if self.0.full.get().is_some_and(|full| full()) {
            return Err(StateError::Full);
        }
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Whoever reads meanwhile is told of what is owed, and does not wait.
        let owed = self.owed().clone();
        self.pay(&transaction, &owed)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        self.owed().drain(..owed.len());
        Ok(value)
    }
}
