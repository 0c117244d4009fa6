//! Promises among several programs: one keeps each, whoever ends over it.

use super::*;
use crate::domain::promise::{Duty, Promise, PromiseState};

fn promised(state: &State, operation: Uuid, old: &str) -> Promise {
    let promise = Promise {
        id: Uuid::new_v4(),
        credential: credential(old),
        name: String::from("ci"),
        owner_name: String::from("ada"),
        noun: String::from("PAT"),
        successor: credential("new"),
        operation,
        made: at(10),
        duty: Duty::Revoke,
        due: at(70),
        skew: Some(Skew(-3)),
        then: None,
        uses_then: Some(7),
        our_uses: 0,
        state: PromiseState::Waiting,
        tries: 0,
        next_try: at(70),
        note: String::new(),
        running_elsewhere: false,
    };
    state.finish_with_promise(&promise, at(10)).expect("promised");
    promise
}

fn begun(state: &State) -> Uuid {
    let operation = Operation { phase: Phase::Shown, ..operation(0) };
    state.begin(&operation).expect("begins");
    operation.id
}

#[test]
fn a_promise_is_made_with_the_end_of_its_rotation_or_not_at_all() {
    let state = State::in_memory().expect("opens");
    let id = begun(&state);
    let promise = promised(&state, id, "old");
    assert_eq!(state.promises(), Ok(vec![promise.clone()]));
    assert_eq!(state.operation(id).expect("readable").expect("there").phase, Phase::Done);
    let unknown =
        Promise { id: Uuid::new_v4(), operation: Uuid::new_v4(), credential: credential("x"), ..promise };
    assert!(state.finish_with_promise(&unknown, at(11)).is_err());
    assert_eq!(state.promise(unknown.id), Ok(None));
    // One promise about a credential at a time.
    let second = promised(&state, begun(&state), "old");
    assert_eq!((state.promise(second.id), state.promises().expect("readable").len()), (Ok(None), 1));
}

#[test]
fn of_several_programs_exactly_one_keeps_a_promise() {
    let folder = folder();
    let (one, two) = (open(&folder), open(&folder));
    let promise = promised(&one, begun(&one), "old");
    assert!(one.claim_promise(promise.id).expect("asked").is_some());
    assert!(two.claim_promise(promise.id).expect("asked").is_none(), "somebody alive is at it");
    assert!(two.promises().expect("readable")[0].running_elsewhere);
    assert_eq!(two.move_promise(promise.id, at(500), None), Ok(false));
    // Its program ends over it.
    drop(one);
    let three = open(&folder);
    let claims: Vec<bool> = std::thread::scope(|scope| {
        let tries: Vec<_> = [&two, &three]
            .map(|state| scope.spawn(|| state.claim_promise(promise.id).expect("asked").is_some()))
            .into_iter()
            .collect();
        tries.into_iter().map(|one| one.join().expect("no panic")).collect()
    });
    assert_eq!(claims.iter().filter(|got| **got).count(), 1, "{claims:?}");
    let (winner, loser) = if claims[0] { (&two, &three) } else { (&three, &two) };
    winner.postpone_promise(promise.id, 1, at(130), "the server was slow").expect("postponed");
    let waiting = loser.claim_promise(promise.id).expect("asked").expect("free again");
    assert_eq!((waiting.tries, waiting.next_try, waiting.note.as_str()), (1, at(130), "the server was slow"));
    loser.settle_promise(promise.id, PromiseState::Kept, "revoked").expect("settled");
    assert_eq!(winner.claim_promise(promise.id), Ok(None));
    winner.settle_promise(promise.id, PromiseState::Withdrawn, "").expect("too late");
    let settled = winner.promise(promise.id).expect("readable").expect("there");
    assert_eq!((settled.state, settled.note.as_str()), (PromiseState::Kept, "revoked"));
}

#[test]
fn what_is_revoked_settles_what_was_promised() {
    let state = State::in_memory().expect("opens");
    let old = promised(&state, begun(&state), "old");
    state.revoked(&credential("old")).expect("noted");
    let kept = state.promise(old.id).expect("readable").expect("there");
    assert_eq!((kept.state, state.promises()), (PromiseState::Kept, Ok(Vec::new())));
    let other = promised(&state, begun(&state), "other");
    state.revoked(&credential("new")).expect("noted");
    let withdrawn = state.promise(other.id).expect("readable").expect("there");
    assert_eq!(withdrawn.state, PromiseState::Withdrawn, "the old one lives when the new one is revoked");
}

#[test]
fn what_a_successor_had_replaced_follows_the_next_one() {
    let state = State::in_memory().expect("opens");
    let first = promised(&state, begun(&state), "old");
    let next = Promise {
        id: Uuid::new_v4(),
        credential: credential("new"),
        successor: credential("newest"),
        operation: begun(&state),
        ..first.clone()
    };
    state.finish_with_promise(&next, at(20)).expect("promised");
    let known = |id| state.promise(id).expect("readable").expect("there");
    assert_eq!(known(first.id).successor, credential("newest"));
    // The one in between goes, and both of the others stay as they are.
    state.revoked(&credential("new")).expect("noted");
    assert_eq!((known(first.id).state, known(next.id).state), (PromiseState::Waiting, PromiseState::Kept));
    state.follow_on(&credential("newest"), &credential("last")).expect("followed");
    assert_eq!(known(first.id).successor, credential("last"));
    assert_eq!(known(next.id).successor, credential("newest"), "what is settled stays");
}

#[test]
fn what_was_given_up_counts_until_something_else_is_promised() {
    let state = State::in_memory().expect("opens");
    let first = promised(&state, begun(&state), "old");
    state.settle_promise(first.id, PromiseState::GivenUp, "the new one is switched off").expect("settled");
    let given_up = |state: &State| state.given_up().expect("readable").len();
    assert_eq!(given_up(&state), 1);
    let second = promised(&state, begun(&state), "old");
    assert_eq!((given_up(&state), state.promises().expect("readable").len()), (0, 1));
    state.settle_promise(second.id, PromiseState::Withdrawn, "taken back by hand").expect("settled");
    assert_eq!(given_up(&state), 0, "somebody decided that it lives");
}

#[test]
fn our_own_uses_since_a_promise_are_counted() {
    let state = State::in_memory().expect("opens");
    for (began, uses) in [(0, Some(50)), (20, Some(6)), (30, None), (40, Some(1))] {
        if began == 20 {
            promised(&state, begun(&state), "old");
        }
        let check = state.begin_check(&credential("old"), None, at(began)).expect("began");
        state.end_check(check, uses, at(began + 1)).expect("ended");
    }
    let other = state.begin_check(&credential("other"), None, at(50)).expect("began");
    state.end_check(other, Some(9), at(51)).expect("ended");
    assert_eq!(state.promises().expect("readable")[0].our_uses, 7);
}

#[test]
fn a_step_that_is_done_is_followed_by_the_next_and_a_moved_end_takes_that_along() {
    let state = State::in_memory().expect("opens");
    let first = promised(&state, begun(&state), "old");
    let off = Promise {
        id: Uuid::new_v4(),
        credential: credential("another"),
        duty: Duty::SwitchOff,
        then: Some(at(170)),
        ..first
    };
    state.make_promise(&off).expect("promised");
    let known = |id| state.promise(id).expect("readable").expect("there");
    assert_eq!(known(off.id), off);
    assert_eq!(state.move_promise(off.id, at(100), Some(Skew(7))), Ok(true));
    assert_eq!((known(off.id).due, known(off.id).then), (at(100), Some(at(200))));
    assert_eq!(known(off.id).skew, Some(Skew(7)));
    state.claim_promise(off.id).expect("asked").expect("free");
    state.postpone_promise(off.id, 3, at(130), "slow").expect("postponed");
    state.follow_promise(off.id, Duty::Revoke, at(200), None, "").expect("followed");
    let next = known(off.id);
    assert_eq!((next.duty, next.due, next.next_try, next.then), (Duty::Revoke, at(200), at(200), None));
    assert_eq!((next.tries, next.note.as_str(), next.state), (0, "", PromiseState::Waiting));
    assert!(state.claim_promise(off.id).expect("asked").is_some(), "nobody holds it");
    state.settle_promise(off.id, PromiseState::Kept, "revoked").expect("settled");
    state.follow_promise(off.id, Duty::RevokeAgain, at(300), None, "").expect("too late");
    assert_eq!((known(off.id).duty, known(off.id).state), (Duty::Revoke, PromiseState::Kept));
}

#[test]
fn names_and_what_was_found_out_are_kept_by_account() {
    let state = State::in_memory().expect("opens");
    let of = credential("token");
    let label = |name: &str| Label { name: name.to_owned(), description: String::from("日本語") };
    assert_eq!(state.labels(&of.account), Ok(std::collections::HashMap::new()));
    state.set_label(&of, &label("one")).expect("kept");
    state.set_label(&of, &label("two")).expect("kept");
    assert_eq!(state.labels(&of.account).expect("readable").get(&of.id), Some(&label("two")));
    state.forget_label(&of).expect("forgotten");
    assert_eq!(state.labels(&of.account), Ok(std::collections::HashMap::new()));
    assert_eq!(state.learned(&of.account), Ok(None));
    state.learn(&of.account, "header refused").expect("kept");
    state.learn(&of.account, "header taken").expect("kept");
    assert_eq!(state.learned(&of.account), Ok(Some(String::from("header taken"))));
}
