//! Revoked tokens. Revoking oneself is remembered as long as the token lives; revoking by id for a day, whatever the
//! token's life, and a token that outlives its entry works again after the next sweep.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::clock::{DAY, MINUTE, Micros};
use super::problem::{Outcome, Problem};
use super::quirks::{Store, Switch};
use super::rows::{self, Row};
use super::tokens::{self, Minted};
use super::users;
use super::visit::{empty, ok};
use super::{Visit, caller::Backing};

/// How often the server sweeps by itself.
const SWEEP: Micros = 60 * MINUTE;

/// A revoked token, and until when that is remembered.
#[derive(Serialize, Deserialize)]
pub(super) struct Revocation {
    jti: String,
    until: Micros,
}

impl Row for Revocation {
    const KIND: &'static str = "revocation";

    fn id(&self) -> &str {
        &self.jti
    }
}

/// Whether there is an entry. One that has run out counts until it is swept.
pub(super) fn is_revoked(db: &Connection, jti: &str) -> rusqlite::Result<bool> {
    Ok(rows::find::<Revocation>(db, jti)?.is_some())
}

/// Writes an entry.
pub(super) fn remember(db: &Connection, jti: &str, until: Micros) -> rusqlite::Result<()> {
    rows::put(db, &Revocation { jti: jti.to_owned(), until })
}

/// The server's own sweep, when an hour has passed since the last.
pub(super) fn sweep_hourly(db: &Connection, swept: &mut Micros, now: Micros) -> rusqlite::Result<()> {
    if (now - *swept).abs() >= SWEEP {
        *swept = now;
        sweep(db, now)?;
    }
    Ok(())
}

fn sweep(db: &Connection, now: Micros) -> rusqlite::Result<usize> {
    rows::retain::<Revocation>(db, |entry| entry.until > now)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    #[serde(default, rename = "reason")]
    _kept_nowhere: Option<String>,
}

pub(super) fn revoke_self(visit: &mut Visit<'_>) -> Outcome {
    let Reason { .. } = visit.body()?;
    let Backing::Token { jti, ends } = visit.caller()?.backing else {
        return Err(Problem::text(400, "This session is not backed by a revocable token"));
    };
    remember(visit.db, &jti, ends)?;
    ok(&json!({ "message": "Token revoked successfully. Please log in again." }))
}

/// Any id does, known or not.
fn by_id(visit: &Visit<'_>) -> Outcome<String> {
    let jti = visit.id(0)?;
    let caller = visit.caller()?;
    users::need_admin(&caller)?;
    if !tokens::is_reachable(visit, &caller, &jti)? {
        return Err(Problem::text(403, "Cannot revoke a token of another tenant"));
    }
    if visit.quirks.revoked_ids_unique == Switch::On && is_revoked(visit.db, &jti)? {
        return Err(Problem::text(500, "Failed to revoke token"));
    }
    remember(visit.db, &jti, visit.now + DAY)?;
    Ok(jti)
}

pub(super) fn revoke(visit: &mut Visit<'_>) -> Outcome {
    visit.id(0)?;
    let Reason { .. } = visit.body()?;
    let jti = by_id(visit)?;
    ok(&json!({ "message": format!("Token {jti} revoked successfully") }))
}

pub(super) fn delete(visit: &mut Visit<'_>) -> Outcome {
    by_id(visit)?;
    empty(204)
}

pub(super) fn cleanup(visit: &mut Visit<'_>) -> Outcome {
    users::need_admin(&visit.caller()?)?;
    let mut count = sweep(visit.db, visit.now)?;
    if visit.quirks.store == Store::Memory {
        count += rows::retain::<Minted>(visit.db, |token| token.ends > visit.now)?;
    }
    ok(&json!({ "message": format!("Cleaned up {count} expired tokens"), "count": count }))
}
