//! Signing in by browser, with the sandbox's own provider.

use serde_json::json;

use super::{Fixture, claims};
use crate::sandbox::tests::bench::Answer;

const LANDING: &str = "http://127.0.0.1:19876/keywright";

/// A step of a browser that stops at redirects.
fn step(f: &Fixture, url: &str) -> Answer {
    let path = url.strip_prefix(&f.bench.sandbox.announcement().pangolin.url).unwrap_or(url).to_owned();
    let url = format!("{}{path}", f.bench.sandbox.announcement().pangolin.url);
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    f.bench.send(client.get(url))
}

fn authorize(f: &Fixture, provider: &str, landing: &str) -> Answer {
    let query: String = url::form_urlencoded::byte_serialize(landing.as_bytes()).collect();
    step(f, &format!("/oauth/authorize/{provider}?redirect_uri={query}"))
}

/// Through the provider and back to the server's callback.
fn callback(f: &Fixture, provider: &str) -> Answer {
    let page = authorize(f, provider, LANDING).expect(303);
    let back = step(f, page.header("location")).expect(303);
    step(f, back.header("location"))
}

fn code(f: &Fixture) -> String {
    let landed = callback(f, "google").expect(303);
    landed.header("location").strip_prefix("http://127.0.0.1:19876/keywright?code=").unwrap().to_owned()
}

#[test]
fn a_code_is_exchanged_once_and_within_two_minutes() {
    let f = Fixture::new();
    assert_eq!(f.get("", "oauth/providers").json(), json!({ "providers": ["google", "github"] }));
    let exchange = |code: &str| f.post("", "oauth/exchange", &json!({ "code": code }));
    let first = code(&f);
    assert_eq!(first.len(), 64);
    let answer = exchange(&first).expect(200);
    assert_eq!(answer.text_at("/token_type"), "Bearer");
    let claims = claims(&answer.text_at("/token"));
    assert_eq!((&claims["role"], &claims["tenant_id"]), (&json!("tenant-user"), &json!(super::NIL)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert_eq!(exchange(&first).expect(400).text, "Unknown, expired or already-redeemed exchange code");
    let late = code(&f);
    f.bench.advance(121);
    exchange(&late).expect(400);
}

#[test]
fn only_listed_landings_and_providers() {
    let f = Fixture::new();
    for landing in
        ["http://localhost:19876/keywright", "http://127.0.0.1:19876/keywright/", "http://evil.example/"]
    {
        let told = authorize(&f, "google", landing).expect(400).text;
        assert_eq!(told, "redirect_uri is not allowed; add it to PANGOLIN_OAUTH_REDIRECT_URIS");
    }
    assert_eq!(authorize(&f, "okta", LANDING).expect(400).text, "Invalid OAuth provider");
}

#[test]
fn a_state_is_used_once_and_a_decline_leads_nowhere() {
    let f = Fixture::new();
    let page = authorize(&f, "google", LANDING).expect(303).header("location").to_owned();
    assert!(
        ["code_challenge_method=S256", "nonce=", "state=", "response_type=code"]
            .iter()
            .all(|part| page.contains(part))
    );
    let back = step(&f, &page).expect(303).header("location").to_owned();
    step(&f, &back).expect(303);
    assert_eq!(step(&f, &back).expect(400).text, "Invalid or expired OAuth state");
    let late = step(&f, authorize(&f, "google", LANDING).header("location")).header("location").to_owned();
    f.bench.advance(601);
    step(&f, &late).expect(400);
    f.quirks(&json!({ "oauth_consent": "decline" }));
    assert!(callback(&f, "google").expect(400).text.ends_with("missing field code"));
    f.quirks(&json!({ "oauth_consent": "ignore" }));
    let page = authorize(&f, "google", LANDING).expect(303);
    step(&f, page.header("location")).expect(200);
    f.quirks(&json!({ "oauth_consent": "approve" }));
    assert!(callback(&f, "github").expect(400).text.ends_with("missing field sub"));
}
