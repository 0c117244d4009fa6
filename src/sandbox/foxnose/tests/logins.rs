//! Pairs of tokens, keys as logins, and who is refused.

use serde_json::{Value, json};

use super::super::pair;
use super::super::seed::{EMAIL, ENVIRONMENT};
use super::{Fixture, Made, refused, signed};
use crate::sandbox::tests::bench::{Answer, with_json};

const AUTH: &str = "/account/auth/";
const REFRESH: &str = "/account/auth/refresh/";

fn post(f: &Fixture, path: &str, body: &Value) -> Answer {
    f.bench.send(with_json(f.management("POST", path), body))
}

fn log_in(f: &Fixture) -> (String, String) {
    let pair = post(f, AUTH, &json!({ "email": EMAIL, "password": f.told.password })).expect(200);
    (pair.text_at("/access"), pair.text_at("/refresh"))
}

fn bearer(f: &Fixture, token: &str) -> Answer {
    f.with(&format!("Bearer {token}"), "GET", "/organizations/")
}

#[test]
fn a_refresh_token_works_once_and_gives_a_new_pair() {
    let f = Fixture::new();
    let (access, refresh) = log_in(&f);
    bearer(&f, &access).expect(200);
    refused(bearer(&f, &refresh), 401, "authentication_failed");
    let renewed = post(&f, REFRESH, &json!({ "refresh": refresh })).expect(200);
    bearer(&f, &renewed.text_at("/access")).expect(200);
    refused(post(&f, REFRESH, &json!({ "refresh": refresh })), 401, "authentication_failed");
    refused(post(&f, REFRESH, &json!({ "refresh": access })), 401, "authentication_failed");
    post(&f, REFRESH, &json!({ "refresh": renewed.text_at("/refresh") })).expect(200);
    bearer(&f, &access).expect(200);
}

#[test]
fn tokens_end_when_they_should() {
    let f = Fixture::new();
    for exp in [true, false] {
        f.quirks(&json!({ "exp_in_jwt": exp }));
        let (access, refresh) = log_in(&f);
        f.bench.advance(24 * 3600 - 5);
        bearer(&f, &access).expect(200);
        f.bench.advance(10);
        refused(bearer(&f, &access), 401, "authentication_failed");
        f.bench.advance(6 * 24 * 3600 + 5);
        refused(post(&f, REFRESH, &json!({ "refresh": refresh })), 401, "authentication_failed");
    }
}

#[test]
fn paths_and_the_field_are_switches() {
    let f = Fixture::new();
    f.quirks(&json!({ "auth_path": "/in/", "refresh_path": "/again/", "refresh_field": "token" }));
    refused(post(&f, AUTH, &json!({})), 404, "not_found");
    let pair = post(&f, "/in/", &json!({ "email": EMAIL, "password": f.told.password })).expect(200);
    refused(post(&f, "/again/", &json!({ "refresh": pair.at("/refresh") })), 400, "validation_error");
    post(&f, "/again/", &json!({ "token": pair.at("/refresh") })).expect(200);
}

#[test]
fn bad_logins() {
    let f = Fixture::new();
    for (body, status) in [
        (json!({ "email": EMAIL, "password": "wrong" }), 401),
        (json!({ "email": "nobody@example.com", "password": f.told.password }), 401),
        (json!({ "email": EMAIL }), 400),
        (json!([]), 400),
    ] {
        let code = if status == 401 { "authentication_failed" } else { "validation_error" };
        refused(post(&f, AUTH, &body), status, code);
    }
    f.quirks(&json!({ "validation_status": 422 }));
    refused(post(&f, AUTH, &json!({})), 422, "validation_error");
}

#[test]
fn schemes_are_spelled_exactly_and_kinds_do_not_mix() {
    let f = Fixture::new();
    let (management, flux) = (f.make("management", &Value::Null), f.make("flux", &json!("r1shopreader")));
    let roles = Fixture::inside("permissions/flux-api/roles/");
    let good = management.simple();
    f.with(&good, "GET", &roles).expect(200);
    f.with(&good, "GET", &format!("{roles}?limit=1")).expect(200);
    let bearer = f
        .call("POST", &format!("permissions/flux-api/api-keys/{}/bearer-token/", flux.key), &Value::Null)
        .expect(200)
        .text_at("/bearer_token");
    for bad in [
        good.replace("Simple", "simple"),
        good.replace("Simple ", "Simple"),
        good.replace("Simple", "Secure"),
        format!("{good}x"),
        format!("Bearer {bearer}"),
        format!("Token {}", f.told.access_token),
        flux.simple(),
        "Simple".to_owned(),
    ] {
        refused(f.with(&bad, "GET", &roles), 401, "authentication_failed");
    }
    refused(f.flux(&good, "shop/_router"), 401, "authentication_failed");
    refused(f.flux(&format!("Bearer {}", f.told.access_token), "shop/_router"), 401, "authentication_failed");
    let twice = f.management("GET", &roles).header("authorization", &good).header("authorization", &good);
    refused(f.bench.send(twice), 401, "authentication_failed");
    refused(f.bench.send(f.management("GET", &roles)), 401, "authentication_failed");
    // A key is of one environment.
    let other = "/v1/4tgh6m2zr8ub/permissions/flux-api/roles/";
    refused(f.with(&good, "GET", other), 401, "authentication_failed");
    refused(f.as_person("GET", "/v1/unknown/permissions/flux-api/roles/", &Value::Null), 404, "not_found");
}

#[test]
fn a_signature_is_over_path_body_and_date_alone() {
    let f = Fixture::new();
    let key = f.make("management", &Value::Null);
    let path = Fixture::inside("permissions/flux-api/api-keys/");
    let send = |header: String, date: &str, query: &str| {
        let request = f.management("GET", &format!("{path}{query}"));
        f.bench.send(request.header("authorization", header).header("date", date))
    };
    let date = f.date(0);
    for query in ["", "?limit=2&offset=0"] {
        send(signed(&key, &path, "", &date), &date, query).expect(200);
    }
    let body = json!({ "description": "by signature" }).to_string();
    let write = |signed_body: &str| {
        let request = f.management("POST", &path).header("content-type", "application/json");
        let header = signed(&key, &path, signed_body, &date);
        f.bench.send(request.header("authorization", header).header("date", &date).body(body.clone()))
    };
    write(&body).expect(201);
    let other = f.make("management", &Value::Null);
    for (what, answer) in [
        ("the query", send(signed(&key, &format!("{path}?limit=2"), "", &date), &date, "?limit=2")),
        ("another path", send(signed(&key, &Fixture::inside("api/"), "", &date), &date, "")),
        ("a method", send(signed(&key, &format!("GET {path}"), "", &date), &date, "")),
        ("another body", write(&body.replace(':', ": "))),
        ("another date", send(signed(&key, &path, "", &f.date(-60)), &date, "")),
        (
            "another key",
            send(signed(&Made { public: key.public.clone(), ..other }, &path, "", &date), &date, ""),
        ),
    ] {
        let answer = refused(answer, 401, "authentication_failed");
        assert_eq!(answer.text_at("/message"), "Invalid signature", "{what}");
    }
    for date in ["", "Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05+00:00"] {
        let answer = refused(send(signed(&key, &path, "", date), date, ""), 401, "authentication_failed");
        assert!(answer.text_at("/message").starts_with("Date must be"), "{date}");
    }
    for (off, status) in [(-290, 200), (290, 200), (-310, 401), (310, 401)] {
        let date = f.date(off);
        send(signed(&key, &path, "", &date), &date, "").expect(status);
    }
    f.quirks(&json!({ "signature_window_seconds": 1000 }));
    let date = f.date(-310);
    send(signed(&key, &path, "", &date), &date, "").expect(200);
}

/// Output of the vendor's own library for the example key of RFC 6979.
#[test]
fn signatures_of_the_real_client_are_verified() {
    let public = "A2D+1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2";
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let text = format!("/shop/_router|{empty}|2026-01-02T03:04:05Z");
    let high =
        "MEUCIQDIdQuG+4JLdOyTjSVZrcCChQyGo/n40GEmDohQvJMA0QIgN5SauQWP4GsRserrZXegZYsVScHNkjC95aNE6foVb7c=";
    let low =
        "MEUCID2PCd0QVKlrRlelp1yEELiKqqWfDZbRkD79u0hZ3X/cAiEArDfMKqvC9RV2ivUkEmZcyUF/wi4aVRNWl4zkZBWIAYI=";
    for signature in [high, low] {
        assert!(pair::is_signed(public, &text, signature));
        assert!(!pair::is_signed(public, &format!("{text} "), signature));
    }
    assert!(!pair::is_signed(public, &text, "AAAA") && !pair::is_signed("AAAA", &text, high));
}

#[test]
fn the_announced_login_works() {
    let f = Fixture::new();
    assert_eq!(f.told.environment, ENVIRONMENT);
    f.get("permissions/management-api/roles/").expect(200);
    log_in(&f);
}
