//! What time alone brings about, and when the model wants to hear of it again.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::{Model, SessionView};
use keywright::app::update::next_wake;
use keywright::domain::time::SignedDuration;

/// Milliseconds until the model wants to be woken.
fn wakes(play: &Play) -> Option<i64> {
    let at = next_wake(&play.model)?;
    i64::try_from(at.duration_since(play.model.now).as_millis()).ok()
}

/// Nobody logged in, nothing pending, no window: the quietest there is.
fn quiet() -> Model {
    let mut model = build::full();
    model.accounts[0].session = SessionView::Out;
    model.accounts[0].listing.credentials.remove(0);
    build::rebuild(&mut model);
    model
}

#[test]
fn idle_sleeps_until_the_lock() {
    let mut play = Play::new(quiet());
    assert_eq!(wakes(&play), Some(10 * 60 * 1000));
    play.run("+5m");
    assert_eq!(wakes(&play), Some(5 * 60 * 1000));
    play.run("<f1> <esc>");
    assert_eq!(wakes(&play), Some(10 * 60 * 1000));
}

#[test]
fn what_is_pending_spins_and_what_is_answered_does_not() {
    let mut play = Play::new(build::of(vec![build::pools()]));
    play.run("<f5>");
    assert_eq!(wakes(&play), Some(125));
    play.run("@list");
    assert!(play.model.pending.is_empty());
}

#[test]
fn what_counts_down_is_seen_every_second() {
    let fast = |model: Model, script: &str| {
        let mut play = Play::new(model);
        play.run(script);
        play.model.pending.clear();
        let soon = wakes(&play).is_some_and(|ms| ms <= 1000);
        assert!(soon, "{script}: {:?}", wakes(&play));
    };
    fast(build::full(), "");
    fast(quiet(), "L <up> <up> <right> <enter> @device");
    fast(build::full(), "n 'etl' <enter> 'd' <enter> <enter> <enter> <enter> @create u");
    fast(build::full(), "n 'etl' <enter> 'd' <enter> <enter> <enter> <enter> @create y @copy");
    fast(build::full(), "r @read <enter> 'yes' <enter> <enter> <enter> <enter> @rotate <c-d> @verify");
}

#[test]
fn seconds_are_seen_when_they_change_not_later() {
    let mut play = Play::new(build::full());
    play.model.now = play.model.now.checked_add(SignedDuration::from_millis(300)).unwrap();
    assert_eq!(wakes(&play), Some(700));
}

#[test]
fn a_masked_secret_and_a_page_do_not_count_down() {
    for script in ["p", ":", "<f1>", "/"] {
        let mut play = Play::new(quiet());
        play.run(script);
        assert_eq!(wakes(&play), Some(10 * 60 * 1000), "{script}");
    }
}

#[test]
fn a_session_is_looked_at_every_minute_and_ends() {
    let mut model = quiet();
    model.accounts[0].session = SessionView::In(build::session());
    let mut play = Play::new(model);
    // 42 m 30 s are left: the minute changes in 31 s.
    assert_eq!(wakes(&play), Some(31_000));
    play.run("<f1> <esc> +9m <f1> <esc> +9m <f1> <esc> +9m <f1> <esc> +9m <f1> <esc> +6m");
    assert!(play.model.accounts[0].session().is_some());
    play.run("+31s");
    assert!(matches!(play.model.accounts[0].session, SessionView::Ended));
}

#[test]
fn a_session_that_renews_itself_does_not_end() {
    let mut model = quiet();
    let mut session = build::session();
    session.renews = true;
    model.accounts[0].session = SessionView::In(session);
    let mut play = Play::new(model);
    play.run("+9m <f1> +9m <f1> +9m <f1> +9m <f1> +9m <f1>");
    assert!(play.model.accounts[0].session().is_some());
}

#[test]
fn ten_idle_minutes_let_the_curtain_down() {
    let mut play = check(quiet(), "+599s", "= credentials");
    expect(&mut play, "+1s", "wipe memory | repaint | = credentials > LOCKED");
    assert_eq!(wakes(&play), None, "a locked screen sleeps until something happens");
    // What is typed behind the curtain does nothing.
    expect(&mut play, "x r n q <esc> #paste=x L", "= credentials > LOCKED");
    expect(&mut play, "<enter>", "= credentials");
    assert_eq!(wakes(&play), Some(10 * 60 * 1000));
    // A key starts the ten minutes anew, time alone does not.
    check(quiet(), "+9m j +9m", "= credentials");
    check(quiet(), "+9m #blur #focus #size=90x30 +1m", "wipe memory | repaint | = credentials > LOCKED");
}

#[test]
fn the_curtain_by_hand() {
    let mut play = check(quiet(), "<c-l>", "wipe memory | repaint | = credentials > LOCKED");
    expect(&mut play, "<enter>", "= credentials");
    // What was typed is still there.
    let mut play = check(
        build::full(),
        "n 'etl' <enter> 'na' <c-l> 'zzz' <enter>",
        "
        wipe memory
        repaint
        = credentials > create name [name=na] description=
    ",
    );
    expect(&mut play, "'me'", "= credentials > create name [name=name] description=");
}

#[test]
fn locked_with_a_session_nothing_wakes() {
    let mut play = Play::new(build::full());
    play.run("<c-l>");
    assert_eq!(wakes(&play), None);
}

#[test]
fn a_copy_is_taken_back_behind_the_curtain_too() {
    let mut play = check(
        build::full(),
        "y @copy <c-l>",
        "
        copy stored c1 current
        wipe memory
        repaint
        = credentials > LOCKED
        ! copied to the desktop's clipboard
    ",
    );
    assert!(wakes(&play).is_some_and(|ms| ms <= 1000));
    expect(&mut play, "+30s", "clear clipboard | = credentials > LOCKED");
}

#[test]
fn notices_go_by_themselves_unless_they_are_bad() {
    let mut play = check(
        build::full(),
        "G y",
        "
        = credentials
        ! this secret is not stored here; the server shows it only when it is made
    ",
    );
    expect(
        &mut play,
        "+7s",
        "
        = credentials
        ! this secret is not stored here; the server shows it only when it is made
    ",
    );
    expect(&mut play, "+1s", "= credentials");
    let mut play = check(
        build::full(),
        "y @copy!state",
        "
        copy stored c1 current
        = credentials
        ! not copied: no clipboard is to be had
    ",
    );
    expect(&mut play, "+9m", "= credentials | ! not copied: no clipboard is to be had");
    expect(&mut play, "<esc>", "= credentials");
}

#[test]
fn a_window_that_ends_takes_its_line_away() {
    let mut play = Play::new(build::full());
    assert_eq!(play.model.table.rows.len(), 7);
    play.run("+491s");
    assert_eq!(play.model.table.rows.len(), 7);
    play.run("+1s");
    assert_eq!(play.model.table.rows.len(), 6);
}

#[test]
fn windows_end_by_the_servers_clock() {
    let mut model = build::full();
    model.accounts[0].skew = keywright::domain::time::Skew(-60);
    build::rebuild(&mut model);
    let mut play = Play::new(model);
    play.run("+551s");
    assert_eq!(play.model.table.rows.len(), 7);
    play.run("+1s");
    assert_eq!(play.model.table.rows.len(), 6);
}
