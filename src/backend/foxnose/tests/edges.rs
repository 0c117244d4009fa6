//! Odd answers to listing, creating and deleting.

use super::*;
use crate::domain::credential::State;
use crate::domain::failure::{Effected, FailureKind as K};
use crate::domain::scope::Granted;

const KEYS: &str = "/v1/env123env123/permissions/flux-api/api-keys/";
const ROLE: &str = r#"{"key":"role1","name":"reader","description":null}"#;

fn page(rows: &str) -> Answer {
    ok(format!(r#"{{"count":1,"next":null,"previous":null,"results":[{rows}]}}"#))
}

/// A server on which the login names its environment.
async fn place(answers: Vec<(&'static str, Answer)>) -> (Script, FoxNose) {
    let mut all = answers;
    all.push(("/organizations/", refusal(403, "access_denied", "no looking around")));
    all.push(("/permissions/", page("")));
    all.push(("/api/", page("")));
    let script = server(all).await;
    let fox = adapter_with(&script, &[("environment", ENV)]);
    (script, fox)
}

#[tokio::test]
async fn who_may_not_look_around_names_an_environment() {
    let (_, fox) = place(vec![(KEYS, page(&row("k1", "\"role1\"", "********x")))]).await;
    let listing = fox.list_all(&session()).await.expect("a listing");
    assert_eq!(listing.owners.iter().map(|owner| owner.name.as_str()).collect::<Vec<_>>(), [ENV]);
    let key = &listing.credentials[0];
    assert_eq!((key.id.as_str(), key.name.as_str(), key.kind), ("flux:k1", "CI", "Flux key"));
    assert_eq!(key.scopes, Granted::Listed(vec!["role1".into()]));
    assert_eq!(key.created, Some(at("2026-11-21T21:00:00.123456Z")));
    assert!(key.particulars.allows[0].as_str().contains("cannot read or which is gone"));
    let script = server(vec![("/organizations/", refusal(403, "access_denied", "no"))]).await;
    let failure = adapter(&script).list_all(&session()).await.expect_err("refused");
    assert!(detail(&failure).contains("name an environment"), "{}", failure.sentence());
}

#[tokio::test]
async fn an_organisation_that_may_not_be_looked_into_does_not_hide_the_others() {
    let list = |rows: &str| ok(format!("[{rows}]"));
    for closed in ["/organizations/o1/projects/?", "/organizations/o2/projects/p2/environments/"] {
        let script = server(vec![
            (closed, refusal(403, "access_denied", "not for you")),
            ("/organizations/?", list(r#"{"key":"o1","name":"One"},{"key":"o2","name":"Two"}"#)),
            ("/organizations/o1/projects/?", page(r#"{"key":"p1","name":"first"}"#)),
            ("/organizations/o2/projects/?", page(r#"{"key":"p2","name":"second"}"#)),
            ("/projects/p1/environments/", list(r#"{"key":"e1","name":"live","is_enabled":true}"#)),
            ("/projects/p2/environments/", list(r#"{"key":"e2","name":"live","is_enabled":true}"#)),
            ("/v1/", page("")),
        ])
        .await;
        let listing = adapter(&script).list_all(&session()).await.expect("a listing");
        let seen: Vec<&str> = listing.owners.iter().map(|owner| owner.id.as_str()).collect();
        let (open, shut) = if closed.contains("o1") { ("e2", "One") } else { ("e1", "second") };
        assert_eq!(seen, [open]);
        let told = format!("cannot look into {shut}");
        assert!(
            listing.findings.iter().any(|one| one.what.as_str().contains(&told)),
            "{:?}",
            listing.findings
        );
    }
}

#[tokio::test]
async fn a_role_that_goes_while_roles_are_read_is_not_offered() {
    let script = server(vec![
        ("/flux-api/roles/?", page(r#"{"key":"role1","name":"reader"},{"key":"gone1","name":"gone"}"#)),
        ("/roles/gone1/", refusal(404, "not_found", "Not found.")),
        (
            "/roles/role1/permissions/",
            ok(r#"[{"content_type":"flux-apis","actions":["read"],"all_objects":true}]"#),
        ),
        ("/api/", page("")),
    ])
    .await;
    let offers = adapter(&script).offers(&session(), "Flux key", &Id::new(ENV)).await.expect("offers");
    assert_eq!(offers.iter().map(|offer| offer.id.as_ref()).collect::<Vec<_>>(), ["role1"]);
}

#[tokio::test]
async fn a_key_whose_role_went_since_it_was_looked_at_is_not_made_again_without_one() {
    let now = std::sync::Arc::new(std::sync::Mutex::new("\"role1\""));
    let told = std::sync::Arc::clone(&now);
    let script = Script::start(move |seen: &Seen| match seen.line.as_str() {
        line if line.starts_with("POST") => ok(row("new1", "null", SECRET)),
        line if line.contains("/organizations/") => refusal(403, "access_denied", "no"),
        line if line.contains("api-keys/k1/") => ok(row("k1", *told.lock().expect("a role"), "********x")),
        line if line.contains("/roles/role") && !line.contains("permissions/?") => ok(ROLE),
        _ => page(""),
    })
    .await;
    let fox = adapter_with(&script, &[("environment", ENV)]);
    let reference = reference("management:k1");
    fox.read_one(&session(), &reference).await.expect("looked at");
    for other in ["null", "\"role2\""] {
        *now.lock().expect("a role") = other;
        let failure =
            fox.replace_one(&session(), &rotation(reference.clone())).await.err().expect("not like this");
        assert_eq!((failure.kind, failure.effected), (K::Changed, Effected::No), "{other}");
    }
    assert!(script.seen().iter().all(|seen| seen.line.starts_with("GET")), "nothing was sent");
    // Looked at once more, it is what is wanted.
    fox.read_one(&session(), &reference).await.expect("looked at");
    fox.replace_one(&session(), &rotation(reference)).await.expect("a second key");
}

#[tokio::test]
async fn no_role_is_everything_on_a_management_key_only() {
    let management = "/v1/env123env123/permissions/management-api/api-keys/";
    let roles = "/v1/env123env123/permissions/management-api/roles/";
    let rows = [row("k1", "null", "x"), row("k2", "\"role1\"", "x"), row("k3", "\"full\"", "x")].join(",");
    let full = format!(r#"{ROLE},{{"key":"full","name":"admin","full_access":true}}"#);
    let (_, fox) =
        place(vec![(management, page(&rows)), (roles, page(&full)), (KEYS, page(&row("k4", "null", "x")))])
            .await;
    let listing = fox.list_all(&session()).await.expect("a listing");
    let state = |id: &str| {
        let found = listing.credentials.iter().find(|one| one.id.as_str() == id).expect("listed");
        (found.state(at("2026-11-21T21:23:20Z")), found.scopes.clone())
    };
    assert_eq!(state("management:k1"), (State::Wide, Granted::Everything));
    assert_eq!(state("management:k2").0, State::Active);
    assert_eq!(state("management:k3"), (State::Wide, Granted::Everything));
    assert_eq!(state("flux:k4"), (State::Active, Granted::Listed(Vec::new())));
    let about: Vec<&str> =
        listing.findings.iter().filter_map(|one| Some(one.credential.as_ref()?.as_str())).collect();
    assert_eq!(about, ["flux:k4", "management:k1", "management:k3"]);
}

#[tokio::test]
async fn odd_rows_and_odd_pages() {
    let odd =
        [row("a/b", "null", "x"), row("..", "null", "x"), String::from("7"), String::from(r#"{"key":null}"#)];
    let rows = format!("{},{}", row("good", "\"role1\"", "x"), odd.join(","));
    // No `next`, and a count that is never reached because the offset is ignored.
    let (script, fox) = place(vec![(KEYS, ok(format!(r#"{{"count":50,"results":[{rows}]}}"#)))]).await;
    let listing = fox.list_all(&session()).await.expect("a listing");
    assert_eq!(listing.credentials.len(), 1);
    let told = listing
        .findings
        .iter()
        .any(|one| one.what.as_str().contains("4 keys of env123env123 cannot be read"));
    assert!(told, "{:?}", listing.findings);
    assert_eq!(script.seen().iter().filter(|seen| seen.line.contains(KEYS)).count(), 2, "it ends");
    for body in ["<html>hi</html>", "7", r#"{"results":{}}"#] {
        let (_, fox) = place(vec![(KEYS, ok(body))]).await;
        let listing = fox.list_all(&session()).await.expect("a listing");
        assert_eq!(listing.failed[0].1.kind, K::Unexpected, "{body}");
    }
}

#[tokio::test]
async fn further_pages_are_asked_for_by_offset_and_never_by_the_servers_address() {
    let script = Script::start(|seen: &Seen| {
        if seen.line.contains("/organizations/") {
            return refusal(403, "access_denied", "no");
        }
        if !seen.line.contains(KEYS) {
            return page("");
        }
        let rows = |from: u32, to: u32| {
            (from..to).map(|n| row(&format!("k{n}"), "null", "x")).collect::<Vec<_>>().join(",")
        };
        let (rows, next) = if seen.line.contains("offset=100") {
            (rows(100, 120), "null")
        } else {
            (rows(0, 100), "\"https://elsewhere.example/?offset=100\"")
        };
        ok(format!(r#"{{"count":120,"next":{next},"previous":null,"results":[{rows}]}}"#))
    })
    .await;
    let listing =
        adapter_with(&script, &[("environment", ENV)]).list_all(&session()).await.expect("a listing");
    assert_eq!(listing.credentials.len(), 120);
}

#[tokio::test]
async fn a_key_is_made_once_with_its_role_read_before() {
    let role = "/permissions/flux-api/roles/role1/";
    let made = ok(row("new1", "\"role1\"", SECRET));
    let script = server(vec![(role, ok(ROLE)), ("POST", made)]).await;
    let issued =
        adapter(&script).create_one(&session(), &request("Flux key", "CI", &["role1"])).await.expect("a key");
    assert_eq!((issued.credential.id.as_str(), &issued.note), ("flux:new1", &None));
    let part = |name: &str| issued.parts.get(name).expect("a part").expose().to_owned();
    assert_eq!((part("public"), part("secret")), (PUBLIC.to_owned(), SECRET.to_owned()));
    let seen = script.seen();
    assert_eq!(
        (seen[1].line.as_str(), seen[1].body.as_str()),
        (
            "POST /base/v1/env123env123/permissions/flux-api/api-keys/",
            r#"{"description":"CI","role":"role1"}"#
        )
    );
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_role_that_is_gone_makes_no_key() {
    let script = server(vec![("/roles/", refusal(404, "not_found", "Not found."))]).await;
    for kind in ["Flux key", "Management key"] {
        let failure = adapter(&script)
            .create_one(&session(), &request(kind, "CI", &["role1"]))
            .await
            .err()
            .expect("refused");
        assert_eq!((failure.kind, failure.effected), (K::Invalid, Effected::No));
        assert!(detail(&failure).contains("not there any more"));
    }
    assert!(script.seen().iter().all(|seen| seen.line.starts_with("GET")));
}

#[tokio::test]
async fn a_key_wider_than_asked_shows_as_what_it_is() {
    let script = server(vec![("/roles/", ok(ROLE)), ("POST", ok(row("new1", "null", SECRET)))]).await;
    let issued = adapter(&script)
        .create_one(&session(), &request("Management key", "CI", &["role1"]))
        .await
        .expect("a key");
    assert_eq!(issued.credential.scopes, Granted::Everything);
}

#[tokio::test]
async fn answers_to_a_create_that_lose_or_nearly_lose_the_secret() {
    for (answer, kind) in [
        (ok(row("new1", "null", "********IiaZ")), K::Unexpected),
        (ok(row("new1", "null", "MIGH...IiaZ")), K::Unexpected),
        (ok(row("new1", "null", "")), K::Unexpected),
        (ok("<html>"), K::Unexpected),
        (Answer::Close, K::CutOff),
        (Answer::Status(502, "", String::from(r#"{"error_code":"upstream_error"}"#)), K::ServerFailed),
    ] {
        let script = server(vec![("POST", answer), ("GET", page(""))]).await;
        let failure = adapter(&script)
            .create_one(&session(), &request("Management key", "CI", &[]))
            .await
            .err()
            .expect("lost");
        assert_eq!((failure.kind, failure.effected), (kind, Effected::Unknown), "{}", failure.sentence());
        assert_eq!(
            script.seen().iter().filter(|seen| seen.line.starts_with("POST")).count(),
            1,
            "never twice"
        );
    }
    // The secret is there and the rest is odd: it is not lost.
    let body = format!(r#"{{"secret_key":"{SECRET}","key":7,"role":["x"]}}"#);
    let script = server(vec![("POST", ok(body)), ("GET", page(""))]).await;
    let issued = adapter(&script)
        .create_one(&session(), &request("Management key", "CI", &[]))
        .await
        .expect("a secret");
    assert_eq!(issued.parts.get("secret").expect("a part").expose(), SECRET);
    assert_eq!(issued.credential.name.as_str(), "CI");
    // One that cannot sign is handed on with a word about it.
    let script = server(vec![("POST", ok(row("new1", "null", "bm90IGEga2V5")))]).await;
    let issued = adapter(&script)
        .create_one(&session(), &request("Management key", "CI", &[]))
        .await
        .expect("a secret");
    assert!(issued.note.expect("a note").as_str().contains("cannot sign"));
}

#[tokio::test]
async fn what_is_not_asked_for_like_this_is_not_sent() {
    let script = server(Vec::new()).await;
    let long = "x".repeat(101);
    let dated = CreateRequest { expiry: "2027-01-01".parse().ok(), ..request("Flux key", "CI", &["role1"]) };
    let elsewhere = CreateRequest { owner: Id::new("a/b"), ..request("Flux key", "CI", &["role1"]) };
    for wanted in [
        request("Flux key", "CI", &[]),
        request("Flux key", "CI", &["a", "b"]),
        request("Flux key", "CI", &["a/b"]),
        request("Flux key", &long, &["a"]),
        request("Flux bearer token", "CI", &[]),
        dated,
        elsewhere,
    ] {
        let failure = adapter(&script).create_one(&session(), &wanted).await.err().expect("refused");
        assert_eq!((failure.kind, failure.effected), (K::Invalid, Effected::No), "{}", failure.sentence());
    }
    assert_eq!(script.seen().len(), 0);
}

#[tokio::test]
async fn deleted_is_what_is_gone_afterwards() {
    let gone = refusal(404, "not_found", "Not found.");
    let done = Answer::Status(204, "", String::new());
    let there = ok(row("k1", "null", "x"));
    for (deleted, read, want) in [
        (done.clone(), gone.clone(), None),
        (done.clone(), Answer::Status(503, "", String::new()), None),
        (done, there.clone(), Some((K::Unexpected, Effected::Unknown))),
        (gone.clone(), gone, Some((K::NotFound, Effected::No))),
        (Answer::Status(301, "location: /x", String::new()), there, Some((K::Redirected, Effected::No))),
    ] {
        let script = server(vec![("DELETE", deleted), ("GET", read)]).await;
        let ended = adapter(&script).end(&session(), &reference("flux:k1")).await;
        assert_eq!(ended.err().map(|failure| (failure.kind, failure.effected)), want);
        assert_eq!(script.seen()[0].line, "DELETE /base/v1/env123env123/permissions/flux-api/api-keys/k1/");
    }
}

#[tokio::test]
async fn a_server_older_than_tokens_says_so() {
    let script = server(vec![
        ("bearer-token", refusal(404, "not_found", "Not found.")),
        ("api-keys/k1/", ok(row("k1", "null", "x"))),
    ])
    .await;
    let failure = adapter(&script)
        .create_one(&session(), &request("Flux bearer token", "CI token", &["k1"]))
        .await
        .err()
        .expect("refused");
    assert_eq!(failure.kind, K::Unsupported);
    let failure = adapter(&script)
        .create_one(&session(), &request("Flux bearer token", "other", &["k1"]))
        .await
        .err()
        .expect("refused");
    assert!(detail(&failure).contains("type 'CI token'"), "{}", failure.sentence());
}

#[tokio::test]
async fn a_server_that_takes_any_credential_proves_nothing() {
    let script = Script::start(|seen: &Seen| match seen.line.as_str() {
        _ if !seen.head.contains("authorization: ") => refusal(401, "authentication_failed", "no"),
        line if line.contains("/organizations/") => refusal(403, "access_denied", "no looking around"),
        line if line.contains("/management-api/api-keys/") => page(&row("k1", "null", "********x")),
        _ => page(""),
    })
    .await;
    let fox = adapter_with(&script, &[("environment", ENV)]);
    fox.list_all(&session()).await.expect("a listing");
    let parts = Parts::named(vec![
        crate::secret::Part { name: "public", secret: Secret::new(PUBLIC.to_owned()) },
        crate::secret::Part { name: "secret", secret: Secret::new(SECRET.to_owned()) },
    ]);
    let verdict = fox.prove(&parts).await.expect("a verdict");
    assert!(
        matches!(&verdict, Verdict::Untold { why } if why.as_str().contains("spoilt by one character it is answered 200")),
        "{verdict:?}"
    );
}
