//! Every environment with its keys, roles and API objects; environments are read a few at a time.

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::super::{Session, Taking, untaken};
use super::known::{Fact, Reading};
use super::path::{Kind, Which, segment};
use super::tree::Place;
use super::{FoxNose, convert, wire};
use crate::domain::answer::{Listing, Part, Reach};
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::finding::{Finding, Severity};
use crate::domain::scope::Granted;
use crate::domain::text::Text;

/// How many environments are read at once.
const AT_ONCE: usize = 4;

/// What one environment has.
#[derive(Default)]
struct Inside {
    credentials: Vec<Credential>,
    findings: Vec<Finding>,
}

impl FoxNose {
    pub(super) async fn list_all(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_parts(session, &untaken).await
    }

    pub(super) async fn list_parts(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        let (places, findings) = self.places(session).await?;
        let mut reach = Reach { done: 0, of: Some(places.len()), what: "environments" };
        let mut listing =
            Listing { owners: places.iter().map(Place::owner).collect(), findings, ..Listing::default() };
        let read = stream::iter(places).map(|place| async move {
            let inside = self.inside(session, &place).await;
            (place, inside)
        });
        let mut read = read.buffered(AT_ONCE);
        while let Some((place, inside)) = read.next().await {
            reach.done += 1;
            match inside {
                Ok(inside) => {
                    let part = Listing {
                        owners: vec![place.owner()],
                        credentials: inside.credentials.clone(),
                        ..Listing::default()
                    };
                    taking(Part { listing: part, reach });
                    listing.credentials.extend(inside.credentials);
                    listing.findings.extend(inside.findings);
                }
                // A session that has ended ends for all of them.
                Err(failure) if failure.kind == FailureKind::LoggedOut => return Err(failure),
                Err(failure) => listing.failed.push((place.reference(), failure)),
            }
        }
        Ok(listing)
    }

    /// The keys of an environment. A login that may see only one kind of them gets that one.
    async fn inside(&self, session: &Session, place: &Place) -> Result<Inside, Failure> {
        let mut inside = Inside::default();
        let mut refused: Vec<Failure> = Vec::new();
        for kind in [Kind::Flux, Kind::Management] {
            let rows = match self.rows_of(session, &place.key, kind).await {
                Err(failure) if failure.kind == FailureKind::Forbidden => {
                    refused.push(failure);
                    continue;
                }
                rows => rows?,
            };
            let (keys, odd) = usable(rows);
            inside.findings.extend(unaddressed(place, odd));
            let roles = convert::by_key(readable(self.roles_of(session, &place.key, kind).await)?);
            for row in &keys {
                self.remember(row, kind, place, &roles);
                let key = convert::key(row, kind, &place.reference(), place.enabled, &roles);
                let bearer = convert::bearer(row, &place.reference(), place.enabled, &roles);
                inside.findings.extend(key.as_ref().and_then(|key| finding(key, row.role.as_deref(), kind)));
                inside.credentials.extend(key.into_iter().chain(bearer.filter(|_| kind == Kind::Flux)));
            }
        }
        match refused.pop() {
            Some(failure) if !refused.is_empty() => return Err(failure),
            Some(failure) => inside.findings.push(unseen(place, &failure)),
            None => {}
        }
        let readings = self.readings(session, &place.key).await?;
        self.known.keep_place(place, readings);
        Ok(inside)
    }

    /// Finds out where an environment is and what can be read there, unless that is known: a secret may be presented in a
    /// run that lists nothing.
    /// What cannot be found out stays unknown: reading a key does not hang on it.
    pub(super) async fn see_place(&self, session: &Session, environment: &str) {
        if self.known.place(environment).is_some() {
            return;
        }
        let Ok((places, _)) = self.places(session).await else { return };
        let place = places.into_iter().find(|place| place.key == environment);
        let place = place.unwrap_or_else(|| Place::bare(environment));
        if let Ok(readings) = self.readings(session, environment).await {
            self.known.keep_place(&place, readings);
        }
    }

    /// Keeps what presenting a secret of this key needs.
    pub(super) fn remember(&self, row: &wire::Row, kind: Kind, place: &Place, roles: &convert::Roles) {
        let Some(key) = row.key.as_deref().and_then(|key| segment(key).ok()) else { return };
        let fact = |which: Which<'_>, noun: &str, mark: String| Fact {
            id: which.id(),
            environment: place.key.clone(),
            who: Text::clean(&format!("{noun} {} of {}", convert::name(row), place.title)),
            scopes: convert::granted(kind, row.role.as_deref(), roles),
            mark,
        };
        let noun = match kind {
            Kind::Flux => super::abilities::FLUX,
            Kind::Management => super::abilities::MANAGEMENT,
        };
        if let Some(public) = &row.public_key {
            self.known.keep(fact(Which::Key(kind, key), noun, public.clone()));
        }
        match row.bearer_token_prefix.as_deref() {
            Some(prefix) if kind == Kind::Flux && !prefix.is_empty() => {
                self.known.keep(fact(Which::Bearer(key), super::abilities::BEARER, prefix.to_owned()));
            }
            Some(_) | None => self.known.forget(&Which::Bearer(key).id()),
        }
    }

    pub(super) async fn keys_of(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
    ) -> Result<Vec<wire::Row>, Failure> {
        self.rows_of(session, environment, kind).await.map(|rows| usable(rows).0)
    }

    async fn rows_of(&self, session: &Session, environment: &str, kind: Kind) -> Result<Vec<Value>, Failure> {
        self.all(session, &["v1", environment, "permissions", kind.api(), "api-keys", ""]).await
    }

    /// What can be read under each prefix that asks for a credential: the router, or else a collection. On an API that
    /// asks for none, an answer proves nothing.
    async fn readings(&self, session: &Session, environment: &str) -> Result<Vec<Reading>, Failure> {
        let apis: Vec<wire::Api> = readable(self.all(session, &["v1", environment, "api", ""]).await)?;
        let (mut by_router, mut by_collection) = (Vec::new(), Vec::new());
        for api in apis.into_iter().filter(|api| api.is_auth_required == Some(true)) {
            let Some(prefix) = api.prefix.filter(|prefix| is_plain(prefix)) else { continue };
            if api.router_introspection_enabled.unwrap_or(true) {
                by_router.push(Reading { prefix, rest: vec![String::from("_router")] });
                continue;
            }
            let Some(key) = api.key.as_deref().and_then(|key| segment(key).ok()) else { continue };
            let base = ["v1", environment, "api", key, "collections", ""];
            let connections: Vec<wire::Connection> = readable(self.all(session, &base).await)?;
            let lists = |one: &wire::Connection| {
                one.allowed_methods.as_ref().is_none_or(|methods| methods.iter().any(|one| one == "get_many"))
            };
            let path = connections
                .into_iter()
                .filter(lists)
                .find_map(|one| one.path.filter(|path| path.split('/').all(is_plain)));
            let rest = path.map(|path| path.split('/').map(str::to_owned).collect());
            by_collection.extend(rest.map(|rest| Reading { prefix, rest }));
        }
        by_router.extend(by_collection);
        Ok(by_router)
    }
}

/// The rows that are keys with identifiers that may stand in a path, and how many are not.
fn usable(rows: Vec<Value>) -> (Vec<wire::Row>, usize) {
    let all = rows.len();
    let keys: Vec<wire::Row> = rows
        .into_iter()
        .filter_map(|row| serde_json::from_value::<wire::Row>(row).ok())
        .filter(|row| row.key.as_deref().is_some_and(|key| segment(key).is_ok()))
        .collect();
    let odd = all - keys.len();
    (keys, odd)
}

fn unaddressed(place: &Place, odd: usize) -> Option<Finding> {
    (odd > 0).then(|| Finding {
        severity: Severity::Warning,
        credential: None,
        what: Text::clean(&format!(
            "{odd} keys of {} cannot be read or addressed, and are not shown",
            place.title
        )),
        mend: "Look at them in the vendor's dashboard.".into(),
    })
}

/// What a login may not read is empty, not a failure.
fn readable<T>(result: Result<Vec<T>, Failure>) -> Result<Vec<T>, Failure> {
    match result {
        Err(failure) if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) => {
            Ok(Vec::new())
        }
        result => result,
    }
}

/// Whether a part of a Flux path is sent as it is written: what is encoded, or cut off at a `;`, is signed differently by
/// different servers.
fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !matches!(part, "." | "..")
        && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c))
}

fn finding(key: &Credential, role: Option<&str>, kind: Kind) -> Option<Finding> {
    let (severity, what, mend) = match (kind, role, &key.scopes) {
        (Kind::Management, None, _) => (
            Severity::Warning,
            "has no role, so it may do everything in its environment, deleting every key included",
            "Rotate it to a key with a role that is enough.",
        ),
        (Kind::Management, Some(_), Granted::Everything) => (
            Severity::Hint,
            "has a role with full access",
            "Rotate it to a role that is enough, if that much is not needed.",
        ),
        (Kind::Flux, None, _) => (
            Severity::Hint,
            "has no role; whether it opens anything the server does not say",
            "Verify it, and delete it if it opens nothing.",
        ),
        _ => return None,
    };
    Some(Finding {
        severity,
        credential: Some(key.id.clone()),
        what: Text::clean(&format!("the {} '{}' {what}", key.kind, key.name)),
        mend: mend.into(),
    })
}

fn unseen(place: &Place, failure: &Failure) -> Finding {
    Finding {
        severity: Severity::Hint,
        credential: None,
        what: Text::clean(&format!(
            "this login sees only some keys of {}: {}",
            place.title,
            failure.sentence()
        )),
        mend: "Log in as somebody who may see all of them.".into(),
    }
}
