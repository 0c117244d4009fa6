//! The server's JSON, read leniently: every member may be null or missing, and unknown ones are ignored. A listed key's
//! `secret_key` is masked, so it is not even read there.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::time::Timestamp;
use crate::secret::Secret;

/// One page, or a bare array, or a lone object: the server has all three for lists.
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    /// Whether more follows, where it is told.
    pub(super) more: Option<bool>,
    pub(super) count: Option<usize>,
}

impl Page {
    /// Reads an answer; none when it is no list at all.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let whole = |rows| Self { rows, more: Some(false), count: None };
        match serde_json::from_slice(body).ok()? {
            Value::Array(rows) => Some(whole(rows)),
            Value::Object(mut members) => match members.remove("results") {
                Some(Value::Array(rows)) => {
                    let count = members.get("count").and_then(Value::as_u64);
                    Some(Self {
                        rows,
                        more: members.get("next").map(|next| !next.is_null()),
                        count: count.and_then(|count| usize::try_from(count).ok()),
                    })
                }
                None if members.contains_key("key") => Some(whole(vec![Value::Object(members)])),
                Some(_) | None => None,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }
}

/// An API key, without its secret.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Row {
    pub(super) key: Option<String>,
    pub(super) description: Option<String>,
    pub(super) public_key: Option<String>,
    pub(super) role: Option<String>,
    #[serde(default)]
    pub(super) created_at: Moment,
    pub(super) bearer_token_prefix: Option<String>,
    #[serde(default)]
    pub(super) bearer_token_issued_at: Moment,
}

/// The secret in the answer to a creation.
#[derive(Default, Deserialize)]
pub(super) struct Whole {
    pub(super) secret_key: Option<Raw>,
}

/// A new bearer token.
#[derive(Default, Deserialize)]
pub(super) struct Issued {
    pub(super) bearer_token: Option<Raw>,
}

/// A login's or a renewal's answer.
#[derive(Default, Deserialize)]
pub(super) struct Tokens {
    pub(super) access: Option<Raw>,
    pub(super) refresh: Option<Raw>,
}

/// A role.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Role {
    pub(super) key: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) full_access: Option<bool>,
}

/// What a role permits for one type of content.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Permission {
    pub(super) content_type: Option<String>,
    pub(super) actions: Option<Vec<String>>,
    pub(super) all_objects: Option<bool>,
}

/// An object of a permission.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Object {
    #[serde(alias = "object")]
    pub(super) object_key: Option<String>,
}

/// An organisation, project or environment.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Node {
    pub(super) key: Option<String>,
    pub(super) name: Option<String>,
    pub(super) host: Option<String>,
    pub(super) is_enabled: Option<bool>,
    pub(super) is_blocked: Option<bool>,
    #[serde(default)]
    pub(super) created_at: Moment,
    pub(super) protection_level: Option<String>,
    pub(super) protection_reason: Option<String>,
    pub(super) protected_by_user: Option<Person>,
}

/// Who did something.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Person {
    pub(super) full_name: Option<String>,
    pub(super) email: Option<String>,
}

/// An API object: a prefix under which Flux serves content.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Api {
    pub(super) key: Option<String>,
    pub(super) name: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) is_auth_required: Option<bool>,
    pub(super) router_introspection_enabled: Option<bool>,
}

/// A collection as an API object serves it.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Connection {
    pub(super) path: Option<String>,
    pub(super) allowed_methods: Option<Vec<String>>,
}

/// A secret on its way in.
pub(super) struct Raw(pub(super) Secret);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// A moment as RFC 3339; anything else counts as absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(value.as_str().and_then(|text| text.parse().ok())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_every_shape() {
        let read =
            |body: &str| Page::read(body.as_bytes()).map(|page| (page.rows.len(), page.more, page.count));
        for (body, want) in [
            ("[]", Some((0, Some(false), None))),
            (r#"[{"key":"a"},{"key":"b"}]"#, Some((2, Some(false), None))),
            (r#"{"key":"a"}"#, Some((1, Some(false), None))),
            (
                r#"{"count":3,"next":"http://x/","previous":null,"results":[{}]}"#,
                Some((1, Some(true), Some(3))),
            ),
            (r#"{"count":1,"next":null,"results":[{}]}"#, Some((1, Some(false), Some(1)))),
            (r#"{"count":3,"results":[{}]}"#, Some((1, None, Some(3)))),
            (r#"{"results":7}"#, None),
            (r#"{"message":"no"}"#, None),
            ("7", None),
            ("", None),
        ] {
            assert_eq!(read(body), want, "{body}");
        }
    }

    #[test]
    fn moments_have_fractions_and_offsets() {
        let key: Row =
            serde_json::from_str(r#"{"created_at":"2026-03-01T07:00:00.123456-05:00"}"#).expect("a key");
        assert_eq!(key.created_at.0, "2026-03-01T12:00:00.123456Z".parse().ok());
        let key: Row = serde_json::from_str(r#"{"created_at":"soon","role":null}"#).expect("a key");
        assert_eq!(key.created_at.0, None);
    }
}
