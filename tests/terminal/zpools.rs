//! The whole life of a PAT by keyboard, with a real keyring, in both of the backend's modes: where a password logs in,
//! and where only a PAT does and new ones are made on the website, which the test plays. After each step the server's
//! own rows are looked at.

use serde_json::{Value, json};
use support::canary::Canary;
use support::home::Home;
use support::keyring::{Keyring, State};
use support::pty::Terminal;
use support::skip;

use crate::program::{Desk, copy_revealed, inside, log_in, point_at};
use crate::sandbox::{Sandbox, Server};
use crate::web;

const PREFIX: &str = "zpat_";
const JSON: &str = "content-type: application/json";

/// The backend's website with somebody logged in, and any other client of the API.
struct Website {
    base: String,
    bearer: String,
}

impl Website {
    fn open(sandbox: &Sandbox) -> Self {
        let told = &sandbox.told["zpools"];
        let url = told["url"].as_str().expect("an address");
        let base = url.strip_suffix("/v1").expect("an address that ends in /v1").to_owned();
        let login = json!({ "username": told["username"], "password": told["password"] }).to_string();
        let answer = web::call("POST", &base, "/v1/login", &[JSON], &login);
        let bearer = answer.body["detail"]["access_token"].as_str().expect("a bearer").to_owned();
        Self { base, bearer }
    }

    fn call(&self, bearer: &str, method: &str, path: &str, agent: &str, body: &str) -> web::Answer {
        let (bearer, agent) = (format!("authorization: Bearer {bearer}"), format!("user-agent: {agent}"));
        web::call(method, &self.base, &format!("/v1{path}"), &[&bearer, &agent, JSON], body)
    }

    /// The rows of this label, the oldest first.
    fn rows(&self, label: &str) -> Vec<Value> {
        let answer = self.call(&self.bearer, "GET", "/pat", "browser", "");
        let rows = answer.body["detail"]["items"].as_array().expect("a list").clone();
        rows.into_iter().filter(|row| row["label"] == label).collect()
    }

    /// The one row of this label that works.
    fn active(&self, label: &str) -> Value {
        let rows: Vec<Value> = self.rows(label).into_iter().filter(|row| row["status"] == "active").collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }

    /// Makes a PAT as the page's form does, and gives its secret.
    fn make(&self, form: &Value) -> String {
        let made = self.call(&self.bearer, "POST", "/pat", "browser", &form.to_string());
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["detail"]["token"].as_str().expect("a token").to_owned()
    }

    /// What some program gets that uses a PAT.
    fn uses(&self, pat: &str, path: &str) -> u16 {
        self.call(pat, "GET", path, "terraform/1.9", "").status
    }
}

/// A machine with an unlocked keyring and one account, `pools`.
fn desk(sandbox: &Sandbox) -> Desk {
    let told = &sandbox.told["zpools"];
    let text = |name: &str| told[name].as_str().expect("a text").to_owned();
    let server = Server { url: text("url"), username: text("username"), password: text("password") };
    let home = Home::new();
    home.write_settings(&format!(
        "[accounts.pools]\nbackend = \"zpools\"\nendpoint = \"{}\"\nlogin = \"{}\"\n",
        server.url, server.username
    ));
    Desk { home, keyring: Keyring::start(State::Unlocked), server }
}

/// What the keyring has of the PATs of this label.
fn stored(desk: &Desk, label: &str) -> Vec<String> {
    let entries = desk.keyring.entries("keywright").into_iter();
    let names: Vec<String> =
        entries.filter_map(|entry| entry.attribute("username").map(str::to_owned)).collect();
    let of_label = names.iter().filter(|name| name.contains(&format!("/{label}")));
    let secrets = of_label.filter_map(|name| desk.keyring.secret("keywright", name));
    secrets.map(|secret| String::from_utf8(secret).expect("text")).collect()
}

/// Takes a secret out of the reveal, by looking and by copying, and closes it.
fn take(terminal: &mut Terminal, title: &str) -> String {
    terminal.wait_for("Masked.");
    assert!(!terminal.text().contains(PREFIX), "masked at first");
    terminal.keys("u").wait_for(PREFIX);
    let secret = copy_revealed(terminal);
    assert!(inside(terminal, title).contains(&secret), "what is copied is what is shown");
    terminal.keys("u").wait_gone(PREFIX).keys("<c-d>").wait_gone("Masked.");
    secret
}

#[test]
fn a_pats_life_where_a_password_logs_in() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    let mut terminal = desk.logged_in();

    // Made with the first preset and an end in 90 days, which is chosen at first.
    terminal.keys("n").wait_for("▸ name").send(b"tour").keys("<enter>").wait_for("▸ scopes");
    terminal.keys("<space>").wait_for("Not allowed: sshkey, pat, billing").keys("<enter>");
    terminal.wait_for("▸ expiry").keys("<enter>").wait_for("▸ check");
    assert_eq!(site.rows("tour"), [] as [Value; 0], "nothing is made before it is said");
    terminal.keys("<enter>");
    let first = take(&mut terminal, "New PAT");
    assert_eq!(stored(&desk, "tour"), [first.as_str()]);
    terminal.wait_for("accepted as ada@example.com, zpool job");
    let row = site.active("tour");
    assert_eq!(row["scopes"], json!(["zpool", "job"]));
    let days = |row: &Value| {
        let at =
            |name: &str| row[name].as_str().expect("a moment").parse::<jiff::Timestamp>().expect("a moment");
        at("expiry_at").duration_since(at("created_at")).as_hours() / 24
    };
    assert!((89..=90).contains(&days(&row)), "{row}");
    for (path, status) in
        [("/zpools", 200), ("/jobs", 200), ("/sshkey", 403), ("/pat", 403), ("/billing/balance", 403)]
    {
        assert_eq!(site.uses(&first, path), status, "what the screen said is what it may do: {path}");
    }
    Canary::of(&first, PREFIX.len()).assert_absent("the screen", terminal.text().as_bytes());

    point_at(&mut terminal, "tour");
    terminal.keys("v").wait_for("presented the secret: accepted as ada@example.com, zpool job");
}
