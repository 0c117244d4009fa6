//! Whether a secret works: a key by exchanging it, a token by presenting it. A key does not tell whose it is, so without
//! that it is tried as the key of every service user there is.

use super::super::Session;
use super::super::http::Call;
use super::acting::Acting;
use super::claims::{self, Reading, Role, is_id};
use super::exchange::Exchanged;
use super::scopes::{Names, granted};
use super::{Pangolin, digest_of, errors, wire};
use crate::domain::answer::Verdict;
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::scope::Granted;
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

const ME: [&str; 4] = ["api", "v1", "users", "me"];
const NOT_TOLD: &str =
    "a key does not tell whose it is, and no service user is known yet: log in and refresh the list";
const NOBODYS: &str = "no service user of the list takes it: its own was deleted or switched off, has expired, or is in \
                       another tenant";

impl Pangolin {
    pub(super) async fn verify_parts(&self, parts: &Parts) -> Result<Verdict, Failure> {
        let missing = || Failure::new(FailureKind::Invalid, "there is no secret to verify");
        let secret = parts.get("secret").ok_or_else(missing)?;
        let named = (parts.count() > 1).then(|| parts.get("id")).flatten();
        match claims::reading(secret.expose()) {
            Reading::Key => self.verify_key(secret, named.map(|id| id.expose().to_owned())).await,
            Reading::Token(told) => self.verify_token(secret, told.username, told.role).await,
            Reading::Other => Err(errors::invalid(claims::NEITHER)),
        }
    }

    async fn verify_key(&self, key: &Secret, named: Option<String>) -> Result<Verdict, Failure> {
        let mut why = NOBODYS.to_owned();
        let candidates = self.candidates(key, named);
        if candidates.is_empty() {
            return Ok(Verdict::Untold { why: Text::clean(NOT_TOLD) });
        }
        let only = candidates.len() == 1;
        for service_user in candidates {
            match self.exchange(&service_user, key).await? {
                Exchanged::Bearer(bearer) => {
                    self.remember(key, &service_user);
                    self.try_header(key, &service_user).await;
                    return self.accepted(&bearer).await;
                }
                Exchanged::Refused(refusal) if only => why = refusal.why,
                Exchanged::Refused(_) => {}
            }
        }
        Ok(Verdict::Refused { why: Text::clean(&why) })
    }

    /// Whose key it can be: as told, as remembered, or anybody's of the list.
    fn candidates(&self, key: &Secret, named: Option<String>) -> Vec<String> {
        let known = self.known();
        let told = named.filter(|id| is_id(id)).or_else(|| known.of_key.get(&digest_of(key)).cloned());
        told.map_or_else(|| known.service_users.clone(), |id| vec![id])
    }

    /// What the key's own bearer shows of it.
    async fn accepted(&self, bearer: &Secret) -> Result<Verdict, Failure> {
        let unreadable = || Failure::new(FailureKind::Unexpected, "the bearer could not be read");
        let told = claims::read(bearer.expose()).ok_or_else(unreadable)?;
        let session = session_of(bearer);
        let acting = self.acting(&session)?;
        let scopes = match told.role {
            Role::TenantUser => self.own_scopes(&acting, &told.sub).await?,
            Role::TenantAdmin | Role::Root => granted(told.role, &[]),
        };
        Ok(Verdict::Accepted { who: Text::clean(&told.username), scopes, untold: Vec::new() })
    }

    /// What it holds, in the names of the listing where its own bearer may not see them.
    async fn own_scopes(&self, acting: &Acting<'_>, id: &str) -> Result<Granted, Failure> {
        let (held, own) = tokio::join!(self.held(acting, id), self.names(acting));
        let mut names: Names = self.known().names.clone();
        names.catalogs.extend(own.catalogs);
        Ok(granted(Role::TenantUser, &held?.words(&names)))
    }

    /// Tries once whether the server takes keys in their own header: it has no other way to tell. What comes of it is
    /// told with the server's other particulars, and never decides whether a key works.
    async fn try_header(&self, key: &Secret, service_user: &str) {
        if self.known().takes_header.is_some() {
            return;
        }
        let call = Call::present(&ME).secret_header("x-api-key", key);
        let Ok(reply) = self.http.send(call).await else { return };
        // Where authentication is off everybody is let in, as somebody else: that tells nothing of the key.
        let as_itself = wire::decode::<wire::User>(&reply, "").is_ok_and(|who| who.id == service_user);
        match reply.status {
            200 if as_itself => self.known().takes_header = Some(true),
            401 => self.known().takes_header = Some(false),
            _ => {}
        }
    }

    async fn verify_token(&self, token: &Secret, who: String, role: Role) -> Result<Verdict, Failure> {
        let reply = self.http.send(Call::present(&ME).bearer(token)).await?;
        if reply.status == 401 {
            let why = errors::failure(&reply).detail.unwrap_or_default();
            return Ok(Verdict::Refused { why });
        }
        if !reply.is_success() {
            return Err(errors::failure(&reply));
        }
        let scopes = match role {
            Role::TenantUser => Granted::AsOwner,
            Role::TenantAdmin | Role::Root => granted(role, &[]),
        };
        Ok(Verdict::Accepted { who: Text::clean(&who), scopes, untold: Vec::new() })
    }

    /// Whose a pasted secret is. A key is tried as that of every service user; the right one notes a use.
    pub(super) async fn find_owner(
        &self,
        session: &Session,
        secret: &Secret,
    ) -> Result<Option<Credential>, Failure> {
        let listing = self.list_all(session).await?;
        let id = match claims::reading(secret.expose()) {
            Reading::Token(told) => told.jti,
            Reading::Key => self.owner_of(secret).await?,
            Reading::Other => return Err(errors::invalid(claims::NEITHER)),
        };
        let id = id.map(Id::new);
        Ok(listing.credentials.into_iter().find(|one| Some(&one.id) == id.as_ref()))
    }

    async fn owner_of(&self, key: &Secret) -> Result<Option<String>, Failure> {
        for service_user in self.candidates(key, None) {
            if let Exchanged::Bearer(_) = self.exchange(&service_user, key).await? {
                self.remember(key, &service_user);
                return Ok(Some(service_user));
            }
        }
        Ok(None)
    }
}

/// A session that carries the key's own bearer for a moment.
fn session_of(bearer: &Secret) -> Session {
    let facts = SessionFacts {
        who: Text::default(),
        kind: "service user",
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires: None,
        renews: false,
        kept: false,
        credential: None,
    };
    Session { facts, bearer: bearer.share(), renewal: None }
}
