//! The real terminal: a program in a pseudo-terminal, typed at as a person would, its output drawn by a terminal
//! emulator. Start with [`Start`]; then `keys`, [`Terminal::wait_for`], and look.
//!
//! The program gets a cleared environment and a private [`Home`](crate::home::Home); nothing answers a question it asks the terminal.

mod output;
mod start;

use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, MasterPty, PtySize, SlavePty};
pub use rustix::process::Signal;

pub use self::output::Output;
pub use self::start::Start;
use crate::keys;
use crate::wait::{self, PATIENCE};

/// How often to see whether the program still runs while it writes nothing.
const GLANCE: Duration = Duration::from_millis(100);

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
        let output = Arc::new((Mutex::new(Output::new(size)), Condvar::new()));
        let mut source = master.try_clone_reader().expect("a reader");
        let reader = std::thread::spawn({
            let output = Arc::clone(&output);
            move || {
                let mut buffer = [0; 16 * 1024];
                // Linux ends a pseudo-terminal with an error, others with zero bytes.
                while let Ok(count @ 1..) = source.read(&mut buffer) {
                    output.0.lock().expect("the reader").take(&buffer[..count]);
                    output.1.notify_all();
                }
                output.0.lock().expect("the reader").end();
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
        self.look().resize((columns, rows));
        self.master.resize(pty_size((columns, rows))).expect("the terminal resizes");
        self
    }

    // Waiting.

    /// Waits until `text` is on the screen.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("{text:?} is on the screen"), |output| output.contains(text))
    }

    /// Waits until `text` is not on the screen.
    pub fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("{text:?} is gone from the screen"), |output| !output.contains(text))
    }

    /// Waits until the screen and what was heard meet a condition. Panics with the screen after [`PATIENCE`], or when
    /// the program has ended without it.
    pub fn wait_until(&mut self, what: &str, condition: impl Fn(&Output) -> bool) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Asked before looking: what a program wrote last is then on the screen that is looked at.
            let ended = self.ended();
            let seen = self.look();
            // Half a frame would make what it replaces look gone.
            if (ended || !seen.is_drawing()) && condition(&seen) {
                drop(seen);
                return self;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if ended || left.is_zero() {
                let screen = seen.text();
                drop(seen);
                let why = if ended { "the program ended" } else { "time is up" };
                panic!("waited until {what}, but {why}. The screen:\n{screen}");
            }
            drop(self.output.1.wait_timeout(seen, left.min(GLANCE)));
        }
    }

    // Looking.

    /// What the program has written so far, as a picture and as bytes. Do not keep it: output waits for it.
    pub fn look(&self) -> MutexGuard<'_, Output> {
        // A condition that panicked in a failing test spoils nothing here.
        self.output.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The screen's text.
    pub fn text(&self) -> String {
        self.look().text()
    }

    /// Every byte written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.look().raw().to_vec()
    }

    /// What was copied through the terminal (OSC 52), decoded, in order. An empty one is a request to clear.
    pub fn copied(&self) -> Vec<Vec<u8>> {
        self.look().copied().to_vec()
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
        let output = self.look();
        let (screen, raw) = (output.screen(), output.raw());
        let state = format!("after these bytes: {}", raw.escape_ascii());
        assert!(!screen.alternate_screen(), "the alternate screen is still on, {state}");
        assert!(!screen.hide_cursor(), "the cursor is still hidden, {state}");
        assert!(!screen.bracketed_paste(), "bracketed paste is still on, {state}");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is still on, {state}"
        );
        // The emulator does not know focus reports, so the last word about them is sought.
        assert!(
            last(raw, b"\x1b[?1004l") >= last(raw, b"\x1b[?1004h"),
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
            let screen = self.look().text();
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
        wait::within(Duration::from_secs(2), || self.look().ended().then_some(()));
        true
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
            if self.look().ended() {
                reader.join().ok();
            }
        }
    }
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
