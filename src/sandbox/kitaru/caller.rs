//! Who is calling: every way a request can prove it, in the real server's order of checks.
//!
//! For a key: the record, its account active, the key active, the secret; then `last_login` is stamped.
//! For a JWT: signature and expiry, account exists, account active, then what it is bound to.

use super::api_keys::{self, Key};
use super::claims::{self, Claims, Csrf, seconds};
use super::errors::{Outcome, Problem};
use super::quirks::AuthScheme;
use super::service_accounts::{self, Account};
use super::users::{self, User};
use super::visit::Visit;
use super::{devices, raw_key};

/// The person or the account behind a request.
pub(super) enum Principal {
    User(User),
    Account(Account),
}

/// The caller and what it came with.
pub(super) struct Caller {
    pub(super) principal: Principal,
    /// The token presented, unless it was a raw key or nothing was asked for.
    pub(super) token: Option<Claims>,
    /// The key behind the credential, as it is now.
    pub(super) key: Option<Key>,
}

impl Caller {
    /// The id that tokens carry.
    pub(super) fn id(&self) -> &str {
        match &self.principal {
            Principal::User(user) => &user.id,
            Principal::Account(account) => &account.id,
        }
    }

    /// Service accounts can never be administrators.
    pub(super) fn is_admin(&self) -> bool {
        match &self.principal {
            Principal::User(user) => user.is_admin,
            Principal::Account(_) => false,
        }
    }

    /// The user, if it is one.
    pub(super) fn user(&self) -> Option<&User> {
        match &self.principal {
            Principal::User(user) => Some(user),
            Principal::Account(_) => None,
        }
    }
}

/// Finds out who is calling.
pub(super) fn authenticate(visit: &mut Visit<'_>) -> Outcome<Caller> {
    if visit.quirks.auth_scheme == AuthScheme::NoAuth {
        let user = users::default_admin(visit)?;
        return Ok(Caller { principal: Principal::User(user), token: None, key: None });
    }
    let Some(credential) = presented(visit) else { return Err(Problem::NotAuthenticated) };
    if !visit.quirks.active {
        return Err(Problem::credentials("Authentication error: invalid credentials"));
    }
    if raw_key::has_prefix(&credential) {
        let (key, account) = check_key(visit, &credential)?;
        return Ok(Caller { principal: Principal::Account(account), token: None, key: Some(key) });
    }
    check_token(visit, &credential)
}

/// The cookie wins over the header.
fn presented(visit: &Visit<'_>) -> Option<String> {
    let name = visit.server.cookie();
    let cookies = visit.call.headers.get_all("cookie").iter().filter_map(|line| line.to_str().ok());
    let cookie = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty());
    if let Some((_, value)) = cookie {
        return Some(value.to_owned());
    }
    let (scheme, token) = visit.call.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Checks a raw key, and stamps its use.
pub(super) fn check_key(visit: &mut Visit<'_>, raw: &str) -> Outcome<(Key, Account)> {
    visit.pause = std::time::Duration::from_millis(visit.quirks.key_check_delay_ms);
    let refuse = |why: String| Problem::credentials(format!("Authentication error: {why}"));
    let (id, secret) = raw_key::decode(raw).ok_or_else(|| refuse("error decoding API key".to_owned()))?;
    // A server that is not active has no keys.
    let found = if visit.quirks.active { api_keys::by_id(visit.db, &id)? } else { None };
    let (key, account) = found.ok_or_else(|| refuse(format!("error retrieving API key {id}")))?;
    let (name, owner) = (&key.name, &account.name);
    if !account.active {
        return Err(refuse(format!("service account {owner} associated with API key {name} is not active")));
    }
    if !key.active {
        return Err(refuse(format!("API key {name} associated with service account {owner} is not active")));
    }
    if !key.accepts(&secret, visit.now)? {
        return Err(refuse(format!("could not verify key value for API key {name}")));
    }
    api_keys::stamp(visit, &key.id)?;
    Ok((key, account))
}

fn check_token(visit: &mut Visit<'_>, token: &str) -> Outcome<Caller> {
    let refuse = |why: String| Problem::credentials(format!("Authentication error: {why}"));
    let server = visit.server;
    let claims = claims::verify(&server.signer, token, &server.id, visit.now)
        .map_err(|why| refuse(format!("error decoding access token: Invalid JWT token: {why}.")))?;
    check_csrf(visit, &claims)?;
    let principal = principal(visit, &claims.sub)?;
    let key = match (&principal, &claims.api_key_id) {
        (Principal::User(user), _) => {
            check_password_age(visit, user, &claims)?;
            None
        }
        (Principal::Account(_), None) => None,
        (Principal::Account(account), Some(id)) => Some(check_bound_key(visit, account, id, &claims)?),
    };
    if let Some(id) = &claims.device_id {
        devices::check(visit, id, &claims.sub)?;
    }
    Ok(Caller { principal, token: Some(claims), key })
}

fn check_csrf(visit: &Visit<'_>, claims: &Claims) -> Outcome<()> {
    let Some(session) = &claims.session_id else { return Ok(()) };
    let Some(sent) = visit.call.header("x-csrf-token") else {
        return Err(Problem::credentials("Authentication error: missing CSRF token"));
    };
    match visit.server.signer.open::<Csrf>(sent) {
        Ok(csrf) if csrf.session_id == *session => Ok(()),
        Ok(_) => {
            Err(Problem::credentials("Authentication error: CSRF token does not match the access token"))
        }
        Err(why) => Err(Problem::credentials(format!("Invalid CSRF token: {why}"))),
    }
}

/// The user or service account of a token, if it still is and is active.
fn principal(visit: &Visit<'_>, id: &str) -> Outcome<Principal> {
    let (found, active, name) = if let Some(user) = users::find(visit.db, id)? {
        let (active, name) = (user.active, user.name.clone());
        (Some(Principal::User(user)), active, name)
    } else if let Some(account) = service_accounts::find(visit.db, id)? {
        let (active, name) = (account.active, account.name.clone());
        (Some(Principal::Account(account)), active, name)
    } else {
        (None, false, String::new())
    };
    let gone = || Problem::credentials(format!("Authentication error: error retrieving token account {id}"));
    let principal = found.ok_or_else(gone)?;
    if active {
        Ok(principal)
    } else {
        Err(Problem::credentials(format!("Authentication error: account {name} is not active")))
    }
}

/// From 0.96.2 on, a changed password ends the tokens issued before.
fn check_password_age(visit: &Visit<'_>, user: &User, claims: &Claims) -> Outcome<()> {
    let changed = user.password_changed_at.filter(|_| visit.quirks.version.tokens_are_bound());
    match (changed, claims.iat) {
        (Some(changed), Some(issued)) if issued < seconds(changed) => Err(Problem::credentials(
            "Authentication error: access token was issued before the password was last changed",
        )),
        (Some(_) | None, _) => Ok(()),
    }
}

/// The key that a token came from must still be there and active; from 0.96.2 on also of the token's generation, or
/// inside the window that follows it.
fn check_bound_key(visit: &mut Visit<'_>, account: &Account, id: &str, claims: &Claims) -> Outcome<Key> {
    let refuse = |why: String| Problem::credentials(format!("Authentication error: {why}"));
    let found = api_keys::by_id(visit.db, id)?;
    let (key, _) = found.ok_or_else(|| refuse(format!("error retrieving API key {id}")))?;
    let (name, owner) = (&key.name, &account.name);
    if !key.active {
        return Err(refuse(format!("API key {name} associated with service account {owner} is not active")));
    }
    let issued = claims.key_gen.filter(|_| visit.quirks.version.tokens_are_bound());
    if let Some(generation) = issued
        && !key.honours(generation, visit.now)?
    {
        return Err(refuse(format!(
            "access token for API key {name} was issued for an API key generation that is no longer valid"
        )));
    }
    api_keys::stamp(visit, &key.id)?;
    Ok(key)
}
