//! A key in a dotenv file: a sibling of mode 0600 is written and renamed over it, then it is read again.
//!
//! The folder is locked meanwhile, so that two programs of ours do not undo each other; another program that writes
//! in between is noticed, and the file left as it is. What is not an ordinary file of one name is refused.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::dotenv;
use crate::domain::target::Delivered;
use crate::secret::Secret;

/// The largest file that is taken for a dotenv file.
const LARGEST: u64 = 1024 * 1024;

/// Writes the secret under the key, and reads it again.
pub(super) fn deliver(path: &Path, key: &str, secret: &Secret) -> Delivered {
    match write(path, key, secret) {
        Ok(note) => match is_there(path, key, secret) {
            Ok(true) => Delivered::ReadBack(note.into()),
            Ok(false) => Delivered::Failed("something else stands there right after it was written".into()),
            Err(why) => Delivered::Done(format!("reading it again failed: {why}").into()),
        },
        Err(why) => Delivered::Failed(why.into()),
    }
}

/// Writes; answers what else is to be known.
fn write(path: &Path, key: &str, secret: &Secret) -> Result<String, String> {
    let folder = path.parent().ok_or("the path names no file")?;
    let name = path.file_name().ok_or("the path names no file")?;
    let _alone = lock(folder)?;
    let before = look(path)?;
    let text = match &before {
        Some(known) => read(path, known)?,
        None => Zeroizing::default(),
    };
    let new = dotenv::replace(&text, key, secret.expose()).map_err(|why| why.to_string())?;
    let mut sibling = std::ffi::OsString::from(".");
    sibling.push(name);
    sibling.push(".keywright");
    let sibling = folder.join(sibling);
    let written = write_sibling(&sibling, before.as_ref(), &new).and_then(|()| {
        unchanged(path, before.as_ref())?;
        fs::rename(&sibling, path).map_err(|why| format!("it cannot be replaced: {why}"))
    });
    if let Err(why) = written {
        // It holds the secret, so it must not stay; one that was never made is fine.
        return match fs::remove_file(&sibling) {
            Err(left) if left.kind() != io::ErrorKind::NotFound => {
                Err(format!("{why}; {} holds the secret and cannot be removed: {left}", sibling.display()))
            }
            Ok(()) | Err(_) => Err(why),
        };
    }
    sync(folder);
    Ok(note(before.as_ref()))
}

/// What an operator should know about the file as it was.
fn note(before: Option<&Metadata>) -> String {
    match before.map(mode) {
        None => String::from("the file is new, mode 0600"),
        Some(0o600) => String::new(),
        Some(mode) => format!("its mode was {mode:04o} and is 0600 now"),
    }
}

/// Holds the folder for us, as long as the answer lives.
fn lock(folder: &Path) -> Result<File, String> {
    let held = File::open(folder).map_err(|why| {
        if why.kind() == io::ErrorKind::NotFound {
            format!("there is no folder {}", folder.display())
        } else {
            format!("the folder {} cannot be used: {why}", folder.display())
        }
    })?;
    match held.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(format!("another program is writing in {} just now; deliver it again", folder.display()))
        }
        // A file system without locks still has the check before the rename.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(held),
    }
}

/// What is there, if anything; everything but an ordinary file of one name that may be written is refused.
fn look(path: &Path) -> Result<Option<Metadata>, String> {
    let known = match fs::symlink_metadata(path) {
        Ok(known) => known,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(format!("it cannot be looked at: {why}")),
    };
    let kind = known.file_type();
    if kind.is_symlink() {
        return Err(String::from("it is a symbolic link; name the file itself in the settings"));
    }
    if kind.is_dir() {
        return Err(String::from("it is a directory"));
    }
    if !kind.is_file() {
        return Err(String::from("it is no ordinary file"));
    }
    if known.len() > LARGEST {
        return Err(String::from("it is larger than 1 MiB, so it is no dotenv file"));
    }
    if names(&known) > 1 {
        return Err(String::from("it has a second name (a hard link), which would keep the old secret"));
    }
    if known.permissions().readonly() {
        return Err(String::from("it is write-protected"));
    }
    // Replacing needs the folder alone; whether this very file may be written is asked all the same.
    match OpenOptions::new().write(true).open(path) {
        Ok(_) => Ok(Some(known)),
        Err(why) => Err(format!("it is not writable: {why}")),
    }
}

fn read(path: &Path, known: &Metadata) -> Result<Zeroizing<Vec<u8>>, String> {
    let failed = |why: io::Error| format!("it cannot be read: {why}");
    let file = File::open(path).map_err(failed)?;
    if !is_same(&file.metadata().map_err(failed)?, known) {
        return Err(String::from("it changed while it was being read"));
    }
    let size = usize::try_from(known.len()).unwrap_or_default();
    let mut text = Zeroizing::new(Vec::with_capacity(size + 1));
    file.take(LARGEST).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

/// Writes the sibling with the mode and owner it keeps under its new name.
fn write_sibling(sibling: &Path, before: Option<&Metadata>, text: &[u8]) -> Result<(), String> {
    // The folder is ours, so one that is there was left by a program that died.
    drop(fs::remove_file(sibling));
    let failed = |why: io::Error| format!("nothing can be written beside it: {why}");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let mut file = options.open(sibling).map_err(failed)?;
    if let Some(before) = before {
        own(&file, before).map_err(|why| format!("its owner cannot be kept: {why}"))?;
    }
    file.write_all(text).and_then(|()| file.sync_all()).map_err(failed)
}

/// Nobody else wrote meanwhile.
fn unchanged(path: &Path, before: Option<&Metadata>) -> Result<(), String> {
    let now = fs::symlink_metadata(path).ok();
    let same = match (&now, before) {
        (None, None) => true,
        (Some(now), Some(before)) => is_same(now, before),
        (Some(_), None) | (None, Some(_)) => false,
    };
    if same { Ok(()) } else { Err(String::from("another program changed it meanwhile; deliver it again")) }
}

/// Whether the secret stands there.
fn is_there(path: &Path, key: &str, secret: &Secret) -> Result<bool, String> {
    let text = Zeroizing::new(fs::read(path).map_err(|why| why.to_string())?);
    let value = dotenv::read(&text, key).map_err(|why| why.to_string())?;
    Ok(value.is_some_and(|value| value.as_slice() == secret.expose().as_bytes()))
}

/// The new name lasts once the folder is on the disk; where folders cannot be synced, the system does it in time.
fn sync(folder: &Path) {
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

#[cfg(unix)]
fn own(file: &File, before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let now = file.metadata()?;
    if (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    fchown(file, Some(before.uid()), Some(before.gid()))
}

#[cfg(not(unix))]
fn own(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn mode(known: &Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    known.mode() & 0o7777
}

/// Where there are no modes every file is as private as it gets.
#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0o600
}

#[cfg(unix)]
fn names(known: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    known.nlink()
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let facts = |of: &Metadata| (of.dev(), of.ino(), of.len(), of.mtime(), of.mtime_nsec());
    facts(one) == facts(other)
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len() && one.modified().ok() == other.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::PathBuf;

    const SECRET: &str = "kw-test-0123456789";

    #[expect(clippy::disallowed_methods, reason = "the test plays whoever wrote the file before")]
    fn write_file(path: &Path, text: &str) {
        fs::write(path, text).expect("a file");
    }

    /// A file before, what is in it after, and what is said.
    type Change = (Option<(&'static str, u32)>, &'static str, &'static str);

    fn secret() -> Secret {
        Secret::new(String::from(SECRET))
    }

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a folder"))
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("app.env")
        }

        fn with(text: &str, mode: u32) -> Self {
            let folder = Self::new();
            write_file(&folder.path(), text);
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).expect("its mode");
            folder
        }

        fn deliver(&self) -> Delivered {
            deliver(&self.path(), "TOKEN", &secret())
        }

        fn text(&self) -> String {
            fs::read_to_string(self.path()).expect("the file")
        }

        fn entries(&self) -> Vec<String> {
            let entries = fs::read_dir(self.0.path()).expect("the folder");
            entries.map(|entry| entry.expect("it").file_name().to_string_lossy().into_owned()).collect()
        }
    }

    #[test]
    fn a_new_file_and_an_old_one_end_with_mode_0600_and_no_sibling() {
        let cases: [Change; 3] = [
            (None, "TOKEN=kw-test-0123456789\n", "the file is new, mode 0600"),
            (Some(("A=1\nTOKEN=old\n", 0o600)), "A=1\nTOKEN=kw-test-0123456789\n", ""),
            (
                Some(("A=1\r\n", 0o644)),
                "A=1\r\nTOKEN=kw-test-0123456789\r\n",
                "its mode was 0644 and is 0600 now",
            ),
        ];
        for (before, after, note) in cases {
            let folder = before.map_or_else(Folder::new, |(text, mode)| Folder::with(text, mode));
            assert_eq!(folder.deliver(), Delivered::ReadBack(note.into()), "{before:?}");
            assert_eq!(folder.text(), after);
            assert_eq!(mode(&fs::metadata(folder.path()).expect("it")), 0o600);
            assert_eq!(folder.entries(), ["app.env"]);
        }
    }

    #[test]
    fn what_is_no_ordinary_file_is_refused_and_left_alone() {
        type Make = fn(&Path);
        let cases: [(Make, &str); 6] = [
            (
                |path| {
                    let real = path.with_file_name("real.env");
                    write_file(&real, "TOKEN=old\n");
                    symlink(real, path).expect("a link");
                },
                "symbolic link",
            ),
            (|path| symlink("nowhere", path).expect("a link"), "symbolic link"),
            (|path| fs::create_dir(path).expect("a directory"), "is a directory"),
            (
                |path| {
                    write_file(path, "TOKEN=old\n");
                    fs::set_permissions(path, fs::Permissions::from_mode(0o400)).expect("its mode");
                },
                "write-protected",
            ),
            (
                |path| {
                    write_file(path, "TOKEN=old\n");
                    fs::hard_link(path, path.with_file_name("other")).expect("a link");
                },
                "hard link",
            ),
            (
                |path| drop(std::os::unix::net::UnixListener::bind(path).expect("a socket")),
                "no ordinary file",
            ),
        ];
        for (make, why) in cases {
            let folder = Folder::new();
            make(&folder.path());
            let before = folder.entries().len();
            let Delivered::Failed(words) = folder.deliver() else { panic!("{why} is refused") };
            assert!(words.as_str().contains(why), "{words}");
            assert_eq!(folder.entries().len(), before, "nothing is left beside it");
            assert!(!words.as_str().contains(SECRET));
        }
    }

    #[test]
    fn a_text_that_cannot_be_changed_safely_stays() {
        let folder = Folder::with("TOKEN=1\nTOKEN=2\n", 0o600);
        assert!(matches!(folder.deliver(), Delivered::Failed(why) if why.as_str().contains("line 2")));
        assert_eq!(folder.text(), "TOKEN=1\nTOKEN=2\n");
        assert_eq!(folder.entries(), ["app.env"]);
    }

    #[test]
    fn a_missing_or_read_only_folder_is_named() {
        let folder = Folder::new();
        let away = folder.0.path().join("away/app.env");
        let Delivered::Failed(why) = deliver(&away, "TOKEN", &secret()) else { panic!("refused") };
        assert!(why.as_str().contains("there is no folder"), "{why}");
        let Delivered::Failed(why) = deliver(Path::new("/proc/app.env"), "TOKEN", &secret()) else {
            panic!("refused")
        };
        assert!(why.as_str().contains("nothing can be written beside it"), "{why}");
    }

    #[test]
    fn what_a_killed_program_left_is_replaced_and_a_locked_folder_waits() {
        let folder = Folder::with("TOKEN=old\n", 0o600);
        write_file(&folder.0.path().join(".app.env.keywright"), "half");
        let held = lock(folder.0.path()).expect("free");
        assert!(matches!(folder.deliver(), Delivered::Failed(why) if why.as_str().contains("just now")));
        drop(held);
        assert!(folder.deliver().is_done());
        assert_eq!(folder.entries(), ["app.env"]);
    }

    #[test]
    fn a_change_in_between_is_noticed() {
        let folder = Folder::with("TOKEN=old\n", 0o600);
        let before = look(&folder.path()).expect("usable");
        assert_eq!(unchanged(&folder.path(), before.as_ref()), Ok(()));
        write_file(&folder.path(), "TOKEN=other\n");
        assert!(unchanged(&folder.path(), before.as_ref()).is_err());
        assert!(unchanged(&folder.path(), None).is_err());
    }
}
