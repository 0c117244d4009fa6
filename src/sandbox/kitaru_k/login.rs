//! `POST /login`: a form with a password or a device's code, or a raw key in the `Authorization` header.

use serde_json::json;

use super::super::hash;
use super::accounts::{self, Account};
use super::caller::{bearer, by_key, token};
use super::devices;
use super::problem::{Outcome, Problem};
use super::quirks::AuthScheme;
use super::visit::{Visit, ok, uuid};

const PASSWORD: &str = "password";
const API_KEY: &str = "api-key";
const CONTROL_PLANE: &str = "control-plane";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn invalid(why: &str) -> Problem {
    Problem::grant("invalid_request", format!("Invalid request: {why}"))
}

/// Logs somebody in.
pub(super) fn login(visit: &Visit<'_>) -> Outcome {
    let form = visit.call.form();
    let field = |name: &str| {
        let given = form.iter().rev().find(|(key, value)| key == name && !value.is_empty());
        given.map(|(_, value)| value.as_str())
    };
    let device = field("device_id").map(|id| uuid(&["body", "device_id"], id)).transpose()?;
    let scheme = visit.quirks.auth_scheme;
    let grant = match (field("grant_type"), field("username"), field("device_code")) {
        (Some(grant), ..) => grant,
        (None, Some(_), _) => PASSWORD,
        (None, None, Some(_)) => DEVICE,
        (None, None, None) => match scheme {
            AuthScheme::Local => PASSWORD,
            AuthScheme::ControlPlane => CONTROL_PLANE,
            AuthScheme::None => return Err(invalid("grant type is required.")),
        },
    };
    let taken = match grant {
        PASSWORD | API_KEY => scheme == AuthScheme::Local,
        CONTROL_PLANE => scheme == AuthScheme::ControlPlane,
        DEVICE => scheme != AuthScheme::None,
        _ => false,
    };
    if !taken {
        return Err(Problem::grant("unsupported_grant_type", format!("Unsupported grant type: {grant}")));
    }
    match grant {
        PASSWORD => {
            let username = field("username").ok_or_else(|| invalid("username is required."))?;
            by_password(visit, username, field("password").unwrap_or_default())
        }
        API_KEY => {
            let raw = bearer(visit).ok_or_else(|| Problem::credential("Missing API key."))?;
            answer(visit, &by_key(visit, raw)?)
        }
        DEVICE => {
            let missing = || invalid("device_id and device_code are required.");
            let (id, code) = (device.ok_or_else(missing)?, field("device_code").ok_or_else(missing)?);
            devices::redeem(visit, &id, code)
        }
        // No control plane is behind this one to ask.
        _ => Err(Problem::credential(match bearer(visit) {
            Some(_) => "Invalid control plane credential.",
            None => "Missing control plane credential.",
        })),
    }
}

fn by_password(visit: &Visit<'_>, username: &str, password: &str) -> Outcome {
    let user = accounts::find(visit.db, username, false)?.filter(|user| user.active);
    let good = |hash: &String| hash::is_password(password, hash);
    match user.filter(|user| user.password.as_ref().is_some_and(good)) {
        Some(user) => answer(visit, &user),
        None => Err(Problem::credential("Invalid username or password.")),
    }
}

fn answer(visit: &Visit<'_>, account: &Account) -> Outcome {
    granted(&token(visit, account, None)?)
}

/// The answer that carries a token.
pub(super) fn granted((token, lives): &(String, i64)) -> Outcome {
    ok(&json!({ "access_token": token, "token_type": "bearer", "expires_in": lives, "csrf_token": null }))
}
