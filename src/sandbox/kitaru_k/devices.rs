//! Devices: a program without a browser asks for codes, a person approves them, and the program gets tokens that live
//! and die with the device's record.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::clock::{Micros, SECOND};
use super::super::{hash, random};
use super::accounts;
use super::caller::token;
use super::filters::Kind;
use super::input::{flag, text};
use super::login::granted;
use super::pages::Listing;
use super::problem::{Outcome, Problem};
use super::quirks::AuthScheme;
use super::visit::{Visit, gone, new_id, nullable, ok, stamp};

/// How long a code waits for approval, in seconds.
const CODE_LIFE: i64 = 300;
/// How often to poll, in seconds.
const INTERVAL: i64 = 5;
/// The wrong code that locks a device.
const LAST_ATTEMPT: i64 = 3;
/// What codes to be read aloud are made of: nothing that looks like something else.
const ALPHABET: &[u8; 26] = b"34679ACDEFGHJKLMNPQRTUVWXY";

const PENDING: &str = "pending";
const VERIFIED: &str = "verified";
const ACTIVE: &str = "active";

/// A record of the table.
#[expect(clippy::struct_field_names, reason = "the words of the wire")]
#[derive(Clone, PartialEq)]
struct Device {
    id: String,
    account_id: Option<String>,
    user_code: String,
    device_code: String,
    status: String,
    locked: bool,
    trusted: bool,
    failed_auth_attempts: i64,
    expires: Option<Micros>,
    last_login: Option<Micros>,
    /// Hostname, operating system, Python's version, the client's.
    machine: [Option<String>; 4],
    created: Micros,
    updated: Micros,
}

const MACHINE: [&str; 4] = ["hostname", "os", "python_version", "client_version"];

const LISTING: Listing = Listing {
    table: "kitaru_k_devices",
    columns: &[("id", Kind::Id), ("status", Kind::Text), ("locked", Kind::Flag), ("trusted", Kind::Flag)],
};

impl Device {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut machine = [const { None }; 4];
        for (place, name) in machine.iter_mut().zip(MACHINE) {
            *place = row.get(name)?;
        }
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            user_code: row.get("user_code")?,
            device_code: row.get("device_code")?,
            status: row.get("status")?,
            locked: row.get("locked")?,
            trusted: row.get("trusted")?,
            failed_auth_attempts: row.get("failed_auth_attempts")?,
            expires: row.get("expires")?,
            last_login: row.get("last_login")?,
            machine,
            created: row.get("created")?,
            updated: row.get("updated")?,
        })
    }

    fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        let [hostname, os, python, client] = &self.machine;
        db.execute(
            "insert or replace into kitaru_k_devices values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                self.id,
                self.account_id,
                self.user_code,
                self.device_code,
                self.status,
                self.locked,
                self.trusted,
                self.failed_auth_attempts,
                self.expires,
                self.last_login,
                hostname,
                os,
                python,
                client,
                self.created,
                self.updated
            ],
        )
        .map(drop)
    }

    fn json(&self) -> Value {
        let [hostname, os, python, client] = &self.machine;
        json!({
            "created": stamp(self.created),
            "updated": stamp(self.updated),
            "id": self.id,
            "status": self.status,
            "locked": self.locked,
            "trusted": self.trusted,
            "expires": nullable(self.expires),
            "last_login": nullable(self.last_login),
            "hostname": hostname,
            "os": os,
            "ip_address": "127.0.0.1",
            "python_version": python,
            "client_version": client,
        })
    }

    /// Why it can take no part, as an OAuth code and in words.
    fn unusable(&self, now: Micros) -> Option<(&'static str, &'static str)> {
        if self.locked {
            Some(("access_denied", "Device is locked"))
        } else if self.expires.is_some_and(|expires| expires <= now) {
            Some(("expired_token", "Device authorization has expired"))
        } else {
            None
        }
    }

    /// Counts a wrong code, and locks the device at the last one.
    fn fail(self, visit: &Visit<'_>) -> rusqlite::Result<()> {
        let failed_auth_attempts = self.failed_auth_attempts + 1;
        let locked = self.locked || failed_auth_attempts >= LAST_ATTEMPT;
        Self { failed_auth_attempts, locked, updated: visit.now, ..self }.save(visit.db)
    }
}

fn find(visit: &Visit<'_>, id: &str) -> rusqlite::Result<Option<Device>> {
    visit.db.query_row("select * from kitaru_k_devices where id = ?", [id], Device::read).optional()
}

fn missing(id: &str) -> Problem {
    Problem::plain(404, format!("Device {id} was not found"))
}

fn user_code() -> Outcome<String> {
    let random = random::bytes::<8>()?;
    let letter =
        |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().map_or('3', char::from);
    let mut code: String = random.iter().map(letter).collect();
    code.insert(4, '-');
    Ok(code)
}

/// `POST /device_authorization`: a new device and its codes.
pub(super) fn authorize(visit: &Visit<'_>) -> Outcome {
    if visit.quirks.auth_scheme == AuthScheme::None {
        let words = "This server does not authenticate requests.";
        return Err(Problem::grant("unsupported_grant_type", words));
    }
    let form = visit.call.form();
    let field = |name: &str| form.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let (device_code, user_code) = (random::hex::<32>()?, user_code()?);
    let device = Device {
        id: new_id(visit.now)?,
        account_id: None,
        user_code: hash::secret(&user_code),
        device_code: hash::secret(&device_code),
        status: PENDING.to_owned(),
        locked: false,
        trusted: false,
        failed_auth_attempts: 0,
        expires: Some(visit.now + CODE_LIFE * SECOND),
        last_login: None,
        machine: MACHINE.map(field),
        created: visit.now,
        updated: visit.now,
    };
    device.save(visit.db)?;
    let own = format!("http://{}", visit.call.header("host").unwrap_or("127.0.0.1"));
    let base = Some(visit.quirks.dashboard_url.as_str()).filter(|url| !url.is_empty()).unwrap_or(&own);
    let uri = format!("{}/devices/verify", base.trim_end_matches('/'));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("device_id", &device.id)
        .append_pair("user_code", &user_code)
        .finish();
    ok(&json!({
        "device_id": device.id,
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": uri,
        "verification_uri_complete": format!("{uri}?{query}"),
        "expires_in": CODE_LIFE,
        "interval": INTERVAL,
    }))
}

/// The device grant: a token once the device was approved, and again as long as it stays so.
pub(super) fn redeem(visit: &Visit<'_>, id: &str, code: &str) -> Outcome {
    let invalid = || Problem::grant("invalid_grant", "Invalid device code");
    let device = find(visit, id)?.ok_or_else(invalid)?;
    if let Some((error, words)) = device.unusable(visit.now) {
        return Err(Problem::grant(error, words));
    }
    if device.device_code != hash::secret(code) {
        device.fail(visit)?;
        return Err(invalid());
    }
    let Some(account) = device.account_id.clone().filter(|_| device.status != PENDING) else {
        return Err(Problem::grant("authorization_pending", "Device authorization is pending"));
    };
    let first = device.status == VERIFIED;
    let device = Device {
        status: ACTIVE.to_owned(),
        failed_auth_attempts: 0,
        expires: if first { visit.quirks.device_life().map(|life| visit.now + life) } else { device.expires },
        last_login: Some(visit.now),
        updated: visit.now,
        ..device
    };
    device.save(visit.db)?;
    let account = accounts::by_id(visit.db, &account)?.filter(|account| account.active);
    let account = account.ok_or_else(|| Problem::credential("Invalid device code."))?;
    granted(&token(visit, &account, Some((&device.id, device.expires)))?)
}

/// Whether a token's device still is its account's, active and unlocked.
pub(super) fn stands_behind(visit: &Visit<'_>, id: &str, account: &str) -> rusqlite::Result<bool> {
    Ok(find(visit, id)?.is_some_and(|device| {
        device.account_id.as_deref() == Some(account)
            && device.status == ACTIVE
            && device.unusable(visit.now).is_none()
    }))
}

/// `POST /devices/{id}/verify`: approves a device by its code.
pub(super) fn verify(visit: &Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::id("device_id", id)?;
    let mut members = body.members()?;
    let code = members.required("user_code", text);
    let trusted = members.optional("trusted", flag).unwrap_or_default();
    members.end()?;
    let device = find(visit, &id)?
        .filter(|device| device.account_id.as_ref().is_none_or(|account| *account == caller.id))
        .ok_or_else(|| missing(&id))?;
    if let Some((_, words)) = device.unusable(visit.now) {
        return Err(Problem::value(words));
    }
    if device.status != PENDING || device.user_code != hash::secret(&code) {
        device.fail(visit)?;
        return Err(Problem::value("Invalid device code"));
    }
    let device = Device {
        account_id: Some(caller.id),
        status: VERIFIED.to_owned(),
        failed_auth_attempts: 0,
        trusted,
        updated: visit.now,
        ..device
    };
    device.save(visit.db)?;
    ok(&device.json())
}

pub(super) fn list(visit: &Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let own = Some(("account_id", caller.id.as_str()));
    ok(&LISTING.page(visit, own, Device::read, Device::json, |device| &device.id)?)
}

/// A device is its account's. One that has none yet is for those who know its code.
pub(super) fn get(visit: &Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::id("device_id", id)?;
    let device = find(visit, &id)?.ok_or_else(|| missing(&id))?;
    let allowed = match &device.account_id {
        Some(account) => *account == caller.id,
        None => visit.call.query("user_code").is_some_and(|code| hash::secret(code) == device.user_code),
    };
    if allowed { ok(&device.json()) } else { Err(missing(&id)) }
}

/// The caller's own device, or the 404.
fn own(visit: &Visit<'_>, caller: &str, id: &str) -> Outcome<Device> {
    let device = find(visit, id)?;
    device.filter(|device| device.account_id.as_deref() == Some(caller)).ok_or_else(|| missing(id))
}

/// Locking ends the device's tokens at once, unlocking revives them.
pub(super) fn update(visit: &Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::id("device_id", id)?;
    let mut members = body.members()?;
    let (locked, trusted) = (members.nullable("locked", flag), members.nullable("trusted", flag));
    members.end()?;
    let old = own(visit, &caller.id, &id)?;
    let device = Device {
        locked: locked.unwrap_or(old.locked),
        trusted: trusted.unwrap_or(old.trusted),
        failed_auth_attempts: if locked == Some(false) { 0 } else { old.failed_auth_attempts },
        ..old.clone()
    };
    if device == old {
        return ok(&device.json());
    }
    let device = Device { updated: visit.now, ..device };
    device.save(visit.db)?;
    ok(&device.json())
}

pub(super) fn delete(visit: &Visit<'_>, id: &str) -> Outcome {
    let caller = visit.caller()?;
    let id = Visit::id("device_id", id)?;
    let device = own(visit, &caller.id, &id)?;
    visit.db.execute("delete from kitaru_k_devices where id = ?", [&device.id])?;
    Ok(gone())
}
