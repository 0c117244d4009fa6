//! The list of accounts, the owners pane, the activity pane.

use keywright::app::model::{Fetch, Model, Pane, SessionView};
use keywright::app::pane::Overlay;
use keywright::app::pane::accounts::Accounts;
use keywright::domain::failure::{Failure, FailureKind};

use crate::build;
use crate::{Case, LARGE, SMALL, USUAL, at, case};

fn accounts(cursor: usize, removing: bool) -> Model {
    let mut model = build::several();
    model.accounts[0].account.protected = true;
    model.accounts[2].opened = Fetch::Failed(Failure::new(FailureKind::Untrusted, "self-signed certificate"));
    model.accounts[2].session = SessionView::Unknown;
    model.overlays.push(Overlay::Accounts(Accounts { cursor, removing }));
    model
}

fn pane(pane: Pane) -> Model {
    let mut model = build::several();
    model.pane = pane;
    model.accounts[0].listing.owners[1].enabled = false;
    model.owner_cursor = 1;
    model.activity = vec![
        build::activity(40, "verify", "default · ci-runner", "accepted as ci-runner"),
        build::activity(
            4000,
            "rotate",
            "default · ci-runner",
            "new secret stored; the old one ends 2026-11-22 12:08:12 UTC",
        ),
        build::activity(9000, "revoke", "日本語の鍵 · 数据平台-ingest", "revoked"),
    ];
    model
}

/// What deserves attention on two accounts, one of which has told something.
fn findings() -> Model {
    let mut model = build::told();
    model.pane = Pane::Findings;
    model.finding_cursor = 1;
    model
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("accounts_list", &[SMALL, USUAL, LARGE], || accounts(0, false));
    cases.push(case("accounts_removing", USUAL, accounts(1, true)));
    cases.push(case("accounts_failed", SMALL, accounts(2, false)));
    cases.push(case("accounts_none", SMALL, {
        let mut model = build::of(Vec::new());
        model.overlays.push(Overlay::Accounts(Accounts::default()));
        model
    }));
    cases.extend(at("owners", &[SMALL, USUAL, LARGE], || pane(Pane::Owners)));
    cases.push(case("owners_none", SMALL, {
        let mut model = build::of(vec![build::account("prod-kitaru", &build::ABILITIES)]);
        model.pane = Pane::Owners;
        model
    }));
    cases.extend(at("findings", &[SMALL, USUAL, LARGE], findings));
    cases.push(case("findings_unread", SMALL, {
        let mut model = build::of(vec![build::pools()]);
        model.pane = Pane::Findings;
        model.accounts[0].listing = keywright::domain::answer::Listing::default();
        let failure = keywright::domain::failure::Failure::new(
            keywright::domain::failure::FailureKind::File,
            "/etc/ztick/auth.toml: permission denied",
        );
        model.accounts[0].listed = keywright::app::model::Fetch::Failed(failure);
        build::rebuild(&mut model);
        model
    }));
    cases.push(case("findings_none", SMALL, {
        let mut model = build::of(vec![build::account("prod-kitaru", &build::ABILITIES)]);
        model.pane = Pane::Findings;
        model
    }));
    cases.extend(at("activity", &[SMALL, USUAL, LARGE], || pane(Pane::Activity)));
    cases.push(case("activity_none", SMALL, {
        let mut model = build::full();
        model.pane = Pane::Activity;
        model
    }));
    cases
}
