//! `POST /login`: a name and a password for an hour's tokens. The refresh token is handed out and taken by no route,
//! as on the real server.

use serde_json::{Value, json};

use super::super::http::Reply;
use super::super::{hash, random};
use super::jwt::{self, Use};
use super::problem::{Outcome, Problem};
use super::{Visit, done};

pub(super) fn login(visit: &mut Visit<'_>) -> Outcome<Reply> {
    let body = visit.body()?;
    let field = |name: &str| {
        let value = body.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
        value.ok_or_else(|| Problem::invalid(format!("{name} is required")))
    };
    let (username, password) = (field("username")?, field("password")?);
    let mut known = visit.db.prepare_cached("select password from zpools_users where name = ?")?;
    let known: Option<String> = known.query_map([username], |row| row.get(0))?.next().transpose()?;
    if !known.is_some_and(|known| hash::is_password(password, &known)) {
        return Err(Problem::Told(401, "Incorrect username or password.".to_owned()));
    }
    let token = |token_use| jwt::issue(&visit.server.signer, username, token_use, visit.now);
    let detail = json!({
        "access_token": token(Use::Access).ok_or(Problem::Broken)?,
        "id_token": token(Use::Id).ok_or(Problem::Broken)?,
        "refresh_token": random::hex::<32>()?,
        "expires_in": jwt::LIFE,
    });
    done(200, "Login successful", &detail)
}
