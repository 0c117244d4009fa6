//! What goes wrong with a Pangolin server, by keyboard: logins that name no tenant or the wrong one, a throttle in the
//! middle of a wizard, refusals of what was sent, moments in each of their spellings, and permissions that could not be
//! copied. Each is told in words, and nothing typed is lost.

use serde_json::{Value, json};
use support::home::Home;
use support::pty::{Start, Terminal};
use support::wait;

use crate::commands::words;
use crate::lake::{Client, administrator, administrators_desk, let_time_pass, show_all, take_key, told};
use crate::program::{BINARY, Desk, copy_revealed, log_in, point_at};
use crate::sandbox::Sandbox;

/// The program with one account, `lake`, secrets in memory, and its login opened.
fn at_login(sandbox: &Sandbox, login: &str, tenant: Option<&str>) -> (Home, Terminal) {
    let home = Home::new();
    let tenant = tenant.map_or_else(String::new, |tenant| format!("tenant = \"{tenant}\"\n"));
    home.write_settings(&format!(
        "secrets = \"memory\"\n[accounts.lake]\nbackend = \"pangolin\"\nendpoint = \"{}\"\nlogin = \"{login}\"\n{tenant}",
        told(sandbox, "url")
    ));
    let mut terminal = Start::new(BINARY, &home).size(110, 40).spawn();
    terminal.wait_for("not logged in").keys("L").wait_for("Log in to lake");
    (home, terminal)
}

/// Goes through the fields with Enter until something is said.
fn enter_until(terminal: &mut Terminal, says: &str) {
    let field = |rows: &[String]| rows.iter().position(|row| row.contains("│ ▸ "));
    for _ in 0..12 {
        if terminal.text().contains(says) {
            return;
        }
        let before = field(&terminal.look().rows());
        terminal.keys("<enter>").wait_until("the next field, or an answer", |output| {
            output.contains(says) || field(&output.rows()) != before
        });
    }
    terminal.wait_for(says);
}

#[test]
fn a_login_without_its_tenant_or_with_another_is_refused_in_words_and_mended() {
    let sandbox = Sandbox::start();
    Client::open(&sandbox);
    let (password, root) = (told(&sandbox, "password"), told(&sandbox, "root_password"));
    let nobodys = "11111111-2222-4333-8444-555555555555";
    // As root of a tenant that is not there: root would be let in, so that is looked for.
    let (_home, mut terminal) = at_login(&sandbox, "root", Some(nobodys));
    terminal.keys("<up><up><right>").wait_for("Root, in the account's tenant").keys("<tab><tab>");
    terminal.wait_for("▸ Password").send(root.as_bytes()).keys("<enter>");
    terminal.wait_for("there is no tenant with the id that the account names");
    // A wrong id and a wrong password are the same to the server, and it is said so.
    let (_home, mut terminal) = at_login(&sandbox, "ada", Some(nobodys));
    terminal.send(password.as_bytes()).keys("<enter>").wait_for("name, password or tenant id is wrong");
    // Without one the server gives the name away; what to do is told, and done, however the id is typed.
    let (home, mut terminal) = at_login(&sandbox, "ada", None);
    terminal.send(password.as_bytes()).keys("<enter>").wait_for("put it into the account");
    terminal.keys("<esc>").wait_gone("Log in to lake").keys("p").wait_for("Accounts").keys("e");
    terminal.wait_for("Account lake").wait_for("Tenant id");
    terminal.keys("<tab><tab>").wait_for("▸ Tenant id").send(b"acme").wait_for("acme");
    enter_until(&mut terminal, "a tenant's id is a UUID");
    let typed = told(&sandbox, "tenant_id").to_uppercase();
    terminal.wait_for("▸ Tenant id").keys("<c-e><c-u>").send(typed.as_bytes()).wait_for(&typed);
    enter_until(&mut terminal, "Log in to lake");
    terminal.wait_for("▸ Password").send(password.as_bytes()).keys("<enter>").wait_for("ci-pipeline");
    assert!(std::fs::read_to_string(home.settings_file()).expect("settings").contains(&typed));
}

#[test]
fn a_throttle_in_the_middle_of_a_wizard_is_counted_down_and_nothing_is_lost() {
    let Some((sandbox, client, _desk, mut terminal)) = administrator() else { return };
    let bob = client.named("/users", "username", "bob")[0]["id"].as_str().expect("an id").to_owned();
    let tokens = || client.get(&format!("/users/{bob}/tokens")).as_array().expect("a list").len();
    let before = tokens();
    sandbox.fault(&json!({ "backend": "pangolin", "kind": "answer", "method": "POST", "path": "/api/v1/tokens",
        "status": 429, "headers": { "retry-after": "8" }, "body": { "error": {
            "message": "too many authentication attempts; try again later", "type": "TooManyRequests", "code": 429 } } }));
    terminal.keys("n").wait_for("Which kind of credential?").keys("j").wait_for("▸ minted JWT");
    terminal.keys("<enter>").wait_for("which user or tenant?").send(b"bob").keys("<enter>");
    terminal.wait_for("▸ name").send(b"loader").keys("<enter>").wait_for("▸ description").keys("<enter>");
    terminal.wait_for("▸ scopes").keys("<enter>").wait_for("▸ expiry").keys("<enter>").wait_for("▸ check");
    terminal.keys("<enter>").wait_for("ten logins and mints a minute").wait_for("Nothing typed is lost");
    // It is counted down, asks nothing of the server meanwhile, and goes on from where it was.
    let asked = sandbox.requests("POST", "/tokens").len();
    terminal.keys("<enter>").wait_for("takes another attempt in");
    terminal.wait_for("The server takes another attempt now");
    assert_eq!((sandbox.requests("POST", "/tokens").len(), tokens()), (asked, before));
    terminal.wait_for("'loader'").keys("<enter>").wait_for("Masked.");
    assert_eq!(tokens(), before + 1);
}

/// By its id a token is revoked for a day; both who calls `due` and who looks at the screen keep it dead.
#[test]
fn a_token_that_was_revoked_by_its_id_is_revoked_again_every_twelve_hours() {
    let Some((sandbox, client, desk)) = administrators_desk() else { return };
    let mut terminal = desk.start().size(150, 46).spawn();
    terminal.wait_for("not logged in").wait_for("keyring ●");
    log_in(&mut terminal, &desk.server.password, true);
    terminal.keys("n").wait_for("Which kind of credential?").keys("j").wait_for("▸ minted JWT");
    terminal.keys("<enter>").wait_for("which user or tenant?").send(b"bob").keys("<enter>");
    terminal.wait_for("▸ name").send(b"loader").keys("<enter>").wait_for("▸ description").keys("<enter>");
    terminal.wait_for("▸ scopes").keys("<enter>").wait_for("▸ expiry").keys("<enter>").wait_for("▸ check");
    terminal.keys("<enter>").wait_for("Masked.");
    let token = copy_revealed(&mut terminal);
    terminal.keys("<c-d>").wait_for("accepted as bob").keys("q").wait_exit();
    assert!(client.takes(&token));

    // By itself it is tried twice: with the stored token, and with the listed one.
    for _ in 0..2 {
        sandbox.fault(&json!({ "backend": "pangolin", "kind": "answer", "method": "POST",
            "path": "/api/v1/auth/revoke", "status": 400, "body": "no" }));
    }
    let told = run(&desk, &["revoke", "lake/bob/loader", "--yes", "loader", "--json"]);
    assert_eq!(told["proof"].as_str(), Some("for a day"), "{told}");
    assert!(told["words"].as_str().is_some_and(|words| words.contains("every 12 hours")), "{told}");
    let id = told["credential"]["id"].as_str().expect("an identifier").to_owned();
    let by_id = || sandbox.requests("POST", &format!("/auth/revoke/{id}")).len();
    let due = || run(&desk, &["due", "--json"])[0]["state"].as_str().expect("a state").to_owned();
    assert_eq!((by_id(), due().as_str(), by_id()), (1, "waiting", 1));
    let_time_pass(&desk);
    assert_eq!((due().as_str(), by_id()), ("advanced", 2));
    assert_eq!((due().as_str(), by_id()), ("waiting", 2));

    // The screen does the same while it is open, and tells what it did.
    let_time_pass(&desk);
    let mut terminal = desk.start().size(150, 46).spawn();
    terminal.wait_for("revoked again, as the server forgets it in a day");
    assert_eq!(by_id(), 3);
    terminal.keys("q").wait_exit();
    assert!(!client.takes(&token));
}

/// What a command prints as JSON.
fn run(desk: &Desk, arguments: &[&str]) -> Value {
    let out = desk.run(arguments);
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("JSON: {}", words(&out.stderr)))
}

#[test]
fn what_the_server_does_not_understand_is_told_in_its_words_and_can_be_sent_again() {
    let Some((sandbox, client, _desk, mut terminal)) = administrator() else { return };
    let rows = || client.named("/service-users", "name", "tour");
    terminal.keys("n").wait_for("Which kind of credential?").keys("<enter>").wait_for("▸ name");
    terminal.send(b"tour").keys("<enter>").wait_for("▸ description").keys("<enter>").wait_for("▸ scopes");
    terminal.keys("<enter>").wait_for("▸ expiry").keys("<enter>").wait_for("▸ check");
    for (status, words, says) in [
        (415, "Expected request with `Content-Type: application/json`", "Expected request with"),
        (
            422,
            "Failed to deserialize the JSON body into the target type: foo: unknown field `foo`",
            "foo: unknown field",
        ),
        (403, r#"{"error":"Only admins can create service users"}"#, "Only admins can create"),
        (
            500,
            r#"{"error":"Failed: error returned from database: SELECT secret"}"#,
            "its database refused this",
        ),
    ] {
        sandbox.fault(&json!({ "backend": "pangolin", "kind": "answer", "method": "POST",
            "path": "/api/v1/service-users", "status": status, "body": words }));
        terminal.keys("<enter>").wait_for(says);
        assert!(!terminal.text().contains("SELECT"), "{status}");
        assert_eq!(rows(), [] as [Value; 0], "{status}");
        if status == 500 {
            // Whether that made one is not known, and not tried again from here.
            terminal.keys("<enter>").wait_gone("▸ check");
        } else {
            terminal.wait_for("'tour'").wait_for("Enter makes it");
        }
    }
}

#[test]
fn moments_are_the_same_in_each_of_their_spellings() {
    let Some((sandbox, client, _desk, mut terminal)) = administrator() else { return };
    point_at(&mut terminal, "nightly-export");
    let in_words = |text: &Value| {
        let moment: jiff::Timestamp = text.as_str().expect("a moment").parse().expect("RFC 3339");
        moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    };
    for (store, length) in [("sql", 20), ("memory", 30)] {
        sandbox.quirk_of("pangolin", "store", &json!(store));
        let row = client.named("/service-users", "name", "nightly-export").remove(0);
        assert_eq!(row["created-at"].as_str().map(str::len), Some(length), "another spelling");
        let lists = sandbox.requests("GET", "/service-users").len();
        terminal.keys("R");
        wait::until("it is read again", || {
            (sandbox.requests("GET", "/service-users").len() > lists).then_some(())
        });
        terminal.wait_for("read just now");
        for field in ["created-at", "expires-at"] {
            terminal.wait_for(&in_words(&row[field]));
        }
    }
}

#[test]
fn replacing_copies_what_the_first_one_holds_or_says_what_it_could_not() {
    let Some((sandbox, client, _desk, mut terminal)) = administrator() else { return };
    for (name, fails) in [("nightly-export", false), ("ci-pipeline", true)] {
        let rows = || client.named("/service-users", "name", name);
        let old = rows()[0]["id"].as_str().expect("an id").to_owned();
        let held = client.held(&old);
        assert!(held.len() > 1, "permissions and a role: {held:?}");
        if fails {
            sandbox.fault(&json!({ "backend": "pangolin", "kind": "answer", "method": "POST",
                "path": "/api/v1/permissions", "status": 500, "body": "Failed to grant" }));
        }
        point_at(&mut terminal, name);
        terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").keys("<enter>");
        terminal.wait_for("▸ retention").keys("<enter>").wait_for("▸ targets").keys("<enter>");
        terminal.wait_for("▸ check").keys("<enter>").wait_for("Masked.");
        if fails {
            terminal.wait_for("this could not be given to it").wait_for("catalog sales");
        }
        take_key(&mut terminal);
        terminal.wait_for("accepted");
        let new = rows().into_iter().find(|row| row["id"] != *old).expect("a second one");
        let new = new["id"].as_str().expect("an id").to_owned();
        // What was not given at first is given before the new one is taken at its word.
        wait::until("both hold the same", || (client.held(&new) == held).then_some(()));
        assert_eq!(client.held(&old), held, "the first one is left alone");
        terminal.keys("<enter>").wait_gone("▸ verify");
        show_all(&mut terminal, name);
    }
}
