//! Many notes written as one: each is whole by itself, and all of them are on the disk when the call returns. What is
//! done to many credentials at once would otherwise wait for the disk again and again.
//!
//! Where a new secret is kept is owed to the records when the disk does not take it: it is written before whatever is
//! written next, or that is not written either. So no step is ever on the disk without the ones it rests on.

use std::sync::{Arc, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::entries::StoredEntry;
use super::error::StateError;
use super::{CheckId, Happening, State, Verification};
use crate::domain::credential::CredentialRef;
use crate::domain::operation::{Operation, Phase};
use crate::domain::time::Timestamp;

/// One thing to write down.
#[derive(Clone, Debug)]
pub enum Note {
    /// An operation begins.
    Begin(Arc<Operation>),
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
    /// We are about to use a secret ourselves; answered by which check that is.
    Check {
        /// Whose.
        credential: CredentialRef,
        /// The last use by somebody else known until then.
        use_before: Option<Timestamp>,
        /// When.
        at: Timestamp,
    },
    /// We are done with it.
    EndCheck {
        /// Which check.
        check: CheckId,
        /// How often the server counted it as a use.
        uses: Option<u64>,
        /// When.
        at: Timestamp,
    },
    /// What presenting a secret showed.
    Verified(Box<Verification>),
    /// An operation is done, unless it is over already or another program that is alive sees to it.
    Finish {
        /// Which.
        id: Uuid,
        /// When.
        at: Timestamp,
    },
    /// Several, as a whole.
    Several(Vec<Note>),
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
    pub fn write_together(&self, notes: &[Note]) -> Vec<Result<Option<CheckId>, StateError>> {
        let each = self.write_all(notes).unwrap_or_else(|| self.write_each(notes));
        for (note, done) in notes.iter().zip(&each) {
            self.owe(note, done);
        }
        each
    }

    /// Writes all of them, the usual case: none of them is set apart from the others, which costs as much as writing it.
    /// Nothing is written and nothing is answered when one of them cannot be.
    fn write_all(&self, notes: &[Note]) -> Option<Vec<Result<Option<CheckId>, StateError>>> {
        let (mut each, mut one_failed) = (Vec::with_capacity(notes.len()), false);
        let written = self.write(|transaction| {
            for note in notes {
                let done = self.write_note(transaction, note);
                one_failed = done.is_err();
                each.push(Ok(done?));
            }
            Ok(())
        });
        match written {
            Ok(()) => Some(each),
            Err(_) if one_failed => None,
            // What failed as a whole is not tried again: it may be on the disk.
            Err(error) => Some(notes.iter().map(|_| Err(error.clone())).collect()),
        }
    }

    /// Writes each that can be written.
    fn write_each(&self, notes: &[Note]) -> Vec<Result<Option<CheckId>, StateError>> {
        let mut each = Vec::with_capacity(notes.len());
        let written = self.write(|transaction| {
            for note in notes {
                each.push(apart(transaction, || self.write_note(transaction, note))?);
            }
            Ok(())
        });
        match written {
            Ok(()) => each,
            Err(error) => notes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// Writes one note down.
    pub fn write_one(&self, note: &Note) -> Result<Option<CheckId>, StateError> {
        let done = self.write(|transaction| self.write_note(transaction, note));
        self.owe(note, &done);
        done
    }

    /// What the disk would not take of where secrets are, the oldest first.
    pub(super) fn owed(&self) -> MutexGuard<'_, Vec<Keep>> {
        self.0.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers where a secret is that could not be written down for now.
    fn owe<T>(&self, note: &Note, done: &Result<T, StateError>) {
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

    fn write_note(&self, transaction: &Transaction<'_>, note: &Note) -> Result<Option<CheckId>, StateError> {
        match note {
            Note::Begin(operation) => self.begin_in(transaction, operation)?,
            Note::Advance { id, phase, note, at } => self.advance_in(transaction, *id, *phase, note, *at)?,
            Note::Keep(keep) => self.keep_in(transaction, keep)?,
            Note::Record(happening) => Self::record_in(transaction, happening)?,
            Note::Check { credential, use_before, at } => {
                return Self::begin_check_in(transaction, credential, *use_before, *at).map(Some);
            }
            Note::EndCheck { check, uses, at } => Self::end_check_in(transaction, *check, *uses, *at)?,
            Note::Verified(verification) => Self::note_verified_in(transaction, verification)?,
            Note::Finish { id, at } => {
                if self.adopt_in(transaction, *id)? {
                    self.advance_in(transaction, *id, Phase::Done, "", *at)?;
                }
            }
            Note::Several(notes) => {
                for note in notes {
                    self.write_note(transaction, note)?;
                }
            }
        }
        Ok(None)
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
            // Where it is known already its index is left alone.
            .prepare_cached("UPDATE operations SET credential = ?2 WHERE id = ?1 AND credential IS NOT ?2")?
            .execute(params![keep.id.to_string(), keep.credential.id.as_str()])?;
        Ok(())
    }
}

/// Does a part of a transaction that is taken back alone when it fails. The error is that of the whole, which is over.
fn apart<T>(
    transaction: &Transaction<'_>,
    work: impl FnOnce() -> Result<T, StateError>,
) -> Result<Result<T, StateError>, StateError> {
    let run = |sql| transaction.prepare_cached(sql)?.execute([]);
    run("SAVEPOINT note")?;
    let done = work();
    let undone = if done.is_ok() { Ok(0) } else { run("ROLLBACK TO note") };
    match (undone.and_then(|_| run("RELEASE note")), done) {
        (Ok(_), done) => Ok(done),
        // A full disk may have ended everything; that is what is to be told.
        (Err(_), Err(error)) => Err(error),
        (Err(error), Ok(_)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountName;
    use crate::domain::operation::OperationKind;
    use crate::domain::owner::Id;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn credential(id: &str) -> CredentialRef {
        let account = AccountName::parse("prod").expect("a name");
        CredentialRef { account, owner: Id::new("o"), id: Id::new(id) }
    }

    fn operation(id: &str) -> Operation {
        Operation {
            id: Uuid::new_v4(),
            kind: OperationKind::Rotate,
            account: credential(id).account,
            owner: Id::new("o"),
            owner_name: String::from("ci"),
            credential: Some(Id::new(id)),
            noun: String::from("API key"),
            replaces: None,
            scopes: Vec::new(),
            reviewed: None,
            expiry: None,
            credential_name: id.to_owned(),
            description: String::new(),
            retain_minutes: Some(0),
            idempotency_key: Uuid::new_v4(),
            vault_entry: format!("prod/ci/{id}#1"),
            target: String::new(),
            rotated_before: None,
            began_there: None,
            phase: Phase::Sent,
            note: String::new(),
            began: at(0),
            advanced: at(0),
            running_elsewhere: false,
        }
    }

    fn begin(operation: &Operation) -> Note {
        Note::Begin(Arc::new(operation.clone()))
    }

    fn keep(operation: &Operation) -> Note {
        Note::Keep(Box::new(Keep {
            id: operation.id,
            credential: credential(operation.credential_name.as_str()),
            entry: Some(operation.vault_entry.clone()),
            made: None,
            ends: None,
            phase: Phase::Stored,
            note: String::new(),
            at: at(1),
        }))
    }

    fn line(result: &str) -> Note {
        Note::Record(Happening {
            at: at(2),
            action: String::from("rotate"),
            account: String::from("prod"),
            credential: String::new(),
            result: result.to_owned(),
        })
    }

    fn phase(state: &State, operation: &Operation) -> Option<Phase> {
        state.operation(operation.id).expect("readable").map(|known| known.phase)
    }

    #[test]
    fn one_that_cannot_be_written_takes_no_other_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = State::open(folder.path()).expect("opens");
        let (one, two, unknown) = (operation("a"), operation("b"), operation("c"));
        let several = Note::Several(vec![line("lost with what it came with"), keep(&unknown)]);
        let notes =
            [begin(&one), begin(&one), keep(&unknown), begin(&two), keep(&one), several, line("kept")];
        let written = state.write_together(&notes);
        let done: Vec<bool> = written.iter().map(Result::is_ok).collect();
        assert_eq!(done, [true, false, false, true, true, false, true]);
        assert_eq!((phase(&state, &one), phase(&state, &two)), (Some(Phase::Stored), Some(Phase::Sent)));
        assert_eq!(phase(&state, &unknown), None);
        assert_eq!(state.entries(&credential("a")).expect("readable").len(), 1);
        let lines = state.activity(9).expect("readable");
        assert_eq!(lines.iter().map(|line| line.result.as_str()).collect::<Vec<_>>(), ["kept"]);
        assert_eq!(state.broken_activity(), Ok(None), "the chain has no hole");
    }

    #[test]
    fn when_the_disk_takes_none_that_is_told_of_each() {
        let state = State::in_memory().expect("opens");
        let (one, two) = (operation("a"), operation("b"));
        state.write_one(&begin(&one)).expect("begins");
        let pages: i64 =
            state.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("readable");
        state.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("set");
        let large = Operation { description: "x".repeat(100_000), ..two.clone() };
        let told = state.write_together(&[keep(&one), begin(&large)]);
        assert!(told.contains(&Err(StateError::Full)), "{told:?}");
        for (note, told) in [(&one, &told[0]), (&large, &told[1])] {
            let there = phase(&state, note).is_some_and(|phase| note.id != one.id || phase == Phase::Stored);
            assert_eq!(there, told.is_ok(), "what is told is what is there");
        }
    }

    #[test]
    fn a_check_is_answered_by_which_it_is_and_an_end_is_an_end_once() {
        let state = State::in_memory().expect("opens");
        let one = operation("a");
        let check = |credential| Note::Check { credential, use_before: None, at: at(1) };
        let told = state.write_together(&[check(credential("a")), begin(&one), check(credential("b"))]);
        let checks: Vec<CheckId> = told.into_iter().filter_map(|told| told.expect("written")).collect();
        let [_, second] = checks.as_slice() else { panic!("two checks: {checks:?}") };
        let ended = Note::EndCheck { check: *second, uses: Some(3), at: at(2) };
        let finish = |second| Note::Finish { id: one.id, at: at(second) };
        let done = Note::Several(vec![ended, finish(3)]);
        state.write_one(&done).expect("written");
        assert_eq!(phase(&state, &one), Some(Phase::Done));
        let ends: Vec<_> =
            state.checks(&one.account).expect("readable").iter().map(|one| one.ended).collect();
        assert_eq!(ends, [None, Some(at(2))]);
        state.write_one(&finish(9)).expect("it is done already");
        let known = state.operation(one.id).expect("readable").expect("there");
        assert_eq!(known.advanced, at(3));
        let unknown = Note::Finish { id: Uuid::new_v4(), at: at(4) };
        assert!(matches!(state.write_one(&unknown), Err(StateError::Unknown(_))));
    }
}
