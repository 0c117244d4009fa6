//! The guard of the one place for an old secret: where it is taken, a second rotation stops what still works, so that is
//! asked for by itself.

use super::{Rotate, RotateStep};
use crate::app::model::Model;
use crate::app::pane::Overlay;
use crate::app::pane::confirm::{Asked, Confirm};
use crate::domain::ability::RotationForm;
use crate::domain::account::AccountName;
use crate::domain::credential::Credential;
use crate::domain::time::{SignedDuration, span};

/// How long the old secret would still work that a rotation now would stop.
pub(super) fn taken(model: &Model, account: &AccountName, credential: &Credential) -> Option<SignedDuration> {
    let account = model.account(account)?;
    let now = account.server_time(model.now);
    let one_place = matches!(
        account.abilities.kind(credential.kind).rotation,
        RotationForm::ServerWindow { slots: ..=1, .. }
    );
    credential.open_window(now).filter(|_| one_place).map(|window| window.ends.duration_since(now))
}

/// The question.
pub(super) fn ask(credential: &Credential, left: SignedDuration) -> Confirm {
    let lines = vec![
        format!(
            "The old secret of '{}' works for another {}, and whoever still uses it relies on that.",
            credential.name,
            span(left)
        ),
        String::from(
            "The server keeps one old secret: rotating now stops this one at once, and the current one becomes the \
             old one.",
        ),
    ];
    let title = String::from("Stop the old secret before its time?");
    Confirm::new(Asked::TakeSlot, title, lines, Some(String::from("yes")))
}

/// The operator said yes: the rotation below goes on.
pub fn slot_may_be_taken(model: &mut Model) {
    if let Some(Overlay::Rotate(pane)) = model.overlays.last_mut() {
        go_on(pane);
    }
}

fn go_on(pane: &mut Rotate) {
    pane.slot_agreed = true;
    if pane.step == RotateStep::Review {
        pane.step = RotateStep::Retention;
    }
}
