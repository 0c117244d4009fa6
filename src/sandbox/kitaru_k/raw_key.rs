//! Raw keys: a prefix and the Base64 of a small JSON object that names the key's record and holds its secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use uuid::Uuid;

/// What tells a raw key from a token in a bearer header; unlike in the other generation it must be there.
pub(super) const PREFIX: &str = "KITKEY_";

#[derive(Deserialize)]
struct Content {
    id: Uuid,
    key: String,
}

/// The raw key for a record's id and secret: JSON with a space after each `:` and `,`, 171 characters.
pub(super) fn encode(id: &str, secret: &str) -> String {
    format!("{PREFIX}{}", STANDARD.encode(format!(r#"{{"id": "{id}", "key": "{secret}"}}"#)))
}

/// The id and the secret.
pub(super) fn decode(raw: &str) -> Option<(String, String)> {
    let Content { id, key } =
        serde_json::from_slice(&STANDARD.decode(raw.strip_prefix(PREFIX)?).ok()?).ok()?;
    Some((id.to_string(), key))
}
