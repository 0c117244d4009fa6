//! A service user's key for an hour's JWT: the one use of a key that works at any setting. A form, and nothing else.

use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::super::clock::{MINUTE, Micros};
use super::super::hash;
use super::claims::{self, Subject};
use super::problem::{Outcome, Problem};
use super::service_users::ServiceUser;
use super::visit::ok;
use super::{Visit, rows};

const LIFE: Micros = 60 * MINUTE;
const FIELDS: [&str; 4] = ["grant_type", "client_id", "client_secret", "scope"];

/// Whether a path is one of the token endpoints. What stands in the middle is not looked up.
pub(super) fn is_endpoint(path: &[&str]) -> bool {
    matches!(
        path,
        ["v1", _, "oauth", "tokens"]
            | ["v1", _, "v1", "oauth", "tokens"]
            | ["api", "v1", "iceberg", _, "oauth", "tokens"]
            | ["api", "v1", "iceberg", _, "v1", "oauth", "tokens"]
    )
}

/// The fields, read as strictly as JSON is.
fn fields(visit: &Visit<'_>) -> Outcome<[Option<String>; 4]> {
    let kind = visit.call.header("content-type").unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/x-www-form-urlencoded") {
        let words = "Form requests must have `Content-Type: application/x-www-form-urlencoded`";
        return Err(Problem::text(415, words));
    }
    let refuse = |why: String| Problem::text(422, format!("Failed to deserialize form body: {why}"));
    let mut read = FIELDS.map(|_| None);
    for (name, value) in form_urlencoded::parse(&visit.call.body) {
        let place = FIELDS.iter().position(|field| *field == name);
        let slot = place.and_then(|place| read.get_mut(place));
        *slot.ok_or_else(|| refuse(format!("unknown field `{name}`")))? = Some(value.into_owned());
    }
    Ok(read)
}

pub(super) fn tokens(visit: &mut Visit<'_>) -> Outcome {
    let [grant, id, secret, _scope_is_ignored] = fields(visit)?;
    let need = |value: Option<String>, name: &str| {
        value.ok_or_else(|| {
            Problem::text(422, format!("Failed to deserialize form body: missing field `{name}`"))
        })
    };
    let (grant, id, secret) =
        (need(grant, "grant_type")?, need(id, "client_id")?, need(secret, "client_secret")?);
    if grant != "client_credentials" {
        let words = "Unsupported grant_type. exact 'client_credentials' required.";
        return Err(Problem::json(400, words));
    }
    let Ok(id) = Uuid::parse_str(&id) else {
        return Err(Problem::json(400, "Invalid client_id format. Must be a valid UUID."));
    };
    let refuse = |words: &str| Problem::json(401, words);
    let found = rows::find::<ServiceUser>(visit.db, &id.to_string())?;
    let mut owner = found.ok_or_else(|| refuse("Invalid client_id"))?;
    if !owner.is_live(visit.now) {
        return Err(refuse("Client is inactive or expired"));
    }
    if owner.hash != hash::secret(&secret) {
        return Err(refuse("Invalid client_secret"));
    }
    owner.last_used = Some(visit.now);
    rows::put(visit.db, &owner)?;
    let subject =
        Subject { id: owner.id, username: owner.name, tenant: Some(owner.tenant), role: owner.role };
    let (token, _) = claims::issue(visit, subject, LIFE)?;
    ok(&json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 3600,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }))
}
