//! The real terminal: a program in a pseudo-terminal, typed at as a person would, its output drawn by a terminal
//! emulator. Start with [`Start`]; then `keys`, [`Terminal::wait_for`], and look.
//!
//! The program gets a cleared environment and a private [`Home`]; nothing answers a question it asks the terminal.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
pub use rustix::process::Signal;

use crate::home::Home;
use crate::keys;
use crate::wait::{self, PATIENCE};

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

/// How often to see whether the program still runs while it writes nothing.
const GLANCE: Duration = Duration::from_millis(100);

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

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its code, when it ended by itself.
    pub code: Option<u32>,
    /// The name of the signal that ended it ("Killed", "Terminated", …).
    pub signal: Option<String>,
}

/// The line settings that a shell needs back.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct LineSettings {
    /// What is typed is shown.
    pub echo: bool,
    /// Input comes by whole lines, and Ctrl-C is a signal.
    pub by_line: bool,
}

/// A shell's usual settings: what must be found after the program.
pub const COOKED: LineSettings = LineSettings { echo: true, by_line: true };

/// What the program has written so far.
struct Output {
    raw: Vec<u8>,
    parser: vt100::Parser<Heard>,
    ended: bool,
}

/// What the emulator hears beside the picture.
#[derive(Default)]
struct Heard {
    copied: Vec<Vec<u8>>,
    titles: Vec<String>,
}

impl vt100::Callbacks for Heard {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _kind: &[u8], data: &[u8]) {
        self.copied
            .push(base64::engine::general_purpose::STANDARD.decode(data).unwrap_or_else(|_| data.to_vec()));
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }
}

/// A running program and its terminal. Dropping it kills the program.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open until the program ended: the kernel forgets the line settings with the last holder.
    slave: Option<Box<dyn SlavePty + Send>>,
    keyboard: Box<dyn std::io::Write + Send>,
    output: Arc<(Mutex<Output>, Condvar)>,
    reader: Option<JoinHandle<()>>,
    shell: bool,
    exit: Option<Exit>,
    left_behind: Option<LineSettings>,
}

impl Terminal {
    fn attach(
        master: Box<dyn MasterPty + Send>,
        slave: Box<dyn SlavePty + Send>,
        child: Box<dyn Child + Send + Sync>,
        size: (u16, u16),
        shell: bool,
    ) -> Self {
        let (columns, rows) = cells(size);
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Heard::default());
        let output = Arc::new((Mutex::new(Output { raw: Vec::new(), parser, ended: false }), Condvar::new()));
        let mut source = master.try_clone_reader().expect("a reader");
        let reader = std::thread::spawn({
            let output = Arc::clone(&output);
            move || {
                let mut buffer = [0; 16 * 1024];
                // Linux ends a pseudo-terminal with an error, others with zero bytes.
                while let Ok(count @ 1..) = source.read(&mut buffer) {
                    let mut seen = output.0.lock().expect("the reader");
                    seen.raw.extend_from_slice(&buffer[..count]);
                    seen.parser.process(&buffer[..count]);
                    output.1.notify_all();
                }
                output.0.lock().expect("the reader").ended = true;
                output.1.notify_all();
            }
        });
        let keyboard = master.take_writer().expect("a writer");
        Self {
            child,
            master,
            slave: Some(slave),
            keyboard,
            output,
            reader: Some(reader),
            shell,
            exit: None,
            left_behind: None,
        }
    }

    // Typing.

    /// Types a key script: see [`keys::bytes`].
    pub fn keys(&mut self, script: &str) -> &mut Self {
        self.send(&keys::bytes(script))
    }

    /// A paste as terminals send it when the program asked for bracketed paste.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes())
    }

    /// Bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.keyboard.write_all(bytes).expect("the terminal takes input");
        self.keyboard.flush().expect("the terminal takes input");
        self
    }

    /// Changes the window's size; the program gets SIGWINCH.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        let (width, height) = cells((columns, rows));
        self.look().parser.set_size(height, width);
        self.master.resize(pty_size((columns, rows))).expect("the terminal resizes");
        self
    }

    // Waiting.

    /// Waits until `text` is on the screen.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("{text:?} is on the screen"), |terminal| terminal.contains(text))
    }

    /// Waits until `text` is not on the screen.
    pub fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("{text:?} is gone from the screen"), |terminal| !terminal.contains(text))
    }

    /// Waits until the screen and what was heard meet a condition. Panics with the screen after [`PATIENCE`], or when
    /// the program has ended without it.
    pub fn wait_until(&mut self, what: &str, condition: impl Fn(&Picture<'_>) -> bool) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Asked before looking: what a program wrote last is then on the screen that is looked at.
            let ended = self.ended();
            let mut seen = self.look();
            while !condition(&Picture { output: &seen }) {
                let left = deadline.saturating_duration_since(Instant::now());
                if ended || left.is_zero() {
                    let (why, screen) =
                        (if ended { "the program ended" } else { "time is up" }, framed(&seen));
                    drop(seen);
                    panic!("waited until {what}, but {why}. The screen:\n{screen}");
                }
                let (now, timeout) = self.output.1.wait_timeout(seen, left.min(GLANCE)).expect("the reader");
                seen = now;
                if timeout.timed_out() {
                    break;
                }
            }
            if condition(&Picture { output: &seen }) {
                drop(seen);
                return self;
            }
        }
    }

    // Looking.

    /// The screen's text, without spaces at the ends of lines.
    pub fn text(&self) -> String {
        let seen = self.look();
        Picture { output: &seen }.text()
    }

    /// One row of the screen.
    pub fn row(&self, row: u16) -> String {
        let seen = self.look();
        let (_, columns) = seen.parser.screen().size();
        seen.parser.screen().rows(0, columns.get()).nth(row.into()).unwrap_or_default()
    }

    /// The emulator's screen itself, for cells, colours and modes.
    pub fn screen(&self) -> vt100::Screen {
        self.look().parser.screen().clone()
    }

    /// Every byte written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.look().raw.clone()
    }

    /// What was copied through the terminal (OSC 52), decoded, in order. An empty one is a request to clear.
    pub fn copied(&self) -> Vec<Vec<u8>> {
        self.look().parser.callbacks().copied.clone()
    }

    /// The window titles that were set.
    pub fn titles(&self) -> Vec<String> {
        self.look().parser.callbacks().titles.clone()
    }

    /// The terminal's line settings now; after the end, those it left behind.
    pub fn line_settings(&self) -> LineSettings {
        if let Some(settings) = self.left_behind {
            return settings;
        }
        let settings: libc::termios = self.master.get_termios().expect("line settings").into();
        LineSettings {
            echo: settings.c_lflag & libc::ECHO != 0,
            by_line: settings.c_lflag & libc::ICANON != 0,
        }
    }

    /// Panics unless the terminal is as a shell needs it: main screen, cursor shown, paste and mouse off, echo on.
    pub fn assert_restored(&self) {
        let screen = self.screen();
        let state = format!("after these bytes: {}", self.look().raw.escape_ascii());
        assert!(!screen.alternate_screen(), "the alternate screen is still on, {state}");
        assert!(!screen.hide_cursor(), "the cursor is still hidden, {state}");
        assert!(!screen.bracketed_paste(), "bracketed paste is still on, {state}");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is still on, {state}"
        );
        // The emulator does not know focus reports, so the last word about them is sought.
        let raw = self.raw();
        assert!(
            last(&raw, b"\x1b[?1004l") >= last(&raw, b"\x1b[?1004h"),
            "focus reports are still on, {state}"
        );
        assert_eq!(self.line_settings(), COOKED, "the line settings, {state}");
    }

    // The process.

    /// The program's process id (the program's, not the shell's).
    pub fn pid(&self) -> u32 {
        let started = self.child.process_id().expect("it was started");
        if !self.shell {
            return started;
        }
        wait::until("the shell has started the program", || {
            fs::read_to_string(format!("/proc/{started}/task/{started}/children"))
                .ok()?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
    }

    /// Sends the program a signal.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        let pid =
            i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        rustix::process::kill_process(pid, signal).expect("the program is there");
        self
    }

    /// Under a shell: waits until the program is suspended and the shell has the terminal. `send(b"\n")` resumes it.
    pub fn wait_suspended(&mut self) -> &mut Self {
        assert!(self.shell, "only a job of a shell can be suspended");
        self.wait_for("SUSPENDED")
    }

    /// Whether the program still runs.
    pub fn is_running(&mut self) -> bool {
        !self.ended()
    }

    /// Waits for the end, and for everything it wrote before.
    pub fn wait_exit(&mut self) -> &Exit {
        if wait::within(PATIENCE, || self.ended().then_some(())).is_none() {
            let screen = framed(&self.look());
            panic!("the program does not end. The screen:\n{screen}");
        }
        self.exit.as_ref().expect("it ended")
    }

    /// Whether it has ended; then everything it wrote has been read.
    fn ended(&mut self) -> bool {
        if self.exit.is_some() {
            return true;
        }
        let Some(status) = self.child.try_wait().expect("its state") else { return false };
        let code = status.signal().is_none().then_some(status.exit_code());
        self.exit = Some(Exit { code, signal: status.signal().map(str::to_owned) });
        self.left_behind = Some(self.line_settings());
        self.slave = None;
        // A grandchild may hold the terminal longer; what it writes is not waited for.
        wait::within(Duration::from_secs(2), || self.look().ended.then_some(()));
        true
    }

    fn look(&self) -> MutexGuard<'_, Output> {
        // A condition that panicked in a failing test spoils nothing here.
        self.output.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Failing to kill means that it ended by itself.
        if self.exit.is_none() {
            self.child.kill().ok();
            self.child.wait().ok();
        }
        self.slave = None;
        if let Some(reader) = self.reader.take() {
            // A surviving grandchild would hold up a join; the thread ends with it or with the test.
            if self.look().ended {
                reader.join().ok();
            }
        }
    }
}

/// What can be asked while waiting.
pub struct Picture<'a> {
    output: &'a Output,
}

impl Picture<'_> {
    /// The screen's text, one line per row.
    pub fn text(&self) -> String {
        self.output.parser.screen().contents()
    }

    /// Whether `text` is on the screen, within one row.
    pub fn contains(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The emulator's screen: cells, colours, modes.
    pub fn screen(&self) -> &vt100::Screen {
        self.output.parser.screen()
    }

    /// How many times something was copied through the terminal.
    pub fn copies(&self) -> usize {
        self.output.parser.callbacks().copied.len()
    }

    /// Every byte so far.
    pub fn raw(&self) -> &[u8] {
        &self.output.raw
    }
}

fn framed(output: &Output) -> String {
    let (_, columns) = output.parser.screen().size();
    output.parser.screen().rows(0, columns.get()).fold(String::new(), |mut text, row| {
        writeln!(text, "|{row}").expect("a string takes text");
        text
    })
}

fn last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).rposition(|window| window == needle)
}

/// The emulator cannot be smaller than one cell; the kernel's terminal can.
fn cells((columns, rows): (u16, u16)) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(columns).unwrap_or(NonZeroU16::MIN), NonZeroU16::new(rows).unwrap_or(NonZeroU16::MIN))
}

fn pty_size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
