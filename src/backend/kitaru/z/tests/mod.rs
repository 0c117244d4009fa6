//! The adapter against a scripted server: the contract's own transcripts, and every way a server can be odd.

mod edges;
mod logins;
mod transcripts;

use std::time::Duration;

use super::*;
use crate::backend::http::Limits;
use crate::backend::http::script::{Answer, Script, Seen, ok};
use crate::domain::account::AccountName;
use crate::domain::failure::FailureKind;
use crate::domain::owner::OwnerRef;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

pub(super) const OWNER: &str = "c0fc8c1b-2f16-401a-907f-f98e165267b3";
pub(super) const KEY: &str = "31792b15-e97c-4306-9f11-96c11b2e2d21";
pub(super) const INFO: &str = r#"{"version":"0.98.0","active":true,"auth_scheme":"OAUTH2_PASSWORD_BEARER"}"#;

/// 2026-11-21 21:23:20 UTC.
pub(super) const NOW: i64 = 1_795_296_200;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// The adapter for a scripted server.
pub(super) fn adapter(script: &Script) -> Adapter {
    adapter_within(script, Limits::default())
}

/// The adapter with no patience, for a server that stays silent.
pub(super) fn impatient(script: &Script) -> Adapter {
    adapter_within(script, Limits { whole: Duration::from_millis(100), ..Limits::default() })
}

fn adapter_within(script: &Script, limits: Limits) -> Adapter {
    let clock: Clock = Arc::new(|| Timestamp::from_second(NOW).expect("in range"));
    let context = Context { clock, device: Uuid::nil() };
    let http = Http::new(&script.endpoint, None, Arc::clone(&context.clock), limits);
    Adapter::new(Arc::new(http), &context, None)
}

/// A server whose `/info` is that of 0.98.0 and whose other answers are told by what the line contains.
pub(super) async fn server(answers: Vec<(&'static str, Answer)>) -> Script {
    Script::start(move |seen| {
        let told =
            answers.iter().find(|(part, _)| seen.line.contains(part)).map(|(_, answer)| answer.clone());
        told.unwrap_or_else(|| {
            if seen.line.ends_with("/info") { ok(INFO) } else { Answer::Status(500, "", String::new()) }
        })
    })
    .await
}

pub(super) fn session() -> Session {
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

pub(super) fn reference() -> CredentialRef {
    CredentialRef {
        account: AccountName::parse("test").expect("a name"),
        owner: Id::new(OWNER),
        id: Id::new(KEY),
    }
}

pub(super) fn create_request() -> CreateRequest {
    CreateRequest {
        kind: String::from("API key"),
        owner: Id::new(OWNER),
        name: String::from("default"),
        description: String::from("prod deploys"),
        scopes: Vec::new(),
        expiry: None,
        idempotency_key: Uuid::from_u128(7),
    }
}

pub(super) fn rotate_request(minutes: i64) -> RotateRequest {
    RotateRequest {
        credential: reference(),
        retention: crate::domain::retention::Retention::minutes(minutes),
        scopes: None,
        in_place: false,
        idempotency_key: Uuid::from_u128(8),
    }
}

/// A key of the shape the server makes.
pub(super) fn raw_key(id: &str) -> String {
    use base64::Engine as _;
    let json = format!(r#"{{"id":"{id}","key":"{}"}}"#, "ab".repeat(32));
    format!("ZENKEY_{}", base64::engine::general_purpose::STANDARD.encode(json))
}

pub(super) fn detail(failure: &Failure) -> &str {
    failure.detail.as_ref().map_or("", Text::as_str)
}
