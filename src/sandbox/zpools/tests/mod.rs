//! The contract as tests: each case is a request and what the server answers to it.

mod pats;
mod refusals;

use serde_json::{Value, json};

use crate::sandbox::tests::bench::{Answer, Bench, with_json};

/// Every scope but `*`, with the read that shows it.
const PROBES: [(&str, &str); 5] = [
    ("zpool", "zpools"),
    ("job", "jobs?limit=1"),
    ("sshkey", "sshkey"),
    ("pat", "pat"),
    ("billing", "billing/balance"),
];

/// A bench with a login.
struct Fixture {
    bench: Bench,
    jwt: String,
}

impl Fixture {
    fn new() -> Self {
        let bench = Bench::new();
        let mut fixture = Self { bench, jwt: String::new() };
        fixture.jwt = fixture.log_in(super::seed::USER).expect(200).text_at("/detail/access_token");
        fixture
    }

    /// Puts the clock to a moment, and logs in again there.
    fn set_clock(&mut self, moment: &str) {
        self.bench.control("POST", "clock", &json!({ "set": moment }));
        self.jwt = self.log_in(super::seed::USER).expect(200).text_at("/detail/access_token");
    }

    fn quirks(&self, quirks: &Value) {
        self.bench.control("POST", "quirks", &json!({ "zpools": quirks }));
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.bench.request_to(method, &format!("{}/{path}", self.bench.sandbox.announcement().zpools.url))
    }

    /// Either user; they have the same password.
    fn log_in(&self, username: &str) -> Answer {
        let password = &self.bench.sandbox.announcement().zpools.password;
        self.post("", "login", &json!({ "username": username, "password": password }))
    }

    fn get(&self, token: &str, path: &str) -> Answer {
        self.bench.send(self.request("GET", path).bearer_auth(token))
    }

    fn delete(&self, token: &str, path: &str) -> Answer {
        self.bench.send(self.request("DELETE", path).bearer_auth(token))
    }

    fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        let request = with_json(self.request("POST", path), body);
        self.bench.send(if token.is_empty() { request } else { request.bearer_auth(token) })
    }

    /// A new PAT: its key id and its token.
    fn create(&self, body: &Value) -> (String, String) {
        let made = self.post(&self.jwt, "pat", body).expect(201);
        (made.text_at("/detail/key_id"), made.text_at("/detail/token"))
    }

    /// A new PAT's token.
    fn token(&self, scopes: &[&str]) -> String {
        self.create(&json!({ "label": "made", "scopes": scopes })).1
    }

    /// A row of the list.
    fn row(&self, key_id: &str) -> Value {
        let list = self.get(&self.jwt, "pat").expect(200).at("/detail/items");
        list.as_array().unwrap().iter().find(|row| row["key_id"] == key_id).cloned().unwrap_or_default()
    }

    /// What a PAT's probes show, `/hello` left out.
    fn granted(&self, token: &str) -> Vec<&'static str> {
        let passes = |path: &str| match self.get(token, path).status {
            200 => true,
            403 => false,
            other => panic!("{path}: {other}"),
        };
        PROBES.iter().filter(|(_, path)| passes(path)).map(|(scope, _)| *scope).collect()
    }
}
