//! What a new sandbox starts with: people, service accounts, and the administrator's own keys in every state. Another
//! user's keys are there too, to be not seen. Secrets of seeded keys are known to nobody.

use rusqlite::Connection;

use super::super::clock::{DAY, MINUTE, Micros};
use super::super::{SandboxError, hash, random};
use super::accounts::{self, Account};
use super::api_keys::{self, Key};
use super::problem::Problem;
use super::visit::new_id;

/// The administrator's name, and the account that everybody is where authentication is off.
pub(super) const ADMINISTRATOR: &str = "ada";
/// A plain user beside the administrator.
const PLAIN_USER: &str = "grace";

const HOUR: Micros = 60 * MINUTE;

/// How to log in as the administrator.
pub(in super::super) struct Administrator {
    pub(in super::super) username: String,
    pub(in super::super) password: String,
}

/// A key by how long ago things happened to it.
struct SeedKey {
    name: &'static str,
    age_days: i64,
    used: Option<Micros>,
    /// How long ago it was rotated, and the minutes its old secret was kept.
    rotated: Option<(Micros, i64)>,
    active: bool,
}

impl SeedKey {
    const fn new(name: &'static str, age_days: i64) -> Self {
        Self { name, age_days, used: None, rotated: None, active: true }
    }

    const fn used(self, ago: Micros) -> Self {
        Self { used: Some(ago), ..self }
    }

    const fn rotated(self, ago: Micros, retain: i64) -> Self {
        Self { rotated: Some((ago, retain)), ..self }
    }

    const fn disabled(self) -> Self {
        Self { active: false, ..self }
    }
}

const KEYS: &[SeedKey] = &[
    SeedKey::new("ci", 88).used(2 * MINUTE).rotated(25 * MINUTE, 1440),
    SeedKey::new("laptop", 71).used(3 * HOUR),
    SeedKey::new("nightly-eval", 64).used(9 * HOUR).rotated(31 * DAY, 60),
    SeedKey::new("importer", 40).used(38 * MINUTE),
    SeedKey::new("replay-workers", 33).used(MINUTE),
    SeedKey::new("demo", 21),
    SeedKey::new("leaked-2026-09", 60).used(50 * DAY).disabled(),
    SeedKey::new("old-notebook", 94).used(92 * DAY),
];

const OTHERS_KEYS: &[SeedKey] = &[SeedKey::new("grace-laptop", 30).used(HOUR), SeedKey::new("grace-ci", 12)];

/// Name, age in days, active.
const SERVICE_ACCOUNTS: &[(&str, i64, bool)] = &[
    ("ci-runner", 88, true),
    ("replay-worker", 41, true),
    ("dashboard", 30, true),
    ("legacy-import", 90, false),
];

/// A defect of the sandbox at its start.
#[expect(clippy::needless_pass_by_value, reason = "it is what errors are turned with")]
fn failed(problem: Problem) -> SandboxError {
    SandboxError::System(format!("{problem:?}"))
}

/// Fills an empty store; one that has keys is left as it is.
pub(super) fn fill(db: &Connection, now: Micros, extra: u32) -> Result<(), SandboxError> {
    let Some(owner) = accounts::find(db, ADMINISTRATOR, false)? else { return Ok(()) };
    if accounts::find(db, PLAIN_USER, false)?.is_none() {
        let grace = Account {
            email: Some("grace@example.com".to_owned()),
            password: Some(hash::password(&random::hex::<12>()?)?),
            ..account(PLAIN_USER, now - 80 * DAY)?
        };
        grace.save(db).map_err(failed)?;
        for (name, age, active) in SERVICE_ACCOUNTS {
            let service =
                Account { is_service_account: true, active: *active, ..account(name, now - age * DAY)? };
            service.save(db).map_err(failed)?;
        }
        for (seed, owner) in
            KEYS.iter().map(|key| (key, &owner)).chain(OTHERS_KEYS.iter().map(|key| (key, &grace)))
        {
            api_keys::save(db, &record(seed, seed.name.to_owned(), &owner.id, now)?)?;
        }
    }
    many(db, &owner.id, now, extra)
}

/// Gives the administrator a new password.
pub(super) fn let_in(db: &Connection, now: Micros) -> Result<Administrator, SandboxError> {
    let password = random::hex::<12>()?;
    let known = accounts::find(db, ADMINISTRATOR, false)?;
    let ada = match known {
        Some(ada) => ada,
        None => account(ADMINISTRATOR, now - 95 * DAY)?,
    };
    let ada = Account { password: Some(hash::password(&password)?), active: true, is_admin: true, ..ada };
    ada.save(db).map_err(failed)?;
    Ok(Administrator { username: ada.name, password })
}

fn account(name: &str, created: Micros) -> Result<Account, SandboxError> {
    Ok(Account::new(new_id(created).map_err(failed)?, name.to_owned(), created))
}

fn record(seed: &SeedKey, name: String, owner: &str, now: Micros) -> Result<Key, SandboxError> {
    let created = now - seed.age_days * DAY;
    let (last_used, last_rotated) = (seed.used.map(|ago| now - ago), seed.rotated.map(|(ago, _)| now - ago));
    Ok(Key {
        id: new_id(created).map_err(failed)?,
        owner_id: owner.to_owned(),
        name,
        hash: random::hex::<32>()?,
        previous_hash: if seed.rotated.is_some() { Some(random::hex::<32>()?) } else { None },
        retain: seed.rotated.map_or(0, |(_, retain)| retain),
        active: seed.active,
        last_used,
        last_rotated,
        created,
        updated: last_used.max(last_rotated).unwrap_or(created),
    })
}

/// Adds keys of the administrator until there are so many beside the seed, of every age and in every state.
fn many(db: &Connection, owner: &str, now: Micros, count: u32) -> Result<(), SandboxError> {
    let held: u32 =
        db.query_row("select count(*) from kitaru_k_api_keys where name like 'key-______'", [], |row| {
            row.get(0)
        })?;
    for number in held..count {
        // Arithmetic in place of chance keeps two sandboxes of the same size alike.
        let seed = SeedKey {
            used: (number % 5 != 0)
                .then(|| i64::from(number % 190) * DAY + i64::from(number % 1440) * MINUTE),
            rotated: (number % 7 == 0).then(|| (i64::from(number % 60) * HOUR, 1440)),
            active: number % 31 != 0,
            ..SeedKey::new("", 1 + i64::from(number % 700))
        };
        api_keys::save(db, &record(&seed, format!("key-{number:06}"), owner, now)?)?;
    }
    Ok(())
}
