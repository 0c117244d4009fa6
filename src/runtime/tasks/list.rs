//! Reading: listings, single credentials, and what is known here about each.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Tasks;
use crate::app::model::{ActivityEntry, Facts};
use crate::app::msg::Listed;
use crate::domain::ability::RotationForm;
use crate::domain::account::AccountName;
use crate::domain::answer::{Listing, Part, Reach};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::domain::request::Edit;
use crate::domain::scope::ScopeOffer;
use crate::domain::target::TargetNote;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew, Timestamp};
use crate::domain::vending;
use crate::state::{Check, KeptTarget, Label, StoredEntry, not_ours, remembered};

/// Lines of the audit log that are read at once.
const ACTIVITY_LINES: usize = 1000;

/// How exactly a server's moments and ours can be compared.
const SLACK: SignedDuration = SignedDuration::from_secs(5);

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

/// The keyring entries of a credential's newest secret and of the one before it.
pub(super) struct Secrets {
    /// The entry of the secret that is current.
    pub(super) current: Option<String>,
    /// The entry of the one before it.
    pub(super) previous: Option<String>,
}

/// Tells which entry is which. A secret stored before the last rotation the server knows of is not current any more:
/// somebody else rotated.
pub(super) fn secrets(entries: &[StoredEntry], credential: &Credential, skew: Skew) -> Secrets {
    let mut names = entries.iter();
    let first = names.next();
    let second = names.next().map(|entry| entry.entry.clone());
    let rotated_since = |entry: &StoredEntry| {
        // On the server's clock where its moment was kept; only else a change of ours matters.
        let since = |at: Timestamp| match entry.made {
            Some(made) => at.duration_since(made),
            None => skew.our_time(at).duration_since(entry.stored),
        };
        credential.rotated.is_some_and(|at| since(at) > SLACK)
    };
    match first {
        Some(entry) if rotated_since(entry) => Secrets { current: None, previous: Some(entry.entry.clone()) },
        Some(entry) => Secrets { current: Some(entry.entry.clone()), previous: second },
        None => Secrets { current: None, previous: None },
    }
}

/// The targets of a credential; a receipt counts for the secret it was about.
pub(super) fn notes(kept: Vec<KeptTarget>, current: Option<&str>) -> Vec<TargetNote> {
    let note = |one: KeptTarget| TargetNote {
        target: one.target,
        current: one.entry.is_some() && one.entry.as_deref() == current,
        receipt: one.receipt,
    };
    kept.into_iter().map(note).collect()
}

impl Tasks {
    /// Every owner and credential, with what is known here.
    pub async fn list(&self, name: &AccountName) -> Result<Listed, Failure> {
        let listing =
            self.with_session(name, |backend, session| async move { backend.list(&session).await }).await?;
        self.with_what_is_known(name, listing).await
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
        let mut told = 0_usize;
        loop {
            tokio::select! {
                done = &mut whole => {
                    if done.is_err() {
                        while let Ok(part) = parts.try_recv() {
                            gather(&mut waiting, part);
                        }
                        self.tell_part(name, waiting, telling).await?;
                    }
                    return self.with_what_is_known(name, done?).await;
                }
                Some(part) = parts.recv() => gather(&mut waiting, part),
                () = tokio::time::sleep_until(next), if waiting.is_some() => {
                    told += waiting.as_ref().map_or(0, |part| part.listing.credentials.len());
                    self.tell_part(name, waiting.take(), telling).await?;
                    next = Instant::now() + pace(told);
                }
            }
        }
    }

    async fn tell_part(
        &self,
        name: &AccountName,
        part: Option<Part>,
        telling: &(dyn Fn(Listed, Reach) + Sync),
    ) -> Result<(), Failure> {
        if let Some(part) = part {
            telling(self.with_what_is_known(name, part.listing).await?, part.reach);
        }
        Ok(())
    }

    async fn with_what_is_known(&self, name: &AccountName, mut listing: Listing) -> Result<Listed, Failure> {
        let skew = self.backend(name)?.skew();
        let checks = self.state()?.checks(name).map_err(Failure::from)?;
        leave_out_our_checks(name, &mut listing.credentials, checks, skew);
        self.remember_windows(name, &mut listing.credentials, skew)?;
        self.name_here(name, &mut listing.credentials)?;
        let abilities = Some(self.backend(name)?.abilities());
        let facts = self.facts(name, &listing, skew).await?;
        Ok(Listed { listing, facts, skew, abilities })
    }

    /// One credential as the server knows it now.
    pub async fn read(&self, reference: &CredentialRef) -> Result<(Credential, Skew), Failure> {
        let name = &reference.account;
        let read = self.with_session(name, |backend, session| {
            let reference = reference.clone();
            async move { backend.read(&session, &reference).await }
        });
        let mut credential = vec![read.await?];
        let skew = self.backend(name)?.skew();
        let checks = self.state()?.checks_of(reference).map_err(Failure::from)?;
        leave_out_our_checks(name, &mut credential, checks, skew);
        self.remember_windows(name, &mut credential, skew)?;
        self.name_here(name, &mut credential)?;
        let missing = || Failure::new(crate::domain::failure::FailureKind::NotFound, "");
        Ok((credential.pop().ok_or_else(missing)?, skew))
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

    /// Names of credentials whose server keeps none are kept here.
    fn name_here(&self, name: &AccountName, credentials: &mut [Credential]) -> Result<(), Failure> {
        let abilities = self.backend(name)?.abilities();
        if !abilities.kinds().any(|kind| kind.named_here) {
            return Ok(());
        }
        let labels = self.state()?.labels(name).map_err(Failure::from)?;
        for credential in credentials.iter_mut().filter(|one| abilities.kind(one.kind).named_here) {
            if let Some(label) = labels.get(&credential.id) {
                credential.name = Text::clean(&label.name);
                credential.description = Text::clean(&label.description);
            }
        }
        Ok(())
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

    /// Where the server does not tell when a window ends, what was asked for from here does.
    fn remember_windows(
        &self,
        name: &AccountName,
        credentials: &mut [Credential],
        skew: Skew,
    ) -> Result<(), Failure> {
        let abilities = self.backend(name)?.abilities();
        let untold = |credential: &Credential| {
            let rotation = &abilities.kind(credential.kind).rotation;
            matches!(rotation, RotationForm::ServerWindow { told: false, .. })
        };
        let mut rotations = None;
        for credential in credentials.iter_mut().filter(|credential| untold(credential)) {
            let known = match &rotations {
                Some(known) => known,
                None => rotations.insert(self.state()?.rotations(name).map_err(Failure::from)?),
            };
            credential.window = remembered(credential, known, skew);
        }
        Ok(())
    }

    pub(super) async fn facts(
        &self,
        name: &AccountName,
        listing: &Listing,
        skew: Skew,
    ) -> Result<Vec<(CredentialRef, Facts)>, Failure> {
        let state = self.state()?;
        let mut entries: HashMap<CredentialRef, Vec<StoredEntry>> = HashMap::new();
        for entry in self.account_entries(name).await? {
            entries.entry(entry.credential.clone()).or_default().push(entry);
        }
        let mut verified = HashMap::new();
        for one in state.verified(name).map_err(Failure::from)? {
            verified.insert(one.credential.clone(), one);
        }
        let mut targets: HashMap<CredentialRef, Vec<KeptTarget>> = HashMap::new();
        for one in state.targets(name).map_err(Failure::from)? {
            targets.entry(one.credential.clone()).or_default().push(one);
        }
        let orphans = state.orphans(name).map_err(Failure::from)?;
        let mut facts = Vec::new();
        for credential in &listing.credentials {
            let reference = credential.reference(name);
            let held = entries.get(&reference).map_or(&[][..], Vec::as_slice);
            let known = secrets(held, credential, skew);
            self.learn_when_made(held, &known, credential);
            let accepted = verified.get(&reference).filter(|one| one.accepted && one.entry == known.current);
            let orphan = known.current.is_none() && orphans.contains(&reference.id);
            let fact = Facts {
                stored: known.current.is_some(),
                old_stored: known.previous.is_some(),
                verified: accepted.map(|one| one.at),
                orphan,
                targets: notes(targets.remove(&reference).unwrap_or_default(), known.current.as_deref()),
            };
            if fact != Facts::default() {
                facts.push((reference, fact));
            }
        }
        // Secrets for storage are listed by nobody; what is known here of them is kept all the same.
        for (reference, held) in entries.into_iter().filter(|(one, _)| vending::is_vended(one)) {
            let current = held.first().map(|entry| entry.entry.as_str());
            let targets = notes(targets.remove(&reference).unwrap_or_default(), current);
            facts.push((reference, Facts { stored: true, targets, ..Facts::default() }));
        }
        Ok(facts)
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

    /// The keyring entries of a credential as the server knows it now.
    pub(super) async fn secrets_of(
        &self,
        reference: &CredentialRef,
    ) -> Result<(Secrets, Credential), Failure> {
        let (credential, skew) = self.read(reference).await?;
        let entries = self.entries(reference).await?;
        let known = secrets(&entries, &credential, skew);
        self.learn_when_made(&entries, &known, &credential);
        Ok((known, credential))
    }

    /// A secret found in the keyring after a crash was stored without the server's word on when it was made. That is kept
    /// as soon as the server tells, because until then only our clock says that it is the current one.
    fn learn_when_made(&self, entries: &[StoredEntry], known: &Secrets, credential: &Credential) {
        let Some(newest) = entries.first().filter(|entry| entry.made.is_none()) else { return };
        let Some(made) = credential.rotated.filter(|_| known.current.as_ref() == Some(&newest.entry)) else {
            return;
        };
        let learned =
            self.state().and_then(|state| state.learn_made(&newest.entry, made).map_err(Failure::from));
        if let Err(failure) = learned {
            tracing::warn!("when a secret was made could not be written down: {}", failure.sentence());
        }
    }
}

/// Our own checks never count as use.
fn leave_out_our_checks(name: &AccountName, credentials: &mut [Credential], checks: Vec<Check>, skew: Skew) {
    let mut of_each: HashMap<CredentialRef, Vec<Check>> = HashMap::new();
    for check in checks {
        of_each.entry(check.credential.clone()).or_default().push(check);
    }
    for credential in credentials {
        let told = std::mem::replace(&mut credential.last_use, crate::domain::credential::LastUse::Untold);
        let agent = credential.particulars.last_agent.as_ref().map(ToString::to_string);
        let checks = of_each.get(&credential.reference(name)).map_or(&[][..], Vec::as_slice);
        credential.last_use = not_ours(told, agent.as_deref(), checks, skew);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::{Expiry, LastUse, Particulars};
    use crate::domain::owner::OwnerRef;
    use crate::domain::scope::Granted;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    #[test]
    fn the_more_was_told_the_later_the_next_part_comes() {
        let waits = |told: usize| pace(told).as_millis();
        assert_eq!([waits(0), waits(500), waits(5000), waits(100_000)], [200, 200, 400, 4200]);
        assert!(pace(usize::MAX) > pace(100_000));
    }

    fn entry(name: &str, stored: i64, made: Option<i64>) -> StoredEntry {
        StoredEntry {
            credential: credential(None).reference(&AccountName::parse("a").expect("a name")),
            entry: name.to_owned(),
            generation: 1,
            operation: uuid::Uuid::nil(),
            stored: at(stored),
            made: made.map(at),
            ends: None,
        }
    }

    fn credential(rotated: Option<i64>) -> Credential {
        Credential {
            id: Id::new("k"),
            owner: OwnerRef { id: Id::new("o"), name: "owner".into() },
            name: "key".into(),
            kind: "API key",
            description: "".into(),
            scopes: Granted::AsOwner,
            created: Some(at(0)),
            rotated: rotated.map(at),
            expires: Expiry::Never,
            last_use: LastUse::Never,
            enabled: true,
            owner_enabled: true,
            window: None,
            particulars: Particulars::default(),
        }
    }

    #[test]
    fn which_secret_is_current_does_not_hang_on_our_clock() {
        // What the server says of the last rotation; the newest entry, by our clock and by the server's; whether it is
        // still the current one.
        for (rotated, stored, made, current) in [
            (None, 0, Some(0), true),
            (Some(100), 100, Some(100), true),
            // Our clock was an hour behind, or ahead, and was set right since.
            (Some(100), -3500, Some(100), true),
            (Some(200), 3700, Some(100), false),
            (Some(200), 150, Some(100), false),
            (Some(100), 100, Some(0), false),
            // Nothing of the server's was kept: then our clock is all there is.
            (Some(100), 101, None, true),
            (Some(200), 101, None, false),
        ] {
            let entries =
                [entry("newest", stored, made), entry("older", stored - 50, made.map(|made| made - 50))];
            let found = secrets(&entries, &credential(rotated), Skew::default());
            let case = format!("{rotated:?} {stored} {made:?}");
            let (want, before) = if current { (Some("newest"), "older") } else { (None, "newest") };
            assert_eq!(found.current.as_deref(), want, "{case}");
            assert_eq!(found.previous.as_deref(), Some(before), "{case}");
        }
    }
}
