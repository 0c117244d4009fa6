//! The commands for scripts with a real keyring: what they do, print and return, and where a secret is and is not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

use serde_json::Value;
use support::canary::Canary;
use support::keyring::Keyring;
use support::pty::{Signal, Terminal};
use support::{skip, wait};

use crate::commands::words;
use crate::program::{Desk, canary, log_in, point_at, settings, up_to_create};
use crate::sandbox::Sandbox;
use crate::secrets::stored;

/// A machine with a kept login and a stored key, `sand/etl/fresh`; with the settings' targets, if any.
pub(crate) fn desk(targets: &str) -> Option<(Sandbox, Desk, Canary)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let desk = Desk::new(&sandbox);
    let targets = targets.replace("HOME", &desk.home.path().display().to_string());
    desk.home.write_settings(&format!("{}\n{targets}", settings(&desk.server)));
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("not logged in").wait_for("keyring ●");
    log_in(&mut terminal, &desk.server.password, true);
    if targets.is_empty() {
        up_to_create(&mut terminal, "etl", "fresh");
    } else {
        terminal.keys("n").wait_for("which service account?").send(b"etl").keys("<enter>").wait_for("▸ name");
        terminal
            .send(b"fresh")
            .keys("<enter>")
            .wait_for("▸ description")
            .keys("<enter>")
            .wait_for("▸ scopes");
        terminal.keys("<enter>").wait_for("▸ targets").keys("<enter>").wait_for("▸ check");
    }
    terminal.keys("<enter>").wait_for("Masked.").keys("<c-d>").wait_for("accepted as etl");
    terminal.keys("q").wait_exit();
    let secret = stored(&desk, "/fresh").remove(0);
    Some((sandbox, desk, canary(&secret)))
}

pub(crate) fn run(desk: &Desk, arguments: &[&str], code: i32) -> Output {
    let out = desk.run(arguments);
    assert_eq!(out.status.code(), Some(code), "{arguments:?}\n{}{}", words(&out.stdout), words(&out.stderr));
    out
}

pub(crate) fn json(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("JSON: {}", words(&out.stdout)))
}

/// Every text of an array of objects under a name.
pub(crate) fn column(value: &Value, name: &str) -> Vec<String> {
    value
        .as_array()
        .expect("an array")
        .iter()
        .map(|one| one[name].as_str().unwrap_or("-").to_owned())
        .collect()
}

#[test]
fn a_credential_is_named_and_presented() {
    let Some((_sandbox, desk, secret)) = desk("") else { return };
    let told = json(&run(&desk, &["verify", "sand/etl/fresh", "--json"], 0));
    assert_eq!(
        (told["verdict"].as_str(), told["credential"]["name"].as_str()),
        (Some("accepted"), Some("fresh"))
    );
    let id = told["credential"]["id"].as_str().expect("an identifier").to_owned();
    for name in [id.as_str(), &format!("sand/{id}")] {
        let out = run(&desk, &["verify", name], 0);
        assert!(words(&out.stdout).starts_with("accepted as etl"), "{}", words(&out.stdout));
    }
    for (typed, why) in [
        ("sand/etl/nothing", "there is no credential sand/etl/nothing"),
        ("nowhere/etl/fresh", "there is no credential"),
        ("sand", "there is no credential"),
    ] {
        let out = run(&desk, &["verify", typed], 2);
        assert!(words(&out.stderr).contains(why), "{}", words(&out.stderr));
    }
    let out = run(&desk, &["verify", "sand/ci-runner/default"], 1);
    assert!(words(&out.stderr).contains("not stored here"), "{}", words(&out.stderr));

    let audit = json(&run(&desk, &["audit", "--json"], 0));
    let actions = column(&audit, "action");
    assert_eq!(actions.first().map(String::as_str), Some("log in"), "oldest first");
    assert!(actions.iter().filter(|action| *action == "verify").count() >= 3, "{actions:?}");
    let checked = json(&run(&desk, &["check", "--json"], 0));
    assert!(column(&checked, "severity").iter().all(|severity| severity == "hint"), "{checked}");
    let usage = run(&desk, &["check", "--within", "soon"], 2);
    assert!(words(&usage.stderr).contains("--within soon"), "{}", words(&usage.stderr));
    let doctor = json(&run(&desk, &["doctor", "--json"], 0));
    assert_eq!(column(&doctor, "what"), ["settings", "records", "keyring", "account sand"]);
    assert_eq!(secret.leaks_in_tree(desk.home.path()), []);
}

#[test]
fn exec_gives_a_secret_to_its_child_alone_and_passes_its_end_through() {
    let Some((sandbox, desk, secret)) = desk("") else { return };
    let script = "printf %s \"$API_KEY\"; tr '\\0' ' ' < /proc/$$/cmdline >&2; exit 7";
    let out = run(&desk, &["exec", "API_KEY=sand/etl/fresh", "--", "sh", "-c", script], 7);
    assert_eq!(words(&out.stdout), secret.secret(), "exactly, and nothing of ours beside it");
    secret.assert_absent("the child's arguments", &out.stderr);
    let killed = desk.run(&["exec", "A=sand/etl/fresh.secret", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.status.signal(), Some(15), "{}", words(&killed.stderr));

    for (arguments, code) in [
        (&["exec", "A=sand/etl/fresh.public", "--", "true"][..], 1),
        (&["exec", "A=sand/etl/nothing", "--", "true"], 2),
        (&["exec", "A B=sand/etl/fresh", "--", "true"], 2),
        (&["exec", "A=sand/etl/fresh"], 2),
        (&["exec", "A=sand/etl/fresh", "--", "keywright-no-such-program"], 1),
    ] {
        let out = run(&desk, arguments, code);
        secret.assert_absent("what it says", &out.stderr);
    }
    // Without its server the secret that is stored here under the name is used, and that is said.
    drop(sandbox);
    let out = run(&desk, &["exec", "A=sand/etl/fresh", "--", "sh", "-c", "printf %s \"$A\""], 0);
    assert_eq!(words(&out.stdout), secret.secret());
    assert!(words(&out.stderr).contains("the secret stored here"), "{}", words(&out.stderr));
    assert_eq!(secret.leaks_in_tree(desk.home.path()), []);
}

#[test]
fn a_token_goes_into_a_pipe_and_not_to_a_terminal() {
    let Some((_sandbox, desk, _)) = desk("") else { return };
    let out = run(&desk, &["token", "sand"], 0);
    let bearer = words(&out.stdout).trim_end().to_owned();
    assert_eq!(bearer.matches('.').count(), 2, "a JWT");
    assert!(stored(&desk, "session")[0].contains(&bearer));
    run(&desk, &["token", "nobody"], 2);

    let mut terminal: Terminal = desk.start().args(["token", "sand"]).size(100, 10).spawn();
    terminal.wait_for("pipe it");
    assert_eq!(terminal.wait_exit().code, Some(2));
    let head = bearer.rfind('.').expect("a JWT") + 1;
    Canary::of(&bearer, head).assert_absent("the terminal", &terminal.raw());

    desk.home.write_settings(&settings(&desk.server).replace("accounts.sand", "accounts.other"));
    run(&desk, &["token", "other"], 4);
}

#[test]
fn a_copy_is_taken_back() {
    let Some((_sandbox, desk, secret)) = desk("") else { return };
    let mut terminal: Terminal = desk.start().args(["copy", "sand/etl/fresh"]).size(160, 10).spawn();
    terminal.wait_for("taken back after 30 s");
    assert_eq!(terminal.copied().first().map(Vec::as_slice), Some(secret.secret().as_bytes()));
    terminal.keys("<c-c>");
    assert_eq!(terminal.wait_exit().code, Some(0));
    assert_eq!(terminal.copied().last(), Some(&Vec::new()));
    secret.assert_absent("the screen", terminal.text().replace('\n', "").as_bytes());
}

const TARGETS: &str = "
[targets.env]
kind = \"file\"
path = \"HOME/app.env\"
key = \"API_KEY\"

[targets.tool]
kind = \"command\"
command = [\"sh\", \"-c\", \"cat > HOME/tool.got\"]

[targets.loud]
kind = \"command\"
command = [\"sh\", \"-c\", \"cat; exit 1\"]

[targets.theirs]
kind = \"keyring\"
service = \"their-tool\"
username = \"me\"
";

#[test]
fn targets_get_the_secret_on_the_screen_and_every_next_one_by_rotate() {
    let Some((_sandbox, desk, first)) = desk(TARGETS) else { return };
    let home = desk.home.path();
    fs::write(home.join("app.env"), "# mine\r\nAPI_KEY=old # of the app\r\nB=2\r\n").expect("a file");
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh").keys("<space>j<space>j<space>j<space>");
    terminal.wait_for("me of their-tool").keys("a").wait_for("1 of 4 targets did not get it");
    terminal.keys("k").wait_for("it printed the secret");
    first.assert_absent("the screen", terminal.text().replace('\n', "").as_bytes());
    first.assert_absent("what was written to the terminal", &terminal.raw());
    terminal
        .keys("<esc>")
        .wait_gone("Deliver fresh")
        .wait_for("env ✓  tool ✓  loud ×  theirs ✓")
        .keys("q")
        .wait_exit();
    brought(&desk, &first);
    only_in_targets(&desk, &first);

    // The commands' gates.
    let name = "sand/etl/fresh";
    for arguments in [
        &["rotate", name, "--yes", "other"][..],
        &["rotate", name],
        &["rotate", name, "--yes", "fresh", "--retain", "soon"],
        &["revoke", name, "--yes", "other"],
    ] {
        run(&desk, arguments, 2);
    }
    let told = json(&run(&desk, &["rotate", name, "--yes", "fresh", "--retain", "10m", "--json"], 3));
    assert_eq!(
        (told["verdict"].as_str(), told["stored"].as_str()),
        (Some("accepted"), Some("keyring")),
        "{told}"
    );
    assert!(told["window_ends"].as_str().is_some_and(|end| end.ends_with('Z')), "{told}");
    assert_eq!(column(&told["targets"], "target"), ["env", "tool", "loud", "theirs"]);
    assert_eq!(column(&told["targets"], "result"), ["read back", "done", "failed", "read back"]);
    let secrets = stored(&desk, "/fresh");
    let fresh = secrets.iter().find(|secret| *secret != first.secret()).expect("a new one");
    let second = canary(fresh);
    brought(&desk, &second);
    only_in_targets(&desk, &second);
    let again = run(&desk, &["rotate", name, "--yes", "fresh"], 2);
    assert!(words(&again.stderr).contains("--end-window"), "{}", words(&again.stderr));

    let told = json(&run(&desk, &["revoke", name, "--yes", "fresh", "--json"], 0));
    assert_eq!(told["proof"].as_str(), Some("refused"), "{told}");
    assert_eq!(stored(&desk, "/fresh"), Vec::<String>::new());
}

/// Every target that takes it has it.
fn brought(desk: &Desk, secret: &Canary) {
    let home = desk.home.path();
    let env = fs::read_to_string(home.join("app.env")).expect("the file");
    assert_eq!(env, format!("# mine\r\nAPI_KEY={} # of the app\r\nB=2\r\n", secret.secret()));
    let mode = fs::metadata(home.join("app.env")).expect("the file").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(home.join("tool.got")).expect("it ran"), secret.secret());
    let theirs = desk.keyring.secret("their-tool", "me").expect("an entry");
    assert_eq!(String::from_utf8(theirs).expect("text"), secret.secret());
}

/// It is nowhere below the home but where the operator wanted it.
fn only_in_targets(desk: &Desk, secret: &Canary) {
    let leaks = secret.leaks_in_tree(desk.home.path());
    let places: Vec<&str> = leaks.iter().map(|leak| leak.place.as_str()).collect();
    let wanted = |place: &&&str| place.ends_with("/app.env") || place.ends_with("/tool.got");
    assert_eq!(places.iter().filter(|place| !wanted(place)).count(), 0, "{places:?}");
}

#[test]
fn a_delivery_that_was_killed_is_told_at_the_next_start_and_gone_on_with() {
    let slow = "[targets.slow]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"cat > HOME/got; sleep 60\"]\n\n\
                [targets.env]\nkind = \"file\"\npath = \"HOME/app.env\"\nkey = \"API_KEY\"\n";
    let Some((_sandbox, desk, secret)) = desk(slow) else { return };
    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh").keys("<space>j<space>").wait_for("API_KEY in").keys("a");
    let got = desk.home.path().join("got");
    wait::until("the first target has it", || {
        fs::read_to_string(&got).is_ok_and(|text| text == secret.secret()).then_some(())
    });
    terminal.signal(Signal::KILL).wait_exit();
    assert!(!desk.home.path().join("app.env").exists());
    let checked = json(&run(&desk, &["check", "--json"], 3));
    let told = column(&checked, "what");
    assert!(told.iter().any(|what| what.contains("to slow was begun; the program ended")), "{told:?}");

    let mut terminal = desk.start().size(100, 34).spawn();
    terminal.wait_for("Unfinished work · 2").wait_for("to slow was begun; the program ended");
    terminal.keys("s").wait_for("Unfinished work · 1").wait_for("to env was not begun yet");
    terminal.keys("d").wait_gone("Unfinished work").wait_for("env: delivered and read back");
    let env = fs::read_to_string(desk.home.path().join("app.env")).expect("the file");
    assert_eq!(env, format!("API_KEY={}\n", secret.secret()));
    terminal.keys("q").wait_exit();
}

#[test]
fn completions_and_pages_are_made_from_the_flags() {
    let home = support::home::Home::new();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(crate::program::BINARY);
        command.args(arguments).env_clear().envs(home.environment()).output().expect("it runs")
    };
    for (arguments, wanted) in [
        (&["completions", "bash"][..], "complete -F _keywright"),
        (&["completions", "fish"], "complete -c keywright"),
        (&["man"], ".TH keywright 1"),
        (&["man", "rotate"], "\\-\\-end\\-window"),
    ] {
        let out = run(arguments);
        assert!(
            out.status.success() && words(&out.stdout).contains(wanted),
            "{arguments:?}: {}",
            words(&out.stdout)
        );
    }
    assert_eq!(run(&["man", "nonsense"]).status.code(), Some(2));
    assert_eq!(run(&["completions", "nonsense"]).status.code(), Some(2));
}

#[test]
fn of_two_that_rotate_the_same_one_waits_and_says_so() {
    let Some((sandbox, desk, _)) = desk("") else { return };
    sandbox.fault(&serde_json::json!({
        "kind": "delay", "method": "PUT", "delay_ms": 15_000,
        "path": "/api/v1/service_accounts/*/api_keys/*/rotate"
    }));
    let arguments = ["rotate", "sand/etl/fresh", "--yes", "fresh", "--retain", "10m", "--json"];
    let mut command = std::process::Command::new(crate::program::BINARY);
    command.args(arguments).env_clear().envs(desk.home.environment()).envs(desk.keyring.environment());
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
    let first = command.stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    let sent = "SELECT 1 FROM operations WHERE kind = 'rotate' AND phase = 'sent'";
    wait::until("the first has asked", || {
        crate::program::records(&desk).query_row(sent, [], |row| row.get::<_, i64>(0)).ok()
    });
    let second = run(&desk, &arguments, 2);
    let said = words(&second.stderr);
    assert!(said.contains("another keywright is at 'fresh' right now (rotate); waiting for it"), "{said}");
    assert!(said.contains("--end-window"), "what the first did is seen: {said}");
    let first = first.wait_with_output().expect("it ends");
    assert_eq!(first.status.code(), Some(0), "{}", words(&first.stderr));
    assert_eq!(sandbox.requests("PUT", "/rotate").len(), 1);
}
