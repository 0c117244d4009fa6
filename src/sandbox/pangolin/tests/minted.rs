//! Minted JWTs: their lives, their lists, and the ways they end or do not.

use serde_json::{Value, json};

use super::{Fixture, claims, jti};

const DAY: i64 = 86_400;

#[test]
fn a_mint_is_for_a_user_or_a_name_and_for_some_hours() {
    let f = Fixture::new();
    let mint = |more: Value| {
        let mut body = json!({ "tenant_id": f.tenant });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims(&f.post(&f.admin, "tokens", &body).expect(200).text_at("/token"))
    };
    let hours = |claims: &Value| (claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()) / 3600;
    let bob = mint(json!({ "username": "bob", "expires_in_hours": 720 }));
    assert_eq!(
        (&bob["sub"], &bob["role"], hours(&bob)),
        (&json!(f.id_of("bob")), &json!("tenant-user"), 720)
    );
    let raised = mint(json!({ "username": "bob", "roles": ["TenantAdmin", "nonsense"] }));
    assert_eq!((&raised["role"], hours(&raised)), (&json!("tenant-admin"), 24));
    let nobody = mint(json!({ "expires_in_hours": 999_999 }));
    assert_eq!(
        (&nobody["username"], &nobody["role"], hours(&nobody)),
        (&json!("api-user"), &json!("tenant-user"), 8760)
    );
    let dead = f.mint("bob", 0);
    assert_eq!(f.get(&dead, "users/me").expect(401).text, "Token expired");
}

#[test]
fn the_end_has_a_minute_in_which_it_is_called_so() {
    let f = Fixture::new();
    let token = f.mint("bob", 1);
    let why = |advance: i64| {
        f.bench.advance(advance);
        let answer = f.get(&token, "users/me");
        (answer.status, answer.text.lines().next().unwrap_or_default().chars().take(13).collect::<String>())
    };
    assert_eq!(why(3500).0, 200);
    assert_eq!(why(110), (401, "Token expired".to_owned()));
    assert_eq!(why(60), (401, "Invalid token".to_owned()));
}

#[test]
fn lists_carry_whole_tokens_of_the_own_tenant_and_make_up_what_sql_has_not_kept() {
    let f = Fixture::new();
    let token = f.mint("bob", 720);
    let path = format!("users/{}/tokens", f.id_of("bob"));
    let row =
        |list: &Value| list.as_array().unwrap().iter().find(|row| row["id"] == json!(jti(&token))).cloned();
    let listed = f.get(&f.admin, &path).expect(200).json();
    let found = row(&listed).unwrap();
    assert_eq!((&found["token"], &found["username"]), (&json!(token), &json!("unknown")));
    f.bench.advance(2 * DAY);
    let mut f = f;
    f.log_in_all();
    let later = row(&f.get(&f.admin, &path).json()).unwrap();
    assert_ne!(found["created_at"], later["created_at"]);
    let ends: Vec<String> =
        listed.as_array().unwrap().iter().map(|row| row["expires_at"].to_string()).collect();
    assert!(ends.is_sorted_by(|one, next| one >= next), "{ends:?}");
    f.get(&f.user, &path).expect(403);
    assert!(row(&f.get(&f.user, "users/me/tokens").json()).is_some());
    assert_eq!(f.get(&f.root, &path).expect(200).json(), json!([]));
    let f = f.memory();
    assert_eq!(row(&f.get(&f.admin, &path).json()).unwrap()["username"], "bob");
    assert!(
        f.get(&f.admin, "users/me/tokens")
            .json()
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["token"] != json!(f.admin))
    );
}

#[test]
fn revoked_by_itself_a_token_stays_dead_and_by_id_for_a_day() {
    let mut f = Fixture::new();
    let (own, by_id, deleted) = (f.mint("bob", 720), f.mint("bob", 720), f.mint("bob", 720));
    f.post(&own, "auth/revoke", &json!({ "reason": "lost" })).expect(200);
    let path = format!("auth/revoke/{}", jti(&by_id));
    let told = f.post(&f.admin, &path, &json!({})).expect(200).text_at("/message");
    assert_eq!(told, format!("Token {} revoked successfully", jti(&by_id)));
    f.call(&f.admin, "DELETE", &format!("tokens/{}", jti(&deleted))).expect(204);
    let listed = f.get(&f.admin, &format!("users/{}/tokens", f.id_of("bob"))).text;
    for token in [&own, &by_id, &deleted] {
        assert_eq!(f.get(token, "users/me").expect(401).text, "Token has been revoked");
        assert!(!listed.contains(&jti(token)));
    }
    let alive = |f: &Fixture| [&own, &by_id, &deleted].map(|token| f.get(token, "users/me").status == 200);
    f.bench.advance(DAY - 10);
    assert_eq!(alive(&f), [false; 3]);
    f.bench.advance(3700);
    assert_eq!(alive(&f), [false, true, true], "entries run out and the sweep has passed");
    // Doing it again is the repetition that keeps it dead.
    f.log_in_all();
    f.post(&f.admin, &path, &json!({})).expect(200);
    assert_eq!(alive(&f), [false, false, true]);
}

#[test]
fn an_entry_that_has_run_out_counts_until_it_is_swept() {
    let mut f = Fixture::new();
    let token = f.mint("bob", 720);
    f.bench.advance(3600);
    f.get("", "/health").expect(200);
    // The hourly sweep was now; the entry ends half an hour after the sweep that comes a day later.
    f.bench.advance(1800);
    f.log_in_all();
    f.call(&f.admin, "DELETE", &format!("tokens/{}", jti(&token))).expect(204);
    f.bench.advance(DAY - 1800);
    f.get(&token, "users/me").expect(401);
    f.bench.advance(1900);
    f.get(&token, "users/me").expect(401);
    f.log_in_all();
    assert_eq!(f.call(&f.admin, "POST", "auth/cleanup-tokens").expect(200).at("/count"), 1);
    f.get(&token, "users/me").expect(200);
}

#[test]
fn rotating_ones_own_token_ends_it_and_strands_root() {
    let f = Fixture::new();
    let old = f.mint("bob", 720);
    let new = f.call(&old, "POST", "tokens/rotate").expect(200).text_at("/token");
    assert_eq!(claims(&new)["exp"].as_i64().unwrap() - claims(&new)["iat"].as_i64().unwrap(), DAY);
    f.get(&old, "users/me").expect(401);
    f.get(&new, "users/me").expect(200);
    let answer = f.call(&f.root, "POST", "tokens/rotate").expect(200);
    assert_eq!(answer.text_at("/tenant_id"), "");
    assert_eq!(f.get(&answer.text_at("/token"), "users/me").expect(401).text, "Invalid session");
    f.get(&f.root, "users/me").expect(401);
    // With a key a token is made and nothing is ended.
    f.quirks(&json!({ "legacy_keys": "on" }));
    let (_, key) = f.service_user("s");
    f.bench.send(f.request("POST", "tokens/rotate").header("x-api-key", &key)).expect(200);
    f.with_key(&key).expect(200);
}
