//! Pangolin: sign-in, tenants, users, service users and their keys, minted JWTs and their revocations, roles and
//! permissions, audit, sign-in by browser with a provider of its own, and vended storage credentials.
//!
//! `Server::answer` is the whole server, [`routes`] its table of calls, [`caller`] the gatekeeper before it. The holes
//! of the real server are here as well, because clients have to live with them; those that reach into other tenants
//! are behind a switch. Iceberg itself is left out but for what the picker and vending need.

mod audit;
mod caller;
mod catalogs;
mod claims;
mod exchange;
mod grants;
mod login;
mod oauth;
mod permissions;
mod plain;
mod problem;
mod quirks;
mod revocations;
mod roles;
mod routes;
mod rows;
mod seed;
mod service_users;
mod stamps;
mod tenants;
#[cfg(test)]
mod tests;
mod throttle;
mod tokens;
mod users;
mod vending;
mod visit;

use rusqlite::Connection;

use super::clock::Micros;
use super::http::{Call, Reply};
use super::jwt::Signer;
use super::{SandboxError, random, store};
use caller::Caller;
use problem::{Outcome, Problem};
pub(super) use quirks::Quirks;
pub(super) use seed::People;
use throttle::Throttle;
use visit::Visit;

/// The backend's word in the settings.
pub(super) const NAME: &str = "pangolin";
/// The tables.
pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// The built-in tenant `default`.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// The server.
pub(super) struct Server {
    signer: Signer,
    root_password: String,
    throttle: Throttle,
    metrics: plain::Metrics,
    /// When revocations were last swept.
    swept: Micros,
}

impl Server {
    /// Opens the server on its tables, fills them if they are empty, and lets root and an administrator in.
    pub(super) fn open(db: &mut Connection, now: Micros) -> Result<(Self, People), SandboxError> {
        let transaction = db.transaction()?;
        let secret = store::get_or(&transaction, "pangolin_jwt_secret", random::hex::<32>)?;
        let mut server = Self {
            signer: Signer::new(&secret),
            root_password: random::hex::<12>()?,
            throttle: Throttle::default(),
            metrics: plain::Metrics::default(),
            swept: now,
        };
        let people = seed::fill(&transaction, &mut server, now)?;
        transaction.commit()?;
        Ok((server, people))
    }

    /// Answers a request. Everything it changes is one transaction.
    pub(super) fn answer(&mut self, db: &mut Connection, quirks: &Quirks, now: Micros, call: &Call) -> Reply {
        let reply = self.transact(db, quirks, now, call).unwrap_or_else(|_| Problem::Broken.reply());
        reply.with("x-request-id", request_id(call)).with("access-control-allow-origin", "*")
    }

    fn transact(
        &mut self,
        db: &mut Connection,
        quirks: &Quirks,
        now: Micros,
        call: &Call,
    ) -> rusqlite::Result<Reply> {
        let transaction = db.transaction()?;
        revocations::sweep_hourly(&transaction, &mut self.swept, now)?;
        let mut visit =
            Visit { call, now, db: &transaction, quirks, server: self, captured: Vec::new(), caller: None };
        let outcome = handle(&mut visit);
        if matches!(outcome, Err(Problem::Broken)) {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
        }
        Ok(outcome.unwrap_or_else(Problem::reply))
    }

    /// Whether these are the root's name and password.
    fn is_root(&self, name: &str, password: &str) -> bool {
        name == users::ROOT_NAME && password == self.root_password
    }
}

/// The gatekeeper comes first, so a path that is not there is 401 to a stranger.
fn handle(visit: &mut Visit<'_>) -> Outcome {
    let admitted = caller::admit(visit);
    visit.server.metrics.count(&admitted);
    visit.caller = admitted?;
    let handler = routes::find(visit)?;
    handler(visit)
}

/// The client's own id where it is a decent one, else a new one.
fn request_id(call: &Call) -> String {
    let decent = |id: &&str| {
        (1..=128).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    call.header("x-request-id").filter(decent).map_or_else(random::id, str::to_owned)
}
