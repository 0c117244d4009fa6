//! Watched to the end on the real servers, with windows of a real minute: the old secret inside and after its window,
//! bearers of each generation of a key, and a second rotation inside a window. All servers at the same time.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keywright::backend::Session;
use keywright::domain::answer::{Issued, Verdict};
use keywright::domain::credential::CredentialRef;
use keywright::domain::failure::FailureKind;
use keywright::domain::owner::Id;
use keywright::domain::request::{CreateRequest, Login, RotateRequest};
use keywright::domain::retention::Retention;
use keywright::secret::Secret;
use support::servers::RealServer;
use uuid::Uuid;

use super::{Generation, real, servers};
use crate::Place;

/// What outlives what, by server.
struct Fate {
    /// A bearer got before a rotation, once its window is over.
    before_rotation: bool,
    /// A bearer got with the old secret inside the window, once that is over: the way a leaked key stays open.
    inside_window: bool,
    /// A bearer of the current secret, once the key is deleted.
    after_deletion: bool,
}

fn fate(server: &RealServer) -> Fate {
    match (Generation::of(server), server.version.as_str()) {
        (Generation::K, _) => Fate { before_rotation: true, inside_window: true, after_deletion: true },
        (Generation::Z, "0.96.1") => {
            Fate { before_rotation: true, inside_window: true, after_deletion: false }
        }
        (Generation::Z, _) => Fate { before_rotation: false, inside_window: true, after_deletion: false },
    }
}

#[tokio::test]
async fn windows_and_bearers_to_their_ends() {
    let servers = servers();
    if servers.is_empty() {
        return support::skip::because("no real servers of this backend run");
    }
    join_all(servers.iter().map(watch)).await;
}

struct Watch<'a> {
    server: &'a RealServer,
    place: Place,
    session: Session,
}

async fn watch(server: &RealServer) {
    let place = real(server);
    place.backend.inspect().await.expect("a server");
    let session = place.log_in().await;
    let watch = Watch { server, place, session };
    let (which, fate) = (&server.version, fate(server));

    let first = watch.create().await;
    let reference = first.credential.reference(&watch.place.account.name);
    let early = watch.log_in_with(&first).await;
    let second = watch.rotate(&reference, 1).await;
    let inside = watch.log_in_with(&first).await;
    let current = watch.log_in_with(&second).await;
    assert!(watch.works(&first).await && watch.works(&second).await, "{which}: both inside the window");
    assert!(watch.lives(&early).await, "{which}: a bearer got before, inside the window");

    watch.until_refused(&first, Duration::from_secs(100)).await;
    assert!(watch.works(&second).await, "{which}: the new secret after the window");
    assert_eq!(
        watch.lives(&early).await,
        fate.before_rotation,
        "{which}: a bearer got before, after the window"
    );
    assert_eq!(
        watch.lives(&inside).await,
        fate.inside_window,
        "{which}: a bearer got with the old secret inside it"
    );
    assert!(watch.lives(&current).await, "{which}: a bearer of the new secret");

    // Only one old secret is kept: the second rotation ends the oldest although its window is open.
    let third = watch.rotate(&reference, 60).await;
    let fourth = watch.rotate(&reference, 60).await;
    assert!(!watch.works(&second).await, "{which}: two secrets back");
    assert!(watch.works(&third).await && watch.works(&fourth).await, "{which}: the last two");

    let last = watch.log_in_with(&fourth).await;
    watch.place.backend.revoke(&watch.session, &reference).await.expect("deleted");
    assert!(!watch.works(&fourth).await, "{which}: a deleted key");
    assert_eq!(watch.lives(&last).await, fate.after_deletion, "{which}: a bearer of a deleted key");
}

impl Watch<'_> {
    async fn create(&self) -> Issued {
        let name = format!("watched-{}", Uuid::new_v4());
        let backend = &self.place.backend;
        let owner = match Generation::of(self.server) {
            Generation::Z => backend.create_owner(&self.session, &name, "").await.expect("an owner").id,
            Generation::K => self.me().await,
        };
        let request = CreateRequest {
            kind: String::from("API key"),
            owner,
            name,
            description: String::new(),
            scopes: Vec::new(),
            expiry: None,
            idempotency_key: Uuid::new_v4(),
        };
        backend.create(&self.session, &request).await.expect("a key")
    }

    async fn me(&self) -> Id {
        let listing = self.place.backend.list(&self.session).await.expect("a listing");
        listing.owners.into_iter().next().expect("oneself").id
    }

    async fn rotate(&self, credential: &CredentialRef, minutes: i64) -> Issued {
        let request = RotateRequest {
            credential: credential.clone(),
            retention: Retention::minutes(minutes),
            scopes: None,
            in_place: false,
            idempotency_key: Uuid::new_v4(),
        };
        self.place.backend.rotate(&self.session, &request).await.expect("a new secret")
    }

    async fn log_in_with(&self, issued: &Issued) -> Session {
        let secret = issued.parts.get("secret").expect("a secret").expose().to_owned();
        let secrets = vec![("key", Secret::new(secret))];
        let login = Login { method: "api-key", fields: Vec::new(), secrets };
        self.place.backend.log_in(login).await.expect("a session")
    }

    /// Whether the server still takes a bearer.
    async fn lives(&self, session: &Session) -> bool {
        match self.place.backend.list(session).await {
            Ok(_) => true,
            Err(failure) => {
                assert_eq!(failure.kind, FailureKind::LoggedOut, "{}", failure.sentence());
                false
            }
        }
    }

    async fn works(&self, issued: &Issued) -> bool {
        let verdict =
            self.place.backend.verify(&issued.parts, &keywright::backend::unheard).await.expect("a verdict");
        matches!(verdict, Verdict::Accepted { .. })
    }

    /// Waits for the end of a window, which a real clock brings.
    async fn until_refused(&self, issued: &Issued, patience: Duration) {
        let deadline = Instant::now() + patience;
        while self.works(issued).await {
            assert!(Instant::now() < deadline, "{}: the window did not end", self.server.version);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
