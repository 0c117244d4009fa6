//! What a new sandbox starts with: two users, and PATs of the first in every state. Tokens of seeded PATs are known to
//! nobody, but for the one that is announced. `--seed-credentials` adds none here: the list of this server is a single
//! answer, which does not grow to thousands.

use rusqlite::Connection;

use super::super::clock::{DAY, MINUTE, Micros};
use super::super::{SandboxError, hash, random};
use super::pats::{self, HARD_LIFE, Pat};
use super::scope::Scope;
use super::secrets;

/// The first user.
pub(super) const USER: &str = "ada@example.com";
/// Another one with the same password, so that a PAT of another account can be had.
pub(super) const OTHER_USER: &str = "grace@example.com";
/// The label of the announced PAT.
const ANNOUNCED: &str = "announced by the sandbox";

const HOUR: Micros = 60 * MINUTE;

/// How to log in as the first user.
pub(in super::super) struct User {
    pub(in super::super) username: String,
    pub(in super::super) password: String,
    pub(in super::super) pat: String,
}

/// A PAT by how long ago things happened to it, and how long until it ends.
struct Seed {
    label: &'static str,
    scopes: &'static [Scope],
    age: Micros,
    ends: Option<Micros>,
    used: Option<Use>,
    revoked: bool,
}

struct Use {
    ago: Micros,
    ip: &'static str,
    agent: &'static str,
    count: i64,
}

impl Seed {
    const fn new(label: &'static str, scopes: &'static [Scope], age_days: i64) -> Self {
        Self { label, scopes, age: age_days * DAY, ends: None, used: None, revoked: false }
    }

    const fn ends(self, days: i64) -> Self {
        Self { ends: Some(days * DAY), ..self }
    }

    const fn used(self, ago: Micros, ip: &'static str, agent: &'static str, count: i64) -> Self {
        Self { used: Some(Use { ago, ip, agent, count }), ..self }
    }

    const fn revoked(self) -> Self {
        Self { revoked: true, ..self }
    }
}

const HTTPX: &str = "python-httpx/0.28.1";
const CURL: &str = "curl/8.14.1";

/// The last two are a rotation under way: the new one is in use, the old one still works and is still called.
const PATS: &[Seed] = &[
    Seed::new("CI pools", &[Scope::Zpool, Scope::Job], 140).ends(62).used(
        2 * MINUTE,
        "203.0.113.7",
        HTTPX,
        48_310,
    ),
    Seed::new("nightly backup", &[Scope::Zpool], 363).used(9 * HOUR, "198.51.100.24", CURL, 363),
    Seed::new("reads the bill", &[Scope::Billing], 81).ends(10).used(26 * HOUR, "203.0.113.90", HTTPX, 81),
    Seed::new("old laptop", &[Scope::Everything], 330).used(121 * DAY, "192.0.2.15", CURL, 907),
    Seed::new("key upload, never run", &[Scope::Sshkey], 200).ends(120),
    Seed::new("監視 🚀 monitoring", &[Scope::Job, Scope::Pat], 64).used(
        MINUTE,
        "2001:db8::17",
        HTTPX,
        92_160,
    ),
    Seed::new("contractor, spring", &[Scope::Zpool, Scope::Job, Scope::Sshkey], 110).ends(-20).used(
        31 * DAY,
        "198.51.100.77",
        HTTPX,
        514,
    ),
    Seed::new("last year's", &[Scope::Zpool], 371).used(19 * DAY, "192.0.2.15", CURL, 2_204),
    Seed::new("was in a log", &[Scope::Everything], 160)
        .used(88 * DAY, "203.0.113.200", "Go-http-client/2.0", 3)
        .revoked(),
    Seed::new("made without scopes", &[], 33),
    Seed::new("deploy", &[Scope::Zpool, Scope::Job], 300).used(11 * MINUTE, "203.0.113.41", HTTPX, 7_731),
    Seed::new("deploy", &[Scope::Zpool, Scope::Job], 1).ends(90).used(3 * MINUTE, "203.0.113.40", HTTPX, 96),
];

/// Fills an empty store, gives both users a new password, and the announced PAT a new token.
pub(super) fn fill(db: &Connection, now: Micros) -> Result<User, SandboxError> {
    let password = random::hex::<12>()?;
    let hashed = hash::password(&password)?;
    for user in [USER, OTHER_USER] {
        db.execute(
            "insert into zpools_users values (?1, ?2) on conflict (name) do update set password = ?2",
            [user, &hashed],
        )?;
    }
    if pats::of(db, USER)?.is_empty() {
        for seed in PATS {
            pats::save(db, &row(db, seed, now)?)?;
        }
    }
    let pat = secrets::token()?;
    pats::save(db, &announced(db, &pat, now)?)?;
    Ok(User { username: USER.to_owned(), password, pat })
}

fn row(db: &Connection, seed: &Seed, now: Micros) -> Result<Pat, SandboxError> {
    let created = now - seed.age;
    Ok(Pat {
        key_id: pats::new_key_id(db)?,
        user: USER.to_owned(),
        label: seed.label.to_owned(),
        scopes: seed.scopes.to_vec(),
        hash: random::hex::<32>()?,
        created,
        expiry: seed.ends.map(|ends| (now + ends).div_euclid(DAY) * DAY),
        hard_expiry: created + HARD_LIFE,
        revoked: seed.revoked,
        last_used: seed.used.as_ref().map(|used| now - used.ago),
        last_ip: seed.used.as_ref().map(|used| used.ip.to_owned()),
        last_ua: seed.used.as_ref().map(|used| used.agent.to_owned()),
        usage_count: seed.used.as_ref().map_or(0, |used| used.count),
        token_ver: 1,
    })
}

/// The announced PAT, made again with another token where it was kept, whatever was done to it.
fn announced(db: &Connection, token: &str, now: Micros) -> Result<Pat, SandboxError> {
    let kept = pats::of(db, USER)?.into_iter().find(|pat| pat.label == ANNOUNCED);
    let fresh = match kept {
        Some(kept) => Pat { token_ver: kept.token_ver + 1, ..kept },
        None => row(db, &Seed::new(ANNOUNCED, &[Scope::Everything], 0), now)?,
    };
    let hash = hash::secret(token);
    Ok(Pat { hash, revoked: false, expiry: None, hard_expiry: now + HARD_LIFE, ..fresh })
}
