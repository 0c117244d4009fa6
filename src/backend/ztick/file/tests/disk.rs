//! The file on the disk: bad input, mode and owner, two editors, and a stop at every step.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::super::disk::{FileError, Stored, absent, load};
use super::super::replace::{Step, replace};
use super::super::{LARGEST, Trap};
use super::{NEW, ORDINARY, create, secret};

fn directory_with(text: &str, mode: u32) -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("auth.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    (directory, path)
}

fn edited(stored: &Stored) -> Vec<u8> {
    create(stored.bytes(), "ci", "ci.", &secret(NEW)).ok().unwrap().bytes.to_vec()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn error(result: Result<Stored, FileError>) -> FileError {
    result.err().expect("refused")
}

#[test]
fn an_edit_keeps_mode_and_owner_and_leaves_a_backup() {
    for (bits, loose) in [(0o600, false), (0o400, false), (0o640, true), (0o440, true), (0o604, true)] {
        let (directory, path) = directory_with(ORDINARY, bits);
        let stored = load(&path).unwrap();
        assert_eq!(stored.findings().iter().any(|finding| finding.trap == Trap::LooseMode), loose);
        let now = stored.replace(&edited(&stored)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), now.bytes());
        assert_eq!(
            fs::read_to_string(directory.path().join("auth.toml.keywright-backup")).unwrap(),
            ORDINARY
        );
        assert_eq!((mode(&path), mode(&directory.path().join("auth.toml.keywright-backup"))), (bits, bits));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "no part is left");
        now.replace(ORDINARY.as_bytes()).unwrap();
    }
}

#[test]
fn root_keeps_another_owner() {
    let (_directory, path) = directory_with(ORDINARY, 0o640);
    // Only root can make the case; everybody else owns what they edit here.
    if std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).is_ok() {
        let stored = load(&path).unwrap();
        stored.replace(&edited(&stored)).unwrap();
    }
    let owner = fs::metadata(&path).unwrap();
    assert_eq!(owner.uid() == 65_534, owner.gid() == 65_534);
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn a_new_file_is_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("auth.toml");
    let none = absent(&path).unwrap();
    let made = none.replace(&edited(&none)).unwrap();
    assert_eq!((mode(&path), made.findings().len()), (0o600, 0));
    assert!(matches!(error(absent(&path)), FileError::Exists(_)));
    assert!(matches!(error(none.replace(b"")), FileError::Changed { .. }));
}

#[test]
fn a_link_is_followed_and_stays() {
    let (directory, path) = directory_with(ORDINARY, 0o600);
    let link = directory.path().join("link.toml");
    symlink(&path, &link).unwrap();
    let stored = load(&link).unwrap();
    stored.replace(&edited(&stored)).unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read(&path).unwrap(), fs::read(&link).unwrap());
    assert_ne!(fs::read_to_string(&path).unwrap(), ORDINARY);
}

#[test]
fn bad_input_is_refused_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::write(at("big"), vec![b'#'; 2 * LARGEST]).unwrap();
    fs::write(at("exact"), vec![b'#'; LARGEST]).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
    assert!(matches!(error(load(&at("missing"))), FileError::Missing(_)));
    assert!(matches!(error(load(&at("dangling"))), FileError::Dangling(_)));
    assert!(matches!(error(absent(&at("dangling"))), FileError::Dangling(_)));
    assert!(matches!(error(load(directory.path())), FileError::NotFile(_)));
    assert!(matches!(error(load(&at("pipe"))), FileError::NotFile(_)));
    assert!(matches!(error(load(&at("big"))), FileError::TooBig(_)));
    assert_eq!(load(&at("exact")).unwrap().bytes().len(), LARGEST);
    assert!(error(load(&at("big"))).to_string().ends_with("more than the server loads"));
}

#[test]
fn a_file_changed_meanwhile_is_refused_with_a_difference_and_no_secret() {
    let (_directory, path) = directory_with(ORDINARY, 0o600);
    let stored = load(&path).unwrap();
    fs::write(&path, ORDINARY.replace("sk_deploy_a1b2c3d4e5f6", "sk_deploy_changed_here")).unwrap();
    let FileError::Changed { changes, .. } = error(stored.replace(&edited(&stored))) else {
        panic!("changed")
    };
    let shown: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["-   12  secret = (hidden)", "+   12  secret = (hidden)"]);
    assert!(fs::read_to_string(&path).unwrap().contains("changed_here"));
    fs::remove_file(&path).unwrap();
    assert!(matches!(error(stored.replace(b"x")), FileError::Changed { .. }));
    assert!(!path.exists());
}

#[test]
fn two_editors_at_once_and_the_second_is_told() {
    let (_directory, path) = directory_with(ORDINARY, 0o600);
    let (first, second) = (load(&path).unwrap(), load(&path).unwrap());
    let mut told = None;
    let result = replace(&first, &edited(&first), &mut |step| {
        if step == Step::SiblingWritten {
            told = Some(error(second.replace(b"# mine\n")));
        }
        Ok(())
    });
    assert!(result.is_ok());
    assert!(matches!(told, Some(FileError::Locked(_))));
    assert!(matches!(error(second.replace(b"# mine\n")), FileError::Changed { .. }));
    assert!(fs::read_to_string(&path).unwrap().contains(NEW));
}

#[test]
fn an_editor_without_our_lock_is_noticed_at_the_last_moment() {
    let (directory, path) = directory_with(ORDINARY, 0o600);
    let stored = load(&path).unwrap();
    let result = replace(&stored, &edited(&stored), &mut |step| {
        if step == Step::SiblingWritten { fs::write(&path, "# by hand\n") } else { Ok(()) }
    });
    assert!(matches!(error(result), FileError::Changed { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), "# by hand\n");
    assert!(!directory.path().join(".auth.toml.keywright-part").exists());
}

#[test]
fn stopped_at_any_step_the_file_is_the_old_one_or_the_new_one() {
    let steps = [Step::Locked, Step::BackupWritten, Step::BackupKept, Step::SiblingWritten, Step::Renamed];
    for stop in steps {
        let (_directory, path) = directory_with(ORDINARY, 0o600);
        let stored = load(&path).unwrap();
        let new = edited(&stored);
        // What a killed process leaves: everything done so far, nothing after.
        let result = replace(&stored, &new, &mut |step| {
            if step == stop { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        });
        assert!(result.is_err(), "{stop:?}");
        let left = fs::read(&path).unwrap();
        assert_eq!(left, if stop == Step::Renamed { new } else { ORDINARY.as_bytes().to_vec() }, "{stop:?}");
        // The next edit is not disturbed by what was left.
        let again = load(&path).unwrap();
        again.replace(b"# next\n").unwrap();
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2, "{stop:?}");
    }
}
