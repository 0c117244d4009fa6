//! How a run begins, and the first start.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::Model;
use keywright::domain::time::Timestamp;

fn bare() -> Model {
    let mut model = Model::new(build::now(), jiff::tz::TimeZone::UTC, Vec::new());
    model.backends = vec![&build::ABILITIES];
    model
}

fn fresh() -> Model {
    let accounts = vec![build::account("prod-kitaru", &build::ABILITIES)];
    Model::new(build::now(), jiff::tz::TimeZone::UTC, accounts)
}

#[test]
fn with_an_account_it_is_opened_and_listed_when_a_login_was_kept() {
    let mut play = Play::started(fresh());
    expect(&mut play, "", "check vault | unfinished | open account prod-kitaru | = credentials");
    expect(
        &mut play,
        "@check-vault @unfinished @open-account=in @list",
        "
        list prod-kitaru
        = credentials
    ",
    );
    assert_eq!(play.model.accounts[0].listing.credentials.len(), 6);
    assert!(play.model.pending.is_empty());
}

#[test]
fn without_a_kept_login_nothing_is_listed() {
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "@open-account",
        "
        check vault
        unfinished
        open account prod-kitaru
        = credentials
    ",
    );
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "@open-account=ended",
        "
        check vault
        unfinished
        open account prod-kitaru
        = credentials
        ! prod-kitaru: the kept login does not work any more (The session has ended)
    ",
    );
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "@open-account!slow",
        "
        check vault
        unfinished
        open account prod-kitaru
        = credentials
    ",
    );
    // What failed is asked again by a refresh.
    expect(&mut play, "<f5>", "open account prod-kitaru | = credentials");
    // Not while it is under way.
    expect(&mut play, "<f5>", "= credentials");
}

#[test]
fn a_login_by_hand_is_not_undone_by_a_slow_opening() {
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "L 'secret' <tab> <enter> @log-in @open-account",
        "
        check vault
        unfinished
        open account prod-kitaru
        log in prod-kitaru password username=ada password:6
        list prod-kitaru
        = credentials
        ! logged in to prod-kitaru as ada
    ",
    );
    assert!(play.model.accounts[0].session().is_some());
}

#[test]
fn the_first_start_offers_three_ways() {
    let mut play = Play::started(bare());
    expect(&mut play, "", "check vault | unfinished | look around | = credentials > welcome 0");
    expect(
        &mut play,
        "j j j <enter>",
        "
        check vault
        = credentials > welcome 2 > message Where secrets go
    ",
    );
    expect(
        &mut play,
        "<esc> k <enter>",
        "
        = credentials > account form [backend=Kitaru] endpoint= name= login= ca_file= protected=off
    ",
    );
    check_welcome(
        "<enter> @start-sandbox @open-account=in",
        "
        start sandbox
        open account sandbox
        list sandbox
        = credentials
    ",
    );
    check_welcome(
        "<enter> @start-sandbox!state",
        "
        start sandbox
        = credentials
        ! keywright's own records cannot be used
    ",
    );
    check_welcome("q", "quit | = credentials > welcome 0 > LEAVING");
    check_welcome("<esc> n", "= credentials | ! there is no account yet; press p, then n");
}

#[track_caller]
fn check_welcome(script: &str, want: &str) {
    let mut play = Play::started(bare());
    play.told();
    expect(&mut play, script, want);
}

#[test]
fn settings_that_could_not_be_used_do_not_stop_the_start() {
    let mut model = bare();
    model.settings_problems = vec![String::from("line 3: an account needs a name")];
    let play = Play::started(model);
    assert_eq!(play.place(), "credentials > welcome 0");
    let mut model = fresh();
    model.settings_problems = vec![String::from("line 3: an account needs a name")];
    let mut play = Play::started(model);
    assert_eq!(play.place(), "credentials > message Some settings could not be used");
    play.run("<esc>");
    assert_eq!(play.place(), "credentials");
}

#[test]
fn unfinished_work_of_an_earlier_run_is_shown_by_itself_once() {
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "@unfinished=left",
        "
        check vault
        unfinished
        open account prod-kitaru
        = credentials > unfinished 0
    ",
    );
    // Closed, it stays closed; a later reading does not bring it back.
    expect(&mut play, "<esc> u <esc> @unfinished=left", "unfinished | = credentials");
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "@unfinished=elsewhere",
        "
        check vault
        unfinished
        open account prod-kitaru
        = credentials
    ",
    );
    expect(
        &mut play,
        "u",
        "
        unfinished
        = credentials
        ! nothing is unfinished here; 1 under way in another keywright
    ",
    );
}

#[test]
fn what_is_left_later_does_not_come_under_somebodys_fingers() {
    let mut play = Play::started(fresh());
    // Nothing was left from before; the next reading falls between two steps of something new.
    play.run("@unfinished u @unfinished=left");
    assert_eq!(play.place(), "credentials");
    play.run("u");
    assert_eq!(play.place(), "credentials > unfinished 0");
}

#[test]
fn unfinished_work_does_not_cover_what_somebody_is_doing() {
    let mut play = Play::started(fresh());
    expect(
        &mut play,
        "p @unfinished=left",
        "
        check vault
        unfinished
        open account prod-kitaru
        = credentials > accounts 0
    ",
    );
}

#[test]
fn the_keyring_that_keeps_us_waiting_is_said_until_it_answers() {
    let mut play = Play::started(fresh());
    play.send(keywright::app::msg::Msg::VaultWaiting(true));
    assert!(play.model.vault_waiting);
    play.run("@check-vault");
    assert!(!play.model.vault_waiting);
    assert_eq!(play.model.now, "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap());
}

#[test]
fn another_store_is_chosen_by_command() {
    check(fresh(), ": 'memory' <enter> @use-vault", "use vault memory | = credentials");
    check(fresh(), ": 'kernel' <enter> @use-vault", "use vault kernel | = credentials");
    check(
        fresh(),
        ": 'look at' <enter> @check-vault",
        "check vault | = credentials > message Where secrets go",
    );
}

#[test]
fn only_the_sandbox_has_a_clock_to_move() {
    check(fresh(), ": 'clock'", "= credentials > commands 'clock'");
    let mut model = build::full();
    model.sandbox = Some(keywright::app::model::SandboxView { control: String::from("http://127.0.0.1:1") });
    check(
        model,
        ": 'clock' <enter> @sandbox-clock",
        "
        sandbox clock 600
        list prod-kitaru
        = credentials
        ! done
    ",
    );
}

#[test]
fn the_first_start_offers_the_logins_of_other_tools() {
    let mut play = Play::started(bare());
    play.run("@look-around");
    expect(
        &mut play,
        "j j j <enter>",
        "
        check vault
        unfinished
        look around
        = credentials > account form backend=Kitaru endpoint=https://prod-kitaru.example.com [name=kitaru] login=ada ca_file= protected=off
    ",
    );
    // What was found logs in afterwards.
    play.run("<tab> <tab> <tab> <enter> @save-accounts");
    assert!(play.place().starts_with("credentials > import [secret=]"), "{}", play.place());
    assert_eq!(play.asked().last(), Some(&"open account"));
    assert!(play.asked().contains(&"look around"));
    let mut play = Play::started(bare());
    play.run("@look-around=nothing j j j j");
    assert_eq!(play.place(), "credentials > welcome 2 found:0");
}
