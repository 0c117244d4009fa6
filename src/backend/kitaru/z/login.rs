//! Logging in by password or API key, and who that makes us.

use super::info::{Scheme, Server};
use super::{Adapter, Generation, decode, errors, key, wire};
use crate::backend::http::Call;
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

/// A bearer with its end, before it is known whose it is.
pub(super) struct Bearer {
    secret: Secret,
    expires: Option<Timestamp>,
    key: Option<Id>,
}

impl Adapter {
    /// Logs in with a filled-in form. Where authentication is off, whatever was filled in stays here.
    pub(super) async fn log_in_with(&self, login: &Login) -> Result<Session, Failure> {
        let server = self.server().await?;
        server.admits()?;
        match login.method {
            _ if server.scheme == Scheme::Off => self.without_login(&server).await,
            "password" => self.with_password(&server, login).await,
            "api-key" => {
                let typed = login.secret("key").map_or("", |secret| secret.expose().trim());
                self.with_key(&server, Secret::new(typed.to_owned())).await
            }
            _ => Err(not_here("such way to log in")),
        }
    }

    async fn with_password(&self, server: &Server, login: &Login) -> Result<Session, Failure> {
        let username = login.field("username");
        if username.is_empty() {
            // Without a name the server would take the password for an API key.
            return Err(Failure::new(FailureKind::WrongLogin, "a user name is needed"));
        }
        let password = login.secret("password").map_or("", Secret::expose);
        let form = [("grant_type", "password"), ("username", username), ("password", password)];
        self.session(server, self.exchange(&form).await?, None).await
    }

    async fn with_key(&self, server: &Server, secret: Secret) -> Result<Session, Failure> {
        if let Some(refusal) = key::read(secret.expose(), Generation::Z).refusal(Generation::Z) {
            return Err(Failure::new(FailureKind::WrongLogin, refusal));
        }
        let bearer = self.exchange_key(&secret).await?;
        self.session(server, bearer, Some(secret)).await
    }

    /// Gets a new bearer with the session's API key, if it was logged in with one.
    pub(super) async fn renew_session(&self, session: &Session) -> Result<Session, Failure> {
        let ended = || Failure::new(FailureKind::LoggedOut, "this session cannot renew itself");
        let secret = session.renewal.as_ref().ok_or_else(ended)?.share();
        let server = self.server().await?;
        self.with_key(&server, secret).await
    }

    /// Presents an API key. The server checks it twice, slowly; do this once and keep the bearer.
    pub(super) async fn exchange_key(&self, secret: &Secret) -> Result<Bearer, Failure> {
        let form = [("grant_type", "zenml-api-key"), ("password", secret.expose())];
        self.exchange(&form).await
    }

    async fn exchange(&self, form: &[(&str, &str)]) -> Result<Bearer, Failure> {
        let reply = self.http.send(Call::exchange(&LOGIN, form)).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        let token: wire::Token = decode(&reply, "the bearer")?;
        self.bearer(token).ok_or_else(|| errors::unexpected(&reply, "the bearer"))
    }

    /// A login's answer to a device, which tells errors in a shape of its own.
    pub(super) async fn exchange_device(
        &self,
        form: &[(&str, &str)],
    ) -> Result<Result<Bearer, errors::Told>, Failure> {
        let reply = self.http.send(Call::exchange(&LOGIN, form)).await?;
        let told = errors::told(reply.status, &reply.body);
        match () {
            () if reply.is_success() => {
                let token = decode(&reply, "the bearer")?;
                self.bearer(token).map(Ok).ok_or_else(|| errors::unexpected(&reply, "the bearer"))
            }
            () if reply.status == 400 && told.code.is_some() => Ok(Err(told)),
            () => Err(errors::login_failure(&reply)),
        }
    }

    /// The end, on the server's clock, is told in seconds, or inside the bearer, or there is none: many servers set
    /// none.
    fn bearer(&self, token: wire::Token) -> Option<Bearer> {
        let secret = token.access_token?.0;
        let claims = key::claims(secret.expose()).unwrap_or_default();
        let span = token.expires_in.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        let now = self.http.skew().server_time((self.clock)());
        let told = span.and_then(|span| now.checked_add(span).ok());
        let expires = told.or_else(|| claims.expires());
        let key = claims.key().map(|id| Id::new(id.to_string()));
        Some(Bearer { secret, expires, key }).filter(|bearer| !bearer.secret.is_empty())
    }

    /// The session a bearer makes: asks the server who that is.
    pub(super) async fn session(
        &self,
        server: &Server,
        bearer: Bearer,
        renewal: Option<Secret>,
    ) -> Result<Session, Failure> {
        let user = self.current_user(&bearer.secret).await?;
        let body = user.body.unwrap_or_default();
        let is_service_account = body.is_service_account == Some(true);
        let by_key = renewal.as_ref().and_then(|secret| key::id_of(secret.expose(), Generation::Z));
        let may = may_write(server, body.is_admin == Some(true), is_service_account);
        let facts = SessionFacts {
            who: Text::clean(user.name.as_deref().unwrap_or("unnamed")),
            kind: if is_service_account { "service account" } else { "user" },
            may_create: may.clone(),
            may_revoke: may,
            expires: bearer.expires,
            renews: renewal.is_some(),
            kept: false,
            credential: by_key.map(|id| Id::new(id.to_string())).or(bearer.key),
        };
        Ok(Session { facts, bearer: bearer.secret, renewal })
    }

    /// Where authentication is off an empty bearer, which is never sent, serves as well as any.
    async fn without_login(&self, server: &Server) -> Result<Session, Failure> {
        let nobody = Bearer { secret: Secret::new(String::new()), expires: None, key: None };
        self.session(server, nobody, None).await
    }

    /// Who the server takes a bearer for.
    pub(super) async fn current_user(&self, bearer: &Secret) -> Result<wire::CurrentUser, Failure> {
        self.ask(
            Call::read(&["api", "v1", "current-user"]).bearer(bearer),
            "the answer about who is logged in",
        )
        .await
    }
}

fn may_write(server: &Server, admin: bool, service_account: bool) -> Result<(), Text> {
    if admin || !server.rules.admin_only {
        return Ok(());
    }
    let whom = if service_account { "service accounts may not" } else { "this user is no admin and may not" };
    let version = &server.version;
    Err(Text::clean(&format!(
        "{whom} change service accounts or API keys on this server ({version}); an admin user must log in"
    )))
}
