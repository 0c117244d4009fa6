//! The targets of a credential and what each has.

use keywright::app::effect::RequestId;
use keywright::app::model::Model;
use keywright::app::pane::Overlay;
use keywright::app::pane::deliver::Deliver;
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::target::Delivered;

use crate::build;
use crate::{Case, LARGE, SMALL, USUAL, at, case};

fn open(change: impl FnOnce(&mut Model, &mut Deliver)) -> Model {
    let mut model = build::with_targets();
    let account = &model.accounts[0];
    let credential = account.listing.credentials[0].reference(account.name());
    let mut pane = Deliver::new(credential, "default".into(), "ci-runner".into());
    change(&mut model, &mut pane);
    model.overlays.push(Overlay::Deliver(Box::new(pane)));
    model
}

/// Every picture of the targets.
pub fn cases() -> Vec<Case> {
    let mut cases = at("deliver", &[SMALL, USUAL, LARGE], || open(|_, pane| pane.cursor = 1));
    cases.push(case("deliver_detail", LARGE, build::with_targets()));
    cases.push(case(
        "deliver_failed",
        USUAL,
        open(|model, pane| {
            let facts = model.accounts[0].facts.get_mut(&pane.credential).expect("facts");
            let receipt = facts.targets[0].receipt.as_mut().expect("a receipt");
            let why = "it ended with exit code 1: HTTP 404: could not find repository org/app";
            receipt.result = Delivered::Failed(why.into());
        }),
    ));
    cases.push(case(
        "deliver_under_way",
        USUAL,
        open(|model, pane| {
            pane.running = Some(RequestId(9));
            pane.cursor = 2;
            model.targets.remove(0);
        }),
    ));
    cases.push(case(
        "deliver_refused",
        SMALL,
        open(|_, pane| pane.failure = Some(Failure::new(FailureKind::Keyring, "the keyring is locked"))),
    ));
    cases
}
