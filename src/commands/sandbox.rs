//! `keywright sandbox`: the embedded servers without the screen.

use std::io::Write;

use super::{Outcome, complain, fail, say};
use crate::cli::SandboxArgs;
use crate::runtime::signals::Signals;
use crate::sandbox::{Announcement, Options, Sandbox, start};

/// Serves until it is told to end.
pub fn run(arguments: &SandboxArgs) -> Outcome {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let options = Options {
        port_base: arguments.port_base,
        data: arguments.data.clone(),
        seed_credentials: arguments.seed_credentials,
    };
    runtime.block_on(async {
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return fail(&error),
        };
        let sandbox = match start(options) {
            Ok(sandbox) => sandbox,
            Err(error) => return fail(&error),
        };
        let told = if arguments.json { json(sandbox.announcement()) } else { words(&sandbox) };
        if say(&told) == Outcome::Failed {
            return Outcome::Failed;
        }
        signals.next().await;
        sandbox.stop();
        Outcome::Done
    })
}

/// The one line for programs.
fn json(announcement: &Announcement) -> String {
    match serde_json::to_string(announcement) {
        Ok(line) => line + "\n",
        Err(error) => {
            complain(&error);
            String::new()
        }
    }
}

/// The same for people.
fn words(sandbox: &Sandbox) -> String {
    let mut out = Vec::new();
    let mut line = |text: String| drop(writeln!(out, "{text}"));
    line(String::from("The sandbox listens. Passwords are new at each start; Ctrl-C ends it."));
    line(format!("  control   {}   (GET / says what it can do)", sandbox.announcement().control.url));
    for (_, name, login) in sandbox.logins() {
        line(format!("  {name:<9} {}   user {}   password {}", login.url, login.username, login.password));
    }
    for (backend, place) in sandbox.others() {
        line(format!("  {backend:<9} {place}"));
    }
    String::from_utf8_lossy(&out).into_owned()
}
