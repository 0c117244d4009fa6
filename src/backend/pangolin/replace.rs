//! Replacing a key on a server that cannot rotate: a second service user like the first, with everything the first
//! holds copied and compared. The first is left alone: who asked for this switches it off and deletes it when its time
//! has come. The server's own rotation is here too, for who chooses it.

use reqwest::Method;
use serde_json::json;

use super::super::Session;
use super::super::http::Call;
use super::acting::{Acting, path_id};
use super::claims::Role;
use super::keys::{SERVICE_USERS, Wanted, made};
use super::scopes::{Held, Names};
use super::{Pangolin, abilities, wire};
use crate::domain::answer::Issued;
use crate::domain::credential::counted_on;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::request::RotateRequest;
use crate::domain::text::Text;
use crate::secret::Secret;

impl Pangolin {
    pub(super) async fn replace_key(
        &self,
        session: &Session,
        tenant: &str,
        request: &RotateRequest,
    ) -> Result<Issued, Failure> {
        let acting = self.acting_in(session, tenant)?;
        acting.need_admin()?;
        let old = self.service_user(&acting, path_id(&request.credential.id)?).await?;
        if request.in_place {
            return self.rotate_in_place(&acting, old, &Names::default()).await;
        }
        let role = old.role.unwrap_or(Role::TenantUser);
        if role == Role::TenantUser && !acting.sees_permissions() {
            let words = "only an administrator of the tenant can see and copy this service user's permissions; nothing \
                         was made";
            return Err(Failure::new(FailureKind::Forbidden, words));
        }
        let names = if acting.sees_permissions() { self.names(&acting).await } else { Names::default() };
        let role = match &request.scopes {
            Some(scopes) => {
                let chosen = Self::chosen(&acting, scopes, &names)?;
                chosen.account.unwrap_or(Role::TenantUser)
            }
            None => role,
        };
        let wanted = Wanted {
            name: old.name.clone(),
            description: old.description.clone().unwrap_or_default(),
            role,
            days: lifetime(&old),
        };
        let (key, row) = self.make_named(&acting, wanted).await?;
        Ok(self.issued(&acting, key, row, &names))
    }

    /// The server's own rotation: the same service user with another key, and the old one is refused from then on. It
    /// fails on every SQL store, and changes nothing then.
    async fn rotate_in_place(
        &self,
        acting: &Acting<'_>,
        old: wire::ServiceUser,
        names: &Names,
    ) -> Result<Issued, Failure> {
        let [api, version, kind] = SERVICE_USERS;
        let call = Call::write(Method::POST, &[api, version, kind, &old.id, "rotate"]).json(&json!({}));
        let reply = self.send(acting.sign(call)).await?;
        let same = Wanted {
            name: old.name,
            description: old.description.unwrap_or_default(),
            role: old.role.unwrap_or(Role::TenantUser),
            days: None,
        };
        let (key, row) = made(&reply, &same)?;
        self.remember(&key, &row.id);
        Ok(self.issued(acting, key, row, names))
    }

    /// With the same name; where the server refuses that with an error of its own, it is looked whether one was made
    /// all the same, and only if not another name is tried. Some stores want names to be unique.
    async fn make_named(
        &self,
        acting: &Acting<'_>,
        wanted: Wanted,
    ) -> Result<(Secret, wire::ServiceUser), Failure> {
        let before = self.ids(acting).await?;
        let failure = match self.make(acting, &wanted).await {
            Err(failure) if failure.kind == FailureKind::ServerFailed => failure,
            made => return made,
        };
        match self.ids(acting).await {
            Ok(after) if after == before => {
                let name = counted_on(&wanted.name);
                self.make(acting, &Wanted { name, ..wanted }).await
            }
            Ok(_) | Err(_) => Err(failure),
        }
    }

    async fn ids(&self, acting: &Acting<'_>) -> Result<Vec<String>, Failure> {
        let rows: Vec<wire::ServiceUser> = self.rows(acting, &SERVICE_USERS).await?;
        let mut ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// What the second one holds otherwise than it should, compared as sets.
    pub(super) async fn difference(&self, acting: &Acting<'_>, id: &str, wanted: &Held) -> Option<Text> {
        if !acting.sees_permissions() {
            return None;
        }
        let Ok(has) = self.held(acting, id).await else {
            return Some(Text::clean("what was copied could not be compared; look at its permissions"));
        };
        let (has, wanted) = (has.set(), wanted.set());
        let missing: Vec<&String> = wanted.difference(&has).collect();
        let more: Vec<&String> = has.difference(&wanted).collect();
        if missing.is_empty() && more.is_empty() {
            return None;
        }
        let words = format!("the copy differs: {missing:?} is missing, {more:?} is too much");
        Some(Text::clean(&words))
    }
}

/// The whole length of the first one's life, in days, which the second one gets again.
fn lifetime(old: &wire::ServiceUser) -> Option<i64> {
    let (from, to) = (old.created.0?, old.expires.0?);
    let days = (to.duration_since(from).as_hours() + 12) / 24;
    Some(days.clamp(1, abilities::LONGEST_DAYS))
}
