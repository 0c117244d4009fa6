//! The device flow: codes are asked for, approved by a person, and redeemed once.

use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::super::super::clock::SECOND;
use super::super::super::random;
use super::super::errors::{Outcome, Problem};
use super::super::hash;
use super::super::visit::{NAME, Visit, ok};
use super::{ACTIVE, Device, LOCKED, Machine, PENDING, VERIFIED, find, missing, supported};

/// How long a code waits for approval, in seconds.
const CODE_LIFE: i64 = 300;
/// How often to poll, in seconds.
const INTERVAL: i64 = 5;

/// `POST /device_authorization`: new codes for a client, which end whatever it had.
pub(in super::super) fn authorize(visit: &Visit<'_>) -> Outcome {
    let form = visit.call.form();
    let client = form.iter().find(|(name, _)| name == "client_id").map(|(_, value)| value.as_str());
    let client = client.ok_or_else(|| Problem::invalid("body", "client_id", "Field required"))?;
    let client = Uuid::parse_str(client)
        .ok()
        .ok_or_else(|| Problem::invalid("body", "client_id", "Input should be a valid UUID"))?
        .to_string();
    supported(visit)?;
    let (device_code, user_code) = (random::hex::<32>()?, random::hex::<16>()?);
    let known = find(visit.db, "client_id", &client)?;
    let device = Device {
        id: known.as_ref().map_or_else(random::id, |device| device.id.clone()),
        client_id: client,
        user_id: known.as_ref().and_then(|device| device.user_id.clone()),
        device_code: hash::secret(&device_code),
        user_code: hash::secret(&user_code),
        status: PENDING.to_owned(),
        trusted_device: false,
        failed_auth_attempts: 0,
        expires: Some(visit.now + CODE_LIFE * SECOND),
        machine: Machine::read(visit.call.header("user-agent").unwrap_or_default()),
        last_login: None,
        created: known.as_ref().map_or(visit.now, |device| device.created),
        updated: visit.now,
    };
    device.save(visit.db)?;
    // Without a URL of its own the server gives relative addresses.
    let uri = format!("{}/devices/verify", visit.quirks.server_url.trim_end_matches('/'));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("device_id", &device.id)
        .append_pair("user_code", &user_code)
        .finish();
    ok(&json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": uri,
        "verification_uri_complete": format!("{uri}?{query}"),
        "expires_in": CODE_LIFE,
        "interval": INTERVAL,
    }))
}

/// The device grant: gives the user and the device once the device was approved, and only once.
pub(in super::super) fn redeem(visit: &Visit<'_>, client: &str, code: &str) -> Outcome<(String, String)> {
    let refuse = |error: &'static str, why: String| {
        Err(Problem::Device { error, description: format!("Authentication error: {why}") })
    };
    let Some(device) = find(visit.db, "client_id", client)? else {
        return refuse("invalid_client", format!("error retrieving device with client ID {client}"));
    };
    let waiting = [PENDING, VERIFIED].contains(&device.status.as_str());
    if waiting && device.has_expired(visit.now) {
        return refuse("expired_token", format!("device for client ID {client} has expired"));
    }
    let status = &device.status;
    let error = match status.as_str() {
        VERIFIED => None,
        PENDING => Some("authorization_pending"),
        LOCKED => Some("access_denied"),
        _ => Some("expired_token"),
    };
    if let Some(error) = error {
        return refuse(error, format!("device with client ID {client} is {status}."));
    }
    if device.device_code != hash::secret(code) {
        let why = if device.fail(visit)? {
            "has been locked due to too many failed authentication attempts."
        } else {
            "has an invalid device code."
        };
        return refuse("access_denied", format!("device for client ID {client} {why}"));
    }
    let device = Device {
        status: ACTIVE.to_owned(),
        expires: visit.quirks.device_life().map(|life| visit.now + life),
        last_login: Some(visit.now),
        updated: visit.now,
        ..device
    };
    device.save(visit.db)?;
    let user = device.user_id.ok_or(Problem::Broken)?;
    Ok((user, device.id))
}

/// `PUT /devices/{id}/verify`: a user approves a device by its code.
pub(in super::super) fn verify(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::uuid("device_id", id)?;
    let code = body.required_text("user_code", NAME)?;
    let trusted_device = body.boolean("trusted_device")?.unwrap_or_default();
    let device = find(visit.db, "id", &id)?.ok_or_else(|| missing(&id))?;
    if caller.user().is_none() {
        return Err(Problem::illegal("Only users can verify devices."));
    }
    if device.status != PENDING {
        return Err(Problem::value("Invalid request: device not pending verification."));
    }
    if device.has_expired(visit.now) {
        return Err(Problem::value("Invalid request: device verification expired."));
    }
    if device.user_id.as_deref().is_some_and(|user| user != caller.id()) {
        return Err(Problem::value("Invalid request: this device is associated with another user."));
    }
    if device.user_code != hash::secret(&code) {
        let locked = device.fail(visit)?;
        return Err(Problem::value(if locked {
            "Invalid request: device locked due to too many failed authentication attempts."
        } else {
            "Invalid request: invalid user code."
        }));
    }
    let device = Device {
        user_id: Some(caller.id().to_owned()),
        status: VERIFIED.to_owned(),
        failed_auth_attempts: 0,
        trusted_device,
        updated: visit.now,
        ..device
    };
    device.save(visit.db)?;
    ok(&device.json(true))
}
