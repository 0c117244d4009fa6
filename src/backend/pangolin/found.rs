//! What the server's own tools left on this machine: the configuration of its command lines, the profiles of its
//! Python client, and two variables. None of them holds a key or a password; all hold tokens of a day.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::claims;
use crate::backend::found::{Found, Holds, Surroundings};
use crate::domain::account::Endpoint;
use crate::domain::text::Text;
use crate::secret::Secret;

/// Files that are looked at, at most.
const MOST_FILES: usize = 50;

/// The configuration of both command lines, as JSON.
#[derive(Deserialize)]
struct Config {
    base_url: Option<String>,
    auth_token: Option<Zeroizing<String>>,
    username: Option<String>,
    tenant_id: Option<String>,
    tenant_name: Option<String>,
}

/// A login that some tool keeps.
#[derive(Default)]
struct Kept {
    url: Option<String>,
    token: Option<Zeroizing<String>>,
    username: Option<String>,
    tenant: Option<String>,
}

/// Finds them. They are only read.
pub fn find(around: &Surroundings<'_>) -> Vec<Found> {
    let mut all = Vec::new();
    for (what, path) in config_files(around) {
        let Some(file) = (around.read)(&path) else { continue };
        let Ok(config) = serde_json::from_str::<Config>(file.text.expose()) else { continue };
        let kept = Kept {
            url: config.base_url,
            token: config.auth_token,
            username: config.username,
            tenant: config.tenant_id.or(config.tenant_name),
        };
        all.extend(found(&what, &shown(&path, around), kept, file.loose.then_some(path)));
    }
    let path = around.home.join(".pangolin").join("profiles.yaml");
    if let Some(file) = (around.read)(&path) {
        let source = shown(&path, around);
        for (name, kept) in profiles(file.text.expose()) {
            let what = format!("profile {name} of the Python client");
            all.extend(found(&what, &source, kept, file.loose.then(|| path.clone())));
        }
    }
    all.extend(variables(around));
    all
}

/// Where the command lines keep it, on each system, with what that is in words. Each further profile has a file beside it.
fn config_files(around: &Surroundings<'_>) -> Vec<(String, PathBuf)> {
    let base = |name: &str| around.variable(name).map(|value| PathBuf::from(value.expose()));
    let xdg = base("XDG_CONFIG_HOME").unwrap_or_else(|| around.home.join(".config"));
    let mac = around.home.join("Library").join("Application Support").join("com.pangolin.cli");
    let windows = base("APPDATA").map(|roaming| roaming.join("pangolin").join("cli").join("config"));
    let folders = [Some(xdg.join("cli")), Some(mac), windows];
    let mut files = Vec::new();
    for folder in folders.into_iter().flatten() {
        files.push((String::from("login of the command line"), folder.join("config.json")));
        for name in (around.names)(&folder) {
            let profile = name.strip_prefix("config-").and_then(|name| name.strip_suffix(".json"));
            if let Some(profile) = profile.filter(|profile| !profile.is_empty()) {
                files.push((format!("profile {profile} of the command line"), folder.join(&name)));
            }
        }
        files.truncate(MOST_FILES);
    }
    files
}

fn shown(path: &Path, around: &Surroundings<'_>) -> String {
    match path.strip_prefix(&around.home) {
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => path.display().to_string(),
    }
}

fn variables(around: &Surroundings<'_>) -> Option<Found> {
    let url = around.variable("PANGOLIN_URL")?.expose().to_owned();
    let endpoint = Endpoint::parse(&url).ok()?;
    Some(Found {
        what: Text::clean("address of a server"),
        source: Text::clean("$PANGOLIN_URL, which wins over the command line's file"),
        warnings: tenant_note(around.variable("PANGOLIN_TENANT").map(Secret::expose)),
        endpoint: Some(endpoint),
        login: None,
        loose_file: None,
        holds: Holds::Account,
    })
}

fn tenant_note(tenant: Option<&str>) -> Vec<Text> {
    let note = |tenant: &str| Text::clean(&format!("Its tenant is {tenant}: put that into the account."));
    tenant.map(note).into_iter().collect()
}

/// A kept login as a finding; one without a token is where a server is, and who logs in there.
fn found(what: &str, source: &str, kept: Kept, loose_file: Option<PathBuf>) -> Option<Found> {
    let endpoint = kept.url.as_deref().and_then(|url| Endpoint::parse(url).ok());
    let token = kept.token.filter(|token| !token.is_empty());
    if endpoint.is_none() && token.is_none() {
        return None;
    }
    let told = token.as_deref().and_then(|token| claims::read(token));
    let mut warnings = tenant_note(kept.tenant.as_deref());
    if let Some(end) = told.as_ref().and_then(claims::Claims::expires) {
        let end = end.strftime("%Y-%m-%d %H:%M UTC");
        warnings.push(Text::clean(&format!("The token ends at {end} and cannot renew itself.")));
    }
    let who = kept.username.or_else(|| told.map(|told| told.username));
    Some(Found {
        what: Text::clean(&who.as_ref().map_or_else(|| what.to_owned(), |who| format!("{what} of {who}"))),
        source: Text::clean(source),
        warnings,
        endpoint,
        login: who,
        loose_file,
        holds: token.map_or(Holds::Account, |token| Holds::Login {
            method: "token",
            fields: Vec::new(),
            secrets: vec![("token", Secret::from_zeroizing(token))],
        }),
    })
}

/// The profiles of the Python client's file: of YAML only what that client writes, nested names with plain values.
fn profiles(text: &str) -> Vec<(String, Kept)> {
    let mut all: Vec<(String, Kept)> = Vec::new();
    let mut inside = false;
    let mut depth = None;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        let Some((name, value)) = line.trim().split_once(':') else { continue };
        let (name, value) = (plain(name), plain(value));
        if indent == 0 {
            inside = name == "profiles";
            depth = None;
        } else if inside && *depth.get_or_insert(indent) == indent {
            all.push((name.to_owned(), Kept::default()));
        } else if inside
            && let Some((_, kept)) = all.last_mut()
            && !value.is_empty()
            && value != "null"
        {
            match name {
                "url" => kept.url = Some(value.to_owned()),
                "username" => kept.username = Some(value.to_owned()),
                "token" => kept.token = Some(Zeroizing::new(value.to_owned())),
                "tenant_id" => kept.tenant = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    all
}

fn plain(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}
