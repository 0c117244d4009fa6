//! The contract's table of statuses, row by row: who asks what, the status, and how the answer begins.
//!
//! Long because it is one table, a row for each answer, and a test that none of the contract's is missing.

use serde_json::{Value, json};

use super::Fixture;
use crate::sandbox::tests::bench::{Answer, with_json};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Who asks.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    Root,
    Admin,
    User,
}

/// A body, or what stands for one.
enum Body {
    None,
    Json(Value),
    Raw(&'static str),
}

use Body::{Json, None as Empty, Raw};
use Who::{Admin, Nobody, Root, User};

type Row = (Who, &'static str, &'static str, Body, u16, &'static str, &'static str);

const MISSING: &str = "11111111-2222-4333-8444-555555555555";

#[expect(clippy::too_many_lines, reason = "one table, a row for a line")]
fn rows(tenant: &str) -> Vec<Row> {
    let login = |name: &str, tenant: Value| {
        Json(json!({ "username": name, "password": "wrong", "tenant-id": tenant }))
    };
    let mint = |body: Value| {
        let mut all = json!({ "tenant_id": tenant });
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        Json(all)
    };
    let new_user = |role: &str, more: Value| {
        let mut all = json!({ "username": "x", "email": "x@x", "password": "", "role": role });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Json(all)
    };
    vec![
        // 400
        (Admin, "POST", "users", Raw("{"), 400, TEXT, "Failed to parse the request body as JSON: "),
        (Admin, "GET", "users/7", Empty, 400, TEXT, "Invalid URL: UUID parsing failed: "),
        (Admin, "POST", "tokens", Json(json!({"tenant_id": "acme"})), 400, TEXT, "Invalid tenant_id format"),
        (Admin, "POST", "tokens", mint(json!({"roles": ["wizard"]})), 400, TEXT, "Unknown role: wizard"),
        (
            Root,
            "POST",
            "users",
            new_user("tenant-admin", json!({})),
            400,
            TEXT,
            "Tenant admin requires tenant_id",
        ),
        (Root, "GET", "permissions", Empty, 400, TEXT, "User must belong to a tenant"),
        (Admin, "GET", "users?limit=x", Empty, 400, TEXT, "Failed to deserialize query string: "),
        // 401
        (Nobody, "GET", "users/me", Empty, 401, TEXT, "Missing or invalid authorization header"),
        (Nobody, "GET", "no-such-path", Empty, 401, TEXT, "Missing or invalid authorization header"),
        (Nobody, "GET", "/v1/oauth/tokens", Empty, 401, TEXT, "Missing or invalid authorization header"),
        (Nobody, "POST", "users/login", login("root", Value::Null), 401, TEXT, "Invalid credentials"),
        (Nobody, "POST", "users/login", login("root", json!(tenant)), 401, TEXT, "Invalid credentials"),
        (Nobody, "POST", "users/login", login("nobody", Value::Null), 401, TEXT, "Invalid credentials"),
        (Nobody, "POST", "users/login", login("ada", json!(MISSING)), 401, TEXT, "Invalid credentials"),
        (
            Nobody,
            "POST",
            "users/login",
            login("ada", Value::Null),
            401,
            TEXT,
            "Tenant users must login with tenant_id",
        ),
        // 403
        (User, "POST", "users", new_user("tenant-user", json!({})), 403, TEXT, "Admin access required"),
        (
            User,
            "POST",
            "service-users",
            Json(json!({"name": "x", "role": "tenant-user"})),
            403,
            JSON,
            r#"{"error":"Only admins can create service users"}"#,
        ),
        (User, "GET", "service-users", Empty, 403, JSON, r#"{"error":"Only admins can list service users"}"#),
        (User, "POST", "tokens", mint(json!({})), 403, TEXT, "Admin access required"),
        (Admin, "GET", "tenants", Empty, 403, JSON, r#"{"error":"Only Root can list tenants"}"#),
        (Admin, "POST", "tenants", Json(json!({"name": "x"})), 403, TEXT, "Only Root can "),
        (
            Admin,
            "POST",
            "tokens",
            Json(json!({"tenant_id": MISSING})),
            403,
            TEXT,
            "Cannot mint a token for another tenant",
        ),
        (
            Admin,
            "POST",
            "tokens",
            mint(json!({"roles": ["root"]})),
            403,
            TEXT,
            "Cannot mint a token more privileged than the caller",
        ),
        (Admin, "POST", "users", new_user("root", json!({})), 403, TEXT, "Cannot create root users"),
        (
            Root,
            "POST",
            "users",
            new_user("tenant-user", json!({"tenant_id": tenant})),
            403,
            TEXT,
            "Root user cannot create Tenant Users. Login as Tenant Admin.",
        ),
        (Root, "POST", "warehouses", Json(json!({"name": "x"})), 403, TEXT, "Root"),
        (Root, "POST", "catalogs", Json(json!({"name": "x", "catalog_type": "Local"})), 403, TEXT, "Root"),
        (
            Root,
            "POST",
            "permissions",
            Json(json!({"user-id": MISSING, "scope": {"type": "tenant"}, "actions": []})),
            403,
            TEXT,
            "Root",
        ),
        (
            User,
            "POST",
            "auth/revoke/11111111-2222-4333-8444-555555555555",
            Json(json!({})),
            403,
            TEXT,
            "Admin",
        ),
        (User, "DELETE", "tokens/11111111-2222-4333-8444-555555555555", Empty, 403, TEXT, "Admin"),
        // 404
        (Admin, "GET", "users/11111111-2222-4333-8444-555555555555", Empty, 404, TEXT, "User not found"),
        (Admin, "GET", "roles/11111111-2222-4333-8444-555555555555", Empty, 404, TEXT, "Role not found"),
        (
            Root,
            "GET",
            "tenants/11111111-2222-4333-8444-555555555555",
            Empty,
            404,
            JSON,
            r#"{"error":"Tenant not found"}"#,
        ),
        (
            Root,
            "DELETE",
            "tenants/11111111-2222-4333-8444-555555555555",
            Empty,
            404,
            TEXT,
            "Tenant not found",
        ),
        (
            Admin,
            "GET",
            "service-users/11111111-2222-4333-8444-555555555555",
            Empty,
            404,
            JSON,
            r#"{"error":"Service user not found"}"#,
        ),
        (
            Admin,
            "POST",
            "service-users/11111111-2222-4333-8444-555555555555/rotate",
            Empty,
            404,
            JSON,
            r#"{"error":"Service user not found"}"#,
        ),
        (
            Admin,
            "GET",
            "audit/11111111-2222-4333-8444-555555555555",
            Empty,
            404,
            JSON,
            r#"{"error":"Audit event not found","event_id":"#,
        ),
        (Admin, "GET", "no-such-path", Empty, 404, TEXT, ""),
        (Admin, "GET", "users/me/", Empty, 404, TEXT, ""),
        (Admin, "POST", "auth/tokens/cleanup", Empty, 404, TEXT, ""),
        // 405, 415
        (Admin, "GET", "tokens", Empty, 405, TEXT, ""),
        (Admin, "POST", "auth/revoke", Empty, 415, TEXT, "Expected request with "),
        (
            Admin,
            "POST",
            "auth/revoke/11111111-2222-4333-8444-555555555555",
            Empty,
            415,
            TEXT,
            "Expected request with ",
        ),
        (Nobody, "POST", "/v1/any/v1/oauth/tokens", Json(json!({})), 415, TEXT, "Form requests must have "),
        // 409 stands in the Iceberg tree alone.
        (
            Admin,
            "POST",
            "/v1/sales/namespaces",
            Json(json!({"namespace": ["orders"]})),
            409,
            JSON,
            r#"{"error":{"#,
        ),
        // 422
        (
            Nobody,
            "POST",
            "users/login",
            Json(json!({"username": "a", "password": "b", "tenant-id": null, "tenant_id": null})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: duplicate field ",
        ),
        (
            Admin,
            "POST",
            "users",
            Json(json!({"foo": 1})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: unknown field ",
        ),
        (
            Admin,
            "POST",
            "users",
            new_user("wizard", json!({})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: unknown variant ",
        ),
        (
            Admin,
            "POST",
            "service-users",
            Json(json!({"name": "x"})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: missing field ",
        ),
        (
            Admin,
            "POST",
            "service-users",
            Json(json!({"name": "x", "role": "tenant-user", "tenant-id": null})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: unknown field ",
        ),
        (
            Admin,
            "POST",
            "auth/revoke/11111111-2222-4333-8444-555555555555",
            Json(json!({"why": "x"})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: unknown field ",
        ),
        (
            Admin,
            "POST",
            "tokens",
            mint(json!({"expires_in_hours": -1})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: ",
        ),
        (
            Admin,
            "POST",
            "permissions",
            Json(json!({"user-id": MISSING, "scope": {"type": "catalog", "catalog-id": "x"},
            "actions": []})),
            422,
            TEXT,
            "Failed to deserialize the JSON body into the target type: ",
        ),
        // 500
        (
            Admin,
            "POST",
            "users",
            Json(json!({"username": "alice", "email": "n@n", "password": "", "role": "tenant-user"})),
            500,
            TEXT,
            "Failed to create user",
        ),
        (
            Admin,
            "POST",
            "service-users",
            Json(json!({"name": "x", "role": "tenant-user", "expires_in_days": 999_999_999})),
            500,
            TEXT,
            "Service panicked",
        ),
    ]
}

fn send(f: &Fixture, (who, method, path, body, ..): &Row) -> Answer {
    let token = match who {
        Nobody => "",
        Root => &f.root,
        Admin => &f.admin,
        User => &f.user,
    };
    let request = f.request(method, path);
    let request = if token.is_empty() { request } else { request.bearer_auth(token) };
    f.bench.send(match body {
        Empty => request,
        Json(body) => request.header("content-type", "application/json").body(body.to_string()),
        Raw(body) => request.header("content-type", "application/json").body(*body),
    })
}

#[test]
fn every_row_of_the_table() {
    let f = Fixture::new();
    for row in rows(&f.tenant) {
        let answer = send(&f, &row);
        let (_, method, path, _, status, kind, begins) = &row;
        let told = format!("{method} {path}: {} {}", answer.status, answer.text);
        assert_eq!(answer.status, *status, "{told}");
        assert!(answer.text.starts_with(begins), "{told}");
        assert_eq!(begins.is_empty(), answer.text.is_empty(), "{told}");
        assert_eq!(answer.header("content-type"), *kind, "{told}");
        assert_eq!(answer.header("www-authenticate"), "", "{told}");
        assert!(!answer.header("x-request-id").is_empty(), "{told}");
    }
}

/// What is done and asked, and the answer: its status, its kind, how it begins.
type Situation = (&'static str, fn(&Fixture) -> Answer, u16, &'static str, &'static str);

/// A key in its own header, where such are taken.
fn header(f: &Fixture, method: &str, path: &str, key: &str) -> Answer {
    f.quirks(&json!({ "legacy_keys": "on" }));
    let request = f.request(method, path).header("x-api-key", key);
    let answer = f.bench.send(request.header("content-type", "application/json").body("{}"));
    f.quirks(&json!({ "legacy_keys": "off" }));
    answer
}

/// A service user that was switched off: its id and its key.
fn switched_off(f: &Fixture) -> (String, String) {
    let (id, key) = f.service_user("off");
    f.send(&f.admin, "PUT", &format!("service-users/{id}"), &json!({ "active": false })).expect(200);
    (id, key)
}

/// One whose key has expired.
fn expired(f: &Fixture) -> (String, String) {
    let body = json!({ "name": "over", "role": "tenant-user", "expires_in_days": 0 });
    let made = f.post(&f.admin, "service-users", &body).expect(201);
    (made.text_at("/id"), made.text_at("/api_key"))
}

/// The answer while a switch is thrown.
fn with_switch(f: &Fixture, name: &str, [on, off]: [Value; 2], ask: impl Fn() -> Answer) -> Answer {
    f.quirks(&json!({ name: on }));
    let answer = ask();
    f.quirks(&json!({ name: off }));
    answer
}

/// The rows that need something done before they are met.
#[expect(clippy::too_many_lines, reason = "one table, a row for each situation")]
fn situations() -> Vec<Situation> {
    const LIMIT: &str = "auth_rate_limit";
    vec![
        (
            "deleting oneself",
            |f| f.call(&f.admin, "DELETE", &format!("users/{}", f.get(&f.admin, "users/me").text_at("/id"))),
            400,
            TEXT,
            "Cannot delete yourself",
        ),
        (
            "revoking a key as if it were a token",
            |f| header(f, "POST", "auth/revoke", &f.service_user("self").1),
            400,
            TEXT,
            "This session is not backed by a revocable token",
        ),
        ("what is no token", |f| f.get("a.b.c", "users/me"), 401, TEXT, "Invalid token"),
        (
            "a token of another server",
            |f| {
                let (signed, signature) = f.admin.rsplit_once('.').unwrap();
                let other = signature.chars().rev().collect::<String>();
                f.get(&format!("{signed}.{other}"), "users/me")
            },
            401,
            TEXT,
            "Invalid token",
        ),
        ("a token that is just over", |f| f.get(&f.mint("bob", 0), "users/me"), 401, TEXT, "Token expired"),
        (
            "a token that is over for more than a minute",
            |f| {
                let token = f.mint("bob", 0);
                f.bench.advance(62);
                f.get(&token, "users/me")
            },
            401,
            TEXT,
            "Invalid token",
        ),
        (
            "a revoked token",
            |f| {
                let token = f.mint("bob", 1);
                f.post(&token, "auth/revoke", &json!({})).expect(200);
                f.get(&token, "users/me")
            },
            401,
            TEXT,
            "Token has been revoked",
        ),
        (
            "root's rotated token",
            |f| {
                let told = f.bench.sandbox.announcement().pangolin.clone();
                let body = json!({ "username": told.root_username, "password": told.root_password });
                let root = f.post("", "users/login", &body).text_at("/token");
                let turned = f.call(&root, "POST", "tokens/rotate").expect(200).text_at("/token");
                f.get(&turned, "users/me")
            },
            401,
            TEXT,
            "Invalid session",
        ),
        (
            "a key in its own header",
            |f| f.with_key(&f.service_user("header").1),
            401,
            TEXT,
            "Invalid or expired API key",
        ),
        (
            "a wrong key, where keys are taken",
            |f| header(f, "GET", "users/me", "pgl_wrong"),
            401,
            TEXT,
            "Invalid or expired API key",
        ),
        (
            "a key that is off, where keys are taken",
            |f| header(f, "GET", "users/me", &switched_off(f).1),
            401,
            TEXT,
            "Invalid or expired API key",
        ),
        (
            "a key that is over, where keys are taken",
            |f| header(f, "GET", "users/me", &expired(f).1),
            401,
            TEXT,
            "Invalid or expired API key",
        ),
        (
            "no service user to exchange for",
            |f| f.exchange(MISSING, "pgl_x"),
            401,
            JSON,
            r#"{"error":"Invalid client_id"}"#,
        ),
        (
            "no id to exchange for",
            |f| f.exchange("7", "pgl_x"),
            400,
            JSON,
            r#"{"error":"Invalid client_id format. Must be a valid UUID."}"#,
        ),
        (
            "a key of another service user",
            |f| f.exchange(&f.service_user("one").0, &f.service_user("two").1),
            401,
            JSON,
            r#"{"error":"Invalid client_secret"}"#,
        ),
        (
            "a service user that is off",
            |f| {
                let (id, key) = switched_off(f);
                f.exchange(&id, &key)
            },
            401,
            JSON,
            r#"{"error":"Client is inactive or expired"}"#,
        ),
        (
            "a service user that is over",
            |f| {
                let (id, key) = expired(f);
                f.exchange(&id, &key)
            },
            401,
            JSON,
            r#"{"error":"Client is inactive or expired"}"#,
        ),
        (
            "rotating on SQL",
            |f| f.call(&f.admin, "POST", &format!("service-users/{}/rotate", f.service_user("turn").0)),
            500,
            JSON,
            r#"{"error":"Failed to rotate API key: error returned from database: (code: 1555) UNIQUE constraint failed: service_users.id"}"#,
        ),
        (
            "too many from one address",
            |f| {
                let body = json!({ "username": "x", "password": "x", "tenant-id": f.tenant });
                let ask = || {
                    f.post("", "users/login", &body);
                    f.post("", "users/login", &body)
                };
                with_switch(f, LIMIT, [json!(1), json!(0)], ask)
            },
            429,
            JSON,
            r#"{"error":{"code":429,"message":"too many authentication attempts; try again later","type":"TooManyRequests"}}"#,
        ),
        (
            "too many for one account",
            |f| {
                let body = json!({ "username": "y", "password": "y", "tenant-id": f.tenant });
                let from = |address: &str| {
                    let request = with_json(f.request("POST", "users/login"), &body);
                    f.bench.send(request.header("x-forwarded-for", address))
                };
                let ask = || {
                    from("one");
                    from("another")
                };
                with_switch(f, "trust_forwarded_for", [json!(true), json!(false)], || {
                    with_switch(f, LIMIT, [json!(1), json!(0)], ask)
                })
            },
            429,
            TEXT,
            "too many authentication attempts; try again later",
        ),
        (
            "its health, as it goes down",
            |f| with_switch(f, "draining", [json!("on"), json!("off")], || f.get("", "/health")),
            503,
            JSON,
            r#"{"status":"draining"}"#,
        ),
        (
            "whether it is ready, as it goes down",
            |f| with_switch(f, "draining", [json!("on"), json!("off")], || f.get("", "/health/ready")),
            503,
            JSON,
            r#"{"status":"draining"}"#,
        ),
        (
            "whether it lives, as it goes down",
            |f| with_switch(f, "draining", [json!("on"), json!("off")], || f.get("", "/health/live")),
            503,
            JSON,
            r#"{"status":"draining"}"#,
        ),
        (
            "a token that cannot be looked up among the revoked",
            |f| {
                let out = [json!("on"), json!("off")];
                with_switch(f, "revocation_store_unreachable", out, || f.get(&f.admin, "users/me"))
            },
            503,
            TEXT,
            "Unable to verify token status",
        ),
    ]
}

#[test]
fn every_row_that_needs_a_situation() {
    let f = Fixture::new();
    for (what, ask, status, kind, begins) in situations() {
        let answer = ask(&f);
        let told = format!("{what}: {} {}", answer.status, answer.text);
        assert_eq!(answer.status, status, "{told}");
        assert!(answer.text.starts_with(begins), "{told}");
        assert_eq!(answer.header("content-type"), kind, "{told}");
        let waits = if status == 429 { "60" } else { "" };
        assert_eq!(answer.header("retry-after"), waits, "{told}");
    }
}

/// The contract's table of statuses, as it stands there: each with the words that it quotes.
const CONTRACT: [(u16, &str); 43] = [
    (400, "Failed to parse the request body as JSON: "),
    (400, "Invalid URL: UUID parsing failed: "),
    (400, "Invalid tenant_id format"),
    (400, "Unknown role: wizard"),
    (400, "Tenant admin requires tenant_id"),
    (400, "Cannot delete yourself"),
    (400, "This session is not backed by a revocable token"),
    (400, "User must belong to a tenant"),
    (400, "Failed to deserialize query string: "),
    (400, "Invalid client_id format. Must be a valid UUID."),
    (401, "Missing or invalid authorization header"),
    (401, "Invalid token"),
    (401, "Token expired"),
    (401, "Token has been revoked"),
    (401, "Invalid session"),
    (401, "Invalid or expired API key"),
    (401, "Invalid credentials"),
    (401, "Tenant users must login with tenant_id"),
    (401, "Invalid client_id"),
    (401, "Client is inactive or expired"),
    (401, "Invalid client_secret"),
    (403, "Admin access required"),
    (403, "Only admins can create service users"),
    (403, "Only Root can list tenants"),
    (403, "Cannot mint a token for another tenant"),
    (403, "Cannot mint a token more privileged than the caller"),
    (403, "Root user cannot create Tenant Users. Login as Tenant Admin."),
    (404, "User not found"),
    (404, "Role not found"),
    (404, "Tenant not found"),
    (404, "Service user not found"),
    (404, "Audit event not found"),
    (404, ""),
    (405, ""),
    (415, "Expected request with "),
    (409, ""),
    (422, "Failed to deserialize the JSON body into the target type: "),
    (429, "too many authentication attempts; try again later"),
    (500, "UNIQUE constraint failed: service_users.id"),
    (500, "Failed to create user"),
    (500, "Service panicked"),
    (503, "draining"),
    (503, "Unable to verify token status"),
];

#[test]
fn no_row_of_the_contract_is_missing_above() {
    let simple = rows(MISSING).into_iter().map(|(.., status, _, begins)| (status, begins));
    let asked: Vec<(u16, &str)> =
        simple.chain(situations().into_iter().map(|(.., status, _, begins)| (status, begins))).collect();
    for (status, words) in CONTRACT {
        let met = |(asked, begins): &(u16, &str)| *asked == status && begins.contains(words);
        assert!(asked.iter().any(met), "{status} {words} is not asked for");
    }
    // A name that is taken is never 409 but in the Iceberg tree.
    let taken = rows(MISSING).into_iter().filter(|(.., status, _, _)| *status == 409);
    assert!(taken.map(|(_, _, path, ..)| path).all(|path| path.starts_with("/v1/")));
}

/// What is asked, and the status on SQL and in memory.
type Ask<'a> = (&'a str, &'a dyn Fn(&Fixture) -> Answer, [u16; 2]);

#[test]
fn what_differs_between_the_stores() {
    let (sql, memory) = (Fixture::new(), Fixture::new().memory());
    let body = json!({ "name": "renamed" });
    let user = json!({ "username": "alice", "email": "n@n", "password": "", "role": "tenant-user" });
    let path = |what: &str| format!("{what}/11111111-2222-4333-8444-555555555555");
    let cases: [Ask<'_>; 5] = [
        ("duplicate user", &|f| f.post(&f.admin, "users", &user), [500, 201]),
        ("delete no user", &|f| f.call(&f.admin, "DELETE", &path("users")), [204, 500]),
        ("update no service user", &|f| f.send(&f.admin, "PUT", &path("service-users"), &body), [200, 500]),
        ("delete no service user", &|f| f.call(&f.admin, "DELETE", &path("service-users")), [200, 200]),
        (
            "no such role",
            &|f| {
                let role = json!({ "role-id": "11111111-2222-4333-8444-555555555555" });
                f.post(&f.admin, &format!("users/{}/roles", f.id_of("bob")), &role)
            },
            [500, 201],
        ),
    ];
    for (what, ask, [on_sql, in_memory]) in cases {
        assert_eq!([ask(&sql).status, ask(&memory).status], [on_sql, in_memory], "{what}");
    }
}

#[test]
fn a_wrong_method_says_which_it_takes_and_ids_of_requests_are_echoed_if_decent() {
    let f = Fixture::new();
    assert_eq!(f.get(&f.admin, "tokens").expect(405).header("allow"), "POST");
    assert_eq!(f.call(&f.admin, "PATCH", "users").expect(405).header("allow"), "GET,POST");
    let with = |id: &str| {
        let answer = f.bench.send(f.request("GET", "/health").header("x-request-id", id));
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(with("mine-1._x"), "mine-1._x");
    for indecent in ["", "a b", &"x".repeat(129)] {
        assert_ne!(with(indecent), indecent);
    }
}

#[test]
fn health_and_the_mode_are_public() {
    let f = Fixture::new();
    let ready = json!({ "status": "ready", "store": "ok", "store_latency_ms": 0 });
    for path in ["/health", "/health/ready"] {
        assert_eq!(f.get("", path).expect(200).json(), ready);
    }
    assert_eq!(f.get("", "/health/live").json(), json!({ "status": "alive" }));
    assert_eq!(f.get("", "app-config").json(), json!({ "auth_enabled": true }));
    f.get("", "/v1/config").expect(200);
    f.get("", "/v1/sales/config").expect(200);
    assert!(f.get("", "/metrics").expect(200).text.contains("pangolin_auth_success_total "));
    f.get("", "app/config").expect(401);
}
