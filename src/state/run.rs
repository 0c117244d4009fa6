//! Who is alive: every program holds a lock on a file named after its run, and the system lets go of it when the
//! program ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::files::{make_private_folder, new_private_file};

/// This program's run.
pub(super) struct Run {
    id: Uuid,
    /// The folder of all runs and our lock in it; none when nobody else can see the records.
    lock: Option<(PathBuf, File)>,
}

impl Run {
    /// A run beside which there can be no other.
    pub(super) fn alone() -> Self {
        Self { id: Uuid::new_v4(), lock: None }
    }

    /// Begins a run, and clears away the locks of runs that ended.
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        make_private_folder(folder)?;
        clear_dead(folder)?;
        // Another program's clearing may take the file before it is locked; then we begin again.
        for _attempt in 0..100 {
            let id = Uuid::new_v4();
            if let Some(lock) = locked(folder, id)? {
                return Ok(Self { id, lock: Some((folder.to_owned(), lock)) });
            }
        }
        Err(io::Error::other("a lock for this run could not be made"))
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// The folder of all runs; none when nobody else can see the records.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.lock.as_ref().map(|(folder, _)| folder.as_path())
    }

    /// Whether a run is still going. When that cannot be found out it counts as alive, so that nothing is taken
    /// away from it.
    pub(super) fn is_alive(&self, run: Uuid) -> bool {
        let Some((folder, _)) = &self.lock else {
            return run == self.id;
        };
        run == self.id || !is_dead(&lock_path(folder, run))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some((folder, _lock)) = &self.lock {
            // What stays behind is cleared by the next run.
            drop(std::fs::remove_file(lock_path(folder, self.id)));
        }
    }
}

fn lock_path(folder: &Path, run: Uuid) -> PathBuf {
    folder.join(format!("{run}.lock"))
}

/// A locked file under its final name, which it gets only once it is locked: no one ever sees it unlocked there
/// while we live.
fn locked(folder: &Path, id: Uuid) -> io::Result<Option<File>> {
    let made = folder.join(format!("{id}.new"));
    let file = new_private_file(&made)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    match std::fs::rename(&made, lock_path(folder, id)) {
        Ok(()) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks with a shared lock, so that two who ask at once do not take each other for the living one.
fn is_dead(path: &Path) -> bool {
    match OpenOptions::new().read(true).open(path) {
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn clear_dead(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ours = path.extension().is_some_and(|extension| extension == "lock" || extension == "new");
        if ours && is_dead(&path) {
            // Another program may be clearing too.
            drop(std::fs::remove_file(&path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lives_as_long_as_its_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = Run::begin(folder.path()).expect("begins");
        let two = Run::begin(folder.path()).expect("begins");
        assert!(one.is_alive(one.id()) && one.is_alive(two.id()) && two.is_alive(one.id()));
        assert!(!one.is_alive(Uuid::new_v4()), "never heard of");
        let ended = two.id();
        drop(two);
        assert!(!one.is_alive(ended));
    }

    #[test]
    fn locks_left_behind_are_cleared_and_held_ones_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let living = Run::begin(folder.path()).expect("begins");
        let dead = Uuid::new_v4();
        drop(new_private_file(&lock_path(folder.path(), dead)).expect("made"));
        assert!(!living.is_alive(dead));
        let _next = Run::begin(folder.path()).expect("begins");
        assert!(!lock_path(folder.path(), dead).exists());
        assert!(lock_path(folder.path(), living.id()).exists());
    }

    #[test]
    fn many_begin_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let runs: Vec<Run> = std::thread::scope(|scope| {
            let begun: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Run::begin(folder.path()).expect("begins"))).collect();
            begun.into_iter().map(|run| run.join().expect("no panic")).collect()
        });
        for run in &runs {
            assert!(runs.iter().all(|other| run.is_alive(other.id())));
        }
    }
}
