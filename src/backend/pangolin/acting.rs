//! Who acts, and in which tenant. Root acts where a header says; everybody else at home, whatever the header.

use super::super::Session;
use super::super::http::Call;
use super::Pangolin;
use super::claims::{Actor, NIL, Role, is_id};
use super::errors;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::secret::Secret;

/// What credentials belong to: keys to a tenant, minted tokens to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnerId {
    /// A tenant's id.
    Tenant(String),
    /// A user's id.
    User(String),
}

impl OwnerId {
    /// Reads an identifier that was made by [`OwnerId::id`].
    pub(super) fn parse(id: &Id) -> Result<Self, Failure> {
        let parsed = match id.as_str().split_once('/') {
            Some(("tenant", id)) if is_id(id) => Some(Self::Tenant(id.to_owned())),
            Some(("user", id)) if is_id(id) => Some(Self::User(id.to_owned())),
            Some(_) | None => None,
        };
        parsed.ok_or_else(|| errors::invalid("this is neither a tenant nor a user"))
    }

    /// The identifier of an owner.
    pub(super) fn id(&self) -> Id {
        match self {
            Self::Tenant(id) => Id::new(format!("tenant/{id}")),
            Self::User(id) => Id::new(format!("user/{id}")),
        }
    }
}

/// An identifier that may stand in a path.
pub(super) fn path_id(id: &Id) -> Result<&str, Failure> {
    if is_id(id.as_str()) { Ok(id.as_str()) } else { Err(errors::invalid("this identifier is not a UUID")) }
}

/// A session at work in a tenant.
pub(super) struct Acting<'a> {
    bearer: &'a Secret,
    pub(super) actor: Actor,
    /// The tenant it acts in.
    pub(super) tenant: String,
}

impl Acting<'_> {
    /// The request with what tells who acts and where.
    pub(super) fn sign<'c>(&'c self, call: Call<'c>) -> Call<'c> {
        let call = call.bearer(self.bearer);
        if self.actor.role == Role::Root { call.header("x-pangolin-tenant", &self.tenant) } else { call }
    }

    /// Whether permissions can be seen and given: not by root, and not where authentication is off.
    pub(super) fn sees_permissions(&self) -> bool {
        self.actor.role != Role::Root && self.actor.own_tenant.is_some()
    }

    /// Refuses what only administrators may, before it is sent.
    pub(super) fn need_admin(&self) -> Result<(), Failure> {
        if self.actor.role == Role::TenantUser {
            return Err(Failure::new(FailureKind::Forbidden, ADMINS_ONLY));
        }
        Ok(())
    }
}

/// Why a plain user makes nothing here.
pub(super) const ADMINS_ONLY: &str =
    "service users and tokens are made by administrators here; a user cannot even mint their own";

impl Pangolin {
    /// The session in the account's tenant, or in its own.
    pub(super) fn acting<'a>(&self, session: &'a Session) -> Result<Acting<'a>, Failure> {
        let unreadable = || Failure::new(FailureKind::LoggedOut, "the session's token cannot be read");
        let actor = Actor::of(session.bearer.expose()).ok_or_else(unreadable)?;
        let named = || self.tenant.clone().filter(|_| actor.role == Role::Root);
        let tenant = actor.own_tenant.clone().or_else(named).unwrap_or_else(|| NIL.to_owned());
        Ok(Acting { bearer: &session.bearer, actor, tenant })
    }

    /// The session in a certain tenant. Reaching into others is never tried, though the server would let it.
    pub(super) fn acting_in<'a>(&self, session: &'a Session, tenant: &str) -> Result<Acting<'a>, Failure> {
        let acting = self.acting(session)?;
        let is_root = acting.actor.role == Role::Root && acting.actor.own_tenant.is_none();
        if is_root || acting.tenant == tenant {
            return Ok(Acting { tenant: tenant.to_owned(), ..acting });
        }
        Err(Failure::new(FailureKind::Forbidden, "this belongs to another tenant than the session"))
    }

    /// Whether the session is root over all tenants.
    pub(super) fn is_over_all(&self, acting: &Acting<'_>) -> bool {
        acting.actor.role == Role::Root && acting.actor.own_tenant.is_none() && self.tenant.is_none()
    }
}
