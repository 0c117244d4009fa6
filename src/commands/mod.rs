//! The companion commands: the same tasks as the screen's, for scripts. One file each, with one `run`.

pub mod audit;
pub mod check;
pub mod copy;
mod desk;
pub mod doctor;
pub mod due;
pub mod exec;
pub mod list;
pub mod pages;
pub mod revoke;
pub mod rotate;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod screen;
pub mod token;
pub mod verify;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crate::app::effect::Keeping;
use crate::backend::registry;
use crate::cli::{Cli, Command};
use crate::config::{self, KeepIn, Settings, variable};
use crate::runtime::clipboard::{ClipboardEnv, SystemClipboard, ToTerminal};
use crate::runtime::harden::harden;
use crate::runtime::tasks::{Setup, Tasks};
use crate::runtime::{clock, log};
use crate::secret::Secret;

/// How a program ends, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was asked for is done.
    Done,
    /// It could not be done.
    Failed,
    /// What was typed makes no sense.
    Usage,
    /// Done, but something needs attention.
    Attention,
    /// Nobody is logged in.
    LoggedOut,
    /// A bug.
    Panicked,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Usage => 2,
            Outcome::Attention => 3,
            Outcome::LoggedOut => 4,
            Outcome::Panicked => crate::runtime::panic::EXIT_CODE,
        })
    }
}

/// Runs what was asked for.
pub fn run(cli: &Cli) -> Outcome {
    // Before there is any secret.
    let unprotected = harden().err().map(|why| why.to_string());
    let settings = match config::load(cli, |backend| registry::find(backend).map(|known| known.abilities)) {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    if let Some(filter) = &settings.log
        && let Err(error) = log::start(&settings.paths.log, filter)
    {
        return fail(&error);
    }
    match &cli.command {
        None => screen::run(&settings, cli.sandbox, unprotected.as_deref()),
        Some(Command::List(arguments)) => list::run(&settings, arguments),
        Some(Command::Due(arguments)) => due::run(&settings, arguments),
        Some(Command::Check(arguments)) => check::run(&settings, arguments),
        Some(Command::Verify(arguments)) => verify::run(&settings, arguments),
        Some(Command::Copy(arguments)) => copy::run(&settings, arguments),
        Some(Command::Token(arguments)) => token::run(&settings, arguments),
        Some(Command::Exec(arguments)) => exec::run(&settings, arguments),
        Some(Command::Rotate(arguments)) => rotate::run(&settings, arguments),
        Some(Command::Revoke(arguments)) => revoke::run(&settings, arguments),
        Some(Command::Audit(arguments)) => audit::run(&settings, arguments),
        Some(Command::Doctor(arguments)) => doctor::run(&settings, arguments),
        Some(Command::Completions(arguments)) => pages::completions(arguments),
        Some(Command::Man(arguments)) => pages::man(arguments),
        #[cfg(feature = "sandbox")]
        Some(Command::Sandbox(arguments)) => sandbox::run(arguments),
    }
}

/// The tasks the screen has, without a screen. Nobody listens to progress here, and nothing is copied.
fn tasks(settings: &Settings) -> Tasks {
    tasks_with(settings, Box::new(|_| Ok(())))
}

/// The same, with a way to the terminal for what is copied.
fn tasks_with(settings: &Settings, to_terminal: ToTerminal) -> Tasks {
    let (messages, _) = tokio::sync::mpsc::unbounded_channel();
    Tasks::new(Setup {
        clock: Arc::new(clock::now),
        clipboard: Arc::new(SystemClipboard::new(ClipboardEnv::from(variable), to_terminal)),
        messages,
        paths: settings.paths.clone(),
        keeping: keeping(settings),
        accounts: settings.accounts.clone(),
    })
    .patient()
}

/// Where secrets go, as the settings say.
fn keeping(settings: &Settings) -> Keeping {
    match settings.keep_in {
        KeepIn::Keyring => Keeping::Keyring,
        KeepIn::Kernel => Keeping::Kernel,
        KeepIn::Memory => Keeping::Memory,
    }
}

/// Says why on standard error.
fn fail(why: &dyn fmt::Display) -> Outcome {
    complain(why);
    Outcome::Failed
}

/// Writes a sentence to standard error. Where even that is closed there is nobody to tell.
fn complain(why: &dyn fmt::Display) {
    drop(writeln!(io::stderr(), "keywright: {why}"));
}

/// Writes to standard output; a reader that went away ends the command quietly.
fn say(text: &str) -> Outcome {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Outcome::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(error) => fail(&error),
    }
}

/// Writes a secret to standard output: what only `token` does.
fn say_secret(secret: &Secret) -> Outcome {
    let mut out = io::stdout().lock();
    let written = out.write_all(secret.expose().as_bytes()).and_then(|()| out.write_all(b"\n"));
    match written.and_then(|()| out.flush()) {
        Ok(()) => Outcome::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(error) => fail(&error),
    }
}

/// Says what is wrong with the settings; the rest is used.
fn tell_problems(settings: &Settings) {
    for problem in &settings.problems {
        complain(problem);
    }
}

/// What could not even be tried weighs most, then what is only waiting for a login, then what needs a look.
fn worst(one: Outcome, other: Outcome) -> Outcome {
    let weight = |outcome: &Outcome| match outcome {
        Outcome::Done => 0,
        Outcome::Attention => 1,
        Outcome::LoggedOut => 2,
        Outcome::Failed | Outcome::Usage | Outcome::Panicked => 3,
    };
    [one, other].into_iter().max_by_key(weight).unwrap_or(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_how_it_ends() {
        use Outcome::{Attention, Done, Failed, LoggedOut};
        for (all, want) in [
            (vec![], Done),
            (vec![Done, Attention, Done], Attention),
            (vec![LoggedOut, Attention], LoggedOut),
            (vec![Failed, LoggedOut, Done], Failed),
        ] {
            assert_eq!(all.into_iter().fold(Done, worst), want);
        }
    }
}
