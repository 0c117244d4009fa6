//! The tokens of a login, shaped like those of the real service's user pool.

use serde::{Deserialize, Serialize};

use super::super::clock::{Micros, SECOND};
use super::super::jwt::Signer;

/// How long a token lives, in seconds.
pub(super) const LIFE: i64 = 3600;

const ISSUER: &str = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_sandbox";
const CLIENT: &str = "sandboxclient";

/// Which of the two tokens of a login it is. The gateway takes both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Use {
    Access,
    Id,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    token_use: Use,
    username: String,
    iat: i64,
    exp: i64,
}

/// A signed token for a user.
pub(super) fn issue(signer: &Signer, user: &str, token_use: Use, now: Micros) -> Option<String> {
    let iat = now.div_euclid(SECOND);
    let client = |wanted| (token_use == wanted).then(|| CLIENT.to_owned());
    signer.sign(&Claims {
        sub: user.to_owned(),
        iss: ISSUER.to_owned(),
        aud: client(Use::Id),
        client_id: client(Use::Access),
        token_use,
        username: user.to_owned(),
        iat,
        exp: iat + LIFE,
    })
}

/// The user of a token that is good now, or why it is not.
pub(super) fn user(signer: &Signer, token: &str, now: Micros) -> Result<String, &'static str> {
    let claims: Claims = signer.open(token)?;
    if claims.exp <= now.div_euclid(SECOND) {
        return Err("the token has expired");
    }
    if claims.iss != ISSUER {
        return Err("the token has an invalid issuer");
    }
    Ok(claims.username)
}
