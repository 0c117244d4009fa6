//! The adapter against a scripted server, for the contract's own transcripts and every odd answer, and against the
//! sandbox, for what takes more than one request to be true.

mod edges;
#[cfg(feature = "sandbox")]
mod lives;
#[cfg(feature = "sandbox")]
mod probes;
#[cfg(feature = "sandbox")]
mod rows;
mod tools;
mod transcripts;

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::backend::http::script::{Answer, Script, Seen, ok};
use crate::domain::account::AccountName;
use crate::domain::session::SessionFacts;
use uuid::Uuid;

pub(super) const KEY: &str = "stone-aware-cloud-shape";
pub(super) const PAT: &str = "zpat_d0347074e0d75d36ba14dc79";
/// The form of a login's bearer; nobody signed it.
pub(super) const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTUyOTk4MDB9.c2ln";
/// 2026-11-21 21:23:20 UTC.
pub(super) const NOW: i64 = 1_795_296_200;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

pub(super) fn account(endpoint: &Endpoint) -> Account {
    Account {
        name: AccountName::parse("test").expect("a name"),
        backend: String::from("zpools"),
        endpoint: endpoint.clone(),
        login: None,
        ca_file: None,
        protected: false,
        settings: std::collections::BTreeMap::new(),
    }
}

/// The adapter for a scripted server, and how often it has let time pass.
pub(super) fn adapter(script: &Script) -> (Zpools, Arc<AtomicUsize>) {
    adapter_within(script, Limits::default())
}

/// The adapter with no patience, for a server that stays silent.
pub(super) fn impatient(script: &Script) -> Zpools {
    adapter_within(script, Limits { whole: Duration::from_millis(100), ..Limits::default() }).0
}

fn adapter_within(script: &Script, limits: Limits) -> (Zpools, Arc<AtomicUsize>) {
    let clock: Clock = Arc::new(|| Timestamp::from_second(NOW).expect("in range"));
    let context = Context { clock, device: Uuid::nil() };
    let waited = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&waited);
    let wait: Wait = Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(()))
    });
    (Zpools::new(&account(&script.endpoint), &context, limits, wait), waited)
}

/// A server whose answers are told by what the line contains.
pub(super) async fn server(answers: Vec<(&'static str, Answer)>) -> Script {
    Script::start(move |seen| {
        let told =
            answers.iter().find(|(part, _)| seen.line.contains(part)).map(|(_, answer)| answer.clone());
        told.unwrap_or_else(|| Answer::Status(500, "", String::new()))
    })
    .await
}

/// A session that carries this bearer.
pub(super) fn session(bearer: &str) -> Session {
    let facts = SessionFacts {
        who: "alice".into(),
        kind: "user",
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires: None,
        renews: false,
        kept: false,
        credential: None,
    };
    Session { facts, bearer: Secret::new(bearer.to_owned()), renewal: None }
}

pub(super) fn reference(id: &str) -> CredentialRef {
    CredentialRef {
        account: AccountName::parse("test").expect("a name"),
        owner: Id::new("user"),
        id: Id::new(id),
    }
}

pub(super) fn create_request(scopes: &[&str]) -> CreateRequest {
    CreateRequest {
        kind: String::from("PAT"),
        owner: Id::new("user"),
        name: String::from("ci deploy"),
        description: String::new(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expiry: None,
        idempotency_key: Uuid::from_u128(7),
    }
}

pub(super) fn rotate_request(id: &str) -> RotateRequest {
    RotateRequest {
        credential: reference(id),
        retention: crate::domain::retention::Retention::minutes(10),
        scopes: None,
        in_place: false,
        idempotency_key: Uuid::from_u128(8),
    }
}

pub(super) fn parts(secret: &str) -> Parts {
    Parts::single(Secret::new(secret.to_owned()))
}

pub(super) fn with_pat(pat: &str) -> Login {
    Login { method: "pat", fields: Vec::new(), secrets: vec![("pat", Secret::new(pat.to_owned()))] }
}

pub(super) fn with_password(username: &str, password: &str) -> Login {
    Login {
        method: "password",
        fields: vec![("username", username.to_owned())],
        secrets: vec![("password", Secret::new(password.to_owned()))],
    }
}

pub(super) fn detail(failure: &Failure) -> &str {
    failure.detail.as_ref().map_or("", Text::as_str)
}
