//! The ways to log in, and renewing.

use super::*;
use crate::domain::failure::FailureKind as K;

const PAIR: &str = r#"{"access":"a.b.c","refresh":"r.r.r"}"#;

#[tokio::test]
async fn a_password_gives_a_pair_and_a_renewal_the_next_one() {
    let script = server(vec![
        ("refresh", ok(format!(r#"{{"access":"{JWT}","refresh":"second"}}"#))),
        ("account/auth", ok(PAIR)),
    ])
    .await;
    let fox = adapter(&script);
    let given = login("password", &[("username", " ada@example.com ")], &[("password", "pw")]);
    let session = fox.log_in_with(&given).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.renews), ("ada@example.com", true));
    assert_eq!(session.facts.expires, Some(at("2026-11-22T21:23:20Z")), "a day where the token does not say");
    let renewed = fox.renewed(&session).await.expect("the next pair");
    assert_eq!(renewed.facts.expires, Some(at("2026-11-22T10:10:00Z")));
    assert_eq!(renewed.renewal.map(|refresh| refresh.expose().to_owned()).as_deref(), Some("second"));
    let seen = script.seen();
    assert_eq!(seen[0].line, "POST /base/account/auth/");
    assert_eq!(seen[0].body, r#"{"email":"ada@example.com","password":"pw"}"#);
    assert_eq!(
        (seen[1].line.as_str(), seen[1].body.as_str()),
        ("POST /base/account/auth/refresh/", r#"{"refresh":"r.r.r"}"#)
    );
}

#[tokio::test]
async fn paths_and_the_field_are_settings() {
    let script = server(vec![("/in", ok(PAIR)), ("/again", ok(PAIR))]).await;
    let fox = adapter_with(
        &script,
        &[("login_path", "/in/"), ("refresh_path", "/again"), ("refresh_field", "token")],
    );
    let session = fox
        .log_in_with(&login("password", &[("username", "a@b")], &[("password", "pw")]))
        .await
        .expect("a session");
    fox.renewed(&session).await.expect("the next pair");
    let seen = script.seen();
    assert_eq!((seen[0].line.as_str(), seen[1].line.as_str()), ("POST /base/in/", "POST /base/again"));
    assert_eq!(seen[1].body, r#"{"token":"r.r.r"}"#);
}

#[tokio::test]
async fn a_renewal_that_fails_says_what_is_lost() {
    for (answer, kind, words) in [
        (refusal(401, "authentication_failed", "blacklisted"), K::LoggedOut, "spent"),
        (refusal(404, "not_found", "Not found."), K::LoggedOut, "refresh path"),
        (Answer::Close, K::CutOff, "whether the refresh token was spent is not known"),
        (Answer::Status(503, "", String::new()), K::ServerFailed, "503"),
        (ok("{}"), K::Unexpected, "the pair of tokens"),
    ] {
        let script = server(vec![("refresh", answer)]).await;
        let session = Session { renewal: Some(Secret::new(String::from("r"))), ..session() };
        let failure = adapter(&script).renewed(&session).await.err().expect("refused");
        assert_eq!(failure.kind, kind, "{}", failure.sentence());
        assert!(detail(&failure).contains(words), "{}", failure.sentence());
        assert_eq!(script.seen().len(), 1, "a refresh token is sent once");
    }
    let script = server(Vec::new()).await;
    let failure = adapter(&script).renewed(&session()).await.err().expect("refused");
    assert_eq!((failure.kind, script.seen().len()), (K::LoggedOut, 0));
}

#[tokio::test]
async fn a_token_is_tried_and_its_end_is_shown() {
    let script = server(vec![("/organizations/", ok("[]"))]).await;
    let session =
        adapter(&script).log_in_with(&login("token", &[], &[("token", &format!("Bearer {JWT}\n"))])).await;
    let session = session.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.renews), ("ada@example.com", false));
    assert_eq!(session.facts.expires, Some(at("2026-11-22T10:10:00Z")));
    assert!(script.seen()[0].head.contains(&format!("authorization: Bearer {JWT}\r\n")));
    // What it says of itself is for show: odd claims are no reason to refuse it.
    let odd =
        "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOiJzb29uIiwiaWF0IjoxNzk1Mjk2MjAwLCJlbWFpbCI6bnVsbCwic3ViIjo0Mn0.c2ln";
    let session = adapter(&script).log_in_with(&login("token", &[], &[("token", odd)])).await;
    let facts = session.expect("a session").facts;
    assert_eq!((facts.who.as_str(), facts.expires), ("42", Some(at("2026-11-22T21:23:20Z"))));
    for (typed, words) in [("", "three parts"), ("a.b", "three parts"), ("fxk_abcdefgh", "Flux bearer token")]
    {
        let failure = adapter(&script)
            .log_in_with(&login("token", &[], &[("token", typed)]))
            .await
            .err()
            .expect("refused");
        assert_eq!(failure.kind, K::WrongLogin);
        assert!(detail(&failure).contains(words), "{typed}: {}", failure.sentence());
    }
    assert_eq!(script.seen().len(), 2, "what is no token is not sent");
}

#[tokio::test]
async fn what_cannot_be_a_key_is_not_sent() {
    let script = server(Vec::new()).await;
    for (environment, public, secret, words) in [
        ("", PUBLIC, SECRET, "environment's key is needed"),
        ("a/b", PUBLIC, SECRET, "letters, digits"),
        ("../x", PUBLIC, SECRET, "letters, digits"),
        (ENV, "a:b", SECRET, "no ':'"),
        (ENV, PUBLIC, "", "a secret key is needed"),
        (ENV, PUBLIC, "********IiaZ", "masked"),
        (ENV, PUBLIC, "bm90IGEga2V5", "P-256"),
    ] {
        let given =
            login("secure", &[("environment", environment), ("public", public)], &[("secret", secret)]);
        let failure = adapter(&script).log_in_with(&given).await.err().expect("refused");
        assert_eq!(failure.kind, K::WrongLogin);
        assert!(detail(&failure).contains(words), "{}", failure.sentence());
    }
    assert_eq!(script.seen().len(), 0);
}

/// The server's clock is two minutes ahead; the signature is dated by it.
#[tokio::test]
async fn a_signature_is_dated_by_the_servers_clock() {
    let date = "date: Sat, 21 Nov 2026 21:25:20 GMT";
    let list = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    let empty = Answer::Status(200, date, list.to_owned());
    let nobody = Answer::Status(401, date, String::from(r#"{"error_code":"authentication_failed"}"#));
    let script =
        Script::start(
            move |seen: &Seen| {
                if seen.head.contains("authorization: ") { empty.clone() } else { nobody.clone() }
            },
        )
        .await;
    let given = login("secure", &[("environment", ENV), ("public", PUBLIC)], &[("secret", SECRET)]);
    let session = adapter(&script).log_in_with(&given).await.expect("a session");
    let seen = script.seen();
    assert!(seen[1].line.contains("/permissions/management-api/roles/?limit=1"));
    assert!(seen[1].head.contains("date: 2026-11-21T21:25:20Z\r\n"), "{}", seen[1].head);
    assert!(
        seen[1].head.contains(&format!("authorization: Secure {PUBLIC}:MEU")) || seen[1].head.contains(":ME")
    );
    // What is kept of it brings the same key back.
    let pass = access::Pass::of(&session).expect("readable");
    assert!(matches!(pass, access::Pass::Key { signed: true, environment, .. } if environment == ENV));
}

#[tokio::test]
async fn bad_passwords_and_missing_logins() {
    for (answer, kind) in [
        (refusal(401, "authentication_failed", "No active account"), K::WrongLogin),
        (refusal(400, "validation_error", "email: bad"), K::WrongLogin),
        (refusal(404, "not_found", "Not found."), K::Unsupported),
        (ok("<html>"), K::Unexpected),
        (Answer::Status(503, "", String::new()), K::ServerFailed),
    ] {
        let script = server(vec![("auth", answer)]).await;
        let given = login("password", &[("username", "a@b")], &[("password", "pw")]);
        let failure = adapter(&script).log_in_with(&given).await.err().expect("refused");
        assert_eq!(failure.kind, kind, "{}", failure.sentence());
    }
}
