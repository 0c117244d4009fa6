//! Signing in by browser, by keyboard: the line that the server has to list, the way there and back, a code that comes
//! twice, never, or for somebody else's attempt, and one that is pasted.

use std::net::TcpStream;

use serde_json::json;
use support::home::Home;
use support::pty::{Start, Terminal};
use support::wait;

use crate::lake::told;
use crate::program::BINARY;
use crate::sandbox::Sandbox;
use support::web;

/// A port for this process alone: below the range that the system hands out by itself.
fn own_port(number: u16) -> u16 {
    let base = 20_000 + u16::try_from(std::process::id() % 600).expect("small") * 20;
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..4).map(|step| base + number * 4 + step).find(free).expect("a port")
}

/// One account for the browser's way back, secrets in memory.
struct Desk {
    sandbox: Sandbox,
    home: Home,
    back: String,
}

impl Desk {
    fn new(number: u16, tenant: bool) -> Self {
        let sandbox = Sandbox::start();
        sandbox.quirk_of("pangolin", "auth_rate_limit", &json!(0));
        let port = own_port(number);
        let back = format!("http://127.0.0.1:{port}/keywright");
        let tenant =
            if tenant { format!("tenant = \"{}\"\n", told(&sandbox, "tenant_id")) } else { String::new() };
        let home = Home::new();
        home.write_settings(&format!(
            "secrets = \"memory\"\n[accounts.lake]\nbackend = \"pangolin\"\nendpoint = \"{}\"\nport = \"{port}\"\n{tenant}",
            told(&sandbox, "url")
        ));
        Self { sandbox, home, back }
    }

    fn lists(&self, addresses: &[&str]) {
        self.sandbox.quirk_of("pangolin", "oauth_redirect_uris", &json!(addresses));
    }

    fn start(&self) -> Terminal {
        let mut terminal = Start::new(BINARY, &self.home).size(110, 32).spawn();
        terminal.wait_for("not logged in");
        terminal
    }

    /// What a browser does with the address on the screen: through the provider, and on until the way back.
    fn through_the_provider(&self) -> String {
        let base = told(&self.sandbox, "url").trim_end_matches('/').to_owned();
        let mut path = format!("/oauth/authorize/google?redirect_uri={}", web::escaped(&self.back));
        for _ in 0..3 {
            let answer = web::call("GET", &base, &path, &[], "");
            let to = answer.location.unwrap_or_else(|| panic!("{path}: {} {}", answer.status, answer.body));
            if to.starts_with(&self.back) {
                return to;
            }
            path = to.strip_prefix(&base).map_or_else(|| to.clone(), str::to_owned);
        }
        panic!("it did not come back");
    }

    /// The browser arrives at an address of this machine; the page's status.
    fn arrive(&self, url: &str) -> u16 {
        let base = self.back.strip_suffix("/keywright").expect("its path");
        let path = url.strip_prefix(base).expect("of this machine");
        wait::until("somebody listens", || self.listens().then_some(()));
        web::call("GET", base, path, &[], "").status
    }

    fn listens(&self) -> bool {
        let base = self.back.strip_suffix("/keywright").expect("its path");
        TcpStream::connect(base.strip_prefix("http://").expect("plain")).is_ok()
    }
}

/// Opens the login and goes to one of the ways, by its place in the list.
fn to_way(terminal: &mut Terminal, rights: usize, title: &str) {
    terminal.keys("L").wait_for("Log in to lake");
    terminal.keys("<up>").wait_for("Left and Right change it");
    for _ in 0..rights {
        terminal.keys("<right>");
    }
    terminal.wait_for(title);
}

fn begin(terminal: &mut Terminal, desk: &Desk) {
    to_way(terminal, 4, "Sign in by browser");
    terminal.keys("<enter>").wait_for("Waiting for the browser").wait_for(&format!("    {}", desk.back));
}

#[test]
fn there_and_back_and_a_code_that_comes_twice_or_never() {
    let desk = Desk::new(0, false);
    let mut terminal = desk.start();
    // Not listed: the line for the server's operator is told whole, before any browser is opened.
    desk.lists(&["http://127.0.0.1:1/keywright"]);
    to_way(&mut terminal, 4, "Sign in by browser");
    terminal.keys("<enter>").wait_for("must add exactly").wait_for(&desk.back);
    terminal.keys("<esc>").wait_gone("Log in to lake");

    desk.lists(&[&desk.back]);
    begin(&mut terminal, &desk);
    terminal.wait_for("/oauth/authorize/google?redirect_uri=").wait_for("sign in with google");
    let url = desk.through_the_provider();
    assert_eq!(desk.arrive(&url), 200);
    terminal.wait_gone("Log in to lake").wait_for("google-person");

    // It comes a second time, to the next attempt: the server has redeemed it.
    begin(&mut terminal, &desk);
    assert_eq!(desk.arrive(&url), 200);
    terminal.wait_for("used already").wait_gone("Waiting for the browser");
    terminal.keys("<esc>").wait_gone("Log in to lake");

    // And never: whoever gives up is asked nothing, and nobody listens any more.
    begin(&mut terminal, &desk);
    wait::until("it listens", || desk.listens().then_some(()));
    terminal.keys("<esc>").wait_gone("Waiting for the browser");
    terminal.keys("<esc>").wait_gone("Log in to lake").keys("q").wait_exit();
    assert!(!desk.listens());
}

#[test]
fn a_code_for_somebody_elses_attempt_is_seen_or_refused_and_one_can_be_pasted() {
    let desk = Desk::new(1, true);
    desk.lists(&[&desk.back]);
    let mut terminal = desk.start();
    // The account names a tenant, and who comes back is of another.
    begin(&mut terminal, &desk);
    terminal.wait_for("see in the header who came in");
    let url = desk.through_the_provider();
    assert_eq!(desk.arrive(&url), 200);
    terminal.wait_for("another tenant").wait_gone("Waiting for the browser");
    terminal.keys("<esc>").wait_gone("Log in to lake").wait_for("not logged in").keys("q").wait_exit();

    // The same by the address bar, and a code that was used already.
    let settings = std::fs::read_to_string(desk.home.settings_file()).expect("the settings");
    let without: Vec<&str> = settings.lines().filter(|line| !line.starts_with("tenant")).collect();
    desk.home.write_settings(&without.join("\n"));
    let mut terminal = desk.start();
    for (url, says) in [(url, "used already"), (desk.through_the_provider(), "google-person")] {
        to_way(&mut terminal, 5, "Code from the browser");
        terminal.keys("<tab>").wait_for("▸ Code").paste(&url).keys("<enter>").wait_for(says);
        if says == "used already" {
            terminal.keys("<esc>").wait_gone("Log in to lake");
        }
    }
}
