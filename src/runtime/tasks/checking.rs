//! The time in which we use a secret ourselves, so that it is not told as somebody else's use.
//!
//! A check that is stopped has used the secret as well: what it was counted is found out then, too.

use super::Tasks;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::time::Timestamp;
use crate::state::CheckId;

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
    pub(super) fn begin_check(
        &self,
        credential: &CredentialRef,
        use_before: Option<Timestamp>,
        uses: Option<u64>,
    ) -> Result<Checking, Failure> {
        let check = self.state()?.begin_check(credential, use_before, self.now()).map_err(Failure::from)?;
        let under_way = UnderWay { tasks: self.clone(), check, credential: credential.clone(), uses };
        Ok(Checking { under_way: Some(under_way) })
    }
}

impl Checking {
    /// Notes that we are done, and how many uses it came to.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        match self.under_way.take() {
            Some(under_way) => under_way.end().await,
            None => Ok(()),
        }
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        // Without a runtime the program is ending; then the check stays open, and its time alone tells.
        if let (Some(under_way), Ok(runtime)) = (self.under_way.take(), tokio::runtime::Handle::try_current())
        {
            drop(runtime.spawn(async move {
                if let Err(failure) = under_way.end().await {
                    tracing::warn!("the end of a check could not be noted: {}", failure.sentence());
                }
            }));
        }
    }
}

impl UnderWay {
    /// Each of the backend's questions may count as a use, and only the server knows how many did.
    async fn end(self) -> Result<(), Failure> {
        let ended = self.tasks.now();
        let counted = match self.uses {
            Some(before) => {
                let now = self.tasks.read(&self.credential).await.ok();
                now.and_then(|(now, _)| now.particulars.uses.map(|now| now.saturating_sub(before)))
            }
            None => None,
        };
        self.tasks.state()?.end_check(self.check, counted, ended).map_err(Failure::from)
    }
}
