//! Tenants and users: made and deleted within what the session may reach.

use reqwest::Method;
use serde_json::json;

use super::super::Session;
use super::super::http::Call;
use super::acting::OwnerId;
use super::claims::Role;
use super::{Pangolin, errors, views, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Owner;
use crate::domain::request::OwnerForm;
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
            let words = "tenants are made by root, in an account that names no tenant";
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

    /// A tenant's new name.
    pub(super) async fn rename_tenant(
        &self,
        session: &Session,
        tenant: &str,
        name: &str,
    ) -> Result<Owner, Failure> {
        let acting = self.acting(session)?;
        if !self.is_over_all(&acting) {
            let words = "a tenant is changed by root, in an account that names no tenant";
            return Err(Failure::new(FailureKind::Forbidden, words));
        }
        self.abilities_check(name)?;
        let call = Call::write(Method::PUT, &["api", "v1", "tenants", tenant]).json(&json!({ "name": name }));
        let reply = self.send(acting.sign(call)).await?;
        let tenant: wire::Tenant = wire::decode(&reply, "the tenant")?;
        Ok(of_tenant(&tenant))
    }

    /// A user of the session's own tenant. Root makes administrators only; everybody else's tenants are never reached
    /// into, though the server would let it.
    pub(super) async fn create_user(&self, session: &Session, form: &OwnerForm) -> Result<Owner, Failure> {
        let acting = self.acting(session)?;
        acting.need_admin()?;
        self.abilities_check(&form.name)?;
        let role = match form.field(views::ROLE) {
            "tenant-admin" => Role::TenantAdmin,
            _ if acting.actor.role == Role::Root => {
                return Err(errors::invalid("root makes administrators only; an administrator makes users"));
            }
            _ => Role::TenantUser,
        };
        let password = form.secret(views::PASSWORD).filter(|password| !password.is_empty());
        // The server takes an empty one.
        let password = password.ok_or_else(|| errors::invalid("a user needs a password"))?;
        let body = json!({
            "username": form.name, "email": form.field(views::EMAIL), "password": password.expose(),
            "tenant_id": acting.tenant, "role": role.word(),
        });
        let call = Call::write(Method::POST, &["api", "v1", "users"]).json(&body);
        let reply = match self.send(acting.sign(call)).await {
            Err(failure) if failure.kind == FailureKind::ServerFailed => {
                return Err(taken(failure, &form.name));
            }
            sent => sent?,
        };
        let user: wire::User = wire::decode(&reply, "the new user")?;
        Ok(of_user(&user))
    }

    /// A user's new address or password. Plain users change their own.
    pub(super) async fn change_user(
        &self,
        session: &Session,
        user: &str,
        form: &OwnerForm,
    ) -> Result<Owner, Failure> {
        let acting = self.acting(session)?;
        if acting.actor.id != user {
            acting.need_admin()?;
        }
        let read = self.send(acting.sign(Call::read(&["api", "v1", "users", user]))).await?;
        let known: wire::User = wire::decode(&read, "the user")?;
        if known.tenant.as_deref().is_some_and(|tenant| tenant != acting.tenant) {
            return Err(Failure::new(FailureKind::Forbidden, "this user is of another tenant"));
        }
        let mut body = serde_json::Map::new();
        let email = form.field(views::EMAIL);
        if !email.is_empty() {
            body.insert(String::from("email"), json!(email));
        }
        if let Some(password) = form.secret(views::PASSWORD).filter(|password| !password.is_empty()) {
            body.insert(String::from("password"), json!(password.expose()));
        }
        if body.is_empty() {
            return Ok(of_user(&known));
        }
        let call = Call::write(Method::PUT, &["api", "v1", "users", user]).json(&body.into());
        self.send(acting.sign(call)).await?;
        let read = self.send(acting.sign(Call::read(&["api", "v1", "users", user]))).await?;
        let changed: wire::User = wire::decode(&read, "the user")?;
        Ok(of_user(&changed))
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

/// What the server means by its failure: names and addresses are unique over all tenants of an SQL store, and it does
/// not say so.
fn taken(failure: Failure, name: &str) -> Failure {
    let says = failure.detail.as_ref().is_some_and(|words| words.as_str() == "Failed to create user");
    if !says {
        return failure;
    }
    let words = format!(
        "the server could not make {name}: most likely this name or e-mail address is taken, in whichever tenant"
    );
    Failure { detail: Some(Text::clean(&words)), ..failure }
}
