//! Keys of both kinds, and bearer tokens of Flux keys.

use serde_json::{Value, json};

use super::super::seed::ENVIRONMENT;
use super::{Fixture, refused};

const FLUX: &str = "permissions/flux-api/api-keys/";
const MANAGEMENT: &str = "permissions/management-api/api-keys/";

#[test]
fn a_secret_is_told_once_and_masked_after() {
    let f = Fixture::new();
    for (base, role) in [(FLUX, "r1shopreader"), (MANAGEMENT, "m1admin99kqd")] {
        let made = f.call("POST", base, &json!({ "description": "CI", "role": role })).expect(201);
        let (key, secret) = (made.text_at("/key"), made.text_at("/secret_key"));
        assert!(key.len() == 12 && secret.len() > 150 && made.text_at("/public_key").len() == 44);
        let one = format!("{base}{key}/");
        let mask = format!("********{}", secret.split_at(secret.len() - 4).1);
        let put = f.call("PUT", &one, &json!({ "description": "CI 2" })).expect(200);
        assert_eq!((put.text_at("/description"), put.text_at("/role")), ("CI 2".to_owned(), role.to_owned()));
        for answer in [put, f.get(&one).expect(200)] {
            assert_eq!(answer.text_at("/secret_key"), mask);
            assert_eq!(answer.text_at("/environment"), ENVIRONMENT);
            assert!(answer.text_at("/created_at").ends_with("-05:00"));
        }
        assert!(!f.get(base).expect(200).text.contains(&secret));
        assert_eq!(f.get(&one).json().get("bearer_token_prefix").is_some(), base == FLUX);
        assert_eq!(f.call("DELETE", &one, &Value::Null).expect(204).text, "");
        refused(f.get(&one), 404, "not_found");
        refused(f.call("DELETE", &one, &Value::Null), 404, "not_found");
    }
}

#[test]
fn bad_input_makes_nothing_and_the_wrong_members_make_an_unrestricted_key() {
    let f = Fixture::new();
    let count = || f.get(MANAGEMENT).at("/count");
    let before = count();
    for body in [
        json!({ "description": "x".repeat(101) }),
        json!({ "description": 7 }),
        json!({ "role": "nosuchrole12" }),
        json!({ "role": "r1shopreader" }),
        json!("x"),
    ] {
        refused(f.call("POST", MANAGEMENT, &body), 400, "validation_error");
    }
    assert_eq!(count(), before);
    let made = f.call("POST", MANAGEMENT, &json!({ "name": "CI", "roles": ["m2inventory4"] })).expect(201);
    assert_eq!((made.at("/description"), made.at("/role")), (Value::Null, Value::Null));
}

#[test]
fn a_put_may_replace() {
    let f = Fixture::new();
    let one = format!("{FLUX}{}/", f.make("flux", &json!("r1shopreader")).key);
    f.quirks(&json!({ "put_replaces": true }));
    let put = f.call("PUT", &one, &json!({ "description": "alone" })).expect(200);
    assert_eq!(put.at("/role"), Value::Null);
}

#[test]
fn a_bearer_token_is_one_per_key_and_cuts_over() {
    let f = Fixture::new();
    let made = f.make("flux", &json!("r1shopreader"));
    let path = format!("{FLUX}{}/bearer-token/", made.key);
    let works = |token: &str| f.flux(&format!("Bearer {token}"), "shop/_router").status == 200;
    let first = f.call("POST", &path, &Value::Null).expect(200);
    let token = first.text_at("/bearer_token");
    assert!(token.starts_with(&first.text_at("/bearer_token_prefix")) && works(&token));
    assert_eq!(first.text_at("/bearer_token_prefix").len(), 12);
    let second = f.call("POST", &path, &Value::Null).expect(200).text_at("/bearer_token");
    assert!(works(&second) && !works(&token));
    let shown = f.get(&format!("{FLUX}{}/", made.key));
    assert_eq!(shown.text_at("/bearer_token_prefix"), second.split_at(12).0);
    f.quirks(&json!({ "bearer_on_rest": false }));
    assert!(!works(&second));
    f.quirks(&json!({ "bearer_on_rest": true }));
    for _ in 0..2 {
        f.call("DELETE", &path, &Value::Null).expect(204);
    }
    assert!(!works(&second));
    f.flux(&made.simple(), "shop/_router").expect(200);
    // One part shorter is the key itself.
    f.quirks(&json!({ "bearer_tokens": false }));
    refused(f.call("POST", &path, &Value::Null), 404, "not_found");
    assert!(f.get(&format!("{FLUX}{}/", made.key)).json().get("bearer_token_prefix").is_none());
    let management = f.make("management", &Value::Null).key;
    refused(
        f.call("POST", &format!("{MANAGEMENT}{management}/bearer-token/"), &Value::Null),
        404,
        "not_found",
    );
}

#[test]
fn a_plan_has_a_limit() {
    let f = Fixture::new();
    let current = f.get(FLUX).at("/count");
    f.quirks(&json!({ "api_keys_max_count": current }));
    let refused = refused(f.call("POST", FLUX, &json!({ "description": "x" })), 403, "plan_limit_exceeded");
    assert_eq!((refused.at("/detail/limit"), refused.at("/detail/current")), (current.clone(), current));
    assert_eq!(refused.text_at("/detail/entity"), "api_keys");
}

#[test]
fn pages_have_four_members_unless_one_is_missing() {
    let f = Fixture::new();
    let whole = f.get(FLUX).expect(200);
    assert_eq!((whole.at("/next"), whole.at("/previous")), (Value::Null, Value::Null));
    let all = whole.at("/results").as_array().unwrap().clone();
    let mut seen = Vec::new();
    while seen.len() < all.len() {
        let page = f.get(&format!("{FLUX}?limit=3&offset={}", seen.len())).expect(200);
        assert_eq!(page.at("/count"), all.len());
        seen.extend(page.at("/results").as_array().unwrap().clone());
        assert_eq!(page.at("/next").is_null(), seen.len() == all.len());
    }
    assert_eq!(seen, all);
    refused(f.get(&format!("{FLUX}?limit=x")), 400, "validation_error");
    f.quirks(&json!({ "page_without_next": true }));
    assert!(f.get(FLUX).expect(200).json().get("next").is_none());
}

#[test]
fn a_key_that_was_made_before_the_connection_broke_is_there() {
    let f = Fixture::new();
    let count = || f.get(FLUX).at("/count").as_i64().unwrap();
    let before = count();
    f.bench.fault(
        &json!({ "backend": "foxnose", "method": "POST", "path": "/v1/*/permissions", "kind": "cut_after" }),
    );
    let url = format!("{}{}", f.told.management_url, Fixture::inside(FLUX));
    let request = f.bench.request_to("POST", &url).bearer_auth(&f.told.access_token);
    let request = request.header("content-type", "application/json").body(r#"{"description":"lost"}"#);
    assert!(f.bench.try_send(request).is_err());
    assert_eq!(count(), before + 1);
}
