//! Whole lives in the sandbox.

use serde_json::{Value, json};

use super::*;
use crate::domain::answer::Verdict;
use crate::domain::credential::State;
use crate::domain::failure::{Effected, FailureKind as K};
use crate::domain::scope::{Granted, Risk};
use crate::sandbox::{Options, Sandbox, TwoSides, start};

pub(super) const STAGING: &str = "4tgh6m2zr8ub";

pub(super) struct Bench {
    pub(super) sandbox: Sandbox,
    pub(super) told: TwoSides,
    pub(super) fox: FoxNose,
    pub(super) session: Session,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let sandbox = start(Options::default()).expect("a sandbox");
        let told = sandbox.announcement().foxnose.clone();
        let fox = Self::open(&told, &[]);
        let given = login("password", &[("username", &told.email)], &[("password", &told.password)]);
        let session = fox.log_in_with(&given).await.expect("a session");
        fox.list_all(&session).await.expect("a listing");
        Self { sandbox, told, fox, session }
    }

    pub(super) fn open(told: &TwoSides, settings: &[(&str, &str)]) -> FoxNose {
        let context = Context { clock: Arc::new(crate::runtime::clock::now), device: Uuid::nil() };
        let endpoint = Endpoint::parse(&told.management_url).expect("an address");
        FoxNose::new(&account(&endpoint, settings), &context, Limits::default())
    }

    pub(super) async fn control(&self, path: &str, body: Value) {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/{path}", self.sandbox.announcement().control.url);
        let answer = client.post(url).body(body.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{body}");
    }

    pub(super) async fn clear_faults(&self) {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/faults", self.sandbox.announcement().control.url);
        client.delete(url).send().await.expect("an answer");
    }

    pub(super) async fn quirks(&self, quirks: Value) {
        self.control("quirks", json!({ "foxnose": quirks })).await;
    }

    /// A key in the announced environment.
    pub(super) async fn create(&self, kind: &str, role: &[&str]) -> Issued {
        let wanted = CreateRequest {
            owner: Id::new(&self.told.environment),
            ..request(kind, if kind == "Flux bearer token" { "made here token" } else { "made here" }, role)
        };
        self.fox.create_one(&self.session, &wanted).await.expect("a key")
    }

    pub(super) fn reference(&self, id: &Id) -> CredentialRef {
        CredentialRef { owner: Id::new(&self.told.environment), ..reference(id.as_str()) }
    }

    pub(super) async fn verdict(&self, parts: &Parts) -> Verdict {
        self.fox.prove(parts).await.expect("a verdict")
    }
}

#[tokio::test]
async fn the_tree_is_read_and_every_key_has_its_state() {
    let bench = Bench::new().await;
    let listing = bench.fox.list_all(&bench.session).await.expect("a listing");
    assert_eq!(listing.failed, []);
    let names: Vec<&str> = listing.owners.iter().map(|owner| owner.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Fernwood / Storefront / production",
            "Fernwood / Storefront / staging",
            "Fernwood / Storefront / archive 2025",
            "Fernwood / Storefront / old demo",
            "Fernwood / Research 研究 / labs",
        ]
    );
    assert!(
        listing.owners[2]
            .description
            .as_str()
            .contains("protected (locked) by Ada Example: the books of 2025")
    );
    let now = crate::runtime::clock::now();
    let state = |name: &str| {
        let found = listing.credentials.iter().find(|one| one.name.as_str() == name).expect("listed");
        found.state(now)
    };
    for (name, want) in [
        ("web frontend", State::Active),
        ("made in a hurry", State::Wide),
        ("terraform", State::Wide),
        ("demo booth", State::Disabled),
        ("never given a role", State::Active),
    ] {
        assert_eq!(state(name), want, "{name}");
    }
    let kinds: Vec<&str> = listing.credentials.iter().map(|one| one.kind).collect();
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!((count("Flux key"), count("Management key"), count("Flux bearer token")), (11, 6, 1));
    assert!(listing.findings.iter().any(|one| one.what.as_str().contains("blocked")));
}

#[tokio::test]
async fn roles_are_offered_with_what_each_permits() {
    let bench = Bench::new().await;
    let offers = |kind: &'static str| {
        let owner = Id::new(&bench.told.environment);
        let bench = &bench;
        async move { bench.fox.offers(&bench.session, kind, &owner).await.expect("offers") }
    };
    let flux = offers("Flux key").await;
    let told: Vec<(&str, &str, Risk)> =
        flux.iter().map(|offer| (offer.name(), offer.allows.as_ref(), offer.risk)).collect();
    assert_eq!(
        told,
        [
            ("shop reader", "read content of /shop", Risk::Reads),
            ("reads every API", "read content of every API", Risk::Reads),
            ("shop writer", "read, create, update content of /shop", Risk::Writes),
            ("prepared for later", "grants nothing: read content of no object at all", Risk::Reads),
        ]
    );
    let management = offers("Management key").await;
    let risks: Vec<Risk> = management.iter().map(|offer| offer.risk).collect();
    assert_eq!(risks, [Risk::Wide, Risk::Reads, Risk::Writes]);
    assert_eq!(management[0].allows, "everything in its environment");
    assert!(management[2].allows.contains("read items of articles"), "{}", management[2].allows);
    let keys = offers("Flux bearer token").await;
    assert_eq!(keys.len(), 7, "those without a token");
    let staging =
        bench.fox.offers(&bench.session, "Management key", &Id::new(STAGING)).await.expect("offers");
    assert_eq!(staging[0].risk, Risk::Wide, "who makes keys can give itself everything");
}

#[tokio::test]
async fn created_replaced_renamed_deleted() {
    let bench = Bench::new().await;
    for (kind, role, narrower) in
        [("Flux key", "r3shopwriter", "r1shopreader"), ("Management key", "m1admin99kqd", "m2inventory4")]
    {
        let old = bench.create(kind, &[role]).await;
        let reference = bench.reference(&old.credential.id);
        let same =
            bench.fox.replace_one(&bench.session, &rotation(reference.clone())).await.expect("a successor");
        assert_eq!(
            (&same.credential.name, &same.credential.scopes),
            (&old.credential.name, &old.credential.scopes)
        );
        assert_ne!(same.credential.id, old.credential.id);
        let narrowed =
            RotateRequest { scopes: Some(vec![narrower.to_owned()]), ..rotation(reference.clone()) };
        let narrowed = bench.fox.replace_one(&bench.session, &narrowed).await.expect("a successor");
        assert_eq!(narrowed.credential.scopes, Granted::Listed(vec![narrower.into()]));
        let edit = Edit { name: Some(String::from("other name")), ..Edit::default() };
        bench.quirks(json!({ "put_replaces": true })).await;
        let renamed = bench.fox.rename(&bench.session, &reference, &edit).await.expect("renamed");
        assert_eq!((renamed.name.as_str(), &renamed.scopes), ("other name", &old.credential.scopes));
        bench.fox.end(&bench.session, &reference).await.expect("deleted");
        let again = bench.fox.end(&bench.session, &reference).await.expect_err("gone");
        assert_eq!((again.kind, again.effected), (K::NotFound, Effected::No));
        assert_eq!(bench.fox.read_one(&bench.session, &reference).await.expect_err("gone").kind, K::NotFound);
    }
}

#[tokio::test]
async fn a_key_that_was_made_while_the_line_broke_is_found_and_no_second_one_is_made() {
    let bench = Bench::new().await;
    let fault =
        json!({ "backend": "foxnose", "method": "POST", "path": "/v1/*/permissions", "kind": "cut_after" });
    bench.control("faults", fault).await;
    let before = bench.fox.list_all(&bench.session).await.expect("a listing").credentials;
    let wanted = CreateRequest {
        owner: Id::new(&bench.told.environment),
        ..request("Flux key", "lost", &["r1shopreader"])
    };
    let failure = bench.fox.create_one(&bench.session, &wanted).await.err().expect("lost");
    assert_eq!((failure.kind, failure.effected), (K::CutOff, Effected::Unknown));
    let after = bench.fox.list_all(&bench.session).await.expect("a listing").credentials;
    let new: Vec<&Credential> =
        after.iter().filter(|one| before.iter().all(|old| old.id != one.id)).collect();
    assert_eq!(new.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["lost"]);
}

#[tokio::test]
async fn a_protected_environment_is_left_alone_but_a_leak_in_it_can_be_stopped() {
    let bench = Bench::new().await;
    let frozen = "c7n5yd3jk2pe";
    let wanted = CreateRequest { owner: Id::new(frozen), ..request("Management key", "x", &[]) };
    let failure = bench.fox.create_one(&bench.session, &wanted).await.err().expect("refused");
    assert_eq!((failure.kind, failure.effected), (K::Forbidden, Effected::No));
    assert!(detail(&failure).contains("protected (locked)"), "{}", failure.sentence());
}

#[tokio::test]
async fn an_environment_is_switched_off_and_on() {
    let bench = Bench::new().await;
    let owner = Id::new(&bench.told.environment);
    for enabled in [false, true] {
        let told = bench.fox.toggle(&bench.session, &owner, enabled).await.expect("switched");
        assert_eq!((told.enabled, told.name.as_str()), (enabled, "Fernwood / Storefront / production"));
    }
}

#[tokio::test]
async fn a_key_logs_in_and_sees_its_environment() {
    let bench = Bench::new().await;
    let full = bench.create("Management key", &[]).await;
    let reader = bench.create("Management key", &["m2inventory4"]).await;
    let content = bench.create("Management key", &["m3content55w"]).await;
    let part = |issued: &Issued, name: &str| issued.parts.get(name).expect("a part").expose().to_owned();
    for method in ["simple", "secure"] {
        for (issued, lists) in [(&full, true), (&reader, true), (&content, false)] {
            let given = login(
                method,
                &[("environment", &bench.told.environment), ("public", &part(issued, "public"))],
                &[("secret", &part(issued, "secret"))],
            );
            let fox = Bench::open(&bench.told, &[("flux", &bench.told.flux_url)]);
            let session = fox.log_in_with(&given).await.expect("a session");
            let known = session.facts.credential.as_ref();
            assert_eq!(known.is_some(), lists, "{method}");
            assert!(known.is_none_or(|id| *id == issued.credential.id));
            let listing = fox.list_all(&session).await.expect("a listing");
            assert_eq!((listing.owners.len(), listing.failed.is_empty()), (1, lists), "{method}");
            let made = fox
                .create_one(
                    &session,
                    &CreateRequest {
                        owner: Id::new(&bench.told.environment),
                        ..request("Flux key", "by key", &["r1shopreader"])
                    },
                )
                .await;
            match made {
                Ok(made) => {
                    assert!(issued.credential.id == full.credential.id);
                    assert!(matches!(fox.prove(&made.parts).await, Ok(Verdict::Accepted { .. })));
                }
                Err(failure) => assert_eq!(failure.kind, K::Forbidden, "{}", failure.sentence()),
            }
        }
    }
    bench.fox.end(&bench.session, &bench.reference(&full.credential.id)).await.expect("deleted");
    let given = login(
        "secure",
        &[("environment", &bench.told.environment), ("public", &part(&full, "public"))],
        &[("secret", &part(&full, "secret"))],
    );
    let failure = bench.fox.log_in_with(&given).await.err().expect("refused");
    assert_eq!(failure.kind, K::WrongLogin);
}

#[tokio::test]
async fn a_session_renews_itself_once_per_refresh_token() {
    let bench = Bench::new().await;
    let next = bench.fox.renewed(&bench.session).await.expect("the next pair");
    bench.fox.list_all(&next).await.expect("a listing");
    let spent = bench.fox.renewed(&bench.session).await.err().expect("refused");
    assert_eq!(spent.kind, K::LoggedOut);
    assert!(bench.sandbox.advance_clock(25 * 3600));
    assert_eq!(bench.fox.list_all(&next).await.expect_err("ended").kind, K::LoggedOut);
    let later = bench.fox.renewed(&next).await.expect("the pair after that");
    bench.fox.list_all(&later).await.expect("a listing");
}

#[tokio::test]
async fn the_switches_of_the_server_are_all_lived_with() {
    let bench = Bench::new().await;
    for quirks in [
        json!({ "page_without_next": true }),
        json!({ "exp_in_jwt": false }),
        json!({ "bearer_tokens": false }),
        json!({ "validation_status": 422 }),
    ] {
        bench.quirks(quirks.clone()).await;
        let listing = bench.fox.list_all(&bench.session).await.expect("a listing");
        assert_eq!(listing.failed, [], "{quirks}");
        assert!(listing.credentials.len() >= 17, "{quirks}");
    }
    bench.quirks(json!({ "api_keys_max_count": 1 })).await;
    let wanted = CreateRequest {
        owner: Id::new(&bench.told.environment),
        ..request("Flux key", "x", &["r1shopreader"])
    };
    let failure = bench.fox.create_one(&bench.session, &wanted).await.err().expect("refused");
    assert!(detail(&failure).contains("the plan allows 1 api_keys"), "{}", failure.sentence());
}
