//! Leaving: waits for writes, asks before a secret is lost, and never asks a signal.

use crate::play::Play;
use crate::{build, check, expect};

const CREATING: &str = "n 'etl' <enter> 'deploy' <enter> <enter> <enter> <enter>";

fn after(script: &str) -> Play {
    let mut play = Play::new(build::full());
    play.run(script);
    play.told();
    play
}

#[test]
fn from_the_top_and_from_anywhere() {
    check(build::full(), "q", "quit | = credentials > LEAVING");
    check(build::full(), "<c-c>", "quit | = credentials > LEAVING");
    check(build::full(), "3 q", "quit | = owners > LEAVING");
    // In an overlay only Ctrl-C leaves.
    check(build::full(), "r q", "read c1 | = credentials > rotate review reading");
    check(build::full(), "r <c-c>", "read c1 | quit | = credentials > rotate review reading > LEAVING");
    check(build::full(), "/ q", "= credentials");
    check(build::full(), "/ <c-c>", "quit | = credentials > LEAVING");
    check(build::full(), "<c-l> <c-c>", "wipe memory | repaint | quit | = credentials > LOCKED > LEAVING");
    check(build::full(), ": 'leave' <enter>", "quit | = credentials > LEAVING");
    check(build::full(), "#terminate", "quit | = credentials > LEAVING");
}

#[test]
fn a_held_key_does_not_leave() {
    check(build::full(), "~q ~<c-c>", "= credentials");
}

#[test]
fn a_write_is_waited_for() {
    let mut play = after(CREATING);
    expect(
        &mut play,
        "<c-c>",
        "
        = credentials > create check name=deploy [description=] … > LEAVING
        ! leaving as soon as this has its answer: creating 'deploy' for etl
    ",
    );
    expect(
        &mut play,
        "+5s",
        "
        = credentials > create check name=deploy [description=] … > LEAVING
        ! leaving as soon as this has its answer: creating 'deploy' for etl
    ",
    );
    expect(
        &mut play,
        "@create!taken",
        "
        unfinished
        list prod-kitaru
        quit
        = credentials > create check name=deploy [description=] [The name is taken] > LEAVING
        ! leaving as soon as this has its answer: creating 'deploy' for etl
    ",
    );
    // From the top too.
    let mut play = after(CREATING);
    expect(
        &mut play,
        "<esc> q",
        "
        = credentials > LEAVING
        ! leaving as soon as this has its answer: creating 'deploy' for etl
    ",
    );
    // A read is not waited for.
    let mut play = after("<f5>");
    expect(&mut play, "q", "quit | = credentials > LEAVING");
}

#[test]
fn a_stored_secret_that_arrives_while_leaving_does_not_hold_the_program() {
    let mut play = after(CREATING);
    expect(
        &mut play,
        "<c-c> @create",
        "
        unfinished
        quit
        = credentials > reveal deploy masked safe > LEAVING
        ! leaving as soon as this has its answer: creating 'deploy' for etl
    ",
    );
}

#[test]
fn a_secret_that_is_nowhere_and_arrives_while_leaving_keeps_the_program() {
    let mut play = after(CREATING);
    expect(
        &mut play,
        "<c-c> @create=nowhere",
        "
        unfinished
        = credentials > reveal deploy masked unsafe
        ! not left: a secret came that exists nowhere but here
    ",
    );
    expect(
        &mut play,
        "y @copy <c-d> <c-c>",
        "
        copy shown
        repaint
        advance done: not stored; it was copied
        quit
        = credentials > LEAVING
        ! copied to the desktop's clipboard
    ",
    );
}

#[test]
fn an_unsafe_secret_is_given_up_only_by_the_word() {
    let mut play = after(&format!("{CREATING} @create=nowhere"));
    expect(
        &mut play,
        "<c-c>",
        "
        = credentials > reveal deploy masked unsafe > confirm Leave and lose the secret?
    ",
    );
    expect(
        &mut play,
        "<c-c> <enter>",
        "
        = credentials > reveal deploy masked unsafe > confirm Leave and lose the secret? mistyped
    ",
    );
    expect(
        &mut play,
        "#paste=discard <enter>",
        "
        = credentials > reveal deploy masked unsafe > confirm Leave and lose the secret? mistyped
    ",
    );
    expect(&mut play, "<esc>", "= credentials > reveal deploy masked unsafe");
    expect(
        &mut play,
        "<c-c> 'discard' <enter>",
        "
        advance lost: the secret was given up without being stored
        repaint
        quit
        = credentials > LEAVING
    ",
    );
}

#[test]
fn behind_the_curtain_an_unsafe_secret_is_asked_about_too() {
    let mut play = after(&format!("{CREATING} @create=nowhere u <c-l>"));
    expect(
        &mut play,
        "<c-c>",
        "
        = credentials > reveal deploy masked unsafe > confirm Leave and lose the secret?
    ",
    );
}

#[test]
fn a_question_on_top_does_not_stand_in_for_the_one_about_the_secret() {
    let mut play = after(&format!("{CREATING} @create=nowhere"));
    play.model.overlays.push(keywright::app::pane::Overlay::Confirm(Box::new(
        keywright::app::pane::confirm::Confirm::new(
            keywright::app::pane::confirm::Asked::EnableOwner(
                build::name("prod-kitaru"),
                keywright::domain::owner::Id::new("o1"),
                true,
            ),
            String::from("Switch on"),
            Vec::new(),
            None,
        ),
    )));
    expect(
        &mut play,
        "<c-c>",
        "
        = credentials > reveal deploy masked unsafe > confirm Switch on > confirm Leave and lose the secret?
    ",
    );
}

#[test]
fn a_signal_is_obeyed_as_soon_as_nothing_is_written() {
    let mut play = after(CREATING);
    expect(&mut play, "#terminate", "= credentials > create check name=deploy [description=] … > LEAVING");
    expect(
        &mut play,
        "@create=nowhere",
        "
        unfinished
        quit
        = credentials > reveal deploy masked unsafe > LEAVING
    ",
    );
}
