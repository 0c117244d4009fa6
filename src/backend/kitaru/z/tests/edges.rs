//! What each odd answer becomes, for a read and for a write.

use super::*;
use crate::domain::failure::Effected::{self, No, Unknown};

/// A status with its body, then the kind, the words, and what is known of the effect of a write.
type Told = (u16, &'static str, FailureKind, &'static str, Effected);

const ADDRESS: &str = "the server's API is not at this address";
const CREDENTIAL: &str = "the server does not take this kind of credential for such a request";
const BUSY: &str = "Server too busy. Please try again later.";

/// The six shapes of an error, and what proxies and accidents make of an answer.
#[rustfmt::skip]
const TOLD: [Told; 29] = {
    use FailureKind as K;
    [
        (401, r#"{"detail":["CredentialsNotValid","Authentication error: Signature has expired"]}"#, K::LoggedOut, "the bearer has expired", No),
        (401, r#"{"detail":["CredentialsNotValid","Authentication error: error decoding access token: Invalid JWT token: Not enough segments."]}"#, K::LoggedOut, "the server could not read the bearer", No),
        (401, r#"{"detail":"Not authenticated"}"#, K::LoggedOut, "Not authenticated", No),
        (401, r#"{"detail":["AuthorizationException","Not authenticated."]}"#, K::Forbidden, CREDENTIAL, No),
        (403, r#"{"detail":["IllegalOperationError","Only admins"]}"#, K::Forbidden, "Only admins", No),
        (403, r#"{"detail":["X","\u001b[2Jgone"]}"#, K::Forbidden, "U+001B[2Jgone", No),
        (404, r#"{"detail":["KeyError","'No API key with this name'"]}"#, K::NotFound, "No API key with this name", No),
        (404, r#"{"detail":["KeyError","\"Unable to get 'x'\""]}"#, K::NotFound, "Unable to get 'x'", No),
        (404, r#"{"detail":"Not Found"}"#, K::Unexpected, ADDRESS, No),
        (404, "<html>nginx</html>", K::Unexpected, ADDRESS, No),
        (405, r#"{"detail":"Method Not Allowed"}"#, K::Unexpected, ADDRESS, No),
        (409, r#"{"detail":["EntityExistsError","A key named 'default' exists"]}"#, K::NameTaken, "A key named 'default' exists", No),
        (400, r#"{"detail":["ValueError","a\n  b"]}"#, K::Invalid, "a b", No),
        (422, r#"["ValueError","2 validation errors: body.name /srv/python3.12/x.py"]"#, K::Invalid, "the server found 2 values it does not take", No),
        (422, r#"{"detail":["ValueError","1 validation error for APIKeyFilter /srv/x.py"]}"#, K::Invalid, "the server found 1 value it does not take", No),
        (422, r#"["ValueError","odd"]"#, K::Invalid, "the server found values it does not take", No),
        (413, "", K::Invalid, "the request is larger than the server takes", No),
        (429, r#"{"detail":"Rate limit exceeded"}"#, K::TooMany, "Rate limit exceeded", No),
        (429, r#"{"error":"Server too busy. Please try again later."}"#, K::TooMany, BUSY, Unknown),
        (408, "timeout", K::Slow, "timeout", Unknown),
        (418, "", K::Unexpected, "status 418", No),
        (500, "Internal Server Error", K::ServerFailed, "Internal Server Error", Unknown),
        (500, r#"{"detail":["OperationalError","it broke [SQL: INSERT /srv/x]"]}"#, K::ServerFailed, "it broke (request ab12cd34 in its log)", Unknown),
        (502, "<html>Bad Gateway</html>", K::ServerFailed, "status 502", Unknown),
        (503, "", K::ServerFailed, "status 503", Unknown),
        (200, "null", K::Unexpected, "could not be read", Unknown),
        (200, r#"{"id":17}"#, K::Unexpected, "could not be read", Unknown),
        (200, " <!doctype html>", K::Unexpected, "a web page came instead of", Unknown),
        (200, "\u{1b}]0;title\u{7}", K::Unexpected, "could not be read", Unknown),
    ]
};

/// Ways not to get an answer at all.
fn lost() -> [(Answer, FailureKind, &'static str, Effected); 5] {
    use FailureKind as K;
    let away = Answer::Status(302, "location: https://sso.example/login", String::new());
    let half = Answer::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"id\":".to_vec());
    [
        (away, K::Redirected, "to sso.example", No),
        (ok("x".repeat(10 << 20)), K::TooLarge, "", Unknown),
        (Answer::Silence, K::Slow, "", Unknown),
        (Answer::Close, K::CutOff, "", Unknown),
        (half, K::CutOff, "", Unknown),
    ]
}

#[tokio::test]
async fn reads_and_writes() {
    let told = TOLD.map(|(status, body, kind, words, effected)| {
        (Answer::Status(status, "x-request-id: ab12cd34", body.to_owned()), kind, words, effected)
    });
    for (answer, kind, words, effected) in told.into_iter().chain(lost()) {
        let silent = matches!(answer, Answer::Silence);
        let server = Script::start(move |_| answer.clone()).await;
        let adapter = if silent { impatient(&server) } else { adapter(&server) };
        let read = adapter.read(&session(), &reference()).await.expect_err("a failure");
        assert_eq!((read.kind, read.effected), (kind, No), "read: {read:?}");
        assert!(detail(&read).contains(words), "{words}: {read:?}");
        let create = adapter.create(&session(), &create_request()).await.err().expect("a failure");
        assert_eq!((create.kind, create.effected), (kind, effected), "create: {create:?}");
        let rotate = adapter.rotate(&session(), &rotate_request(10)).await.err().expect("a failure");
        assert_eq!((rotate.kind, rotate.effected), (kind, effected), "rotate: {rotate:?}");
        assert_eq!(server.seen().len(), 3, "each was sent once, whatever came: {read:?}");
        for failure in [read, create, rotate] {
            let sentence = failure.sentence();
            assert!(!sentence.contains("/srv") && !sentence.contains("http://"), "{sentence}");
        }
    }
}

#[tokio::test]
async fn a_guard_in_front_of_the_server() {
    for (status, kind) in
        [(401, FailureKind::Unexpected), (403, FailureKind::Unexpected), (500, FailureKind::ServerFailed)]
    {
        let server = Script::start(move |_| Answer::Status(status, "", String::from("no"))).await;
        let failure = adapter(&server).inspect().await.expect_err("a failure");
        assert_eq!(failure.kind, kind, "{failure:?}");
    }
}

#[tokio::test]
async fn the_wait_a_server_asks_for() {
    for (extra, want) in [("retry-after: 7", Some(7)), ("x-other: 1", None)] {
        let answer = Answer::Status(429, extra, r#"{"detail":"slow"}"#.into());
        let server = Script::start(move |_| answer.clone()).await;
        let failure = adapter(&server).read(&session(), &reference()).await.expect_err("a failure");
        assert_eq!(failure.retry_after, want.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn what_is_refused_before_sending() {
    let server = Script::start(|_| ok("null")).await;
    let (adapter, session) = (adapter(&server), session());
    let mut refused = Vec::new();
    for minutes in [-1, -5, 525_601, 10_000_000_000_000] {
        refused.push(adapter.rotate(&session, &rotate_request(minutes)).await.err());
    }
    for name in ["", " x", "a/b", "a\n"] {
        refused.push(
            adapter.create(&session, &CreateRequest { name: name.into(), ..create_request() }).await.err(),
        );
        refused.push(adapter.create_owner(&session, name, "").await.err());
        let edit = Edit { name: Some(name.into()), ..Edit::default() };
        refused.push(adapter.edit(&session, &reference(), &edit).await.err());
    }
    let long = "x".repeat(65_536);
    refused
        .push(adapter.create(&session, &CreateRequest { description: long, ..create_request() }).await.err());
    let scopes = vec![String::from("admin")];
    refused.push(adapter.create(&session, &CreateRequest { scopes, ..create_request() }).await.err());
    for id in ["", "..", "../users", "default", "31792b15-e97c-4306-9f11-96c11b2e2d2"] {
        let bad = CredentialRef { id: Id::new(id), ..reference() };
        refused.push(adapter.revoke(&session, &bad).await.err());
        refused.push(adapter.read(&session, &bad).await.err());
        refused.push(adapter.delete_owner(&session, &Id::new(id)).await.err());
    }
    for failure in refused {
        let failure = failure.expect("refused");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Invalid, No), "{failure:?}");
        assert!(failure.detail.is_some());
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn windows_at_their_bounds_are_sent() {
    for minutes in [0, 525_600] {
        let server = Script::start(|_| Answer::Status(500, "", String::new())).await;
        assert!(adapter(&server).rotate(&session(), &rotate_request(minutes)).await.is_err());
        assert_eq!(
            server.seen().first().map(|s| s.body.clone()),
            Some(format!(r#"{{"retain_period_minutes":{minutes}}}"#))
        );
    }
}
