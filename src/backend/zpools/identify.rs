//! Which row a PAT belongs to. Nothing in it tells; but the list shows what a PAT was last used by, so it is used once
//! under a name that nothing else has, and that name is looked for.

use uuid::Uuid;

use super::super::Session;
use super::{Zpools, convert, errors, list, probe, token, wire};
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::text::Text;
use crate::secret::Secret;

/// A user agent that is used once.
pub(super) fn one_off_agent() -> String {
    format!("keywright/{} check-{}", env!("CARGO_PKG_VERSION"), Uuid::new_v4().simple())
}

impl Zpools {
    /// The row of a PAT. The gateway may answer from memory and then nothing is written down, so a name that does not
    /// show is tried once more. Where the server tells no user agents, the only row that is not `known` is taken.
    pub(super) async fn find_row(
        &self,
        session: &Session,
        secret: &Secret,
        known: &[Id],
    ) -> Result<Option<Credential>, Failure> {
        let secret = token::presentable(secret)?;
        let agent = one_off_agent();
        if !self.is_alive(&secret, Some(&agent)).await? {
            return Err(Failure::new(FailureKind::WrongLogin, errors::REFUSED));
        }
        // Listing with the very PAT that is looked for must not write another name over it.
        let own = session.bearer.expose() == secret.expose();
        let listed = if own { agent.clone() } else { one_off_agent() };
        let mut rows = self.rows_as(session, &listed).await?.0;
        if find(&rows, &agent).is_none() && !self.judges_each() {
            (self.wait)(probe::MEMORY).await;
            if self.is_alive(&secret, Some(&agent)).await? {
                rows = self.rows_as(session, &listed).await?.0;
            }
        }
        let row = find(&rows, &agent).or_else(|| only_new(&rows, known)).cloned();
        Ok(row.and_then(|row| convert::credential(row, &list::owner_of(session))))
    }

    /// Why a PAT of a row is refused, as far as the list tells.
    pub(super) async fn reason_in_list(&self, session: &Session, id: &Id) -> Result<Text, Failure> {
        let (rows, _) = self.rows(session, None).await?;
        let row = rows.iter().find(|row| row.key_id.as_deref() == Some(id.as_str()));
        let Some(row) = row else {
            return Ok(Text::clean("it is not in the list: it was revoked, or belongs to another user"));
        };
        let end = [row.expiry_at.0, row.hard_expiry_at.0].into_iter().flatten().min();
        let scopes = row.scopes.as_deref().unwrap_or_default();
        Ok(Text::clean(&match (row.status().as_str(), end) {
            ("revoked", _) => String::from("it was revoked"),
            ("expired", Some(end)) => format!("it expired on {}", end.strftime("%Y-%m-%d")),
            ("expired", None) => String::from("it has expired"),
            _ if scopes.is_empty() => String::from("it has no scopes, so every request is refused"),
            ("active", _) => String::from(
                "the list calls it active, so this is another PAT's secret, or the gateway answers from memory; \
                 try again in 6 seconds",
            ),
            (other, _) => format!("the list calls it {other}"),
        }))
    }
}

fn find<'a>(rows: &'a [wire::Row], agent: &str) -> Option<&'a wire::Row> {
    rows.iter().find(|row| row.last_ua.as_deref() == Some(agent))
}

/// The one live row that nobody knew; none where user agents are told, because then it would have shown.
fn only_new<'a>(rows: &'a [wire::Row], known: &[Id]) -> Option<&'a wire::Row> {
    if known.is_empty() || rows.iter().any(|row| row.last_ua.is_some()) {
        return None;
    }
    let is_new = |row: &&wire::Row| {
        let id = row.key_id.as_deref();
        !row.is_revoked() && id.is_some_and(|id| known.iter().all(|known| known.as_str() != id))
    };
    let mut new = rows.iter().filter(is_new);
    new.next().filter(|_| new.next().is_none())
}
