//! The whole job by keyboard on `--sandbox`, as a new user does it, at the sizes the screen is designed for.

use support::home::Home;
use support::pty::{Output, Start, Terminal};

use crate::program::{
    BINARY, KEY_PREFIX, KITARU, canary, copy_revealed, inside, to_account, up_to_create, up_to_rotate,
};

/// The sandbox's account on the other generation's server.
const KITARU_K: &str = "sandbox-kitaru-k";
/// What every API key begins with there.
const KEY_PREFIX_K: &str = "KITKEY_";

/// Reveals the secret that is shown masked, copies it, closes the reveal, and gives the secret.
fn take(terminal: &mut Terminal, title: &str, prefix: &str) -> String {
    terminal.wait_for("Masked.");
    assert!(!terminal.text().contains(prefix), "masked at first");
    terminal.keys("u").wait_for(prefix);
    let secret = copy_revealed(terminal);
    assert!(inside(terminal, title).contains(&secret), "what is copied is what is shown");
    terminal.keys("u").wait_gone(prefix).keys("<c-d>").wait_gone("Masked.");
    secret
}

/// The first row of the screen with this text.
fn row(output: &Output, text: &str) -> Option<String> {
    output.rows().into_iter().find(|row| row.contains(text))
}

fn whole_job(columns: u16, rows: u16) {
    let home = Home::new();
    let mut terminal = Start::new(BINARY, &home).arg("--sandbox").size(columns, rows).spawn();
    to_account(&mut terminal, KITARU);
    // The cursor stays on the line that came first, wherever the rest of the listing puts it.
    terminal.wait_for("read just now").keys("g").wait_for("ci-runner");
    up_to_create(&mut terminal, "etl", "fresh-key");
    from_create_to_revoke(terminal, &home, "etl", KEY_PREFIX);
}

/// From the check of a new key to the end of that key, and of the program.
fn from_create_to_revoke(mut terminal: Terminal, home: &Home, owner: &str, prefix: &str) {
    terminal.keys("<enter>");
    let first = take(&mut terminal, "New API key", prefix);
    terminal.wait_for(&format!("accepted as {owner}")).wait_for("▸ fresh-key");

    up_to_rotate(&mut terminal);
    terminal.keys("<enter>");
    let second = take(&mut terminal, "New secret", prefix);
    assert_ne!(first, second);
    terminal.wait_for("accepted: it works");
    terminal.keys("o").wait_for("still accepted");
    terminal.keys("<enter>").wait_gone("▸ verify").wait_for("▸ fresh-key");
    terminal.keys("<down>").wait_until("the old one is listed too", |output| {
        row(output, "▸ fresh-key").is_some_and(|row| row.contains("retiring"))
    });

    terminal.keys(":").wait_for("Commands").send(b"sandbox: move").keys("<enter>").wait_gone("Commands");
    terminal.wait_until("the window has ended", |output| {
        row(output, "▸ fresh-key").is_some_and(|row| row.contains("active"))
    });
    terminal.keys("V").wait_for("presented the old secret: refused");
    terminal.keys("x").wait_for("Revoke fresh-key").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked; presented again, it was refused");
    terminal.wait_until("the key is gone", |output| row(output, "fresh-key   ").is_none());

    for secret in [&first, &second] {
        canary(secret).assert_absent("the screen", terminal.text().replace('\n', "").as_bytes());
    }
    terminal.keys("q");
    assert_eq!(terminal.wait_exit().code, Some(0));
    terminal.assert_restored();
    assert!(!home.settings_file().exists(), "the sandbox writes no settings");
}

#[test]
fn the_whole_job_at_80x24() {
    whole_job(80, 24);
}

#[test]
fn the_whole_job_at_160x50() {
    whole_job(160, 50);
}

#[test]
fn the_whole_job_at_60x16() {
    whole_job(60, 16);
}

/// The same on the other generation's server, where a key is one's own, has no description, and no window is told.
#[test]
fn the_whole_job_on_todays_kitaru() {
    let home = Home::new();
    let mut terminal = Start::new(BINARY, &home).arg("--sandbox").size(160, 50).spawn();
    to_account(&mut terminal, KITARU_K);
    terminal.wait_for("nightly-eval").keys("n").wait_for("which account?");
    terminal.send(b"ada").keys("<enter>").wait_for("▸ name").send(b"fresh-key").keys("<enter>");
    terminal.wait_for("▸ scopes").keys("<enter>").wait_for("▸ check");
    from_create_to_revoke(terminal, &home, "ada", KEY_PREFIX_K);
}
