//! E-mail and password for a pair of tokens, and a refresh token for the next pair. A refresh token works once.

use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::clock::{MINUTE, Micros, SECOND};
use super::super::http::Reply;
use super::super::jwt::Signer;
use super::super::{hash, random};
use super::problem::{Outcome, Problem};
use super::{Quirks, Visit};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Use {
    Access,
    Refresh,
}

/// What a token says. `ends` is the server's own memory of when, for tokens that do not tell.
#[derive(Serialize, Deserialize)]
struct Claims {
    token_type: Use,
    email: String,
    jti: String,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends: Option<i64>,
}

/// A signed token.
fn issue(signer: &Signer, quirks: &Quirks, email: &str, token_type: Use, now: Micros) -> Outcome<String> {
    let minutes = match token_type {
        Use::Access => quirks.access_minutes,
        Use::Refresh => quirks.refresh_minutes,
    };
    let iat = now.div_euclid(SECOND);
    let ends = (now + i64::from(minutes) * MINUTE).div_euclid(SECOND);
    let (exp, ends) = if quirks.exp_in_jwt { (Some(ends), None) } else { (None, Some(ends)) };
    let claims = Claims { token_type, email: email.to_owned(), jti: random::hex::<8>()?, iat, exp, ends };
    signer.sign(&claims).ok_or(Problem::Broken)
}

/// An access token.
pub(super) fn access(signer: &Signer, quirks: &Quirks, email: &str, now: Micros) -> Outcome<String> {
    issue(signer, quirks, email, Use::Access, now)
}

/// The person of an access token that is good now.
pub(super) fn person(signer: &Signer, token: &str, now: Micros) -> Outcome<String> {
    open(signer, token, Use::Access, now)
}

fn open(signer: &Signer, token: &str, wanted: Use, now: Micros) -> Outcome<String> {
    let claims: Claims = signer
        .open(token)
        .ok()
        .ok_or_else(|| Problem::stranger("Given token not valid for any token type"))?;
    if claims.token_type != wanted {
        return Err(Problem::stranger("Token has wrong type"));
    }
    if claims.exp.or(claims.ends).is_none_or(|ends| ends <= now.div_euclid(SECOND)) {
        return Err(Problem::stranger("Token is invalid or expired"));
    }
    Ok(claims.email)
}

/// `POST /account/auth/`.
pub(super) fn log_in(visit: &Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let (email, password) = (visit.text(&body, "email")?, visit.text(&body, "password")?);
    let sql = "select password from foxnose_people where email = ?";
    let known: Option<String> = visit.db.query_row(sql, [&email], |row| row.get(0)).optional()?;
    if !known.is_some_and(|known| hash::is_password(&password, &known)) {
        return Err(Problem::stranger("No active account found with the given credentials"));
    }
    pair(visit, &email)
}

/// `POST /account/auth/refresh/`.
pub(super) fn refresh(visit: &Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let token = visit.text(&body, &visit.quirks.refresh_field)?;
    let email = open(&visit.server.signer, &token, Use::Refresh, visit.now)?;
    let sql = "update foxnose_refreshes set spent = 1 where hash = ? and spent = 0";
    if visit.db.execute(sql, [hash::secret(&token)])? == 0 {
        return Err(Problem::stranger("Token is blacklisted"));
    }
    pair(visit, &email)
}

fn pair(visit: &Visit<'_>, email: &str) -> Outcome {
    let token = |token_type| issue(&visit.server.signer, visit.quirks, email, token_type, visit.now);
    let (access, refresh) = (token(Use::Access)?, token(Use::Refresh)?);
    let sql = "insert into foxnose_refreshes (hash, email) values (?, ?)";
    visit.db.execute(sql, [hash::secret(&refresh).as_str(), email])?;
    Ok(Reply::json(200, &json!({ "access": access, "refresh": refresh })))
}
