//! Who is calling, and whether their credential does for the route.
//!
//! Two gatekeepers, as on the real server. Routes for JWTs only have one that knows nothing but JWTs and answers 401.
//! Routes for both have an authorizer that answers 403, whatever was wrong, and remembers its verdict; see
//! [`super::verdicts`].

use super::super::hash;
use super::problem::{Outcome, Problem};
use super::scope::Scope;
use super::verdicts::Verdict;
use super::{Visit, jwt, pats};

/// Who was let in, and with which PAT if it was one.
#[derive(Clone)]
pub(super) struct Pass {
    pub(super) user: String,
    pub(super) key_id: Option<String>,
}

/// What a PAT must have.
#[derive(Clone, Copy)]
pub(super) enum Need {
    /// This scope.
    Scope(Scope),
    /// Any scope at all.
    Any,
}

/// The user behind a JWT; nothing else does.
pub(super) fn with_jwt(visit: &Visit<'_>) -> Outcome<String> {
    let token = presented(visit)?;
    jwt::user(&visit.server.signer, token, visit.now).map_err(|why| Problem::Unauthorized { why: Some(why) })
}

/// The user behind a JWT or a PAT. The use of a PAT is written down.
pub(super) fn with_either(visit: &mut Visit<'_>, need: Need) -> Outcome<String> {
    let token = presented(visit)?;
    let (key, life) = (hash::secret(token), visit.quirks.cache_life());
    let verdict = if let Some(remembered) = visit.server.verdicts.find(&key, visit.now, life) {
        remembered
    } else {
        let verdict = judge(visit, token, need)?;
        visit.server.verdicts.keep(key, visit.now, life, verdict.clone());
        verdict
    };
    let Verdict::Allowed(pass) = verdict else { return Err(Problem::Forbidden) };
    if let Some(key_id) = &pass.key_id {
        pats::stamp(visit, key_id)?;
    }
    Ok(pass.user)
}

/// The credential, with or without the word before it.
fn presented<'a>(visit: &Visit<'a>) -> Outcome<&'a str> {
    let header = visit.call.header("authorization").unwrap_or_default().trim();
    let token = match header.split_once(' ') {
        Some((word, token)) if word.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) | None => header,
    };
    if token.is_empty() { Err(Problem::Unauthorized { why: None }) } else { Ok(token) }
}

fn judge(visit: &Visit<'_>, token: &str, need: Need) -> Outcome<Verdict> {
    if let Ok(user) = jwt::user(&visit.server.signer, token, visit.now) {
        return Ok(Verdict::Allowed(Pass { user, key_id: None }));
    }
    let live = pats::by_token(visit.db, token)?.filter(|pat| pat.is_live(visit.now));
    let passes = |pat: &pats::Pat| {
        let scopes = || pat.scopes.iter().chain(&visit.quirks.grants_more);
        match need {
            Need::Scope(wanted) => {
                let granted = scopes().any(|scope| [Scope::Everything, wanted].contains(scope));
                granted && !visit.quirks.grants_fewer.contains(&wanted)
            }
            Need::Any => !visit.quirks.hello_needs_a_scope || scopes().next().is_some(),
        }
    };
    Ok(match live.filter(passes) {
        Some(pat) => Verdict::Allowed(Pass { user: pat.user, key_id: Some(pat.key_id) }),
        None => Verdict::Denied,
    })
}
