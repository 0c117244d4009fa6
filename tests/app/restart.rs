//! Restarting a server that reads its credentials only when it starts: asked for, or said how it is done by hand.

use keywright::app::model::{Model, Pane};
use keywright::domain::ability::{Abilities, RestartAbility};

use crate::{build, check, expect, protected};

static RESTARTS: Abilities = Abilities {
    restart: Some(RestartAbility {
        setting: "folder",
        sentence: "A restart closes every connection.",
        by_hand: "Stop its clients first.",
    }),
    ..build::KITARU
};

/// The same account on a server that has to be restarted, with a command for it or without.
fn restarts(mut model: Model, command: &str) -> Model {
    let account = &mut model.accounts[0];
    account.abilities = &RESTARTS;
    account.account.settings.insert(String::from("folder"), String::from(command));
    account.listing.credentials[0].particulars.pending = Some("not yet".into());
    model
}

#[test]
fn it_is_asked_and_read_again_afterwards() {
    let title = "Restart the server of prod-kitaru";
    let mut play =
        check(restarts(build::full(), "restart it"), "t", &format!("= credentials > confirm {title}"));
    expect(&mut play, "<enter>", &format!("restart prod-kitaru | = credentials > confirm {title} …"));
    expect(&mut play, "@restart", &format!("open account prod-kitaru | = credentials | ! done: {title}"));
    check(restarts(build::full(), "restart it"), "t <esc>", "= credentials");
    let failed = "t <enter> @restart!slow";
    let mut play = check(
        restarts(build::full(), "restart it"),
        failed,
        &format!("restart prod-kitaru | = credentials > confirm {title} [The server did not answer in time]"),
    );
    expect(&mut play, "<enter>", &format!("restart prod-kitaru | = credentials > confirm {title} …"));
}

#[test]
fn on_a_protected_account_its_name_is_typed() {
    let title = "confirm Restart the server of prod-kitaru";
    let mut play =
        check(restarts(protected(), "restart it"), "t <enter>", &format!("= credentials > {title} mistyped"));
    expect(&mut play, "'prod-kitaru' <enter>", &format!("restart prod-kitaru | = credentials > {title} …"));
}

#[test]
fn without_a_command_it_is_said_how() {
    check(restarts(build::full(), " "), "t", "= credentials > message Restart the server of prod-kitaru");
}

#[test]
fn where_changes_count_at_once_nothing_is_asked() {
    let words = "changes count at once on prod-kitaru: there is no server to restart";
    check(build::full(), "t", &format!("= credentials | ! {words}"));
}

#[test]
fn the_finding_under_the_cursor_names_the_account() {
    let mut model = restarts(build::full(), "restart it");
    model.pane = Pane::Findings;
    check(model, "t", "= findings > confirm Restart the server of prod-kitaru");
}
