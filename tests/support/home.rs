//! A private home directory with its XDG directories, and the environment that points there. The user's own home,
//! settings and keyring are out of reach of whatever runs in it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A temporary home; removed on drop.
pub struct Home {
    root: tempfile::TempDir,
}

impl Home {
    /// A new, empty home.
    #[expect(clippy::new_without_default, reason = "making directories is no default value")]
    pub fn new() -> Self {
        Self::of(tempfile::Builder::new().prefix("kw-").tempdir().expect("a temporary directory"))
    }

    /// The same, in memory where this machine has such a place: for tests that write very often and never lose power.
    pub fn in_memory() -> Self {
        let quick = tempfile::Builder::new().prefix("kw-").tempdir_in("/dev/shm");
        quick.map_or_else(|_no_such_place| Self::new(), Self::of)
    }

    fn of(root: tempfile::TempDir) -> Self {
        let home = Self { root };
        for (_, directory) in home.directories() {
            fs::create_dir_all(&directory).expect("a directory of the private home");
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("its mode");
        }
        home
    }

    /// The top: everything the program writes must be below it.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// `$XDG_CONFIG_HOME/keywright/config.toml`, which need not exist.
    pub fn settings_file(&self) -> PathBuf {
        self.path().join("config/keywright/config.toml")
    }

    /// Writes the settings file.
    pub fn write_settings(&self, text: &str) {
        let file = self.settings_file();
        fs::create_dir_all(file.parent().expect("it has a folder")).expect("the settings folder");
        fs::write(file, text).expect("the settings file");
    }

    /// Everything a program needs in a cleared environment, without a display or a session bus.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        let mut all: Vec<(String, String)> = [("PATH", path.as_str()), ("LANG", "C.UTF-8"), ("TZ", "UTC")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        for (name, directory) in self.directories() {
            all.push((name.to_owned(), directory.to_str().expect("temporary paths are UTF-8").to_owned()));
        }
        all
    }

    fn directories(&self) -> [(&'static str, PathBuf); 7] {
        let at = |name: &str| self.path().join(name);
        [
            ("HOME", at("home")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_STATE_HOME", at("state")),
            ("XDG_CACHE_HOME", at("cache")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("TMPDIR", at("tmp")),
        ]
    }
}
