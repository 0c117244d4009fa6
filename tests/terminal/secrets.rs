//! Where a secret is after a whole job with a real Secret Service, and where it is not.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use serde_json::Value;
use support::canary::Canary;
use support::keyring::Keyring;
use support::pty::{Signal, Terminal};
use support::skip;
use support::wait;

use crate::program::{Desk, KEY_PREFIX, canary, copy_revealed, inside, log_in, up_to_create, up_to_rotate};
use crate::sandbox::Sandbox;

/// The stored secrets whose entry's name has this part.
pub(crate) fn stored(desk: &Desk, part: &str) -> Vec<String> {
    let entries = desk.keyring.entries("keywright");
    let names = entries.iter().filter_map(|entry| entry.attribute("username"));
    let secret = |name: &str| desk.keyring.secret("keywright", name).expect("it can be read");
    names
        .filter(|name| name.contains(part))
        .map(|name| String::from_utf8(secret(name)).expect("text"))
        .collect()
}

/// A new secret that is shown masked: it is stored by then, and what was written to the terminal has nothing of it.
pub(crate) fn shown_masked(terminal: &mut Terminal, desk: &Desk, known: &[String]) -> String {
    terminal.wait_for("Masked.");
    let fresh: Vec<String> =
        stored(desk, "/fresh").into_iter().filter(|secret| !known.contains(secret)).collect();
    assert_eq!(fresh.len(), 1, "the new secret is stored before it is shown");
    canary(&fresh[0]).assert_absent("the bytes written before it was asked for", &terminal.raw());
    fresh[0].clone()
}

/// Looks at it in clear and closes the reveal; nothing of it is written after that.
pub(crate) fn look_and_close(terminal: &mut Terminal, title: &str, secret: &str) -> usize {
    terminal.keys("u").wait_for(KEY_PREFIX);
    assert!(inside(terminal, title).contains(secret));
    terminal.keys("u").wait_gone(KEY_PREFIX);
    let masked_at = terminal.raw().len();
    terminal.keys("<c-d>").wait_gone("Masked.");
    masked_at
}

#[test]
fn secrets_are_in_the_keyring_and_nowhere_else() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let mut terminal = desk.start().args(["--log", "debug"]).size(100, 40).spawn();
    terminal.wait_for("not logged in").wait_for("keyring ●");
    log_in(&mut terminal, &desk.server.password, true);

    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>");
    let first = shown_masked(&mut terminal, &desk, &[]);
    let closed = look_and_close(&mut terminal, "New API key", &first);
    terminal.wait_for("accepted as etl");
    canary(&first).assert_absent("the bytes written after the reveal", &terminal.raw()[closed..]);

    up_to_rotate(&mut terminal);
    terminal.keys("<enter>");
    let second = shown_masked(&mut terminal, &desk, std::slice::from_ref(&first));
    let closed = look_and_close(&mut terminal, "New secret", &second);
    terminal.wait_for("accepted: it works").keys("o").wait_for("still accepted");
    for secret in [&first, &second] {
        canary(secret).assert_absent("the bytes written after the reveal", &terminal.raw()[closed..]);
        assert!(desk.server.accepts(secret), "both work inside the window");
    }

    let session: Value = serde_json::from_str(&stored(&desk, "session")[0]).expect("a session");
    let bearer = session["bearer"].as_str().expect("a bearer");
    let head = bearer.rfind('.').expect("a JWT") + 1;
    let guarded =
        [canary(&first), canary(&second), Canary::of(bearer, head), Canary::of(&desk.server.password, 0)];
    let log = fs::read_to_string(desk.home.path().join("state/keywright/keywright.log")).expect("a log");
    assert!(log.contains("create") && log.contains("rotate"), "the log was kept: {log}");
    for secret in &guarded {
        assert_eq!(secret.leaks_in_tree(desk.home.path()), []);
        assert_eq!(secret.leaks_in_process(terminal.pid()), []);
        secret.assert_absent("the screen", terminal.text().replace('\n', "").as_bytes());
    }
    assert!(terminal.look().titles().iter().all(|title| !title.contains(KEY_PREFIX)), "the window's title");

    sandbox.advance(601);
    terminal.keys("o").wait_for("verified: refused");
    assert!(!desk.server.accepts(&first) && desk.server.accepts(&second));
    terminal.keys("<enter>").wait_gone("▸ verify").keys("x").wait_for("Revoke fresh");
    terminal
        .wait_gone("Reading it again")
        .keys("<enter>")
        .wait_for("is revoked; presented again, it was refused");
    assert_eq!(desk.server.keys("etl", "fresh"), []);
    terminal.wait_for("▸").keys("q");
    assert_eq!(terminal.wait_exit().code, Some(0));
    terminal.assert_restored();

    assert_eq!(stored(&desk, "/fresh"), Vec::<String>::new(), "what is revoked is not kept");
    assert_eq!(stored(&desk, "session").len(), 1, "the login is");
    for secret in &guarded {
        assert_eq!(secret.leaks_in_tree(desk.home.path()), []);
    }

    let mut again = desk.start().size(100, 30).spawn();
    again.wait_for("ada ·").wait_for("ci-runner").keys("q").wait_exit();
}

#[test]
fn copied_secrets_go_to_the_terminal_alone_and_are_taken_back_at_the_end() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Masked.");
    let copied = copy_revealed(&mut terminal);
    assert_eq!(stored(&desk, "/fresh"), [copied.as_str()]);
    terminal.keys("<c-d>").wait_for("accepted as etl").keys("q").wait_exit();
    assert_eq!(terminal.copied().last(), Some(&Vec::new()), "leaving asks the terminal to forget it");
    assert_eq!(canary(&copied).leaks_in_tree(desk.home.path()), []);
}

/// How often a process's memory holds these bytes; nothing when we may not look.
fn copies_in_memory(pid: u32, wanted: &[u8]) -> Option<usize> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let mut count = 0;
    let mut readable = 0;
    for line in maps.lines().filter(|line| !line.contains("[vv") && !line.contains("[vsyscall]")) {
        let (range, rest) = line.split_once(' ')?;
        if !rest.starts_with('r') {
            continue;
        }
        let (start, end) = range.split_once('-')?;
        let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
        let mut bytes = vec![0; usize::try_from(end - start).ok()?];
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            readable += bytes.len();
            count += find_all(&bytes, wanted);
        }
    }
    (readable > 0).then_some(count)
}

fn find_all(bytes: &[u8], wanted: &[u8]) -> usize {
    let mut count = 0;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == wanted[0]) {
        rest = &rest[at..];
        count += usize::from(rest.starts_with(wanted));
        rest = &rest[1..];
    }
    count
}

#[test]
fn nothing_of_a_secret_is_left_in_memory_after_the_reveal() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Masked.").keys("u").wait_for(KEY_PREFIX);
    let secret = stored(&desk, "/fresh").remove(0);
    // A piece out of its middle: what one line of the screen shows of it is found, too.
    let piece = &secret.as_bytes()[80..112];
    let Some(shown) = copies_in_memory(terminal.pid(), piece) else {
        return skip::because("the memory of other processes cannot be read here");
    };
    assert!(shown > 0, "it is found while it is shown, so the search works");
    terminal.keys("u").wait_gone(KEY_PREFIX).keys("<c-d>").wait_for("accepted as etl");
    // The tasks that presented it may still be ending.
    let left = wait::within(wait::PATIENCE, || {
        let left = copies_in_memory(terminal.pid(), piece).expect("as before");
        (left == 0).then_some(())
    });
    let copies = copies_in_memory(terminal.pid(), piece);
    assert!(left.is_some(), "{copies:?} copies are left; {shown} while it was shown");
}

#[test]
fn what_was_typed_before_a_secret_could_be_seen_does_nothing_to_it() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("not logged in").wait_for("keyring ●");
    log_in(&mut terminal, &desk.server.password, true);
    up_to_create(&mut terminal, "etl", "fresh");
    // The program stands still while the answer comes, and the keys of somebody impatient pile up.
    sandbox.fault(
        &serde_json::json!({ "backend": "kitaru", "method": "POST", "kind": "delay", "delay_ms": 2000,
        "path": "/api/v1/service_accounts/*/api_keys" }),
    );
    terminal.keys("<enter>");
    wait::until("it is asked for", || (!sandbox.requests("POST", "/api_keys").is_empty()).then_some(()));
    terminal.signal(Signal::STOP);
    terminal.keys(&"uy<c-d>".repeat(400));
    wait::until("the server has made it", || (!sandbox.server.keys("etl", "fresh").is_empty()).then_some(()));
    terminal.signal(Signal::CONT);
    terminal.wait_for("Masked.");
    let secret = canary(&stored(&desk, "/fresh")[0]);
    secret.assert_absent("what was written to the terminal", &terminal.raw());
    assert_eq!(terminal.copied(), Vec::<Vec<u8>>::new(), "nothing was copied");
    // A key that comes after it was seen counts.
    terminal.keys("u").wait_for(KEY_PREFIX);
    terminal.keys("u").wait_gone(KEY_PREFIX).keys("<c-d>").wait_gone("Masked.").keys("q").wait_exit();
}
