//! Warehouses, and the storage credentials they give out: one way for a table, another for a location. The two read
//! different keys of the same configuration, and only the second makes temporary credentials.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::clock::MINUTE;
use super::super::random;
use super::catalogs::{self, need_tenant_admin};
use super::problem::{Outcome, Problem};
use super::rows::{self, Row};
use super::stamps::Flavour;
use super::visit::{created, ok};
use super::{Visit, grants};

/// A warehouse.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Warehouse {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tenant: String,
    pub(super) use_sts: bool,
    pub(super) config: BTreeMap<String, String>,
    pub(super) strategy: Option<Strategy>,
}

/// How its credentials are made.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Strategy {
    AwsStatic { access_key_id: String, secret_access_key: String },
    AwsSts { role_arn: String, external_id: Option<String> },
    AzureSas { account_name: String, account_key: String },
    GcpDownscoped { service_account_email: String, private_key: String },
    None,
}

impl Row for Warehouse {
    const KIND: &'static str = "warehouse";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Warehouse {
    /// Everything, its secrets included.
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "tenant_id": self.tenant,
            "use_sts": self.use_sts,
            "storage_config": self.config,
            "vending_strategy": self.strategy,
        })
    }

    fn config(&self, name: &str) -> Option<&str> {
        self.config.get(name).map(String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    use_sts: bool,
    #[serde(default)]
    storage_config: BTreeMap<String, String>,
    #[serde(default)]
    vending_strategy: Option<Strategy>,
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let new: New = visit.body()?;
    let caller = visit.caller()?;
    need_tenant_admin(&caller)?;
    let made = Warehouse {
        id: random::id(),
        name: new.name,
        tenant: visit.tenant(&caller),
        use_sts: new.use_sts,
        config: new.storage_config,
        strategy: new.vending_strategy,
    };
    rows::put(visit.db, &made)?;
    created(&made.json())
}

/// Any user of the tenant sees all of it.
pub(super) fn list(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let tenant = visit.tenant(&caller);
    let mut found = rows::all::<Warehouse>(visit.db)?;
    found.retain(|one| one.tenant == tenant);
    visit.page(found.iter().map(Warehouse::json).collect())
}

/// For a table: always the long-lived pair of the configuration, whatever the strategy says.
pub(super) fn for_table(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let catalog = catalogs::named(visit, &caller, visit.part(0))?;
    let (namespace, table) = (visit.part(1), visit.part(2));
    let there = catalog.tables.iter().any(|one| one.namespace == namespace && one.name == table);
    if !there {
        return Err(Problem::text(404, "Table not found"));
    }
    if !grants::may_read(visit, &caller, &catalog.id, Some(namespace))? {
        return Err(Problem::text(403, "Forbidden"));
    }
    let named = |warehouse: &Warehouse| {
        warehouse.tenant == catalog.tenant && Some(&warehouse.name) == catalog.warehouse.as_ref()
    };
    let words = "Catalog has no warehouse configured. Credentials cannot be vended.";
    let found = rows::all::<Warehouse>(visit.db)?.into_iter().find(named);
    let warehouse = found.ok_or_else(|| Problem::text(400, words))?;
    let failed = |why: &str| Problem::text(500, format!("Failed to vend credentials: {why}"));
    let bucket = warehouse.config("bucket").ok_or_else(|| failed("S3 warehouse missing bucket"))?;
    let pair = warehouse.config("access_key_id").zip(warehouse.config("secret_access_key"));
    let (id, secret) = pair.ok_or_else(|| failed("AWS credentials not configured"))?;
    let mut config = json!({
        "credential-type": "aws-static",
        "s3.access-key-id": id,
        "s3.secret-access-key": secret,
    });
    if let Value::Object(members) = &mut config {
        let more = [("s3.region", "region"), ("s3.endpoint", "endpoint")];
        let told = |(name, key): (&str, &str)| Some((name.to_owned(), json!(warehouse.config(key)?)));
        members.extend(more.into_iter().filter_map(told));
    }
    ok(&json!({ "storage-credentials": [{ "prefix": format!("s3://{bucket}/"), "config": config }] }))
}

/// For a location: whichever warehouse has its bucket, by its strategy. The name in the path is not looked at, and
/// nobody is asked what they may do.
pub(super) fn for_location(visit: &mut Visit<'_>) -> Outcome {
    let caller = visit.caller()?;
    let location = visit
        .call
        .query("location")
        .ok_or_else(|| Problem::text(400, "Failed to deserialize query string: missing field `location`"))?;
    let failed = |why: &str| Problem::text(500, format!("Error: {why}"));
    let holds = |one: &Warehouse| {
        visit.reaches(&caller, &one.tenant)
            && one.config("s3.bucket").is_some_and(|bucket| location.contains(bucket))
    };
    let found = rows::all::<Warehouse>(visit.db)?.into_iter().find(holds);
    let none = || failed(&format!("No warehouse found for location: {location}"));
    let warehouse = found.ok_or_else(none)?;
    let kept = |value: &str| {
        if visit.quirks.vends_ciphertext() {
            random::hex::<16>().map(|hex| format!("enc:v1:{hex}"))
        } else {
            Ok(value.to_owned())
        }
    };
    let pair = warehouse.config("s3.access-key-id").zip(warehouse.config("s3.secret-access-key"));
    let (id, secret, session, ends) = match (&warehouse.strategy, pair) {
        (Some(Strategy::AwsStatic { access_key_id, secret_access_key }), _) => {
            (kept(access_key_id)?, kept(secret_access_key)?, None, None)
        }
        (None, Some((id, secret))) => (kept(id)?, kept(secret)?, None, None),
        (Some(Strategy::AwsSts { .. }), _) => (
            format!("ASIA{}", random::hex::<8>()?.to_uppercase()),
            random::hex::<20>()?,
            Some(random::hex::<48>()?),
            Some(Flavour::Seconds.write(visit.now + 60 * MINUTE)),
        ),
        (Some(Strategy::AzureSas { .. } | Strategy::GcpDownscoped { .. } | Strategy::None) | None, _) => {
            return Err(failed("Vending disabled"));
        }
    };
    ok(&json!({
        "type": "Aws",
        "access_key_id": id,
        "secret_access_key": secret,
        "session_token": session,
        "expiration": ends,
    }))
}
