//! Raw keys: a prefix and the Base64 of a small JSON object that names the key's record and holds its secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use uuid::Uuid;

const PREFIX: &str = "ZENKEY_";
const PRO_PREFIX: &str = "ZENPROKEY_";

#[derive(Deserialize)]
struct Content {
    id: Uuid,
    key: String,
}

/// The raw key for a record's id and secret: compact JSON, standard padded Base64, 167 characters.
pub(super) fn encode(id: &str, secret: &str) -> String {
    format!("{PREFIX}{}", STANDARD.encode(format!(r#"{{"id":"{id}","key":"{secret}"}}"#)))
}

/// The id and the secret. The prefix is optional.
pub(super) fn decode(raw: &str) -> Option<(String, String)> {
    let content = raw.strip_prefix(PREFIX).or_else(|| raw.strip_prefix(PRO_PREFIX)).unwrap_or(raw);
    let Content { id, key } = serde_json::from_slice(&STANDARD.decode(content).ok()?).ok()?;
    Some((id.to_string(), key))
}

/// What tells a raw key from a token in a bearer header.
pub(super) fn has_prefix(credential: &str) -> bool {
    credential.starts_with(PREFIX) || credential.starts_with(PRO_PREFIX)
}
