//! What is left on this machine for this backend: variables, and a `.env` file where the program was started. Both are
//! only read, and a variable wins over the file.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::found::{Found, Holds, Surroundings};
use super::pair::{self, BEARER, Pair};
use crate::domain::account::Endpoint;
use crate::domain::text::Text;
use crate::secret::{Part, Parts, Secret};

/// The file that is looked into.
const FILE: &str = ".env";
/// What every variable begins with.
const PREFIX: &str = "FOXNOSE_";

/// The names of one thing, the first that is set counts.
const ADDRESS: [&str; 3] = ["FOXNOSE_MANAGEMENT_URL", "FOXNOSE_BASE_URL", "FOXNOSE_URL"];
const TOKEN: [&str; 3] = ["FOXNOSE_ACCESS_TOKEN", "FOXNOSE_JWT", "FOXNOSE_TOKEN"];
const ENVIRONMENT: [&str; 3] = ["FOXNOSE_ENVIRONMENT_KEY", "FOXNOSE_ENVIRONMENT", "FOXNOSE_ENV_KEY"];
const EMAIL: [&str; 2] = ["FOXNOSE_EMAIL", "FOXNOSE_USERNAME"];
const PASSWORD: [&str; 1] = ["FOXNOSE_PASSWORD"];
const FLUX_TOKEN: [&str; 2] = ["FOXNOSE_BEARER_TOKEN", "FOXNOSE_FLUX_TOKEN"];
/// A pair by the word between the prefix and the half, and what it is a key of.
const PAIRS: [(&str, &str); 3] = [("MANAGEMENT_", "Management key"), ("FLUX_", "Flux key"), ("", "key")];

/// Where the values are from.
struct Source<'a> {
    values: BTreeMap<&'a str, Secret>,
    /// The file, or the environment.
    file: bool,
    loose: bool,
}

/// Everything there is.
pub fn find(around: &Surroundings<'_>) -> Vec<Found> {
    let file = (around.read)(Path::new(FILE));
    let environment = Source {
        values: around
            .variables
            .iter()
            .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.share()))
            .collect(),
        file: false,
        loose: false,
    };
    let mut found = environment.found(around);
    if let Some(file) = &file {
        let source = Source { values: values(file.text.expose()), file: true, loose: file.loose };
        found.extend(source.found(around));
    }
    found
}

/// The lines `NAME=value` of a file.
fn values(text: &str) -> BTreeMap<&str, Secret> {
    text.lines().filter_map(value).collect()
}

/// One line, with or without `export` and quotes.
fn value(line: &str) -> Option<(&str, Secret)> {
    let line = line.trim();
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = inner('"').or_else(|| inner('\'')).unwrap_or(value);
    (name.starts_with(PREFIX) && !value.is_empty()).then(|| (name, Secret::new(value.to_owned())))
}

impl Source<'_> {
    fn first<'n>(&'n self, names: &[&'n str]) -> Option<(&'n str, &'n Secret)> {
        names.iter().find_map(|name| Some((*name, self.values.get(name)?)))
    }

    fn plain(&self, names: &[&str]) -> Option<String> {
        self.first(names).map(|(_, value)| value.expose().trim().to_owned())
    }

    fn found(&self, around: &Surroundings<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        if let Some((name, token)) = self.first(&TOKEN) {
            let holds =
                Holds::Login { method: "token", fields: Vec::new(), secrets: vec![("token", token.share())] };
            found.push(self.one(around, "access token of a person", &[name], holds));
        }
        if let (Some((name, _)), Some((second, password))) = (self.first(&EMAIL), self.first(&PASSWORD)) {
            let email = self.plain(&EMAIL).unwrap_or_default();
            let fields = vec![("username", email)];
            let holds =
                Holds::Login { method: "password", fields, secrets: vec![("password", password.share())] };
            found.push(self.one(around, "e-mail and password", &[name, second], holds));
        }
        for (word, noun) in PAIRS {
            found.extend(self.pair(around, word, noun));
        }
        if let Some((name, token)) = self.first(&FLUX_TOKEN)
            && token.expose().trim().starts_with(BEARER)
        {
            let token = Secret::new(token.expose().trim().to_owned());
            found.push(self.one(
                around,
                "Flux bearer token",
                &[name],
                Holds::Credential(Parts::single(token)),
            ));
        }
        if let (true, Some((name, _))) = (found.is_empty(), self.first(&ADDRESS)) {
            found.push(self.one(around, "address of a server", &[name], Holds::Account));
        }
        found
    }

    /// Both halves of a key. One of the Management API with its environment is a login, any other a credential.
    fn pair(&self, around: &Surroundings<'_>, word: &str, noun: &str) -> Option<Found> {
        let names = ["PUBLIC_KEY", "SECRET_KEY", "PRIVATE_KEY"].map(|half| format!("{PREFIX}{word}{half}"));
        let [public_name, secret_name, private_name] = &names;
        let public = self.plain(&[public_name.as_str()])?;
        let (name, secret) = self.first(&[secret_name.as_str(), private_name.as_str()])?;
        let environment = self.plain(&ENVIRONMENT);
        let holds = match environment {
            Some(environment) if word == "MANAGEMENT_" => Holds::Login {
                method: "secure",
                fields: vec![("environment", environment), ("public", public.clone())],
                secrets: vec![("secret", secret.share())],
            },
            Some(_) | None => Holds::Credential(Parts::named(vec![
                Part { name: "public", secret: Secret::new(public.clone()) },
                Part { name: "secret", secret: secret.share() },
            ])),
        };
        let mut found = self.one(around, &format!("{noun} {public}"), &[public_name, name], holds);
        match Pair::new(&public, secret) {
            Err(why) => found.warnings.push(why.into()),
            Ok(pair) => {
                let own = pair::public_of(secret);
                if own.is_none() {
                    found.warnings.extend(pair.signer().err().map(Text::clean));
                } else if own.as_deref() != Some(pair.public()) {
                    found.warnings.push("the two halves are of different keys".into());
                }
            }
        }
        Some(found)
    }

    fn one(&self, around: &Surroundings<'_>, what: &str, names: &[&str], holds: Holds) -> Found {
        let names = names.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(" and ");
        let source = if self.file { format!("{names} in ./{FILE}") } else { names.clone() };
        let mut warnings: Vec<Text> = Vec::new();
        let hidden =
            self.file && names.split(" and ").any(|name| around.is_set(name.trim_start_matches('$')));
        if hidden {
            warnings.push("the variable of the same name is set too, and wins where both are read".into());
        }
        if self.loose {
            warnings.push("others may read this file".into());
        }
        Found {
            what: Text::clean(what),
            source: Text::clean(&source),
            warnings,
            endpoint: self.plain(&ADDRESS).and_then(|typed| Endpoint::parse(&typed).ok()),
            login: self.plain(&EMAIL),
            loose_file: self.loose.then(|| Path::new(FILE).to_path_buf()),
            holds,
        }
    }
}
