//! A rotation: six steps, one of which is always a fresh reading.

use crate::play::Play;
use crate::{build, check, expect, protected};

/// To the check with the window that is offered first.
fn to_check() -> Play {
    let mut play = Play::new(build::full());
    play.run("r @read <enter> 'yes' <enter> <enter> <enter>");
    play.told();
    play
}

#[test]
fn an_old_secret_that_still_works_is_stopped_only_by_a_yes() {
    let mut play = check(
        build::full(),
        "r @read <enter>",
        "read c1 | = credentials > rotate review > confirm Stop the old secret before its time?",
    );
    // Enter alone, another word and a paste are no yes.
    for no in ["<enter>", "'no' <enter> <c-u>", "#paste=yes <enter>"] {
        play.run(no);
        assert!(play.place().contains("confirm"), "{no}: {}", play.place());
    }
    play.told();
    expect(&mut play, "<esc>", "= credentials > rotate review");
    expect(&mut play, "<enter> 'yes' <enter>", "= credentials > rotate retention");
    // It is asked once for each rotation.
    expect(&mut play, "<esc> <enter>", "= credentials > rotate retention");
    // A key without an open window is not asked about.
    let mut model = build::full();
    model.accounts[0].listing.credentials[0].window = None;
    build::rebuild(&mut model);
    let mut play = Play::new(model);
    play.run("r");
    let place = play.place();
    assert!(place.contains("rotate review"), "{place}");
}

#[test]
fn six_steps() {
    let mut play = check(build::full(), "r", "read c1 | = credentials > rotate review reading");
    expect(
        &mut play,
        "<enter>",
        "
        = credentials > rotate review reading
        ! still reading what is true now
    ",
    );
    expect(&mut play, "@read", "= credentials > rotate review");
    expect(&mut play, "<enter> 'yes' <enter>", "= credentials > rotate retention");
    expect(&mut play, "<enter>", "= credentials > rotate targets");
    expect(&mut play, "<enter>", "= credentials > rotate check");
    expect(
        &mut play,
        "<enter>",
        "
        rotate 'default' of ci-runner window 1 d
        = credentials > rotate newsecret …
    ",
    );
    expect(
        &mut play,
        "@rotate",
        "
        unfinished
        = credentials > rotate verify > reveal default masked safe
    ",
    );
    expect(
        &mut play,
        "<c-d>",
        "
        repaint
        advance shown
        verify c1 current for the operation
        = credentials > rotate verify
    ",
    );
    expect(
        &mut play,
        "@verify",
        "
        unfinished
        = credentials > rotate verify
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    // The first Esc stops what takes long, and can be begun again.
    expect(
        &mut play,
        "o @progress=3 <esc>",
        "
        verify c1 previous
        cancel
        = credentials > rotate verify
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    play.open.retain(|(_, effect)| effect.name() != "verify");
    expect(
        &mut play,
        "o @verify",
        "
        verify c1 previous
        unfinished
        = credentials > rotate verify
        ! presented the old secret: accepted as ci-runner, as owner
    ",
    );
    expect(
        &mut play,
        "y",
        "
        copy stored c1 current
        = credentials > rotate verify
        ! presented the old secret: accepted as ci-runner, as owner
    ",
    );
    expect(
        &mut play,
        "<enter>",
        "
        = credentials
        ! presented the old secret: accepted as ci-runner, as owner
    ",
    );
}

#[test]
fn esc_goes_back_one_step() {
    let mut play = to_check();
    for place in ["rotate targets", "rotate retention", "rotate review"] {
        play.run("<esc>");
        assert_eq!(play.place(), format!("credentials > {place}"));
    }
    play.run("<esc>");
    assert_eq!(play.place(), "credentials");
    let mut play = to_check();
    expect(
        &mut play,
        "<enter> @rotate <c-d> @verify <esc>",
        "
        rotate 'default' of ci-runner window 1 d
        unfinished
        repaint
        advance shown
        verify c1 current for the operation
        unfinished
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
}

#[test]
fn without_a_fresh_reading_nothing_goes_on() {
    let mut play = check(
        build::full(),
        "r @read!slow",
        "
        read c1
        = credentials > rotate review [The server did not answer in time]
    ",
    );
    expect(&mut play, "<enter>", "read c1 | = credentials > rotate review reading");
    expect(&mut play, "@read <enter> 'yes' <enter>", "= credentials > rotate retention");
    check(build::full(), "r @read!out", "
        read c1
        = credentials > rotate review [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
    check(
        build::full(),
        "r @read!gone",
        "
        read c1
        list prod-kitaru
        = credentials > rotate review [It is not there any more]
    ",
    );
    // What somebody else revoked is not read or sent again.
    check(build::full(), "r @read!gone <enter>", "read c1 | list prod-kitaru | = credentials");
    let mut play = to_check();
    expect(
        &mut play,
        "<enter> @rotate!gone",
        "
        rotate 'default' of ci-runner window 1 d
        unfinished
        list prod-kitaru
        = credentials > rotate check [It is not there any more]
    ",
    );
    expect(&mut play, "<enter>", "= credentials");
    check(
        build::full(),
        "r @crash=read",
        "
        read c1
        = credentials > rotate review [The connection ended before the answer did]
        ! a bug stopped this: reading 'default' again. Try again.
    ",
    );
}

#[test]
fn the_window_is_chosen_from_the_shortest_to_another_length() {
    for (keys, window) in [
        ("", "1 d"),
        ("<down>", "3 d"),
        ("<down> <down>", "7 d"),
        ("<up>", "1 h"),
        ("k k", "10 m"),
        ("j j j '2h 30m'", "2 h 30 m"),
        ("j j j '90s'", "2 m"),
        ("j j j #paste=45m⏎", "45 m"),
    ] {
        let mut play = Play::new(build::full());
        play.run("r @read <enter> 'yes' <enter>").run(keys).run("<enter> <enter> <enter>");
        let told = play.told();
        assert!(told.contains(&format!("rotate 'default' of ci-runner window {window}\n")), "{keys}: {told}");
    }
}

#[test]
fn another_length_is_checked_at_once() {
    for (typed, why) in [
        ("", "type a length such as 10m, 24h or 3d"),
        ("'soon'", "this is not a length of time; type one such as 10m, 1h 30m or 3d"),
        ("'9999999999d'", "the longest window here is 365 d"),
        ("'366d'", "the longest window here is 365 d"),
        ("'9223372036854775807s'", "the longest window here is 365 d"),
    ] {
        let mut play = Play::new(build::full());
        play.run("r @read <enter> 'yes' <enter> j j j").run(typed).run("<enter>");
        assert_eq!(play.place(), format!("credentials > rotate retention ({why})"), "{typed}");
        play.run("<c-u> '5m' <enter>");
        assert_eq!(play.place(), "credentials > rotate targets", "{typed}");
    }
}

#[test]
fn no_window_is_typed() {
    let mut play = check(
        build::full(),
        "r @read <enter> 'yes' <enter> k k k k <enter> <enter> <enter>",
        "
        read c1
        = credentials > rotate check mistyped
    ",
    );
    expect(&mut play, "#paste=0 <enter>", "= credentials > rotate check mistyped");
    expect(
        &mut play,
        "'0' <enter>",
        "
        rotate 'default' of ci-runner window no window
        = credentials > rotate newsecret …
    ",
    );
    // So is a length that comes to nothing.
    check(
        build::full(),
        "r @read <enter> 'yes' <enter> j j j '0m' <enter> <enter> <enter>",
        "
        read c1
        = credentials > rotate check mistyped
    ",
    );
}

#[test]
fn leaked_is_the_shortest_window() {
    check(
        build::full(),
        "r @read <enter> 'yes' <enter> l <enter> <enter> <enter>",
        "
        read c1
        = credentials > rotate check leaked mistyped
    ",
    );
    check(
        build::full(),
        "r @read <enter> 'yes' <enter> l <enter> <enter> '0' <enter>",
        "
        read c1
        rotate 'default' of ci-runner window no window
        = credentials > rotate newsecret leaked …
    ",
    );
}

#[test]
fn on_a_protected_account_the_name_is_typed() {
    let mut play = check(
        protected(),
        "r @read <enter> 'yes' <enter> <enter> <enter> <enter>",
        "
        read c1
        = credentials > rotate check mistyped
    ",
    );
    expect(&mut play, "#paste=default <enter>", "= credentials > rotate check mistyped");
    expect(&mut play, "'defaul' <enter>", "= credentials > rotate check mistyped");
    expect(&mut play, "'t' ~<enter>", "= credentials > rotate check");
    expect(
        &mut play,
        "<enter>",
        "
        rotate 'default' of ci-runner window 1 d
        = credentials > rotate newsecret …
    ",
    );
}

#[test]
fn what_certainly_did_not_happen_can_be_tried_again_with_the_word_typed_again() {
    let mut play = check(
        protected(),
        "r @read <enter> 'yes' <enter> <enter> <enter> 'default' <enter> @rotate!keyring",
        "
            read c1
            rotate 'default' of ci-runner window 1 d
            unfinished
            = credentials > rotate check [The keyring cannot be used]
        ",
    );
    expect(&mut play, "<enter>", "= credentials > rotate check mistyped [The keyring cannot be used]");
    let mut play = to_check();
    expect(&mut play, "<enter> @rotate!out", "
        rotate 'default' of ci-runner window 1 d
        unfinished
        = credentials > rotate check [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
    expect(
        &mut play,
        "'pw' <enter> @log-in <enter>",
        "
        log in prod-kitaru password username=ada password:2
        list prod-kitaru
        rotate 'default' of ci-runner window 1 d
        = credentials > rotate newsecret …
        ! logged in to prod-kitaru as ada
    ",
    );
}

#[test]
fn what_may_have_happened_is_not_asked_for_again() {
    let mut play = to_check();
    expect(
        &mut play,
        "<enter> @rotate!cut?",
        "
        rotate 'default' of ci-runner window 1 d
        unfinished
        = credentials > rotate newsecret [The connection ended before the answer did]
    ",
    );
    expect(&mut play, "<enter>", "= credentials");
    let mut play = to_check();
    expect(
        &mut play,
        "<enter> @rotate!cut? <esc>",
        "
        rotate 'default' of ci-runner window 1 d
        unfinished
        = credentials
    ",
    );
}

#[test]
fn closed_while_it_is_asked_for_the_secret_is_still_shown() {
    let mut play = to_check();
    expect(
        &mut play,
        "<enter> <esc> @rotate",
        "
        rotate 'default' of ci-runner window 1 d
        unfinished
        = credentials > reveal default masked safe
    ",
    );
    expect(
        &mut play,
        "<c-d> @verify",
        "
        repaint
        advance shown
        verify c1 current for the operation
        unfinished
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
}

#[test]
fn a_second_rotation_inside_the_window_goes_the_same_way() {
    let play = to_check();
    // The review of the first key has an open window: it is the screen's to say what a second one does.
    let Some(keywright::app::pane::Overlay::Rotate(pane)) = play.model.overlays.last() else {
        panic!("rotate")
    };
    assert!(pane.reviewed.open_window(play.model.now).is_some());
}

#[test]
fn verdicts() {
    use keywright::app::pane::Overlay;
    use keywright::app::pane::rotate::Presented;
    for (reply, notice) in [
        ("@verify", "presented the secret: accepted as ci-runner, as owner"),
        ("@verify=refused", "presented the secret: refused (invalid key)"),
        ("@verify!slow", "the secret could not be presented: The server did not answer in time"),
        (
            "@verify=wider",
            "the new secret works, but it may do more than was reviewed: everything; n revokes it",
        ),
    ] {
        let mut play = to_check();
        play.run("<enter> @rotate <c-d>").run(reply);
        assert_eq!(play.model.notice.as_ref().unwrap().text, notice);
        let Some(Overlay::Rotate(pane)) = play.model.overlays.last() else { panic!("rotate") };
        assert!(!matches!(pane.new_presented, Presented::NotYet | Presented::Running(_)));
        // It can be presented again.
        play.told();
        play.run("v v");
        assert!(play.told().starts_with("verify c1 current for the operation\n="), "one at a time");
    }
}

#[test]
fn a_verdict_of_another_request_does_not_count_for_this_wizard() {
    let mut play = to_check();
    play.run("<enter> @rotate <c-d>");
    let before = play.place();
    play.run("@crash=verify v @verify");
    assert_eq!(play.place(), before);
}

#[test]
fn a_failure_to_present_does_not_undo_what_was_verified_before() {
    let mut play = Play::new(build::full());
    let verified = |play: &Play| {
        let (account, credential) = play.model.selected().unwrap();
        account.facts_of(credential).verified
    };
    let before = verified(&play);
    assert!(before.is_some());
    play.run("v @verify!slow");
    assert_eq!(verified(&play), before);
    play.run("v @verify=refused");
    assert_eq!(verified(&play), None);
    play.run("v @verify");
    assert_eq!(verified(&play), Some(play.model.now));
}
