//! What the backend's own tools left on this machine: variables, `zpoolrc` and the cache of logins. All of it is only
//! read, and exactly as the tools read it: a variable wins over the file, also one that is set to nothing, and a PAT
//! wins over a name and a password. Start with [`find`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::found::{Found, Holds, Surroundings};
use super::{rcfile, token};
use crate::domain::account::Endpoint;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::secret::{Parts, Secret};

/// Where the file lies in the user's home.
const RCFILE: &str = ".config/zpools.io/zpoolrc";
/// The server where none is named.
const USUAL: &str = "https://api.zpools.io/v1";

const IN_THE_ENVIRONMENT: &str = "Every program started from this shell can read it there. Store it here, and take it \
                                  out of the shell's files.";
const NO_FILE: &str = "zpcli ignores it as long as there is no ~/.config/zpools.io/zpoolrc.";
const PAT_WINS: &str = "The tools use the PAT instead: one wins over a name and a password.";
const OLD_NAMES: &str = "It is named as before November 2025; today's tools do not read that name.";

/// Looks at everything, what the tools would use first coming first.
pub fn find(surroundings: &Surroundings<'_>) -> Vec<Found> {
    let path = surroundings.home.join(RCFILE);
    let file = (surroundings.read)(&path);
    let text = file.as_ref().map_or("", |file| file.text.expose());
    let seen = Seen {
        variables: &surroundings.variables,
        file: rcfile::values(text),
        has_file: file.is_some(),
        loose: file.as_ref().is_some_and(|file| file.loose).then_some(path),
        oddities: rcfile::oddities(text).into_iter().map(Text::from).collect(),
    };
    let mut found: Vec<Found> =
        [Origin::Variable, Origin::File].into_iter().filter_map(|from| seen.pat(from)).collect();
    found.extend(seen.password());
    found.extend(seen.cached(surroundings));
    if found.is_empty() {
        found.extend(seen.account());
    }
    found
}

/// Where a value is from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Variable,
    File,
}

impl Origin {
    fn words(self, name: &str) -> String {
        match self {
            Self::Variable => format!("${name}"),
            Self::File => format!("{name} in ~/{RCFILE}"),
        }
    }
}

/// What there is to read.
struct Seen<'a> {
    variables: &'a BTreeMap<String, Secret>,
    file: BTreeMap<&'a str, &'a str>,
    has_file: bool,
    loose: Option<PathBuf>,
    oddities: Vec<Text>,
}

impl Seen<'_> {
    /// The value in one place, even if it is empty.
    fn at(&self, from: Origin, name: &str) -> Option<&str> {
        match from {
            Origin::Variable => self.variables.get(name).map(Secret::expose),
            Origin::File => self.file.get(name).copied(),
        }
    }

    /// The value the tools use: the variable's, even if it is empty, then the file's.
    fn used(&self, name: &str) -> Option<(&str, Origin)> {
        let at = |from| self.at(from, name).map(|value| (value, from));
        at(Origin::Variable).or_else(|| at(Origin::File))
    }

    /// The server, or why it is not known.
    fn endpoint(&self) -> Result<Endpoint, Text> {
        let (address, from) = self.used("ZPOOL_API_URL").unwrap_or((USUAL, Origin::File));
        let place = from.words("ZPOOL_API_URL");
        if address.is_empty() {
            return Err(format!("{place} is set to nothing, so no server is named.").into());
        }
        Endpoint::parse(address).map_err(|error| format!("{place} cannot be used: {error}.").into())
    }

    /// The name that logs in, as today's tools read it.
    fn user(&self) -> Option<(&str, Origin)> {
        self.used("ZPOOL_USER").filter(|(user, _)| !user.is_empty() && !user.contains(char::is_whitespace))
    }

    /// A thing found in these places, with what is to be known of the server and the file.
    fn found(&self, what: &str, source: String, from: &[Origin], holds: Holds) -> Found {
        let endpoint = self.endpoint();
        let mut warnings: Vec<Text> = endpoint.as_ref().err().cloned().into_iter().collect();
        let by_file = from.contains(&Origin::File);
        if by_file {
            warnings.extend(self.oddities.iter().cloned());
        }
        Found {
            what: what.into(),
            source: source.into(),
            warnings,
            endpoint: endpoint.ok(),
            login: self.user().map(|(user, _)| user.to_owned()),
            loose_file: self.loose.clone().filter(|_| by_file),
            holds,
        }
    }

    /// The PAT in one of the two places.
    fn pat(&self, from: Origin) -> Option<Found> {
        let pat = self.at(from, "ZPOOLPAT").filter(|pat| !pat.is_empty())?;
        let other = match from {
            Origin::Variable => self.at(Origin::File, "ZPOOLPAT").filter(|pat| !pat.is_empty()),
            Origin::File => self.at(Origin::Variable, "ZPOOLPAT"),
        };
        let standing = match (from, other) {
            (_, None) => "",
            (Origin::Variable, Some(_)) => ", which wins over the one in the file",
            (Origin::File, Some("")) => {
                "; $ZPOOLPAT is set to nothing, which hides it from zpcli and not from the shell client"
            }
            (Origin::File, Some(_)) => ", which $ZPOOLPAT wins over",
        };
        let source = from.words("ZPOOLPAT") + standing;
        let holds = Holds::Credential(Parts::single(Secret::new(pat.to_owned())));
        let mut found = self.found("PAT", source, &[from], holds);
        if let Some(why) = token::read(pat).refusal() {
            found.warnings.push(format!("It cannot be used: {why}.").into());
        }
        if from == Origin::Variable {
            found.warnings.push(IN_THE_ENVIRONMENT.into());
            found.warnings.extend((!self.has_file).then(|| NO_FILE.into()));
        }
        Some(found)
    }

    /// A name with a password, which is only taken from the environment.
    fn password(&self) -> Option<Found> {
        let password = self.at(Origin::Variable, "ZPOOL_PASSWORD").filter(|password| !password.is_empty())?;
        let (user, from) = self.user()?;
        let source = format!("{} and $ZPOOL_PASSWORD", from.words("ZPOOL_USER"));
        let holds = Holds::Login {
            method: "password",
            fields: vec![("username", user.to_owned())],
            secrets: vec![("password", Secret::new(password.to_owned()))],
        };
        let mut found = self.found(&format!("login of {user} by password"), source, &[from], holds);
        found.warnings.push(IN_THE_ENVIRONMENT.into());
        found.warnings.extend(self.pat_wins());
        Some(found)
    }

    fn pat_wins(&self) -> Option<Text> {
        self.used("ZPOOLPAT").filter(|(pat, _)| !pat.is_empty()).map(|_| PAT_WINS.into())
    }

    /// The login that the tools keep for an hour, where they were told a directory for it.
    fn cached(&self, surroundings: &Surroundings<'_>) -> Option<Found> {
        let (directory, from) = self.used("ZPOOL_TOKEN_CACHE_DIR")?;
        let directory = Some(directory.trim()).filter(|directory| !directory.is_empty())?;
        let (user, user_from) = self.user()?;
        let (address, _) = self.used("ZPOOL_API_URL").unwrap_or((USUAL, Origin::File));
        let path = cache_file(directory, address, user)?;
        let file = (surroundings.read)(&path)?;
        let (bearer, until) = cached_login(file.text.expose())?;
        let source = format!("{}, a file in {}", path.display(), from.words("ZPOOL_TOKEN_CACHE_DIR"));
        let holds = Holds::Login {
            method: super::abilities::BEARER,
            fields: vec![("username", user.to_owned())],
            secrets: vec![("bearer", bearer)],
        };
        let what = format!("login of {user}, until {}", until.strftime("%Y-%m-%d %H:%M UTC"));
        let mut found = self.found(&what, source, &[from, user_from], holds);
        found.warnings.extend(self.pat_wins());
        found.loose_file = file.loose.then_some(path).or(found.loose_file);
        Some(found)
    }

    /// Where there is no secret: the server and the name, if any is told.
    fn account(&self) -> Option<Found> {
        let old =
            || ["ZPOOLUSER", "CLI_USERNAME"].into_iter().find_map(|name| Some((name, self.used(name)?)));
        let (name, (value, from), is_old) = match (self.user(), self.used("ZPOOL_API_URL"), old()) {
            (Some(user), ..) => ("ZPOOL_USER", user, false),
            (None, Some(address), _) => ("ZPOOL_API_URL", address, false),
            (None, None, Some((name, user))) => (name, user, true),
            (None, None, None) => return None,
        };
        let mut found = self.found("account", from.words(name), &[from], Holds::Account);
        if is_old {
            found.login = Some(value.to_owned()).filter(|user| !user.is_empty());
            found.warnings.push(OLD_NAMES.into());
        }
        Some(found)
    }
}

/// The file of a cached login. The tools put the name into it as it stands; one that leads elsewhere is not followed.
fn cache_file(directory: &str, address: &str, user: &str) -> Option<PathBuf> {
    let host = address.replace("https://", "").replace("http://", "");
    let host = host.split('/').next().unwrap_or_default();
    (!user.contains('/')).then(|| Path::new(directory).join(format!("zpool_token_{host}_{user}")))
}

/// The bearer in a cache file, and when it ends. A file that cannot be read is none, as for the tools.
fn cached_login(text: &str) -> Option<(Secret, Timestamp)> {
    let told: Value = serde_json::from_str(text).ok()?;
    let bearer = told.get("access_token")?.as_str().filter(|bearer| !bearer.is_empty())?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and the end of time is refused")]
    let until = Timestamp::from_second(told.get("expires_at")?.as_f64()? as i64).ok()?;
    Some((Secret::new(bearer.to_owned()), until))
}
