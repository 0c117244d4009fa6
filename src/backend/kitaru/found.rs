//! What Kitaru's own tools left on this machine, of either generation: variables, and the files in which they keep the
//! logins of every server they ever logged in to. All of it is only read. Start with [`find`].

mod json;
mod yaml;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::{Generation, key};
use crate::backend::found::{Found, FoundFile, Holds, Surroundings};
use crate::domain::account::Endpoint;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

/// One server's entry in a file.
#[derive(Default)]
struct Entry {
    url: String,
    api_key: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    /// Whether there is a bearer, which is not taken over: it ends soon, or cannot be ended at all.
    has_bearer: bool,
    /// Whether a device was approved there.
    has_device: bool,
    /// Whether it stands for a control plane, which is no server.
    is_control_plane: bool,
}

const IN_THE_ENVIRONMENT: &str = "Every program started from this shell can read it there. Store it here, and take it \
                                  out of the shell's files.";
const IN_PLAIN_TEXT: &str = "It lies there in plain text.";
const ONLY_A_BEARER: &str =
    "The tools hold nothing but a bearer there, which is not taken over: log in here instead.";
const A_DEVICE: &str = "The tools were approved there as a device, which stays theirs: log in here instead.";
const NO_URL: &str = "No server is named beside it; give its address.";
const ODD_URL: &str = "The address beside it cannot be used; give the server's.";
const BOTH_NEEDED: &str = "The tools ignore it: KITARU_SERVER_URL and KITARU_AUTH_TOKEN need each other.";

/// Looks at everything, what the tools would use first coming first.
pub fn find(surroundings: &Surroundings<'_>) -> Vec<Found> {
    let mut found = variables(surroundings);
    for directory in directories(surroundings) {
        let path = directory.join("credentials.json");
        if let Some(file) = (surroundings.read)(&path) {
            found.extend(entries(&path, &file, json::entries(file.text.expose())));
        }
        let path = directory.join("credentials.yaml");
        if let Some(file) = (surroundings.read)(&path) {
            found.extend(entries(&path, &file, yaml::entries(file.text.expose())));
        }
    }
    found
}

/// Where the files of each tool lie; the same directory once.
fn directories(surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
    let at = |name: &str| surroundings.variable(name).map(|path| PathBuf::from(path.expose()));
    let usual = at("XDG_CONFIG_HOME").unwrap_or_else(|| surroundings.home.join(".config"));
    // The older tools go by the system's own place for settings, the newer ones by this one everywhere.
    let mac = surroundings.home.join("Library/Application Support");
    let windows = at("APPDATA");
    let named = [at("KITARU_CONFIG_DIR"), at("KITARU_CONFIG_PATH"), at("ZENML_CONFIG_PATH")];
    let mut all: Vec<PathBuf> = named.into_iter().flatten().collect();
    for base in [Some(usual), Some(mac), windows].into_iter().flatten() {
        all.extend(["kitaru", "zenml"].map(|tool| base.join(tool)));
    }
    let mut once: Vec<PathBuf> = Vec::new();
    for path in all {
        if !once.contains(&path) {
            once.push(path);
        }
    }
    once
}

/// What is in the environment, the newer tools' first.
fn variables(surroundings: &Surroundings<'_>) -> Vec<Found> {
    let sets = [
        ("KITARU_API_URL", "KITARU_API_KEY", false),
        ("KITARU_SERVER_URL", "KITARU_AUTH_TOKEN", true),
        ("ZENML_STORE_URL", "ZENML_STORE_API_KEY", false),
    ];
    let mut found = Vec::new();
    for (url_name, key_name, together) in sets {
        let Some(secret) = surroundings.variable(key_name) else { continue };
        let url = surroundings.variable(url_name).map_or("", Secret::expose);
        let mut one = of_key(url, secret, &format!("${key_name}"));
        one.warnings.push(IN_THE_ENVIRONMENT.into());
        if together && url.is_empty() {
            one.warnings.push(BOTH_NEEDED.into());
        }
        if key_name == "KITARU_API_KEY" && surroundings.variable("KITARU_API_TOKEN").is_some() {
            one.warnings.push("The tools use the bearer in $KITARU_API_TOKEN instead.".into());
        }
        found.push(one);
    }
    if found.is_empty() {
        let name = ["KITARU_API_URL", "KITARU_SERVER_URL"].into_iter().find(|name| surroundings.is_set(name));
        let url = name.and_then(|name| surroundings.variable(name));
        if let (Some(name), Some(url)) = (name, url) {
            let (endpoint, warning) = endpoint(url.expose());
            found.push(Found {
                what: "server".into(),
                source: format!("${name}").into(),
                warnings: warning.into_iter().map(Text::from).collect(),
                endpoint,
                login: None,
                loose_file: None,
                holds: Holds::Account,
            });
        }
    }
    found
}

/// Every entry of a file as what it is good for.
fn entries(path: &Path, file: &FoundFile, entries: Vec<Entry>) -> Vec<Found> {
    let source = path.display().to_string();
    let mut found = Vec::new();
    for entry in entries.into_iter().filter(|entry| !entry.is_control_plane) {
        let mut one = match (&entry.api_key, &entry.username, &entry.password) {
            (Some(secret), ..) => of_key(&entry.url, secret, &source),
            (None, Some(username), Some(password)) => of_password(&entry.url, username, password, &source),
            (None, ..) => of_server(&entry, &source),
        };
        if matches!(one.holds, Holds::Credential(_) | Holds::Login { .. }) {
            one.warnings.push(IN_PLAIN_TEXT.into());
        }
        one.loose_file = file.loose.then(|| path.to_owned());
        found.push(one);
    }
    found
}

fn endpoint(url: &str) -> (Option<Endpoint>, Option<&'static str>) {
    match (url, Endpoint::parse(url.trim_end_matches('/'))) {
        ("", _) => (None, Some(NO_URL)),
        (_, Ok(endpoint)) => (Some(endpoint), None),
        (_, Err(_)) => (None, Some(ODD_URL)),
    }
}

fn of_key(url: &str, secret: &Secret, source: &str) -> Found {
    let (endpoint, warning) = endpoint(url);
    let text = secret.expose().trim();
    let of = |generation| key::read(text, generation).refusal(generation);
    let what = match (of(Generation::K), of(Generation::Z)) {
        (None, _) => "API key (KITKEY_…, Kitaru 0.22 and later)",
        (_, None) => "API key (ZENKEY_…, Kitaru up to 0.21 or ZenML)",
        (Some(_), Some(_)) => "API key",
    };
    let mut warnings: Vec<Text> = warning.into_iter().map(Text::from).collect();
    if let (Some(_), Some(why)) = (of(Generation::K), of(Generation::Z)) {
        warnings.push(format!("It cannot be used: {why}.").into());
    }
    Found {
        what: what.into(),
        source: source.into(),
        warnings,
        endpoint,
        login: None,
        loose_file: None,
        holds: Holds::Credential(Parts::single(Secret::new(text.to_owned()))),
    }
}

fn of_password(url: &str, username: &str, password: &Secret, source: &str) -> Found {
    let (endpoint, warning) = endpoint(url);
    Found {
        what: format!("login of {username} by password").into(),
        source: source.into(),
        warnings: warning.into_iter().map(Text::from).collect(),
        endpoint,
        login: Some(username.to_owned()),
        loose_file: None,
        holds: Holds::Login {
            method: "password",
            fields: vec![("username", username.to_owned())],
            secrets: vec![("password", password.share())],
        },
    }
}

fn of_server(entry: &Entry, source: &str) -> Found {
    let (endpoint, warning) = endpoint(&entry.url);
    let why = match (entry.has_device, entry.has_bearer) {
        (true, _) => Some(A_DEVICE),
        (false, true) => Some(ONLY_A_BEARER),
        (false, false) => None,
    };
    Found {
        what: "server".into(),
        source: source.into(),
        warnings: warning.into_iter().chain(why).map(Text::from).collect(),
        endpoint,
        login: entry.username.clone(),
        loose_file: None,
        holds: Holds::Account,
    }
}
