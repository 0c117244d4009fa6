//! Many notes written as one: each is whole by itself, and all of them are on the disk when the call returns. What is
//! done to many credentials at once would otherwise wait for the disk again and again.

use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::error::StateError;
use super::{Happening, State};
use crate::domain::credential::CredentialRef;
use crate::domain::operation::{Operation, Phase};
use crate::domain::time::Timestamp;

/// One thing to write down.
#[derive(Clone, Debug)]
pub enum Note {
    /// An operation begins.
    Begin(Box<Operation>),
    /// An operation of ours came this far.
    Advance {
        /// Which.
        id: Uuid,
        /// How far.
        phase: Phase,
        /// What is known beyond that.
        note: String,
        /// When.
        at: Timestamp,
    },
    /// The answer named the credential, and its secret is where it will stay.
    Keep(Box<Keep>),
    /// A line of the audit log.
    Record(Happening),
}

/// What is known once a new secret came.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The operation.
    pub id: Uuid,
    /// The credential that has it.
    pub credential: CredentialRef,
    /// The entry that holds it, where entries outlast this program.
    pub entry: Option<String>,
    /// When the server says that the secret was made.
    pub made: Option<Timestamp>,
    /// When it ends by itself and is to be taken out of the store.
    pub ends: Option<Timestamp>,
    /// How far the operation is with that.
    pub phase: Phase,
    /// What is known beyond that.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

impl State {
    /// Writes notes down in their order, and answers for each. One that cannot be written takes no other with it; when
    /// the disk takes none, that is the answer for all.
    pub fn write_together(&self, notes: &[Note]) -> Vec<Result<(), StateError>> {
        let mut each = Vec::with_capacity(notes.len());
        let written = self.write(|transaction| {
            for note in notes {
                transaction.execute_batch("SAVEPOINT note")?;
                let done = self.write_note(transaction, note);
                let end = if done.is_ok() { "RELEASE note" } else { "ROLLBACK TO note; RELEASE note" };
                transaction.execute_batch(end)?;
                each.push(done);
            }
            Ok(())
        });
        match written {
            Ok(()) => each,
            Err(error) => notes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// Writes one note down.
    pub fn write_one(&self, note: &Note) -> Result<(), StateError> {
        self.write(|transaction| self.write_note(transaction, note))
    }

    fn write_note(&self, transaction: &Transaction<'_>, note: &Note) -> Result<(), StateError> {
        match note {
            Note::Begin(operation) => self.begin_in(transaction, operation),
            Note::Advance { id, phase, note, at } => self.advance_in(transaction, *id, *phase, note, *at),
            Note::Keep(keep) => self.keep_in(transaction, keep),
            Note::Record(happening) => Self::record_in(transaction, happening),
        }
    }

    fn keep_in(&self, transaction: &Connection, keep: &Keep) -> Result<(), StateError> {
        if let Some(entry) = &keep.entry {
            Self::remember_entry_in(transaction, &keep.credential, entry, keep.id, keep.at, keep.made)?;
            if let Some(ends) = keep.ends {
                Self::end_entry_in(transaction, entry, ends)?;
            }
        }
        self.advance_in(transaction, keep.id, keep.phase, &keep.note, keep.at)?;
        transaction
            .prepare_cached("UPDATE operations SET credential = ?2 WHERE id = ?1")?
            .execute(params![keep.id.to_string(), keep.credential.id.as_str()])?;
        Ok(())
    }
}
