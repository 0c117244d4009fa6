//! One gate at a time, on every kind of credential: what stands between a mistake and a lost secret holds by itself. Random
//! sequences seldom come to where only one of several gates is left.

use std::future::Future;

use futures_util::future::join_all;
use jiff::SignedDuration;
use keywright::app::effect::{Generation, RevokePlan};
use keywright::app::msg::{Arrived, IssueOutcome};
use keywright::app::pane::unfinished::{Offer, offers};
use keywright::backend::unheard;
use keywright::domain::ability::RotationForm;
use keywright::domain::answer::Verdict;
use keywright::domain::credential::CredentialRef;
use keywright::domain::failure::{Effected, Failure};
use keywright::domain::operation::Phase;
use keywright::domain::promise::AttemptOutcome;
use uuid::Uuid;

use crate::faults::Spoil;
use crate::forms::{in_time, kinds};
use crate::machine::{Machine, Way, name};
use crate::server::{Mood, OWNER};

/// The same on a machine for every kind, all at once.
fn on_every<Fut: Future<Output = ()>>(work: impl Fn(Machine) -> Fut) {
    in_time(join_all(kinds().into_iter().map(|(abilities, kind)| {
        let work = &work;
        async move { work(Machine::new(abilities, kind, true).await).await }
    })));
}

/// Without a window.
const AT_ONCE: Way = Way { of: 0, minutes: 0, form: 0, less: false };

impl Machine {
    /// One that is stored, accepted and done with.
    async fn first(&self) -> CredentialRef {
        self.create(&self.program.tasks).await;
        self.stored(&self.program.tasks).await.remove(0)
    }

    /// Its new secret, which nobody has presented yet.
    async fn second(&self, of: &CredentialRef) -> Arrived {
        match self.replace(&self.program.tasks, of, AT_ONCE).await {
            Some(IssueOutcome::Arrived(arrived)) => *arrived,
            Some(IssueOutcome::Failed(failure)) => panic!("{}", failure.sentence()),
            None => panic!("it is not there"),
        }
    }

    async fn present(&self, made: &Arrived) -> Result<Verdict, Failure> {
        let of = made.credential.reference(&name());
        self.program.tasks.verify(&of, Generation::Current, Some(made.operation), &unheard).await
    }

    fn phase(&self, operation: Uuid) -> Phase {
        self.program.state.operation(operation).expect("readable").expect("written down").phase
    }

    /// The last operation that is unfinished.
    async fn last(&self) -> keywright::domain::operation::Operation {
        self.program.tasks.left().await.expect("what is left").operations.pop().expect("one")
    }

    fn makes_second(&self) -> bool {
        matches!(self.kind.rotation, RotationForm::TwoCredentials { .. })
    }

    async fn revocation(&self, of: &CredentialRef) -> Result<(), Failure> {
        let plan =
            RevokePlan { credential: of.clone(), owner_name: OWNER.to_owned(), name: String::from("ci") };
        self.server.asked_to_end(&of.id);
        self.program.tasks.revoke(plan).await.map(drop)
    }

    async fn is_known_to_be_stored(&self, of: &CredentialRef) -> bool {
        let listed = self.program.tasks.list(&name()).await.expect("listed");
        let known = listed.facts.iter().any(|(one, facts)| one == of && facts.stored);
        let entries = self.program.state.entries(of).expect("readable");
        let mut there = false;
        for entry in entries {
            there |= self.vault.read(&entry.entry).await.expect("readable").is_some();
        }
        known && there
    }
}

#[test]
fn what_was_not_accepted_finishes_nothing_and_ends_nothing() {
    for mood in [Mood::Untold, Mood::Cut] {
        on_every(async |machine: Machine| {
            let old = machine.first().await;
            let made = machine.second(&old).await;
            machine.server.answer_with(mood);
            let verdict = machine.present(&made).await;
            assert!(!matches!(verdict, Ok(Verdict::Accepted { .. })), "{verdict:?}");
            assert!(!machine.phase(made.operation).is_final(), "{} {mood:?}", machine.kind.noun);
            let left = machine.program.tasks.left().await.expect("what is left");
            assert_eq!(left.promises, [], "{} {mood:?}", machine.kind.noun);
            assert!(left.operations.iter().any(|one| one.id == made.operation), "it is still told");
            assert!(machine.server.has(&old.id));
            // Once it is accepted it is done, and what follows from it is promised.
            machine.server.answer_with(Mood::True);
            let verdict = machine.present(&made).await;
            assert!(matches!(verdict, Ok(Verdict::Accepted { .. })), "{verdict:?}");
            assert_eq!(machine.phase(made.operation), Phase::Done, "{}", machine.kind.noun);
            let promises = machine.program.tasks.left().await.expect("what is left").promises;
            assert_eq!(promises.len(), usize::from(machine.makes_second()), "{}", machine.kind.noun);
            machine.laws().await;
        });
    }
}

#[test]
fn a_new_secret_that_is_not_known_everywhere_yet_is_presented_again() {
    on_every(async |machine: Machine| {
        let old = machine.first().await;
        let made = machine.second(&old).await;
        machine.server.answer_with(Mood::NotYet(1));
        let verdict = machine.present(&made).await;
        assert!(matches!(verdict, Ok(Verdict::Accepted { .. })), "{} {verdict:?}", machine.kind.noun);
        assert_eq!(machine.phase(made.operation), Phase::Done);
    });
}

#[test]
fn a_revocation_that_failed_or_may_have_worked_leaves_what_is_stored_and_is_told_as_it_is() {
    for (spoil, effected, phase, gone) in [
        (Spoil::Refused, Effected::No, Phase::Failed, false),
        (Spoil::CutBefore, Effected::Unknown, Phase::Unclear, false),
        (Spoil::CutAfter, Effected::Unknown, Phase::Unclear, true),
        (Spoil::Late, Effected::Unknown, Phase::Unclear, false),
    ] {
        on_every(async |machine: Machine| {
            let of = machine.first().await;
            // Which of its secrets is current is asked first.
            machine.server.faults.spoil(spoil, 1);
            let failure = machine.revocation(&of).await.expect_err("it went wrong");
            machine.server.faults.spoil(Spoil::Nothing, 0);
            let noun = machine.kind.noun;
            assert_eq!(failure.effected, effected, "{noun} {spoil:?}");
            assert_eq!(machine.server.has(&of.id), !gone, "{noun} {spoil:?}");
            let entries = machine.program.state.entries(&of).expect("readable");
            assert_eq!(entries.len(), 1, "{noun} {spoil:?}: what is stored stays known");
            let stored = machine.vault.read(&entries[0].entry).await.expect("readable");
            assert!(stored.is_some(), "{noun} {spoil:?}: what is stored stays");
            if !gone {
                assert!(machine.is_known_to_be_stored(&of).await, "{noun} {spoil:?}");
            }
            if phase.is_final() {
                assert_eq!(machine.program.tasks.left().await.expect("what is left").operations, []);
                return;
            }
            let left = machine.last().await;
            assert_eq!((left.phase, left.credential.as_ref()), (phase, Some(&of.id)), "{noun} {spoil:?}");
            assert!(offers(&machine.model(std::slice::from_ref(&left)), &left).contains(&Offer::Check));
            // Looked at too early it is not settled, and later it is as it is.
            let first = machine.program.tasks.reconcile(left.id).await.expect("looked");
            assert_eq!(first.as_str().contains("check again in"), !gone, "{noun} {spoil:?}: {first}");
            machine.server.clocks.pass(120);
            let done = gone || spoil == Spoil::Late;
            if !gone {
                machine.program.tasks.reconcile(left.id).await.expect("looked");
            }
            assert_eq!(
                machine.phase(left.id),
                if done { Phase::Done } else { Phase::Failed },
                "{noun} {spoil:?}"
            );
            assert_eq!(machine.server.has(&of.id), !done, "{noun} {spoil:?}");
            machine.laws().await;
        });
    }
}

#[test]
fn looking_often_does_not_put_off_the_answer() {
    on_every(async |machine: Machine| {
        let of = machine.first().await;
        machine.server.faults.spoil(Spoil::CutBefore, 1);
        machine.revocation(&of).await.expect_err("it went wrong");
        machine.server.faults.spoil(Spoil::Nothing, 0);
        let left = machine.last().await;
        for _ in 0..3 {
            let told = machine.program.tasks.reconcile(left.id).await.expect("looked");
            assert!(told.as_str().contains("check again in"), "{told}");
            machine.server.clocks.pass(25);
        }
        machine.server.clocks.pass(25);
        machine.program.tasks.reconcile(left.id).await.expect("looked");
        assert_eq!(machine.phase(left.id), Phase::Failed, "{}", machine.kind.noun);
    });
}

#[test]
fn an_answer_that_the_server_has_forgotten_is_not_asked_for_again() {
    on_every(async |machine: Machine| {
        let tasks = machine.program.tasks.clone();
        let Some(span) = machine.kind.replay.create else { return };
        machine.server.faults.spoil(Spoil::CutAfter, 0);
        machine.create(&tasks).await;
        machine.server.faults.spoil(Spoil::Nothing, 0);
        let left = machine.last().await;
        let offered = |machine: &Machine| offers(&machine.model(std::slice::from_ref(&left)), &left);
        assert!(offered(&machine).contains(&Offer::Replay), "{}", machine.kind.noun);
        // By the server's clock it is over, whatever this machine's says: the pane goes by that one.
        machine.server.clocks.pass(span.as_secs() + 60);
        assert!(!offered(&machine).contains(&Offer::Replay), "{}", machine.kind.noun);
        machine.server.clocks.set(-span.as_secs());
        tasks.list(&name()).await.expect("its clock is known");
        assert!(offered(&machine).contains(&Offer::Replay), "{}", machine.kind.noun);
        let again = tasks.replay(left.id).await;
        let IssueOutcome::Failed(failure) = again else { panic!("{}: it was asked for", machine.kind.noun) };
        assert!(failure.sentence().contains("may have forgotten"), "{}", failure.sentence());
        assert_eq!(machine.server.wrong(), Vec::<String>::new());
    });
}

#[test]
fn a_locked_keyring_is_noticed_before_anything_is_asked_for() {
    on_every(async |machine: Machine| {
        let tasks = machine.program.tasks.clone();
        let old = machine.first().await;
        let secrets = machine.server.secrets();
        machine.server.faults.spoil(Spoil::LockedBefore, 0);
        let made = machine.replace(&tasks, &old, AT_ONCE).await.expect("it is there");
        assert!(matches!(made, IssueOutcome::Failed(failure) if failure.effected == Effected::No));
        machine.create(&tasks).await;
        machine.server.faults.spoil(Spoil::Nothing, 0);
        assert_eq!(machine.server.secrets(), secrets, "{}", machine.kind.noun);
        assert_eq!(tasks.left().await.expect("what is left").operations, [], "nothing was begun");
        if machine.kind.replay.create.is_none() {
            return;
        }
        // Nor is a lost answer asked for again.
        machine.server.faults.spoil(Spoil::CutBefore, 0);
        machine.create(&tasks).await;
        machine.server.faults.spoil(Spoil::LockedBefore, 0);
        let again = tasks.replay(machine.last().await.id).await;
        machine.server.faults.spoil(Spoil::Nothing, 0);
        assert!(matches!(again, IssueOutcome::Failed(_)));
        assert_eq!(machine.server.secrets(), secrets, "{}", machine.kind.noun);
    });
}

#[test]
fn an_old_one_outlives_a_successor_that_cannot_take_its_place() {
    for what in ["gone", "off", "not stored", "replaced"] {
        on_every(async |machine: Machine| {
            if !machine.makes_second() {
                return;
            }
            let tasks = machine.program.tasks.clone();
            let old = machine.first().await;
            let made = machine.second(&old).await;
            machine.present(&made).await.expect("accepted");
            let new = made.credential.reference(&name());
            let promise = tasks.left().await.expect("what is left").promises.remove(0);
            match what {
                "gone" => machine.server.remove(&new.id),
                "off" => machine.server.switch_off(&new.id),
                "not stored" => {
                    for entry in machine.program.state.entries(&new).expect("readable") {
                        machine.vault.delete(&entry.entry).await.expect("deleted");
                    }
                }
                // Where it can be done in place, its answer was lost.
                _ => {
                    if machine.kind.rotations().count() < 2 {
                        return;
                    }
                    machine.server.faults.spoil(Spoil::CutAfter, 1);
                    drop(machine.replace(&tasks, &new, Way { form: 1, ..AT_ONCE }).await);
                    machine.server.faults.spoil(Spoil::Nothing, 0);
                }
            }
            machine.server.clocks.pass(60);
            let attempt = tasks.keep_promise(promise.id).await.expect("tried");
            let kept = matches!(attempt.outcome, AttemptOutcome::Kept | AttemptOutcome::Advanced);
            assert!(!kept, "{} {what}: {}", machine.kind.noun, attempt.words);
            assert!(machine.server.works(&old.id), "{} {what}: {}", machine.kind.noun, attempt.words);
        });
    }
}

#[test]
fn what_could_not_be_kept_rests_and_is_not_forgotten() {
    on_every(async |machine: Machine| {
        if !machine.makes_second() {
            return;
        }
        let tasks = machine.program.tasks.clone();
        let old = machine.first().await;
        let made = machine.second(&old).await;
        machine.present(&made).await.expect("accepted");
        machine.server.clocks.pass(60);
        for (tries, minutes) in [(1, 1), (2, 5), (3, 15), (4, 60), (5, 60)] {
            let promise = tasks.left().await.expect("what is left").promises.remove(0);
            machine.server.faults.spoil(Spoil::CutBefore, 0);
            let attempt = tasks.keep_promise(promise.id).await.expect("tried");
            machine.server.faults.spoil(Spoil::Nothing, 0);
            assert!(matches!(attempt.outcome, AttemptOutcome::Failed(_)), "{}", attempt.words);
            let now = machine.server.clocks.here();
            let promise = tasks.left().await.expect("what is left").promises.remove(0);
            assert_eq!(promise.tries, tries);
            let rests = promise.rests_until(now).expect("it rests").duration_since(now);
            assert!(
                rests > SignedDuration::from_mins(minutes - 1) && rests <= SignedDuration::from_mins(minutes)
            );
        }
        assert!(machine.server.works(&old.id));
    });
}
