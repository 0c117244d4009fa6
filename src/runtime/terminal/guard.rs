//! Every mode the program switches on in the terminal, and the one place that switches them off again.
//!
//! A [`Guard`] is shared by the screen, the panic hook and the clipboard. Whoever leaves first leaves for all:
//! after that nothing is drawn any more, so no late frame lands on the shell's screen. Nothing here asks the
//! terminal a question, because the answer may never come.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{
    Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use ratatui::layout::Size;

use super::device::Device;

/// The terminal went away: closed, hung up, or not taking bytes any more. There is nobody left to draw for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the terminal is gone ({0})")]
pub struct Lost(io::ErrorKind);

impl From<&io::Error> for Lost {
    fn from(error: &io::Error) -> Self {
        Self(error.kind())
    }
}

/// The modes of one terminal.
pub struct Guard<D: Device>(Arc<Mutex<State<D>>>);

struct State<D> {
    device: D,
    /// Our modes are on.
    inside: bool,
    /// The first write that failed. Later ones are not tried, so a closed terminal costs nothing.
    lost: Option<Lost>,
}

impl<D: Device> Clone for Guard<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D: Device> Guard<D> {
    /// Takes the device; nothing is switched on yet.
    pub fn new(device: D) -> Self {
        Self(Arc::new(Mutex::new(State { device, inside: false, lost: None })))
    }

    /// Switches raw mode and all modes on. Done again when they are on already, it sends them again: after a stop
    /// the shell may have changed any of them.
    pub fn enter(&self) -> io::Result<()> {
        let mut state = self.lock();
        // Line settings come first. When we run in the background this is where the system stops us, before
        // anything is written over the shell's screen.
        if state.inside {
            state.device.raw(false)?;
        }
        state.device.raw(true)?;
        state.inside = true;
        let sent = enter_codes().and_then(|codes| state.device.write_all(&codes));
        drop(state);
        if sent.is_err() {
            self.leave();
        }
        sent
    }

    /// Switches everything off again, in any state and any number of times, and never waits long: it runs in the
    /// panic hook too, where the lock may be held by the very frame that panicked.
    pub fn leave(&self) {
        let Some(mut state) = self.lock_soon() else { return };
        if !state.inside {
            return;
        }
        state.inside = false;
        if state.lost.is_none()
            && let Err(error) = leave_codes().and_then(|codes| state.device.write_all(&codes))
        {
            state.lost = Some(Lost::from(&error));
        }
        if let Err(error) = state.device.raw(false) {
            state.lost = Some(Lost::from(&error));
        }
    }

    /// Writes a frame, if we are inside; a frame that comes too late is dropped.
    pub fn draw(&self, frame: &[u8]) -> Result<(), Lost> {
        let mut state = self.lock();
        if state.inside { state.write(frame) } else { state.lost.map_or(Ok(()), Err) }
    }

    /// Writes codes that draw nothing, inside or not: the clipboard's.
    pub fn send(&self, codes: &[u8]) -> Result<(), Lost> {
        self.lock().write(codes)
    }

    /// How many cells there are now.
    pub fn size(&self) -> io::Result<Size> {
        self.lock().device.size()
    }

    fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn lock_soon(&self) -> Option<MutexGuard<'_, State<D>>> {
        for _ in 0..100 {
            match self.0.try_lock() {
                Ok(state) => return Some(state),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        None
    }
}

impl<D: Device> State<D> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        if let Some(lost) = self.lost {
            return Err(lost);
        }
        self.device.write_all(bytes).and_then(|()| self.device.flush()).map_err(|error| {
            let lost = Lost::from(&error);
            self.lost = Some(lost);
            lost
        })
    }
}

/// The alternate screen, wiped (a terminal without one shows the shell's text otherwise), pastes and focus told,
/// no cursor.
fn enter_codes() -> io::Result<Vec<u8>> {
    let mut codes = Vec::new();
    queue!(
        codes,
        EnterAlternateScreen,
        Clear(ClearType::All),
        EnableBracketedPaste,
        EnableFocusChange,
        Hide
    )?;
    Ok(codes)
}

/// All of it undone. A frame may have been cut off, so its bracket is closed first. The alternate screen is wiped
/// before it is left, because some terminals can show it again; from the cursor down, because wiping the whole
/// screen at once moves it into the scrollback on others.
fn leave_codes() -> io::Result<Vec<u8>> {
    let mut codes = Vec::new();
    queue!(
        codes,
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        SetAttribute(Attribute::Reset),
        MoveTo(0, 0),
        Clear(ClearType::FromCursorDown),
        LeaveAlternateScreen,
        Show
    )?;
    Ok(codes)
}
