//! Signed tokens: HS256, by `ring`. What is in them is each backend's own. The texts are those of a real server's
//! library, because clients see them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A server's signing secret.
pub(super) struct Signer(hmac::Key);

impl Signer {
    pub(super) fn new(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// Signs claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).ok()?);
        let signed = format!("{head}.{body}");
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, signed.as_bytes()));
        Some(format!("{signed}.{signature}"))
    }

    /// The claims of a token with a good signature, whatever they are.
    pub(super) fn open<T: DeserializeOwned>(&self, token: &str) -> Result<T, &'static str> {
        let Some((signed, signature)) = token.rsplit_once('.') else { return Err("Not enough segments") };
        let Some((_, body)) = signed.split_once('.') else { return Err("Not enough segments") };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().ok_or("Invalid crypto padding")?;
        hmac::verify(&self.0, signed.as_bytes(), &signature).ok().ok_or("Signature verification failed")?;
        let body = URL_SAFE_NO_PAD.decode(body).ok().ok_or("Invalid payload padding")?;
        serde_json::from_slice(&body).ok().ok_or("Invalid payload string")
    }
}
