//! A program of the operator's with secrets in its environment, and in nobody else's.
//!
//! On Unix it takes the place of this process, so that no copy of a secret stays in a parent, and signals and the exit
//! status need not be handed on. Elsewhere it is waited for.

use std::io;
use std::process::Command;

use crate::secret::Secret;

/// Runs the program with these variables. On Unix this only comes back when it could not be started; elsewhere with
/// whether the program ended well.
pub fn run(program: &str, arguments: &[String], variables: &[(String, Secret)]) -> Result<bool, io::Error> {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, secret) in variables {
        command.env(name, secret.expose());
    }
    replace(command)
}

#[cfg(unix)]
fn replace(mut command: Command) -> Result<bool, io::Error> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

#[cfg(not(unix))]
fn replace(mut command: Command) -> Result<bool, io::Error> {
    Ok(command.status()?.success())
}

/// Whether a name can be given to a variable: letters, digits and `_`, not beginning with a digit.
pub fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
