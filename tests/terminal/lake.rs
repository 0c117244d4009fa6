//! A Pangolin server seen by another client, and a person's machine with an account on it: what the tests by keyboard of
//! that backend share.

use serde_json::{Value, json};
use support::home::Home;
use support::keyring::{Keyring, State};
use support::pty::Terminal;
use support::skip;

use crate::program::{Desk, copy_revealed, log_in, records};
use crate::sandbox::{Sandbox, Server};
use support::web;

const JSON: &str = "content-type: application/json";

/// Any other client of the server.
pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) bearer: String,
    pub(crate) tenant: String,
}

pub(crate) fn told(sandbox: &Sandbox, name: &str) -> String {
    sandbox.told["pangolin"][name].as_str().expect("a text").to_owned()
}

impl Client {
    /// The administrator of the announced tenant.
    pub(crate) fn open(sandbox: &Sandbox) -> Self {
        sandbox.quirk_of("pangolin", "auth_rate_limit", &json!(0));
        let base = told(sandbox, "url").trim_end_matches('/').to_owned();
        let mut client = Self { base, bearer: String::new(), tenant: told(sandbox, "tenant_id") };
        let (name, password) = (told(sandbox, "username"), told(sandbox, "password"));
        client.bearer = client.log_in(&name, &password, Some(&client.tenant)).expect("logged in");
        client
    }

    /// A bearer by password, if it is taken.
    pub(crate) fn log_in(&self, name: &str, password: &str, tenant: Option<&str>) -> Option<String> {
        let body = json!({ "username": name, "password": password, "tenant-id": tenant });
        let answer = web::call("POST", &self.base, "/api/v1/users/login", &[JSON], &body.to_string());
        answer.body["token"].as_str().map(str::to_owned)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.get_as(&self.bearer, path)
    }

    pub(crate) fn get_as(&self, bearer: &str, path: &str) -> Value {
        let bearer = format!("authorization: Bearer {bearer}");
        web::call("GET", &self.base, &format!("/api/v1{path}"), &[&bearer], "").body
    }

    /// The rows of a list with this name.
    pub(crate) fn named(&self, path: &str, field: &str, name: &str) -> Vec<Value> {
        let rows = self.get(path);
        rows.as_array().expect("a list").iter().filter(|row| row[field] == name).cloned().collect()
    }

    /// What a service user may do, as sentences that can be compared: each action on each thing, and its roles.
    pub(crate) fn held(&self, id: &str) -> Vec<String> {
        let mut held = Vec::new();
        for row in
            self.get("/permissions").as_array().expect("a list").iter().filter(|row| row["user-id"] == id)
        {
            let actions = row["actions"].as_array().expect("actions").iter();
            held.extend(actions.map(|action| format!("{action} {}", row["scope"])));
        }
        let roles = self.get(&format!("/users/{id}/roles"));
        held.extend(roles.as_array().expect("roles").iter().map(|role| format!("role {}", role["id"])));
        held.sort();
        held
    }

    /// Whether a key is good for a bearer.
    pub(crate) fn exchanges(&self, id: &str, key: &str) -> bool {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={key}");
        let kind = "content-type: application/x-www-form-urlencoded";
        web::call("POST", &self.base, "/v1/x/v1/oauth/tokens", &[kind], &form).status == 200
    }

    /// Whether the server takes a key in the header made for it.
    pub(crate) fn takes_in_header(&self, key: &str) -> bool {
        let header = format!("x-api-key: {key}");
        web::call("GET", &self.base, "/api/v1/users/me", &[&header], "").status == 200
    }

    /// Whether the server takes a token.
    pub(crate) fn takes(&self, token: &str) -> bool {
        self.get_as(token, "/users/me")["id"].is_string()
    }
}

/// A machine with an unlocked keyring and one account, `lake`; without a tenant it is root's.
pub(crate) fn desk(sandbox: &Sandbox, login: &str, password: &str, tenant: Option<&str>) -> Desk {
    let server =
        Server { url: told(sandbox, "url"), username: login.to_owned(), password: password.to_owned() };
    let home = Home::new();
    let tenant = tenant.map_or_else(String::new, |tenant| format!("tenant = \"{tenant}\"\n"));
    home.write_settings(&format!(
        "[accounts.lake]\nbackend = \"pangolin\"\nendpoint = \"{}\"\nlogin = \"{login}\"\n{tenant}",
        server.url
    ));
    Desk { home, keyring: Keyring::start(State::Unlocked), server }
}

/// Starts it and logs in.
pub(crate) fn logged_in(desk: &Desk) -> Terminal {
    let mut terminal = desk.start().size(150, 46).spawn();
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &desk.server.password, false);
    terminal
}

/// A server, its administrator seen by another client, and the administrator's machine; where there is no keyring it
/// tells so and gives nothing.
pub(crate) fn administrators_desk() -> Option<(Sandbox, Client, Desk)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    let client = Client::open(&sandbox);
    let desk = desk(&sandbox, &told(&sandbox, "username"), &told(&sandbox, "password"), Some(&client.tenant));
    Some((sandbox, client, desk))
}

/// The same, logged in.
pub(crate) fn administrator() -> Option<(Sandbox, Client, Desk, Terminal)> {
    let (sandbox, client, desk) = administrators_desk()?;
    let terminal = logged_in(&desk);
    Some((sandbox, client, desk, terminal))
}

/// Takes a key out of the reveal: its secret part is copied.
pub(crate) fn take_key(terminal: &mut Terminal) -> String {
    terminal.wait_for("Masked.");
    assert!(!terminal.text().contains("pgl_"), "masked at first");
    let secret = copy_revealed(terminal);
    terminal.keys("<c-d>").wait_gone("Masked.");
    secret
}

/// The row of the table that the cursor is on.
pub(crate) fn at_cursor(terminal: &mut Terminal, name: &str, state: &str) {
    terminal.wait_until("the row is under the cursor", |output| {
        output.rows().iter().any(|row| row.contains(&format!("▸ {name}")) && row.contains(state))
    });
}

/// Puts the cursor of the owners on a name.
pub(crate) fn to_row(terminal: &mut Terminal, name: &str) {
    terminal.keys("g");
    for _ in 0..12 {
        if terminal.text().contains(&format!("▸ {name}")) {
            return;
        }
        let at = |rows: &[String]| rows.iter().position(|row| row.contains("▸ "));
        let before = at(&terminal.look().rows());
        terminal.keys("j").wait_until("the cursor moves", |output| at(&output.rows()) != before);
    }
    panic!("no {name}:\n{}", terminal.text());
}

/// Drops the filter that [`crate::program::point_at`] left.
pub(crate) fn show_all(terminal: &mut Terminal, filter: &str) {
    terminal.keys("<esc>").wait_gone(&format!("· /{filter}"));
}

/// Lets the time of the one promise come.
pub(crate) fn let_time_pass(desk: &Desk) {
    let past = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5)).to_string();
    let changed =
        records(desk).execute("UPDATE promises SET due = ?1, next_try = ?1 WHERE state = 'waiting'", [&past]);
    assert_eq!(changed.expect("written"), 1, "one promise waits");
}
