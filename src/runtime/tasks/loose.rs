//! Files of other tools that others than their owner can read. They are otherwise only read; the one thing that is ever
//! changed is the mode, when the operator said so, of a file that is the operator's own and no link.

use std::path::Path;

use crate::app::found::LooseFile;

/// Whether such a file can be tightened from here.
#[cfg(unix)]
pub(super) fn look(backend: &'static str, path: &Path) -> Option<LooseFile> {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::symlink_metadata(path).ok()?;
    let ours = about.is_file() && about.uid() == rustix::process::geteuid().as_raw();
    ours.then(|| LooseFile { backend, path: path.to_owned(), mode: about.mode() & 0o7777 })
}

/// There are no such modes.
#[cfg(not(unix))]
pub(super) fn look(_: &'static str, _: &Path) -> Option<LooseFile> {
    None
}

/// Changes the mode to what was shown, if the file is still what was looked at; the error is a sentence. The file is
/// held open throughout, so that no other one can take its place.
#[cfg(unix)]
pub(super) fn tighten(file: &LooseFile) -> Result<(), String> {
    use std::fs::{OpenOptions, Permissions};
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::absolute;

    use rustix::fs::OFlags;

    let path = absolute(&file.path).map_err(|reason| format!("it cannot be found: {reason}"))?;
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let held = OpenOptions::new().read(true).custom_flags(flags).open(&path).map_err(|reason| {
        let link = std::fs::symlink_metadata(&path).is_ok_and(|about| about.is_symlink());
        if link {
            String::from("it is a link, which is left alone")
        } else {
            format!("it cannot be opened: {reason}")
        }
    })?;
    let about = || held.metadata().map_err(|reason| format!("it cannot be looked at: {reason}"));
    let before = about()?;
    if !before.is_file() {
        return Err(String::from("it is not a file, so it was left alone"));
    }
    if before.uid() != rustix::process::geteuid().as_raw() {
        return Err(String::from("it belongs to somebody else, so it was left alone"));
    }
    if before.mode() & 0o7777 != file.mode {
        return Err(format!("its mode changed meanwhile to {:04o}; look again", before.mode() & 0o7777));
    }
    held.set_permissions(Permissions::from_mode(file.tight()))
        .map_err(|reason| format!("its mode cannot be changed: {reason}"))?;
    let after = about()?.mode() & 0o7777;
    if after == file.tight() { Ok(()) } else { Err(format!("its mode is {after:04o} all the same")) }
}

/// There are no such modes.
#[cfg(not(unix))]
pub(super) fn tighten(_: &LooseFile) -> Result<(), String> {
    Err(String::from("this system has no such modes"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::PathBuf;

    use super::*;

    fn file(folder: &Path, mode: u32) -> PathBuf {
        let path = folder.join("credentials.yaml");
        fs::OpenOptions::new().write(true).create_new(true).open(&path).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        path
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn only_others_lose_what_they_may() {
        for (before, after) in
            [(0o644, 0o600), (0o640, 0o600), (0o604, 0o600), (0o755, 0o700), (0o444, 0o400)]
        {
            let folder = tempfile::tempdir().expect("a folder");
            let path = file(folder.path(), before);
            let found = look("kitaru", &path).expect("ours");
            assert_eq!((found.mode, found.tight()), (before, after));
            assert_eq!((found.now(), found.then()), (format!("{before:04o}"), format!("{after:04o}")));
            assert_eq!(mode(&path), before, "looking changes nothing");
            assert_eq!(tighten(&found), Ok(()));
            assert_eq!(mode(&path), after);
        }
    }

    #[test]
    fn links_and_what_changed_meanwhile_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path(), 0o644);
        let link = folder.path().join("link");
        symlink(&path, &link).expect("a link");
        assert_eq!(look("kitaru", &link), None, "a link is not offered");
        let found = look("kitaru", &path).expect("ours");
        let through = LooseFile { path: link, ..found.clone() };
        assert!(tighten(&through).is_err_and(|why| why.contains("a link")));
        assert_eq!(mode(&path), 0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).expect("its mode");
        assert!(tighten(&found).is_err_and(|why| why.contains("0664")));
        assert_eq!(mode(&path), 0o664);
        fs::remove_file(&path).expect("gone");
        assert!(tighten(&found).is_err_and(|why| why.contains("cannot be opened")));
        assert_eq!(look("kitaru", folder.path()), None, "a folder is not offered");
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        // Only root can make one; elsewhere the system's own files are somebody else's.
        let other = Path::new("/etc/hostname");
        let root = rustix::process::geteuid().is_root();
        let folder = tempfile::tempdir().expect("a folder");
        let path = if root { file(folder.path(), 0o644) } else { other.to_owned() };
        if root {
            std::os::unix::fs::chown(&path, Some(12345), None).expect("given away");
        } else if !path.exists() {
            return;
        }
        let before = mode(&path);
        assert_eq!(look("kitaru", &path), None);
        let claimed = LooseFile { backend: "kitaru", path: path.clone(), mode: before };
        assert!(tighten(&claimed).is_err_and(|why| why.contains("somebody else")));
        assert_eq!(mode(&path), before);
    }
}
