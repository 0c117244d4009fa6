//! What each odd answer becomes, for a read and for writes, and what is refused before sending.

use super::*;
use crate::domain::failure::Effected::{self, No, Unknown};

/// A status with its body, then what it is for a login and for a PAT, and what is known of the effect of a write.
type Told = (u16, &'static str, (FailureKind, &'static str), (FailureKind, &'static str), Effected);

const ENDED: &str = "the login has ended";
const NO_PATS: &str = "takes no PAT";
const NO_SCOPE: &str = "lacks the scope pat";
const ADDRESS: &str = "it ends in /v1";

#[rustfmt::skip]
const TOLD: [Told; 18] = {
    use FailureKind as K;
    [
        (401, r#"{"message":"Unauthorized"}"#, (K::LoggedOut, ENDED), (K::Forbidden, NO_PATS), No),
        (403, r#"{"message":"Forbidden"}"#, (K::LoggedOut, ENDED), (K::Forbidden, NO_SCOPE), No),
        (403, "", (K::LoggedOut, ENDED), (K::Forbidden, NO_SCOPE), No),
        (404, r#"{"message":"PAT not found"}"#, (K::NotFound, "PAT not found"), (K::NotFound, "PAT not found"), No),
        (404, r#"{"message":"Not Found"}"#, (K::Unexpected, ADDRESS), (K::Unexpected, ADDRESS), No),
        (404, "<html>nginx</html>", (K::Unexpected, ADDRESS), (K::Unexpected, ADDRESS), No),
        (400, r#"{"message":"label is\n  required"}"#, (K::Invalid, "label is required"), (K::Invalid, "label is required"), No),
        (400, r#"{"detail":"words"}"#, (K::Invalid, "words"), (K::Invalid, "words"), No),
        (422, r#"{"detail":{"message":"inner"}}"#, (K::Invalid, "inner"), (K::Invalid, "inner"), No),
        (400, r#"{"message":"\u001b[2Jgone"}"#, (K::Invalid, "U+001B[2Jgone"), (K::Invalid, "U+001B[2Jgone"), No),
        (413, "", (K::Invalid, "larger than"), (K::Invalid, "larger than"), No),
        (429, r#"{"message":"Too Many Requests"}"#, (K::TooMany, "Too Many Requests"), (K::TooMany, "Too Many Requests"), No),
        (408, "timeout", (K::Slow, "timeout"), (K::Slow, "timeout"), Unknown),
        (418, "", (K::Unexpected, "status 418"), (K::Unexpected, "status 418"), No),
        (500, r#"{"message":"Internal Server Error"}"#, (K::ServerFailed, "Internal Server Error"), (K::ServerFailed, "Internal"), Unknown),
        (503, r#"{"message":"Service Unavailable"}"#, (K::ServerFailed, "Service Unavailable"), (K::ServerFailed, "Service"), Unknown),
        (502, "<html>Bad Gateway</html>", (K::ServerFailed, "status 502"), (K::ServerFailed, "status 502"), Unknown),
        (499, "odd", (K::Unexpected, "odd"), (K::Unexpected, "odd"), No),
    ]
};

/// What a create makes of a failure: without the route, PATs are made on the website only.
fn of_create(kind: FailureKind, words: &'static str, effected: Effected) -> (FailureKind, &'static str) {
    if kind == FailureKind::Unexpected && effected == No {
        (FailureKind::Unsupported, "makes no PATs by itself")
    } else {
        (kind, words)
    }
}

#[tokio::test]
async fn reads_and_writes() {
    for (status, body, by_password, by_pat, effected) in TOLD {
        let answer = Answer::Status(status, "", body.to_owned());
        let server = Script::start(move |_| answer.clone()).await;
        let (adapter, _) = adapter(&server);
        let check = |failure: Failure, (kind, words): (FailureKind, &str), effected: Effected| {
            assert_eq!((failure.kind, failure.effected), (kind, effected), "{status} {body}: {failure:?}");
            assert!(detail(&failure).contains(words), "{status} {body}: {failure:?}");
            assert!(!failure.sentence().contains("127.0.0.1/v1"), "{}", failure.sentence());
        };
        for (bearer, (kind, words)) in [(JWT, by_password), (PAT, by_pat)] {
            let session = session(bearer);
            check(adapter.read(&session, &reference(KEY)).await.expect_err("a failure"), (kind, words), No);
            check(adapter.list(&session).await.expect_err("a failure"), (kind, words), No);
            let revoked = adapter.revoke(&session, &reference(KEY)).await.expect_err("a failure");
            check(revoked, (kind, words), effected);
        }
        let (kind, words) = by_password;
        let created =
            adapter.create(&session(JWT), &create_request(&["job"])).await.err().expect("a failure");
        check(created, of_create(kind, words, effected), effected);
        assert_eq!(server.seen().len(), 7, "each was sent once, whatever came: {status} {body}");
    }
}

#[tokio::test]
async fn answers_that_do_not_come_or_cannot_be_read() {
    use FailureKind as K;
    let half = Answer::Raw(b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{\"detail\":".to_vec());
    let away = Answer::Status(302, "location: https://sso.example/login", String::new());
    let cases = [
        (Answer::Silence, K::Slow, Unknown),
        (Answer::Close, K::CutOff, Unknown),
        (half, K::CutOff, Unknown),
        (away, K::Redirected, No),
        (ok("x".repeat(2 << 20)), K::TooLarge, Unknown),
        (ok("null"), K::Unexpected, Unknown),
        (ok(r#"{"message":"done"}"#), K::Unexpected, Unknown),
        (ok(r#"{"detail":{"token":""}}"#), K::Unexpected, Unknown),
        (ok("<html>"), K::Unexpected, Unknown),
    ];
    for (answer, kind, effected) in cases {
        let told = answer.clone();
        let server = Script::start(move |_| told.clone()).await;
        let adapter = if matches!(answer, Answer::Silence) { impatient(&server) } else { adapter(&server).0 };
        let read = adapter.list(&session(JWT)).await.expect_err("a failure");
        assert_eq!((read.kind, read.effected), (kind, No), "{answer:?}");
        let created =
            adapter.create(&session(JWT), &create_request(&["job"])).await.err().expect("a failure");
        assert_eq!((created.kind, created.effected), (kind, effected), "{answer:?}");
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn what_is_refused_before_sending() {
    let server = Script::start(|_| ok("null")).await;
    let (adapter, _) = adapter(&server);
    let by_password = session(JWT);
    let good = || create_request(&["job"]);
    let date = |date: &str| CreateRequest { expiry: date.parse().ok(), ..good() };
    let requests = [
        (create_request(&[]), "choose at least one"),
        (create_request(&["jobs"]), "there is no scope \"jobs\""),
        (create_request(&["*", "job"]), "choose it alone"),
        (CreateRequest { name: String::new(), ..good() }, "a name is needed"),
        (CreateRequest { name: "x".repeat(10_000), ..good() }, "at most 200"),
        (CreateRequest { name: String::from("a\u{7}"), ..good() }, "no control"),
        (CreateRequest { description: String::from("d"), ..good() }, "no description"),
        (date("2020-01-01"), "in the past"),
        (date("2026-11-21"), "is today"),
        (date("2027-11-22"), "within a year"),
    ];
    for (request, words) in requests {
        let failure = adapter.create(&by_password, &request).await.err().expect("refused");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Invalid, No), "{words}");
        assert!(detail(&failure).contains(words), "{words}: {failure:?}");
    }
    for id in ["", "a/b", "..", "a%2fb", "A-b", "law hotel", "law-höt"] {
        let failure = adapter.revoke(&by_password, &reference(id)).await.expect_err("refused");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Invalid, No), "{id}");
    }
    // No PAT makes a PAT, and nobody has to be asked.
    for failure in [
        adapter.create(&session(PAT), &good()).await.err(),
        adapter.rotate(&session(PAT), &rotate_request(KEY)).await.err(),
    ] {
        let failure = failure.expect("refused");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Forbidden, No));
        assert!(detail(&failure).contains("/dashboard/tokens"), "{failure:?}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn what_this_backend_does_not_have() {
    let server = Script::start(|_| ok("null")).await;
    let (adapter, _) = adapter(&server);
    let session = session(JWT);
    let missing = [
        adapter.begin_device().await.err(),
        adapter.edit(&session, &reference(KEY), &Edit::default()).await.err(),
        adapter.create_owner(&session, "x", "").await.err(),
        adapter.enable_owner(&session, &Id::new("user"), false).await.err(),
        adapter.delete_owner(&session, &Id::new("user")).await.err(),
    ];
    for failure in missing {
        assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::Unsupported));
    }
    assert_eq!(adapter.renew(&session).await.err().map(|failure| failure.kind), Some(FailureKind::LoggedOut));
    assert_eq!(server.seen().len(), 0);
}
