//! What a new sandbox starts with: three tenants with people, service users in every state, roles, permissions,
//! catalogs, warehouses and minted tokens. All people share one password, new at each start; so is root's. Keys of
//! seeded service users are known to nobody. `--seed-credentials` adds none here: this server lists all at once.

use rusqlite::Connection;
use serde_json::Map;

use super::super::clock::{DAY, MINUTE, Micros, SECOND};
use super::super::{SandboxError, hash, random};
use super::catalogs::{Catalog, Table};
use super::claims::Claims;
use super::grants::{Action, Grant, Scope};
use super::permissions::Permission;
use super::roles::{Assignment, GrantRole};
use super::rows::{self, Row};
use super::service_users::ServiceUser;
use super::tenants::Tenant;
use super::tokens::Minted;
use super::users::{ROOT_NAME, Role, User};
use super::vending::{Strategy, Warehouse};
use super::{NIL, Server};

const HOUR: Micros = 60 * MINUTE;

/// The announced tenant and its administrator.
const TENANT: &str = "8d1eeee3-7a41-4c5e-9d0b-5f0c3a2e093a";
const ADMIN: &str = "ada";
/// Another tenant, and somebody in it.
pub(super) const OTHER_TENANT: &str = "b31db854-0c6e-4f6b-8a55-1b1d6a4f2c11";
#[cfg(test)]
pub(super) const OTHER_ADMIN: &str = "grace";

/// How to log in as root, and as the administrator of a tenant.
pub(in super::super) struct People {
    pub(in super::super) root_username: String,
    pub(in super::super) root_password: String,
    pub(in super::super) tenant_id: String,
    pub(in super::super) username: String,
    pub(in super::super) password: String,
}

const USERS: [(&str, &str, Role, i64); 6] = [
    (ADMIN, TENANT, Role::TenantAdmin, 410),
    ("alice", TENANT, Role::TenantUser, 300),
    ("bob", TENANT, Role::TenantUser, 120),
    ("監視", TENANT, Role::TenantUser, 9),
    ("grace", OTHER_TENANT, Role::TenantAdmin, 200),
    ("heidi", OTHER_TENANT, Role::TenantUser, 40),
];

/// A service user by how long ago things happened to it, and how long until it ends.
struct Seed {
    name: &'static str,
    description: &'static str,
    role: Role,
    age: i64,
    ends: Option<i64>,
    used: Option<Micros>,
    active: bool,
    roles: &'static [&'static str],
    may: &'static [(Where, &'static [Action])],
}

/// On what a seeded permission is.
#[derive(Clone, Copy)]
enum Where {
    Tenant,
    Catalog(&'static str),
    Namespace(&'static str, &'static str),
    Tag(&'static str),
}

impl Seed {
    const fn new(name: &'static str, description: &'static str, age: i64) -> Self {
        Self {
            name,
            description,
            role: Role::TenantUser,
            age,
            ends: None,
            used: None,
            active: true,
            roles: &[],
            may: &[],
        }
    }

    const fn ends(self, days: i64) -> Self {
        Self { ends: Some(days), ..self }
    }

    const fn used(self, ago: Micros) -> Self {
        Self { used: Some(ago), ..self }
    }

    const fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    const fn may(self, roles: &'static [&'static str], may: &'static [(Where, &'static [Action])]) -> Self {
        Self { roles, may, ..self }
    }
}

const SERVICE_USERS: &[Seed] = &[
    Seed::new("ci-pipeline", "GitHub Actions", 76)
        .ends(14)
        .used(3 * MINUTE)
        .may(&["loader"], &[(Where::Catalog("sales"), &[Action::Read, Action::List])]),
    Seed::new("nightly-export", "", 200)
        .ends(165)
        .used(7 * HOUR)
        .may(&["analyst"], &[(Where::Namespace("lake", "raw.events"), &[Action::Read])]),
    Seed::new("dashboard", "reads for the wall", 88).ends(2).used(MINUTE).may(&["analyst"], &[]),
    Seed::new("spark-jobs", "made before keys had an end", 512)
        .used(11 * MINUTE)
        .may(&["loader", "analyst"], &[(Where::Tenant, &[Action::Write])]),
    Seed::new("old-importer", "replaced in spring", 400).used(130 * DAY),
    Seed::new("trial", "for the vendor", 40).ends(-10).used(12 * DAY),
    Seed::new("pii-scan", "never run yet", 30).may(&[], &[(Where::Tag("pii"), &[Action::ManageDiscovery])]),
    Seed::new("provisioner", "makes other service users", 95).ends(270).role(Role::TenantAdmin).used(2 * DAY),
    Seed::new("break-glass", "root, in an envelope", 610).role(Role::Root),
    Seed::new("backup", "", 150).ends(30).used(20 * HOUR),
    Seed { active: false, ..Seed::new("backup", "the old one", 330).used(9 * DAY) },
];

/// A minted token by whom it is for, how long ago, and how long it lives.
const TOKENS: [(&str, i64, i64); 4] = [("bob", 12, 30), ("bob", 1, 365), (ADMIN, 3, 14), ("alice", 6, 7)];

/// Fills an empty store, and gives everybody a new password.
pub(super) fn fill(db: &Connection, server: &mut Server, now: Micros) -> Result<People, SandboxError> {
    if rows::all::<Tenant>(db)?.is_empty() {
        for (id, name) in [(NIL, "default"), (TENANT, "acme"), (OTHER_TENANT, "globex")] {
            rows::put(db, &Tenant { id: id.to_owned(), name: name.to_owned(), properties: Map::new() })?;
        }
        for (name, tenant, role, age) in USERS {
            rows::put(db, &user(name, tenant, role, now - age * DAY))?;
        }
        warehouses(db)?;
        catalogs(db)?;
        roles(db, now)?;
        for seed in SERVICE_USERS {
            service_user(db, seed, now)?;
        }
        for (name, ago, days) in TOKENS {
            minted(db, server, name, [now - ago * DAY, days * DAY])?;
        }
    }
    let password = random::hex::<12>()?;
    let hashed = hash::password(&password)?;
    for user in rows::all::<User>(db)?.into_iter().filter(|user| user.oauth.is_none()) {
        rows::put(db, &User { password: Some(hashed.clone()), ..user })?;
    }
    Ok(People {
        root_username: ROOT_NAME.to_owned(),
        root_password: server.root_password.clone(),
        tenant_id: TENANT.to_owned(),
        username: ADMIN.to_owned(),
        password,
    })
}

fn user(name: &str, tenant: &str, role: Role, created: Micros) -> User {
    User {
        id: random::id(),
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        password: None,
        tenant: Some(tenant.to_owned()),
        role,
        oauth: None,
        created,
        active: true,
    }
}

fn warehouses(db: &Connection) -> Result<(), SandboxError> {
    let pair = ("AKIASANDBOX0EXAMPLE0", random::hex::<20>()?);
    let fixed = Strategy::AwsStatic { access_key_id: pair.0.to_owned(), secret_access_key: pair.1.clone() };
    let temporary =
        Strategy::AwsSts { role_arn: "arn:aws:iam::123456789012:role/lake".to_owned(), external_id: None };
    for (name, bucket, strategy) in
        [("main", "acme-lake", Some(fixed)), ("short", "acme-short", Some(temporary))]
    {
        let config = [
            ("type", "s3"),
            ("bucket", bucket),
            ("access_key_id", pair.0),
            ("secret_access_key", &pair.1),
            ("region", "us-east-1"),
            ("s3.bucket", bucket),
            ("s3.region", "us-east-1"),
        ];
        let config = config.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let use_sts = matches!(strategy, Some(Strategy::AwsSts { .. }));
        let (id, name, tenant) = (random::id(), name.to_owned(), TENANT.to_owned());
        rows::put(db, &Warehouse { id, name, tenant, use_sts, config, strategy })?;
    }
    Ok(())
}

fn catalogs(db: &Connection) -> Result<(), SandboxError> {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    for (name, warehouse, bucket, namespaces) in [
        ("sales", "main", "acme-lake", texts(&["orders", "orders.eu", "customers"])),
        ("lake", "short", "acme-short", texts(&["raw", "raw.events"])),
    ] {
        let tables = namespaces
            .first()
            .map(|namespace| Table {
                id: random::id(),
                namespace: namespace.clone(),
                name: "daily".to_owned(),
                location: format!("s3://{bucket}/{namespace}/daily"),
            })
            .into_iter()
            .collect();
        let catalog = Catalog {
            id: random::id(),
            name: name.to_owned(),
            tenant: TENANT.to_owned(),
            warehouse: Some(warehouse.to_owned()),
            location: Some(format!("s3://{bucket}/")),
            namespaces,
            tables,
        };
        rows::put(db, &catalog)?;
    }
    Ok(())
}

/// The scope of a place in the announced tenant.
fn scope(db: &Connection, place: Where) -> rusqlite::Result<Scope> {
    let id = |name: &str| -> rusqlite::Result<String> {
        let found = rows::all::<Catalog>(db)?.into_iter().find(|catalog| catalog.name == name);
        Ok(found.map(|catalog| catalog.id).unwrap_or_default())
    };
    Ok(match place {
        Where::Tenant => Scope::Tenant,
        Where::Catalog(name) => Scope::Catalog { catalog_id: id(name)? },
        Where::Namespace(name, namespace) => {
            Scope::Namespace { catalog_id: id(name)?, namespace: namespace.to_owned() }
        }
        Where::Tag(name) => Scope::Tag { tag_name: name.to_owned() },
    })
}

fn roles(db: &Connection, now: Micros) -> Result<(), SandboxError> {
    for (name, description, place, actions) in [
        ("analyst", "reads everything", Where::Tenant, vec![Action::Read]),
        ("loader", "fills the lake", Where::Catalog("lake"), vec![Action::Write, Action::IngestBranching]),
    ] {
        let role = GrantRole {
            id: random::id(),
            name: name.to_owned(),
            description: Some(description.to_owned()),
            tenant: TENANT.to_owned(),
            permissions: vec![Grant { scope: scope(db, place)?, actions }],
            created_by: NIL.to_owned(),
            created: now - 390 * DAY,
            updated: now - 90 * DAY,
        };
        rows::put(db, &role)?;
    }
    Ok(())
}

fn service_user(db: &Connection, seed: &Seed, now: Micros) -> Result<(), SandboxError> {
    let made = ServiceUser {
        id: random::id(),
        name: seed.name.to_owned(),
        description: (!seed.description.is_empty()).then(|| seed.description.to_owned()),
        tenant: TENANT.to_owned(),
        role: seed.role,
        hash: random::hex::<32>()?,
        created: now - seed.age * DAY,
        created_by: NIL.to_owned(),
        last_used: seed.used.map(|ago| now - ago),
        expires: seed.ends.map(|days| now + days * DAY),
        active: seed.active,
    };
    rows::put(db, &made)?;
    let all = rows::all::<GrantRole>(db)?;
    for role in all.iter().filter(|role| seed.roles.contains(&role.name.as_str())) {
        rows::put(db, &Assignment::new(&made.id, role.id()))?;
    }
    for (place, actions) in seed.may {
        let permission = Permission {
            id: random::id(),
            user: made.id.clone(),
            tenant: made.tenant.clone(),
            grant: Grant { scope: scope(db, *place)?, actions: actions.to_vec() },
            granted_by: NIL.to_owned(),
            granted_at: made.created,
        };
        rows::put(db, &permission)?;
    }
    Ok(())
}

fn minted(
    db: &Connection,
    server: &Server,
    name: &str,
    [made, life]: [Micros; 2],
) -> Result<(), SandboxError> {
    let user = rows::all::<User>(db)?.into_iter().find(|user| user.username == name);
    let Some(user) = user else { return Ok(()) };
    let jti = random::id();
    let claims = Claims {
        sub: user.id.clone(),
        jti: Some(jti.clone()),
        username: user.username.clone(),
        tenant_id: user.tenant.clone(),
        role: user.role,
        exp: (made + life).div_euclid(SECOND),
        iat: made.div_euclid(SECOND),
    };
    let unsigned = || SandboxError::System("a token could not be signed".to_owned());
    let token = server.signer.sign(&claims).ok_or_else(unsigned)?;
    let ends = claims.exp * SECOND;
    let row = Minted { jti, tenant: user.tenant, user: user.id, username: user.username, ends, made, token };
    Ok(rows::put(db, &row)?)
}
