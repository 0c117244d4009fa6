//! Logging in, renewing, verifying, and the device flow.

use super::*;
use crate::domain::failure::Effected;

const USER: &str = r#"{"body":{"created":"2026-11-21T21:23:20.472064","active":true,"full_name":"",
    "is_service_account":false,"is_admin":true},"metadata":null,"id":"c0fc8c1b-2f16-401a-907f-f98e165267b3","name":"admin"}"#;

fn service_account() -> String {
    USER.replace(
        r#""is_service_account":false,"is_admin":true"#,
        r#""is_service_account":true,"is_admin":false"#,
    )
    .replace("\"admin\"", "\"ci-runner\"")
}

fn token(expires_in: &str) -> Answer {
    ok(format!(
        r#"{{"access_token":"eyJhbGciOiJIUzI1NiIs","token_type":"bearer","expires_in":{expires_in},
        "refresh_token":null,"csrf_token":null,"scope":null,"device_id":null,"device_metadata":null}}"#
    ))
}

fn password() -> Login {
    Login {
        method: "password",
        fields: vec![("username", String::from("admin"))],
        secrets: vec![("password", Secret::new(String::from("p&w")))],
    }
}

fn with_key(key: &str) -> Login {
    Login { method: "api-key", fields: Vec::new(), secrets: vec![("key", Secret::new(key.to_owned()))] }
}

#[tokio::test]
async fn a_password_makes_an_admin() {
    let server = server(vec![("/login", token("3600")), ("/current-user", ok(USER))]).await;
    let session = adapter(&server).log_in(password()).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.kind), ("admin", "user"));
    assert_eq!(session.facts.may_create, Ok(()));
    assert_eq!(session.facts.expires, Timestamp::from_second(NOW + 3600).ok());
    assert!(!session.facts.renews && session.renewal.is_none() && session.facts.credential.is_none());
    let login = server.seen().get(1).cloned().expect("a login");
    assert_eq!(login.body, "grant_type=password&username=admin&password=p%26w");
}

#[tokio::test]
async fn a_key_makes_a_service_account_that_renews_itself() {
    let server = server(vec![("/login", token("null")), ("/current-user", ok(service_account()))]).await;
    let adapter = adapter(&server);
    let session = adapter.log_in(with_key(&format!("  {}\n", raw_key(KEY)))).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.kind), ("ci-runner", "service account"));
    assert!(
        session
            .facts
            .may_create
            .as_ref()
            .is_err_and(|why| why.as_str().contains("an admin user must log in"))
    );
    assert_eq!((session.facts.expires, session.facts.renews), (None, true));
    assert_eq!(session.facts.credential, Some(Id::new(KEY)));
    assert_eq!(session.renewal.as_ref().map(Secret::expose), Some(raw_key(KEY).as_str()));
    let again = adapter.renew(&session).await.expect("a session");
    assert!(again.renewal.is_some());
}

#[tokio::test]
async fn who_may_write_by_version() {
    for (version, may) in [("0.95.1", true), ("0.96.0", false)] {
        let info = INFO.replace("0.98.0", version);
        let server = server(vec![
            ("/info", ok(info)),
            ("/login", token("1")),
            ("/current-user", ok(service_account())),
        ])
        .await;
        let session = adapter(&server).log_in(with_key(&raw_key(KEY))).await.expect("a session");
        assert_eq!(session.facts.may_create.is_ok(), may, "{version}");
    }
}

#[tokio::test]
async fn what_is_not_a_key_is_never_sent() {
    let server = server(Vec::new()).await;
    let adapter = adapter(&server);
    for (pasted, words) in
        [("correct horse", "not an API key"), ("a.e30.c", "this is a bearer"), ("KITKEY_x", "0.22")]
    {
        let failure = adapter.log_in(with_key(pasted)).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::WrongLogin);
        assert!(detail(&failure).contains(words), "{pasted}: {}", detail(&failure));
        let parts = Parts::single(Secret::new(pasted.to_owned()));
        let failure = adapter.verify(&parts, &crate::backend::unheard).await.expect_err("not sent");
        assert_eq!(failure.kind, FailureKind::Invalid);
    }
    let nameless = Login { method: "password", fields: Vec::new(), secrets: Vec::new() };
    assert_eq!(adapter.log_in(nameless).await.err().map(|f| f.kind), Some(FailureKind::WrongLogin));
    assert!(server.seen().iter().all(|seen| seen.line.ends_with("/info")), "{:?}", server.seen());
}

/// The reasons a server gives and what is made of each.
const REASONS: [(&str, &str); 7] = [
    (
        "access token for API key default was issued for an API key generation that is no longer valid",
        "the bearer was got with a secret of API key default that was rotated away",
    ),
    ("error decoding API key", "the server could not read it as an API key"),
    (
        "error retrieving API key 3179",
        "there is no such API key: it was deleted, or belongs to another server",
    ),
    (
        "could not verify key value for API key default",
        "this is not the secret of API key default: it was replaced by a rotation and its window is over",
    ),
    (
        "API key default associated with service account ci-runner is not active",
        "API key default of service account ci-runner is switched off",
    ),
    (
        "service account ci-runner associated with API key default is not active",
        "service account ci-runner, which API key default belongs to, is switched off",
    ),
    ("something \u{1b}[31mnew", "something U+001B[31mnew"),
];

#[tokio::test]
async fn refused_logins_and_verdicts_in_words() {
    for (reason, words) in REASONS {
        let body = serde_json::json!({ "detail": ["CredentialsNotValid", format!("Authentication error: {reason}")] });
        let server = server(vec![("/login", Answer::Status(401, "", body.to_string()))]).await;
        let adapter = adapter(&server);
        let failure = adapter.log_in(with_key(&raw_key(KEY))).await.err().expect("refused");
        assert_eq!((failure.kind, detail(&failure)), (FailureKind::WrongLogin, words));
        let verdict =
            adapter.verify(&Parts::single(Secret::new(raw_key(KEY))), &crate::backend::unheard).await;
        assert_eq!(verdict, Ok(Verdict::Refused { why: words.into() }));
    }
}

#[tokio::test]
async fn verdicts() {
    let parts = || Parts::single(Secret::new(raw_key(KEY)));
    let accepted = server(vec![("/login", token("null")), ("/current-user", ok(service_account()))]).await;
    let verdict = adapter(&accepted).verify(&parts(), &crate::backend::unheard).await;
    let scopes = crate::domain::scope::Granted::AsOwner;
    let want = Verdict::Accepted { who: "ci-runner".into(), scopes, untold: Vec::new() };
    assert_eq!(verdict, Ok(want));

    let failing = server(vec![("/login", Answer::Status(500, "", "Internal Server Error".into()))]).await;
    let failure = adapter(&failing).verify(&parts(), &crate::backend::unheard).await.expect_err("no verdict");
    assert_eq!((failure.kind, failure.effected), (FailureKind::ServerFailed, Effected::No));

    let open = server(vec![("/info", ok(INFO.replace("OAUTH2_PASSWORD_BEARER", "NO_AUTH")))]).await;
    let failure = adapter(&open).verify(&parts(), &crate::backend::unheard).await.expect_err("no verdict");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert_eq!(open.seen().len(), 1, "a secret is not shown to a server that accepts everything");
}

#[tokio::test]
async fn where_authentication_is_off_nothing_typed_leaves() {
    let info = INFO.replace("OAUTH2_PASSWORD_BEARER", "NO_AUTH");
    let server =
        server(vec![("/info", ok(info)), ("/current-user", ok(USER.replace("\"admin\"", "\"default\"")))])
            .await;
    let adapter = adapter(&server);
    let session = adapter.log_in(password()).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.may_create), ("default", Ok(())));
    assert!(
        server.seen().iter().all(|seen| !seen.line.contains("login") && !seen.head.contains("authorization"))
    );
    assert_eq!(adapter.begin_device().await.err().map(|f| f.kind), Some(FailureKind::Unsupported));
}

#[tokio::test]
async fn external_logins_are_refused_in_words() {
    let info = INFO.replace("OAUTH2_PASSWORD_BEARER", "EXTERNAL");
    let server = server(vec![("/info", ok(info))]).await;
    let failure = adapter(&server).log_in(password()).await.err().expect("refused");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(detail(&failure).contains("Pro"));
}

#[tokio::test]
async fn a_device_waits_slows_down_and_is_approved() {
    let code = "d".repeat(64);
    let begun = format!(
        r#"{{"device_code":"{code}","user_code":"u1","verification_uri":"/devices/verify?device_id=1",
        "verification_uri_complete":"/devices/verify?device_id=1&user_code=u1","expires_in":300,"interval":5}}"#
    );
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let error = |code: &str| {
        Answer::Status(400, "", format!(r#"{{"error":"{code}","error_description":"d","error_uri":null}}"#))
    };
    let server = Script::start(move |seen: &Seen| match () {
        () if seen.line.ends_with("/info") => ok(INFO),
        () if seen.line.ends_with("/device_authorization") => ok(begun.clone()),
        () if seen.line.ends_with("/current-user") => ok(USER),
        () => match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => error("authorization_pending"),
            1 => error("slow_down"),
            2 => token("null"),
            3 => error("expired_token"),
            4 => error("access_denied"),
            5 => error("invalid_client"),
            _ => error("what \\u0007else"),
        },
    })
    .await;
    let adapter = adapter(&server);
    let login = adapter.begin_device().await.expect("a device login");
    assert_eq!(login.address.as_str(), format!("{}/devices/verify?device_id=1", server.endpoint.as_str()));
    assert!(login.address_with_code.as_str().ends_with("&user_code=u1"));
    assert_eq!(login.expires, Timestamp::from_second(NOW + 300).expect("in range"));
    let answer = adapter.ask_device(&login).await;
    assert!(matches!(answer, Ok(DeviceAnswer::Pending { interval: 5 })));
    let answer = adapter.ask_device(&login).await;
    assert!(matches!(answer, Ok(DeviceAnswer::Pending { interval: 10 })));
    let Ok(DeviceAnswer::Approved(session)) = adapter.ask_device(&login).await else {
        panic!("not approved")
    };
    assert_eq!(session.facts.who.as_str(), "admin");
    for words in ["start again", "locked", "start again", "d"] {
        let failure = adapter.ask_device(&login).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::WrongLogin);
        assert!(detail(&failure).contains(words), "{words}: {}", detail(&failure));
    }
    let poll = server.seen().into_iter().find(|seen| seen.line.ends_with("/login")).expect("a question");
    let client = Uuid::nil();
    assert_eq!(
        poll.body,
        format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id={client}&device_code={code}"
        )
    );
}

#[tokio::test]
async fn odd_logins() {
    let cases = [
        (ok(r#"{"authorization_url":"https://pro.example"}"#), FailureKind::Unexpected),
        (ok(r#"{"access_token":null}"#), FailureKind::Unexpected),
        (ok("<html>"), FailureKind::Unexpected),
        (Answer::Status(400, "", r#"{"detail":"username is required"}"#.into()), FailureKind::Invalid),
        (
            Answer::Status(429, "retry-after: 9", r#"{"detail":"Rate limit exceeded"}"#.into()),
            FailureKind::TooMany,
        ),
        (Answer::Close, FailureKind::CutOff),
    ];
    for (answer, kind) in cases {
        let server = server(vec![("/login", answer.clone())]).await;
        let failure = adapter(&server).log_in(password()).await.err().expect("refused");
        assert_eq!((failure.kind, failure.effected), (kind, Effected::No), "{answer:?}");
    }
}
