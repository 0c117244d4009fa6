//! From the wire to the domain. What is missing is left empty or unknown; nothing missing is a failure except the
//! identifier, without which a key cannot be addressed.

use std::collections::HashMap;

use super::abilities::{BEARER, FLUX, MANAGEMENT};
use super::path::{Kind, Which, segment};
use super::wire;
use crate::domain::credential::{Credential, Expiry, LastUse, Told};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::scope::Granted;
use crate::domain::text::Text;

/// The roles of an environment by their keys.
pub(super) type Roles = HashMap<String, wire::Role>;

/// By their keys.
pub(super) fn by_key(roles: Vec<wire::Role>) -> Roles {
    roles.into_iter().filter_map(|role| Some((role.key.clone()?, role))).collect()
}

/// What a role comes to. No role is everything on a Management key and nothing that is stated on a Flux key.
pub(super) fn granted(kind: Kind, role: Option<&str>, roles: &Roles) -> Granted {
    match (kind, role) {
        (Kind::Management, None) => Granted::Everything,
        (Kind::Flux, None) => Granted::Listed(Vec::new()),
        (_, Some(role)) if roles.get(role).is_some_and(|role| role.full_access == Some(true)) => {
            Granted::Everything
        }
        (_, Some(role)) => Granted::Listed(vec![Text::clean(role)]),
    }
}

/// The same in sentences, as far as a listing tells.
pub(super) fn allows(kind: Kind, role: Option<&str>, roles: &Roles) -> Vec<Text> {
    let line = match (kind, role) {
        (Kind::Management, None) => String::from("everything in its environment: it has no role"),
        (Kind::Flux, None) => String::from("it has no role; what that allows the server does not say"),
        (_, Some(key)) => match roles.get(key) {
            None => format!("the role {key}, which this login cannot read or which is gone"),
            Some(role) => {
                let name = role.name.as_deref().unwrap_or(key);
                let full =
                    if role.full_access == Some(true) { ": everything in its environment" } else { "" };
                let about = role.description.as_deref().filter(|text| !text.is_empty());
                let about = about.map(|text| format!(" ({text})")).unwrap_or_default();
                format!("the role {name}{full}{about}")
            }
        },
    };
    vec![Text::clean(&line)]
}

/// The name of a key: its description, or its identifier where it has none.
pub(super) fn name(row: &wire::Row) -> Text {
    let described = row.description.as_deref().filter(|text| !text.trim().is_empty());
    Text::clean(described.or(row.key.as_deref()).unwrap_or_default())
}

/// The name of a key's token, which has none of its own.
pub(super) fn token_name(row: &wire::Row) -> Text {
    Text::clean(&format!("{} token", name(row)))
}

/// A key, if its identifier may stand in a path.
pub(super) fn key(
    row: &wire::Row,
    kind: Kind,
    owner: &OwnerRef,
    owner_enabled: bool,
    roles: &Roles,
) -> Option<Credential> {
    let key = segment(row.key.as_deref()?).ok()?;
    Some(Credential { id: Which::Key(kind, key).id(), ..nameless(row, kind, owner, owner_enabled, roles) })
}

/// A key, also one whose identifier was not told.
pub(super) fn nameless(
    row: &wire::Row,
    kind: Kind,
    owner: &OwnerRef,
    owner_enabled: bool,
    roles: &Roles,
) -> Credential {
    let role = row.role.as_deref();
    Credential {
        id: Id::new(""),
        owner: owner.clone(),
        name: name(row),
        kind: match kind {
            Kind::Flux => FLUX,
            Kind::Management => MANAGEMENT,
        },
        description: Text::default(),
        scopes: granted(kind, role, roles),
        created: row.created_at.0,
        rotated: None,
        expires: Expiry::Never,
        last_use: LastUse::Untold,
        enabled: true,
        owner_enabled,
        window: None,
        particulars: Told { allows: allows(kind, role, roles), ..Told::NOTHING }.into(),
    }
}

/// The token of a Flux key, if it has one.
pub(super) fn bearer(
    row: &wire::Row,
    owner: &OwnerRef,
    owner_enabled: bool,
    roles: &Roles,
) -> Option<Credential> {
    row.bearer_token_prefix.as_deref().filter(|prefix| !prefix.is_empty())?;
    let base = key(row, Kind::Flux, owner, owner_enabled, roles)?;
    Some(Credential {
        id: Which::Bearer(row.key.as_deref()?).id(),
        name: token_name(row),
        kind: BEARER,
        created: row.bearer_token_issued_at.0,
        // A token that is issued anew keeps its place; this moment tells that it is another one.
        rotated: row.bearer_token_issued_at.0,
        ..base
    })
}
