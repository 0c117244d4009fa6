//! The program as a citizen of a terminal: sizes, pastes, stops, signals, ends, and terminals that can do little.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use support::home::Home;
use support::keyring::Keyring;
use support::pty::{COOKED, Exit, LineSettings, Signal, Start, Terminal};
use support::{skip, wait};

use crate::codes;
use crate::program::{BINARY, Desk, KEY_PREFIX, KITARU, WAITING, settings, to_account, up_to_create};
use crate::sandbox::Sandbox;

const KEYS: &str = "/api/v1/service_accounts/*/api_keys";
const LEFT: Exit = Exit { code: Some(0), signal: None };

/// The program on its embedded sandbox, with the table on the screen.
fn on_sandbox(home: &Home) -> Terminal {
    let mut terminal = Start::new(BINARY, home).arg("--sandbox").size(100, 30).spawn();
    to_account(&mut terminal, KITARU);
    terminal.wait_for("ci-runner");
    terminal
}

/// The same with a new key shown in clear.
fn revealing(home: &Home) -> Terminal {
    let mut terminal = on_sandbox(home);
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Masked.").keys("u").wait_for(KEY_PREFIX);
    terminal
}

#[test]
fn every_way_to_end_leaves_the_terminal_as_it_was() {
    type End = fn(&mut Terminal);
    let ends: [(&str, End); 6] = [
        ("q", |terminal| {
            terminal.keys("q");
        }),
        ("Ctrl-C", |terminal| {
            terminal.keys("<c-c>");
        }),
        ("SIGTERM", |terminal| {
            terminal.signal(Signal::TERM);
        }),
        ("SIGINT", |terminal| {
            terminal.signal(Signal::INT);
        }),
        ("SIGQUIT", |terminal| {
            terminal.signal(Signal::QUIT);
        }),
        ("SIGHUP", |terminal| {
            terminal.signal(Signal::HUP);
        }),
    ];
    for (name, end) in ends {
        let home = Home::new();
        let mut terminal = Start::new(BINARY, &home).spawn();
        terminal.wait_for("Welcome to keywright");
        assert!(terminal.look().screen().alternate_screen(), "{name}");
        assert_eq!(terminal.line_settings(), LineSettings { echo: false, by_line: false });
        end(&mut terminal);
        assert_eq!(*terminal.wait_exit(), LEFT, "{name}");
        terminal.assert_restored();
    }
}

#[test]
fn a_new_secret_is_closed_by_its_own_key_alone() {
    let home = Home::new();
    let mut terminal = revealing(&home);
    terminal.keys("u").wait_for("Masked.");
    terminal.keys("<enter>q<esc>").paste("q\nq").keys("?<tab><f1>1x").keys("u").wait_for(KEY_PREFIX);
    terminal.keys("<c-d>").wait_gone(KEY_PREFIX).wait_for("accepted as etl");
}

#[test]
fn a_secret_in_clear_is_masked_when_the_focus_goes() {
    let home = Home::new();
    let mut terminal = revealing(&home);
    terminal.send(b"\x1b[O").wait_gone(KEY_PREFIX).send(b"\x1b[I").wait_for("Masked.");
    assert!(!terminal.text().contains(KEY_PREFIX), "it stays masked until it is asked for");
}

#[test]
fn the_lock_hides_everything_until_it_is_lifted() {
    let home = Home::new();
    let mut terminal = revealing(&home);
    terminal.keys("<c-l>").wait_for("keywright is locked");
    assert!(!terminal.text().contains("ci-runner") && !terminal.text().contains(KEY_PREFIX));
    terminal.keys("ux<c-d>").keys("<enter>").wait_for("Masked.");
}

#[test]
fn any_size_is_survived() {
    let home = Home::new();
    let mut terminal = revealing(&home);
    terminal.resize(20, 5).wait_for("needs 60×16");
    terminal.resize(1, 1).wait_until("there is one cell", |output| output.text().trim() == "…");
    terminal.resize(300, 100).wait_for("Masked.").wait_for("all accounts");
    assert!(!terminal.text().contains(KEY_PREFIX), "what was hidden by the size comes back masked");
    terminal.resize(59, 16).wait_for("keywright needs 60×16; this is 59×16");
    for (columns, rows) in [(60, 16), (110, 16), (100, 30)] {
        terminal.resize(columns, rows).wait_for("Masked.").wait_for("New API key fresh");
    }
    terminal.keys("<c-d>").wait_for("accepted as etl").keys("q");
    assert_eq!(*terminal.wait_exit(), LEFT);
    terminal.assert_restored();
}

#[test]
fn a_stop_gives_the_terminal_back_and_masks() {
    for stop in ["<c-z>", "SIGTSTP"] {
        let home = Home::new();
        let start = Start::new(BINARY, &home).arg("--sandbox").size(100, 30).under_shell();
        let mut terminal = start.spawn();
        to_account(&mut terminal, KITARU);
        terminal.wait_for("ci-runner");
        up_to_create(&mut terminal, "etl", "fresh");
        terminal.keys("<enter>").wait_for("Masked.").keys("u").wait_for(KEY_PREFIX);
        if stop == "SIGTSTP" {
            terminal.signal(Signal::TSTP);
        } else {
            terminal.keys(stop);
        }
        terminal.wait_suspended();
        assert!(!terminal.look().screen().alternate_screen(), "{stop}");
        assert_eq!(terminal.line_settings(), COOKED, "{stop}");
        assert!(!terminal.text().contains(KEY_PREFIX), "{stop}");
        terminal.send(b"\n").wait_for("Masked.");
        assert!(terminal.look().screen().alternate_screen(), "{stop}");
        terminal.keys("u").wait_for(KEY_PREFIX).keys("<c-d>").wait_for("accepted as etl").keys("q");
        assert_eq!(*terminal.wait_exit(), LEFT, "{stop}");
        terminal.assert_restored();
    }
}

#[test]
fn a_terminal_that_vanishes_ends_the_program_after_its_write() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    // A terminal of its own inside the test's, so that it can be killed.
    let start = Start::new("/usr/bin/script", &desk.home).envs(desk.keyring.environment());
    let mut terminal = start.args(["-qec", BINARY, "/dev/null"]).size(100, 30).spawn();
    terminal.wait_for("not logged in");
    crate::program::log_in(&mut terminal, &desk.server.password, false);
    up_to_create(&mut terminal, "etl", "fresh");
    sandbox.fault(&json!({ "kind": "delay", "method": "POST", "path": KEYS, "delay_ms": 1500 }));
    terminal.keys("<enter>").wait_for(WAITING);
    let program = wait::until("the program is found", || child_called(terminal.pid(), "keywright"));
    terminal.signal(Signal::KILL).wait_exit();
    wait::until("the program ends", || {
        (!fs::exists(format!("/proc/{program}")).expect("proc")).then_some(())
    });

    let mut again = desk.start().size(100, 30).spawn();
    again.wait_for("worked; the new secret is stored, but it was not shown yet");
}

/// The descendant of a process with this name.
fn child_called(pid: u32, name: &str) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().filter_map(|child| child.parse().ok()).find_map(|child: u32| {
        let called = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        if called.trim() == name { Some(child) } else { child_called(child, name) }
    })
}

#[test]
fn a_paste_with_line_breaks_goes_into_the_field_and_never_submits() {
    let home = Home::new();
    let mut terminal = on_sandbox(&home);
    let put = "two\nlines\r\nhere\u{1b}[31m";
    let whole = "twolineshere[31m";

    terminal.keys("/").wait_for(" / ").paste(put).wait_for(&format!("/ {whole}")).keys("<esc>");
    terminal.wait_gone(whole).keys(":").wait_for("Commands").paste(put).wait_for(whole).keys("<esc>");
    terminal.wait_gone("Commands").keys("n").wait_for("▸ owner").paste(put).wait_for(whole);
    assert!(terminal.text().contains("▸ owner"));
    terminal.keys("<c-u>").send(b"etl").keys("<enter>").wait_for("▸ name").paste(put).wait_for(whole);
    terminal.keys("<tab>").wait_for("▸ description").paste(put);
    terminal.wait_until("both fields have it", |output| output.text().matches(whole).count() == 2);
    assert!(terminal.text().contains("▸ name"), "the step is the same");
    terminal.keys("<esc>").wait_for("▸ owner").keys("<esc>").wait_gone("▸ owner");

    terminal.keys("L").wait_for("Log in to").keys("<btab>").wait_for("▸ User name").keys("<c-u>").paste(put);
    terminal.wait_for(whole).keys("<tab>").wait_for("▸ Password").paste(put).wait_for("••••••••");
    assert!(terminal.text().contains("Log in to"));
    terminal
        .keys("<esc>")
        .wait_gone("Log in to")
        .keys("i")
        .wait_for("Import")
        .paste(put)
        .wait_for("••••••••");
    terminal.keys("<esc>").wait_gone("Import").keys("e").wait_for("Edit").paste(put).wait_for(whole);
    terminal.keys("<esc>").wait_gone("Edit").wait_for("▸ default");

    terminal
        .keys("r")
        .wait_for("▸ review")
        .wait_gone("Reading it again")
        .keys("<enter>")
        .wait_for("Stop the old secret")
        .paste("yes\n")
        .keys("<enter>")
        .wait_for("This is not yes. Nothing was done.")
        .send(b"yes")
        .keys("<enter>")
        .wait_for("▸ retention");
    terminal.keys("<down><down><down>").wait_for("▸ another length").paste("3\n6\nh").wait_for("36h");
    assert!(terminal.text().contains("▸ retention"));
    terminal.keys("<c-u>0<enter>").wait_for("▸ targets").keys("<enter>").wait_for("▸ check");
    terminal.paste("0\n").keys("<enter>").wait_for("This is not 0. Nothing was done.");
}

#[test]
fn leaving_waits_for_a_write_and_says_so() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let mut terminal = desk.logged_in();
    up_to_create(&mut terminal, "etl", "fresh");
    sandbox.fault(&json!({ "kind": "delay", "method": "POST", "path": KEYS, "delay_ms": 2000 }));
    terminal
        .keys("<enter>")
        .wait_for(WAITING)
        .keys("<c-c>")
        .wait_for("leaving as soon as this has its answer");
    assert!(terminal.is_running());
    assert_eq!(*terminal.wait_exit(), LEFT);
    terminal.assert_restored();
    let mut again = desk.start().size(100, 30).spawn();
    again.wait_for("worked; the new secret is stored, but it was not shown yet");
}

#[test]
fn leaving_does_not_lose_a_secret_that_is_only_in_memory() {
    let sandbox = Sandbox::start();
    let home = Home::new();
    home.write_settings(&format!("secrets = \"memory\"\n{}", settings(&sandbox.server)));
    let mut terminal = Start::new(BINARY, &home).size(100, 30).spawn();
    terminal.wait_for("not logged in");
    crate::program::log_in(&mut terminal, &sandbox.server.password, false);
    up_to_create(&mut terminal, "etl", "fresh");
    sandbox.fault(&json!({ "kind": "delay", "method": "POST", "path": KEYS, "delay_ms": 1000 }));
    terminal
        .keys("<enter>")
        .wait_for(WAITING)
        .keys("<c-c>")
        .wait_for("leaving as soon as this has its answer");
    terminal.wait_for("Masked.").keys("<c-c>").wait_for("Leave and lose the secret?");
    terminal.keys("<esc>").wait_for("Masked.").keys("<c-c>").wait_for("Leave and lose the secret?");
    terminal.keys("discard<enter>");
    assert_eq!(*terminal.wait_exit(), LEFT);
}

#[test]
fn without_a_terminal_there_is_a_sentence_and_a_code() {
    let home = Home::new();
    let mut command = Command::new(BINARY);
    command.env_clear().envs(home.environment()).stdin(Stdio::null());
    let done = command.output().expect("it runs");
    assert_eq!((done.status.code(), done.stdout), (Some(1), Vec::new()));
    let words = String::from_utf8(done.stderr).expect("text");
    assert!(words.starts_with("keywright: keywright needs a terminal"), "{words}");
    assert_eq!(words.lines().count(), 1, "{words}");

    // Keys could be read here, but nothing drawn.
    let start = Start::new("/bin/sh", &home).args(["-c", "$0 | cat; echo END", BINARY]);
    let mut terminal = start.size(200, 24).spawn();
    terminal.wait_for("END");
    assert!(terminal.text().contains("standard output is not one"), "{}", terminal.text());
    assert_eq!(terminal.line_settings(), COOKED);
}

#[test]
fn a_dumb_terminal_has_no_clipboard() {
    let home = Home::new();
    let mut terminal = Start::new(BINARY, &home).arg("--sandbox").env("TERM", "dumb").size(100, 30).spawn();
    to_account(&mut terminal, KITARU);
    terminal.wait_for("ci-runner");
    up_to_create(&mut terminal, "etl", "fresh");
    terminal.keys("<enter>").wait_for("Masked.").keys("y").wait_for("Not copied").keys("<c-d>");
    terminal.wait_gone("Masked.").wait_for("fresh");
    assert_eq!(terminal.copied(), Vec::<Vec<u8>>::new());
}

#[test]
fn without_color_there_is_none_and_states_are_words() {
    let home = Home::new();
    let mut terminal = Start::new(BINARY, &home).arg("--sandbox").env("NO_COLOR", "1").size(100, 30).spawn();
    terminal.wait_for("retiring").wait_for("● active");
    assert_eq!(codes::colours(&terminal.raw()), Vec::<String>::new());
    let mut coloured = on_sandbox(&home);
    coloured.wait_for("retiring");
    assert_ne!(codes::colours(&coloured.raw()), Vec::<String>::new(), "the control");
}

#[test]
fn only_known_codes_go_to_the_terminal() {
    let home = Home::new();
    let mut terminal = revealing(&home);
    terminal.keys("y").wait_for("OSC 52").keys("<c-l>").wait_for("locked").keys("<enter>").wait_for("fresh");
    terminal
        .resize(160, 50)
        .wait_for("all accounts")
        .keys("<c-d>")
        .wait_for("accepted")
        .keys("?")
        .wait_for("Help");
    terminal.keys("<esc>").wait_gone("Help").keys("q").wait_exit();
    codes::assert_known(&terminal.raw());
}

#[test]
fn an_idle_program_sleeps() {
    let home = Home::new();
    let mut terminal = Start::new(BINARY, &home).spawn();
    terminal.wait_for("Welcome to keywright").wait_for("no keyring");
    let switches = |pid: u32| -> u64 {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads").flatten();
        let status = tasks.map(|task| fs::read_to_string(task.path().join("status")).unwrap_or_default());
        status
            .flat_map(|status| {
                let count =
                    |line: &str| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse::<u64>().ok();
                status.lines().filter_map(count).collect::<Vec<_>>()
            })
            .sum()
    };
    // Quiet comes some time after the start: threads end, the spinner stops.
    let pid = terminal.pid();
    let mut before = switches(pid);
    let mut since = std::time::Instant::now();
    let quiet = wait::within(Duration::from_mins(1), || {
        let now = switches(pid);
        if now != before {
            (before, since) = (now, std::time::Instant::now());
        }
        (since.elapsed() >= Duration::from_secs(3)).then_some(())
    });
    assert!(quiet.is_some(), "it wakes up again and again");
}
