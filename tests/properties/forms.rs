//! The promises about creating, rotating and revoking, for every kind of credential of every backend: random sequences
//! of work with random faults, against a model of each form of rotation. What a kind can do is taken from the same data
//! the panes draw from; the tasks are the program's own, over records and a keyring that outlive its deaths.
//!
//! `machine` does the work, `faults` says what goes wrong, `server` is what it is done to, `laws` are the promises.

use futures_util::future::join_all;
use keywright::app::effect::RevokePlan;
use keywright::backend::registry;
use keywright::domain::ability::{Abilities, CredentialAbility, RotationForm};
use keywright::domain::operation::Phase;
use proptest::prelude::*;

use crate::faults::Spoil;
use crate::machine::{Machine, Way, What, Work};
use crate::server::OWNER;

fn ways() -> impl Strategy<Value = Way> {
    let minutes = prop::sample::select(vec![0, 10, 1440]);
    (any::<u8>(), minutes, 0..2_usize, any::<bool>()).prop_map(|(of, minutes, form, less)| Way {
        of: usize::from(of),
        minutes,
        form,
        less,
    })
}

fn what() -> impl Strategy<Value = What> {
    let passed = prop::sample::select(vec![1, 120, 700, 90_000]);
    let set = prop::sample::select(vec![-90_000, -7200, -100, 100, 7200, 300_000_000]);
    prop_oneof![
        3 => Just(What::Create),
        6 => ways().prop_map(What::Rotate),
        2 => any::<u8>().prop_map(|of| What::Revoke(usize::from(of))),
        3 => Just(What::Due),
        2 => passed.prop_map(What::Pass),
        1 => set.prop_map(What::Set),
        3 => Just(What::SeeTo),
        1 => any::<bool>().prop_map(What::Wider),
        1 => any::<u8>().prop_map(|acts| What::Else(usize::from(acts))),
    ]
}

fn works() -> impl Strategy<Value = Vec<Work>> {
    // The clock is set between two things, not within one: nobody could tell when that was.
    let act = || what().prop_filter("no clocks", |what| !matches!(what, What::Set(_) | What::Pass(_)));
    let both = (act(), act(), 0..12_u8);
    let what = prop_oneof![
        14 => what(),
        1 => both.prop_map(|(one, other, later)| What::Both(Box::new(one), Box::new(other), later)),
    ];
    let spoil = prop_oneof![
        6 => Just(Spoil::Nothing),
        1 => Just(Spoil::Refused),
        2 => Just(Spoil::CutBefore),
        3 => Just(Spoil::CutAfter),
        1 => Just(Spoil::Late),
        2 => Just(Spoil::DiesBefore),
        3 => Just(Spoil::DiesAfter),
        2 => Just(Spoil::Locked),
        1 => Just(Spoil::LockedBefore),
        2 => Just(Spoil::DiesAtKeyring),
        2 => Just(Spoil::Full),
        3 => Just(Spoil::DiesAtRecords),
    ];
    let one = (what, spoil, 0..10_u32).prop_map(|(what, spoil, at)| Work { what, spoil, at });
    prop::collection::vec(one, 1..14)
}

/// Every kind of credential there is, with the abilities it is one of.
pub(crate) fn kinds() -> Vec<(&'static Abilities, &'static CredentialAbility)> {
    let all = registry::BACKENDS.iter().flat_map(|one| std::iter::once(&one.abilities).chain(one.others));
    all.flat_map(|abilities| abilities.kinds().map(|kind| (*abilities, kind))).collect()
}

async fn play(abilities: &'static Abilities, kind: &'static CredentialAbility, tells: bool, works: &[Work]) {
    let mut machine = Machine::new(abilities, kind, tells).await;
    // Something to work with.
    Box::pin(machine.step(&Work { what: What::Create, spoil: Spoil::Nothing, at: 0 })).await;
    for work in works {
        Box::pin(machine.step(work)).await;
    }
    machine.end().await;
}

/// The same on every kind.
fn play_all(tells: bool, works: &[Work]) {
    let kinds = kinds();
    in_time(join_all(kinds.into_iter().map(|(abilities, kind)| play(abilities, kind, tells, works))));
}

pub(crate) fn in_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}

proptest! {
    #![proptest_config(crate::config(40))]

    #[test]
    fn whatever_goes_wrong_no_secret_is_lost_and_nothing_ends_too_early(tells: bool, works in works()) {
        play_all(tells, &works);
    }
}

/// Every form there is takes part.
#[test]
fn every_form_is_modelled() {
    let forms =
        |wanted: fn(&RotationForm) -> bool| kinds().iter().filter(|(_, kind)| wanted(&kind.rotation)).count();
    assert!(forms(|form| matches!(form, RotationForm::ServerWindow { .. })) >= 2);
    assert!(forms(|form| matches!(form, RotationForm::TwoCredentials { .. })) >= 4);
    assert!(forms(|form| matches!(form, RotationForm::CutOver { .. })) >= 1);
}

/// The laws are not kept by accident: who revokes the old one before the new one was taken is caught.
#[test]
fn who_revokes_too_early_is_caught() {
    in_time(async {
        for (abilities, kind) in kinds() {
            let machine = Machine::new(abilities, kind, false).await;
            let tasks = &machine.program.tasks;
            machine.create(tasks).await;
            let old = machine.stored(tasks).await.remove(0);
            // Behind the laws' back: nobody asked for it, and nothing has replaced it.
            let plan = RevokePlan { credential: old, owner_name: OWNER.to_owned(), name: String::from("ci") };
            drop(tasks.revoke(plan).await);
            assert_eq!(machine.server.wrong().len(), 1, "{} {}", abilities.id, kind.noun);
        }
    });
}

/// Who loses a secret is caught, too.
#[test]
#[should_panic(expected = "lives, is not stored and not told of")]
fn who_loses_a_secret_is_caught() {
    in_time(async {
        let (abilities, kind) = kinds()[0];
        let machine = Machine::new(abilities, kind, false).await;
        let Machine { program, vault, .. } = &machine;
        machine.create(&program.tasks).await;
        for entry in vault.entries().await.expect("names") {
            vault.delete(&entry).await.expect("deleted");
        }
        // Nobody knows of it any more.
        for operation in program.state.unfinished().expect("readable") {
            program.tasks.advance(operation.id, Phase::Done, "").expect("written down");
        }
        machine.laws().await;
    });
}

/// Sequences that random runs once stumbled over.
#[test]
fn what_was_stumbled_over_before() {
    let work = |what, spoil, at| Work { what, spoil, at };
    let rotate = |of, minutes| What::Rotate(Way { of, minutes, form: 0, less: false });
    let sequences = [
        // An orphan that could not be revoked and was left alone is still told of.
        vec![work(What::Create, Spoil::CutAfter, 0), work(What::SeeTo, Spoil::Refused, 2)],
        // What could not be looked for is not given up.
        vec![work(What::Create, Spoil::CutAfter, 0), work(What::SeeTo, Spoil::Refused, 0)],
        // The one that was to make room is revoked by hand, and the program dies before its promise knows.
        vec![
            work(What::Wider(true), Spoil::Nothing, 0),
            work(rotate(0, 0), Spoil::Nothing, 0),
            work(rotate(7_416_042_976_491_857_023, 0), Spoil::CutBefore, 7),
            work(What::SeeTo, Spoil::DiesAfter, 6),
        ],
        // Of two lost rotations the first is asked for again: the second one is still unfinished then.
        vec![
            work(rotate(447, 10), Spoil::DiesAfter, 2),
            work(rotate(2_247_101_545_538_023_690, 10), Spoil::CutAfter, 2),
        ],
    ];
    let in_place = Way { of: 0, minutes: 0, form: 1, less: false };
    let sequences = sequences.into_iter().chain([
        // The one that took another one's place is replaced in place, which is lost; the old one is due then.
        vec![
            work(What::Rotate(Way { form: 0, ..in_place }), Spoil::Nothing, 0),
            work(What::Rotate(in_place), Spoil::CutAfter, 2),
            work(What::Pass(120), Spoil::Nothing, 0),
            work(What::Due, Spoil::Nothing, 0),
        ],
        // Somebody else makes one at the same moment, where the server keeps no names to tell them apart.
        vec![work(What::Else(7), Spoil::Nothing, 0), work(What::Create, Spoil::DiesAtKeyring, 1)],
        // The clock is set back after the answer was lost.
        vec![work(What::Create, Spoil::CutAfter, 0), work(What::Set(-90_000), Spoil::Nothing, 0)],
        // A server behind a proxy is still at it while it is looked what became of it.
        vec![
            work(What::Create, Spoil::Late, 0),
            work(What::SeeTo, Spoil::Nothing, 0),
            work(What::Pass(120), Spoil::Nothing, 0),
            work(What::SeeTo, Spoil::Nothing, 0),
        ],
        vec![
            work(What::Rotate(Way { form: 0, ..in_place }), Spoil::Late, 2),
            work(What::SeeTo, Spoil::Nothing, 0),
            work(What::Pass(120), Spoil::Nothing, 0),
            work(What::SeeTo, Spoil::Nothing, 0),
        ],
        vec![
            work(What::Revoke(0), Spoil::Late, 2),
            work(What::SeeTo, Spoil::Nothing, 0),
            work(What::Pass(120), Spoil::Nothing, 0),
            work(What::SeeTo, Spoil::Nothing, 0),
        ],
        // The keyring is locked from the start: nothing is asked for that it could not keep.
        vec![
            work(What::Create, Spoil::LockedBefore, 0),
            work(What::Rotate(Way { form: 0, ..in_place }), Spoil::LockedBefore, 0),
        ],
        vec![work(What::Create, Spoil::CutAfter, 0), work(What::SeeTo, Spoil::LockedBefore, 0)],
        // The first of two rotations is asked for again when the second one's secret is stored already.
        vec![
            work(What::Rotate(Way { form: 0, ..in_place }), Spoil::DiesAfter, 2),
            work(What::Rotate(Way { form: 0, minutes: 10, ..in_place }), Spoil::DiesBefore, 3),
            work(What::SeeTo, Spoil::Nothing, 0),
            work(What::Pass(700), Spoil::Nothing, 0),
        ],
    ]);
    let both = |one, other, later| What::Both(Box::new(one), Box::new(other), later);
    let sequences = sequences.chain([
        // What is stored and nobody knows whose is not given up because the first look at it was refused.
        vec![
            work(rotate(0, 0), Spoil::Locked, 3),
            work(What::Create, Spoil::DiesAtKeyring, 2),
            work(rotate(20, 0), Spoil::DiesAtRecords, 2),
            work(What::Create, Spoil::Nothing, 0),
            work(rotate(0, 0), Spoil::Nothing, 0),
            work(What::Create, Spoil::Nothing, 0),
            work(both(What::SeeTo, rotate(23, 10), 7), Spoil::Refused, 2),
            work(What::Due, Spoil::Refused, 4),
        ],
        // The one that took its place was replaced itself, and only that one's successor was taken since.
        vec![
            work(both(rotate(0, 0), What::Due, 0), Spoil::Nothing, 0),
            work(What::Rotate(in_place), Spoil::DiesBefore, 3),
            work(rotate(0, 0), Spoil::Nothing, 0),
            work(What::Due, Spoil::Nothing, 0),
        ],
        // It is gone before the one that it had replaced, whose window is longer.
        vec![
            work(rotate(0, 10), Spoil::Nothing, 0),
            work(rotate(0, 0), Spoil::Nothing, 0),
            work(What::Pass(700), Spoil::Nothing, 0),
            work(What::Due, Spoil::Nothing, 0),
        ],
        // What a server was still at ends an old secret while the next rotation, which has a window, is asked for.
        vec![
            work(rotate(0, 0), Spoil::Late, 2),
            work(What::Pass(120), Spoil::Nothing, 0),
            work(rotate(0, 10), Spoil::Nothing, 0),
        ],
    ]);
    for works in &sequences.collect::<Vec<_>>() {
        for tells in [false, true] {
            play_all(tells, works);
        }
    }
}
