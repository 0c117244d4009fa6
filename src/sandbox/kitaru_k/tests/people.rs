//! Accounts: service accounts, people, and who may do what to whom.

use serde_json::{Value, json};

use super::{Fixture, members};

#[test]
fn service_accounts_are_made_described_and_switched_off() {
    let f = Fixture::new();
    let made = f.post("service-accounts", &json!({ "name": "bot", "email": "a@b.c" })).expect(201);
    let wanted =
        ["active", "created", "email", "id", "is_admin", "is_service_account", "metadata", "name", "updated"];
    assert_eq!(members(&made.json()), wanted);
    let path = format!("service-accounts/{}", made.text_at("/id"));
    assert_eq!(f.patch(&path, &json!({ "active": false })).expect(200).at("/active"), false);
    let before = f.patch(&path, &json!({})).expect(200).text_at("/updated");
    let described = f.patch(&path, &json!({ "metadata": { "team": 1 }, "active": null })).expect(200);
    assert_eq!((described.at("/metadata"), described.at("/active")), (json!({ "team": 1 }), json!(false)));
    assert_ne!(described.text_at("/updated"), before);
    f.delete(&path).expect(405);
    f.get(&path).expect(404);
    f.get(&format!("accounts/{}", made.text_at("/id"))).expect(200);
    // A person may have the name of a service account.
    f.post("users", &json!({ "name": "bot" })).expect(201);
}

#[test]
fn only_administrators_manage_accounts_and_everybody_sees_them() {
    let f = Fixture::new();
    let plain = f.plain_user();
    let by = |method: &str, path: &str, body: Value| f.by(&plain, method, path, Some(&body));
    let words = |answer: super::Answer| answer.expect(403).text_at("/detail");
    assert_eq!(
        words(by("POST", "service-accounts", json!({ "name": "x" }))),
        "Insufficient permissions for account:create"
    );
    assert_eq!(
        words(by("POST", "users", json!({ "name": "x" }))),
        "Insufficient permissions for account:create"
    );
    let bot = f.post("service-accounts", &json!({ "name": "bot" })).text_at("/id");
    let path = format!("service-accounts/{bot}");
    assert_eq!(
        words(by("PATCH", &path, json!({ "active": false }))),
        "Insufficient permissions for account:update"
    );
    f.by(&plain, "GET", "accounts", None).expect(200);
}

#[test]
fn people_are_switched_off_and_come_back_with_a_token() {
    let f = Fixture::new();
    let token = f.plain_user();
    let id = f.by(&token, "GET", "accounts/me", None).text_at("/id");
    let off = f.post(&format!("users/{id}/deactivate"), &Value::Null).expect(200);
    assert_eq!(off.at("/active"), false);
    let gone = f.by(&token, "GET", "accounts/me", None).expect(401);
    assert_eq!(gone.text_at("/detail"), "Invalid session token.");
    let login = |password: &str| f.form("login", &[("username", "plain"), ("password", password)]).status;
    assert_eq!(login("plain-pass"), 401);
    let activate = |token: &str| {
        let body = json!({ "activation_token": token, "password": "second-pass" });
        f.by("", "POST", &format!("users/{id}/activate"), Some(&body))
    };
    activate("wrong").expect(403);
    activate(&off.text_at("/activation_token")).expect(200);
    assert_eq!((login("plain-pass"), login("second-pass")), (401, 200));
    assert_eq!(f.status(&token), 200, "a token knows nothing of the password");
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one() {
    let f = Fixture::new();
    let token = f.plain_user();
    let id = f.by(&token, "GET", "accounts/me", None).text_at("/id");
    let change = |token: &str, body: Value| f.by(token, "PATCH", &format!("users/{id}"), Some(&body)).status;
    assert_eq!(change(&token, json!({ "password": "n" })), 403);
    assert_eq!(change(&token, json!({ "password": "n", "old_password": "wrong" })), 403);
    assert_eq!(change(&f.admin, json!({ "password": "n", "old_password": "plain-pass" })), 403);
    assert_eq!(change(&token, json!({ "is_admin": true })), 403);
    assert_eq!(change(&f.admin, json!({ "is_admin": true })), 200);
    assert_eq!(change(&token, json!({ "password": "n", "old_password": "plain-pass" })), 200);
}

#[test]
fn many_credentials_are_the_administrators() {
    use crate::sandbox::tests::bench::Bench;
    let bench = Bench::with(crate::sandbox::Options { seed_credentials: Some(1500), ..Default::default() });
    let login = bench.sandbox.announcement().kitaru_k.clone();
    let form = [("username", &*login.username), ("password", &*login.password)];
    let request = bench.request_to("POST", &format!("{}/api/v1/login", login.url)).form(&form);
    let token = bench.send(request).expect(200).text_at("/access_token");
    let list = format!("{}/api/v1/api-keys?size=1000", login.url);
    let page = bench.send(bench.request_to("GET", &list).bearer_auth(&token)).expect(200);
    assert_eq!(page.at("/items").as_array().unwrap().len(), 1000);
    assert_ne!(page.at("/next_cursor"), Value::Null);
}
