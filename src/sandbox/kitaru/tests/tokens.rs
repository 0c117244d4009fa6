//! Tokens: what they carry, when they expire, and what ends them, by version.

use serde_json::json;

use super::{Fixture, claims};

#[test]
fn a_token_lives_its_time_and_ten_seconds() {
    let f = Fixture::new();
    let token =
        f.bench.get(&f.admin, "api_token?expires_in=60").expect(200).json().as_str().unwrap().to_owned();
    f.bench.advance(61);
    assert_eq!(f.status(&token), 200);
    f.bench.advance(15);
    let refused = f.bench.get(&token, "current-user").expect(401);
    assert_eq!(
        refused.at("/detail"),
        json!([
            "CredentialsNotValid",
            "Authentication error: error decoding access token: Invalid JWT token: Signature has expired."
        ])
    );
}

#[test]
fn a_token_for_programs_is_limited_and_needs_a_token() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "jwt_minutes": null }));
    let token = f.token(&f.raw);
    let life = |query: &str| {
        let made =
            f.bench.get(&token, &format!("api_token{query}")).expect(200).json().as_str().unwrap().to_owned();
        let claims = claims(&made);
        claims["exp"].as_f64().unwrap() - claims["iat"].as_f64().unwrap()
    };
    for (query, seconds) in [
        ("", 3600.0),
        ("?expires_in=0", 3600.0),
        ("?token_type=generic&expires_in=604800", 604_800.0),
        ("?expires_in=-60", -60.0),
    ] {
        assert!((life(query) - seconds).abs() <= 1.0, "{query}: {}", life(query));
    }
    let dead =
        f.bench.get(&token, "api_token?expires_in=-60").expect(200).json().as_str().unwrap().to_owned();
    assert_eq!(f.status(&dead), 401);
    f.bench.get(&token, "api_token?expires_in=604801").expect(400);
    f.bench.get(&token, "api_token?token_type=workload").expect(400);
    f.bench.get(&token, "api_token?token_type=other").expect(422);
    let refused = f.bench.get(&f.raw, "api_token").expect(401);
    assert_eq!(refused.at("/detail"), json!(["AuthorizationException", "Not authenticated."]));
}

#[test]
fn a_bad_bearer_is_refused_in_the_librarys_words() {
    let f = Fixture::new();
    let token = f.token(&f.raw);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.c2lnbmVk");
    for (bearer, words) in
        [("garbage", "Not enough segments"), (forged.as_str(), "Signature verification failed")]
    {
        let text = f.bench.get(bearer, "current-user").expect(401).text_at("/detail/1");
        assert_eq!(
            text,
            format!("Authentication error: error decoding access token: Invalid JWT token: {words}.")
        );
    }
    let none = f.bench.send(f.bench.request("GET", "current-user")).expect(401);
    assert_eq!((none.at("/detail"), none.header("www-authenticate")), (json!("Not authenticated"), "Bearer"));
    assert_eq!(f.bench.get("garbage", "current-user").header("www-authenticate"), "");
}

/// What is done to a key or its account.
type Deed = fn(&Fixture);

#[test]
fn what_ends_a_token_depends_on_the_version() {
    let deeds: [(&str, Deed, [bool; 2], [bool; 2]); 7] = [
        // The deed; then for 0.98.0 and for 0.96.1: does the login token live, does the `/api_token` token live.
        ("deactivate key", |f| f.set_active(&f.key, false), [false, false], [false, true]),
        (
            "reactivate key",
            |f| {
                f.set_active(&f.key, false);
                f.set_active(&f.key, true);
            },
            [true, true],
            [true, true],
        ),
        (
            "delete key",
            |f| {
                f.bench.delete(&f.admin, &f.key).expect(200);
            },
            [false, false],
            [false, true],
        ),
        ("deactivate account", |f| f.set_active(&f.account, false), [false, false], [false, false]),
        (
            "delete account",
            |f| {
                f.bench.delete(&f.admin, &f.account).expect(200);
            },
            [false, false],
            [false, false],
        ),
        (
            "rotate at once",
            |f| {
                f.rotate(0);
            },
            [false, false],
            [true, true],
        ),
        (
            "rotate with a window",
            |f| {
                f.rotate(60);
            },
            [true, true],
            [true, true],
        ),
    ];
    for (version, column) in [("0.98.0", 0), ("0.96.1", 1)] {
        for (name, deed, new, old) in &deeds {
            let f = Fixture::new();
            f.bench.quirks(&json!({ "version": version }));
            let login = f.token(&f.raw);
            let generic = f.bench.get(&login, "api_token").expect(200).json().as_str().unwrap().to_owned();
            deed(&f);
            let alive = [f.status(&login) == 200, f.status(&generic) == 200];
            assert_eq!(alive, if column == 0 { *new } else { *old }, "{version}: {name}");
        }
    }
}

#[test]
fn a_token_of_the_generation_before_lives_through_the_window_and_a_new_login_outlives_it() {
    let f = Fixture::new();
    let before = f.token(&f.raw);
    f.rotate(10);
    // A login with the old secret gives a token of the new generation.
    let inside = f.token(&f.raw);
    assert_eq!(
        (claims(&before)["key_gen"].clone(), claims(&inside)["key_gen"].clone()),
        (json!(1), json!(2))
    );
    f.bench.advance(590);
    assert_eq!((f.status(&before), f.status(&inside)), (200, 200));
    f.bench.advance(20);
    assert_eq!((f.status(&before), f.status(&inside)), (401, 200));
    f.rotate(60);
    f.rotate(60);
    assert_eq!(f.status(&inside), 401, "two generations back");
}

#[test]
fn a_changed_password_ends_tokens_from_0_96_2_on() {
    for (version, status) in [("0.98.0", 401), ("0.96.2", 401), ("0.96.1", 200)] {
        let f = Fixture::new();
        f.bench.quirks(&json!({ "version": version }));
        let token = f.plain_user();
        let change = json!({ "password": "new", "old_password": "p" });
        f.bench.write(&token, "PUT", "current-user", &change).expect(200);
        assert_eq!(f.status(&token), status, "{version}");
        f.bench.form("login", &[("username", "plain"), ("password", "new")]).expect(200);
    }
}

#[test]
fn old_versions_leave_out_what_they_did_not_know() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "version": "0.96.1" }));
    let token = f.token(&f.raw);
    let login = claims(&token);
    assert!(
        login.get("iat").is_none() && login.get("key_gen").is_none() && login.get("api_key_id").is_some()
    );
    let made = f.bench.get(&token, "api_token").expect(200).json().as_str().unwrap().to_owned();
    assert!(claims(&made).get("api_key_id").is_none());
    let metadata = f.bench.get(&token, "current-user").at("/metadata");
    assert!(metadata.get("password_changed_at").is_none());
    assert_eq!(f.bench.send(f.bench.request("GET", "version")).text, "\"0.96.1\"");
}

#[test]
fn who_may_write_depends_on_the_version() {
    for (version, status) in [("0.95.1", 200), ("0.96.0", 403), ("0.98.0", 403)] {
        let f = Fixture::new();
        let plain = f.plain_user();
        f.bench.quirks(&json!({ "version": version }));
        for (who, token) in [("key", f.token(&f.raw)), ("plain user", plain)] {
            let account = json!({ "name": format!("by {who}"), "active": true });
            let made = f.bench.write(&token, "POST", "service_accounts", &account);
            assert_eq!(made.status, status, "{version}, account by {who}");
            let key = f.bench.write(&token, "POST", &f.keys, &json!({ "name": format!("by {who}") }));
            assert_eq!(key.status, status, "{version}, key by {who}");
            f.bench.get(&token, &f.key).expect(200);
            f.bench.get(&token, "service_accounts").expect(200);
        }
        let token = f.token(&f.raw);
        let rotated = f.bench.write(&token, "PUT", &format!("{}/rotate", f.key), &json!({}));
        assert_eq!(rotated.status, status, "{version}, its own key");
    }
}
