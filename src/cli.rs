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
    /// Tell what needs attention, by exit code
    Check(CheckArgs),
    /// Present a stored secret to its server
    Verify(VerifyArgs),
    /// Copy a stored secret, and take it back after 30 seconds
    Copy(CopyArgs),
    /// Print the bearer of a kept login, not to a terminal
    Token(TokenArgs),
    /// Run a program with stored secrets in its environment
    Exec(ExecArgs),
    /// Replace a secret: store, verify and deliver the new one
    Rotate(RotateArgs),
    /// Revoke a credential
    Revoke(RevokeArgs),
    /// Print the local audit log
    Audit(AuditArgs),
    /// Look at the settings, the records, the keyring and every server
    Doctor(DoctorArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page of the program, or of a command
    Man(ManArgs),
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
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct DueArgs {
    /// Only tell what is promised
    #[arg(long)]
    pub dry_run: bool,
    /// Also try at once what could not be done a short while ago
    #[arg(long, conflicts_with_all = ["dry_run", "install", "uninstall"])]
    pub now: bool,
    /// Have a systemd user timer call it every 5 minutes, or print a line for cron
    #[arg(long, conflicts_with_all = ["dry_run", "json", "uninstall"])]
    pub install: bool,
    /// Remove what --install wrote
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    pub uninstall: bool,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What ends by itself within this time; 14d otherwise
    #[arg(long, value_name = "LENGTH")]
    pub within: Option<String>,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `verify` takes.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// ACCOUNT/OWNER/NAME, or an identifier
    pub credential: String,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `copy` takes.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// ACCOUNT/OWNER/NAME, or an identifier; with .PART behind it for one part of a secret that has several
    pub credential: String,
}

/// What `token` takes.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Whose login
    pub account: String,
}

/// What `exec` takes.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// VARIABLE=CREDENTIAL, or VARIABLE=CREDENTIAL.PART for a secret of several parts
    #[arg(required = true, value_name = "NAME=CREDENTIAL[.PART]")]
    pub variables: Vec<String>,
    /// The program and its arguments, after --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub program: Vec<String>,
}

/// What `rotate` takes.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// ACCOUNT/OWNER/NAME, or an identifier; several are rotated one after the other
    #[arg(required = true, value_name = "CREDENTIAL")]
    pub credentials: Vec<String>,
    /// The credential's name once more, to show that this is the one you mean; of several how many they are, and the
    /// name of every protected account
    #[arg(long, value_name = "NAME")]
    pub yes: String,
    /// How long the old secret goes on working: 10m, 24h, 3d, or 0; 24h otherwise
    #[arg(long, value_name = "LENGTH")]
    pub retain: Option<String>,
    /// Also when an old secret still works that this ends at once
    #[arg(long)]
    pub end_window: bool,
    /// Also when a target of it is one of other credentials too, whose secret there is overwritten
    #[arg(long)]
    pub shared_targets: bool,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `revoke` takes.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// ACCOUNT/OWNER/NAME, or an identifier; several are revoked one after the other
    #[arg(required = true, value_name = "CREDENTIAL")]
    pub credentials: Vec<String>,
    /// The credential's name once more, to show that this is the one you mean; of several how many they are, and the
    /// name of every protected account
    #[arg(long, value_name = "NAME")]
    pub yes: String,
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `audit` takes.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `doctor` takes.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// JSON in a documented, stable shape
    #[arg(long)]
    pub json: bool,
}

/// What `completions` takes.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell
    pub shell: clap_complete::Shell,
}

/// What `man` takes.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Which command; the program otherwise
    pub command: Option<String>,
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
