//! Looking around for what the backends' own tools left on this machine, only when asked. What is found stays here with
//! its secrets; the screen gets a description of each, and means it by its position.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Tasks, lock, loose};
use crate::app::effect::RequestId;
use crate::app::found::{Around, FoundAt, FoundKind, FoundView, LooseFile};
use crate::backend::Hearing;
use crate::backend::found::{Found, FoundFile, Holds, LONGEST_FILE, Surroundings};
use crate::backend::registry::BACKENDS;
use crate::config;
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};
use crate::state::Happening;

/// What one look found, with its secrets.
pub(super) struct Looked {
    look: RequestId,
    found: Vec<(&'static str, Found)>,
}

impl Tasks {
    /// Looks at the environment and the user's files.
    pub async fn look_around(&self, look: RequestId) -> Result<Around, Failure> {
        let tasks = self.clone();
        let looking = tokio::task::spawn_blocking(move || {
            tasks.look_at(look, &config::variables(), &config::home().unwrap_or_default())
        });
        looking.await.map_err(|_crashed| Failure::new(FailureKind::Unexpected, "a bug stopped the look"))
    }

    /// Looks at these variables and this home.
    pub fn look_at(&self, look: RequestId, variables: &BTreeMap<String, Secret>, home: &Path) -> Around {
        let (around, found) = Self::gather(look, variables, home);
        *lock(&self.0.found) = Some(Looked { look, found });
        around
    }

    /// Everything there is, and the same without its secrets.
    fn gather(
        look: RequestId,
        variables: &BTreeMap<String, Secret>,
        home: &Path,
    ) -> (Around, Vec<(&'static str, Found)>) {
        let (mut around, mut found) = (Around::default(), Vec::new());
        for registration in BACKENDS {
            let backend = registration.abilities.id;
            let unread: Arc<Mutex<Vec<Text>>> = Arc::default();
            let told = Arc::clone(&unread);
            let read = move |path: &Path| {
                read_file(path).unwrap_or_else(|why| {
                    let sentence = Text::clean(&format!("{} {why}.", path.display()));
                    let mut told = lock(&told);
                    if !told.contains(&sentence) {
                        told.push(sentence);
                    }
                    None
                })
            };
            let variables = variables.iter().map(|(name, value)| (name.clone(), value.share())).collect();
            let here = Surroundings { variables, home: home.to_path_buf(), read: &read, names: &names_in };
            for one in (registration.find)(&here) {
                around.found.push(view(FoundAt { look, index: found.len() }, backend, &one));
                found.push((backend, one));
            }
            for path in found.iter().filter_map(|(_, one): &(&str, Found)| one.loose_file.as_deref()) {
                let known = around.loose.iter().any(|one| one.path == path);
                around.loose.extend(loose::look(backend, path).filter(|_| !known));
            }
            around.unread.extend(lock(&unread).drain(..).map(|sentence| (backend, sentence)));
        }
        (around, found)
    }

    /// Looks which files of the backends' own tools others can read. What is in them is forgotten at once.
    pub async fn find_loose() -> Result<Vec<LooseFile>, Failure> {
        let looking = tokio::task::spawn_blocking(|| {
            Self::gather(RequestId(0), &config::variables(), &config::home().unwrap_or_default()).0.loose
        });
        looking.await.map_err(|_crashed| Failure::new(FailureKind::Unexpected, "a bug stopped the look"))
    }

    /// Takes the right to read a file of another tool from everybody but its owner.
    pub fn tighten(&self, file: &LooseFile) -> Result<(), Failure> {
        let done = loose::tighten(file);
        let words = match &done {
            Ok(()) => format!("mode {} is {} now", file.now(), file.then()),
            Err(why) => why.clone(),
        };
        let happening = Happening {
            at: self.now(),
            action: String::from("tighten"),
            account: String::new(),
            credential: file.path.display().to_string(),
            result: words,
        };
        if let Err(error) = self.state().and_then(|state| state.record(&happening).map_err(Failure::from)) {
            tracing::warn!("the audit log could not be written: {}", error.sentence());
        }
        done.map_err(|why| Failure::new(FailureKind::File, why))
    }

    /// Takes in a credential that was found.
    pub async fn import_found(
        &self,
        name: &AccountName,
        at: FoundAt,
        hearing: Hearing<'_>,
    ) -> Result<CredentialRef, Failure> {
        let parts = self.chosen(name, at, |found| match &found.holds {
            Holds::Credential(parts) => Some(parts.share()),
            Holds::Login { .. } | Holds::Account => None,
        })?;
        self.import(name, parts, hearing).await
    }

    /// Logs in with what was found. It is not kept: it is on this machine already.
    pub async fn log_in_found(&self, name: &AccountName, at: FoundAt) -> Result<SessionFacts, Failure> {
        let abilities = self.backend(name)?.abilities();
        let login = self.chosen(name, at, |found| match &found.holds {
            Holds::Login { method, fields, secrets } => Some(Login {
                method,
                fields: fields.clone(),
                secrets: secrets.iter().map(|(id, secret)| (*id, secret.share())).collect(),
            }),
            Holds::Credential(parts) => {
                let (way, field) = abilities.login_by_credential()?;
                let secret = only(parts)?;
                Some(Login { method: way.id, fields: Vec::new(), secrets: vec![(field, secret)] })
            }
            Holds::Account => None,
        })?;
        self.log_in(name, login, false).await
    }

    /// What is needed of a found thing, if it is for this account: nothing is sent to another server than its own.
    fn chosen<T>(
        &self,
        name: &AccountName,
        at: FoundAt,
        take: impl FnOnce(&Found) -> Option<T>,
    ) -> Result<T, Failure> {
        let refused = |why: &str| Failure::new(FailureKind::NotTaken, why);
        let account = lock(&self.0.accounts).iter().find(|account| account.name == *name).cloned();
        let account = account.ok_or_else(|| super::no_account(name))?;
        let looked = lock(&self.0.found);
        let looked = looked.as_ref().filter(|looked| looked.look == at.look);
        let (backend, found) = looked.and_then(|looked| looked.found.get(at.index)).ok_or_else(|| {
            refused("what was found is not in memory any more; open this again to look again")
        })?;
        let elsewhere = found.endpoint.as_ref().is_some_and(|endpoint| *endpoint != account.endpoint);
        if elsewhere || *backend != account.backend {
            return Err(refused("it is for another server than this account's"));
        }
        take(found).ok_or_else(|| refused("it cannot be used for this"))
    }
}

/// The secret of a credential that has a single part.
fn only(parts: &Parts) -> Option<Secret> {
    let mut all = parts.iter();
    all.next().filter(|_| all.next().is_none()).map(|part| part.secret.share())
}

fn view(at: FoundAt, backend: &'static str, found: &Found) -> FoundView {
    let mut warnings = found.warnings.clone();
    warnings.extend(found.loose_file.as_deref().map(loose_warning));
    FoundView {
        at,
        backend,
        kind: match found.holds {
            Holds::Credential(_) => FoundKind::Credential,
            Holds::Login { .. } => FoundKind::Login,
            Holds::Account => FoundKind::Account,
        },
        what: found.what.clone(),
        source: found.source.clone(),
        warnings,
        endpoint: found.endpoint.clone(),
        login: found.login.clone(),
    }
}

fn loose_warning(path: &Path) -> Text {
    Text::clean(&format!("Others on this machine can read {0}; `chmod 600 {0}` ends that.", path.display()))
}

/// The names in a folder, in order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// A file of another tool; none where there is none, and the words behind its path where it cannot be read.
fn read_file(path: &Path) -> Result<Option<FoundFile>, String> {
    let cannot = |reason: std::io::Error| {
        let absent = matches!(reason.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
        if absent { Ok(None) } else { Err(format!("cannot be read: {reason}")) }
    };
    // Looked at first, because opening a pipe would wait for its other end.
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(reason) => return cannot(reason),
    };
    if !about.is_file() {
        return Err(String::from("is not a file, so it was not read"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(reason) => return cannot(reason),
    };
    let limit = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(about.len().min(limit)).unwrap_or_default() + 1);
    if let Err(reason) = file.take(limit).read_to_end(&mut bytes) {
        return cannot(reason);
    }
    if bytes.len() > LONGEST_FILE {
        return Err(String::from("is longer than 1 MiB, so it was not read"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_not_text| String::from("is not text, so nothing was taken from it"))?;
    Ok(Some(FoundFile { text: Secret::new(text), loose: is_loose(&about) }))
}

#[cfg(unix)]
fn is_loose(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    about.mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn is_loose(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::effect::Keeping;
    use crate::config::Paths;
    use crate::domain::account::Endpoint;
    use crate::runtime::clipboard::MemoryClipboard;
    use crate::runtime::tasks::Setup;

    const RC: &str = ".config/zpools.io/zpoolrc";
    const SERVER: &str = "https://pools.example.com/v1";
    const LOOK: RequestId = RequestId(7);

    fn tasks(home: &Path, endpoint: &str) -> Tasks {
        let (messages, _) = tokio::sync::mpsc::unbounded_channel();
        let account = crate::domain::account::Account {
            name: name(),
            backend: String::from("zpools"),
            endpoint: Endpoint::parse(endpoint).expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
            settings: BTreeMap::new(),
        };
        Tasks::new(Setup {
            clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
            clipboard: Arc::new(MemoryClipboard::default()),
            messages,
            paths: Paths { config: home.join("c"), state: home.join("s"), log: home.join("l") },
            keeping: Keeping::Memory,
            accounts: vec![account],
        })
    }

    fn name() -> AccountName {
        AccountName::parse("pools").expect("a name")
    }

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned()))).collect()
    }

    fn write(home: &Path, bytes: &[u8]) {
        let path = home.join(RC);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        put(&path, bytes);
    }

    fn put(path: &Path, bytes: &[u8]) {
        use std::io::Write as _;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        options.open(path).and_then(|mut file| file.write_all(bytes)).expect("written");
    }

    #[test]
    fn what_is_found_is_told_without_its_secret_and_meant_by_its_place() {
        let home = tempfile::tempdir().expect("a folder");
        write(home.path(), format!("ZPOOL_API_URL={SERVER}\nZPOOLPAT=zpat_file\n").as_bytes());
        let tasks = tasks(home.path(), SERVER);
        let around = tasks.look_at(LOOK, &variables(&[("ZPOOLPAT", "zpat_variable")]), home.path());
        assert_eq!(around.found.len(), 2, "{around:?}");
        assert!(!format!("{around:?}").contains("zpat_"), "{around:?}");
        assert!(around.found[0].source.as_str().starts_with("$ZPOOLPAT"), "{around:?}");
        let secret = |at, name: &AccountName| {
            tasks.chosen(name, at, |found| match &found.holds {
                Holds::Credential(parts) => only(parts),
                Holds::Login { .. } | Holds::Account => None,
            })
        };
        for (one, want) in around.found.iter().zip(["zpat_variable", "zpat_file"]) {
            let got = secret(one.at, &name()).map_err(|failure| failure.sentence()).expect("it");
            assert!(got.is_same(&Secret::new(want.to_owned())));
        }
        // Neither an older look, nor after the curtain fell.
        assert!(secret(FoundAt { look: RequestId(6), index: 0 }, &name()).is_err());
        tasks.wipe_memory();
        assert!(secret(around.found[0].at, &name()).is_err());
    }

    #[test]
    fn nothing_goes_to_another_server() {
        let home = tempfile::tempdir().expect("a folder");
        let tasks = tasks(home.path(), "https://elsewhere.example.com");
        let around = tasks.look_at(LOOK, &variables(&[("ZPOOLPAT", "zpat_variable")]), home.path());
        let taken = tasks.chosen(&name(), around.found[0].at, |_| Some(()));
        assert!(taken.is_err());
    }

    #[test]
    fn what_is_there_and_cannot_be_read_is_a_sentence() {
        let long = vec![b'#'; LONGEST_FILE + 1];
        for (bytes, words) in [(&b"\xff\xfe"[..], "is not text"), (&long, "longer than 1 MiB")] {
            let home = tempfile::tempdir().expect("a folder");
            write(home.path(), bytes);
            let tasks = tasks(home.path(), SERVER);
            let around = tasks.look_at(LOOK, &variables(&[("ZPOOLPAT", "")]), home.path());
            assert_eq!(around.found, []);
            let told = around.unread.iter().find(|(backend, _)| *backend == "zpools").expect("a sentence");
            assert!(told.1.as_str().contains(RC) && told.1.as_str().contains(words), "{told:?}");
        }
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(home.path().join(RC)).expect("made");
        assert!(read_file(&home.path().join(RC)).is_err_and(|why| why.contains("not a file")));
        assert!(read_file(&home.path().join("none/at/all")).is_ok_and(|none| none.is_none()));
    }
}
