//! The contract as tests: each case is a request and what the real server answered to it.

mod devices;
mod keys;
mod lists;
mod login;
mod people;
mod refusals;

use serde_json::{Value, json};

use crate::sandbox::tests::bench::{Answer, Bench, with_json};

/// A bench with a key of the administrator.
struct Fixture {
    bench: Bench,
    admin: String,
    id: String,
    raw: String,
}

impl Fixture {
    fn new() -> Self {
        let bench = Bench::new();
        let login = bench.sandbox.announcement().kitaru_k.clone();
        let form = [("username", &*login.username), ("password", &*login.password)];
        let request = bench.request_to("POST", &format!("{}/api/v1/login", login.url)).form(&form);
        let admin = bench.send(request).expect(200).text_at("/access_token");
        let mut fixture = Self { bench, admin, id: String::new(), raw: String::new() };
        let made = fixture.post("api-keys", &json!({ "name": "robot" })).expect(201);
        (fixture.id, fixture.raw) = (made.text_at("/id"), made.text_at("/key"));
        fixture
    }

    fn url(&self, path: &str) -> String {
        let base = &self.bench.sandbox.announcement().kitaru_k.url;
        if path.starts_with('/') { format!("{base}{path}") } else { format!("{base}/api/v1/{path}") }
    }

    /// A request by whoever holds the credential; an empty one is not sent.
    fn by(&self, credential: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.bench.request_to(method, &self.url(path));
        if !credential.is_empty() {
            request = request.bearer_auth(credential);
        }
        self.bench.send(match body {
            Some(body) => with_json(request, body),
            None => request,
        })
    }

    fn get(&self, path: &str) -> Answer {
        self.by(&self.admin, "GET", path, None)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.by(&self.admin, "POST", path, Some(body))
    }

    fn patch(&self, path: &str, body: &Value) -> Answer {
        self.by(&self.admin, "PATCH", path, Some(body))
    }

    fn delete(&self, path: &str) -> Answer {
        self.by(&self.admin, "DELETE", path, None)
    }

    fn form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.bench.send(self.bench.request_to("POST", &self.url(path)).form(form))
    }

    /// A POST under an idempotency key.
    fn once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.bench.request_to("POST", &self.url(path)).bearer_auth(&self.admin);
        self.bench.send(with_json(request.header("idempotency-key", key), body))
    }

    fn key(&self) -> String {
        format!("api-keys/{}", self.id)
    }

    /// Rotates and gives the new raw key.
    fn rotate(&self, retain: i64) -> String {
        let body = json!({ "retain_period_minutes": retain });
        self.post(&format!("{}/rotate", self.key()), &body).expect(200).text_at("/key")
    }

    /// Exchanges a raw key.
    fn exchange(&self, raw: &str) -> Answer {
        let request = self.bench.request_to("POST", &self.url("login")).bearer_auth(raw);
        self.bench.send(request.form(&[("grant_type", "api-key")]))
    }

    fn token(&self, raw: &str) -> String {
        self.exchange(raw).expect(200).text_at("/access_token")
    }

    /// Whether a credential still opens an ordinary call.
    fn status(&self, credential: &str) -> u16 {
        self.by(credential, "GET", "accounts/me", None).status
    }

    fn quirks(&self, quirks: &Value) {
        self.bench.control("POST", "quirks", &json!({ "kitaru_k": quirks }));
    }

    /// A token of a plain user named `plain`.
    fn plain_user(&self) -> String {
        self.post("users", &json!({ "name": "plain", "password": "plain-pass" })).expect(201);
        let form = [("username", "plain"), ("password", "plain-pass")];
        self.form("login", &form).expect(200).text_at("/access_token")
    }
}

/// The members of an object, in alphabetical order.
fn members(value: &Value) -> Vec<String> {
    let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}
