//! How a program is started in a terminal: arguments, environment, size, alone or as a job of a shell.

use std::ffi::OsString;
use std::path::Path;

use portable_pty::{CommandBuilder, native_pty_system};

use super::{Terminal, pty_size};
use crate::home::Home;

/// Runs `"$@"` as a shell runs a job, so that it can be suspended; says so, and goes on with it after a line of input.
/// A program that leads its session cannot be stopped by a terminal: the kernel ignores it.
const SHELL: &str = r#"set -m
"$@"
status=$?
while [ -n "$(jobs -s)" ]; do
  echo SUSPENDED
  read -r line
  fg >/dev/null
  status=$?
done
exit $status"#;

/// How a program is to be started.
pub struct Start {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    size: (u16, u16),
    shell: bool,
}

impl Start {
    /// The program by its absolute path, usually `env!("CARGO_BIN_EXE_keywright")`, at home in `home`: 80×24.
    pub fn new(program: impl Into<OsString>, home: &Home) -> Self {
        let mut environment = home.environment();
        environment.push(("TERM".to_owned(), "xterm-256color".to_owned()));
        Self { program: program.into(), arguments: Vec::new(), environment, size: (80, 24), shell: false }
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Several arguments.
    pub fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments.extend(arguments.map(OsString::from));
        self
    }

    /// One more variable; the last one of a name counts.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Several variables, such as those of a [`crate::keyring::Keyring`].
    pub fn envs(mut self, variables: Vec<(String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// Columns and rows.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// Under a shell with job control, for tests of suspending: see [`Terminal::wait_suspended`].
    pub fn under_shell(mut self) -> Self {
        self.shell = true;
        self
    }

    /// Starts it.
    pub fn spawn(self) -> Terminal {
        assert!(Path::new(&self.program).is_absolute(), "a pty needs an absolute path");
        let pair = native_pty_system().openpty(pty_size(self.size)).expect("a pseudo-terminal");
        let mut command = if self.shell {
            let mut command = CommandBuilder::new("/bin/bash");
            command.args(["--norc", "-c", SHELL, "bash"]);
            command.arg(&self.program);
            command
        } else {
            CommandBuilder::new(&self.program)
        };
        command.args(&self.arguments);
        command.env_clear();
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        if let Some((_, home)) = self.environment.iter().find(|(name, _)| name == "HOME") {
            command.cwd(home);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        Terminal::attach(pair.master, pair.slave, child, self.size, self.shell)
    }
}
