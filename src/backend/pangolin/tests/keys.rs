//! Keys in the sandbox: made with permissions, verified, replaced, switched off, deleted, and found again.

use super::*;
use crate::domain::credential::{Expiry, LastUse};
use crate::domain::failure::Effected;

#[tokio::test]
async fn what_is_chosen_is_what_it_holds_and_what_its_bearer_shows() {
    let bench = &Bench::new().await;
    let scopes = ["list tag pii", "read catalog sales", "read namespace lake/raw.events", "role analyst"];
    let made = bench.create(&scopes).await;
    assert_eq!((made.credential.scopes.clone(), made.note.clone()), (listed(&scopes), None));
    let read = bench.backend.read(&bench.session, &reference(&made.credential)).await.expect("a key");
    assert_eq!(read.scopes, listed(&scopes));
    let sentences: Vec<&str> = read.particulars.allows.iter().map(Text::as_str).collect();
    assert!(sentences.contains(&"may read tables in catalog sales (read, list)"), "{sentences:?}");
    assert!(sentences.iter().any(|one| one.starts_with("role analyst: may read ")), "{sentences:?}");
    assert_eq!(bench.granted(&made.parts).await, Some(listed(&scopes)));
    assert_eq!(bench.named("made").await.scopes, listed(&scopes));
    for (role, granted) in [("tenant-admin", listed(&["account tenant-admin"]))] {
        let made = bench.create(&[&format!("account {role}")]).await;
        assert_eq!(bench.granted(&made.parts).await, Some(granted));
    }
    let of_root = bench.named("break-glass").await;
    assert_eq!(of_root.scopes, Granted::Everything);
    let findings = bench.backend.list(&bench.session).await.expect("a listing").findings;
    assert_eq!(findings.iter().map(|one| one.credential.as_ref()).collect::<Vec<_>>(), [Some(&of_root.id)]);
}

#[tokio::test]
async fn offers_name_catalogs_namespaces_and_roles_and_can_be_sent_back() {
    let bench = &Bench::new().await;
    let offers = bench.backend.scope_offers(&bench.session, KEY, &bench.tenant()).await.expect("offers");
    let find = |id: &str| offers.iter().find(|offer| offer.id == id);
    for id in
        ["role analyst", "read catalog sales", "all namespace sales/orders.eu", "manage-discovery tenant"]
    {
        assert!(find(id).is_some(), "{id}");
    }
    assert_eq!(
        find("read catalog sales").expect("offered").allows,
        "read tables in catalog sales (read, list)"
    );
    let names = bench.backend.names(&bench.backend.acting(&bench.session).expect("a session")).await;
    let ids: Vec<String> = offers.iter().map(|offer| offer.id.to_string()).collect();
    scopes::parse(&ids, &names).map(drop).expect("all of them");
    assert!(
        bench.backend.scope_offers(&bench.session, MINTED, &bench.tenant()).await.expect("none").is_empty()
    );
}

#[tokio::test]
async fn replaced_with_everything_it_holds_and_the_old_one_left_alone() {
    let bench = &Bench::new().await;
    for name in ["ci-pipeline", "nightly-export", "spark-jobs", "pii-scan", "provisioner", "break-glass"] {
        let old = bench.named(name).await;
        let new = bench.rotate(&old).await.expect("a successor");
        assert_eq!(new.note, None, "{name}");
        assert_ne!(new.credential.id, old.id);
        assert_eq!((&new.credential.name, &new.credential.description), (&old.name, &old.description));
        assert_eq!(new.credential.scopes, old.scopes, "{name}");
        let read = bench.backend.read(&bench.session, &reference(&new.credential)).await.expect("listed");
        assert_eq!(
            (&read.scopes, &read.particulars.allows),
            (&old.scopes, &old.particulars.allows),
            "{name}"
        );
        let life = |one: &Credential| match one.expires {
            Expiry::Never => None,
            Expiry::At(end) => Some(end.duration_since(one.created.expect("told")).as_hours()),
        };
        assert_eq!(life(&read), life(&old), "{name}");
        let still = bench.backend.read(&bench.session, &reference(&old)).await.expect("the old one");
        assert!(still.enabled, "{name}");
    }
}

#[tokio::test]
async fn replaced_with_less() {
    let bench = &Bench::new().await;
    let old = bench.create(&["read tenant", "write catalog sales"]).await;
    let request =
        RotateRequest { scopes: Some(vec![String::from("read tenant")]), ..rotation(&old.credential) };
    let new = bench.backend.rotate(&bench.session, &request).await.expect("a successor");
    let chosen =
        Equipment { like: Some(request.credential.clone()), scopes: request.scopes.clone().expect("chosen") };
    let new = bench.equipped(&bench.session, new, &chosen).await;
    assert_eq!(bench.granted(&new.parts).await, Some(listed(&["read tenant"])));
    assert!(new.credential.scopes.within(&old.credential.scopes));
}

#[tokio::test]
async fn what_could_not_be_copied_is_told_with_the_key() {
    let bench = &Bench::new().await;
    let old = bench.named("ci-pipeline").await;
    let fault = json!({ "kind": "answer", "backend": "pangolin", "method": "POST", "path": "/api/v1/permissions",
        "status": 500, "body": "Failed" });
    bench.control("faults", fault).await;
    let new = bench.rotate(&old).await.expect("a successor, with a note");
    let note = new.note.expect("told");
    assert!(
        note.as_str().contains("could not be given") && note.as_str().contains("catalog sales"),
        "{note}"
    );
    assert_eq!(new.credential.scopes, listed(&["role loader"]), "as it really is");
    assert!(bench.granted(&new.parts).await.is_some());
}

#[tokio::test]
async fn where_names_are_unique_the_successor_counts_on() {
    let bench = &Bench::new().await;
    let old = bench.named("dashboard").await;
    let fault = json!({ "kind": "answer", "backend": "pangolin", "method": "POST", "path": "/api/v1/service-users",
        "status": 500, "body": { "error": "Failed to create service user: error returned from database" } });
    bench.control("faults", fault).await;
    let new = bench.rotate(&old).await.expect("a successor");
    assert_eq!(new.credential.name.as_str(), "dashboard-2");
    // An answer that is lost after the work is done is never followed by another try.
    let fault = json!({ "kind": "cut_after", "backend": "pangolin", "method": "POST", "path": "/api/v1/service-users" });
    bench.control("faults", fault).await;
    let lost = bench.rotate(&old).await.err().expect("lost");
    assert_eq!(lost.effected, Effected::Unknown);
    let listing = bench.backend.list(&bench.session).await.expect("a listing");
    let named = |name: &str| listing.credentials.iter().filter(|one| one.name.as_str() == name).count();
    assert_eq!((named("dashboard"), named("dashboard-2")), (2, 1));
}

#[tokio::test]
async fn a_key_alone_is_verified_by_what_is_remembered_or_by_trying() {
    let bench = &Bench::new().await;
    let made = bench.create(&["read tenant"]).await;
    let alone = || Parts::single(made.parts.get("secret").expect("a key").share());
    assert!(bench.granted(&alone()).await.is_some(), "remembered");
    let fresh = adapter(&bench.endpoint, &[(TENANT, &bench.told.tenant_id)]);
    let untold = fresh.verify(&alone(), &crate::backend::unheard).await.expect("a verdict");
    assert!(matches!(untold, Verdict::Untold { .. }), "{untold:?}");
    fresh.list(&bench.session).await.expect("a listing");
    assert!(
        matches!(
            fresh.verify(&alone(), &crate::backend::unheard).await.expect("a verdict"),
            Verdict::Accepted { .. }
        ),
        "tried"
    );
    let found = fresh.identify(&bench.session, &alone().get("secret").expect("a key").share(), &[]).await;
    assert_eq!(found.expect("an answer").map(|one| one.id), Some(made.credential.id.clone()));
    assert_eq!(fresh.belongs_to(made.parts.get("secret").expect("a key")), Some(made.credential.id.clone()));
    let strange = Parts::single(secret(&format!("pgl_{}", "b".repeat(64))));
    assert!(matches!(
        fresh.verify(&strange, &crate::backend::unheard).await.expect("a verdict"),
        Verdict::Refused { .. }
    ));
    let nonsense =
        fresh.verify(&Parts::single(secret("hunter2")), &crate::backend::unheard).await.expect_err("neither");
    assert_eq!(nonsense.kind, FailureKind::Invalid);
}

#[tokio::test]
async fn refusals_tell_what_is_wrong_with_a_key() {
    let bench = &Bench::new().await;
    let made = bench.create(&[]).await;
    let why = || async {
        match bench.backend.verify(&made.parts, &crate::backend::unheard).await.expect("a verdict") {
            Verdict::Refused { why } => why.as_str().to_owned(),
            other @ (Verdict::Accepted { .. } | Verdict::Untold { .. }) => format!("{other:?}"),
        }
    };
    let edit = |enabled| Edit { enabled: Some(enabled), ..Edit::default() };
    let reference = reference(&made.credential);
    let off = bench.backend.edit(&bench.session, &reference, &edit(false)).await.expect("edited");
    assert!(!off.enabled);
    assert!(why().await.contains("switched off"), "{}", why().await);
    bench.backend.edit(&bench.session, &reference, &edit(true)).await.expect("edited");
    let renamed = Edit { name: Some(String::from("other")), description: Some(String::new()), enabled: None };
    let renamed = bench.backend.edit(&bench.session, &reference, &renamed).await.expect("edited");
    assert_eq!((renamed.name.as_str(), renamed.description.as_str()), ("other", ""));
    assert!(matches!(renamed.last_use, LastUse::Never));
    bench.backend.revoke(&bench.session, &reference).await.expect("deleted");
    assert!(why().await.contains("no service user with this id"), "{}", why().await);
    // The server calls all of these done, for one that is not there as well.
    for gone in [
        bench.backend.revoke(&bench.session, &reference).await.expect_err("gone"),
        bench.backend.edit(&bench.session, &reference, &edit(true)).await.expect_err("gone"),
        bench.backend.read(&bench.session, &reference).await.expect_err("gone"),
    ] {
        assert_eq!((gone.kind, gone.effected), (FailureKind::NotFound, Effected::No));
    }
}

#[tokio::test]
async fn whether_keys_are_taken_in_their_header_is_tried_once() {
    for (legacy, says) in [("off", "refuses every key"), ("on", "takes keys in the X-API-Key header")] {
        let bench = &Bench::new().await;
        bench.quirks(json!({ "legacy_keys": legacy })).await;
        let notes = || async { bench.backend.inspect().await.expect("a server").notes };
        assert!(!notes().await.iter().any(|note| note.as_str().contains("X-API-Key")));
        let made = bench.create(&[]).await;
        for _ in 0..2 {
            assert!(bench.granted(&made.parts).await.is_some(), "whatever the header is worth");
        }
        assert!(notes().await.iter().any(|note| note.as_str().contains(says)), "{legacy}");
    }
}

#[tokio::test]
async fn ends_are_days_from_today() {
    let bench = &Bench::new().await;
    for store in ["sql", "memory"] {
        bench.quirks(json!({ "store": store })).await;
        let request = request(KEY, &bench.tenant(), "ends", &[], Some(bench.in_days(30)));
        let made = bench.backend.create(&bench.session, &request).await.expect("a key");
        let read = bench.backend.read(&bench.session, &reference(&made.credential)).await.expect("a key");
        let Expiry::At(end) = read.expires else { panic!("it ends") };
        assert_eq!(end.to_zoned(jiff::tz::TimeZone::UTC).date(), bench.in_days(30));
        assert_ne!(made.credential.expires, Expiry::Never);
    }
}

#[tokio::test]
async fn rotated_in_place_it_cuts_over_in_memory_and_changes_nothing_on_sql() {
    let bench = &Bench::new().await;
    let in_place = |old: &Issued| RotateRequest { in_place: true, ..rotation(&old.credential) };
    let old = bench.create(&["read tenant"]).await;
    let refused = bench.backend.rotate(&bench.session, &in_place(&old)).await.err().expect("an SQL store");
    assert_eq!((refused.kind, refused.effected), (FailureKind::Unsupported, Effected::No));
    assert!(detail(&refused).contains("the old key works on"), "{refused:?}");
    assert!(bench.granted(&old.parts).await.is_some());
    bench.quirks(json!({ "store": "memory" })).await;
    let new = bench.backend.rotate(&bench.session, &in_place(&old)).await.expect("another key");
    assert_eq!(new.credential.id, old.credential.id);
    assert_eq!(bench.granted(&new.parts).await, Some(listed(&["read tenant"])), "as it was");
    assert_eq!(bench.granted(&old.parts).await, None, "at once");
}

#[tokio::test]
async fn what_was_given_is_not_given_twice_and_what_is_left_is() {
    let bench = &Bench::new().await;
    let scopes = ["read tenant", "role analyst", "write catalog sales"];
    let request = bench.key_request("bare", &scopes);
    let made = bench.backend.create(&bench.session, &request).await.expect("a key");
    assert_eq!(made.credential.scopes, listed(&[]), "nothing before it is stored");
    let fault = json!({ "kind": "answer", "backend": "pangolin", "method": "POST", "path": "/api/v1/permissions",
        "status": 500, "body": "Failed" });
    bench.control("faults", fault).await;
    let equipment = Equipment { like: None, scopes: request.scopes };
    let cut = bench.equipped(&bench.session, made, &equipment).await;
    assert!(cut.note.is_some() && cut.credential.scopes != listed(&scopes));
    for _ in 0..2 {
        let whole = bench.backend.equip(&bench.session, &reference(&cut.credential), &equipment).await;
        assert_eq!(whole, Ok(Equipped::Whole));
    }
    assert_eq!(bench.named("bare").await.scopes, listed(&scopes));
    let acting = bench.backend.acting(&bench.session).expect("a session");
    let held = bench.backend.held(&acting, cut.credential.id.as_str()).await.expect("held");
    assert_eq!((held.permissions.len(), held.roles.len()), (2, 1), "each once");
}

#[tokio::test]
async fn what_was_found_out_about_the_header_is_kept_and_shown_with_each_key() {
    for (legacy, says) in [("off", "refuses every key"), ("on", "which this server takes")] {
        let bench = &Bench::new().await;
        bench.quirks(json!({ "legacy_keys": legacy })).await;
        assert_eq!(bench.backend.learned(), None);
        let made = bench.create(&[]).await;
        assert!(bench.granted(&made.parts).await.is_some());
        let later = adapter(&bench.endpoint, &[(TENANT, &bench.told.tenant_id)]);
        later.recall(bench.backend.learned().expect("found out"));
        for backend in [&bench.backend, &later] {
            let read = backend.read(&bench.session, &reference(&made.credential)).await.expect("a key");
            let presented = read.particulars.presented.as_ref().expect("told");
            assert!(presented.as_str().contains(says), "{presented}");
        }
    }
}
