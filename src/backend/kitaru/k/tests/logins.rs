//! Logging in, renewing, verifying, and the device flow.

use super::*;
use crate::domain::answer::Verdict;
use crate::domain::scope::Granted;
use crate::domain::session::Approval;
use crate::domain::text::Text;

fn login(method: &'static str, fields: &[(&'static str, &str)], secrets: &[(&'static str, &str)]) -> Login {
    Login {
        method,
        fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        secrets: secrets.iter().map(|(name, value)| (*name, Secret::new((*value).to_owned()))).collect(),
    }
}

#[tokio::test]
async fn a_password_goes_into_the_form_and_a_key_into_the_header() {
    let script = server(vec![("/login", ok(LOGGED_IN))]).await;
    let adapter = adapter(&script);
    let by_password = login("password", &[("username", "ada")], &[("password", "p&q")]);
    let session = adapter.log_in(by_password).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.kind), ("admin", "user"));
    assert_eq!(session.facts.expires, Timestamp::from_second(NOW + 3599).ok());
    assert!(session.facts.may_create.is_ok() && !session.facts.renews);

    let raw = raw_key(KEY);
    let session =
        adapter.log_in(login("api-key", &[], &[("key", &format!(" {raw}\n"))])).await.expect("a session");
    assert_eq!(session.facts.credential.as_ref().map(Id::as_str), Some(KEY));
    assert!(session.facts.renews);
    let renewed = adapter.renew(&session).await.expect("again");
    assert!(renewed.facts.renews);

    let sent = written(&script);
    let [first, second, third] = sent.as_slice() else { panic!("three logins: {sent:?}") };
    assert_eq!(first.body, "grant_type=password&username=ada&password=p%26q");
    assert!(!first.head.contains("authorization"));
    for one in [second, third] {
        assert_eq!(one.body, "grant_type=api-key");
        assert!(one.head.contains(&format!("authorization: Bearer {raw}")), "{}", one.head);
    }
}

#[tokio::test]
async fn refused_logins_are_told_in_words() {
    let refused = |words: &str| Answer::Status(401, "", format!(r#"{{"detail":"{words}"}}"#));
    let script = server(vec![("/login", refused("Invalid username or password."))]).await;
    let failure = adapter(&script)
        .log_in(login("password", &[("username", "ada")], &[("password", "x")]))
        .await
        .err()
        .expect("refused");
    assert_eq!(failure.kind, FailureKind::WrongLogin);
    let script = server(Vec::new()).await;
    let adapter_here = adapter(&script);
    for (pasted, words) in [("ZENKEY_abc", "ZenML server"), ("correct horse", "KITKEY_"), ("", "KITKEY_")] {
        let failure =
            adapter_here.log_in(login("api-key", &[], &[("key", pasted)])).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::WrongLogin);
        assert!(failure.sentence().contains(words), "{}", failure.sentence());
    }
    assert!(adapter_here.log_in(login("password", &[], &[("password", "x")])).await.is_err(), "no name");
    assert_eq!(script.seen().len(), 0, "nothing of that was sent");
    let elsewhere = adapter_of(&script, r#"{"auth_scheme":"control_plane"}"#);
    let failure =
        elsewhere.log_in(login("password", &[("username", "x")], &[])).await.err().expect("refused");
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn where_authentication_is_off_nothing_is_sent_and_nothing_verified() {
    let script = server(Vec::new()).await;
    let adapter = adapter_of(&script, r#"{"auth_scheme":"none","version":"0.27.2"}"#);
    let info = adapter.inspect().await.expect("a server");
    assert!(info.notes.iter().any(|note| note.as_str().contains("OFF")));
    let session =
        adapter.log_in(login("password", &[("username", "x")], &[("password", "y")])).await.expect("anyone");
    assert_eq!(session.facts.who.as_str(), "admin");
    assert!(script.seen().iter().all(|seen| !seen.head.contains("authorization")));
    let failure = adapter
        .verify(&Parts::single(Secret::new(raw_key(KEY))), &crate::backend::unheard)
        .await
        .expect_err("no verdict");
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[tokio::test]
async fn a_secret_is_verified_by_presenting_it_and_makes_no_bearer() {
    let script = server(Vec::new()).await;
    let verdict = adapter(&script)
        .verify(&Parts::single(Secret::new(raw_key(KEY))), &crate::backend::unheard)
        .await
        .expect("a verdict");
    assert_eq!(
        verdict,
        Verdict::Accepted { who: "admin".into(), scopes: Granted::AsOwner, untold: Vec::new() }
    );
    assert_eq!(written(&script).len(), 0, "no login");
    let refused = Answer::Status(401, "", String::from(r#"{"detail":"Invalid API key."}"#));
    let script = server(vec![("/accounts/me", refused)]).await;
    let verdict = adapter(&script)
        .verify(&Parts::single(Secret::new(raw_key(KEY))), &crate::backend::unheard)
        .await
        .expect("a verdict");
    assert!(matches!(verdict, Verdict::Refused { why } if why.as_str().contains("does not say why")));
    let script = server(vec![("/accounts/me", Answer::Status(500, "", String::new()))]).await;
    let outcome =
        adapter(&script).verify(&Parts::single(Secret::new(raw_key(KEY))), &crate::backend::unheard).await;
    assert!(outcome.is_err(), "a broken server says nothing about the secret");
    let foreign = Parts::single(Secret::new(String::from("ZENKEY_abc")));
    let failure = adapter(&script).verify(&foreign, &crate::backend::unheard).await.expect_err("not sent");
    assert_eq!(failure.kind, FailureKind::Invalid);
}

const PAIRING: &str = r#"{"device_id":"01a20101-d292-748b-9ec8-f213e64e4a3a","device_code":"c0de","user_code":"9767-GFY9",
    "verification_uri":"http://127.0.0.1:18251/devices/verify",
    "verification_uri_complete":"http://127.0.0.1:18251/devices/verify?device_id=x&user_code=9767-GFY9",
    "expires_in":300,"interval":5}"#;

#[tokio::test]
async fn a_device_is_approved_and_renews_itself() {
    let script = server(vec![("/device_authorization", ok(PAIRING)), ("/login", ok(LOGGED_IN))]).await;
    let adapter = adapter(&script);
    let device = adapter.begin_device().await.expect("a device");
    assert_eq!((&device.approval, device.interval), (&Approval::Code("9767-GFY9".into()), 5));
    assert!(device.address_with_code.as_str().ends_with("user_code=9767-GFY9"));
    let Ok(DeviceAnswer::Approved(session)) = adapter.ask_device(&device).await else { panic!("approved") };
    assert!(session.facts.renews);
    adapter.renew(&session).await.expect("again");
    let polls: Vec<_> = written(&script).into_iter().filter(|seen| seen.line.contains("/login")).collect();
    assert_eq!(polls.len(), 2);
    for poll in polls {
        assert!(
            poll.body.contains("device_id=01a20101-d292-748b-9ec8-f213e64e4a3a&device_code=c0de"),
            "{}",
            poll.body
        );
    }
}

#[tokio::test]
async fn what_a_waiting_device_is_told() {
    let cases = [
        ("authorization_pending", Ok(5)),
        ("slow_down", Ok(10)),
        ("expired_token", Err("start again")),
        ("access_denied", Err("locked")),
        ("invalid_grant", Err("start again")),
        ("else", Err("its words")),
    ];
    for (code, want) in cases {
        let body = format!(r#"{{"error":"{code}","detail":"its words"}}"#);
        let answers = vec![("/device_authorization", ok(PAIRING)), ("/login", Answer::Status(400, "", body))];
        let script = server(answers).await;
        let adapter = adapter(&script);
        let device = adapter.begin_device().await.expect("a device");
        match (adapter.ask_device(&device).await, want) {
            (Ok(DeviceAnswer::Pending { interval }), Ok(wanted)) => assert_eq!(interval, wanted, "{code}"),
            (Err(failure), Err(words)) => {
                assert_eq!(failure.kind, FailureKind::WrongLogin);
                assert!(failure.detail.as_ref().map_or("", Text::as_str).contains(words), "{code}");
            }
            _ => panic!("{code}"),
        }
    }
}
