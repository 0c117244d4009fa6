//! What a new sandbox starts with: people, service accounts and keys in every state, so that each pane has something to
//! show. Secrets of seeded keys are known to nobody.

use rusqlite::Connection;

use super::super::clock::{DAY, MINUTE, Micros};
use super::super::{SandboxError, random};
use super::api_keys::{self, Key};
use super::hash;
use super::service_accounts::{self, Account};
use super::users::{self, User};

/// The administrator's name.
const ADMINISTRATOR: &str = "ada";
/// A plain user beside the administrator.
const PLAIN_USER: &str = "grace";

const HOUR: Micros = 60 * MINUTE;

struct SeedAccount {
    name: &'static str,
    description: &'static str,
    active: bool,
    age_days: i64,
    keys: &'static [SeedKey],
}

/// A key by how long ago things happened to it.
struct SeedKey {
    name: &'static str,
    description: &'static str,
    age: Micros,
    used: Option<Micros>,
    /// How long ago it was rotated, and the minutes its old secret was kept.
    rotated: Option<(Micros, i64)>,
    active: bool,
}

impl SeedKey {
    const fn new(name: &'static str, description: &'static str, age_days: i64) -> Self {
        Self { name, description, age: age_days * DAY, used: None, rotated: None, active: true }
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

const ACCOUNTS: &[SeedAccount] = &[
    SeedAccount {
        name: "ci-runner",
        description: "Builds and tests every push",
        active: true,
        age_days: 412,
        keys: &[
            // Twenty of sixty minutes have gone by: the window is open for forty more.
            SeedKey::new("default", "prod deploys", 400).used(2 * MINUTE).rotated(20 * MINUTE, 60),
            SeedKey::new("pull-requests", "read-only checks on pull requests", 121).used(3 * HOUR),
            SeedKey::new("old-jenkins", "before the move to GitHub", 396).used(203 * DAY),
        ],
    },
    SeedAccount {
        name: "etl",
        description: "Loads the warehouse each hour",
        active: true,
        age_days: 388,
        keys: &[
            SeedKey::new("warehouse", "hourly load", 214).used(38 * MINUTE),
            SeedKey::new("backfill", "for reruns by hand", 97).used(94 * DAY),
        ],
    },
    SeedAccount {
        name: "nightly-report",
        description: "Mails the numbers at six",
        active: true,
        age_days: 230,
        keys: &[
            SeedKey::new("default", "", 230).used(9 * HOUR).rotated(31 * DAY, 1440),
            SeedKey::new("dry-run", "made for a demo", 45),
        ],
    },
    SeedAccount {
        name: "deploy-bot",
        description: "Rolls releases out to staging and production",
        active: true,
        age_days: 175,
        keys: &[
            SeedKey::new("staging", "rollouts to staging", 175).used(26 * HOUR).rotated(80 * DAY, 60),
            SeedKey::new("production", "rollouts to production, two people", 60)
                .used(5 * DAY)
                .rotated(2 * HOUR, 1440),
            SeedKey::new("leaked-2026-07", "was in a log; kept disabled for the audit", 160)
                .used(88 * DAY)
                .disabled(),
        ],
    },
    SeedAccount {
        name: "notebooks",
        description: "Shared by the data science team",
        active: true,
        age_days: 301,
        keys: &[
            SeedKey::new("team", "on everybody's laptop", 300).used(11 * MINUTE),
            SeedKey::new("gpu-box", "the machine under the desk", 33).used(4 * DAY),
        ],
    },
    SeedAccount {
        name: "モデル評価 🚀",
        description: "評価パイプライン: scores each model before release",
        active: true,
        age_days: 64,
        keys: &[SeedKey::new("本番", "夜間バッチ", 64).used(14 * HOUR), SeedKey::new("試験", "", 12)],
    },
    SeedAccount {
        name: "monitoring",
        description: "Reads run states for the dashboards",
        active: true,
        age_days: 20,
        keys: &[SeedKey::new("grafana", "read by three dashboards", 20).used(MINUTE)],
    },
    SeedAccount {
        name: "legacy-scheduler",
        description: "Switched off in spring, to be deleted",
        active: false,
        age_days: 520,
        keys: &[
            SeedKey::new("default", "", 520).used(190 * DAY),
            SeedKey::new("standby", "never went live", 505),
        ],
    },
];

/// How to log in as the administrator.
pub(in super::super) struct Administrator {
    pub(in super::super) username: String,
    pub(in super::super) password: String,
}

/// Fills an empty store; one that has users is left as it is.
pub(super) fn fill(db: &Connection, now: Micros, extra: u32) -> Result<(), SandboxError> {
    let empty: bool = db.query_row("select not exists (select 1 from kitaru_users)", [], |row| row.get(0))?;
    if empty {
        plain_user(db, now)?;
        for account in ACCOUNTS {
            let id = insert_account(db, account, now)?;
            for key in account.keys {
                api_keys::insert(db, &key_record(key, &id, now)?)?;
            }
        }
    }
    many(db, now, extra)
}

/// Gives the administrator a new password. It is no change of password to the server, so tokens live on.
pub(super) fn let_in(db: &Connection, now: Micros) -> Result<Administrator, SandboxError> {
    let password = random::hex::<12>()?;
    let user = match users::find(db, ADMINISTRATOR)? {
        Some(user) => user,
        None => User {
            full_name: "Ada Lovelace".to_owned(),
            email: Some("ada@example.com".to_owned()),
            ..User::new(ADMINISTRATOR.to_owned(), true, None, now - 520 * DAY)
        },
    };
    let user = User { password: Some(hash::password(&password)?), active: true, is_admin: true, ..user };
    users::save(db, &user)?;
    Ok(Administrator { username: user.name, password })
}

fn plain_user(db: &Connection, now: Micros) -> Result<(), SandboxError> {
    let hash = hash::password(&random::hex::<12>()?)?;
    let user = User {
        full_name: "Grace Hopper".to_owned(),
        email: Some("grace@example.com".to_owned()),
        ..User::new(PLAIN_USER.to_owned(), false, Some(hash), now - 300 * DAY)
    };
    Ok(users::save(db, &user)?)
}

fn insert_account(db: &Connection, seed: &SeedAccount, now: Micros) -> Result<String, SandboxError> {
    let created = now - seed.age_days * DAY;
    let account = Account {
        id: random::id(),
        name: seed.name.to_owned(),
        full_name: String::new(),
        description: seed.description.to_owned(),
        avatar_url: None,
        active: seed.active,
        created,
        updated: created,
    };
    service_accounts::insert(db, &account)?;
    Ok(account.id)
}

fn key_record(seed: &SeedKey, account: &str, now: Micros) -> Result<Key, SandboxError> {
    let (created, last_login) = (now - seed.age, seed.used.map(|ago| now - ago));
    let last_rotated = seed.rotated.map(|(ago, _)| now - ago);
    let previous_hash = if seed.rotated.is_some() { Some(random::hex::<32>()?) } else { None };
    Ok(Key {
        id: random::id(),
        service_account: account.to_owned(),
        name: seed.name.to_owned(),
        description: seed.description.to_owned(),
        hash: random::hex::<32>()?,
        generation: 1 + i64::from(seed.rotated.is_some()),
        retain: seed.rotated.map_or(0, |(_, retain)| retain),
        active: seed.active,
        created,
        updated: last_rotated.max(last_login).unwrap_or(created),
        last_login,
        last_rotated,
        previous_hash,
    })
}

/// Adds keys until there are so many beside the seed: spread over the accounts that are active, of every age and in every
/// state.
fn many(db: &Connection, now: Micros, count: u32) -> Result<(), SandboxError> {
    let held: u32 =
        db.query_row("select count(*) from kitaru_api_keys where name like 'key-______'", [], |row| {
            row.get(0)
        })?;
    if held >= count {
        return Ok(());
    }
    let mut accounts = Vec::new();
    for account in ACCOUNTS.iter().filter(|account| account.active) {
        if let Some(found) = service_accounts::find(db, account.name)? {
            accounts.push(found.id);
        }
    }
    for (number, account) in (held..count).zip(accounts.iter().cycle()) {
        // Arithmetic in place of chance keeps two sandboxes of the same size alike.
        let age = 1 + i64::from(number % 700);
        let seed = SeedKey {
            used: (number % 5 != 0)
                .then(|| i64::from(number % 190) * DAY + i64::from(number % 1440) * MINUTE),
            rotated: (number % 7 == 0).then(|| (i64::from(number % 60) * HOUR, 1440)),
            active: number % 31 != 0,
            ..SeedKey::new("", "one of many", age)
        };
        let name = format!("key-{number:06}");
        api_keys::insert(db, &Key { name, ..key_record(&seed, account, now)? })?;
    }
    Ok(())
}
