//! The targets of a credential and what each has.

use keywright::app::effect::RequestId;
use keywright::app::model::Model;
use keywright::app::msg::Msg;
use keywright::app::pane::Overlay;
use keywright::app::pane::create::CreateStep;
use keywright::app::pane::deliver::Deliver;
use keywright::app::pane::rotate::RotateStep;
use keywright::app::update::update;
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::target::{Delivered, TargetNote};
use keywright::keymap::key::Key;

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

/// A wizard where the new secret's targets are chosen or told; one of them is another credential's too.
fn wizard(name: &str, key: char) -> Model {
    let mut model = build::with_targets();
    let other = model.accounts[0].listing.credentials[1].reference(model.accounts[0].name());
    let note = TargetNote { target: model.targets[1].name.clone(), receipt: None, current: false };
    model.accounts[0].facts.entry(other).or_default().targets.push(note);
    let now = model.now;
    update(&mut model, now, Msg::Key { key: Key::char(key), repeat: false });
    let chosen = vec![model.targets[1].name.clone(), model.targets[0].name.clone()];
    match model.overlays.last_mut() {
        Some(Overlay::Rotate(pane)) => {
            (pane.reading, pane.target) = (None, 2);
            pane.step = if name.contains("check") { RotateStep::Check } else { RotateStep::Targets };
        }
        Some(Overlay::Create(pane)) => (pane.step, pane.targets) = (CreateStep::Targets, chosen),
        _ => unreachable!("a wizard opens"),
    }
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
    for (name, key) in [("rotate_targets_chosen", 'r'), ("rotate_check_shared", 'r'), ("create_targets", 'n')]
    {
        cases.push(case(name, USUAL, wizard(name, key)));
    }
    cases.push(case(
        "deliver_refused",
        SMALL,
        open(|_, pane| pane.failure = Some(Failure::new(FailureKind::Keyring, "the keyring is locked"))),
    ));
    cases
}
