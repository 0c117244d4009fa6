//! What does not fit: the texts and lists that the real server gave to each.

use serde_json::{Value, json};

use super::Fixture;

/// Method, path, body, then type and place of each complaint.
type Case<'a> = (&'a str, &'a str, Value, &'a [(&'a str, &'a str)]);

#[test]
fn members_are_checked_for_type_and_unknown_ones_refused() {
    let f = Fixture::new();
    let rotate = format!("{}/rotate", f.key());
    let cases: &[Case<'_>] = &[
        ("POST", "api-keys", json!({}), &[("missing", "name")]),
        ("POST", "api-keys", json!({ "name": 5 }), &[("string_type", "name")]),
        ("POST", "api-keys", json!({ "name": "x", "owner_id": "y" }), &[("extra_forbidden", "owner_id")]),
        (
            "POST",
            "service-accounts",
            json!({ "name": "x", "active": true }),
            &[("extra_forbidden", "active")],
        ),
        ("PATCH", &f.key(), json!({}), &[("missing", "active")]),
        ("PATCH", &f.key(), json!({ "active": "maybe" }), &[("bool_parsing", "active")]),
        ("PATCH", &f.key(), json!({ "name": "x" }), &[("missing", "active"), ("extra_forbidden", "name")]),
        (
            "POST",
            &rotate,
            json!({ "retain_period_minutes": -1 }),
            &[("greater_than_equal", "retain_period_minutes")],
        ),
        (
            "POST",
            &rotate,
            json!({ "retain_period_minutes": 1.5 }),
            &[("int_from_float", "retain_period_minutes")],
        ),
        ("POST", &rotate, json!({ "retain_period_minutes": null }), &[("int_type", "retain_period_minutes")]),
        ("POST", &rotate, json!({ "x": 1 }), &[("extra_forbidden", "x")]),
    ];
    for (method, path, body, complaints) in cases {
        let answer = f.by(&f.admin, method, path, Some(body)).expect(422);
        let told: Vec<(String, String)> = answer
            .at("/detail")
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                let text = |pointer: &str| item.pointer(pointer).unwrap().as_str().unwrap().to_owned();
                (text("/type"), text("/loc/1"))
            })
            .collect();
        let told: Vec<(&str, &str)> = told.iter().map(|(kind, loc)| (&**kind, &**loc)).collect();
        assert_eq!(told, *complaints, "{method} {path} {body}");
    }
    assert_eq!(f.post(&rotate, &json!({ "retain_period_minutes": "5" })).status, 200, "a number in a text");
}

#[test]
fn words_of_the_domain() {
    let f = Fixture::new();
    let rotate = format!("{}/rotate", f.key());
    let long = "x".repeat(256);
    let nobody = "f73e4695-5777-4671-bdc7-ad4141a7f439";
    let cases: &[(&str, &str, Value, u16, &str)] = &[
        ("POST", "api-keys", json!({ "name": "robot" }), 409, "API key name 'robot' is already registered"),
        ("POST", "api-keys", json!({ "name": "" }), 422, "Name must not be empty"),
        ("POST", "api-keys", json!({ "name": long }), 422, "Name exceeds 255 characters"),
        (
            "POST",
            "api-keys",
            json!({ "name": "a.b" }),
            422,
            "Name 'a.b' must contain only letters, digits, and - _, and must start and end with a letter or digit",
        ),
        (
            "POST",
            "service-accounts",
            json!({ "name": " pad " }),
            422,
            "Name ' pad ' must contain only letters, digits, and + - . @ _, and must start and end with a letter or digit",
        ),
        (
            "POST",
            "service-accounts",
            json!({ "name": "ci-runner" }),
            409,
            "Account name 'ci-runner' is already registered",
        ),
        (
            "POST",
            &rotate,
            json!({ "retain_period_minutes": 10_000_000_000_000_i64 }),
            422,
            "Request contained a value the database cannot store",
        ),
        (
            "POST",
            &format!("api-keys/{nobody}/rotate"),
            json!({}),
            404,
            "API key f73e4695-5777-4671-bdc7-ad4141a7f439 was not found",
        ),
        (
            "PATCH",
            &format!("service-accounts/{nobody}"),
            json!({}),
            404,
            "Account f73e4695-5777-4671-bdc7-ad4141a7f439 was not found",
        ),
        ("GET", "service-accounts", json!({}), 404, "Not Found"),
        ("DELETE", "service-accounts/x", json!({}), 405, "Method Not Allowed"),
        ("GET", "users", json!({}), 404, "Not Found"),
        ("POST", "info", json!({}), 405, "Method Not Allowed"),
        ("HEAD", "/health", json!({}), 405, ""),
    ];
    for (method, path, body, status, words) in cases {
        let answer = f.by(&f.admin, method, path, Some(body)).expect(*status);
        assert_eq!(answer.text_at("/detail"), *words, "{method} {path}");
    }
}

#[test]
fn strangers_learn_only_whether_their_body_parses() {
    let f = Fixture::new();
    let send = |body: &str| {
        let request = f.bench.request_to("POST", &f.url("api-keys"));
        f.bench.send(request.header("content-type", "application/json").body(body.to_owned()))
    };
    assert_eq!(send("{").expect(422).text_at("/detail/0/type"), "json_invalid");
    assert_eq!(send("{}").expect(401).text_at("/detail"), "Missing bearer credential.");
    assert_eq!(send("[]").expect(401).text_at("/detail"), "Missing bearer credential.");
    let known = |body: &str| {
        let request = f.bench.request_to("POST", &f.url("api-keys")).bearer_auth(&f.admin);
        f.bench.send(request.header("content-type", "application/json").body(body.to_owned())).expect(422)
    };
    assert_eq!(known("[]").text_at("/detail/0/type"), "model_attributes_type");
    assert_eq!(known("").text_at("/detail/0/type"), "missing");
}

#[test]
fn path_parts_must_be_identifiers() {
    let f = Fixture::new();
    let answer = f.get("api-keys/robot").expect(422);
    assert_eq!(answer.text_at("/detail/0/type"), "uuid_parsing");
    assert_eq!(answer.at("/detail/0/loc"), json!(["path", "api_key_id"]));
    assert!(answer.text_at("/detail/0/msg").starts_with("Input should be a valid UUID, "));
}

#[test]
fn everything_else_is_the_dashboards_page() {
    let f = Fixture::new();
    assert!(f.by("", "GET", "/devices/verify", None).expect(200).text.contains("<title>Kitaru"));
    assert_eq!(f.by("", "GET", "/health", None).expect(200).text_at("/status"), "Healthy");
    assert_eq!(f.by("", "GET", "/health/live", None).expect(200).text_at("/status"), "ok");
}
