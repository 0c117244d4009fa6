//! The audit log: what was done here, when, to what, with what result. It is only ever added to.
//!
//! Each line carries a hash over itself and the line before, so a line changed or taken out by hand is noticed.
//! Whoever may write the file can compute the whole chain anew; it is a seal against slips, not against them.

use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::State;
use super::error::StateError;
use super::row::{moment, written};
use crate::domain::time::Timestamp;

/// One line of the audit log. No secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When, on our clock.
    pub at: Timestamp,
    /// What was done: `rotate`, `log in`.
    pub action: String,
    /// Through which account; empty when none.
    pub account: String,
    /// To which credential, in words; empty when none.
    pub credential: String,
    /// With what result, in words.
    pub result: String,
}

impl Happening {
    fn seal(&self, number: i64, before: &[u8]) -> Vec<u8> {
        let mut context = Context::new(&SHA256);
        context.update(before);
        context.update(&number.to_be_bytes());
        for field in [&written(self.at), &self.action, &self.account, &self.credential, &self.result] {
            // With their lengths, so that text cannot move from one field to the next.
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field.as_bytes());
        }
        context.finish().as_ref().to_vec()
    }
}

impl State {
    /// Adds a line.
    pub fn record(&self, happening: &Happening) -> Result<(), StateError> {
        self.write(|transaction| Self::record_in(transaction, happening))
    }

    /// The same as a part of something larger.
    pub(super) fn record_in(transaction: &Connection, happening: &Happening) -> Result<(), StateError> {
        let last = transaction
            .prepare_cached("SELECT number, hash FROM activity ORDER BY number DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        let (number, before) = last.unwrap_or_default();
        transaction
            .prepare_cached(
                "INSERT INTO activity (at, action, account, credential, result, hash) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                written(happening.at),
                happening.action,
                happening.account,
                happening.credential,
                happening.result,
                happening.seal(number + 1, &before),
            ])?;
        Ok(())
    }

    /// The last `limit` lines, the newest first.
    pub fn activity(&self, limit: usize) -> Result<Vec<Happening>, StateError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM activity ORDER BY number DESC LIMIT ?1")?;
            let found = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], read)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// The number of the first line that is not as it was written, or is missing; none when all is well.
    pub fn broken_activity(&self) -> Result<Option<i64>, StateError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT * FROM activity ORDER BY number")?;
            let mut rows = statement.query([])?;
            let (mut number, mut before) = (0, Vec::new());
            while let Some(row) = rows.next()? {
                number += 1;
                let hash: Vec<u8> = row.get("hash")?;
                let as_written = row.get::<_, i64>("number")? == number
                    && read(row).is_ok_and(|happening| happening.seal(number, &before) == hash);
                if !as_written {
                    return Ok(Some(number));
                }
                before = hash;
            }
            // The database itself remembers the highest number it ever gave, which shows a missing end.
            let given: Option<i64> = connection
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'activity'", [], |row| row.get(0))
                .optional()?;
            Ok((given.unwrap_or_default() != number).then_some(number + 1))
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Happening> {
    Ok(Happening {
        at: moment(row, "at")?,
        action: row.get("action")?,
        account: row.get("account")?,
        credential: row.get("credential")?,
        result: row.get("result")?,
    })
}
