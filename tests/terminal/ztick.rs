//! An auth file by keyboard: two editors at once, and the program killed in the middle of an edit.

use std::fs;
use std::path::{Path, PathBuf};

use support::keyring::{Keyring, State};
use support::pty::{Output, Signal, Terminal};
use support::{skip, wait};

use crate::program::{Desk, copy_revealed};
use crate::sandbox::Sandbox;

/// What the program generates, without a prefix.
const LENGTH: usize = 43;

/// The sandbox's own file and server.
struct Service {
    address: String,
    file: PathBuf,
}

impl Service {
    fn of(sandbox: &Sandbox) -> Self {
        let told = &sandbox.told["ztick"];
        let text = |name: &str| told[name].as_str().expect("a text").to_owned();
        let file = PathBuf::from(text("auth_file"));
        Self { address: text("address"), file }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).expect("the file")
    }
}

/// A machine with one account, `jobs`: a server and its file, and how it is restarted, if at all.
fn desk(sandbox: &Sandbox, address: &str, file: &Path, more: &str) -> Desk {
    let desk = Desk {
        home: support::home::Home::new(),
        keyring: Keyring::start(State::Unlocked),
        server: sandbox.server.clone(),
    };
    write_settings(&desk, address, file, more);
    desk
}

fn write_settings(desk: &Desk, address: &str, file: &Path, more: &str) {
    desk.home.write_settings(&format!(
        "[accounts.jobs]\nbackend = \"ztick\"\nendpoint = \"tcp://{address}\"\nauth_file = \"{}\"\n{more}\n",
        file.display()
    ));
}

/// Goes from the table to the check of a new token.
fn up_to_create(terminal: &mut Terminal, name: &str, namespace: &str) {
    terminal.keys("n").wait_for("▸ name").send(name.as_bytes()).keys("<enter>").wait_for("▸ scopes");
    terminal.keys("/").send(namespace.as_bytes()).keys("<enter>");
    // It stands chosen at the end of the list, which may be out of sight.
    terminal.wait_for("It allows: all that begins with it");
    terminal.keys("<enter>").wait_for("▸ check");
}

/// Closes the reveal and gives the secret.
fn take(terminal: &mut Terminal) -> String {
    terminal.wait_for("Masked.");
    let secret = copy_revealed(terminal);
    terminal.keys("<c-d>").wait_gone("Masked.");
    assert_eq!(secret.len(), LENGTH);
    secret
}

/// Whether the words stand on the screen, however its lines break.
fn said(output: &Output, words: &str) -> bool {
    let all = output.rows().join(" ").replace(['│', '║'], " ");
    all.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

fn wait_said(terminal: &mut Terminal, words: &str) {
    terminal.wait_until(words, |output| said(output, words));
}

#[test]
fn the_second_of_two_editors_is_told_with_the_difference() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    let desk = desk(&sandbox, &service.address, &service.file, "");
    let mut terminal = desk.start().size(140, 40).spawn();
    terminal.wait_for("deploy");
    up_to_create(&mut terminal, "ci", "ci.");
    // Somebody else is quicker.
    let theirs = format!(
        "{}\n[token.theirs]\nsecret = \"0123456789abcdef0123\"\nnamespace = \"t.\"\n",
        service.text()
    );
    fs::write(&service.file, &theirs).expect("written");
    terminal.keys("<enter>");
    wait_said(&mut terminal, "Somebody else changed it since it was read");
    wait_said(&mut terminal, "[token.theirs]");
    assert!(!terminal.text().contains("0123456789abcdef"), "{}", terminal.text());
    assert_eq!(service.text(), theirs, "what they wrote is left alone");
    // Told, the next try goes on from what is there.
    terminal.keys("<enter>");
    take(&mut terminal);
    assert!(service.text().starts_with(&theirs));
}

/// The sections of a file beyond what it began with, checked to be one whole section or none.
fn added(before: &str, now: &str) -> bool {
    let rest = now.strip_prefix(before).unwrap_or_else(|| panic!("the old bytes are not there:\n{now}"));
    if rest.trim().is_empty() {
        return false;
    }
    let lines: Vec<&str> = rest.trim().lines().collect();
    assert!(lines[0].starts_with("[token.ci"), "{rest}");
    assert!(lines.iter().any(|line| line.starts_with("secret = \"") && line.ends_with('"')), "{rest}");
    assert_eq!(lines.last(), Some(&"namespace = \"ci.\""), "{rest}");
    true
}

/// A file on this machine: the program is killed as soon as a step of the edit shows beside the file. Whatever instant
/// that was, the file is whole.
#[test]
fn killed_at_any_instant_the_file_is_whole() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    let beside = |name: &str| service.file.with_file_name(name);
    let moments = [None, Some(".auth.toml.keywright-backup-part"), Some("auth.toml.keywright-backup")];
    for (round, moment) in
        moments.into_iter().chain([Some(".auth.toml.keywright-part"), Some("")]).enumerate()
    {
        let desk = desk(&sandbox, &service.address, &service.file, "");
        let before = service.text();
        drop(fs::remove_file(beside("auth.toml.keywright-backup")));
        let mut terminal = desk.start().size(140, 40).spawn();
        terminal.wait_for("deploy");
        up_to_create(&mut terminal, &format!("ci-{round}"), "ci.");
        terminal.keys("<enter>");
        let reached = || match moment {
            None => true,
            Some("") => service.text() != before,
            Some(name) => beside(name).exists() || service.text() != before,
        };
        let deadline = std::time::Instant::now() + wait::PATIENCE;
        // Asked without a pause: these steps are over in an instant.
        while !reached() {
            assert!(std::time::Instant::now() < deadline, "round {round}");
            std::thread::yield_now();
        }
        terminal.signal(Signal::KILL).wait_exit();
        let is_new = added(&before, &service.text());
        assert!(is_new || moment != Some(""), "round {round}");
        // The next start shows what is in the file, and that something was not finished.
        let mut terminal = desk.start().size(140, 40).spawn();
        if is_new {
            terminal.wait_for("Unfinished work").keys("c");
            wait_said(&mut terminal, "is stored");
        } else {
            terminal.wait_for("deploy");
        }
        terminal.signal(Signal::KILL).wait_exit();
    }
}
