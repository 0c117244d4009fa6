//! The throttle: one counter for logins and mints of an address, another for an account.

use serde_json::json;

use super::Fixture;
use crate::sandbox::tests::bench::{Answer, with_json};

fn log_in_from(f: &Fixture, address: &str, password: &str) -> Answer {
    let body = json!({ "username": "bob", "password": password, "tenant-id": f.tenant });
    f.bench.send(with_json(f.request("POST", "users/login"), &body).header("x-forwarded-for", address))
}

#[test]
fn logins_and_mints_of_an_address_share_a_counter_and_successes_count() {
    let f = Fixture::new();
    f.quirks(&json!({ "auth_rate_limit": 10 }));
    for number in 0..10 {
        if number % 2 == 0 {
            f.mint("bob", 1);
        } else {
            log_in_from(&f, "x", "wrong").expect(401);
        }
    }
    let refused = f.post(&f.admin, "tokens", &json!({ "tenant_id": f.tenant })).expect(429);
    assert_eq!(
        (refused.header("retry-after"), refused.text_at("/error/type").as_str()),
        ("60", "TooManyRequests")
    );
    f.bench.advance(40);
    log_in_from(&f, "x", "wrong").expect(429);
    f.bench.advance(21);
    log_in_from(&f, "x", "wrong").expect(401);
}

#[test]
fn an_account_is_closed_after_its_attempts_whatever_the_password_and_address() {
    let f = Fixture::new();
    let right = f.bench.sandbox.announcement().pangolin.password.clone();
    f.quirks(&json!({ "auth_rate_limit": 3, "trust_forwarded_for": true }));
    for address in ["a", "b"] {
        log_in_from(&f, address, "wrong").expect(401);
    }
    log_in_from(&f, "c", &right).expect(200);
    for address in ["d", "e", "f"] {
        log_in_from(&f, address, "wrong").expect(401);
    }
    let refused = log_in_from(&f, "g", &right).expect(429);
    assert_eq!(refused.text, "too many authentication attempts; try again later");
    assert_eq!(refused.header("content-type"), "text/plain; charset=utf-8");
}
