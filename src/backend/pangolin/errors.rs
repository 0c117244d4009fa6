//! What a refusal means, row by row of the server's table. It has no codes: the status says what to do, and the words
//! are repeated as they are, but for those that say too little or too much.

use serde_json::Value;

use crate::backend::http::Reply;
use crate::backend::words::line;
pub(super) use crate::backend::words::unexpected;
use crate::domain::failure::{Failure, FailureKind};

/// Words that say too little, and what they mean. The beginning decides.
const PLAINLY: [(&str, &str); 26] = [
    ("Missing or invalid authorization header", "the server wants a login"),
    (
        "Invalid token",
        "the server does not take this token: it is damaged, of another server, or long past its end",
    ),
    ("Token expired", "the login has ended"),
    ("Token has been revoked", "this token was revoked"),
    ("Invalid session", "this token names no tenant, as root's do after a rotation; log in again"),
    (
        "Invalid or expired API key",
        "the server refuses this key in its header: it is wrong, switched off or expired, or the server takes no keys \
         there at all (PANGOLIN_ALLOW_LEGACY_API_KEYS)",
    ),
    ("Invalid credentials", "name, password or tenant id is wrong; the server does not say which"),
    (
        "Tenant users must login with tenant_id",
        "a user of a tenant logs in with the tenant's id: put it into the account (e)",
    ),
    ("Invalid client_id format", "a service user's id is a UUID"),
    ("Invalid client_id", "there is no service user with this id"),
    ("Client is inactive or expired", "the service user is switched off, or its key has expired"),
    ("Invalid client_secret", "this is not the key of this service user"),
    (
        "too many authentication attempts",
        "ten logins and mints a minute are taken from one address or for one account",
    ),
    ("This session is not backed by a revocable token", "this login is no token and cannot be revoked"),
    (
        "User must belong to a tenant",
        "root has no permissions of its own to list; log in as an administrator of a tenant",
    ),
    ("Unable to verify token status", "the server cannot reach its list of revoked tokens"),
    ("Service panicked", "the server broke over this request"),
    (
        "Catalog has no warehouse configured",
        "the table's catalog has no warehouse, so there are no keys to give out",
    ),
    (
        "Failed to vend credentials: AWS credentials not configured",
        "the table's warehouse has no key pair under the names that the server reads for tables",
    ),
    (
        "Failed to vend credentials: S3 warehouse missing bucket",
        "the table's warehouse has no bucket under the name that the server reads for tables",
    ),
    ("Error: No warehouse found for location", "no warehouse has this location"),
    (
        "Error: Vending disabled",
        "the warehouse gives no credentials out: its strategy says so, or is not for S3",
    ),
    ("Cannot mint a token more privileged than the caller", "a token cannot do more than whoever makes it"),
    ("redirect_uri is not allowed", "the server does not list the address that the browser comes back to"),
    (
        "Unknown, expired or already-redeemed exchange code",
        "this code was used already, is older than two minutes, or is of another server",
    ),
    (
        "Failed to fetch user info",
        "the server could not read who signed in at the provider (GitHub never works)",
    ),
];

/// The server's own words about its failed rotation, which is no fault of the request.
const CANNOT_ROTATE: &str = "Failed to rotate API key";

/// Whether the server's database refused its rotation because the service user is there already.
fn cannot_rotate(words: &str) -> bool {
    let same = ["UNIQUE", "unique constraint", "duplicate key", "E11000"];
    words.starts_with(CANNOT_ROTATE) && same.iter().any(|said| words.contains(said))
}

/// The failure an answer that is not a success stands for.
pub(super) fn failure(reply: &Reply) -> Failure {
    use FailureKind as K;
    let words = words(&reply.body);
    let kind = match reply.status {
        401 => K::LoggedOut,
        403 => K::Forbidden,
        404 if words.is_empty() => K::Unexpected,
        404 => K::NotFound,
        400 | 413 | 415 | 422 => K::Invalid,
        408 => K::Slow,
        409 => K::NameTaken,
        500 if cannot_rotate(&words) => K::Unsupported,
        429 => K::TooMany,
        500.. => K::ServerFailed,
        _ => K::Unexpected,
    };
    let failure =
        Failure { retry_after: reply.retry_after, ..Failure::new(kind, sentence(reply.status, &words)) };
    // That insert was refused by the database as a whole: it is known that nothing was changed.
    if failure.kind == K::Unsupported {
        return failure;
    }
    // A proxy's 408 comes after the request was read; everything else below 500 was refused.
    if reply.status >= 500 || reply.status == 408 { reply.nature.mark(failure) } else { failure }
}

fn sentence(status: u16, words: &str) -> String {
    if let Some((_, plainly)) = PLAINLY.iter().find(|(begins, _)| words.starts_with(begins)) {
        return (*plainly).to_owned();
    }
    match status {
        404 | 405 if words.is_empty() => String::from("the server's API is not at this address"),
        500.. if cannot_rotate(words) => String::from(
            "this server cannot rotate in place, as none on an SQL store can: it writes the same service user twice. \
             Nothing was changed and the old key works on; go back and choose replace",
        ),
        // Errors of the database carry its statements.
        500.. if words.contains("database") => {
            String::from("its database refused this, such as a name that is taken")
        }
        _ if words.is_empty() => format!("status {status}"),
        _ => words.to_owned(),
    }
}

/// A refused login, as the login form shows it.
pub(super) fn login_failure(reply: &Reply) -> Failure {
    let failure = failure(reply);
    match (failure.kind, reply.status) {
        (FailureKind::LoggedOut, _) | (FailureKind::Invalid, 400) => {
            Failure { kind: FailureKind::WrongLogin, ..failure }
        }
        _ => failure,
    }
}

/// The server's words in any of its three shapes, on one line; a page is not repeated.
pub(super) fn words(body: &[u8]) -> String {
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let told = ["/error", "/error/message", "/message"].into_iter();
    let told = told.filter_map(|place| value.pointer(place)?.as_str()).find(|text| !text.is_empty());
    let plain = || std::str::from_utf8(body).ok().filter(|text| value.is_null() && !text.contains('<'));
    told.or_else(plain).map(line).unwrap_or_default()
}

/// Values that are refused before they are sent.
pub(super) fn invalid(words: &str) -> Failure {
    Failure::new(FailureKind::Invalid, words)
}
