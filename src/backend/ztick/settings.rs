//! What an account says: where the file is, how the server is restarted. Everything typed is checked here, once.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// On this machine.
    Here(PathBuf),
    /// On another one, reached by SSH.
    There {
        /// The login name, if not the one of the SSH settings.
        user: Option<String>,
        /// The host, or its name in the SSH settings.
        host: String,
        /// The port, if not the one of the SSH settings.
        port: Option<u16>,
        /// Where it is there.
        path: String,
    },
}

impl Location {
    /// Reads a path or an `ssh://` address.
    pub(super) fn parse(typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        if !typed.starts_with("ssh://") {
            path(typed)?;
            return Ok(Self::Here(PathBuf::from(typed)));
        }
        let url = Url::parse(typed).map_err(|_says_less| {
            String::from("this is not an address; type one such as ssh://host/etc/ztick/auth.toml")
        })?;
        if url.password().is_some() {
            return Err(String::from("leave the password out; SSH's own keys and agent are used"));
        }
        if url.query().is_some() || url.fragment().is_some() || typed.contains('%') {
            return Err(String::from("a path with ? # or % cannot be written here"));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let user = Some(url.username().to_owned()).filter(|user| !user.is_empty());
        // SSH would take a leading dash for an option.
        let plain = |text: &str| {
            !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]@".contains(c))
        };
        if host.is_empty() || !plain(&host) || user.as_deref().is_some_and(|user| !plain(user)) {
            return Err(String::from("user and host have only letters, digits, '.', '-' and '_'"));
        }
        path(url.path())?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self::There { user, host, port: url.port(), path: url.path().to_owned() })
    }

    /// The name of the file, with its host if it is elsewhere.
    pub(super) fn name(&self) -> String {
        let last = |path: &Path| {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        match self {
            Self::Here(path) => last(path),
            Self::There { host, path, .. } => format!("{host}:{}", last(Path::new(path))),
        }
    }
}

impl Location {
    /// Its path on its own machine.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Here(path) => path.display().to_string(),
            Self::There { path, .. } => path.clone(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(path) => write!(formatter, "{}", path.display()),
            Self::There { host, path, .. } => write!(formatter, "{path} on {host}"),
        }
    }
}

/// A whole path of a file.
pub(super) fn path(typed: &str) -> Result<(), String> {
    match () {
        () if !typed.starts_with('/') => Err(String::from("type the whole path, from / on")),
        () if typed.ends_with('/') => Err(String::from("this is a directory; name the file")),
        () if typed.chars().any(char::is_control) => Err(String::from("no control characters")),
        () => Ok(()),
    }
}

/// A command as its words. Quotes hold words together; nothing else has a meaning, because no shell reads it.
pub(super) fn words(typed: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in typed.chars() {
        match (character, quote) {
            (c, _) if c.is_control() => return Err(String::from("no control characters")),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                word.get_or_insert_default();
                quote = Some(character);
            }
            (' ', None) => words.extend(word.take()),
            ('|' | '&' | ';' | '<' | '>' | '$' | '`' | '(' | ')' | '*' | '?' | '\\', None) => {
                return Err(format!(
                    "no shell reads this, so '{character}' means nothing; put it in quotes if it is meant"
                ));
            }
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match words.first() {
        _ if quote.is_some() => Err(String::from("a quote is not closed")),
        None => Err(String::from("type a program and what it is told")),
        Some(program) if program.is_empty() || program.starts_with('-') => {
            Err(String::from("it must begin with a program"))
        }
        Some(_) => Ok(words),
    }
}

/// A yes or a no.
pub(super) fn yes(typed: &str) -> Result<bool, String> {
    match typed.trim() {
        "yes" | "true" => Ok(true),
        "no" | "false" | "" => Ok(false),
        _ => Err(String::from("type yes or no")),
    }
}

/// What new secrets begin with.
pub(super) fn prefix(typed: &str) -> Result<(), String> {
    super::file::prefix(typed).map_err(|refused| refused.to_string())
}

/// A namespace that is typed.
pub(super) fn namespace(typed: &str) -> Result<(), String> {
    if typed == "*" {
        return Ok(());
    }
    if typed.contains(['*', '?']) {
        return Err(String::from(
            "only * alone means everything; in a longer namespace the star is a letter like any other",
        ));
    }
    super::file::namespace(typed).map_err(|refused| refused.to_string())
}
