//! The PATs of the user, in one answer: there are no pages here.

use std::time::Duration;

use super::super::Session;
use super::super::http::Call;
use super::{Zpools, convert, errors, token, wire};
use crate::domain::answer::Listing;
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::text::Text;

/// The one owner there is. Its name is only known to a login by password, so it cannot be the identifier.
const OWNER: &str = "user";
const WHAT: &str = "the list of PATs";

impl Zpools {
    /// Revoked PATs are left out: they are gone for good, and some servers never tell them.
    pub(super) async fn list_all(&self, session: &Session) -> Result<Listing, Failure> {
        let owner = owner(session);
        let mut listing = Listing { owners: vec![owner.clone()], ..Listing::default() };
        let (rows, mut odd) = self.rows(session, None).await?;
        for row in rows.into_iter().filter(|row| !row.is_revoked()) {
            match convert::credential(row, &owner.reference()) {
                Some(credential) => listing.credentials.push(credential),
                None => odd += 1,
            }
        }
        if odd > 0 {
            let words = format!("{odd} of the PATs could not be read");
            listing.failed.push((owner.reference(), Failure::new(FailureKind::Unexpected, words)));
        }
        Ok(listing)
    }

    pub(super) async fn read_pat(&self, session: &Session, id: &Id) -> Result<Credential, Failure> {
        let (rows, _) = self.rows(session, None).await?;
        let missing = |words: &str| Failure::new(FailureKind::NotFound, words);
        let row = rows.into_iter().find(|row| row.key_id.as_deref() == Some(id.as_str()));
        let row = row.ok_or_else(|| missing("the list has no such PAT"))?;
        if row.is_revoked() {
            return Err(missing("it was revoked"));
        }
        convert::credential(row, &owner_of(session)).ok_or_else(|| missing("the list has no such PAT"))
    }

    /// Every row that can be read, and how many cannot.
    pub(super) async fn rows(
        &self,
        session: &Session,
        deadline: Option<Duration>,
    ) -> Result<(Vec<wire::Row>, usize), Failure> {
        let call = Call::read(&["pat"]).bearer(&session.bearer);
        let call = if let Some(deadline) = deadline { call.within(deadline) } else { call };
        self.rows_of(session, call).await
    }

    /// The same under another name: a session that carries a PAT leaves that in its own row.
    pub(super) async fn rows_as(
        &self,
        session: &Session,
        agent: &str,
    ) -> Result<(Vec<wire::Row>, usize), Failure> {
        self.rows_of(session, Call::read(&["pat"]).bearer(&session.bearer).agent(agent)).await
    }

    async fn rows_of(&self, session: &Session, call: Call<'_>) -> Result<(Vec<wire::Row>, usize), Failure> {
        let reply = self.send(session, call).await?;
        let told: Option<wire::Envelope<wire::Rows>> = serde_json::from_slice(&reply.body).ok();
        let rows = told.and_then(|told| told.detail).ok_or_else(|| errors::unexpected(&reply, WHAT))?;
        let all = rows.items.len();
        let rows: Vec<_> =
            rows.items.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect();
        let odd = all - rows.len();
        Ok((rows, odd))
    }
}

/// The owner as far as the session knows it: a PAT does not tell whose it is.
pub(super) fn owner(session: &Session) -> Owner {
    let by_password = token::read(session.bearer.expose()) != token::Reading::Pat;
    let name = if by_password { session.facts.who.clone() } else { Text::clean("the user") };
    Owner { id: Id::new(OWNER), name, description: Text::default(), enabled: true, created: None }
}

/// The same for rows.
pub(super) fn owner_of(session: &Session) -> OwnerRef {
    owner(session).reference()
}
