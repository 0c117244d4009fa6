//! Refusals: the six shapes, the statuses, and the order of checks.

use serde_json::Value;

use super::Fixture;

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Who {
    Admin,
    Key,
    Nobody,
}
use Who::{Admin, Key, Nobody};

/// Which of the body shapes it is, by looking at it.
fn shape(body: &Value) -> &'static str {
    let pair = |value: &Value| {
        value.as_array().is_some_and(|pair| pair.len() == 2 && pair.iter().all(Value::is_string))
    };
    match body {
        Value::Object(members) if members.get("detail").is_some_and(pair) => "pair",
        Value::Object(members) if members.get("detail").is_some_and(Value::is_string) => "text",
        Value::Object(members) if members.contains_key("error_description") => "device",
        array @ Value::Array(_) if pair(array) => "array",
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => "other",
    }
}

#[test]
fn refusals_come_in_the_documented_order_and_shape() {
    let f = Fixture::new();
    let nowhere = "service_accounts/0d5e0d2c-5a54-4f0e-8f2c-5b4f3f0b7d11/api_keys";
    let (account, keys, key) = (f.account.as_str(), f.keys.as_str(), f.key.as_str());
    let rotate = format!("{key}/rotate");
    let lost_rotate = format!("{keys}/lost/rotate");
    let nowhere_rotate = format!("{nowhere}/lost/rotate");
    let long = format!(r#"{{"name":"{}","active":true}}"#, "n".repeat(256));
    // Who, the call, its body; the status and shape, and a word of the answer.
    let cases: &[(Who, &str, &str, &str, u16, &str, &str)] = &[
        // Unparsable JSON is told even to strangers, then comes who they are.
        (Nobody, "POST", "service_accounts", "{", 422, "array", "validation error"),
        (Nobody, "POST", "service_accounts", "{}", 401, "text", "Not authenticated"),
        (Nobody, "PUT", &rotate, "{", 422, "array", "validation error"),
        (Nobody, "PUT", &rotate, "", 401, "text", "Not authenticated"),
        // Then the path and the body.
        (Key, "POST", "service_accounts", "{}", 422, "array", "name"),
        (Key, "POST", "service_accounts", r#"{"name":"n"}"#, 422, "array", "active"),
        (Admin, "POST", "service_accounts", r#"{"name":1,"active":true}"#, 422, "array", "name"),
        (Admin, "POST", "service_accounts", "[]", 422, "array", "dictionary"),
        (Admin, "POST", "service_accounts", &long, 422, "array", "name"),
        (Admin, "GET", "service_accounts/robot/api_keys", "", 422, "array", "service_account_id"),
        (Key, "POST", keys, "{}", 422, "array", "name"),
        (Key, "PUT", &rotate, "", 422, "array", "validation error"),
        // Then whether the account exists, then whether the caller may, then the key and its name.
        (Key, "POST", nowhere, r#"{"name":"n"}"#, 404, "pair", "KeyError"),
        (Key, "PUT", &nowhere_rotate, "{}", 404, "pair", "KeyError"),
        (Key, "POST", keys, r#"{"name":"default"}"#, 403, "pair", "IllegalOperationError"),
        (Key, "PUT", &lost_rotate, "{}", 403, "pair", "IllegalOperationError"),
        (Admin, "PUT", &lost_rotate, "{}", 404, "pair", "KeyError"),
        (Admin, "POST", keys, r#"{"name":"default"}"#, 409, "pair", "EntityExistsError"),
        // Creating an account has no existence step, so the 403 hides the 409.
        (
            Key,
            "POST",
            "service_accounts",
            r#"{"name":"robot","active":true}"#,
            403,
            "pair",
            "IllegalOperationError",
        ),
        (
            Admin,
            "POST",
            "service_accounts",
            r#"{"name":"robot","active":true}"#,
            409,
            "pair",
            "EntityExistsError",
        ),
        (Admin, "PUT", account, r#"{"name":"etl"}"#, 409, "pair", "EntityExistsError"),
        // What does not exist.
        (Admin, "GET", "service_accounts/ada", "", 404, "pair", "KeyError"),
        (Admin, "GET", "service_accounts/robo", "", 404, "pair", "KeyError"),
        (Admin, "GET", "service_accounts/a%2Fb", "", 404, "text", "Not Found"),
        (Admin, "GET", "nowhere", "", 404, "text", "Not Found"),
        (Admin, "POST", "nowhere", "{}", 405, "text", "Method Not Allowed"),
        (Admin, "PATCH", key, "{}", 405, "text", "Method Not Allowed"),
        (Admin, "PUT", "/health", "", 405, "text", "Method Not Allowed"),
    ];
    let token = f.token(&f.raw);
    for (who, method, path, body, status, expected, word) in cases {
        let request = f.bench.request(method, path).body((*body).to_owned());
        let answer = f.bench.send(match who {
            Admin => request.bearer_auth(&f.admin),
            Key => request.bearer_auth(&token),
            Nobody => request,
        });
        let case = format!("{who:?} {method} {path} {body}: {}", answer.text);
        assert_eq!((answer.status, shape(&answer.json())), (*status, *expected), "{case}");
        assert!(answer.text.contains(word), "{case}");
    }
}

#[test]
fn a_missing_thing_is_quoted_once_more_as_python_does() {
    let f = Fixture::new();
    let text = f.bench.get(&f.admin, "service_accounts/gone").expect(404).text_at("/detail/1");
    assert!(text.starts_with('"') && text.ends_with('"'), "{text}");
}

#[test]
fn the_request_id_comes_back_on_handler_errors_only() {
    let f = Fixture::new();
    let send = |path: &str| {
        f.bench.send(f.bench.request("GET", path).bearer_auth(&f.admin).header("x-request-id", "mine"))
    };
    assert_eq!(send("service_accounts/gone").expect(404).header("x-request-id"), "mine");
    assert_eq!(send("service_accounts").expect(200).header("x-request-id"), "");
    assert_eq!(send("nowhere").expect(404).header("x-request-id"), "");
    let made = f.bench.get(&f.admin, "service_accounts/gone");
    let id = made.header("x-request-id");
    assert!(id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
}

#[test]
fn every_answer_has_the_servers_own_headers() {
    let f = Fixture::new();
    let id = f.bench.send(f.bench.request("GET", "info")).text_at("/id");
    for path in ["info", "nowhere", "service_accounts", "/health"] {
        let answer = f.bench.send(f.bench.request("GET", path).header("origin", "http://page.example"));
        assert_eq!(answer.header("server"), id, "{path}");
        assert_ne!(answer.header("strict-transport-security"), "", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "http://page.example", "{path}");
    }
}

#[test]
fn health_needs_no_credential() {
    let f = Fixture::new();
    for path in ["/health", "/ready"] {
        assert_eq!(f.bench.send(f.bench.request("GET", path)).expect(200).text, "ok");
        f.bench.send(f.bench.request("HEAD", path)).expect(200);
    }
}
