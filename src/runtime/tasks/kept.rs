//! A session as it lies in the keyring: one entry, which a newer one takes the place of. The new one is stored, read
//! back and remembered before the older one goes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Tasks;
use crate::backend::Session;
use crate::domain::ability::Abilities;
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::secret::Secret;
use crate::vault::entry_name;

impl Tasks {
    /// The kept session, as it lies in the keyring now.
    pub(super) async fn kept_session(&self, name: &AccountName) -> Result<Option<Session>, Failure> {
        let mut gone = None;
        loop {
            let Some(newest) = self.entries(&session_ref(name)).await?.into_iter().next() else {
                return Ok(None);
            };
            if let Some(secret) = self.vault().read(&newest.entry).await.map_err(Failure::from)? {
                let (endpoint, abilities) = (self.endpoint(name)?, self.backend(name)?.abilities());
                return Ok(thaw(&secret, &endpoint, abilities));
            }
            // Another program may have stored a newer one and forgotten this one since the records were read; they tell.
            if gone.as_ref() == Some(&newest.entry) {
                return Ok(None);
            }
            gone = Some(newest.entry);
        }
    }

    /// Puts a session into the keyring, and then takes older ones out.
    pub(super) async fn keep_session(&self, name: &AccountName, session: &Session) -> Result<(), Failure> {
        let id = Uuid::new_v4();
        let entry = entry_name(name.as_str(), "session", session.facts.who.as_str(), id);
        let older = self.entries(&session_ref(name)).await?;
        let frozen = freeze(session, &self.endpoint(name)?)
            .ok_or_else(|| Failure::new(FailureKind::Keyring, "the session cannot be written"))?;
        let label = format!("session of {name} as {}", session.facts.who);
        self.vault().store(&entry, &label, &frozen).await.map_err(Failure::from)?;
        if let Err(failure) = self.remember(&session_ref(name), &entry, id, None) {
            // Nobody would find it there, and nobody would ever take it out.
            self.forget(&entry).await;
            return Err(failure);
        }
        for old in older {
            self.forget(&old.entry).await;
        }
        Ok(())
    }
}

/// How a kept session is found in the records.
pub(super) fn session_ref(name: &AccountName) -> CredentialRef {
    CredentialRef { account: name.clone(), owner: Id::new("session"), id: Id::new("session") }
}

/// A session as it lies in the keyring.
#[derive(Serialize, Deserialize)]
struct Frozen {
    /// Where it is valid; it is sent nowhere else.
    endpoint: String,
    bearer: Zeroizing<String>,
    renewal: Option<Zeroizing<String>>,
    who: String,
    kind: String,
    refused: Option<String>,
    #[serde(default)]
    refused_revoke: Option<String>,
    expires: Option<Timestamp>,
    credential: Option<String>,
    /// Whether it renews itself without a token of its own, because a command prints the next one.
    #[serde(default)]
    by_command: bool,
}

fn freeze(session: &Session, endpoint: &str) -> Option<Secret> {
    let facts = &session.facts;
    let text = |secret: &Secret| Zeroizing::new(secret.expose().to_owned());
    let frozen = Frozen {
        endpoint: endpoint.to_owned(),
        bearer: text(&session.bearer),
        renewal: session.renewal.as_ref().map(text),
        who: facts.who.as_str().to_owned(),
        kind: facts.kind.to_owned(),
        refused: facts.may_create.as_ref().err().map(|why| why.as_str().to_owned()),
        refused_revoke: facts.may_revoke.as_ref().err().map(|why| why.as_str().to_owned()),
        expires: facts.expires,
        credential: facts.credential.as_ref().map(|id| id.as_str().to_owned()),
        by_command: facts.renews && session.renewal.is_none(),
    };
    serde_json::to_string(&frozen).ok().map(Secret::new)
}

fn thaw(secret: &Secret, endpoint: &str, abilities: &Abilities) -> Option<Session> {
    let frozen: Frozen = serde_json::from_str(secret.expose()).ok()?;
    if frozen.endpoint != endpoint {
        return None;
    }
    let nouns = abilities.kinds().map(|kind| kind.noun);
    let kinds = ["user", "service account", "service user"].into_iter().chain(nouns);
    let facts = SessionFacts {
        who: Text::clean(&frozen.who),
        kind: kinds.into_iter().find(|kind| *kind == frozen.kind).unwrap_or("user"),
        may_create: frozen.refused.map_or(Ok(()), |why| Err(why.into())),
        may_revoke: frozen.refused_revoke.map_or(Ok(()), |why| Err(why.into())),
        expires: frozen.expires,
        renews: frozen.renewal.is_some() || frozen.by_command,
        kept: true,
        credential: frozen.credential.map(Id::new),
    };
    let secret = |text: Zeroizing<String>| Secret::from_zeroizing(text);
    Some(Session { facts, bearer: secret(frozen.bearer), renewal: frozen.renewal.map(secret) })
}
