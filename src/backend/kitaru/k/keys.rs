//! API keys of whoever is logged in: read, create, rotate, switch, delete.

use reqwest::Method;
use serde_json::{Value, json};

use super::abilities::{LONGEST_WINDOW, NOUN, check_key_name};
use super::{Adapter, Generation, key, path_id, wire};
use crate::backend::Session;
use crate::backend::http::{Call, Reply};
use crate::backend::kitaru::{decode, z};
use crate::domain::answer::Issued;
use crate::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Particulars, Window};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::request::{CreateRequest, Edit, RotateRequest};
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

/// The collection.
pub(super) const KEYS: [&str; 3] = ["api", "v1", "api-keys"];
const WHAT: &str = "the API key";

/// What can be done instead of a key for somebody else.
const NOT_FOR_OTHERS: &str = "an API key belongs to whoever makes it, and this server has no call that makes one for \
                              another account, service accounts included: make the key as yourself, or log in as \
                              the user it is to belong to";

impl Adapter {
    pub(super) async fn read_key(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<Credential, Failure> {
        let id = path_id(&credential.id)?;
        let reply = self.send(Call::read(&item(&id)).bearer(&session.bearer)).await?;
        known(session, &reply)
    }

    /// Sends the create once. The server knows the key of an account under its idempotency key only for that account,
    /// so nothing is sent on behalf of another one than the request was made for.
    pub(super) async fn create_key(
        &self,
        session: &Session,
        request: &CreateRequest,
    ) -> Result<Issued, Failure> {
        check_key_name(&request.name).map_err(invalid)?;
        if !request.description.is_empty() {
            return Err(invalid(String::from("an API key has no description here")));
        }
        if !request.scopes.is_empty() {
            return Err(invalid(String::from("an API key has no scopes of its own")));
        }
        let me = self.me(session).await?;
        if me.id != request.owner {
            return Err(Failure::new(FailureKind::Unsupported, NOT_FOR_OTHERS));
        }
        let call = Call::write(Method::POST, &KEYS)
            .bearer(&session.bearer)
            .idempotency_key(request.idempotency_key)
            .json(&json!({ "name": request.name }));
        let reply = self.send(call).await?;
        let (secret, key) = issued(&reply)?;
        let (mut credential, note) = belonging(&reply, &secret, key, &me, None)?;
        if credential.name.is_empty() {
            credential.name = Text::clean(&request.name);
        }
        Ok(Issued { credential, parts: Parts::single(secret), note })
    }

    /// Sends the rotation once. The same request under the same idempotency key brings the same answer for a while;
    /// the window is known only from what was asked for.
    pub(super) async fn rotate_key(
        &self,
        session: &Session,
        request: &RotateRequest,
    ) -> Result<Issued, Failure> {
        let minutes = check_window(request.retention)?;
        let id = path_id(&request.credential.id)?;
        let me = self.me(session).await?;
        let [api, version, keys, id] = item(&id);
        let call = Call::write(Method::POST, &[api, version, keys, id, "rotate"])
            .bearer(&session.bearer)
            .idempotency_key(request.idempotency_key)
            .json(&json!({ "retain_period_minutes": minutes }));
        let reply = self.send(call).await?;
        let (secret, key) = issued(&reply)?;
        let (mut credential, note) = belonging(&reply, &secret, key, &me, Some(&Id::new(id)))?;
        let now = self.http.skew().server_time((self.clock)());
        let rotated = *credential.rotated.get_or_insert(now);
        credential.window =
            (minutes > 0).then(|| Window { began: rotated, ends: Retention::minutes(minutes).end(rotated) });
        Ok(Issued { credential, parts: Parts::single(secret), note })
    }

    /// Only whether a key is switched on can be changed.
    pub(super) async fn switch_key(
        &self,
        session: &Session,
        credential: &CredentialRef,
        edit: &Edit,
    ) -> Result<Credential, Failure> {
        let id = path_id(&credential.id)?;
        if edit.name.is_some() || edit.description.is_some() {
            let words = "an API key keeps its name on this server and has no description";
            return Err(Failure::new(FailureKind::Unsupported, words));
        }
        let Some(enabled) = edit.enabled else { return self.read_key(session, credential).await };
        let call = Call::write(Method::PATCH, &item(&id)).bearer(&session.bearer);
        let reply = self.send(call.json(&json!({ "active": enabled }))).await?;
        known(session, &reply)
    }

    pub(super) async fn delete_key(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<(), Failure> {
        let id = path_id(&credential.id)?;
        self.send(Call::write(Method::DELETE, &item(&id)).bearer(&session.bearer)).await.map(drop)
    }

    /// The refusal of a key says nothing; its record may.
    pub(super) async fn why_key_is_refused(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<Option<Text>, Failure> {
        let words = match self.read_key(session, credential).await {
            Err(failure) if failure.kind == FailureKind::NotFound => {
                "it was deleted, or belongs to somebody else"
            }
            Err(failure) => return Err(failure),
            Ok(found) if !found.enabled => "it is switched off",
            Ok(found) if found.rotated.is_some() => "it was replaced by a rotation, and its window is over",
            Ok(_) => return Ok(None),
        };
        Ok(Some(Text::clean(words)))
    }

    /// Who is logged in, as an owner. Where it cannot be told, nothing is changed.
    pub(super) async fn me(&self, session: &Session) -> Result<OwnerRef, Failure> {
        let account = self.who(&session.bearer).await?;
        let name = Text::clean(account.name.as_deref().unwrap_or_default());
        let missing = || Failure::new(FailureKind::Unexpected, "the server does not tell who is logged in");
        Ok(OwnerRef { id: id(account.id.as_deref()).ok_or_else(missing)?, name })
    }
}

/// An answer about one key, which is always of whoever is logged in.
fn known(session: &Session, reply: &Reply) -> Result<Credential, Failure> {
    let key: wire::Key = decode(reply, WHAT)?;
    let owner_id = id(key.owner_id.as_deref()).unwrap_or_else(|| Id::new(""));
    let owner = OwnerRef { id: owner_id, name: session.facts.who.clone() };
    credential(key, &owner).ok_or_else(|| z::unexpected(reply, WHAT))
}

fn item(id: &str) -> [&str; 4] {
    let [api, version, keys] = KEYS;
    [api, version, keys, id]
}

fn invalid(words: String) -> Failure {
    Failure::new(FailureKind::Invalid, words)
}

/// An identifier, if it is one.
pub(super) fn id(raw: Option<&str>) -> Option<Id> {
    raw.and_then(|raw| uuid::Uuid::parse_str(raw).ok()).map(|id| Id::new(id.to_string()))
}

/// Checks a window before it is sent.
fn check_window(retention: Retention) -> Result<i64, Failure> {
    let minutes = retention.as_minutes();
    if retention >= Retention::NONE && minutes <= LONGEST_WINDOW {
        return Ok(minutes);
    }
    Err(invalid(format!("a window has 0 to {LONGEST_WINDOW} minutes")))
}

/// A key of `owner`. How long an old secret of it is kept is not told.
pub(super) fn credential(key: wire::Key, owner: &OwnerRef) -> Option<Credential> {
    let last_use = match key.last_used.unwrap_or_default().0 {
        Some(at) => LastUse::At(at),
        None => LastUse::Never,
    };
    Some(Credential {
        id: id(key.id.as_deref())?,
        owner: owner.clone(),
        name: key.name.map(Text::from).unwrap_or_default(),
        kind: NOUN,
        description: Text::default(),
        scopes: Granted::AsOwner,
        created: key.created.unwrap_or_default().0,
        rotated: key.last_rotated.unwrap_or_default().0,
        expires: Expiry::Never,
        last_use,
        enabled: key.active.unwrap_or(true),
        owner_enabled: true,
        window: None,
        particulars: Particulars::default(),
    })
}

/// The secret of an answer and what came with it. When the rest cannot be read, the secret alone is looked for: it
/// comes once.
fn issued(reply: &Reply) -> Result<(Secret, wire::Key), Failure> {
    let read = serde_json::from_slice(&reply.body).ok().and_then(taken);
    read.or_else(|| taken(rescue(&reply.body)?))
        .ok_or_else(|| z::unexpected(reply, "the answer with the new secret"))
}

fn taken(mut key: wire::Key) -> Option<(Secret, wire::Key)> {
    let secret = key.key.take()?.0;
    (!secret.is_empty()).then_some((secret, key))
}

fn rescue(body: &[u8]) -> Option<wire::Key> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let secret = text("key").map(|secret| wire::Raw(Secret::new(secret)));
    Some(wire::Key { id: text("id"), name: text("name"), key: secret, ..wire::Key::default() })
}

/// The credential a new secret belongs to. What the secret itself names counts most, because it works for that one
/// alone; then what the answer names, then what was asked for. A secret comes once, so one that contradicts is handed on
/// with a sentence and not dropped.
fn belonging(
    reply: &Reply,
    secret: &Secret,
    mut key: wire::Key,
    owner: &OwnerRef,
    asked: Option<&Id>,
) -> Result<(Credential, Option<Text>), Failure> {
    let inside = key::id_of(secret.expose(), Generation::K).map(|id| Id::new(id.to_string()));
    let told = id(key.id.as_deref());
    let id = inside.as_ref().or(told.as_ref()).or(asked).cloned();
    let id = id.ok_or_else(|| z::unexpected(reply, WHAT))?;
    let note = key::contradiction(&id, told.as_ref(), asked);
    key.id = Some(id.as_str().to_owned());
    let credential = credential(key, owner).ok_or_else(|| z::unexpected(reply, WHAT))?;
    Ok((credential, note))
}
