//! The timeline: its keys are those of the credentials, and what falls due is told in order and with who sees to it.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::due;
use keywright::app::model::{Model, SessionView};
use keywright::app::promises;
use keywright::app::timeline::Zoom;
use keywright::app::update::next_wake;
use keywright::domain::credential::Expiry;
use keywright::domain::operation::{OperationKind, Phase};
use keywright::domain::promise::{Duty, Promise, PromiseState};
use keywright::domain::session::SessionFacts;

#[test]
fn it_is_one_of_the_panes() {
    check(build::full(), "2", "= timeline");
    check(build::full(), "2 1", "= credentials");
    check(build::full(), "2 <esc>", "= credentials");
    check(build::full(), ": 'timeline' <enter>", "= timeline");
    check(build::full(), "2 ?", "= timeline > help");
    check(build::full(), "2 : 'zoom out' <enter>", "= timeline");
}

#[test]
fn zoom_stops_at_both_ends_and_is_kept() {
    for (script, want) in [
        ("2", Zoom::Quarter),
        ("2 +", Zoom::Month),
        ("2 =", Zoom::Month),
        ("2 -", Zoom::Year),
        ("2 - - - - -", Zoom::FiveYears),
        ("2 + + + + + + + +", Zoom::Hour),
        ("2 + + + + + + + + -", Zoom::SixHours),
        ("2 + + 1 3 2", Zoom::Week),
        ("1 + + -", Zoom::Quarter),
    ] {
        assert_eq!(Play::new(build::full()).run(script).model.zoom, want, "{script}");
    }
}

#[test]
fn what_is_done_to_a_credential_is_done_as_in_the_table() {
    check(build::full(), "2 r", "read c1 | = timeline > rotate review reading");
    check(build::full(), "2 x", "read c1 | = timeline > revoke reading");
    check(build::full(), "2 y", "copy stored c1 current | = timeline");
    check(build::full(), "2 <enter>", "= timeline > message default · ci-runner");
    check(build::full(), "2 <enter> <esc>", "= timeline");
    // The cursor, the selection, the filter and the order are those of the table.
    let mut play = Play::new(build::full());
    play.run("2 G");
    let last = play.model.table.rows.len() - 1;
    assert_eq!(play.model.table.cursor, last);
    play.run("k 1");
    assert_eq!(play.model.table.cursor, last - 1);
    play.run("2 g j <space> s");
    assert_eq!((play.model.table.marks.count(), play.model.table.sort.word()), (1, "name"));
    // Esc gives up one thing after another, and the pane last.
    play.run("/ 'etl' <enter>").told();
    assert!(play.model.table.rows.len() <= last);
    expect(&mut play, "<esc>", "= timeline");
    assert_eq!((play.model.table.rows.len(), play.model.table.marks.count()), (last + 1, 1));
    expect(&mut play, "<esc>", "= timeline");
    assert_eq!(play.model.table.marks.count(), 0);
    expect(&mut play, "<esc>", "= credentials");
}

/// What falls due, line by line: seconds until then, what, by whom.
fn told(model: &Model) -> Vec<String> {
    let line = |one: &due::Due| {
        let words = due::words(model, *one).expect("it is about something");
        format!("{} {}, {}", one.at.duration_since(model.now).as_secs(), words.what, words.by)
    };
    model.due.lines.iter().map(line).collect()
}

fn logged_in(model: &mut Model, facts: SessionFacts) {
    model.accounts[0].session = SessionView::In(facts);
}

#[test]
fn the_overdue_come_first_and_every_line_says_who_sees_to_it() {
    let mut model = build::several();
    let promise = |seconds| build::promise(build::now(), seconds);
    model.promises.given_up =
        vec![Promise { state: PromiseState::GivenUp, note: "the new one is gone".into(), ..promise(-9000) }];
    model.unfinished = vec![build::operation(OperationKind::Create, Phase::Unclear)];
    promises::arrived(&mut model, vec![promise(7200)]);
    assert_eq!(
        told(&model),
        [
            "-9000 revoke default of ci-runner, by you (x), it will not be done by itself: the new one is gone",
            "115 lost answer of making default of ci-runner, the server repeats it until then (u)",
            "492 old secret ends: default of ci-runner, by the server",
            "7200 revoke default of ci-runner, reminder only: the login of ada ends before",
            "180000 ends: nightly of grace, by the server",
            "6912000 ends: laptop of grace, by the server",
        ]
    );
    // What is over is not due any more, but a promise is until it is kept.
    let mut play = Play::new(model);
    play.run("2 +116s");
    assert_eq!(play.model.due.total, 5);
    play.run("+376s");
    assert_eq!(play.model.due.total, 4);
    // Only the accounts shown are told of.
    play.run("<tab>");
    assert_eq!(play.model.due.total, 2, "{:?}", told(&play.model));
    play.run("<tab>");
    assert_eq!(play.model.due.total, 2, "{:?}", told(&play.model));
    play.run("<tab>");
    assert_eq!(play.model.due.total, 0, "{:?}", told(&play.model));
}

#[test]
fn who_keeps_a_promise_is_told_as_it_is() {
    let endless = SessionFacts { expires: None, ..build::session() };
    let open = |kept| SessionFacts { kept, ..endless.clone() };
    let own = SessionFacts { credential: Some(build::promise(build::now(), 0).credential.id), ..open(true) };
    let may_not = SessionFacts { may_revoke: Err("viewers may not".into()), ..open(true) };
    for (session, watched, want) in [
        (Some(open(true)), false, "by any open keywright, as ada"),
        (Some(open(true)), true, "by any open keywright or 'keywright due', as ada"),
        (Some(open(false)), true, "by this open keywright only, as ada"),
        (Some(own), true, "reminder only: the login is by this very one"),
        (Some(may_not), true, "reminder only: viewers may not"),
        (Some(build::session()), true, "reminder only: the login of ada ends before"),
        (None, true, "reminder only: nobody is logged in (L)"),
    ] {
        let mut model = build::two();
        model.accounts[0].session = session.map_or(SessionView::Out, SessionView::In);
        model.promises.watched = watched;
        promises::arrived(&mut model, vec![build::promise(build::now(), 7200)]);
        assert_eq!(told(&model), [format!("7200 revoke default of ci-runner, {want}")]);
    }
    let mut model = build::two();
    logged_in(&mut model, endless);
    let then = Some(build::before(-86_400));
    let of =
        |duty, note: &str| Promise { duty, then, note: note.into(), ..build::promise(build::now(), -60) };
    let elsewhere = Promise { running_elsewhere: true, ..of(Duty::Revoke, "") };
    let all = vec![of(Duty::SwitchOff, "it was busy"), of(Duty::RevokeAgain, ""), elsewhere];
    promises::arrived(&mut model, all);
    assert_eq!(
        told(&model),
        [
            "-60 switch off default of ci-runner, by any open keywright, as ada, revoked for good \
             2026-11-23 12:00:00; it was busy",
            "-60 revoke again default of ci-runner, by any open keywright, as ada, until it has ended \
             2026-11-23 12:00:00",
            "-60 revoke default of ci-runner, by another keywright, which is at it",
        ]
    );
}

#[test]
fn moments_of_a_server_are_told_by_our_clock() {
    let mut model = build::full();
    model.accounts[0].skew = keywright::domain::time::Skew(-60);
    build::rebuild(&mut model);
    assert_eq!(told(&model), ["552 old secret ends: default of ci-runner, by the server"]);
}

#[test]
fn only_so_many_are_kept_and_all_are_counted() {
    let mut model = build::many(300);
    for (number, one) in (0_i64..).zip(&mut model.accounts[0].listing.credentials) {
        one.expires = Expiry::At(build::before(-1000 + number));
    }
    build::rebuild(&mut model);
    assert_eq!((model.due.lines.len(), model.due.total), (100, 300));
    assert!(told(&model)[0].starts_with("701 ends: key-000299"), "{}", told(&model)[0]);
}

#[test]
fn it_wakes_every_second_only_while_something_counts_down_on_it() {
    // Whether it wakes within a second, with one credential that ends in so many seconds.
    let soon = |seconds: Option<i64>, script: &str| {
        let mut model = build::many(2);
        model.accounts[0].session = SessionView::Out;
        if let Some(seconds) = seconds {
            model.accounts[0].listing.credentials[0].expires = Expiry::At(build::before(-seconds));
        }
        build::rebuild(&mut model);
        let mut play = Play::new(model);
        play.run(script);
        next_wake(&play.model).is_some_and(|at| at.duration_since(play.model.now).as_secs() <= 1)
    };
    for (seconds, script, want) in [
        (None, "2", false),
        (Some(3600), "2", true),
        (Some(3600), "1", false),
        (Some(3600), "2 4 @find-loose-files", false),
        (Some(3 * build::DAY), "2", false),
        (Some(-3600), "2", false),
        (Some(3600), "2 <c-l>", false),
        // Once it has ended there is nothing to count any more.
        (Some(30), "2 +31s", false),
    ] {
        assert_eq!(soon(seconds, script), want, "{seconds:?} {script}");
    }
}
