//! The embedded zpools server as its own clients see it. Those clients are in no package index, so they cannot be
//! installed and run here; what stands in for them sends the bytes that they were seen to send, headers and all, and
//! reads the answers as strictly as they do: see [`strict`].

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use keywright::sandbox::{Options, Sandbox, start};
use serde_json::{Value, json};

/// The two clients, by how they begin a request.
#[derive(Clone, Copy, PartialEq)]
enum Client {
    /// The SDK and the CLI on top of it.
    Python,
    /// The shell client.
    Shell,
}

/// Method, path, body, and the status it gets.
type Sent = (&'static str, &'static str, Option<&'static str>, u16);

struct Wire {
    sandbox: Sandbox,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Wire {
    fn new() -> Self {
        Self { sandbox: start(Options::default()).expect("a sandbox") }
    }

    /// Sends a request as a client does, and reads the whole answer.
    fn send(
        &self,
        client: Client,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        body: Option<&str>,
    ) -> Answer {
        let url = self.sandbox.announcement().zpools.url.clone();
        let host =
            url.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/v1")).expect("a base with /v1");
        let mut head = format!("{method} /v1{path} HTTP/1.1\r\nHost: {host}\r\n");
        match client {
            Client::Python => head.push_str(
                "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: \
                 python-httpx/0.28.1\r\n",
            ),
            Client::Shell => head.push_str("User-Agent: curl/7.88.1\r\nAccept: */*\r\n"),
        }
        if let Some(bearer) = bearer {
            head = head + "Authorization: Bearer " + bearer + "\r\n";
        }
        if let Some(body) = body {
            head = format!("{head}Content-Length: {}\r\nContent-Type: application/json\r\n", body.len());
        }
        let mut stream = TcpStream::connect(host).expect("it listens");
        stream.write_all(format!("{head}\r\n{}", body.unwrap_or_default()).as_bytes()).expect("sent");
        read(&mut stream)
    }

    fn control(&self, path: &str, body: &Value) {
        let url = &self.sandbox.announcement().control.url;
        let host = url.strip_prefix("http://").expect("an address");
        let body = body.to_string();
        let mut stream = TcpStream::connect(host).expect("it listens");
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).expect("sent");
        assert_eq!(read(&mut stream).status, 200, "{body}");
    }

    fn log_in(&self) -> String {
        let told = &self.sandbox.announcement().zpools;
        let body = json!({ "username": told.username, "password": told.password }).to_string();
        let answer = self.send(Client::Python, "POST", "/login", None, Some(&body));
        strict(&answer, 200);
        answer.json()["detail"]["access_token"].as_str().expect("a bearer").to_owned()
    }

    /// The rows, read strictly.
    fn rows(&self, bearer: &str) -> Vec<Value> {
        let answer = self.send(Client::Python, "GET", "/pat", Some(bearer), None);
        strict(&answer, 200);
        let rows = answer.json()["detail"]["items"].as_array().expect("a list").clone();
        rows.iter().for_each(strict_row);
        rows
    }
}

/// One answer; the connection stays open, so its length tells where it ends.
fn read(stream: &mut TcpStream) -> Answer {
    let (mut bytes, mut chunk) = (Vec::new(), [0_u8; 4096]);
    loop {
        let count = stream.read(&mut chunk).expect("readable");
        bytes.extend_from_slice(chunk.get(..count).expect("that much"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.expect("a length").parse().expect("a number");
            if body.len() >= length || count == 0 {
                let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
                return Answer { status, body: body.to_owned(), head };
            }
        }
        assert!(count > 0, "the connection ended early: {text}");
    }
}

/// What the Python clients need of any answer: JSON as they name it, a `message`, a `detail` in every success but
/// that of `/hello`, and never a `detail` of plain text, which trips them.
fn strict(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    let told = answer.json();
    assert!(told["message"].is_string(), "{told}");
    let detail = &told["detail"];
    assert!(!detail.is_string(), "{told}");
    assert!(
        status >= 300
            || detail.is_object()
            || told["message"].as_str().is_some_and(|text| text.starts_with("Hello"))
    );
}

/// Times are texts with an offset, and left out rather than null, but for the last use.
fn strict_row(row: &Value) {
    for name in ["created_at", "expiry_at", "hard_expiry_at", "last_used_at"] {
        match row.get(name) {
            None => {}
            Some(Value::Null) => assert_eq!(name, "last_used_at", "{row}"),
            Some(moment) => {
                let text = moment.as_str().expect("a text");
                assert!(text.ends_with("+00:00") && text.parse::<jiff::Timestamp>().is_ok(), "{text}");
            }
        }
    }
    assert!(["active", "revoked", "expired"].contains(&row["status"].as_str().expect("a status")), "{row}");
    let id = row["key_id"].as_str().expect("an id");
    assert_eq!(id.split('-').filter(|word| word.chars().all(|c| c.is_ascii_lowercase())).count(), 4, "{id}");
    assert!(row["usage_count"].is_u64() && row["token_ver"].is_u64() && row["scopes"].is_array(), "{row}");
    assert!(!row.to_string().contains("zpat_"), "the secret is never listed");
}

#[test]
fn a_life_as_the_sdk_lives_it() {
    let wire = Wire::new();
    let bearer = wire.log_in();
    let ends = jiff::Zoned::now().date().saturating_add(jiff::Span::new().days(70));
    let body = format!(
        r#"{{"label":"ci deploy","scopes":["zpool","job"],"expiry":"{ends}","tenant_id":"tenant-7"}}"#
    );
    let made = wire.send(Client::Python, "POST", "/pat", Some(&bearer), Some(&body));
    strict(&made, 201);
    let detail = made.json()["detail"].clone();
    let names: Vec<&String> = detail.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["key_id", "token"], "label, scopes and end are not repeated");
    let (id, token) = (detail["key_id"].as_str().expect("an id"), detail["token"].as_str().expect("a token"));
    assert!(token.strip_prefix("zpat_").is_some_and(|rest| rest.len() == 24), "{token}");

    let row = |bearer: &str| wire.rows(bearer).into_iter().find(|row| row["key_id"] == id).expect("its row");
    let fresh = row(&bearer);
    assert_eq!((&fresh["label"], &fresh["scopes"]), (&json!("ci deploy"), &json!(["zpool", "job"])));
    assert_eq!(
        (&fresh["expiry_at"], &fresh["last_used_at"]),
        (&json!(format!("{ends}T00:00:00.000+00:00")), &Value::Null)
    );

    strict(&wire.send(Client::Python, "GET", "/hello", Some(token), None), 200);
    for (path, status) in [
        ("/zpools", 200),
        ("/jobs?limit=1&sort=desc", 200),
        ("/sshkey", 403),
        ("/pat", 403),
        ("/billing/balance", 403),
    ] {
        strict(&wire.send(Client::Python, "GET", path, Some(token), None), status);
    }
    strict(&wire.send(Client::Shell, "GET", "/jobs", Some(token), None), 200);
    let used = row(&bearer);
    assert_eq!(
        (&used["usage_count"], &used["last_ip"], &used["last_ua"]),
        (&json!(4), &json!("127.0.0.1"), &json!("curl/7.88.1")),
        "what was refused is no use"
    );

    let path = format!("/pat/{id}");
    strict(&wire.send(Client::Python, "DELETE", &path, Some(&bearer), None), 200);
    strict(&wire.send(Client::Python, "DELETE", &path, Some(&bearer), None), 404);
    strict(&wire.send(Client::Python, "GET", "/hello", Some(token), None), 403);
    assert_eq!(row(&bearer)["status"], "revoked");
}

#[test]
fn requests_and_answers_one_by_one() {
    let wire = Wire::new();
    let bearer = wire.log_in();
    let pat = wire.sandbox.announcement().zpools.pat.clone();
    let login = |body: &str| wire.send(Client::Python, "POST", "/login", None, Some(body));
    strict(&login(r#"{"username":"ada@example.com","password":"wrong"}"#), 401);
    strict(&login("{}"), 400);
    strict(&login("junk"), 400);

    let with_bearer: [Sent; 13] = [
        ("POST", "/pat", Some(r#"{"label":"min"}"#), 201),
        ("POST", "/pat", Some(r#"{"label":"min","scopes":[]}"#), 201),
        ("POST", "/pat", Some("{\n  \"label\": \"shell\",\n  \"scopes\": [\"job\"]\n}"), 201),
        ("POST", "/pat", Some(r#"{"label":"min","expiry":"31.01.2027"}"#), 400),
        ("POST", "/pat", Some(r#"{"scopes":["job"]}"#), 400),
        ("POST", "/pat", Some(r#"{"label":"min","scopes":["root"]}"#), 400),
        ("POST", "/pat", Some("junk"), 400),
        ("DELETE", "/pat/a/b%20c", None, 404),
        ("GET", "/pat/one", None, 404),
        ("GET", "/nothing", None, 404),
        ("GET", "/jobs?limit=0", None, 400),
        ("GET", "/jobs?limit=1", None, 200),
        ("GET", "/hello", None, 200),
    ];
    for (method, path, body, status) in with_bearer {
        strict(&wire.send(Client::Python, method, path, Some(&bearer), body), status);
    }
    let with_pat: [Sent; 23] = [
        ("GET", "/billing/ledger?since=2026-01-01&until=2026-01-31&limit=1", None, 200),
        ("GET", "/billing/ledger?since=31.01.2026", None, 400),
        ("GET", "/billing/ledger?limit=5001", None, 400),
        ("GET", "/billing/summary", None, 200),
        ("GET", "/billing/summary?since=2026-01-01&until=2026-01-31", None, 200),
        ("GET", "/billing/summary?since=2026-01-01&until=2026-02-28", None, 400),
        ("GET", "/billing/runway?lookback_days=30", None, 200),
        ("GET", "/billing/runway?lookback_days=91", None, 400),
        ("GET", "/jobs?limit=1&sort=desc", None, 200),
        ("GET", "/jobs?before=yesterday", None, 400),
        ("GET", "/job/job-5f20b1", None, 200),
        ("GET", "/job/job-5f20b1/history", None, 200),
        ("GET", "/job/none", None, 404),
        ("GET", "/job/none/history", None, 404),
        ("POST", "/zpool", Some(r#"{"new_size_in_gib":125,"volume_type":"gp3"}"#), 501),
        ("POST", "/zpool/zp-2f8c41d0/scrub", None, 501),
        ("DELETE", "/sshkey/k-5d0c", None, 501),
        ("POST", "/pat", Some(r#"{"label":"min","scopes":["job"]}"#), 401),
        ("GET", "/pat", None, 200),
        ("GET", "/zpools", None, 200),
        ("GET", "/billing/balance", None, 200),
        ("DELETE", "/pat/no-such-row-here", None, 404),
        ("GET", "/hello", None, 200),
    ];
    for (method, path, body, status) in with_pat {
        strict(&wire.send(Client::Python, method, path, Some(&pat), body), status);
    }
    for path in ["/hello", "/pat", "/zpools"] {
        strict(&wire.send(Client::Shell, "GET", path, None, None), 401);
    }
    wire.control("/quirks", &json!({ "zpools": { "login": false, "pats_manage_pats": false } }));
    strict(&login(r#"{"username":"ada@example.com","password":"x"}"#), 404);
    strict(&wire.send(Client::Python, "GET", "/pat", Some(&pat), None), 401);
    strict(&wire.send(Client::Python, "DELETE", "/pat/no-such-row-here", Some(&pat), None), 401);
    strict(&wire.send(Client::Python, "GET", "/zpools", Some(&pat), None), 200);
}

/// What the client's tables are drawn from.
#[test]
fn jobs_and_the_bill_have_the_members_that_are_read() {
    let wire = Wire::new();
    let pat = wire.sandbox.announcement().zpools.pat.clone();
    let detail = |path: &str| {
        let answer = wire.send(Client::Python, "GET", path, Some(&pat), None);
        strict(&answer, 200);
        answer.json()["detail"].clone()
    };
    let jobs = detail("/jobs?sort=asc")["jobs"].as_array().expect("a list").clone();
    assert_eq!(jobs.len(), 3);
    for job in &jobs {
        assert!(
            ["pending", "running", "completed", "failed"].contains(&job["status"].as_str().expect("one"))
        );
        assert!(job["current_status"]["state"] == "succeeded" && job["job_type"].is_string(), "{job}");
        assert!(serde_json::from_str::<Value>(job["parameters"].as_str().expect("JSON")).is_ok(), "{job}");
        let id = job["job_id"].as_str().expect("an id");
        let one = detail(&format!("/job/{id}"));
        assert_eq!((&one["job_id"], &one["job"]), (&job["job_id"], job));
        let history = detail(&format!("/job/{id}/history"));
        let lengths = ["events", "history"].map(|list| history[list].as_array().map(Vec::len));
        assert_eq!(lengths, [Some(3), Some(3)], "{history}");
    }
    let first = jobs[0]["created_at"].as_str().expect("a moment").replace('+', "%2B");
    assert_eq!(detail(&format!("/jobs?after={first}"))["jobs"].as_array().map(Vec::len), Some(2));

    let items = detail("/billing/ledger")["items"].as_array().expect("a list").clone();
    let sum: f64 = items.iter().map(|item| item["amount_usd"].as_f64().expect("a number")).sum();
    let balance = detail("/billing/balance")["balance"]["balance_usd"].as_f64().expect("a number");
    let runway = detail("/billing/runway")["runway"].clone();
    let ending =
        detail("/billing/summary")["summary"]["totals"]["ending_balance"].as_f64().expect("a number");
    for other in [balance, ending, runway["ending_balance"].as_f64().expect("a number")] {
        assert!((sum - other).abs() < 0.005, "{sum} {other}");
    }
    assert!(items.iter().all(|item| item["event_ts"].is_string() && item["source"].is_string()), "{items:?}");
    let narrow = wire.log_in();
    let body = r#"{"label":"narrow","scopes":["job"]}"#;
    let made = wire.send(Client::Python, "POST", "/pat", Some(&narrow), Some(body)).json();
    let token = made["detail"]["token"].as_str().expect("a token");
    for (path, status) in
        [("/billing/ledger", 403), ("/billing/summary", 403), ("/billing/runway", 403), ("/jobs", 200)]
    {
        assert_eq!(wire.send(Client::Python, "GET", path, Some(token), None).status, status, "{path}");
    }
}

#[test]
fn a_verdict_is_remembered_for_every_route_where_that_is_switched_on() {
    let wire = Wire::new();
    let bearer = wire.log_in();
    wire.control("/quirks", &json!({ "zpools": { "authorizer_cache_seconds": 5 } }));
    let body = r#"{"label":"memory","scopes":["job"]}"#;
    let made = wire.send(Client::Python, "POST", "/pat", Some(&bearer), Some(body)).json();
    let token = made["detail"]["token"].as_str().expect("a token");
    let status = |path: &str| wire.send(Client::Python, "GET", path, Some(token), None).status;
    assert_eq!((status("/jobs"), status("/zpools")), (200, 200), "an allow answers for another route");
    wire.control("/clock", &json!({ "advance_seconds": 6 }));
    assert_eq!((status("/zpools"), status("/jobs")), (403, 403), "and so does a refusal");
    wire.control("/clock", &json!({ "advance_seconds": 6 }));
    assert_eq!(status("/jobs"), 200);
    let path = format!("/pat/{}", made["detail"]["key_id"].as_str().expect("an id"));
    assert_eq!(wire.send(Client::Python, "DELETE", &path, Some(&bearer), None).status, 200);
    assert_eq!(status("/jobs"), 200, "revoked, and still let through");
    wire.control("/clock", &json!({ "advance_seconds": 6 }));
    assert_eq!(status("/jobs"), 403);
}
