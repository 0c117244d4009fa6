//! Kitaru, generation K: the surface of today's Kitaru server for logins, accounts, API keys and devices.
//!
//! `Server::answer` is the whole server and `route` its table of calls. A handler reads top to bottom in the order in
//! which the real server checks things; see [`visit`]. Keys belong to whoever made them, and nobody else sees them.

mod accounts;
mod api_keys;
mod caller;
mod devices;
mod filters;
mod info;
mod input;
mod login;
mod pages;
mod problem;
mod quirks;
mod raw_key;
mod replay;
mod seed;
mod service_accounts;
#[cfg(test)]
mod tests;
mod users;
mod visit;

use hyper::Method;
use rusqlite::Connection;

use super::clock::Micros;
use super::http::{Call, Reply};
use super::jwt::Signer;
use super::{SandboxError, random, store};
use problem::{Outcome, Problem};
pub(super) use quirks::Quirks;
pub(super) use seed::Administrator;
use visit::Visit;

/// The tables.
pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// The server.
pub(super) struct Server {
    /// Its name for itself, kept with the data.
    id: String,
    signer: Signer,
    replays: replay::Replays,
}

impl Server {
    /// Opens the server on its tables, fills them if they are empty, and lets the administrator in.
    pub(super) fn open(
        db: &mut Connection,
        now: Micros,
        seed_credentials: u32,
    ) -> Result<(Self, Administrator), SandboxError> {
        let transaction = db.transaction()?;
        let id = store::get_or(&transaction, "kitaru_k_id", || Ok(random::id()))?;
        let secret = store::get_or(&transaction, "kitaru_k_jwt_secret", random::hex::<32>)?;
        let administrator = seed::let_in(&transaction, now)?;
        seed::fill(&transaction, now, seed_credentials)?;
        transaction.commit()?;
        Ok((Self { id, signer: Signer::new(&secret), replays: replay::Replays::default() }, administrator))
    }

    /// Answers a request. Everything it changes is one transaction.
    pub(super) fn answer(&mut self, db: &mut Connection, quirks: &Quirks, now: Micros, call: &Call) -> Reply {
        let reply = self.transact(db, quirks, now, call).unwrap_or_else(|_| Problem::Broken.reply());
        let reply = reply.with("vary", "Origin");
        if call.headers.contains_key("origin") {
            reply.with("access-control-allow-origin", "*")
        } else {
            reply
        }
    }

    fn transact(
        &mut self,
        db: &mut Connection,
        quirks: &Quirks,
        now: Micros,
        call: &Call,
    ) -> rusqlite::Result<Reply> {
        let transaction = db.transaction()?;
        let mut visit = Visit { call, now, db: &transaction, quirks, server: self };
        let outcome = handle(&mut visit);
        // A refusal is committed too: a wrong device code is counted.
        if matches!(outcome, Err(Problem::Broken)) {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
        }
        Ok(outcome.unwrap_or_else(Problem::reply))
    }
}

fn handle(visit: &mut Visit<'_>) -> Outcome {
    let call = visit.call;
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, path.as_slice()) {
        (&Method::GET, ["health"]) => info::health(),
        (&Method::GET, ["health", "live"]) => info::live(),
        (method, ["api", "v1", path @ ..]) => route(visit, method, path),
        (&Method::GET, _) => Ok(info::page()),
        _ => Err(Problem::plain(405, "Method Not Allowed")),
    }
}

/// The table of calls.
fn route(visit: &mut Visit<'_>, method: &Method, path: &[&str]) -> Outcome {
    match (method, path) {
        (&Method::GET, ["info"]) => info::info(visit),
        (&Method::POST, ["login"]) => login::login(visit),
        (&Method::POST, ["logout"]) => Ok(visit::gone()),

        (&Method::GET, ["accounts"]) => accounts::list(visit),
        (&Method::GET, ["accounts", "me"]) => accounts::me(visit),
        (&Method::GET, ["accounts", id]) => accounts::get(visit, id),
        (&Method::POST, ["service-accounts"]) => service_accounts::create(visit),
        (&Method::PATCH, ["service-accounts", id]) => service_accounts::update(visit, id),
        (&Method::POST, ["users"]) => users::create(visit),
        (&Method::PATCH, ["users", id]) => users::update(visit, id),
        (&Method::POST, ["users", id, "activate"]) => users::activate(visit, id),
        (&Method::POST, ["users", id, "deactivate"]) => users::deactivate(visit, id),

        (&Method::GET, ["api-keys"]) => api_keys::list(visit),
        (&Method::POST, ["api-keys"]) => api_keys::create(visit),
        (&Method::GET, ["api-keys", id]) => api_keys::get(visit, id),
        (&Method::PATCH, ["api-keys", id]) => api_keys::update(visit, id),
        (&Method::DELETE, ["api-keys", id]) => api_keys::delete(visit, id),
        (&Method::POST, ["api-keys", id, "rotate"]) => api_keys::rotate(visit, id),

        (&Method::POST, ["device_authorization"]) => devices::authorize(visit),
        (&Method::GET, ["devices"]) => devices::list(visit),
        (&Method::GET, ["devices", id]) => devices::get(visit, id),
        (&Method::PATCH, ["devices", id]) => devices::update(visit, id),
        (&Method::DELETE, ["devices", id]) => devices::delete(visit, id),
        (&Method::POST, ["devices", id, "verify"]) => devices::verify(visit, id),

        // The dashboard's route takes every GET, so other methods are not allowed rather than not found.
        (&Method::GET, _) => Err(Problem::plain(404, "Not Found")),
        _ => Err(Problem::plain(405, "Method Not Allowed")),
    }
}
