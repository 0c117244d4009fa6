//! Minted JWTs: made with hours to live, listed with the whole token in every row, and rotated by their bearer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::clock::{DAY, MINUTE, Micros, SECOND};
use super::super::random;
use super::claims::{self, Claims, Subject};
use super::problem::{Outcome, Problem};
use super::quirks::Store;
use super::revocations;
use super::rows::{self, Row};
use super::stamps::Flavour;
use super::users::{self, Role};
use super::visit::ok;
use super::{Caller, NIL, Visit, caller::Backing, throttle};

const HOUR: Micros = 60 * MINUTE;
/// Longer lives are cut to this without a word.
const LONGEST_HOURS: u64 = 8760;

/// A minted or rotated token, kept whole.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Minted {
    pub(super) jti: String,
    pub(super) tenant: Option<String>,
    pub(super) user: String,
    pub(super) username: String,
    pub(super) ends: Micros,
    pub(super) made: Micros,
    pub(super) token: String,
}

impl Row for Minted {
    const KIND: &'static str = "token";

    fn id(&self) -> &str {
        &self.jti
    }
}

impl Minted {
    /// The row as it is listed. SQL stores have kept neither the name nor when it was made, and make both up.
    fn json(&self, store: Store, now: Micros) -> Value {
        let (username, created) = match store {
            Store::Memory => (self.username.as_str(), self.made),
            Store::Sql => ("unknown", now),
        };
        json!({
            "id": self.jti,
            "tenant_id": self.tenant,
            "user_id": self.user,
            "username": username,
            "expires_at": Flavour::Seconds.write(self.ends),
            "created_at": Flavour::Seconds.write(created),
            "is_valid": true,
            "token": self.token,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    tenant_id: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    expires_in_hours: Option<u64>,
}

/// The role by any of the spellings that are taken here.
fn role_named(word: &str) -> Outcome<Role> {
    match word {
        "root" | "Root" => Ok(Role::Root),
        "tenant-admin" | "TenantAdmin" | "admin" | "Admin" => Ok(Role::TenantAdmin),
        "tenant-user" | "TenantUser" | "user" => Ok(Role::TenantUser),
        other => Err(Problem::text(400, format!("Unknown role: {other}"))),
    }
}

pub(super) fn mint(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    throttle::attempt(visit, None)?;
    users::need_admin(&caller)?;
    let Ok(tenant) = Uuid::parse_str(&new.tenant_id) else {
        return Err(Problem::text(400, "Invalid tenant_id format"));
    };
    let tenant = tenant.to_string();
    if caller.role != Role::Root && caller.tenant.as_deref() != Some(&tenant) {
        return Err(Problem::text(403, "Cannot mint a token for another tenant"));
    }
    let username = new.username.unwrap_or_else(|| "api-user".to_owned());
    let (id, own_role) = match users::by_name(visit, &username)? {
        Some(user) => (user.id, user.role),
        None => (random::id(), Role::TenantUser),
    };
    let role = new.roles.first().map_or(Ok(own_role), |word| role_named(word))?;
    if role > caller.role {
        return Err(Problem::text(403, "Cannot mint a token more privileged than the caller"));
    }
    let hours = new.expires_in_hours.unwrap_or(24).min(LONGEST_HOURS);
    let life = i64::try_from(hours).map_or(DAY, |hours| hours * HOUR);
    keep(visit, Subject { id, username, tenant: Some(tenant), role }, life)
}

/// Issues a token and keeps it for the lists.
fn keep(visit: &Visit<'_>, subject: Subject, life: Micros) -> Outcome {
    let (token, claims) = claims::issue(visit, subject, life)?;
    let Claims { sub, jti, username, tenant_id, exp, .. } = claims;
    let ends = exp * SECOND;
    let answer = json!({
        "token": token,
        "expires_at": Flavour::Offset.write(ends),
        "tenant_id": tenant_id.clone().unwrap_or_default(),
    });
    let jti = jti.unwrap_or_default();
    rows::put(
        visit.db,
        &Minted { jti, tenant: tenant_id, user: sub, username, ends, made: visit.now, token },
    )?;
    ok(&answer)
}

pub(super) fn mine(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let id = caller.id.clone();
    list(visit, &caller, &id)
}

pub(super) fn of_user(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    users::need_admin(&caller)?;
    list(visit, &caller, &id)
}

/// Those of the caller's own tenant; root has none and sees none.
fn list(visit: &Visit<'_>, caller: &Caller, user: &str) -> Outcome {
    let mut found = rows::all::<Minted>(visit.db)?;
    found.retain(|one| {
        one.user == user && caller.tenant.is_some() && one.tenant == caller.tenant && one.ends > visit.now
    });
    found.sort_by_key(|one| std::cmp::Reverse(one.ends));
    let mut rows = Vec::new();
    for one in found {
        if !revocations::is_revoked(visit.db, &one.jti)? {
            rows.push(one.json(visit.quirks.store, visit.now));
        }
    }
    visit.page(rows)
}

/// Another day for the bearer's own token, which is revoked. A caller without a tenant gets a token that nothing takes.
pub(super) fn rotate(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    if let Backing::Token { jti, ends } = &caller.backing {
        revocations::remember(visit.db, jti, *ends)?;
    }
    let tenant = Some(caller.tenant.unwrap_or_default());
    keep(visit, Subject { id: caller.id, username: caller.username, tenant, role: caller.role }, DAY)
}

/// Whether a token that is named belongs to a tenant this caller reaches. Unknown ones do.
pub(super) fn is_reachable(visit: &Visit<'_>, caller: &Caller, jti: &str) -> Outcome<bool> {
    let found = rows::find::<Minted>(visit.db, jti)?;
    Ok(found.is_none_or(|one| visit.reaches(caller, one.tenant.as_deref().unwrap_or(NIL))))
}
