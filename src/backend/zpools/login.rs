//! Logging in: with a password for an hour, or with a PAT for as long as it lives.

use serde_json::json;

use super::super::http::Call;
use super::super::{Session, not_here};
use super::abilities::BEARER;
use super::{Zpools, convert, errors, list, token, wire};
use crate::domain::credential::{Credential, Expiry};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::secret::Secret;

/// What a session by password and one by PAT are called.
pub(super) const USER: &str = "user";
/// The kind of a session that carries a PAT.
pub(super) const BY_PAT: &str = "PAT";

impl Zpools {
    /// Logs in with a filled-in form.
    pub(super) async fn log_in_with(&self, login: &Login) -> Result<Session, Failure> {
        match login.method {
            "password" => self.with_password(login).await,
            "pat" => {
                let typed = login.secret("pat").map_or("", |secret| secret.expose().trim());
                self.with_pat(Secret::new(typed.to_owned())).await
            }
            BEARER => self.with_bearer(login).await,
            _ => Err(not_here("such way to log in")),
        }
    }

    async fn with_password(&self, login: &Login) -> Result<Session, Failure> {
        let (username, refused) =
            (login.field("username"), |words: &str| Err(Failure::new(FailureKind::WrongLogin, words)));
        match username {
            "" => return refused("a user name is needed"),
            // The backend's own clients do not send such a name either.
            name if name.contains(char::is_whitespace) => return refused("a user name has no spaces here"),
            _ => {}
        }
        let password = login.secret("password").map_or("", Secret::expose);
        if password.is_empty() {
            return refused("a password is needed");
        }
        let body = json!({ "username": username, "password": password });
        let reply = self.http.send(Call::exchange_json(&["login"], &body)).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply, &self.no_login_here()));
        }
        let told: Option<wire::Envelope<wire::Tokens>> = serde_json::from_slice(&reply.body).ok();
        let tokens = told.and_then(|told| told.detail);
        let bearer = |tokens: wire::Tokens| {
            let expires_in = tokens.expires_in.0;
            let secret = tokens.access_token?.0;
            (!secret.is_empty()).then_some((secret, expires_in))
        };
        let (bearer, expires_in) =
            tokens.and_then(bearer).ok_or_else(|| errors::unexpected(&reply, "the bearer"))?;
        let facts = SessionFacts {
            who: Text::clean(username),
            kind: USER,
            may_create: Ok(()),
            may_revoke: Ok(()),
            expires: self.end(&bearer, expires_in),
            renews: false,
            kept: false,
            credential: None,
        };
        Ok(Session { facts, bearer, renewal: None })
    }

    /// Goes on with another tool's login. Only a call that takes nothing but such a bearer shows that it works.
    async fn with_bearer(&self, login: &Login) -> Result<Session, Failure> {
        let refused = |words: &str| Failure::new(FailureKind::WrongLogin, words);
        let typed = login.secret("bearer").map_or("", |secret| secret.expose().trim());
        match token::read(typed) {
            token::Reading::Jwt => {}
            token::Reading::Pat => return Err(refused("this is a PAT; choose that way to log in")),
            token::Reading::Other => {
                return Err(refused("this is not the bearer of a login; one starts with eyJ"));
            }
        }
        let named = Some(login.field("username").trim().to_owned()).filter(|name| !name.is_empty());
        let who = named.or_else(|| token::user(typed)).unwrap_or_else(|| String::from("a user"));
        let facts = SessionFacts {
            who: Text::clean(&who),
            kind: USER,
            may_create: Ok(()),
            may_revoke: Ok(()),
            expires: token::expires(typed),
            renews: false,
            kept: false,
            credential: None,
        };
        let session = Session { facts, bearer: Secret::new(typed.to_owned()), renewal: None };
        match self.rows(&session, None).await {
            Ok(_) => Ok(session),
            Err(failure) if failure.kind == FailureKind::LoggedOut => {
                Err(refused("the server does not take it: its hour is over, or another server gave it"))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The end on the server's clock: told in seconds from now, or inside the bearer.
    fn end(&self, bearer: &Secret, expires_in: Option<i64>) -> Option<Timestamp> {
        let told = expires_in.and_then(|seconds| {
            let span = SignedDuration::from_secs(seconds);
            self.now().checked_add(span).ok()
        });
        told.or_else(|| token::expires(bearer.expose()))
    }

    fn made_on_the_website(&self) -> Text {
        format!("no PAT can make another one; new ones are made at {}", self.tokens_page()).into()
    }

    fn no_login_here(&self) -> String {
        let page = self.tokens_page();
        format!("logging in with a password is switched off here; make a PAT at {page} and log in with that")
    }

    /// Logs in with a PAT. Its own row, found by the name we call with, tells its label, scopes and end; without the
    /// scope `pat` there is nothing to see.
    async fn with_pat(&self, secret: Secret) -> Result<Session, Failure> {
        let refused = |words: &str| Failure::new(FailureKind::WrongLogin, words);
        if let Some(why) = token::read(secret.expose()).refusal() {
            return Err(refused(why));
        }
        let agent = super::identify::one_off_agent();
        if !self.is_alive(&secret, Some(&agent)).await? {
            return Err(refused(errors::REFUSED));
        }
        let facts = SessionFacts {
            who: Text::clean("a PAT"),
            kind: BY_PAT,
            may_create: Err(self.made_on_the_website()),
            may_revoke: Ok(()),
            expires: None,
            renews: false,
            kept: false,
            credential: None,
        };
        let mut session = Session { facts, bearer: secret, renewal: None };
        match self.rows_as(&session, &agent).await {
            Ok((rows, _)) => {
                let own = rows.into_iter().find(|row| row.last_ua.as_deref() == Some(agent.as_str()));
                if let Some(own) = own.and_then(|row| convert::credential(row, &list::owner_of(&session))) {
                    introduce(&mut session, own);
                }
            }
            Err(failure) if failure.kind == FailureKind::Forbidden => {
                session.facts.may_revoke = Err(failure.detail.unwrap_or_default());
            }
            Err(failure) => return Err(failure),
        }
        Ok(session)
    }
}

/// Tells who a session by PAT is.
fn introduce(session: &mut Session, own: Credential) {
    session.facts.who = Text::clean(&format!("PAT {}", own.name));
    session.facts.expires = match own.expires {
        Expiry::Never => None,
        Expiry::At(end) => Some(end),
    };
    session.facts.credential = Some(own.id);
}
