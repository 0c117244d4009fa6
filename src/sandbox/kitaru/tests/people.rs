//! Users: who one is, who may see whom, and how passwords change.

use serde_json::{Value, json};

use super::Fixture;

#[test]
fn a_service_account_sees_itself_dressed_as_a_user() {
    let f = Fixture::new();
    let me = f.bench.get(&f.raw, "current-user").expect(200);
    assert_eq!(me.at("/name"), "robot");
    assert_eq!((me.at("/body/is_service_account"), me.at("/body/is_admin")), (json!(true), json!(false)));
    assert_eq!(
        me.at("/metadata"),
        json!({ "password_changed_at": null, "email": null, "external_user_id": null, "user_metadata": {}, "oidc_claims": {} })
    );
    assert_eq!(f.bench.get(&f.raw, "users").expect(200).at("/total"), 0);
    f.bench.get(&f.raw, "users/ada").expect(403);
    f.bench.write(&f.raw, "PUT", "current-user", &json!({ "full_name": "R" })).expect(404);
}

#[test]
fn plain_users_see_themselves_and_admins_see_all() {
    let f = Fixture::new();
    let plain = f.plain_user();
    assert_eq!(f.bench.get(&plain, "users").expect(200).at("/items/0/name"), "plain");
    assert_eq!(f.bench.get(&plain, "users").at("/total"), 1);
    f.bench.get(&plain, "users/plain").expect(200);
    f.bench.get(&plain, "users/ada").expect(403);
    f.bench.write(&plain, "POST", "users", &json!({ "name": "n", "is_admin": true })).expect(403);
    assert_eq!(f.bench.get(&f.admin, "users").expect(200).at("/total"), 3);
    f.bench.write(&f.admin, "POST", "users", &json!({ "name": "plain", "is_admin": false })).expect(409);
    f.bench.write(&f.admin, "POST", "users", &json!({ "name": "n" })).expect(422);
    // A user may have the name of a service account.
    f.bench.write(&f.admin, "POST", "users", &json!({ "name": "robot", "is_admin": false })).expect(200);
    f.bench.delete(&f.admin, "users/ada").expect(403);
    f.bench.delete(&f.admin, "users/plain").expect(200);
    f.bench.get(&plain, "users").expect(401);
}

#[test]
fn a_password_changes_with_the_old_one_only_and_its_lack_is_a_403() {
    let f = Fixture::new();
    let token = f.plain_user();
    let put = |body: Value| f.bench.write(&token, "PUT", "current-user", &body);
    put(json!({ "password": "new" })).expect(403);
    put(json!({ "password": "new", "old_password": "wrong" })).expect(403);
    assert_eq!(put(json!({ "full_name": "P" })).expect(200).at("/body/full_name"), "P");
    assert_ne!(
        put(json!({ "password": "new", "old_password": "p" }))
            .expect(200)
            .at("/metadata/password_changed_at"),
        Value::Null
    );
}

#[test]
fn without_a_password_a_user_is_activated_by_a_token_shown_once() {
    let f = Fixture::new();
    let made =
        f.bench.write(&f.admin, "POST", "users", &json!({ "name": "late", "is_admin": false })).expect(200);
    let token = made.text_at("/body/activation_token");
    assert_eq!((made.at("/body/active"), token.len()), (json!(false), 64));
    assert_eq!(f.bench.get(&f.admin, "users/late").at("/body/activation_token"), Value::Null);
    let activate = |token: &str| {
        let body = json!({ "activation_token": token, "password": "pw" });
        f.bench.send(f.bench.request("PUT", "users/late/activate").body(body.to_string()))
    };
    activate("wrong").expect(401);
    activate(&token).expect(200);
    activate(&token).expect(401);
    let login = || f.bench.form("login", &[("username", "late"), ("password", "pw")]);
    let session = login().expect(200).text_at("/access_token");
    let again = f.bench.write(&f.admin, "PUT", "users/late/deactivate", &Value::Null).expect(200);
    assert_eq!(again.text_at("/body/activation_token").len(), 64);
    login().expect(401);
    assert_eq!(f.status(&session), 401);
}
