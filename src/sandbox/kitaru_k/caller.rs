//! Who is calling: by a token or by a raw key in the `Authorization` header. A token names its account and nothing of
//! the key it came from, so that neither rotation nor deletion of the key ends it.

use serde::{Deserialize, Serialize};

use super::super::clock::{Micros, SECOND};
use super::accounts::{self, Account};
use super::problem::{Outcome, Problem};
use super::quirks::AuthScheme;
use super::visit::Visit;
use super::{api_keys, devices, raw_key, seed};

/// The issuer and the audience.
const SELF: &str = "kitaru";

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// A token for an account, and the seconds it still lives, which are told rounded down.
pub(super) fn token(
    visit: &Visit<'_>,
    account: &Account,
    device: Option<(&str, Option<Micros>)>,
) -> Outcome<(String, i64)> {
    let longest = visit.now + visit.quirks.token_life();
    let end = device.and_then(|(_, end)| end).map_or(longest, |end| end.min(longest));
    let claims = Claims {
        sub: format!("account:{}", account.id),
        device_id: device.map(|(id, _)| id.to_owned()),
        iss: SELF.to_owned(),
        aud: SELF.to_owned(),
        iat: visit.now.div_euclid(SECOND),
        exp: end.div_euclid(SECOND),
    };
    let token = visit.server.signer.sign(&claims).ok_or(Problem::Broken)?;
    Ok((token, (end - visit.now - 1).div_euclid(SECOND)))
}

/// The bearer of a request.
pub(super) fn bearer<'a>(visit: &Visit<'a>) -> Option<&'a str> {
    let (scheme, credential) = visit.call.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty()).then_some(credential)
}

/// Finds out who is calling.
pub(super) fn authenticate(visit: &Visit<'_>) -> Outcome<Account> {
    if visit.quirks.auth_scheme == AuthScheme::None {
        return accounts::find(visit.db, seed::ADMINISTRATOR, false)?.ok_or(Problem::Broken);
    }
    let elsewhere = visit.quirks.auth_scheme == AuthScheme::ControlPlane;
    let credential = bearer(visit).ok_or_else(|| Problem::credential("Missing bearer credential."))?;
    if !credential.starts_with(raw_key::PREFIX) {
        let account = by_token(visit, credential)?;
        if elsewhere {
            let words = "Local accounts are rejected under control plane authentication.";
            return Err(Problem::credential(words));
        }
        return Ok(account);
    }
    if elsewhere {
        let words = "Local API keys are rejected under control plane authentication.";
        return Err(Problem::credential(words));
    }
    by_key(visit, credential)
}

/// The owner of a raw key that is good now.
pub(super) fn by_key(visit: &Visit<'_>, raw: &str) -> Outcome<Account> {
    let invalid = || Problem::credential("Invalid API key.");
    let (id, secret) = raw_key::decode(raw).ok_or_else(invalid)?;
    let key = api_keys::by_id(visit.db, &id)?.ok_or_else(invalid)?;
    if !key.accepts(&secret, visit.now) || !key.active {
        return Err(invalid());
    }
    let owner = accounts::by_id(visit.db, &key.owner_id)?;
    let owner = owner.filter(|owner| owner.active).ok_or_else(invalid)?;
    key.stamp(visit)?;
    Ok(owner)
}

fn by_token(visit: &Visit<'_>, token: &str) -> Outcome<Account> {
    let undecodable = || Problem::credential("Invalid bearer credential.");
    let claims: Claims = visit.server.signer.open(token).map_err(|_why_nobody_is_told| undecodable())?;
    let now = visit.now.div_euclid(SECOND);
    if claims.exp <= now || claims.iat > now || claims.iss != SELF || claims.aud != SELF {
        return Err(undecodable());
    }
    let id = claims.sub.strip_prefix("account:").ok_or_else(undecodable)?;
    let invalid = || Problem::credential("Invalid session token.");
    let account = accounts::by_id(visit.db, id)?.filter(|account| account.active).ok_or_else(invalid)?;
    if let Some(device) = &claims.device_id
        && !devices::stands_behind(visit, device, &account.id)?
    {
        return Err(invalid());
    }
    Ok(account)
}
