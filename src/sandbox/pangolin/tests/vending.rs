//! Storage credentials: for a table, and for a location.

use serde_json::{Value, json};

use super::Fixture;

const TABLE: &str = "/v1/sales/namespaces/orders/tables/daily/credentials";

fn at(f: &Fixture, token: &str, location: &str) -> crate::sandbox::tests::bench::Answer {
    f.get(token, &format!("warehouses/any/credentials?location={location}"))
}

#[test]
fn a_location_gets_a_fixed_pair_or_a_temporary_one_by_its_warehouse() {
    let f = Fixture::new();
    let fixed = at(&f, &f.user, "s3://acme-lake/orders").expect(200).json();
    assert_eq!(
        (&fixed["type"], &fixed["session_token"], &fixed["expiration"]),
        (&json!("Aws"), &Value::Null, &Value::Null)
    );
    assert!(fixed["access_key_id"].as_str().unwrap().starts_with("AKIA"));
    let short = at(&f, &f.user, "s3://acme-short/raw").expect(200).json();
    assert!(
        short["access_key_id"].as_str().unwrap().starts_with("ASIA") && short["session_token"].is_string()
    );
    assert_eq!(short["expiration"].as_str().unwrap().len(), 20);
    assert!(
        at(&f, &f.user, "s3://elsewhere/")
            .expect(500)
            .text
            .starts_with("Error: No warehouse found for location: ")
    );
    f.get(&f.user, "warehouses/any/credentials").expect(400);
    f.quirks(&json!({ "encryption_key": true }));
    for name in ["access_key_id", "secret_access_key"] {
        let value = at(&f, &f.user, "s3://acme-lake/").json()[name].as_str().unwrap().to_owned();
        assert!(value.starts_with("enc:v1:"), "{value}");
    }
    let f = f.memory();
    assert!(at(&f, &f.user, "s3://acme-lake/").text_at("/access_key_id").starts_with("AKIA"));
}

#[test]
fn a_table_always_gets_the_long_lived_pair_if_it_may_be_read() {
    let f = Fixture::new();
    f.get(&f.user, TABLE).expect(403);
    let vended = f.get(&f.admin, TABLE).expect(200).at("/storage-credentials/0");
    assert_eq!(
        (&vended["prefix"], &vended["config"]["credential-type"]),
        (&json!("s3://acme-lake/"), &json!("aws-static"))
    );
    assert!(vended["config"]["s3.access-key-id"].as_str().unwrap().starts_with("AKIA"));
    let sts = f.get(&f.admin, "/v1/lake/namespaces/raw/tables/daily/credentials").expect(200);
    assert!(sts.text.contains("AKIA"), "whatever the strategy says");
    assert_eq!(f.get(&f.admin, &TABLE.replace("sales", "no")).expect(404).text, "Catalog not found");
    assert_eq!(f.get(&f.admin, &TABLE.replace("daily", "no")).expect(404).text, "Table not found");
}

#[test]
fn warehouses_catalogs_and_tables_from_nothing() {
    let f = Fixture::new();
    let warehouse = |name: &str, strategy: Value, config: Value| {
        let body = json!({ "name": name, "vending_strategy": strategy, "storage_config": config });
        f.post(&f.admin, "warehouses", &body)
    };
    warehouse("w", json!("AwsStatic"), json!({})).expect(422);
    let fixed = json!({ "AwsStatic": { "access_key_id": "AKIAX", "secret_access_key": "s" } });
    warehouse("w", fixed, json!({ "s3.bucket": "fixed-pair" })).expect(201);
    warehouse("off", json!("None"), json!({ "s3.bucket": "disabled", "bucket": "d" })).expect(201);
    assert_eq!(at(&f, &f.user, "s3://disabled/").expect(500).text, "Error: Vending disabled");
    assert!(f.get(&f.user, "warehouses").expect(200).text.contains("AKIAX"), "with all secrets, to any user");
    for (name, warehouse, status, words) in [
        ("c1", "w", 500, "Failed to vend credentials: S3 warehouse missing bucket"),
        ("c2", "off", 500, "Failed to vend credentials: AWS credentials not configured"),
        ("c3", "", 400, "Catalog has no warehouse configured."),
    ] {
        let warehouse = if warehouse.is_empty() { Value::Null } else { json!(warehouse) };
        let body = json!({ "name": name, "warehouse_name": warehouse, "catalog_type": "Local" });
        f.post(&f.admin, "catalogs", &body).expect(201);
        f.post(&f.admin, &format!("/v1/{name}/namespaces"), &json!({ "namespace": ["ns"] })).expect(200);
        let asset = json!({ "name": "t", "kind": "ICEBERG_TABLE", "location": "s3://b/t" });
        f.post(&f.admin, &format!("catalogs/{name}/namespaces/ns/assets"), &asset).expect(201);
        let answer =
            f.get(&f.admin, &format!("/v1/{name}/namespaces/ns/tables/t/credentials")).expect(status);
        assert!(answer.text.starts_with(words), "{}", answer.text);
    }
    let namespaces = f.get(&f.admin, "/v1/lake/namespaces").expect(200).json();
    assert_eq!(namespaces, json!({ "namespaces": [["raw"], ["raw", "events"]] }));
}
