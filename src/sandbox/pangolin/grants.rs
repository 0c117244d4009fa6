//! What may be granted, on what, and what follows from it. Only plain users are held to it.

use serde::{Deserialize, Serialize};

use super::super::random;
use super::permissions::Permission;
use super::problem::Outcome;
use super::roles::{Assignment, GrantRole};
use super::users::Role;
use super::{Caller, Visit, rows};

/// Something that may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    Read,
    Write,
    Delete,
    Create,
    Update,
    List,
    All,
    IngestBranching,
    ExperimentalBranching,
    ManageDiscovery,
}

impl Action {
    /// Whether this one brings that one along.
    pub(super) fn covers(self, wanted: Self) -> bool {
        let with_it: &[Self] = match self {
            Self::All => return true,
            Self::Write => &[Self::Read, Self::Update, Self::Delete, Self::Create, Self::List],
            Self::Read => &[Self::List],
            Self::Delete
            | Self::Create
            | Self::Update
            | Self::List
            | Self::IngestBranching
            | Self::ExperimentalBranching
            | Self::ManageDiscovery => &[],
        };
        self == wanted || with_it.contains(&wanted)
    }
}

/// What it may be done to. The kind is spelled with a hyphen, the fields with underscores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Scope {
    Tenant,
    Catalog { catalog_id: String },
    Namespace { catalog_id: String, namespace: String },
    Asset { catalog_id: String, namespace: String, asset_id: String },
    Tag { tag_name: String },
}

impl Scope {
    /// Whether it holds a namespace of a catalog; without one, whether it holds any of the catalog.
    fn holds(&self, catalog: &str, wanted: Option<&str>) -> bool {
        match self {
            Self::Tenant => true,
            Self::Catalog { catalog_id } => catalog_id == catalog,
            Self::Namespace { catalog_id, namespace } => {
                let below = |name: &str| {
                    name == namespace
                        || name.strip_prefix(namespace.as_str()).is_some_and(|rest| rest.starts_with('.'))
                };
                catalog_id == catalog && wanted.is_none_or(below)
            }
            Self::Asset { catalog_id, namespace, .. } => {
                catalog_id == catalog && wanted.is_none_or(|name| name == namespace)
            }
            Self::Tag { .. } => false,
        }
    }
}

/// Some actions on one thing.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    pub(super) scope: Scope,
    pub(super) actions: Vec<Action>,
}

impl Grant {
    /// The same with its actions in another order: the server keeps them as a set.
    pub(super) fn shuffled(mut self) -> Outcome<Self> {
        self.actions.sort_unstable();
        self.actions.dedup();
        let [by] = random::bytes::<1>()?;
        let by = usize::from(by).checked_rem(self.actions.len()).unwrap_or(0);
        self.actions.rotate_left(by);
        Ok(self)
    }
}

/// What the roles of a principal grant.
pub(super) fn by_roles(visit: &Visit<'_>, principal: &str) -> rusqlite::Result<Vec<Grant>> {
    let mut grants = Vec::new();
    for assignment in rows::all::<Assignment>(visit.db)? {
        if assignment.principal == principal
            && let Some(role) = rows::find::<GrantRole>(visit.db, &assignment.role)?
        {
            grants.extend(role.permissions);
        }
    }
    Ok(grants)
}

/// Whether a caller may read in a catalog.
pub(super) fn may_read(
    visit: &Visit<'_>,
    caller: &Caller,
    catalog: &str,
    namespace: Option<&str>,
) -> rusqlite::Result<bool> {
    if caller.role != Role::TenantUser {
        return Ok(true);
    }
    let mut grants = by_roles(visit, &caller.id)?;
    let own = rows::all::<Permission>(visit.db)?.into_iter().filter(|one| one.user == caller.id);
    grants.extend(own.map(|one| one.grant));
    Ok(grants.iter().any(|grant| {
        grant.scope.holds(catalog, namespace)
            && grant.actions.iter().any(|action| action.covers(Action::Read))
    }))
}
