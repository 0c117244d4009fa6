//! Backends' own client libraries, unchanged, against the sandbox: how its truth is tested. `tests/tools/real-servers`
//! installs them; each is driven by the Python script beside this file, which gets the announcement on standard input.

#![expect(
    clippy::disallowed_types,
    clippy::expect_used,
    reason = "helpers of tests start programs and may fail them"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use keywright::sandbox::{Options, start};
use serde_json::json;
use support::{servers, skip};

#[test]
fn foxnose_sdk() {
    let Some(python) = servers::client("foxnose") else {
        return skip::because("no foxnose-sdk: run tests/all");
    };
    let sandbox = start(Options::default()).expect("a sandbox");
    let told = sandbox.announcement();
    let input = json!({ "control": told.control, "foxnose": told.foxnose });
    drive(&python, include_str!("foxnose.py"), &input.to_string());
}

#[test]
fn pypangolin() {
    let Some(python) = servers::client("pangolin") else {
        return skip::because("no pypangolin: run tests/all");
    };
    let sandbox = start(Options::default()).expect("a sandbox");
    let told = sandbox.announcement();
    let input = json!({ "control": told.control, "pangolin": told.pangolin });
    drive(&python, include_str!("pangolin.py"), &input.to_string());
}

/// Runs a script with what it reads; what it says on its way out is shown if it fails.
fn drive(python: &Path, script: &str, input: &str) {
    let mut command = Command::new(python);
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the interpreter starts");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.trim_end().ends_with("all calls done"), "{said}");
}
