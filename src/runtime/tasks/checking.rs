//! The time in which we use a secret ourselves, so that it is not told as somebody else's use.
//!
//! A check that is stopped has used the secret as well: what it was counted is found out then, too.

use super::Tasks;
use super::pace::Pace;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::time::Timestamp;
use crate::state::{CheckId, Note};

/// A check of ours under way. Dropped before its end, it ends itself.
pub(super) struct Checking {
    under_way: Option<UnderWay>,
}

struct UnderWay {
    tasks: Tasks,
    check: CheckId,
    credential: CredentialRef,
    /// How often the server had counted a use before.
    uses: Option<u64>,
}

impl Tasks {
    /// Notes that we are about to use a secret, of which the last use by others and the count of uses are known.
    pub(super) async fn begin_check(
        &self,
        credential: &CredentialRef,
        use_before: Option<Timestamp>,
        uses: Option<u64>,
        pace: &Pace,
    ) -> Result<Checking, Failure> {
        let note = Note::Check { credential: credential.clone(), use_before, at: self.now() };
        let check = self.try_to_set_down(pace, note).await?.map_err(Failure::from)?;
        let check = check.ok_or_else(|| Failure::new(FailureKind::State, "a check was not written down"))?;
        let under_way = UnderWay { tasks: self.clone(), check, credential: credential.clone(), uses };
        Ok(Checking { under_way: Some(under_way) })
    }
}

impl Checking {
    /// That we are done, and how many uses it came to; to be written down by who asks.
    pub(super) async fn ended(mut self) -> Option<Note> {
        match self.under_way.take() {
            Some(under_way) => Some(under_way.ended().await),
            None => None,
        }
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        // Without a runtime the program is ending; then the check stays open, and its time alone tells.
        if let (Some(under_way), Ok(runtime)) = (self.under_way.take(), tokio::runtime::Handle::try_current())
        {
            drop(runtime.spawn(async move {
                let tasks = under_way.tasks.clone();
                let note = under_way.ended().await;
                if let Err(failure) = tasks.set_down(&Pace::Alone, note).await {
                    tracing::warn!("the end of a check could not be noted: {}", failure.sentence());
                }
            }));
        }
    }
}

impl UnderWay {
    /// Each of the backend's questions may count as a use, and only the server knows how many did.
    async fn ended(self) -> Note {
        let at = self.tasks.now();
        let uses = match self.uses {
            Some(before) => {
                let now = self.tasks.read(&self.credential).await.ok();
                now.and_then(|(now, _)| now.particulars.uses.map(|now| now.saturating_sub(before)))
            }
            None => None,
        };
        Note::EndCheck { check: self.check, uses, at }
    }
}
