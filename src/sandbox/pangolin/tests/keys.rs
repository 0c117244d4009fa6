//! Service users and their keys: on both stores, with legacy keys on and off.

use serde_json::{Value, json};

use super::Fixture;

#[test]
fn a_key_is_told_once_in_one_spelling_and_listed_without_in_another() {
    let f = Fixture::new();
    let body = json!({ "name": "ci", "description": "d", "role": "tenant-user", "expires_in_days": 90 });
    let made = f.post(&f.admin, "service-users", &body).expect(201).json();
    let names: Vec<&String> = made.as_object().unwrap().keys().collect();
    let wanted = [
        "active",
        "api_key",
        "created_at",
        "created_by",
        "description",
        "expires_at",
        "id",
        "name",
        "role",
        "tenant_id",
    ];
    assert_eq!(names, wanted);
    let key = made["api_key"].as_str().unwrap();
    assert!(key.len() == 68 && key.starts_with("pgl_") && key.matches('_').count() == 1, "{key}");
    let row = f.row(made["id"].as_str().unwrap());
    let names: Vec<&String> = row.as_object().unwrap().keys().collect();
    let wanted = [
        "active",
        "api-key-hash",
        "created-at",
        "created-by",
        "description",
        "expires-at",
        "id",
        "last-used",
        "name",
        "role",
        "tenant-id",
    ];
    assert_eq!(names, wanted);
    assert!(row["api-key-hash"].as_str().unwrap().starts_with("$2b$12$"));
    assert_eq!(row["api-key-hash"].as_str().unwrap().len(), 60);
    assert_eq!(row["last-used"], Value::Null);
    assert!(!f.get(&f.admin, "service-users").text.contains(key));
}

#[test]
fn moments_have_the_flavour_of_their_place_and_store() {
    let f = Fixture::new();
    let (id, _) = f.service_user("s");
    let created = |path: &str, name: &str| f.get(&f.admin, path).text_at(name);
    let made = f
        .post(&f.admin, "service-users", &json!({ "name": "n", "role": "tenant-user" }))
        .text_at("/created_at");
    // The length tells the digits: nanoseconds, seconds, milliseconds.
    assert_eq!((made.len(), made.ends_with('Z')), (30, true), "{made}");
    let row = format!("service-users/{id}");
    let user = format!("users/{}", f.id_of("bob"));
    assert_eq!((created(&row, "/created-at").len(), created(&user, "/created-at").len()), (20, 24));
    f.mint("bob", 2);
    let token = f.get(&f.admin, &format!("users/{}/tokens", f.id_of("bob"))).text_at("/0/expires_at");
    assert_eq!((token.len(), token.ends_with('Z')), (20, true));
    let minted = f.post(&f.admin, "tokens", &json!({ "tenant_id": f.tenant })).text_at("/expires_at");
    assert!(minted.len() == 25 && minted.ends_with("+00:00"), "{minted}");
    let f = f.memory();
    let created = |path: &str, name: &str| f.get(&f.admin, path).text_at(name);
    assert_eq!((created(&row, "/created-at").len(), created(&user, "/created-at").len()), (30, 30));
}

#[test]
fn in_its_header_a_key_is_taken_only_with_the_switch() {
    let f = Fixture::new();
    let (id, key) = f.service_user("s");
    for (legacy, status) in [("off", 401), ("on", 200), ("off", 401)] {
        f.quirks(&json!({ "legacy_keys": legacy }));
        let answer = f.with_key(&key).expect(status);
        if status == 401 {
            assert_eq!(answer.text, "Invalid or expired API key");
        } else {
            assert_eq!(answer.text_at("/id"), id);
        }
    }
    f.quirks(&json!({ "legacy_keys": "on" }));
    let revoke = f.request("POST", "auth/revoke").header("x-api-key", &key).json_body("{}");
    assert_eq!(f.bench.send(revoke).expect(400).text, "This session is not backed by a revocable token");
    // A bad key is final, whatever stands beside it.
    let both = f.request("GET", "users/me").bearer_auth(&f.admin).header("x-api-key", "pgl_no");
    f.bench.send(both).expect(401);
    let reasons =
        |token: &str| f.get(token, "audit?action=api_key_rejected").json().as_array().unwrap().len();
    assert_eq!((reasons(&f.admin), reasons(&f.root)), (0, 3), "unknown keys are nobody's");
    f.send(&f.admin, "PUT", &format!("service-users/{id}"), &json!({ "active": false })).expect(200);
    f.with_key(&key).expect(401);
    assert_eq!(reasons(&f.admin), 1);
}

/// A JSON body in one word.
trait JsonBody {
    fn json_body(self, body: &'static str) -> Self;
}

impl JsonBody for reqwest::RequestBuilder {
    fn json_body(self, body: &'static str) -> Self {
        self.header("content-type", "application/json").body(body)
    }
}

#[test]
fn a_key_is_exchanged_at_any_setting_and_the_use_is_noted() {
    let f = Fixture::new();
    let (id, key) = f.service_user("s");
    assert_eq!(f.row(&id)["last-used"], Value::Null);
    let answer = f.exchange(&id, &key).expect(200);
    assert_eq!((answer.at("/expires_in"), answer.text_at("/token_type")), (json!(3600), "Bearer".to_owned()));
    let token = answer.text_at("/access_token");
    assert_eq!(f.get(&token, "users/me").expect(200).text_at("/id"), id);
    assert!(f.row(&id)["last-used"].is_string());
    let refused = |id: &str, key: &str| f.exchange(id, key).expect(401).text_at("/error");
    assert_eq!(refused("11111111-2222-4333-8444-555555555555", &key), "Invalid client_id");
    assert_eq!(refused(&id, "pgl_wrong"), "Invalid client_secret");
    f.send(&f.admin, "PUT", &format!("service-users/{id}"), &json!({ "active": false })).expect(200);
    assert_eq!(refused(&id, "pgl_wrong"), "Client is inactive or expired", "looked at before the key");
    f.get(&token, "users/me").expect(200);
    f.bench.advance(3700);
    f.get(&token, "users/me").expect(401);
}

#[test]
fn the_exchange_is_strict() {
    let f = Fixture::new();
    let (id, key) = f.service_user("s");
    let base = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &key)];
    let with = |name: &'static str, value: &'static str| {
        base.into_iter()
            .filter(|(field, _)| *field != name)
            .chain((!value.is_empty()).then_some((name, value)))
            .collect::<Vec<_>>()
    };
    let paths = [
        "/v1/x/oauth/tokens",
        "/v1/x/v1/oauth/tokens",
        "/api/v1/iceberg/x/oauth/tokens",
        "/api/v1/iceberg/x/v1/oauth/tokens",
    ];
    for path in paths {
        let send = |form: &[(&str, &str)]| f.bench.send(f.request("POST", path).form(form));
        send(&base).expect(200);
        send(&with("scope", "catalog")).expect(200);
        send(&with("audience", "x")).expect(422);
        send(&with("client_secret", "")).expect(422);
        send(&with("grant_type", "password")).expect(400);
        let told = send(&with("client_id", "7")).expect(400).text_at("/error");
        assert_eq!(told, "Invalid client_id format. Must be a valid UUID.");
    }
}

#[test]
fn rotation_works_in_memory_and_fails_on_sql_with_the_old_key_alive() {
    let f = Fixture::new();
    let (id, old) = f.service_user("s");
    let path = format!("service-users/{id}/rotate");
    let told = f.call(&f.admin, "POST", &path).expect(500).text_at("/error");
    assert_eq!(
        told,
        "Failed to rotate API key: error returned from database: (code: 1555) UNIQUE constraint failed: service_users.id"
    );
    f.exchange(&id, &old).expect(200);
    let f = f.memory();
    let before = f.row(&id);
    let made = f.call(&f.admin, "POST", &path).expect(200);
    assert_eq!(
        (made.text_at("/id"), made.text_at("/expires_at")),
        (id.clone(), before["expires-at"].as_str().unwrap().to_owned())
    );
    f.exchange(&id, &old).expect(401);
    f.exchange(&id, &made.text_at("/api_key")).expect(200);
}

#[test]
fn ends_are_days_of_any_sign_and_rows_stay_active_past_them() {
    let f = Fixture::new();
    for (days, status) in [(json!(null), 200), (json!(1), 200), (json!(0), 401), (json!(-5), 401)] {
        let body = json!({ "name": "e", "role": "tenant-user", "expires_in_days": days });
        let made = f.post(&f.admin, "service-users", &body).expect(201);
        f.exchange(&made.text_at("/id"), &made.text_at("/api_key")).expect(status);
        assert_eq!(f.row(&made.text_at("/id"))["active"], true, "{days}");
    }
}

#[test]
fn changes_are_few_and_a_null_is_none() {
    let f = Fixture::new();
    let (id, key) = f.service_user("s");
    let path = format!("service-users/{id}");
    let change = |body: Value| f.send(&f.admin, "PUT", &path, &body);
    let answer = change(json!({ "name": "t", "description": "d" })).expect(200);
    assert_eq!(answer.json(), json!({ "status": "updated" }));
    change(json!({ "description": null })).expect(200);
    assert_eq!((&f.row(&id)["name"], &f.row(&id)["description"]), (&json!("t"), &json!("d")));
    change(json!({ "description": "" })).expect(200);
    assert_eq!(f.row(&id)["description"], "");
    for field in [json!({ "role": "root" }), json!({ "expires_in_days": 3 })] {
        change(field).expect(422);
    }
    assert_eq!(f.call(&f.admin, "DELETE", &path).expect(200).json(), json!({ "status": "deleted" }));
    f.exchange(&id, &key).expect(401);
}

#[test]
fn an_administrator_can_make_a_root_key_and_a_key_can_make_others() {
    let f = Fixture::new();
    let made = f.post(&f.admin, "service-users", &json!({ "name": "r", "role": "root" })).expect(201);
    let token =
        f.exchange(&made.text_at("/id"), &made.text_at("/api_key")).expect(200).text_at("/access_token");
    assert_eq!(f.get(&token, "tenants").expect(200).json().as_array().unwrap().len(), 3);
    let made =
        f.post(&token, "service-users", &json!({ "name": "by a key", "role": "tenant-user" })).expect(201);
    assert_eq!(made.text_at("/tenant_id"), f.tenant);
    let at_nil =
        f.post(&f.root, "service-users", &json!({ "name": "nil", "role": "tenant-user" })).expect(201);
    assert_eq!(at_nil.text_at("/tenant_id"), super::NIL);
}
