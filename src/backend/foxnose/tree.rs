//! Organisation → project → environment: where credentials are. A key sees only its own environment, and a person whom
//! the server does not let look around names one in the account.

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::super::Session;
use super::super::http::Call;
use super::access::Pass;
use super::{FoxNose, errors, path, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::finding::{Finding, Severity};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// How many rows are asked for at once.
const PAGE: usize = 100;
/// How many pages are read at most, should a server never come to an end.
const PAGES: usize = 1000;

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) key: String,
    /// Its organisation, project and own name.
    pub(super) title: Text,
    pub(super) enabled: bool,
    pub(super) created: Option<Timestamp>,
    /// Where Flux answers for it.
    pub(super) host: Option<String>,
    /// Its organisation and project, where they are known.
    pub(super) above: Option<(String, String)>,
    /// Why nothing is to be changed in it, in a sentence.
    pub(super) protection: Option<Text>,
}

impl Place {
    /// One that is known by its key alone.
    pub(super) fn bare(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            title: Text::clean(key),
            enabled: true,
            created: None,
            host: None,
            above: None,
            protection: None,
        }
    }

    fn read(node: wire::Node, above: &[(&str, &str)]) -> Option<Self> {
        let key = node.key?;
        let names = above.iter().map(|(_, name)| *name).chain([node.name.as_deref().unwrap_or(&key)]);
        let title = Text::clean(&names.collect::<Vec<_>>().join(" / "));
        let protection =
            node.protection_level.filter(|level| !matches!(level.as_str(), "" | "none")).map(|level| {
                let person = node.protected_by_user.unwrap_or_default();
                let by =
                    person.full_name.or(person.email).map(|name| format!(" by {name}")).unwrap_or_default();
                let why = node.protection_reason.map(|why| format!(": {why}")).unwrap_or_default();
                Text::clean(&format!("protected ({level}){by}{why}"))
            });
        let above = match above {
            [(organization, _), (project, _)] => Some(((*organization).to_owned(), (*project).to_owned())),
            _ => None,
        };
        Some(Self {
            key,
            title,
            enabled: node.is_enabled.unwrap_or(true),
            created: node.created_at.0,
            host: node.host,
            above,
            protection,
        })
    }

    /// As the owner of its credentials.
    pub(super) fn owner(&self) -> Owner {
        Owner {
            id: Id::new(&self.key),
            name: self.title.clone(),
            description: self.protection.clone().unwrap_or_default(),
            enabled: self.enabled,
            created: self.created,
        }
    }

    /// The short form for rows.
    pub(super) fn reference(&self) -> OwnerRef {
        self.owner().reference()
    }
}

impl FoxNose {
    /// Every environment the session may see, and what is odd about their organisations.
    pub(super) async fn places(&self, session: &Session) -> Result<(Vec<Place>, Vec<Finding>), Failure> {
        if let Pass::Key { environment, .. } = Pass::of(session)? {
            return Ok((vec![Place::bare(&environment)], Vec::new()));
        }
        let organizations: Vec<wire::Node> = match self.all(session, &["organizations", ""]).await {
            Err(failure) if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) => {
                let named = self.environment.as_deref().ok_or(Failure {
                    detail: Some(
                        "this login may not look around; name an environment by its key in the account (e)"
                            .into(),
                    ),
                    ..failure
                })?;
                return Ok((vec![Place::bare(path::checked(named)?)], Vec::new()));
            }
            organizations => organizations?,
        };
        let (mut places, mut findings) = (Vec::new(), Vec::new());
        for organization in &organizations {
            findings.extend(blocked(organization));
            let Some(key) = usable(organization) else { continue };
            let name = organization.name.as_deref().unwrap_or(key);
            let base = ["organizations", key, "projects", ""];
            for project in self.seen(session, &base, name, &mut findings).await? {
                let Some(inner) = usable(&project) else { continue };
                let base = ["organizations", key, "projects", inner, "environments", ""];
                let title = project.name.as_deref().unwrap_or(inner);
                let above = [(key, name), (inner, title)];
                let nodes = self.seen(session, &base, title, &mut findings).await?;
                places.extend(
                    nodes
                        .into_iter()
                        .filter(|node| usable(node).is_some())
                        .filter_map(|node| Place::read(node, &above)),
                );
            }
        }
        Ok((places, findings))
    }

    /// What is in one part of the tree. A part that this login may not look into, or that is gone by now, is told and
    /// does not hide the others.
    async fn seen(
        &self,
        session: &Session,
        base: &[&str],
        name: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<wire::Node>, Failure> {
        match self.all(session, base).await {
            Err(failure) if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) => {
                findings.push(Finding {
                    severity: Severity::Warning,
                    credential: None,
                    what: Text::clean(&format!("this login cannot look into {name}: {}", failure.sentence())),
                    mend: "Log in as somebody who may, or name one of its environments in the account (e)."
                        .into(),
                });
                Ok(Vec::new())
            }
            nodes => nodes,
        }
    }

    /// Switches an environment off or on: Flux answers nobody in one that is off.
    pub(super) async fn toggle(
        &self,
        session: &Session,
        owner: &Id,
        enabled: bool,
    ) -> Result<Owner, Failure> {
        let unseen =
            "its organisation and project are not known to this login; log in as a person and refresh";
        let place = self.known.place(path::checked(owner.as_str())?).map(|(place, _)| place);
        let Some((organization, project)) = place.and_then(|place| place.above) else {
            return Err(Failure::new(FailureKind::Unsupported, unseen));
        };
        let base = ["organizations", &organization, "projects", &project, "environments", owner.as_str()];
        let call = Call::write(Method::POST, &[&base[..], &["toggle", ""]].concat())
            .json(&json!({ "is_enabled": enabled }));
        self.send(session, call).await?;
        let reply = self.send(session, Call::read(&[&base[..], &[""]].concat())).await?;
        let node: wire::Node = serde_json::from_slice(&reply.body).unwrap_or_default();
        let place = self.known.place(owner.as_str()).map(|(place, _)| place);
        let mut place = place.ok_or_else(|| errors::unexpected(&reply, "the environment"))?;
        place.enabled = node.is_enabled.unwrap_or(enabled);
        Ok(place.owner())
    }

    /// Refuses to change anything in an environment that somebody protected. Only one that was seen to be protected is
    /// read again.
    pub(super) async fn respect_protection(
        &self,
        session: &Session,
        environment: &str,
    ) -> Result<(), Failure> {
        let known = self.known.place(environment).map(|(place, _)| place);
        let Some(place) = known.filter(|place| place.protection.is_some()) else { return Ok(()) };
        let Some((organization, project)) = &place.above else { return Ok(()) };
        let base = ["organizations", organization, "projects", project, "environments", environment, ""];
        let reply = self.send(session, Call::read(&base)).await?;
        let node: wire::Node = serde_json::from_slice(&reply.body).unwrap_or_default();
        match Place::read(node, &[]).and_then(|place| place.protection) {
            Some(why) => Err(Failure::new(
                FailureKind::Forbidden,
                format!(
                    "the environment is {why}; nothing was sent. Deleting works, so a leak can be stopped"
                ),
            )),
            None => Ok(()),
        }
    }

    /// Every row of a list, all pages. Addresses that the server names for further pages are not followed: they would
    /// get our credentials.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        session: &Session,
        base: &[&str],
    ) -> Result<Vec<T>, Failure> {
        self.all_with(session, base, None).await
    }

    /// The same with a query parameter.
    pub(super) async fn all_with<T: DeserializeOwned>(
        &self,
        session: &Session,
        base: &[&str],
        query: Option<(&'static str, &str)>,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        for _ in 0..PAGES {
            let call = Call::read(base).query("limit", &PAGE).query("offset", &rows.len());
            let call = if let Some((name, value)) = query { call.query(name, &value) } else { call };
            let reply = self.send(session, call).await?;
            let page = wire::Page::read(&reply.body).ok_or_else(|| errors::unexpected(&reply, "a list"))?;
            // A server that knows no offset would give its first page for ever.
            let fresh = page.rows.iter().filter(|row| !rows.contains(*row)).count();
            let ended = page.rows.is_empty() || fresh == 0;
            if !ended {
                rows.extend(page.rows);
            }
            // A page without `next` ends the list where its count is reached, or where nothing says that more follows.
            let more = page.more.unwrap_or_else(|| page.count.is_some_and(|count| rows.len() < count));
            if ended || !more {
                return Ok(rows.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect());
            }
        }
        Err(Failure::new(FailureKind::Unexpected, format!("the list does not end after {PAGES} pages")))
    }
}

/// The key of a row, if it may stand in a path.
fn usable(node: &wire::Node) -> Option<&str> {
    path::segment(node.key.as_deref()?).ok()
}

fn blocked(organization: &wire::Node) -> Option<Finding> {
    if organization.is_blocked != Some(true) {
        return None;
    }
    let name = organization.name.as_deref().or(organization.key.as_deref()).unwrap_or("an organisation");
    Some(Finding {
        severity: Severity::Warning,
        credential: None,
        what: Text::clean(&format!("the organisation {name} is blocked by the vendor")),
        mend: "Ask the vendor why; its credentials may be refused until then.".into(),
    })
}
