//! Tenants and users: made and deleted within what the session may reach.

use reqwest::Method;
use serde_json::json;

use super::super::Session;
use super::super::http::Call;
use super::acting::OwnerId;
use super::claims::Role;
use super::{Pangolin, errors, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Owner;
use crate::domain::text::Text;

/// A tenant as an owner.
pub(super) fn of_tenant(tenant: &wire::Tenant) -> Owner {
    let name = if tenant.name.is_empty() { "tenant without a name" } else { &tenant.name };
    Owner {
        id: OwnerId::Tenant(tenant.id.clone()).id(),
        name: Text::clean(name),
        description: Text::clean("the tenant; service-user keys belong to it"),
        enabled: true,
        created: None,
    }
}

/// A user as an owner. Whether a user is switched on the server neither tells nor checks.
pub(super) fn of_user(user: &wire::User) -> Owner {
    let role = user.role.map_or("user", Role::word);
    Owner {
        id: OwnerId::User(user.id.clone()).id(),
        name: Text::clean(&user.username),
        description: Text::clean(&format!("{role} {}", user.email)),
        enabled: true,
        created: user.created.0,
    }
}

impl Pangolin {
    pub(super) async fn create_tenant(&self, session: &Session, name: &str) -> Result<Owner, Failure> {
        let acting = self.acting(session)?;
        if !self.is_over_all(&acting) {
            let words = "tenants are made by root, in an account that names no tenant; a new user needs a password, which \
                         cannot be given here";
            return Err(Failure::new(FailureKind::Forbidden, words));
        }
        self.abilities_check(name)?;
        let call = Call::write(Method::POST, &["api", "v1", "tenants"]).json(&json!({ "name": name }));
        let reply = self.send(acting.sign(call)).await?;
        let tenant: wire::Tenant = wire::decode(&reply, "the new tenant")?;
        Ok(of_tenant(&tenant))
    }

    fn abilities_check(&self, name: &str) -> Result<(), Failure> {
        use super::super::Backend as _;
        self.abilities().owner.names.check(name).map_err(|words| errors::invalid(&words))
    }

    pub(super) async fn delete_tenant(&self, session: &Session, tenant: &str) -> Result<(), Failure> {
        let acting = self.acting(session)?;
        if !self.is_over_all(&acting) {
            let words = "a tenant is deleted by root, in an account that names no tenant";
            return Err(Failure::new(FailureKind::Forbidden, words));
        }
        let call = Call::write(Method::DELETE, &["api", "v1", "tenants", tenant]);
        self.send(acting.sign(call)).await.map(drop)
    }

    /// The server says the same of a user that is not there, so that is asked first.
    pub(super) async fn delete_user(&self, session: &Session, user: &str) -> Result<(), Failure> {
        let acting = self.acting(session)?;
        acting.need_admin()?;
        if acting.actor.id == user {
            return Err(Failure::new(FailureKind::Forbidden, "nobody deletes themselves here"));
        }
        self.send(acting.sign(Call::read(&["api", "v1", "users", user]))).await?;
        let call = Call::write(Method::DELETE, &["api", "v1", "users", user]);
        self.send(acting.sign(call)).await.map(drop)
    }
}
