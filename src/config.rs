//! Flags, environment, settings file and defaults become one validated [`Settings`]. Nothing after this checks
//! again. Settings have no secrets; what other tools put into the environment is only handed on.

#![expect(clippy::disallowed_methods, reason = "this room owns the environment and the settings file")]

mod targets;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::cli::Cli;
use crate::domain::ability::Abilities;
use crate::domain::account::{Account, AccountName, Endpoint};
use crate::domain::program;
use crate::domain::target::Target;
use crate::secret::Secret;

/// Where secrets are to go, as the settings say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepIn {
    /// The operating system's keyring.
    #[default]
    Keyring,
    /// The kernel's keyring, until reboot.
    Kernel,
    /// Memory, for this run only.
    Memory,
}

/// Where things are on this machine.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The settings file.
    pub config: PathBuf,
    /// The directory of the records.
    pub state: PathBuf,
    /// The log file.
    pub log: PathBuf,
}

/// Everything that was asked for, valid.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The accounts that could be used.
    pub accounts: Vec<Account>,
    /// The targets that could be used.
    pub targets: Vec<Target>,
    /// Sentences about what could not: file, line, key and why.
    pub problems: Vec<String>,
    /// Where secrets go.
    pub keep_in: KeepIn,
    /// The theme's name.
    pub theme: Option<String>,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
    /// Whether `NO_COLOR` is set.
    pub no_color: bool,
    /// What to log, if anything.
    pub log: Option<String>,
    /// Where things are.
    pub paths: Paths,
}

/// Why there are no settings at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No home directory.
    #[error("there is no home directory to keep settings in; set HOME or XDG_CONFIG_HOME and XDG_STATE_HOME")]
    NoHome,
    /// The file cannot be read.
    #[error("the settings {path} cannot be read: {reason}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: std::io::Error,
    },
    /// The file cannot be written.
    #[error("the settings {path} cannot be written: {reason}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: std::io::Error,
    },
    /// The file is not TOML, so writing would lose what is in it.
    #[error("the settings {path} are not valid TOML, so they are left as they are: {reason}")]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A variable of the environment; empty counts as unset.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The whole environment. Values may be secrets of other tools; what is not text is none.
pub fn variables() -> BTreeMap<String, Secret> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, Secret::new(value.into_string().ok()?)))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// The user's home.
pub fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// Reads everything. `known` tells whether a backend of that name exists.
pub fn load(cli: &Cli, known: impl Fn(&str) -> Option<&'static Abilities>) -> Result<Settings, ConfigError> {
    let paths = paths()?;
    let text = match fs::read_to_string(&paths.config) {
        Ok(text) => text,
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(reason) => return Err(ConfigError::Read { path: paths.config, reason }),
    };
    let home = home();
    let file = read(&text, &paths.config, home.as_deref(), known);
    Ok(Settings {
        accounts: file.accounts,
        targets: file.targets,
        problems: file.problems,
        keep_in: file.keep_in,
        theme: cli.theme.clone().or(file.theme),
        ascii: cli.ascii || file.ascii,
        no_color: variable("NO_COLOR").is_some(),
        log: cli.log.clone(),
        paths,
    })
}

fn paths() -> Result<Paths, ConfigError> {
    let dirs = ProjectDirs::from("", "", "keywright").ok_or(ConfigError::NoHome)?;
    let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned();
    Ok(Paths { config: dirs.config_dir().join("config.toml"), log: state.join("keywright.log"), state })
}

/// What the settings file says.
#[derive(Debug, Default, PartialEq, Eq)]
struct File {
    accounts: Vec<Account>,
    targets: Vec<Target>,
    problems: Vec<String>,
    keep_in: KeepIn,
    theme: Option<String>,
    ascii: bool,
}

/// Reads the file's text. Whatever is wrong becomes a sentence; the rest is used.
fn read(
    text: &str,
    path: &Path,
    home: Option<&Path>,
    known: impl Fn(&str) -> Option<&'static Abilities>,
) -> File {
    let mut file = File::default();
    let mut problem = |at: Option<std::ops::Range<usize>>, key: &str, why: &str| {
        let line =
            at.map_or(1, |span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count());
        file.problems.push(format!("{}, line {line}, {key}: {why}", path.display()));
    };
    let mut used = text.to_owned();
    let document = loop {
        match toml_edit::Document::parse(used.clone()) {
            Ok(document) => break document,
            Err(error) => {
                // Of two tables of one name the second is left out, so that the rest can be used.
                let twice = error.message().contains("duplicate key");
                let rest = error.span().filter(|_| twice).and_then(|span| without_table(&used, span.start));
                let way_on = if rest.is_some() { "; the second one is left out" } else { "" };
                problem(error.span(), "the file", &format!("{}{way_on}", error.message()));
                match rest {
                    Some(rest) => used = rest,
                    None => return file,
                }
            }
        }
    };
    for (key, item) in document.iter() {
        match (key, item) {
            ("theme", item) if item.is_str() => file.theme = item.as_str().map(ToOwned::to_owned),
            ("ascii", item) if item.is_bool() => file.ascii = item.as_bool().unwrap_or_default(),
            ("secrets", item) => match item.as_str() {
                Some("keyring") => file.keep_in = KeepIn::Keyring,
                Some("kernel") => file.keep_in = KeepIn::Kernel,
                Some("memory") => file.keep_in = KeepIn::Memory,
                _ => problem(item.span(), key, "must be \"keyring\", \"kernel\" or \"memory\""),
            },
            ("accounts", Item::Table(accounts)) => {
                for (name, item) in accounts {
                    match account(name, item, &known) {
                        Ok(account) => file.accounts.push(account),
                        Err((at, key, why)) => {
                            let at = at.or_else(|| item.span());
                            problem(
                                at,
                                &format!("accounts.{name}{key}"),
                                &format!("{why}; the account is left out"),
                            );
                        }
                    }
                }
            }
            ("targets", Item::Table(found)) => {
                for (name, item) in found {
                    match targets::target(name, item, home) {
                        Ok(target) => file.targets.push(target),
                        Err((at, key, why)) => {
                            let at = at.or_else(|| item.span());
                            let key = format!("targets.{name}{key}");
                            problem(at, &key, &format!("{why}; the target is left out"));
                        }
                    }
                }
            }
            ("theme" | "ascii" | "accounts" | "targets", item) => {
                problem(item.span(), key, "has the wrong type");
            }
            _ => problem(item.span(), key, "is not a setting of this version"),
        }
    }
    file
}

/// The text with the table whose header is at this place made blank. Every byte stays in its place.
fn without_table(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let (before, table) = text.split_at_checked(start)?;
    if !table.trim_start().starts_with('[') {
        return None;
    }
    let next = table.match_indices('\n').map(|(end, _)| end + 1);
    let end = next.into_iter().find(|at| table.get(*at..).is_some_and(|rest| rest.starts_with('[')));
    let (table, after) = table.split_at_checked(end.unwrap_or(table.len()))?;
    let blank = |c: char| if c == '\n' { String::from("\n") } else { " ".repeat(c.len_utf8()) };
    Some(before.to_owned() + &table.chars().map(blank).collect::<String>() + after)
}

type Refused = (Option<std::ops::Range<usize>>, String, String);

fn account(
    name: &str,
    item: &Item,
    known: &impl Fn(&str) -> Option<&'static Abilities>,
) -> Result<Account, Refused> {
    let refuse = |key: &str, why: String| (item.get(key).and_then(Item::span), format!(".{key}"), why);
    let name = AccountName::parse(name).map_err(|why| (None, String::new(), why.to_string()))?;
    let table = item.as_table_like().ok_or_else(|| (None, String::new(), String::from("must be a table")))?;
    let text = |key: &str| match table.get(key) {
        None => Ok(None),
        Some(found) => match found.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(refuse(key, String::from("must be text in quotes"))),
        },
    };
    let needed = |key: &str| text(key)?.ok_or_else(|| refuse(key, String::from("is missing")));
    let backend = needed("backend")?;
    let Some(abilities) = known(&backend) else {
        return Err(refuse("backend", format!("\"{backend}\" is not a backend of this version")));
    };
    let is_its_own = |key: &str| abilities.settings.iter().any(|setting| setting.id == key);
    if let Some((key, _)) = table.iter().find(|(key, _)| !OF_ALL.contains(key) && !is_its_own(key)) {
        return Err(refuse(key, String::from("is not a setting of such an account")));
    }
    let endpoint = Endpoint::parse_as(&needed("endpoint")?, abilities.schemes)
        .map_err(|why| refuse("endpoint", why.to_string()))?;
    let mut settings = BTreeMap::new();
    for field in abilities.settings {
        let typed = match table.get(field.id).and_then(listed) {
            Some(words) => Some(program::line(&words)),
            None => text(field.id)?,
        };
        match typed.filter(|typed| !typed.is_empty()) {
            Some(typed) => {
                (field.check)(&typed).map_err(|why| refuse(field.id, why))?;
                settings.insert(field.id.to_owned(), typed);
            }
            None if field.optional => {}
            None => return Err(refuse(field.id, String::from("is missing"))),
        }
    }
    let protected = match table.get("protected") {
        None => false,
        Some(found) => {
            found.as_bool().ok_or_else(|| refuse("protected", String::from("must be true or false")))?
        }
    };
    Ok(Account {
        name,
        backend,
        endpoint,
        login: text("login")?,
        ca_file: text("ca_file")?.map(PathBuf::from),
        protected,
        settings,
    })
}

/// A program and its arguments as a list of texts.
fn listed(item: &Item) -> Option<Vec<String>> {
    item.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}

/// What every account can have.
const OF_ALL: [&str; 5] = ["backend", "endpoint", "login", "ca_file", "protected"];

/// Writes accounts back and takes one out; comments, order and everything else in the file stay, accounts that
/// another program put there or that this one cannot read included.
pub fn save_accounts(
    path: &Path,
    accounts: &[Account],
    removed: Option<&AccountName>,
) -> Result<(), ConfigError> {
    let failed = |reason| ConfigError::Write { path: path.to_owned(), reason };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(reason) => return Err(ConfigError::Read { path: path.to_owned(), reason }),
    };
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        ConfigError::NotToml { path: path.to_owned(), reason: error.message().to_owned() }
    })?;
    put_accounts(&mut document, accounts, removed);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    replace(path, document.to_string().as_bytes()).map_err(failed)
}

fn put_accounts(document: &mut DocumentMut, accounts: &[Account], removed: Option<&AccountName>) {
    if !document.contains_table("accounts") {
        let mut table = Table::new();
        table.set_implicit(true);
        document.insert("accounts", Item::Table(table));
    }
    let Some(table) = document.get_mut("accounts").and_then(Item::as_table_mut) else { return };
    if let Some(removed) = removed {
        table.remove(removed.as_str());
    }
    for account in accounts {
        let entry = table.entry(account.name.as_str()).or_insert_with(|| Item::Table(Table::new()));
        let Some(entry) = entry.as_table_like_mut() else { continue };
        put(entry, "backend", Some(account.backend.as_str().into()));
        put(entry, "endpoint", Some(account.endpoint.as_str().into()));
        put(entry, "login", account.login.as_deref().map(Into::into));
        put(entry, "ca_file", account.ca_file.as_ref().map(|path| path.display().to_string().into()));
        put(entry, "protected", account.protected.then(|| true.into()));
        for (key, wanted) in &account.settings {
            let written = entry.get(key).and_then(listed).map(|words| program::line(&words));
            if written.as_ref() != Some(wanted) {
                put(entry, key, Some(wanted.as_str().into()));
            }
        }
    }
}

/// Puts a value in the place of the one before, whose comment stays, or takes it out.
fn put(entry: &mut dyn toml_edit::TableLike, key: &str, wanted: Option<toml_edit::Value>) {
    let Some(wanted) = wanted else {
        entry.remove(key);
        return;
    };
    let decor = entry.get(key).and_then(Item::as_value).map(|known| known.decor().clone());
    let mut item = value(wanted);
    if let (Some(decor), Some(fresh)) = (decor, item.as_value_mut()) {
        *fresh.decor_mut() = decor;
    }
    entry.insert(key, item);
}

/// Replaces a file as a whole: a sibling is written and renamed, so a crash leaves the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_absent| path.to_owned());
    let sibling = path.with_extension(format!("toml.{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).open(&sibling)?;
    if let Ok(known) = fs::metadata(&path) {
        file.set_permissions(known.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&sibling, &path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ability::{
        CredentialAbility, ExpiryModel, NameRule, OwnerAbility, Replay, RevokeForm, RotationForm, ScopeModel,
        SettingField, Told, any_owner,
    };

    const NAMES: NameRule = NameRule { longest: 9, refused: &[], only: None, words: "" };
    static SOME: Abilities = Abilities {
        id: "some",
        title: "",
        endpoint: "",
        schemes: &["https", "tcp"],
        settings: &[SettingField {
            id: "folder",
            label: "",
            hint: "",
            optional: true,
            check: |typed| {
                if typed.starts_with('/') { Ok(()) } else { Err(String::from("must begin with /")) }
            },
        }],
        logins: &[],
        owner: OwnerAbility {
            noun: "",
            plural: "",
            create: false,
            disable: false,
            delete: false,
            names: NAMES,
            fields: &[],
            edits: &[],
        },
        credential: CredentialAbility {
            noun: "",
            create: Ok(()),
            parts: crate::domain::ability::WHOLE,
            names: NAMES,
            describe: false,
            edit: false,
            disable: false,
            scopes: ScopeModel::AsOwner(""),
            expiry: ExpiryModel::None(""),
            last_use: Told::No(""),
            may_own: any_owner,
            named_here: false,
            rotation: RotationForm::CutOver { told: true, sentence: "" },
            further_rotations: &[],
            revoke: RevokeForm { verb: "", sentence: "" },
            replay: Replay::NEVER,
        },
        further: &[],
        restart: None,
        vending: None,
        history: None,
        verify: "",
    };

    fn read_text(text: &str) -> File {
        read(text, Path::new("config.toml"), None, |backend| (backend == "some").then_some(&SOME))
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_rest_is_used() {
        let text = "theme = \"dark\"\nnonsense = 1\n\n[accounts.good]\nbackend = \"some\"\nendpoint = \"https://h.example\"\n\n\
                    [accounts.bad]\nbackend = \"some\"\nendpoint = \"http://h.example\"\n\n[accounts.odd]\nbackend = \"other\"\nendpoint = \"https://h.example\"\n\
                    [accounts.typo]\nbackend = \"some\"\nendpont = \"https://h.example\"\n";
        let file = read_text(text);
        assert_eq!(file.theme.as_deref(), Some("dark"));
        assert_eq!(file.accounts.len(), 1);
        let want = [
            "line 2, nonsense",
            "line 10, accounts.bad.endpoint",
            "line 13, accounts.odd.backend",
            "line 17, accounts.typo.endpont",
        ];
        for (problem, want) in file.problems.iter().zip(want) {
            assert!(problem.contains(want), "{problem} should name {want}");
        }
        assert_eq!(file.problems.len(), want.len());
    }

    #[test]
    fn what_only_some_backends_need_is_read_checked_and_written_back() {
        let text = "[accounts.a]\nbackend = \"some\"\nendpoint = \"tcp://127.0.0.1:1\"\nfolder = \"/etc/x\" # why\n\n\
                    [accounts.b]\nbackend = \"some\"\nendpoint = \"http://h.example\"\n\n\
                    [accounts.c]\nbackend = \"some\"\nendpoint = \"https://h.example\"\nfolder = \"x\"\n";
        let file = read_text(text);
        let kept: Vec<_> = file.accounts.iter().map(|account| account.setting("folder")).collect();
        assert_eq!(kept, [Some("/etc/x")]);
        for (problem, want) in
            file.problems.iter().zip(["line 8, accounts.b.endpoint", "line 13, accounts.c.folder"])
        {
            assert!(problem.contains(want), "{problem} should name {want}");
        }
        assert_eq!(file.problems.len(), 2);
        let mut document: DocumentMut = text.parse().expect("toml");
        let mut accounts = file.accounts;
        for account in &mut accounts {
            account.settings.insert(String::from("folder"), String::from("/srv/y"));
        }
        put_accounts(&mut document, &accounts, None);
        assert!(document.to_string().contains("folder = \"/srv/y\" # why"), "{document}");
    }

    #[test]
    fn a_list_of_texts_is_a_program_with_its_arguments_and_stays_a_list() {
        let text = "[accounts.a]\nbackend = \"some\"\nendpoint = \"https://h.example\"\n\
                    folder = [\"/bin/x\", \"a b\"] # mine\n\n\
                    [accounts.b]\nbackend = \"some\"\nendpoint = \"https://h.example\"\nfolder = [\"/bin/x\", 7]\n";
        let file = read_text(text);
        let [account] = file.accounts.as_slice() else { panic!("one is good: {:?}", file.problems) };
        assert_eq!(account.setting("folder"), Some("/bin/x \"a b\""));
        assert!(file.problems[0].contains("line 9, accounts.b.folder"), "{:?}", file.problems);
        let mut document: DocumentMut = text.parse().expect("toml");
        put_accounts(&mut document, &file.accounts, None);
        assert!(document.to_string().contains("[\"/bin/x\", \"a b\"] # mine"), "{document}");
        let mut other = account.clone();
        other.settings.insert(String::from("folder"), String::from("/bin/y"));
        put_accounts(&mut document, &[other], None);
        assert!(document.to_string().contains("folder = \"/bin/y\" # mine"), "{document}");
    }

    #[test]
    fn a_file_that_is_not_toml_is_one_problem() {
        let file = read_text("theme = \n[[");
        assert_eq!(file.problems.len(), 1, "{:?}", file.problems);
        assert!(file.problems.iter().all(|problem| problem.contains("line 1")), "{:?}", file.problems);
    }

    #[test]
    fn writing_back_keeps_comments_order_and_what_cannot_be_read() {
        let text = "# mine\ntheme = \"dark\" # dim\n\n# the one in production\n[accounts.prod]\nbackend = \"some\" # old\nendpoint = \"https://a.example\"\n\n[accounts.broken]\nbackend = 7\n";
        let mut document: DocumentMut = text.parse().expect("toml");
        let mut accounts = read_text(text).accounts;
        for account in &mut accounts {
            account.protected = true;
        }
        put_accounts(&mut document, &accounts, None);
        let written = document.to_string();
        for kept in [
            "# mine",
            "# dim",
            "# the one in production",
            "backend = \"some\" # old",
            "protected = true",
            "[accounts.broken]",
        ] {
            assert!(written.contains(kept), "{kept} is missing from\n{written}");
        }
        put_accounts(&mut document, &[], accounts.first().map(|account| &account.name));
        assert!(!document.to_string().contains("[accounts.prod]"));
        assert!(document.to_string().contains("[accounts.broken]"));
    }

    #[test]
    fn the_first_account_makes_a_readable_file() {
        let mut document = DocumentMut::new();
        let account = Account {
            name: AccountName::parse("prod").expect("name"),
            backend: String::from("some"),
            endpoint: Endpoint::parse("https://a.example").expect("endpoint"),
            login: None,
            ca_file: None,
            protected: false,
            settings: BTreeMap::new(),
        };
        put_accounts(&mut document, std::slice::from_ref(&account), None);
        let file = read_text(&document.to_string());
        assert_eq!((file.accounts, file.problems), (vec![account], vec![]));
    }
}
