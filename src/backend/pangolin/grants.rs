//! Permissions and roles of service users: read, given, and compared.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::super::http::Call;
use super::acting::Acting;
use super::scopes::{Held, Names};
use super::wire::{Catalog, GrantRole, Permission};
use super::{Pangolin, wire};
use crate::domain::failure::Failure;

/// How long one grant may take while a new secret is only in memory.
const GRANT: Duration = Duration::from_secs(5);

impl Pangolin {
    /// What ids stand for in a tenant. What cannot be read stays an id.
    pub(super) async fn names(&self, acting: &Acting<'_>) -> Names {
        let (catalogs, roles) = tokio::join!(
            self.rows::<Catalog>(acting, &["api", "v1", "catalogs"]),
            self.rows::<GrantRole>(acting, &["api", "v1", "roles"]),
        );
        Names { catalogs: catalogs.unwrap_or_default(), roles: roles.unwrap_or_default() }
    }

    /// A list whose odd rows are left out.
    pub(super) async fn rows<T: serde::de::DeserializeOwned>(
        &self,
        acting: &Acting<'_>,
        path: &[&str],
    ) -> Result<Vec<T>, Failure> {
        let reply = self.send(acting.sign(Call::read(path))).await?;
        Ok(wire::rows(&reply, "the list")?.0)
    }

    /// Every permission of the tenant that was given to somebody. (Asked for one user, SQL stores also list what comes
    /// of roles, under ids that mean nothing.)
    pub(super) async fn permissions(&self, acting: &Acting<'_>) -> Result<Vec<Permission>, Failure> {
        self.rows(acting, &["api", "v1", "permissions"]).await
    }

    /// The roles of a user or service user.
    pub(super) async fn roles_of(
        &self,
        acting: &Acting<'_>,
        principal: &str,
    ) -> Result<Vec<GrantRole>, Failure> {
        self.rows(acting, &["api", "v1", "users", principal, "roles"]).await
    }

    /// All that a service user holds.
    pub(super) async fn held(&self, acting: &Acting<'_>, principal: &str) -> Result<Held, Failure> {
        let (permissions, roles) = tokio::join!(self.permissions(acting), self.roles_of(acting, principal));
        let permissions = permissions?.into_iter().filter(|one| one.user == principal).collect();
        Ok(Held { permissions, roles: roles? })
    }

    /// Gives a service user what it is to hold; what could not be given is told in sentences. Each is sent once.
    pub(super) async fn give(
        &self,
        acting: &Acting<'_>,
        principal: &str,
        held: &Held,
        names: &Names,
    ) -> Vec<String> {
        let mut failed = Vec::new();
        for one in &held.permissions {
            let body = json!({ "user-id": principal, "scope": one.scope, "actions": one.actions });
            let call = Call::write(Method::POST, &["api", "v1", "permissions"]).json(&body).within(GRANT);
            if let Err(failure) = self.send(acting.sign(call)).await {
                let words = super::scopes::words_of(one, names).join(", ");
                failed.push(format!("{words}: {}", failure.sentence()));
            }
        }
        for role in &held.roles {
            let path = ["api", "v1", "users", principal, "roles"];
            let call = Call::write(Method::POST, &path).json(&json!({ "role-id": role.id })).within(GRANT);
            if let Err(failure) = self.send(acting.sign(call)).await {
                failed.push(format!("role {}: {}", role.name, failure.sentence()));
            }
        }
        failed
    }
}
