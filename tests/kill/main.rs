//! Killed at every step and at random moments, cut off, without a keyring, on a full disk, with a clock that jumps: on
//! every backend, against a server and a keyring that go on. After each fault the next start has to tell the truth and
//! be able to finish: no credential may live that is neither stored nor led to by unfinished work, and nothing that
//! worked may have been revoked before what replaces it was stored and taken.
//!
//! The program killed is [`robot`]; [`ticks`] is where it dies; [`next_start`] is the judge; [`post`] keeps the count,
//! which is printed. `KEYWRIGHT_KILLS=10` kills at ten times as many random moments; `KEYWRIGHT_KILL_SEED` repeats a run.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "these tests play the world around the program, and helpers of tests may fail them"
)]
#![cfg(target_os = "linux")]

mod chance;
mod next_start;
mod post;
mod robot;
mod ticks;

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use support::keyring::Keyring;
use support::skip;

use chance::Chance;
use post::Post;
use robot::Order;

/// Tells this binary that it is a robot.
pub(crate) const ROBOT: &str = "KEYWRIGHT_KILL_ROBOT";

/// Random moments on each of the six backends: 204 in all.
const MOMENTS: u64 = 34;
/// How long a keyring that hangs is waited for, in milliseconds.
const HUNG: u64 = 1000;
/// A robot that is killed at random works at most so many times as long as making a credential takes here.
const LONGEST: u32 = 8;

const WORKS: [&str; 5] = ["create", "rotate", "rotate at once", "deliver", "revoke"];

#[test]
fn zpools() {
    kill_on("zpools");
}

#[test]
fn ztick() {
    kill_on("ztick");
}

#[test]
fn kitaru_z() {
    kill_on("kitaru");
}

#[test]
fn kitaru_k() {
    kill_on("kitaru_k");
}

#[test]
fn foxnose() {
    kill_on("foxnose");
}

#[test]
fn pangolin() {
    kill_on("pangolin");
}

/// What one program does to a credential another one waits for, says so, and does not do a second time.
#[test]
fn one_acts_and_the_other_waits() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let mut post = Post::new("kitaru");
    let order = Order { stop_at: 3, ..post.order("rotate") };
    post.say(order.clone());
    // It holds the operation once it stands there; the other one only then begins.
    assert_eq!(post.hear().expect("it lives")["boundary"], 3);
    let acting = post.put_aside();
    for work in ["rotate", "revoke"] {
        post.say(Order { work: work.to_owned(), stop_at: 0, ..order.clone() });
        let waiting = post.hear().expect("it lives");
        assert!(
            waiting["waiting"].as_str().is_some_and(|words| words.contains("another keywright rotates")),
            "{waiting}"
        );
        if work == "rotate" {
            // Who waits can be killed, too.
            post.kill();
        }
    }
    let waiting = post.put_aside();
    post.take_up(acting);
    post.go_on();
    let acted = post.hear().expect("it lives");
    assert_eq!(acted["outcome"], "done");
    post.take_up(waiting);
    let waited = post.hear().expect("it lives");
    assert!(
        waited["outcome"].as_str().is_some_and(|words| words.contains("that was waited for")),
        "{waited}"
    );
    post.see_to(&order, "two at once");
    post.judge();
}

fn kill_on(backend: &'static str) {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let seed = seed();
    let mut post = Post::new(backend);
    for work in WORKS {
        // Where the server keeps the window, none means that the old secret stops at once: told before, and its own.
        if work == "rotate at once" && !post.second {
            continue;
        }
        boundaries(&mut post, work);
        connections(&mut post, work);
        jumping_clock(&mut post, work);
        full_disk(&mut post, work);
        keyring(&mut post, work);
    }
    moments(&mut post, seed);
    let told = format!("{} (seed {seed})\n", post.tally());
    // Past the test harness, which keeps what a test that passes prints to itself.
    std::io::stderr().write_all(told.as_bytes()).expect("somebody listens");
    post.judge();
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    variable("KEYWRIGHT_KILL_SEED").unwrap_or(u64::from(now.subsec_nanos()))
}

/// Dies at each boundary of a work that came to its end before.
fn boundaries(post: &mut Post, work: &str) {
    let order = post.order(work);
    let found = post.boundaries(&order);
    assert!(found.len() > 3, "{}: {work} has steps: {found:?}", post.backend);
    for die_at in found {
        let order = Order { die_at, ..post.order(work) };
        let ended = post.tell(order.clone()).is_some();
        post.see_to(&order, if ended { "" } else { "killed at a boundary" });
    }
    // While the server is at it, or its answer is on the way.
    if let Some(method) = post.method(work) {
        let order = post.order(work);
        post.fault("delay", method, 600_000);
        post.say(order.clone());
        assert!(post.met(), "{}: {work} sends a {method}", post.backend);
        post.kill();
        post.see_to(&order, "killed in flight");
    }
}

/// The connection ends before, during and after the answer, or brings nonsense.
fn connections(post: &mut Post, work: &str) {
    let Some(method) = post.method(work) else { return };
    for kind in ["cut_before", "cut_body", "cut_after", "garbage", "wrong_type", "answer"] {
        let order = post.order(work);
        post.fault(kind, method, 0);
        assert!(post.tell(order.clone()).is_some(), "{}: {work} survives {kind}", post.backend);
        post.mend();
        // Seen to by the next program; the cut ones by one that follows a crash.
        if kind.starts_with("cut") {
            post.kill();
        }
        post.see_to(&order, "connection cut or spoiled");
    }
}

/// Two hours on or back in the middle, or many years; with and without dying of it.
fn jumping_clock(post: &mut Post, work: &str) {
    for (jump_at, jump, die_at) in [(2, 7200, 5), (3, -7200, 0), (4, 300_000_000, 0)] {
        let order = Order { die_at, jump_at, jump, ..post.order(work) };
        post.tell(order.clone());
        post.see_to(&order, "clock jumped");
    }
}

/// The records take less and less more, until all of it fits.
fn full_disk(post: &mut Post, work: &str) {
    for blocks in (72..).step_by(32).take(5) {
        let order = post.order(work);
        post.start_limited(blocks);
        let answer = post.tell(order.clone());
        post.kill();
        post.see_to(&order, "disk full");
        if answer.is_some_and(|answer| answer["outcome"] == "done") {
            return;
        }
    }
}

/// What a keyring can do to us.
#[derive(Clone, Copy)]
enum Trouble {
    Hangs,
    Refuses,
    Dies,
}

impl Trouble {
    fn begins(self, post: &mut Post) {
        match self {
            Self::Hangs => post.keyring.freeze(),
            Self::Refuses => post.keyring.lock(),
            Self::Dies => post.keyring.kill_provider(),
        }
    }

    /// The program that met it is dead by then, so that the next one meets a keyring as it should be.
    fn ends(self, post: &mut Post) {
        match self {
            Self::Hangs => post.keyring.thaw(),
            Self::Refuses | Self::Dies => post.keyring.revive(),
        }
    }
}

/// The keyring is of no use from the start, or from when the answer is on its way.
fn keyring(post: &mut Post, work: &str) {
    for (trouble, fault) in [(Trouble::Hangs, "keyring hung"), (Trouble::Refuses, "keyring refused")] {
        let order = Order { patience: HUNG, ..post.order(work) };
        post.kill();
        trouble.begins(post);
        let answer = post.tell(order.clone());
        post.kill();
        trouble.ends(post);
        assert!(answer.is_some(), "{}: {work} survives", post.backend);
        post.see_to(&order, fault);
    }
    let Some(method) = post.method(work) else { return };
    for (trouble, fault) in
        [(Trouble::Hangs, "keyring hung in flight"), (Trouble::Dies, "keyring died in flight")]
    {
        let order = Order { patience: HUNG, ..post.order(work) };
        post.fault("delay", method, 500);
        post.say(order.clone());
        post.met();
        trouble.begins(post);
        post.hear();
        post.kill();
        trouble.ends(post);
        post.mend();
        post.see_to(&order, fault);
    }
}

/// Killed whenever it happens to be, now and then also while it sees to what the last one left.
fn moments(post: &mut Post, seed: u64) {
    let mut chance = Chance::new(seed);
    let longest = longest(post);
    for number in 0..MOMENTS * variable("KEYWRIGHT_KILLS").unwrap_or(1) {
        let order = Order { seed: chance.any(), ..post.order("spree") };
        post.say(order.clone());
        std::thread::sleep(chance.up_to(longest));
        post.kill();
        if number % 4 == 0 {
            post.die_over_it(&order, chance.up_to(longest / 4));
        }
        post.see_to(&order, "killed at random");
    }
}

/// A slow machine's robots are killed at the same steps as a quick one's.
fn longest(post: &mut Post) -> Duration {
    let order = post.order("create");
    let began = Instant::now();
    post.tell(order.clone());
    let took = began.elapsed();
    post.see_to(&order, "");
    (took * LONGEST).clamp(Duration::from_millis(200), Duration::from_secs(10))
}
