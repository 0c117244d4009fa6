//! Roles, what they permit, and that they are obeyed.

use serde_json::{Value, json};

use super::{Fixture, refused};

const FLUX: &str = "permissions/flux-api/roles/";
const MANAGEMENT: &str = "permissions/management-api/roles/";

#[test]
fn a_role_is_made_changed_and_deleted() {
    let f = Fixture::new();
    for (base, full) in [(FLUX, None), (MANAGEMENT, Some(false))] {
        let made = f.call("POST", base, &json!({ "name": "r", "description": null })).expect(201);
        assert_eq!(made.json().get("full_access").and_then(Value::as_bool), full);
        let one = format!("{base}{}/", made.text_at("/key"));
        let put = f.call("PUT", &one, &json!({ "name": "r2", "full_access": true })).expect(200);
        assert_eq!(put.json().get("full_access").and_then(Value::as_bool), full.map(|_| true));
        assert_eq!(f.get(&one).expect(200).text_at("/name"), "r2");
        f.call("DELETE", &one, &Value::Null).expect(204);
        refused(f.get(&one), 404, "not_found");
        refused(f.call("POST", base, &json!({})), 400, "validation_error");
    }
    refused(f.get(&format!("{MANAGEMENT}r1shopreader/")), 404, "not_found");
}

#[test]
fn permissions_are_an_array_and_objects_a_page() {
    let f = Fixture::new();
    let base = format!("{FLUX}r4emptyrole2/permissions/");
    let read = json!({ "content_type": "flux-apis", "actions": ["read"], "all_objects": false });
    assert_eq!(f.get(&base).expect(200).json(), json!([read]));
    let object = json!({ "content_type": "flux-apis", "object_key": "a1shopfront6" });
    assert_eq!(f.call("POST", &format!("{base}objects/"), &object).expect(201).text, "");
    let objects = || f.get(&format!("{base}objects/?content_type=flux-apis")).expect(200).at("/results");
    assert_eq!(objects(), json!([object]));
    f.call("DELETE", &format!("{base}objects/"), &object).expect(204);
    assert_eq!(objects(), json!([]));
    refused(f.call("DELETE", &format!("{base}objects/"), &object), 404, "not_found");
    refused(f.get(&format!("{base}objects/")), 400, "validation_error");
    let more = json!({ "content_type": "flux-apis", "actions": ["read", "update"], "all_objects": true });
    f.call("POST", &base, &more).expect(201);
    assert_eq!(f.get(&base).json(), json!([more]));
    let unlike = json!({ "content_type": "resources", "actions": ["read"], "all_objects": null });
    assert_eq!(
        f.call("POST", &format!("{base}batch/"), &json!([unlike])).expect(200).json(),
        json!([unlike])
    );
    refused(f.call("POST", &format!("{base}batch/"), &json!({ "results": [] })), 400, "validation_error");
    f.call("DELETE", &format!("{base}?content_type=resources"), &Value::Null).expect(204);
    assert_eq!(f.get(&base).json(), json!([]));
}

#[test]
fn a_management_key_does_what_its_role_says() {
    let f = Fixture::new();
    let paths = ["permissions/flux-api/api-keys/", FLUX, "api/", "collections/tree/"];
    for (role, statuses, create) in [
        (Value::Null, [200; 4], 201),
        (json!("m1admin99kqd"), [200; 4], 201),
        (json!("m2inventory4"), [200; 4], 403),
        (json!("m3content55w"), [403, 403, 403, 200], 403),
    ] {
        let key = f.make("management", &role).simple();
        let got = paths.map(|path| f.with(&key, "GET", &Fixture::inside(path)).status);
        assert_eq!(got, statuses, "{role}");
        let request = f.management("POST", &Fixture::inside(paths[0])).header("authorization", &key);
        let answer = f.bench.send(request.header("content-type", "application/json").body("{}"));
        assert_eq!(answer.status, create, "{role}");
        refused(f.with(&key, "GET", "/organizations/"), 403, "access_denied");
    }
    f.quirks(&json!({ "keys_browse": true }));
    let key = f.make("management", &Value::Null).simple();
    f.with(&key, "GET", "/organizations/").expect(200);
}

#[test]
fn deleting_a_role_that_keys_carry_is_a_switch() {
    let f = Fixture::new();
    let made = f.make("management", &json!("m3content55w"));
    let one = format!("permissions/management-api/api-keys/{}/", made.key);
    let role = format!("{MANAGEMENT}m3content55w/");
    refused(f.call("DELETE", &role, &Value::Null), 409, "conflict");
    f.quirks(&json!({ "deleted_role": "dangles" }));
    f.call("DELETE", &role, &Value::Null).expect(204);
    assert_eq!(f.get(&one).text_at("/role"), "m3content55w");
    let reads = || f.with(&made.simple(), "GET", &Fixture::inside("collections/tree/")).status;
    assert_eq!(reads(), 403);
    let made = f.make("management", &json!("m2inventory4"));
    f.quirks(&json!({ "deleted_role": "clears" }));
    f.call("DELETE", &format!("{MANAGEMENT}m2inventory4/"), &Value::Null).expect(204);
    // A key without a role may do everything, so this made it mightier.
    let create = f.with(&made.simple(), "DELETE", &Fixture::inside(&one));
    assert_eq!(create.status, 204);
}
