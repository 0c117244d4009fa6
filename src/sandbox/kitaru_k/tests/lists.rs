//! Lists: pages by cursor, order, filters, and what of them is refused.

use serde_json::{Value, json};

use super::Fixture;

fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_follow_each_other_newest_first() {
    let f = Fixture::new();
    let whole = names(&f.get("api-keys?size=1000").expect(200).json());
    assert_eq!(whole.first().unwrap(), "robot");
    for (order, mut wanted) in [("created:desc", whole.clone()), ("created:asc", whole)] {
        if order == "created:asc" {
            wanted.reverse();
        }
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = f.get(&format!("api-keys?size=2&sort={order}{cursor}")).expect(200).json();
            all.extend(names(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={}", next.replace('=', "%3D"));
            // It continues this list and no other.
            let other = f.get(&format!("accounts?sort=created:asc{cursor}&size=3"));
            assert!(other.status == 200 || other.text_at("/detail") == "Invalid cursor");
        }
        assert_eq!(all, wanted, "{order}");
    }
}

#[test]
fn filters() {
    let f = Fixture::new();
    let asked = |filter: &Value| {
        let encoded: String = url::form_urlencoded::byte_serialize(filter.to_string().as_bytes()).collect();
        f.get(&format!("accounts?size=100&sort=created:asc&filter={encoded}"))
    };
    let condition = |field: &str, op: &str, value: Value| json!({ "field": field, "op": op, "value": value });
    let services = ["legacy-import", "ci-runner", "replay-worker", "dashboard"];
    let cases: &[(Value, &[&str])] = &[
        (condition("name", "eq", json!("grace")), &["grace"]),
        (
            condition("name", "ne", json!("ada")),
            &["legacy-import", "ci-runner", "grace", "replay-worker", "dashboard"],
        ),
        (condition("name", "in", json!(["ada", "grace", "nobody"])), &["ada", "grace"]),
        (condition("name", "startswith", json!("legacy")), &["legacy-import"]),
        (condition("name", "endswith", json!("-runner")), &["ci-runner"]),
        (condition("name", "contains", json!("_")), &[]),
        (condition("is_service_account", "eq", json!(true)), &services),
        (condition("active", "eq", json!(false)), &["legacy-import"]),
        (
            json!({ "and": [condition("active", "eq", json!(true)), { "not": condition("is_service_account", "eq", json!(true)) }] }),
            &["ada", "grace"],
        ),
        (
            json!({ "or": [condition("name", "eq", json!("ada")), condition("active", "ne", json!(true))] }),
            &["ada", "legacy-import"],
        ),
    ];
    for (filter, wanted) in cases {
        assert_eq!(names(&asked(filter).expect(200).json()), *wanted, "{filter}");
    }
    let refused = [
        (condition("nope", "eq", json!(1)), "Field 'nope' is not filterable"),
        (condition("name", "lt", json!("x")), "Operator 'lt' is not supported for field 'name'"),
        (condition("active", "lt", json!(true)), "Operator 'lt' is not supported for field 'active'"),
        (condition("name", "eq", Value::Null), "Invalid filter value for field 'name'"),
        (condition("name", "in", json!("x")), "Filter value for 'in' on field 'name' must be a list"),
        (condition("created", "gt", json!("x")), "Field 'created' is not filterable"),
    ];
    for (filter, words) in refused {
        assert_eq!(asked(&filter).expect(422).text_at("/detail"), words, "{filter}");
    }
    let deep = (0..6).fold(condition("name", "eq", json!("ada")), |inside, _| json!({ "not": inside }));
    assert_eq!(asked(&deep).expect(422).text_at("/detail"), "Filter is nested deeper than 5 levels");
}

#[test]
fn parameters_that_do_not_fit() {
    let f = Fixture::new();
    let cases = [
        ("size=0", "greater_than_equal"),
        ("size=1001", "less_than_equal"),
        ("size=many", "int_parsing"),
        ("bogus=1", "extra_forbidden"),
        ("sort=created", "string_pattern_mismatch"),
        ("sort=created:sideways", "string_pattern_mismatch"),
        ("filter=xx", "value_error"),
    ];
    for (query, kind) in cases {
        let answer = f.get(&format!("accounts?{query}")).expect(422);
        assert_eq!(answer.text_at("/detail/0/type"), kind, "{query}");
        assert_eq!(answer.text_at("/detail/0/loc/0"), "query", "{query}");
    }
    assert_eq!(f.get("accounts?sort=colour:asc").expect(422).text_at("/detail"), "Invalid sort 'colour:asc'");
    assert_eq!(f.get("accounts?cursor=zzz").expect(422).text_at("/detail"), "Invalid cursor");
}

#[test]
fn a_new_sandbox_has_something_to_show_in_every_state() {
    let f = Fixture::new();
    let keys = f.get("api-keys?size=100").expect(200).at("/items");
    let some = |what: &str, test: &dyn Fn(&Value) -> bool| {
        assert!(keys.as_array().unwrap().iter().any(test), "{what}");
    };
    some("never used", &|key| key["last_used"].is_null());
    some("used", &|key| key["last_used"].is_string());
    some("disabled", &|key| key["active"] == false);
    some("rotated", &|key| key["last_rotated"].is_string());
    some("never rotated", &|key| key["last_rotated"].is_null());
}
