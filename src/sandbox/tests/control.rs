//! The control address: what it says of itself, whom it refuses, the clock, the quirks and the journal.

use serde_json::{Value, json};

use super::bench::Bench;

#[test]
fn it_describes_every_call_fault_and_quirk() {
    let bench = Bench::new();
    let described = bench.control("GET", "", &Value::Null);
    for call in ["GET /", "POST /clock", "POST /quirks", "POST /faults", "DELETE /faults", "GET /requests"] {
        assert!(described.at("/calls").get(call).is_some(), "{call}");
    }
    // Each quirk that can be set is described, with the default it really has.
    let quirks = bench.control("GET", "quirks", &Value::Null).json();
    for (backend, switches) in quirks.as_object().unwrap() {
        for (name, value) in switches.as_object().unwrap() {
            let place = format!("/quirks/{backend}/{name}");
            assert_eq!(&described.at(&format!("{place}/default")), value, "{place}");
            assert_ne!(described.text_at(&format!("{place}/about")), "", "{place}");
        }
    }
    // Each kind of fault that is described can be put in.
    for kind in described.at("/fault/kind").as_object().unwrap().keys() {
        bench.fault(&json!({ "kind": kind, "path": "/nowhere" }));
    }
}

#[test]
fn web_pages_and_strange_hosts_are_refused() {
    let bench = Bench::new();
    let send = |name: &str, value: &str| {
        bench.send(bench.control_request("GET", "clock").header(name, value)).status
    };
    assert_eq!(send("origin", "http://evil.example"), 403);
    assert_eq!(send("origin", "null"), 403);
    assert_eq!(send("host", "evil.example:80"), 403);
    assert_eq!(send("host", "localhost:1"), 200);
    assert_eq!(send("host", "127.0.0.1"), 200);
}

#[test]
fn bad_control_calls_are_refused_in_words() {
    let bench = Bench::new();
    let cases = [
        ("POST", "clock", json!({}), "either"),
        ("POST", "clock", json!({ "advance_seconds": 1, "set": "2026-01-01T00:00:00Z" }), "either"),
        ("POST", "clock", json!({ "advance_seconds": i64::MAX }), "1970"),
        ("POST", "clock", json!({ "set": "yesterday" }), "does not fit"),
        ("POST", "quirks", json!({ "kitaru": { "flavour": 1 } }), "flavour"),
        ("POST", "quirks", json!({ "kitaru": { "version": "new" } }), "three numbers"),
        ("POST", "quirks", json!({ "zope": {} }), "zope"),
        ("POST", "faults", json!({ "kind": "rust" }), "rust"),
        ("POST", "faults", json!({ "kind": "answer", "status": 7 }), "status"),
        ("POST", "faults", json!({ "kind": "delay", "times": 0 }), "times"),
        ("POST", "faults", json!({ "kind": "delay", "backend": "control" }), "no backend"),
        ("GET", "nowhere", json!({}), "there is no GET /nowhere"),
    ];
    for (method, path, body, word) in cases {
        let answer = bench.try_control(method, path, &body);
        assert!(answer.status >= 400, "{path} {body}");
        assert!(answer.text_at("/error").contains(word), "{path} {body}: {}", answer.text);
    }
}

#[test]
fn the_clock_moves_and_every_answer_is_dated_by_it() {
    let bench = Bench::new();
    bench.control("POST", "clock", &json!({ "set": "2030-05-01T12:00:00Z" }));
    let now = bench.control("GET", "clock", &Value::Null).text_at("/now");
    assert!(now.starts_with("2030-05-01T12:00:0"), "{now}");
    let date = bench.send(bench.request("GET", "info")).header("date").to_owned();
    assert!(date.starts_with("Wed, 01 May 2030 12:00:0"), "{date}");
    bench.advance(-86_400);
    let date = bench.send(bench.request("GET", "/nowhere")).header("date").to_owned();
    assert!(date.starts_with("Tue, 30 Apr 2030 12:00:0"), "{date}");
}

#[test]
fn the_journal_tells_what_arrived_and_no_secret() {
    let bench = Bench::new();
    let token = bench.admin();
    bench.control("DELETE", "requests", &Value::Null);
    let request = bench
        .request("POST", "service_accounts?code=hidden")
        .bearer_auth(&token)
        .header("idempotency-key", "2b5ba0d6-4a64-4c0d-93f8-6cf1b6d2a2d0")
        .header("user-agent", "keywright/0")
        .body(json!({ "name": "journal", "active": true }).to_string());
    bench.send(request).expect(200);
    bench.send(bench.request("GET", "nowhere").header("origin", "http://page.example"));
    let journal = bench.control("GET", "requests", &Value::Null);
    let (first, second) = (journal.at("/0"), journal.at("/1"));
    assert_eq!(first["method"], "POST");
    assert_eq!(first["path"], "/api/v1/service_accounts");
    assert_eq!(first["status"], 200);
    assert_eq!(first["idempotency_key"], true);
    assert_eq!(first["authorization"], true);
    assert_eq!(first["user_agent"], "keywright/0");
    assert_eq!((&first["origin"], &first["cookie"]), (&json!(false), &json!(false)));
    assert_eq!((&second["origin"], &second["status"]), (&json!(true), &json!(404)));
    assert!(!journal.text.contains(&token) && !journal.text.contains("hidden"));
}
