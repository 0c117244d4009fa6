//! `keywright audit`: the local audit log, oldest first.
//!
//! The JSON is one array of objects, every member always present: `at` (RFC 3339, UTC), `action`, `account`,
//! `credential` (in words, may be empty), `result`.

use serde::Serialize;

use super::desk;
use super::{Outcome, complain, say};
use crate::cli::AuditArgs;
use crate::config::Settings;
use crate::domain::time::Timestamp;
use crate::state::Happening;

#[derive(Debug, Serialize)]
struct Line {
    at: Timestamp,
    action: String,
    account: String,
    credential: String,
    result: String,
}

/// Prints it. A log that is not as it was written needs attention.
pub fn run(settings: &Settings, arguments: &AuditArgs) -> Outcome {
    super::tell_problems(settings);
    let read = super::tasks(settings).audit();
    let (happenings, broken) = match read {
        Ok(read) => read,
        Err(failure) => return super::fail(&format!("{}. {}", failure.sentence(), failure.next_step())),
    };
    let lines: Vec<Line> = happenings.into_iter().rev().map(line).collect();
    let said = say(&if arguments.json { desk::json(&lines) } else { lines.iter().map(text).collect() });
    if let Some(number) = broken {
        complain(&format!("line {number} of the log is not as it was written, or is missing"));
        return if said == Outcome::Done { Outcome::Attention } else { said };
    }
    said
}

fn line(happening: Happening) -> Line {
    let Happening { at, action, account, credential, result } = happening;
    Line { at, action, account, credential, result }
}

fn text(line: &Line) -> String {
    let Line { at, action, account, credential, result } = line;
    let of = if credential.is_empty() { String::new() } else { format!("  {credential}") };
    format!("{at:.0}  {action}  {account}{of}  {result}\n")
}
