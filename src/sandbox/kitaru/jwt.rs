//! Signed tokens: HS256, by `ring`. The texts are those of the real server's library, because clients see them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::clock::{Micros, SECOND};

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The user or the service account.
    pub(super) sub: String,
    pub(super) iss: String,
    pub(super) aud: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exp: Option<i64>,
    /// When it was issued; from 0.96.2 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) iat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) api_key_id: Option<String>,
    /// The key's generation when it was issued; from 0.96.2 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_gen: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device_id: Option<String>,
    /// Ties the token to a CSRF token, for logins from another site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<String>,
}

/// What a CSRF token says.
#[derive(Serialize, Deserialize)]
pub(super) struct Csrf {
    pub(super) session_id: String,
}

/// How far clocks may be apart.
const LEEWAY: Micros = 10 * SECOND;

/// The server's signing secret.
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

    /// The claims of a token that is good now, on this server.
    pub(super) fn verify(&self, token: &str, server: &str, now: Micros) -> Result<Claims, &'static str> {
        let claims: Claims = self.open(token)?;
        if claims.iat.is_some_and(|issued| issued > seconds(now.saturating_add(LEEWAY))) {
            return Err("The token is not yet valid (iat)");
        }
        if claims.exp.is_some_and(|exp| exp <= now.saturating_sub(LEEWAY).div_euclid(SECOND)) {
            return Err("Signature has expired");
        }
        if claims.iss != server || claims.aud != server {
            return Err("Invalid issuer");
        }
        Ok(claims)
    }
}

/// Seconds with a fraction, as `iat` has them.
#[expect(clippy::cast_precision_loss, reason = "microseconds of our days are exact in 53 bits")]
pub(super) fn seconds(moment: Micros) -> f64 {
    moment as f64 / SECOND as f64
}
