//! The device flow: a program without a browser asks for a code, a person approves it, the program gets a token that
//! lives and dies with the device's record.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::super::clock::{Micros, SECOND};
use super::super::random;
use super::caller::Caller;
use super::errors::{Outcome, Problem};
use super::filters::{Kind, Listing};
use super::hash;
use super::quirks::AuthScheme;
use super::stamps::{naive, nullable};
use super::visit::{NAME, Visit, ok};

/// How long a code waits for approval, in seconds.
const CODE_LIFE: i64 = 300;
/// How often to poll, in seconds.
const INTERVAL: i64 = 5;
/// The wrong code that locks a device.
const LAST_ATTEMPT: i64 = 3;

const PENDING: &str = "pending";
const VERIFIED: &str = "verified";
const ACTIVE: &str = "active";
const LOCKED: &str = "locked";

/// A record of the table.
#[expect(clippy::struct_field_names, reason = "the words of the wire")]
pub(super) struct Device {
    id: String,
    client_id: String,
    user_id: Option<String>,
    device_code: String,
    user_code: String,
    status: String,
    trusted_device: bool,
    failed_auth_attempts: i64,
    expires: Option<Micros>,
    agent: Agent,
    last_login: Option<Micros>,
    created: Micros,
    updated: Micros,
}

/// What the User-Agent tells of the device.
#[derive(Default)]
struct Agent {
    hostname: Option<String>,
    os: Option<String>,
    zenml_version: Option<String>,
    python_version: Option<String>,
}

const LISTING: Listing = Listing {
    table: "kitaru_devices",
    model: "OAuthDeviceFilter",
    columns: &[
        ("id", Kind::Id),
        ("client_id", Kind::Id),
        ("status", Kind::Text),
        ("trusted_device", Kind::Flag),
        ("failed_auth_attempts", Kind::Number),
        ("expires", Kind::Time),
        ("last_login", Kind::Time),
        ("created", Kind::Time),
        ("updated", Kind::Time),
    ],
};

impl Device {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            client_id: row.get("client_id")?,
            user_id: row.get("user_id")?,
            device_code: row.get("device_code")?,
            user_code: row.get("user_code")?,
            status: row.get("status")?,
            trusted_device: row.get("trusted_device")?,
            failed_auth_attempts: row.get("failed_auth_attempts")?,
            expires: row.get("expires")?,
            agent: Agent {
                hostname: row.get("hostname")?,
                os: row.get("os")?,
                zenml_version: row.get("zenml_version")?,
                python_version: row.get("python_version")?,
            },
            last_login: row.get("last_login")?,
            created: row.get("created")?,
            updated: row.get("updated")?,
        })
    }

    fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        db.execute(
            "insert or replace into kitaru_devices values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                self.id,
                self.client_id,
                self.user_id,
                self.device_code,
                self.user_code,
                self.status,
                self.trusted_device,
                self.failed_auth_attempts,
                self.expires,
                self.agent.hostname,
                self.agent.os,
                self.agent.zenml_version,
                self.agent.python_version,
                "127.0.0.1",
                self.last_login,
                self.created,
                self.updated
            ],
        )
        .map(drop)
    }

    /// Counts a wrong code, and locks the device at the last one.
    fn fail(mut self, visit: &Visit<'_>) -> Outcome<bool> {
        self.failed_auth_attempts += 1;
        self.updated = visit.now;
        let locked = self.failed_auth_attempts >= LAST_ATTEMPT;
        if locked {
            LOCKED.clone_into(&mut self.status);
        }
        self.save(visit.db)?;
        Ok(locked)
    }

    fn has_expired(&self, now: Micros) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    fn json(&self, hydrate: bool) -> Value {
        let metadata = json!({
            "python_version": self.agent.python_version,
            "zenml_version": self.agent.zenml_version,
            "city": null,
            "region": null,
            "country": null,
            "failed_auth_attempts": self.failed_auth_attempts,
            "last_login": nullable(self.last_login),
        });
        json!({
            "id": self.id,
            "permission_denied": false,
            "resources": null,
            "metadata": if hydrate { metadata } else { Value::Null },
            "body": {
                "created": naive(self.created),
                "updated": naive(self.updated),
                "user_id": self.user_id,
                "client_id": self.client_id,
                "expires": nullable(self.expires),
                "trusted_device": self.trusted_device,
                "status": self.status,
                "os": self.agent.os,
                "ip_address": "127.0.0.1",
                "hostname": self.agent.hostname,
            },
        })
    }
}

fn find(db: &Connection, column: &str, id: &str) -> rusqlite::Result<Option<Device>> {
    db.query_row(&format!("select * from kitaru_devices where {column} = ?"), [id], Device::read).optional()
}

fn missing(id: &str) -> Problem {
    Problem::missing(&format!("Unable to get device with ID {id}: No device with this ID found."))
}

/// The 403 where there is nobody to approve a device.
pub(super) fn supported(visit: &Visit<'_>) -> Outcome<()> {
    match visit.quirks.auth_scheme {
        AuthScheme::Oauth2PasswordBearer => Ok(()),
        AuthScheme::NoAuth | AuthScheme::External => {
            Err(Problem::Plain { status: 403, detail: "Device authorization is not supported.".to_owned() })
        }
    }
}

/// `POST /device_authorization`: new codes for a client, which end whatever it had.
pub(super) fn authorize(visit: &Visit<'_>) -> Outcome {
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
        agent: Agent::read(visit.call.header("user-agent").unwrap_or_default()),
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

impl Agent {
    /// `Host/<h> ZenML/<v> Python/<v> OS/<os>`, each word optional.
    fn read(text: &str) -> Self {
        let mut agent = Self::default();
        for (word, value) in text.split(' ').filter_map(|word| word.split_once('/')) {
            let member = match word {
                "Host" => &mut agent.hostname,
                "OS" => &mut agent.os,
                "ZenML" => &mut agent.zenml_version,
                "Python" => &mut agent.python_version,
                _ => continue,
            };
            *member = Some(value.to_owned());
        }
        agent
    }
}

/// The device grant: gives the user and the device once the device was approved, and only once.
pub(super) fn redeem(visit: &Visit<'_>, client: &str, code: &str) -> Outcome<(String, String)> {
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

/// Whether a token's device still stands behind it.
pub(super) fn check(visit: &Visit<'_>, id: &str, user: &str) -> Outcome<()> {
    let refuse = |why: String| Err(Problem::credentials(format!("Authentication error: {why}")));
    if supported(visit).is_err() {
        return refuse("device authorization is not supported.".to_owned());
    }
    let Some(device) = find(visit.db, "id", id)? else {
        return refuse(format!("error retrieving token device {id}"));
    };
    if device.user_id.as_deref() != Some(user) {
        return refuse(format!("device {id} does not belong to user {user}"));
    }
    if device.status != ACTIVE {
        return refuse(format!("device {id} is not active"));
    }
    if device.has_expired(visit.now) {
        return refuse(format!("device {id} has expired"));
    }
    Device { last_login: Some(visit.now), ..device }.save(visit.db)?;
    Ok(())
}

pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let hydrate = visit.flag("hydrate", false)?;
    let page = LISTING.page(visit, Some(("user_id", caller.id())), Device::read)?;
    ok(&page.json(|device| device.json(hydrate)))
}

/// A device is its user's. One that has no user yet is for those who know its code.
pub(super) fn get(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::uuid("device_id", id)?;
    let hydrate = visit.flag("hydrate", true)?;
    let device = find(visit.db, "id", &id)?.ok_or_else(|| missing(&id))?;
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
pub(super) fn update(visit: &mut Visit<'_>, id: &str) -> Outcome {
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

/// `PUT /devices/{id}/verify`: a user approves a device by its code.
pub(super) fn verify(visit: &mut Visit<'_>, id: &str) -> Outcome {
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

pub(super) fn delete(visit: &mut Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::uuid("device_id", id)?;
    let device = own(visit, &caller, &id)?;
    visit.db.execute("delete from kitaru_devices where id = ?", [device.id])?;
    ok(&Value::Null)
}
