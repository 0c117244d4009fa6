//! Many notes written as one: each is whole by itself, and all of them are on the disk when the call returns. What is
//! done to many credentials at once would otherwise wait for the disk again and again.
//!
//! Where a new secret is kept is owed to the records when the disk does not take it: it is written before whatever is
//! written next, or that is not written either. So no step is ever on the disk without the ones it rests on.

use std::sync::{MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::entries::StoredEntry;
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
                each.push(apart(transaction, || self.write_note(transaction, note))?);
            }
            Ok(())
        });
        let each = match written {
            Ok(()) => each,
            Err(error) => notes.iter().map(|_| Err(error.clone())).collect(),
        };
        for (note, done) in notes.iter().zip(&each) {
            self.owe(note, done);
        }
        each
    }

    /// Writes one note down.
    pub fn write_one(&self, note: &Note) -> Result<(), StateError> {
        let done = self.write(|transaction| self.write_note(transaction, note));
        self.owe(note, &done);
        done
    }

    /// What the disk would not take of where secrets are, the oldest first.
    pub(super) fn owed(&self) -> MutexGuard<'_, Vec<Keep>> {
        self.0.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers where a secret is that could not be written down for now.
    fn owe(&self, note: &Note, done: &Result<(), StateError>) {
        if let (Note::Keep(keep), Err(error)) = (note, done)
            && error.is_of_the_place()
        {
            self.owed().push((**keep).clone());
        }
    }

    /// Writes down what is owed, as a part of something larger. What the records refuse for good is not tried again.
    pub(super) fn pay(&self, transaction: &Transaction<'_>, owed: &[Keep]) -> Result<(), StateError> {
        for keep in owed {
            match apart(transaction, || self.keep_in(transaction, keep))? {
                Err(error) if error.is_of_the_place() => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Entries as read, newest first, with those that are only owed to the records before them.
    pub(super) fn with_owed(
        &self,
        mut found: Vec<StoredEntry>,
        wanted: impl Fn(&Keep) -> bool,
    ) -> Vec<StoredEntry> {
        for keep in self.owed().iter().filter(|keep| wanted(keep)) {
            let Some(entry) = keep.entry.clone().filter(|entry| found.iter().all(|one| one.entry != *entry))
            else {
                continue;
            };
            let of_it = found.iter().filter(|one| one.credential == keep.credential);
            let generation = of_it.map(|one| one.generation).max().unwrap_or(0).saturating_add(1);
            let credential = keep.credential.clone();
            let (stored, made, ends) = (keep.at, keep.made, keep.ends);
            let operation = keep.id;
            found.insert(0, StoredEntry { credential, entry, generation, operation, stored, made, ends });
        }
        found
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

/// Does a part of a transaction that is taken back alone when it fails. The error is that of the whole, which is over.
fn apart<T>(
    transaction: &Transaction<'_>,
    work: impl FnOnce() -> Result<T, StateError>,
) -> Result<Result<T, StateError>, StateError> {
    transaction.execute_batch("SAVEPOINT note")?;
    let done = work();
    let end = if done.is_ok() { "RELEASE note" } else { "ROLLBACK TO note; RELEASE note" };
    match (transaction.execute_batch(end), done) {
        (Ok(()), done) => Ok(done),
        // A full disk may have ended everything; that is what is to be told.
        (Err(_), Err(error)) => Err(error),
        (Err(error), Ok(_)) => Err(error.into()),
    }
}
