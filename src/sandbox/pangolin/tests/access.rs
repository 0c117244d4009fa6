//! Permissions and roles: who may give what, how it is listed, and what nobody guards.

use serde_json::{Value, json};

use super::Fixture;

fn sorted(value: &Value) -> Vec<String> {
    let mut all: Vec<String> = value.as_array().unwrap().iter().map(ToString::to_string).collect();
    all.sort();
    all
}

#[test]
fn the_five_scopes_and_ten_actions_are_kept_as_given() {
    let f = Fixture::new();
    let (id, _) = f.service_user("s");
    let catalog = f.get(&f.admin, "catalogs").text_at("/0/id");
    let scopes = [
        json!({ "type": "tenant" }),
        json!({ "type": "catalog", "catalog_id": catalog }),
        json!({ "type": "namespace", "catalog_id": catalog, "namespace": "a.b" }),
        json!({ "type": "asset", "catalog_id": catalog, "namespace": "a", "asset_id": catalog }),
        json!({ "type": "tag", "tag_name": "pii" }),
    ];
    let actions = json!([
        "read",
        "write",
        "delete",
        "create",
        "update",
        "list",
        "all",
        "ingest-branching",
        "experimental-branching",
        "manage-discovery"
    ]);
    for scope in &scopes {
        let body = json!({ "user-id": id, "scope": scope, "actions": actions });
        let made = f.post(&f.admin, "permissions", &body).expect(201).json();
        assert_eq!((&made["scope"], &made["user-id"]), (scope, &json!(id)));
        assert_eq!(sorted(&made["actions"]), sorted(&actions));
    }
    let listed = f.get(&f.admin, &format!("permissions?user={id}")).expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 5);
    let nobody =
        json!({ "user-id": "11111111-2222-4333-8444-555555555555", "scope": scopes[0], "actions": [] });
    f.post(&f.admin, "permissions", &nobody).expect(404);
}

#[test]
fn nobody_guards_giving_and_taking() {
    let f = Fixture::new();
    let bob = f.id_of("bob");
    let body = json!({ "user-id": bob, "scope": { "type": "tenant" }, "actions": ["all"] });
    assert!(f.get(&f.user, "catalogs").json().as_array().unwrap().is_empty());
    let id = f.post(&f.user, "permissions", &body).expect(201).text_at("/id");
    assert_eq!(f.get(&f.user, "catalogs").json().as_array().unwrap().len(), 2);
    f.call(&f.user, "DELETE", &format!("permissions/{id}")).expect(204);
    f.call(&f.user, "DELETE", &format!("permissions/{id}")).expect(204);
    assert!(f.get(&f.user, "catalogs").json().as_array().unwrap().is_empty());
}

#[test]
fn a_role_gets_its_grants_by_being_replaced_whole() {
    let f = Fixture::new();
    let body = json!({ "name": "r", "tenant-id": f.tenant });
    let mut role = f.post(&f.admin, "roles", &body).expect(201).json();
    assert_eq!(role["permissions"], json!([]));
    f.post(&f.admin, "roles", &json!({ "name": "r", "tenant-id": f.tenant, "permissions": [] })).expect(422);
    let path = format!("roles/{}", role["id"].as_str().unwrap());
    role["permissions"] = json!([{ "scope": { "type": "tenant" }, "actions": ["read"] }]);
    let other = json!({ "permissions": [] });
    f.send(&f.admin, "PUT", &path, &other).expect(422);
    assert_eq!(f.send(&f.admin, "PUT", &path, &role).expect(200).text, "");
    let read = f.get(&f.user, &path).expect(200);
    assert_eq!(read.at("/permissions"), role["permissions"]);

    let bob = f.id_of("bob");
    let assign = json!({ "role-id": role["id"] });
    f.post(&f.admin, &format!("users/{bob}/roles"), &assign).expect(201);
    f.post(&f.admin, &format!("users/{bob}/roles"), &assign).expect(500);
    assert_eq!(f.get(&f.admin, &format!("users/{bob}/roles")).json().as_array().unwrap().len(), 1);
    assert_eq!(f.get(&f.user, "catalogs").json().as_array().unwrap().len(), 2);
    let of_role = format!("users/{bob}/{path}");
    f.call(&f.admin, "DELETE", &of_role).expect(204);
    assert!(f.get(&f.user, "catalogs").json().as_array().unwrap().is_empty());
}

#[test]
fn what_roles_give_shows_on_sql_under_new_ids_each_time() {
    let f = Fixture::new();
    let (id, _) = f.service_user("s");
    let analyst = f.get(&f.admin, "roles").json()[0]["id"].clone();
    f.post(&f.admin, &format!("users/{id}/roles"), &json!({ "role-id": analyst })).expect(201);
    let path = format!("permissions?user={id}");
    let ids = || f.get(&f.admin, &path).json()[0]["id"].clone();
    assert_ne!(ids(), ids());
    let all = f.get(&f.admin, "permissions").json();
    assert!(!all.as_array().unwrap().iter().any(|one| one["user-id"] == json!(id)), "not in the whole list");
    let f = f.memory();
    assert_eq!(f.get(&f.admin, &path).json(), json!([]));
}

#[test]
fn an_unknown_action_does_not_filter_the_audit() {
    let f = Fixture::new();
    let body = json!({ "username": "zoe", "email": "z@z", "password": "", "role": "tenant-user" });
    let zoe = f.post(&f.admin, "users", &body).expect(201).text_at("/id");
    f.call(&f.admin, "DELETE", &format!("users/{zoe}")).expect(204);
    let count = |query: &str| f.get(&f.admin, &format!("audit/count?{query}")).expect(200).at("/count");
    assert_eq!(
        (count("action=create_user"), count("action=nonsense"), count("resource_id=x")),
        (json!(1), json!(2), json!(0))
    );
    let row = f.get(&f.admin, "audit?limit=1").expect(200).json()[0].clone();
    assert_eq!((&row["action"], &row["resource_name"]), (&json!("delete_user"), &json!("zoe")));
    assert_eq!((&row["ip_address"], &row["user_agent"]), (&Value::Null, &Value::Null));
    let id = row["id"].as_str().unwrap();
    assert_eq!(f.get(&f.admin, &format!("audit/{id}")).expect(200).json(), row);
}
