//! From the wire to the domain. What is missing is left empty or unknown; nothing missing is a failure except
//! the identifier, without which a thing cannot be addressed.

use uuid::Uuid;

use super::abilities::{LONGEST_WINDOW, NOUN};
use super::wire;
use crate::domain::credential::{Credential, Expiry, LastUse, Particulars, Window};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// An identifier, if it is one.
pub(super) fn id(raw: Option<&str>) -> Option<Id> {
    raw.and_then(|raw| Uuid::parse_str(raw).ok()).map(|id| Id::new(id.to_string()))
}

/// A service account. Without its body, which the server withholds where permission is lacking, it counts as
/// switched on.
pub(super) fn owner(account: wire::Account) -> Option<Owner> {
    let body = account.body.unwrap_or_default();
    let metadata = account.metadata.unwrap_or_default();
    Some(Owner {
        id: id(account.id.as_deref())?,
        name: text(account.name),
        description: text(metadata.description),
        enabled: body.active.unwrap_or(true),
        created: body.created.unwrap_or_default().0,
    })
}

/// An API key that answers under `owner`.
pub(super) fn credential(key: wire::Key, owner: &OwnerRef, owner_enabled: bool) -> Option<Credential> {
    let id = id(key.id.as_deref())?;
    let body = key.body.unwrap_or_default();
    let hydrated = key.metadata.is_some();
    let metadata = key.metadata.unwrap_or_default();
    let rotated = metadata.last_rotated.unwrap_or_default().0;
    let last_use = match metadata.last_login.unwrap_or_default().0 {
        Some(at) => LastUse::At(at),
        None if hydrated => LastUse::Never,
        None => LastUse::Untold,
    };
    Some(Credential {
        id,
        owner: owner.clone(),
        name: text(key.name),
        kind: NOUN,
        description: text(metadata.description),
        scopes: Granted::AsOwner,
        created: body.created.unwrap_or_default().0,
        rotated,
        expires: Expiry::Never,
        last_use,
        enabled: body.active.unwrap_or(true),
        owner_enabled,
        window: window(rotated, metadata.retain_period_minutes),
        particulars: Particulars::default(),
    })
}

/// The owner a key's answer carries; what it leaves out is filled from what we asked with.
pub(super) fn key_owner(key: &mut wire::Key, asked: &Id) -> (OwnerRef, bool) {
    let told = key.body.as_mut().and_then(|body| body.service_account.take()).and_then(owner);
    match told.filter(|told| told.id == *asked) {
        Some(told) => (told.reference(), told.enabled),
        None => (OwnerRef { id: asked.clone(), name: Text::clean(asked.as_str()) }, true),
    }
}

/// The window of a rotation. The server takes any number of minutes; ours are bounded so that none overflows.
pub(super) fn window(rotated: Option<Timestamp>, minutes: Option<i64>) -> Option<Window> {
    let minutes = minutes.filter(|minutes| *minutes > 0)?.min(LONGEST_WINDOW * 1000);
    let began = rotated?;
    Some(Window { began, ends: Retention::minutes(minutes).end(began) })
}

fn text(raw: Option<String>) -> Text {
    raw.map(Text::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows() {
        let began: Timestamp = "2026-11-21T21:25:29.203243Z".parse().expect("a timestamp");
        let end = |minutes| window(Some(began), Some(minutes)).map(|window| window.ends.to_string());
        assert_eq!(end(1).as_deref(), Some("2026-11-21T21:26:29.203243Z"));
        assert_eq!(end(0), None);
        assert_eq!(end(-5), None, "the server takes it as no window");
        assert!(end(10_000_000_000_000).is_some(), "the server takes it, and breaks the key");
        assert!(end(i64::MAX).is_some());
        assert_eq!(window(None, Some(5)), None);
    }
}
