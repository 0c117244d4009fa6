//! What stands in this server's JWTs, and what it makes of one that is presented.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::clock::{Micros, SECOND};
use super::super::random;
use super::problem::{Outcome, Problem};
use super::quirks::Switch;
use super::revocations;
use super::stamps::seconds;
use super::users::Role;
use super::{Visit, caller::Backing, caller::Caller};

/// How long a token that has run out is still called `expired` and not `invalid`.
const LEEWAY: i64 = 60;

/// The claims, all of them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    #[serde(default)]
    pub(super) jti: Option<String>,
    pub(super) username: String,
    pub(super) tenant_id: Option<String>,
    pub(super) role: Role,
    pub(super) exp: i64,
    pub(super) iat: i64,
}

/// Who a new token is for.
pub(super) struct Subject {
    pub(super) id: String,
    pub(super) username: String,
    pub(super) tenant: Option<String>,
    pub(super) role: Role,
}

/// A signed token and its claims.
pub(super) fn issue(visit: &Visit<'_>, subject: Subject, life: Micros) -> Outcome<(String, Claims)> {
    let claims = Claims {
        sub: subject.id,
        jti: Some(random::id()),
        username: subject.username,
        tenant_id: subject.tenant,
        role: subject.role,
        exp: seconds(visit.now + life),
        iat: seconds(visit.now),
    };
    let token = visit.server.signer.sign(&claims).ok_or(Problem::Broken)?;
    Ok((token, claims))
}

/// The caller behind a token.
pub(super) fn admit(visit: &Visit<'_>, token: &str) -> Outcome<Caller> {
    let refuse = |words: &str| Problem::text(401, words);
    let claims: Claims = visit.server.signer.open(token).map_err(|_unshown| refuse("Invalid token"))?;
    let now = seconds(visit.now);
    if now > claims.exp + LEEWAY {
        return Err(refuse("Invalid token"));
    }
    if now >= claims.exp {
        return Err(refuse("Token expired"));
    }
    let Some(jti) = claims.jti else { return Err(refuse("Invalid token")) };
    if visit.quirks.revocation_store_unreachable == Switch::On {
        return Err(Problem::text(503, "Unable to verify token status"));
    }
    if revocations::is_revoked(visit.db, &jti)? {
        return Err(refuse("Token has been revoked"));
    }
    // A root's rotated token names a tenant that is no id.
    if claims.tenant_id.as_deref().is_some_and(|tenant| Uuid::parse_str(tenant).is_err()) {
        return Err(refuse("Invalid session"));
    }
    Ok(Caller {
        id: claims.sub,
        username: claims.username,
        role: claims.role,
        tenant: claims.tenant_id,
        backing: Backing::Token { jti, ends: claims.exp * SECOND },
    })
}
