//! keywright in a terminal, and the person's machine around it: a home, a keyring, a server, the settings.

use std::process::{Command, Output, Stdio};

use support::canary::Canary;
use support::home::Home;
use support::keyring::{Keyring, State};
use support::pty::{Start, Terminal};

use crate::sandbox::{Sandbox, Server};

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_keywright");
/// The account of the sandbox that most tests use.
pub(crate) const KITARU: &str = "sandbox-kitaru";
/// What every API key begins with, which may be seen.
pub(crate) const KEY_PREFIX: &str = "ZENKEY_";
/// What a wizard says while its write is under way.
pub(crate) const WAITING: &str = "the answer is waited for";
/// The Base64 of `{"id":"` and the 36 characters of the id: the same in every secret of a key.
const KEY_PUBLIC: usize = KEY_PREFIX.len() + 60;

/// One person's machine.
pub(crate) struct Desk {
    pub(crate) home: Home,
    pub(crate) keyring: Keyring,
    pub(crate) server: Server,
}

impl Desk {
    /// A machine with an unlocked keyring and one account, `sand`, for the sandbox.
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        Self::at(&sandbox.server)
    }

    /// The same for any server.
    pub(crate) fn at(server: &Server) -> Self {
        let home = Home::new();
        home.write_settings(&settings(server));
        Self { home, keyring: Keyring::start(State::Unlocked), server: server.clone() }
    }

    /// How the program starts here.
    pub(crate) fn start(&self) -> Start {
        Start::new(BINARY, &self.home).envs(self.keyring.environment())
    }

    /// Starts it and logs in by password.
    pub(crate) fn logged_in(&self) -> Terminal {
        let mut terminal = self.start().size(100, 30).spawn();
        terminal.wait_for("not logged in");
        log_in(&mut terminal, &self.server.password, false);
        terminal
    }

    /// Logs in, has the session kept, and leaves: what a companion command needs.
    pub(crate) fn keep_logged_in(&self) {
        let mut terminal = self.start().size(100, 30).spawn();
        terminal.wait_for("not logged in").wait_for("keyring ●");
        log_in(&mut terminal, &self.server.password, true);
        terminal.keys("q").wait_exit();
    }

    /// Runs a companion command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().envs(self.home.environment());
        command.envs(self.keyring.environment()).stdin(Stdio::null());
        command.output().expect("it runs")
    }
}

/// The settings with one account, `sand`.
pub(crate) fn settings(server: &Server) -> String {
    format!(
        "[accounts.sand]\nbackend = \"kitaru\"\nendpoint = \"{}\"\nlogin = \"{}\"\n",
        server.url, server.username
    )
}

/// Logs in to the account at hand by password.
pub(crate) fn log_in(terminal: &mut Terminal, password: &str, keep: bool) {
    terminal.keys("L").wait_for("Log in to").send(password.as_bytes());
    if keep {
        terminal.keys("<tab><space>").wait_for("[✓] yes");
    }
    terminal.keys("<enter>").wait_gone("Log in to").wait_until("all keys are listed", |output| {
        // They come in parts, and lines that come later move the others.
        let some = output.contains("NAME") && !output.contains(": loading ");
        some || output.contains("No API key on sand yet")
    });
}

/// On the sandbox inside the program: goes from all accounts to this one.
pub(crate) fn to_account(terminal: &mut Terminal, name: &str) {
    terminal.wait_for("all accounts");
    switch_to(terminal, name);
}

/// The same from any account.
pub(crate) fn switch_to(terminal: &mut Terminal, name: &str) {
    let mut seen = Vec::new();
    while account_shown(&terminal.text()).is_none_or(|shown| shown != name) {
        let before = account_shown(&terminal.text());
        assert!(!seen.contains(&before), "no account {name}:\n{}", terminal.text());
        terminal.keys("<tab>").wait_until("another account is shown", |output| {
            let shown = output.rows().first().and_then(|row| account_shown(row));
            shown.is_some() && shown != before
        });
        seen.push(before);
    }
}

/// The account in the header.
fn account_shown(text: &str) -> Option<String> {
    let (before, _) = text.lines().next()?.split_once(" ▾")?;
    before.rsplit("  ").next().map(|name| name.trim().to_owned())
}

/// Goes from the table to the check of a new key.
pub(crate) fn up_to_create(terminal: &mut Terminal, owner: &str, name: &str) {
    terminal.keys("n").wait_for("which service account?");
    terminal.send(owner.as_bytes()).keys("<enter>").wait_for("▸ name");
    terminal.send(name.as_bytes()).keys("<enter>").wait_for("▸ description").keys("<enter>");
    terminal.wait_for("▸ scopes").keys("<enter>").wait_for("▸ check");
}

/// Goes from the table, with the cursor on the key, to the check of a rotation with the window of 10 minutes.
pub(crate) fn up_to_rotate(terminal: &mut Terminal) {
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again");
    terminal.keys("<enter>").wait_for("▸ retention");
    // A day is chosen at first, then come an hour and ten minutes.
    terminal.keys("<up><up>").wait_for("▸ 10 m").keys("<enter>").wait_for("▸ targets");
    terminal.keys("<enter>").wait_for("▸ check");
}

/// Puts the cursor on the credential of this name.
pub(crate) fn point_at(terminal: &mut Terminal, name: &str) {
    terminal.keys("/").send(name.as_bytes()).keys("<enter>").wait_until("the cursor is there", |output| {
        output.rows().iter().any(|row| row.contains(&format!("▸ {name}")))
    });
}

/// Copies the secret in the reveal through the terminal and gives what came.
pub(crate) fn copy_revealed(terminal: &mut Terminal) -> String {
    let before = terminal.copied().len();
    terminal.keys("y").wait_until("a copy came", |output| output.copied().len() > before);
    terminal.wait_for("OSC 52");
    String::from_utf8(terminal.copied()[before].clone()).expect("text")
}

/// What must be seen nowhere of a key's secret.
pub(crate) fn canary(secret: &str) -> Canary {
    Canary::of(secret, KEY_PUBLIC)
}

/// The text inside the frame whose title begins so, without line breaks: what a secret broken over lines is found in.
pub(crate) fn inside(terminal: &Terminal, title: &str) -> String {
    let rows = terminal.look().cells();
    let title: Vec<String> = format!("┌ {title}").chars().map(String::from).collect();
    let begins = |row: &Vec<String>| row.windows(title.len()).position(|window| window == title);
    let top = rows
        .iter()
        .position(|row| begins(row).is_some())
        .unwrap_or_else(|| panic!("no frame has this title:\n{}", terminal.text()));
    let left = begins(&rows[top]).expect("it begins there");
    let width = rows[top][left..].iter().position(|cell| cell == "┐").expect("it ends there");
    let lines = rows[top + 1..].iter().take_while(|row| row[left] == "│");
    let text: String = lines.flat_map(|row| row[left + 1..left + width].iter().map(String::as_str)).collect();
    text.split_whitespace().collect()
}

/// The program's own records, as a bystander opens them.
pub(crate) fn records(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.home.path().join("state/keywright/state.db")).expect("the records")
}
