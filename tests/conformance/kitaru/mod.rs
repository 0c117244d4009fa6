//! Both generations: the embedded servers and the real ones, kept to the same promises, compared answer by answer, and
//! used by the stock clients.

mod alike;
mod clients;
mod ends;
mod moved;

use keywright::backend::{DeviceAnswer, kitaru};
use keywright::domain::failure::FailureKind;
use keywright::domain::request::{CreateRequest, Login};
use keywright::sandbox::{Announcement, Options, Sandbox, start};
use keywright::secret::Secret;
use support::servers::RealServer;
use uuid::Uuid;

use crate::{Place, promises};

/// Which of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    Z,
    K,
}

impl Generation {
    /// The name of its part of the sandbox, and of its real servers.
    fn part(self) -> &'static str {
        match self {
            Self::Z => "kitaru",
            Self::K => "kitaru_k",
        }
    }

    fn of(server: &RealServer) -> Self {
        if server.backend == Self::K.part() { Self::K } else { Self::Z }
    }
}

fn servers() -> Vec<RealServer> {
    [Generation::Z, Generation::K]
        .iter()
        .flat_map(|generation| support::servers::of(generation.part()))
        .collect()
}

fn sandbox() -> Sandbox {
    // Another test may have installed it already.
    rustls::crypto::ring::default_provider().install_default().ok();
    start(Options::default()).expect("a sandbox")
}

fn embedded(told: &Announcement, generation: Generation) -> Place {
    let login = match generation {
        Generation::Z => &told.kitaru,
        Generation::K => &told.kitaru_k,
    };
    of(generation, &login.url, &login.username, &login.password).with_clock(&told.control.url)
}

fn real(server: &RealServer) -> Place {
    of(Generation::of(server), &server.url, &server.username, &server.password)
}

fn of(generation: Generation, url: &str, username: &str, password: &str) -> Place {
    let place = Place::new(kitaru::open, url, username, password);
    Place { only_own: generation == Generation::K, ..place }
}

#[tokio::test]
async fn the_embedded_servers() {
    for generation in [Generation::Z, Generation::K] {
        let sandbox = sandbox();
        let place = embedded(sandbox.announcement(), generation);
        promises::keep(&place).await;
        logins(&place).await;
    }
}

#[tokio::test]
async fn the_real_servers() {
    let servers = servers();
    if servers.is_empty() {
        return support::skip::because("no real servers of this backend run");
    }
    for server in servers {
        let place = real(&server);
        let info = place.backend.inspect().await.expect("a server");
        assert_eq!(info.version.as_str(), server.version);
        promises::keep(&place).await;
        logins(&place).await;
    }
}

/// What is this backend's own: who may log in how, and who may have keys.
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
    if place.only_own {
        service_accounts_without_keys(place).await;
    }
}

/// They can be made and switched off; that they can have no key is said, and nothing is sent.
async fn service_accounts_without_keys(place: &Place) {
    let session = place.log_in().await;
    let name = format!("life-{}", Uuid::new_v4());
    let made = place.backend.create_owner(&session, &name, "made by a test").await.expect("an account");
    assert!(made.description.as_str().starts_with("made by a test ("), "{}", made.description);
    for enabled in [false, true] {
        let switched = place.backend.enable_owner(&session, &made.id, enabled).await.expect("switched");
        assert_eq!(switched.enabled, enabled);
    }
    let listing = place.backend.list(&session).await.expect("a listing");
    assert!(listing.owners.iter().any(|owner| owner.id == made.id && owner.enabled));
    let request = CreateRequest {
        kind: String::from("API key"),
        owner: made.id.clone(),
        name: format!("for-{name}"),
        description: String::new(),
        scopes: Vec::new(),
        expiry: None,
        idempotency_key: Uuid::new_v4(),
    };
    let refused = place.backend.create(&session, &request).await.err().expect("no such call");
    assert_eq!(refused.kind, FailureKind::Unsupported);
    assert!(refused.sentence().contains("make the key as yourself"), "{}", refused.sentence());
}
