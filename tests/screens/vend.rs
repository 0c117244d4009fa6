//! Secrets for storage: what they can be had for, what is held, and a server that takes no attempt yet.

use keywright::app::model::{Fetch, Model};
use keywright::app::pane::Overlay;
use keywright::app::pane::vend::Vend;
use keywright::domain::failure::{Failure, FailureKind};
use tui_input::Input;

use crate::build::{self, before};
use crate::{Case, LARGE, SMALL, USUAL, at, case};

fn open(change: impl FnOnce(&mut Model, &mut Vend)) -> Model {
    let mut model = build::vends();
    let mut pane = Vend {
        account: build::name("prod-kitaru"),
        places: build::places(),
        listed: Fetch::Ready(build::now()),
        search: Input::default(),
        searching: false,
        cursor: 0,
        running: None,
        failure: None,
    };
    change(&mut model, &mut pane);
    model.overlays.push(Overlay::Vend(Box::new(pane)));
    model
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("vend", &[SMALL, USUAL, LARGE], || {
        open(|model, pane| {
            model.held = vec![build::held("s3://short/", Some(3000)), build::held("s3://typed/x", None)];
            pane.cursor = 1;
        })
    });
    cases.push(case(
        "vend_typed",
        USUAL,
        open(|_, pane| (pane.searching, pane.search) = (true, Input::new(String::from("acme")))),
    ));
    cases.push(case("vend_many", SMALL, {
        open(|_, pane| {
            let place = pane.places.remove(1);
            pane.places = (0..300)
                .map(|number| {
                    let id = format!("table sales/orders/日本-{number:03}-with-a-name-that-is-rather-long");
                    keywright::domain::vending::Place { id, ..place.clone() }
                })
                .collect();
            pane.cursor = 250;
        })
    }));
    cases.push(case("vend_empty", USUAL, open(|_, pane| pane.places.clear())));
    cases.push(case(
        "vend_must_wait",
        USUAL,
        open(|model, pane| {
            model.accounts[0].again = Some(before(-42));
            pane.failure = Some(Failure::new(FailureKind::TooMany, "too many authentication attempts"));
        }),
    ));
    cases
}
