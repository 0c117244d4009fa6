//! The Flux side: who may read and write content, and what shows that a key works.

use serde_json::{Value, json};

use super::{Fixture, refused, signed};
use crate::sandbox::tests::bench::{Answer, with_json};

fn write(f: &Fixture, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    let request = f.bench.request_to(method, &format!("{}/{path}", f.told.flux_url));
    let request = if key.is_empty() { request } else { request.header("authorization", key) };
    f.bench.send(with_json(request, body))
}

#[test]
fn a_key_shows_that_it_works_by_three_requests() {
    let f = Fixture::new();
    let made = f.make("flux", &json!("r1shopreader"));
    let mut spoilt = made.simple();
    spoilt.pop();
    let reads =
        ["shop/_router", "shop/articles/_schema", "shop/articles?limit=1", "shop/articles/r1f1articles44"];
    for path in reads {
        refused(f.flux("", path), 401, "authentication_failed");
        f.flux(&made.simple(), path).expect(200);
        refused(f.flux(&spoilt, path), 401, "authentication_failed");
        let bare = format!("/{}", path.split('?').next().unwrap());
        let date = f.date(0);
        let header = signed(&made, &bare, "", &date);
        let request = f.bench.request_to("GET", &format!("{}/{path}", f.told.flux_url));
        f.bench.send(request.header("authorization", header).header("date", date)).expect(200);
    }
}

#[test]
fn roles_are_obeyed() {
    let f = Fixture::new();
    let empty = json!({ "title": "t" });
    let data = json!({ "data": empty });
    for (role, shop, feed, create, replace) in [
        (json!("r1shopreader"), 200, 403, 403, 403),
        (json!("r2everyreadr"), 200, 200, 403, 403),
        (json!("r3shopwriter"), 200, 403, 201, 200),
        (json!("r4emptyrole2"), 403, 403, 403, 403),
        (Value::Null, 403, 403, 403, 403),
    ] {
        let key = f.make("flux", &role).simple();
        assert_eq!(f.flux(&key, "shop/articles").status, shop, "{role}");
        assert_eq!(f.flux(&key, "feed/articles").status, feed, "{role}");
        assert_eq!(write(&f, &key, "POST", "shop/articles/", &data).status, create, "{role}");
        assert_eq!(write(&f, &key, "PUT", "shop/articles/r1f1articles44/", &data).status, replace, "{role}");
    }
    for (switch, status) in [("authentication_failed", 401), ("everything", 200), ("access_denied", 403)] {
        f.quirks(&json!({ "flux_key_without_role": switch }));
        let key = f.make("flux", &Value::Null).simple();
        f.flux(&key, "shop/_router").expect(status);
    }
}

#[test]
fn writes_are_checked() {
    let f = Fixture::new();
    let key = f.make("flux", &json!("r3shopwriter")).simple();
    let data = json!({ "data": { "title": "new", "text": "x" }, "key": "ext-1" });
    refused(write(&f, "", "POST", "shop/articles/", &data), 401, "authentication_failed");
    let made = write(&f, &key, "POST", "shop/articles/", &data).expect(201);
    assert_eq!((made.at("/published"), made.at("/write_units")), (json!(true), json!(1)));
    let read = f.flux(&key, &format!("shop/articles/{}", made.text_at("/resource_key"))).expect(200);
    assert_eq!(read.text_at("/data/title"), "new");
    refused(write(&f, &key, "POST", "shop/articles/", &data), 409, "external_id_conflict");
    refused(write(&f, &key, "POST", "shop/authors/", &data), 403, "collection_not_writable");
    let bad = refused(
        write(&f, &key, "POST", "shop/articles/", &json!({ "data": {} })),
        422,
        "content_validation_failed",
    );
    assert_eq!(bad.text_at("/detail/errors/0/json_path"), "$.title");
    refused(write(&f, &key, "PUT", "shop/articles/unknown/", &data), 404, "not_found");
    refused(write(&f, &key, "POST", "shop/articles", &data), 404, "not_found");
    let found = write(&f, &key, "POST", "shop/articles/_search", &json!({ "limit": 2 })).expect(200);
    assert_eq!(found.at("/results").as_array().unwrap().len(), 2);
    let page = f.flux(&key, "shop/articles?limit=3").expect(200);
    assert!(page.text_at("/next").ends_with("?limit=3&next=3"), "{}", page.text);
}

#[test]
fn what_shows_nothing_about_a_key() {
    let f = Fixture::new();
    let made = f.make("flux", &json!("r2everyreadr"));
    let bad = format!("{}x", made.simple());
    // A public API takes anything.
    for key in ["", &made.simple(), &bad] {
        f.flux(key, "blog/articles").expect(200);
    }
    f.quirks(&json!({ "public_api_checks_keys": true }));
    refused(f.flux(&bad, "blog/articles"), 401, "authentication_failed");
    f.flux("", "blog/articles").expect(200);
    // The router may be switched off, a prefix may be wrong, an environment disabled.
    refused(f.flux(&made.simple(), "feed/_router"), 404, "not_found");
    f.flux(&made.simple(), "feed/articles").expect(200);
    for path in ["nowhere/_router", "shop/nowhere", "shop/articles/", "shop/_router/", ""] {
        refused(f.flux(&made.simple(), path), 404, "not_found");
    }
    refused(f.flux(&made.simple(), "shop-demo/_router"), 403, "access_denied");
    // A key of another environment.
    refused(f.flux(&made.simple(), "shop-staging/_router"), 401, "authentication_failed");
}

#[test]
fn a_deleted_key_stops_at_once() {
    let f = Fixture::new();
    let made = f.make("flux", &json!("r1shopreader"));
    f.flux(&made.simple(), "shop/_router").expect(200);
    f.call("DELETE", &format!("permissions/flux-api/api-keys/{}/", made.key), &Value::Null).expect(204);
    refused(f.flux(&made.simple(), "shop/_router"), 401, "authentication_failed");
}
