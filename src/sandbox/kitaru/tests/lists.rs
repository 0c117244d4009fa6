//! Lists: pages, sorting and filters; and what a new sandbox has to show.

use serde_json::{Value, json};

use super::Fixture;
use crate::sandbox::tests::bench::Answer;

fn names(answer: &Answer) -> Vec<String> {
    let items = answer.at("/items");
    items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// A query's value, encoded.
fn q(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn pages_are_bounded_and_the_one_past_the_last_is_an_error() {
    let f = Fixture::new();
    let get = |query: &str| f.bench.get(&f.admin, &format!("{}?{query}", f.keys));
    for name in ["a", "b"] {
        f.bench.write(&f.admin, "POST", &f.keys, &json!({ "name": name })).expect(200);
    }
    let first = get("size=2").expect(200);
    let envelope = ["index", "max_size", "total_pages", "total"].map(|name| first.at(&format!("/{name}")));
    assert_eq!(envelope, [1, 2, 2, 3].map(|number| json!(number)));
    assert_eq!(names(&first), ["default", "a"]);
    assert_eq!(names(&get("size=2&page=2").expect(200)), ["b"]);
    let past = get("size=2&page=3").expect(400);
    assert_eq!(past.text_at("/detail/0"), "ValueError");
    assert!(past.text_at("/detail/1").starts_with("Invalid page 3."));
    let empty = get("name=none").expect(200);
    assert_eq!(
        (empty.at("/total"), empty.at("/total_pages"), empty.at("/items")),
        (json!(0), json!(1), json!([]))
    );
    get("size=10000").expect(200);
    for query in ["size=0", "size=10001", "page=0", "page=-1", "size=many", "page=first", "hydrate=perhaps"] {
        assert_eq!(get(query).expect(422).at("/0"), "ValueError", "{query}");
    }
    get("unknown=1&project=x").expect(200);
}

#[test]
fn filters_and_sorting_follow_the_contract() {
    let f = Fixture::new();
    f.bench.write(&f.admin, "PUT", &f.key, &json!({ "active": false })).expect(200);
    for (name, description) in [("alpha", "one"), ("beta_x", "two"), ("gamma%", "two")] {
        f.bench.advance(60);
        let body = json!({ "name": name, "description": description });
        f.bench.write(&f.admin, "POST", &f.keys, &body).expect(200);
    }
    let beta = f.bench.get(&f.admin, &format!("{}/beta_x", f.keys));
    let raw =
        f.bench.write(&f.admin, "PUT", &format!("{}/alpha/rotate", f.keys), &json!({})).text_at("/body/key");
    f.bench.form("login", &[("password", &raw)]).expect(200);
    let (id, created) = (beta.text_at("/id"), beta.text_at("/body/created"));
    let moment = created.split('.').next().unwrap().replace('T', " ");
    let prefix = format!("id={}", q(&format!("startswith:{}", id.split('-').take(2).collect::<String>())));
    let after = format!("created={}", q(&format!("gt:{moment}")));
    let exact = format!("id={}", id.to_uppercase());
    let cases: &[(&str, &[&str])] = &[
        ("", &["default", "alpha", "beta_x", "gamma%"]),
        ("name=alpha", &["alpha"]),
        ("name=equals:alpha", &["alpha"]),
        ("name=notequals:alpha", &["default", "beta_x", "gamma%"]),
        ("name=not_equals:alpha", &[]),
        ("name=contains:a_x", &["beta_x"]),
        ("name=contains:%25", &["gamma%"]),
        ("name=notcontains:a", &[]),
        ("name=startswith:al", &["alpha"]),
        ("name=endswith:_x", &["beta_x"]),
        (r#"name=oneof:["alpha","default"]"#, &["default", "alpha"]),
        (r#"name=notoneof:["alpha","default"]"#, &["beta_x", "gamma%"]),
        ("name=gt:b&name=lt:c", &["beta_x"]),
        ("description=two&name=beta_x", &["beta_x"]),
        ("description=one&name=default&logical_operator=or", &["default", "alpha"]),
        ("name=alpha&name=default&logical_operator=or", &["default", "alpha"]),
        ("active=false", &["default"]),
        ("active=true", &["alpha", "beta_x", "gamma%"]),
        ("last_login=isnull:", &["default", "beta_x", "gamma%"]),
        ("last_login=isnotnull:", &["alpha"]),
        ("last_rotated=isnull:", &["default", "beta_x", "gamma%"]),
        (&prefix, &["beta_x"]),
        (&exact, &["beta_x"]),
        (&after, &["beta_x", "gamma%"]),
        ("last_rotated=lt:2001-01-01+00:00:00", &[]),
        ("id=short", &[]),
        ("sort_by=desc:created", &["gamma%", "beta_x", "alpha", "default"]),
        ("sort_by=desc:name", &["gamma%", "default", "beta_x", "alpha"]),
        ("sort_by=name", &["alpha", "beta_x", "default", "gamma%"]),
        ("sort_by=sideways:name", &["alpha", "beta_x", "default", "gamma%"]),
    ];
    for (query, expected) in cases {
        let answer = f.bench.get(&f.admin, &format!("{}?{query}", f.keys)).expect(200);
        assert_eq!(names(&answer), *expected, "{query}");
    }
    for query in [
        "sort_by=desc:colour",
        "created=gt:2026-01-01",
        "created=yesterday",
        "active=perhaps",
        "name=oneof:a",
    ] {
        let answer = f.bench.get(&f.admin, &format!("{}?{query}", f.keys)).expect(422);
        assert!(
            answer.text_at("/detail/1").starts_with("1 validation error for APIKeyFilter"),
            "{query}: {}",
            answer.text
        );
    }
}

#[test]
fn timestamps_are_naive_with_microseconds() {
    let f = Fixture::new();
    let created = f.bench.get(&f.admin, &f.key).text_at("/body/created");
    assert!((19..=26).contains(&created.len()), "{created}");
    assert!(!created.ends_with('Z') && !created.contains('+'), "{created}");
}

#[test]
fn odd_names_are_stored_as_they_are() {
    let f = Fixture::new();
    for name in ["", " padded ", "a/b", "ROBOT", "モデル"] {
        let made = f
            .bench
            .write(&f.admin, "POST", "service_accounts", &json!({ "name": name, "active": true }))
            .expect(200);
        let id = made.text_at("/id");
        assert_eq!(f.bench.get(&f.admin, &format!("service_accounts/{id}")).expect(200).at("/name"), name);
    }
}

#[test]
fn a_new_sandbox_has_something_to_show_in_every_state() {
    let f = Fixture::new();
    let accounts = f.bench.get(&f.admin, "service_accounts?hydrate=true&size=100").expect(200).at("/items");
    let accounts = accounts.as_array().unwrap();
    assert!(accounts.iter().any(|account| account["body"]["active"] == false));
    assert!(accounts.iter().any(|account| !account["name"].as_str().unwrap().is_ascii()));
    let keys: Vec<Value> = accounts
        .iter()
        .flat_map(|account| {
            let path = format!("service_accounts/{}/api_keys?hydrate=true", account["id"].as_str().unwrap());
            f.bench.get(&f.admin, &path).expect(200).at("/items").as_array().unwrap().clone()
        })
        .collect();
    let some = |what: &str, test: &dyn Fn(&Value) -> bool| assert!(keys.iter().any(test), "{what}");
    some("never used", &|key| key["metadata"]["last_login"].is_null());
    some("used", &|key| key["metadata"]["last_login"].is_string());
    some("disabled", &|key| key["body"]["active"] == false);
    some("never rotated", &|key| key["metadata"]["last_rotated"].is_null());
    some("an hour's window", &|key| key["metadata"]["retain_period_minutes"] == 60);
    some("described", &|key| key["metadata"]["description"] != "");
    assert!((14..=21).contains(&keys.len()), "{}", keys.len());
}
