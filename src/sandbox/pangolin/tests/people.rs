//! Signing in, who is who, and the tenants' and users' lives.

use serde_json::{Value, json};

use super::super::seed::{OTHER_ADMIN, OTHER_TENANT};
use super::{Fixture, NIL, claims};

#[test]
fn a_login_tells_the_user_and_its_token_what_the_contract_says() {
    let f = Fixture::new();
    let told = f.bench.sandbox.announcement().pangolin.clone();
    let body = json!({ "username": "ada", "password": told.password, "tenant_id": told.tenant_id });
    let answer = f.post("", "users/login", &body).expect(200).json();
    let user = answer["user"].as_object().unwrap();
    let names: Vec<&String> = user.keys().collect();
    let wanted =
        ["created-at", "email", "id", "last-login", "oauth-provider", "role", "tenant-id", "username"];
    assert_eq!(names, wanted);
    assert_eq!((&user["role"], &user["last-login"]), (&json!("tenant-admin"), &Value::Null));
    assert!(answer["expires-at"].as_str().unwrap().ends_with("+00:00"));
    let claims = claims(answer["token"].as_str().unwrap());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert_eq!((&claims["tenant_id"], &claims["role"]), (&json!(told.tenant_id), &json!("tenant-admin")));
    assert_eq!(claims["sub"], user["id"]);

    let root = super::claims(&f.root);
    assert_eq!(
        (&root["sub"], &root["tenant_id"]),
        (&json!("ffffffff-ffff-ffff-ffff-ffffffffffff"), &Value::Null)
    );
    let me = f.get(&f.root, "users/me").expect(200).json();
    assert_eq!((&me["email"], &me["tenant-id"]), (&json!("root@pangolin.local"), &Value::Null));
}

#[test]
fn schemes_are_told_apart_by_case_and_one_space() {
    let f = Fixture::new();
    let told = f.bench.sandbox.announcement().pangolin.clone();
    let basic = {
        use base64::Engine as _;
        let pair = format!("{}:{}", told.root_username, told.root_password);
        base64::engine::general_purpose::STANDARD.encode(pair)
    };
    for (header, status) in [
        (format!("Bearer {}", f.admin), 200),
        (format!("bearer {}", f.admin), 401),
        (format!("Bearer  {}", f.admin), 401),
        (format!("Token {}", f.admin), 401),
        (format!("Basic {basic}"), 200),
        (format!("basic {basic}"), 401),
        ("Basic YTpi".to_owned(), 401),
    ] {
        let answer = f.bench.send(f.request("GET", "users/me").header("authorization", &header));
        assert_eq!(answer.status, status, "{header}");
    }
    let events = f.get(&f.root, "audit?action=login_failed").json();
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert_eq!(events[0]["result"], "success");
}

#[test]
fn root_acts_where_its_header_says_and_others_at_home() {
    let f = Fixture::new();
    let names = |token: &str, tenant: &str| {
        let answer =
            f.bench.send(f.request("GET", "users").bearer_auth(token).header("x-pangolin-tenant", tenant));
        let users = answer.expect(200).json();
        users
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&f.root, OTHER_TENANT), [OTHER_ADMIN, "heidi"]);
    assert_eq!(names(&f.root, "not an id"), Vec::<String>::new());
    assert_eq!(names(&f.root, NIL), Vec::<String>::new());
    assert_eq!(names(&f.admin, OTHER_TENANT), names(&f.admin, &f.tenant));
    let events = f.get(&f.root, "audit?action=tenant_impersonation").json();
    assert_eq!(
        events.as_array().unwrap().len(),
        2,
        "an id in the header is written down, anything else is not"
    );
}

#[test]
fn a_tenant_from_nothing_to_its_end() {
    let f = Fixture::new();
    let made = f.post(&f.root, "tenants", &json!({ "name": "acme" })).expect(201).json();
    assert_eq!((&made["name"], &made["properties"]), (&json!("acme"), &json!({})));
    let id = made["id"].as_str().unwrap();
    let tenants = f.get(&f.root, "tenants").json();
    let named = tenants.as_array().unwrap().iter().filter(|tenant| tenant["name"] == "acme").count();
    assert_eq!(named, 2, "names are not unique");
    let admin = json!({ "username": "new", "email": "n@n", "password": "p", "tenant_id": id, "role": "tenant-admin" });
    f.post(&f.root, "users", &admin).expect(201);
    let body = json!({ "username": "new", "password": "p", "tenant-id": id });
    let token = f.post("", "users/login", &body).expect(200).text_at("/token");
    assert_eq!(f.get(&token, &format!("tenants/{id}")).expect(200).text_at("/name"), "acme");
    f.get(&token, &format!("tenants/{}", f.tenant)).expect(403);
    f.send(&f.root, "PUT", &format!("tenants/{id}"), &json!({ "name": "other" })).expect(200);
    f.call(&f.root, "DELETE", &format!("tenants/{id}")).expect(204);
}

#[test]
fn users_change_what_they_may() {
    let f = Fixture::new();
    let (bob, ada) = (f.id_of("bob"), f.id_of("ada"));
    let path = format!("users/{bob}");
    assert_eq!(
        f.send(&f.user, "PUT", &path, &json!({ "password": "mine" })).expect(200).text,
        "User updated"
    );
    f.send(&f.user, "PUT", &path, &json!({ "active": false })).expect(403);
    f.send(&f.admin, "PUT", &path, &json!({ "role": "tenant-admin" })).expect(422);
    f.get(&f.user, &format!("users/{ada}")).expect(403);
    // Nobody looks whether a user is active.
    f.send(&f.admin, "PUT", &path, &json!({ "active": false })).expect(200);
    let body = json!({ "username": "bob", "password": "mine", "tenant-id": f.tenant });
    f.post("", "users/login", &body).expect(200);
    assert_eq!(
        f.call(&f.admin, "DELETE", &format!("users/{ada}")).expect(400).text,
        "Cannot delete yourself"
    );
    f.call(&f.admin, "DELETE", &path).expect(204);
    // A deleted user's token works on, and its owner is made up.
    assert_eq!(f.get(&f.user, "users/me").expect(200).text_at("/email"), "root@pangolin.local");
    assert_eq!(f.call(&f.user, "POST", "users/logout").expect(204).text, "");
    f.get(&f.user, "users/me").expect(200);
}

#[test]
fn other_tenants_are_reached_only_with_the_switch() {
    let f = Fixture::new();
    let stranger = f.session(OTHER_ADMIN, OTHER_TENANT);
    let (id, _) = f.service_user("mine");
    let paths = [format!("service-users/{id}"), format!("users/{}", f.id_of("bob"))];
    for path in &paths {
        f.get(&stranger, path).expect(404);
    }
    f.quirks(&json!({ "missing_tenant_checks": true }));
    for path in &paths {
        f.get(&stranger, path).expect(200);
    }
}

#[test]
fn without_auth_everybody_is_an_administrator_without_a_tenant() {
    let f = Fixture::new();
    for (mode, told) in [("true", false), ("1", true)] {
        f.quirks(&json!({ "no_auth": mode }));
        assert_eq!(f.get("", "app-config").at("/auth_enabled"), told);
        let me = f.get("", "users/me").expect(200).json();
        assert_eq!(
            (&me["username"], &me["id"], &me["role"]),
            (&json!("tenant_admin"), &json!(NIL), &json!("tenant-admin"))
        );
        let bogus = f.bench.send(f.request("GET", "users/me").header("x-api-key", "pgl_bogus"));
        assert_eq!(bogus.status, 200);
        let refused = [
            ("tokens", json!({ "tenant_id": f.tenant }), 403),
            ("tenants", json!({ "name": "x" }), 403),
            ("auth/revoke", json!({}), 400),
            (
                "permissions",
                json!({ "user-id": NIL, "scope": { "type": "tenant" }, "actions": ["read"] }),
                400,
            ),
        ];
        for (path, body, status) in refused {
            f.post("", path, &body).expect(status);
        }
        f.post("", "service-users", &json!({ "name": "open", "role": "tenant-user" })).expect(201);
        assert_eq!(f.get(&f.user, "users/me").text_at("/username"), "bob", "a token is looked at as usual");
        f.get("nonsense", "users/me").expect(401);
        let wrong = json!({ "username": "ada", "password": "wrong", "tenant-id": f.tenant });
        f.post("", "users/login", &wrong).expect(401);
    }
}

#[test]
fn lists_page_without_a_total() {
    let f = Fixture::new();
    let count = |path: &str| f.get(&f.admin, path).expect(200).json().as_array().unwrap().len();
    assert_eq!(
        (count("users"), count("users?limit=2"), count("users?offset=3"), count("users?offset=99")),
        (4, 2, 1, 0)
    );
}

#[test]
fn sessions_outlive_a_restart_and_passwords_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::on(crate::sandbox::tests::bench::Bench::on(directory.path()));
    let (kept, old) = (f.admin.clone(), f.bench.sandbox.announcement().pangolin.password.clone());
    f.bench.sandbox.stop();
    let f = Fixture::on(crate::sandbox::tests::bench::Bench::on(directory.path()));
    assert_ne!(f.bench.sandbox.announcement().pangolin.password, old);
    assert_eq!(f.get(&kept, "users/me").expect(200).text_at("/username"), "ada");
    assert_eq!(f.get(&f.admin, "service-users").json().as_array().unwrap().len(), 11, "seeded once");
}
