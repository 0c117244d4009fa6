//! The embedded server, with a file of its own and a restart after every change, in both of its dialects.

use keywright::backend::ztick;
use keywright::domain::account::Endpoint;
use keywright::sandbox::{Options, start};

use crate::{Place, promises};

async fn embedded(dialect: &str, tells_no_scopes: bool) {
    // Another test may have installed it already.
    rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
    let sandbox = start(Options::default()).expect("a sandbox");
    let quirks = format!("{}/quirks", sandbox.announcement().control.url);
    let body = format!(r#"{{"ztick":{{"dialect":"{dialect}"}}}}"#);
    let set = reqwest::Client::new().post(quirks).body(body).send();
    assert!(set.await.expect("an answer").status().is_success());
    let (_, file) = sandbox.files().remove(0);
    let endpoint = Endpoint::parse_as(&file.endpoint, &["tcp"]).expect("an address");
    let settings: Vec<(&str, &str)> =
        file.settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let place = Place::of(ztick::open, endpoint, &settings);
    let place = if tells_no_scopes { place.without_scopes() } else { place };
    let info = place.backend.inspect().await.expect("a server");
    assert!(info.title.as_str().contains("started"), "{}", info.title);
    promises::keep(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_server_with_codes() {
    embedded("coded", false).await;
}

/// Here a refusal for another namespace looks like a job that is not there, so nothing is shown of a namespace.
#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_server_with_bare_replies() {
    embedded("bare", true).await;
}
