//! Catalogs with their namespaces and tables: as much as the picker of permissions and vending need.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::http::Reply;
use super::super::random;
use super::problem::{Outcome, Problem};
use super::rows::{self, Row};
use super::users::Role;
use super::vending::Warehouse;
use super::visit::{created, ok};
use super::{Caller, Visit, grants};

/// A catalog.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Catalog {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tenant: String,
    pub(super) warehouse: Option<String>,
    pub(super) location: Option<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) tables: Vec<Table>,
}

/// A table of a catalog.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) id: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) location: String,
}

impl Row for Catalog {
    const KIND: &'static str = "catalog";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Catalog {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "tenant_id": self.tenant,
            "catalog_type": "Local",
            "warehouse_name": self.warehouse,
            "storage_location": self.location,
            "federated_config": null,
            "properties": {},
        })
    }
}

/// An admin of a tenant; root is none.
pub(super) fn need_tenant_admin(caller: &Caller) -> Outcome<()> {
    match caller.role {
        Role::TenantAdmin => Ok(()),
        Role::Root => Err(Problem::text(403, "Root user cannot manage the data of tenants")),
        Role::TenantUser => Err(Problem::text(403, "Admin access required")),
    }
}

/// The catalog of the caller's tenant that has this name.
pub(super) fn named(visit: &Visit<'_>, caller: &Caller, name: &str) -> Outcome<Catalog> {
    let tenant = visit.tenant(caller);
    let wanted = |catalog: &Catalog| catalog.tenant == tenant && catalog.name == name;
    let found = rows::all::<Catalog>(visit.db)?.into_iter().find(wanted);
    found.ok_or_else(|| Problem::text(404, "Catalog not found"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    warehouse_name: Option<String>,
    #[serde(rename = "catalog_type")]
    _kind: Kind,
    #[serde(default)]
    storage_location: Option<String>,
}

#[derive(Deserialize)]
enum Kind {
    Local,
    Federated,
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    need_tenant_admin(&caller)?;
    let tenant = visit.tenant(&caller);
    if let Some(name) = &new.warehouse_name {
        let there = |warehouse: &Warehouse| warehouse.tenant == tenant && warehouse.name == *name;
        if !rows::all::<Warehouse>(visit.db)?.iter().any(there) {
            return Err(Problem::text(400, "Warehouse not found"));
        }
    }
    let catalog = Catalog {
        id: random::id(),
        name: new.name,
        tenant,
        warehouse: new.warehouse_name,
        location: new.storage_location,
        namespaces: Vec::new(),
        tables: Vec::new(),
    };
    rows::put(visit.db, &catalog)?;
    created(&catalog.json())
}

/// A plain user sees only what they may read.
pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let tenant = visit.tenant(&caller);
    let mut seen = Vec::new();
    for catalog in rows::all::<Catalog>(visit.db)? {
        if catalog.tenant == tenant && grants::may_read(visit, &caller, &catalog.id, None)? {
            seen.push(catalog.json());
        }
    }
    visit.page(seen)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNamespace {
    namespace: Vec<String>,
    #[serde(default, rename = "properties")]
    _unused: Value,
}

pub(super) fn create_namespace(visit: &mut Visit<'_>) -> Outcome {
    let new: NewNamespace = visit.body()?;
    let caller = visit.caller()?;
    let mut catalog = named(visit, &caller, visit.part(0))?;
    let name = new.namespace.join(".");
    if catalog.namespaces.contains(&name) {
        let message = format!("Namespace already exists: {name}");
        return Err(Problem::Nested { status: 409, kind: "AlreadyExistsException", message });
    }
    catalog.namespaces.push(name);
    rows::put(visit.db, &catalog)?;
    ok(&json!({ "namespace": new.namespace, "properties": {} }))
}

pub(super) fn namespaces(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let catalog = named(visit, &caller, visit.part(0))?;
    let parts = |name: &String| name.split('.').map(str::to_owned).collect::<Vec<_>>();
    ok(&json!({ "namespaces": catalog.namespaces.iter().map(parts).collect::<Vec<_>>() }))
}

/// The Iceberg tables of a namespace, to whoever may read there.
pub(super) fn tables(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let catalog = named(visit, &caller, visit.part(0))?;
    let namespace = visit.part(1);
    if !grants::may_read(visit, &caller, &catalog.id, Some(namespace))? {
        return Err(Problem::text(403, "Forbidden"));
    }
    let tables = catalog.tables.iter().filter(|table| table.namespace == namespace);
    let identifiers = tables.map(|table| json!({ "namespace": [namespace], "name": table.name }));
    ok(&json!({ "identifiers": identifiers.collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAsset {
    name: String,
    kind: AssetKind,
    location: String,
    #[serde(default, rename = "properties")]
    _unused: Value,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum AssetKind {
    IcebergTable,
    DeltaTable,
}

pub(super) fn create_asset(visit: &mut Visit<'_>) -> Outcome {
    let new: NewAsset = visit.body()?;
    let caller = visit.caller()?;
    let mut catalog = named(visit, &caller, visit.part(0))?;
    let namespace = visit.part(1).to_owned();
    if !catalog.namespaces.contains(&namespace) {
        return Err(Problem::text(404, "Namespace not found"));
    }
    let id = random::id();
    let NewAsset { name, kind, location, .. } = new;
    let body = json!({ "id": id, "name": name, "kind": kind, "location": location });
    catalog.tables.push(Table { id, namespace, name, location });
    rows::put(visit.db, &catalog)?;
    Ok(Reply::json(201, &body))
}
