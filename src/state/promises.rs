//! Dated revocations: made in the same instant in which their rotation is done, kept by one program at a time.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::State;
use super::error::StateError;
use super::row::{account, moment, moment_if_any, reference, uuid, word, written};
use super::run::Run;
use crate::domain::credential::CredentialRef;
use crate::domain::operation::Phase;
use crate::domain::owner::Id;
use crate::domain::promise::{Duty, Promise, PromiseState};
use crate::domain::time::{Skew, Timestamp};

/// A promise with the uses that were our own checks since it was made.
const SELECT: &str = "SELECT *, (SELECT ifnull(sum(uses), 0) FROM checks WHERE checks.account = promises.account \
    AND checks.owner = promises.owner AND checks.credential = promises.credential \
    AND checks.began >= promises.made) AS our_uses FROM promises";

impl State {
    /// Finishes a rotation of ours and makes the promise that follows from it, both or neither. A promise that waits
    /// for the same credential already stays as it is.
    pub fn finish_with_promise(&self, promise: &Promise, at: Timestamp) -> Result<(), StateError> {
        self.write(|transaction| {
            self.advance_in(transaction, promise.operation, Phase::Done, "", at)?;
            follow_on(transaction, &promise.credential, &promise.successor)?;
            insert(transaction, promise)
        })
    }

    /// One credential took another one's place: what that one had replaced waits for the new one from now on.
    pub fn follow_on(&self, old: &CredentialRef, new: &CredentialRef) -> Result<(), StateError> {
        self.write(|transaction| follow_on(transaction, old, new))
    }

    /// Makes a promise that no rotation asks for. One that waits for the same credential already stays as it is.
    pub fn make_promise(&self, promise: &Promise) -> Result<(), StateError> {
        self.write(|transaction| insert(transaction, promise))
    }

    /// One of a promise's steps is done: writes down the next with its date, and lets go of it.
    pub fn follow_promise(
        &self,
        id: Uuid,
        duty: Duty,
        due: Timestamp,
        then: Option<Timestamp>,
        note: &str,
    ) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE promises SET duty = ?2, due = ?3, next_try = ?3, then_at = ?4, tries = 0, note = ?5, run = NULL \
                 WHERE id = ?1 AND state = 'waiting'",
                params![id.to_string(), duty.word(), written(due), then.map(written), note],
            )?;
            Ok(())
        })
    }

    /// Every promise that waits, the next one due first.
    pub fn promises(&self) -> Result<Vec<Promise>, StateError> {
        self.read(|connection| {
            let sql = format!("{SELECT} WHERE state = 'waiting' ORDER BY due, id");
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map([], |row| read(row, self.run()))?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Every promise that could not be kept for good: the old credential may live, and nobody sees to it. What was
    /// promised about it later counts in its place.
    pub fn given_up(&self) -> Result<Vec<Promise>, StateError> {
        self.read(|connection| {
            let sql = format!(
                "{SELECT} WHERE state = 'given up' AND rowid = (SELECT max(newest.rowid) FROM promises newest \
                 WHERE newest.account = promises.account AND newest.owner = promises.owner \
                 AND newest.credential = promises.credential) ORDER BY due, id"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map([], |row| read(row, self.run()))?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// One promise, settled or not.
    pub fn promise(&self, id: Uuid) -> Result<Option<Promise>, StateError> {
        self.read(|connection| Ok(find(connection, id, self.run())?))
    }

    /// Makes a promise ours to keep now, and tells it as it is. `None` when it does not wait any more, or somebody
    /// alive is at it; of several who try at once exactly one gets it.
    pub fn claim_promise(&self, id: Uuid) -> Result<Option<Promise>, StateError> {
        self.write(|transaction| {
            let found = find(transaction, id, self.run())?;
            let free =
                |promise: &Promise| promise.state == PromiseState::Waiting && !promise.running_elsewhere;
            let Some(promise) = found.filter(free) else { return Ok(None) };
            let ours = self.run().id().to_string();
            transaction.execute("UPDATE promises SET run = ?2 WHERE id = ?1", [id.to_string(), ours])?;
            Ok(Some(promise))
        })
    }

    /// Writes down how a promise ended, and lets go of it. One that is settled already stays as it is.
    pub fn settle_promise(&self, id: Uuid, state: PromiseState, note: &str) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE promises SET state = ?2, note = ?3, run = NULL WHERE id = ?1 AND state = 'waiting'",
                params![id.to_string(), state.word(), note],
            )?;
            Ok(())
        })
    }

    /// Writes down that it could not be kept, why, and when it is tried again; lets go of it.
    pub fn postpone_promise(
        &self,
        id: Uuid,
        tries: u32,
        next_try: Timestamp,
        note: &str,
    ) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE promises SET tries = ?2, next_try = ?3, note = ?4, run = NULL \
                 WHERE id = ?1 AND state = 'waiting'",
                params![id.to_string(), tries, written(next_try), note],
            )?;
            Ok(())
        })
    }

    /// Moves the end of a promise. `false` when it does not wait any more, or somebody alive is keeping it.
    pub fn move_promise(&self, id: Uuid, due: Timestamp, skew: Option<Skew>) -> Result<bool, StateError> {
        let Some(promise) = self.claim_promise(id)? else { return Ok(false) };
        self.date_promise(&promise, due, skew)
    }

    /// Gives a promise that is ours another date, and lets go of it.
    pub fn date_promise(
        &self,
        promise: &Promise,
        due: Timestamp,
        skew: Option<Skew>,
    ) -> Result<bool, StateError> {
        // What comes after it keeps its distance.
        let then = promise.then.and_then(|then| due.checked_add(then.duration_since(promise.due)).ok());
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE promises SET due = ?2, next_try = ?2, then_at = ?3, skew = ?4, tries = 0, note = '', \
                 run = NULL WHERE id = ?1 AND state = 'waiting'",
                params![promise.id.to_string(), written(due), then.map(written), skew.map(|skew| skew.0)],
            )?;
            Ok(changed == 1)
        })
    }

    /// A credential was revoked: what was promised about it is kept, and what was promised because it takes another
    /// one's place is withdrawn, so that the other one lives.
    pub fn revoked(&self, credential: &CredentialRef) -> Result<(), StateError> {
        let of = [credential.account.as_str(), credential.owner.as_str(), credential.id.as_str()];
        self.write(|transaction| {
            transaction.execute(
                "UPDATE promises SET state = 'kept', run = NULL \
                 WHERE account = ?1 AND owner = ?2 AND credential = ?3 AND state = 'waiting'",
                of,
            )?;
            transaction.execute(
                "UPDATE promises SET state = 'withdrawn', note = 'the new credential was revoked', run = NULL \
                 WHERE account = ?1 AND successor_owner = ?2 AND successor = ?3 AND state = 'waiting'",
                of,
            )?;
            Ok(())
        })
    }
}

fn follow_on(transaction: &Connection, old: &CredentialRef, new: &CredentialRef) -> Result<(), StateError> {
    transaction.execute(
        "UPDATE promises SET successor_owner = ?4, successor = ?5 WHERE account = ?1 AND successor_owner = ?2 \
         AND successor = ?3 AND state = 'waiting' AND duty <> 'revoke again'",
        params![old.account.as_str(), old.owner.as_str(), old.id.as_str(), new.owner.as_str(), new.id.as_str()],
    )?;
    Ok(())
}

fn insert(transaction: &Connection, promise: &Promise) -> Result<(), StateError> {
    transaction.execute(
        "INSERT INTO promises (id, account, owner, credential, name, owner_name, noun, successor_owner, \
         successor, operation, made, due, uses_then, state, tries, next_try, note, duty, then_at, skew) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'waiting', 0, ?12, '', ?14, ?15, ?16) \
         ON CONFLICT DO NOTHING",
        params![
            promise.id.to_string(),
            promise.credential.account.as_str(),
            promise.credential.owner.as_str(),
            promise.credential.id.as_str(),
            promise.name,
            promise.owner_name,
            promise.noun,
            promise.successor.owner.as_str(),
            promise.successor.id.as_str(),
            promise.operation.to_string(),
            written(promise.made),
            written(promise.due),
            promise.uses_then.and_then(|uses| i64::try_from(uses).ok()),
            promise.duty.word(),
            promise.then.map(written),
            promise.skew.map(|skew| skew.0),
        ],
    )?;
    Ok(())
}

fn find(connection: &Connection, id: Uuid, run: &Run) -> rusqlite::Result<Option<Promise>> {
    let sql = format!("{SELECT} WHERE id = ?1");
    connection.query_row(&sql, [id.to_string()], |row| read(row, run)).optional()
}

fn read(row: &Row<'_>, run: &Run) -> rusqlite::Result<Promise> {
    let holder = match row.get::<_, Option<String>>("run")? {
        Some(_) => Some(uuid(row, "run")?),
        None => None,
    };
    let successor = CredentialRef {
        account: account(row)?,
        owner: Id::new(row.get::<_, String>("successor_owner")?),
        id: Id::new(row.get::<_, String>("successor")?),
    };
    let state = |text: &str| PromiseState::ALL.into_iter().find(|state| state.word() == text);
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Promise {
        id: uuid(row, "id")?,
        credential: reference(row)?,
        name: row.get("name")?,
        owner_name: row.get("owner_name")?,
        noun: row.get("noun")?,
        successor,
        operation: uuid(row, "operation")?,
        made: moment(row, "made")?,
        duty: word(row, "duty", |text| Duty::ALL.into_iter().find(|duty| duty.word() == text))?,
        due: moment(row, "due")?,
        skew: row.get::<_, Option<i64>>("skew")?.map(Skew),
        then: moment_if_any(row, "then_at")?,
        uses_then: row.get::<_, Option<i64>>("uses_then")?.map(count),
        our_uses: count(row.get("our_uses")?),
        state: word(row, "state", state)?,
        tries: row.get("tries")?,
        next_try: moment(row, "next_try")?,
        note: row.get("note")?,
        running_elsewhere: holder.is_some_and(|holder| holder != run.id() && run.is_alive(holder)),
    })
}
