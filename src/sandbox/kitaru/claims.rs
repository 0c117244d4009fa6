//! What this server's tokens say, and when one is good.

use serde::{Deserialize, Serialize};

use super::super::clock::{Micros, SECOND};
use super::super::jwt::Signer;

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

/// The claims of a token that is good now, on this server.
pub(super) fn verify(
    signer: &Signer,
    token: &str,
    server: &str,
    now: Micros,
) -> Result<Claims, &'static str> {
    let claims: Claims = signer.open(token)?;
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

/// Seconds with a fraction, as `iat` has them.
#[expect(clippy::cast_precision_loss, reason = "microseconds of our days are exact in 53 bits")]
pub(super) fn seconds(moment: Micros) -> f64 {
    moment as f64 / SECOND as f64
}
