//! Secrets for storage: offered where the abilities have them, stored before they are shown, held until they end; and a
//! server that takes no attempt for a while.

use crate::{build, check, expect};

#[test]
fn only_where_the_backend_gives_them_out() {
    check(build::full(), "w", "= credentials | ! Kitaru gives out no storage credentials to this account");
    check(build::full(), ": 'storage cr'", "= credentials > commands 'storage cr'");
    let mut play = check(build::vends(), ": 'storage cr'", "= credentials > commands 'storage cr'");
    expect(&mut play, "<enter>", "places prod-kitaru | = credentials > vend 0 asking");
}

#[test]
fn one_is_got_shown_held_and_taken_out_at_its_end() {
    let mut play = check(build::vends(), "w @places", "places prod-kitaru | = credentials > vend 0");
    expect(&mut play, "j <enter>", "vend s3://short/ of prod-kitaru | = credentials > vend 1 …");
    // While one is under way no other is asked for.
    expect(&mut play, "<enter>", "= credentials > vend 1 …");
    expect(
        &mut play,
        "@vend @unfinished=held",
        "unfinished | = credentials > vend 1 > reveal s3://short/ masked safe",
    );
    // The list of credentials has not become longer by it.
    assert_eq!(play.model.accounts[0].listing.credentials.len(), build::prod().listing.credentials.len());
    expect(&mut play, "<c-d>", "repaint | advance done | = credentials > vend 1");
    assert_eq!(play.model.held.len(), 1);
    // What is held stands first.
    // Each of its parts can be copied, and which one is asked for.
    expect(&mut play, "k y", "= credentials > vend 0 > which part secret");
    expect(&mut play, "<enter>", "copy stored s3://lake/ current secret | = credentials > vend 0");
    expect(&mut play, "y k <enter>", "copy stored s3://lake/ current id | = credentials > vend 0");
    expect(&mut play, "y j <enter>", "copy stored s3://lake/ current session | = credentials > vend 0");
    expect(&mut play, "d", "= credentials > vend 0 > deliver s3://lake/ 0");
    expect(&mut play, "<esc> +59m", "wipe memory | repaint | = credentials > vend 0 > LOCKED");
}

#[test]
fn what_has_ended_is_taken_out_without_being_asked() {
    let mut model = build::vends();
    model.held = vec![build::held("s3://lake/", Some(120)), build::held("s3://other/", None)];
    let mut play = check(model, "+119s", "= credentials");
    expect(&mut play, "+1s", "unfinished | = credentials");
    assert_eq!(play.model.held.len(), 1, "what does not end stays");
    expect(&mut play, "+60s", "= credentials");
}

#[test]
fn one_can_be_typed_and_what_is_no_place_is_not_asked_for() {
    let mut play = check(build::vends(), "w @places", "places prod-kitaru | = credentials > vend 0");
    expect(&mut play, "/ 'acme'", "= credentials > vend search 'acme' 0");
    expect(&mut play, "<enter> <enter>", "= credentials > vend 0");
    expect(&mut play, "/ <c-u> 's3://mine/x' <enter>", "= credentials > vend 0");
    expect(&mut play, "<enter>", "vend s3://mine/x of prod-kitaru | = credentials > vend 0 …");
    expect(
        &mut play,
        "@vend!gone",
        "unfinished | list prod-kitaru | = credentials > vend 0 [It is not there any more]",
    );
}

#[test]
fn what_is_held_can_be_let_go() {
    let mut model = build::vends();
    model.held = vec![build::held("s3://lake/", None)];
    let mut play = check(model, "w @places", "places prod-kitaru | = credentials > vend 0");
    expect(
        &mut play,
        "x",
        "forget vended s3://lake/ | = credentials > vend 0 | ! taken out of the store here; what the server gave works until its own end",
    );
    expect(
        &mut play,
        "@forget-vended x",
        "= credentials > vend 0 | ! none is held for this place; Enter gets one",
    );
}

#[test]
fn the_servers_history_comes_below_the_details() {
    let mut play =
        check(build::vends(), "<enter>", "history c6 | = credentials > message preview-2 · ci-runner asking");
    expect(&mut play, "@history", "= credentials > message preview-2 · ci-runner");
    let shown = |play: &crate::play::Play| match play.model.overlays.last() {
        Some(keywright::app::pane::Overlay::Message(message)) => message.lines.join("\n"),
        _ => String::new(),
    };
    assert!(shown(&play).contains("the key was refused in its header"), "{}", shown(&play));
    // Whoever closes it early asks for nothing any more.
    let mut play = check(build::vends(), "<enter> <esc>", "history c6 | cancel | = credentials");
    expect(&mut play, "@history", "= credentials");
    for (answer, words) in
        [("@history=none", "nothing about it; the server's audit"), ("@history!slow", "not told:")]
    {
        let mut play = check(
            build::vends(),
            "<enter>",
            "history c6 | = credentials > message preview-2 · ci-runner asking",
        );
        expect(&mut play, answer, "= credentials > message preview-2 · ci-runner");
        assert!(shown(&play).contains(words), "{}", shown(&play));
    }
}

#[test]
fn a_server_that_takes_no_attempt_loses_nothing_typed() {
    let mut play = check(build::vends(), "w @places", "places prod-kitaru | = credentials > vend 0");
    expect(
        &mut play,
        "<enter> @vend!many",
        "vend s3://lake/ of prod-kitaru | unfinished | = credentials > vend 0 [Too many requests]",
    );
    expect(
        &mut play,
        "+20s <enter>",
        "= credentials > vend 0 [Too many requests] | ! the server takes another attempt in 40 s; nothing typed is lost",
    );
    expect(&mut play, "+40s <enter>", "vend s3://lake/ of prod-kitaru | = credentials > vend 0 …");
}
