//! The contract's transcripts, decoded.

use super::*;
use crate::domain::credential::{Expiry, LastUse, Particulars, Window};
use crate::domain::scope::Granted;

const ACCOUNT: &str = r#"{"body":{"created":"2026-11-21T21:23:20.472064","updated":"2026-11-21T21:23:20.472107",
    "full_name":"","active":true,"avatar_url":null},"metadata":{"description":"CI runner","external_user_id":null},
    "resources":null,"id":"c0fc8c1b-2f16-401a-907f-f98e165267b3","permission_denied":false,"name":"ci-runner"}"#;

fn nested_account() -> String {
    ACCOUNT.replace(r#"{"description":"CI runner","external_user_id":null}"#, "null")
}

fn created() -> String {
    format!(
        r#"{{"body":{{"created":"2026-11-21T21:23:50.550710","updated":"2026-11-21T21:23:50.550710","key":"{}",
        "active":true,"service_account":{}}},"metadata":{{"description":"prod deploys","retain_period_minutes":0,
        "last_login":null,"last_rotated":null}},"resources":null,"id":"{KEY}","permission_denied":false,
        "name":"default"}}"#,
        raw_key(KEY),
        nested_account()
    )
}

fn rotated() -> String {
    format!(
        r#"{{"body":{{"created":"2026-11-21T21:23:50.550710","updated":"2026-11-21T21:25:29.203243","key":"{}",
        "active":true,"service_account":{}}},"metadata":null,"resources":null,"id":"{KEY}",
        "permission_denied":false,"name":"default"}}"#,
        raw_key(KEY),
        nested_account()
    )
}

/// A key as lists and reads give it after that rotation.
fn listed() -> String {
    created().replace(&format!("\"{}\"", raw_key(KEY)), "null").replace(
        r#""retain_period_minutes":0,
        "last_login":null,"last_rotated":null"#,
        r#""retain_period_minutes":1,"last_login":"2026-11-21T21:25:29","last_rotated":"2026-11-21T21:25:29.203243""#,
    )
}

fn page(items: &[String], total_pages: u32) -> String {
    let items = items.join(",");
    format!(r#"{{"index":1,"max_size":100,"total_pages":{total_pages},"total":1,"items":[{items}]}}"#)
}

fn wanted() -> Credential {
    Credential {
        id: Id::new(KEY),
        owner: OwnerRef { id: Id::new(OWNER), name: "ci-runner".into() },
        name: "default".into(),
        kind: "API key",
        description: "prod deploys".into(),
        scopes: Granted::AsOwner,
        created: Some(at("2026-11-21T21:23:50.550710Z")),
        rotated: None,
        expires: Expiry::Never,
        last_use: LastUse::Never,
        enabled: true,
        owner_enabled: true,
        window: None,
        particulars: Particulars::default(),
    }
}

fn wanted_rotated() -> Credential {
    let began = at("2026-11-21T21:25:29.203243Z");
    let ends = at("2026-11-21T21:26:29.203243Z");
    Credential {
        rotated: Some(began),
        last_use: LastUse::At(at("2026-11-21T21:25:29Z")),
        window: Some(Window { began, ends }),
        ..wanted()
    }
}

#[tokio::test]
async fn a_new_key() {
    let server = server(vec![("POST", ok(created()))]).await;
    let adapter = adapter(&server);
    let issued = adapter.create(&session(), &create_request()).await.expect("issued");
    assert_eq!(issued.credential, wanted());
    let secret = issued.parts.get("secret").expect("a secret");
    assert_eq!(secret.expose(), raw_key(KEY));
    assert_eq!(adapter.belongs_to(secret), Some(Id::new(KEY)));
    let [seen] = server.seen().try_into().expect("one request");
    assert_eq!(seen.line, format!("POST /base/api/v1/service_accounts/{OWNER}/api_keys"));
    assert!(seen.head.contains("idempotency-key: 00000000-0000-0000-0000-000000000007\r\n"), "{}", seen.head);
    assert_eq!(seen.body, r#"{"description":"prod deploys","name":"default"}"#);
}

#[tokio::test]
async fn a_rotation_hands_its_secret_on_at_once() {
    let server = server(vec![("PUT", ok(rotated()))]).await;
    let issued = adapter(&server).rotate(&session(), &rotate_request(1)).await.expect("issued");
    assert_eq!(issued.parts.get("secret").map(Secret::expose), Some(raw_key(KEY).as_str()));
    assert_eq!(issued.credential.window, wanted_rotated().window, "told from the request");
    assert_eq!(issued.credential.last_use, LastUse::Untold);
    let [put] = server.seen().try_into().expect("one request: nothing is read before the secret is kept");
    assert!(put.line.ends_with(&format!("/api_keys/{KEY}/rotate")), "{}", put.line);
    assert_eq!(put.body, r#"{"retain_period_minutes":1}"#);
}

#[tokio::test]
async fn an_odd_answer_with_a_secret_in_it_keeps_the_secret() {
    let key = raw_key(KEY);
    let cases = [
        format!(r#"{{"body":{{"key":"{key}"}}}}"#),
        format!(r#"{{"id":7,"name":[],"body":{{"key":"{key}","active":"yes","created":false}}}}"#),
        format!(r#"{{"id":"{KEY}","key":"{key}"}}"#),
        format!(r#"{{"id":null,"metadata":"none","body":{{"key":"{key}","service_account":[1]}}}}"#),
    ];
    for body in cases {
        let server = server(vec![("POST", ok(body.clone()))]).await;
        let issued = adapter(&server).create(&session(), &create_request()).await.expect("issued");
        assert_eq!(issued.parts.get("secret").map(Secret::expose), Some(key.as_str()), "{body}");
        assert_eq!(issued.credential.id, Id::new(KEY), "{body}");
        assert_eq!(issued.credential.name.as_str(), "default", "{body}");
    }
    let foreign = format!(r#"{{"id":"{KEY}","body":{{"key":"ZENKEY2_new-form"}}}}"#);
    let server = server(vec![("POST", ok(foreign))]).await;
    let issued = adapter(&server).create(&session(), &create_request()).await.expect("issued");
    assert_eq!(issued.parts.get("secret").map(Secret::expose), Some("ZENKEY2_new-form"));
}

#[tokio::test]
async fn a_secret_of_another_key_is_handed_on_as_that_ones_and_said() {
    let body = created().replace(&raw_key(KEY), &raw_key(OWNER));
    let server = server(vec![("POST", ok(body))]).await;
    let issued = adapter(&server).create(&session(), &create_request()).await.expect("issued");
    assert_eq!(issued.credential.id.as_str(), OWNER);
    assert_eq!(issued.parts.get("secret").map(Secret::expose), Some(raw_key(OWNER).as_str()));
    let note = issued.note.expect("a sentence");
    assert!(note.as_str().contains(KEY) && note.as_str().contains(OWNER), "{note}");
}

#[tokio::test]
async fn everything_over_several_pages() {
    let second_owner =
        ACCOUNT.replace("c0fc8c1b", "d1fc8c1b").replace(r#""active":true"#, r#""active":false"#);
    let denied = r#"{"body":null,"metadata":null,"resources":null,"id":"e2fc8c1b-2f16-401a-907f-f98e165267b3",
        "permission_denied":true,"name":"hidden"}"#;
    let server = server(vec![
        ("/service_accounts?page=1", ok(page(&[ACCOUNT.to_owned()], 2))),
        ("/service_accounts?page=2", ok(page(&[second_owner, denied.to_owned()], 2))),
        ("/c0fc8c1b-2f16-401a-907f-f98e165267b3/api_keys?page=1", ok(page(&[listed()], 2))),
        (
            "/c0fc8c1b-2f16-401a-907f-f98e165267b3/api_keys?page=2",
            Answer::Status(400, "", r#"{"detail":["ValueError","Invalid page 2."]}"#.into()),
        ),
        (
            "/d1fc8c1b-2f16-401a-907f-f98e165267b3/api_keys",
            ok(page(&[listed().replace(KEY, "41792b15-e97c-4306-9f11-96c11b2e2d21")], 1)),
        ),
        (
            "/e2fc8c1b-2f16-401a-907f-f98e165267b3/api_keys",
            Answer::Status(403, "", r#"{"detail":["IllegalOperationError","no"]}"#.into()),
        ),
    ])
    .await;
    let listing = adapter(&server).list(&session()).await.expect("a listing");
    let owners: Vec<_> = listing.owners.iter().map(|o| (o.name.as_str(), o.enabled)).collect();
    assert_eq!(owners, [("ci-runner", true), ("ci-runner", false), ("hidden", true)]);
    assert_eq!(listing.owners.first().map(|o| o.description.as_str()), Some("CI runner"));
    assert_eq!(listing.credentials.first(), Some(&wanted_rotated()));
    assert_eq!(listing.credentials.get(1).map(|c| c.owner_enabled), Some(false));
    let failed: Vec<_> = listing.failed.iter().map(|(o, f)| (o.name.as_str(), f.kind)).collect();
    assert_eq!(failed, [("hidden", FailureKind::Forbidden)]);
}

#[tokio::test]
async fn a_list_too_large_for_one_answer_is_asked_for_in_smaller_pieces() {
    let server = Script::start(|seen: &Seen| match () {
        () if seen.line.contains("size=100") => ok("x".repeat(2 << 20)),
        () if seen.line.contains("/api_keys") => ok(page(&[], 1)),
        () => ok(page(&[ACCOUNT.to_owned()], 1)),
    })
    .await;
    let listing = adapter(&server).list(&session()).await.expect("a listing");
    assert_eq!(listing.owners.len(), 1);
}

#[tokio::test]
async fn an_ended_session_ends_the_whole_listing() {
    let body = r#"{"detail":["CredentialsNotValid","Authentication error: Signature verification failed"]}"#;
    let server = server(vec![
        ("/api_keys", Answer::Status(401, "", body.into())),
        ("/service_accounts?", ok(page(&[ACCOUNT.to_owned()], 1))),
    ])
    .await;
    let failure = adapter(&server).list(&session()).await.expect_err("logged out");
    assert_eq!(failure.kind, FailureKind::LoggedOut);
    assert!(detail(&failure).contains("restarted"), "{}", detail(&failure));
}

#[tokio::test]
async fn owners() {
    let server = server(vec![("POST", ok(ACCOUNT)), ("PUT", ok(ACCOUNT)), ("DELETE", ok("null"))]).await;
    let adapter = adapter(&server);
    let made = adapter.create_owner(&session(), "ci-runner", "CI runner").await.expect("an owner");
    assert_eq!((made.id.as_str(), made.name.as_str(), made.enabled), (OWNER, "ci-runner", true));
    assert_eq!(made.created, Some(at("2026-11-21T21:23:20.472064Z")));
    adapter.enable_owner(&session(), &made.id, false).await.expect("an owner");
    adapter.delete_owner(&session(), &made.id).await.expect("deleted");
    let [post, put, delete] = server.seen().try_into().expect("three requests");
    assert_eq!(post.body, r#"{"active":true,"description":"CI runner","name":"ci-runner"}"#);
    assert!(post.head.contains("idempotency-key: "), "{}", post.head);
    assert_eq!(put.body, r#"{"active":false}"#);
    assert_eq!(delete.line, format!("DELETE /base/api/v1/service_accounts/{OWNER}"));
}

#[tokio::test]
async fn edits_send_only_what_changes() {
    let server = server(vec![("PUT", ok(listed())), ("DELETE", ok("null"))]).await;
    let adapter = adapter(&server);
    let cases = [
        (Edit { enabled: Some(false), ..Edit::default() }, r#"{"active":false}"#),
        (Edit { description: Some(String::new()), ..Edit::default() }, r#"{"description":""}"#),
        (Edit { name: Some(String::from("n")), ..Edit::default() }, r#"{"name":"n"}"#),
    ];
    for (edit, want) in cases {
        assert_eq!(adapter.edit(&session(), &reference(), &edit).await, Ok(wanted_rotated()));
        assert_eq!(server.seen().last().map(|seen| seen.body.clone()).as_deref(), Some(want));
    }
    adapter.revoke(&session(), &reference()).await.expect("deleted");
}
