//! Key scripts over the pure update: a state, keys and replies in; what goes out and where one is, compared.
//!
//! The words of a script are in `tests/support/play.rs`. Each pane has its file; a case is one line of keys and what it
//! tells; ` | ` parts what stands on one line.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "tests say what they expect, and their helpers belong to several of them"
)]

#[path = "../support/model.rs"]
mod build;
#[path = "../support/play.rs"]
mod play;

mod accounts;
mod bulk;
mod choices;
mod create;
mod credentials;
mod deliver;
mod leaving;
mod login;
mod others;
mod restart;
mod reveal;
mod revoke;
mod rotate;
mod second;
mod start;
mod time;
mod timeline;
mod unfinished;
mod vend;

use keywright::app::model::Model;
use play::Play;

/// Plays the script and compares what it told, line by line: effects, `= ` the place, `! ` the notice.
#[track_caller]
fn check(model: Model, script: &str, want: &str) -> Play {
    let mut play = Play::new(model);
    expect(&mut play, script, want);
    play
}

/// Goes on with a script.
#[track_caller]
fn expect(play: &mut Play, script: &str, want: &str) {
    let told = play.run(script).told();
    let want: Vec<&str> = want
        .lines()
        .flat_map(|line| line.split(" | "))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(told, want.join("\n"), "after {script}\n--- told:\n{told}\n---");
}

/// The main model with its account protected.
fn protected() -> Model {
    let mut model = build::full();
    model.accounts[0].account.protected = true;
    model
}
