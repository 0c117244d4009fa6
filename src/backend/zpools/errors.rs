//! What a refusal means. The server gives a status and at most a message; a 403 is the same for a scope that is
//! missing and for a PAT that was revoked, has expired or never was, so the sentences name all of them.

use serde_json::Value;

use super::token::Reading;
use crate::backend::http::Reply;
pub(super) use crate::backend::words::unexpected;
use crate::backend::words::{LONGEST, line};
use crate::domain::failure::{Failure, FailureKind};

/// Why a PAT can be refused.
pub(super) const REFUSED: &str = "the server refuses it and never says why: it was revoked, has expired, has no \
                                  scopes, or is no PAT of this server";
const ENDED: &str = "the login has ended; they last an hour here";
const NO_SCOPE: &str = "the server refused this PAT and never says why: it lacks the scope pat, was revoked, or has \
                        expired";
const NO_PATS: &str = "this server takes no PAT for this; log in with a password, or use its website";
const WRONG_PLACE: &str = "the server's API is not at this address; it ends in /v1";

/// The failure an answer that is not a success stands for. `bearer` is what the request carried.
pub(super) fn failure(reply: &Reply, bearer: Reading) -> Failure {
    use FailureKind as K;
    let words = words(&reply.body);
    let (kind, sentence) = match (reply.status, bearer) {
        (401 | 403, Reading::Jwt | Reading::Other) => (K::LoggedOut, String::from(ENDED)),
        (401, Reading::Pat) => (K::Forbidden, String::from(NO_PATS)),
        (403, Reading::Pat) => (K::Forbidden, String::from(NO_SCOPE)),
        (404, _) if is_no_route(&words) => (K::Unexpected, String::from(WRONG_PLACE)),
        (404, _) => (K::NotFound, words),
        (408, _) => (K::Slow, words),
        (413, _) => (K::Invalid, String::from("the request is larger than the server takes")),
        (400 | 409 | 422, _) => (K::Invalid, or_status(reply, words)),
        (429, _) => (K::TooMany, words),
        (500.., _) => (K::ServerFailed, or_status(reply, words)),
        _ => (K::Unexpected, or_status(reply, words)),
    };
    let failure = Failure { retry_after: reply.retry_after, ..Failure::new(kind, sentence) };
    // A proxy's 408 comes after the request was read; everything else below 500 was refused.
    if reply.status >= 500 || reply.status == 408 { reply.nature.mark(failure) } else { failure }
}

/// The answer to a login that was refused.
pub(super) fn login_failure(reply: &Reply, switched_off: &str) -> Failure {
    match reply.status {
        401 | 403 => Failure::new(FailureKind::WrongLogin, or_status(reply, words(&reply.body))),
        404 | 405 => Failure::new(FailureKind::Unsupported, switched_off),
        _ => failure(reply, Reading::Other),
    }
}

/// Whether a 404 is about the route and not about a thing.
pub(super) fn is_no_route(words: &str) -> bool {
    words.is_empty() || words == "Not Found"
}

fn or_status(reply: &Reply, words: String) -> String {
    if words.is_empty() { format!("status {}", reply.status) } else { words }
}

/// The server's words: the message, or what `detail` says, or a short plain text; a page is not repeated.
pub(super) fn words(body: &[u8]) -> String {
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let told = ["/message", "/detail", "/detail/message"].into_iter();
    let told = told.filter_map(|place| value.pointer(place)?.as_str()).find(|text| !text.is_empty());
    let plain = || std::str::from_utf8(body).ok().filter(|text| value.is_null() && is_plain(text));
    told.or_else(plain).map(line).unwrap_or_default()
}

fn is_plain(text: &str) -> bool {
    !text.contains('<') && text.len() <= LONGEST && text.trim() != "null"
}
