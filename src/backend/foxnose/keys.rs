//! Keys and tokens: read, create, replace, edit, delete. Creating and issuing are sent once and never again: each time
//! would make another secret that nobody holds.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::Session;
use super::super::http::{Call, Reply};
use super::abilities::{ABILITIES, BEARER, MANAGEMENT};
use super::path::{Kind, Which};
use super::tree::Place;
use super::{FoxNose, convert, errors, pair, path, wire};
use crate::domain::answer::Issued;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::{CreateRequest, Edit, RotateRequest};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::secret::{Part, Parts, Secret};

/// How long a made key is looked for whose answer did not say which it is. The secret is only in memory meanwhile.
const LOOKED_FOR: Duration = Duration::from_secs(2);

const MASKED: &str =
    "the answer has the new secret masked, so nobody holds it; look for the new key and delete it";
const NO_SIGNING: &str = "the new secret cannot sign requests here";
const OLD_SERVER: &str = "this server is older than bearer tokens";
const STILL_THERE: &str = "the server said that it is deleted, and still shows it";
const ANOTHER_ROLE: &str = "its role is not the one that was looked at; look at it again";
const ROLE_GONE: &str = "this role is not there any more; choose another one";

/// What a new key is to be.
struct Wanted<'a> {
    environment: &'a str,
    kind: Kind,
    description: &'a str,
    role: Option<&'a str>,
}

impl FoxNose {
    pub(super) async fn read_one(
        &self,
        session: &Session,
        wanted: &CredentialRef,
    ) -> Result<Credential, Failure> {
        let environment = path::checked(wanted.owner.as_str())?;
        self.see_place(session, environment).await;
        match Which::read(&wanted.id)? {
            Which::Key(kind, key) => {
                let row = self.row(session, environment, kind, key).await?;
                self.credential(session, environment, kind, &row, false).await
            }
            Which::Bearer(key) => {
                let row = self.row(session, environment, Kind::Flux, key).await?;
                self.credential(session, environment, Kind::Flux, &row, true).await
            }
        }
    }

    async fn row(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
        key: &str,
    ) -> Result<wire::Row, Failure> {
        let reply = self.send(session, Call::read(&one(environment, kind, key))).await?;
        serde_json::from_slice(&reply.body).map_err(|_says_no_more| errors::unexpected(&reply, "the key"))
    }

    /// A row with its role in words. A role that is gone, or that this login may not read, is named by its key.
    async fn credential(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
        row: &wire::Row,
        token: bool,
    ) -> Result<Credential, Failure> {
        let place = self.place(environment);
        let mut roles = convert::Roles::new();
        let mut words = Vec::new();
        if let Some(key) = row.role.as_deref() {
            match self.role(session, environment, kind, key).await {
                Ok(role) => {
                    words = self.words_of(session, environment, kind, &role).await.unwrap_or_default();
                    roles.insert(key.to_owned(), role);
                }
                Err(failure) if is_missing(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        self.remember(row, kind, &place, &roles);
        let (owner, enabled) = (place.reference(), place.enabled);
        let made = if token {
            convert::bearer(row, &owner, enabled, &roles)
        } else {
            convert::key(row, kind, &owner, enabled, &roles)
        };
        let missing = || Failure::new(FailureKind::NotFound, "its key has no token");
        let mut made = made.ok_or_else(missing)?;
        if !words.is_empty() {
            made.particulars.allows = words;
        }
        Ok(made)
    }

    async fn role(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
        role: &str,
    ) -> Result<wire::Role, Failure> {
        let role = path::checked(role)?;
        let call = Call::read(&["v1", environment, "permissions", kind.api(), "roles", role, ""]);
        let reply = self.send(session, call).await?;
        serde_json::from_slice(&reply.body).map_err(|_says_no_more| errors::unexpected(&reply, "the role"))
    }

    fn place(&self, environment: &str) -> Place {
        self.known.place(environment).map_or_else(|| Place::bare(environment), |(place, _)| place)
    }

    pub(super) async fn create_one(
        &self,
        session: &Session,
        request: &CreateRequest,
    ) -> Result<Issued, Failure> {
        let environment = path::checked(request.owner.as_str())?;
        let kind = ABILITIES.kind(&request.kind);
        kind.names.check(&request.name).map_err(|words| invalid(&words))?;
        if !request.description.is_empty() {
            return Err(invalid("a key has one text only; say everything in its name"));
        }
        if request.expiry.is_some() {
            return Err(invalid("nothing ends by itself here; delete it when its time has come"));
        }
        let [only, rest @ ..] = request.scopes.as_slice() else {
            return match kind.noun {
                MANAGEMENT => self.make(session, environment, Kind::Management, &request.name, None).await,
                _ => Err(invalid("choose a role: what a key without one may do the server does not say")),
            };
        };
        if !rest.is_empty() {
            return Err(invalid("there is exactly one to choose here"));
        }
        match kind.noun {
            BEARER => self.first_token(session, environment, only, &request.name).await,
            MANAGEMENT => self.make(session, environment, Kind::Management, &request.name, Some(only)).await,
            _ => self.make(session, environment, Kind::Flux, &request.name, Some(only)).await,
        }
    }

    async fn make(
        &self,
        session: &Session,
        environment: &str,
        kind: Kind,
        description: &str,
        role: Option<&str>,
    ) -> Result<Issued, Failure> {
        let wanted = Wanted { environment, kind, description, role };
        self.issue(session, &wanted).await
    }

    /// A second key like the first, or a new token in the place of the old one.
    pub(super) async fn replace_one(
        &self,
        session: &Session,
        request: &RotateRequest,
    ) -> Result<Issued, Failure> {
        let environment = path::checked(request.credential.owner.as_str())?;
        match Which::read(&request.credential.id)? {
            Which::Bearer(key) => self.next_token(session, environment, key).await,
            Which::Key(kind, key) => {
                let old = self.row(session, environment, kind, key).await?;
                let role = match request.scopes.as_deref() {
                    None | Some([]) if self.is_another(&request.credential.id, kind, &old) => {
                        return Err(Failure::new(FailureKind::Changed, ANOTHER_ROLE));
                    }
                    None | Some([]) => old.role.as_deref(),
                    Some([role]) => Some(role.as_str()),
                    Some(_) => return Err(invalid("a key has exactly one role")),
                };
                let description = old.description.as_deref().unwrap_or_default();
                self.make(session, environment, kind, description, role).await
            }
        }
    }

    /// Whether a key has another role than when it was last read, or none since its role was deleted: a second key like
    /// that might do more than anybody looked at.
    fn is_another(&self, id: &Id, kind: Kind, now: &wire::Row) -> bool {
        let now = convert::granted(kind, now.role.as_deref(), &convert::Roles::new());
        let before = self.known.by_id(id).map(|fact| fact.scopes);
        before.is_some_and(|before| before != Granted::Everything && before != now)
    }

    /// The role is read first: what a server makes of one that is gone is not stated, and a Management key without a role
    /// may do everything.
    async fn issue(&self, session: &Session, wanted: &Wanted<'_>) -> Result<Issued, Failure> {
        let Wanted { environment, kind, .. } = *wanted;
        self.respect_protection(session, environment).await?;
        let mut roles = convert::Roles::new();
        if let Some(key) = wanted.role {
            match self.role(session, environment, kind, key).await {
                Ok(role) => drop(roles.insert(key.to_owned(), role)),
                Err(failure) if failure.kind == FailureKind::NotFound => return Err(invalid(ROLE_GONE)),
                // A login may be allowed to make keys and not to read roles; then the server decides alone.
                Err(failure) if failure.kind == FailureKind::Forbidden => {}
                Err(failure) => return Err(failure),
            }
        }
        let body = json!({ "description": wanted.description, "role": wanted.role });
        let base = ["v1", environment, "permissions", kind.api(), "api-keys", ""];
        let reply = self.send(session, Call::write(Method::POST, &base).json(&body)).await?;
        let (row, secret) = issued(&reply)?;
        let row = self.complete(session, wanted, row).await;
        let place = self.place(environment);
        self.remember(&row, kind, &place, &roles);
        let credential = convert::key(&row, kind, &place.reference(), place.enabled, &roles);
        // A key that the server would not name: its secret must not be lost for that.
        let credential = credential.unwrap_or_else(|| Credential {
            name: Text::clean(wanted.description),
            ..convert::nameless(&row, kind, &place.reference(), place.enabled, &roles)
        });
        let public = row.public_key.unwrap_or_default();
        let note = pair::public_of(&secret).is_none_or(|own| own != public).then(|| NO_SIGNING.into());
        let parts =
            vec![Part { name: "public", secret: Secret::new(public) }, Part { name: "secret", secret }];
        Ok(Issued { credential, parts: Parts::named(parts), note })
    }

    /// The row of a new key whose answer did not say which it is.
    async fn complete(&self, session: &Session, wanted: &Wanted<'_>, row: wire::Row) -> wire::Row {
        if row.key.is_some() {
            return row;
        }
        let keys = self.keys_of(session, wanted.environment, wanted.kind);
        let Ok(Ok(keys)) = tokio::time::timeout(LOOKED_FOR, keys).await else { return row };
        let same = |one: &wire::Row| match &row.public_key {
            Some(public) => one.public_key.as_ref() == Some(public),
            None => one.description.as_deref() == Some(wanted.description),
        };
        keys.into_iter().filter(same).max_by_key(|one| one.created_at.0).unwrap_or(row)
    }

    /// The first token of a Flux key. One that has a token already is not given another: that would end the one it has.
    async fn first_token(
        &self,
        session: &Session,
        environment: &str,
        key: &str,
        name: &str,
    ) -> Result<Issued, Failure> {
        let key = path::checked(key)?;
        let row = self.row(session, environment, Kind::Flux, key).await?;
        if row.bearer_token_prefix.is_some() {
            return Err(invalid("this key has a token already; rotate that one, which ends it"));
        }
        let own = convert::token_name(&row);
        if own.as_str() != name {
            return Err(invalid(&format!("a token goes by its key's name; type '{own}'")));
        }
        self.next_token(session, environment, key).await
    }

    async fn next_token(&self, session: &Session, environment: &str, key: &str) -> Result<Issued, Failure> {
        self.respect_protection(session, environment).await?;
        let call = Call::write(Method::POST, &token_of(environment, key));
        let reply = match self.send(session, call).await {
            Err(failure) if failure.kind == FailureKind::NotFound => {
                // Either the key is gone or the server has no such call; reading the key tells.
                self.row(session, environment, Kind::Flux, key).await?;
                return Err(Failure::new(FailureKind::Unsupported, OLD_SERVER));
            }
            reply => reply?,
        };
        let told: wire::Issued = serde_json::from_slice(&reply.body).unwrap_or_default();
        let secret = told.bearer_token.map(|raw| raw.0).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| errors::unexpected(&reply, "the answer with the new token"))?;
        if pair::is_masked(secret.expose()) {
            return Err(reply.nature.mark(Failure::new(FailureKind::Unexpected, MASKED)));
        }
        let mut row: wire::Row = serde_json::from_slice(&reply.body).unwrap_or_default();
        row.key = Some(key.to_owned());
        row.bearer_token_prefix.get_or_insert_with(|| secret.expose().chars().take(12).collect());
        let wanted = self.row(session, environment, Kind::Flux, key);
        if let Ok(Ok(whole)) = tokio::time::timeout(LOOKED_FOR, wanted).await {
            row.description = whole.description;
            row.role = whole.role;
            row.public_key = whole.public_key;
        }
        let (place, roles) = (self.place(environment), convert::Roles::new());
        self.remember(&row, Kind::Flux, &place, &roles);
        let made = convert::bearer(&row, &place.reference(), place.enabled, &roles);
        let credential = made.ok_or_else(|| errors::unexpected(&reply, "the answer with the new token"))?;
        Ok(Issued { credential, parts: Parts::single(secret), note: None })
    }

    /// Changes the description. The role goes with it: a server may clear what is not named.
    pub(super) async fn rename(
        &self,
        session: &Session,
        wanted: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        let environment = path::checked(wanted.owner.as_str())?;
        let Which::Key(kind, key) = Which::read(&wanted.id)? else {
            return Err(invalid("a token goes by its key's name; change that"));
        };
        let (Some(name), None) = (&edit.name, edit.enabled) else {
            return Err(super::super::not_here("way to switch a key off; delete it instead"));
        };
        ABILITIES.credential.names.check(name).map_err(|words| invalid(&words))?;
        self.respect_protection(session, environment).await?;
        let row = self.row(session, environment, kind, key).await?;
        let body = json!({ "description": name, "role": row.role });
        let reply =
            self.send(session, Call::write(Method::PUT, &one(environment, kind, key)).json(&body)).await?;
        let changed: wire::Row = serde_json::from_slice(&reply.body).unwrap_or_default();
        self.credential(session, environment, kind, &changed, false).await
    }

    /// Deletes a key, or ends a token, and looks whether it is true.
    pub(super) async fn end(&self, session: &Session, wanted: &CredentialRef) -> Result<(), Failure> {
        let environment = path::checked(wanted.owner.as_str())?;
        let unsure = || Failure::new(FailureKind::Unexpected, STILL_THERE).unknown();
        match Which::read(&wanted.id)? {
            Which::Key(kind, key) => {
                self.send(session, Call::write(Method::DELETE, &one(environment, kind, key))).await?;
                match self.row(session, environment, kind, key).await {
                    Err(failure) if failure.kind == FailureKind::NotFound => Ok(()),
                    // The server said that it is done; that it could not be looked at again is no reason to doubt it.
                    Err(_) => Ok(()),
                    Ok(_) => Err(unsure()),
                }
            }
            Which::Bearer(key) => {
                let row = self.row(session, environment, Kind::Flux, key).await?;
                if row.bearer_token_prefix.is_none() {
                    return Err(Failure::new(FailureKind::NotFound, "its key has no token"));
                }
                self.send(session, Call::write(Method::DELETE, &token_of(environment, key))).await?;
                match self.row(session, environment, Kind::Flux, key).await {
                    Ok(row) if row.bearer_token_prefix.is_some() => Err(unsure()),
                    Ok(_) | Err(_) => Ok(()),
                }
            }
        }
    }
}

fn one<'a>(environment: &'a str, kind: Kind, key: &'a str) -> [&'a str; 7] {
    ["v1", environment, "permissions", kind.api(), "api-keys", key, ""]
}

/// One part shorter this would be the key itself, which is why it is written in one place.
fn token_of<'a>(environment: &'a str, key: &'a str) -> [&'a str; 8] {
    ["v1", environment, "permissions", Kind::Flux.api(), "api-keys", key, "bearer-token", ""]
}

fn invalid(words: &str) -> Failure {
    Failure::new(FailureKind::Invalid, words)
}

fn is_missing(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::NotFound | FailureKind::Forbidden | FailureKind::Invalid)
}

/// The new key and its secret, which comes once: when the rest cannot be read it is looked for alone. What is masked is no
/// secret, and the key is one that nobody holds.
fn issued(reply: &Reply) -> Result<(wire::Row, Secret), Failure> {
    let row: wire::Row = serde_json::from_slice(&reply.body).unwrap_or_else(|_| rescued(&reply.body));
    let whole: wire::Whole = serde_json::from_slice(&reply.body).unwrap_or_default();
    let secret = whole.secret_key.map(|raw| raw.0).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| errors::unexpected(reply, "the answer with the new secret"))?;
    if pair::is_masked(secret.expose()) {
        return Err(reply.nature.mark(Failure::new(FailureKind::Unexpected, MASKED)));
    }
    Ok((row, secret))
}

fn rescued(body: &[u8]) -> wire::Row {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    wire::Row {
        key: text("key"),
        description: text("description"),
        public_key: text("public_key"),
        role: text("role"),
        ..wire::Row::default()
    }
}
