//! Unfinished work: what is offered in every phase, and whether the sentence tells the truth.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::{Model, SessionView};
use keywright::app::pane::unfinished::{Offer, offers, story};
use keywright::domain::operation::{Operation, OperationKind, Phase};
use keywright::domain::owner::Id;

const KINDS: [OperationKind; 3] = [OperationKind::Create, OperationKind::Rotate, OperationKind::Revoke];

/// A delivery to a target.
fn delivery(phase: Phase) -> Operation {
    build::operation(OperationKind::Deliver, phase)
}

fn model_with(operation: Operation, logged_in: bool) -> Model {
    let mut model = build::full();
    if !logged_in {
        model.accounts[0].session = SessionView::Out;
    }
    model.unfinished = vec![operation];
    model
}

fn offered(kind: OperationKind, phase: Phase, logged_in: bool, known: bool, open: bool) -> Vec<Offer> {
    let mut operation = build::operation(kind, phase);
    operation.credential = known.then(|| Id::new("c1"));
    operation.began = build::before(if open { 60 } else { 3600 });
    let model = model_with(operation, logged_in);
    offers(&model, &model.unfinished[0])
}

#[test]
fn what_is_offered() {
    use Offer::{Check, Copy, LogIn, Replay, Revoke, Rotate, Settle, Verify};
    use OperationKind::{Create, Revoke as Revoking, Rotate as Rotating};
    for (kind, phase, known, open, want) in [
        (Create, Phase::Planned, false, true, vec![Settle]),
        (Create, Phase::Sent, false, true, vec![Replay, Check, Settle]),
        (Create, Phase::Sent, false, false, vec![Check, Settle]),
        (Create, Phase::Unclear, false, true, vec![Replay, Check, Settle]),
        (Create, Phase::Unclear, true, false, vec![Check, Revoke, Settle]),
        (Create, Phase::InMemory, true, false, vec![Rotate, Revoke, Check, Settle]),
        (Create, Phase::InMemory, false, false, vec![Check, Settle]),
        (Create, Phase::Stored, true, false, vec![Copy, Verify, Revoke, Settle]),
        (Create, Phase::Stored, false, false, vec![Check, Settle]),
        (Create, Phase::Shown, true, false, vec![Copy, Verify, Revoke, Settle]),
        (Rotating, Phase::Planned, true, true, vec![Settle]),
        (Rotating, Phase::Sent, true, true, vec![Check, Rotate, Revoke, Settle]),
        (Rotating, Phase::Unclear, true, false, vec![Check, Rotate, Revoke, Settle]),
        (Rotating, Phase::InMemory, true, false, vec![Rotate, Revoke, Check, Settle]),
        (Rotating, Phase::Stored, true, false, vec![Copy, Verify, Revoke, Settle]),
        (Revoking, Phase::Planned, true, true, vec![Settle]),
        (Revoking, Phase::Sent, true, true, vec![Check, Revoke, Settle]),
        (Revoking, Phase::Unclear, true, false, vec![Check, Revoke, Settle]),
    ] {
        assert_eq!(offered(kind, phase, true, known, open), want, "{kind:?} {phase:?} {known} {open}");
        // Without a login what needs the server is one offer: to log in; what needs only this machine stays.
        let needs_server = want.iter().any(|offer| !matches!(offer, Copy | Settle));
        let mut out: Vec<Offer> = want.into_iter().filter(|offer| matches!(offer, Copy | Settle)).collect();
        if needs_server {
            out.insert(out.len() - 1, LogIn);
        }
        assert_eq!(offered(kind, phase, false, known, open), out, "{kind:?} {phase:?} {known} {open}, out");
    }
}

#[test]
fn nothing_is_offered_that_is_finished_but_to_say_so() {
    for kind in KINDS {
        for phase in Phase::ALL.into_iter().filter(|phase| phase.is_final()) {
            assert_eq!(offered(kind, phase, true, true, true), [Offer::Settle]);
        }
    }
}

#[test]
fn the_sentence_tells_the_truth() {
    for (kind, phase, open, words) in [
        (OperationKind::Create, Phase::Planned, true, vec!["Creating 'default' for ci-runner", "never sent"]),
        (
            OperationKind::Create,
            Phase::Sent,
            true,
            vec!["before an answer was written down", "for another 4 m"],
        ),
        (OperationKind::Create, Phase::Sent, false, vec!["before an answer was written down"]),
        (OperationKind::Create, Phase::Unclear, true, vec!["it may exist, and its secret may be lost"]),
        (OperationKind::Rotate, Phase::Unclear, true, vec!["Rotating 'default' of", "may have changed"]),
        (OperationKind::Revoke, Phase::Unclear, true, vec!["Revoking 'default' of", "it may still work"]),
        (OperationKind::Create, Phase::Stored, true, vec!["is stored, but it was not shown yet"]),
        (OperationKind::Rotate, Phase::InMemory, true, vec!["it is lost"]),
        (OperationKind::Rotate, Phase::Shown, true, vec!["nobody has checked yet"]),
        (OperationKind::Revoke, Phase::Done, true, vec!["is finished"]),
    ] {
        let mut operation = build::operation(kind, phase);
        operation.began = build::before(if open { 60 } else { 3600 });
        let model = model_with(operation, true);
        let told = story(&model, &model.unfinished[0]);
        for word in words {
            assert!(told.contains(word), "{kind:?} {phase:?}: {told}");
        }
        let replayable =
            matches!(phase, Phase::Sent | Phase::Unclear) && kind == OperationKind::Create && open;
        assert_eq!(told.contains("repeats the same answer"), replayable, "{kind:?} {phase:?} {open}: {told}");
        assert!(!told.contains(".."), "{told}");
    }
}

#[test]
fn what_was_asked_for_is_told() {
    let mut operation = build::operation(OperationKind::Create, Phase::Unclear);
    operation.scopes = ["zpool", "job", "a", "b", "c"].map(String::from).to_vec();
    operation.expiry = Some(jiff::civil::date(2027, 2, 20));
    let model = model_with(operation.clone(), true);
    let told = story(&model, &operation);
    assert!(told.contains("for ci-runner (zpool job a b and 1 more, until 2027-02-20) was sent"), "{told}");
    let mut operation = build::operation(OperationKind::Rotate, Phase::Unclear);
    operation.retain_minutes = Some(60);
    let told = story(&model, &operation);
    assert!(told.contains("of ci-runner (window 1 h) was sent"), "{told}");
}

fn playing(kind: OperationKind, phase: Phase) -> Play {
    let mut play = Play::new(model_with(build::operation(kind, phase), true));
    play.run("u");
    play.told();
    play
}

#[test]
fn a_replay_brings_the_secret() {
    let mut play = playing(OperationKind::Create, Phase::Unclear);
    expect(&mut play, "a", "replay | = credentials > unfinished 0 …");
    // One thing at a time.
    expect(&mut play, "a c s x", "= credentials > unfinished 0 …");
    expect(&mut play, "@replay", "unfinished | = credentials > unfinished 0 > reveal default masked safe");
    expect(
        &mut play,
        "@unfinished <c-d>",
        "
        repaint
        advance shown
        verify new current for the operation
        = credentials
    ",
    );
    let mut play = playing(OperationKind::Create, Phase::Unclear);
    expect(
        &mut play,
        "a @replay!cut?",
        "
        replay
        unfinished
        = credentials > unfinished 0
        ! The connection ended before the answer did
    ",
    );
}

#[test]
fn a_listing_that_began_before_the_truth_was_known_is_read_once_more() {
    let mut play = playing(OperationKind::Rotate, Phase::Unclear);
    expect(
        &mut play,
        "<esc> <f5> u c @reconcile @list",
        "
        list prod-kitaru
        unfinished
        reconcile
        unfinished
        list prod-kitaru
        = credentials > unfinished 0
        ! it was made; nobody holds its secret
    ",
    );
}

#[test]
fn checking_tells_what_is_true() {
    let mut play = playing(OperationKind::Rotate, Phase::Unclear);
    expect(&mut play, "c", "reconcile | = credentials > unfinished 0 …");
    expect(
        &mut play,
        "@reconcile @unfinished",
        "
        list prod-kitaru
        unfinished
        = credentials
        ! it was made; nobody holds its secret
    ",
    );
    let mut play = playing(OperationKind::Rotate, Phase::Unclear);
    expect(
        &mut play,
        "c @reconcile!slow",
        "
        reconcile
        list prod-kitaru
        unfinished
        = credentials > unfinished 0
        ! The server did not answer in time
    ",
    );
}

#[test]
fn what_is_stored_is_copied_and_presented() {
    let mut play = playing(OperationKind::Create, Phase::Stored);
    expect(&mut play, "y", "copy stored c1 current | = credentials > unfinished 0");
    expect(
        &mut play,
        "v @verify",
        "
        verify c1 current for the operation
        unfinished
        = credentials > unfinished 0
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    expect(
        &mut play,
        "@unfinished",
        "
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
}

#[test]
fn rotating_again_and_revoking_go_through_their_own_questions() {
    let mut play = playing(OperationKind::Create, Phase::InMemory);
    expect(&mut play, "r", "read c1 | = credentials > unfinished 0 > rotate review reading");
    expect(&mut play, "<esc> x", "read c1 | = credentials > unfinished 0 > revoke reading");
    let mut model = model_with(build::operation(OperationKind::Create, Phase::InMemory), true);
    model.unfinished[0].credential = Some(Id::new("not listed"));
    check(
        model,
        "u x",
        "
        unfinished
        = credentials > unfinished 0
        ! it is not in the list any more; check (c) what is true
    ",
    );
}

#[test]
fn settling_says_whether_a_secret_is_lost() {
    for (kind, phase, known, word) in [
        (OperationKind::Create, Phase::Planned, false, "settled"),
        (OperationKind::Create, Phase::Unclear, false, "settled"),
        (OperationKind::Create, Phase::Unclear, true, "lost"),
        (OperationKind::Rotate, Phase::InMemory, true, "lost"),
        (OperationKind::Rotate, Phase::Unclear, true, "settled"),
        (OperationKind::Revoke, Phase::Unclear, true, "settled"),
        (OperationKind::Create, Phase::Stored, true, "settled"),
    ] {
        let mut operation = build::operation(kind, phase);
        operation.credential = known.then(|| Id::new("c1"));
        let mut play = Play::new(model_with(operation, true));
        play.run("u");
        play.told();
        play.run("s");
        let told = play.told();
        assert!(told.starts_with(&format!("advance {word}")), "{kind:?} {phase:?}: {told}");
        assert!(told.contains("= credentials"), "the list is empty now and closes: {told}");
    }
}

#[test]
fn what_is_not_offered_does_nothing() {
    let mut play = playing(OperationKind::Revoke, Phase::Planned);
    expect(&mut play, "a c y v r x", "= credentials > unfinished 0");
    let mut model = model_with(build::operation(OperationKind::Create, Phase::Unclear), false);
    model.unfinished[0].began = build::before(60);
    let mut play = check(model, "u a c x", "unfinished | = credentials > unfinished 0");
    expect(
        &mut play,
        "L",
        "
        = credentials > unfinished 0 > login method=name and password username=ada [password=] keep=off
    ",
    );
}

#[test]
fn the_cursor_is_on_what_can_be_seen_to() {
    let mut model = build::full();
    let mut elsewhere = build::operation(OperationKind::Create, Phase::Sent);
    elsewhere.running_elsewhere = true;
    let mut second = build::operation(OperationKind::Revoke, Phase::Unclear);
    second.id = uuid::Uuid::from_u128(70);
    second.credential_name = String::from("second");
    let mut third = second.clone();
    third.id = uuid::Uuid::from_u128(71);
    third.credential_name = String::from("third");
    model.unfinished = vec![elsewhere, second, third];
    let mut play = check(model, "u j j c", "unfinished | reconcile | = credentials > unfinished 1 …");
    let (_, effect) = play.open.last().unwrap();
    let keywright::app::effect::Effect::Reconcile(_, id) = effect else { panic!("a check") };
    assert_eq!(*id, uuid::Uuid::from_u128(71));
    expect(
        &mut play,
        "@reconcile k s",
        "
        list prod-kitaru
        unfinished
        advance settled: the connection ended before the answer did
        unfinished
        = credentials > unfinished 0
        ! it was made; nobody holds its secret
    ",
    );
}

#[test]
fn what_this_program_does_right_now_is_not_unfinished() {
    let mut play = Play::new(build::full());
    play.run("n 'etl' <enter> 'deploy' <enter> <enter> <enter> <enter> @create @unfinished=left");
    assert_eq!(keywright::app::pane::unfinished::ours(&play.model).count(), 0);
    expect(
        &mut play,
        "<c-d> @unfinished=left",
        "
        create 'deploy' for etl about ''
        unfinished
        repaint
        advance shown
        verify new current for the operation
        = credentials
    ",
    );
}

#[test]
fn a_delivery_left_over_is_told_and_can_be_gone_on_with() {
    for (phase, words) in [
        (Phase::Planned, "to github was not begun yet"),
        (Phase::Sent, "to github was begun; the program ended"),
        (
            Phase::Unclear,
            "to github did not work: unless it got there all the same, an older secret or none is there",
        ),
    ] {
        let model = model_with(delivery(phase), false);
        let told = story(&model, &model.unfinished[0]);
        assert!(told.contains(words), "{told}");
        // It needs no login: the secret is stored here.
        assert_eq!(offers(&model, &model.unfinished[0]), [Offer::Deliver, Offer::Settle]);
    }
    let mut play = Play::new(model_with(delivery(Phase::Planned), true));
    play.run("u d");
    expect(
        &mut play,
        "",
        "unfinished | deliver 'default' of ci-runner to github | = credentials > unfinished 0 …",
    );
    expect(
        &mut play,
        "@deliver @unfinished",
        "unfinished | = credentials | ! github: delivered and read back",
    );
    expect(
        &mut Play::new(model_with(delivery(Phase::Sent), true)),
        "u s",
        "
        unfinished
        advance settled: the connection ended before the answer did
        unfinished
        = credentials
    ",
    );
}
