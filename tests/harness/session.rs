//! The private session of `tests/tools/session`: each thing that in-process tests use in it is there, and is its own.

use std::io::Write as _;
use std::process::{Command, Stdio};

use support::skip;

/// Runs a program with this text as its input, and gives what it printed.
fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success(), "{command:?}");
    String::from_utf8(done.stdout).expect("text")
}

#[test]
fn has_a_home_of_its_own() {
    if !skip::in_private_session() {
        return skip::because("not in the private session: run tests/all");
    }
    for name in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
        let value = std::env::var(name).expect(name);
        assert!(value.starts_with("/tmp/keywright-session-"), "{name} is {value}");
    }
}

#[test]
fn has_a_keyring_service() {
    if !skip::in_private_session() {
        return skip::because("not in the private session: run tests/all");
    }
    let key = ["service", "harness", "username", "a"];
    run("secret-tool", &[&["store", "--label", "test"], &key[..]].concat(), "secret");
    assert_eq!(run("secret-tool", &[&["lookup"], &key[..]].concat(), ""), "secret");
}

#[test]
fn has_a_kernel_session_keyring() {
    if !skip::in_private_session() {
        return skip::because("not in the private session: run tests/all");
    }
    let number = run("keyctl", &["padd", "user", "keywright-harness", "@s"], "secret");
    assert_eq!(run("keyctl", &["pipe", number.trim()], ""), "secret");
}

#[test]
fn has_a_display_with_a_clipboard() {
    if !skip::in_private_session() {
        return skip::because("not in the private session: run tests/all");
    }
    let mut owner = Command::new("xclip");
    owner
        .args(["-quiet", "-loops", "1", "-selection", "primary"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null());
    let mut owner = owner.spawn().expect("xclip starts");
    owner.stdin.take().expect("its input").write_all(b"copied").expect("it reads");
    let read = support::wait::until("the selection has an owner", || {
        let asked =
            Command::new("xclip").args(["-o", "-selection", "primary"]).stderr(Stdio::null()).output();
        let asked = asked.expect("xclip runs");
        asked.status.success().then_some(asked.stdout)
    });
    assert_eq!(read, b"copied");
    owner.wait().expect("it ends after one reader");
}
