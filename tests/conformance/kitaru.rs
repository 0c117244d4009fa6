//! Generation Z: the embedded server and the real ones.

use keywright::backend::{DeviceAnswer, kitaru};
use keywright::domain::failure::FailureKind;
use keywright::domain::request::Login;
use keywright::sandbox::{Options, start};
use keywright::secret::Secret;

use crate::{Place, promises};

const BACKEND: &str = "kitaru";

#[tokio::test]
async fn the_embedded_server() {
    let sandbox = start(Options::default()).expect("a sandbox");
    let told = sandbox.announcement();
    let login = &told.kitaru;
    let place = Place::new(kitaru::open, &login.url, &login.username, &login.password);
    place.backend.inspect().await.expect("a server");
    let place = place.with_clock(&told.control.url);
    promises::keep(&place).await;
    logins(&place).await;
}

#[tokio::test]
async fn the_real_servers() {
    let servers = support::servers::of(BACKEND);
    if servers.is_empty() {
        return support::skip::because("no real servers of this backend run");
    }
    for server in servers {
        let place = Place::new(kitaru::open, &server.url, &server.username, &server.password);
        let info = place.backend.inspect().await.expect("a server");
        assert_eq!(info.version.as_str(), server.version);
        promises::keep(&place).await;
        logins(&place).await;
    }
}

/// What is this backend's own: who may log in how.
async fn logins(place: &Place) {
    let wrong = Login {
        method: "password",
        fields: vec![("username", place.username.clone())],
        secrets: vec![("password", Secret::new(String::from("wrong")))],
    };
    let refused = place.backend.log_in(wrong).await.err().expect("refused");
    assert_eq!(refused.kind, FailureKind::WrongLogin, "{}", refused.sentence());
    let login = place.backend.begin_device().await.expect("a device login");
    assert!(login.address_with_code.as_str().starts_with(place.account.endpoint.as_str()));
    let answer = place.backend.ask_device(&login).await.expect("an answer");
    assert!(matches!(answer, DeviceAnswer::Pending { .. }));
}
