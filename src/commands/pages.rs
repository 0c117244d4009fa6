//! `keywright completions` and `keywright man`: both made from the flags themselves, so they cannot drift.

use clap::CommandFactory as _;

use super::{Outcome, complain, say};
use crate::cli::{Cli, CompletionsArgs, ManArgs};

/// Prints what a shell reads to complete commands and flags.
pub fn completions(arguments: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "keywright", &mut script);
    say(&String::from_utf8_lossy(&script))
}

/// Prints the page of the program or of one command, for `man -l -`.
pub fn man(arguments: &ManArgs) -> Outcome {
    let mut program = Cli::command();
    program.build();
    let command = match &arguments.command {
        None => Some(program),
        Some(name) => program.find_subcommand(name).cloned(),
    };
    let Some(command) = command else {
        complain(&format!("there is no command {}", arguments.command.as_deref().unwrap_or_default()));
        return Outcome::Usage;
    };
    let mut page = Vec::new();
    match clap_mangen::Man::new(command).render(&mut page) {
        Ok(()) => say(&String::from_utf8_lossy(&page)),
        Err(error) => super::fail(&error),
    }
}
