//! Every way to log in, against the sandbox.

use super::*;
use crate::domain::time::SignedDuration;

#[tokio::test]
async fn each_way_says_who_it_makes_us_and_for_how_long() {
    let bench = &Bench::new().await;
    let life = |session: &Session| session.facts.expires.expect("an end").duration_since(bench.backend.now());
    let near = |span: SignedDuration, hours: i64| (span.as_secs() - hours * 3600).abs() < 60;
    assert_eq!((bench.session.facts.who.as_str(), bench.session.facts.kind), ("ada", "user"));
    assert!(near(life(&bench.session), 24) && bench.session.facts.may_create.is_ok());

    let plain = bench.session_of("bob").await;
    let why = plain.facts.may_create.as_ref().expect_err("a plain user");
    assert!(why.as_str().contains("administrators"), "{why}");

    let root = bench.backend.log_in(as_root(&bench.told)).await.expect("a session");
    assert_eq!(root.facts.who.as_str(), "root");
    let listing = bench.backend.list(&root).await.expect("a listing");
    assert!(listing.credentials.iter().any(|one| one.name.as_str() == "ci-pipeline"), "acts in the tenant");

    let made = bench.create(&["account tenant-admin"]).await;
    let (id, key) = (made.parts.get("id").expect("an id"), made.parts.get("secret").expect("a key"));
    let with_key = || login("key", &[("id", id.expose())], &[("key", key.expose())]);
    let by_key = bench.backend.log_in(with_key()).await.expect("a session");
    assert_eq!((by_key.facts.kind, by_key.facts.renews), ("service user", true));
    assert!(near(life(&by_key), 1));
    assert_eq!(by_key.facts.credential.as_ref(), Some(&made.credential.id));
    assert!(bench.sandbox.advance_clock(3000));
    let renewed = bench.backend.renew(&by_key).await.expect("a session");
    assert!(renewed.facts.expires > by_key.facts.expires);
    assert!(bench.backend.renew(&bench.session).await.is_err());

    let token = login("token", &[], &[("token", bench.session.bearer.expose())]);
    let by_token = bench.backend.log_in(token).await.expect("a session");
    assert_eq!(by_token.facts.who.as_str(), "ada");
}

#[tokio::test]
async fn refused_logins_say_why() {
    let bench = &Bench::new().await;
    let told = &bench.told;
    let elsewhere = adapter(&bench.endpoint, &[(TENANT, "11111111-2222-4333-8444-555555555555")]);
    let over_all = adapter(&bench.endpoint, &[]);
    let key = format!("pgl_{}", "a".repeat(64));
    let nobody = "11111111-2222-4333-8444-555555555555";
    let cases: [(&Pangolin, Login, &str); 10] = [
        (&bench.backend, by_password("ada", "wrong"), "name, password or tenant id"),
        (&elsewhere, by_password("ada", &told.password), "name, password or tenant id"),
        (&over_all, by_password("ada", &told.password), "put it into the account"),
        (&elsewhere, as_root(told), "no tenant with the id"),
        (&bench.backend, by_password("", "x"), "a user name is needed"),
        (&bench.backend, login("key", &[("id", "7")], &[("key", &key)]), "is a UUID"),
        (&bench.backend, login("key", &[("id", nobody)], &[("key", "ABC")]), "begin with pgl_"),
        (&bench.backend, login("key", &[("id", nobody)], &[("key", &key)]), "no service user with this id"),
        (&bench.backend, login("token", &[], &[("token", "nonsense")]), "neither a key"),
        (&bench.backend, login("none", &[("who", "")], &[]), "asks for a login"),
    ];
    for (backend, form, says) in cases {
        let failure = backend.log_in(form).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::WrongLogin, "{failure:?}");
        assert!(detail(&failure).contains(says), "{says}: {failure:?}");
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_or_past_its_end_is_not_taken() {
    let bench = &Bench::new().await;
    let elsewhere = adapter(&bench.endpoint, &[(TENANT, "b31db854-0c6e-4f6b-8a55-1b1d6a4f2c11")]);
    let token = || login("token", &[], &[("token", bench.session.bearer.expose())]);
    let failure = elsewhere.log_in(token()).await.err().expect("another tenant's");
    assert!(detail(&failure).contains("another tenant"), "{failure:?}");
    assert!(bench.sandbox.advance_clock(25 * 3600));
    bench.backend.inspect().await.expect("a server, which tells its time");
    let failure = bench.backend.log_in(token()).await.err().expect("ended");
    assert!(detail(&failure).contains("has ended"), "{failure:?}");
}

#[tokio::test]
async fn the_throttle_is_handed_on_and_logins_wait_for_each_other() {
    // The bench's own login counts as the first.
    let bench = &Bench::new().await;
    bench.quirks(json!({ "auth_rate_limit": 4 })).await;
    let tries = (0..5).map(|_| bench.backend.log_in(by_password("bob", &bench.told.password)));
    let results = futures_util::future::join_all(tries).await;
    let refused: Vec<&Failure> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(refused.len(), 2);
    for failure in refused {
        assert_eq!(failure.kind, FailureKind::TooMany);
        assert_eq!(failure.retry_after, Some(std::time::Duration::from_mins(1)));
    }
    assert!(bench.sandbox.advance_clock(61));
    bench.backend.log_in(by_password("bob", &bench.told.password)).await.expect("a session");
}

#[tokio::test]
async fn without_auth_anybody_is_let_in_and_told_so() {
    let bench = &Bench::new().await;
    bench.quirks(json!({ "no_auth": "true" })).await;
    let info = bench.backend.inspect().await.expect("a server");
    assert!(info.notes.iter().any(|note| note.as_str().contains("Authentication is off")), "{info:?}");
    let session = bench.backend.log_in(login("none", &[("who", "me")], &[])).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.bearer.is_empty()), ("me", true));
    let listing = bench.backend.list(&session).await.expect("a listing");
    assert_eq!(listing.owners.first().map(|owner| owner.name.as_str()), Some("default"));
}

#[tokio::test]
async fn a_tenants_id_is_the_same_however_it_was_typed() {
    let bench = &Bench::new().await;
    let id = Uuid::parse_str(&bench.told.tenant_id).expect("a UUID");
    for typed in [id.to_string().to_uppercase(), id.simple().to_string(), format!(" {id} ")] {
        let backend = adapter(&bench.endpoint, &[(TENANT, &typed)]);
        for form in [by_password("ada", &bench.told.password), as_root(&bench.told)] {
            let session = backend.log_in(form).await.expect(&typed);
            let listing = backend.list(&session).await.expect("a listing");
            assert!(listing.credentials.iter().any(|one| one.name.as_str() == "ci-pipeline"), "{typed}");
        }
    }
}

#[tokio::test]
async fn without_auth_nothing_is_offered_that_needs_a_tenant_and_a_key_in_its_header_proves_nothing() {
    let bench = &Bench::new().await;
    bench.quirks(json!({ "no_auth": "true", "legacy_keys": "off" })).await;
    let backend = adapter(&bench.endpoint, &[]);
    let session = backend.log_in(login("none", &[("who", "")], &[])).await.expect("a session");
    let offered = || {
        let abilities = backend.abilities();
        let minted = abilities.kind(MINTED).create;
        (abilities.credential.create.is_ok(), minted.is_err_and(|why| why.contains("authentication is off")))
    };
    assert_eq!(offered(), (true, true));
    let listing = backend.list(&session).await.expect("a listing");
    assert_eq!(offered(), (true, true), "also after a listing");
    let owner = listing.owners.first().expect("the built-in tenant").id.clone();
    let made = backend.create(&session, &request(KEY, &owner, "open", &[], None)).await.expect("a key");
    let read = backend.read(&session, &reference(&made.credential)).await.expect("listed");
    assert_eq!(read.scopes, listed(&["permissions this login cannot see"]), "nothing of root is said");
    let verdict = backend.verify(&made.parts, &crate::backend::unheard).await.expect("a verdict");
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    assert_eq!(backend.learned(), None, "the server lets everybody in, whatever the key");
    bench.quirks(json!({ "no_auth": "off" })).await;
    backend.verify(&made.parts, &crate::backend::unheard).await.expect("a verdict");
    assert_eq!(backend.learned(), Some(HEADER_REFUSED));
}

#[tokio::test]
async fn root_over_all_makes_and_deletes_tenants_and_sees_every_key() {
    let bench = &Bench::new().await;
    let (root, session) = bench.root().await;
    assert_eq!(root.abilities().owner.noun, "tenant");
    let made = root.create_owner(&session, "new", "").await.expect("a tenant");
    let request = request(KEY, &made.id, "first", &["account tenant-admin"], None);
    let key = root.create(&session, &request).await.expect("a key");
    assert_eq!(key.credential.owner.id, made.id);
    assert_eq!(
        root.verify(&key.parts, &crate::backend::unheard).await.expect("a verdict"),
        Verdict::Accepted {
            who: "first".into(),
            scopes: listed(&["account tenant-admin"]),
            untold: Vec::new()
        }
    );
    let listing = root.list(&session).await.expect("a listing");
    assert_eq!((listing.owners.len(), listing.failed.len()), (4, 0));
    assert!(listing.credentials.iter().any(|one| one.id == key.credential.id));
    let unseen = listing.credentials.iter().find(|one| one.name.as_str() == "ci-pipeline").expect("seeded");
    assert_eq!(unseen.scopes, listed(&["permissions this login cannot see"]));
    let refused = root.rotate(&session, &rotation(unseen)).await.err().expect("cannot be copied");
    assert!(detail(&refused).contains("only an administrator of the tenant"), "{refused:?}");
    root.delete_owner(&session, &made.id).await.expect("deleted");
    let again = root.delete_owner(&session, &made.id).await.expect_err("gone");
    assert_eq!(again.kind, FailureKind::NotFound);
    assert!(root.abilities().owner.edits.iter().any(|field| field.id == "name"));
    let not_here = bench.backend.create_owner(&bench.session, "x", "").await.expect_err("not root");
    assert_eq!(not_here.kind, FailureKind::Forbidden);
    for owner in [bench.tenant(), bench.user("ada").await] {
        let refused = bench.backend.delete_owner(&bench.session, &owner).await.expect_err("refused");
        assert_eq!(refused.kind, FailureKind::Forbidden);
    }
    let bob = bench.user("bob").await;
    bench.backend.delete_owner(&bench.session, &bob).await.expect("deleted");
    let gone = bench.backend.delete_owner(&bench.session, &bob).await.expect_err("gone");
    assert_eq!(gone.kind, FailureKind::NotFound);
}
