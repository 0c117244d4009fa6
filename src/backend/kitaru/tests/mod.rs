//! Which of the two servers it is: found without credentials, and found again when it changes.

use super::*;
use crate::backend::http::script::{Answer, Script, ok};
use crate::domain::account::AccountName;
use crate::domain::session::SessionFacts;
use crate::domain::time::Timestamp;

const Z: &str = r#"{"version":"0.98.0","active":true,"auth_scheme":"OAUTH2_PASSWORD_BEARER"}"#;
const K: &str = r#"{"version":"0.27.2","auth_scheme":"local","ui_version":"kitaru-ui-v0.5.1"}"#;

fn backend(script: &Script) -> Kitaru {
    let account = Account {
        name: AccountName::parse("test").expect("a name"),
        backend: String::from("kitaru"),
        endpoint: script.endpoint.clone(),
        login: None,
        ca_file: None,
        protected: false,
        settings: std::collections::BTreeMap::new(),
    };
    let clock: super::super::Clock = Arc::new(|| Timestamp::from_second(1_795_296_200).expect("in range"));
    Kitaru::new(&account, &Context { clock, device: Uuid::nil() }, Limits::default())
}

fn session() -> Session {
    let facts = SessionFacts {
        who: "ada".into(),
        kind: "user",
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires: None,
        renews: false,
        kept: false,
        credential: None,
    };
    Session { facts, bearer: Secret::new(String::from("bearer")), renewal: None }
}

#[tokio::test]
async fn the_generation_is_found_by_one_question_without_credentials() {
    for (info, title, deletes) in [
        (Z, "ZenML server 0.98.0 (Kitaru generation Z)", true),
        (K, "Kitaru server 0.27.2 (generation K)", false),
    ] {
        let script = Script::start(move |_| ok(info)).await;
        let backend = backend(&script);
        assert_eq!(backend.abilities().title, ABILITIES.title, "before it was asked");
        assert_eq!(backend.inspect().await.expect("a server").title.as_str(), title);
        assert_eq!(backend.abilities().owner.delete, deletes, "after");
        let seen = script.seen();
        assert!(seen.len() == 1 && !seen.iter().any(|seen| seen.head.contains("authorization")), "{seen:?}");
    }
}

#[tokio::test]
async fn a_server_that_became_the_other_one_is_noticed_and_said() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let script = Script::start(move |seen| {
        if !seen.line.ends_with("/info") {
            return Answer::Status(404, "", String::from(r#"{"detail":"Not Found"}"#));
        }
        ok(if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 { Z } else { K })
    })
    .await;
    let backend = backend(&script);
    backend.inspect().await.expect("a server");
    let failure = backend.list(&session()).await.expect_err("another server");
    let words = failure.detail.expect("words");
    assert!(words.as_str().contains("generation K") && words.as_str().contains("log in again"), "{words}");
    assert!(!backend.abilities().owner.delete, "what can be done is the other one's from now on");
}

#[tokio::test]
async fn what_is_neither_is_refused_in_words() {
    use FailureKind::{Unexpected, Unsupported};
    let cases = [
        (ok(r#"{"version":"1"}"#), Unexpected),
        (ok(r#"{"auth_scheme":"something_new"}"#), Unsupported),
        (ok(r#"{"auth_scheme":"SOMETHING_NEW","active":true}"#), Unsupported),
        (ok("<html>"), Unexpected),
        (Answer::Status(403, "", String::new()), Unexpected),
    ];
    for (answer, want) in cases {
        let script = Script::start(move |_| answer.clone()).await;
        let failure = backend(&script).inspect().await.expect_err("refused");
        assert_eq!(failure.kind, want, "{}", failure.sentence());
        assert!(failure.detail.is_some());
    }
    let script = Script::start(|_| ok(r#"{"auth_scheme":"control_plane","version":"0.27.2"}"#)).await;
    let info = backend(&script).inspect().await.expect("a server");
    assert!(info.refuses_login.is_some_and(|why| why.as_str().contains("control plane")));
}

#[tokio::test]
async fn a_secret_tells_its_credential_before_and_after_the_server_is_known() {
    use base64::Engine as _;
    let id = "31792b15-e97c-4306-9f11-96c11b2e2d21";
    let half = "ab".repeat(32);
    let raw = |prefix: &str| {
        let json = format!(r#"{{"id": "{id}", "key": "{half}"}}"#);
        Secret::new(format!("{prefix}{}", base64::engine::general_purpose::STANDARD.encode(json)))
    };
    let script = Script::start(|_| ok(K)).await;
    let backend = backend(&script);
    for prefix in ["KITKEY_", "ZENKEY_"] {
        assert_eq!(backend.belongs_to(&raw(prefix)).map(|id| id.as_str().to_owned()).as_deref(), Some(id));
    }
    backend.inspect().await.expect("a server");
    assert!(backend.belongs_to(&raw("KITKEY_")).is_some());
    assert!(backend.belongs_to(&raw("ZENKEY_")).is_none(), "a key of the other generation is none of its");
}
