//! How each command ends, for scripts: 0 done, 1 failed, 2 usage, 3 needs attention, 4 not logged in; and the members of
//! its JSON, which are as the README has them. One machine goes from nobody logged in to a server that is gone.
//!
//! `copy` and `token` on a terminal, and what `exec` passes through, are in `scripts`; promises in `due`.

use serde_json::{Value, json};
use support::keyring::Keyring;
use support::skip;

use crate::commands::words;
use crate::program::{Desk, records};
use crate::sandbox::Sandbox;
use crate::scripts::desk;

/// A command line with the exit code it must have.
type Case<'a> = (&'a str, i32);

/// Runs them in order, and tells all that ended otherwise at once.
fn ends(desk: &Desk, when: &str, cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (line, code) in cases {
        let arguments: Vec<&str> = line.split(' ').collect();
        let out = desk.run(&arguments);
        if out.status.code() != Some(*code) {
            let (said, told) = (words(&out.stderr), words(&out.stdout));
            wrong.push(format!("{line}: {:?} and not {code}\n{told}{said}", out.status.code()));
        }
        let told = !out.stderr.is_empty() || !out.stdout.is_empty();
        // What `exec` runs has its own words.
        assert!(*code == 0 || told || line.starts_with("exec"), "{line} says nothing");
    }
    assert!(wrong.is_empty(), "{when}\n{}", wrong.join("\n"));
}

#[test]
fn what_makes_no_sense_is_usage_for_every_command() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let mut cases: Vec<(String, i32)> = Vec::new();
    for command in [
        "list",
        "check",
        "token",
        "exec",
        "copy",
        "verify",
        "rotate",
        "revoke",
        "due",
        "audit",
        "doctor",
        "sandbox",
        "completions",
        "man",
    ] {
        cases.push((format!("{command} --nonsense"), 2));
        cases.push((format!("{command} --help"), 0));
    }
    let cases: Vec<Case<'_>> = cases.iter().map(|(line, code)| (line.as_str(), *code)).collect();
    ends(&desk, "flags", &cases);
    ends(
        &desk,
        "arguments",
        &[
            ("list nobody", 2),
            ("check --within soon", 2),
            ("token", 2),
            ("token nobody", 2),
            ("exec -- true", 2),
            ("exec A -- true", 2),
            ("exec A=sand/etl/fresh", 2),
            ("copy", 2),
            ("verify", 2),
            ("rotate", 2),
            ("rotate sand/etl/fresh", 2),
            ("revoke sand/etl/fresh", 2),
            ("due --install --dry-run", 2),
            ("completions nonsense", 2),
            ("man nonsense", 2),
            ("completions zsh", 0),
            ("man revoke", 0),
        ],
    );
    ends(
        &desk,
        "nobody is logged in",
        &[
            ("list", 4),
            ("check", 4),
            ("token sand", 4),
            ("exec A=sand/etl/fresh -- true", 4),
            ("copy sand/etl/fresh", 4),
            ("verify sand/etl/fresh", 4),
            ("rotate sand/etl/fresh --yes fresh", 4),
            ("revoke sand/etl/fresh --yes fresh", 4),
            ("due", 0),
            ("audit", 0),
            // What the doctor finds is told, not judged by what it was looking for.
            ("doctor", 3),
        ],
    );
}

#[test]
fn what_is_done_what_needs_attention_and_what_failed() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    ends(
        &desk,
        "logged in",
        &[
            ("list", 0),
            ("list --json", 0),
            ("check", 0),
            ("token sand", 0),
            ("exec A=sand/etl/fresh -- true", 0),
            ("exec A=sand/etl/fresh -- false", 1),
            ("exec A=sand/etl/fresh -- keywright-no-such-program", 1),
            // There is neither a clipboard nor a terminal here.
            ("copy sand/etl/fresh", 1),
            ("verify sand/etl/fresh", 0),
            ("verify sand/ci-runner/default", 1),
            ("verify sand/etl/nothing", 2),
            ("rotate sand/etl/fresh --yes other", 2),
            ("rotate sand/etl/fresh --yes fresh --retain 400d", 2),
            ("revoke sand/etl/fresh --yes other", 2),
            ("due", 0),
            ("due --dry-run", 0),
            ("audit", 0),
            ("doctor", 0),
        ],
    );
    shapes(&desk);

    // A switched-off key is refused; the rotation of it is done and not accepted.
    sandbox.server.switch_key("etl", "fresh", false);
    ends(
        &desk,
        "switched off",
        &[("verify sand/etl/fresh", 3), ("rotate sand/etl/fresh --yes fresh --retain 10m", 3)],
    );
    sandbox.server.switch_key("etl", "fresh", true);

    // Answers that are lost: nobody knows, and that stays to be seen to.
    sandbox.server.make_key("etl", "other");
    let path = "/api/v1/service_accounts/*/api_keys";
    sandbox.fault(&json!({ "backend": "kitaru", "method": "DELETE", "path": path, "kind": "cut_after" }));
    ends(&desk, "a lost answer", &[("revoke sand/etl/other --yes other", 3), ("check", 3)]);

    // The server says no.
    for method in ["PUT", "DELETE"] {
        sandbox.fault(&json!({ "backend": "kitaru", "method": method, "path": path, "kind": "answer",
            "status": 403, "body": { "detail": ["IllegalOperationError", "not allowed"] } }));
    }
    ends(
        &desk,
        "refused",
        &[
            ("rotate sand/etl/fresh --yes fresh --end-window", 1),
            ("revoke sand/etl/fresh --yes fresh", 1),
            ("revoke sand/etl/fresh --yes fresh", 0),
            ("verify sand/etl/fresh", 2),
        ],
    );

    // The log was changed by hand.
    let records = records(&desk);
    assert_eq!(records.execute("DROP TRIGGER activity_is_not_changed", []), Ok(0));
    let changed = records.execute("UPDATE activity SET result = 'nothing' WHERE number = 1", []);
    assert_eq!(changed, Ok(1));
    ends(&desk, "a changed log", &[("audit", 3), ("audit --json", 3), ("doctor", 3)]);

    drop(sandbox);
    ends(
        &desk,
        "the server is gone",
        &[
            ("list", 1),
            ("check", 1),
            ("exec A=sand/etl/nothing -- true", 1),
            ("verify sand/etl/nothing", 1),
            ("rotate sand/etl/nothing --yes nothing", 1),
            ("revoke sand/etl/nothing --yes nothing", 1),
            ("doctor", 3),
        ],
    );

    let state = desk.home.path().join("state/keywright");
    std::fs::remove_dir_all(&state).expect("it was there");
    std::fs::write(&state, "in the way").expect("a file");
    ends(&desk, "no records", &[("audit", 1), ("due", 1), ("check", 1), ("doctor", 3)]);
}

/// The members of each command's JSON, as the README has them.
fn shapes(desk: &Desk) {
    let of = |line: &str| -> Value {
        let out = desk.run(&line.split(' ').collect::<Vec<_>>());
        serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{line}: {}", words(&out.stderr)))
    };
    let cases = [
        ("check --json --within 400d", "severity account credential what mend ends"),
        ("verify sand/etl/fresh --json", "credential verdict words scopes"),
        ("audit --json", "at action account credential result"),
        ("doctor --json", "what state words mend"),
        (
            "rotate sand/etl/fresh --yes fresh --retain 10m --json --end-window",
            "credential stored verdict words wider window_ends old targets",
        ),
    ];
    let named = "account owner name id";
    for (line, members) in cases {
        let told = of(line);
        let one = told.as_array().map_or(&told, |all| all.first().expect("something is told"));
        assert_eq!(members_of(one), sorted(members), "{line}");
        if line.starts_with(['v', 'r']) {
            assert_eq!(members_of(&one["credential"]), sorted(named), "{line}");
        }
    }
}

fn members_of(value: &Value) -> Vec<String> {
    let mut members: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
    members.sort();
    members
}

fn sorted(members: &str) -> Vec<String> {
    let mut members: Vec<String> = members.split(' ').map(str::to_owned).collect();
    members.sort();
    members
}
