//! Servers and addresses on their bad days: each time a clear sentence, a way on, and nothing lost.

use serde_json::{Value, json};
use support::edges::{Reaction, Server};
use support::home::Home;
use support::pty::{Start, Terminal};
use support::tls::Authority;
use support::wait;

use crate::codes;
use crate::program::{BINARY, log_in, point_at, settings, up_to_create};
use crate::sandbox::Sandbox;

const KEYS: &str = "/api/v1/service_accounts/*/api_keys";
const INFO: &str = r#"{"id":"7d5447df-1111-4222-8333-944444444444","name":"edge","version":"0.98.0","active":true,
    "debug":false,"auth_scheme":"OAUTH2_PASSWORD_BEARER","server_url":"","metadata":{}}"#;

/// A home whose secrets stay in memory, so that no keyring is needed.
fn home(rest: &str) -> Home {
    let home = Home::new();
    home.write_settings(&format!("secrets = \"memory\"\n{rest}"));
    home
}

fn open(home: &Home) -> Terminal {
    Start::new(BINARY, home).size(100, 30).spawn()
}

/// The program on a separate sandbox, logged in.
fn logged_in(sandbox: &Sandbox) -> (Home, Terminal) {
    let home = home(&settings(&sandbox.server));
    let mut terminal = open(&home);
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &sandbox.server.password, false);
    (home, terminal)
}

/// Closes a reveal of a secret that is in memory alone.
fn give_up(terminal: &mut Terminal) {
    terminal.wait_for("Masked.").keys("<c-d>").wait_for("type discard").keys("discard<enter>");
    terminal.wait_gone("type discard");
}

/// Types over what is in a field.
fn fill(terminal: &mut Terminal, label: &str, text: &str) {
    terminal.wait_for(&format!("▸ {label}")).keys("<c-e><c-u>").send(text.as_bytes());
    terminal.wait_for(text);
}

#[test]
fn the_account_editor_refuses_what_cannot_be_and_keeps_what_was_typed() {
    let sandbox = Sandbox::start();
    let home = home("");
    let mut terminal = open(&home);
    terminal.wait_for("Welcome to keywright").keys("<down>").wait_for("▸ Add an account").keys("<enter>");
    terminal.wait_for("▸ backend").keys("<tab>");
    let wrong = [
        ("nonsense", "address"),
        ("ftp://a.example", "https"),
        ("http://kitaru.example.com", "http"),
        ("https://ada:secret@a.example", "address"),
        ("https://a.example/?q=1", "address"),
    ];
    for (address, word) in wrong {
        fill(&mut terminal, "address", address);
        terminal.keys("<tab>");
        fill(&mut terminal, "name", "mine");
        terminal
            .keys("<enter><enter><enter><enter>")
            .wait_for("▸ address")
            .wait_until("it says why", |output| {
                output.rows().iter().any(|row| row.contains('×') && row.contains(word))
            });
        assert!(terminal.text().contains("mine"), "what was typed stays");
        assert!(!std::fs::read_to_string(home.settings_file()).expect("settings").contains("mine"));
    }
    fill(&mut terminal, "address", &sandbox.server.url);
    terminal.keys("<tab>");
    fill(&mut terminal, "name", "not a name");
    terminal
        .keys("<enter><enter><enter><enter>")
        .wait_for("▸ name")
        .wait_until("it says why", |output| output.rows().iter().any(|row| row.contains('×')));
    fill(&mut terminal, "name", "mine");
    terminal.keys("<enter>");
    fill(&mut terminal, "login name", "ada");
    terminal.keys("<enter><enter><enter>").wait_for("Log in to mine");
    terminal
        .wait_for("▸ Password")
        .send(sandbox.server.password.as_bytes())
        .keys("<enter>")
        .wait_for("ci-runner");
    let written = std::fs::read_to_string(home.settings_file()).expect("settings");
    assert!(
        written.starts_with("secrets = \"memory\"\n") && written.contains("[accounts.mine]"),
        "{written}"
    );
    assert!(!written.contains(&sandbox.server.password));
}

#[test]
fn a_server_that_is_not_there_can_be_tried_again() {
    // Nobody listens on the first port, and no other test can come to listen there.
    let home = home("[accounts.gone]\nbackend = \"kitaru\"\nendpoint = \"http://127.0.0.1:1\"\n");
    let mut terminal = open(&home);
    terminal.wait_for("The server cannot be reached").wait_for("F5 tries again");
    terminal.keys("R").wait_for("The server cannot be reached");
    terminal
        .keys("L")
        .wait_for("Log in to gone")
        .keys("ada<tab>x<enter>")
        .wait_for("The server cannot be reached");
    terminal.keys("<esc>").wait_gone("Log in to gone").keys("q").wait_exit();
}

#[test]
fn an_untrusted_certificate_is_mended_with_its_authority() {
    let authority = Authority::new();
    let script = vec![Reaction::json(200, INFO); 8];
    let server = Server::start_tls(script, authority.server(&["127.0.0.1"]));
    let home = home(&format!("[accounts.own]\nbackend = \"kitaru\"\nendpoint = \"{}\"\n", server.url()));
    let file = home.path().join("authority.pem");
    authority.write_pem(&file);
    let mut terminal = open(&home);
    terminal.wait_for("The server's certificate is not trusted").wait_for("certificate file");
    assert_eq!(server.requests().len(), 0, "nothing was said to it");
    terminal.keys("p").wait_for("Accounts").keys("e").wait_for("Account own");
    terminal.keys("<btab><btab>");
    fill(&mut terminal, "certificate file", "/nowhere/authority.pem");
    terminal.keys("<enter><enter>").wait_for("Log in to own").keys("<esc>").wait_gone("Log in to own");
    terminal.wait_for("The certificate file cannot be used");
    terminal.keys("e").wait_for("Account own").keys("<btab><btab>");
    fill(&mut terminal, "certificate file", file.to_str().expect("text"));
    terminal.keys("<enter><enter>").wait_for("Log in to own").keys("<esc>").wait_gone("Log in to own");
    terminal.wait_for("not logged in").wait_gone("certificate");
    assert!(!server.requests().is_empty());
}

#[test]
fn a_wrong_password_is_told_and_the_name_stays() {
    let sandbox = Sandbox::start();
    let home = home(&settings(&sandbox.server));
    let mut terminal = open(&home);
    terminal.wait_for("not logged in").keys("L").wait_for("Log in to").keys("wrong<enter>");
    terminal
        .wait_for("The login was refused")
        .wait_for("Check the fields User name and Password")
        .wait_for("▸ Password");
    terminal.send(sandbox.server.password.as_bytes()).keys("<enter>").wait_for("ci-runner");
}

#[test]
fn servers_that_let_nobody_in_are_told_apart() {
    for (quirk, value, sentence) in [
        ("active", json!(false), "The server has not been activated yet"),
        ("auth_scheme", json!("EXTERNAL"), "leaves logging in to ZenML Pro"),
    ] {
        let sandbox = Sandbox::start();
        sandbox.quirk(quirk, &value);
        let home = home(&settings(&sandbox.server));
        let mut terminal = open(&home);
        terminal
            .wait_for("sand")
            .keys("L")
            .wait_for("Log in to")
            .send(b"x")
            .keys("<enter>")
            .wait_for(sentence);
        assert_eq!(sandbox.requests("POST", "/login").len(), 0, "no password is sent there");
    }
}

#[test]
fn a_session_that_ends_inside_a_wizard_loses_nothing_typed() {
    let sandbox = Sandbox::start();
    sandbox.quirk("jwt_minutes", &json!(1));
    let (_home, mut terminal) = logged_in(&sandbox);
    up_to_create(&mut terminal, "etl", "fresh");
    sandbox.advance(120);
    terminal
        .keys("<enter>")
        .wait_for("Log in to sand")
        .send(sandbox.server.password.as_bytes())
        .keys("<enter>");
    terminal.wait_gone("Log in to").wait_for("▸ check").wait_for("fresh").keys("<enter>").wait_for("Masked.");
    assert_eq!(sandbox.server.keys("etl", "fresh").len(), 1);
}

#[test]
fn a_name_that_is_taken_can_be_changed() {
    let sandbox = Sandbox::start();
    let (_home, mut terminal) = logged_in(&sandbox);
    // Known here.
    terminal.keys("n").wait_for("▸ owner").send(b"etl").keys("<enter>").wait_for("▸ name");
    terminal.send(b"warehouse").keys("<enter>").wait_for("this owner has one of that name already");
    terminal.keys("<c-u>").send(b"fresh").keys("<enter><enter>").wait_for("▸ scopes").keys("<enter>");
    // Known to the server only.
    sandbox.server.make_key("etl", "fresh");
    terminal
        .wait_for("▸ check")
        .keys("<enter>")
        .wait_for("The name is taken")
        .wait_for("Choose another name");
    terminal.keys("<esc>").wait_for("▸ scopes").keys("<esc>").wait_for("▸ name").keys("<btab>");
    fill(&mut terminal, "name", "fresher");
    terminal.keys("<enter><enter>").wait_for("▸ scopes").keys("<enter>").wait_for("▸ check").keys("<enter>");
    give_up(&mut terminal);
    assert_eq!(sandbox.server.keys("etl", "fresher").len(), 1);
}

#[test]
fn a_write_with_a_broken_answer_is_unclear_until_it_is_checked() {
    let faults = [
        (json!({ "kind": "answer", "status": 500 }), "The server failed", false),
        (json!({ "kind": "garbage" }), "The answer is not what this backend sends", true),
        (json!({ "kind": "wrong_type" }), "The answer is not what this backend sends", true),
        (json!({ "kind": "oversize", "megabytes": 10 }), "The answer was larger than 1 MiB", true),
    ];
    for (mut fault, sentence, happened) in faults {
        let sandbox = Sandbox::start();
        let (_home, mut terminal) = logged_in(&sandbox);
        up_to_create(&mut terminal, "etl", "fresh");
        fault["method"] = json!("POST");
        fault["path"] = json!(KEYS);
        sandbox.fault(&fault);
        terminal.keys("<enter>").wait_for(sentence).wait_for("nobody knows yet").wait_for("1 unfinished");
        terminal
            .keys("<esc>")
            .wait_gone("New API key through")
            .wait_for("1 unfinished")
            .keys("u")
            .wait_for("Unfinished work")
            .keys("c");
        terminal.wait_for(if happened { "its secret never arrived" } else { "was not made" });
        assert_eq!(sandbox.server.keys("etl", "fresh").len(), usize::from(happened), "{sentence}");
        assert_eq!(sandbox.requests("POST", "/api_keys").len(), 1, "{sentence}");
    }
}

#[test]
fn a_listing_with_a_broken_answer_is_told_and_read_again() {
    let faults: [(Value, &str); 5] = [
        (json!({ "kind": "answer", "status": 500 }), "The server failed"),
        (json!({ "kind": "cut_body" }), "The connection ended before the answer did"),
        (json!({ "kind": "garbage" }), "The answer is not what this backend sends"),
        (json!({ "kind": "oversize", "megabytes": 10 }), "The answer was larger than 1 MiB"),
        (json!({ "kind": "escapes" }), "The server refused these values"),
    ];
    let sandbox = Sandbox::start();
    let (_home, mut terminal) = logged_in(&sandbox);
    for (mut fault, sentence) in faults {
        fault["method"] = json!("GET");
        fault["path"] = json!("/api/v1/service_accounts");
        fault["times"] = Value::Null;
        sandbox.fault(&fault);
        terminal.keys("R").wait_for(sentence);
        sandbox.mend();
        // The footer says when only once all of it has come: until then another `R` would be for nothing.
        terminal.keys("R").wait_until("it was read again", |output| {
            !output.contains(sentence) && output.contains(" · read ")
        });
    }
    terminal.keys("q").wait_exit();
    codes::assert_known(&terminal.raw());
    assert_eq!(terminal.copied(), Vec::<Vec<u8>>::new());
}

#[test]
fn names_from_a_server_cannot_control_the_terminal() {
    let sandbox = Sandbox::start();
    let wicked = "\u{1b}]52;c;aGVsbG8=\u{7}\u{1b}[31mred\u{9b}2J\u{202e}evil\r\n";
    sandbox.server.make_key("etl", wicked);
    let (_home, mut terminal) = logged_in(&sandbox);
    point_at(&mut terminal, "U+001B");
    terminal.keys("<enter>").wait_for("Details").keys("<esc>").wait_gone("Details");
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").keys("<esc>").wait_gone("▸ review");
    terminal.keys("x").wait_for("Revoke").keys("<esc>").wait_gone("Revoke U").keys("q").wait_exit();
    codes::assert_known(&terminal.raw());
    assert_eq!(terminal.copied(), Vec::<Vec<u8>>::new());
    assert!(terminal.look().titles().is_empty());
    terminal.assert_restored();
}

#[test]
fn a_slow_server_leaves_the_screen_responsive() {
    let sandbox = Sandbox::start();
    let (_home, mut terminal) = logged_in(&sandbox);
    sandbox.fault(&json!({ "kind": "delay", "delay_ms": 60_000, "times": null }));
    terminal.keys("R").wait_for("reading the credentials of sand");
    terminal.keys("?").wait_for("Help").keys("<esc>").wait_gone("Help").keys("q");
    let ended = wait::within(std::time::Duration::from_secs(10), || (!terminal.is_running()).then_some(()));
    assert!(ended.is_some(), "a read does not hold up the end");
}
