//! What a user does with devices: sees its own, locks, unlocks and deletes them.

use serde_json::Value;

use super::super::caller::Caller;
use super::super::errors::Outcome;
use super::super::hash;
use super::super::visit::{Visit, ok};
use super::{ACTIVE, Device, LISTING, LOCKED, find, missing, unauthorized};

pub(in super::super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let hydrate = visit.flag("hydrate", false)?;
    let page = LISTING.page(visit, Some(("user_id", caller.id())), Device::read)?;
    ok(&page.json(|device| device.json(hydrate)))
}

/// A device is its user's. One that has no user yet is for those who know its code.
pub(in super::super) fn get(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::uuid("device_id", id)?;
    let hydrate = visit.flag("hydrate", true)?;
    let device = find(visit.db, "id", &id)?.ok_or_else(|| unauthorized(&id))?;
    let allowed = match &device.user_id {
        Some(user) => user == caller.id(),
        None => visit.call.query("user_code").is_some_and(|code| hash::secret(code) == device.user_code),
    };
    if allowed { ok(&device.json(hydrate)) } else { Err(missing(&id)) }
}

/// The caller's own device, or the 404.
fn own(visit: &Visit<'_>, caller: &Caller, id: &str) -> Outcome<Device> {
    let device = find(visit.db, "id", id)?;
    device.filter(|device| device.user_id.as_deref() == Some(caller.id())).ok_or_else(|| missing(id))
}

/// `PUT /devices/{id}`: locking ends the device's token at once, unlocking revives it.
pub(in super::super) fn update(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::uuid("device_id", id)?;
    let locked = body.boolean("locked")?;
    let mut device = own(visit, &caller, &id)?;
    match locked {
        Some(true) => LOCKED.clone_into(&mut device.status),
        Some(false) if device.status == LOCKED => ACTIVE.clone_into(&mut device.status),
        Some(false) | None => {}
    }
    device.updated = visit.now;
    device.save(visit.db)?;
    ok(&device.json(true))
}

pub(in super::super) fn delete(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::uuid("device_id", id)?;
    let device = own(visit, &caller, &id)?;
    visit.db.execute("delete from kitaru_devices where id = ?", [device.id])?;
    ok(&Value::Null)
}
