//! Promised revocations without a screen: the timer that calls `due`, and `due` where there is no session bus in the
//! environment, as under cron.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::home::Home;
use support::keyring::Keyring;
use support::skip;

use crate::commands::words;
use crate::program::{BINARY, Desk, records};
use crate::sandbox::Sandbox;
use crate::zpools;

/// A `systemctl` that writes down what it was asked for, and answers so.
pub(crate) fn systemctl(home: &Home, answer: i32) -> String {
    let folder = home.path().join("bin");
    fs::create_dir_all(&folder).expect("a folder");
    for name in ["systemctl", "loginctl"] {
        let program = folder.join(name);
        let text = format!("#!/bin/sh\necho {name} \"$*\" >> {}\nexit {answer}\n", asked(home).display());
        fs::write(&program, text).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("its mode");
    }
    folder.display().to_string()
}

fn asked(home: &Home) -> std::path::PathBuf {
    home.path().join("asked")
}

fn run(home: &Home, path: &str, argument: &str) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["due", argument]).env_clear().envs(home.environment()).env("PATH", path);
    command.stdin(Stdio::null()).output().expect("it runs")
}

/// Every file below a folder with its text.
pub(crate) fn tree(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(tree(&entry.path()));
        } else {
            let text = fs::read_to_string(entry.path()).expect("text");
            found.push((entry.path().display().to_string(), text));
        }
    }
    found.sort();
    found
}

#[test]
fn the_timer_is_written_once_and_removed_with_nothing_left() {
    let home = Home::new();
    let path = systemctl(&home, 0);
    let config = home.path().join("config");
    let first = run(&home, &path, "--install");
    assert_eq!(first.status.code(), Some(0), "{}", words(&first.stderr));
    assert!(words(&first.stdout).contains("written") && words(&first.stderr).contains("enable-linger"));
    let files = tree(&config);
    assert_eq!(files.len(), 2, "{files:?}");
    let service = &files.iter().find(|(name, _)| name.ends_with(".service")).expect("a service").1;
    assert!(
        service.contains("unix:path=%t/bus") && service.contains(&format!("\"{BINARY}\" due")),
        "{service}"
    );
    let again = run(&home, &path, "--install");
    assert!(words(&again.stdout).contains("unchanged") && !words(&again.stdout).contains("written"));
    assert_eq!(tree(&config), files);
    let told = fs::read_to_string(asked(&home)).expect("asked");
    assert!(told.contains("systemctl --user enable --now keywright-due.timer"), "{told}");

    let gone = run(&home, &path, "--uninstall");
    assert_eq!(gone.status.code(), Some(0), "{}", words(&gone.stderr));
    assert_eq!((tree(&config), fs::read_dir(&config).expect("a folder").count()), (Vec::new(), 0));
    let told = fs::read_to_string(asked(&home)).expect("asked");
    assert!(told.contains("systemctl --user disable --now keywright-due.timer"), "{told}");
    let nothing = run(&home, &path, "--uninstall");
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(0), 0));

    // What somebody else wrote is theirs.
    let units = config.join("systemd/user");
    fs::create_dir_all(&units).expect("a folder");
    fs::write(units.join("keywright-due.timer"), "[Timer]\n").expect("a file");
    let refused = run(&home, &path, "--install");
    assert_eq!(refused.status.code(), Some(1));
    assert!(words(&refused.stderr).contains("not keywright's"), "{}", words(&refused.stderr));
    run(&home, &path, "--uninstall");
    assert_eq!(fs::read_to_string(units.join("keywright-due.timer")).expect("still there"), "[Timer]\n");
}

#[test]
fn without_a_manager_of_services_a_line_for_cron_is_printed_and_nothing_written() {
    let home = Home::new();
    let path = systemctl(&home, 1);
    let out = run(&home, &path, "--install");
    let line = words(&out.stdout);
    assert_eq!((out.status.code(), line.lines().count()), (Some(0), 1), "{line}{}", words(&out.stderr));
    assert!(line.starts_with("*/5 * * * * DBUS_SESSION_BUS_ADDRESS=unix:path="), "{line}");
    assert!(line.trim_end().ends_with(&format!("{BINARY} due")), "{line}");
    assert_eq!(tree(&home.path().join("config")), Vec::new());
    for both in [["--install", "--uninstall"], ["--install", "--dry-run"]] {
        let mut command = Command::new(BINARY);
        let out =
            command.arg("due").args(both).env_clear().envs(home.environment()).output().expect("it runs");
        assert_eq!(out.status.code(), Some(2), "{both:?}");
    }
}

/// A machine with one account, `pools`, whose login is kept; where there is no keyring it tells so and gives nothing.
pub(crate) fn pools() -> Option<(Sandbox, Desk)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let desk = zpools::desk(&sandbox);
    desk.keep_logged_in();
    Some((sandbox, desk))
}

/// Runs a command as cron would: nothing of a session is in the environment, but perhaps where its sockets are.
pub(crate) fn bare(desk: &Desk, arguments: &[&str], sockets: Option<&Path>) -> Output {
    let kept = ["HOME", "PATH", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"];
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.envs(desk.home.environment().into_iter().filter(|(name, _)| kept.contains(&name.as_str())));
    command.envs(sockets.map(|folder| ("XDG_RUNTIME_DIR", folder)));
    command.output().expect("it runs")
}

pub(crate) fn one(out: &Output) -> Value {
    let all: Vec<Value> =
        serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{}", words(&out.stderr)));
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

#[test]
fn due_without_a_session_keeps_its_promise_or_says_what_is_missing() {
    let Some((_sandbox, desk)) = pools() else { return };
    let listed: Vec<Value> = serde_json::from_slice(&desk.run(&["list", "--json"]).stdout).expect("an array");
    let old = listed.iter().find(|one| one["state"] == "active").expect("one that works");
    let (id, name) = (old["id"].as_str().expect("an id"), old["name"].as_str().expect("a name"));

    let rotate = ["rotate", id, "--yes", name, "--retain", "1h", "--json"];
    let rotated = desk.run(&rotate);
    assert_eq!(rotated.status.code(), Some(0), "{}{}", words(&rotated.stdout), words(&rotated.stderr));
    let told: Value = serde_json::from_slice(&rotated.stdout).expect("an object");
    assert!(told["window_ends"].as_str().is_some_and(|end| end.ends_with('Z')), "{told}");
    assert!(told["old"].as_str().is_some_and(|words| words.contains("is to be revoked at")), "{told}");
    let twice = desk.run(&rotate);
    assert_eq!(twice.status.code(), Some(2));
    assert!(words(&twice.stderr).contains("rotated already"), "{}", words(&twice.stderr));

    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5)).to_string();
    let changed = records(&desk).execute("UPDATE promises SET due = ?1, next_try = ?1", [&past]);
    assert_eq!(changed, Ok(1));
    let checked = desk.run(&["check", "--json"]);
    assert_eq!(checked.status.code(), Some(3));
    let lines: Vec<Value> = serde_json::from_slice(&checked.stdout).expect("an array");
    let overdue = lines
        .iter()
        .filter(|line| line["what"].as_str().is_some_and(|what| what.contains("was to be revoked")));
    let overdue: Vec<&Value> = overdue.collect();
    assert_eq!(overdue.len(), 1, "{lines:?}");
    assert_eq!(
        (overdue[0]["severity"].as_str(), overdue[0]["credential"]["id"].as_str()),
        (Some("alarm"), Some(id))
    );

    // No bus anywhere: what is the matter and what mends it is said, and the promise stands.
    let nowhere = desk.home.path().join("tmp");
    let out = bare(&desk, &["due", "--json"], Some(&nowhere));
    assert_eq!(
        (out.status.code(), one(&out)["state"].as_str()),
        (Some(3), Some("failed")),
        "{}",
        words(&out.stderr)
    );
    let said = words(&out.stderr);
    assert!(said.contains("there is no session bus") && said.contains("enable-linger"), "{said}");

    // However often it is called, what failed is not tried before its pause is over; that is said.
    let out = bare(&desk, &["due", "--json"], Some(&nowhere));
    let entry = one(&out);
    assert_eq!((out.status.code(), entry["state"].as_str()), (Some(3), Some("failed")), "{entry}");
    assert!(entry["note"].as_str().is_some_and(|note| note.contains("next try at")), "{entry}");
    assert_eq!(words(&out.stderr), "", "nothing was tried");

    // The bus where the system has it, and nothing in the environment that says so.
    let address = desk.keyring.environment().remove(0).1;
    let socket = address.split(',').next().and_then(|part| part.strip_prefix("unix:path=")).expect("a path");
    let sockets = desk.home.path().join("run");
    symlink(socket, sockets.join("bus")).expect("a link");
    let out = bare(&desk, &["due", "--now", "--json"], Some(&sockets));
    let entry = one(&out);
    assert_eq!(
        (out.status.code(), entry["state"].as_str()),
        (Some(0), Some("kept")),
        "{entry}{}",
        words(&out.stderr)
    );
    assert_eq!(entry["credential"].as_str(), Some(id));
    assert_eq!(words(&bare(&desk, &["due", "--json"], Some(&sockets)).stdout), "[]\n");
    // A login that is kept no more is the one thing missing then.
    assert_eq!(bare(&desk, &["check"], Some(&sockets)).status.code(), Some(3), "the seed has findings");
}
