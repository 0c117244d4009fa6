//! `POST /login`: which grant it is, whether it is good, and the answer with its cookie and its guard against other
//! sites. Forms only: a JSON body is ignored.

use serde_json::json;
use uuid::Uuid;

use super::super::clock::{DAY, MINUTE, Micros, SECOND};
use super::super::http::Reply;
use super::super::random;
use super::caller::check_key;
use super::claims::Csrf;
use super::errors::{Outcome, Problem};
use super::quirks::AuthScheme;
use super::tokens::{Bound, issue};
use super::visit::{Visit, ok};
use super::{devices, hash, users};

/// A login attempt, understood.
enum Grant {
    Password { username: String, password: String },
    ApiKey(String),
    Device { client_id: String, device_code: String },
    External,
}

impl Grant {
    const PASSWORD: &'static str = "password";
    const API_KEY: &'static str = "zenml-api-key";
    const DEVICE: &'static str = "urn:ietf:params:oauth:grant-type:device_code";
    const EXTERNAL: &'static str = "zenml-external";

    /// Takes the form apart. Without a grant type it is guessed: a user name means a password, a password alone a key.
    fn read(visit: &Visit<'_>) -> Outcome<Self> {
        let form = visit.call.form();
        let field = |name: &str| {
            form.iter()
                .rev()
                .find(|(key, value)| key == name && !value.is_empty())
                .map(|(_, value)| value.clone())
        };
        let external = visit.quirks.auth_scheme == AuthScheme::External;
        let grant = field("grant_type").unwrap_or_else(|| {
            let guess = match (field("username"), field("password"), field("device_code")) {
                (None, Some(_), _) => Self::API_KEY,
                (None, None, Some(_)) => Self::DEVICE,
                (None, None, None) if external => Self::EXTERNAL,
                (Some(_), ..) | (None, None, None) => Self::PASSWORD,
            };
            guess.to_owned()
        });
        let bad = |detail: &str| Problem::Plain { status: 400, detail: detail.to_owned() };
        match grant.as_str() {
            Self::PASSWORD if !external => Ok(Self::Password {
                username: field("username").ok_or_else(|| bad("Invalid request: username is required."))?,
                password: field("password").unwrap_or_default(),
            }),
            Self::API_KEY => Ok(Self::ApiKey(field("password").ok_or_else(|| bad("API key is required."))?)),
            Self::DEVICE => {
                devices::supported(visit)?;
                let missing = || bad("Invalid request: device code and client ID are required.");
                let (client, device_code) =
                    (field("client_id").ok_or_else(missing)?, field("device_code").ok_or_else(missing)?);
                let client = Uuid::parse_str(&client)
                    .ok()
                    .ok_or_else(|| bad("Invalid request: invalid client ID."))?;
                Ok(Self::Device { client_id: client.to_string(), device_code })
            }
            Self::EXTERNAL if external => Ok(Self::External),
            Self::PASSWORD | Self::EXTERNAL => Err(bad(&format!("Unsupported grant type: {grant}."))),
            _ => Err(bad(&format!("Unsupported grant type: {grant}"))),
        }
    }
}

/// Logs somebody in.
pub(super) fn login(visit: &mut Visit<'_>) -> Outcome {
    let grant = Grant::read(visit)?;
    if visit.quirks.rate_limit {
        visit.memory.attempts.admit(visit.now)?;
    }
    let reply = match grant {
        Grant::Password { username, password } => by_password(visit, &username, &password),
        Grant::ApiKey(raw) => {
            let (key, account) = check_key(visit, &raw)?;
            let life = visit.quirks.token_life();
            let token = issue(visit, &account.id, life, Bound { key: Some(&key), ..Bound::default() })?;
            answer(&token, life, None)
        }
        Grant::Device { client_id, device_code } => {
            let (user, device) = devices::redeem(visit, &client_id, &device_code)?;
            let life = visit.quirks.device_life();
            let token = issue(visit, &user, life, Bound { device: Some(&device), ..Bound::default() })?;
            answer(&token, life, None)
        }
        Grant::External => external(visit),
    }?;
    visit.memory.attempts.forget();
    Ok(reply)
}

fn by_password(visit: &Visit<'_>, username: &str, password: &str) -> Outcome {
    let user = users::find(visit.db, username)?.filter(|_| visit.quirks.active);
    let matching =
        user.filter(|user| user.password.as_ref().is_some_and(|hash| hash::is_password(password, hash)));
    let Some(user) = matching else {
        return Err(Problem::credentials("Authentication error: invalid username or password"));
    };
    if !user.active {
        let name = &user.name;
        return Err(Problem::credentials(format!("Authentication error: user {name} is not active")));
    }
    let life = visit.quirks.token_life();
    let session = (!same_site(visit)).then(random::id);
    let token = issue(visit, &user.id, life, Bound { session: session.as_deref(), ..Bound::default() })?;
    let csrf = match &session {
        Some(session) => {
            Some(visit.server.signer.sign(&Csrf { session_id: session.clone() }).ok_or(Problem::Broken)?)
        }
        None => None,
    };
    let site = if session.is_some() { "SameSite=none; Secure" } else { "SameSite=lax" };
    let age = life.map(|life| format!("; Max-Age={}", life / SECOND)).unwrap_or_default();
    let cookie = format!("{}={token}; HttpOnly; Path=/; {site}{age}", visit.server.cookie());
    Ok(answer(&token, life, csrf.as_deref())?.with("set-cookie", cookie))
}

/// Whether the request comes from the server's own pages, or from no page at all.
fn same_site(visit: &Visit<'_>) -> bool {
    let Some(origin) = visit.call.header("origin").or_else(|| visit.call.header("referer")) else {
        return true;
    };
    let host = |url: &str| {
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
        authority.split('/').next().unwrap_or_default().to_owned()
    };
    let own = if visit.quirks.server_url.is_empty() {
        visit.call.header("host").unwrap_or_default().to_owned()
    } else {
        host(&visit.quirks.server_url)
    };
    let origin = host(origin);
    origin == own || origin.ends_with(&format!(".{own}"))
}

fn answer(token: &str, life: Option<Micros>, csrf: Option<&str>) -> Outcome {
    ok(&json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": life.map(|life| life / SECOND),
        "refresh_token": null,
        "csrf_token": csrf,
        "scope": null,
        "device_id": null,
        "device_metadata": null,
    }))
}

/// The Pro login: without a token of theirs the caller is sent to them, and theirs are not known here.
fn external(visit: &Visit<'_>) -> Outcome {
    if visit.call.headers.contains_key("authorization") {
        return Err(Problem::authorization("Not authorized to access this server."));
    }
    ok(&json!({ "authorization_url": "https://pro.example.invalid/login" }))
}

/// `GET /logout`: clears the cookie and nothing else; the token keeps working.
pub(super) fn logout(visit: &Visit<'_>) -> Reply {
    let cookie = format!("{}=\"\"; HttpOnly; Max-Age=0; Path=/; SameSite=lax", visit.server.cookie());
    Reply::json(200, &serde_json::Value::Null).with("set-cookie", cookie)
}

/// Login attempts since the last success, for the limit. Everybody here is the same client address.
#[derive(Default)]
pub(super) struct Attempts(Vec<Micros>);

impl Attempts {
    const PER_MINUTE: usize = 5;
    const PER_DAY: usize = 1000;

    /// Counts an attempt, or refuses it, whatever its password.
    fn admit(&mut self, now: Micros) -> Outcome<()> {
        self.0.retain(|attempt| now - attempt < DAY);
        let recent = self.0.iter().filter(|attempt| now - **attempt < MINUTE).count();
        if recent >= Self::PER_MINUTE || self.0.len() >= Self::PER_DAY {
            return Err(Problem::Plain { status: 429, detail: "Too many requests.".to_owned() });
        }
        self.0.push(now);
        Ok(())
    }

    /// A success starts the count again.
    fn forget(&mut self) {
        self.0.clear();
    }
}
