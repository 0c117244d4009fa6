//! What a secret or a bearer tells about itself without asking anyone, and who acts with a bearer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::time::Timestamp;

/// The built-in tenant, in which root acts where it names none, and everybody where authentication is off.
pub(super) const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// The three account roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    TenantUser,
    TenantAdmin,
    Root,
}

impl Role {
    /// The server's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::TenantUser => "tenant-user",
            Self::TenantAdmin => "tenant-admin",
            Self::Root => "root",
        }
    }
}

/// What we use of a token's claims.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) jti: Option<String>,
    pub(super) username: String,
    pub(super) tenant_id: Option<String>,
    pub(super) role: Role,
    exp: i64,
    iat: i64,
}

impl Claims {
    /// When the token ends, on the server's clock.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.exp).ok()
    }

    /// When it was made.
    pub(super) fn issued(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.iat).ok()
    }
}

/// The claims of a JWT, unverified: they only describe our own tokens to us.
pub(super) fn read(token: &str) -> Option<Claims> {
    let mut parts = token.trim().split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    serde_json::from_slice(&decoded).ok()
}

/// What a pasted text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A service user's key.
    Key,
    /// A token.
    Token(Box<Claims>),
    /// Something else, or damaged.
    Other,
}

/// What the text is, told offline. Keys are `pgl_` and 64 letters or digits; a newer shape with a second underscore is
/// taken as well, though no server makes it yet.
pub(super) fn reading(text: &str) -> Reading {
    let text = text.trim();
    let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match text.strip_prefix("pgl_") {
        Some(rest) if !rest.is_empty() && rest.len() <= 256 && rest.chars().all(of_key) => Reading::Key,
        Some(_) => Reading::Other,
        None => read(text).map_or(Reading::Other, |claims| Reading::Token(Box::new(claims))),
    }
}

/// Why a text is neither, in a sentence.
pub(super) const NEITHER: &str = "this is neither a key (pgl_ and 64 letters or digits) nor a token (eyJ….….…); copy it \
                                  whole";

/// Who acts with a bearer. Without one authentication is off, and everybody is an administrator without a tenant.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) id: String,
    pub(super) role: Role,
    /// Their own tenant; root has none, nor has anybody where authentication is off.
    pub(super) own_tenant: Option<String>,
}

impl Actor {
    /// The actor of a bearer.
    pub(super) fn of(bearer: &str) -> Option<Self> {
        if bearer.is_empty() {
            return Some(Self { id: NIL.to_owned(), role: Role::TenantAdmin, own_tenant: None });
        }
        let claims = read(bearer)?;
        let own_tenant = claims.tenant_id.filter(|tenant| is_id(tenant));
        Some(Self { id: claims.sub, role: claims.role, own_tenant })
    }
}

/// Whether a text is an identifier that may stand in a path.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 36 && Uuid::parse_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn what_a_pasted_text_is() {
        let whole =
            token(r#"{"sub":"s","jti":"j","username":"u","tenant_id":null,"role":"root","exp":2,"iat":1}"#);
        let cases = [
            (format!("pgl_{}", "a1".repeat(32)), "key"),
            (format!(" pgl_{}\n", "a1".repeat(32)), "key"),
            (String::from("pgl_abc_def"), "key"),
            (String::from("pgl_"), "other"),
            (String::from("pgl_a b"), "other"),
            (whole.clone(), "token"),
            (format!("{whole}.x"), "other"),
            (token("{}"), "other"),
            (token(r#"{"sub":"s","username":"u","role":"wizard","exp":2,"iat":1}"#), "other"),
            (String::from("a.b.c"), "other"),
            (String::new(), "other"),
            ("x".repeat(100_000), "other"),
        ];
        for (text, want) in cases {
            let told = match reading(&text) {
                Reading::Key => "key",
                Reading::Token(_) => "token",
                Reading::Other => "other",
            };
            assert_eq!(told, want, "{text}");
        }
    }

    #[test]
    fn who_acts() {
        let of = |tenant: &str| {
            let claims = format!(
                r#"{{"sub":"s","username":"u","tenant_id":{tenant},"role":"tenant-user","exp":2,"iat":1}}"#
            );
            Actor::of(&token(&claims)).expect("claims").own_tenant
        };
        assert_eq!(of("null"), None);
        assert_eq!(of("\"\""), None, "a root's rotated token");
        assert_eq!(of(&format!("\"{NIL}\"")).as_deref(), Some(NIL));
        let nobody = Actor::of("").expect("an actor");
        assert_eq!((nobody.role, nobody.own_tenant), (Role::TenantAdmin, None));
        assert!(Actor::of("nonsense").is_none());
    }
}
