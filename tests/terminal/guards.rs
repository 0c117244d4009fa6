//! The guards of the screen's reviews where a command does the same: what is said before anything is sent, and what needs a
//! word of its own.

use support::canary::Canary;

use crate::commands::words;
use crate::program::{Desk, point_at, records};
use crate::sandbox::Sandbox;
use crate::scripts::{column, desk, json, run};

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
fn several_are_counted_and_every_gate_is_before_the_first_of_them() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    for name in ["one", "two"] {
        sandbox.server.make_key("etl", name);
    }
    let several = |command: &'static str, more: &[&'static str]| {
        let mut line = vec![command, "sand/etl/fresh", "sand/etl/one", "sand/etl/two", "--json"];
        line.extend(more);
        line
    };
    let rotate = |more: &[&'static str], code: i32| run(&desk, &several("rotate", more), code);
    for yes in ["fresh", "2", ""] {
        let said = words(&rotate(&["--retain", "10m", "--yes", yes], 2).stderr);
        assert!(said.contains("say --yes '3' to show that these are the ones"), "{said}");
    }
    let twice = run(&desk, &["rotate", "sand/etl/one", "sand/etl/one", "--yes", "2"], 2);
    assert!(words(&twice.stderr).contains("named twice"), "{}", words(&twice.stderr));
    // One of them has an old secret that works, so none is rotated.
    run(&desk, &["rotate", "sand/etl/two", "--yes", "two", "--retain", "10m"], 0);
    rotate(&["--retain", "10m", "--yes", "3"], 2);
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1);
    let told = json(&rotate(&["--retain", "10m", "--yes", "3", "--end-window"], 0));
    assert_eq!(column(&told, "verdict"), ["accepted", "accepted", "accepted"]);
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 4);

    // A refusal of one keeps nobody from the others, and is how it all ends.
    let path = "/api/v1/service_accounts/*/api_keys";
    sandbox
        .fault(&serde_json::json!({ "backend": "kitaru", "method": "DELETE", "path": path, "kind": "answer",
        "status": 403, "body": { "detail": ["IllegalOperationError", "not allowed"] } }));
    let told = run(&desk, &several("revoke", &["--yes", "3"]), 1);
    assert_eq!(column(&json(&told), "proof"), ["refused", "refused"]);
    assert!(words(&told.stderr).contains("not allowed"), "{}", words(&told.stderr));
    assert_eq!(sandbox.requests("DELETE", "").len(), 3);
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
