//! Copying a secret to where a person can paste it, and taking it away again.
//!
//! There are three ways, tried in this order: through tmux when inside it, the system's own clipboard when a display
//! is here, and otherwise a code that asks the terminal to copy (OSC 52). Only the second can be confirmed, and
//! [`Copied`] never claims more than is known. No way may block: each has a deadline and falls to the next.
//! Start with [`SystemClipboard`]; tests use [`MemoryClipboard`].

mod memory;
mod native;
mod osc52;
mod tmux;

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;

pub use memory::MemoryClipboard;
pub use osc52::LONGEST;

use super::terminal::Lost;
use crate::secret::Secret;
use native::Native;
use osc52::Wrap;

/// How long leaving the program waits for the clipboard to be cleared.
pub const CLEAR_AT_EXIT: Duration = Duration::from_millis(200);

/// Where a secret can be copied to.
#[async_trait]
pub trait Clipboard: Send + Sync {
    /// Copies, and tells which way it went.
    async fn copy(&self, secret: &Secret) -> Result<Copied, CopyError>;

    /// Takes away what was copied last, unless it is known that something else was copied since.
    async fn clear_if_ours(&self) -> Cleared;

    /// The same, with a bound: for the end of the program.
    async fn clear_at_exit(&self) -> Cleared {
        tokio::time::timeout(CLEAR_AT_EXIT, self.clear_if_ours()).await.unwrap_or(Cleared::Unknown)
    }
}

/// The way a secret went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyWay {
    /// Into the system's clipboard. Clipboard managers were asked to keep it out of their history, and may not obey.
    Native,
    /// To tmux, which hands it on to the terminal it is shown in.
    Tmux,
    /// To the terminal, by a code that has no answer.
    Terminal,
}

/// A secret was sent on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Which way.
    pub way: CopyWay,
    /// Whether it was seen to have arrived. Never so for a terminal or tmux: they do not tell.
    pub confirmed: bool,
}

/// Why nothing was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// Terminals cut or drop long texts without a word.
    #[error("this is too long for the terminal's clipboard, which takes {LONGEST} bytes at most")]
    TooLong,
    /// A text console.
    #[error("there is no clipboard here: no display, and the text console has none")]
    Nowhere,
    /// The terminal is gone.
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// What became of what was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// Nothing had been copied.
    Nothing,
    /// It is gone, and this was seen.
    Cleared,
    /// Something else was copied since, and was left alone.
    NotOurs,
    /// The terminal was asked to clear; it does not tell whether it did.
    Asked,
    /// There was no answer in time, or none that tells.
    Unknown,
}

/// What of the environment decides the way. Only `config` reads it, so it is handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClipboardEnv {
    /// `TMUX`, when inside tmux: which server to talk to.
    pub tmux: Option<String>,
    /// Whether we are at the far end of SSH, where the clipboard of this machine is of no use.
    pub ssh: bool,
    /// Whether there is a display: X11, Wayland, or a system that always has one.
    pub display: bool,
    /// `TERM`.
    pub term: String,
    /// Whether we are inside GNU screen.
    pub screen: bool,
}

impl ClipboardEnv {
    /// Asks `variable` for what matters. An empty value is none.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        let find = |name: &str| variable(name).filter(|value| !value.is_empty());
        let any = |names: &[&str]| names.iter().any(|name| find(name).is_some());
        let term = find("TERM").unwrap_or_default();
        Self {
            tmux: find("TMUX"),
            ssh: any(&["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"]),
            display: cfg!(any(windows, target_os = "macos")) || any(&["DISPLAY", "WAYLAND_DISPLAY"]),
            screen: find("STY").is_some() && term.starts_with("screen"),
            term,
        }
    }

    /// How a code must be wrapped to reach the terminal that is looked at.
    fn wrap(&self) -> Wrap {
        match () {
            () if self.tmux.is_some() => Wrap::Tmux,
            () if self.screen => Wrap::Screen,
            () => Wrap::None,
        }
    }
}

/// Writes codes to the terminal, out of the frames' way.
pub type ToTerminal = Box<dyn Fn(&[u8]) -> Result<(), Lost> + Send + Sync>;

/// The clipboards of this machine and of this terminal.
pub struct SystemClipboard {
    env: ClipboardEnv,
    to_terminal: ToTerminal,
    native: Native,
    last: Mutex<Option<CopyWay>>,
}

impl SystemClipboard {
    /// Nothing is opened until the first copy.
    pub fn new(env: ClipboardEnv, to_terminal: ToTerminal) -> Self {
        Self { env, to_terminal, native: Native::default(), last: Mutex::new(None) }
    }

    async fn send(&self, secret: &Secret) -> Result<Copied, CopyError> {
        if let Some(server) = &self.env.tmux
            && tmux::copy(server, secret.expose()).await.is_ok()
        {
            return Ok(Copied { way: CopyWay::Tmux, confirmed: false });
        }
        if self.env.display
            && !self.env.ssh
            && let Ok(confirmed) = self.native.copy(secret).await
        {
            return Ok(Copied { way: CopyWay::Native, confirmed });
        }
        if matches!(self.env.term.as_str(), "linux" | "dumb") {
            return Err(CopyError::Nowhere);
        }
        let code = osc52::copy(secret.expose(), self.env.wrap()).ok_or(CopyError::TooLong)?;
        (self.to_terminal)(&code)?;
        Ok(Copied { way: CopyWay::Terminal, confirmed: false })
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<CopyWay>> {
        self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Clipboard for SystemClipboard {
    async fn copy(&self, secret: &Secret) -> Result<Copied, CopyError> {
        let copied = self.send(secret).await?;
        *self.last() = Some(copied.way);
        Ok(copied)
    }

    async fn clear_if_ours(&self) -> Cleared {
        let last = self.last().take();
        // An earlier copy may have gone the native way, so that one is always looked at.
        let native = self.native.clear_if_ours().await;
        let asked = match (last, &self.env.tmux) {
            (Some(CopyWay::Tmux), Some(server)) => tmux::overwrite(server).await.is_ok(),
            (Some(CopyWay::Terminal), _) => (self.to_terminal)(&osc52::clear(self.env.wrap())).is_ok(),
            (Some(CopyWay::Native | CopyWay::Tmux) | None, _) => return native,
        };
        if asked { Cleared::Asked } else { Cleared::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn env(pairs: &[(&str, &str)]) -> ClipboardEnv {
        ClipboardEnv::from(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// A clipboard and what it wrote to the terminal.
    fn clipboard(pairs: &[(&str, &str)]) -> (SystemClipboard, Arc<Mutex<Vec<u8>>>) {
        let written = Arc::new(Mutex::new(Vec::new()));
        let terminal = Arc::clone(&written);
        let to_terminal = move |codes: &[u8]| {
            terminal.lock().expect("lock").extend_from_slice(codes);
            Ok(())
        };
        (SystemClipboard::new(env(pairs), Box::new(to_terminal)), written)
    }

    fn text(written: &Mutex<Vec<u8>>) -> String {
        String::from_utf8(std::mem::take(&mut *written.lock().expect("lock"))).expect("text")
    }

    #[test]
    fn the_environment_is_read_for_what_it_means() {
        assert!(env(&[("SSH_TTY", "/dev/pts/1")]).ssh);
        assert!(env(&[("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")]).ssh);
        assert_eq!(env(&[("TMUX", "")]).tmux, None);
        assert_eq!(env(&[("TERM", "screen-256color"), ("STY", "1.pts")]).wrap(), Wrap::Screen);
        assert_eq!(env(&[("TERM", "screen-256color")]).wrap(), Wrap::None, "tmux over SSH says screen too");
        assert_eq!(env(&[("TERM", "screen"), ("STY", "1.pts"), ("TMUX", "/t,1,0")]).wrap(), Wrap::Tmux);
    }

    #[tokio::test]
    async fn over_ssh_the_terminal_is_asked_even_when_a_display_is_forwarded() {
        let (clipboard, written) =
            clipboard(&[("TERM", "xterm"), ("SSH_TTY", "/dev/pts/1"), ("DISPLAY", "localhost:10.0")]);
        let copied = clipboard.copy(&Secret::new(String::from("s3cret"))).await;
        assert_eq!(copied, Ok(Copied { way: CopyWay::Terminal, confirmed: false }));
        assert_eq!(text(&written), "\x1b]52;c;czNjcmV0\x07");
        assert_eq!(clipboard.clear_if_ours().await, Cleared::Asked);
        assert_eq!(text(&written), "\x1b]52;c;\x07");
        assert_eq!(clipboard.clear_if_ours().await, Cleared::Nothing);
        assert_eq!(text(&written), "", "what is cleared is not cleared again");
    }

    #[tokio::test]
    async fn what_cannot_work_is_refused_with_a_sentence() {
        let (console, written) = clipboard(&[("TERM", "linux")]);
        assert_eq!(console.copy(&Secret::new(String::from("x"))).await, Err(CopyError::Nowhere));
        let (far, far_written) = clipboard(&[("TERM", "xterm"), ("SSH_TTY", "/dev/pts/1")]);
        assert!(far.copy(&Secret::new("x".repeat(LONGEST))).await.is_ok());
        text(&far_written);
        let refused = far.copy(&Secret::new("x".repeat(LONGEST + 1))).await.expect_err("too long");
        assert_eq!(
            refused.to_string(),
            "this is too long for the terminal's clipboard, which takes 6144 bytes at most"
        );
        assert_eq!((text(&written), text(&far_written)), (String::new(), String::new()));
    }

    #[tokio::test]
    async fn a_tmux_that_does_not_answer_falls_to_the_terminal() {
        let (clipboard, written) = clipboard(&[("TERM", "tmux"), ("TMUX", "/nowhere/socket,1,0")]);
        let copied = clipboard.copy(&Secret::new(String::from("s3cret"))).await;
        assert_eq!(copied, Ok(Copied { way: CopyWay::Terminal, confirmed: false }));
        assert_eq!(text(&written), "\x1bPtmux;\x1b\x1b]52;c;czNjcmV0\x07\x1b\\");
    }
}
