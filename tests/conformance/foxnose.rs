//! Flux keys, against the embedded server; the real one cannot be run by anybody else.

use keywright::backend::foxnose;
use keywright::domain::failure::FailureKind;
use keywright::domain::request::Login;
use keywright::sandbox::{Options, start};
use keywright::secret::Secret;

use crate::{Place, promises};

#[tokio::test]
async fn the_embedded_server() {
    let sandbox = start(Options::default()).expect("a sandbox");
    let told = sandbox.announcement();
    let login = &told.foxnose;
    let place = Place::new(foxnose::open, &login.management_url, &login.email, &login.password);
    place.backend.inspect().await.expect("a server");
    let place = place.with_clock(&told.control.url);
    promises::keep(&place).await;

    let wrong = Login {
        method: "password",
        fields: vec![("username", place.username.clone())],
        secrets: vec![("password", Secret::new(String::from("wrong")))],
    };
    let refused = place.backend.log_in(wrong).await.err().expect("refused");
    assert_eq!(refused.kind, FailureKind::WrongLogin, "{}", refused.sentence());
}
