//! Logins by each grant and under each scheme, and what the server says of itself.

use serde_json::{Value, json};

use super::{Fixture, members};

#[test]
fn it_says_which_generation_it_is() {
    let f = Fixture::new();
    let info = f.by("", "GET", "info", None).expect(200).json();
    assert_eq!(
        members(&info),
        [
            "analytics_enabled",
            "auth_scheme",
            "control_plane_api_url",
            "dashboard_url",
            "id",
            "max_blob_size_bytes",
            "server_url",
            "ui_version",
            "version"
        ]
    );
    assert_eq!((&info["auth_scheme"], &info["version"]), (&json!("local"), &json!("0.27.2")));
    f.by("", "GET", "version", None).expect(404);
}

#[test]
fn refused_logins() {
    let f = Fixture::new();
    let refused = |form: &[(&str, &str)], status: u16, error: Value, detail: &str| {
        let answer = f.form("login", form).expect(status);
        assert_eq!((answer.at("/error"), answer.text_at("/detail")), (error, detail.to_owned()), "{form:?}");
    };
    let invalid = || json!("invalid_request");
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    refused(&[], 400, invalid(), "Invalid request: username is required.");
    refused(&[("password", "x")], 400, invalid(), "Invalid request: username is required.");
    refused(&[("grant_type", "nope")], 400, json!("unsupported_grant_type"), "Unsupported grant type: nope");
    refused(
        &[("grant_type", "control-plane")],
        400,
        json!("unsupported_grant_type"),
        "Unsupported grant type: control-plane",
    );
    let codes = "Invalid request: device_id and device_code are required.";
    refused(&[("grant_type", device)], 400, invalid(), codes);
    refused(&[("device_code", "x")], 400, invalid(), codes);
    refused(&[("username", "ada"), ("password", "bad")], 401, Value::Null, "Invalid username or password.");
    refused(&[("username", "nobody")], 401, Value::Null, "Invalid username or password.");
    refused(&[("grant_type", "api-key")], 401, Value::Null, "Missing API key.");
    // In the form, as in the other generation, a key is not looked for.
    refused(&[("grant_type", "api-key"), ("password", &f.raw)], 401, Value::Null, "Missing API key.");
    f.form("login", &[("device_id", "bad"), ("device_code", "x")]).expect(422);
    assert_eq!(f.exchange("KITKEY_garbage").expect(401).text_at("/detail"), "Invalid API key.");
    // A service account has nothing to log in with.
    refused(&[("username", "ci-runner")], 401, Value::Null, "Invalid username or password.");
}

#[test]
fn a_token_lives_its_time_and_says_so() {
    let f = Fixture::new();
    let answer = f.exchange(&f.raw).expect(200);
    assert_eq!(members(&answer.json()), ["access_token", "csrf_token", "expires_in", "token_type"]);
    assert_eq!(answer.at("/expires_in"), 3599);
    let token = answer.text_at("/access_token");
    f.bench.advance(3590);
    assert_eq!(f.status(&token), 200);
    f.bench.advance(11);
    assert_eq!(f.status(&token), 401);
    f.by("", "POST", "logout", None).expect(204);
    f.by("", "GET", "logout", None).expect(404);
}

#[test]
fn bad_bearers() {
    let f = Fixture::new();
    for (bearer, words) in [
        ("garbage", "Invalid bearer credential."),
        ("KITKEY_garbage", "Invalid API key."),
        ("", "Missing bearer credential."),
    ] {
        let answer = f.by(bearer, "GET", "accounts/me", None).expect(401);
        assert_eq!(answer.json(), json!({ "detail": words }));
    }
}

#[test]
fn other_schemes() {
    let f = Fixture::new();
    f.quirks(&json!({ "auth_scheme": "none" }));
    assert_eq!(f.by("", "GET", "accounts/me", None).expect(200).text_at("/name"), "ada");
    assert_eq!(f.by("garbage", "GET", "accounts/me", None).expect(200).text_at("/name"), "ada");
    let refused = f.form("login", &[("username", "ada"), ("password", "x")]).expect(400);
    assert_eq!(refused.text_at("/error"), "unsupported_grant_type");
    f.form("device_authorization", &[]).expect(400);
    f.post("service-accounts", &json!({ "name": "x" })).expect(403);
    f.quirks(&json!({ "auth_scheme": "control_plane" }));
    let words = f.by(&f.raw, "GET", "accounts/me", None).expect(401).text_at("/detail");
    assert_eq!(words, "Local API keys are rejected under control plane authentication.");
    f.by(&f.admin, "GET", "accounts/me", None).expect(401);
    assert_ne!(f.by("", "GET", "info", None).at("/control_plane_api_url"), Value::Null);
}
