//! Whose turn it is to renew a kept login: a lock on a file for each account, over all programs. The system lets go of
//! it when its holder ends, however it ends.
//!
//! The file says when a renewal was sent whose outcome was not written down: what a program that died in between leaves
//! behind. No secrets.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::State;
use super::error::StateError;
use super::files::{make_private_folder, open_private_file};
use crate::domain::time::Timestamp;

/// The longest note; whatever else is in the file was not written by us.
const LONGEST: u64 = 64;

/// The right to renew one account's login, until it is dropped. Without a file where nobody else can see the records.
pub struct Turn(Option<File>);

impl State {
    /// Takes the turn, if nobody has it.
    pub fn take_turn(&self, account: &str) -> Result<Option<Turn>, StateError> {
        match self.run().folder() {
            None => Ok(Some(Turn(None))),
            Some(runs) => Ok(take(&folder(runs), account)?),
        }
    }
}

/// Beside the runs.
fn folder(runs: &Path) -> PathBuf {
    runs.parent().unwrap_or(runs).join("turns")
}

/// The file is never removed: one who waits for it would hold another one than who comes next.
fn take(folder: &Path, account: &str) -> io::Result<Option<Turn>> {
    make_private_folder(folder)?;
    let file = open_private_file(&folder.join(format!("{account}.lock")))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Turn(Some(file)))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Turn {
    /// When a renewal was sent whose outcome nobody wrote down.
    pub fn unsettled(&mut self) -> Option<Timestamp> {
        let file = self.0.as_mut()?;
        let mut text = String::new();
        file.seek(SeekFrom::Start(0)).ok()?;
        file.take(LONGEST).read_to_string(&mut text).ok()?;
        text.trim().parse().ok()
    }

    /// Writes down that a renewal is about to be sent; it is on the disk when this returns. An older one that was never
    /// settled stays: it is the one that tells.
    pub fn sending(&mut self, at: Timestamp) -> Result<(), StateError> {
        if self.unsettled().is_some() { Ok(()) } else { Ok(self.write(&at.to_string())?) }
    }

    /// What was sent had its outcome: there is nothing to tell any more.
    pub fn settled(&mut self) -> Result<(), StateError> {
        Ok(self.write("")?)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let Some(file) = self.0.as_mut() else { return Ok(()) };
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_the_turn_and_its_end_gives_it_to_the_next() {
        let dir = tempfile::tempdir().expect("a folder");
        let (one, two) = (State::open(dir.path()).expect("opens"), State::open(dir.path()).expect("opens"));
        let turn = one.take_turn("prod").expect("asked").expect("free");
        assert!(two.take_turn("prod").expect("asked").is_none(), "it is taken");
        assert!(two.take_turn("other").expect("asked").is_some(), "another account's is free");
        assert!(one.take_turn("prod").expect("asked").is_none(), "also for the same program");
        drop(turn);
        assert!(two.take_turn("prod").expect("asked").is_some());
    }

    #[test]
    fn what_was_sent_and_not_settled_outlives_its_program() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = State::open(dir.path()).expect("opens");
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let take = || state.take_turn("prod").expect("asked").expect("free");
        let mut turn = take();
        assert_eq!(turn.unsettled(), None);
        turn.sending(at("2026-11-22T05:00:00Z")).expect("written");
        drop(turn);
        let mut turn = take();
        assert_eq!(turn.unsettled(), Some(at("2026-11-22T05:00:00Z")));
        turn.sending(at("2026-11-23T05:00:00Z")).expect("written");
        assert_eq!(turn.unsettled(), Some(at("2026-11-22T05:00:00Z")), "the first one tells");
        turn.settled().expect("written");
        drop(turn);
        assert_eq!(take().unsettled(), None);
        let path = dir.path().join("turns/prod.lock");
        let mut file = open_private_file(&path).expect("it is there");
        file.write_all(b"nonsense").expect("written");
        assert_eq!(take().unsettled(), None, "what is not ours tells nothing");
    }

    #[test]
    fn records_that_nobody_else_sees_need_no_lock() {
        let state = State::in_memory().expect("records");
        let mut turn = state.take_turn("prod").expect("asked").expect("free");
        turn.sending(Timestamp::UNIX_EPOCH).expect("nothing to write");
        assert_eq!(turn.unsettled(), None);
    }
}
