//! The recipes for other tools, as the README has them, against tools of the same names that write down what they were
//! given: the secret comes on standard input, and is in no argument and no variable.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::canary::Canary;

use crate::program::{Desk, point_at};
use crate::scripts::desk;

const README: &str = include_str!("../../README.md");

/// The settings of all presets, as an operator copies them, and two commands of the operator's own.
fn recipes() -> String {
    let (_, rest) = README.split_once("`preset` fills in").expect("the part about presets");
    let (_, rest) = rest.split_once("```toml\n").expect("its settings");
    let (settings, rest) = rest.split_once("```").expect("their end");
    let mut all = format!("\n{settings}");
    for (name, begins) in [("organisation", "[\"gh\""), ("whole-path", "[\"vault\"")] {
        let (_, command) = rest.split_once(begins).expect("a command of one's own");
        let (command, _) = command.split_once("`)").expect("its end");
        let own = ["\n[targets.", name, "]\nkind = \"command\"\ncommand = ", begins, command, "\n"];
        all.push_str(&own.concat());
    }
    all
}

/// What each target's tool must be called with, and what it must read.
fn wanted(secret: &str) -> BTreeMap<&'static str, (&'static str, Value)> {
    let item = json!({ "title": "app API key", "category": "API_CREDENTIAL", "fields": [
        { "id": "credential", "type": "CONCEALED", "label": "credential", "value": secret }] });
    BTreeMap::from([
        ("github", ("gh|secret|set|API_KEY|--repo|org/app", json!(secret))),
        ("gitlab", ("glab|variable|update|API_KEY|--repo|group/project", json!(secret))),
        (
            "cluster",
            (
                "kubectl|patch|secret|app|--namespace|prod|--type|merge|--patch-file|/dev/stdin",
                json!({ "stringData": { "api-key": secret } }),
            ),
        ),
        ("kv", ("vault|kv|patch|-mount=secret|ci/app|api_key=-", json!(secret))),
        ("onepassword", ("op|item|create|--vault|Deploy|-", item)),
        ("organisation", ("gh|secret|set|API_KEY|--org|org", json!(secret))),
        ("whole-path", ("vault|kv|put|-mount=secret|ci/app|api_key=-", json!(secret))),
    ])
}

/// Tools that write each call into a folder of its own: arguments, environment, input.
fn fake_tools(home: &Path) -> PathBuf {
    let folder = home.join("bin");
    fs::create_dir_all(home.join("calls")).expect("a folder");
    fs::create_dir_all(&folder).expect("a folder");
    for tool in ["gh", "glab", "kubectl", "vault", "op"] {
        let calls = home.join("calls").display().to_string();
        let text = format!(
            "#!/bin/sh\nset -e\ncall={calls}/$$\nmkdir $call\nprintf %s {tool} > $call/line\n\
             for one in \"$@\"; do printf '|%s' \"$one\" >> $call/line; done\n\
             tr '\\0' '\\n' < /proc/$$/environ > $call/env\ntr '\\0' ' ' < /proc/$$/cmdline > $call/cmdline\n\
             cat > $call/input\n"
        );
        let program = folder.join(tool);
        fs::write(&program, text).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("its mode");
    }
    folder
}

/// What the tools were called with, and what they read.
fn calls(home: &Path, secret: &Canary) -> BTreeMap<String, Value> {
    let folders = fs::read_dir(home.join("calls")).expect("a folder");
    let read = |folder: PathBuf| {
        let text = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
        for place in ["line", "env", "cmdline"] {
            secret.assert_absent(place, text(place).as_bytes());
        }
        let input = text("input");
        let value = if input.starts_with('{') { serde_json::from_str(&input).ok() } else { None };
        (text("line"), value.unwrap_or(Value::String(input)))
    };
    folders.map(|folder| read(folder.expect("a call").path())).collect()
}

fn start(desk: &Desk, tools: &Path) -> support::pty::Terminal {
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
    desk.start().envs(vec![(String::from("PATH"), path)]).size(120, 40).spawn()
}

#[test]
fn every_recipe_gives_the_tool_the_secret_on_standard_input_alone() {
    let Some((_sandbox, desk, secret)) = desk(&recipes()) else { return };
    let home = desk.home.path();
    let tools = fake_tools(home);
    let wanted = wanted(secret.secret());
    let mut terminal = start(&desk, &tools);
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh");
    let mut marked = 0;
    for (line, _) in wanted.values() {
        assert!(!line.contains(secret.secret()));
        terminal.keys("<space>");
        marked += 1;
        terminal.wait_until("one more is marked", |output| {
            output.rows().iter().filter(|row| row.contains("[✓]")).count() == marked
        });
        terminal.keys("j");
    }
    terminal.keys("a").wait_for(&format!("delivered to {marked} targets"));
    terminal.keys("<esc>").wait_gone("Deliver fresh").keys("q").wait_exit();
    let got = calls(home, &secret);
    let expected: BTreeMap<String, Value> =
        wanted.into_values().map(|(line, input)| (line.to_owned(), input)).collect();
    assert_eq!(got, expected);
}
