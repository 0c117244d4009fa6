//! Tokens for callers: what a login hands out, and `GET /api_token`.

use serde_json::json;

use super::super::clock::{Micros, SECOND};
use super::api_keys::Key;
use super::claims::{Claims, seconds};
use super::errors::{Outcome, Problem};
use super::visit::{Visit, ok};

/// The lifetime of a token from `/api_token`, also where login tokens never expire.
const DEFAULT_LIFE: i64 = 3600;
/// The longest one may ask for.
const LONGEST_LIFE: i64 = 604_800;

/// A signed token for a user or account, bound to what it came from as far as the version does that.
pub(super) fn issue(
    visit: &Visit<'_>,
    subject: &str,
    life: Option<Micros>,
    bound: Bound<'_>,
) -> Outcome<String> {
    let binding = visit.quirks.version.tokens_are_bound();
    let claims = Claims {
        sub: subject.to_owned(),
        iss: visit.server.id.clone(),
        aud: visit.server.id.clone(),
        exp: life.map(|life| visit.now.saturating_add(life).div_euclid(SECOND)),
        iat: binding.then(|| seconds(visit.now)),
        api_key_id: bound.key.map(|key| key.id.clone()),
        // Also for the old secret inside its window: such a token lives on as one of the new generation.
        key_gen: bound.key.filter(|_| binding).map(|key| key.generation),
        device_id: bound.device.map(str::to_owned),
        session_id: bound.session.map(str::to_owned),
    };
    visit.server.signer.sign(&claims).ok_or(Problem::Broken)
}

/// What a token is tied to.
#[derive(Clone, Copy, Default)]
pub(super) struct Bound<'a> {
    pub(super) key: Option<&'a Key>,
    pub(super) device: Option<&'a str>,
    pub(super) session: Option<&'a str>,
}

/// `GET /api_token`: another token for the caller, who must have come with a token.
pub(super) fn api_token(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let kind = visit.call.query("token_type").unwrap_or("generic");
    if !["generic", "workload"].contains(&kind) {
        return Err(Problem::invalid("query", "token_type", "Input should be 'generic' or 'workload'"));
    }
    let asked = match visit.call.query("expires_in") {
        None => 0,
        Some(text) => text
            .parse::<i64>()
            .ok()
            .ok_or_else(|| Problem::invalid("query", "expires_in", "Input should be a valid integer"))?,
    };
    let Some(token) = &caller.token else { return Err(Problem::authorization("Not authenticated.")) };
    if kind == "workload" {
        return Err(Problem::value(
            "Workload API tokens must be scoped to a schedule, a pipeline run or a deployment.",
        ));
    }
    // Negative lifetimes are taken as they are and give a token that is dead already.
    let life = if asked == 0 { DEFAULT_LIFE } else { asked };
    if life > LONGEST_LIFE {
        return Err(Problem::value(format!(
            "The maximum expiration time for generic API tokens allowed by this server is {LONGEST_LIFE} seconds."
        )));
    }
    // Up to 0.96.1 such a token forgot where it came from, and so outlived its key.
    let bound = if visit.quirks.version.tokens_are_bound() {
        Bound { key: caller.key.as_ref(), device: token.device_id.as_deref(), session: None }
    } else {
        Bound::default()
    };
    ok(&json!(issue(visit, caller.id(), Some(life.saturating_mul(SECOND)), bound)?))
}
