//! Permissions: grants to one user or service user. Neither giving nor taking them is guarded.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::clock::Micros;
use super::super::random;
use super::grants::{self, Action, Grant, Scope};
use super::problem::{Outcome, Problem};
use super::quirks::Store;
use super::rows::{self, Row};
use super::service_users::ServiceUser;
use super::stamps::Flavour;
use super::users::{Role, User};
use super::visit::{created, empty};
use super::{Caller, Visit};

/// A grant to one principal.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Permission {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) tenant: String,
    pub(super) grant: Grant,
    pub(super) granted_by: String,
    pub(super) granted_at: Micros,
}

impl Row for Permission {
    const KIND: &'static str = "permission";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Permission {
    fn json(self, flavour: Flavour) -> Outcome<Value> {
        let grant = self.grant.shuffled()?;
        Ok(json!({
            "id": self.id,
            "user-id": self.user,
            "tenant-id": self.tenant,
            "scope": grant.scope,
            "actions": grant.actions,
            "granted-by": self.granted_by,
            "granted-at": flavour.write(self.granted_at),
        }))
    }
}

/// The tenant of a user or service user.
pub(super) fn tenant_of(visit: &Visit<'_>, principal: &str) -> rusqlite::Result<Option<String>> {
    if let Some(user) = rows::find::<User>(visit.db, principal)? {
        return Ok(user.tenant);
    }
    Ok(rows::find::<ServiceUser>(visit.db, principal)?.map(|found| found.tenant))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct New {
    user_id: Uuid,
    scope: Scope,
    actions: Vec<Action>,
}

/// A plain user may grant themselves everything.
pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    let tenant = own_tenant(&caller, 403, "Root cannot grant permissions")?;
    let user = new.user_id.to_string();
    let theirs = tenant_of(visit, &user)?.filter(|theirs| visit.reaches(&caller, theirs));
    if theirs.is_none() {
        return Err(Problem::text(404, "User not found"));
    }
    let permission = Permission {
        id: random::id(),
        user,
        tenant,
        grant: Grant { scope: new.scope, actions: new.actions },
        granted_by: caller.id,
        granted_at: visit.now,
    };
    rows::put(visit.db, &permission)?;
    created(&permission.json(Flavour::Nanoseconds)?)
}

/// Root has no tenant of its own, and without one nothing is listed.
fn own_tenant(caller: &Caller, status: u16, words: &str) -> Outcome<String> {
    let own = caller.tenant.clone().filter(|_| caller.role != Role::Root);
    own.ok_or_else(|| {
        let words = if caller.role == Role::Root { words } else { "User must belong to a tenant" };
        Problem::text(if caller.role == Role::Root { status } else { 400 }, words)
    })
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let tenant = own_tenant(&caller, 400, "User must belong to a tenant")?;
    let mut found = rows::all::<Permission>(visit.db)?;
    found.retain(|one| one.tenant == tenant);
    if let Some(user) = visit.call.query("user") {
        found.retain(|one| one.user == user);
        found.extend(derived(visit, user, &tenant)?);
    }
    let flavour = Flavour::of(visit.quirks.store, Flavour::Milliseconds);
    visit.page(found.into_iter().map(|one| one.json(flavour)).collect::<Outcome<_>>()?)
}

/// What a user's roles grant, as if granted to them: SQL stores list it, under ids that are new each time.
fn derived(visit: &Visit<'_>, user: &str, tenant: &str) -> rusqlite::Result<Vec<Permission>> {
    if visit.quirks.store == Store::Memory {
        return Ok(Vec::new());
    }
    let made = |grant| Permission {
        id: random::id(),
        user: user.to_owned(),
        tenant: tenant.to_owned(),
        grant,
        granted_by: user.to_owned(),
        granted_at: visit.now,
    };
    Ok(grants::by_roles(visit, user)?.into_iter().map(made).collect())
}

/// Any caller, any id.
pub(super) fn delete(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    let found = rows::find::<Permission>(visit.db, &id)?;
    if found.is_some_and(|found| visit.reaches(&caller, &found.tenant)) {
        rows::delete::<Permission>(visit.db, &id)?;
    }
    empty(204)
}
