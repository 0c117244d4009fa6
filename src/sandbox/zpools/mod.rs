//! zpools.io: logins, personal access tokens (PATs), and the read-only calls that show what a PAT may do.
//!
//! `Server::answer` is the whole server and `route` its table of calls. A call is checked in the real gateway's order:
//! is there such a route, is there a credential, does it do for the route, then the input; see [`caller`]. What is not
//! about credentials is left out: pools, keys, jobs and money are only read, and a call that would change one is judged
//! and then answered with 501.
//! The real server is closed; where nobody has stated what it does, [`Quirks`] makes the choice switchable.

mod billing;
mod caller;
mod jobs;
mod jwt;
mod login;
mod pats;
mod problem;
mod quirks;
mod reads;
mod scope;
mod secrets;
mod seed;
#[cfg(test)]
mod tests;
mod verdicts;

use std::ops::RangeInclusive;

use hyper::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::clock::Micros;
use super::http::{Call, Reply};
use super::jwt::Signer;
use super::{SandboxError, random, store};
use problem::{Outcome, Problem};
pub(super) use quirks::Quirks;
use scope::Scope;
pub(super) use seed::User;
use verdicts::Verdicts;

/// Its word in the settings.
pub(super) const NAME: &str = "zpools";
/// The tables.
pub(super) const SCHEMA: &str = include_str!("schema.sql");
/// What every address begins with; clients have it in their base URL.
pub(super) const BASE: &str = "/v1";

/// The server.
pub(super) struct Server {
    signer: Signer,
    verdicts: Verdicts,
    /// When the data was made; the pools, jobs and keys that can be read are as old as that.
    began: Micros,
}

impl Server {
    /// Opens the server on its tables, fills them if they are empty, and lets the user in.
    pub(super) fn open(db: &mut Connection, now: Micros) -> Result<(Self, User), SandboxError> {
        let transaction = db.transaction()?;
        let secret = store::get_or(&transaction, "zpools_jwt_secret", random::hex::<32>)?;
        let began = store::get_or(&transaction, "zpools_began", || Ok(now.to_string()))?;
        let user = seed::fill(&transaction, now)?;
        transaction.commit()?;
        let server = Self {
            signer: Signer::new(&secret),
            verdicts: Verdicts::default(),
            began: began.parse().unwrap_or(now),
        };
        Ok((server, user))
    }

    /// Answers a request. Everything it changes is one transaction.
    pub(super) fn answer(&mut self, db: &mut Connection, quirks: &Quirks, now: Micros, call: &Call) -> Reply {
        let reply = self.transact(db, quirks, now, call).unwrap_or_else(|_| Problem::Broken.reply());
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
        if matches!(outcome, Err(Problem::Broken)) {
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
    server: &'a mut Server,
}

impl Visit<'_> {
    /// The JSON object in the body.
    fn body(&self) -> Outcome<serde_json::Map<String, Value>> {
        serde_json::from_slice(&self.call.body)
            .ok()
            .ok_or_else(|| Problem::invalid("the body is not a JSON object"))
    }

    /// A number in the query.
    fn number(&self, name: &str, usual: usize, allowed: RangeInclusive<usize>) -> Outcome<usize> {
        let Some(text) = self.call.query(name) else { return Ok(usual) };
        let told = text.parse().ok().filter(|told| allowed.contains(told));
        let words = || format!("{name} is a number from {} to {}", allowed.start(), allowed.end());
        told.ok_or_else(|| Problem::invalid(words()))
    }
}

fn handle(visit: &mut Visit<'_>) -> Outcome {
    let call = visit.call;
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["v1", path @ ..] => route(visit, &call.method, path),
        _ => Err(Problem::no_route()),
    }
}

/// The table of calls.
fn route(visit: &mut Visit<'_>, method: &Method, path: &[&str]) -> Outcome {
    match (method, path) {
        (&Method::POST, ["login"]) if visit.quirks.login => login::login(visit),
        (&Method::GET, ["hello"]) => reads::hello(visit),

        (&Method::GET, ["pat"]) => pats::list(visit),
        (&Method::POST, ["pat"]) => pats::create(visit),
        (&Method::DELETE, ["pat", key_id]) => pats::revoke(visit, key_id),

        (&Method::GET, ["zpools"]) => reads::pools(visit),
        (&Method::GET, ["jobs"]) => jobs::list(visit),
        (&Method::GET, ["job", id]) => jobs::one(visit, id),
        (&Method::GET, ["job", id, "history"]) => jobs::history(visit, id),
        (&Method::GET, ["sshkey"]) => reads::ssh_keys(visit),
        (&Method::GET, ["billing", "balance"]) => billing::balance(visit),
        (&Method::GET, ["billing", "ledger"]) => billing::ledger(visit),
        (&Method::GET, ["billing", "summary"]) => billing::summary(visit),
        (&Method::GET, ["billing", "runway"]) => billing::runway(visit),

        (&Method::POST, ["zpool"] | ["zpool", _, "modify" | "scrub" | "expand"])
        | (&Method::DELETE, ["zpool", _]) => reads::changes(visit, Scope::Zpool),
        (&Method::POST, ["sshkey"]) | (&Method::DELETE, ["sshkey", _]) => {
            reads::changes(visit, Scope::Sshkey)
        }

        _ => Err(Problem::no_route()),
    }
}

/// Success as every call but `/hello` tells it.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
fn done(status: u16, message: &str, detail: &Value) -> Outcome {
    Ok(Reply::json(status, &json!({ "message": message, "detail": detail })))
}
