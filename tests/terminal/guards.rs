//! The guards of the screen's reviews where a command does the same: what is said before anything is sent, and what needs a
//! word of its own.

use support::canary::Canary;

use crate::commands::words;
use crate::program::{Desk, point_at, records};
use crate::sandbox::Sandbox;
use crate::scripts::{desk, run};

const TARGET: &str = "[targets.env]\nkind = \"file\"\npath = \"HOME/app.env\"\nkey = \"API_KEY\"\n";

/// The key `fresh` with a target that another key, `other`, has as well.
fn sharing() -> Option<(Sandbox, Desk, Canary)> {
    let (sandbox, desk, secret) = desk(TARGET)?;
    sandbox.server.make_key("etl", "other");
    let other = sandbox.server.keys("etl", "other").remove(0).id;
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh").keys("<space>").wait_for("[✓] env");
    terminal.keys("<esc>").wait_gone("Deliver fresh").keys("q").wait_exit();
    let added = records(&desk).execute(
        "INSERT INTO targets (account, owner, credential, target, position) \
         SELECT account, owner, ?1, target, 0 FROM targets",
        [&other],
    );
    assert_eq!(added, Ok(1));
    Some((sandbox, desk, secret))
}

#[test]
fn a_target_that_others_have_too_is_overwritten_only_with_a_word_for_it() {
    let Some((sandbox, desk, _)) = sharing() else { return };
    let rotate = ["rotate", "sand/etl/fresh", "--yes", "fresh", "--retain", "10m"];
    let said = words(&run(&desk, &rotate, 2).stderr);
    assert!(said.contains("'env' is a target of sand/etl/other as well"), "{said}");
    assert!(said.contains("--shared-targets"), "{said}");
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 0);
    assert!(!desk.home.path().join("app.env").exists());

    // The screen says it too, where the target is chosen and where the rotation is sent.
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("It is a target of 'other' of etl as well");
    terminal.keys("<esc>").wait_gone("Deliver fresh").keys("q").wait_exit();

    run(&desk, &[&rotate[..], &["--shared-targets"]].concat(), 0);
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1);
    assert!(desk.home.path().join("app.env").exists());
}

#[test]
fn what_is_in_use_is_said_before_it_is_revoked() {
    let Some((sandbox, desk, secret)) = desk("") else { return };
    // Some program logs in with it and asks something, which the server counts as use. Our own check of it was long
    // before: what is used within seconds of one is taken for it.
    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(10)).to_string();
    assert!(records(&desk).execute("UPDATE checks SET began = ?1, ended = ?1", [&past]).expect("moved") > 0);
    sandbox.server.use_key(secret.secret());
    let out = run(&desk, &["revoke", "sand/etl/fresh", "--yes", "fresh"], 0);
    let said = words(&out.stderr);
    assert!(said.contains("it is in use, last") && said.contains("whatever uses it stops working"), "{said}");
    // One that nobody used is revoked without a word.
    sandbox.server.make_key("etl", "idle");
    let out = run(&desk, &["revoke", "sand/etl/idle", "--yes", "idle"], 0);
    assert_eq!(words(&out.stderr), "");
}

#[test]
fn what_works_twice_already_is_not_rotated_unasked() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    let rotate = ["rotate", "sand/etl/fresh", "--yes", "fresh", "--retain", "10m"];
    run(&desk, &rotate, 0);
    let said = words(&run(&desk, &rotate, 2).stderr);
    assert!(said.contains("still works until") && said.contains("--end-window"), "{said}");
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1);
    run(&desk, &[&rotate[..], &["--end-window"]].concat(), 0);
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 2);
}
