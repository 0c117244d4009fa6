//! The contract as tests: each case is a request and what the real server answered to it.

mod devices;
mod errors;
mod keys;
mod lists;
mod login;
mod people;
mod tokens;

use serde_json::{Value, json};

use crate::sandbox::tests::bench::Bench;

/// A bench with an account and one key.
struct Fixture {
    bench: Bench,
    admin: String,
    /// The paths of the account, of its keys, and of the one key.
    account: String,
    keys: String,
    key: String,
    raw: String,
}

impl Fixture {
    fn new() -> Self {
        let bench = Bench::new();
        let admin = bench.admin();
        let account = bench
            .write(
                &admin,
                "POST",
                "service_accounts",
                &json!({ "name": "robot", "description": "r", "active": true }),
            )
            .expect(200)
            .text_at("/id");
        let account = format!("service_accounts/{account}");
        let keys = format!("{account}/api_keys");
        let made =
            bench.write(&admin, "POST", &keys, &json!({ "name": "default", "description": "d" })).expect(200);
        let key = format!("{keys}/{}", made.text_at("/id"));
        Self { raw: made.text_at("/body/key"), bench, admin, account, keys, key }
    }

    /// Rotates and gives the new raw key.
    fn rotate(&self, retain: i64) -> String {
        let body = json!({ "retain_period_minutes": retain });
        let answer = self.bench.write(&self.admin, "PUT", &format!("{}/rotate", self.key), &body).expect(200);
        assert_eq!(answer.at("/metadata"), Value::Null);
        answer.text_at("/body/key")
    }

    fn login_status(&self, raw: &str) -> u16 {
        self.bench.form("login", &[("grant_type", "zenml-api-key"), ("password", raw)]).status
    }

    /// Enables or disables the key or the account.
    fn set_active(&self, path: &str, active: bool) {
        self.bench.write(&self.admin, "PUT", path, &json!({ "active": active })).expect(200);
    }

    /// A token by logging in with a raw key.
    fn token(&self, raw: &str) -> String {
        self.bench.form("login", &[("password", raw)]).expect(200).text_at("/access_token")
    }

    /// Whether a credential still opens an ordinary call.
    fn status(&self, credential: &str) -> u16 {
        self.bench.get(credential, "current-user").status
    }

    /// A token of a plain user named `plain`.
    fn plain_user(&self) -> String {
        let body = json!({ "name": "plain", "is_admin": false, "password": "p" });
        self.bench.write(&self.admin, "POST", "users", &body).expect(200);
        self.bench
            .form("login", &[("username", "plain"), ("password", "p")])
            .expect(200)
            .text_at("/access_token")
    }
}

/// The claims of a token, unchecked.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}
