//! Minted tokens in the sandbox: made, listed without themselves, ended for good.

use super::*;
use crate::domain::answer::Again;
use crate::domain::credential::{Expiry, LastUse};
use crate::domain::failure::Effected;

const DAY: i64 = 86_400;

impl Bench {
    async fn mint(&self, days: i32) -> Issued {
        let bob = self.user("bob").await;
        let request = request(MINTED, &bob, "for bob", &[], Some(self.in_days(days)));
        self.backend.create(&self.session, &request).await.expect("a token")
    }

    /// The administrator again, after their day is over.
    async fn again(&mut self) {
        self.session =
            self.backend.log_in(by_password(&self.told.username, &self.told.password)).await.expect("in");
    }

    async fn is_listed(&self, id: &Id) -> bool {
        let listing = self.backend.list(&self.session).await.expect("a listing");
        listing.credentials.iter().any(|one| one.id == *id)
    }
}

#[tokio::test]
async fn a_token_is_its_users_and_lives_to_the_day() {
    let bench = &Bench::new().await;
    let made = bench.mint(30).await;
    let Expiry::At(end) = made.credential.expires else { panic!("it ends") };
    let wanted = bench.in_days(30).to_zoned(jiff::tz::TimeZone::UTC).expect("in range").timestamp();
    assert!(end.duration_since(wanted).as_secs().abs() < 3600 + 60, "{end}");
    assert_eq!(
        (made.credential.owner.name.as_str(), made.credential.scopes.clone()),
        ("bob", Granted::AsOwner)
    );
    let token = made.parts.get("secret").expect("a token");
    assert_eq!(bench.backend.belongs_to(token).as_ref(), Some(&made.credential.id));
    assert!(bench.is_listed(&made.credential.id).await);
    let found = bench.backend.identify(&bench.session, token, &[]).await.expect("an answer").expect("listed");
    assert_eq!(
        (found.kind, found.created, found.last_use),
        (MINTED, made.credential.created, LastUse::Untold)
    );
    assert_eq!(bench.granted(&made.parts).await, Some(Granted::AsOwner));
    let raised =
        request(MINTED, &made.credential.owner.id, "x", &["account tenant-admin"], Some(bench.in_days(2)));
    let raised = bench.backend.create(&bench.session, &raised).await.expect("a token");
    assert_eq!(raised.credential.scopes, listed(&["account tenant-admin"]));
    // An administrator's own says what it is: presented, it is compared with that.
    let admin = bench.user(&bench.told.username).await;
    let theirs = request(MINTED, &admin, "x", &[], Some(bench.in_days(2)));
    let theirs = bench.backend.create(&bench.session, &theirs).await.expect("a token");
    assert_eq!(bench.granted(&theirs.parts).await, Some(theirs.credential.scopes.clone()));
    assert_eq!(bench.granted(&raised.parts).await, Some(listed(&["account tenant-admin"])));
}

#[tokio::test]
async fn revoked_it_is_still_dead_when_the_server_has_forgotten_ids() {
    let mut bench = Bench::new().await;
    let made = bench.mint(60).await;
    bench.backend.revoke(&bench.session, &reference(&made.credential)).await.expect("revoked");
    assert_eq!(bench.granted(&made.parts).await, None);
    assert!(!bench.is_listed(&made.credential.id).await);
    assert!(bench.sandbox.advance_clock(2 * DAY));
    bench.again().await;
    assert_eq!(bench.granted(&made.parts).await, None, "after the sweep");
    let gone = bench.backend.revoke(&bench.session, &reference(&made.credential)).await.expect_err("gone");
    assert_eq!(gone.kind, FailureKind::NotFound);
}

#[tokio::test]
async fn where_it_cannot_revoke_itself_the_server_has_to_be_told_again() {
    let mut bench = Bench::new().await;
    let made = bench.mint(60).await;
    let token = reference(&made.credential);
    let fault = json!({ "kind": "answer", "backend": "pangolin", "path": "/api/v1/auth/revoke", "status": 400, "body": "no" });
    bench.control("faults", fault).await;
    assert_eq!(bench.backend.forgets(&token), None);
    bench.backend.revoke(&bench.session, &token).await.expect("revoked by its id");
    let Expiry::At(end) = made.credential.expires else { panic!("it ends") };
    assert_eq!(bench.backend.forgets(&token), Some(end));
    assert_eq!(bench.granted(&made.parts).await, None, "for now");
    for _ in 0..3 {
        assert!(bench.sandbox.advance_clock(DAY / 2));
        bench.again().await;
        let told = bench.backend.revoke_again(&bench.session, &token).await.expect("told again");
        assert_eq!(told, Again::Told);
    }
    assert_eq!(bench.granted(&made.parts).await, None, "a day and a half later");
    assert!(bench.sandbox.advance_clock(DAY + 7200));
    assert!(bench.granted(&made.parts).await.is_some(), "which is why it is told again");
    assert!(bench.backend.revoke_itself(&made.parts).await.expect("an answer"));
    assert_eq!((bench.granted(&made.parts).await, bench.backend.forgets(&token)), (None, None));
    let dead = bench.backend.revoke_itself(&made.parts).await.expect_err("dead already");
    assert_eq!((dead.kind, dead.effected), (FailureKind::NotFound, Effected::No));
    assert_eq!(bench.backend.forgets(&token), Some(end), "whoever did it may have done it by its id");
    bench.again().await;
    let key = bench.create(&[]).await;
    assert!(!bench.backend.revoke_itself(&key.parts).await.expect("keys do not"));
}

#[tokio::test]
async fn what_was_revoked_by_its_id_is_still_forgotten_when_it_is_tried_again() {
    let mut bench = Bench::new().await;
    let made = bench.mint(60).await;
    let token = reference(&made.credential);
    let fault = json!({ "kind": "answer", "backend": "pangolin", "path": "/api/v1/auth/revoke", "status": 400, "body": "no" });
    bench.control("faults", fault).await;
    bench.backend.revoke(&bench.session, &token).await.expect("revoked by its id");
    assert!(bench.backend.forgets(&token).is_some());
    // The token is refused now, so it cannot end itself: that proves nothing for the day after.
    let dead = bench.backend.revoke_itself(&made.parts).await.expect_err("dead already");
    assert_eq!(dead.kind, FailureKind::NotFound);
    assert!(bench.backend.forgets(&token).is_some(), "the server has to be told again all the same");
    assert!(bench.sandbox.advance_clock(DAY + 7200));
    bench.again().await;
    assert!(bench.granted(&made.parts).await.is_some(), "it works again");
}

/// `PostgreSQL` takes an id once, until it has forgotten it; then the token is back, and can end itself.
#[tokio::test]
async fn where_an_id_is_taken_once_the_token_ends_itself_as_soon_as_it_is_back() {
    let mut bench = Bench::new().await;
    bench.quirks(json!({ "revoked_ids_unique": "on" })).await;
    let made = bench.mint(60).await;
    let token = reference(&made.credential);
    let fault = json!({ "kind": "answer", "backend": "pangolin", "path": "/api/v1/auth/revoke", "status": 400, "body": "no" });
    bench.control("faults", fault).await;
    bench.backend.revoke(&bench.session, &token).await.expect("revoked by its id");
    assert!(bench.sandbox.advance_clock(DAY / 2));
    bench.again().await;
    let told = bench.backend.revoke_again(&bench.session, &token).await.expect("an answer");
    assert_eq!((told, bench.granted(&made.parts).await), (Again::Remembered, None));
    assert!(bench.sandbox.advance_clock(DAY / 2 + 7200));
    bench.again().await;
    assert!(bench.granted(&made.parts).await.is_some(), "back again");
    let told = bench.backend.revoke_again(&bench.session, &token).await.expect("an answer");
    assert_eq!((told, bench.backend.forgets(&token)), (Again::ForGood, None));
    assert!(bench.sandbox.advance_clock(3 * DAY));
    assert_eq!(bench.granted(&made.parts).await, None);
}

#[tokio::test]
async fn one_that_is_dead_when_it_is_to_end_itself_was_not_revoked_by_us() {
    let bench = &Bench::new().await;
    let made = bench.mint(60).await;
    let token = reference(&made.credential);
    let fault = json!({ "kind": "answer", "backend": "pangolin", "path": "/api/v1/auth/revoke", "status": 401, "body": "Token has been revoked" });
    bench.control("faults", fault).await;
    let dead = bench.backend.revoke(&bench.session, &token).await.expect_err("not by us");
    assert_eq!((dead.kind, dead.effected), (FailureKind::NotFound, Effected::No));
    assert!(dead.sentence().contains("already"), "{}", dead.sentence());
    assert!(bench.backend.forgets(&token).is_some());
}

#[tokio::test]
async fn what_was_minted_for_a_namesake_is_told_and_can_be_revoked() {
    let bench = &Bench::new().await;
    bench.quirks(json!({ "store": "memory", "missing_tenant_checks": true })).await;
    // In memory two may share a name; the server takes the first of them, here one of another tenant.
    let other = adapter(&bench.endpoint, &[(TENANT, "b31db854-0c6e-4f6b-8a55-1b1d6a4f2c11")]);
    let grace = other.log_in(by_password("grace", &bench.told.password)).await.expect("in");
    let twin = |name: &str| OwnerForm {
        name: name.to_owned(),
        fields: vec![(views::EMAIL, format!("{name}@x.test")), (views::ROLE, String::from("tenant-user"))],
        secrets: vec![(views::PASSWORD, secret("correct horse"))],
    };
    other.make_owner(&grace, &twin("twin")).await.expect("the first");
    let ours = bench.backend.make_owner(&bench.session, &twin("twin")).await.expect("the second");
    let wanted = request(MINTED, &ours.id, "x", &[], Some(bench.in_days(9)));
    let made = bench.backend.create(&bench.session, &wanted).await.expect("a token");
    assert!(
        made.note.as_ref().is_some_and(|note| note.as_str().contains("somebody else")),
        "{:?}",
        made.note
    );
    assert_ne!(made.credential.owner.id, ours.id);
    bench.backend.revoke(&bench.session, &reference(&made.credential)).await.expect("found and revoked");
    assert_eq!(bench.granted(&made.parts).await, None);
}

#[tokio::test]
async fn another_is_minted_with_the_same_life_and_both_work() {
    let bench = &Bench::new().await;
    let old = bench.mint(20).await;
    let new = bench.rotate(&old.credential).await.expect("another");
    assert_ne!(new.credential.id, old.credential.id);
    let life = |one: &Issued| match one.credential.expires {
        Expiry::At(end) => end.duration_since(one.credential.created.expect("told")).as_hours(),
        Expiry::Never => 0,
    };
    assert_eq!(life(&new), life(&old));
    for issued in [&old, &new] {
        assert!(bench.granted(&issued.parts).await.is_some());
    }
}

#[tokio::test]
async fn a_plain_user_sees_and_revokes_their_own() {
    let bench = &Bench::new().await;
    let made = bench.mint(5).await;
    let bob = bench.session_of("bob").await;
    let listing = bench.backend.list(&bob).await.expect("a listing");
    assert!(listing.failed.is_empty(), "{:?}", listing.failed);
    assert!(listing.credentials.iter().all(|one| one.owner.name.as_str() == "bob"));
    assert!(listing.credentials.iter().any(|one| one.id == made.credential.id));
    bench.backend.revoke(&bob, &reference(&made.credential)).await.expect("revoked");
    assert_eq!(bench.granted(&made.parts).await, None);
}

#[tokio::test]
async fn a_throttled_mint_is_told_and_sent_once() {
    let bench = &Bench::new().await;
    let bob = bench.user("bob").await;
    // The bench's own login counts as well.
    bench.quirks(json!({ "auth_rate_limit": 3 })).await;
    let mint = || async {
        let request = request(MINTED, &bob, "x", &[], Some(bench.in_days(2)));
        bench.backend.create(&bench.session, &request).await
    };
    assert!(mint().await.is_ok() && mint().await.is_ok());
    let refused = mint().await.err().expect("throttled");
    assert_eq!((refused.kind, refused.effected), (FailureKind::TooMany, Effected::No));
    assert_eq!(refused.retry_after, Some(std::time::Duration::from_mins(1)));
}
