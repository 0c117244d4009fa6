//! The stock clients of both generations, unchanged, against the embedded servers. They are installed where the real
//! servers are; each runs a script of its own and says by its exit code whether all of it held.

use std::path::{Path, PathBuf};
use std::process::Command;

use keywright::sandbox::PasswordLogin;

use super::{Generation, sandbox, servers};

#[test]
fn the_newer_library() {
    let servers = servers();
    let Some(server) = servers.iter().find(|server| Generation::of(server) == Generation::K) else {
        return support::skip::because(
            "no real server of this generation runs, and so no client of it is installed",
        );
    };
    run(&server.python, "newer.py", &sandbox().announcement().kitaru_k);
}

#[test]
fn the_older_command_line_tool() {
    if servers().is_empty() {
        return support::skip::because("no real servers of this backend run, and so no client is installed");
    }
    let tool = root().join("tests/tools/real-servers");
    let installed = Command::new(tool).args(["client", "kitaru==0.21.0"]).output().expect("the tool runs");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let python = PathBuf::from(String::from_utf8_lossy(&installed.stdout).trim());
    run(&python, "older.py", &sandbox().announcement().kitaru);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(python: &Path, script: &str, login: &PasswordLogin) {
    let home = tempfile::tempdir().expect("a directory");
    let done = Command::new(python)
        .arg(root().join("tests/conformance/kitaru/clients").join(script))
        .args([&login.url, &login.username, &login.password])
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env_remove("KITARU_API_URL")
        .env_remove("KITARU_API_KEY")
        .env_remove("KITARU_API_TOKEN")
        .output()
        .expect("the interpreter runs");
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{}\n{}", told(&done.stdout), told(&done.stderr));
}
