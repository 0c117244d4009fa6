//! The adapter against a scripted server: the contract's own transcripts, and ways a server can be odd.

mod lives;
mod logins;

use std::sync::Arc;

use super::*;
use crate::backend::http::Limits;
use crate::backend::http::script::{Answer, Script, Seen, ok};
use crate::domain::account::AccountName;
use crate::domain::failure::FailureKind;
use crate::domain::retention::Retention;
use crate::domain::session::SessionFacts;
use crate::domain::time::Timestamp;
use uuid::Uuid;

const OWNER: &str = "01a20100-1df6-7720-ac44-928fb7d6bae5";
const KEY: &str = "01a20101-ce1a-760e-a069-0988c5539e27";
const ME: &str = r#"{"created":"2026-11-22T02:05:14.621978Z","updated":"2026-11-22T02:05:14.621987Z",
    "id":"01a20100-1df6-7720-ac44-928fb7d6bae5","name":"admin","email":null,"is_service_account":false,
    "is_admin":true,"active":true,"metadata":{}}"#;
const LOGGED_IN: &str =
    r#"{"access_token":"bearer","token_type":"bearer","expires_in":3599,"csrf_token":null}"#;

/// 2026-11-22 02:10:00 UTC.
const NOW: i64 = 1_795_313_400;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// The adapter for a scripted server of this kind.
fn adapter_of(script: &Script, info: &str) -> Adapter {
    let clock: Clock = Arc::new(|| Timestamp::from_second(NOW).expect("in range"));
    let context = Context { clock: Arc::clone(&clock), device: Uuid::nil() };
    let http = Http::new(&script.endpoint, None, clock, Limits::default());
    let info = serde_json::from_str(info).expect("a description");
    Adapter::new(Arc::new(http), &context, Server::of(&info).expect("a server we speak to"))
}

fn adapter(script: &Script) -> Adapter {
    adapter_of(script, r#"{"version":"0.27.2","auth_scheme":"local"}"#)
}

/// A server that knows who is logged in, and whose other answers are told by what the line contains.
async fn server(answers: Vec<(&'static str, Answer)>) -> Script {
    Script::start(move |seen| {
        let told =
            answers.iter().find(|(part, _)| seen.line.contains(part)).map(|(_, answer)| answer.clone());
        told.unwrap_or_else(|| {
            if seen.line.ends_with("/accounts/me") { ok(ME) } else { Answer::Status(500, "", String::new()) }
        })
    })
    .await
}

fn session() -> Session {
    let facts = SessionFacts {
        who: "admin".into(),
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

fn reference() -> CredentialRef {
    CredentialRef {
        account: AccountName::parse("test").expect("a name"),
        owner: Id::new(OWNER),
        id: Id::new(KEY),
    }
}

fn create_request(name: &str) -> CreateRequest {
    CreateRequest {
        kind: String::from("API key"),
        owner: Id::new(OWNER),
        name: String::from(name),
        description: String::new(),
        scopes: Vec::new(),
        expiry: None,
        idempotency_key: Uuid::from_u128(7),
    }
}

fn rotate_request(minutes: i64) -> RotateRequest {
    RotateRequest {
        credential: reference(),
        retention: Retention::minutes(minutes),
        scopes: None,
        in_place: false,
        idempotency_key: Uuid::from_u128(8),
    }
}

/// A key of the shape the server makes.
fn raw_key(id: &str) -> String {
    use base64::Engine as _;
    let json = format!(r#"{{"id": "{id}", "key": "{}"}}"#, "ab".repeat(32));
    format!("KITKEY_{}", base64::engine::general_purpose::STANDARD.encode(json))
}

/// A key as it is shown, with further members.
fn shown(rotated: &str, more: &str) -> String {
    format!(
        r#"{{"created":"2026-11-22T02:07:05.249802Z","updated":"2026-11-22T02:07:05.566241Z","owner_id":"{OWNER}",
        "id":"{KEY}","name":"ci","active":true,"last_used":null,"last_rotated":{rotated}{more}}}"#
    )
}

fn with_key() -> String {
    format!(r#","key":"{}""#, raw_key(KEY))
}

fn written(script: &Script) -> Vec<Seen> {
    script.seen().into_iter().filter(|seen| !seen.line.starts_with("GET")).collect()
}
