//! Accounts and keys: creating, reading back, rotating, and what each secret still opens.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Fixture;

#[test]
fn a_key_has_the_documented_form_and_is_shown_once() {
    let f = Fixture::new();
    assert_eq!(f.raw.len(), 167);
    assert!(f.raw.starts_with("ZENKEY_eyJpZCI6"));
    let read = f.bench.get(&f.admin, &f.key).expect(200);
    assert_eq!(read.at("/body/key"), Value::Null);
    assert_eq!(read.at("/body/service_account/name"), "robot");
    assert_eq!(read.at("/body/service_account/metadata"), Value::Null);
    assert_eq!(
        read.at("/metadata"),
        json!({ "description": "d", "retain_period_minutes": 0, "last_login": null, "last_rotated": null })
    );
    assert_eq!(f.bench.get(&f.admin, &f.keys).expect(200).at("/items/0/metadata"), Value::Null);
    assert_eq!(
        f.bench.get(&f.admin, &format!("{}?hydrate=true", f.keys)).at("/items/0/metadata/description"),
        "d"
    );
    assert_eq!(f.bench.get(&f.admin, &format!("{}/default", f.keys)).expect(200).at("/id"), read.at("/id"));
    // Ids are taken in any case and without hyphens.
    let id = read.text_at("/id");
    for form in [id.to_uppercase(), id.replace('-', "")] {
        f.bench.get(&f.admin, &format!("{}/{form}", f.keys)).expect(200);
    }
}

#[test]
fn updates_merge_and_deletes_answer_null() {
    let f = Fixture::new();
    let put = |body: Value| f.bench.write(&f.admin, "PUT", &f.key, &body).expect(200);
    assert_eq!(put(json!({ "active": false, "description": null })).at("/metadata/description"), "d");
    assert_eq!(put(json!({ "description": "" })).at("/metadata/description"), "");
    let read = put(json!({ "name": "renamed", "key": "mine", "unknown": 1 }));
    assert_eq!(
        (read.at("/name"), read.at("/body/active"), read.at("/body/key")),
        (json!("renamed"), json!(false), Value::Null)
    );
    assert_eq!(f.bench.delete(&f.admin, &f.key).expect(200).text, "null");
    f.bench.delete(&f.admin, &f.key).expect(404);
}

#[test]
fn deleting_an_account_takes_its_keys_along() {
    let f = Fixture::new();
    assert_eq!(f.bench.delete(&f.admin, &f.account).expect(200).text, "null");
    f.bench.delete(&f.admin, &f.account).expect(404);
    f.bench.get(&f.admin, &f.key).expect(404);
    let refused = f.bench.form("login", &[("password", &f.raw)]).expect(401);
    assert!(refused.text_at("/detail/1").starts_with("Authentication error: error retrieving API key "));
}

#[test]
fn the_old_secret_works_until_its_window_ends_by_the_servers_clock() {
    let f = Fixture::new();
    let new = f.rotate(10);
    assert_ne!(new, f.raw);
    f.bench.advance(590);
    assert_eq!((f.login_status(&f.raw), f.login_status(&new)), (200, 200));
    f.bench.advance(20);
    assert_eq!((f.login_status(&f.raw), f.login_status(&new)), (401, 200));
    let refused = f.bench.form("login", &[("password", &f.raw)]);
    assert_eq!(
        refused.json(),
        json!({ "detail": ["CredentialsNotValid", "Authentication error: could not verify key value for API key default"] })
    );
    let read = f.bench.get(&f.admin, &f.key);
    assert_eq!(read.at("/metadata/retain_period_minutes"), 10);
    assert_ne!(read.at("/metadata/last_rotated"), Value::Null);
}

#[test]
fn a_second_rotation_inside_the_window_kills_the_oldest() {
    let f = Fixture::new();
    let second = f.rotate(60);
    let third = f.rotate(60);
    assert_eq!((f.login_status(&f.raw), f.login_status(&second), f.login_status(&third)), (401, 200, 200));
}

#[test]
fn retention_is_not_checked() {
    let f = Fixture::new();
    let second = f.rotate(-5);
    assert_eq!((f.login_status(&f.raw), f.login_status(&second)), (401, 200), "-5 acts as 0");
    let third = f.rotate(10_000_000_000_000);
    assert_eq!((f.login_status(&second), f.login_status(&third)), (500, 500), "too long breaks every login");
    let fourth = f.rotate(0);
    assert_eq!((f.login_status(&third), f.login_status(&fourth)), (401, 200), "until the next rotation");
    for body in [r#"{"retain_period_minutes":1.5}"#, r#"{"retain_period_minutes":null}"#, ""] {
        let request = f.bench.request("PUT", &format!("{}/rotate", f.key)).bearer_auth(&f.admin).body(body);
        f.bench.send(request).expect(422);
    }
}

#[test]
fn use_is_stamped_by_the_key_and_by_its_tokens_and_never_on_the_account() {
    let f = Fixture::new();
    let before = f.bench.get(&f.admin, &f.account).at("/body/updated");
    let stamp = || f.bench.get(&f.admin, &f.key).text_at("/metadata/last_login");
    let token = f.bench.form("login", &[("password", &f.raw)]).expect(200).text_at("/access_token");
    let login = stamp();
    assert_ne!(login, "");
    f.bench.advance(10);
    f.bench.get(&token, "current-user").expect(200);
    let by_token = stamp();
    assert!(by_token > login);
    f.bench.advance(10);
    f.bench.get(&f.raw, "current-user").expect(200);
    assert!(stamp() > by_token);
    assert_eq!(f.bench.get(&f.admin, &f.key).at("/body/updated"), stamp());
    assert_eq!(f.bench.get(&f.admin, &f.account).at("/body/updated"), before);
}

#[test]
fn a_repeated_create_gives_the_same_raw_key_and_a_repeated_rotate_does_not() {
    let f = Fixture::new();
    let key = Uuid::new_v4().to_string();
    let create = |name: &str, token: &str| {
        let request = f.bench.request("POST", &f.keys).bearer_auth(token).header("idempotency-key", &key);
        f.bench.send(request.body(json!({ "name": name }).to_string()))
    };
    let first = create("again", &f.admin).expect(200);
    assert_eq!(create("again", &f.admin).expect(200).text, first.text);
    assert_eq!(create("other body", &f.admin).expect(200).text, first.text);
    assert_eq!(f.bench.get(&f.admin, &f.keys).at("/total"), 2);
    // Under another caller it is another request, which here may not write.
    create("again", &f.raw).expect(403);
    f.bench.advance(301);
    create("again", &f.admin).expect(409);

    let rotate = || {
        let request = f.bench.request("PUT", &format!("{}/rotate", f.key)).bearer_auth(&f.admin);
        f.bench.send(request.header("idempotency-key", Uuid::new_v4().to_string()).body("{}")).expect(200)
    };
    assert_ne!(rotate().text_at("/body/key"), rotate().text_at("/body/key"));
}

#[test]
fn a_key_that_is_no_uuid_breaks_the_server() {
    let f = Fixture::new();
    let request = f.bench.request("POST", &f.keys).bearer_auth(&f.admin).header("idempotency-key", "once");
    let answer = f.bench.send(request.body(json!({ "name": "n" }).to_string())).expect(500);
    assert_eq!(
        (answer.text.as_str(), answer.header("content-type")),
        ("Internal Server Error", "text/plain; charset=utf-8")
    );
}
