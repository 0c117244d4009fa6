//! Storage credentials: for a table the long-lived keys of its warehouse, for a location what the warehouse's strategy
//! gives. The server looks for a location in every tenant's warehouses; here only those of this tenant are asked for.

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use super::super::Session;
use super::super::http::{Call, Reply};
use super::abilities::STORAGE;
use super::acting::Acting;
use super::{Pangolin, errors, wire};
use crate::domain::answer::Issued;
use crate::domain::credential::Expiry;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::domain::vending::{Place, credential};
use crate::secret::{Part, Parts, Secret};

const TABLE: &str = "table ";
const S3: &str = "s3://";
/// Namespaces and tables that are listed at most; others can be typed.
const MOST_NAMESPACES: usize = 100;
const MOST_PLACES: usize = 1000;
const AT_ONCE: usize = 6;

/// What the server puts in front of a value that it keeps encrypted and forgot to decrypt.
const CIPHERTEXT: &str = "enc:";
/// How the values end that some builds make up when they have no STS.
const MADE_UP: &str = "_PLACEHOLDER";

const LONG_LIVED: &str = "These are the warehouse's own long-lived keys: nobody has made them for you, they do not end, \
                          and they reach all that the warehouse reaches. Only who looks after the storage can end them.";
const NO_END_TOLD: &str = "The server does not say when they end.";

/// What storage credentials are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted<'a> {
    /// A table: its catalog, namespace and name.
    Table([&'a str; 3]),
    /// A place in the storage.
    Location(&'a str),
}

impl<'a> Wanted<'a> {
    fn parse(place: &'a str) -> Result<Self, String> {
        let place = place.trim();
        let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        if let Some(table) = place.strip_prefix(TABLE) {
            let mut parts = table.trim().splitn(3, '/');
            return match [parts.next(), parts.next(), parts.next()] {
                [Some(catalog), Some(namespace), Some(name)]
                    if [catalog, namespace, name].iter().all(|part| plain(part))
                        && !name.contains('/')
                        && ![catalog, namespace, name].contains(&"..") =>
                {
                    Ok(Self::Table([catalog, namespace, name]))
                }
                _ => Err(String::from("a table is typed as table catalog/namespace/name")),
            };
        }
        let bucket = place.strip_prefix(S3).and_then(|rest| rest.split('/').next());
        if bucket.is_some_and(|bucket| plain(bucket) && plain(place) && !place.contains(char::is_whitespace))
        {
            return Ok(Self::Location(place));
        }
        Err(String::from("type s3://bucket/path, or table catalog/namespace/name"))
    }
}

/// Checks a place that was typed.
pub(super) fn check_typed(place: &str) -> Result<(), String> {
    Wanted::parse(place).map(|_| ())
}

impl Pangolin {
    /// Warehouses and tables, as far as they can be listed.
    pub(super) async fn all_places(&self, session: &Session) -> Result<Vec<Place>, Failure> {
        let acting = self.acting(session)?;
        let mut places: Vec<Place> = Vec::new();
        for warehouse in self.warehouses(&acting).await? {
            let about = Text::clean(&format!("warehouse {}, {}", warehouse.name, warehouse.gives()));
            let known = warehouse.bucket().map(|bucket| format!("{S3}{bucket}/"));
            places.extend(known.map(|id| Place { id, about }));
        }
        let catalogs = self.rows::<wire::Catalog>(&acting, &["api", "v1", "catalogs"]).await?;
        let mut namespaces = Vec::new();
        for catalog in &catalogs {
            let found = self.namespaces(&acting, &catalog.name).await;
            namespaces.extend(found.into_iter().map(|namespace| (catalog.name.clone(), namespace)));
        }
        namespaces.truncate(MOST_NAMESPACES);
        let tables = stream::iter(namespaces).map(|(catalog, namespace)| {
            let acting = &acting;
            async move { self.tables(acting, &catalog, &namespace).await }
        });
        let tables: Vec<Vec<Place>> = tables.buffered(AT_ONCE).collect().await;
        places.extend(tables.into_iter().flatten());
        places.retain(|place| check_typed(&place.id).is_ok());
        places.truncate(MOST_PLACES);
        Ok(places)
    }

    /// The tenant's warehouses, without the secrets that the server shows with them.
    async fn warehouses(&self, acting: &Acting<'_>) -> Result<Vec<wire::Warehouse>, Failure> {
        let call = Call::present(&["api", "v1", "warehouses"]);
        let reply = self.send(acting.sign(call)).await?;
        Ok(wire::rows(&reply, "the list of warehouses")?.0)
    }

    /// The tables of a namespace; none where they cannot be listed.
    async fn tables(&self, acting: &Acting<'_>, catalog: &str, namespace: &str) -> Vec<Place> {
        let call = Call::read(&["v1", catalog, "namespaces", namespace, "tables"]);
        let Ok(reply) = self.send(acting.sign(call)).await else { return Vec::new() };
        let told = wire::decode::<wire::Tables>(&reply, "the tables");
        let place = |table: wire::Table| Place {
            id: format!("{TABLE}{catalog}/{namespace}/{}", table.name),
            about: Text::clean("the long-lived keys of its warehouse"),
        };
        told.map(|told| told.identifiers.into_iter().map(place).collect()).unwrap_or_default()
    }

    pub(super) async fn vend_for(&self, session: &Session, place: &str) -> Result<Issued, Failure> {
        let acting = self.acting(session)?;
        let wanted = Wanted::parse(place).map_err(|why| errors::invalid(&why))?;
        let given = match wanted {
            Wanted::Table([catalog, namespace, table]) => {
                let path = ["v1", catalog, "namespaces", namespace, "tables", table, "credentials"];
                let reply = self.send(acting.sign(Call::present(&path))).await?;
                of_table(&reply)?
            }
            Wanted::Location(location) => {
                let own = self.own_warehouse(&acting, location).await?;
                let path = ["api", "v1", "warehouses", &own.name, "credentials"];
                let call = Call::present(&path).query("location", &location);
                let reply = self.send(acting.sign(call)).await?;
                Given { expected: own.key_id().map(str::to_owned), ..of_location(&reply, location)? }
            }
        };
        given.issued(place.trim(), self.now())
    }

    /// The tenant's warehouse that a location is in. The server takes whichever bucket's name is somewhere in the
    /// location, also another tenant's, so a location outside is not asked for.
    async fn own_warehouse(&self, acting: &Acting<'_>, location: &str) -> Result<wire::Warehouse, Failure> {
        let bucket = location.strip_prefix(S3).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let own = self.warehouses(acting).await?;
        let found = own.into_iter().find(|one| one.bucket() == Some(bucket));
        found.ok_or_else(|| {
            errors::invalid(
                "no warehouse of this tenant has this bucket; the server would look in those of other tenants",
            )
        })
    }
}

/// What came, in whichever of the two shapes.
struct Given {
    id: Secret,
    secret: Secret,
    session: Option<Secret>,
    ends: Option<Timestamp>,
    reach: Vec<Text>,
    /// Which long-lived key it has to be, where that is known.
    expected: Option<String>,
}

impl Given {
    /// Refuses what cannot work, and says what is to be known of the rest.
    fn issued(self, place: &str, now: Timestamp) -> Result<Issued, Failure> {
        let unusable = |words: &str| Err(Failure::new(FailureKind::Unexpected, words));
        let values = || [Some(&self.id), Some(&self.secret), self.session.as_ref()].into_iter().flatten();
        if values().any(|value| value.expose().starts_with(CIPHERTEXT)) {
            return unusable(
                "the server gave its encrypted values instead of the keys, as it does with PANGOLIN_ENCRYPTION_KEY \
                 on an SQL store; ask for a table instead, or its operator",
            );
        }
        if values().any(|value| value.is_empty() || value.expose().ends_with(MADE_UP)) {
            return unusable("the server gave values it made up: it was built without STS");
        }
        if self.ends.is_some_and(|end| end <= now) {
            return unusable("what the server gave has ended already");
        }
        if self.session.is_none() && self.expected.as_ref().is_some_and(|id| id != self.id.expose()) {
            return unusable(
                "the server gave the keys of another warehouse than the tenant's: it takes the first whose bucket's name \
                 is anywhere in the location. Ask for a table instead, or a location without that name in it",
            );
        }
        let caution = match (&self.session, self.ends) {
            (None, None) => Some(LONG_LIVED),
            (Some(_), None) => Some(NO_END_TOLD),
            (_, Some(_)) => None,
        };
        let expires = self.ends.map_or(Expiry::Never, Expiry::At);
        let mut parts =
            vec![Part { name: "id", secret: self.id }, Part { name: "secret", secret: self.secret }];
        parts.extend(self.session.map(|secret| Part { name: "session", secret }));
        let cautions = caution.map(Text::from).into_iter().collect();
        let credential = credential(place, STORAGE, expires, self.reach, cautions);
        Ok(Issued { credential, parts: Parts::named(parts), note: None })
    }
}

/// `{"storage-credentials":[{"prefix","config":{dotted keys}}]}`
fn of_table(reply: &Reply) -> Result<Given, Failure> {
    let told: wire::TableCredentials = wire::decode(reply, "the storage credentials")?;
    let mut given = told.storage_credentials.into_iter();
    let (first, more) = (given.next(), given.count());
    let one = first.ok_or_else(|| errors::unexpected(reply, "the storage credentials"))?;
    let keys = one.config;
    let (Some(id), Some(secret)) = (keys.id, keys.secret) else {
        return Err(other_storage(keys.kind.as_deref()));
    };
    let mut reach = vec![Text::clean(&format!("for {}", one.prefix))];
    reach.extend(keys.region.map(|region| Text::clean(&format!("region {region}"))));
    reach.extend(keys.endpoint.map(|endpoint| Text::clean(&format!("at {endpoint}"))));
    if more > 0 {
        reach.push(Text::clean(&format!("the first of {} that the server gave", more + 1)));
    }
    let ends = keys.ends_ms.as_ref().and_then(milliseconds);
    let session = keys.session.map(|raw| raw.0);
    Ok(Given { id: id.0, secret: secret.0, session, ends, reach, expected: None })
}

/// `{"type":"Aws","access_key_id","secret_access_key","session_token","expiration"}`
fn of_location(reply: &Reply, location: &str) -> Result<Given, Failure> {
    let told: wire::LocationCredentials = wire::decode(reply, "the storage credentials")?;
    let (Some(id), Some(secret)) = (told.access_key_id, told.secret_access_key) else {
        return Err(other_storage(told.kind.as_deref()));
    };
    let session = told.session_token.map(|raw| raw.0).filter(|session| !session.is_empty());
    let reach = vec![Text::clean(&format!("asked for {location}; the whole bucket is reached"))];
    let ends = told.expiration.0;
    Ok(Given { id: id.0, secret: secret.0, session, ends, reach, expected: None })
}

/// Keys of storage that is not S3 are not known well enough to be kept and handed on.
fn other_storage(kind: Option<&str>) -> Failure {
    let kind = kind.map(|kind| format!(" of the kind {kind}")).unwrap_or_default();
    let words = format!("the server gave credentials{kind}; only those of S3 are taken here");
    Failure::new(FailureKind::Unsupported, Text::clean(&words))
}

/// Milliseconds since 1970, as a number or as text.
fn milliseconds(value: &Value) -> Option<Timestamp> {
    let count = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Timestamp::from_millisecond(count).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_checked_before_they_are_asked_for() {
        for (typed, good) in [
            ("s3://acme-lake/", true),
            ("s3://acme-lake/orders/eu", true),
            (" s3://acme-lake ", true),
            ("table sales/orders/daily", true),
            ("table sales/orders.eu/daily", true),
            ("s3://", false),
            ("s3:///x", false),
            ("s3://a b/", false),
            ("gs://lake/", false),
            ("acme-lake", false),
            ("table sales/orders", false),
            ("table sales/orders/daily/x", false),
            ("table sales/../daily", false),
            ("table //daily", false),
            ("", false),
        ] {
            assert_eq!(check_typed(typed).is_ok(), good, "{typed:?}");
        }
    }

    fn given(id: &str, secret: &str, session: Option<&str>, ends: Option<i64>) -> Given {
        let secret_of = |text: &str| Secret::new(text.to_owned());
        Given {
            id: secret_of(id),
            secret: secret_of(secret),
            session: session.map(secret_of),
            ends: ends.and_then(|second| Timestamp::from_second(second).ok()),
            reach: Vec::new(),
            expected: None,
        }
    }

    fn of(expected: &str, given: Given) -> Given {
        Given { expected: Some(expected.to_owned()), ..given }
    }

    #[test]
    fn what_cannot_work_is_refused_and_long_lived_keys_are_called_so() {
        let now = Timestamp::from_second(1_000).expect("in range");
        for (number, (given, words)) in [
            (given("AKIA", "s", None, None), Ok("long-lived")),
            (given("ASIA", "s", Some("t"), None), Ok("does not say when")),
            (given("ASIA", "s", Some("t"), Some(2_000)), Ok("")),
            (given("ASIA", "s", Some("t"), Some(1_000)), Err("ended already")),
            (given("enc:v1:00", "s", None, None), Err("encrypted values")),
            (given("AKIA", "enc:v1:00", None, None), Err("encrypted values")),
            (given("ASIA", "s", Some("enc:v1:00"), Some(2_000)), Err("encrypted values")),
            (given("STS_ACCESS", "STS_SECRET_KEY_PLACEHOLDER", None, None), Err("made up")),
            (given("", "s", None, None), Err("made up")),
            (of("AKIA", given("AKIA", "s", None, None)), Ok("long-lived")),
            (of("AKIA", given("ASIA", "s", Some("t"), Some(2_000))), Ok("")),
            (of("AKIA", given("AKIB", "s", None, None)), Err("another warehouse")),
            (of("AKIA", given("enc:v1:00", "s", None, None)), Err("encrypted values")),
        ]
        .into_iter()
        .enumerate()
        {
            match (given.issued("s3://b/", now), words) {
                (Ok(issued), Ok("")) => {
                    assert!(issued.credential.particulars.cautions.is_empty(), "{number}");
                    let names: Vec<&str> = issued.parts.iter().map(|part| part.name).collect();
                    assert_eq!(names, ["id", "secret", "session"], "{number}");
                }
                (Ok(issued), Ok(words)) => {
                    let caution = issued.credential.particulars.cautions.first().expect("a caution");
                    assert!(caution.as_str().contains(words), "{number}: {caution}");
                }
                (Err(failure), Err(words)) => {
                    assert!(failure.sentence().contains(words), "{number}: {}", failure.sentence());
                }
                (Ok(_), Err(words)) => panic!("{number}: nothing was refused: {words}"),
                (Err(failure), Ok(_)) => panic!("{number}: {}", failure.sentence()),
            }
        }
    }
}
