//! Logging in: with a password for a pair of tokens that renews itself, with a token made elsewhere, with a key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::http::{Call, Reply};
use super::super::{Session, not_here};
use super::access::{How, Pass, present};
use super::errors::{self, By};
use super::pair::{BEARER, Pair};
use super::path::{Kind, Which};
use super::{FoxNose, path, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::secret::Secret;

/// What a session of a person and one of a key are called.
const USER: &str = "user";
const BY_KEY: &str = "Management key";
/// How long an access token lives where it does not say.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(24);

const NO_PAIR: &str = "the pair of tokens";
const SPENT: &str = "the server refuses the refresh token: a renewal elsewhere has spent it, or its week is over; log in \
                     again";
const MAYBE_SPENT: &str =
    "whether the refresh token was spent is not known; if the next try is refused, log in again";

impl FoxNose {
    /// Logs in with a filled-in form.
    pub(super) async fn log_in_with(&self, login: &Login) -> Result<Session, Failure> {
        match login.method {
            "password" => self.with_password(login).await,
            "token" => self.with_token(login.secret("token").map_or("", Secret::expose)).await,
            "simple" => self.with_key(login, false).await,
            "secure" => self.with_key(login, true).await,
            _ => Err(not_here("such way to log in")),
        }
    }

    async fn with_password(&self, login: &Login) -> Result<Session, Failure> {
        let email = login.field("username").trim();
        let password = login.secret("password").map_or("", Secret::expose);
        if email.is_empty() || password.is_empty() {
            return Err(wrong("an e-mail address and a password are needed"));
        }
        let body = json!({ "email": email, "password": password });
        let path = self.login_path();
        let reply = self.http.send(Call::exchange_json(&path, &body)).await?;
        if !reply.is_success() {
            return Err(match reply.status {
                400 | 401 | 403 | 422 => {
                    wrong(errors::failure(&reply, By::Person).detail.unwrap_or_default())
                }
                404 | 405 => Failure::new(
                    FailureKind::Unsupported,
                    "there is no login at this path; set the login path of the account (e), or log in otherwise",
                ),
                _ => errors::failure(&reply, By::Person),
            });
        }
        self.session_of(&reply, Text::clean(email))
    }

    /// The next pair. The token spent for it works once, also when the answer is lost.
    pub(super) async fn renewed(&self, session: &Session) -> Result<Session, Failure> {
        let Some(refresh) = &session.renewal else {
            return Err(Failure::new(FailureKind::LoggedOut, "this login cannot renew itself"));
        };
        let body = json!({ self.refresh_field(): refresh.expose() });
        let path = self.refresh_path();
        let sent = self.http.send(Call::exchange_json(&path, &body)).await;
        let lost = [FailureKind::Slow, FailureKind::CutOff, FailureKind::TooLarge, FailureKind::Unexpected];
        let reply = sent.map_err(|failure| {
            let detail = if lost.contains(&failure.kind) { Some(MAYBE_SPENT.into()) } else { failure.detail };
            Failure { detail, ..failure }
        })?;
        match reply.status {
            200..300 => self.session_of(&reply, session.facts.who.clone()),
            400 | 401 | 403 | 422 => Err(Failure::new(FailureKind::LoggedOut, SPENT)),
            404 | 405 => Err(Failure::new(
                FailureKind::LoggedOut,
                "there is no renewal at this path; set the refresh path of the account (e), or log in again",
            )),
            _ => Err(errors::failure(&reply, By::Person)),
        }
    }

    fn session_of(&self, reply: &Reply, who: Text) -> Result<Session, Failure> {
        let tokens: wire::Tokens = serde_json::from_slice(&reply.body).unwrap_or_default();
        let text = |raw: Option<wire::Raw>| raw.map(|raw| raw.0).filter(|secret| !secret.is_empty());
        let access = text(tokens.access).ok_or_else(|| errors::unexpected(reply, NO_PAIR))?;
        let renewal = text(tokens.refresh);
        let expires = end(access.expose()).or_else(|| self.now().checked_add(USUAL_LIFE).ok());
        let facts = SessionFacts { renews: renewal.is_some(), ..facts(who, USER, expires) };
        Ok(Session { facts, bearer: access, renewal })
    }

    /// A token is tried at once, on the first call that a person makes.
    async fn with_token(&self, typed: &str) -> Result<Session, Failure> {
        let token = typed.trim();
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        if token.starts_with(BEARER) {
            return Err(wrong("this is a Flux bearer token; it reads content and cannot manage anything"));
        }
        let Some(claims) = claims(token) else {
            return Err(wrong("this is not an access token: one has three parts with dots between them"));
        };
        let pass = Pass::Person(Secret::new(token.to_owned()));
        let reply = self.present_as(&pass, Call::read(&["organizations", ""])).await?;
        match reply.status {
            200..300 | 403 => {}
            401 => return Err(wrong("the server refuses this token: it has ended or is another server's")),
            _ => return Err(errors::failure(&reply, By::Person)),
        }
        let who = Text::clean(&claims.name());
        Ok(Session { facts: facts(who, USER, claims.end()), bearer: pass.keep(), renewal: None })
    }

    /// A key is tried by listing roles. Being refused for want of a role is no refusal of the key.
    async fn with_key(&self, login: &Login, by_signature: bool) -> Result<Session, Failure> {
        let typed = login.field("environment").trim();
        let environment =
            if typed.is_empty() { self.environment.as_deref().unwrap_or_default() } else { typed };
        let environment = path::segment(environment).map_err(|why| {
            wrong(format!("the environment's key is needed, because a key cannot look around: {why}"))
        })?;
        let empty = Secret::new(String::new());
        let pair =
            Pair::new(login.field("public"), login.secret("secret").unwrap_or(&empty)).map_err(wrong)?;
        let signer = if by_signature { Some(pair.signer().map_err(wrong)?) } else { None };
        let base = ["v1", environment, "permissions", Kind::Management.api(), "roles", ""];
        let call = || Call::present(&base).query("limit", &1);
        // Without a credential first: that tells the server's clock, by which signatures are dated.
        present(&self.http, call(), How::Nobody).await?;
        let how = match &signer {
            Some(signer) => How::Signed(&pair, signer, self.now()),
            None => How::Plain(&pair),
        };
        let reply = present(&self.http, call(), how).await?;
        match reply.status {
            200..300 | 403 => {}
            401 => {
                let failure = errors::failure(&reply, By::Key);
                return Err(wrong(failure.detail.unwrap_or_default()));
            }
            _ => return Err(errors::failure(&reply, By::Key)),
        }
        let public = pair.public().to_owned();
        let pass = Pass::Key { environment: environment.to_owned(), signed: by_signature, pair };
        let who = Text::clean(&format!("{BY_KEY} {public}"));
        let mut session = Session { facts: facts(who, BY_KEY, None), bearer: pass.keep(), renewal: None };
        self.introduce(&mut session, environment, &public).await;
        Ok(session)
    }

    /// Tells which key a session is by, if the key may see itself.
    async fn introduce(&self, session: &mut Session, environment: &str, public: &str) {
        let Ok(keys) = self.keys_of(session, environment, Kind::Management).await else { return };
        let own = keys.into_iter().find(|key| key.public_key.as_deref() == Some(public));
        if let Some((key, description)) = own.and_then(|own| Some((own.key?, own.description))) {
            let name = description.filter(|text| !text.is_empty()).unwrap_or_else(|| key.clone());
            session.facts.who = Text::clean(&format!("{BY_KEY} {name}"));
            session.facts.credential = Some(Which::Key(Kind::Management, &key).id());
        }
    }
}

fn wrong(words: impl Into<Text>) -> Failure {
    Failure::new(FailureKind::WrongLogin, words)
}

fn facts(who: Text, kind: &'static str, expires: Option<Timestamp>) -> SessionFacts {
    SessionFacts {
        who,
        kind,
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires,
        renews: false,
        kept: false,
        credential: None,
    }
}

/// What a token says of itself. Read for show alone, so nothing in it is a reason to refuse it: nobody here can check it.
#[derive(Deserialize)]
struct Claims {
    exp: Option<Value>,
    iat: Option<Value>,
    email: Option<Value>,
    sub: Option<Value>,
}

impl Claims {
    fn name(&self) -> String {
        let told = |claim: Option<&Value>| {
            let text = claim?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            text.or_else(|| Some(claim?.as_number()?.to_string()))
        };
        told(self.email.as_ref())
            .or_else(|| told(self.sub.as_ref()))
            .unwrap_or_else(|| String::from("the token's owner"))
    }

    /// The end it names, or a day after it was made.
    fn end(&self) -> Option<Timestamp> {
        moment(self.exp.as_ref()).or_else(|| moment(self.iat.as_ref())?.checked_add(USUAL_LIFE).ok())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and the end of time is refused")]
fn moment(seconds: Option<&Value>) -> Option<Timestamp> {
    Timestamp::from_second(seconds?.as_f64()? as i64).ok()
}

fn end(token: &str) -> Option<Timestamp> {
    claims(token)?.end()
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    if parts.next().is_some() { None } else { serde_json::from_slice(&decoded).ok() }
}
