//! Logins: every grant, the texts of every refusal, cookies, other sites, limits, and servers that log nobody in.

use serde_json::{Value, json};

use super::{Fixture, claims};

#[test]
fn a_login_answers_in_the_documented_shape() {
    let f = Fixture::new();
    let answer = f.bench.form("login", &[("grant_type", "zenml-api-key"), ("password", &f.raw)]).expect(200);
    let mut body = answer.json();
    let token = body["access_token"].take();
    assert_eq!(
        body,
        json!({
            "access_token": null, "token_type": "bearer", "expires_in": 3600, "refresh_token": null,
            "csrf_token": null, "scope": null, "device_id": null, "device_metadata": null,
        })
    );
    assert_eq!(answer.header("set-cookie"), "", "only password logins set the cookie");
    let info = f.bench.send(f.bench.request("GET", "info")).expect(200);
    let claims = claims(token.as_str().unwrap());
    assert_eq!((&claims["iss"], &claims["aud"]), (&info.at("/id"), &info.at("/id")));
    assert_eq!(claims["key_gen"], 1);
    assert!(claims["iat"].is_f64() && claims["exp"].is_i64());
}

type Form<'a> = &'a [(&'a str, &'a str)];

#[test]
fn the_form_decides_the_grant_and_says_what_it_lacks() {
    let f = Fixture::new();
    let bare = f.raw.trim_start_matches("ZENKEY_");
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let invalid = "Authentication error: invalid username or password";
    // The form, the status, and the text: plain for 400, in the pair for 401.
    let cases: &[(Form<'_>, u16, &str)] = &[
        (&[("password", &f.raw)], 200, ""),
        (&[("password", bare)], 200, ""),
        (&[("username", ""), ("password", &f.raw)], 200, ""),
        (&[("username", "ada"), ("password", &f.raw)], 401, invalid),
        (&[("username", "nobody"), ("password", "x")], 401, invalid),
        (&[("username", "robot"), ("password", "x")], 401, invalid),
        (&[("username", "ada")], 401, invalid),
        (&[], 400, "Invalid request: username is required."),
        (&[("grant_type", "password")], 400, "Invalid request: username is required."),
        (&[("grant_type", "zenml-api-key")], 400, "API key is required."),
        (&[("grant_type", "magic")], 400, "Unsupported grant type: magic"),
        (&[("grant_type", "zenml-external")], 400, "Unsupported grant type: zenml-external."),
        (&[("grant_type", device)], 400, "Invalid request: device code and client ID are required."),
        (&[("device_code", "x"), ("client_id", "y")], 400, "Invalid request: invalid client ID."),
        (&[("password", "kat_guide")], 401, "Authentication error: error decoding API key"),
    ];
    for (form, status, text) in cases {
        let answer = f.bench.form("login", form);
        assert_eq!(answer.status, *status, "{form:?}: {}", answer.text);
        match status {
            400 => assert_eq!(answer.text_at("/detail"), *text, "{form:?}"),
            401 => assert_eq!(answer.at("/detail"), json!(["CredentialsNotValid", text]), "{form:?}"),
            _ => {}
        }
    }
    let answer =
        f.bench.write("", "POST", "login", &json!({ "username": "ada", "password": "x" })).expect(400);
    assert_eq!(answer.text_at("/detail"), "Invalid request: username is required.");
}

#[test]
fn a_refused_key_says_why() {
    let f = Fixture::new();
    let why = || f.bench.form("login", &[("password", &f.raw)]).expect(401).text_at("/detail/1");
    let put = |path: &str, body: Value| f.bench.write(&f.admin, "PUT", path, &body).expect(200);
    put(&f.key, json!({ "active": false }));
    let inactive =
        "Authentication error: API key default associated with service account robot is not active";
    assert_eq!(why(), inactive);
    put(&f.account, json!({ "active": false }));
    let asleep = "Authentication error: service account robot associated with API key default is not active";
    assert_eq!(why(), asleep);
    put(&f.account, json!({ "active": true }));
    put(&f.key, json!({ "active": true }));
    f.rotate(0);
    assert_eq!(why(), "Authentication error: could not verify key value for API key default");
    let id = f.bench.get(&f.admin, &f.key).text_at("/id");
    f.bench.delete(&f.admin, &f.key).expect(200);
    assert_eq!(why(), format!("Authentication error: error retrieving API key {id}"));
}

#[test]
fn the_cookie_of_a_password_login_wins_over_the_header() {
    let f = Fixture::new();
    let login = f.bench.sandbox.announcement().kitaru.clone();
    let answer =
        f.bench.form("login", &[("username", &login.username), ("password", &login.password)]).expect(200);
    let cookie = answer.header("set-cookie").to_owned();
    let id = f.bench.send(f.bench.request("GET", "info")).text_at("/id");
    assert!(cookie.starts_with(&format!("zenml-server-{id}={}", answer.text_at("/access_token"))));
    for part in ["; HttpOnly", "; Path=/", "; SameSite=lax", "; Max-Age=3600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let request = || f.bench.request("GET", "current-user").bearer_auth(&f.raw);
    assert_eq!(f.bench.send(request()).at("/name"), "robot");
    assert_eq!(f.bench.send(request().header("cookie", format!("a=b; {pair}"))).at("/name"), "ada");
    // Logging out clears the cookie; the token itself lives on.
    let out = f.bench.send(f.bench.request("GET", "logout")).expect(200);
    assert_eq!(out.text, "null");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    f.bench.get(&answer.text_at("/access_token"), "current-user").expect(200);
}

#[test]
fn a_login_from_another_site_needs_its_csrf_token_ever_after() {
    let f = Fixture::new();
    let login = f.bench.sandbox.announcement().kitaru.clone();
    let form = [("username", login.username.as_str()), ("password", login.password.as_str())];
    let from = |name: &str, value: &str| {
        f.bench.send(f.bench.request("POST", "login").form(&form).header(name, value))
    };
    assert_eq!(from("origin", &login.url).at("/csrf_token"), Value::Null);
    for header in ["origin", "referer"] {
        let answer = from(header, "http://elsewhere.example").expect(200);
        let (token, csrf) = (answer.text_at("/access_token"), answer.text_at("/csrf_token"));
        assert_ne!((claims(&token)["session_id"].clone(), csrf.as_str()), (Value::Null, ""));
        let refused = f.bench.get(&token, "current-user").expect(401);
        assert_eq!(refused.text_at("/detail/1"), "Authentication error: missing CSRF token");
        let with = |csrf: &str| {
            let request = f.bench.request("GET", "current-user").bearer_auth(&token);
            f.bench.send(request.header("x-csrf-token", csrf)).status
        };
        assert_eq!((with(&csrf), with("made.up.token")), (200, 401));
    }
    let key =
        f.bench.request("POST", "login").form(&[("password", &f.raw)]).header("origin", "http://e.example");
    assert_eq!(f.bench.send(key).expect(200).at("/csrf_token"), Value::Null, "keys are not for pages");
}

#[test]
fn tokens_may_never_expire() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "jwt_minutes": null }));
    let login = f.bench.sandbox.announcement().kitaru.clone();
    let answer =
        f.bench.form("login", &[("username", &login.username), ("password", &login.password)]).expect(200);
    assert_eq!(answer.at("/expires_in"), Value::Null);
    assert!(!answer.header("set-cookie").contains("Max-Age"));
    let token = answer.text_at("/access_token");
    assert_eq!(claims(&token)["exp"], Value::Null);
    f.bench.advance(10 * 365 * 86_400);
    f.bench.get(&token, "current-user").expect(200);
}

#[test]
fn the_sixth_login_in_a_minute_is_refused_whatever_its_password() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "rate_limit": true }));
    let login = f.bench.sandbox.announcement().kitaru.clone();
    let good = || f.bench.form("login", &[("username", &login.username), ("password", &login.password)]);
    let bad = || f.bench.form("login", &[("username", "ada"), ("password", "wrong")]);
    for _ in 0..5 {
        bad().expect(401);
    }
    let limited = good().expect(429);
    assert!(limited.at("/detail").is_string());
    assert_eq!(limited.header("retry-after"), "");
    f.bench.advance(61);
    // A success starts the count again.
    for _ in 0..4 {
        bad().expect(401);
    }
    good().expect(200);
    bad().expect(401);
}

#[test]
fn an_inactive_server_logs_nobody_in_until_it_is_activated_once() {
    let f = Fixture::new();
    let info = || f.bench.send(f.bench.request("GET", "info")).expect(200);
    let activate = |body: &str| f.bench.send(f.bench.request("PUT", "activate").body(body.to_owned()));
    let refused = activate("{}").expect(403);
    assert_eq!(refused.text_at("/detail/0"), "IllegalOperationError");
    assert!(refused.text_at("/detail/1").contains("already active"));

    f.bench.quirks(&json!({ "active": false }));
    assert_eq!(info().at("/active"), false);
    let login = f.bench.sandbox.announcement().kitaru.clone();
    f.bench.form("login", &[("username", &login.username), ("password", &login.password)]).expect(401);
    f.bench.form("login", &[("password", &f.raw)]).expect(401);
    let made = activate(r#"{"admin_username":"first","admin_password":"pw"}"#).expect(200);
    assert_eq!((made.at("/name"), made.at("/body/is_admin")), (json!("first"), json!(true)));
    assert_eq!(info().at("/active"), true);
    f.bench.form("login", &[("username", "first"), ("password", "pw")]).expect(200);

    f.bench.quirks(&json!({ "active": false }));
    assert_eq!(activate("{}").expect(200).text, "null");
}

#[test]
fn without_authentication_everybody_is_the_default_admin() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "auth_scheme": "NO_AUTH" }));
    for token in ["garbage", f.raw.as_str()] {
        let user = f.bench.get(token, "current-user").expect(200);
        assert_eq!((user.at("/name"), user.at("/body/is_admin")), (json!("default"), json!(true)));
    }
    f.bench.send(f.bench.request("GET", "service_accounts")).expect(200);
    let refused = f.bench.get(&f.raw, "api_token").expect(401);
    assert_eq!(refused.at("/detail"), json!(["AuthorizationException", "Not authenticated."]));
    let form = [("client_id", "7b1d3a64-0ad4-4b6b-9d29-1a9a2f0a8f11")];
    let device = f.bench.form("device_authorization", &form).expect(403);
    assert_eq!(device.text_at("/detail"), "Device authorization is not supported.");
}

#[test]
fn with_external_login_passwords_are_sent_elsewhere() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "auth_scheme": "EXTERNAL" }));
    let login = f.bench.sandbox.announcement().kitaru.clone();
    let refused =
        f.bench.form("login", &[("username", &login.username), ("password", &login.password)]).expect(400);
    assert_eq!(refused.text_at("/detail"), "Unsupported grant type: password.");
    let sent = f.bench.form("login", &[("grant_type", "zenml-external")]).expect(200);
    assert_eq!(sent.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["authorization_url"]);
    let request =
        f.bench.request("POST", "login").form(&[("grant_type", "zenml-external")]).bearer_auth("theirs");
    assert_eq!(f.bench.send(request).expect(401).text_at("/detail/0"), "AuthorizationException");
    f.bench.form("login", &[("password", &f.raw)]).expect(200);
}

#[test]
fn a_key_check_can_be_as_slow_as_the_real_one() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "key_check_delay_ms": 60 }));
    let timed = |credential: &str| {
        let before = std::time::Instant::now();
        f.bench.get(credential, "current-user").expect(200);
        before.elapsed()
    };
    assert!(timed(&f.raw) >= std::time::Duration::from_millis(60));
    assert_eq!(f.status(&f.admin), 200);
}
