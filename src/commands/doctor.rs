//! `keywright doctor`: what keywright needs on this machine and on its servers, what is the matter, and what mends it.
//!
//! The JSON is one array of objects, every member always present: `what`, `state` (`good`, `attention` or `failed`),
//! `words`, `mend` (may be empty).

use serde::Serialize;

use super::desk::{self, Desk};
use super::{Outcome, say};
use crate::app::model::VaultView;
use crate::cli::DoctorArgs;
use crate::config::Settings;
use crate::domain::account::AccountName;
use crate::domain::target::Place;

#[derive(Debug, Serialize)]
struct Line {
    what: String,
    state: &'static str,
    words: String,
    mend: String,
}

fn good(what: impl Into<String>, words: impl Into<String>) -> Line {
    Line { what: what.into(), state: "good", words: words.into(), mend: String::new() }
}

fn bad(
    state: &'static str,
    what: impl Into<String>,
    words: impl Into<String>,
    mend: impl Into<String>,
) -> Line {
    Line { what: what.into(), state, words: words.into(), mend: mend.into() }
}

/// Looks at everything, one after the other.
pub fn run(settings: &Settings, arguments: &DoctorArgs) -> Outcome {
    let done = desk::wait(settings, super::tasks(settings), async |desk| {
        let mut lines = settings_lines(&desk.settings);
        lines.push(records(&desk));
        lines.push(keyring(&desk).await);
        for account in &desk.settings.accounts {
            lines.push(server(&desk, &account.name).await);
        }
        lines.extend(desk.settings.targets.iter().map(|target| {
            let kind = target.place.kind();
            let note = if matches!(target.place, Place::Command { .. }) { "runs" } else { "goes to" };
            good(format!("target {}", target.name), format!("{kind}: {note} {}", target.place.words()))
        }));
        let well = lines.iter().all(|line| line.state == "good");
        let said = say(&if arguments.json { desk::json(&lines) } else { lines.iter().map(text).collect() });
        Ok(if said == Outcome::Done && !well { Outcome::Attention } else { said })
    });
    desk::outcome(done)
}

fn settings_lines(settings: &Settings) -> Vec<Line> {
    let place = settings.paths.config.display().to_string();
    let mut lines: Vec<Line> = settings
        .problems
        .iter()
        .map(|problem| {
            bad("attention", "settings", problem, "Correct this line; the rest of the file is used.")
        })
        .collect();
    if lines.is_empty() {
        lines.push(good("settings", format!("{place}, {} accounts", settings.accounts.len())));
    }
    lines
}

fn records(desk: &Desk) -> Line {
    let place = desk.settings.paths.state.join("state.db").display().to_string();
    match desk.tasks.audit() {
        Ok((_, None)) => good("records", place),
        Ok((_, Some(number))) => bad(
            "attention",
            "records",
            format!("line {number} of the audit log in {place} is not as it was written"),
            "Find out who changed the file; what follows that line cannot be relied on.",
        ),
        Err(failure) => bad("failed", "records", failure.sentence(), failure.next_step()),
    }
}

async fn keyring(desk: &Desk) -> Line {
    match desk.tasks.check_vault().await {
        VaultView::Keyring(title) => good("keyring", format!("{title} takes secrets and gives them back")),
        VaultView::Kernel => good("keyring", "the kernel's keyring, until reboot or three days without use"),
        VaultView::Memory { .. } => bad(
            "attention",
            "keyring",
            "secrets are held in memory for a run only, as the settings say",
            "Take `secrets = \"memory\"` out of the settings to keep them.",
        ),
        VaultView::Unusable { state, mend } => bad("failed", "keyring", state.as_str(), mend.as_str()),
        VaultView::Checking => {
            bad("failed", "keyring", "it does not answer", "Unlock it, or start it again.")
        }
    }
}

async fn server(desk: &Desk, name: &AccountName) -> Line {
    let what = format!("account {name}");
    let opened = desk.tasks.open_account(name).await;
    let server = match opened.server {
        Ok(server) => server,
        Err(failure) => return bad("failed", what, failure.sentence(), failure.next_step()),
    };
    match (server.refuses_login, opened.session, opened.session_failure) {
        (Some(why), ..) => {
            bad("failed", what, format!("{}: {why}", server.title), "See the README's table of backends.")
        }
        (None, Some(facts), _) => good(what, format!("{}, logged in as {}", server.title, facts.who)),
        (None, None, Some(failure)) => {
            let words = format!("{}, but the kept login does not work: {}", server.title, failure.sentence());
            bad("attention", what, words, failure.next_step())
        }
        (None, None, None) => bad(
            "attention",
            what,
            format!("{}, nobody is logged in", server.title),
            "Log in (L on the screen) and keep the login, for commands to use it.",
        ),
    }
}

fn text(line: &Line) -> String {
    let mend = if line.mend.is_empty() { String::new() } else { format!("\n          {}", line.mend) };
    format!("{:<10}{}: {}{mend}\n", line.state, line.what, line.words)
}
