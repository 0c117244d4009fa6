//! The timeline: what falls due, and the bars at several zooms.

use keywright::app::model::{Model, Pane};
use keywright::app::promises;
use keywright::app::timeline::Zoom;
use keywright::domain::account::AccountName;
use keywright::domain::credential::{Credential, CredentialRef, Expiry};
use keywright::domain::operation::{OperationKind, Phase};
use keywright::domain::owner::{Id, OwnerRef};
use keywright::domain::promise::Promise;
use keywright::domain::scope::Granted;

use crate::build::{self, DAY, before};
use crate::{Case, SMALL, USUAL, at, case};

/// What people have side by side: 140 columns.
const WIDE: (u16, u16) = (140, 40);

/// A token that was made so many days ago.
fn token(id: &str, name: &str, days: i64) -> Credential {
    let owner = build::owner("u1", "grace", "");
    let mut token = build::credential(id, &owner, name);
    (token.kind, token.scopes) = ("PAT", Granted::Listed(vec!["job".into()]));
    token.created = Some(before(days * DAY));
    token
}

/// The promise to revoke it so many seconds after now.
fn promised(account: &AccountName, token: &Credential, seconds: i64, note: &str) -> Promise {
    Promise {
        credential: token.reference(account),
        name: token.name.to_string(),
        owner_name: token.owner.name.to_string(),
        successor: CredentialRef { id: Id::new("p2"), ..token.reference(account) },
        made: before(DAY),
        note: note.to_owned(),
        ..build::promise(build::now(), seconds)
    }
}

/// Everything a bar can be: a window of the server, one that is ours, one that is past and overdue, ends near and far,
/// what ended, what is switched off, what has no end, and what nobody knows the beginning of.
fn timeline(zoom: Zoom) -> Model {
    let mut pools = build::pools();
    let name = pools.name().clone();
    let (batch, deploy) = (token("p4", "batch", 30), token("p5", "deploy", 20));
    let waiting = vec![
        promised(&name, &deploy, -2 * 3600, "nobody was logged in"),
        promised(&name, &batch, 5 * 3600, ""),
    ];
    pools.listing.credentials.extend([batch, deploy]);
    let mut ticks = build::ticks();
    let owner = OwnerRef { id: Id::new("t1"), name: "deployer".into() };
    let reference = build::owner("t1", "deployer", "");
    let mut untold = build::credential("t1", &reference, "deployer");
    (untold.kind, untold.created, untold.owner) = ("token", None, owner);
    untold.expires = Expiry::Never;
    ticks.listing.credentials = vec![untold];
    let mut model = build::of(vec![build::prod(), pools, ticks]);
    model.unfinished = vec![build::operation(OperationKind::Create, Phase::Unclear)];
    promises::arrived(&mut model, waiting);
    (model.pane, model.zoom) = (Pane::Timeline, zoom);
    model.table.cursor = 2;
    model
}

/// Nothing has a date.
fn undated() -> Model {
    let mut model = build::many(3);
    model.pane = Pane::Timeline;
    model
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("timeline", &[SMALL, USUAL, WIDE], || timeline(Zoom::Quarter));
    cases.push(case("timeline_hour", USUAL, timeline(Zoom::Hour)));
    cases.push(case("timeline_day", WIDE, timeline(Zoom::Day)));
    cases.push(case("timeline_five_years", WIDE, timeline(Zoom::FiveYears)));
    cases.push(case("timeline_undated", SMALL, undated()));
    cases.push(case("timeline_nothing_matches", USUAL, {
        let mut model = timeline(Zoom::Month);
        model.table.filter = tui_input::Input::new(String::from("xyz"));
        model.table.apply_filter(&model.accounts, model.now);
        model
    }));
    cases.push(case("timeline_filter", SMALL, {
        let mut model = timeline(Zoom::Week);
        (model.table.filtering, model.table.filter) = (true, tui_input::Input::new(String::from("state:re")));
        model.table.apply_filter(&model.accounts, model.now);
        model
    }));
    cases.push(case("timeline_none", SMALL, {
        let mut model = build::of(vec![build::account("prod-kitaru", &build::ABILITIES)]);
        model.pane = Pane::Timeline;
        model
    }));
    cases
}
