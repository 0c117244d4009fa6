//! The companion commands: what they print, and their exit codes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::home::Home;
use support::keyring::Keyring;
use support::skip;

use crate::program::{BINARY, Desk};
use crate::sandbox::Sandbox;

/// Every member of an entry of `list --json`, as its page in the source documents it.
const MEMBERS: [&str; 17] = [
    "account",
    "backend",
    "created",
    "description",
    "enabled",
    "expires",
    "id",
    "kind",
    "last_used",
    "name",
    "owner",
    "owner_id",
    "rotated",
    "scopes",
    "state",
    "stored",
    "window_ends",
];

pub(crate) fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn list_uses_the_kept_login_and_says_when_there_is_none() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let out = desk.run(&["list", "--json"]);
    assert_eq!((out.status.code(), words(&out.stdout).as_str()), (Some(4), "[]\n"), "{}", words(&out.stderr));
    assert!(words(&out.stderr).contains("sand: "), "{}", words(&out.stderr));

    desk.keep_logged_in();
    let json = desk.run(&["list", "--json", "sand"]);
    assert_eq!(json.status.code(), Some(0), "{}", words(&json.stderr));
    let entries: Vec<Value> = serde_json::from_slice(&json.stdout).expect("an array");
    assert_eq!(entries.len(), 17, "the seed");
    for entry in &entries {
        let mut members: Vec<&str> =
            entry.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, MEMBERS);
    }
    let retiring =
        entries.iter().find(|one| one["owner"] == "ci-runner" && one["name"] == "default").expect("it");
    assert!(retiring["window_ends"].as_str().is_some_and(|end| end.ends_with('Z')), "{retiring}");
    assert_eq!(retiring["account"], "sand");

    let table = desk.run(&["list"]);
    let table = words(&table.stdout);
    assert!(table.starts_with("ACCOUNT") && table.lines().count() == 18, "{table}");
    assert!(!table.contains('\u{1b}'), "no colours to a pipe");

    let unknown = desk.run(&["list", "nobody"]);
    assert_eq!((unknown.status.code(), unknown.stdout), (Some(2), Vec::new()));
    assert!(words(&unknown.stderr).contains("there is no account nobody"), "{}", words(&unknown.stderr));
}

#[test]
fn list_without_settings_or_server_says_so() {
    let home = Home::new();
    let run = |home: &Home| {
        let mut command = Command::new(BINARY);
        command.args(["list"]).env_clear().envs(home.environment()).stdin(Stdio::null());
        command.output().expect("it runs")
    };
    let none = run(&home);
    assert_eq!(none.status.code(), Some(0), "{}", words(&none.stderr));
    home.write_settings("[accounts.sand]\nbackend = \"nonsense\"\nendpoint = \"https://a.example\"\n");
    let wrong = run(&home);
    assert!(words(&wrong.stderr).contains("line 2, accounts.sand.backend"), "{}", words(&wrong.stderr));
}

#[test]
fn flags_that_make_no_sense_are_usage() {
    let home = Home::new();
    for arguments in [&["--nonsense"][..], &["lst"], &["list", "--within"]] {
        let mut command = Command::new(BINARY);
        let out = command.args(arguments).env_clear().envs(home.environment()).output().expect("it runs");
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_sandbox_prints_one_line_and_ends_when_told() {
    let home = Home::new();
    let mut command = Command::new(BINARY);
    command.args(["sandbox", "--json"]).env_clear().envs(home.environment());
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    assert!(
        told["control"]["url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")),
        "{told}"
    );
    for part in ["url", "username", "password"] {
        assert!(told["kitaru"][part].is_string(), "{told}");
    }
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, Signal::TERM).expect("it runs");
    assert_eq!(process.wait().expect("it ends").code(), Some(0));
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("its output ends");
    assert_eq!(rest, "");
}

#[test]
fn due_tells_what_is_promised_and_what_it_could_not_keep() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let out = desk.run(&["due", "--json"]);
    assert_eq!((out.status.code(), words(&out.stdout).as_str()), (Some(0), "[]\n"), "{}", words(&out.stderr));
    let promised = |id: u32, moment: &str| {
        let values = format!(
            "'00000000-0000-4000-8000-00000000000{id}', NULL, 'sand', 'o', 'old{id}', 'ci', 'ada', 'PAT', 'o', 'new', \
             '00000000-0000-4000-8000-000000000009', '2026-01-01T00:00:00.000000000Z', '{moment}', NULL, 'waiting', 0, \
             '{moment}', '', 'revoke', NULL, NULL"
        );
        let done =
            crate::program::records(&desk).execute(&format!("INSERT INTO promises VALUES ({values})"), []);
        assert_eq!(done, Ok(1));
    };
    promised(1, "2026-01-02T00:00:00.000000000Z");
    promised(2, "2126-01-02T00:00:00.000000000Z");
    let entries = |arguments: &[&str], code: i32| {
        let out = desk.run(arguments);
        assert_eq!(out.status.code(), Some(code), "{}", words(&out.stderr));
        let entries: Vec<Value> = serde_json::from_slice(&out.stdout).expect("an array");
        entries.iter().map(|one| one["state"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(entries(&["due", "--dry-run", "--json"], 0), ["due", "waiting"]);
    assert_eq!(entries(&["due", "--json"], 4), ["failed", "waiting"], "nobody is logged in");
    assert_eq!(entries(&["due", "--dry-run", "--json"], 0), ["due", "waiting"], "it waits for a login");

    // One that was tried in vain rests, whoever calls how often; it is told, and can be tried all the same.
    let later = (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(59)).to_string();
    let sql = "UPDATE promises SET tries = 4, next_try = ?1, note = 'the server was slow' WHERE due < '2027'";
    assert_eq!(crate::program::records(&desk).execute(sql, [&later]), Ok(1));
    for _ in 0..2 {
        assert_eq!(entries(&["due", "--json"], 3), ["failed", "waiting"]);
    }
    let told = words(&desk.run(&["due"]).stdout);
    let until = later.split('.').next().expect("whole seconds");
    assert!(told.contains(&format!("not revoked yet: the server was slow; next try at {until}Z")), "{told}");
    assert_eq!(entries(&["due", "--now", "--json"], 4), ["failed", "waiting"], "nobody is logged in");
    let tries: u32 = crate::program::records(&desk)
        .query_row("SELECT tries FROM promises WHERE due < '2027'", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(tries, 4, "a login that is missing is no try");
}
