//! What every backend promises, in the order of a credential's life. What it says it cannot do is left out; what it
//! says it can is asked of it.

use std::sync::Arc;

use keywright::backend::{Backend, Session};
use keywright::domain::ability::{OwnerFieldKind, RotationForm, ScopeChoice, ScopeModel};
use keywright::domain::answer::{Equipped, Issued, Verdict};
use keywright::domain::credential::CredentialRef;
use keywright::domain::failure::{Effected, Failure, FailureKind};
use keywright::domain::owner::{Id, Owner};
use keywright::domain::request::{CreateRequest, Edit, Equipment, RotateRequest};
use keywright::domain::retention::Retention;
use keywright::domain::scope::{Granted, Risk};
use keywright::domain::text::Text;
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
    /// Of the credential: a name that not everybody would take, where this backend does.
    name: String,
    /// The scopes that are asked for.
    scopes: Vec<String>,
}

/// Keeps every promise; the first one broken fails the test.
pub(crate) async fn keep(place: &Place) {
    let backend = Arc::clone(&place.backend);
    backend.inspect().await.expect("a server");
    let session = place.log_in().await;
    let owner = an_owner(place, &session).await;
    let scopes = some_scopes(backend.as_ref(), &session, &owner).await;
    let name = String::from("日本語 default");
    let takes_it = backend.abilities().credential.names.check(&name).is_ok();
    let name = if takes_it { name } else { format!("default-{}", Uuid::new_v4()) };
    let life = Life { place, backend, session, owner, name, scopes };
    let made = life.created_appears().await;
    life.a_name_twice_is_refused_or_another_credential(&made).await;
    let last = match life.backend.abilities().credential.rotation {
        RotationForm::ServerWindow { .. } => {
            let rotated = life.rotation_keeps_the_old_secret_for_its_window(made).await;
            life.no_window_cuts_over(rotated).await
        }
        RotationForm::TwoCredentials { .. } => life.rotation_makes_a_second_credential(made).await,
        RotationForm::CutOver { .. } => life.no_window_cuts_over(made).await,
    };
    life.switched_off_is_refused(&last).await;
    life.revoked_is_refused(&last).await;
    life.lists_page().await;
    life.a_deleted_owner_is_gone().await;
}

/// An owner made for this, or the one there is: the first that is listed.
async fn an_owner(place: &Place, session: &Session) -> Owner {
    let backend = place.backend.as_ref();
    if !makes_owners(backend) || place.only_own {
        let owners = backend.list(session).await.expect("a listing").owners;
        let may_own = backend.abilities().credential.may_own;
        return owners.into_iter().find(|owner| may_own(&owner.id)).expect("an owner");
    }
    let name = format!("life-{}", Uuid::new_v4());
    let owner = backend.create_owner(session, &name, "made by a test").await.expect("an owner");
    assert_eq!((owner.name.as_str(), owner.enabled), (name.as_str(), true));
    owner
}

/// Whether owners are made for this: not those that take a password, which are people.
fn makes_owners(backend: &dyn Backend) -> bool {
    let owner = &backend.abilities().owner;
    owner.create && !owner.fields.iter().any(|field| matches!(field.kind, OwnerFieldKind::Secret))
}

/// Those of the first bundle there is, or one that is typed, or what the server has to choose from that only reads.
async fn some_scopes(backend: &dyn Backend, session: &Session, owner: &Owner) -> Vec<String> {
    let kind = &backend.abilities().credential;
    let ScopeModel::Chosen(ScopeChoice { presets, typed, .. }) = &kind.scopes else { return Vec::new() };
    if let Some((_, scopes)) = presets.first() {
        return scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }
    if typed.is_some() {
        return vec![String::from("life.")];
    }
    let offers = backend.scope_offers(session, kind.noun, &owner.id).await.expect("offers");
    let harmless = offers.into_iter().find(|offer| offer.risk == Risk::Reads).expect("one that only reads");
    vec![harmless.id.into_owned()]
}

fn secret(issued: &Issued) -> &Secret {
    issued.parts.get("secret").expect("a secret")
}

impl Life<'_> {
    /// Whether a secret works; if so, then as its owner where every credential shows that, and for what was asked.
    async fn accepted(&self, parts: &Parts) -> bool {
        match self.backend.verify(parts, &keywright::backend::unheard).await.expect("a verdict") {
            Verdict::Accepted { who, scopes, untold } => {
                let asked: Vec<Text> = self.scopes.iter().cloned().map(Text::from).collect();
                assert_eq!(untold, if self.place.tells_no_scopes { asked } else { Vec::new() });
                assert_eq!(scopes, self.granted());
                assert!(scopes != Granted::AsOwner || who == self.owner.name, "{who}");
                true
            }
            Verdict::Refused { .. } | Verdict::Untold { .. } => false,
        }
    }

    /// What they come to.
    fn granted(&self) -> Granted {
        match self.backend.abilities().credential.scopes {
            ScopeModel::AsOwner(_) => Granted::AsOwner,
            ScopeModel::Chosen(_) => Granted::Listed(self.scopes.iter().cloned().map(Text::from).collect()),
        }
    }

    fn request(&self) -> CreateRequest {
        let describe = self.backend.abilities().credential.describe;
        CreateRequest {
            kind: self.backend.abilities().credential.noun.to_owned(),
            owner: self.owner.id.clone(),
            name: self.name.clone(),
            description: if describe { String::from("as written") } else { String::new() },
            scopes: self.scopes.clone(),
            expiry: None,
            idempotency_key: Uuid::new_v4(),
        }
    }

    fn reference(&self, issued: &Issued) -> CredentialRef {
        issued.credential.reference(&self.place.account.name)
    }

    /// A new secret, and the same one again where the backend says that it repeats its answer.
    async fn rotate(&self, issued: &Issued, minutes: i64) -> Issued {
        let retention = Retention::minutes(minutes);
        let credential = self.reference(issued);
        let request = RotateRequest {
            credential,
            retention,
            scopes: None,
            in_place: false,
            idempotency_key: Uuid::new_v4(),
        };
        if let Some(page) = self.backend.creation_page(&self.session, &self.request()) {
            let refused =
                self.backend.rotate(&self.session, &request).await.err().expect("not by this session");
            assert_eq!(refused.effected, Effected::No);
            return self.made_by_hand(page.as_str()).await;
        }
        let new = self.backend.rotate(&self.session, &request).await.expect("a new secret");
        if self.backend.abilities().credential.replay.rotate.is_some() {
            let replayed = self.backend.rotate(&self.session, &request).await.expect("the same again");
            assert_eq!(secret(&replayed).expose(), secret(&new).expose());
        }
        self.equipped(new, Some(request.credential), &[]).await
    }

    /// Goes on with a new credential as is done once its secret is stored, where making it is not all.
    async fn equipped(&self, made: Issued, like: Option<CredentialRef>, scopes: &[String]) -> Issued {
        if !self.backend.equips(made.credential.kind) {
            return made;
        }
        let (reference, equipment) = (self.reference(&made), Equipment { like, scopes: scopes.to_vec() });
        for _again in 0..2 {
            let equipped = self.backend.equip(&self.session, &reference, &equipment).await;
            assert_eq!(equipped, Ok(Equipped::Whole));
        }
        let credential = self.backend.read(&self.session, &reference).await.expect("listed");
        Issued { credential, ..made }
    }

    /// Makes a credential, on the website where the session cannot.
    async fn create(&self, request: &CreateRequest) -> Result<Issued, Failure> {
        let Some(page) = self.backend.creation_page(&self.session, request) else {
            let made = self.backend.create(&self.session, request).await?;
            return Ok(self.equipped(made, None, &request.scopes).await);
        };
        let refused = self.backend.create(&self.session, request).await.err().expect("not by this session");
        assert_eq!(refused.effected, Effected::No);
        Ok(self.made_by_hand(page.as_str()).await)
    }

    /// What is pasted finds its row.
    async fn made_by_hand(&self, page: &str) -> Issued {
        let known = self.backend.list(&self.session).await.expect("a listing").credentials;
        let known: Vec<Id> = known.into_iter().map(|credential| credential.id).collect();
        let website = self.place.website.as_ref().expect("a website");
        let pasted = website(page.to_owned()).await;
        let found = self.backend.identify(&self.session, &pasted, &known).await.expect("an answer");
        Issued { credential: found.expect("its row"), parts: Parts::single(pasted), note: None }
    }

    async fn created_appears(&self) -> Issued {
        let request = self.request();
        let made = self.create(&request).await.expect("a credential");
        assert_eq!((made.credential.name.as_str(), made.credential.enabled), (self.name.as_str(), true));
        assert_eq!(made.credential.scopes, self.granted());
        assert!(self.listed(&made.credential.id).await);
        assert!(self.accepted(&made.parts).await);
        let found = self.backend.identify(&self.session, secret(&made), &[]).await.expect("an answer");
        assert_eq!(found.map(|found| found.id).as_ref(), Some(&made.credential.id));
        let told = self.backend.belongs_to(secret(&made));
        assert!(told.is_none_or(|told| told == made.credential.id), "the secret names another credential");
        if self.backend.abilities().credential.replay.create.is_some() {
            let replayed = self.backend.create(&self.session, &request).await.expect("the same again");
            assert_eq!(secret(&replayed).expose(), secret(&made).expose());
        }
        made
    }

    async fn a_name_twice_is_refused_or_another_credential(&self, made: &Issued) {
        match self.create(&self.request()).await {
            Err(taken) => assert_eq!((taken.kind, taken.effected), (FailureKind::NameTaken, Effected::No)),
            Ok(other) => {
                assert_ne!(other.credential.id, made.credential.id);
                assert_ne!(secret(&other).expose(), secret(made).expose());
                self.backend.revoke(&self.session, &self.reference(&other)).await.expect("revoked");
            }
        }
    }

    async fn listed(&self, id: &Id) -> bool {
        let listing = self.backend.list(&self.session).await.expect("a listing");
        assert_eq!(listing.failed, []);
        listing.credentials.iter().any(|credential| credential.id == *id)
    }

    async fn rotation_keeps_the_old_secret_for_its_window(&self, old: Issued) -> Issued {
        let new = self.rotate(&old, 10).await;
        assert_eq!(new.credential.id, old.credential.id);
        let read = self.backend.read(&self.session, &self.reference(&new)).await.expect("a credential");
        assert_eq!(read.description, old.credential.description);
        let RotationForm::ServerWindow { told, .. } = self.backend.abilities().credential.rotation else {
            panic!("a window of the server's");
        };
        assert_eq!(read.window, new.credential.window.filter(|_| told), "as told and as read afterwards");
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

    /// Both work until the old one is revoked, which is then listed no more.
    async fn rotation_makes_a_second_credential(&self, old: Issued) -> Issued {
        let new = self.rotate(&old, 10).await;
        assert_ne!(new.credential.id, old.credential.id);
        // Where names are taken once, the second one's is made from the first one's.
        assert!(new.credential.name.as_str().starts_with(old.credential.name.as_str()));
        assert!(new.credential.scopes.within(&old.credential.scopes));
        assert!(self.accepted(&old.parts).await && self.accepted(&new.parts).await, "both");
        self.revoked_is_refused(&old).await;
        assert!(self.accepted(&new.parts).await, "the new one is another");
        new
    }

    async fn switched_off_is_refused(&self, issued: &Issued) {
        let abilities = self.backend.abilities();
        for enabled in [false, true].into_iter().filter(|_| abilities.credential.disable) {
            let edit = Edit { enabled: Some(enabled), ..Edit::default() };
            let edited =
                self.backend.edit(&self.session, &self.reference(issued), &edit).await.expect("edited");
            assert_eq!(edited.enabled, enabled);
            assert_eq!(self.accepted(&issued.parts).await, enabled);
        }
        for enabled in [false, true].into_iter().filter(|_| abilities.owner.disable && !self.place.only_own) {
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
        if !makes_owners(self.backend.as_ref()) || !self.backend.abilities().owner.delete {
            return;
        }
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

    /// Only one that was made for this: others have a life of their own.
    async fn a_deleted_owner_is_gone(&self) {
        if !makes_owners(self.backend.as_ref()) || !self.backend.abilities().owner.delete {
            return;
        }
        self.backend.delete_owner(&self.session, &self.owner.id).await.expect("deleted");
        let again = self.backend.delete_owner(&self.session, &self.owner.id).await.expect_err("gone");
        assert_eq!(again.kind, FailureKind::NotFound);
    }
}
