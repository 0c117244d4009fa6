//! API keys: read, create, rotate, edit, delete.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::abilities::{ABILITIES, LONGEST_DESCRIPTION, LONGEST_WINDOW};
use super::{Adapter, Generation, convert, decode, errors, key, path_id, wire};
use crate::backend::Session;
use crate::backend::http::{Call, Reply};
use crate::domain::answer::Issued;
use crate::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Particulars};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::{CreateRequest, Edit, RotateRequest};
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

const WHAT: &str = "the API key";

impl Adapter {
    pub(super) async fn read_key(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<Credential, Failure> {
        let (owner, id) = (path_id(&credential.owner)?, path_id(&credential.id)?);
        let call = Call::read(&item(&owner, &id)).query("hydrate", &true).bearer(&session.bearer);
        let reply = self.send(call).await?;
        known(&reply, &credential.owner)
    }

    /// Sends the create once. Whatever else is odd about the answer, a secret in it is handed over.
    pub(super) async fn create_key(
        &self,
        session: &Session,
        request: &CreateRequest,
    ) -> Result<Issued, Failure> {
        let owner = path_id(&request.owner)?;
        check_name(&request.name)?;
        check_description(&request.description)?;
        if !request.scopes.is_empty() {
            return Err(Failure::new(FailureKind::Invalid, "an API key has no scopes of its own"));
        }
        let call = Call::write(Method::POST, &collection(&owner))
            .bearer(&session.bearer)
            .idempotency_key(request.idempotency_key)
            .json(&json!({ "name": request.name, "description": request.description }));
        let reply = self.send(call).await?;
        let (secret, key) = issued(&reply)?;
        let (mut credential, note) = belonging(&reply, &secret, key, &request.owner, None)?;
        if credential.name.is_empty() {
            credential.name = Text::clean(&request.name);
        }
        if credential.description.is_empty() {
            credential.description = Text::clean(&request.description);
        }
        Ok(Issued { credential, parts: Parts::single(secret), note })
    }

    /// Sends the rotation once; it cannot be replayed. The answer leaves out when the window began, so that is told
    /// from the request, and the secret is handed on at once; whoever keeps it reads the particulars afterwards.
    pub(super) async fn rotate_key(
        &self,
        session: &Session,
        request: &RotateRequest,
    ) -> Result<Issued, Failure> {
        let minutes = check_window(request.retention)?;
        let asked = &request.credential;
        let (owner, id) = (path_id(&asked.owner)?, path_id(&asked.id)?);
        let [api, version, accounts, owner, keys, id] = item(&owner, &id);
        let call = Call::write(Method::PUT, &[api, version, accounts, owner, keys, id, "rotate"])
            .bearer(&session.bearer)
            .json(&json!({ "retain_period_minutes": minutes }));
        let reply = self.send(call).await?;
        let (secret, key) = issued(&reply)?;
        let updated = key.body.as_ref().and_then(|body| body.updated).unwrap_or_default().0;
        let (mut credential, note) = belonging(&reply, &secret, key, &asked.owner, Some(&asked.id))?;
        let now = self.http.skew().server_time((self.clock)());
        credential.rotated = Some(updated.unwrap_or(now));
        credential.window = convert::window(credential.rotated, Some(minutes));
        Ok(Issued { credential, parts: Parts::single(secret), note })
    }

    pub(super) async fn edit_key(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        let (owner, id) = (path_id(&credential.owner)?, path_id(&credential.id)?);
        let mut body = Map::new();
        if let Some(name) = &edit.name {
            check_name(name)?;
            body.insert(String::from("name"), json!(name));
        }
        if let Some(description) = &edit.description {
            check_description(description)?;
            body.insert(String::from("description"), json!(description));
        }
        if let Some(enabled) = edit.enabled {
            body.insert(String::from("active"), json!(enabled));
        }
        let call = Call::write(Method::PUT, &item(&owner, &id)).bearer(&session.bearer).json(&body.into());
        known(&self.send(call).await?, &credential.owner)
    }

    pub(super) async fn delete_key(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<(), Failure> {
        let (owner, id) = (path_id(&credential.owner)?, path_id(&credential.id)?);
        self.send(Call::write(Method::DELETE, &item(&owner, &id)).bearer(&session.bearer)).await.map(drop)
    }
}

/// The keys of an account.
pub(super) fn collection(owner: &str) -> [&str; 5] {
    ["api", "v1", "service_accounts", owner, "api_keys"]
}

fn item<'a>(owner: &'a str, id: &'a str) -> [&'a str; 6] {
    ["api", "v1", "service_accounts", owner, "api_keys", id]
}

/// Checks a name before it is sent: the server stores names that nobody could address afterwards.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    ABILITIES.credential.names.check(name).map_err(|words| Failure::new(FailureKind::Invalid, words))
}

/// Checks a description before it is sent.
pub(super) fn check_description(description: &str) -> Result<(), Failure> {
    match description.chars().count() {
        0..=LONGEST_DESCRIPTION => Ok(()),
        count => {
            let words =
                format!("a description has at most {LONGEST_DESCRIPTION} characters; these are {count}");
            Err(Failure::new(FailureKind::Invalid, words))
        }
    }
}

/// Checks a window before it is sent: the server takes any number, and a huge one breaks the key.
fn check_window(retention: Retention) -> Result<i64, Failure> {
    let minutes = retention.as_minutes();
    if retention >= Retention::NONE && minutes <= LONGEST_WINDOW {
        return Ok(minutes);
    }
    Err(Failure::new(FailureKind::Invalid, format!("a window has 0 to {LONGEST_WINDOW} minutes")))
}

/// An answer about one key.
fn known(reply: &Reply, owner: &Id) -> Result<Credential, Failure> {
    let mut key: wire::Key = decode(reply, WHAT)?;
    let (owner, enabled) = convert::key_owner(&mut key, owner);
    convert::credential(key, &owner, enabled).ok_or_else(|| errors::unexpected(reply, WHAT))
}

/// The secret of an answer and what came with it. When the rest cannot be read, the secret alone is looked for:
/// it comes once.
fn issued(reply: &Reply) -> Result<(Secret, wire::Key), Failure> {
    let read = serde_json::from_slice(&reply.body).ok().and_then(taken);
    read.or_else(|| taken(rescue(&reply.body)?))
        .ok_or_else(|| errors::unexpected(reply, "the answer with the new secret"))
}

fn taken(mut key: wire::Key) -> Option<(Secret, wire::Key)> {
    let secret = key.body.as_mut()?.key.take()?.0;
    (!secret.is_empty()).then_some((secret, key))
}

fn rescue(body: &[u8]) -> Option<wire::Key> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let secret = text("/body/key").or_else(|| text("/key")).map(|secret| wire::Raw(Secret::new(secret)));
    let body = wire::KeyBody { key: secret, ..wire::KeyBody::default() };
    Some(wire::Key { id: text("/id"), name: text("/name"), body: Some(body), metadata: None })
}

/// The credential a new secret belongs to. What the secret itself names counts most, because it works for that one
/// alone; then what the answer names, then what was asked for. A secret comes once, so one that contradicts is handed on
/// with a sentence and not dropped.
fn belonging(
    reply: &Reply,
    secret: &Secret,
    mut key: wire::Key,
    owner: &Id,
    asked: Option<&Id>,
) -> Result<(Credential, Option<Text>), Failure> {
    let inside = key::id_of(secret.expose(), Generation::Z).map(|id| Id::new(id.to_string()));
    let told = convert::id(key.id.as_deref());
    let id = inside.as_ref().or(told.as_ref()).or(asked).cloned();
    let id = id.ok_or_else(|| errors::unexpected(reply, WHAT))?;
    let asked = asked.map(path_id).transpose()?.map(Id::new);
    let note = key::contradiction(&id, told.as_ref(), asked.as_ref());
    let (owner, owner_enabled) = convert::key_owner(&mut key, owner);
    key.id = Some(id.as_str().to_owned());
    let bare = || Credential {
        id: id.clone(),
        owner: owner.clone(),
        name: Text::default(),
        kind: super::abilities::NOUN,
        description: Text::default(),
        scopes: Granted::AsOwner,
        created: None,
        rotated: None,
        expires: Expiry::Never,
        last_use: LastUse::Untold,
        enabled: true,
        owner_enabled,
        window: None,
        particulars: Particulars::default(),
    };
    Ok((convert::credential(key, &owner, owner_enabled).unwrap_or_else(bare), note))
}
