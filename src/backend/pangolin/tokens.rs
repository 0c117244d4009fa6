//! Tokens minted for users. The server keeps no name for one and shows every one whole to every administrator; here the
//! whole token is dropped where it is read, but for the moment in which it revokes itself.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::Session;
use super::super::http::Call;
use super::abilities::{LONGEST_HOURS, MINTED};
use super::acting::{Acting, OwnerId, path_id};
use super::claims::{self, Claims, Role};
use super::scopes::granted;
use super::{Pangolin, errors, owners, wire};
use crate::domain::answer::{Again, Issued};
use crate::domain::credential::{Credential, Expiry, LastUse, Particulars};
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::request::{CreateRequest, RotateRequest};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::{Date, SignedDuration, Timestamp};
use crate::secret::{Parts, Secret};

/// The longest life of a minted token.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(LONGEST_HOURS);

/// What came of a token that was to revoke itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It did, and stays dead for as long as it would have lived.
    ByItself,
    /// It was refused, so it is dead already. Where that was done by its id, the server forgets it all the same.
    Before,
    /// It could not.
    Not,
}

/// A token as it is listed, without the token.
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) ends: Option<Timestamp>,
    pub(super) claims: Option<Claims>,
}

/// A listed token as a credential of its user. It has no name; the beginning of its id stands for one.
pub(super) fn credential(one: &Listed, owner: &OwnerRef, of_user: Option<Role>) -> Credential {
    let short: String = one.id.chars().take(8).collect();
    let role = one.claims.as_ref().map(|claims| claims.role);
    Credential {
        id: Id::new(one.id.clone()),
        owner: owner.clone(),
        name: Text::clean(&format!("token {short}")),
        kind: MINTED,
        description: Text::default(),
        // The role is written into the token: an administrator's stays one whatever becomes of its user.
        scopes: match role {
            Some(role) if role != Role::TenantUser || Some(role) != of_user => granted(role, &[]),
            Some(_) | None => Granted::AsOwner,
        },
        created: one.claims.as_ref().and_then(Claims::issued),
        rotated: None,
        expires: one.ends.map_or(Expiry::Never, Expiry::At),
        last_use: LastUse::Untold,
        enabled: true,
        owner_enabled: true,
        window: None,
        particulars: Particulars::default(),
    }
}

impl Pangolin {
    /// The tokens of a user, without the tokens.
    pub(super) async fn tokens_of(
        &self,
        acting: &Acting<'_>,
        user: &wire::User,
    ) -> Result<Vec<Listed>, Failure> {
        let rows = self.minted(acting, &user.id).await?;
        let listed = |row: wire::Minted| Listed { claims: row.claims(), ends: row.expires_at.0, id: row.id };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// The rows with the tokens in them. A plain user sees their own.
    async fn minted(&self, acting: &Acting<'_>, user: &str) -> Result<Vec<wire::Minted>, Failure> {
        let whose = if acting.actor.role == Role::TenantUser { "me" } else { user };
        // The answer holds secrets, so it must leave no copies in a pool.
        let call = Call::present(&["api", "v1", "users", whose, "tokens"]);
        let reply = self.send(acting.sign(call)).await?;
        Ok(wire::rows(&reply, "the list of tokens")?.0)
    }

    async fn user(&self, acting: &Acting<'_>, user: &str) -> Result<wire::User, Failure> {
        let reply = self.send(acting.sign(Call::read(&["api", "v1", "users", user]))).await?;
        wire::decode(&reply, "the user")
    }

    pub(super) async fn read_token(
        &self,
        session: &Session,
        user: &str,
        id: &Id,
    ) -> Result<Credential, Failure> {
        let acting = self.acting(session)?;
        let (user, id) = (self.user(&acting, user).await?, path_id(id)?);
        let tokens = self.tokens_of(&acting, &user).await?;
        let missing =
            || Failure::new(FailureKind::NotFound, "the list has no such token: it was revoked or has ended");
        let one = tokens.iter().find(|one| one.id == id).ok_or_else(missing)?;
        Ok(credential(one, &owners::of_user(&user).reference(), user.role))
    }

    pub(super) async fn mint(
        &self,
        session: &Session,
        user: &str,
        request: &CreateRequest,
    ) -> Result<Issued, Failure> {
        let acting = self.acting(session)?;
        acting.need_admin()?;
        if request.kind != MINTED {
            return Err(errors::invalid("a user owns minted tokens; service-user keys belong to the tenant"));
        }
        let role = match request.scopes.as_slice() {
            [] => None,
            [one] if one == "account tenant-admin" => Some(Role::TenantAdmin),
            _ => return Err(errors::invalid("a token has its user's role, or is an administrator's")),
        };
        let date =
            request.expiry.ok_or_else(|| errors::invalid("a minted token has an end: choose a date"))?;
        let hours = self.hours_until(date)?;
        let user = self.user(&acting, user).await?;
        self.mint_for(&acting, &user, role, hours).await
    }

    /// Another one for the same user, with the same role and length of life.
    pub(super) async fn mint_again(
        &self,
        session: &Session,
        user: &str,
        request: &RotateRequest,
    ) -> Result<Issued, Failure> {
        let acting = self.acting(session)?;
        acting.need_admin()?;
        let (user, id) = (self.user(&acting, user).await?, path_id(&request.credential.id)?);
        let tokens = self.tokens_of(&acting, &user).await?;
        let missing =
            || Failure::new(FailureKind::NotFound, "the list has no such token: it was revoked or has ended");
        let old =
            tokens.into_iter().find(|one| one.id == id).and_then(|one| one.claims).ok_or_else(missing)?;
        let life = old.expires().zip(old.issued()).map_or(24, |(end, from)| hours(end, from));
        let role = Some(old.role).filter(|role| Some(*role) != user.role);
        self.mint_for(&acting, &user, role, life).await
    }

    /// Sends the mint once, one at a time with logins. The name decides whose it is, and memory stores may know two.
    async fn mint_for(
        &self,
        acting: &Acting<'_>,
        user: &wire::User,
        role: Option<Role>,
        hours: i64,
    ) -> Result<Issued, Failure> {
        let mut body = json!({
            "tenant_id": acting.tenant, "username": user.username, "expires_in_hours": hours,
        });
        if let (Some(role), Value::Object(members)) = (role, &mut body) {
            members.insert(String::from("roles"), json!([role.word()]));
        }
        let call = Call::write(Method::POST, &["api", "v1", "tokens"]).json(&body);
        let reply = {
            let _one_at_a_time = self.attempts.lock().await;
            self.send(acting.sign(call)).await?
        };
        let told: wire::Bearer = wire::decode(&reply, "the answer with the new token")?;
        let unreadable = || errors::unexpected(&reply, "the answer with the new token");
        let token = told.token.map(|raw| raw.0).filter(|token| !token.is_empty()).ok_or_else(unreadable)?;
        let read = claims::read(token.expose());
        let listed = Listed {
            id: read.as_ref().and_then(|claims| claims.jti.clone()).unwrap_or_default(),
            ends: read.as_ref().and_then(Claims::expires),
            claims: read,
        };
        let mut owner = owners::of_user(user).reference();
        let stranger = listed.claims.as_ref().map(|claims| claims.sub.clone()).filter(|sub| *sub != user.id);
        let note = stranger.map(|sub| {
            // It is listed under whom it was minted for, and found there when it is revoked.
            owner.id = OwnerId::User(sub).id();
            Text::clean("the server minted this for somebody else of the same name: revoke it at once")
        });
        let credential = credential(&listed, &owner, user.role);
        Ok(Issued { credential, parts: Parts::single(token), note })
    }

    /// The token ends itself where it is listed, and stays dead for as long as it would have lived. Only if that fails
    /// it is revoked by its id, which the server forgets after a day; then it has to be told again.
    pub(super) async fn revoke_token(&self, session: &Session, user: &str, id: &Id) -> Result<(), Failure> {
        let (acting, id) = (self.acting(session)?, path_id(id)?);
        let rows = self.minted(&acting, user).await?;
        let missing =
            || Failure::new(FailureKind::NotFound, "the list has no such token: it was revoked or has ended");
        let row = rows.into_iter().find(|row| row.id == id).ok_or_else(missing)?;
        let ends = row.expires_at.0;
        let ended = match &row.token {
            Some(token) => self.revokes_itself(&token.0).await?,
            None => Ended::Not,
        };
        match ended {
            Ended::ByItself => return Ok(()),
            Ended::Before => return Err(self.dead_already(id, ends)),
            Ended::Not => {}
        }
        self.will_be_forgotten(id, ends);
        let told = self.by_id(&acting, id).await;
        if told.as_ref().is_err_and(|failure| failure.effected == Effected::No) {
            self.known().forgotten.remove(id);
        }
        told
    }

    /// Until when the server has to be told again. Without a moment the longest life there is is assumed.
    fn will_be_forgotten(&self, id: &str, ends: Option<Timestamp>) {
        let end = ends.or_else(|| self.now().checked_add(LONGEST_LIFE).ok()).unwrap_or(Timestamp::MAX);
        self.known().forgotten.insert(id.to_owned(), end);
    }

    /// A token that was refused when it was to end itself. Whoever revoked it may have done so by its id, which does not
    /// last; one that has ended does not come back.
    fn dead_already(&self, id: &str, ends: Option<Timestamp>) -> Failure {
        if ends.is_none_or(|end| end > self.now()) {
            self.will_be_forgotten(id, ends);
        }
        Failure::new(
            FailureKind::NotFound,
            "the server refuses this token already: it was revoked or has ended",
        )
    }

    /// Tells the server once more that a token is revoked, which it forgets in a day. One that is listed again has come
    /// back to life and can end itself. On `PostgreSQL` an id that is still remembered is an error of the server.
    pub(super) async fn revoke_token_again(
        &self,
        session: &Session,
        user: &str,
        id: &Id,
    ) -> Result<Again, Failure> {
        let (acting, id) = (self.acting(session)?, path_id(id)?);
        let rows = self.minted(&acting, user).await;
        let listed = rows.as_ref().ok().and_then(|rows| rows.iter().find(|row| row.id == id));
        if let Some(token) = listed.and_then(|row| row.token.as_ref())
            && self.revokes_itself(&token.0).await? == Ended::ByItself
        {
            self.known().forgotten.remove(id);
            return Ok(Again::ForGood);
        }
        let unlisted = rows.is_ok() && listed.is_none();
        match self.by_id(&acting, id).await {
            Ok(()) => Ok(Again::Told),
            Err(failure) if unlisted && failure.kind == FailureKind::ServerFailed => Ok(Again::Remembered),
            Err(failure) => Err(failure),
        }
    }

    async fn by_id(&self, acting: &Acting<'_>, id: &str) -> Result<(), Failure> {
        let call = Call::write(Method::POST, &["api", "v1", "auth", "revoke", id]).json(&json!({}));
        self.send(acting.sign(call)).await.map(drop)
    }

    /// Has a token end itself; whether that was done.
    pub(super) async fn end_itself(&self, parts: &Parts) -> Result<bool, Failure> {
        let Some(secret) = parts.get("secret") else { return Ok(false) };
        match claims::reading(secret.expose()) {
            claims::Reading::Token(told) => {
                let (ended, ends) = (self.revokes_itself(secret).await?, told.expires());
                match (ended, told.jti) {
                    (Ended::ByItself, jti) => {
                        jti.map(|jti| self.known().forgotten.remove(&jti));
                        Ok(true)
                    }
                    (Ended::Before, Some(jti)) => Err(self.dead_already(&jti, ends)),
                    (Ended::Before, None) | (Ended::Not, _) => Ok(false),
                }
            }
            claims::Reading::Key | claims::Reading::Other => Ok(false),
        }
    }

    /// Presents a token to revoke itself.
    async fn revokes_itself(&self, token: &Secret) -> Result<Ended, Failure> {
        let call = Call::write(Method::POST, &["api", "v1", "auth", "revoke"]).bearer(token).json(&json!({}));
        let reply = self.http.send(call).await?;
        match reply.status {
            200..300 => Ok(Ended::ByItself),
            401 => Ok(Ended::Before),
            400..500 => Ok(Ended::Not),
            _ => Err(errors::failure(&reply)),
        }
    }

    /// Hours from now to the beginning of a day, which is what the server counts in.
    fn hours_until(&self, date: Date) -> Result<i64, Failure> {
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).map(|start| start.timestamp());
        let start = start.map_err(|_out_of_range| errors::invalid("this date is out of range"))?;
        let span = hours(start, self.now());
        if (1..=LONGEST_HOURS).contains(&span) {
            return Ok(span);
        }
        Err(errors::invalid(&format!(
            "a token ends between tomorrow and {} days from now",
            LONGEST_HOURS / 24
        )))
    }
}

/// Whole hours, rounded up.
fn hours(end: Timestamp, from: Timestamp) -> i64 {
    end.duration_since(from).as_secs().saturating_add(3599).div_euclid(3600)
}
