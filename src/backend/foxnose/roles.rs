//! Roles, and what each permits in words, as the server tells it: there is no list of all permissions anywhere, so names
//! that are not known are shown as they are.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::Session;
use super::abilities::{BEARER, MANAGEMENT};
use super::path::{Kind, segment};
use super::{FoxNose, convert, path, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::scope::{Risk, ScopeOffer};
use crate::domain::text::Text;

const NOTHING: &str = "grants nothing: it has no permissions";

/// What people call the objects of permissions, by their keys.
type Names = HashMap<String, String>;

/// A permission with its objects.
struct Permit {
    content_type: String,
    actions: Vec<String>,
    /// None where it is about all of them, or where the type has none.
    objects: Option<Vec<String>>,
    has_objects: bool,
}

impl FoxNose {
    pub(super) async fn roles_of(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
    ) -> Result<Vec<wire::Role>, Failure> {
        self.all(session, &["v1", environment, "permissions", kind.api(), "roles", ""]).await
    }

    /// What there is to choose from for a kind of credential: roles, or for a token the Flux keys that have none.
    pub(super) async fn offers(
        &self,
        session: &Session,
        noun: &str,
        owner: &Id,
    ) -> Result<Vec<ScopeOffer>, Failure> {
        let environment = path::checked(owner.as_str())?;
        if noun == BEARER {
            return self.keys_without_token(session, environment).await;
        }
        let kind = if noun == MANAGEMENT { Kind::Management } else { Kind::Flux };
        let names = self.names(session, environment, kind).await;
        let mut offers = Vec::new();
        for role in self.roles_of(session, environment, kind).await? {
            let Some(key) = role.key.as_deref().and_then(|key| segment(key).ok()) else { continue };
            let permits = match self.permits(session, environment, kind, key).await {
                // Deleted since the roles were listed: there is nothing to choose any more.
                Err(failure) if failure.kind == FailureKind::NotFound => continue,
                permits => permits?,
            };
            offers.push(ScopeOffer {
                id: Cow::Owned(key.to_owned()),
                title: role.name.as_deref().map(Text::clean),
                group: Cow::Borrowed(""),
                allows: Cow::Owned(Text::clean(&sentences(&role, &permits, &names).join("; ")).to_string()),
                risk: risk(&role, &permits),
            });
        }
        Ok(offers)
    }

    /// What a role allows, one line for each permission.
    pub(super) async fn words_of(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
        role: &wire::Role,
    ) -> Result<Vec<Text>, Failure> {
        let key = path::checked(role.key.as_deref().unwrap_or_default())?;
        let permits = self.permits(session, environment, kind, key).await?;
        let names = self.names(session, environment, kind).await;
        let heading = format!("the role {}", role.name.as_deref().unwrap_or(key));
        let lines = sentences(role, &permits, &names);
        Ok(lines.into_iter().map(|line| Text::clean(&format!("{heading}: {line}"))).collect())
    }

    async fn permits(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
        role: &str,
    ) -> Result<Vec<Permit>, Failure> {
        let base = ["v1", environment, "permissions", kind.api(), "roles", role, "permissions"];
        let mut permits = Vec::new();
        for told in self.all::<wire::Permission>(session, &[&base[..], &[""]].concat()).await? {
            let content_type = told.content_type.unwrap_or_default();
            let objects = if told.all_objects == Some(false) {
                let query = Some(("content_type", content_type.as_str()));
                let rows: Vec<wire::Object> =
                    self.all_with(session, &[&base[..], &["objects", ""]].concat(), query).await?;
                Some(rows.into_iter().filter_map(|row| row.object_key).collect())
            } else {
                None
            };
            let has_objects = told.all_objects.is_some();
            permits.push(Permit {
                content_type,
                actions: told.actions.unwrap_or_default(),
                objects,
                has_objects,
            });
        }
        Ok(permits)
    }

    /// Names for what permissions are about. Without them keys are shown, so a refusal here does not matter.
    async fn names(&self, session: &Session, environment: &str, kind: Kind) -> Names {
        let base: &[&str] = match kind {
            Kind::Flux => &["v1", environment, "api", ""],
            Kind::Management => &["v1", environment, "collections", "tree", ""],
        };
        let rows: Vec<wire::Api> = self.all(session, base).await.unwrap_or_default();
        let named =
            |row: wire::Api| Some((row.key?, row.prefix.map(|prefix| format!("/{prefix}")).or(row.name)?));
        rows.into_iter().filter_map(named).collect()
    }

    async fn keys_without_token(
        &self,
        session: &Session,
        environment: &str,
    ) -> Result<Vec<ScopeOffer>, Failure> {
        let keys = self.keys_of(session, environment, Kind::Flux).await?;
        let roles = self.roles_of(session, environment, Kind::Flux).await.unwrap_or_default();
        let roles = convert::by_key(roles);
        let offer = |row: wire::Row| {
            let key = segment(row.key.as_deref()?).ok()?.to_owned();
            let allows = convert::allows(Kind::Flux, row.role.as_deref(), &roles);
            Some(ScopeOffer {
                id: Cow::Owned(key),
                title: Some(convert::name(&row)),
                group: Cow::Borrowed(""),
                allows: Cow::Owned(allows.iter().map(Text::as_str).collect::<Vec<_>>().join("; ")),
                risk: Risk::Reads,
            })
        };
        Ok(keys.into_iter().filter(|row| row.bearer_token_prefix.is_none()).filter_map(offer).collect())
    }
}

fn sentences(role: &wire::Role, permits: &[Permit], names: &Names) -> Vec<String> {
    if role.full_access == Some(true) {
        return vec![String::from("everything in its environment")];
    }
    if permits.is_empty() {
        return vec![String::from(NOTHING)];
    }
    permits.iter().map(|permit| sentence(permit, names)).collect()
}

fn sentence(permit: &Permit, names: &Names) -> String {
    let actions = match permit.actions.as_slice() {
        [] => String::from("do nothing with"),
        actions => actions.join(", "),
    };
    let (of_all, what) = match permit.content_type.as_str() {
        "flux-apis" => ("content of every API", "content of"),
        "collection-structure" | "folder-structure" => ("the structure of collections", "the structure of"),
        "collection-items" | "folder-items" => ("items of every collection", "items of"),
        "resources" => ("resources", "resources of"),
        "api-keys" => ("API keys", "API keys of"),
        "roles" => ("roles", "roles of"),
        other => (other, other),
    };
    match &permit.objects {
        None => format!("{actions} {of_all}"),
        Some(objects) if objects.is_empty() && permit.has_objects => {
            format!("grants nothing: {actions} {what} no object at all")
        }
        Some(objects) => {
            let called = |key: &String| names.get(key).cloned().unwrap_or_else(|| key.clone());
            format!("{actions} {what} {}", objects.iter().map(called).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Who may change keys or roles can give itself everything.
fn risk(role: &wire::Role, permits: &[Permit]) -> Risk {
    let changes = |permit: &Permit| permit.actions.iter().any(|action| action != "read");
    let guards =
        |permit: &Permit| ["key", "role", "permission"].iter().any(|word| permit.content_type.contains(word));
    match () {
        () if role.full_access == Some(true) => Risk::Wide,
        () if permits.iter().any(|permit| changes(permit) && guards(permit)) => Risk::Wide,
        () if permits.iter().any(changes) => Risk::Writes,
        () => Risk::Reads,
    }
}
