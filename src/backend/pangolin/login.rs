//! Logging in: by password, as root, by a service user's key, by a token, by a code, or not at all.

use serde_json::{Value, json};

use super::super::http::Call;
use super::super::{Session, not_here};
use super::claims::{Actor, Reading, Role, is_id};
use super::{Pangolin, acting, claims, errors, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::Login;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::secret::Secret;

const API: [&str; 2] = ["api", "v1"];

fn wrong(words: &str) -> Failure {
    Failure::new(FailureKind::WrongLogin, words)
}

impl Pangolin {
    /// Logs in with a filled-in form.
    pub(super) async fn log_in_with(&self, login: &Login) -> Result<Session, Failure> {
        let typed = |id: &str| {
            let typed = login.secret(id).map_or("", |secret| secret.expose().trim());
            Secret::new(typed.to_owned())
        };
        match login.method {
            "password" => self.with_password(login, self.tenant.as_deref()).await,
            "root" => self.with_password(login, None).await,
            "key" => self.with_key(login.field("id").trim(), typed("key")).await,
            "token" => self.with_token(typed("token")).await,
            "code" => self.with_code(&typed("code")).await,
            "none" => self.without_login(login.field("who")).await,
            _ => Err(not_here("such way to log in")),
        }
    }

    /// One at a time: the server counts logins and mints of an address together, and soon refuses all.
    async fn with_password(&self, login: &Login, tenant: Option<&str>) -> Result<Session, Failure> {
        let username = login.field("username");
        if username.is_empty() {
            return Err(wrong("a user name is needed"));
        }
        let password = login.secret("password").map_or("", Secret::expose);
        let body = json!({ "username": username, "password": password, "tenant-id": tenant });
        let reply = {
            let _one_at_a_time = self.attempts.lock().await;
            self.http.send(Call::exchange_json(&[API[0], API[1], "users", "login"], &body)).await?
        };
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        let told: wire::Bearer = wire::decode(&reply, "the bearer")?;
        let bearer = told.token.ok_or_else(|| errors::unexpected(&reply, "the bearer"))?;
        let session = self.session(bearer.0, None)?;
        self.tenant_is_there(&session).await?;
        Ok(session)
    }

    /// Root is let in whatever tenant the account names, so that is looked for at once.
    async fn tenant_is_there(&self, session: &Session) -> Result<(), Failure> {
        let acting = self.acting(session)?;
        if acting.actor.role != Role::Root || self.tenant.is_none() {
            return Ok(());
        }
        let call = Call::read(&[API[0], API[1], "tenants", &acting.tenant]);
        match self.send(acting.sign(call)).await {
            Err(failure) if failure.kind == FailureKind::NotFound => {
                Err(wrong("there is no tenant with the id that the account names"))
            }
            told => told.map(drop),
        }
    }

    pub(super) async fn with_key(&self, id: &str, key: Secret) -> Result<Session, Failure> {
        if !is_id(id) {
            return Err(wrong("a service user's id is a UUID; it is shown beside its key"));
        }
        if claims::reading(key.expose()) != Reading::Key {
            return Err(wrong("this is no key of a service user; those begin with pgl_"));
        }
        let bearer = self.exchange_or_fail(id, &key).await?;
        self.remember(&key, id);
        let both = Secret::new(format!("{id}:{}", key.expose()));
        self.session(bearer, Some(both))
    }

    /// Gets another bearer for the key that the session was logged in with.
    pub(super) async fn renew_session(&self, session: &Session) -> Result<Session, Failure> {
        let ended =
            || Failure::new(FailureKind::LoggedOut, "a login lasts a day here and cannot renew itself");
        let both = session.renewal.as_ref().ok_or_else(ended)?.expose();
        let (id, key) = both.split_once(':').ok_or_else(ended)?;
        self.with_key(id, Secret::new(key.to_owned())).await
    }

    /// A token is taken if the server takes it; what it may do it says itself.
    pub(super) async fn with_token(&self, token: Secret) -> Result<Session, Failure> {
        let Reading::Token(claims) = claims::reading(token.expose()) else {
            return Err(wrong(claims::NEITHER));
        };
        if claims.expires().is_some_and(|end| end <= self.now()) {
            return Err(wrong("this token has ended; log in again where it is from"));
        }
        let reply = self.http.send(Call::present(&[API[0], API[1], "users", "me"]).bearer(&token)).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        self.session(token, None)
    }

    async fn without_login(&self, who: &str) -> Result<Session, Failure> {
        let reply = self.http.send(Call::read(&[API[0], API[1], "users", "me"])).await?;
        if reply.status == 401 {
            return Err(wrong("this server asks for a login"));
        }
        if !reply.is_success() {
            return Err(errors::failure(&reply));
        }
        {
            let mut known = self.known();
            (known.role, known.open) = (Some(Role::TenantAdmin), true);
        }
        let who = if who.is_empty() { "anybody" } else { who };
        let facts = SessionFacts {
            who: Text::clean(who),
            kind: "user",
            may_create: Ok(()),
            may_revoke: Ok(()),
            expires: None,
            renews: false,
            kept: false,
            credential: None,
        };
        Ok(Session { facts, bearer: Secret::new(String::new()), renewal: None })
    }

    /// A session of a bearer, as far as that tells about itself.
    pub(super) fn session(&self, bearer: Secret, renewal: Option<Secret>) -> Result<Session, Failure> {
        let unreadable = || Failure::new(FailureKind::Unexpected, "the bearer could not be read");
        let told = claims::read(bearer.expose()).ok_or_else(unreadable)?;
        let actor = Actor::of(bearer.expose()).ok_or_else(unreadable)?;
        let elsewhere =
            actor.own_tenant.is_some() && self.tenant.is_some() && actor.own_tenant != self.tenant;
        if elsewhere {
            return Err(wrong("this login is for another tenant than the one the account names"));
        }
        {
            let mut known = self.known();
            (known.role, known.open) = (Some(actor.role), false);
        }
        let may_create = match actor.role {
            Role::TenantUser => Err(Text::clean(acting::ADMINS_ONLY)),
            Role::TenantAdmin | Role::Root => Ok(()),
        };
        let by_key = renewal.is_some();
        let facts = SessionFacts {
            who: Text::clean(&told.username),
            kind: if by_key { "service user" } else { "user" },
            may_create,
            may_revoke: Ok(()),
            expires: told.expires(),
            renews: by_key,
            kept: false,
            credential: if by_key { Some(Id::new(told.sub)) } else { told.jti.map(Id::new) },
        };
        Ok(Session { facts, bearer, renewal })
    }

    /// Redeems a code of a sign-in by browser.
    pub(super) async fn with_code(&self, code: &Secret) -> Result<Session, Failure> {
        let code = bare_code(code.expose());
        let body: Value = json!({ "code": code });
        let reply =
            self.http.send(Call::exchange_json(&[API[0], API[1], "oauth", "exchange"], &body)).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        let told: wire::Bearer = wire::decode(&reply, "the bearer")?;
        let bearer = told.token.ok_or_else(|| errors::unexpected(&reply, "the bearer"))?;
        self.session(bearer.0, None)
    }
}

/// The code of whatever was pasted: itself, or the whole address it stands in.
fn bare_code(pasted: &str) -> &str {
    let after = pasted.rsplit_once("code=").map_or(pasted, |(_, code)| code);
    after.split(['&', '#']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_or_its_whole_address() {
        for (pasted, code) in [
            ("abc", "abc"),
            (" abc\n", "abc"),
            ("http://127.0.0.1:19876/keywright?code=abc", "abc"),
            ("http://127.0.0.1:19876/keywright?x=1&code=abc&y=2#z", "abc"),
        ] {
            assert_eq!(bare_code(pasted), code);
        }
    }
}
