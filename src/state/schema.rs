//! The tables, step by step, and how a connection is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::StateError;

/// How long we wait for another program's write to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Each step is run once, in order; `user_version` counts those that were. Steps are only ever added.
pub(super) const STEPS: [&str; 13] = [
    "
CREATE TABLE device (id TEXT NOT NULL) STRICT;

CREATE TABLE operations (
    id TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    credential TEXT,
    credential_name TEXT NOT NULL,
    description TEXT NOT NULL,
    retain_minutes INTEGER,
    idempotency_key TEXT NOT NULL,
    vault_entry TEXT NOT NULL,
    rotated_before TEXT,
    phase TEXT NOT NULL,
    note TEXT NOT NULL,
    began TEXT NOT NULL,
    advanced TEXT NOT NULL
) STRICT;
CREATE INDEX operations_by_phase ON operations (phase);

CREATE TABLE entries (
    entry TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    credential TEXT NOT NULL,
    generation INTEGER NOT NULL,
    operation TEXT NOT NULL,
    stored TEXT NOT NULL,
    UNIQUE (account, owner, credential, generation)
) STRICT;

CREATE TABLE verifications (
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    credential TEXT NOT NULL,
    entry TEXT REFERENCES entries (entry) ON DELETE CASCADE,
    at TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    words TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX verifications_latest ON verifications (account, owner, credential, ifnull(entry, ''));

CREATE TABLE checks (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    credential TEXT NOT NULL,
    began TEXT NOT NULL,
    ended TEXT,
    use_before TEXT
) STRICT;
CREATE INDEX checks_by_account ON checks (account);

CREATE TABLE activity (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    account TEXT NOT NULL,
    credential TEXT NOT NULL,
    result TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER activity_is_not_changed BEFORE UPDATE ON activity
    BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END;
CREATE TRIGGER activity_is_not_deleted BEFORE DELETE ON activity
    BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END;

CREATE TABLE listings (account TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT;
",
    "
ALTER TABLE operations ADD COLUMN noun TEXT NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN replaces TEXT;
ALTER TABLE operations ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE operations ADD COLUMN expiry TEXT;
",
    "
CREATE TABLE promises (
    id TEXT PRIMARY KEY,
    run TEXT,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    credential TEXT NOT NULL,
    name TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    noun TEXT NOT NULL,
    successor_owner TEXT NOT NULL,
    successor TEXT NOT NULL,
    operation TEXT NOT NULL,
    made TEXT NOT NULL,
    due TEXT NOT NULL,
    uses_then INTEGER,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX promises_waiting ON promises (account, owner, credential) WHERE state = 'waiting';
ALTER TABLE checks ADD COLUMN uses INTEGER;
",
    "
ALTER TABLE operations ADD COLUMN target TEXT NOT NULL DEFAULT '';

CREATE TABLE targets (
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    credential TEXT NOT NULL,
    target TEXT NOT NULL,
    position INTEGER NOT NULL,
    entry TEXT,
    at TEXT,
    result TEXT,
    words TEXT,
    PRIMARY KEY (account, owner, credential, target)
) STRICT;
",
    "
ALTER TABLE promises ADD COLUMN duty TEXT NOT NULL DEFAULT 'revoke';
ALTER TABLE promises ADD COLUMN then_at TEXT;

CREATE TABLE labels (
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    credential TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (account, owner, credential)
) STRICT;

CREATE TABLE learned (account TEXT PRIMARY KEY, word TEXT NOT NULL) STRICT;
",
    "
ALTER TABLE entries ADD COLUMN made TEXT;
",
    "
ALTER TABLE entries ADD COLUMN ends TEXT;
",
    // What is looked for by its credential is found without reading everything else.
    "
CREATE INDEX operations_by_credential ON operations (account, credential);
CREATE INDEX checks_by_credential ON checks (account, owner, credential);
",
    "
CREATE INDEX operations_by_replaced ON operations (account, replaces) WHERE replaces IS NOT NULL;
",
    "
ALTER TABLE operations ADD COLUMN reviewed TEXT;
",
    "
ALTER TABLE promises ADD COLUMN skew INTEGER;
",
    "
ALTER TABLE operations ADD COLUMN began_there TEXT;
",
    // Nothing is looked for by its phase alone, and each step of an operation wrote this anew.
    "
DROP INDEX operations_by_phase;
",
];

/// Sets a connection up and brings its tables up to date.
pub(super) fn prepare(mut connection: Connection) -> Result<Connection, StateError> {
    connection.busy_timeout(PATIENCE)?;
    ready_statements(&connection)?;
    // Before anything else: the records of a newer program are not touched at all.
    let found = refuse_newer(&connection)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_mode| Ok(()))?;
    // In WAL mode only FULL has a commit on the disk before it returns.
    connection.pragma_update(None, "synchronous", "FULL")?;
    if found < STEPS.len() {
        bring_up_to_date(&mut connection)?;
    }
    Ok(connection)
}

/// How many different statements a connection keeps ready.
const READY: usize = 64;

/// Keeps statements ready, as they were prepared: otherwise one is prepared anew whenever it is given another value that
/// might be found in another way.
fn ready_statements(connection: &Connection) -> Result<(), StateError> {
    connection.set_prepared_statement_cache_capacity(READY);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A second connection to records that are open, for reading alone.
pub(super) fn prepare_reading(path: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    ready_statements(&connection)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// How many steps were run on the records.
fn refuse_newer(connection: &Connection) -> Result<usize, StateError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(found).ok().filter(|steps| *steps <= STEPS.len());
    steps.ok_or(StateError::Newer { found, known: STEPS.len() })
}

fn bring_up_to_date(connection: &mut Connection) -> Result<(), StateError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have done it while we waited for our turn.
    let done = refuse_newer(&transaction)?;
    for (number, step) in (1_i64..).zip(STEPS).skip(done) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.commit()?;
    Ok(())
}
