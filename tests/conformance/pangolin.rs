//! Service users' keys, against the embedded server: as the administrator of a tenant and as root over all, on both of
//! its stores, with keys in their own header taken and refused.

use keywright::backend::pangolin;
use keywright::domain::account::Endpoint;
use keywright::sandbox::{Options, Sandbox, start};
use serde_json::{Value, json};

use crate::{Place, promises};

#[tokio::test]
async fn the_embedded_server_in_a_tenant() {
    for (store, legacy_keys) in [("sql", "off"), ("sql", "on"), ("memory", "off"), ("memory", "on")] {
        let sandbox = started(&json!({ "store": store, "legacy_keys": legacy_keys })).await;
        let told = sandbox.announcement();
        let login = &told.pangolin;
        let endpoint = Endpoint::parse(&login.url).expect("an address");
        let mut place = Place::of(pangolin::open, endpoint, &[("tenant", &login.tenant_id)]);
        (place.username, place.password) = (login.username.clone(), login.password.clone());
        promises::keep(&place.with_clock(&told.control.url)).await;
    }
}

/// Here the owners are tenants, and more than a page of them is made.
#[tokio::test]
async fn the_embedded_server_as_root() {
    let sandbox = started(&json!({})).await;
    let told = sandbox.announcement();
    let login = &told.pangolin;
    let place = Place::new(pangolin::open, &login.url, &login.root_username, &login.root_password);
    let place = place.with_clock(&told.control.url);
    promises::keep(&place).await;
    place.refuses_a_wrong_password().await;
}

async fn started(quirks: &Value) -> Sandbox {
    let sandbox = start(Options::default()).expect("a sandbox");
    rustls::crypto::ring::default_provider().install_default().ok();
    let url = format!("{}/quirks", sandbox.announcement().control.url);
    let body = json!({ "pangolin": quirks }).to_string();
    let answer = reqwest::Client::new().post(url).body(body).send().await.expect("an answer");
    assert!(answer.status().is_success());
    sandbox
}
