//! A secret shown once: what closes it, what masks it, how it is given up.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::VaultView;
use keywright::app::msg::{IssueOutcome, Msg, Reply};
use uuid::Uuid;

/// A new key has just come.
fn shown(kept: &str) -> Play {
    let mut play = Play::new(build::full());
    play.run("n 'etl' <enter> 'deploy' <enter> <enter> <enter> <enter>");
    play.run(&format!("@create={kept}"));
    play.told();
    play
}

#[test]
fn stored_it_is_closed_by_its_own_key_and_then_presented() {
    let mut play = shown("keyring");
    expect(&mut play, "", "= credentials > reveal deploy masked safe");
    expect(
        &mut play,
        "<c-d>",
        "
        repaint
        advance shown
        verify new current for the operation
        = credentials
    ",
    );
    expect(
        &mut play,
        "@verify",
        "
        unfinished
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    let mut play = shown("kernel");
    expect(
        &mut play,
        "<c-d>",
        "
        repaint
        advance shown
        verify new current for the operation
        = credentials
    ",
    );
}

#[test]
fn nothing_else_closes_it() {
    let mut play = shown("keyring");
    for key in [
        "<esc>",
        "<enter>",
        "q",
        "x",
        "n",
        "d",
        ":",
        "?",
        "<f1>",
        "<space>",
        "<c-m>",
        "1",
        "3",
        "p",
        "#paste=discard",
        "#paste=⏎",
        "~<c-d>",
        "#resume",
        "#size=10x2",
        "#size=80x24",
        "@unfinished",
        "<tab>",
    ] {
        play.run(key);
        assert_eq!(play.place(), "credentials > reveal deploy masked safe", "{key}");
    }
}

#[test]
fn unmasked_for_fifteen_seconds() {
    let mut play = shown("keyring");
    expect(&mut play, "u +14s", "= credentials > reveal deploy clear safe");
    expect(&mut play, "+1s", "= credentials > reveal deploy masked safe");
    expect(&mut play, "u u", "= credentials > reveal deploy masked safe");
    // A held key does not blink.
    expect(&mut play, "u ~u ~u", "= credentials > reveal deploy clear safe");
}

#[test]
fn it_is_masked_when_nobody_looks() {
    for what in ["#blur", "<c-l>", "<c-z>", "#resume", "#size=30x5", "+15s"] {
        let mut play = shown("keyring");
        play.run("u");
        assert!(play.place().contains(" clear "), "{what}");
        play.run(what);
        assert!(play.place().contains(" masked "), "{what}: {}", play.place());
    }
    // Coming back does not unmask it.
    let mut play = shown("keyring");
    play.run("u #blur #focus");
    assert!(play.place().contains(" masked "));
}

#[test]
fn the_curtain_hides_it_and_lifting_leaves_it_masked() {
    let mut play = shown("keyring");
    expect(
        &mut play,
        "u <c-l>",
        "
        wipe memory
        repaint
        = credentials > reveal deploy masked safe > LOCKED
    ",
    );
    expect(&mut play, "u <c-d> y", "= credentials > reveal deploy masked safe > LOCKED");
    expect(&mut play, "<enter>", "= credentials > reveal deploy masked safe");
}

#[test]
fn a_copy_tells_the_truth_and_is_taken_back() {
    let mut play = shown("keyring");
    expect(&mut play, "y", "copy shown | = credentials > reveal deploy masked safe");
    // One at a time.
    expect(&mut play, "y", "= credentials > reveal deploy masked safe");
    expect(
        &mut play,
        "@copy",
        "
        = credentials > reveal deploy masked safe
        ! copied to the desktop's clipboard
    ",
    );
    expect(&mut play, "+29s", "= credentials > reveal deploy masked safe");
    expect(&mut play, "+1s", "clear clipboard | = credentials > reveal deploy masked safe");
    let mut play = shown("keyring");
    expect(
        &mut play,
        "y @copy!state",
        "
        copy shown
        = credentials > reveal deploy masked safe
        ! not copied: no clipboard is to be had
    ",
    );
    // After a bug in copying it can be copied again.
    let mut play = shown("keyring");
    expect(
        &mut play,
        "y @crash=copy y",
        "
        copy shown
        copy shown
        = credentials > reveal deploy masked safe
        ! a bug stopped this: copying. Try again.
    ",
    );
}

#[test]
fn stored_nowhere_it_asks_for_the_word() {
    let mut play = shown("nowhere");
    expect(&mut play, "", "= credentials > reveal deploy masked unsafe");
    expect(&mut play, "u <c-d>", "= credentials > reveal deploy masked unsafe discarding ''");
    expect(&mut play, "<enter>", "= credentials > reveal deploy masked unsafe discarding ''");
    expect(
        &mut play,
        "'discar' <enter>",
        "
        = credentials > reveal deploy masked unsafe discarding 'discar'
    ",
    );
    expect(&mut play, "<esc>", "= credentials > reveal deploy masked unsafe");
    expect(
        &mut play,
        "<c-d> #paste=discard <enter>",
        "
        = credentials > reveal deploy masked unsafe discarding ''
    ",
    );
    expect(
        &mut play,
        "'discard' ~<enter>",
        "
        = credentials > reveal deploy masked unsafe discarding 'discard'
    ",
    );
    expect(
        &mut play,
        "<enter>",
        "
        advance lost: the secret was given up without being stored
        repaint
        = credentials
    ",
    );
    let (account, credential) = play.model.selected().unwrap();
    assert!(account.facts_of(credential).orphan);
}

#[test]
fn a_copy_that_could_be_confirmed_makes_it_safe_and_one_that_could_not_does_not() {
    let mut play = shown("nowhere");
    expect(
        &mut play,
        "y @copy=blind <c-d>",
        "
        copy shown
        = credentials > reveal deploy masked unsafe discarding ''
        ! copied to the terminal (cannot be confirmed)
    ",
    );
    let mut play = shown("nowhere");
    expect(
        &mut play,
        "y @copy <c-d>",
        "
        copy shown
        repaint
        advance done: not stored; it was copied
        = credentials
        ! copied to the desktop's clipboard
    ",
    );
}

#[test]
fn held_in_memory_it_asks_for_the_word_but_stays_usable_in_this_run() {
    let mut play = shown("memory");
    expect(
        &mut play,
        "<c-d> 'discard' <enter>",
        "
        repaint
        advance shown
        verify new current for the operation
        = credentials
    ",
    );
}

#[test]
fn in_the_sandbox_memory_is_good_enough() {
    let mut play = Play::new(build::full());
    play.model.vault = VaultView::Memory { sandbox: true };
    play.run("n 'etl' <enter> 'deploy' <enter> <enter> <enter> <enter> @create=memory");
    assert!(play.place().ends_with("reveal deploy masked safe"), "{}", play.place());
}

#[test]
fn a_second_secret_lies_on_top_of_the_first() {
    let mut play = shown("nowhere");
    let credential = build::credential("c9", &build::owner("o2", "etl", ""), "second");
    let mut arrived = crate::play::replies::arrived(credential, false, "nowhere");
    arrived.operation = Uuid::from_u128(9);
    // Its request was never made here, as far as the model knows: a secret is shown all the same.
    play.send(Msg::Reply(
        keywright::app::effect::RequestId(999),
        Reply::Issued(IssueOutcome::Arrived(Box::new(arrived))),
    ));
    expect(
        &mut play,
        "",
        "
        unfinished
        = credentials > reveal deploy masked unsafe > reveal second masked unsafe
    ",
    );
    expect(
        &mut play,
        "<c-d> 'discard' <enter>",
        "
        advance lost: the secret was given up without being stored
        repaint
        = credentials > reveal deploy masked unsafe
    ",
    );
    expect(
        &mut play,
        "<c-d> 'discard' <enter>",
        "
        advance lost: the secret was given up without being stored
        repaint
        = credentials
    ",
    );
}

#[test]
fn a_secret_whose_request_is_stale_is_shown() {
    let mut play = Play::new(build::full());
    play.run("n 'etl' <enter> 'deploy' <enter> <enter> <enter> <enter> @crash=create");
    let credential = build::credential("new", &build::owner("o2", "etl", ""), "deploy");
    let arrived = crate::play::replies::arrived(credential, false, "");
    play.send(Msg::Reply(
        keywright::app::effect::RequestId(1),
        Reply::Issued(IssueOutcome::Arrived(Box::new(arrived))),
    ));
    assert!(play.place().ends_with("reveal deploy masked safe"), "{}", play.place());
}

#[test]
fn parts_are_copied_one_by_one() {
    use keywright::secret::{Part, Parts, Secret};
    let mut play = Play::new(build::full());
    let credential = build::credential("c9", &build::owner("o2", "etl", ""), "pair");
    let mut arrived = crate::play::replies::arrived(credential, false, "");
    let part = |name, text: &str| Part { name, secret: Secret::new(text.to_owned()) };
    arrived.parts = Parts::named(vec![part("public", "a"), part("secret", "bb")]);
    play.send(Msg::Reply(
        keywright::app::effect::RequestId(999),
        Reply::Issued(IssueOutcome::Arrived(Box::new(arrived))),
    ));
    play.run("<down> <down> y");
    let (_, effect) = play.open.last().unwrap();
    let keywright::app::effect::Effect::Copy(_, keywright::app::effect::CopySource::Shown(secret)) = effect
    else {
        panic!("a copy of what is shown")
    };
    assert_eq!(secret.expose(), "bb");
}

#[test]
fn the_old_facts_follow_a_rotation() {
    let mut play = check(
        build::full(),
        "r @read <enter> 'yes' <enter> <enter> <enter> <enter> @rotate",
        "
        read c1
        rotate 'default' of ci-runner window 1 d
        unfinished
        = credentials > rotate verify > reveal default masked safe
    ",
    );
    let (account, credential) = play.model.selected().unwrap();
    let facts = account.facts_of(credential);
    assert!(facts.stored && facts.old_stored && facts.verified.is_none());
    play.run("<c-d> @verify");
    let (account, credential) = play.model.selected().unwrap();
    assert_eq!(account.facts_of(credential).verified, Some(play.model.now));
}
