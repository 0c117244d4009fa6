//! `POST /users/login`: a name and a password, as root without a tenant or as a user with its id; and `logout`, which
//! does nothing.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::clock::DAY;
use super::super::hash;
use super::claims::{self, Subject};
use super::problem::{Outcome, Problem};
use super::rows;
use super::stamps::Flavour;
use super::users::{ROOT_ID, Role, User};
use super::visit::{empty, ok};
use super::{Caller, Visit, caller::Backing, throttle, users};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Login {
    username: String,
    password: String,
    #[serde(default, alias = "tenant_id")]
    tenant_id: Option<Uuid>,
}

pub(super) fn login(visit: &mut Visit<'_>) -> Outcome {
    let login: Login = visit.body()?;
    let tenant = login.tenant_id.map(|id| id.to_string());
    let account = format!("{} in {}", login.username, tenant.as_deref().unwrap_or_default());
    throttle::attempt(visit, Some(&account))?;
    let (subject, user) = match &tenant {
        None => root(visit, &login)?,
        Some(tenant) => tenant_user(visit, &login, tenant)?,
    };
    throttle::clear(visit, &account);
    let (token, _) = claims::issue(visit, subject, DAY)?;
    let expires = Flavour::FineOffset.write(visit.now + DAY);
    ok(&json!({ "token": token, "user": user, "expires-at": expires }))
}

fn wrong() -> Problem {
    Problem::text(401, "Invalid credentials")
}

/// Root, or the refusal that gives away whether a user has the name.
fn root(visit: &Visit<'_>, login: &Login) -> Outcome<(Subject, Value)> {
    if !visit.server.is_root(&login.username, &login.password) {
        let known = login.username != users::ROOT_NAME && users::by_name(visit, &login.username)?.is_some();
        return Err(if known {
            Problem::text(401, "Tenant users must login with tenant_id")
        } else {
            wrong()
        });
    }
    let root = Caller {
        id: ROOT_ID.to_owned(),
        username: login.username.clone(),
        role: Role::Root,
        tenant: None,
        backing: Backing::Nothing,
    };
    let user = users::made_up(visit, &root);
    Ok((Subject { id: root.id, username: root.username, tenant: None, role: Role::Root }, user))
}

/// A user of a tenant. Whether they are active is not looked at.
fn tenant_user(visit: &Visit<'_>, login: &Login, tenant: &str) -> Outcome<(Subject, Value)> {
    let matches = |user: &User| user.username == login.username && user.tenant.as_deref() == Some(tenant);
    let user = rows::all::<User>(visit.db)?.into_iter().find(matches).ok_or_else(wrong)?;
    let password = user.password.as_deref().unwrap_or_default();
    if !hash::is_password(&login.password, password) {
        return Err(wrong());
    }
    let json = user.json(users::flavour(visit));
    Ok((Subject { id: user.id, username: user.username, tenant: user.tenant, role: user.role }, json))
}

pub(super) fn logout(visit: &mut Visit<'_>) -> Outcome {
    visit.caller()?;
    empty(204)
}
