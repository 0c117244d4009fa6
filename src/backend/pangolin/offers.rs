//! What there is to choose from as permissions: every action on the tenant, each catalog and each namespace, and roles.

use std::borrow::Cow;

use super::super::Session;
use super::super::http::Call;
use super::acting::Acting;
use super::scopes::{ACTIONS, Names, allows, role_allows};
use super::{Pangolin, abilities, wire};
use crate::domain::failure::Failure;
use crate::domain::scope::{Risk, ScopeOffer};
use crate::domain::text::Text;

impl Pangolin {
    pub(super) async fn offers(&self, session: &Session, kind: &str) -> Result<Vec<ScopeOffer>, Failure> {
        let acting = self.acting(session)?;
        if kind != abilities::KEY || !acting.sees_permissions() {
            return Ok(Vec::new());
        }
        let names = self.names(&acting).await;
        let mut offers: Vec<ScopeOffer> = names.roles.iter().map(|role| of_role(role, &names)).collect();
        let asked = ACTIONS.iter().filter(|(action, ..)| !matches!(*action, "read" | "write" | "all"));
        offers.extend(asked.map(|(action, _, risk)| offer(&format!("{action} tenant"), "tenant", *risk)));
        for catalog in &names.catalogs {
            let name = &catalog.name;
            let group = format!("catalog {name}");
            offers.extend(everything_on(&group, &group));
            for namespace in self.namespaces(&acting, name).await {
                offers.extend(everything_on(&format!("namespace {name}/{namespace}"), &group));
            }
        }
        Ok(offers)
    }

    /// The namespaces of a catalog; none where they cannot be listed.
    pub(super) async fn namespaces(&self, acting: &Acting<'_>, catalog: &str) -> Vec<String> {
        let call = Call::read(&["v1", catalog, "namespaces"]);
        let Ok(reply) = self.send(acting.sign(call)).await else { return Vec::new() };
        let told = wire::decode::<wire::Namespaces>(&reply, "the namespaces");
        told.map(|told| told.namespaces.iter().map(|parts| parts.join(".")).collect()).unwrap_or_default()
    }
}

fn offer(word: &str, group: &str, risk: Risk) -> ScopeOffer {
    ScopeOffer {
        id: Cow::Owned(word.to_owned()),
        title: None,
        group: Cow::Owned(group.to_owned()),
        allows: Cow::Owned(allows(word)),
        risk,
    }
}

fn everything_on<'a>(place: &'a str, group: &'a str) -> impl Iterator<Item = ScopeOffer> + 'a {
    ACTIONS.iter().map(move |(action, _, risk)| offer(&format!("{action} {place}"), group, *risk))
}

/// A role is as risky as the riskiest of what it grants.
fn of_role(role: &wire::GrantRole, names: &Names) -> ScopeOffer {
    let actions = role.permissions.iter().flat_map(|one| &one.actions);
    let risks =
        actions.filter_map(|action| ACTIONS.iter().find(|(id, ..)| id == action)).map(|(.., risk)| *risk);
    ScopeOffer {
        id: Cow::Owned(format!("role {}", role.name)),
        title: Some(Text::clean(&format!("role {}", role.name))),
        group: Cow::Borrowed("roles"),
        allows: Cow::Owned(role_allows(role, names)),
        risk: risks.max().unwrap_or(Risk::Reads),
    }
}
