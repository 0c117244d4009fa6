//! Keys: making, reading back, rotating, replaying, and what each secret and token still opens.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Fixture, members};

const SHOWN: [&str; 8] =
    ["active", "created", "id", "last_rotated", "last_used", "name", "owner_id", "updated"];

#[test]
fn a_key_has_the_documented_form_and_is_shown_once() {
    let f = Fixture::new();
    assert_eq!(f.raw.len(), 171);
    let inside = base64::engine::general_purpose::STANDARD.decode(f.raw.strip_prefix("KITKEY_").unwrap());
    let inside = String::from_utf8(inside.unwrap()).unwrap();
    assert!(inside.starts_with(&format!(r#"{{"id": "{}", "key": ""#, f.id)), "{inside}");
    let read = f.get(&f.key()).expect(200).json();
    assert_eq!(members(&read), SHOWN);
    let created = read["created"].as_str().unwrap();
    assert!(created.ends_with('Z') && created.len() >= 20, "{created}");
    f.get(&f.key().to_uppercase().replace("API-KEYS", "api-keys")).expect(200);
    let issued = f.post("api-keys", &json!({ "name": "second" })).expect(201).json();
    assert_eq!(members(&issued).len(), SHOWN.len() + 1);
}

#[test]
fn keys_are_their_makers_own_but_names_are_everybodys() {
    let f = Fixture::new();
    let plain = f.plain_user();
    f.by(&plain, "GET", &f.key(), None).expect(404);
    f.by(&plain, "DELETE", &f.key(), None).expect(404);
    assert_eq!(f.by(&plain, "GET", "api-keys", None).expect(200).at("/items"), json!([]));
    let taken = f.by(&plain, "POST", "api-keys", Some(&json!({ "name": "robot" }))).expect(409);
    assert_eq!(taken.text_at("/detail"), "API key name 'robot' is already registered");
    // The administrator does not see those of others either.
    let theirs = f.by(&plain, "POST", "api-keys", Some(&json!({ "name": "theirs" }))).expect(201);
    f.get(&format!("api-keys/{}", theirs.text_at("/id"))).expect(404);
    let names = f.get("api-keys?size=1000").text;
    assert!(!names.contains("theirs") && !names.contains("grace-laptop"));
}

#[test]
fn the_old_secret_works_until_its_window_ends() {
    let f = Fixture::new();
    let new = f.rotate(10);
    assert_ne!(new, f.raw);
    f.bench.advance(590);
    assert_eq!((f.status(&f.raw), f.status(&new)), (200, 200));
    f.bench.advance(20);
    assert_eq!((f.status(&f.raw), f.status(&new)), (401, 200));
    // A second rotation inside a window ends the oldest at once.
    let third = f.rotate(10);
    assert_eq!((f.status(&new), f.status(&third)), (200, 200));
    let fourth = f.rotate(10);
    assert_eq!((f.status(&new), f.status(&third), f.status(&fourth)), (401, 200, 200));
    let now = f.rotate(0);
    assert_eq!((f.status(&fourth), f.status(&now)), (401, 200));
}

#[test]
fn a_rotation_is_replayed_under_its_key() {
    let f = Fixture::new();
    let rotate = format!("{}/rotate", f.key());
    let body = json!({ "retain_period_minutes": 5 });
    let first = f.once(&rotate, "any printable text", &body).expect(200);
    assert_eq!(first.header("idempotent-replayed"), "");
    f.bench.advance(880);
    let again = f.once(&rotate, "any printable text", &body).expect(200);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"));
    let other = f.once(&rotate, "any printable text", &json!({ "retain_period_minutes": 6 })).expect(422);
    assert_eq!(other.text_at("/detail"), "Idempotency-Key was already used with a different request");
    f.bench.advance(30);
    let later = f.once(&rotate, "any printable text", &body).expect(200);
    assert_ne!(later.text_at("/key"), first.text_at("/key"), "900 seconds are over");
    // A refusal is not kept.
    f.once("api-keys", "create", &json!({})).expect(422);
    f.once("api-keys", "create", &json!({ "name": "made" })).expect(201);
    let long = "x".repeat(256);
    for bad in [" ", &long] {
        let refused = f.once(&rotate, bad, &body).expect(400);
        assert_eq!(refused.text_at("/detail"), "Invalid Idempotency-Key header.");
    }
}

#[test]
fn what_is_done_to_a_key_does_not_touch_tokens_got_with_it() {
    let f = Fixture::new();
    let token = f.token(&f.raw);
    f.rotate(0);
    assert_eq!((f.status(&f.raw), f.status(&token)), (401, 200));
    assert_eq!(f.patch(&f.key(), &json!({ "active": false })).expect(200).at("/active"), false);
    assert_eq!(f.status(&token), 200);
    f.delete(&f.key()).expect(204);
    f.delete(&f.key()).expect(404);
    assert_eq!(f.status(&token), 200);
    f.bench.advance(3601);
    let ended = f.by(&token, "GET", "accounts/me", None).expect(401);
    assert_eq!(ended.text_at("/detail"), "Invalid bearer credential.");
}

#[test]
fn a_disabled_key_opens_nothing_and_says_nothing_of_it() {
    let f = Fixture::new();
    f.patch(&f.key(), &json!({ "active": false })).expect(200);
    for refused in [f.exchange(&f.raw), f.by(&f.raw, "GET", "accounts/me", None)] {
        assert_eq!(refused.expect(401).json(), json!({ "detail": "Invalid API key." }));
    }
    f.patch(&f.key(), &json!({ "active": true })).expect(200);
    assert_eq!(f.status(&f.raw), 200);
}

#[test]
fn the_last_use_is_noted_once_a_minute_and_by_the_key_alone() {
    let f = Fixture::new();
    let used = || f.get(&f.key()).at("/last_used");
    assert_eq!(used(), Value::Null);
    let token = f.token(&f.raw);
    let first = used();
    assert_ne!(first, Value::Null);
    f.bench.advance(50);
    assert_eq!((f.status(&f.raw), used()), (200, first.clone()));
    f.bench.advance(20);
    f.status(&token);
    assert_eq!(used(), first, "a token is not the key");
    f.status(&f.raw);
    assert_ne!(used(), first);
}
