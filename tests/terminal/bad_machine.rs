//! Machines on their bad days: keyrings, settings and records that cannot be used.

use std::fs;
use std::process::Command;

use serde_json::json;
use support::home::Home;
use support::keyring::{Keyring, State};
use support::pty::{Start, Terminal};
use support::skip;

use crate::program::{BINARY, Desk, WAITING, inside, log_in, records, settings, up_to_create};
use crate::sandbox::Sandbox;

/// The title of a page with bad news.
const ATTENTION: &str = "Something needs attention";
const KEYS: &str = "/api/v1/service_accounts/*/api_keys";

fn desk(state: State) -> Option<(Sandbox, Desk)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let mut desk = Desk::new(&sandbox);
    if state != State::Unlocked {
        desk.keyring = Keyring::start(state);
    }
    Some((sandbox, desk))
}

fn open(home: &Home) -> Terminal {
    Start::new(BINARY, home).size(100, 30).spawn()
}

#[test]
fn without_a_keyring_nothing_is_sent_until_another_place_is_chosen() {
    for state in [State::Locked, State::NoProvider, State::NoBus] {
        let Some((sandbox, desk)) = desk(state) else { return };
        let mut terminal = desk.start().size(100, 30).spawn();
        terminal.wait_for("not logged in").wait_for("no keyring ▲");
        log_in(&mut terminal, &desk.server.password, false);
        up_to_create(&mut terminal, "etl", "fresh");
        terminal.keys("<enter>").wait_for("The keyring cannot be used");
        assert_eq!(sandbox.requests("POST", "/api_keys").len(), 0, "{state:?}: nothing was sent");
        for step in ["▸ scopes", "▸ name", "▸ owner"] {
            terminal.keys("<esc>").wait_for(step);
        }
        terminal
            .keys("<esc>")
            .wait_gone("▸ owner")
            .keys(":")
            .wait_for("Commands")
            .send(b"hold secrets in memory");
        terminal.keys("<enter>").wait_for("memory ▲");
        up_to_create(&mut terminal, "etl", "fresh");
        terminal.keys("<enter>").wait_for("Held in memory for this run only").wait_for("Not safe yet");
        assert_eq!(sandbox.server.keys("etl", "fresh").len(), 1, "{state:?}");
    }
}

#[test]
fn a_keyring_that_hangs_is_waited_for_and_comes_back() {
    let Some((_sandbox, desk)) = desk(State::Hanging) else { return };
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("waiting for your keyring");
    log_in(&mut terminal, &desk.server.password, false);
    terminal.wait_for("no keyring ▲");
    desk.keyring.thaw();
    terminal
        .keys(":")
        .wait_for("Commands")
        .send(b"look at the keyring again")
        .keys("<enter>")
        .wait_for("keyring ●")
        .wait_for("A marker was written")
        .keys("<enter>")
        .wait_gone("A marker was written");
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Stored in the keyring");
}

#[test]
fn a_keyring_that_fails_after_the_server_answered_leaves_the_secret_on_the_screen() {
    let Some((sandbox, desk)) = desk(State::Unlocked) else { return };
    let mut terminal = desk.logged_in();
    terminal.wait_for("keyring ●");
    up_to_create(&mut terminal, "etl", "fresh");
    sandbox.fault(&json!({ "kind": "delay", "method": "POST", "path": KEYS, "delay_ms": 1500 }));
    terminal.keys("<enter>").wait_for(WAITING);
    support::wait::until("the key is made", || (!desk.server.keys("etl", "fresh").is_empty()).then_some(()));
    desk.keyring.freeze();
    terminal.wait_for("NOT STORED").keys("u").wait_for(crate::program::KEY_PREFIX);
    let secret = crate::program::copy_revealed(&mut terminal);
    assert!(desk.server.accepts(&secret));
    terminal.keys("<c-d>").wait_for("type discard").keys("<esc>").wait_for("NOT STORED");
    terminal.keys("<c-d>").wait_for("type discard").keys("discard<enter>").wait_gone("type discard");
    desk.keyring.thaw();
    terminal.wait_until("it is marked", |output| {
        output.rows().iter().any(|row| row.contains("fresh ") && row.contains("orphan"))
    });
}

#[test]
fn settings_with_errors_are_named_and_the_rest_is_used() {
    let sandbox = Sandbox::start();
    let home = Home::new();
    home.write_settings(&format!(
        "secrets = \"memory\"\n{}\n[accounts.bad]\nbackend = \"kitaru\"\nendpoint = \"http://a.example\"\n",
        settings(&sandbox.server)
    ));
    let mut terminal = open(&home);
    terminal.wait_for("accounts.bad.endpoint");
    assert!(inside(&terminal, ATTENTION).contains("line9,accounts.bad.endpoint:plainhttp"));
    terminal.keys("<esc>").wait_gone(ATTENTION).wait_for("not logged in");
    log_in(&mut terminal, &sandbox.server.password, false);
    terminal.wait_for("ci-runner").keys("q").wait_exit();

    home.write_settings("this is = = not toml\n");
    let mut terminal = open(&home);
    terminal.wait_for("From the settings");
    assert!(inside(&terminal, "Welcome").contains("line1,thefile:"));
    terminal.keys("<esc>").wait_gone("From the settings").keys("q");
    assert_eq!(terminal.wait_exit().code, Some(0));
    assert_eq!(fs::read_to_string(home.settings_file()).expect("settings"), "this is = = not toml\n");
}

#[test]
fn records_that_cannot_be_used_stop_writes_before_they_are_sent() {
    type Spoil = fn(&Home);
    let sandbox = Sandbox::start();
    let cases: [(&str, Spoil, &str); 3] = [
        (
            "a file stands where the directory should be",
            |home| fs::write(home.path().join("state/keywright"), "x").expect("a file"),
            "records cannot be opened",
        ),
        (
            "a newer program wrote them",
            |home| {
                let folder = home.path().join("state/keywright");
                fs::create_dir_all(&folder).expect("a folder");
                let newer = rusqlite::Connection::open(folder.join("state.db")).expect("a database");
                newer.pragma_update(None, "user_version", 999).expect("its version");
            },
            "written by a newer keywright",
        ),
        (
            "they are damaged",
            |home| {
                let folder = home.path().join("state/keywright");
                fs::create_dir_all(&folder).expect("a folder");
                fs::write(folder.join("state.db"), "this is no database, and long enough to be seen as none")
                    .expect("a file");
            },
            "damaged",
        ),
    ];
    for (what, spoil, sentence) in cases {
        let home = Home::new();
        home.write_settings(&format!("secrets = \"memory\"\n{}", settings(&sandbox.server)));
        spoil(&home);
        let mut terminal = open(&home);
        terminal.wait_for(sentence);
        terminal.keys("L").wait_for("Log in to").send(sandbox.server.password.as_bytes()).keys("<enter>");
        terminal.wait_for("keywright's own records cannot be used");
        terminal.keys("<esc>").wait_gone("Log in to").keys("q");
        assert_eq!(terminal.wait_exit().code, Some(0), "{what}");
    }
    assert_eq!(sandbox.requests("POST", "/api_keys").len(), 0);
}

/// A small file system of its own, taken away at the end.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(place: std::path::PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&place).expect("a folder");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&place);
        let done = command.output().ok()?;
        done.status.success().then_some(Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_stops_a_write_before_it_is_sent() {
    let sandbox = Sandbox::start();
    let home = Home::new();
    home.write_settings(&format!("secrets = \"memory\"\n{}", settings(&sandbox.server)));
    let place = home.path().join("state/keywright");
    let Some(_disk) = SmallDisk::mount(place.clone(), "1m") else {
        return skip::because("no file system can be mounted here");
    };
    let mut terminal = open(&home);
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &sandbox.server.password, false);
    up_to_create(&mut terminal, "etl", "fresh");
    // Whatever is left is filled.
    fs::write(place.join("filler"), vec![0; 2 << 20]).expect_err("no room for that");
    terminal.keys("<enter>").wait_for("the disk is full");
    assert_eq!(sandbox.requests("POST", "/api_keys").len(), 0);
    fs::remove_file(place.join("filler")).expect("it was there");
    terminal.keys("<enter>").wait_for("Masked.");
    assert_eq!(sandbox.server.keys("etl", "fresh").len(), 1);
}

#[test]
fn a_second_program_shares_the_records() {
    let Some((_sandbox, desk)) = desk(State::Unlocked) else { return };
    let mut one = desk.logged_in();
    let mut two = desk.logged_in();
    up_to_create(&mut one, "etl", "fresh");
    one.keys("<enter>").wait_for("Masked.").keys("<c-d>").wait_for("accepted as etl");
    two.keys("R").wait_for("fresh").keys("5").wait_for("create").wait_for("fresh");
    let count: i64 = records(&desk)
        .query_row("SELECT count(*) FROM operations WHERE phase = 'done'", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(count, 1);
}
