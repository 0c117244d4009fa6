//! The real servers are those that were asked for, and let their administrator in.

use reqwest::Client;
use support::{servers, skip};

#[tokio::test]
async fn let_their_administrator_in() {
    let all = servers::of("kitaru");
    if all.is_empty() {
        return skip::because("no real servers: run tests/all");
    }
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = Client::builder().no_proxy().build().expect("a client");
    for server in all {
        let ask = |path: &str| format!("{}/api/v1{path}", server.url);
        let version =
            client.get(ask("/version")).send().await.expect("a version").text().await.expect("its text");
        assert_eq!(version, format!("{:?}", server.version));

        let form = [("username", &server.username), ("password", &server.password)];
        let login = client.post(ask("/login")).form(&form).send().await.expect("a login");
        let login: serde_json::Value =
            serde_json::from_slice(&login.bytes().await.expect("its body")).expect("JSON");
        assert!(login["access_token"].is_string(), "{} {login}", server.version);
        assert_eq!(login["expires_in"].as_u64(), server.expiry_minutes.map(|minutes| minutes * 60));
    }
}
