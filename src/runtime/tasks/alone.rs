//! Several programs at once: what one of them is doing to a credential, another one waits for, and says so.

use std::sync::Arc;
use std::time::Duration;

use super::Tasks;
use super::pace::Pace;
use crate::app::msg::Msg;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::state::{Note, StateError};

/// How often it is looked whether the other one is done.
const LOOK: Duration = Duration::from_millis(200);

/// How long another program is waited for. A write takes half a minute at most.
const PATIENCE: Duration = Duration::from_mins(1);

impl Tasks {
    /// Writes an operation down, so that it may be sent. While another keywright replaces or ends the same credential
    /// this waits; after that nothing is begun, because what was reviewed is not what there is any more.
    pub(super) async fn begin(&self, operation: &Arc<Operation>, pace: &Pace) -> Result<(), Failure> {
        let Some(kind) = self.try_begin(operation, pace).await? else { return Ok(()) };
        let what = format!("another keywright {} '{}' just now", doing(kind), operation.credential_name);
        self.tell(Msg::Waiting(format!("{what}; waiting for it").into()));
        let waited = async {
            while self.try_begin(operation, pace).await?.is_some() {
                tokio::time::sleep(LOOK).await;
            }
            Ok::<(), Failure>(())
        };
        match tokio::time::timeout(PATIENCE, waited).await {
            Ok(done) => done?,
            Err(_late) => {
                let words = format!("{what} and is not done yet; nothing was begun here");
                return Err(Failure::new(FailureKind::Changed, words));
            }
        }
        if operation.kind == OperationKind::Deliver {
            // The same secret, or a newer one, to the same place: doing it again only makes sure.
            return Ok(());
        }
        let words =
            format!("{what}; that was waited for, and nothing was begun here: look at it as it is now");
        let (id, note, at) = (operation.id, words.clone(), self.now());
        self.set_down(pace, Note::Advance { id, phase: Phase::Failed, note, at }).await?;
        Err(Failure::new(FailureKind::Changed, words))
    }

    /// Writes it down, or answers what another program is doing that is in the way.
    async fn try_begin(
        &self,
        operation: &Arc<Operation>,
        pace: &Pace,
    ) -> Result<Option<OperationKind>, Failure> {
        match self.try_to_set_down(pace, Note::Begin(Arc::clone(operation))).await? {
            Ok(_) => Ok(None),
            Err(StateError::UnderWay(kind)) => Ok(Some(kind)),
            Err(error) => Err(error.into()),
        }
    }
}

fn doing(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Create => "creates",
        OperationKind::Rotate => "rotates",
        OperationKind::Revoke => "revokes",
        OperationKind::Deliver => "delivers",
        OperationKind::Vend => "asks for storage credentials about",
    }
}
