//! The embedded server, with a file of its own and a restart after every change.

use keywright::backend::ztick;
use keywright::domain::account::Endpoint;
use keywright::sandbox::{Options, start};

use crate::{Place, promises};

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_server() {
    // Another test may have installed it already.
    rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
    let sandbox = start(Options::default()).expect("a sandbox");
    // Only this dialect shows what a token may do; the other one's silence is the backend's own tests' business.
    let quirks = format!("{}/quirks", sandbox.announcement().control.url);
    let coded = reqwest::Client::new().post(quirks).body(r#"{"ztick":{"dialect":"coded"}}"#).send();
    assert!(coded.await.expect("an answer").status().is_success());
    let (_, file) = sandbox.files().remove(0);
    let endpoint = Endpoint::parse_as(&file.endpoint, &["tcp"]).expect("an address");
    let settings: Vec<(&str, &str)> =
        file.settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let place = Place::of(ztick::open, endpoint, &settings);
    let info = place.backend.inspect().await.expect("a server");
    assert!(info.title.as_str().contains("started"), "{}", info.title);
    promises::keep(&place).await;
}
