//! Who is calling: the gatekeeper before every path that is not public. The order is the server's own: no-auth, public
//! paths, `X-API-Key` (final), `Basic` (root), `Bearer`. Schemes are told apart by case, and by exactly one space.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::clock::Micros;
use super::problem::{Outcome, Problem};
use super::quirks::{NoAuth, Switch};
use super::users::{ROOT_NAME, Role};
use super::{NIL, Visit, audit, claims, service_users};

/// Who was let in.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) id: String,
    pub(super) username: String,
    pub(super) role: Role,
    /// Their own tenant; root has none.
    pub(super) tenant: Option<String>,
    pub(super) backing: Backing,
}

/// What they were let in for.
#[derive(Clone)]
pub(super) enum Backing {
    /// A JWT, which can be revoked and ends.
    Token {
        jti: String,
        ends: Micros,
    },
    Key,
    Basic,
    Nothing,
}

/// Lets a caller in; none on a public path.
pub(super) fn admit(visit: &mut Visit<'_>) -> Outcome<Option<Caller>> {
    let authorization = visit.call.header("authorization");
    if visit.quirks.no_auth != NoAuth::Off && authorization.is_none() {
        return Ok(Some(nobody()));
    }
    if is_public(visit) {
        return Ok(None);
    }
    if let Some(key) = visit.call.header("x-api-key") {
        return with_key(visit, key).map(Some);
    }
    let caller = match authorization.and_then(|header| header.split_once(' ')) {
        Some(("Basic", encoded)) => basic(visit, encoded)?,
        Some(("Bearer", token)) if !token.starts_with(' ') => claims::admit(visit, token)?,
        Some(_) | None => return Err(Problem::text(401, "Missing or invalid authorization header")),
    };
    if caller.role == Role::Root && visit.header_tenant().is_some() {
        audit::note(visit, &caller, "tenant_impersonation", None)?;
    }
    Ok(Some(caller))
}

/// The session of a server that asks nobody.
fn nobody() -> Caller {
    Caller {
        id: NIL.to_owned(),
        username: "tenant_admin".to_owned(),
        role: Role::TenantAdmin,
        tenant: None,
        backing: Backing::Nothing,
    }
}

fn is_public(visit: &Visit<'_>) -> bool {
    let path: Vec<&str> = visit.call.segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["health" | "metrics"]
        | ["health", "live" | "ready"]
        | ["api-docs", "openapi.json"]
        | ["v1", "config"]
        | ["v1", _, "config"]
        | ["oauth", "authorize" | "callback", _]
        | ["api", "v1", "users", "login"]
        | ["api", "v1", "app-config"]
        | ["api", "v1", "oauth", "providers" | "exchange"]
        // The person's own page at the provider, which is a part of the sandbox and of no real server.
        | ["provider", _] => true,
        [.., "oauth", "tokens"] => super::exchange::is_endpoint(&path),
        _ => path.first().is_some_and(|first| first.starts_with("swagger-ui")),
    }
}

/// Keys of service users. Whatever is wrong with one, the words are the same.
fn with_key(visit: &mut Visit<'_>, key: &str) -> Outcome<Caller> {
    let refused = || Problem::text(401, "Invalid or expired API key");
    let found = service_users::by_key(visit.db, key)?;
    let Some(mut owner) = found.filter(|_| visit.quirks.legacy_keys == Switch::On) else {
        audit::rejected_key(visit, None)?;
        return Err(refused());
    };
    if !owner.is_live(visit.now) {
        audit::rejected_key(visit, Some(&owner))?;
        return Err(refused());
    }
    owner.last_used = Some(visit.now);
    super::rows::put(visit.db, &owner)?;
    Ok(Caller {
        id: owner.id,
        username: owner.name,
        role: owner.role,
        tenant: Some(owner.tenant),
        backing: Backing::Key,
    })
}

/// Name and password on every call, for root only.
fn basic(visit: &mut Visit<'_>, encoded: &str) -> Outcome<Caller> {
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let is_root = decoded
        .as_deref()
        .and_then(|pair| pair.split_once(':'))
        .is_some_and(|(name, password)| visit.server.is_root(name, password));
    if !is_root {
        audit::failed_basic(visit)?;
        return Err(Problem::text(401, "Invalid credentials"));
    }
    Ok(Caller {
        id: NIL.to_owned(),
        username: ROOT_NAME.to_owned(),
        role: Role::Root,
        tenant: None,
        backing: Backing::Basic,
    })
}
