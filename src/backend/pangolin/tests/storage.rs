//! Storage credentials and the server's audit, against the sandbox and against answers of other servers.

use super::*;
use crate::domain::credential::Expiry;

const TABLE: &str = "table sales/orders/daily";

fn part<'a>(issued: &'a Issued, name: &str) -> &'a str {
    issued.parts.get(name).map_or("", Secret::expose)
}

fn cautions(issued: &Issued) -> String {
    issued.credential.particulars.cautions.iter().map(Text::as_str).collect()
}

#[tokio::test]
async fn warehouses_and_tables_are_listed_without_their_secrets() {
    let bench = Bench::new().await;
    let places = bench.backend.places(&bench.session).await.expect("places");
    let ids: Vec<&str> = places.iter().map(|place| place.id.as_str()).collect();
    for wanted in ["s3://acme-lake/", "s3://acme-short/", TABLE, "table lake/raw/daily"] {
        assert!(ids.contains(&wanted), "{wanted} is not in {ids:?}");
    }
    let about = |id: &str| places.iter().find(|place| place.id == id).expect("listed").about.to_string();
    assert!(about("s3://acme-short/").contains("temporary"));
    assert!(about("s3://acme-lake/").contains("long-lived"));
    assert!(!format!("{places:?}").contains("AKIA"));
}

#[tokio::test]
async fn a_table_has_its_warehouses_own_keys_and_a_location_what_the_strategy_gives() {
    let bench = Bench::new().await;
    for (place, id, long_lived) in [
        (TABLE, "AKIA", true),
        // Whatever the strategy says, a table has the base keys.
        ("table lake/raw/daily", "AKIA", true),
        ("s3://acme-lake/orders", "AKIA", true),
        ("s3://acme-short/raw", "ASIA", false),
    ] {
        let issued = bench.backend.vend(&bench.session, place).await.expect(place);
        assert!(part(&issued, "id").starts_with(id), "{place}");
        assert!(!part(&issued, "secret").is_empty(), "{place}");
        assert_eq!(part(&issued, "session").is_empty(), long_lived, "{place}");
        assert_eq!(cautions(&issued).contains("long-lived"), long_lived, "{place}");
        assert_eq!(issued.credential.name.as_str(), place);
        let hour = bench.backend.now() + crate::domain::time::SignedDuration::from_mins(61);
        match issued.credential.expires {
            Expiry::Never => assert!(long_lived, "{place}"),
            Expiry::At(end) => assert!(!long_lived && end > bench.backend.now() && end < hour, "{place}"),
        }
    }
}

#[tokio::test]
async fn ciphertext_is_refused_and_other_tenants_are_not_asked_for() {
    let bench = Bench::new().await;
    let refused = async |place: &str| match bench.backend.vend(&bench.session, place).await {
        Ok(_) => panic!("{place} was given"),
        Err(failure) => failure.sentence(),
    };
    bench.quirks(json!({ "encryption_key": true })).await;
    assert!(refused("s3://acme-lake/").await.contains("PANGOLIN_ENCRYPTION_KEY"));
    bench.quirks(json!({ "encryption_key": false, "missing_tenant_checks": true })).await;
    // The server would look for any bucket whose name is part of this.
    assert!(refused("s3://x-acme-lake-x/").await.contains("no warehouse of this tenant"));
    assert!(refused("table sales/orders/none").await.contains("Table not found"));
    assert!(refused("table none/orders/daily").await.contains("Catalog not found"));
    assert!(refused("here").await.contains("s3://bucket"));
}

#[tokio::test]
async fn locations_are_those_of_the_names_the_server_reads_for_them_and_keys_those_of_the_tenant() {
    let warehouse = |name: &str, strategy: Value, config: Value| {
        json!({ "id": TENANT_ID, "name": name,
        "tenant_id": TENANT_ID, "use_sts": false, "vending_strategy": strategy, "storage_config": config })
    };
    let fixed = json!({ "AwsStatic": { "access_key_id": "AKIAOURS", "secret_access_key": "s" } });
    let list = json!([
        warehouse("tables", Value::Null, json!({ "bucket": "for-tables", "access_key_id": "AKIAT" })),
        warehouse("fixed", fixed, json!({ "s3.bucket": "lake" })),
        warehouse("plain", Value::Null, json!({ "s3.bucket": "plain", "s3.access-key-id": "AKIAPLAIN" })),
        warehouse("other", json!({ "AzureSas": { "account_name": "a", "account_key": "k" } }), json!({})),
    ]);
    let given = json!({ "type": "Aws", "access_key_id": "AKIAOURS", "secret_access_key": "s" });
    let script = Script::start(move |seen| {
        let body = if seen.line.contains("/credentials") { &given } else { &list };
        Answer::Status(
            200,
            "",
            if seen.line.contains("catalogs") { json!([]) } else { body.clone() }.to_string(),
        )
    })
    .await;
    let backend = adapter(&script.endpoint, &[(TENANT, TENANT_ID)]);
    let session = bearer("tenant-admin", Some(TENANT_ID));
    let places = backend.places(&session).await.expect("places");
    let ids: Vec<&str> = places.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(ids, ["s3://lake/", "s3://plain/"], "a bucket for tables alone has no location");
    for (place, refused) in [
        ("s3://lake/x", None),
        ("s3://plain/x", Some("another warehouse")),
        ("s3://for-tables/", Some("no warehouse of this tenant")),
    ] {
        let told = backend.vend(&session, place).await.err().map(|failure| failure.sentence());
        assert_eq!(told.is_some(), refused.is_some(), "{place}: {told:?}");
        let says = told.is_none_or(|told| refused.is_some_and(|words| told.contains(words)));
        assert!(says, "{place}");
    }
}

#[tokio::test]
async fn a_plain_user_gets_tables_they_may_read() {
    let bench = Bench::new().await;
    let session = bench.backend.log_in(by_password("bob", &bench.told.password)).await.expect("a session");
    let failure = bench.backend.vend(&session, TABLE).await.err().expect("refused");
    assert_eq!(failure.kind, FailureKind::Forbidden);
    // A location is given to any role; that is the server's own.
    assert!(bench.backend.vend(&session, "s3://acme-short/").await.is_ok());
}

#[tokio::test]
async fn other_shapes_of_answers_have_their_sentence() {
    let config = |config: Value| json!({ "storage-credentials": [{ "prefix": "x://b/", "config": config }] });
    let pair = json!({ "credential-type": "aws-sts", "s3.access-key-id": "ASIA1", "s3.secret-access-key": "s",
        "s3.session-token": "t", "s3.session-token-expires-at-ms": "4000000000000" });
    for (body, want) in [
        (config(pair), Ok(true)),
        (config(json!({ "credential-type": "azure-sas", "adls.sas-token": "?sv" })), Err("azure-sas")),
        (
            config(json!({ "s3.access-key-id": "enc:v1:ab", "s3.secret-access-key": "enc:v1:cd" })),
            Err("encrypted"),
        ),
        (
            config(
                json!({ "s3.access-key-id": "STS_ACCESS_KEY", "s3.secret-access-key": "STS_SECRET_KEY_PLACEHOLDER" }),
            ),
            Err("made up"),
        ),
        (json!({ "storage-credentials": [] }), Err("could not be read")),
        (json!({ "credentials": [] }), Err("could not be read")),
    ] {
        let answer = body.to_string();
        let script = Script::start(move |_| Answer::Status(200, "", answer.clone())).await;
        let backend = adapter(&script.endpoint, &[(TENANT, TENANT_ID)]);
        let session = bearer("tenant-admin", Some(TENANT_ID));
        match (backend.vend(&session, TABLE).await, want) {
            (Ok(issued), Ok(ends)) => assert_eq!(matches!(issued.credential.expires, Expiry::At(_)), ends),
            (Err(failure), Err(words)) => {
                assert!(failure.sentence().contains(words), "{body}: {}", failure.sentence());
            }
            (Ok(_), Err(words)) => panic!("{body}: nothing was refused: {words}"),
            (Err(failure), Ok(_)) => panic!("{body}: {}", failure.sentence()),
        }
    }
}

#[tokio::test]
async fn the_audit_tells_of_refused_keys_and_of_users_being_made() {
    let bench = Bench::new().await;
    bench.quirks(json!({ "legacy_keys": "on" })).await;
    let made = bench.create(&[]).await;
    let credential = reference(&made.credential);
    assert_eq!(bench.backend.history(&bench.session, &credential).await.expect("a history"), Vec::new());
    let off = Edit { enabled: Some(false), ..Edit::default() };
    bench.backend.edit(&bench.session, &credential, &off).await.expect("switched off");
    // Presented in its header a switched-off key is written down; exchanged it is not.
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let key = made.parts.get("secret").expect("a key").expose();
    let url = format!("{}/api/v1/users/me", bench.endpoint.as_str().trim_end_matches('/'));
    let answer = client.get(url).header("x-api-key", key).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 401);
    let told = bench.backend.history(&bench.session, &credential).await.expect("a history");
    let words: Vec<&str> = told.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(
        words[0].contains("refused in its header (inactive or expired) at /api/v1/users/me"),
        "{words:?}"
    );
    assert!(told[0].at.is_some());
}
