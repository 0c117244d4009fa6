//! What a key's role lets it do. A person may do everything here; a Management key without a role, or whose role has full
//! access, too. The names of what guards keys, roles and API objects on the Management side are this sandbox's own: the
//! real catalogue is not published.

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;

use super::Visit;
use super::caller::Caller;
use super::keys::Key;
use super::problem::{Outcome, Problem};
use super::quirks::WithoutRole;

/// What a Management call needs.
#[derive(Clone, Copy)]
pub(super) struct Need(pub(super) &'static str, pub(super) &'static str);

fn denied() -> Problem {
    Problem::denied("You do not have permission to perform this action.")
}

/// Refuses a caller that lacks what a Management call needs.
pub(super) fn management(visit: &Visit<'_>, caller: &Caller, need: Need) -> Outcome<()> {
    let Caller::Key(key) = caller else { return Ok(()) };
    let Some(role) = &key.role else { return Ok(()) };
    let sql = "select full_access from foxnose_roles where key = ?";
    let full: Option<bool> = visit.db.query_row(sql, [role], |row| row.get(0)).optional()?;
    let Need(content_type, action) = need;
    if full == Some(true) || permits(visit.db, role, content_type, action, None)? {
        Ok(())
    } else {
        Err(denied())
    }
}

/// Refuses a Flux key that lacks an action on an API object.
pub(super) fn flux(visit: &Visit<'_>, key: &Key, action: &str, api: &str) -> Outcome<()> {
    match (&key.role, visit.quirks.flux_key_without_role) {
        (Some(role), _) if permits(visit.db, role, "flux-apis", action, Some(api))? => Ok(()),
        (None, WithoutRole::Everything) => Ok(()),
        (None, WithoutRole::AuthenticationFailed) => Err(Problem::stranger("The key has no role")),
        (Some(_), _) | (None, WithoutRole::AccessDenied) => Err(denied()),
    }
}

/// Whether a role has a permission with this action, and for this object if one is asked about.
fn permits(
    db: &Connection,
    role: &str,
    content_type: &str,
    action: &str,
    object: Option<&str>,
) -> rusqlite::Result<bool> {
    let sql = "select actions, all_objects from foxnose_permissions where role = ? and content_type = ?";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Option<bool>>(1)?));
    let Some((actions, all)) = db.query_row(sql, [role, content_type], read).optional()? else {
        return Ok(false);
    };
    let actions: Value = serde_json::from_str(&actions).unwrap_or_default();
    if !actions.as_array().is_some_and(|actions| actions.iter().any(|one| one == action)) {
        return Ok(false);
    }
    let (Some(object), Some(false)) = (object, all) else { return Ok(true) };
    let sql = "select exists (select 1 from foxnose_objects where role = ? and content_type = ? and object_key = ?)";
    db.query_row(sql, [role, content_type, object], |row| row.get(0))
}
