//! Laws that hold for any sequence of keys, pastes, sizes, moments and replies; and of the small types texts and
//! lengths of time are made of.
#![expect(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    dead_code,
    reason = "tests say what they expect, and their helpers belong to several of them"
)]

#[path = "../support/model.rs"]
mod build;
mod domain;
mod faults;
mod forms;
mod gates;
mod laws;
mod machine;
#[path = "../support/play.rs"]
mod play;
mod server;
mod steps;
mod watch;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use steps::Step;
use watch::Watched;

/// The same cases every time, so that what was green stays green; with `KEYWRIGHT_RANDOM` set, others each time.
#[expect(clippy::disallowed_methods, reason = "a switch of these tests, not of the program")]
fn config(cases: u32) -> ProptestConfig {
    let random = std::env::var_os("KEYWRIGHT_RANDOM").is_some();
    let rng_seed = if random { RngSeed::Random } else { RngSeed::Fixed(20_261_122) };
    ProptestConfig { cases, failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn any_sequence_keeps_the_laws(protected: bool, steps in prop::collection::vec(steps::any(), 1..120)) {
        let mut watched = Watched::new(protected);
        for step in steps {
            watched.step(&step);
        }
    }

    #[test]
    fn a_secret_is_never_dropped(steps in prop::collection::vec(steps::any(), 1..60)) {
        // The same laws, begun where they can be broken: a secret stored nowhere is on the screen.
        let mut watched = Watched::new(false);
        watched.has_a_secret();
        for step in steps {
            watched.step(&step);
        }
    }
}

/// A hundred thousand keys of a monkey that knows no name end nothing on a protected account.
#[test]
fn a_monkey_ends_nothing_on_a_protected_account() {
    let mut watched = Watched::new(true);
    let mut keys = steps::Monkey::new(20_261_122);
    for _ in 0..100_000 {
        let key = keys.next_key();
        watched.step(&Step::Key(key, false));
        // Its work is answered, or it would wait for the first reading for ever.
        watched.answer_all();
    }
    assert_eq!(watched.ended, 0, "nothing destructive went out");
    assert!(watched.went_out > 1000, "the monkey got somewhere: {}", watched.went_out);
}

/// The same monkey does end things where nobody asked for names: the law above is not kept by accident.
#[test]
fn a_monkey_ends_things_where_no_name_is_asked_for() {
    let mut watched = Watched::new(false);
    let mut keys = steps::Monkey::new(20_261_122);
    for _ in 0..20_000 {
        let key = keys.next_key();
        watched.step(&Step::Key(key, false));
        watched.answer_all();
    }
    assert!(watched.ended > 0);
}
