//! Logging in by password, API key or an approved device, and who that makes us.

use super::info::Scheme;
use super::{Adapter, Generation, device, errors, key, wire};
use crate::backend::http::{Call, Reply};
use crate::backend::kitaru::{decode, z};
use crate::backend::{Session, not_here};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::secret::Secret;

/// Where secrets are exchanged for bearers.
const LOGIN: [&str; 3] = ["api", "v1", "login"];

/// A bearer with its end on the server's clock, before it is known whose it is.
pub(super) struct Bearer {
    secret: Secret,
    expires: Option<Timestamp>,
}

impl Adapter {
    /// Logs in with a filled-in form. Where authentication is off, whatever was filled in stays here.
    pub(super) async fn log_in_with(&self, login: &Login) -> Result<Session, Failure> {
        self.server.admits()?;
        match login.method {
            _ if self.server.scheme == Scheme::Off => {
                let nobody = Bearer { secret: Secret::new(String::new()), expires: None };
                self.session(nobody, None).await
            }
            "password" => self.with_password(login).await,
            "api-key" => {
                let typed = login.secret("key").map_or("", |secret| secret.expose().trim());
                self.with_key(Secret::new(typed.to_owned())).await
            }
            _ => Err(not_here("such way to log in")),
        }
    }

    async fn with_password(&self, login: &Login) -> Result<Session, Failure> {
        let username = login.field("username");
        if username.is_empty() {
            return Err(Failure::new(FailureKind::WrongLogin, "a user name is needed"));
        }
        let password = login.secret("password").map_or("", Secret::expose);
        let form = [("grant_type", "password"), ("username", username), ("password", password)];
        let bearer = self.exchange(Call::exchange(&LOGIN, &form)).await?;
        self.session(bearer, None).await
    }

    async fn with_key(&self, secret: Secret) -> Result<Session, Failure> {
        if let Some(refusal) = key::read(secret.expose(), Generation::K).refusal(Generation::K) {
            return Err(Failure::new(FailureKind::WrongLogin, refusal));
        }
        let call = Call::exchange(&LOGIN, &[("grant_type", "api-key")]).bearer(&secret);
        let bearer = self.exchange(call).await?;
        self.session(bearer, Some(secret)).await
    }

    /// Gets a new bearer with what the session was logged in with, if that lasts: an API key or a device.
    pub(super) async fn renew_session(&self, session: &Session) -> Result<Session, Failure> {
        let ended = || Failure::new(FailureKind::LoggedOut, "this session cannot renew itself");
        let renewal = session.renewal.as_ref().ok_or_else(ended)?.share();
        let Some((id, code)) = device::unpacked(&renewal) else { return self.with_key(renewal).await };
        match self.redeem(id, code).await? {
            Ok(bearer) => self.session(bearer, Some(renewal)).await,
            Err(told) => Err(Failure::new(FailureKind::LoggedOut, errors::refusal(&told.words))),
        }
    }

    async fn exchange(&self, call: Call<'_>) -> Result<Bearer, Failure> {
        let reply = self.http.send(call).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        self.bearer(&reply)
    }

    /// Exchanges an approved device's code. The inner error is the server's reason why not, or why not yet.
    pub(super) async fn redeem(&self, id: &str, code: &str) -> Result<Result<Bearer, errors::Told>, Failure> {
        let form = [("grant_type", device::GRANT), ("device_id", id), ("device_code", code)];
        let reply = self.http.send(Call::exchange(&LOGIN, &form)).await?;
        let told = errors::told(&reply.body);
        match () {
            () if reply.is_success() => self.bearer(&reply).map(Ok),
            () if reply.status == 400 && told.code.is_some() => Ok(Err(told)),
            () => Err(errors::login_failure(&reply)),
        }
    }

    fn bearer(&self, reply: &Reply) -> Result<Bearer, Failure> {
        let token: wire::Token = decode(reply, "the bearer")?;
        let secret = token.access_token.map(|raw| raw.0).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| z::unexpected(reply, "the bearer"))?;
        let span = token.expires_in.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        let now = self.http.skew().server_time((self.clock)());
        let told = span.and_then(|span| now.checked_add(span).ok());
        let expires = told.or_else(|| key::claims(secret.expose()).unwrap_or_default().expires());
        Ok(Bearer { secret, expires })
    }

    /// The session a bearer makes: asks the server who that is.
    pub(super) async fn session(&self, bearer: Bearer, renewal: Option<Secret>) -> Result<Session, Failure> {
        let account = self.who(&bearer.secret).await?;
        let by_key = renewal.as_ref().and_then(|secret| key::id_of(secret.expose(), Generation::K));
        let is_service_account = account.is_service_account == Some(true);
        let facts = SessionFacts {
            who: Text::clean(account.name.as_deref().unwrap_or("unnamed")),
            kind: if is_service_account { "service account" } else { "user" },
            may_create: Ok(()),
            may_revoke: Ok(()),
            expires: bearer.expires,
            renews: renewal.is_some(),
            kept: false,
            credential: by_key.map(|id| Id::new(id.to_string())),
        };
        Ok(Session { facts, bearer: bearer.secret, renewal })
    }

    /// Whom the server takes a bearer for.
    pub(super) async fn who(&self, bearer: &Secret) -> Result<wire::Account, Failure> {
        let call = Call::read(&["api", "v1", "accounts", "me"]).bearer(bearer);
        self.ask(call, "the answer about who is logged in").await
    }
}
