//! Secrets that exist already: pasted, found on this machine, or made by hand on a page.
//!
//! One that was made by hand is shown by its page once, so it is written down and stored before anything is done with
//! it; what cannot be matched then stays stored, and unfinished work goes on with it. One that exists anyway is presented
//! first and stored when the server took it.

use uuid::Uuid;

use super::deliver::chosen_targets;
use super::issue::{made_at, request};
use super::pace::Pace;
use super::present::main_part;
use super::{Tasks, lock};
use crate::app::effect::{CreatePlan, Keeping, PastePlan};
use crate::app::msg::{Arrived, Kept, TakenIn};
use crate::backend::Hearing;
use crate::domain::account::AccountName;
use crate::domain::answer::Verdict;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::owner::Id;
use crate::domain::scope::{EVERYTHING, Granted};
use crate::domain::target::TargetName;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::secret::{Parts, Secret};
use crate::state::State;
use crate::vault::entry_name;
use crate::vault::parts::pack;

impl Tasks {
    /// Where a credential is made by hand, filled in.
    pub async fn creation_page(&self, plan: CreatePlan) -> Result<Option<Text>, Failure> {
        let session = self.session(&plan.account).await?;
        let operation = self.planned(&plan);
        Ok(self.backend(&plan.account)?.creation_page(&session, &request(&operation)))
    }

    /// The operation that makes what is planned.
    pub(super) fn planned(&self, plan: &CreatePlan) -> Operation {
        let owner = plan.owner.name.as_str();
        let operation =
            self.operation(OperationKind::Create, &plan.account, &plan.owner.id, owner, &plan.name);
        Operation {
            noun: plan.kind.clone(),
            description: plan.description.clone(),
            scopes: plan.scopes.clone(),
            expiry: plan.expiry,
            target: plan.targets.iter().map(TargetName::as_str).collect::<Vec<_>>().join(" "),
            ..operation
        }
    }

    /// Takes in the secret of a credential that was made by hand.
    pub async fn take_in(&self, plan: PastePlan) -> TakenIn {
        let mut operation = Operation { began: plan.began, ..self.planned(&plan.create) };
        if let Some((replaced, retention)) = &plan.replaces {
            operation.kind = OperationKind::Rotate;
            operation.replaces = Some(replaced.clone());
            operation.retain_minutes = Some(retention.as_minutes());
            operation.reviewed = Some(asked(&plan.create));
        }
        lock(&self.0.active).insert(operation.id);
        let taken = self.store_and_match(&operation, plan).await;
        lock(&self.0.active).remove(&operation.id);
        let result = match &taken {
            TakenIn::Arrived(_) => String::from("made by hand, stored and matched"),
            TakenIn::Unmatched(failure) => format!("made by hand, stored; {}", failure.sentence()),
            TakenIn::Refused(failure, _) => failure.sentence(),
        };
        let object = format!("{} of {}", operation.credential_name, operation.owner_name);
        self.record(operation.kind.word(), &operation.account, &object, &result);
        taken
    }

    async fn store_and_match(&self, operation: &Operation, plan: PastePlan) -> TakenIn {
        let secret = plan.secret.trimmed();
        let begun = async {
            self.must_keep().await?;
            self.session(&operation.account).await?;
            let state = self.state()?;
            state.begin(operation).map_err(Failure::from)?;
            Ok::<State, Failure>(state)
        };
        let state = match begun.await {
            Ok(state) => state,
            Err(failure) => return TakenIn::Refused(failure, secret),
        };
        let parts = Parts::single(secret.share());
        let kept = self.store(operation, &parts).await;
        if let Kept::Nowhere(why) = &kept {
            let failure = Failure::new(FailureKind::Keyring, why.as_str());
            return self.undo(&state, operation, failure, secret).await;
        }
        let phase = if self.keeping() == Keeping::Memory { Phase::InMemory } else { Phase::Stored };
        let note = "it is not known yet whose secret it is";
        if let Err(error) = state.advance(operation.id, phase, note, self.now()) {
            tracing::warn!("what was stored could not be written down: {error}");
        }
        let found = self.whose(&operation.account, &secret, &plan.known, None).await;
        let found = match found {
            Ok(found) => found,
            Err(failure) if failure.kind == FailureKind::NotTaken => {
                return self.undo(&state, operation, failure, secret).await;
            }
            Err(failure) => return TakenIn::Unmatched(failure),
        };
        if let Some(why) = self.was_there(&operation.account, &plan.known, &found).await {
            let failure = Failure::new(FailureKind::NotTaken, why);
            return self.undo(&state, operation, failure, secret).await;
        }
        let reference = found.reference(&operation.account);
        let times = (made_at(&found), None);
        if let Err(failure) = self.write_down(operation, &reference, &kept, times, &Pace::Alone).await {
            tracing::warn!("what was matched could not be written down: {}", failure.sentence());
        }
        TakenIn::Arrived(Box::new(Arrived {
            operation: operation.id,
            account: operation.account.clone(),
            rotated: operation.kind == OperationKind::Rotate,
            note: differences(&plan.create, &found),
            credential: found,
            parts,
            kept,
            by_hand: true,
            vended: false,
            targets: chosen_targets(operation),
        }))
    }

    /// Nothing is kept of a paste that is not what was asked for; it is handed back.
    async fn undo(&self, state: &State, operation: &Operation, failure: Failure, secret: Secret) -> TakenIn {
        if let Err(error) = self.vault().delete(&operation.vault_entry).await {
            tracing::warn!("what was pasted in vain stays stored: {}", error.words());
        }
        if let Err(error) = state.advance(operation.id, Phase::Failed, &failure.sentence(), self.now()) {
            tracing::warn!("an outcome could not be written down: {error}");
        }
        TakenIn::Refused(failure, secret)
    }

    /// Whose secret it is. It may be presented for that, which is a use of ours. `before` tells the last use of each
    /// credential until then.
    async fn whose(
        &self,
        account: &AccountName,
        secret: &Secret,
        known: &[Id],
        before: Option<&[Credential]>,
    ) -> Result<Credential, Failure> {
        let began = self.now();
        let found = self.with_session(account, |backend, session| {
            let (secret, known) = (secret.share(), known.to_vec());
            async move { backend.identify(&session, &secret, &known).await }
        });
        let found = found.await.map_err(not_taken)?;
        let Some(found) = found else {
            let told = self.backend(account)?.belongs_to(secret).is_some();
            let why = if told {
                "it belongs to a credential this account does not list"
            } else {
                "no credential of this account has it: it is another account's, or not of this backend, or the server \
                 does not tell which one it is of"
            };
            return Err(Failure::new(FailureKind::Unmatched, why));
        };
        self.note_use(account, &found, before, began)?;
        Ok(found)
    }

    /// Writes down that the last use of a credential was ours.
    fn note_use(
        &self,
        account: &AccountName,
        found: &Credential,
        before: Option<&[Credential]>,
        began: Timestamp,
    ) -> Result<(), Failure> {
        let state = self.state()?;
        let known = before.and_then(|all| all.iter().find(|one| one.id == found.id));
        let used = known.and_then(|one| one.last_use.when());
        let check = state.begin_check(&found.reference(account), used, began).map_err(Failure::from)?;
        state.end_check(check, None, self.now()).map_err(Failure::from)
    }

    /// Why a credential is not the one that was made on the page, if so.
    async fn was_there(&self, account: &AccountName, known: &[Id], found: &Credential) -> Option<String> {
        let entries = self.entries(&found.reference(account)).await.unwrap_or_default();
        let whose = format!("it is the secret of '{}' of {}", found.name, found.owner.name);
        if !entries.is_empty() {
            return Some(format!("{whose}, which is stored already"));
        }
        known.contains(&found.id).then(|| {
            format!("{whose}, which was there before the page was shown; to store that one, import it (i)")
        })
    }

    /// Takes in a secret that exists already: its row is found, the server accepts it, then it is stored.
    /// `hearing` is told how far the presenting is.
    pub async fn import(
        &self,
        name: &AccountName,
        parts: Parts,
        hearing: Hearing<'_>,
    ) -> Result<CredentialRef, Failure> {
        let (secret, whole) = (main_part(&parts), pack(&parts));
        let backend = self.backend(name)?;
        if let Some(why) = backend.unfit(&parts) {
            return Err(Failure::new(FailureKind::NotTaken, why));
        }
        let before = self.list(name).await?.listing.credentials;
        let credential = match self.whose(name, &secret, &[], Some(&before)).await {
            // A part that is no secret may tell whose it is where the secret does not.
            Err(failure) if failure.kind == FailureKind::Unmatched => {
                let told = parts.iter().find_map(|part| backend.belongs_to(&part.secret));
                before.iter().find(|one| Some(&one.id) == told.as_ref()).cloned().ok_or(failure)?
            }
            found => found?,
        };
        let reference = credential.reference(name);
        self.not_stored_yet(&reference, &credential, &whole).await?;
        if credential.open_window(backend.skew().server_time(self.now())).is_some() {
            // Both secrets are accepted, so the newest cannot be told from the one that is about to stop.
            let why = "inside its retention window the server accepts two secrets, and does not tell which one this \
                       is; import it when the window is over";
            return Err(Failure::new(FailureKind::NotTaken, why));
        }
        let import = Uuid::new_v4();
        let entry =
            entry_name(name.as_str(), credential.owner.name.as_str(), credential.name.as_str(), import);
        match self.present(&reference, &entry, parts, hearing).await? {
            Verdict::Refused { why } => return Err(Failure::new(FailureKind::NotTaken, why)),
            Verdict::Accepted { .. } => {}
            Verdict::Untold { why } => return Err(Failure::new(FailureKind::Unexpected, why)),
        }
        let object = format!("{} of {}", credential.name, credential.owner.name);
        self.vault().store(&entry, &format!("{object} in {name}"), &whole).await.map_err(Failure::from)?;
        if let Err(failure) = self.remember(&reference, &entry, import, made_at(&credential)) {
            // Nobody would find it there, and nobody would ever take it out.
            self.forget(&entry).await;
            return Err(failure);
        }
        self.record("import", name, &object, "accepted, stored");
        Ok(reference)
    }

    /// Refuses a secret that is stored already.
    async fn not_stored_yet(
        &self,
        reference: &CredentialRef,
        credential: &Credential,
        secret: &Secret,
    ) -> Result<(), Failure> {
        for entry in self.entries(reference).await? {
            let stored = self.vault().read(&entry.entry).await.map_err(Failure::from)?;
            if stored.is_some_and(|stored| stored.is_same(secret)) {
                let why = format!(
                    "it is the secret of '{}' of {}, and stored already",
                    credential.name, credential.owner.name
                );
                return Err(Failure::new(FailureKind::NotTaken, why));
            }
        }
        Ok(())
    }
}

/// A paste that is refused for what it is, not for who asks.
fn not_taken(failure: Failure) -> Failure {
    if matches!(failure.kind, FailureKind::Invalid | FailureKind::WrongLogin) {
        Failure { kind: FailureKind::NotTaken, ..failure }
    } else {
        failure
    }
}

/// What the page was to give it.
fn asked(plan: &CreatePlan) -> Granted {
    if plan.scopes.iter().any(|scope| scope == EVERYTHING) {
        return Granted::Everything;
    }
    Granted::listed(&plan.scopes)
}

/// How what was made on the page differs from what was asked for, in a sentence.
fn differences(plan: &CreatePlan, made: &Credential) -> Option<Text> {
    let wanted = asked(plan);
    let mut told = Vec::new();
    if made.name.as_str() != plan.name {
        told.push(format!("it is called '{}'", made.name));
    }
    if !plan.scopes.is_empty() && made.scopes != wanted {
        let difference = made.scopes.against(&wanted, &[]);
        let names = |scopes: &[Text]| scopes.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
        if !difference.beyond.is_empty() {
            told.push(format!("it may do more: {}", names(&difference.beyond)));
        }
        if !difference.missing.is_empty() {
            told.push(format!("it may not do: {}", names(&difference.missing)));
        }
    }
    (!told.is_empty()).then(|| format!("The page made it otherwise than asked: {}.", told.join("; ")).into())
}
