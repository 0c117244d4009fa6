//! Every row of the server's table of refusals: its kind here, whether it may have happened, and one sentence for it.

use super::*;
use crate::domain::failure::Effected;

/// Status, further headers, body; then kind, effect of a write, and what the sentence says.
type Row = (u16, &'static str, FailureKind, Effected, &'static str);

const ROWS: [Row; 44] = {
    use Effected::{No, Unknown};
    use FailureKind::{
        Forbidden, Invalid, LoggedOut, NameTaken, NotFound, ServerFailed, TooMany, Unexpected, Unsupported,
    };
    [
        (400, "Failed to parse the request body as JSON: EOF", Invalid, No, "Failed to parse"),
        (400, "Invalid URL: UUID parsing failed: x", Invalid, No, "UUID"),
        (400, "Invalid tenant_id format", Invalid, No, "tenant_id"),
        (400, "Unknown role: wizard", Invalid, No, "wizard"),
        (400, "Tenant admin requires tenant_id", Invalid, No, "tenant_id"),
        (400, "Cannot delete yourself", Invalid, No, "yourself"),
        (400, "This session is not backed by a revocable token", Invalid, No, "no token"),
        (400, "User must belong to a tenant", Invalid, No, "administrator of a tenant"),
        (401, "Missing or invalid authorization header", LoggedOut, No, "wants a login"),
        (401, "Invalid token", LoggedOut, No, "does not take this token"),
        (401, "Token expired", LoggedOut, No, "has ended"),
        (401, "Token has been revoked", LoggedOut, No, "was revoked"),
        (401, "Invalid session", LoggedOut, No, "log in again"),
        (401, "Invalid or expired API key", LoggedOut, No, "PANGOLIN_ALLOW_LEGACY_API_KEYS"),
        (401, "Invalid credentials", LoggedOut, No, "name, password or tenant id"),
        (401, "Tenant users must login with tenant_id", LoggedOut, No, "put it into the account"),
        (401, r#"{"error":"Client is inactive or expired"}"#, LoggedOut, No, "switched off"),
        (403, "Admin access required", Forbidden, No, "Admin access required"),
        (403, r#"{"error":"Only admins can create service users"}"#, Forbidden, No, "Only admins"),
        (403, "Cannot mint a token for another tenant", Forbidden, No, "another tenant"),
        (404, "User not found", NotFound, No, "User not found"),
        (404, r#"{"error":"Service user not found"}"#, NotFound, No, "Service user not found"),
        (404, "", Unexpected, No, "not at this address"),
        (405, "", Unexpected, No, "not at this address"),
        (
            409,
            r#"{"error":{"message":"Namespace already exists: sales","type":"AlreadyExistsException","code":409}}"#,
            NameTaken,
            No,
            "Namespace already exists",
        ),
        (415, "Expected request with `Content-Type: application/json`", Invalid, No, "Expected request"),
        (
            422,
            "Failed to deserialize the JSON body into the target type: foo: unknown field `foo`",
            Invalid,
            No,
            "foo",
        ),
        (
            429,
            r#"{"error":{"message":"too many authentication attempts; try again later","type":"TooManyRequests","code":429}}"#,
            TooMany,
            No,
            "ten logins and mints a minute",
        ),
        (
            429,
            "too many authentication attempts; try again later",
            TooMany,
            No,
            "ten logins and mints a minute",
        ),
        (
            500,
            r#"{"error":"Failed to rotate API key: error returned from database: (code: 1555) UNIQUE constraint failed: service_users.id"}"#,
            Unsupported,
            No,
            "the old key works on",
        ),
        (
            500,
            r#"{"error":"Failed to rotate API key: connection reset"}"#,
            ServerFailed,
            Unknown,
            "Failed to rotate API key",
        ),
        (
            500,
            r#"{"error":"Failed to x: error returned from database: SELECT secret FROM t"}"#,
            ServerFailed,
            Unknown,
            "its database refused this",
        ),
        (400, "Catalog has no warehouse configured. x", Invalid, No, "has no warehouse"),
        (
            403,
            "Cannot mint a token more privileged than the caller",
            Forbidden,
            No,
            "more than whoever makes it",
        ),
        (401, r#"{"error":"Invalid client_id"}"#, LoggedOut, No, "no service user with this id"),
        (401, r#"{"error":"Invalid client_secret"}"#, LoggedOut, No, "not the key of this service user"),
        (400, r#"{"error":"Invalid client_id format. Must be a valid UUID."}"#, Invalid, No, "is a UUID"),
        (
            500,
            "Failed to vend credentials: AWS credentials not configured",
            ServerFailed,
            Unknown,
            "no key pair",
        ),
        (500, "Failed to vend credentials: S3 warehouse missing bucket", ServerFailed, Unknown, "no bucket"),
        (500, "Error: No warehouse found for location: s3://x/", ServerFailed, Unknown, "no warehouse has"),
        (500, "Error: Vending disabled", ServerFailed, Unknown, "gives no credentials out"),
        (500, "Service panicked", ServerFailed, Unknown, "broke over this request"),
        (503, r#"{"status":"draining"}"#, ServerFailed, Unknown, "status 503"),
        (503, "Unable to verify token status", ServerFailed, Unknown, "revoked tokens"),
    ]
};

#[tokio::test]
async fn every_row_has_its_sentence() {
    for (status, body, kind, effected, says) in ROWS {
        let script = Script::start(move |seen| {
            let extra = if status == 429 { "retry-after: 60" } else { "" };
            // What is read first is there; the write is refused.
            if seen.line.starts_with("GET") {
                let row = json!({ "id": TENANT_ID, "name": "n", "role": "tenant-user" });
                return Answer::Status(200, "", row.to_string());
            }
            Answer::Status(status, extra, body.to_owned())
        })
        .await;
        let backend = adapter(&script.endpoint, &[(TENANT, TENANT_ID)]);
        let session = bearer("root", None);
        let owner = OwnerId::Tenant(TENANT_ID.to_owned()).id();
        let reference = CredentialRef {
            account: AccountName::parse("a").expect("a name"),
            owner,
            id: Id::new(TENANT_ID),
        };
        let failure = backend.revoke(&session, &reference).await.expect_err("refused");
        let told = format!("{status} {body}: {failure:?}");
        assert_eq!((failure.kind, failure.effected), (kind, effected), "{told}");
        assert!(detail(&failure).contains(says), "{told}");
        assert!(!detail(&failure).contains("SELECT") && !detail(&failure).contains("UNIQUE"), "{told}");
        let wait = (status == 429).then_some(std::time::Duration::from_mins(1));
        assert_eq!(failure.retry_after, wait, "{told}");
    }
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_not_shown() {
    let script = Script::start(|_| Answer::Status(200, "", String::from("<html>sign in</html>"))).await;
    let backend = adapter(&script.endpoint, &[]);
    assert_eq!(backend.inspect().await.expect_err("a page").kind, FailureKind::Unsupported);
    let failure = backend.list(&bearer("root", None)).await.expect_err("a page");
    assert_eq!(
        (failure.kind, detail(&failure)),
        (FailureKind::Unexpected, "a web page came instead of the list")
    );
}

#[tokio::test]
async fn a_key_is_handed_over_whatever_is_odd_about_the_answer() {
    let key = format!("pgl_{}", "a1".repeat(32));
    for (body, found) in [
        (json!({ "id": TENANT_ID, "name": "n", "role": "tenant-user", "api_key": key, "later": [1] }), true),
        (json!({ "id": TENANT_ID, "name": ["odd"], "role": "wizard", "api_key": key }), true),
        (json!({ "name": "n", "role": "tenant-user", "api_key": key }), false),
        (json!({ "id": TENANT_ID, "name": "n", "role": "tenant-user" }), false),
        (json!({ "id": TENANT_ID, "name": "n", "role": "tenant-user", "api_key": "" }), false),
    ] {
        let answer = body.to_string();
        let script = Script::start(move |_| Answer::Status(201, "", answer.clone())).await;
        let backend = adapter(&script.endpoint, &[(TENANT, TENANT_ID)]);
        let owner = OwnerId::Tenant(TENANT_ID.to_owned()).id();
        let request = request(KEY, &owner, "n", &["account tenant-admin"], None);
        match backend.create(&bearer("root", None), &request).await {
            Ok(issued) => {
                assert!(found, "{body}");
                assert_eq!(issued.parts.get("secret").expect("a key").expose(), key);
                assert_eq!(issued.parts.get("id").expect("an id").expose(), TENANT_ID);
            }
            Err(failure) => {
                assert!(!found, "{body}");
                assert_eq!(failure.effected, Effected::Unknown, "{body}");
            }
        }
    }
}

#[tokio::test]
async fn what_would_be_refused_or_do_harm_is_not_sent() {
    let script = Script::start(|_| Answer::Status(200, "", String::from("[]"))).await;
    let backend = adapter(&script.endpoint, &[(TENANT, TENANT_ID)]);
    let (tenant, other) = (
        OwnerId::Tenant(TENANT_ID.to_owned()).id(),
        OwnerId::Tenant(String::from("b31db854-0c6e-4f6b-8a55-1b1d6a4f2c11")).id(),
    );
    let user = OwnerId::User(TENANT_ID.to_owned()).id();
    let admin = || bearer("tenant-admin", Some(TENANT_ID));
    let day = |days: i32| {
        Some(
            crate::runtime::clock::now()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date()
                .saturating_add(jiff::Span::new().days(days)),
        )
    };
    let cases = [
        (admin(), request(KEY, &other, "n", &[], None), FailureKind::Forbidden),
        (
            bearer("tenant-user", Some(TENANT_ID)),
            request(KEY, &tenant, "n", &[], None),
            FailureKind::Forbidden,
        ),
        (bearer("root", None), request(KEY, &tenant, "n", &["read tenant"], None), FailureKind::Forbidden),
        (admin(), request(KEY, &tenant, "", &[], None), FailureKind::Invalid),
        (admin(), request(KEY, &tenant, "n", &["account root"], None), FailureKind::Invalid),
        (admin(), request(KEY, &tenant, "n", &["read catalog nowhere"], None), FailureKind::Invalid),
        (
            admin(),
            request(KEY, &tenant, "n", &["account tenant-admin", "read tenant"], None),
            FailureKind::Invalid,
        ),
        (admin(), request(KEY, &tenant, "n", &[], day(0)), FailureKind::Invalid),
        (admin(), request(KEY, &tenant, "n", &[], day(-3)), FailureKind::Invalid),
        (admin(), request(KEY, &tenant, "n", &[], day(3651)), FailureKind::Invalid),
        (admin(), request(KEY, &user, "n", &[], day(3)), FailureKind::Invalid),
        (admin(), request(MINTED, &user, "n", &[], None), FailureKind::Invalid),
        (admin(), request(MINTED, &user, "n", &[], day(400)), FailureKind::Invalid),
        (admin(), request(MINTED, &user, "n", &["account root"], day(3)), FailureKind::Invalid),
        (admin(), request(KEY, &Id::new("tenant/../x"), "n", &[], None), FailureKind::Invalid),
    ];
    for (session, request, kind) in cases {
        let failure = backend.create(&session, &request).await.err().expect("refused");
        assert_eq!((failure.kind, failure.effected), (kind, Effected::No), "{failure:?}");
    }
    assert!(script.seen().iter().all(|seen| seen.line.starts_with("GET")), "{:?}", script.seen());
}
