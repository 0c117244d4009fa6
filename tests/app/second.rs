//! Rotations that make a second credential, the end of the old one that is ours to bring about, and cutting over.

use crate::play::Play;
use crate::{build, expect};

/// The same account where a rotation makes a second credential.
fn second() -> Play {
    Play::new(build::two())
}

/// Rotated, shown, accepted, and the end of the old one promised.
fn promised() -> Play {
    let mut play = second();
    play.run("r @read <enter> <enter> <enter> <enter> @rotate=second <c-d> @verify @unfinished=promised");
    play.told();
    play
}

#[test]
fn a_second_credential_is_verified_and_the_old_one_promised() {
    let mut play = second();
    play.run("r @read <enter> <enter> <enter> <enter>");
    play.told();
    expect(
        &mut play,
        "@rotate=second <c-d>",
        "
        unfinished
        repaint
        advance shown
        verify second current for the operation
        = credentials > rotate verify
    ",
    );
    assert!(play.model.promises.waiting.is_empty(), "nothing is promised before it was accepted");
    play.run("@verify @unfinished=promised");
    play.told();
    assert_eq!(play.model.promises.waiting.len(), 1);
    expect(
        &mut play,
        "o @verify y",
        "
        verify c1 current
        unfinished
        copy stored second current
        = credentials > rotate verify
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
}

#[test]
fn the_old_row_retires_and_is_overdue_past_its_end() {
    use keywright::app::effect::Generation;
    use keywright::app::rows::row_state;
    use keywright::domain::credential::State;
    let mut play = promised();
    let state = |play: &Play| {
        let account = &play.model.accounts[0];
        row_state(account, &account.listing.credentials[0], Generation::Current, play.model.now)
    };
    assert_eq!(state(&play), State::Retiring);
    assert!(play.model.table.counts_down());
    play.model.accounts[0].session = keywright::app::model::SessionView::Out;
    play.run("+61m");
    assert_eq!(state(&play), State::Overdue);
    assert!(!play.model.table.counts_down());
    assert!(!play.told().contains("keep promise"), "nobody is logged in");
}

#[test]
fn a_promise_is_kept_when_it_is_due_also_behind_the_curtain() {
    let mut play = promised();
    play.run("<enter> <c-l>");
    play.told();
    assert!(keywright::app::update::next_wake(&play.model).is_some_and(|at| at <= build::before(-3600)));
    play.model.accounts[0].session =
        keywright::app::model::SessionView::In(keywright::domain::session::SessionFacts {
            expires: None,
            ..build::session()
        });
    play.run("+3599s");
    assert!(!play.told().contains("keep promise"));
    expect(&mut play, "+1s", "keep promise 9 | = credentials > LOCKED");
    // Not a second time while it is under way, and not again when its answer is a lost one.
    expect(&mut play, "+5s", "= credentials > LOCKED");
    expect(
        &mut play,
        "@keep-promise",
        "
        unfinished
        = credentials > LOCKED
        ! revoked; presented again, it was refused
    ",
    );
    let gone =
        |play: &Play| play.model.accounts[0].listing.credentials.iter().all(|one| one.id.as_str() != "c1");
    assert!(gone(&play) && play.model.promises.waiting.is_empty());
}

#[test]
fn what_could_not_be_kept_is_told_and_not_tried_in_a_circle() {
    for (reply, notice) in [
        ("@keep-promise=slow", "the server did not answer in time"),
        ("@keep-promise=given-up", "the new one does not exist any more"),
        ("@keep-promise!state", "a promised revocation was not kept: keywright's own records cannot be used"),
    ] {
        let mut play = second();
        play.model.accounts[0].session =
            keywright::app::model::SessionView::In(keywright::domain::session::SessionFacts {
                expires: None,
                ..build::session()
            });
        play.run("u @unfinished=due");
        assert!(play.told().contains("keep promise 9"));
        play.run(reply).run("@unfinished=due");
        let told = play.told();
        let said = play.model.notice.as_ref().map(|notice| notice.text.to_lowercase()).unwrap();
        assert!(said.contains(&notice.to_lowercase()), "{said}");
        // What the records say is due is tried again by what they say; what they could not say waits.
        let again = told.contains("keep promise 9");
        assert_eq!(again, !reply.ends_with("!state"), "{told}");
    }
    // After a bug it waits too.
    let mut play = second();
    play.run("u @unfinished=due @crash=keep-promise");
    assert!(play.model.promises.not_before.is_some_and(|at| at > play.model.now));
}

#[test]
fn the_end_is_moved_taken_or_taken_back() {
    let mut play = promised();
    expect(
        &mut play,
        "m",
        "= credentials > rotate retention | ! presented the secret: accepted as ci-runner, as owner",
    );
    expect(
        &mut play,
        "<down> <enter>",
        "
        move promise 9 to 2026-11-25T12:00:00Z
        = credentials > rotate verify
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    play.run("@move-promise m <esc>");
    assert_eq!(play.place(), "credentials > rotate verify");
    play.run("m k k k k k k <enter>");
    assert_eq!(
        play.place(),
        "credentials > rotate verify > revoke reading",
        "no window is the revocation itself"
    );
    play.run("<esc>");
    play.told();
    play.run("w @withdraw-promise");
    assert!(play.told().contains("withdraw promise 9"));
    assert!(play.model.promises.waiting.is_empty());
    expect(
        &mut play,
        "m w",
        "= credentials > rotate verify | ! presented the secret: accepted as ci-runner, as owner",
    );
}

#[test]
fn either_of_the_two_is_revoked_through_its_own_review() {
    let mut play = promised();
    play.run("x");
    assert!(play.told().contains("read c1"));
    assert_eq!(play.place(), "credentials > rotate verify > revoke reading");
    play.run("<esc> n");
    assert!(play.told().contains("read second"));
}

#[test]
fn a_retiring_one_shows_its_rotation_instead_of_a_second_one() {
    let mut play = promised();
    play.run("<enter>");
    let account = &play.model.accounts[0];
    let is_first =
        |row: &keywright::app::rows::Row| account.listing.credentials[row.credential].id.as_str() == "c1";
    play.model.table.cursor = play.model.table.rows.iter().position(is_first).unwrap();
    play.run("r");
    assert_eq!(play.place(), "credentials > rotate verify reading");
}

#[test]
fn a_cut_over_is_told_and_typed() {
    let mut play = second();
    play.model.accounts[0].abilities = &build::CUT;
    play.run("r @read <enter> <enter> <enter>");
    assert_eq!(play.place(), "credentials > rotate check");
    play.told();
    expect(&mut play, "<enter>", "= credentials > rotate check mistyped");
    expect(
        &mut play,
        "'0' <enter>",
        "
        rotate 'default' of ci-runner window no window
        = credentials > rotate newsecret …
    ",
    );
}

#[test]
fn the_login_that_keeps_the_promise_can_be_kept() {
    let mut play = second();
    play.model.accounts[0].session =
        keywright::app::model::SessionView::In(keywright::domain::session::SessionFacts {
            kept: false,
            ..build::session()
        });
    play.run("r @read <enter>");
    play.told();
    play.run("s @keep-session");
    assert!(play.told().contains("keep session prod-kitaru"));
    assert!(play.model.accounts[0].session().unwrap().kept);
    play.run("s");
    assert!(!play.told().contains("keep session"), "it is kept");
}

#[test]
fn the_second_one_may_get_fewer_scopes_and_never_more() {
    let mut play = Play::new(build::of(vec![build::pools()]));
    let job = |row: &keywright::app::rows::Row| row.credential == 0;
    play.model.table.cursor = play.model.table.rows.iter().position(job).unwrap();
    play.run("r e @read e");
    let Some(keywright::app::pane::Overlay::Rotate(pane)) = play.model.overlays.last() else {
        panic!("rotate")
    };
    assert_eq!(pane.picker.as_ref().unwrap().chosen(), ["zpool", "job"], "only once it was read");
    // The last one is given up.
    play.run("G <space> <enter>");
    let Some(keywright::app::pane::Overlay::Rotate(pane)) = play.model.overlays.last() else {
        panic!("rotate")
    };
    assert_eq!(
        (pane.narrowed.as_deref(), pane.agreed.words().as_str()),
        (Some(&[String::from("zpool")][..]), "zpool")
    );
    // All of them again is no narrowing, and leaving the choice changes nothing.
    play.run("e <enter>");
    let Some(keywright::app::pane::Overlay::Rotate(pane)) = play.model.overlays.last() else {
        panic!("rotate")
    };
    assert_eq!((pane.narrowed.is_none(), pane.agreed.words().as_str()), (true, "zpool job"));
    play.run("e G <space> <esc> <enter>");
    let Some(keywright::app::pane::Overlay::Rotate(pane)) = play.model.overlays.last() else {
        panic!("rotate")
    };
    assert!(pane.narrowed.is_none() && pane.picker.is_none());
}

#[test]
fn where_the_login_may_not_make_one_it_is_made_by_hand_and_pasted() {
    let mut play = second();
    let session = keywright::domain::session::SessionFacts {
        may_create: Err("no PAT can make another one".into()),
        ..build::session()
    };
    play.model.accounts[0].session = keywright::app::model::SessionView::In(session);
    play.run("r @read <enter> <enter> <enter> <enter>");
    assert!(play.told().contains("creation page"), "nothing is sent that the server would refuse");
    play.run("@creation-page");
    let Some(keywright::app::pane::Overlay::ByHand(pane)) = play.model.overlays.last() else {
        panic!("{}", play.place())
    };
    let (replaced, window) = pane.replaces.clone().unwrap();
    assert_eq!((replaced.as_str(), window.as_minutes(), pane.plan.name.as_str()), ("c1", 24 * 60, "default"));
    play.run("<esc>");
    assert_eq!(play.place(), "credentials > rotate check");
}

#[test]
fn the_form_is_chosen_with_the_window_and_in_place_is_told_as_what_it_is() {
    let mut play = Play::new(build::either());
    play.run("r @read <enter>");
    play.told();
    let check = "= credentials > rotate check";
    // The usual form makes a second credential; the other one cuts over and asks for a zero.
    play.run("f <enter> <enter>");
    expect(&mut play, "<enter>", &format!("{check} mistyped"));
    expect(
        &mut play,
        "'0' <enter>",
        "rotate 'default' of ci-runner window no window in another form | = credentials > rotate newsecret …",
    );
    let mut play = Play::new(build::either());
    play.run("r @read <enter> f f <enter> <enter>");
    play.told();
    expect(
        &mut play,
        "<enter>",
        "rotate 'default' of ci-runner window 1 d | = credentials > rotate newsecret …",
    );
}

#[test]
fn a_step_of_a_promise_is_shown_and_the_list_read_again() {
    let mut play = promised();
    play.run("<enter>");
    play.model.accounts[0].session =
        keywright::app::model::SessionView::In(keywright::domain::session::SessionFacts {
            expires: None,
            ..build::session()
        });
    play.run("+3600s");
    play.told();
    play.run("@keep-promise=advanced");
    let told = play.told();
    assert!(told.contains("list prod-kitaru") && told.contains("switched off"), "{told}");
    assert!(play.model.accounts[0].listing.credentials.iter().any(|one| one.id.as_str() == "c1"));
}

#[test]
fn a_promise_that_was_given_up_is_an_alarm_that_leads_to_the_old_one() {
    use keywright::domain::finding::Severity;
    use keywright::domain::promise::{Promise, PromiseState};
    let mut play = second();
    let lost = Promise {
        state: PromiseState::GivenUp,
        note: String::from("the new one is switched off"),
        ..build::promise(build::before(0), -60)
    };
    let gone = Promise { credential: lost.successor.clone(), ..lost.clone() };
    play.model.promises.given_up = vec![gone, lost];
    keywright::app::findings::rebuild(&mut play.model);
    let told: Vec<_> = play
        .model
        .findings
        .iter()
        .filter_map(|line| Some((*line, keywright::app::findings::words(&play.model, *line)?.what)))
        .filter(|(_, what)| what.contains("NOT revoked") && what.contains("is switched off"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0.severity, Severity::Alarm);
    let (_, about) = keywright::app::findings::about(&play.model, told[0].0).expect("an account");
    assert_eq!(about.map(|one| one.id.as_str()), Some("c1"));
}

#[test]
fn what_the_server_forgets_is_a_finding_until_it_ended_and_an_alarm_when_it_is_late() {
    use keywright::domain::finding::Severity;
    use keywright::domain::promise::{Duty, Promise};
    let mut play = second();
    let forgotten = |seconds: i64| Promise {
        duty: Duty::RevokeAgain,
        then: Some(build::before(-86_400)),
        ..build::promise(build::before(0), seconds)
    };
    for (seconds, severity) in [(3600, Severity::Hint), (-60, Severity::Alarm)] {
        keywright::app::promises::arrived(&mut play.model, vec![forgotten(seconds)]);
        keywright::app::findings::rebuild(&mut play.model);
        let told: Vec<_> = play
            .model
            .findings
            .iter()
            .filter_map(|line| {
                Some((line.severity, keywright::app::findings::words(&play.model, *line)?.what))
            })
            .filter(|(_, what)| what.contains("the server forgets"))
            .collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, severity);
        assert!(told[0].1.contains("until it ends"), "{told:?}");
    }
}

/// A second credential came and was shown, and is being presented.
fn presenting() -> Play {
    let mut play = second();
    play.run("r @read <enter> <enter> <enter> <enter> @rotate=second @unfinished <c-d>");
    play.told();
    let shown = keywright::domain::operation::Operation {
        id: uuid::Uuid::from_u128(7),
        credential: Some(keywright::domain::owner::Id::new("second")),
        replaces: Some(keywright::domain::owner::Id::new("c1")),
        ..build::operation(
            keywright::domain::operation::OperationKind::Rotate,
            keywright::domain::operation::Phase::Shown,
        )
    };
    play.model.unfinished = vec![shown];
    play
}

#[test]
fn closed_while_it_is_presented_the_rest_is_told_and_can_be_gone_on_with() {
    use keywright::app::pane::unfinished::{Offer, offers, ours, story};
    let mut play = presenting();
    assert_eq!(ours(&play.model).count(), 0, "the wizard sees to it");
    expect(&mut play, "<esc>", "= credentials");
    assert_eq!(ours(&play.model).count(), 1, "nobody does any more");
    let left = &play.model.unfinished[0];
    let told = story(&play.model, left);
    assert!(told.contains("the old one is not revoked before the new one was accepted"), "{told}");
    assert_eq!(offers(&play.model, left), [Offer::Copy, Offer::Verify, Offer::Revoke, Offer::Settle]);
    // What is under way goes on, and its answer is told.
    let facts = |play: &Play| {
        let account = &play.model.accounts[0];
        let new = account.listing.credentials.iter().find(|one| one.id.as_str() == "second").expect("listed");
        account.facts_of(new).clone()
    };
    assert!(facts(&play).stored && facts(&play).verified.is_none());
    expect(
        &mut play,
        "@verify",
        "
        unfinished
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    assert!(facts(&play).stored && facts(&play).verified.is_some());
    play.run("@unfinished=promised");
    assert_eq!(play.model.promises.waiting.len(), 1);

    // One that was not accepted is presented again from there.
    let mut play = presenting();
    play.run("<esc> @verify!slow");
    let told = play.told();
    assert!(told.contains("could not be presented"), "{told}");
    assert!(facts(&play).stored && facts(&play).verified.is_none());
    play.run("u v");
    let told = play.told();
    assert!(told.contains("verify second current for the operation"), "{told}");
}

#[test]
fn locked_while_it_is_presented_the_answer_counts_all_the_same() {
    let mut play = presenting();
    expect(&mut play, "<c-l>", "wipe memory | repaint | = credentials > rotate verify > LOCKED");
    play.run("@verify @unfinished=promised");
    let told = play.told();
    assert!(told.contains("rotate verify") && told.contains("LOCKED"), "{told}");
    assert_eq!(play.model.promises.waiting.len(), 1);
    // Behind the curtain no key reaches the wizard, and lifting it shows where one was.
    play.run("x n y");
    assert!(play.told().contains("LOCKED"));
    play.run("<enter>");
    assert!(play.place().starts_with("credentials > rotate verify"), "{}", play.place());
    assert!(!play.place().contains("LOCKED"));
    play.run("y");
    assert!(play.told().contains("copy stored second current"));
}
