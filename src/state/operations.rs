//! The operation log: written before a request is sent, advanced at each step, taken over after a crash.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::State;
use super::error::StateError;
use super::row::{account, moment, moment_if_any, uuid, written};
use super::run::Run;
use crate::domain::account::AccountName;
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::owner::Id;
use crate::domain::scope::{EVERYTHING, Granted};
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// How scopes that are the owner's are written.
const AS_OWNER: &str = "owner";

const COLUMNS: &str = "id, run, kind, account, owner, owner_name, credential, credential_name, description, \
    retain_minutes, idempotency_key, vault_entry, rotated_before, phase, note, began, advanced, noun, replaces, \
    scopes, expiry, target, reviewed, began_there";

impl State {
    /// Writes an operation down as ours, unless another program that is alive is replacing or ending the same credential,
    /// or delivering it to the same target. It is on the disk when this returns, so the request may be sent.
    pub fn begin(&self, operation: &Operation) -> Result<(), StateError> {
        self.write(|transaction| self.begin_in(transaction, operation))
    }

    /// The same as a part of something larger.
    pub(super) fn begin_in(&self, transaction: &Connection, operation: &Operation) -> Result<(), StateError> {
        let run = self.run().id().to_string();
        if let Some(kind) = self.under_way(transaction, operation)? {
            return Err(StateError::UnderWay(kind));
        }
        let sql = format!(
            "INSERT INTO operations ({COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
             ?20, ?21, ?22, ?23, ?24)"
        );
        transaction.prepare_cached(&sql)?.execute(params![
            operation.id.to_string(),
            run,
            operation.kind.word(),
            operation.account.as_str(),
            operation.owner.as_str(),
            operation.owner_name,
            operation.credential.as_ref().map(Id::as_str),
            operation.credential_name,
            operation.description,
            operation.retain_minutes,
            operation.idempotency_key.to_string(),
            operation.vault_entry,
            operation.rotated_before.map(written),
            operation.phase.word(),
            operation.note,
            written(operation.began),
            written(operation.advanced),
            operation.noun,
            operation.replaces.as_ref().map(Id::as_str),
            serde_json::to_string(&operation.scopes).unwrap_or_default(),
            operation.expiry.map(|date| date.to_string()),
            operation.target,
            operation.reviewed.as_ref().map(granted_text),
            operation.began_there.map(written),
        ])?;
        Ok(())
    }

    /// What a living other program is doing to what an operation is about.
    fn under_way(
        &self,
        connection: &Connection,
        operation: &Operation,
    ) -> Result<Option<OperationKind>, StateError> {
        let Some(about) = operation.replaces.as_ref().or(operation.credential.as_ref()) else {
            return Ok(None);
        };
        // Found by its credential: of many that are begun at once, all the others are under way. (The plus keeps the
        // database from going through those.)
        let mut statement = connection.prepare_cached(
            "SELECT run, kind, target FROM operations WHERE account = ?1 AND credential = ?3 AND owner = ?2 \
             AND replaces IS NULL AND +phase IN ('planned', 'sent') AND kind <> 'create' \
             UNION ALL SELECT run, kind, target FROM operations WHERE account = ?1 AND replaces = ?3 \
             AND owner = ?2 AND +phase IN ('planned', 'sent') AND kind <> 'create'",
        )?;
        let about = params![operation.account.as_str(), operation.owner.as_str(), about.as_str()];
        let rows = statement.query_map(about, |row| {
            Ok((uuid(row, "run")?, super::row::word(row, "kind", kind)?, row.get::<_, String>("target")?))
        })?;
        for row in rows {
            let (run, other, target) = row?;
            let delivers = |kind| kind == OperationKind::Deliver;
            // A delivery is in the way of the same delivery alone.
            let clash = match (delivers(operation.kind), delivers(other)) {
                (true, true) => target == operation.target,
                (mine, others) => !mine && !others,
            };
            if clash && run != self.run().id() && self.run().is_alive(run) {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Writes down how far an operation of ours came. A finished one stays as it is, and one whose secret exists
    /// never goes back to before it did. `note` replaces the former one.
    pub fn advance(&self, id: Uuid, phase: Phase, note: &str, at: Timestamp) -> Result<(), StateError> {
        self.write(|transaction| self.advance_in(transaction, id, phase, note, at))
    }

    /// The same as a part of something larger.
    pub(super) fn advance_in(
        &self,
        transaction: &Connection,
        id: Uuid,
        phase: Phase,
        note: &str,
        at: Timestamp,
    ) -> Result<(), StateError> {
        let from = self.ours(transaction, id)?;
        if !may_follow(from, phase) {
            return Err(StateError::Backwards { id, from, to: phase });
        }
        transaction
            .prepare_cached("UPDATE operations SET phase = ?2, note = ?3, advanced = ?4 WHERE id = ?1")?
            .execute(params![id.to_string(), phase.word(), note, written(at)])?;
        Ok(())
    }

    /// Writes down which credential the answer named.
    pub fn name_credential(&self, id: Uuid, credential: &Id, at: Timestamp) -> Result<(), StateError> {
        self.write(|transaction| {
            self.ours(transaction, id)?;
            transaction.execute(
                "UPDATE operations SET credential = ?2, advanced = ?3 WHERE id = ?1",
                params![id.to_string(), credential.as_str(), written(at)],
            )?;
            Ok(())
        })
    }

    /// One operation, finished or not.
    pub fn operation(&self, id: Uuid) -> Result<Option<Operation>, StateError> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM operations WHERE id = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row([id.to_string()], |row| read(row, self.run())).optional()?)
        })
    }

    /// Whether one operation was written down after another, whatever the clock said then. None where either is not
    /// written down.
    pub fn is_later(&self, one: Uuid, other: Uuid) -> Result<Option<bool>, StateError> {
        self.read(|connection| {
            let sql = "SELECT one.rowid > other.rowid FROM operations one, operations other \
                       WHERE one.id = ?1 AND other.id = ?2";
            let both = params![one.to_string(), other.to_string()];
            Ok(connection.prepare_cached(sql)?.query_row(both, |row| row.get(0)).optional()?)
        })
    }

    /// Everything not finished, oldest first: ours, that of programs which ended, and, marked as running
    /// elsewhere, that of programs which are alive.
    pub fn unfinished(&self) -> Result<Vec<Operation>, StateError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM operations WHERE phase NOT IN ('done', 'failed', 'settled', 'lost') ORDER BY rowid"
            );
            let mut statement = connection.prepare(&sql)?;
            let found = statement.query_map([], |row| read(row, self.run()))?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Those of one credential; of a rotation that makes a second one, under the one that has the new secret.
    pub fn unfinished_of(&self, account: &AccountName, id: &Id) -> Result<Vec<Operation>, StateError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM operations WHERE account = ?1 AND credential = ?2 \
                 AND phase NOT IN ('done', 'failed', 'settled', 'lost') ORDER BY rowid"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map([account.as_str(), id.as_str()], |row| read(row, self.run()))?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// The credentials whose newest finished or unclear operation left a secret nobody holds.
    pub fn orphans(&self, account: &AccountName) -> Result<HashSet<Id>, StateError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT credential, phase FROM operations WHERE account = ?1 AND credential IS NOT NULL \
             AND kind IN ('create', 'rotate') AND phase NOT IN ('failed', 'settled', 'planned') \
             AND NOT (kind = 'rotate' AND replaces IS NULL AND phase IN ('sent', 'unclear')) ORDER BY rowid",
            )?;
            let rows = statement.query_map([account.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            let mut orphans = HashSet::new();
            for row in rows {
                let (credential, word) = row?;
                let id = Id::new(credential);
                if matches!(phase(&word), Some(Phase::Lost | Phase::Unclear)) {
                    orphans.insert(id);
                } else {
                    orphans.remove(&id);
                }
            }
            Ok(orphans)
        })
    }

    /// Makes an unfinished operation ours. `false` when somebody alive has it, or when it is finished; of several
    /// who try at once exactly one is told `true`.
    pub fn adopt(&self, id: Uuid) -> Result<bool, StateError> {
        self.write(|transaction| self.adopt_in(transaction, id))
    }

    /// The same as a part of something larger.
    pub(super) fn adopt_in(&self, transaction: &Connection, id: Uuid) -> Result<bool, StateError> {
        let (run, phase) = holder(transaction, id)?;
        if phase.is_final() || (run != self.run().id() && self.run().is_alive(run)) {
            return Ok(false);
        }
        let ours = self.run().id().to_string();
        transaction
            .prepare_cached("UPDATE operations SET run = ?2 WHERE id = ?1")?
            .execute([id.to_string(), ours])?;
        Ok(true)
    }

    /// The phase of an operation that is ours.
    fn ours(&self, connection: &Connection, id: Uuid) -> Result<Phase, StateError> {
        let (run, phase) = holder(connection, id)?;
        if run == self.run().id() { Ok(phase) } else { Err(StateError::Elsewhere(id)) }
    }
}

/// Whose an operation is and how far it came.
fn holder(connection: &Connection, id: Uuid) -> Result<(Uuid, Phase), StateError> {
    let found = connection
        .prepare_cached("SELECT run, phase FROM operations WHERE id = ?1")?
        .query_row([id.to_string()], |row| Ok((uuid(row, "run")?, row.get::<_, String>("phase")?)))
        .optional()?;
    let (run, word) = found.ok_or(StateError::Unknown(id))?;
    Ok((run, phase(&word).ok_or_else(|| StateError::damaged("an operation's phase"))?))
}

/// How near an operation is to its end.
fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Planned => 0,
        Phase::Sent | Phase::Unclear => 1,
        Phase::Stored | Phase::InMemory | Phase::Shown => 2,
        Phase::Done | Phase::Failed | Phase::Settled | Phase::Lost => 3,
    }
}

fn may_follow(from: Phase, to: Phase) -> bool {
    if from.is_final() { from == to } else { rank(from) <= rank(to) }
}

fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.word() == word)
}

fn kind(word: &str) -> Option<OperationKind> {
    OperationKind::ALL.into_iter().find(|kind| kind.word() == word)
}

/// What a credential may do, as it is written: a list, or a word for what is none.
fn granted_text(granted: &Granted) -> String {
    match granted {
        Granted::AsOwner => String::from(AS_OWNER),
        Granted::Everything => String::from(EVERYTHING),
        Granted::Listed(scopes) => {
            let scopes: Vec<&str> = scopes.iter().map(Text::as_str).collect();
            serde_json::to_string(&scopes).unwrap_or_default()
        }
    }
}

/// The same, read.
fn granted(text: &str) -> Option<Granted> {
    match text {
        AS_OWNER => Some(Granted::AsOwner),
        EVERYTHING => Some(Granted::Everything),
        list => {
            let scopes: Vec<String> = serde_json::from_str(list).ok()?;
            Some(Granted::Listed(scopes.into_iter().map(Text::from).collect()))
        }
    }
}

fn read(row: &Row<'_>, run: &Run) -> rusqlite::Result<Operation> {
    let holder = uuid(row, "run")?;
    let phase = super::row::word(row, "phase", phase)?;
    Ok(Operation {
        id: uuid(row, "id")?,
        kind: super::row::word(row, "kind", kind)?,
        account: account(row)?,
        owner: Id::new(row.get::<_, String>("owner")?),
        owner_name: row.get("owner_name")?,
        credential: row.get::<_, Option<String>>("credential")?.map(Id::new),
        noun: row.get("noun")?,
        replaces: row.get::<_, Option<String>>("replaces")?.map(Id::new),
        scopes: super::row::word(row, "scopes", |text| serde_json::from_str(text).ok())?,
        expiry: super::row::date_if_any(row, "expiry")?,
        target: row.get("target")?,
        reviewed: row.get::<_, Option<String>>("reviewed")?.as_deref().and_then(granted),
        credential_name: row.get("credential_name")?,
        description: row.get("description")?,
        retain_minutes: row.get("retain_minutes")?,
        idempotency_key: uuid(row, "idempotency_key")?,
        vault_entry: row.get("vault_entry")?,
        rotated_before: moment_if_any(row, "rotated_before")?,
        began_there: moment_if_any(row, "began_there")?,
        phase,
        note: row.get("note")?,
        began: moment(row, "began")?,
        advanced: moment(row, "advanced")?,
        running_elsewhere: !phase.is_final() && holder != run.id() && run.is_alive(holder),
    })
}
