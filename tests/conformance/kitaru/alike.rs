//! The same requests to the embedded server and to the real one of the same version, answer by answer: status, members
//! and texts. What is not the same for a reason stands in `differences.md`, and everything there still differs.

mod script;

use std::collections::BTreeMap;

use keywright::sandbox::Announcement;
use serde_json::{Value, json};

use self::script::{Body, K, Step, Who, Z};
use super::{Generation, sandbox, servers};

const DIFFERENCES: &str = include_str!("differences.md");

/// The steps of a generation that are known to differ.
fn known(generation: Generation) -> Vec<&'static str> {
    let letter = match generation {
        Generation::Z => "Z",
        Generation::K => "K",
    };
    let rows = DIFFERENCES.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (row, step, reason) = (cells.next()?, cells.next()?, cells.next()?);
        (row == letter && !reason.is_empty()).then_some(step)
    });
    rows.collect()
}

#[tokio::test]
async fn the_embedded_servers_answer_as_the_real_ones() {
    let servers = servers();
    if servers.is_empty() {
        return support::skip::because("no real servers of this backend run");
    }
    let sandbox = sandbox();
    let told = sandbox.announcement();
    let mut unlisted = Vec::new();
    for generation in [Generation::Z, Generation::K] {
        let script = match generation {
            Generation::Z => Z,
            Generation::K => K,
        };
        let mut differ: Vec<&str> = Vec::new();
        for server in servers.iter().filter(|server| Generation::of(server) == generation) {
            set_version(told, generation, &server.version).await;
            let login = match generation {
                Generation::Z => &told.kitaru,
                Generation::K => &told.kitaru_k,
            };
            let mut embedded = Talk::new(&login.url, &login.username, &login.password).await;
            let mut real = Talk::new(&server.url, &server.username, &server.password).await;
            for step in script {
                let (ours, theirs) = (embedded.take(step).await, real.take(step).await);
                if ours == theirs {
                    continue;
                }
                differ.push(step.name);
                if !known(generation).contains(&step.name) {
                    let version = &server.version;
                    unlisted.push(format!("{version}: {}\nembedded: {ours}\nreal:     {theirs}", step.name));
                }
            }
        }
        if !differ.is_empty() || servers.iter().any(|server| Generation::of(server) == generation) {
            for step in known(generation) {
                assert!(differ.contains(&step), "{step} is listed as a difference and is none any more");
            }
        }
    }
    assert!(unlisted.is_empty(), "{}", unlisted.join("\n\n"));
}

async fn set_version(told: &Announcement, generation: Generation, version: &str) {
    let change = json!({ generation.part(): { "version": version } });
    let url = format!("{}/quirks", told.control.url);
    let sent = reqwest::Client::new().post(url).body(change.to_string()).send().await.expect("an answer");
    assert!(sent.status().is_success());
}

/// A conversation with one server, which remembers what later steps refer to.
struct Talk {
    client: reqwest::Client,
    base: String,
    kept: BTreeMap<&'static str, String>,
}

impl Talk {
    async fn new(url: &str, username: &str, password: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let form = [("grant_type", "password"), ("username", username), ("password", password)];
        let sent = client.post(format!("{url}/api/v1/login")).form(&form).send().await.expect("an answer");
        let body: Value = serde_json::from_slice(&sent.bytes().await.expect("a body")).expect("JSON");
        let admin = body["access_token"].as_str().expect("a bearer").to_owned();
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let kept = BTreeMap::from([("admin", admin), ("unique", unique), ("user", username.to_owned())]);
        Self { client, base: url.to_owned(), kept }
    }

    fn filled(&self, template: &str) -> String {
        self.kept
            .iter()
            .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
    }

    /// Sends a step and gives its answer with everything left out that is different each time.
    async fn take(&mut self, step: &Step) -> String {
        let path = self.filled(step.path);
        let path = if path.starts_with('/') { path } else { format!("/api/v1/{path}") };
        let method = step.method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = match step.who {
            Who::Nobody => request,
            Who::Holder(name) => request.bearer_auth(self.kept.get(name).expect("kept before")),
        };
        if let Some(key) = step.once {
            request = request.header("idempotency-key", self.filled(key));
        }
        request = match step.body {
            Body::None => request,
            Body::Json(body) => request.header("content-type", "application/json").body(self.filled(body)),
            Body::Form(form) => {
                let kind = "application/x-www-form-urlencoded";
                request.header("content-type", kind).body(self.filled(form))
            }
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Ok(mut body) = serde_json::from_str::<Value>(&text) else {
            let kind = if text.contains('<') { String::from("a page") } else { text };
            return format!("{status} {kind}");
        };
        for (name, pointer) in step.keep {
            let value = body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            self.kept.insert(name, value.unwrap_or_else(|| panic!("{}: no {pointer} in {body}", step.name)));
        }
        self.leave_out(&mut body);
        format!("{status} {body}")
    }

    fn leave_out(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.same_each_time(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.leave_out(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.leave_out(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn same_each_time(&self, text: &str) -> String {
        let moment = text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok();
        if moment && text.len() > 10 {
            return String::from("a moment");
        }
        for prefix in ["KITKEY_", "ZENKEY_", "eyJ"] {
            if text.starts_with(prefix) {
                return format!("a secret {prefix}");
            }
        }
        // The text of a validation names files of the server's own installation; how much was wrong is what counts.
        if let Some((count, _)) = text.split_once(" validation error") {
            return format!("{count} that do not fit");
        }
        if text.starts_with("[{'type': ") {
            return format!("{} that do not fit", text.matches("{'type': ").count());
        }
        if self.kept.get("user").is_some_and(|user| user == text) {
            return String::from("<user>");
        }
        let mut text = text.replace(&self.base, "http://server");
        for (name, value) in self.kept.iter().filter(|(name, _)| **name != "user") {
            text = text.replace(value.as_str(), &format!("<{name}>"));
        }
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return String::from("a code");
        }
        if uuid::Uuid::parse_str(&text).is_ok() {
            return String::from("an identifier");
        }
        text
    }
}
