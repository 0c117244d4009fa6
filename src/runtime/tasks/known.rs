//! What is known here about an account's credentials: read from the records at once, and put to each credential that
//! its server lists.
//!
//! There may be records of every credential of a long listing that comes in many parts, so they are read again only when
//! something was written since. Start with [`Tasks::known`] and [`Tasks::with`].

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::Tasks;
use crate::app::model::Facts;
use crate::app::msg::Listed;
use crate::domain::ability::{Abilities, RotationForm};
use crate::domain::account::AccountName;
use crate::domain::answer::Listing;
use crate::domain::credential::{Credential, CredentialRef, LastUse};
use crate::domain::failure::Failure;
use crate::domain::owner::Id;
use crate::domain::target::TargetNote;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew, Timestamp};
use crate::domain::vending;
use crate::state::{
    Check, KeptTarget, Label, Rotation, StoredEntry, Verification, Version, not_ours, remembered,
};

/// How exactly a server's moments and ours can be compared.
const SLACK: SignedDuration = SignedDuration::from_secs(5);

/// What the records of an account have about its credentials.
#[derive(Default)]
pub(super) struct Known {
    /// The version of the records it was read from; none where nothing was read.
    version: Option<Version>,
    checks: HashMap<CredentialRef, Vec<Check>>,
    /// Rotations sent from here, where the server does not tell when a window ends.
    rotations: HashMap<Id, Vec<Rotation>>,
    /// Names kept here, where the server keeps none.
    labels: HashMap<Id, Label>,
    entries: HashMap<CredentialRef, Vec<StoredEntry>>,
    verified: HashMap<CredentialRef, Vec<Verification>>,
    targets: HashMap<CredentialRef, Vec<KeptTarget>>,
    orphans: HashSet<Id>,
}

impl Known {
    /// Whether the records are still as they were when this was read.
    pub(super) fn is_of(&self, version: Version) -> bool {
        self.version == Some(version)
    }

    /// Puts to credentials what their server does not tell, or tells as it looks from there.
    pub(super) fn complete(
        &self,
        name: &AccountName,
        abilities: &Abilities,
        credentials: &mut [Credential],
        skew: Skew,
    ) {
        for credential in credentials {
            // Our own checks never count as use.
            let told = std::mem::replace(&mut credential.last_use, LastUse::Untold);
            let agent = credential.particulars.last_agent.as_ref().map(Text::as_str);
            let checks = self.checks.get(&credential.reference(name)).map_or(&[][..], Vec::as_slice);
            credential.last_use = not_ours(told, agent, checks, skew);
            let kind = abilities.kind(credential.kind);
            if is_untold(&kind.rotation) {
                let rotations = self.rotations.get(&credential.id).map_or(&[][..], Vec::as_slice);
                credential.window = remembered(credential, rotations, skew);
            }
            if let Some(label) = self.labels.get(&credential.id).filter(|_| kind.named_here) {
                credential.name = Text::clean(&label.name);
                credential.description = Text::clean(&label.description);
            }
        }
    }
}

/// Whether the server does not tell when a window ends; what was asked for from here does.
fn is_untold(rotation: &RotationForm) -> bool {
    matches!(rotation, RotationForm::ServerWindow { told: false, .. })
}

fn by<K: Clone + Eq + Hash, T>(all: Vec<T>, key: impl Fn(&T) -> &K) -> HashMap<K, Vec<T>> {
    let mut found: HashMap<K, Vec<T>> = HashMap::new();
    for one in all {
        found.entry(key(&one).clone()).or_default().push(one);
    }
    found
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
fn notes(kept: &[KeptTarget], current: Option<&str>) -> Vec<TargetNote> {
    let note = |one: &KeptTarget| TargetNote {
        target: one.target.clone(),
        current: one.entry.is_some() && one.entry.as_deref() == current,
        receipt: one.receipt.clone(),
    };
    kept.iter().map(note).collect()
}

impl Tasks {
    /// Everything the records have about an account's credentials.
    pub(super) async fn known(&self, name: &AccountName) -> Result<Known, Failure> {
        let state = self.state()?;
        // Asked for first: what is written while it is read makes it out of date.
        let version = state.version().map_err(Failure::from)?;
        let entries = by(self.account_entries(name).await?, |one| &one.credential);
        Ok(Known {
            version: Some(version),
            entries,
            checks: by(state.checks(name).map_err(Failure::from)?, |one| &one.credential),
            verified: by(state.verified(name).map_err(Failure::from)?, |one| &one.credential),
            targets: by(state.targets(name).map_err(Failure::from)?, |one| &one.credential),
            orphans: state.orphans(name).map_err(Failure::from)?,
            ..self.told_nowhere_else(name)?
        })
    }

    /// As much of it as completes one credential.
    pub(super) fn known_of(&self, reference: &CredentialRef) -> Result<Known, Failure> {
        let checks = self.state()?.checks_of(reference).map_err(Failure::from)?;
        Ok(Known { checks: by(checks, |one| &one.credential), ..self.told_nowhere_else(&reference.account)? })
    }

    /// Names and windows, of backends that do not tell them.
    fn told_nowhere_else(&self, name: &AccountName) -> Result<Known, Failure> {
        let (state, abilities) = (self.state()?, self.backend(name)?.abilities());
        let mut known = Known::default();
        if abilities.kinds().any(|kind| is_untold(&kind.rotation)) {
            known.rotations = by(state.rotations(name).map_err(Failure::from)?, |one| &one.credential);
        }
        if abilities.kinds().any(|kind| kind.named_here) {
            known.labels = state.labels(name).map_err(Failure::from)?;
        }
        Ok(known)
    }

    /// A listing with what is known here about each credential.
    pub(super) fn with(
        &self,
        known: &Known,
        name: &AccountName,
        mut listing: Listing,
    ) -> Result<Listed, Failure> {
        let backend = self.backend(name)?;
        let (skew, abilities) = (backend.skew(), backend.abilities());
        known.complete(name, abilities, &mut listing.credentials, skew);
        let facts = self.facts(known, name, &listing, skew);
        Ok(Listed { listing, facts, skew, abilities: Some(abilities) })
    }

    pub(super) fn facts(
        &self,
        known: &Known,
        name: &AccountName,
        listing: &Listing,
        skew: Skew,
    ) -> Vec<(CredentialRef, Facts)> {
        let targets_of = |reference: &CredentialRef, current: Option<&str>| {
            known.targets.get(reference).map_or_else(Vec::new, |kept| notes(kept, current))
        };
        let mut facts = Vec::new();
        for credential in &listing.credentials {
            let reference = credential.reference(name);
            let held = known.entries.get(&reference).map_or(&[][..], Vec::as_slice);
            let secrets = secrets(held, credential, skew);
            self.learn_when_made(held, &secrets, credential);
            // The latest about a secret comes first.
            let mut verified = known.verified.get(&reference).into_iter().flatten();
            let shown = verified.find(|one| one.entry == secrets.current).filter(|one| one.accepted);
            let fact = Facts {
                stored: secrets.current.is_some(),
                old_stored: secrets.previous.is_some(),
                verified: shown.map(|one| one.at),
                orphan: secrets.current.is_none() && known.orphans.contains(&reference.id),
                targets: targets_of(&reference, secrets.current.as_deref()),
            };
            if fact != Facts::default() {
                facts.push((reference, fact));
            }
        }
        // Secrets for storage are listed by nobody; what is known here of them is kept all the same.
        for (reference, held) in known.entries.iter().filter(|(one, _)| vending::is_vended(one)) {
            let current = held.first().map(|entry| entry.entry.as_str());
            let targets = targets_of(reference, current);
            facts.push((reference.clone(), Facts { stored: true, targets, ..Facts::default() }));
        }
        facts
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::{Expiry, Particulars};
    use crate::domain::owner::OwnerRef;
    use crate::domain::scope::Granted;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
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
