//! Presenting secrets to their servers, and copying.

use std::time::Duration;

use uuid::Uuid;

use super::Tasks;
use super::pace::Pace;
use crate::app::effect::{CopySource, Generation};
use crate::app::model::CLIPBOARD_SECONDS;
use crate::app::msg::{CopyReport, Msg};
use crate::backend::Hearing;
use crate::domain::answer::Verdict;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::vending;
use crate::runtime::clipboard::{Copied, CopyWay};
use crate::secret::{Parts, Secret};
use crate::state::{Note, StoredEntry, Verification};
use crate::vault::parts;

/// How long a server is waited for to say which secret is current, before a copy.
const PATIENCE: Duration = Duration::from_secs(5);

/// A secret read from the store.
pub(super) struct StoredSecret {
    pub(super) entry: String,
    pub(super) secret: Parts,
    /// Whether the server's word was had on which one is current.
    pub(super) compared: bool,
    /// What the server said of the credential then.
    known: Option<Credential>,
}

/// The pauses between presenting a new secret again: it can take seconds to be known everywhere. 31 s in all.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 16];

impl Tasks {
    /// Reads a stored secret. Which one is current the server knows best; without its word the newest counts, and
    /// that is told.
    pub(super) async fn stored(
        &self,
        reference: &CredentialRef,
        generation: Generation,
    ) -> Result<StoredSecret, Failure> {
        let entries = self.entries(reference).await?;
        if entries.is_empty() {
            return Err(Failure::new(FailureKind::NotStored, ""));
        }
        if vending::is_vended(reference) {
            return self.stored_vended(entries).await;
        }
        let told = tokio::time::timeout(PATIENCE, self.secrets_of(reference)).await;
        let compared = matches!(told, Ok(Ok(_)));
        let (secrets, known) = if let Ok(Ok((secrets, known))) = told {
            (secrets, Some(known))
        } else {
            let entry = |at: usize| entries.get(at).map(|entry| entry.entry.clone());
            (super::known::Secrets { current: entry(0), previous: entry(1) }, None)
        };
        let entry = match generation {
            Generation::Current => secrets.current,
            Generation::Previous => secrets.previous,
        };
        let entry = entry.ok_or_else(|| Failure::new(FailureKind::NotStored, ""))?;
        let secret = self.vault().read(&entry).await.map_err(Failure::from)?;
        let gone =
            || Failure::new(FailureKind::NotStored, format!("the store has no entry {entry} any more"));
        Ok(StoredSecret { secret: parts::unpack(secret.ok_or_else(gone)?), entry, compared, known })
    }

    /// A secret for storage is held once and listed by no server; one that has ended is not handed on.
    async fn stored_vended(&self, entries: Vec<StoredEntry>) -> Result<StoredSecret, Failure> {
        let gone = |why: &str| Failure::new(FailureKind::NotStored, why);
        let newest = entries.into_iter().next().ok_or_else(|| gone(""))?;
        if newest.ends.is_some_and(|end| end <= self.now()) {
            return Err(gone("it has ended; ask for it again"));
        }
        let secret = self.vault().read(&newest.entry).await.map_err(Failure::from)?;
        let secret = secret.ok_or_else(|| gone("the store does not have it any more; ask for it again"))?;
        let secret = parts::unpack(secret);
        Ok(StoredSecret { secret, entry: newest.entry, compared: true, known: None })
    }

    /// Presents a stored secret. With an operation its acceptance finishes that, and a refusal is asked again with
    /// growing pauses. `hearing` is told how far it is.
    pub async fn verify(
        &self,
        reference: &CredentialRef,
        generation: Generation,
        operation: Option<Uuid>,
        hearing: Hearing<'_>,
    ) -> Result<Verdict, Failure> {
        self.verify_at(reference, generation, operation, hearing, &Pace::Alone).await
    }

    /// The same, alone or as one of many.
    pub(super) async fn verify_at(
        &self,
        reference: &CredentialRef,
        generation: Generation,
        operation: Option<Uuid>,
        hearing: Hearing<'_>,
        pace: &Pace,
    ) -> Result<Verdict, Failure> {
        let StoredSecret { entry, secret, known, .. } = {
            let _turn = pace.turn().await?;
            self.stored(reference, generation).await?
        };
        if let Some(operation) = operation {
            self.go_on_equipping(operation, reference).await;
        }
        let mut verdict = self.present_at(reference, &entry, secret.share(), hearing, known, pace).await;
        for pause in PAUSES {
            let again = operation.is_some() && matches!(verdict, Ok(Verdict::Refused { .. }));
            if !again {
                break;
            }
            tokio::time::sleep(Duration::from_secs(pause)).await;
            verdict = self.present_at(reference, &entry, secret.share(), hearing, None, pace).await;
        }
        if let (Some(operation), Ok(Verdict::Accepted { scopes, untold, .. })) = (operation, &verdict) {
            self.finish(operation, reference, (scopes, untold), pace).await?;
        }
        verdict
    }

    /// Gives the credential of an operation what it is to hold, where that was interrupted.
    async fn go_on_equipping(&self, operation: Uuid, reference: &CredentialRef) {
        let known = self.state().ok().and_then(|state| state.operation(operation).ok().flatten());
        if let Some(known) = known.filter(|known| !known.phase.is_final()) {
            self.equip(&known, reference).await;
        }
    }

    /// Keeps what a backend found out about its server by trying, for later runs; the credential it was found out with
    /// tells it at once.
    async fn keep_learned(&self, reference: &CredentialRef) -> Result<(), Failure> {
        let account = &reference.account;
        let Some(word) = self.backend(account)?.learned() else { return Ok(()) };
        let state = self.state()?;
        if state.learned(account).map_err(Failure::from)?.as_deref() == Some(word) {
            return Ok(());
        }
        state.learn(account, word).map_err(Failure::from)?;
        if let Ok((seen, _)) = self.read(reference).await {
            self.tell(Msg::CredentialSeen(account.clone(), Box::new(seen)));
        }
        Ok(())
    }

    /// The operation is done, and whatever was left open before on the same credential with it. Where a second
    /// credential was made, the end of the first is promised now.
    async fn finish(
        &self,
        operation: Uuid,
        reference: &CredentialRef,
        granted: (&Granted, &[Text]),
        pace: &Pace,
    ) -> Result<(), Failure> {
        let state = self.state()?;
        let known = state.operation(operation).map_err(Failure::from)?;
        match known.filter(|known| known.replaces.is_some()) {
            Some(_) => {
                // As it is once it is ours.
                if state.adopt(operation).map_err(Failure::from)?
                    && let Some(known) = state.operation(operation).map_err(Failure::from)?
                {
                    self.accepted_second(&known, reference, granted).await?;
                }
            }
            None => self.set_down(pace, Note::Finish { id: operation, at: self.now() }).await?,
        }
        // A target still has to get its secret, whatever became of earlier operations on the credential.
        self.settle_older(operation, reference, false, |older| older.kind != OperationKind::Deliver)
    }

    /// Settles such earlier unfinished operations on a credential: what came after them decides. `ended` says that the
    /// credential is gone, and with it what later ones made.
    pub(super) fn settle_older(
        &self,
        newest: Uuid,
        reference: &CredentialRef,
        ended: bool,
        which: fn(&Operation) -> bool,
    ) -> Result<(), Failure> {
        let state = self.state()?;
        let known = state.unfinished_of(&reference.account, &reference.id).map_err(Failure::from)?;
        for older in known {
            // One that began later may have made a newer secret, which this one tells nothing of.
            let later = state.is_later(older.id, newest).map_err(Failure::from)? == Some(true);
            let makes_secret = older.kind.makes_secret();
            if which(&older)
                && older.id != newest
                && !(later && makes_secret && !ended)
                && !older.running_elsewhere
                && state.adopt(older.id).map_err(Failure::from)?
            {
                let note = "a later operation on the same credential came to its end";
                state.advance(older.id, Phase::Settled, note, self.now()).map_err(Failure::from)?;
            }
        }
        Ok(())
    }

    /// Presents one secret, and notes that it was us.
    pub(super) async fn present(
        &self,
        reference: &CredentialRef,
        entry: &str,
        secret: Parts,
        hearing: Hearing<'_>,
    ) -> Result<Verdict, Failure> {
        self.present_at(reference, entry, secret, hearing, None, &Pace::Alone).await
    }

    /// The same, alone or as one of many; with what the server said of the credential just now, where it was asked.
    async fn present_at(
        &self,
        reference: &CredentialRef,
        entry: &str,
        secret: Parts,
        hearing: Hearing<'_>,
        known: Option<Credential>,
        pace: &Pace,
    ) -> Result<Verdict, Failure> {
        let known = match known {
            Some(known) => Some(known),
            None => self.read(reference).await.ok().map(|(credential, _)| credential),
        };
        let uses = known.as_ref().and_then(|credential| credential.particulars.uses);
        let before = known.as_ref().and_then(|credential| credential.last_use.when());
        let scopes = known
            .as_ref()
            .map(|credential| self.spelled(&reference.account, credential.kind, &credential.scopes));
        let object = known.map_or_else(
            || reference.id.as_str().to_owned(),
            |credential| format!("{} of {}", credential.name, credential.owner.name),
        );
        let checking = self.begin_check(reference, before, uses, pace).await?;
        let mut verdict = {
            let _turn = pace.turn().await?;
            self.backend(&reference.account)?.verify(&secret, hearing).await
        };
        self.keep_learned(reference).await?;
        let mut notes: Vec<Note> = checking.ended().await.into_iter().collect();
        if let Ok(Verdict::Refused { why }) = &mut verdict
            && let Some(told) = self.why_refused(reference).await
        {
            *why = told;
        }
        let words = match &verdict {
            Ok(verdict) => verdict.words(scopes.as_ref()),
            Err(failure) => failure.sentence(),
        };
        if let Ok(verdict @ (Verdict::Accepted { .. } | Verdict::Refused { .. })) = &verdict {
            let verification = Verification {
                credential: reference.clone(),
                entry: Some(entry.to_owned()),
                at: self.now(),
                accepted: matches!(verdict, Verdict::Accepted { .. }),
                words: words.clone(),
            };
            notes.push(Note::Verified(Box::new(verification)));
        }
        self.set_down(pace, Note::Several(notes)).await?;
        self.record_at(pace, "verify", &reference.account, &object, &words);
        verdict
    }

    /// Why a secret is refused, where the refusal itself does not say it and the session can find out.
    async fn why_refused(&self, reference: &CredentialRef) -> Option<Text> {
        let asked = self.with_session(&reference.account, |backend, session| {
            let reference = reference.clone();
            async move { backend.why_refused(&session, &reference).await }
        });
        asked.await.ok().flatten()
    }

    /// Puts something into the clipboard, and tells which way it went.
    pub async fn copy(&self, source: CopySource) -> Result<CopyReport, Text> {
        let mut alone = None;
        let (secret, clears, compared) = match source {
            CopySource::Shown(secret) => (secret, true, true),
            CopySource::Plain(text) => (Secret::new(text), false, true),
            CopySource::Stored(reference, generation, part) => {
                let stored = self.stored(&reference, generation).await;
                let stored = stored.map_err(|failure| Text::from(failure.sentence()))?;
                self.record("copy", &reference.account, reference.id.as_str(), "copied");
                let several = stored.secret.count() > 1;
                let secret = match &part {
                    Some(_) => super::deliver::part(&stored.secret, part.as_deref())?.share(),
                    None => main_part(&stored.secret),
                };
                alone = several.then(|| part.unwrap_or_else(|| String::from("secret")));
                (secret, true, stored.compared)
            }
        };
        let copied = self.0.clipboard.copy(&secret).await.map_err(|error| Text::from(error.to_string()))?;
        let mut report = report(copied, clears);
        if let Some(part) = alone {
            report.way += "; it is its ";
            report.way += &part;
            report.way += " part alone";
        }
        if !compared {
            report.way.push_str("; the server could not be asked whether it is the current one");
        }
        Ok(report)
    }

    /// Clears the clipboard if it still holds what we put there.
    pub async fn clear_clipboard(&self) {
        self.0.clipboard.clear_if_ours().await;
    }
}

/// What is meant by the secret of a credential: the part of that name, else the last one.
pub(super) fn main_part(parts: &Parts) -> Secret {
    let main = parts.get("secret").or_else(|| parts.iter().last().map(|part| &part.secret));
    main.map_or_else(|| Secret::new(String::new()), Secret::share)
}

fn report(copied: Copied, clears: bool) -> CopyReport {
    let way = match (copied.way, copied.confirmed) {
        (CopyWay::Native, true) => "to the desktop's clipboard, and read back",
        (CopyWay::Native, false) => "to the desktop's clipboard; that could not be read back",
        (CopyWay::Tmux, _) => "through tmux to the terminal; whether it arrived cannot be known",
        (CopyWay::Terminal, _) => "by way of the terminal (OSC 52); whether it took it cannot be known",
    };
    CopyReport {
        way: way.to_owned(),
        confirmed: copied.confirmed,
        clears_in: clears.then_some(CLIPBOARD_SECONDS),
    }
}
