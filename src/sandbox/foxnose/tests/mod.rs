//! The contract as tests: each case is a request and what the server answers to it.

mod flux;
mod keys;
mod logins;
mod roles;
mod tree;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::super::clock::{Micros, format};
use super::super::hash;
use super::seed::ENVIRONMENT;
use crate::sandbox::TwoSides;
use crate::sandbox::tests::bench::{Answer, Bench, with_json};

/// A bench and what it announced.
struct Fixture {
    bench: Bench,
    told: TwoSides,
}

/// A key as it was created.
struct Made {
    key: String,
    public: String,
    secret: String,
}

impl Made {
    fn simple(&self) -> String {
        format!("Simple {}:{}", self.public, self.secret)
    }
}

impl Fixture {
    fn new() -> Self {
        let bench = Bench::new();
        let told = bench.sandbox.announcement().foxnose.clone();
        Self { bench, told }
    }

    fn quirks(&self, quirks: &Value) {
        self.bench.control("POST", "quirks", &json!({ "foxnose": quirks }));
    }

    fn management(&self, method: &str, path: &str) -> RequestBuilder {
        self.bench.request_to(method, &format!("{}{path}", self.told.management_url))
    }

    /// A path in the announced environment.
    fn inside(path: &str) -> String {
        format!("/v1/{ENVIRONMENT}/{path}")
    }

    /// As the person, in the announced environment.
    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.as_person(method, &Self::inside(path), body)
    }

    fn as_person(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.management(method, path).bearer_auth(&self.told.access_token);
        self.bench.send(if body.is_null() { request } else { with_json(request, body) })
    }

    fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null)
    }

    fn with(&self, authorization: &str, method: &str, path: &str) -> Answer {
        self.bench.send(self.management(method, path).header("authorization", authorization))
    }

    fn flux(&self, authorization: &str, path: &str) -> Answer {
        let request = self.bench.request_to("GET", &format!("{}/{path}", self.told.flux_url));
        let request =
            if authorization.is_empty() { request } else { request.header("authorization", authorization) };
        self.bench.send(request)
    }

    fn make(&self, kind: &str, role: &Value) -> Made {
        let body = json!({ "description": "made", "role": role });
        let made = self.call("POST", &format!("permissions/{kind}-api/api-keys/"), &body).expect(201);
        Made {
            key: made.text_at("/key"),
            public: made.text_at("/public_key"),
            secret: made.text_at("/secret_key"),
        }
    }

    fn now(&self) -> Micros {
        let now: jiff::Timestamp =
            self.bench.control("GET", "clock", &Value::Null).text_at("/now").parse().unwrap();
        now.as_microsecond()
    }

    fn date(&self, seconds_off: i64) -> String {
        format(self.now() + seconds_off * 1_000_000, "%Y-%m-%dT%H:%M:%SZ")
    }
}

/// The header of a signed request.
fn signed(made: &Made, path: &str, body: &str, date: &str) -> String {
    let key = SigningKey::from_pkcs8_der(&STANDARD.decode(&made.secret).unwrap()).unwrap();
    let text = format!("{path}|{}|{date}", hash::secret(body));
    let signature: Signature = key.sign(text.as_bytes());
    format!("Secure {}:{}", made.public, STANDARD.encode(signature.to_der().as_bytes()))
}

/// What every refusal looks like.
#[track_caller]
fn refused(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer.text_at("/error_code"), code, "{}", answer.text);
    assert!(answer.at("/message").is_string() && answer.json().get("detail").is_some(), "{}", answer.text);
    answer
}
