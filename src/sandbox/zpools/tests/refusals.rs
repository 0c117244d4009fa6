//! Who is let in where, and what everybody else is told.

use serde_json::{Value, json};

use super::super::seed::{OTHER_USER, USER};
use super::{Fixture, PROBES};

#[test]
fn a_login_gives_an_hours_tokens_and_a_refresh_token_that_nothing_takes() {
    let f = Fixture::new();
    let login = f.log_in(USER).expect(200);
    assert_eq!(
        (login.text_at("/message").as_str(), login.at("/detail/expires_in")),
        ("Login successful", json!(3600))
    );
    for (token, hello) in [("access_token", 200), ("id_token", 200), ("refresh_token", 403)] {
        let token = login.text_at(&format!("/detail/{token}"));
        assert_eq!(f.get(&token, "hello").status, hello);
    }
    let token = login.text_at("/detail/access_token");
    assert_eq!(token.split('.').count(), 3);
    f.bench.advance(3500);
    f.get(&token, "hello").expect(200);
    f.bench.advance(101);
    f.get(&token, "hello").expect(403);
    let refused = f.post(&token, "pat", &json!({ "label": "late" })).expect(401);
    assert!(refused.header("www-authenticate").contains("the token has expired"));
}

#[test]
fn bad_logins() {
    let f = Fixture::new();
    let password = f.bench.sandbox.announcement().zpools.password.clone();
    let cases = [
        (json!({ "username": USER, "password": "wrong" }), 401, "Incorrect username or password."),
        (json!({ "username": "nobody", "password": password }), 401, "Incorrect username or password."),
        (json!({ "username": USER }), 400, "password is required"),
        (json!({ "username": "", "password": password }), 400, "username is required"),
        (json!([]), 400, "the body is not a JSON object"),
    ];
    for (body, status, message) in cases {
        let answer = f.post("", "login", &body).expect(status);
        assert_eq!(answer.json(), json!({ "message": message }), "{body}");
    }
    f.quirks(&json!({ "login": false }));
    assert_eq!(f.log_in(USER).expect(404).json(), json!({ "message": "Not Found" }));
}

#[test]
fn each_route_refuses_in_the_gateways_order() {
    let f = Fixture::new();
    let zpool = f.token(&["zpool"]);
    let forged = format!("{}x", f.jwt);
    let post = json!({ "label": "x" });
    // Route, then who: nobody, a PAT without the scope, an unknown PAT, a forged JWT.
    let cases = [
        ("GET", "nowhere", [404, 404, 404, 404]),
        ("PUT", "pat", [404, 404, 404, 404]),
        ("GET", "login", [404, 404, 404, 404]),
        ("GET", "hello/", [404, 404, 404, 404]),
        ("DELETE", "pat/a/b%20c", [404, 404, 404, 404]),
        ("POST", "pat", [401, 401, 401, 401]),
        ("GET", "pat", [401, 403, 403, 403]),
        ("DELETE", "pat/law-law-law-law", [401, 403, 403, 403]),
        ("GET", "jobs", [401, 403, 403, 403]),
        ("GET", "billing/balance", [401, 403, 403, 403]),
        ("GET", "hello", [401, 200, 403, 403]),
    ];
    for (method, path, statuses) in cases {
        let callers = ["", &zpool, "zpat_unknown", &forged];
        for (token, status) in callers.into_iter().zip(statuses) {
            let mut request = f.request(method, path);
            if !token.is_empty() {
                request = request.bearer_auth(token);
            }
            let answer = f.bench.send(request.body(post.to_string())).expect(status);
            let message = match status {
                404 => "Not Found",
                401 => "Unauthorized",
                403 => "Forbidden",
                _ => continue,
            };
            assert_eq!(answer.json(), json!({ "message": message }), "{method} {path}");
            assert_eq!(
                answer.header("www-authenticate").starts_with("Bearer"),
                status == 401,
                "{method} {path}"
            );
        }
    }
    assert_eq!(
        f.bench.send(f.bench.request_to("GET", &outside(&f))).expect(404).text_at("/message"),
        "Not Found"
    );
}

/// An address without the `/v1`.
fn outside(f: &Fixture) -> String {
    f.bench.sandbox.announcement().zpools.url.replace("/v1", "/hello")
}

#[test]
fn the_word_before_the_token_is_optional() {
    let f = Fixture::new();
    let token = f.token(&["job"]);
    for header in [token.clone(), format!("Bearer {token}"), format!("bearer {token}")] {
        let hello = f.bench.send(f.request("GET", "hello").header("authorization", header)).expect(200);
        assert_eq!(hello.json(), json!({ "message": format!("Hello {USER}") }));
    }
}

#[test]
fn a_pat_opens_what_its_scopes_say_and_nothing_else() {
    let f = Fixture::new();
    let all: Vec<&str> = PROBES.iter().map(|(scope, _)| *scope).collect();
    for (scopes, granted) in [
        (vec!["zpool"], vec!["zpool"]),
        (vec!["zpool", "job"], vec!["zpool", "job"]),
        (vec!["billing", "sshkey", "pat"], vec!["sshkey", "pat", "billing"]),
        (vec!["*"], all.clone()),
        (vec!["*", "job"], all.clone()),
        (vec![], vec![]),
    ] {
        let token = f.token(&scopes);
        assert_eq!(f.granted(&token), granted, "{scopes:?}");
        assert_eq!(f.get(&token, "hello").status, if scopes.is_empty() { 403 } else { 200 });
    }
    assert_eq!(f.granted(&f.bench.sandbox.announcement().zpools.pat), all);
    assert_eq!(f.granted(&f.jwt), all);
}

#[test]
fn no_pat_can_make_a_pat_and_managing_them_is_a_switch() {
    let f = Fixture::new();
    let (manager, victim) = (f.token(&["pat"]), || f.create(&json!({ "label": "v", "scopes": ["job"] })).0);
    for token in [manager.as_str(), &f.bench.sandbox.announcement().zpools.pat] {
        f.post(token, "pat", &json!({ "label": "x", "scopes": ["job"] })).expect(401);
        f.get(token, "pat").expect(200);
        f.delete(token, &format!("pat/{}", victim())).expect(200);
    }
    f.quirks(&json!({ "pats_manage_pats": false }));
    f.get(&manager, "pat").expect(401);
    f.delete(&manager, &format!("pat/{}", victim())).expect(401);
    f.get(&f.jwt, "pat").expect(200);
}

#[test]
fn the_switches_about_scopes() {
    let f = Fixture::new();
    let none = f.token(&[]);
    f.quirks(&json!({ "hello_needs_a_scope": false }));
    f.get(&none, "hello").expect(200);
    f.get(&none, "jobs").expect(403);
    f.quirks(&json!({ "grants_more": ["billing"] }));
    assert_eq!(f.granted(&f.token(&["job"])), ["job", "billing"]);
    f.quirks(&json!({ "grants_more": [], "empty_scopes": "default_set" }));
    for body in [json!({ "label": "d" }), json!({ "label": "d", "scopes": [] })] {
        let (key_id, token) = f.create(&body);
        assert_eq!(
            (f.row(&key_id)["scopes"].clone(), f.granted(&token)),
            (json!(["zpool", "job"]), vec!["zpool", "job"])
        );
    }
}

#[test]
fn the_authorizers_memory_answers_for_other_routes_and_outlives_a_revocation() {
    let f = Fixture::new();
    f.quirks(&json!({ "authorizer_cache_seconds": 5 }));
    let (key_id, token) = f.create(&json!({ "label": "c", "scopes": ["zpool"] }));
    f.get(&token, "zpools").expect(200);
    f.get(&token, "billing/balance").expect(200);
    f.bench.advance(6);
    f.get(&token, "billing/balance").expect(403);
    f.get(&token, "zpools").expect(403);
    f.bench.advance(6);
    f.get(&token, "zpools").expect(200);
    f.delete(&f.jwt, &format!("pat/{key_id}")).expect(200);
    f.get(&token, "zpools").expect(200);
    f.bench.advance(6);
    f.get(&token, "zpools").expect(403);
    // Routes for JWTs only have no memory.
    f.post(&token, "pat", &json!({ "label": "x" })).expect(401);
}

#[test]
fn users_see_their_own() {
    let f = Fixture::new();
    let other = f.log_in(OTHER_USER).expect(200).text_at("/detail/access_token");
    assert_eq!(f.get(&other, "pat").expect(200).at("/detail/items"), json!([]));
    assert_eq!(f.get(&other, "zpools").expect(200).at("/detail/zpools"), json!({}));
    let (mine, _) = f.create(&json!({ "label": "mine", "scopes": ["job"] }));
    f.delete(&other, &format!("pat/{mine}")).expect(404);
    let theirs = f.post(&other, "pat", &json!({ "label": "theirs", "scopes": ["billing"] })).expect(201);
    let token = theirs.text_at("/detail/token");
    assert_eq!(f.get(&token, "billing/balance").expect(200).text_at("/detail/balance/customer"), OTHER_USER);
    assert_eq!(f.row(&theirs.text_at("/detail/key_id")), Value::Null);
}

#[test]
fn reads_have_the_shapes_that_clients_read() {
    let f = Fixture::new();
    let read = |path: &str, pointer: &str| f.get(&f.jwt, path).expect(200).at(&format!("/detail/{pointer}"));
    let pools = read("zpools", "zpools");
    let pool = pools.as_object().unwrap().values().next().unwrap();
    assert_eq!((&pool["Username"], &pool["VolumeCount"]), (&json!(USER), &json!(2)));
    assert_eq!(pool["Volumes"].as_array().unwrap().len(), 2);
    assert_eq!(read("jobs", "jobs").as_array().unwrap().len(), 3);
    let newest = read("jobs?limit=1&sort=desc", "jobs");
    assert_eq!(
        (newest.as_array().unwrap().len(), &newest[0]["current_status"]["state"]),
        (1, &json!("succeeded"))
    );
    assert_ne!(read("jobs?limit=1&sort=asc", "jobs/0/job_id"), newest[0]["job_id"]);
    for query in ["limit=0", "limit=1001", "limit=x", "sort=up"] {
        f.get(&f.jwt, &format!("jobs?{query}")).expect(400);
    }
    assert!(read("sshkey", "keys/0/pubkey").as_str().unwrap().starts_with("ssh-ed25519 "));
    assert_eq!(read("billing/balance", "balance/markup_bps"), json!(1500));
}
