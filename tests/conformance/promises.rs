//! What every backend promises, in the order of a credential's life.

use std::sync::Arc;

use keywright::backend::{Backend, Session};
use keywright::domain::ability::RotationForm;
use keywright::domain::answer::{Issued, Verdict};
use keywright::domain::credential::CredentialRef;
use keywright::domain::failure::{Effected, FailureKind};
use keywright::domain::owner::{Id, Owner};
use keywright::domain::request::{CreateRequest, Edit, RotateRequest};
use keywright::domain::retention::Retention;
use keywright::domain::scope::Granted;
use keywright::secret::{Parts, Secret};
use uuid::Uuid;

use crate::Place;

/// More owners than a page has.
const MANY: usize = 101;

/// A life under way.
struct Life<'a> {
    place: &'a Place,
    backend: Arc<dyn Backend>,
    session: Session,
    owner: Owner,
}

/// Keeps every promise; the first one broken fails the test.
pub(crate) async fn keep(place: &Place) {
    let backend = Arc::clone(&place.backend);
    backend.inspect().await.expect("a server");
    let session = place.log_in().await;
    let name = format!("life-{}", Uuid::new_v4());
    let owner = backend.create_owner(&session, &name, "made by a test").await.expect("an owner");
    assert_eq!((owner.name.as_str(), owner.enabled), (name.as_str(), true));
    let life = Life { place, backend, session, owner };
    let made = life.created_appears().await;
    let rotated = life.rotation_keeps_the_old_secret_for_its_window(made).await;
    let last = life.no_window_cuts_over(rotated).await;
    life.switched_off_is_refused(&last).await;
    life.revoked_is_refused(&last).await;
    life.lists_page().await;
    life.backend.delete_owner(&life.session, &life.owner.id).await.expect("deleted");
    let again = life.backend.delete_owner(&life.session, &life.owner.id).await.expect_err("gone");
    assert_eq!(again.kind, FailureKind::NotFound);
}

fn secret(issued: &Issued) -> &Secret {
    issued.parts.get("secret").expect("a secret")
}

impl Life<'_> {
    async fn accepted(&self, parts: &Parts) -> bool {
        match self.backend.verify(parts).await.expect("a verdict") {
            Verdict::Accepted { who, .. } => who == self.owner.name,
            Verdict::Refused { .. } => false,
        }
    }

    fn reference(&self, issued: &Issued) -> CredentialRef {
        issued.credential.reference(&self.place.account.name)
    }

    async fn rotate(&self, issued: &Issued, minutes: i64) -> Issued {
        let retention = Retention::minutes(minutes);
        let credential = self.reference(issued);
        let request = RotateRequest { credential, retention, idempotency_key: Uuid::new_v4() };
        self.backend.rotate(&self.session, &request).await.expect("a new secret")
    }

    async fn created_appears(&self) -> Issued {
        let mut request = CreateRequest {
            owner: self.owner.id.clone(),
            name: String::from("日本語 default"),
            description: String::from("as written"),
            scopes: Vec::new(),
            idempotency_key: Uuid::new_v4(),
        };
        let made = self.backend.create(&self.session, &request).await.expect("a credential");
        assert_eq!((made.credential.name.as_str(), made.credential.enabled), ("日本語 default", true));
        assert_eq!(self.backend.belongs_to(secret(&made)).as_ref(), Some(&made.credential.id));
        assert!(self.listed(&made.credential.id).await);
        assert!(self.accepted(&made.parts).await);
        if self.backend.abilities().replay.is_some() {
            let replayed = self.backend.create(&self.session, &request).await.expect("the same again");
            assert_eq!(secret(&replayed).expose(), secret(&made).expose());
        }
        request.idempotency_key = Uuid::new_v4();
        let taken = self.backend.create(&self.session, &request).await.err().expect("the name is taken");
        assert_eq!((taken.kind, taken.effected), (FailureKind::NameTaken, Effected::No));
        made
    }

    async fn listed(&self, id: &Id) -> bool {
        let listing = self.backend.list(&self.session).await.expect("a listing");
        assert_eq!(listing.failed, []);
        listing.credentials.iter().any(|credential| credential.id == *id)
    }

    async fn rotation_keeps_the_old_secret_for_its_window(&self, old: Issued) -> Issued {
        if !matches!(self.backend.abilities().rotation, RotationForm::ServerWindow { .. }) {
            return old;
        }
        let new = self.rotate(&old, 10).await;
        assert_eq!(new.credential.id, old.credential.id);
        assert_eq!(new.credential.description, old.credential.description);
        assert!(new.credential.scopes.within(&Granted::AsOwner));
        assert!(self.accepted(&old.parts).await, "inside the window");
        assert!(self.accepted(&new.parts).await);
        let window = new.credential.window.expect("a window");
        assert_eq!(window.ends.duration_since(window.began).as_mins(), 10);
        if let Some(pass_time) = &self.place.pass_time {
            pass_time(590).await;
            assert!(self.accepted(&old.parts).await, "at the end of the window");
            pass_time(11).await;
            assert!(!self.accepted(&old.parts).await, "after the window");
            assert!((600..=602).contains(&self.backend.skew().0), "{:?}", self.backend.skew());
        }
        assert!(self.accepted(&new.parts).await);
        new
    }

    async fn no_window_cuts_over(&self, old: Issued) -> Issued {
        let new = self.rotate(&old, 0).await;
        assert_eq!(new.credential.window, None);
        assert!(!self.accepted(&old.parts).await);
        assert!(self.accepted(&new.parts).await);
        new
    }

    async fn switched_off_is_refused(&self, issued: &Issued) {
        for enabled in [false, true] {
            let edit = Edit { enabled: Some(enabled), ..Edit::default() };
            let edited =
                self.backend.edit(&self.session, &self.reference(issued), &edit).await.expect("edited");
            assert_eq!(edited.enabled, enabled);
            assert_eq!(self.accepted(&issued.parts).await, enabled);
        }
        for enabled in [false, true] {
            let owner =
                self.backend.enable_owner(&self.session, &self.owner.id, enabled).await.expect("edited");
            assert_eq!(owner.enabled, enabled);
            assert_eq!(self.accepted(&issued.parts).await, enabled);
        }
    }

    async fn revoked_is_refused(&self, issued: &Issued) {
        let reference = self.reference(issued);
        self.backend.revoke(&self.session, &reference).await.expect("revoked");
        assert!(!self.accepted(&issued.parts).await);
        assert!(!self.listed(&issued.credential.id).await);
        let again = self.backend.revoke(&self.session, &reference).await.expect_err("gone");
        assert_eq!((again.kind, again.effected), (FailureKind::NotFound, Effected::No));
        let read = self.backend.read(&self.session, &reference).await.expect_err("gone");
        assert_eq!(read.kind, FailureKind::NotFound);
    }

    /// Also more than fits into one answer: the descriptions alone are larger than what is taken.
    async fn lists_page(&self) {
        let description = "x".repeat(12_000);
        let mut made = Vec::new();
        for number in 0..MANY {
            let name = format!("{}-{number}", self.owner.name);
            made.push(
                self.backend.create_owner(&self.session, &name, &description).await.expect("an owner").id,
            );
        }
        let listing = self.backend.list(&self.session).await.expect("a listing");
        for id in made {
            assert_eq!(listing.owners.iter().filter(|owner| owner.id == id).count(), 1);
            self.backend.delete_owner(&self.session, &id).await.expect("deleted");
        }
    }
}
