//! Sign-in by browser: to the provider and back with a code, which is exchanged once. The provider is the sandbox's
//! own, at `/provider/{name}`, and its one person answers at once as the switch says.

use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::super::clock::{DAY, MINUTE, Micros, SECOND};
use super::super::http::Reply;
use super::super::random;
use super::claims::{self, Subject};
use super::problem::{Outcome, Problem};
use super::quirks::Consent;
use super::rows::{self, Row};
use super::users::{Role, User};
use super::visit::ok;
use super::{NIL, Visit};

const STATE_LIFE: Micros = 10 * MINUTE;
const CODE_LIFE: Micros = 120 * SECOND;

/// Who the one person at every provider is.
const SUBJECT: &str = "sandbox-person";

/// An attempt on its way to the provider and back.
#[derive(Serialize, Deserialize)]
struct Attempt {
    state: String,
    landing: String,
    at: Micros,
}

impl Row for Attempt {
    const KIND: &'static str = "oauth attempt";

    fn id(&self) -> &str {
        &self.state
    }
}

/// A code to be exchanged for the token that is waiting.
#[derive(Serialize, Deserialize)]
struct Waiting {
    code: String,
    token: String,
    at: Micros,
}

impl Row for Waiting {
    const KIND: &'static str = "oauth code";

    fn id(&self) -> &str {
        &self.code
    }
}

fn see_other(target: &Url) -> Reply {
    Reply::text(303, "").with("location", target.as_str())
}

/// This server's own address, as the caller knows it.
fn here(visit: &Visit<'_>, path: &str) -> Outcome<Url> {
    let host = visit.call.header("host").unwrap_or("127.0.0.1");
    Url::parse(&format!("http://{host}{path}")).map_err(|_unlikely| Problem::text(400, "Invalid host"))
}

fn refuse(words: &str) -> Problem {
    Problem::text(400, words)
}

pub(super) fn providers(visit: &mut Visit<'_>) -> Outcome {
    ok(&json!({ "providers": visit.quirks.oauth_providers }))
}

pub(super) fn authorize(visit: &mut Visit<'_>) -> Outcome {
    let provider = visit.part(0).to_owned();
    if !visit.quirks.oauth_providers.contains(&provider) {
        return Err(refuse("Invalid OAuth provider"));
    }
    let listed = &visit.quirks.oauth_redirect_uris;
    let landing = match visit.call.query("redirect_uri") {
        Some(asked) if listed.iter().any(|one| one == asked) => asked,
        Some(_) => {
            return Err(refuse("redirect_uri is not allowed; add it to PANGOLIN_OAUTH_REDIRECT_URIS"));
        }
        None => listed.first().map_or("http://localhost:5173", String::as_str),
    };
    let state = random::hex::<16>()?;
    rows::put(visit.db, &Attempt { state: state.clone(), landing: landing.to_owned(), at: visit.now })?;
    let callback = here(visit, &format!("/oauth/callback/{provider}"))?;
    let mut page = here(visit, &format!("/provider/{provider}"))?;
    page.query_pairs_mut()
        .append_pair("client_id", "sandbox")
        .append_pair("redirect_uri", callback.as_str())
        .append_pair("response_type", "code")
        .append_pair("scope", "openid email profile")
        .append_pair("state", &state);
    if provider != "github" {
        page.query_pairs_mut()
            .append_pair("code_challenge", &random::hex::<32>()?)
            .append_pair("code_challenge_method", "S256")
            .append_pair("nonce", &random::hex::<16>()?);
    }
    Ok(see_other(&page))
}

/// The page of the provider, with a person who answers at once.
pub(super) fn provider(visit: &mut Visit<'_>) -> Outcome {
    let (state, back) = (visit.call.query("state"), visit.call.query("redirect_uri"));
    let Some(mut back) = back.and_then(|back| Url::parse(back).ok()) else {
        return Err(refuse("invalid_request"));
    };
    let answer = match visit.quirks.oauth_consent {
        Consent::Ignore => {
            return Ok(Reply::new(200, "text/html", "<!doctype html><title>Allow?</title>"));
        }
        Consent::Approve => ("code", random::hex::<16>()?),
        Consent::Decline => ("error", "access_denied".to_owned()),
    };
    back.query_pairs_mut().append_pair(answer.0, &answer.1).append_pair("state", state.unwrap_or_default());
    Ok(see_other(&back))
}

pub(super) fn callback(visit: &mut Visit<'_>) -> Outcome {
    let provider = visit.part(0).to_owned();
    let missing = |name: &str| refuse(&format!("Failed to deserialize query string: missing field {name}"));
    visit.call.query("code").ok_or_else(|| missing("code"))?;
    let state = visit.call.query("state").ok_or_else(|| refuse("Invalid or expired OAuth state"))?;
    let attempt = rows::find::<Attempt>(visit.db, state)?;
    rows::delete::<Attempt>(visit.db, state)?;
    let fresh = attempt.filter(|attempt| visit.now - attempt.at < STATE_LIFE);
    let attempt = fresh.ok_or_else(|| refuse("Invalid or expired OAuth state"))?;
    if provider == "github" {
        return Err(refuse("Failed to fetch user info: error decoding response body: missing field sub"));
    }
    let (token, _) = claims::issue(visit, person(visit, &provider)?, DAY)?;
    let code = random::hex::<32>()?;
    rows::put(visit.db, &Waiting { code: code.clone(), token, at: visit.now })?;
    let mut landing = Url::parse(&attempt.landing).map_err(|_unlikely| Problem::Broken)?;
    landing.query_pairs_mut().append_pair("code", &code);
    Ok(see_other(&landing))
}

/// The user behind the person at the provider: the known one, or a new one. The first user of a server becomes root.
fn person(visit: &Visit<'_>, provider: &str) -> Outcome<Subject> {
    let identity = (provider.to_owned(), SUBJECT.to_owned());
    let users = rows::all::<User>(visit.db)?;
    let known = users.iter().find(|user| user.oauth.as_ref() == Some(&identity)).cloned();
    let first = users.is_empty();
    let user = known.unwrap_or_else(|| User {
        id: random::id(),
        username: format!("{provider}-person"),
        email: format!("person@{provider}.example"),
        password: None,
        tenant: (!first).then(|| NIL.to_owned()),
        role: if first { Role::Root } else { Role::TenantUser },
        oauth: Some(identity),
        created: visit.now,
        active: true,
    });
    rows::put(visit.db, &user)?;
    Ok(Subject { id: user.id, username: user.username, tenant: user.tenant, role: user.role })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    code: String,
}

pub(super) fn exchange(visit: &mut Visit<'_>) -> Outcome {
    let Exchange { code } = visit.body()?;
    let waiting = rows::find::<Waiting>(visit.db, &code)?;
    rows::delete::<Waiting>(visit.db, &code)?;
    let fresh = waiting.filter(|waiting| visit.now - waiting.at < CODE_LIFE);
    let waiting = fresh.ok_or_else(|| refuse("Unknown, expired or already-redeemed exchange code"))?;
    ok(&json!({ "token": waiting.token, "token_type": "Bearer" }))
}
