//! Tenants: root's. Their names are not unique.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::random;
use super::problem::{Outcome, Problem};
use super::rows::{self, Row};
use super::users::Role;
use super::visit::{created, empty, ok};
use super::{Caller, Visit};

/// A tenant.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) properties: Map<String, Value>,
}

impl Row for Tenant {
    const KIND: &'static str = "tenant";

    fn id(&self) -> &str {
        &self.id
    }
}

fn need_root(caller: &Caller, what: &str) -> Outcome<()> {
    if caller.role == Role::Root {
        Ok(())
    } else {
        Err(Problem::text(403, format!("Only Root can {what} tenants")))
    }
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    if visit.caller()?.role != Role::Root {
        return Err(Problem::json(403, "Only Root can list tenants"));
    }
    let mut tenants = rows::all::<Tenant>(visit.db)?;
    tenants.sort_by(|one, other| one.name.cmp(&other.name));
    visit.page(tenants.iter().map(|tenant| json!(tenant)).collect())
}

pub(super) fn get(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let caller = visit.caller()?;
    if caller.role != Role::Root && caller.tenant.as_deref() != Some(&id) {
        return Err(Problem::json(403, "Cannot read another tenant"));
    }
    let tenant = rows::find::<Tenant>(visit.db, &id)?;
    ok(&json!(tenant.ok_or_else(|| Problem::json(404, "Tenant not found"))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    properties: Map<String, Value>,
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    need_root(&visit.caller()?, "create")?;
    let tenant = Tenant { id: random::id(), name: new.name, properties: new.properties };
    rows::put(visit.db, &tenant)?;
    created(&json!(tenant))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    properties: Option<Map<String, Value>>,
}

fn missing() -> Problem {
    Problem::text(404, "Tenant not found")
}

pub(super) fn update(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    let change: Change = visit.body()?;
    need_root(&visit.caller()?, "update")?;
    let tenant = rows::find::<Tenant>(visit.db, &id)?.ok_or_else(missing)?;
    let tenant = Tenant {
        id: tenant.id,
        name: change.name.unwrap_or(tenant.name),
        properties: change.properties.unwrap_or(tenant.properties),
    };
    rows::put(visit.db, &tenant)?;
    ok(&json!(tenant))
}

pub(super) fn delete(visit: &mut Visit<'_>) -> Outcome {
    let id = visit.id(0)?;
    need_root(&visit.caller()?, "delete")?;
    if rows::delete::<Tenant>(visit.db, &id)? { empty(204) } else { Err(missing()) }
}
