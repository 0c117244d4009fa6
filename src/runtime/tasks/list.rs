//! Reading: listings in their parts, single credentials, and changes to one. What is known here of them is put to them in
//! `known`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Tasks;
use super::known::Known;
use crate::app::model::ActivityEntry;
use crate::app::msg::Listed;
use crate::domain::account::AccountName;
use crate::domain::answer::{Part, Reach};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::domain::request::Edit;
use crate::domain::scope::ScopeOffer;
use crate::domain::text::Text;
use crate::domain::time::Skew;
use crate::state::Label;

/// Lines of the audit log that are read at once.
const ACTIVITY_LINES: usize = 1000;

/// How long parts of a listing are gathered before they are told together, for each [`MANY`] told before.
const PACE: Duration = Duration::from_millis(200);

/// So many lines are ordered anew in a small part of [`PACE`]. Every part orders all of them, so with more told the next
/// part comes later, and the screen has time for keys however long the listing is.
const MANY: usize = 5000;

/// How long the next part waits once so many credentials were told.
fn pace(told: usize) -> Duration {
    PACE.saturating_mul(u32::try_from(told / MANY).unwrap_or(u32::MAX).saturating_add(1))
}

/// Puts a part behind those that wait to be told.
fn gather(waiting: &mut Option<Part>, part: Part) {
    match waiting {
        Some(known) => {
            known.listing.take_in(part.listing);
            known.reach = part.reach;
        }
        None => *waiting = Some(part),
    }
}

impl Tasks {
    /// Every owner and credential, with what is known here.
    pub async fn list(&self, name: &AccountName) -> Result<Listed, Failure> {
        let listing =
            self.with_session(name, |backend, session| async move { backend.list(&session).await }).await?;
        self.with(&self.known(name).await?, name, listing)
    }

    /// The same, with what there is already told while the rest is read: the first part at once, what follows no
    /// oftener than a screen wants it. What was read before a failure is told too.
    pub async fn list_in_parts(
        &self,
        name: &AccountName,
        telling: &(dyn Fn(Listed, Reach) + Sync),
    ) -> Result<Listed, Failure> {
        let (sender, mut parts) = mpsc::unbounded_channel();
        let whole = self.with_session(name, |backend, session| {
            let sender = sender.clone();
            // Nobody listens any more only where nobody waits for the whole either.
            let take = move |part| drop(sender.send(part));
            async move { backend.list_in_parts(&session, &take).await }
        });
        tokio::pin!(whole);
        let (mut waiting, mut next): (Option<Part>, _) = (None, Instant::now());
        let (mut told, mut known) = (0_usize, Known::default());
        loop {
            tokio::select! {
                done = &mut whole => {
                    if done.is_err() {
                        while let Ok(part) = parts.try_recv() {
                            gather(&mut waiting, part);
                        }
                        self.tell_part(name, waiting.take(), &mut known, telling).await?;
                    }
                    // Read again: what was written meanwhile may have been about credentials told before. What is in the
                    // whole as well is let go first.
                    let listing = done?;
                    drop((known, waiting, parts));
                    return self.with(&self.known(name).await?, name, listing);
                }
                Some(part) = parts.recv() => gather(&mut waiting, part),
                () = tokio::time::sleep_until(next), if waiting.is_some() => {
                    told += waiting.as_ref().map_or(0, |part| part.listing.credentials.len());
                    self.tell_part(name, waiting.take(), &mut known, telling).await?;
                    next = Instant::now() + pace(told);
                }
            }
        }
    }

    async fn tell_part(
        &self,
        name: &AccountName,
        part: Option<Part>,
        known: &mut Known,
        telling: &(dyn Fn(Listed, Reach) + Sync),
    ) -> Result<(), Failure> {
        let Some(part) = part else { return Ok(()) };
        // There may be records of every credential, and many parts.
        if !known.is_of(self.state()?.version().map_err(Failure::from)?) {
            *known = self.known(name).await?;
        }
        telling(self.with(known, name, part.listing)?, part.reach);
        Ok(())
    }

    /// One credential as the server knows it now.
    pub async fn read(&self, reference: &CredentialRef) -> Result<(Credential, Skew), Failure> {
        let name = &reference.account;
        let read = self.with_session(name, |backend, session| {
            let reference = reference.clone();
            async move { backend.read(&session, &reference).await }
        });
        let mut credential = read.await?;
        let (backend, known) = (self.backend(name)?, self.known_of(reference)?);
        known.complete(name, backend.abilities(), std::slice::from_mut(&mut credential), backend.skew());
        Ok((credential, backend.skew()))
    }

    /// What the server has to choose from as scopes.
    pub async fn scope_offers(
        &self,
        name: &AccountName,
        kind: &str,
        owner: &Id,
    ) -> Result<Vec<ScopeOffer>, Failure> {
        self.with_session(name, |backend, session| {
            let (kind, owner) = (kind.to_owned(), owner.clone());
            async move { backend.scope_offers(&session, &kind, &owner).await }
        })
        .await
    }

    /// Changes name, description or whether it is switched on.
    pub async fn edit(&self, reference: &CredentialRef, edit: &Edit) -> Result<Credential, Failure> {
        let done = match self.relabel(reference, edit).await {
            Ok(Some(relabelled)) => Ok(relabelled),
            Ok(None) => {
                let done = self.with_session(&reference.account, |backend, session| {
                    let (reference, edit) = (reference.clone(), edit.clone());
                    async move { backend.edit(&session, &reference, &edit).await }
                });
                done.await
            }
            Err(failure) => Err(failure),
        };
        let (object, result) = match &done {
            Ok(credential) => {
                (format!("{} of {}", credential.name, credential.owner.name), String::from("changed"))
            }
            Err(failure) => (reference.id.as_str().to_owned(), failure.sentence()),
        };
        self.record("edit", &reference.account, &object, &result);
        done
    }

    /// Changes a name that is kept here; none where the server keeps it.
    async fn relabel(&self, reference: &CredentialRef, edit: &Edit) -> Result<Option<Credential>, Failure> {
        let abilities = self.backend(&reference.account)?.abilities();
        if !abilities.kinds().any(|kind| kind.named_here) {
            return Ok(None);
        }
        let (mut known, _) = self.read(reference).await?;
        if !abilities.kind(known.kind).named_here {
            return Ok(None);
        }
        let label = Label {
            name: edit.name.clone().unwrap_or_else(|| known.name.to_string()),
            description: edit.description.clone().unwrap_or_else(|| known.description.to_string()),
        };
        self.state()?.set_label(reference, &label).map_err(Failure::from)?;
        (known.name, known.description) = (Text::clean(&label.name), Text::clean(&label.description));
        Ok(Some(known))
    }

    /// The local audit log, newest first.
    pub fn activity(&self) -> Result<Vec<ActivityEntry>, Failure> {
        let lines = self.state()?.activity(ACTIVITY_LINES).map_err(Failure::from)?;
        let entry = |line: crate::state::Happening| ActivityEntry {
            at: line.at,
            what: line.action.into(),
            account: line.account.into(),
            object: line.credential.into(),
            result: line.result.into(),
        };
        Ok(lines.into_iter().map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_was_told_the_later_the_next_part_comes() {
        let waits = |told: usize| pace(told).as_millis();
        assert_eq!([waits(0), waits(500), waits(5000), waits(100_000)], [200, 200, 400, 4200]);
        assert!(pace(usize::MAX) > pace(100_000));
    }
}
