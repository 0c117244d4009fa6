//! Several programs at once: what one of them is doing to a credential, another one waits for, and says so.

use std::time::Duration;

use super::Tasks;
use crate::app::msg::Msg;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind};
use crate::state::StateError;

/// How often it is looked whether the other one is done.
const LOOK: Duration = Duration::from_millis(200);

/// How long another program is waited for. A write takes half a minute at most.
const PATIENCE: Duration = Duration::from_mins(1);

impl Tasks {
    /// Writes an operation down, so that it may be sent. While another keywright replaces or ends the same credential
    /// this waits; after that nothing is begun, because what was reviewed is not what there is any more.
    pub(super) async fn begin(&self, operation: &Operation) -> Result<(), Failure> {
        let state = self.state()?;
        let Some(kind) = busy(state.begin(operation))? else { return Ok(()) };
        let what = format!("another keywright {} '{}' just now", doing(kind), operation.credential_name);
        self.tell(Msg::Waiting(format!("{what}; waiting for it").into()));
        let waited = async {
            while busy(state.begin(operation))?.is_some() {
                tokio::time::sleep(LOOK).await;
            }
            Ok::<(), Failure>(())
        };
        match tokio::time::timeout(PATIENCE, waited).await {
            Ok(done) => done?,
            Err(_late) => {
                let words = format!("{what} and is not done yet; nothing was begun here");
                return Err(Failure::new(FailureKind::State, words));
            }
        }
        if operation.kind == OperationKind::Deliver {
            // The same secret, or a newer one, to the same place: doing it again only makes sure.
            return Ok(());
        }
        let words =
            format!("{what}; that was waited for, and nothing was begun here: look at it as it is now");
        state
            .advance(operation.id, crate::domain::operation::Phase::Failed, &words, self.now())
            .map_err(Failure::from)?;
        Err(Failure::new(FailureKind::State, words))
    }
}

/// What another program is doing, if that is what is in the way.
fn busy(begun: Result<(), StateError>) -> Result<Option<OperationKind>, Failure> {
    match begun {
        Ok(()) => Ok(None),
        Err(StateError::UnderWay(kind)) => Ok(Some(kind)),
        Err(error) => Err(error.into()),
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
