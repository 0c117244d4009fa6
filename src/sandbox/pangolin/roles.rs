//! Roles: named bundles of grants, and who has them. Grants cannot be given when a role is made, only by replacing the
//! whole of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::clock::Micros;
use super::super::random;
use super::grants::Grant;
use super::permissions::tenant_of;
use super::problem::{Outcome, Problem};
use super::quirks::Store;
use super::rows::{self, Row};
use super::stamps::Flavour;
use super::users::need_admin;
use super::visit::{created, empty, ok};
use super::{Caller, Visit};

/// A role of a tenant.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct GrantRole {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) tenant: String,
    pub(super) permissions: Vec<Grant>,
    pub(super) created_by: String,
    pub(super) created: Micros,
    pub(super) updated: Micros,
}

impl Row for GrantRole {
    const KIND: &'static str = "role";

    fn id(&self) -> &str {
        &self.id
    }
}

impl GrantRole {
    fn json(self, flavour: Flavour) -> Outcome<Value> {
        let permissions = self.permissions.into_iter().map(Grant::shuffled).collect::<Outcome<Vec<_>>>()?;
        Ok(json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "tenant-id": self.tenant,
            "permissions": permissions,
            "created-by": self.created_by,
            "created-at": flavour.write(self.created),
            "updated-at": flavour.write(self.updated),
        }))
    }
}

/// That a user or service user has a role.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Assignment {
    id: String,
    pub(super) principal: String,
    pub(super) role: String,
}

impl Assignment {
    /// This principal has this role.
    pub(super) fn new(principal: &str, role: &str) -> Self {
        let id = format!("{principal}/{role}");
        Self { id, principal: principal.to_owned(), role: role.to_owned() }
    }
}

impl Row for Assignment {
    const KIND: &'static str = "assignment";

    fn id(&self) -> &str {
        &self.id
    }
}

fn missing() -> Problem {
    Problem::text(404, "Role not found")
}

fn flavour(visit: &Visit<'_>) -> Flavour {
    Flavour::of(visit.quirks.store, Flavour::Milliseconds)
}

fn reachable(visit: &Visit<'_>, caller: &Caller, id: &str) -> Outcome<GrantRole> {
    let found = rows::find::<GrantRole>(visit.db, id)?;
    found.filter(|role| visit.reaches(caller, &role.tenant)).ok_or_else(missing)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct New {
    name: String,
    #[serde(default)]
    description: Option<String>,
    tenant_id: Uuid,
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    need_admin(&caller)?;
    let tenant = new.tenant_id.to_string();
    if !visit.reaches(&caller, &tenant) {
        return Err(Problem::text(403, "Cannot create roles in another tenant"));
    }
    let role = GrantRole {
        id: random::id(),
        name: new.name,
        description: new.description,
        tenant,
        permissions: Vec::new(),
        created_by: caller.id,
        created: visit.now,
        updated: visit.now,
    };
    rows::put(visit.db, &role)?;
    created(&role.json(Flavour::Nanoseconds)?)
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let tenant = visit.tenant(&caller);
    let mut found = rows::all::<GrantRole>(visit.db)?;
    found.retain(|role| role.tenant == tenant);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let flavour = flavour(visit);
    visit.page(found.into_iter().map(|role| role.json(flavour)).collect::<Outcome<_>>()?)
}

pub(super) fn get(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let role = reachable(visit, &visit.caller()?, &id)?;
    ok(&role.json(flavour(visit))?)
}

/// A role as it is sent back whole. What the server decides itself is taken and left aside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Whole {
    id: Uuid,
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(rename = "tenant-id")]
    _tenant: Uuid,
    permissions: Vec<Grant>,
    #[serde(rename = "created-by")]
    _created_by: String,
    #[serde(rename = "created-at")]
    _created_at: String,
    #[serde(rename = "updated-at")]
    _updated_at: String,
}

pub(super) fn replace(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let whole: Whole = visit.body()?;
    let caller = visit.caller()?;
    need_admin(&caller)?;
    if whole.id.to_string() != id {
        return Err(Problem::text(400, "Role ID mismatch"));
    }
    let role = reachable(visit, &caller, &id)?;
    let Whole { name, description, permissions, .. } = whole;
    rows::put(visit.db, &GrantRole { name, description, permissions, updated: visit.now, ..role })?;
    empty(200)
}

pub(super) fn delete(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    need_admin(&caller)?;
    if reachable(visit, &caller, &id).is_ok() {
        rows::delete::<GrantRole>(visit.db, &id)?;
        rows::retain::<Assignment>(visit.db, |assignment| assignment.role != id)?;
    }
    empty(204)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Assign {
    role_id: Uuid,
}

pub(super) fn assign(visit: &mut Visit<'_>) -> Outcome {
    let principal = visit.id(0)?;
    let role = visit.body::<Assign>()?.role_id.to_string();
    let caller = visit.caller()?;
    need_admin(&caller)?;
    if tenant_of(visit, &principal)?.is_none_or(|tenant| !visit.reaches(&caller, &tenant)) {
        return Err(Problem::text(404, "User not found"));
    }
    let assignment = Assignment::new(&principal, &role);
    let known = rows::find::<GrantRole>(visit.db, &role)?.is_some();
    let repeated = rows::find::<Assignment>(visit.db, assignment.id())?.is_some();
    if visit.quirks.store == Store::Sql && (repeated || !known) {
        return Err(Problem::text(500, "Failed to assign role"));
    }
    rows::put(visit.db, &assignment)?;
    empty(201)
}

pub(super) fn of_principal(visit: &mut Visit<'_>) -> Outcome {
    let principal = visit.id(0)?;
    let caller = visit.caller()?;
    let flavour = flavour(visit);
    let mut roles = Vec::new();
    for assignment in rows::all::<Assignment>(visit.db)? {
        if assignment.principal == principal
            && let Some(role) = rows::find::<GrantRole>(visit.db, &assignment.role)?
            && visit.reaches(&caller, &role.tenant)
        {
            roles.push(role.json(flavour)?);
        }
    }
    visit.page(roles)
}

pub(super) fn unassign(visit: &mut Visit<'_>) -> Outcome {
    let (principal, role) = (visit.id(0)?, visit.id(1)?);
    let caller = visit.caller()?;
    need_admin(&caller)?;
    if reachable(visit, &caller, &role).is_ok() {
        rows::delete::<Assignment>(visit.db, Assignment::new(&principal, &role).id())?;
    }
    empty(204)
}
