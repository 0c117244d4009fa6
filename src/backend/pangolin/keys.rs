//! Service users and their one key each: made, read, changed, deleted. The key is the credential.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::super::Session;
use super::super::http::{Call, Reply};
use super::abilities::{ABILITIES, KEY, LONGEST_DAYS};
use super::acting::{Acting, OwnerId, path_id};
use super::claims::{Role, is_id};
use super::scopes::{Chosen, Held, Names, granted, parse};
use super::{Pangolin, errors, wire};
use crate::domain::answer::{Equipped, Issued};
use crate::domain::credential::{Credential, Expiry, LastUse, Told};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::request::{CreateRequest, Edit, Equipment};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Date;
use crate::secret::{Part, Parts, Secret};

/// Where service users are.
pub(super) const SERVICE_USERS: [&str; 3] = ["api", "v1", "service-users"];
const WHAT: &str = "the service user";
/// What stands for permissions that the session cannot see.
const UNSEEN: &str = "permissions this login cannot see";

/// A service user that is to be made.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) role: Role,
    pub(super) days: Option<i64>,
}

/// What a service user holds, as far as the session sees it.
pub(super) enum Seen {
    Held(Held),
    Unseen,
}

impl Pangolin {
    pub(super) async fn read_key(
        &self,
        session: &Session,
        tenant: &str,
        id: &Id,
    ) -> Result<Credential, Failure> {
        let acting = self.acting_in(session, tenant)?;
        let row = self.service_user(&acting, path_id(id)?).await?;
        let (seen, names) = self.seen(&acting, &row.id).await?;
        let mut read = credential(row, &self.tenant_ref(tenant), &seen, &names);
        read.particulars.presented = self.presented();
        Ok(read)
    }

    pub(super) async fn service_user(
        &self,
        acting: &Acting<'_>,
        id: &str,
    ) -> Result<wire::ServiceUser, Failure> {
        let [api, version, kind] = SERVICE_USERS;
        let reply = self.send(acting.sign(Call::read(&[api, version, kind, id]))).await?;
        wire::decode(&reply, WHAT)
    }

    /// What one holds, and the names for it.
    pub(super) async fn seen(&self, acting: &Acting<'_>, id: &str) -> Result<(Seen, Names), Failure> {
        if !acting.sees_permissions() {
            return Ok((Seen::Unseen, Names::default()));
        }
        let (held, names) = tokio::join!(self.held(acting, id), self.names(acting));
        Ok((Seen::Held(held?), names))
    }

    /// The tenant as rows name it.
    pub(super) fn tenant_ref(&self, tenant: &str) -> OwnerRef {
        let name = self.known().tenants.get(tenant).cloned().unwrap_or_else(|| Text::clean(tenant));
        OwnerRef { id: OwnerId::Tenant(tenant.to_owned()).id(), name }
    }

    /// Makes a service user and gives it what was chosen. Whatever goes wrong after the key has come is told with it.
    pub(super) async fn create_key(
        &self,
        session: &Session,
        tenant: &str,
        request: &CreateRequest,
    ) -> Result<Issued, Failure> {
        let acting = self.acting_in(session, tenant)?;
        acting.need_admin()?;
        if request.kind != KEY {
            return Err(errors::invalid("a tenant owns service-user keys; tokens are minted for its users"));
        }
        check_name(&request.name)?;
        let names = if acting.sees_permissions() { self.names(&acting).await } else { Names::default() };
        let chosen = Self::chosen(&acting, &request.scopes, &names)?;
        let wanted = Wanted {
            name: request.name.clone(),
            description: request.description.clone(),
            role: chosen.account.unwrap_or(Role::TenantUser),
            days: request.expiry.map(|date| self.days_until(date)).transpose()?,
        };
        let (key, row) = self.make(&acting, &wanted).await?;
        Ok(self.issued(&acting, key, row, &names))
    }

    /// Gives a service user what it is to hold, as far as it does not yet, and compares the two as sets.
    pub(super) async fn equip_key(
        &self,
        session: &Session,
        tenant: &str,
        id: &Id,
        equipment: &Equipment,
    ) -> Result<Equipped, Failure> {
        let acting = self.acting_in(session, tenant)?;
        // Root gives only account roles, and those came with the service user.
        if !acting.sees_permissions() {
            return Ok(Equipped::Whole);
        }
        let (id, names) = (path_id(id)?, self.names(&acting).await);
        let wanted = match &equipment.like {
            Some(old) if equipment.scopes.is_empty() => self.held(&acting, path_id(&old.id)?).await?,
            Some(_) | None => Self::chosen(&acting, &equipment.scopes, &names)?.held,
        };
        let missing = wanted.without(&self.held(&acting, id).await?);
        let failed = self.give(&acting, id, &missing, &names).await;
        if !failed.is_empty() {
            let words = format!("the key is made, but this could not be given to it: {}", failed.join("; "));
            return Ok(Equipped::Lacking(Text::clean(&words)));
        }
        Ok(self.difference(&acting, id, &wanted).await.map_or(Equipped::Whole, Equipped::Lacking))
    }

    /// What was chosen, if this session can give it.
    pub(super) fn chosen(acting: &Acting<'_>, scopes: &[String], names: &Names) -> Result<Chosen, Failure> {
        let chosen = parse(scopes, names).map_err(|words| errors::invalid(&words))?;
        let holds = !chosen.held.permissions.is_empty() || !chosen.held.roles.is_empty();
        if holds && !acting.sees_permissions() {
            let words = "this login can give no permissions; log in as an administrator of the tenant";
            return Err(Failure::new(FailureKind::Forbidden, words));
        }
        if holds && chosen.account == Some(Role::TenantAdmin) {
            return Err(errors::invalid(
                "an administrator passes every check: choose the account role alone",
            ));
        }
        Ok(chosen)
    }

    /// Sends the create once. Whatever else is odd about the answer, a key in it is handed over.
    pub(super) async fn make(
        &self,
        acting: &Acting<'_>,
        wanted: &Wanted,
    ) -> Result<(Secret, wire::ServiceUser), Failure> {
        let mut body = json!({ "name": wanted.name, "role": wanted.role.word() });
        if let Value::Object(members) = &mut body {
            if !wanted.description.is_empty() {
                members.insert(String::from("description"), json!(wanted.description));
            }
            if let Some(days) = wanted.days {
                members.insert(String::from("expires_in_days"), json!(days));
            }
        }
        let reply = self.send(acting.sign(Call::write(Method::POST, &SERVICE_USERS).json(&body))).await?;
        let (key, row) = made(&reply, wanted)?;
        self.remember(&key, &row.id);
        Ok((key, row))
    }

    /// The new key with what is known of it. What it may do besides its account role it is given next.
    pub(super) fn issued(
        &self,
        acting: &Acting<'_>,
        key: Secret,
        row: wire::ServiceUser,
        names: &Names,
    ) -> Issued {
        let id = Secret::new(row.id.clone());
        let seen = if acting.sees_permissions() { Seen::Held(Held::default()) } else { Seen::Unseen };
        let credential = credential(row, &self.tenant_ref(&acting.tenant), &seen, names);
        let parts = Parts::named(vec![Part { name: "secret", secret: key }, Part { name: "id", secret: id }]);
        Issued { credential, parts, note: None }
    }

    /// How a key is presented to this server, as far as that was found out.
    pub(super) fn presented(&self) -> Option<Text> {
        let words = if self.known().takes_header? {
            "as X-API-Key, which this server takes (its legacy setting is on), or exchanged for a bearer"
        } else {
            "exchanged for a bearer; in the X-API-Key header this server refuses every key, as by default"
        };
        Some(Text::clean(words))
    }

    pub(super) async fn edit_key(
        &self,
        session: &Session,
        tenant: &str,
        id: &Id,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        let acting = self.acting_in(session, tenant)?;
        let [api, version, kind] = SERVICE_USERS;
        let path = [api, version, kind, path_id(id)?];
        // The server says that it has changed one that is not there.
        self.service_user(&acting, path_id(id)?).await?;
        let mut body = Map::new();
        if let Some(name) = &edit.name {
            check_name(name)?;
            body.insert(String::from("name"), json!(name));
        }
        if let Some(description) = &edit.description {
            body.insert(String::from("description"), json!(description));
        }
        if let Some(enabled) = edit.enabled {
            body.insert(String::from("active"), json!(enabled));
        }
        self.send(acting.sign(Call::write(Method::PUT, &path).json(&body.into()))).await?;
        self.read_key(session, tenant, id).await
    }

    /// The server says that it has deleted one that is not there.
    pub(super) async fn delete_key(&self, session: &Session, tenant: &str, id: &Id) -> Result<(), Failure> {
        let acting = self.acting_in(session, tenant)?;
        let [api, version, kind] = SERVICE_USERS;
        self.service_user(&acting, path_id(id)?).await?;
        let call = Call::write(Method::DELETE, &[api, version, kind, path_id(id)?]);
        self.send(acting.sign(call)).await.map(drop)
    }

    /// Days from today, as the server counts a life; it takes any number, and makes dead keys of some.
    fn days_until(&self, date: Date) -> Result<i64, Failure> {
        let today = self.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let days = date.duration_since(today).as_hours() / 24;
        if (1..=LONGEST_DAYS).contains(&days) {
            return Ok(days);
        }
        Err(errors::invalid(&format!(
            "a key ends between tomorrow and {LONGEST_DAYS} days from now, or never"
        )))
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    ABILITIES.credential.names.check(name).map_err(|words| errors::invalid(&words))
}

/// The key of an answer and what came with it. When the rest cannot be read, key and id alone are looked for.
pub(super) fn made(reply: &Reply, wanted: &Wanted) -> Result<(Secret, wire::ServiceUser), Failure> {
    let whole: Option<wire::ServiceUser> = serde_json::from_slice(&reply.body).ok();
    let taken = whole.and_then(|mut row| Some((row.api_key.take()?.0, row)));
    let rescued = || {
        let value: Value = serde_json::from_slice(&reply.body).ok()?;
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let row = wire::ServiceUser {
            id: text("id").filter(|id| is_id(id))?,
            name: wanted.name.clone(),
            description: Some(wanted.description.clone()),
            role: Some(wanted.role),
            created: wire::Moment::default(),
            last_used: wire::Moment::default(),
            expires: wire::Moment::default(),
            active: true,
            api_key: None,
        };
        Some((Secret::new(text("api_key")?), row))
    };
    let found = taken.or_else(rescued).filter(|(key, _)| !key.is_empty());
    found.ok_or_else(|| errors::unexpected(reply, "the answer with the new key"))
}

/// A service user's key as a credential of its tenant.
pub(super) fn credential(row: wire::ServiceUser, owner: &OwnerRef, seen: &Seen, names: &Names) -> Credential {
    let role = row.role.unwrap_or(Role::TenantUser);
    let (scopes, allows) = match (role, seen) {
        (Role::TenantUser, Seen::Unseen) => {
            let words =
                "what its permissions allow: this login cannot see them, an administrator of its tenant can";
            (Granted::Listed(vec![Text::clean(UNSEEN)]), vec![Text::clean(words)])
        }
        (Role::TenantUser, Seen::Held(held)) => (granted(role, &held.words(names)), held.sentences(names)),
        (Role::TenantAdmin | Role::Root, _) => (granted(role, &[]), vec![Text::clean(role_sentence(role))]),
    };
    Credential {
        id: Id::new(row.id),
        owner: owner.clone(),
        name: Text::clean(&row.name),
        kind: KEY,
        description: Text::clean(&row.description.unwrap_or_default()),
        scopes,
        created: row.created.0,
        rotated: None,
        expires: row.expires.0.map_or(Expiry::Never, Expiry::At),
        last_use: row.last_used.0.map_or(LastUse::Never, LastUse::At),
        enabled: row.active,
        owner_enabled: true,
        window: None,
        particulars: Told { allows, ..Told::NOTHING }.into(),
    }
}

fn role_sentence(role: Role) -> &'static str {
    match role {
        Role::Root => "may do everything in every tenant: its account role is root",
        Role::TenantAdmin => "may administer its tenant and do everything in it",
        Role::TenantUser => "is a plain user of its tenant",
    }
}
