//! Storage credentials by keyboard: got for a location and for a table, shown once, delivered part by part, counted down
//! to their end and taken out then; and what is refused.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use support::canary::Canary;
use support::keyring::Keyring;
use support::pty::Terminal;
use support::{skip, wait};

use crate::lake::{Client, desk, logged_in, told};
use crate::program::{Desk, copy_revealed, records};
use crate::sandbox::Sandbox;

const SHORT: &str = "s3://acme-short/";
const TABLE: &str = "table sales/orders/daily";

/// A machine whose settings have a target for each part, all in one file.
fn with_targets(sandbox: &Sandbox, login: &str) -> Desk {
    let tenant = told(sandbox, "tenant_id");
    let desk = desk(sandbox, login, &told(sandbox, "password"), Some(&tenant));
    let file = desk.home.path().join("storage.env");
    let mut settings = std::fs::read_to_string(desk.home.settings_file()).expect("the settings");
    for (part, key) in
        [("id", "AWS_ACCESS_KEY_ID"), ("secret", "AWS_SECRET_ACCESS_KEY"), ("session", "AWS_SESSION_TOKEN")]
    {
        write!(
            settings,
            "\n[targets.storage-{part}]\nkind = \"file\"\npath = \"{}\"\nkey = \"{key}\"\npart = \"{part}\"\n",
            file.display()
        )
        .expect("written");
    }
    desk.home.write_settings(&settings);
    desk
}

/// Opens the list, with the cursor on its first line.
fn opened(terminal: &mut Terminal) {
    terminal.keys("w").wait_for("Storage credentials · lake").wait_for("table lake/raw/daily").keys("g");
}

/// A server, another client of it, and the administrator's machine with those targets and the list open; where there is
/// no keyring it tells so and gives nothing.
fn before_the_list() -> Option<(Sandbox, Client, Desk, Terminal)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let client = Client::open(&sandbox);
    let desk = with_targets(&sandbox, &told(&sandbox, "username"));
    let mut terminal = logged_in(&desk);
    opened(&mut terminal);
    Some((sandbox, client, desk, terminal))
}

/// Puts the cursor on a place of the open list.
fn on_place(terminal: &mut Terminal, place: &str) {
    let at = |rows: &[String]| rows.iter().find(|row| row.contains("▸ ") && row.contains('/')).cloned();
    for _ in 0..8 {
        let here = at(&terminal.look().rows());
        if here.as_ref().is_some_and(|row| row.contains(&format!("▸ {place}"))) {
            return;
        }
        terminal.keys("j").wait_until("the cursor moves", |output| at(&output.rows()) != here);
    }
    panic!("{place} is not listed:\n{}", terminal.text());
}

/// Gets one for the place under the cursor and copies every part out of the reveal.
fn get(terminal: &mut Terminal, names: &[&str]) -> Vec<String> {
    terminal.keys("<enter>").wait_for("Masked.");
    let mut parts = Vec::new();
    for (number, name) in names.iter().enumerate() {
        if number > 0 {
            terminal.keys("<down>");
        }
        let pointed = format!("▸ {name}");
        terminal.wait_until("the part is under the cursor", |output| output.contains(&pointed));
        parts.push(copy_revealed(terminal));
    }
    let drawn = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(parts.iter().all(|part| !drawn.contains(part.as_str())), "masked, so never drawn");
    parts
}

/// The lines of the file that targets are in.
fn delivered(desk: &Desk) -> String {
    std::fs::read_to_string(desk.home.path().join("storage.env")).unwrap_or_default()
}

#[test]
fn one_for_a_location_is_shown_once_delivered_in_parts_and_gone_at_its_end() {
    let Some((_sandbox, client, desk, mut terminal)) = before_the_list() else { return };
    terminal.wait_for("None is limited to the table or").wait_for("temporary credentials");
    assert!(!terminal.text().contains("AKIA"), "the server lists its secrets; they are not drawn");
    on_place(&mut terminal, SHORT);
    let parts = get(&mut terminal, &["id", "secret", "session"]);
    assert!(parts[0].starts_with("ASIA"), "a temporary one");
    // It says until when, counts that down, and then it was shown: the pane is not drawn again.
    let ends = |text: &str| text.lines().find(|line| line.contains("Ends in ")).map(str::to_owned);
    let first = ends(&terminal.text()).expect("counted down");
    terminal.wait_until("it is counted down", |output| {
        ends(&output.text()).is_some_and(|line| line != first) && output.contains("Masked.")
    });
    terminal.keys("<c-d>").wait_gone("Masked.").wait_for("held here, ends in");
    terminal.wait_gone("unfinished");
    // What is held stands first, and the cursor is still on it.
    let pointed = format!("▸ {SHORT}");
    terminal.wait_until("the cursor stayed", |output| output.contains(&pointed));

    terminal.keys("d").wait_for("▸ [ ] storage-id").keys("<space>").wait_for("[✓] storage-id");
    terminal.keys("j").wait_for("▸ [ ] storage-secret").keys("<space>").wait_for("[✓] storage-secret");
    terminal.keys("j").wait_for("▸ [ ] storage-session").keys("<space>").wait_for("[✓] storage-session");
    assert_eq!(delivered(&desk), "", "marked is not delivered");
    terminal.keys("a").wait_for("delivered to 3 targets").keys("<esc>").wait_gone("Deliver s3");
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let wanted: Vec<String> = names.iter().zip(&parts).map(|(name, part)| format!("{name}={part}")).collect();
    assert_eq!(delivered(&desk).lines().collect::<Vec<_>>(), wanted);
    let mode = std::fs::metadata(desk.home.path().join("storage.env")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    terminal.keys("<esc>").wait_gone("Storage credentials").keys("q").wait_exit();
    for part in &parts[1..] {
        let canary = Canary::of(part, 0);
        canary.assert_absent("the screen", terminal.text().as_bytes());
        let leaks = canary.leaks_in_tree(desk.home.path());
        assert!(leaks.iter().all(|leak| leak.place.ends_with("storage.env")), "{leaks:?}");
    }

    // Another program finds it held; once its end has passed it takes it out.
    let mut terminal = logged_in(&desk);
    opened(&mut terminal);
    terminal.wait_for("held here, ends in").keys("<esc>").wait_gone("Storage credentials");
    terminal.keys("q").wait_exit();
    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5)).to_string();
    let changed = records(&desk).execute("UPDATE entries SET ends = ?1 WHERE ends IS NOT NULL", [&past]);
    assert_eq!(changed.expect("written"), 1, "one ends");
    let mut terminal = logged_in(&desk);
    let entries = || -> i64 {
        let count = "SELECT count(*) FROM entries WHERE owner = ' vended'";
        records(&desk).query_row(count, [], |row| row.get(0)).expect("counted")
    };
    wait::until("it is taken out of the store", || (entries() == 0).then_some(()));
    opened(&mut terminal);
    assert!(!terminal.text().contains("held here"), "{}", terminal.text());
    // The server wrote none of that down, and its own view of warehouses is as before.
    assert_eq!(client.get("/warehouses").as_array().map(Vec::len), Some(2));
}

#[test]
fn one_for_a_table_is_called_what_it_is_and_stays_until_it_is_let_go() {
    let Some((_sandbox, client, desk, mut terminal)) = before_the_list() else { return };
    on_place(&mut terminal, TABLE);
    let parts = get(&mut terminal, &["id", "secret"]);
    terminal.wait_for("the warehouse's own long-lived keys").wait_for("for s3://acme-lake/");
    let warehouses = client.get("/warehouses");
    let listed = warehouses.as_array().expect("a list").iter();
    let own: Vec<&Value> = listed.filter(|one| one["name"] == "main").collect();
    let config = &own[0]["storage_config"];
    assert_eq!(
        (&config["access_key_id"], &config["secret_access_key"]),
        (&json!(parts[0]), &json!(parts[1]))
    );
    terminal.keys("<c-d>").wait_gone("Masked.").wait_for("no end is told");
    // A part that this one has not cannot be delivered, and says so.
    terminal.keys("d").wait_for("▸ [ ] storage-id").keys("jj").wait_for("▸ [ ] storage-session");
    terminal
        .keys("<space>")
        .wait_for("[✓] storage-session")
        .keys("<enter>")
        .wait_until("it says why", |output| {
            output.rows().iter().any(|row| row.contains('×') && row.contains("session"))
        });
    assert_eq!(delivered(&desk), "");
    terminal.keys("<esc>").wait_gone("Deliver table").keys("x").wait_for("taken out of the store");
    terminal.wait_gone("no end is told").wait_for(&format!("▸ {TABLE}"));
    terminal.keys("y").wait_for("none is held for this place");
}

#[test]
fn what_cannot_work_or_is_not_the_tenants_is_refused_in_words() {
    let Some((sandbox, _, _desk, mut terminal)) = before_the_list() else { return };
    sandbox.quirk_of("pangolin", "encryption_key", &json!(true));
    on_place(&mut terminal, "s3://acme-lake/");
    terminal.keys("<enter>").wait_for("the server gave its encrypted values instead of the keys");
    sandbox.quirk_of("pangolin", "encryption_key", &json!(false));
    for (typed, says) in [
        ("s3://x-acme-lake-x/", "no warehouse of this tenant has this bucket"),
        ("table sales/orders/none", "Table not found"),
        ("table none/orders/daily", "Catalog not found"),
    ] {
        terminal.keys("/").wait_for("search, or type a place").keys("<c-u>").send(typed.as_bytes());
        terminal.keys("<enter>").wait_gone("search, or type a place").wait_for(&format!("▸ {typed}"));
        terminal.keys("<enter>").wait_for(says);
        terminal.keys("/").wait_for("search, or type a place").keys("<esc>").wait_for("table lake/raw/daily");
    }
    // What is no place is not asked for.
    let asked = sandbox.requests("GET", "/credentials").len();
    terminal.keys("/").wait_for("search, or type a place").send(b"gs://lake/").wait_for("Nothing matches");
    terminal.keys("<enter>").wait_gone("search, or type a place").keys("<enter>");
    terminal.keys("/<esc>").wait_for("table lake/raw/daily");
    assert_eq!(sandbox.requests("GET", "/credentials").len(), asked);
    assert!(!terminal.text().contains("held here"), "nothing of all that is held");
    terminal.keys("<esc>").wait_gone("Storage credentials").keys("q").wait_exit();

    // A plain user has the locations, and no table that they may not read.
    let desk = with_targets(&sandbox, "bob");
    let mut terminal = logged_in(&desk);
    terminal.keys("w").wait_for("Storage credentials · lake").wait_for(SHORT).keys("/");
    terminal.wait_for("search, or type a place").send(TABLE.as_bytes()).keys("<enter>");
    terminal.wait_gone("search, or type a place").wait_for(&format!("▸ {TABLE}"));
    terminal.keys("<enter>").wait_for("Forbidden");
}
