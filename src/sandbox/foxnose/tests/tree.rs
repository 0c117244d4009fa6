//! Organisations, projects, environments, API objects and collections.

use serde_json::{Value, json};

use super::super::seed::ENVIRONMENT;
use super::{Fixture, refused};

const PROJECT: &str = "/organizations/o2fernwood9a/projects/p5storefront/";

#[test]
fn the_tree_is_arrays_and_pages_where_the_real_one_has_them() {
    let f = Fixture::new();
    let get = |path: &str| f.as_person("GET", path, &Value::Null);
    let organizations = get("/organizations/").expect(200);
    assert_eq!(organizations.json().as_array().unwrap().len(), 2);
    assert_eq!(
        (organizations.at("/0/is_blocked"), organizations.at("/1/is_blocked")),
        (json!(false), json!(true))
    );
    let projects = get("/organizations/o2fernwood9a/projects/?limit=1").expect(200);
    assert_eq!(
        (projects.at("/count"), projects.at("/results/0/organization")),
        (json!(2), json!("o2fernwood9a"))
    );
    assert_eq!(projects.at("/results/0/environments").as_array().unwrap().len(), 4);
    let environments = get(&format!("{PROJECT}environments/")).expect(200).json();
    assert_eq!(environments[0]["key"], ENVIRONMENT);
    assert!(f.told.flux_url.ends_with(environments[0]["host"].as_str().unwrap()));
    assert_eq!(environments[2]["protection_level"], "locked");
    assert_eq!(environments[3]["is_enabled"], false);
    assert!(
        get("/organizations/o2fernwood9a/plan/")
            .expect(200)
            .at("/active_plan/limits/roles_max_count")
            .is_u64()
    );
    assert_eq!(f.get("api/").expect(200).at("/count"), 3);
    assert_eq!(f.get("api/a2quietfeed3/").expect(200).at("/router_introspection_enabled"), false);
    assert_eq!(
        f.get("api/a1shopfront6/collections/").expect(200).text_at("/results/0/allowed_methods/0"),
        "get_many"
    );
    assert_eq!(f.get("collections/tree/").expect(200).at("/count"), 2);
    for path in [
        "/organizations",
        "/organizations/nowhere/",
        "/organizations/o7kiteworks3/projects/p5storefront/",
        "/organizations/o2fernwood9a/projects/p8research2k/environments/9wkp3v7x2dqa/",
        "/v1/9wkp3v7x2dqa/api/a4stageshop9/",
        "/v1/9wkp3v7x2dqa/api",
        "/v2/",
    ] {
        refused(get(path), 404, "not_found");
    }
}

#[test]
fn a_protected_environment_is_read_only_and_a_disabled_one_serves_nothing() {
    let f = Fixture::new();
    let one = format!("{PROJECT}environments/{ENVIRONMENT}/");
    let protect = |level: &str| {
        let body = json!({ "protection_level": level, "protection_reason": "because" });
        f.as_person("PATCH", &format!("{one}protection/"), &body)
    };
    let key = f.make("flux", &json!("r1shopreader")).simple();
    let create = || f.call("POST", "permissions/flux-api/api-keys/", &json!({ "description": "x" }));
    for level in ["read_only", "locked"] {
        let told = protect(level).expect(200);
        assert_eq!(
            (told.text_at("/protection_level").as_str(), told.text_at("/protection_reason")),
            (level, "because".to_owned())
        );
        refused(create(), 403, "access_denied");
        f.get("permissions/flux-api/api-keys/").expect(200);
        f.flux(&key, "shop/_router").expect(200);
    }
    refused(protect("none of these"), 400, "validation_error");
    assert_eq!(protect("none").expect(200).at("/protected_by_user"), Value::Null);
    create().expect(201);
    f.as_person("POST", &format!("{one}toggle/"), &json!({ "is_enabled": false })).expect(200);
    refused(f.flux(&key, "shop/_router"), 403, "access_denied");
    create().expect(201);
}
