//! The adapter against a scripted server, for the contract's own transcripts and every odd answer, and against the
//! sandbox, for what takes more than one request to be true.

mod edges;
mod finds;
#[cfg(feature = "sandbox")]
mod lives;
mod logins;
#[cfg(feature = "sandbox")]
mod proofs;
mod refusals;

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::backend::http::script::{Answer, Script, Seen, ok};
use crate::domain::account::AccountName;
use crate::domain::retention::Retention;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use uuid::Uuid;

pub(super) const ENV: &str = "env123env123";
/// The published example key, and its public half.
pub(super) const SECRET: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ";
pub(super) const PUBLIC: &str = "A2D+1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2";
/// The form of an access token; nobody signed it. It ends 2026-11-22 10:10:00 UTC.
pub(super) const JWT: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTUzNDIyMDAsImVtYWlsIjoiYWRhQGV4YW1wbGUuY29tIn0.c2ln";
/// 2026-11-21 21:23:20 UTC.
pub(super) const NOW: i64 = 1_795_296_200;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

pub(super) fn account(endpoint: &Endpoint, settings: &[(&str, &str)]) -> Account {
    Account {
        name: AccountName::parse("test").expect("a name"),
        backend: String::from("foxnose"),
        endpoint: endpoint.clone(),
        login: None,
        ca_file: None,
        protected: false,
        settings: settings
            .iter()
            .map(|(id, value)| ((*id).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

pub(super) fn adapter(script: &Script) -> FoxNose {
    adapter_with(script, &[])
}

pub(super) fn adapter_with(script: &Script, settings: &[(&str, &str)]) -> FoxNose {
    let clock: Clock = Arc::new(|| Timestamp::from_second(NOW).expect("in range"));
    let context = Context { clock, device: Uuid::nil() };
    let limits = Limits { whole: Duration::from_secs(5), ..Limits::default() };
    FoxNose::new(&account(&script.endpoint, settings), &context, limits)
}

/// A server whose answers are told by what the line contains; the first that fits counts.
pub(super) async fn server(answers: Vec<(&'static str, Answer)>) -> Script {
    Script::start(move |seen: &Seen| {
        let told =
            answers.iter().find(|(part, _)| seen.line.contains(part)).map(|(_, answer)| answer.clone());
        told.unwrap_or_else(|| Answer::Status(500, "", String::new()))
    })
    .await
}

/// A refusal in the server's form.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "message": message, "error_code": code, "detail": null });
    Answer::Status(status, "", body.to_string())
}

pub(super) fn session() -> Session {
    let facts = SessionFacts {
        who: "ada@example.com".into(),
        kind: "user",
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires: None,
        renews: false,
        kept: false,
        credential: None,
    };
    Session { facts, bearer: Secret::new(JWT.to_owned()), renewal: None }
}

pub(super) fn reference(id: &str) -> CredentialRef {
    CredentialRef {
        account: AccountName::parse("test").expect("a name"),
        owner: Id::new(ENV),
        id: Id::new(id),
    }
}

pub(super) fn request(kind: &str, name: &str, scopes: &[&str]) -> CreateRequest {
    CreateRequest {
        kind: kind.to_owned(),
        owner: Id::new(ENV),
        name: name.to_owned(),
        description: String::new(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expiry: None,
        idempotency_key: Uuid::from_u128(7),
    }
}

pub(super) fn rotation(credential: CredentialRef) -> RotateRequest {
    RotateRequest {
        credential,
        retention: Retention::minutes(10),
        scopes: None,
        in_place: false,
        idempotency_key: Uuid::from_u128(8),
    }
}

pub(super) fn login(
    method: &'static str,
    fields: &[(&'static str, &str)],
    secrets: &[(&'static str, &str)],
) -> Login {
    Login {
        method,
        fields: fields.iter().map(|(id, value)| (*id, (*value).to_owned())).collect(),
        secrets: secrets.iter().map(|(id, value)| (*id, Secret::new((*value).to_owned()))).collect(),
    }
}

pub(super) fn detail(failure: &Failure) -> &str {
    failure.detail.as_ref().map_or("", Text::as_str)
}

/// A key as the server shows it.
pub(super) fn row(key: &str, role: &str, secret: &str) -> String {
    format!(
        r#"{{"key":"{key}","description":"CI","public_key":"{PUBLIC}","secret_key":"{secret}","role":{role},
            "environment":"{ENV}","created_at":"2026-11-21T16:00:00.123456-05:00"}}"#
    )
}
