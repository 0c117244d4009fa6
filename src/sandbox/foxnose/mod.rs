//! FoxNose: the Management API with its logins, tree, keys and roles on one port, and the Flux API, where a key proves
//! itself, on another.
//!
//! `Server::answer` is the whole server; `management` is the table of calls of the one side and [`flux`] the other side.
//! A Management call is checked in this order: is there a credential, does the environment exist, may this caller do it,
//! then the input. The real service is closed; where nobody has stated what it does, [`Quirks`] makes it switchable.

mod caller;
mod flux;
mod grants;
mod keys;
mod login;
mod page;
mod pair;
mod permissions;
mod problem;
mod quirks;
mod roles;
mod seed;
#[cfg(test)]
mod tests;
mod tree;

use hyper::Method;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::clock::{MINUTE, Micros, format};
use super::http::{Call, Reply};
use super::jwt::Signer;
use super::{SandboxError, random, store};
use caller::Caller;
use grants::Need;
use keys::Kind;
use problem::{Outcome, Problem};
pub(super) use quirks::Quirks;
pub use seed::TwoSides;
use tree::Sort;

/// Its word in the settings.
pub(super) const NAME: &str = "foxnose";
/// The tables.
pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// Which of its two ports a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Management,
    Flux,
}

/// The server.
pub(super) struct Server {
    signer: Signer,
    /// The host of every environment, without a scheme.
    flux_host: String,
    /// When the data was made.
    began: Micros,
}

impl Server {
    /// Opens the server on its tables, fills them if they are empty, and lets the person in.
    pub(super) fn open(
        db: &mut Connection,
        now: Micros,
        management_url: String,
        flux_url: String,
    ) -> Result<(Self, TwoSides), SandboxError> {
        let transaction = db.transaction()?;
        let secret = store::get_or(&transaction, "foxnose_jwt_secret", random::hex::<32>)?;
        let began = store::get_or(&transaction, "foxnose_began", || Ok(now.to_string()))?;
        let server = Self {
            signer: Signer::new(&secret),
            flux_host: flux_url.trim_start_matches("http://").to_owned(),
            began: began.parse().unwrap_or(now),
        };
        let password = seed::fill(&transaction, now)?;
        transaction.commit()?;
        let told = seed::announce(&server.signer, now, password, management_url, flux_url)?;
        Ok((server, told))
    }

    /// Answers a request. Everything it changes is one transaction.
    pub(super) fn answer(
        &self,
        side: Side,
        db: &mut Connection,
        quirks: &Quirks,
        now: Micros,
        call: &Call,
    ) -> Reply {
        self.transact(side, db, quirks, now, call).unwrap_or_else(|_| Problem::Broken.reply())
    }

    fn transact(
        &self,
        side: Side,
        db: &mut Connection,
        quirks: &Quirks,
        now: Micros,
        call: &Call,
    ) -> rusqlite::Result<Reply> {
        let transaction = db.transaction()?;
        let visit = Visit { call, now, db: &transaction, quirks, server: self };
        let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        let outcome = match side {
            Side::Management => management(&visit, &call.method, &path),
            Side::Flux => flux::route(&visit, &call.method, &path),
        };
        if outcome.is_err() {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
        }
        Ok(outcome.unwrap_or_else(Problem::reply))
    }
}

/// One request being answered: what it brought, when, and on what server.
struct Visit<'a> {
    call: &'a Call,
    now: Micros,
    db: &'a Connection,
    quirks: &'a Quirks,
    server: &'a Server,
}

impl Visit<'_> {
    /// The JSON object in the body.
    fn body(&self) -> Outcome<Map<String, Value>> {
        let parsed = serde_json::from_slice(&self.call.body);
        parsed.ok().ok_or_else(|| self.invalid("non_field_errors", "Expected a JSON object."))
    }

    /// A text that the body must have.
    fn text(&self, body: &Map<String, Value>, name: &str) -> Outcome<String> {
        let text = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| self.invalid(name, "This field is required."))
    }

    /// The input does not fit.
    fn invalid(&self, field: &str, why: &str) -> Problem {
        Problem::invalid(self.quirks.validation_status, field, why)
    }
}

/// A moment as the server writes it: with microseconds and not in UTC.
fn moment(moment: Micros) -> String {
    format(moment - 5 * 60 * MINUTE, "%Y-%m-%dT%H:%M:%S%.6f-05:00")
}

/// The Management API. Every path ends with a slash.
fn management(visit: &Visit<'_>, method: &Method, path: &[&str]) -> Outcome {
    if *method == Method::POST && visit.call.path == visit.quirks.auth_path {
        return login::log_in(visit);
    }
    if *method == Method::POST && visit.call.path == visit.quirks.refresh_path {
        return login::refresh(visit);
    }
    match path {
        ["organizations", path @ .., ""] => {
            let caller = caller::management(visit)?;
            if matches!(caller, Caller::Key(_)) && !visit.quirks.keys_browse {
                return Err(Problem::denied("API keys cannot read organizations."));
            }
            organizations(visit, method, path)
        }
        ["regions" | "plans", ""] if *method == Method::GET => {
            caller::management(visit)?;
            Ok(if path.first() == Some(&"plans") { tree::plan(visit) } else { tree::regions() })
        }
        ["v1", environment, path @ .., ""] => {
            let caller = caller::management(visit)?;
            if matches!(&caller, Caller::Key(key) if key.environment != *environment) {
                return Err(Problem::stranger("Invalid API key"));
            }
            let node = tree::find(visit.db, Sort::Environment, environment)?;
            let level = node.text("protection_level");
            if *method != Method::GET && !["", "none"].contains(&level) {
                return Err(Problem::denied(&format!("The environment is protected: {level}.")));
            }
            inside(visit, method, &caller, environment, path)
        }
        _ => Err(Problem::missing()),
    }
}

/// The tree down to the environments.
fn organizations(visit: &Visit<'_>, method: &Method, path: &[&str]) -> Outcome {
    if let [organization, ..] = path {
        tree::find(visit.db, Sort::Organization, organization)?;
    }
    if let [organization, "projects", project, ..] = path {
        tree::child(visit.db, Sort::Project, organization, project)?;
    }
    match (method, path) {
        (&Method::GET, []) => tree::array(visit, Sort::Organization, ""),
        (&Method::GET, [organization]) => tree::get(visit, Sort::Organization, "", organization),
        (&Method::GET, [_, "plan"]) => Ok(tree::plan(visit)),
        (&Method::GET, [organization, "usage"]) => tree::usage(visit, organization),
        (&Method::GET, [organization, "projects"]) => tree::list(visit, Sort::Project, organization),
        (&Method::GET, [organization, "projects", project]) => {
            tree::get(visit, Sort::Project, organization, project)
        }
        (&Method::GET, [_, "projects", project, "environments"]) => {
            tree::array(visit, Sort::Environment, project)
        }
        (&Method::GET, [_, "projects", project, "environments", key]) => {
            tree::get(visit, Sort::Environment, project, key)
        }
        (&Method::POST, [_, "projects", project, "environments", key, "toggle"]) => {
            tree::toggle(visit, project, key)
        }
        (&Method::PATCH, [_, "projects", project, "environments", key, "protection"]) => {
            tree::protect(visit, project, key)
        }
        _ => Err(Problem::missing()),
    }
}

/// What is in an environment.
fn inside(visit: &Visit<'_>, method: &Method, caller: &Caller, environment: &str, path: &[&str]) -> Outcome {
    let action = match *method {
        Method::GET => "read",
        Method::POST => "create",
        Method::PUT => "update",
        Method::DELETE => "delete",
        _ => return Err(Problem::missing()),
    };
    let needs = |content_type| grants::management(visit, caller, Need(content_type, action));
    match (method, path) {
        (&Method::GET, ["api"]) => {
            needs("api")?;
            tree::list(visit, Sort::Api, environment)
        }
        (&Method::GET, ["api", api]) => {
            needs("api")?;
            tree::get(visit, Sort::Api, environment, api)
        }
        // Collections were once called folders, and both words still lead there.
        (&Method::GET, ["api", api, "collections" | "folders"]) => {
            needs("api")?;
            tree::connections(visit, environment, api)
        }
        (&Method::GET, ["api", api, "collections" | "folders", collection]) => {
            needs("api")?;
            tree::connection(visit, environment, api, collection)
        }
        (&Method::GET, ["collections" | "folders", "tree"]) => {
            needs("collection-structure")?;
            tree::list(visit, Sort::Collection, environment)
        }
        (&Method::GET, ["collections", "tree", "collection"] | ["folders", "tree", "folder"]) => {
            needs("collection-structure")?;
            tree::collection(visit, environment)
        }
        (_, ["permissions", kind, "api-keys", path @ ..]) => {
            let kind = Kind::of(kind).ok_or_else(Problem::missing)?;
            needs("api-keys")?;
            api_keys(visit, method, environment, kind, path)
        }
        (_, ["permissions", kind, "roles", path @ ..]) => {
            let kind = Kind::of(kind).ok_or_else(Problem::missing)?;
            needs("roles")?;
            all_roles(visit, method, environment, kind, path)
        }
        _ => Err(Problem::missing()),
    }
}

fn api_keys(visit: &Visit<'_>, method: &Method, environment: &str, kind: Kind, path: &[&str]) -> Outcome {
    match (method, path) {
        (&Method::GET, []) => keys::list(visit, environment, kind),
        (&Method::POST, []) => keys::create(visit, environment, kind),
        (&Method::GET, [key]) => keys::get(visit, environment, kind, key),
        (&Method::PUT, [key]) => keys::update(visit, environment, kind, key),
        (&Method::DELETE, [key]) => keys::delete(visit, environment, kind, key),
        (_, [key, "bearer-token"]) if kind == Kind::Flux && visit.quirks.bearer_tokens => match *method {
            Method::POST => keys::issue_bearer(visit, environment, key),
            Method::DELETE => keys::revoke_bearer(visit, environment, key),
            _ => Err(Problem::missing()),
        },
        _ => Err(Problem::missing()),
    }
}

fn all_roles(visit: &Visit<'_>, method: &Method, environment: &str, kind: Kind, path: &[&str]) -> Outcome {
    let [role, path @ ..] = path else {
        return match *method {
            Method::GET => roles::list(visit, environment, kind),
            Method::POST => roles::create(visit, environment, kind),
            _ => Err(Problem::missing()),
        };
    };
    roles::find(visit, environment, kind, role)?;
    match (method, path) {
        (&Method::GET, []) => roles::get(visit, environment, kind, role),
        (&Method::PUT, []) => roles::update(visit, environment, kind, role),
        (&Method::DELETE, []) => roles::delete(visit, environment, kind, role),
        (&Method::GET, ["permissions"]) => permissions::list(visit, role),
        (&Method::POST, ["permissions"]) => permissions::put(visit, role),
        (&Method::DELETE, ["permissions"]) => permissions::delete(visit, role),
        (&Method::POST, ["permissions", "batch"]) => permissions::replace(visit, role),
        (&Method::GET, ["permissions", "objects"]) => permissions::objects(visit, role),
        (&Method::POST, ["permissions", "objects"]) => permissions::add_object(visit, role),
        (&Method::DELETE, ["permissions", "objects"]) => permissions::remove_object(visit, role),
        _ => Err(Problem::missing()),
    }
}
