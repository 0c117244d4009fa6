//! What goes wrong on purpose: which requests it meets, how often, and what the client sees.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bench::Bench;

const KEYS: &str = "/api/v1/service_accounts/*/api_keys";

/// A bench, its administrator's token, and an account without keys.
fn bench() -> (Bench, String, String) {
    let bench = Bench::new();
    let token = bench.admin();
    let body = json!({ "name": "faulty", "active": true });
    let account = bench.write(&token, "POST", "service_accounts", &body).expect(200).text_at("/id");
    (bench, token, account)
}

#[test]
fn a_cut_after_the_work_leaves_the_key_and_a_cut_before_does_not() {
    for (kind, left) in [("cut_after", 1), ("cut_body", 1), ("cut_before", 0)] {
        let (bench, token, account) = bench();
        bench.fault(&json!({ "kind": kind, "method": "POST", "path": KEYS }));
        let path = format!("service_accounts/{account}/api_keys");
        let create =
            || bench.request("POST", &path).bearer_auth(&token).body(json!({ "name": "k" }).to_string());
        let error = bench.try_send(create()).err().unwrap();
        assert!(error.is_request() || error.is_body() || error.is_decode(), "{kind}: {error:?}");
        assert_eq!(bench.get(&token, &path).expect(200).at("/total"), left, "{kind}");
        // It was for one request only.
        assert_eq!(bench.send(create()).status, if left == 1 { 409 } else { 200 }, "{kind}");
    }
}

#[test]
fn a_cut_closes_the_connection_without_a_byte() {
    use std::io::{Read as _, Write as _};
    for kind in ["cut_before", "cut_after"] {
        let (bench, ..) = bench();
        bench.fault(&json!({ "kind": kind, "path": "/api/v1/info" }));
        let address = bench.sandbox.announcement().kitaru.url.trim_start_matches("http://").to_owned();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(b"GET /api/v1/info HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        assert_eq!(stream.read_to_end(&mut answer).unwrap(), 0, "{kind}: {answer:?}");
    }
}

#[test]
fn an_answer_lost_on_the_way_is_given_again_under_its_idempotency_key() {
    let (bench, token, account) = bench();
    bench.fault(&json!({ "kind": "cut_after", "method": "POST", "path": KEYS }));
    let create = || {
        let request =
            bench.request("POST", &format!("service_accounts/{account}/api_keys")).bearer_auth(&token);
        request.header("idempotency-key", "5e0cf2a4-6d5b-4df5-8a83-1c5a5a3f1f5e").body(r#"{"name":"k"}"#)
    };
    assert!(bench.try_send(create()).is_err());
    let raw = bench.send(create()).expect(200).text_at("/body/key");
    bench.form("login", &[("password", &raw)]).expect(200);
}

#[test]
fn a_cut_after_a_rotation_has_rotated() {
    let (bench, token, account) = bench();
    let path = format!("service_accounts/{account}/api_keys");
    let raw = bench.write(&token, "POST", &path, &json!({ "name": "k" })).expect(200).text_at("/body/key");
    bench.fault(&json!({ "kind": "cut_after", "method": "PUT", "path": format!("{KEYS}/*/rotate") }));
    let rotate = bench.request("PUT", &format!("{path}/k/rotate")).bearer_auth(&token).body("{}");
    assert!(bench.try_send(rotate).is_err());
    assert_ne!(bench.get(&token, &format!("{path}/k")).at("/metadata/last_rotated"), Value::Null);
    bench.form("login", &[("password", &raw)]).expect(401);
    let journal = bench.control("GET", "requests", &Value::Null);
    let cut = journal.json().as_array().unwrap().iter().find(|entry| entry["fault"] == "cut_after").cloned();
    assert_eq!(cut.unwrap()["status"], Value::Null);
}

#[test]
fn answers_are_replaced_with_status_body_and_headers_for_so_many_requests() {
    let (bench, token, _) = bench();
    bench.fault(&json!({
        "kind": "answer", "path": "/api/v1/service_accounts", "times": 2,
        "status": 429, "body": { "detail": "slow down" }, "headers": { "Retry-After": "2" },
    }));
    bench.get(&token, "current-user").expect(200);
    for _ in 0..2 {
        let answer = bench.get(&token, "service_accounts").expect(429);
        assert_eq!((answer.header("retry-after"), answer.text_at("/detail").as_str()), ("2", "slow down"));
    }
    bench.get(&token, "service_accounts").expect(200);
    assert_eq!(bench.control("GET", "faults", &Value::Null).json(), json!([]));

    bench.fault(&json!({ "kind": "answer", "status": 502, "body": "Bad Gateway", "times": null }));
    for _ in 0..3 {
        assert_eq!(bench.get(&token, "current-user").expect(502).text, "Bad Gateway");
    }
    bench.control("DELETE", "faults", &Value::Null);
    bench.get(&token, "current-user").expect(200);
}

#[test]
fn bodies_are_spoiled() {
    let (bench, token, _) = bench();
    let spoiled = |fault: Value| {
        bench.fault(&fault);
        bench.get(&token, "current-user")
    };
    let oversize = spoiled(json!({ "kind": "oversize", "megabytes": 3 })).expect(200);
    assert!(oversize.text.len() > 3 * 1024 * 1024 && oversize.json().is_object());
    let escapes = spoiled(json!({ "kind": "escapes" })).expect(400);
    assert!(escapes.text_at("/detail/1").contains("\u{1b}]52;"));
    let garbage = spoiled(json!({ "kind": "garbage" })).expect(200);
    assert_eq!((garbage.header("content-type"), garbage.json()), ("application/json", Value::Null));
    let page = spoiled(json!({ "kind": "wrong_type" })).expect(200);
    assert_eq!(page.header("content-type"), "text/html");
}

#[test]
fn delays_hold_the_answer_back() {
    let (bench, token, _) = bench();
    bench.fault(&json!({ "kind": "delay", "delay_ms": 80 }));
    let before = Instant::now();
    bench.get(&token, "current-user").expect(200);
    assert!(before.elapsed() >= Duration::from_millis(80));
}
