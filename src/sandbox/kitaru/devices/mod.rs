//! Devices: a program without a browser asks for a code, a person approves it, the program gets a token that lives and
//! dies with the device's record. Here is the record; `flow` makes it, `manage` is what its user does with it later.

mod flow;
mod manage;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::Micros;
use super::errors::{Outcome, Problem};
use super::filters::{Kind, Listing};
use super::quirks::AuthScheme;
use super::stamps::{naive, nullable};
use super::visit::Visit;

/// The wrong code that locks a device.
const LAST_ATTEMPT: i64 = 3;

pub(super) use flow::{authorize, redeem, verify};
pub(super) use manage::{delete, get, list, update};

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
    machine: Machine,
    last_login: Option<Micros>,
    created: Micros,
    updated: Micros,
}

/// What the User-Agent tells of the device.
#[derive(Default)]
struct Machine {
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
            machine: Machine {
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
                self.machine.hostname,
                self.machine.os,
                self.machine.zenml_version,
                self.machine.python_version,
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
            "python_version": self.machine.python_version,
            "zenml_version": self.machine.zenml_version,
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
                "os": self.machine.os,
                "ip_address": "127.0.0.1",
                "hostname": self.machine.hostname,
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

/// The same where it is read.
fn unauthorized(id: &str) -> Problem {
    Problem::missing(&format!(
        "Unable to get authorized device with ID '{id}': No authorized device with this ID found"
    ))
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

impl Machine {
    /// `Host/<h> ZenML/<v> Python/<v> OS/<os>`, each word optional.
    fn read(text: &str) -> Self {
        let mut machine = Self::default();
        for (word, value) in text.split(' ').filter_map(|word| word.split_once('/')) {
            let member = match word {
                "Host" => &mut machine.hostname,
                "OS" => &mut machine.os,
                "ZenML" => &mut machine.zenml_version,
                "Python" => &mut machine.python_version,
                _ => continue,
            };
            *member = Some(value.to_owned());
        }
        machine
    }
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
