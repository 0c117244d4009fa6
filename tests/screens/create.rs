//! A new credential's choices: kinds, scopes, an end, and the check that says them again.

use keywright::app::effect::RequestId;
use keywright::app::model::Model;
use keywright::app::pane::Overlay;
use keywright::app::pane::by_hand::{self, ByHand};
use keywright::app::pane::create::{Create, CreateStep};
use keywright::app::scopes::Asked;
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::scope::{Risk, ScopeOffer};
use keywright::keymap::action::Action;
use tui_input::Input;

use crate::build;
use crate::{Case, LARGE, SMALL, USUAL, at, case};

const ALL: [(u16, u16); 3] = [SMALL, USUAL, (140, 40)];

/// The wizard of an account at a step.
fn create(
    account: keywright::app::model::AccountState,
    step: CreateStep,
    change: impl FnOnce(&mut Create, &mut Model),
) -> Model {
    let mut model = build::of(vec![account]);
    let opened = Create::open(&mut model, 0).open;
    let Some(Overlay::Create(mut pane)) = opened else { unreachable!("the wizard opens") };
    pane.step = step;
    pane.owner = model.accounts[0].listing.owners.first().map(keywright::domain::owner::Owner::reference);
    let field = pane.form.field_mut("name").unwrap();
    field.kind = keywright::app::form::FieldKind::Text(Input::new(String::from("ci deploy")));
    change(&mut pane, &mut model);
    model.overlays.push(Overlay::Create(pane));
    model
}

fn pick(pane: &mut Create, actions: &[Action]) {
    let picker = pane.picker.as_mut().unwrap();
    for action in actions {
        picker.act(*action);
    }
}

fn scopes() -> Vec<Case> {
    let pools =
        |change: &dyn Fn(&mut Create)| create(build::pools(), CreateStep::Scopes, |pane, _| change(pane));
    let ticks =
        |change: &dyn Fn(&mut Create)| create(build::ticks(), CreateStep::Scopes, |pane, _| change(pane));
    let mut cases = at("create_scopes", &ALL, || pools(&|pane| pick(pane, &[Action::Select])));
    cases.push(case("create_scopes_none", SMALL, pools(&|pane| pick(pane, &[Action::Open]))));
    cases.extend(at("create_scopes_wide", &[SMALL, USUAL], || {
        pools(&|pane| pick(pane, &[Action::Last, Action::Select, Action::Open]))
    }));
    cases.push(case(
        "create_scopes_asked",
        USUAL,
        ticks(&|pane| {
            pane.picker.as_mut().unwrap().asked = Asked::Loading(RequestId(4));
        }),
    ));
    cases.push(case(
        "create_scopes_not_told",
        SMALL,
        ticks(&|pane| pane.picker.as_mut().unwrap().offered(Err(Failure::new(FailureKind::Slow, "")))),
    ));
    cases.push(case(
        "create_scopes_empty",
        SMALL,
        ticks(&|pane| {
            let picker = pane.picker.as_mut().unwrap();
            picker.offers.clear();
            picker.offered(Ok(Vec::new()));
        }),
    ));
    let typed = |pane: &mut Create| {
        let picker = pane.picker.as_mut().unwrap();
        let known = ["deploy.eu", "deploy.us", "deployment", "etl"];
        picker.offered(Ok(known.map(|id| build::offer(id, "in use")).to_vec()));
        picker.act(Action::Filter);
        picker.paste("deploy");
    };
    cases.extend(at("create_scopes_typing", &[SMALL, USUAL], || ticks(&typed)));
    cases.extend(at("create_scopes_typed", &ALL, || {
        ticks(&|pane| {
            typed(pane);
            pick(pane, &[Action::Open]);
        })
    }));
    cases.extend(at("create_scopes_hundreds", &[SMALL, LARGE], || {
        ticks(&|pane| {
            let picker = pane.picker.as_mut().unwrap();
            let many = (0..400).map(|number| ScopeOffer {
                risk: [Risk::Reads, Risk::Writes, Risk::Wide][number % 3],
                ..build::offer(&format!("数据平台-namespace-{number:03}"), ["eu", "us"][number / 200])
            });
            picker.offered(Ok(many.collect()));
            for _ in 0..21 {
                picker.act(Action::PageDown);
            }
            picker.act(Action::Select);
        })
    }));
    cases
}

/// The page of a credential that is made by hand, and the paste.
fn by_hand(change: impl Fn(&mut ByHand)) -> Model {
    create(build::pools(), CreateStep::Check, |pane, model| {
        pick(pane, &[Action::Select]);
        let plan = pane.plan(model).unwrap();
        let page = "https://zpools.io/dashboard/tokens?create=1&label=ci+deploy&scopes=zpool%2Cjob&expiry=2027-02-20";
        let Overlay::ByHand(mut page) = by_hand::open(model, plan, None, page.into()) else { unreachable!() };
        change(&mut page);
        model.overlays.push(Overlay::ByHand(page));
    })
}

fn made_by_hand() -> Vec<Case> {
    let paste = |pane: &mut ByHand| {
        pane.pasting = true;
        pane.form.paste("zpat_horse");
    };
    let refused = |why: &str| Some(Failure::new(FailureKind::NotTaken, why));
    let mut cases = at("by_hand_page", &ALL, || turned(by_hand(|_| {})));
    cases.extend(at("by_hand_paste", &ALL, || turned(by_hand(paste))));
    cases.push(case(
        "by_hand_running",
        SMALL,
        turned(by_hand(|pane| {
            paste(pane);
            pane.running = Some(RequestId(4));
        })),
    ));
    cases.extend(at("by_hand_refused", &[SMALL, USUAL], || {
        turned(by_hand(|pane| {
            paste(pane);
            pane.failure = refused("it is the secret of 'laptop' of grace, which is stored already");
        }))
    }));
    cases.push(case(
        "by_hand_unmatched",
        SMALL,
        turned(by_hand(|pane| {
            (pane.pasting, pane.stored) = (true, true);
            pane.failure = Some(Failure::new(FailureKind::Slow, ""));
        })),
    ));
    cases
}

/// The page lies over the wizard.
fn turned(mut model: Model) -> Model {
    model.overlays.reverse();
    model
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("create_kind", &ALL, || create(build::ticks(), CreateStep::Kind, |_, _| {}));
    cases.push(case(
        "create_kind_not_made_here",
        SMALL,
        create(build::ticks(), CreateStep::Kind, |pane, _| pane.kind = 1),
    ));
    cases.extend(scopes());
    cases.extend(made_by_hand());
    cases.extend(at("create_expiry", &ALL, || create(build::pools(), CreateStep::Expiry, |_, _| {})));
    cases.extend(at("create_expiry_refused", &[SMALL, USUAL], || {
        create(build::pools(), CreateStep::Expiry, |pane, _| {
            let choice = pane.expiry.as_mut().unwrap();
            choice.act(Action::Down);
            choice.paste("2026-02-30");
            choice.error = choice.end(build::now()).err();
        })
    }));
    cases.push(case(
        "create_expiry_never",
        SMALL,
        create(build::pools(), CreateStep::Expiry, |pane, _| {
            pane.expiry.as_mut().unwrap().cursor = 4;
        }),
    ));
    cases.extend(at("create_check_scopes", &ALL, || {
        create(build::pools(), CreateStep::Check, |pane, model| {
            pick(pane, &[Action::Select]);
            model.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
        })
    }));
    cases.push(case(
        "create_check_everything",
        SMALL,
        create(build::pools(), CreateStep::Check, |pane, _| {
            pick(pane, &[Action::Last, Action::Select]);
            pane.expiry.as_mut().unwrap().cursor = 4;
        }),
    ));
    cases
}
