//! What somebody else does while a wizard is open: a credential is revoked between its review and the answer. And a window
//! that is longer than the server can keep. Each gives a sentence and a way on, and nothing is lost.

use serde_json::json;

use crate::commands::words;
use crate::program::{point_at, up_to_rotate};
use crate::sandbox::Sandbox;
use crate::scripts::{desk, run};

/// The writes the program sent for keys.
fn writes(sandbox: &Sandbox, method: &str, end: &str) -> usize {
    sandbox.requests(method, end).len()
}

#[test]
fn a_key_that_somebody_revokes_during_its_rotation_is_told_and_left() {
    let Some((sandbox, desk, secret)) = desk("") else { return };
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    up_to_rotate(&mut terminal);
    sandbox.server.revoke_key("etl", "fresh");
    terminal.keys("<enter>").wait_for("It is not there any more").wait_for("Nothing was rotated");
    assert_eq!(writes(&sandbox, "PUT", "/rotate"), 1);
    // Enter does not send it again: it leaves, and the table is true already.
    terminal.keys("<enter>").wait_gone("Rotate fresh").wait_until("the line is gone", |output| {
        !output.rows().iter().any(|row| row.contains("▸ fresh")) && !output.contains("Unfinished")
    });
    assert_eq!(writes(&sandbox, "PUT", "/rotate"), 1);
    terminal.keys("q").wait_exit();
    secret.assert_absent("what was written to the terminal", &terminal.raw());

    // By command: gone before it begins, and gone between the reading and the write.
    let gone = run(&desk, &["rotate", "sand/etl/fresh", "--yes", "fresh"], 2);
    assert!(words(&gone.stderr).contains("there is no credential sand/etl/fresh"), "{}", words(&gone.stderr));
    sandbox.server.make_key("etl", "other");
    let path = "/api/v1/service_accounts/*/api_keys/*/rotate";
    let body = json!({ "detail": ["KeyError", "no API key with this identifier"] });
    sandbox
        .fault(&json!({ "backend": "kitaru", "method": "PUT", "path": path, "kind": "answer", "status": 404,
        "body": body }));
    let gone = run(&desk, &["rotate", "sand/etl/other", "--yes", "other", "--retain", "10m"], 1);
    let said = words(&gone.stderr);
    assert!(said.contains("It is not there any more") && said.contains("Refresh the list"), "{said}");
    let checked = run(&desk, &["check"], 0);
    assert!(
        !words(&checked.stdout).contains("other"),
        "nothing is left unfinished: {}",
        words(&checked.stdout)
    );
}

#[test]
fn a_key_that_somebody_revokes_during_its_review_cannot_be_rotated() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    sandbox.server.revoke_key("etl", "fresh");
    // The review reads it afresh, so it is known before anything is chosen.
    terminal
        .keys("r")
        .wait_for("▸ review")
        .wait_for("It is not there any more")
        .wait_for("Nothing was rotated");
    terminal
        .keys("<enter>")
        .wait_gone("Rotate fresh")
        .wait_until("the line is gone", |output| !output.rows().iter().any(|row| row.contains("▸ fresh")));
    assert_eq!(writes(&sandbox, "PUT", "/rotate"), 0);
    terminal.keys("q").wait_exit();
}

#[test]
fn a_key_that_somebody_revokes_first_is_revoked_all_the_same() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("x").wait_for("Revoke fresh").wait_gone("Reading it again").wait_for("Enter revokes it");
    sandbox.server.revoke_key("etl", "fresh");
    terminal.keys("<enter>").wait_for("It is not there any more").wait_for("There is nothing left to revoke");
    terminal.keys("<enter>").wait_gone("Revoke fresh").wait_until("the line is gone", |output| {
        !output.rows().iter().any(|row| row.contains("▸ fresh")) && !output.contains("Unfinished")
    });
    terminal.keys("q").wait_exit();

    let gone = run(&desk, &["revoke", "sand/etl/fresh", "--yes", "fresh"], 2);
    assert!(words(&gone.stderr).contains("there is no credential sand/etl/fresh"), "{}", words(&gone.stderr));
    sandbox.server.make_key("etl", "other");
    let body = json!({ "detail": ["KeyError", "no API key with this identifier"] });
    sandbox.fault(&json!({ "backend": "kitaru", "method": "DELETE", "kind": "answer", "status": 404,
        "path": "/api/v1/service_accounts/*/api_keys", "body": body }));
    let gone = run(&desk, &["revoke", "sand/etl/other", "--yes", "other"], 1);
    assert!(words(&gone.stderr).contains("It is not there any more"), "{}", words(&gone.stderr));
}

#[test]
fn a_window_longer_than_the_server_keeps_is_refused_before_anything_is_sent() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again");
    terminal.keys("<enter>").wait_for("▸ retention").keys("jjj").send(b"366d");
    terminal.wait_for("366d").keys("<enter>").wait_for("the longest window here is 365 d");
    terminal.keys("<c-u>").send(b"20m").wait_gone("the longest window").keys("<enter>").wait_for("▸ targets");
    terminal.keys("<enter>").wait_for("▸ check").wait_for("20 m");
    terminal
        .keys("<esc>")
        .wait_for("▸ targets")
        .keys("<esc>")
        .wait_for("▸ retention")
        .keys("<esc>")
        .wait_for("▸ review");
    terminal.keys("<esc>").wait_gone("Rotate fresh").keys("q").wait_exit();

    let rotate = |retain: &str, code: i32| {
        run(&desk, &["rotate", "sand/etl/fresh", "--yes", "fresh", "--retain", retain], code)
    };
    for (retain, why) in [("366d", "the longest window here is 365 d"), ("soon", "not a length of time")] {
        let said = words(&rotate(retain, 2).stderr);
        assert!(said.contains(why), "{retain}: {said}");
    }
    assert_eq!(writes(&sandbox, "PUT", "/rotate"), 0);
    rotate("20m", 0);
}
