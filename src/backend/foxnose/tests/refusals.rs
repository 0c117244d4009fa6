//! One sentence for every row of the contract's table of errors.

use super::*;
use crate::backend::http::Call;
use crate::domain::failure::{Effected, FailureKind as K};
use reqwest::Method;

/// Status, further headers, body; then the kind and what the sentence must say.
const ROWS: [(u16, &str, &str, K, &str); 27] = [
    (
        401,
        "",
        r#"{"message":"Invalid signature","error_code":"authentication_failed","detail":null}"#,
        K::LoggedOut,
        "signature",
    ),
    (
        401,
        "",
        r#"{"message":"No","error_code":"authentication_failed","detail":null}"#,
        K::LoggedOut,
        "the token has ended",
    ),
    (
        402,
        "",
        r#"{"error_code":"spend_cap_reached","cap_usd":25,"cycle_resets_at":"2026-12-01","raise_cap_url":"https://x/cap"}"#,
        K::Forbidden,
        "spending cap of $25 is reached until 2026-12-01; raise it at https://x/cap",
    ),
    (
        402,
        "",
        r#"{"error_code":"spend_cap_reached","cap_usd":null}"#,
        K::Forbidden,
        "spending cap is reached",
    ),
    (
        402,
        "",
        r#"{"error_code":"plan_exhausted","axis":"writes","window_resets_at":"2026-12-01","upgrade_url":"https://x/up"}"#,
        K::Forbidden,
        "allowance of writes is used up until 2026-12-01; more at https://x/up",
    ),
    (
        402,
        "",
        r#"{"message":"none left","error_code":"insufficient_units"}"#,
        K::Forbidden,
        "cannot pay for it: none left",
    ),
    (
        403,
        "",
        r#"{"message":"You do not have permission","error_code":"access_denied"}"#,
        K::Forbidden,
        "You do not have permission",
    ),
    (
        403,
        "",
        r#"{"error_code":"plan_limit_exceeded","detail":{"entity":"api_keys","limit":5,"current":5,"upgrade_url":"https://x/up"}}"#,
        K::Forbidden,
        "the plan allows 5 api_keys, and there are 5; more at https://x/up",
    ),
    (403, "", r#"{"error_code":"plan_limit_exceeded","detail":{}}"#, K::Forbidden, "the plan allows these"),
    (403, "", r#"{"message":"x","error_code":"collection_not_writable"}"#, K::Forbidden, "for reading only"),
    (
        404,
        "",
        r#"{"message":"Not found.","error_code":"not_found"}"#,
        K::NotFound,
        "knows nothing of that identifier",
    ),
    (404, "", "<html>nginx</html>", K::Unexpected, "not at this address"),
    (405, "", "", K::Unexpected, "not at this address"),
    (
        409,
        "",
        r#"{"message":"taken","error_code":"external_id_conflict"}"#,
        K::Invalid,
        "has this key already",
    ),
    (
        409,
        "",
        r#"{"message":"The role is carried.","error_code":"conflict"}"#,
        K::Invalid,
        "still depends on it: The role is carried.",
    ),
    (
        422,
        "",
        r#"{"error_code":"content_validation_failed","detail":{"errors":[{"json_path":"$.a","message":"required"}],"errors_truncated":false}}"#,
        K::Invalid,
        "does not fit its schema: $.a: required",
    ),
    (
        422,
        "",
        r#"{"message":"bad","error_code":"data_validation_error","detail":"bad"}"#,
        K::Invalid,
        "does not fit its schema: bad",
    ),
    (400, "", r#"{"message":"role: no such","error_code":"validation_error"}"#, K::Invalid, "role: no such"),
    (
        422,
        "",
        r#"{"error_code":"validation_error","detail":{"x":["y"]}}"#,
        K::Invalid,
        "values it does not take",
    ),
    (
        429,
        "retry-after: 7",
        r#"{"message":"slow down","error_code":"rate_limited"}"#,
        K::TooMany,
        "slow down",
    ),
    (502, "", r#"{"error_code":"upstream_error"}"#, K::ServerFailed, "not known"),
    (503, "", "", K::ServerFailed, "status 503"),
    (500, "", r#"["a","list"]"#, K::ServerFailed, "a"),
    (408, "", "", K::Slow, "status 408"),
    (425, "", "", K::TooMany, "status 425"),
    (418, "", "a teapot", K::Unexpected, "a teapot"),
    (413, "", "", K::Invalid, "larger than"),
];

#[tokio::test]
async fn every_row_is_a_sentence() {
    for (status, headers, body, kind, words) in ROWS {
        let script = server(vec![("/v1", Answer::Status(status, headers, body.to_owned()))]).await;
        let fox = adapter(&script);
        let failure =
            fox.send(&session(), Call::write(Method::POST, &["v1", ""])).await.err().expect("refused");
        assert_eq!(failure.kind, kind, "{status} {body}");
        assert!(detail(&failure).contains(words), "{status} {body}: {}", failure.sentence());
        let unknown = status >= 500 || status == 408;
        assert_eq!(failure.effected == Effected::Unknown, unknown, "{status}");
        assert_eq!(failure.retry_after.map(|wait| wait.as_secs()), (status == 429).then_some(7));
        assert_eq!(script.seen().len(), 1, "a write is sent once");
    }
}

#[tokio::test]
async fn a_wait_can_be_told_as_a_date_and_a_redirect_is_no_success() {
    let extra = "date: Sat, 21 Nov 2026 21:23:20 GMT\nretry-after: Sat, 21 Nov 2026 21:23:50 GMT";
    let script = server(vec![
        ("/v1/late", Answer::Status(429, extra, String::from("{}"))),
        ("/v1/moved", Answer::Status(301, "location: https://elsewhere.example/", String::new())),
    ])
    .await;
    let fox = adapter(&script);
    let failure = fox.send(&session(), Call::read(&["v1", "late", ""])).await.err().expect("refused");
    assert_eq!(failure.retry_after.map(|wait| wait.as_secs()), Some(30));
    let failure =
        fox.send(&session(), Call::write(Method::DELETE, &["v1", "moved", ""])).await.err().expect("refused");
    assert_eq!(failure.kind, K::Redirected);
    assert_eq!(script.seen().len(), 2, "a redirect is not followed");
}

#[tokio::test]
async fn the_words_fit_what_the_request_carried() {
    let script = server(vec![("/v1", refusal(401, "authentication_failed", "Invalid API key"))]).await;
    let by_key = access::Pass::Key {
        environment: ENV.to_owned(),
        signed: false,
        pair: pair::Pair::new(PUBLIC, &Secret::new(SECRET.to_owned())).expect("a pair"),
    };
    let session = Session { bearer: by_key.keep(), ..session() };
    let failure = adapter(&script).send(&session, Call::read(&["v1", ""])).await.err().expect("refused");
    assert!(detail(&failure).contains("refuses this key"), "{}", failure.sentence());
    let seen = script.seen().pop().expect("a request");
    assert!(seen.head.contains(&format!("authorization: Simple {PUBLIC}:{SECRET}\r\n")));
}
