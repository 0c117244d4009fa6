//! Replacing a key on a server that cannot rotate: a second service user like the first, with everything the first
//! holds copied and compared. The first is left alone: who asked for this deletes it when its time has come.

use super::super::Session;
use super::acting::{Acting, path_id};
use super::claims::Role;
use super::keys::{SERVICE_USERS, Wanted};
use super::scopes::{Held, Names};
use super::{Pangolin, abilities, wire};
use crate::domain::answer::Issued;
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
        let role = old.role.unwrap_or(Role::TenantUser);
        if role == Role::TenantUser && !acting.sees_permissions() {
            let words = "only an administrator of the tenant can see and copy this service user's permissions; nothing \
                         was made";
            return Err(Failure::new(FailureKind::Forbidden, words));
        }
        let names = if acting.sees_permissions() { self.names(&acting).await } else { Names::default() };
        let (role, held) = match &request.scopes {
            Some(scopes) => {
                let chosen = Self::chosen(&acting, scopes, &names)?;
                (chosen.account.unwrap_or(Role::TenantUser), chosen.held)
            }
            None if acting.sees_permissions() => (role, self.held(&acting, &old.id).await?),
            None => (role, Held::default()),
        };
        let wanted = Wanted {
            name: old.name.clone(),
            description: old.description.clone().unwrap_or_default(),
            role,
            days: lifetime(&old),
        };
        let (key, row) = self.make_named(&acting, wanted).await?;
        let failed = self.give(&acting, &row.id, &held, &names).await;
        let id = row.id.clone();
        let mut issued = self.issued(&acting, key, row, (held.clone(), failed), &names).await?;
        if let (None, Some(difference)) = (&issued.note, self.difference(&acting, &id, &held).await) {
            issued.note = Some(difference);
        }
        Ok(issued)
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
                let name = successor(&wanted.name);
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
    async fn difference(&self, acting: &Acting<'_>, id: &str, wanted: &Held) -> Option<Text> {
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

/// `ci` becomes `ci-2`, and that `ci-3`.
fn successor(name: &str) -> String {
    let counted = name.rsplit_once('-').and_then(|(stem, count)| Some((stem, count.parse::<u32>().ok()?)));
    match counted {
        Some((stem, count)) => format!("{stem}-{}", count.saturating_add(1)),
        None => format!("{name}-2"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_on() {
        for (name, next) in [("ci", "ci-2"), ("ci-2", "ci-3"), ("ci-x", "ci-x-2"), ("", "-2")] {
            assert_eq!(successor(name), next);
        }
    }
}
