//! Kitaru, generation Z: a ZenML server's surface for logins, service accounts and API keys.
//!
//! `Server::answer` is the whole server and `route` its table of calls. A handler reads top to bottom in the order in
//! which the real server checks things; see [`visit`]. Errors have six shapes, all in [`errors`].

mod api_keys;
mod caller;
mod claims;
mod devices;
mod errors;
mod filters;
mod login;
mod quirks;
mod raw_key;
mod replay;
mod seed;
mod server_info;
mod service_accounts;
mod stamps;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod visit;

use std::time::Duration;

use hyper::Method;
use rusqlite::Connection;
use uuid::Uuid;

use super::clock::Micros;
use super::http::{Call, Reply};
use super::jwt::Signer;
use super::{SandboxError, hash, random, store};
use errors::{Outcome, Problem};
pub(super) use quirks::Quirks;
pub(super) use seed::Administrator;
use visit::Visit;

/// The tables.
pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// Who the server is, as long as its data lives.
struct Identity {
    id: String,
    signer: Signer,
}

impl Identity {
    /// The name of the cookie that a password login sets.
    fn cookie(&self) -> String {
        format!("zenml-server-{}", self.id)
    }
}

/// What the server remembers until it stops.
#[derive(Default)]
struct Memory {
    replays: replay::Replays,
    attempts: login::Attempts,
}

/// The server.
pub(super) struct Server {
    identity: Identity,
    memory: Memory,
}

impl Server {
    /// Opens the server on its tables, fills them if they are empty, and lets the administrator in.
    pub(super) fn open(
        db: &mut Connection,
        now: Micros,
        seed_credentials: u32,
    ) -> Result<(Self, Administrator), SandboxError> {
        let transaction = db.transaction()?;
        let id = store::get_or(&transaction, "kitaru_id", || Ok(random::id()))?;
        let secret = store::get_or(&transaction, "kitaru_jwt_secret", random::hex::<32>)?;
        seed::fill(&transaction, now, seed_credentials)?;
        let administrator = seed::let_in(&transaction, now)?;
        transaction.commit()?;
        let identity = Identity { id, signer: Signer::new(&secret) };
        Ok((Self { identity, memory: Memory::default() }, administrator))
    }

    /// Answers a request. Everything it changes is one transaction.
    pub(super) fn answer(
        &mut self,
        db: &mut Connection,
        quirks: &mut Quirks,
        now: Micros,
        call: &Call,
    ) -> Reply {
        let reply = self.transact(db, quirks, now, call).unwrap_or_else(|_| Problem::Broken.reply(call));
        self.dress(reply, call)
    }

    fn transact(
        &mut self,
        db: &mut Connection,
        quirks: &mut Quirks,
        now: Micros,
        call: &Call,
    ) -> rusqlite::Result<Reply> {
        let transaction = db.transaction()?;
        let (server, memory) = (&self.identity, &mut self.memory);
        let mut visit = Visit { call, now, db: &transaction, quirks, server, memory, pause: Duration::ZERO };
        let outcome = handle(&mut visit);
        let pause = visit.pause;
        // A refusal is committed too: a wrong device code is counted, a refused write has still used its key.
        if matches!(outcome, Err(Problem::Broken)) {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
        }
        Ok(Reply { pause, ..outcome.unwrap_or_else(|problem| problem.reply(call)) })
    }

    /// The headers that every answer has.
    fn dress(&self, reply: Reply, call: &Call) -> Reply {
        let reply = reply
            .with("server", &*self.identity.id)
            .with("strict-transport-security", "max-age=63072000; includeSubdomains");
        match call.header("origin") {
            Some(origin) => reply
                .with("access-control-allow-origin", origin)
                .with("access-control-allow-credentials", "true"),
            None => reply,
        }
    }
}

fn handle(visit: &mut Visit<'_>) -> Outcome {
    // The real server trips over a bad key before it knows what is asked of it.
    let key = visit.call.header("idempotency-key").filter(|key| !key.is_empty());
    if key.is_some_and(|key| Uuid::parse_str(key).is_err()) {
        return Err(Problem::Broken);
    }
    let call = visit.call;
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["health" | "ready"] if [Method::GET, Method::HEAD].contains(&call.method) => {
            Ok(Reply::text(200, "ok"))
        }
        ["api", "v1", path @ ..] if !path.contains(&"") => route(visit, &call.method, path),
        _ => Err(unknown(&call.method)),
    }
}

/// The table of calls.
fn route(visit: &mut Visit<'_>, method: &Method, path: &[&str]) -> Outcome {
    match (method, path) {
        (&Method::GET, ["info"]) => server_info::info(visit),
        (&Method::GET, ["version"]) => server_info::version(visit),
        (&Method::PUT, ["activate"]) => server_info::activate(visit),

        (&Method::POST, ["login"]) => login::login(visit),
        (&Method::GET, ["logout"]) => Ok(login::logout(visit)),
        (&Method::GET, ["api_token"]) => tokens::api_token(visit),

        (&Method::GET, ["current-user"]) => users::current(visit),
        (&Method::PUT, ["current-user"]) => users::update_current(visit),
        (&Method::GET, ["users"]) => users::list(visit),
        (&Method::POST, ["users"]) => users::create(visit),
        (&Method::GET, ["users", name]) => users::get(visit, name),
        (&Method::PUT, ["users", name]) => users::update(visit, name),
        (&Method::DELETE, ["users", name]) => users::delete(visit, name),
        (&Method::PUT, ["users", name, "activate"]) => users::activate(visit, name),
        (&Method::PUT, ["users", name, "deactivate"]) => users::deactivate(visit, name),

        (&Method::GET, ["service_accounts"]) => service_accounts::list(visit),
        (&Method::POST, ["service_accounts"]) => service_accounts::create(visit),
        (&Method::GET, ["service_accounts", name]) => service_accounts::get(visit, name),
        (&Method::PUT, ["service_accounts", name]) => service_accounts::update(visit, name),
        (&Method::DELETE, ["service_accounts", name]) => service_accounts::delete(visit, name),

        (&Method::GET, ["service_accounts", account, "api_keys"]) => api_keys::list(visit, account),
        (&Method::POST, ["service_accounts", account, "api_keys"]) => api_keys::create(visit, account),
        (&Method::GET, ["service_accounts", account, "api_keys", name]) => {
            api_keys::get(visit, account, name)
        }
        (&Method::PUT, ["service_accounts", account, "api_keys", name]) => {
            api_keys::update(visit, account, name)
        }
        (&Method::DELETE, ["service_accounts", account, "api_keys", name]) => {
            api_keys::delete(visit, account, name)
        }
        (&Method::PUT, ["service_accounts", account, "api_keys", name, "rotate"]) => {
            api_keys::rotate(visit, account, name)
        }

        (&Method::POST, ["device_authorization"]) => devices::authorize(visit),
        (&Method::GET, ["devices"]) => devices::list(visit),
        (&Method::GET, ["devices", id]) => devices::get(visit, id),
        (&Method::PUT, ["devices", id]) => devices::update(visit, id),
        (&Method::DELETE, ["devices", id]) => devices::delete(visit, id),
        (&Method::PUT, ["devices", id, "verify"]) => devices::verify(visit, id),

        (method, _) => Err(unknown(method)),
    }
}

/// The dashboard's route takes every GET, so other methods are not allowed rather than not found.
fn unknown(method: &Method) -> Problem {
    if *method == Method::GET {
        Problem::Plain { status: 404, detail: "Not Found".to_owned() }
    } else {
        Problem::Plain { status: 405, detail: "Method Not Allowed".to_owned() }
    }
}
