//! Targets that cannot take a secret: each says why in a sentence, nothing of it is changed, the others get theirs, and
//! once the obstacle is gone the same key goes on.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;
use support::canary::Canary;
use support::pty::Terminal;

use crate::program::{Desk, canary, point_at};
use crate::scripts::{column, desk, json, run};
use crate::secrets::stored;

const TARGETS: &str = "
[targets.link]
kind = \"file\"
path = \"HOME/link.env\"
key = \"API_KEY\"

[targets.folder]
kind = \"file\"
path = \"HOME/folder.env\"
key = \"API_KEY\"

[targets.locked]
kind = \"file\"
path = \"HOME/locked.env\"
key = \"API_KEY\"

[targets.hangs]
kind = \"command\"
command = [\"sh\", \"-c\", \"sleep 600\"]
seconds = 1

[targets.fails]
kind = \"command\"
command = [\"sh\", \"-c\", \"echo no such repository >&2; exit 4\"]

[targets.prints]
kind = \"command\"
command = [\"cat\"]

[targets.good]
kind = \"file\"
path = \"HOME/good.env\"
key = \"API_KEY\"
";

/// Each target with its result and what is said of it.
const TOLD: [(&str, &str, &str); 7] = [
    ("link", "failed", "it is a symbolic link; name the file itself in the settings"),
    ("folder", "failed", "it is a directory"),
    ("locked", "failed", "it is write-protected"),
    ("hangs", "failed", "it did not end within 1 s and was killed"),
    ("fails", "failed", "it ended with exit code 4: no such repository"),
    ("prints", "done", "it printed the secret"),
    ("good", "read back", ""),
];

/// What stands in the way of the first three.
fn obstruct(home: &Path) {
    fs::write(home.join("real.env"), "API_KEY=old\n").expect("a file");
    symlink(home.join("real.env"), home.join("link.env")).expect("a link");
    fs::create_dir(home.join("folder.env")).expect("a directory");
    fs::write(home.join("locked.env"), "API_KEY=old\n").expect("a file");
    fs::set_permissions(home.join("locked.env"), fs::Permissions::from_mode(0o400)).expect("its mode");
}

/// Marks every target, in the order of the settings; the cursor ends on the last one.
fn mark_all(terminal: &mut Terminal) {
    for (name, ..) in &TOLD {
        terminal.keys("<space>").wait_until(&format!("{name} is marked"), |output| {
            output.rows().iter().any(|row| row.contains("[✓]") && row.contains(name))
        });
        terminal.keys("j");
    }
}

/// Nothing of it was changed.
fn assert_untouched(home: &Path) {
    assert!(home.join("link.env").is_symlink() && home.join("folder.env").is_dir());
    for file in ["real.env", "locked.env"] {
        assert_eq!(fs::read_to_string(home.join(file)).expect("the file"), "API_KEY=old\n", "{file}");
    }
}

/// The operator makes room for two of them.
fn mend(home: &Path) {
    fs::remove_file(home.join("link.env")).expect("it was there");
    fs::remove_dir(home.join("folder.env")).expect("it was there and is empty");
}

fn has(home: &Path, file: &str, secret: &Canary) -> bool {
    fs::read_to_string(home.join(file)).is_ok_and(|text| text == format!("API_KEY={}\n", secret.secret()))
}

#[test]
fn on_the_screen_each_says_why_and_can_be_gone_on_with() {
    let Some((_sandbox, desk, secret)) = desk(TARGETS) else { return };
    let home = desk.home.path();
    obstruct(home);
    let mut terminal = desk.start().size(120, 40).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh");
    mark_all(&mut terminal);
    terminal.keys("a").wait_for("5 of 7 targets did not get it");
    for (name, _, words) in TOLD.iter().rev() {
        terminal.wait_until(&format!("the cursor is on {name}"), |output| {
            output.rows().iter().any(|row| row.contains("▸ [✓]") && row.contains(name))
        });
        assert!(terminal.text().contains(words), "{name}: {words}\n{}", terminal.text());
        terminal.keys("k");
    }
    assert_untouched(home);
    assert!(has(home, "good.env", &secret), "the others get theirs");

    mend(home);
    for (next, name) in [("", "link"), ("j", "folder")] {
        terminal.keys(next).keys("d").wait_for(&format!("{name}: delivered and read back"));
    }
    assert!(has(home, "link.env", &secret) && has(home, "folder.env", &secret));
    terminal.keys("<esc>").wait_gone("Deliver fresh");
    secret.assert_absent("what was written to the terminal", &terminal.raw());
    terminal.keys("q").wait_exit();
    only_in(&desk, &secret, &["link.env", "folder.env", "good.env"]);
}

/// Below the home it is in these files alone.
fn only_in(desk: &Desk, secret: &Canary, files: &[&str]) {
    let leaks = secret.leaks_in_tree(desk.home.path());
    let wanted = |place: &str| files.iter().any(|file| place.ends_with(&format!("/{file}")));
    let others: Vec<&str> =
        leaks.iter().map(|leak| leak.place.as_str()).filter(|place| !wanted(place)).collect();
    assert_eq!(others, Vec::<&str>::new());
}

#[test]
fn rotate_tells_each_of_them_and_loses_nothing() {
    let Some((_sandbox, desk, first)) = desk(TARGETS) else { return };
    let home = desk.home.path();
    let mut terminal = desk.start().size(120, 40).spawn();
    terminal.wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh");
    mark_all(&mut terminal);
    terminal.keys("<esc>").wait_gone("Deliver fresh").keys("q").wait_exit();
    obstruct(home);
    let rotate = ["rotate", "sand/etl/fresh", "--yes", "fresh", "--retain", "10m", "--json"];
    let told = json(&run(&desk, &rotate, 3));
    assert_eq!(
        (told["verdict"].as_str(), told["stored"].as_str()),
        (Some("accepted"), Some("keyring")),
        "{told}"
    );
    let targets: &Value = &told["targets"];
    for (at, (name, result, words)) in TOLD.iter().enumerate() {
        let one = &targets[at];
        assert_eq!((one["target"].as_str(), one["result"].as_str()), (Some(*name), Some(*result)), "{one}");
        assert!(one["words"].as_str().is_some_and(|said| said.contains(words)), "{one}");
    }
    assert_eq!(column(targets, "target").len(), TOLD.len());
    assert_untouched(home);
    let secrets = stored(&desk, "/fresh");
    let fresh = secrets.iter().find(|secret| *secret != first.secret()).expect("a new one");
    let fresh = canary(fresh);
    assert!(has(home, "good.env", &fresh));
    only_in(&desk, &fresh, &["good.env"]);
    fresh.assert_absent("what is printed", told.to_string().as_bytes());

    // What failed is the screen's to go on with, one by one.
    mend(home);
    let check = json(&run(&desk, &["check", "--json"], 3));
    let left = column(&check, "what");
    assert_eq!(left.iter().filter(|what| what.contains("did not work")).count(), 5, "{check}");
    let mut terminal = desk.start().size(120, 40).spawn();
    terminal.wait_for("Unfinished work · 5").wait_for("to link did not work").wait_for("ada ·");
    terminal.keys("d").wait_for("Unfinished work · 4").wait_for("to folder did not work");
    assert!(has(home, "link.env", &fresh));
    terminal.keys("d").wait_for("Unfinished work · 3").wait_for("to locked did not work");
    assert!(has(home, "folder.env", &fresh));
    // One that is given up is not told any more; it can be delivered as before.
    terminal.keys("s").wait_for("Unfinished work · 2").keys("<esc>").wait_gone("Unfinished work");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("Deliver fresh").wait_for("× failed");
    terminal.keys("<esc>").wait_gone("Deliver fresh").keys("q").wait_exit();
}

#[test]
fn of_two_targets_of_one_name_the_second_is_left_out_and_that_is_said() {
    let one = "[targets.env]\nkind = \"file\"\npath = \"HOME/app.env\"\nkey = \"API_KEY\"\n";
    let other = "\n[targets.env]\nkind = \"file\"\npath = \"HOME/other.env\"\nkey = \"API_KEY\"\n";
    let Some((_sandbox, desk, secret)) = desk(one) else { return };
    let home = desk.home.path();
    let settings = desk.home.settings_file();
    let before = fs::read_to_string(&settings).expect("the settings");
    let other = other.replace("HOME", &home.display().to_string());
    fs::write(&settings, format!("{before}{other}")).expect("the settings");

    let told = json(&run(&desk, &["doctor", "--json"], 3));
    let said = told[0]["words"].as_str().expect("a sentence");
    assert!(said.contains("duplicate key") && said.contains("the second one is left out"), "{told}");
    let mut terminal = desk.start().size(120, 40).spawn();
    terminal.wait_for("Some settings could not be used").wait_for("the second one is left out");
    terminal.keys("<esc>").wait_gone("Some settings").wait_for("ada ·").wait_for("fresh");
    point_at(&mut terminal, "fresh");
    terminal.keys("d").wait_for("API_KEY in").keys("d").wait_for("env: delivered and read back");
    terminal.keys("<esc>").wait_gone("Deliver fresh").keys("q").wait_exit();
    assert!(has(home, "app.env", &secret) && !home.join("other.env").exists());
}
