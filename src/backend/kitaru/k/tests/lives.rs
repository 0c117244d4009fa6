//! Keys from making to deleting, lists, and accounts.

use super::*;
use crate::domain::credential::{LastUse, Window};
use crate::domain::failure::Effected;

#[tokio::test]
async fn a_create_is_sent_once_under_its_key() {
    let body = shown("null", &with_key());
    let script = server(vec![("POST /base/api/v1/api-keys", Answer::Status(201, "", body))]).await;
    let made = adapter(&script).create(&session(), &create_request("ci")).await.expect("made");
    assert_eq!((made.credential.id.as_str(), made.credential.name.as_str()), (KEY, "ci"));
    assert_eq!(made.credential.owner.name.as_str(), "admin");
    assert_eq!(made.parts.get("secret").expect("a secret").expose(), raw_key(KEY));
    let sent = written(&script);
    let [sent] = sent.as_slice() else { panic!("one write: {sent:?}") };
    assert_eq!(sent.body, r#"{"name":"ci"}"#);
    assert!(sent.head.contains(&format!("idempotency-key: {}", Uuid::from_u128(7))), "{}", sent.head);
    assert!(!sent.head.contains("origin"), "{}", sent.head);
}

#[tokio::test]
async fn what_would_be_refused_is_not_sent() {
    let script = server(Vec::new()).await;
    let adapter = adapter(&script);
    for name in ["", "a b", "a.b", "日本語", "-x"] {
        let failure = adapter.create(&session(), &create_request(name)).await.err().expect("refused");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Invalid, Effected::No), "{name}");
    }
    let others = CreateRequest { owner: Id::new(Uuid::from_u128(9).to_string()), ..create_request("ci") };
    let failure = adapter.create(&session(), &others).await.err().expect("refused");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(failure.sentence().contains("service accounts included"), "{}", failure.sentence());
    for minutes in [-1, 525_601, 10_000_000_000_000] {
        let failure = adapter.rotate(&session(), &rotate_request(minutes)).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::Invalid, "{minutes}");
    }
    let renamed = Edit { name: Some(String::from("x")), ..Edit::default() };
    let failure = adapter.edit(&session(), &reference(), &renamed).await.expect_err("refused");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert_eq!(
        adapter.delete_owner(&session(), &Id::new(OWNER)).await.err().map(|f| f.kind),
        Some(FailureKind::Unsupported)
    );
    assert_eq!(written(&script).len(), 0);
}

#[tokio::test]
async fn a_rotation_carries_its_key_and_tells_the_window_that_was_asked_for() {
    let body = shown(r#""2026-11-22T02:07:05.565063Z""#, &with_key());
    let script = server(vec![("/rotate", ok(body))]).await;
    let adapter = adapter(&script);
    let rotated = adapter.rotate(&session(), &rotate_request(10)).await.expect("rotated");
    let began = at("2026-11-22T02:07:05.565063Z");
    assert_eq!(rotated.credential.window, Some(Window { began, ends: at("2026-11-22T02:17:05.565063Z") }));
    let sent = written(&script);
    let [sent] = sent.as_slice() else { panic!("one write: {sent:?}") };
    assert_eq!(sent.line, format!("POST /base/api/v1/api-keys/{KEY}/rotate"));
    assert_eq!(sent.body, r#"{"retain_period_minutes":10}"#);
    assert!(sent.head.contains(&format!("idempotency-key: {}", Uuid::from_u128(8))), "{}", sent.head);
    let at_once = adapter.rotate(&session(), &rotate_request(0)).await.expect("rotated");
    assert_eq!(at_once.credential.window, None);
}

#[tokio::test]
async fn an_answer_without_a_secret_is_not_known_and_one_about_another_key_is_handed_on() {
    let id = Uuid::from_u128(5).to_string();
    let other = raw_key(&id);
    let script = server(vec![("/rotate", ok(shown("null", &format!(r#","key":"{other}""#))))]).await;
    let rotated = adapter(&script).rotate(&session(), &rotate_request(0)).await.expect("it comes once");
    assert_eq!(rotated.credential.id.as_str(), id);
    let note = rotated.note.expect("a sentence");
    assert!(note.as_str().contains(KEY) && note.as_str().contains(&id), "{note}");
    for more in [String::new(), String::from(r#","key":"""#)] {
        let script = server(vec![("/rotate", ok(shown("null", &more)))]).await;
        let failure = adapter(&script).rotate(&session(), &rotate_request(0)).await.err().expect("odd");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Unexpected, Effected::Unknown), "{more}");
    }
    // The rest may be as odd as it likes: a secret that comes once is handed over.
    let body = format!(r#"{{"id":7,"name":["x"],"created":5,"key":"{}"}}"#, raw_key(KEY));
    let script = server(vec![("/rotate", ok(body))]).await;
    let rotated = adapter(&script).rotate(&session(), &rotate_request(0)).await.expect("rotated");
    assert_eq!(rotated.credential.id.as_str(), KEY);
}

#[tokio::test]
async fn lost_and_running_writes_are_not_known_and_refusals_are() {
    use Effected::{No, Unknown};
    let told = |status, words: &str| Answer::Status(status, "", format!(r#"{{"detail":"{words}"}}"#));
    let cases = [
        (Answer::Close, FailureKind::CutOff, Unknown),
        (told(500, "x"), FailureKind::ServerFailed, Unknown),
        (told(503, "x"), FailureKind::ServerFailed, Unknown),
        (told(409, "Idempotency-Key request is still in progress."), FailureKind::Slow, Unknown),
        (told(422, "Idempotency-Key was already used with a different request"), FailureKind::Invalid, No),
        (told(404, "API key x was not found"), FailureKind::NotFound, No),
        (told(401, "Invalid bearer credential."), FailureKind::LoggedOut, No),
    ];
    for (answer, kind, effected) in cases {
        let script = server(vec![("/rotate", answer.clone())]).await;
        let failure = adapter(&script).rotate(&session(), &rotate_request(5)).await.err().expect("a failure");
        assert_eq!((failure.kind, failure.effected), (kind, effected), "{answer:?}");
        assert_eq!(written(&script).len(), 1, "sent once");
    }
}

#[tokio::test]
async fn the_list_is_ones_own_keys_and_the_service_accounts() {
    let service = ME
        .replace(r#""metadata":{}"#, r#""metadata":{"description":"builds","x":[1]}"#)
        .replace("admin", "ci-runner")
        .replace(OWNER, KEY)
        .replace(r#""active":true"#, r#""active":false"#);
    let script = Script::start(move |seen| {
        if seen.line.ends_with("/accounts/me") {
            ok(ME)
        } else if seen.line.contains("cursor=next") {
            ok(format!(
                r#"{{"items":[{}],"next_cursor":null}}"#,
                shown("null", "").replace("\"ci\"", "\"second\"")
            ))
        } else if seen.line.contains("/api-keys?") {
            ok(format!(r#"{{"items":[{},{{"name":"odd"}}],"next_cursor":"next"}}"#, shown("null", "")))
        } else {
            ok(format!(r#"{{"items":[{service}],"next_cursor":null}}"#))
        }
    })
    .await;
    let listing = adapter(&script).list(&session()).await.expect("a listing");
    let owners: Vec<_> = listing.owners.iter().map(|owner| (owner.name.as_str(), owner.enabled)).collect();
    assert_eq!(owners, [("admin", true), ("ci-runner", false)]);
    assert!(listing.owners.iter().any(|owner| {
        owner
            .description
            .as_str()
            .contains("builds (a service account; this server has no call that gives it an API key")
    }));
    let names: Vec<_> = listing.credentials.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["ci", "second"]);
    assert!(listing.credentials.iter().all(|key| key.owner.name.as_str() == "admin" && key.window.is_none()));
    assert!(listing.credentials.iter().all(|key| key.last_use == LastUse::Never));
    assert_eq!(listing.failed.len(), 1, "the one without an identifier");
}

#[tokio::test]
async fn service_accounts_that_cannot_be_read_do_not_spoil_the_keys() {
    let keys = format!(r#"{{"items":[{}],"next_cursor":null}}"#, shown("null", ""));
    let refused = |status| Answer::Status(status, "", String::from(r#"{"detail":"no"}"#));
    let script = server(vec![("/api-keys?", ok(keys.clone())), ("/accounts?", refused(500))]).await;
    let listing = adapter(&script).list(&session()).await.expect("a listing");
    assert_eq!((listing.credentials.len(), listing.failed.len()), (1, 1));
    let script = server(vec![("/api-keys?", ok(keys)), ("/accounts?", refused(401))]).await;
    let failure = adapter(&script).list(&session()).await.expect_err("an ended session");
    assert_eq!(failure.kind, FailureKind::LoggedOut);
}

#[tokio::test]
async fn a_server_that_gives_the_same_page_again_and_again_is_left() {
    let page = format!(r#"{{"items":[{}],"next_cursor":"same"}}"#, shown("null", ""));
    let script =
        server(vec![("/api-keys?", ok(page)), ("/accounts?", ok(r#"{"items":[],"next_cursor":null}"#))])
            .await;
    let listing = adapter(&script).list(&session()).await.expect("a listing");
    assert_eq!(listing.credentials.len(), 2);
}

#[tokio::test]
async fn accounts_are_made_and_switched() {
    let made = ME.replace("admin", "bot");
    let script = server(vec![("service-accounts", Answer::Status(201, "", made))]).await;
    let adapter = adapter(&script);
    assert_eq!(adapter.create_owner(&session(), "bot", "").await.expect("made").name.as_str(), "bot");
    adapter.enable_owner(&session(), &Id::new(OWNER), false).await.expect("switched");
    let sent = written(&script);
    let lines: Vec<_> = sent.iter().map(|seen| (seen.line.as_str(), seen.body.as_str())).collect();
    let switched = format!("PATCH /base/api/v1/service-accounts/{OWNER}");
    assert_eq!(
        lines,
        [
            ("POST /base/api/v1/service-accounts", r#"{"name":"bot"}"#),
            (switched.as_str(), r#"{"active":false}"#)
        ]
    );
    assert!(adapter.create_owner(&session(), "a/b", "").await.is_err());
    assert_eq!(written(&script).len(), 2);
    adapter.create_owner(&session(), "bot", "builds").await.expect("made");
    let sent = written(&script);
    assert_eq!(sent.last().map(|seen| seen.body.as_str()), Some(r#"{"metadata":{"description":"builds"}}"#));
}

#[tokio::test]
async fn why_a_key_is_refused_is_told_by_its_record() {
    let off = shown("null", "").replace(r#""active":true"#, r#""active":false"#);
    let gone = Answer::Status(404, "", String::from(r#"{"detail":"API key x was not found"}"#));
    let cases = [
        (ok(off), Some("switched off")),
        (gone, Some("deleted")),
        (ok(shown(r#""2026-11-22T02:07:05Z""#, "")), Some("replaced")),
        (ok(shown("null", "")), None),
    ];
    for (answer, words) in cases {
        let script = server(vec![("/api-keys/", answer)]).await;
        let why = adapter(&script).why_refused(&session(), &reference()).await.expect("an answer");
        assert_eq!(why.is_some(), words.is_some());
        assert!(words.is_none_or(|words| why.is_some_and(|why| why.as_str().contains(words))));
    }
}
