//! Killed at any step: the next start tells the truth and can finish, and nothing is lost silently.

use serde_json::{Value, json};
use support::keyring::Keyring;
use support::pty::{Signal, Terminal};
use support::{skip, wait};

use crate::program::{
    Desk, KEY_PREFIX, WAITING, copy_revealed, log_in, point_at, records, up_to_create, up_to_rotate,
};
use crate::sandbox::Sandbox;
use support::web;

const KEYS: &str = "/api/v1/service_accounts/*/api_keys";
const LONG: u64 = 120_000;

/// A machine with a sandbox, or nothing where keyrings cannot be had.
fn desk() -> Option<(Sandbox, Desk)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    Some((sandbox, desk))
}

fn delay(method: &str, path: &str) -> Value {
    json!({ "kind": "delay", "method": method, "path": path, "delay_ms": LONG })
}

fn cut(kind: &str, method: &str, path: &str) -> Value {
    json!({ "kind": kind, "method": method, "path": path })
}

fn kill(mut terminal: Terminal) {
    terminal.signal(Signal::KILL).wait_exit();
}

/// Starts after a crash: unfinished work is on the screen, and after logging in it can be seen to.
fn restarted(desk: &Desk) -> Terminal {
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("Unfinished work").wait_for("log in first");
    log_in_over(&mut terminal, desk);
    terminal
}

/// Logs in with unfinished work lying over the table.
fn log_in_over(terminal: &mut Terminal, desk: &Desk) {
    terminal.keys("L").wait_for("Log in to").send(desk.server.password.as_bytes()).keys("<enter>");
    terminal.wait_gone("Log in to").wait_for("logged in to sand").wait_gone("log in first");
}

/// The key that stands in the reveal.
fn revealed(terminal: &mut Terminal) -> String {
    terminal.wait_for("Masked.");
    copy_revealed(terminal)
}

/// Closes the reveal, waits for the proof, and finds nothing unfinished.
fn finish(terminal: &mut Terminal) {
    terminal.keys("<c-d>").wait_gone("Masked.").wait_for("accepted");
    nothing_left(terminal);
}

fn nothing_left(terminal: &mut Terminal) {
    terminal.wait_gone("Unfinished work").wait_gone("1 unfinished");
}

/// Waits until the server has made `count` keys of this name.
fn made(desk: &Desk, count: usize) {
    wait::until("the server has made the key", || {
        (desk.server.keys("etl", "fresh").len() == count).then_some(())
    });
}

/// Moves a moment in the records back, as if the operation had waited.
fn made_older(desk: &Desk, column: &str, minutes: u32) {
    let moment = format!("strftime('%Y-%m-%dT%H:%M:%S.000000000Z', {column}, '-{minutes} minutes')");
    let changed = records(desk).execute(&format!("UPDATE operations SET {column} = {moment}"), []);
    assert_eq!(changed, Ok(1));
}

#[test]
fn a_create_not_sent_leaves_nothing() {
    let Some((_sandbox, desk)) = desk() else { return };
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    kill(terminal);
    let mut terminal = desk.logged_in();
    terminal.keys("u").wait_for("nothing is unfinished");
    assert_eq!(desk.server.keys("etl", "fresh"), []);
}

#[test]
fn a_create_killed_before_its_answer_is_recovered_with_the_same_key() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&delay("POST", KEYS));
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for(WAITING);
    made(&desk, 1);
    kill(terminal);

    let mut terminal = restarted(&desk);
    terminal.wait_for("was sent").wait_for("repeats the same answer").keys("a");
    let secret = revealed(&mut terminal);
    finish(&mut terminal);
    assert!(desk.server.accepts(&secret));
    assert_eq!(desk.server.keys("etl", "fresh").len(), 1, "one key, though it was asked for twice");
    let sent = sandbox.requests("POST", "/api_keys");
    assert!(sent.iter().all(|one| one["idempotency_key"] == true), "{sent:?}");
    assert!(!sent.is_empty());
}

#[test]
fn a_create_whose_answer_was_cut_off_is_recovered_without_a_restart() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&cut("cut_after", "POST", KEYS));
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("The connection ended before the answer did").wait_for("unfinished");
    terminal.keys("<esc>").wait_gone("New API key through");
    terminal.wait_for("1 unfinished").keys("u").wait_for("Unfinished work").keys("a");
    let secret = revealed(&mut terminal);
    finish(&mut terminal);
    assert!(desk.server.accepts(&secret));
    assert_eq!(desk.server.keys("etl", "fresh").len(), 1);
    assert_eq!(sandbox.requests("POST", "/api_keys").len(), 2);
}

#[test]
fn a_create_whose_answer_was_cut_in_its_body_is_recovered_after_a_restart() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&cut("cut_body", "POST", KEYS));
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("The connection ended before the answer did");
    kill(terminal);
    let mut terminal = restarted(&desk);
    terminal.wait_for("a ask again for the same answer").keys("a");
    let secret = revealed(&mut terminal);
    finish(&mut terminal);
    assert!(desk.server.accepts(&secret));
    assert_eq!(desk.server.keys("etl", "fresh").len(), 1);
}

#[test]
fn a_create_past_its_replay_is_matched_and_revoked() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&cut("cut_after", "POST", KEYS));
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("The connection ended before the answer did");
    kill(terminal);
    // Ten minutes pass for the server, and the records are as old.
    sandbox.advance(600);
    made_older(&desk, "began", 10);

    let mut terminal = restarted(&desk);
    assert!(!terminal.text().contains("repeats the same answer"), "its time is over");
    terminal.keys("c").wait_for("its secret never arrived").wait_for("x revoke it");
    terminal.keys("x").wait_for("Revoke fresh").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked");
    nothing_left(&mut terminal);
    assert_eq!(desk.server.keys("etl", "fresh"), []);
}

#[test]
fn a_lost_create_that_is_left_alone_shows_as_an_orphan() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&cut("cut_after", "POST", KEYS));
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("The connection ended before the answer did");
    kill(terminal);
    let mut terminal = restarted(&desk);
    terminal.keys("c").wait_for("its secret never arrived").keys("s");
    nothing_left(&mut terminal);
    terminal.wait_until("the orphan is marked", |output| {
        output.rows().iter().any(|row| row.contains("fresh ") && row.contains("orphan"))
    });
    kill(terminal);
    let mut terminal = desk.logged_in();
    terminal.wait_for("orphan");
    nothing_left(&mut terminal);
}

#[test]
fn a_secret_in_the_keyring_that_was_not_written_down_is_found() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&json!({ "kind": "delay", "method": "POST", "path": KEYS, "delay_ms": 3000 }));
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for(WAITING);
    made(&desk, 1);
    // Nobody else can write the records from here on, so the program gets as far as the keyring.
    let hold = records(&desk);
    hold.execute_batch("BEGIN IMMEDIATE").expect("the records are held");
    wait::until("the secret is stored", || {
        let entries = desk.keyring.entries("keywright");
        entries
            .iter()
            .any(|one| one.attribute("username").is_some_and(|name| name.contains("fresh")))
            .then_some(())
    });
    kill(terminal);
    hold.execute_batch("ROLLBACK").expect("the records are free");

    let mut terminal = restarted(&desk);
    terminal.wait_for("y copy it   v verify it");
    let secret = copy_revealed(&mut terminal);
    assert!(desk.server.accepts(&secret));
    terminal.keys("v").wait_for("accepted");
    nothing_left(&mut terminal);
    assert_eq!(sandbox.requests("POST", "/api_keys").len(), 1);
}

#[test]
fn a_reveal_killed_while_it_is_open_leaves_the_secret_to_copy_and_verify() {
    let Some((_sandbox, desk)) = desk() else { return };
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Masked.").keys("u").wait_for(KEY_PREFIX);
    kill(terminal);
    let mut terminal = restarted(&desk);
    terminal.wait_for("y copy it   v verify it");
    assert!(!terminal.text().contains(KEY_PREFIX), "it is never drawn again");
    let secret = copy_revealed(&mut terminal);
    assert!(desk.server.accepts(&secret));
    terminal.keys("v").wait_for("accepted");
    nothing_left(&mut terminal);
}

#[test]
fn killed_after_the_reveal_and_before_the_proof_it_can_be_verified() {
    let Some((sandbox, desk)) = desk() else { return };
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Masked.");
    sandbox.fault(&delay("POST", "/api/v1/login"));
    terminal.keys("<c-d>").wait_gone("Masked.").wait_for("presenting the new secret");
    kill(terminal);
    sandbox.mend();
    let mut terminal = desk.logged_in();
    terminal.wait_for("1 unfinished").keys("u").wait_for("was shown; nobody has checked").keys("v");
    terminal.wait_for("accepted");
    nothing_left(&mut terminal);
}

#[test]
fn a_rotation_killed_before_its_answer_is_told_as_done_and_rotated_again() {
    let Some((sandbox, desk)) = desk() else { return };
    let deployed = desk.server.make_key("etl", "fresh");
    sandbox.fault(&delay("PUT", &format!("{KEYS}/*/rotate")));
    let mut terminal = desk.logged_in();
    point_at(&mut terminal, "fresh");
    up_to_rotate(&mut terminal);
    terminal.keys("<enter>").wait_for("Asking for the new secret");
    let rotated = || desk.server.keys("etl", "fresh")[0].rotated.clone();
    wait::until("the server has rotated", rotated);
    kill(terminal);

    let mut terminal = restarted(&desk);
    terminal.wait_for("was sent").keys("c").wait_for("was rotated and the new secret never arrived");
    assert!(desk.server.accepts(&deployed), "what is deployed works until the window ends");
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").wait_for("old secret still works");
    // What is deployed is the old secret now, and the server keeps one: that is asked for by itself.
    terminal.keys("<enter>").wait_for("Stop the old secret").send(b"yes").wait_for("yes");
    terminal.keys("<enter>").wait_for("▸ retention").keys("<enter>").wait_for("▸ targets");
    terminal.keys("<enter>").wait_for("▸ check").keys("<enter>");
    let secret = revealed(&mut terminal);
    terminal.keys("<c-d>").wait_gone("Masked.").wait_for("accepted: it works");
    terminal.keys("<enter>").wait_gone("▸ verify");
    nothing_left(&mut terminal);
    assert!(desk.server.accepts(&secret));
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1, "the first was never answered");
}

#[test]
fn a_rotation_that_did_not_happen_is_told_as_that() {
    let Some((sandbox, desk)) = desk() else { return };
    let deployed = desk.server.make_key("etl", "fresh");
    sandbox.fault(&cut("cut_before", "PUT", &format!("{KEYS}/*/rotate")));
    let mut terminal = desk.logged_in();
    point_at(&mut terminal, "fresh");
    up_to_rotate(&mut terminal);
    terminal
        .keys("<enter>")
        .wait_for("The connection ended before the answer did")
        .wait_for("It is not sent again");
    terminal
        .keys("<enter>")
        .wait_gone("Rotate fresh")
        .wait_for("1 unfinished")
        .keys("u")
        .wait_for("Unfinished work");
    terminal
        .wait_for("c check what is true   r rotate it again")
        .keys("c")
        .wait_for("was not rotated; nothing changed");
    // One early look does not settle it; two minutes later it does.
    terminal.wait_for("so far");
    made_older(&desk, "advanced", 2);
    terminal.keys("c");
    nothing_left(&mut terminal);
    assert!(desk.server.accepts(&deployed));
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1, "a rotation is never sent again by itself");
}

#[test]
fn a_rotation_cut_off_after_it_happened_can_be_revoked() {
    let Some((sandbox, desk)) = desk() else { return };
    desk.server.make_key("etl", "fresh");
    sandbox.fault(&cut("cut_after", "PUT", &format!("{KEYS}/*/rotate")));
    let mut terminal = desk.logged_in();
    point_at(&mut terminal, "fresh");
    up_to_rotate(&mut terminal);
    terminal.keys("<enter>").wait_for("The connection ended before the answer did");
    kill(terminal);
    let mut terminal = restarted(&desk);
    terminal.keys("c").wait_for("the new secret never arrived").keys("x").wait_for("Revoke fresh");
    terminal.wait_gone("Reading it again").keys("<enter>").wait_for("is revoked");
    nothing_left(&mut terminal);
    assert_eq!(desk.server.keys("etl", "fresh"), []);
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1);
}

#[test]
fn a_rotation_whose_answer_was_cut_off_is_asked_for_again_where_the_server_repeats_it() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::at(&sandbox.newer);
    sandbox.fault(&cut("cut_after", "POST", "/api/v1/api-keys/*/rotate"));
    let mut terminal = desk.logged_in();
    point_at(&mut terminal, "laptop");
    up_to_rotate(&mut terminal);
    terminal.keys("<enter>").wait_for("The connection ended before the answer did");
    kill(terminal);

    let mut terminal = restarted(&desk);
    terminal.wait_for("repeats the same answer").keys("c").wait_for("the new secret never arrived").keys("a");
    let secret = revealed(&mut terminal);
    finish(&mut terminal);
    let bearer = format!("authorization: Bearer {secret}");
    assert_eq!(web::call("GET", &sandbox.newer.url, "/api/v1/accounts/me", &[&bearer], "").status, 200);
    assert_eq!(sandbox.requests("POST", "/rotate").len(), 2, "sent twice, done once");
    // The server does not tell its window; what was asked for is remembered.
    terminal.wait_for("retiring");
}

#[test]
fn a_rotation_killed_with_its_reveal_open_keeps_both_secrets() {
    let Some((_sandbox, desk)) = desk() else { return };
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>");
    let first = revealed(&mut terminal);
    terminal.keys("<c-d>").wait_for("accepted as etl");
    up_to_rotate(&mut terminal);
    terminal.keys("<enter>").wait_for("Masked.");
    kill(terminal);
    let mut terminal = restarted(&desk);
    terminal.wait_for("y copy it   v verify it");
    let second = copy_revealed(&mut terminal);
    assert!(second != first && desk.server.accepts(&first) && desk.server.accepts(&second));
    terminal.keys("v").wait_for("accepted");
    nothing_left(&mut terminal);
}

#[test]
fn a_revocation_cut_off_after_it_happened_is_told_as_done() {
    let Some((sandbox, desk)) = desk() else { return };
    desk.server.make_key("etl", "fresh");
    sandbox.fault(&cut("cut_after", "DELETE", &format!("{KEYS}/*")));
    let mut terminal = desk.logged_in();
    point_at(&mut terminal, "fresh");
    terminal.keys("x").wait_for("Revoke fresh").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("The connection ended before the answer did");
    kill(terminal);
    let mut terminal = restarted(&desk);
    terminal.wait_for("it may still work").keys("c").wait_for("is gone; it was revoked");
    nothing_left(&mut terminal);
}

#[test]
fn what_another_program_is_doing_is_not_offered_and_what_a_dead_one_did_is() {
    let Some((sandbox, desk)) = desk() else { return };
    sandbox.fault(&json!({ "kind": "delay", "method": "POST", "path": KEYS, "delay_ms": LONG, "times": 2 }));
    let mut alive = desk.logged_in();
    up_to_create(&mut alive, "etl", "under-way");
    alive.keys("<enter>").wait_for(WAITING);
    wait::until("the first is made", || (!desk.server.keys("etl", "under-way").is_empty()).then_some(()));

    let mut other = desk.logged_in();
    other.keys("u").wait_for("nothing is unfinished here; 1 under way in another keywright");
    up_to_create(&mut other, "etl", "fresh");
    other.keys("<enter>").wait_for(WAITING);
    made(&desk, 1);
    kill(other);

    let mut third = restarted(&desk);
    third.wait_until("the dead one's work is chosen", |output| {
        output.rows().iter().any(|row| row.contains('▸') && row.contains("create fresh"))
    });
    third.keys("a");
    let secret = revealed(&mut third);
    finish(&mut third);
    assert!(desk.server.accepts(&secret));
    assert!(alive.is_running());
    assert_eq!(desk.server.keys("etl", "under-way").len(), 1);

    // What was under way becomes everybody's when its program dies.
    kill(alive);
    third.keys("u").wait_for("nothing is unfinished");
    let mut fourth = desk.start().size(100, 30).spawn();
    fourth.wait_for("Unfinished work").wait_for("under-way");
    log_in(&mut third, &desk.server.password, false);
}
