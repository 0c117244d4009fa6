//! PATs: create, replace, revoke. Each is sent once; nothing here can be replayed.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::Session;
use super::super::http::{Call, Reply};
use super::abilities::{ABILITIES, EVERYTHING, LONGEST_DAYS, NOUN, OFFERS};
use super::{Zpools, convert, dates, errors, list, token, wire};
use crate::domain::answer::Issued;
use crate::domain::credential::{Credential, Expiry, LastUse, Told};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::{CreateRequest, RotateRequest};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Date;
use crate::secret::{Parts, Secret};

/// How long it is looked for which PAT was made, where the answer left it out. The new secret is only in memory
/// meanwhile.
const LOOKED_FOR: Duration = Duration::from_secs(2);

/// What a new PAT is to be, checked.
struct Wanted {
    label: String,
    scopes: Vec<String>,
    expiry: Option<Date>,
}

impl Zpools {
    pub(super) async fn create_pat(
        &self,
        session: &Session,
        request: &CreateRequest,
    ) -> Result<Issued, Failure> {
        ABILITIES.credential.names.check(&request.name).map_err(|words| invalid(&words))?;
        check_scopes(&request.scopes)?;
        if let Some(expiry) = request.expiry {
            dates::check(expiry, self.now())?;
        }
        if !request.description.is_empty() {
            return Err(invalid("a PAT has no description here; say it in the label"));
        }
        let wanted =
            Wanted { label: request.name.clone(), scopes: request.scopes.clone(), expiry: request.expiry };
        self.issue(session, wanted).await
    }

    /// A second PAT like the first, or with fewer scopes. The old one is left alone: who asked for this revokes it when its time has come.
    pub(super) async fn replace_pat(
        &self,
        session: &Session,
        request: &RotateRequest,
    ) -> Result<Issued, Failure> {
        self.may_make(session)?;
        let old = self.read_pat(session, &request.credential.id).await?;
        let scopes = match (&request.scopes, &old.scopes) {
            (Some(fewer), _) => fewer.clone(),
            (None, Granted::Everything) => vec![String::from(EVERYTHING)],
            (None, Granted::Listed(scopes)) => scopes.iter().map(Text::to_string).collect(),
            (None, Granted::AsOwner) => Vec::new(),
        };
        check_scopes(&scopes)?;
        if !convert::granted(&scopes).within(&old.scopes) {
            let words = format!(
                "the old PAT has {}; a second one may have fewer scopes, never more",
                old.scopes.words()
            );
            return Err(invalid(&words));
        }
        let expiry = old.successor_end(self.now(), LONGEST_DAYS);
        self.issue(session, Wanted { label: old.name.to_string(), scopes, expiry }).await
    }

    async fn issue(&self, session: &Session, wanted: Wanted) -> Result<Issued, Failure> {
        self.may_make(session)?;
        let mut body = json!({ "label": wanted.label, "scopes": wanted.scopes });
        if let (Some(expiry), Value::Object(members)) = (wanted.expiry, &mut body) {
            members.insert(String::from("expiry"), json!(expiry.to_string()));
        }
        let call = Call::write(Method::POST, &["pat"]).bearer(&session.bearer).json(&body);
        let reply = self.send(session, call).await.map_err(|failure| self.no_create(failure))?;
        let (secret, told) = issued(&reply)?;
        let id = match told {
            Some(id) => id,
            None => self.newest_named(session, &wanted.label).await.unwrap_or_else(|| Id::new("")),
        };
        Ok(Issued { credential: self.bare(session, id, &wanted), parts: Parts::single(secret), note: None })
    }

    /// Refuses before sending where the answer is known: no PAT makes a PAT.
    fn may_make(&self, session: &Session) -> Result<(), Failure> {
        if token::read(session.bearer.expose()) != token::Reading::Pat {
            return Ok(());
        }
        let page = self.tokens_page();
        let words =
            format!("no PAT can make another one; make it at {page} and paste it, or log in with a password");
        Err(Failure::new(FailureKind::Forbidden, words))
    }

    /// A server without this route makes PATs on its website only.
    fn no_create(&self, failure: Failure) -> Failure {
        if failure.kind != FailureKind::Unexpected || failure.effected != crate::domain::failure::Effected::No
        {
            return failure;
        }
        let words =
            format!("this server makes no PATs by itself; make it at {} and paste it", self.tokens_page());
        Failure::new(FailureKind::Unsupported, words)
    }

    /// The newest PAT of a label: where the answer to a create left out which one it made.
    async fn newest_named(&self, session: &Session, label: &str) -> Option<Id> {
        let (rows, _) = self.rows(session, Some(LOOKED_FOR)).await.ok()?;
        let named = rows.into_iter().filter(|row| !row.is_revoked() && row.label.as_deref() == Some(label));
        named.max_by_key(|row| row.created_at.0)?.key_id.map(Id::new)
    }

    /// The new PAT as far as the request tells. The answer tells nothing of it, and the secret is handed on at once;
    /// whoever keeps it reads the rest afterwards, and what the server really granted with it.
    fn bare(&self, session: &Session, id: Id, wanted: &Wanted) -> Credential {
        let zone = jiff::tz::TimeZone::UTC;
        let end = wanted.expiry.and_then(|date| date.to_zoned(zone).ok()).map(|start| start.timestamp());
        Credential {
            id,
            owner: list::owner_of(session),
            name: Text::clean(&wanted.label),
            kind: NOUN,
            description: Text::default(),
            scopes: convert::granted(&wanted.scopes),
            created: Some(self.now()),
            rotated: None,
            expires: end.map_or(Expiry::Never, Expiry::At),
            last_use: LastUse::Never,
            enabled: true,
            owner_enabled: true,
            window: None,
            particulars: Told { soft_end: end, ..Told::NOTHING }.into(),
        }
    }

    pub(super) async fn revoke_pat(&self, session: &Session, id: &Id) -> Result<(), Failure> {
        let id = path_id(id)?;
        let call = Call::write(Method::DELETE, &["pat", id]).bearer(&session.bearer);
        self.send(session, call).await.map(drop)
    }
}

fn invalid(words: &str) -> Failure {
    Failure::new(FailureKind::Invalid, words)
}

/// A PAT without scopes is refused everywhere, or gets what the server chooses; neither is wanted.
fn check_scopes(scopes: &[String]) -> Result<(), Failure> {
    if scopes.is_empty() {
        return Err(invalid("a PAT without scopes can do nothing: choose at least one"));
    }
    let unknown = scopes.iter().find(|scope| OFFERS.iter().all(|offer| offer.id != **scope));
    if let Some(unknown) = unknown {
        return Err(invalid(&format!("there is no scope {unknown:?} here")));
    }
    if scopes.len() > 1 && scopes.iter().any(|scope| scope == EVERYTHING) {
        return Err(invalid("* holds every other scope: choose it alone"));
    }
    Ok(())
}

/// The identifier as it may stand in a path: words and hyphens, nothing else.
fn path_id(id: &Id) -> Result<&str, Failure> {
    let good = !id.as_str().is_empty() && id.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '-');
    if good {
        Ok(id.as_str())
    } else {
        Err(invalid("this identifier is not of the form word-word-word-word"))
    }
}

/// The secret of an answer and whose it is. When the rest cannot be read, the secret alone is looked for: it comes
/// once.
fn issued(reply: &Reply) -> Result<(Secret, Option<Id>), Failure> {
    let told = serde_json::from_slice::<wire::Envelope<wire::Made>>(&reply.body).ok();
    let made = told.and_then(|told| told.detail).unwrap_or_else(|| rescue(&reply.body));
    let secret = made.token.map(|raw| raw.0).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| errors::unexpected(reply, "the answer with the new secret"))?;
    Ok((secret, made.key_id.filter(|id| !id.is_empty()).map(Id::new)))
}

fn rescue(body: &[u8]) -> wire::Made {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| {
        let inside = value.pointer(&format!("/detail/{name}")).or_else(|| value.get(name));
        inside.and_then(Value::as_str).map(str::to_owned)
    };
    wire::Made { key_id: text("key_id"), token: text("token").map(|token| wire::Raw(Secret::new(token))) }
}
