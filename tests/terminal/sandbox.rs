//! A separate `keywright sandbox --json`: the server of most tests, its control address, and its own view of the keys.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use support::home::Home;

use crate::program::BINARY;
use support::web;

const JSON: &str = "content-type: application/json";
const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// A server that speaks Kitaru's language, with an administrator.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

/// The sandbox's process. Dropping it ends it.
pub(crate) struct Sandbox {
    process: Child,
    control: String,
    pub(crate) server: Server,
    /// What it printed: where everything is and how to log in.
    pub(crate) told: Value,
    /// The same backend's server of the newer kind, whose keys are everybody's own.
    pub(crate) newer: Server,
    _home: Home,
}

/// A key as the server has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) rotated: Option<String>,
}

impl Sandbox {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        let home = Home::new();
        let mut command = Command::new(BINARY);
        command.args(["sandbox", "--json"]).args(arguments).env_clear().envs(home.environment());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the sandbox starts");
        let mut line = String::new();
        let output = process.stdout.as_mut().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("one line");
        let told: Value = serde_json::from_str(&line).expect("JSON");
        let text = |part: &str, name: &str| told[part][name].as_str().expect("a text").to_owned();
        let server = |part: &str| Server {
            url: text(part, "url"),
            username: text(part, "username"),
            password: text(part, "password"),
        };
        let (server, newer) = (server("kitaru"), server("kitaru_k"));
        let control = text("control", "url");
        Self { process, control, server, newer, told, _home: home }
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = web::call(method, &self.control, path, &[JSON], &body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// Moves the server's clock ahead.
    pub(crate) fn advance(&self, seconds: i64) {
        self.control("POST", "/clock", &json!({ "advance_seconds": seconds }));
    }

    /// Spoils requests: `GET /` of the control address says how.
    pub(crate) fn fault(&self, fault: &Value) {
        self.control("POST", "/faults", fault);
    }

    /// Takes all faults out.
    pub(crate) fn mend(&self) {
        self.control("DELETE", "/faults", &Value::Null);
    }

    /// Changes Kitaru's quirks.
    pub(crate) fn quirk(&self, name: &str, value: &Value) {
        self.quirk_of("kitaru", name, value);
    }

    /// Changes a quirk of any part.
    pub(crate) fn quirk_of(&self, part: &str, name: &str, value: &Value) {
        self.control("POST", "/quirks", &json!({ part: { name: value } }));
    }

    /// The requests that came with this method and a path that ends so.
    pub(crate) fn requests(&self, method: &str, end: &str) -> Vec<Value> {
        let all = self.control("GET", "/requests", &Value::Null);
        let fits = |one: &&Value| {
            one["method"] == method && one["path"].as_str().is_some_and(|path| path.ends_with(end))
        };
        all.as_array().expect("a list").iter().filter(fits).cloned().collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Server {
    /// A bearer by password.
    pub(crate) fn bearer(&self) -> String {
        let form = format!(
            "grant_type=password&username={}&password={}",
            web::escaped(&self.username),
            web::escaped(&self.password)
        );
        let answer = web::call("POST", &self.url, "/api/v1/login", &[FORM], &form);
        answer.body["access_token"].as_str().expect("a bearer").to_owned()
    }

    fn api(&self, method: &str, path: &str, body: &str) -> Value {
        let bearer = format!("authorization: Bearer {}", self.bearer());
        let answer = web::call(method, &self.url, &format!("/api/v1{path}"), &[&bearer, JSON], body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// The id of a service account.
    pub(crate) fn owner(&self, name: &str) -> String {
        let found = self.api("GET", &format!("/service_accounts/{name}"), "");
        found["id"].as_str().expect("an id").to_owned()
    }

    /// Makes a service account.
    pub(crate) fn make_owner(&self, name: &str) {
        self.api("POST", "/service_accounts", &json!({ "name": name, "active": true }).to_string());
    }

    /// The keys of a service account that have this name.
    pub(crate) fn keys(&self, owner: &str, name: &str) -> Vec<Key> {
        let path = format!("/service_accounts/{}/api_keys?size=100&hydrate=true", self.owner(owner));
        let page = self.api("GET", &path, "");
        let keys = page["items"].as_array().expect("a page").iter().map(|one| Key {
            id: one["id"].as_str().expect("an id").to_owned(),
            name: one["name"].as_str().expect("a name").to_owned(),
            rotated: one["metadata"]["last_rotated"].as_str().map(str::to_owned),
        });
        keys.filter(|key| key.name == name).collect()
    }

    /// Every key there is, as the path of its service account and its own.
    pub(crate) fn all_keys(&self) -> Vec<(String, Option<String>)> {
        let bearer = format!("authorization: Bearer {}", self.bearer());
        let pages = |path: &str| {
            let mut items = Vec::new();
            for page in 1.. {
                let path = format!("/api/v1{path}?size=1000&page={page}&hydrate=true");
                let answer = web::call("GET", &self.url, &path, &[&bearer, JSON], "");
                assert_eq!(answer.status, 200, "{path}: {}", answer.body);
                items.extend(answer.body["items"].as_array().expect("a page").clone());
                if answer.body["total_pages"].as_u64().is_none_or(|pages| pages <= page) {
                    return items;
                }
            }
            items
        };
        let mut keys = Vec::new();
        for owner in pages("/service_accounts") {
            let path = format!("/service_accounts/{}/api_keys", owner["id"].as_str().expect("an id"));
            for key in pages(&path) {
                let rotated = key["metadata"]["last_rotated"].as_str().map(str::to_owned);
                keys.push((format!("/api/v1{path}/{}", key["id"].as_str().expect("an id")), rotated));
            }
        }
        keys
    }

    /// Makes a key behind the program's back, and gives its secret.
    pub(crate) fn make_key(&self, owner: &str, name: &str) -> String {
        let path = format!("/service_accounts/{}/api_keys", self.owner(owner));
        let made = self.api("POST", &path, &json!({ "name": name }).to_string());
        made["body"]["key"].as_str().expect("the secret").to_owned()
    }

    /// Revokes a key behind the program's back.
    pub(crate) fn revoke_key(&self, owner: &str, name: &str) {
        let keys = self.keys(owner, name);
        assert!(!keys.is_empty(), "there is no {owner}/{name}");
        for key in keys {
            let path = format!("/service_accounts/{}/api_keys/{}", self.owner(owner), key.id);
            self.api("DELETE", &path, "");
        }
    }

    /// Switches a key off, or on again.
    pub(crate) fn switch_key(&self, owner: &str, name: &str, on: bool) {
        let key = self.keys(owner, name).remove(0);
        let path = format!("/service_accounts/{}/api_keys/{}", self.owner(owner), key.id);
        self.api("PUT", &path, &json!({ "active": on }).to_string());
    }

    /// Does something with a key, as a program that holds its secret.
    pub(crate) fn use_key(&self, secret: &str) {
        let form = format!("grant_type=zenml-api-key&password={}", web::escaped(secret));
        let answer = web::call("POST", &self.url, "/api/v1/login", &[FORM], &form);
        let bearer = answer.body["access_token"].as_str().expect("a bearer").to_owned();
        let header = format!("authorization: Bearer {bearer}");
        let answer = web::call("GET", &self.url, "/api/v1/current-user", &[&header], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Whether the server takes this secret.
    pub(crate) fn accepts(&self, secret: &str) -> bool {
        let form = format!("grant_type=zenml-api-key&password={}", web::escaped(secret));
        web::call("POST", &self.url, "/api/v1/login", &[FORM], &form).status == 200
    }
}
