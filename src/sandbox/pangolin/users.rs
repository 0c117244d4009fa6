//! Users: one table for all tenants. Root is none of them; it is a name and a password of the environment.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::clock::Micros;
use super::super::http::Reply;
use super::super::{hash, random};
use super::problem::{Outcome, Problem};
use super::quirks::Store;
use super::rows::{self, Row};
use super::stamps::Flavour;
use super::visit::{created, empty, ok};
use super::{Caller, Visit, audit};

/// What root is called, and its id when it signs in.
pub(super) const ROOT_NAME: &str = "root";
pub(super) const ROOT_ID: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/// The three account roles, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    TenantUser,
    TenantAdmin,
    Root,
}

/// A user.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) username: String,
    pub(super) email: String,
    pub(super) password: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) role: Role,
    /// The provider of a sign-in by browser, and who they are there.
    pub(super) oauth: Option<(String, String)>,
    pub(super) created: Micros,
    /// Kept and checked by nothing, as on the real server.
    pub(super) active: bool,
}

impl Row for User {
    const KIND: &'static str = "user";

    fn id(&self) -> &str {
        &self.id
    }
}

impl User {
    /// The user as told; `last-login` is never written by anything.
    pub(super) fn json(&self, flavour: Flavour) -> Value {
        json!({
            "id": self.id,
            "username": self.username,
            "email": self.email,
            "tenant-id": self.tenant,
            "role": self.role,
            "oauth-provider": self.oauth.as_ref().map(|(provider, _)| provider),
            "created-at": flavour.write(self.created),
            "last-login": null,
        })
    }
}

/// A caller without a row of their own, as told: some of it is made up on the spot.
pub(super) fn made_up(visit: &Visit<'_>, caller: &Caller) -> Value {
    let now = Flavour::Nanoseconds.write(visit.now);
    json!({
        "id": caller.id,
        "username": caller.username,
        "email": "root@pangolin.local",
        "tenant-id": caller.tenant,
        "role": caller.role,
        "oauth-provider": null,
        "created-at": now,
        "last-login": now,
    })
}

/// How stored users are written.
pub(super) fn flavour(visit: &Visit<'_>) -> Flavour {
    Flavour::of(visit.quirks.store, Flavour::Milliseconds)
}

/// The first user with this name, of whatever tenant.
pub(super) fn by_name(visit: &Visit<'_>, username: &str) -> rusqlite::Result<Option<User>> {
    Ok(rows::all::<User>(visit.db)?.into_iter().find(|user| user.username == username))
}

/// Refuses whoever is a plain user.
pub(super) fn need_admin(caller: &Caller) -> Outcome<()> {
    if caller.role == Role::TenantUser { Err(Problem::text(403, "Admin access required")) } else { Ok(()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    username: String,
    email: String,
    password: String,
    #[serde(default)]
    tenant_id: Option<Uuid>,
    role: Role,
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    need_admin(&caller)?;
    let named = new.tenant_id.map(|id| id.to_string());
    let tenant = match (caller.role, new.role, named) {
        (_, Role::Root, _) => return Err(Problem::text(403, "Cannot create root users")),
        (Role::Root, Role::TenantUser, _) => {
            let words = "Root user cannot create Tenant Users. Login as Tenant Admin.";
            return Err(Problem::text(403, words));
        }
        (Role::Root, _, None) => return Err(Problem::text(400, "Tenant admin requires tenant_id")),
        (_, _, Some(named)) if !visit.reaches(&caller, &named) => {
            return Err(Problem::text(403, "Cannot create users in another tenant"));
        }
        (_, _, named) => named.unwrap_or_else(|| visit.tenant(&caller)),
    };
    let taken = |user: &User| user.username == new.username || user.email == new.email;
    if visit.quirks.store == Store::Sql && rows::all::<User>(visit.db)?.iter().any(taken) {
        return Err(Problem::text(500, "Failed to create user"));
    }
    let user = User {
        id: random::id(),
        username: new.username,
        email: new.email,
        password: Some(hash::password(&new.password)?),
        tenant: Some(tenant),
        role: new.role,
        oauth: None,
        created: visit.now,
        active: true,
    };
    rows::put(visit.db, &user)?;
    audit::note(visit, &caller, "create_user", Some(("user", &user.id, &user.username)))?;
    created(&user.json(Flavour::Nanoseconds))
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let tenant = visit.tenant(&caller);
    let mut users = rows::all::<User>(visit.db)?;
    users.retain(|user| user.tenant.as_deref() == Some(&tenant));
    users.sort_by(|one, other| one.username.cmp(&other.username));
    let flavour = flavour(visit);
    visit.page(users.iter().map(|user| user.json(flavour)).collect())
}

/// A user by the path's id, whom this caller may touch.
fn reachable(visit: &Visit<'_>, caller: &Caller, id: &str) -> Outcome<User> {
    if caller.role == Role::TenantUser && caller.id != id {
        return Err(Problem::text(403, "Admin access required"));
    }
    let user = rows::find::<User>(visit.db, id)?;
    let user = user.filter(|user| visit.reaches(caller, user.tenant.as_deref().unwrap_or_default()));
    user.ok_or_else(|| Problem::text(404, "User not found"))
}

pub(super) fn get(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let user = reachable(visit, &visit.caller()?, &id)?;
    ok(&user.json(flavour(visit)))
}

pub(super) fn me(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    match rows::find::<User>(visit.db, &caller.id)? {
        Some(user) => ok(&user.json(flavour(visit))),
        None => ok(&made_up(visit, &caller)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    email: Option<String>,
    password: Option<String>,
    active: Option<bool>,
}

pub(super) fn update(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let change: Change = visit.body()?;
    let caller = visit.caller()?;
    let user = reachable(visit, &caller, &id)?;
    if change.active.is_some() && caller.role == Role::TenantUser {
        return Err(Problem::text(403, "Only admins can change user status"));
    }
    let password = change.password.map(|password| hash::password(&password)).transpose()?;
    rows::put(
        visit.db,
        &User {
            email: change.email.unwrap_or(user.email),
            password: password.or(user.password),
            active: change.active.unwrap_or(user.active),
            ..user
        },
    )?;
    Ok(Reply::text(200, "User updated"))
}

pub(super) fn delete(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    need_admin(&caller)?;
    if caller.id == id {
        return Err(Problem::text(400, "Cannot delete yourself"));
    }
    match reachable(visit, &caller, &id) {
        Ok(user) => {
            rows::delete::<User>(visit.db, &id)?;
            audit::note(visit, &caller, "delete_user", Some(("user", &user.id, &user.username)))?;
        }
        Err(_) if visit.quirks.store == Store::Sql => {}
        Err(_) => return Err(Problem::text(500, "Failed to delete user")),
    }
    empty(204)
}
