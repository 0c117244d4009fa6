//! Flux keys, against the embedded server; the real one cannot be run by anybody else.

use keywright::backend::foxnose;
use keywright::sandbox::{Options, start};

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
    place.refuses_a_wrong_password().await;
}
