//! The screen: one terminal, entered once, drawn in whole frames, and given back as it was.
//!
//! [`Screen`] draws, [`Guard`] holds the modes and can be given to the panic hook, [`Device`] is what they work on.
//! Keeps out: what is drawn, and when.

mod canvas;
mod device;
mod guard;
#[cfg(test)]
mod tests;
mod wide;

use std::io;

use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};

use canvas::Canvas;
pub use device::{Device, NoTerminal, Tty};
pub use guard::{Guard, Lost};

/// A full screen on a terminal. Dropping it gives the terminal back.
pub struct Screen<D: Device> {
    guard: Guard<D>,
    terminal: Terminal<Canvas<D>>,
    halves: Vec<Position>,
}

impl Screen<Tty> {
    /// The terminal this program was started in, entered.
    pub fn open() -> Result<Self, NoTerminal> {
        Ok(Self::enter(Tty::open()?)?)
    }
}

impl<D: Device> Screen<D> {
    /// Enters `device`.
    pub fn enter(device: D) -> io::Result<Self> {
        let guard = Guard::new(device);
        let terminal = Terminal::new(Canvas::new(guard.clone()))?;
        guard.enter()?;
        Ok(Self { guard, terminal, halves: Vec::new() })
    }

    /// The modes, for the panic hook and the clipboard.
    pub fn guard(&self) -> Guard<D> {
        self.guard.clone()
    }

    /// How many cells there are now; nothing when that cannot be told.
    pub fn size(&self) -> Size {
        self.guard.size().unwrap_or(Size::ZERO)
    }

    /// Draws one frame and writes what changed, at once. The size is looked up each time, so a frame always fits;
    /// after a change of size the whole screen is written.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Result<(), Lost> {
        let halves = &mut self.halves;
        let drawn = self.terminal.draw(|frame| {
            render(frame);
            wide::renew_halves(frame.buffer_mut(), halves);
        });
        drawn.map_err(|error| Lost::from(&error))?;
        self.terminal.backend_mut().ship()
    }

    /// Makes the next frame write every cell.
    pub fn repaint(&mut self) -> Result<(), Lost> {
        // `Terminal::clear` would do the same, but asks the terminal for its cursor and waits for the answer.
        let area = Rect::from((Position::ORIGIN, self.size()));
        self.terminal.resize(area).map_err(|error| Lost::from(&error))
    }

    /// Gives the terminal back to the shell, stops this program, and comes back when it is continued.
    pub fn suspend(&mut self) -> Result<(), Lost> {
        self.guard.leave();
        stop_ourselves();
        self.resume()
    }

    /// Switches all modes on again and repaints: after [`Screen::suspend`], and whenever the program was continued
    /// without having been asked to stop.
    pub fn resume(&mut self) -> Result<(), Lost> {
        self.guard.enter().map_err(|error| Lost::from(&error))?;
        self.terminal.backend_mut().forget();
        self.repaint()
    }

    /// Gives the terminal back. Done again, it does nothing.
    pub fn leave(&mut self) {
        self.guard.leave();
    }
}

impl<D: Device> Drop for Screen<D> {
    fn drop(&mut self) {
        self.guard.leave();
    }
}

/// Stops the whole job, as Ctrl-Z does, so that a wrapper script stops too and its shell notices.
///
/// The signal is SIGTTIN and not SIGTSTP, which [`crate::runtime::signals`] catches so that a stop from outside
/// leaves the terminal first. Both stop by default, and for both the system does nothing when no shell is there
/// that could continue us; SIGSTOP would freeze such a program for good.
#[cfg(unix)]
fn stop_ourselves() {
    let stopped = rustix::process::kill_current_process_group(rustix::process::Signal::TTIN);
    if stopped.is_ok() {
        // Another thread may be the one that takes the signal. Once continued, the time is over already.
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[cfg(not(unix))]
fn stop_ourselves() {}
