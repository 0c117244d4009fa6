//! The contract as tests: each case is a request and what the real server answered to it.

mod access;
mod keys;
mod minted;
mod oauth;
mod people;
mod statuses;
mod throttle;
mod vending;

use serde_json::{Value, json};

use crate::sandbox::tests::bench::{Answer, Bench, with_json};

/// The built-in tenant.
const NIL: &str = super::NIL;

/// A bench with the sessions of root, of an administrator, and of a plain user of the same tenant.
struct Fixture {
    bench: Bench,
    root: String,
    admin: String,
    user: String,
    tenant: String,
}

impl Fixture {
    /// No throttle: tests log in more often than people.
    fn new() -> Self {
        Self::on(Bench::new())
    }

    fn on(bench: Bench) -> Self {
        let tenant = bench.sandbox.announcement().pangolin.tenant_id.clone();
        let empty = String::new;
        let mut f = Self { bench, root: empty(), admin: empty(), user: empty(), tenant };
        f.quirks(&json!({ "auth_rate_limit": 0 }));
        f.log_in_all();
        f
    }

    fn log_in_all(&mut self) {
        let told = self.bench.sandbox.announcement().pangolin.clone();
        let root = json!({ "username": told.root_username, "password": told.root_password });
        self.root = self.post("", "users/login", &root).expect(200).text_at("/token");
        self.admin = self.session(&told.username, &self.tenant);
        self.user = self.session("bob", &self.tenant);
    }

    /// A login; all people of the seed share one password.
    fn session(&self, username: &str, tenant: &str) -> String {
        let password = &self.bench.sandbox.announcement().pangolin.password;
        let body = json!({ "username": username, "password": password, "tenant-id": tenant });
        self.post("", "users/login", &body).expect(200).text_at("/token")
    }

    fn quirks(&self, quirks: &Value) {
        self.bench.control("POST", "quirks", &json!({ "pangolin": quirks }));
    }

    fn memory(self) -> Self {
        self.quirks(&json!({ "store": "memory" }));
        self
    }

    /// Paths that do not start with a slash are under `/api/v1/`.
    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let base = &self.bench.sandbox.announcement().pangolin.url;
        let url =
            if path.starts_with('/') { format!("{base}{path}") } else { format!("{base}/api/v1/{path}") };
        self.bench.request_to(method, &url)
    }

    fn call(&self, token: &str, method: &str, path: &str) -> Answer {
        let request = self.request(method, path);
        self.bench.send(if token.is_empty() { request } else { request.bearer_auth(token) })
    }

    fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, "GET", path)
    }

    fn send(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let request = with_json(self.request(method, path), body);
        self.bench.send(if token.is_empty() { request } else { request.bearer_auth(token) })
    }

    fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(token, "POST", path, body)
    }

    /// A new service user of the tenant: its id and its key.
    fn service_user(&self, name: &str) -> (String, String) {
        let body = json!({ "name": name, "role": "tenant-user", "expires_in_days": 90 });
        let made = self.post(&self.admin, "service-users", &body).expect(201);
        (made.text_at("/id"), made.text_at("/api_key"))
    }

    /// What the key is exchanged for.
    fn exchange(&self, id: &str, key: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", key)];
        self.bench.send(self.request("POST", "/v1/any/v1/oauth/tokens").form(&form))
    }

    /// A call with the key in its own header.
    fn with_key(&self, key: &str) -> Answer {
        self.bench.send(self.request("GET", "users/me").header("x-api-key", key))
    }

    /// A minted token of somebody for so many hours.
    fn mint(&self, username: &str, hours: u64) -> String {
        let body = json!({ "tenant_id": self.tenant, "username": username, "expires_in_hours": hours });
        self.post(&self.admin, "tokens", &body).expect(200).text_at("/token")
    }

    /// A user's id.
    fn id_of(&self, username: &str) -> String {
        let users = self.get(&self.admin, "users").expect(200).json();
        let found = users.as_array().unwrap().iter().find(|user| user["username"] == username);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn row(&self, id: &str) -> Value {
        self.get(&self.admin, &format!("service-users/{id}")).json()
    }
}

/// The claims of a token, unchecked.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// A token's own id.
fn jti(token: &str) -> String {
    claims(token)["jti"].as_str().unwrap().to_owned()
}
