//! Which keyring entries hold which credential's secrets. The keyring cannot be asked that everywhere.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::State;
use super::error::StateError;
use super::row::{moment, moment_if_any, reference, uuid, written};
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::time::Timestamp;
use crate::domain::vending::OWNER;

/// One secret in the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Whose secret it is.
    pub credential: CredentialRef,
    /// The keyring entry's name.
    pub entry: String,
    /// The first secret stored of a credential is 1, the next 2, and so on.
    pub generation: u32,
    /// The operation that brought it.
    pub operation: Uuid,
    /// When it was stored, on our clock.
    pub stored: Timestamp,
    /// When the server made it, on the server's clock, where that is known: later secrets have a later one, whatever
    /// happens to our clock.
    pub made: Option<Timestamp>,
    /// When what is in it ends and it is to go, on our clock.
    pub ends: Option<Timestamp>,
}

impl State {
    /// Notes that an entry holds a secret of a credential: the newest one, unless later ones came before it, as where the
    /// answer to an earlier request was lost and is had again. Noting it again changes nothing.
    pub fn remember_entry(
        &self,
        credential: &CredentialRef,
        entry: &str,
        operation: Uuid,
        at: Timestamp,
        made: Option<Timestamp>,
    ) -> Result<(), StateError> {
        self.write(|transaction| Self::remember_entry_in(transaction, credential, entry, operation, at, made))
    }

    /// The same as a part of something larger.
    pub(super) fn remember_entry_in(
        transaction: &Connection,
        credential: &CredentialRef,
        entry: &str,
        operation: Uuid,
        at: Timestamp,
        made: Option<Timestamp>,
    ) -> Result<(), StateError> {
        let known = transaction
            .prepare_cached("SELECT 1 FROM entries WHERE entry = ?1")?
            .query_row([entry], |_| Ok(()))
            .optional()?;
        if known.is_some() {
            return Ok(());
        }
        let generation = Self::make_room(transaction, credential, operation, made)?;
        transaction
            .prepare_cached(
                "INSERT INTO entries (entry, account, owner, credential, operation, stored, made, generation) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                entry,
                credential.account.as_str(),
                credential.owner.as_str(),
                credential.id.as_str(),
                operation.to_string(),
                written(at),
                made.map(written),
                generation,
            ])?;
        Ok(())
    }

    /// The place of a new secret in the order in which they were made: by the server's word where it gave it on both, else
    /// by the order of the operations. Later ones move up.
    fn make_room(
        transaction: &Connection,
        credential: &CredentialRef,
        operation: Uuid,
        made: Option<Timestamp>,
    ) -> Result<u32, StateError> {
        let place = [credential.account.as_str(), credential.owner.as_str(), credential.id.as_str()];
        let mut statement = transaction.prepare_cached(
            "SELECT generation, made, (SELECT rowid FROM operations WHERE id = entries.operation) \
             > (SELECT rowid FROM operations WHERE id = ?4) AS later \
             FROM entries WHERE account = ?1 AND owner = ?2 AND credential = ?3 ORDER BY generation",
        )?;
        let [account, owner, id] = place;
        let rows = statement.query_map([account, owner, id, &operation.to_string()], |row| {
            let later: Option<bool> = row.get("later")?;
            Ok((row.get::<_, u32>("generation")?, moment_if_any(row, "made")?, later))
        })?;
        let mut newest = 0;
        for row in rows {
            let (generation, theirs, later) = row?;
            let is_later = match (made, theirs) {
                (Some(ours), Some(theirs)) if ours != theirs => theirs > ours,
                _ => later.unwrap_or(false),
            };
            if is_later {
                // By way of numbers nobody has, because no two may have the same one in between.
                for sql in [
                    "UPDATE entries SET generation = -generation - 1 \
                     WHERE account = ?1 AND owner = ?2 AND credential = ?3 AND generation >= ?4",
                    "UPDATE entries SET generation = -generation \
                     WHERE account = ?1 AND owner = ?2 AND credential = ?3 AND generation < 0 AND ?4 >= 0",
                ] {
                    transaction.prepare_cached(sql)?.execute(params![account, owner, id, generation])?;
                }
                return Ok(generation);
            }
            newest = generation;
        }
        Ok(newest.saturating_add(1))
    }

    /// Notes when the server made the secret of an entry that was stored without that.
    pub fn learn_made(&self, entry: &str, made: Timestamp) -> Result<(), StateError> {
        self.write(|transaction| {
            let values = params![entry, written(made)];
            transaction.execute("UPDATE entries SET made = ?2 WHERE entry = ?1 AND made IS NULL", values)?;
            Ok(())
        })
    }

    /// Notes, as a part of something larger, when what is in an entry ends by itself, so that it is taken out of the
    /// keyring then.
    pub(super) fn end_entry_in(
        transaction: &Connection,
        entry: &str,
        ends: Timestamp,
    ) -> Result<(), StateError> {
        let values = params![entry, written(ends)];
        transaction.execute("UPDATE entries SET ends = ?2 WHERE entry = ?1", values)?;
        Ok(())
    }

    /// Every entry of secrets that were given out for storage, over all accounts.
    pub fn vended(&self) -> Result<Vec<StoredEntry>, StateError> {
        let found = self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM entries WHERE owner = ?1 ORDER BY stored DESC")?;
            let found = statement.query_map([OWNER], read)?;
            Ok(found.collect::<Result<_, _>>()?)
        })?;
        Ok(self.with_owed(found, |keep| keep.credential.owner.as_str() == OWNER))
    }

    /// The entries of a credential, the newest secret first.
    pub fn entries(&self, credential: &CredentialRef) -> Result<Vec<StoredEntry>, StateError> {
        let found = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM entries WHERE account = ?1 AND owner = ?2 AND credential = ?3 \
                 ORDER BY generation DESC",
            )?;
            let place = [credential.account.as_str(), credential.owner.as_str(), credential.id.as_str()];
            let found = statement.query_map(place, read)?;
            Ok(found.collect::<Result<_, _>>()?)
        })?;
        Ok(self.with_owed(found, |keep| keep.credential == *credential))
    }

    /// Every entry of an account, for the marks in its listing; the newest secret of each credential first.
    pub fn stored(&self, account: &AccountName) -> Result<Vec<StoredEntry>, StateError> {
        let found = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM entries WHERE account = ?1 ORDER BY owner, credential, generation DESC",
            )?;
            let found = statement.query_map([account.as_str()], read)?;
            Ok(found.collect::<Result<_, _>>()?)
        })?;
        Ok(self.with_owed(found, |keep| keep.credential.account == *account))
    }

    /// Forgets an entry once it is gone from the keyring, with what was noted about it.
    pub fn forget_entry(&self, entry: &str) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM entries WHERE entry = ?1", [entry])?;
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    Ok(StoredEntry {
        credential: reference(row)?,
        entry: row.get("entry")?,
        generation: row.get("generation")?,
        operation: uuid(row, "operation")?,
        stored: moment(row, "stored")?,
        made: moment_if_any(row, "made")?,
        ends: moment_if_any(row, "ends")?,
    })
}
