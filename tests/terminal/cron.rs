//! What `due --install` leaves behind, run exactly as it is written: the service by its `Environment` and `ExecStart`
//! lines, the line for cron by a shell, each with the bare environment that systemd and cron give, and a real keyring.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::commands::words;
use crate::due::{bare, one, pools, systemctl, tree};
use crate::program::{BINARY, Desk, records};

/// Rotates the first credential that works, with a revocation promised; its identifier.
fn promised(desk: &Desk) -> String {
    let listed: Vec<Value> = serde_json::from_slice(&desk.run(&["list", "--json"]).stdout).expect("an array");
    let old = listed.iter().find(|one| one["state"] == "active" && one["window_ends"].is_null());
    let old = old.expect("one that works");
    let (id, name) = (old["id"].as_str().expect("an id"), old["name"].as_str().expect("a name"));
    let rotated = desk.run(&["rotate", id, "--yes", name, "--retain", "1h"]);
    assert_eq!(rotated.status.code(), Some(0), "{}{}", words(&rotated.stdout), words(&rotated.stderr));
    id.to_owned()
}

/// Its time has come.
fn ripen(desk: &Desk) {
    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5)).to_string();
    let changed =
        records(desk).execute("UPDATE promises SET due = ?1, next_try = ?1 WHERE state = 'waiting'", [&past]);
    assert_eq!(changed, Ok(1));
}

fn is_listed(desk: &Desk, id: &str) -> bool {
    let listed: Vec<Value> = serde_json::from_slice(&desk.run(&["list", "--json"]).stdout).expect("an array");
    listed.iter().any(|one| one["id"].as_str() == Some(id) && one["state"] != "revoked")
}

/// `due --install` with a manager of services that answers so; the session's sockets are there, and no bus is in the
/// environment.
fn install(desk: &Desk, sockets: &Path, answer: i32) -> Output {
    let path = systemctl(&desk.home, answer);
    let mut command = Command::new(BINARY);
    command.args(["due", "--install"]).env_clear().envs(desk.home.environment());
    command.env("PATH", path).env("XDG_RUNTIME_DIR", sockets).stdin(Stdio::null());
    let out = command.output().expect("it runs");
    assert_eq!(out.status.code(), Some(0), "{}", words(&out.stderr));
    out
}

/// A word of a unit file as systemd reads it, with the folder of the session's sockets for `%t`.
fn unquoted(word: &str, sockets: &Path) -> String {
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("quoted");
    let plain = inner.replace("\\\"", "\"").replace("\\\\", "\\").replace("$$", "$");
    plain.replace("%t", &sockets.display().to_string()).replace("%%", "%")
}

/// Runs the service as the manager does.
fn start_service(desk: &Desk, sockets: &Path) -> Output {
    let files = tree(&desk.home.path().join("config/systemd"));
    let service = &files.iter().find(|(name, _)| name.ends_with(".service")).expect("a service").1;
    let mut variables = BTreeMap::new();
    let mut program = None;
    for line in service.lines() {
        if let Some(word) = line.strip_prefix("Environment=") {
            let pair = unquoted(word, sockets);
            let (name, value) = pair.split_once('=').expect("a variable");
            variables.insert(name.to_owned(), value.to_owned());
        } else if let Some(line) = line.strip_prefix("ExecStart=") {
            let (word, rest) = line.rsplit_once(' ').expect("a program and its argument");
            program = Some((unquoted(word, sockets), rest.to_owned()));
        }
    }
    let (program, argument) = program.expect("a program");
    let mut command = Command::new(program);
    command.arg(argument).env_clear().envs(variables).stdin(Stdio::null());
    command.env("HOME", desk.home.path().join("home")).env("PATH", "/usr/bin:/bin");
    command.output().expect("it runs")
}

/// Runs the line of a crontab as cron does.
fn run_cron_line(desk: &Desk, line: &str) -> Output {
    let (when, rest) = line.split_at(line.match_indices(' ').nth(4).expect("five fields").0);
    assert_eq!(when, "*/5 * * * *");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", rest.trim()]).env_clear().env("SHELL", "/bin/sh").env("PATH", "/usr/bin:/bin");
    command.env("HOME", desk.home.path().join("home")).env("LOGNAME", "somebody").stdin(Stdio::null());
    command.output().expect("it runs")
}

#[test]
fn what_is_installed_keeps_the_promise_or_says_why_it_cannot() {
    let Some((_sandbox, desk)) = pools() else { return };
    let sockets = desk.home.path().join("run");
    let address = desk.keyring.environment().remove(0).1;
    let socket = address.split(',').next().and_then(|part| part.strip_prefix("unix:path=")).expect("a path");

    // The service: without a bus it says so and the promise stands, with one it is kept.
    let old = promised(&desk);
    ripen(&desk);
    install(&desk, &sockets, 0);
    let out = start_service(&desk, &sockets);
    assert_eq!(out.status.code(), Some(3), "{}{}", words(&out.stdout), words(&out.stderr));
    assert!(words(&out.stderr).contains("there is no session bus"), "{}", words(&out.stderr));
    assert!(is_listed(&desk, &old));
    ripen(&desk);
    symlink(socket, sockets.join("bus")).expect("a link");
    let out = start_service(&desk, &sockets);
    assert_eq!(out.status.code(), Some(0), "{}{}", words(&out.stdout), words(&out.stderr));
    assert!(words(&out.stdout).starts_with("kept  pools"), "{}", words(&out.stdout));
    assert!(!is_listed(&desk, &old));

    // The line for cron; what the keyring being locked means is said as well.
    let old = promised(&desk);
    ripen(&desk);
    let line = words(&install(&desk, &sockets, 1).stdout);
    assert_eq!(line.lines().count(), 1, "{line}");
    let out = run_cron_line(&desk, line.trim_end());
    assert_eq!(out.status.code(), Some(0), "{}{}", words(&out.stdout), words(&out.stderr));
    assert!(words(&out.stdout).starts_with("kept  pools"), "{}", words(&out.stdout));
    assert!(!is_listed(&desk, &old));

    let old = promised(&desk);
    ripen(&desk);
    desk.keyring.lock();
    let out = run_cron_line(&desk, line.trim_end());
    let said = words(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{said}");
    assert!(said.contains("locked"), "{said}");
    // Nothing but a home and a path, as the barest cron: the bus is looked for where the system has it. Where there is
    // one it is the person's own, which no test touches.
    let own = format!("/run/user/{}/bus", rustix::process::getuid().as_raw());
    if !Path::new(&own).exists() {
        let out = bare(&desk, &["due", "--now", "--json"], None);
        let said = words(&out.stderr);
        assert_eq!((out.status.code(), one(&out)["state"].as_str()), (Some(3), Some("failed")), "{said}");
        assert!(said.contains("there is no session bus"), "{said}");
    }
    let waiting: i64 = records(&desk)
        .query_row(
            "SELECT count(*) FROM promises WHERE state = 'waiting' AND credential = ?1",
            [&old],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(waiting, 1, "the promise stands");
    let config = fs::read_dir(desk.home.path().join("config/systemd/user")).expect("the units").count();
    assert_eq!(config, 2, "a line for cron writes nothing");
}
