//! Flags only: what was typed, before it means anything.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Look after tokens and API keys on several systems: create, rotate, verify and revoke them, with the secrets only
/// in the operating system's keyring.
#[derive(Debug, Parser)]
#[command(name = "keywright", version, about, max_term_width = 100)]
pub struct Cli {
    /// Start the screen on embedded servers with made-up people and keys; nothing is kept
    #[arg(long)]
    pub sandbox: bool,
    /// Colours: terminal, dark, light or high-contrast
    #[arg(long, value_name = "NAME", global = true)]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Write a log file (error, warn, info or debug); secrets are never in it
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log: Option<String>,
    /// Without a command the screen starts
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The companion commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List credentials
    List(ListArgs),
    /// Revoke old credentials whose promised time has come
    Due(DueArgs),
    /// Serve the sandbox without the screen, for tests of other programs
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
}

/// What `list` takes.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only these accounts
    pub accounts: Vec<String>,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `due` takes.
#[derive(Debug, Args)]
pub struct DueArgs {
    /// Only tell what is promised
    #[arg(long)]
    pub dry_run: bool,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `sandbox` takes.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Print one line of JSON once everything listens, and nothing else
    #[arg(long)]
    pub json: bool,
    /// The first of the ports to listen on; free ones otherwise
    #[arg(long, value_name = "N")]
    pub port_base: Option<u16>,
    /// Keep the sandbox's data in this directory
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Add this many credentials
    #[arg(long, value_name = "N")]
    pub seed_credentials: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_option_takes_a_secret() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str().to_lowercase();
                let secret = ["secret", "password", "token", "key"].iter().any(|word| name.contains(word));
                assert!(!secret, "{name} sounds like a secret on the command line");
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
