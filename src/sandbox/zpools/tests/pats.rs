//! A PAT's life: created, listed, used, expired, revoked.

use serde_json::{Value, json};

use super::super::seed::USER;
use super::Fixture;
use crate::sandbox::tests::bench::Bench;

#[test]
fn a_pat_is_told_once_and_listed_without_its_token() {
    let f = Fixture::new();
    let body =
        json!({ "label": "ci deploy", "scopes": ["zpool", "job"], "expiry": "2099-01-31", "tenant_id": "t" });
    let made = f.post(&f.jwt, "pat", &body).expect(201);
    let (key_id, token) = (made.text_at("/detail/key_id"), made.text_at("/detail/token"));
    assert_eq!(
        made.json(),
        json!({ "message": "PAT created", "detail": { "key_id": key_id, "token": token } })
    );
    assert!(
        token
            .strip_prefix("zpat_")
            .is_some_and(|rest| rest.len() == 24 && rest.chars().all(|c| c.is_ascii_alphanumeric()))
    );
    let words: Vec<&str> = key_id.split('-').collect();
    assert!(
        words.len() == 4 && words.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())),
        "{key_id}"
    );
    let list = f.get(&f.jwt, "pat").expect(200);
    assert_eq!(list.text_at("/message"), "PATs retrieved");
    assert!(!list.text.contains(&token));
    let row = f.row(&key_id);
    let created = row["created_at"].as_str().unwrap();
    assert!(created.len() == 29 && created.ends_with("+00:00"), "{created}");
    assert_eq!(
        row,
        json!({
            "key_id": key_id, "label": "ci deploy", "scopes": ["zpool", "job"], "status": "active",
            "created_at": created, "expiry_at": "2099-01-31T00:00:00.000+00:00",
            "hard_expiry_at": row["hard_expiry_at"], "last_used_at": null, "usage_count": 0, "token_ver": 1,
        })
    );
    let (bare, _) = f.create(&json!({ "label": "min" }));
    let row = f.row(&bare);
    assert_eq!((&row["scopes"], row.get("expiry_at"), row.get("last_ip")), (&json!([]), None, None));
}

#[test]
fn bad_input_is_told_in_a_message_and_makes_nothing() {
    let f = Fixture::new();
    let rows = || f.get(&f.jwt, "pat").at("/detail/items").as_array().unwrap().len();
    let before = rows();
    let cases = [
        json!({}),
        json!({ "label": "" }),
        json!({ "label": 7 }),
        json!({ "label": "x", "scopes": "job" }),
        json!({ "label": "x", "scopes": ["jobs"] }),
        json!({ "label": "x", "scopes": [7] }),
        json!({ "label": "x", "expiry": "soon" }),
        json!({ "label": "x", "expiry": "2027-02-30" }),
        json!({ "label": "x", "expiry": "2027-1-3" }),
        json!({ "label": "x", "expiry": "2027-01-03T00:00:00Z" }),
        json!({ "label": "x", "tenant_id": 1 }),
        json!("x"),
    ];
    for body in cases {
        let answer = f.post(&f.jwt, "pat", &body).expect(400);
        assert!(answer.at("/message").is_string() && answer.at("/detail").is_null(), "{body}");
    }
    assert_eq!(rows(), before);
    f.create(&json!({ "label": "x".repeat(10_000), "scopes": ["job"] }));
}

#[test]
fn use_is_noted_by_accepted_calls_only() {
    let f = Fixture::new();
    let (key_id, token) = f.create(&json!({ "label": "u", "scopes": ["job"] }));
    let call = |path: &str| {
        f.bench.send(f.request("GET", path).bearer_auth(&token).header("user-agent", path)).status
    };
    assert_eq!(call("zpools"), 403);
    assert_eq!(f.row(&key_id)["usage_count"], 0);
    assert_eq!((call("hello"), call("jobs"), call("billing/balance")), (200, 200, 403));
    let row = f.row(&key_id);
    assert_eq!(
        (&row["usage_count"], &row["last_ua"], &row["last_ip"]),
        (&json!(2), &json!("jobs"), &json!("127.0.0.1"))
    );
    assert!(row["last_used_at"].is_string());
}

#[test]
fn both_ends_end_it() {
    let mut f = Fixture::new();
    f.set_clock("2030-05-01T12:00:00Z");
    let soft = f.create(&json!({ "label": "s", "scopes": ["job"], "expiry": "2030-05-03" }));
    let hard = f.create(&json!({ "label": "h", "scopes": ["job"] }));
    let past = f.create(&json!({ "label": "p", "scopes": ["job"], "expiry": "2020-01-01" }));
    assert_eq!(f.row(&hard.0)["hard_expiry_at"].as_str().unwrap().split('T').next(), Some("2031-05-01"));
    // The moment; then whether the one with an end, the one without, and the one of the past still live.
    let cases = [
        ("2030-05-02T23:59:58Z", [true, true, false]),
        ("2030-05-03T00:00:01Z", [false, true, false]),
        ("2031-05-01T13:00:00Z", [false, false, false]),
    ];
    for (moment, alive) in cases {
        f.set_clock(moment);
        for ((key_id, token), alive) in [&soft, &hard, &past].into_iter().zip(alive) {
            let state = (f.row(key_id)["status"].clone(), f.get(token, "hello").status);
            assert_eq!(
                state,
                if alive { (json!("active"), 200) } else { (json!("expired"), 403) },
                "{moment}"
            );
        }
    }
}

#[test]
fn revoking_is_for_good_and_once() {
    let f = Fixture::new();
    let (key_id, token) = f.create(&json!({ "label": "r", "scopes": ["pat"] }));
    let path = format!("pat/{key_id}");
    // A PAT may also revoke itself.
    assert_eq!(f.delete(&token, &path).expect(200).text_at("/message"), "PAT revoked");
    f.get(&token, "hello").expect(403);
    assert_eq!(f.row(&key_id)["status"], "revoked");
    for gone in [&path, "pat/no-such-row-here"] {
        assert_eq!(f.delete(&f.jwt, gone).expect(404).json(), json!({ "message": "PAT not found" }));
    }
    f.quirks(&json!({ "revoked_rows": "hidden" }));
    assert_eq!(f.row(&key_id), Value::Null);
}

#[test]
fn the_seed_has_every_state_and_the_announced_pat_is_new_at_each_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut tokens = Vec::new();
    for version in [1, 2] {
        let bench = Bench::on(directory.path());
        let mut f = Fixture { jwt: String::new(), bench };
        f.jwt = f.log_in(USER).expect(200).text_at("/detail/access_token");
        let list = f.get(&f.jwt, "pat").expect(200).at("/detail/items");
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 13);
        for status in ["active", "expired", "revoked"] {
            assert!(list.iter().any(|row| row["status"] == status), "{status}");
        }
        let announced = list.iter().find(|row| row["label"] == "announced by the sandbox").unwrap();
        assert_eq!(announced["token_ver"], version);
        tokens.push(f.bench.sandbox.announcement().zpools.pat.clone());
        assert_eq!(f.get(tokens.last().unwrap(), "hello").status, 200);
        if version == 2 {
            f.get(&tokens[0], "hello").expect(403);
        }
    }
}
