//! What a screen is drawn on: bytes out, a size, and raw mode. The real one is [`Tty`]; tests bring their own.

use std::io::{self, IsTerminal, Write};

use ratatui::layout::Size;

/// A terminal, as far as drawing needs one.
pub trait Device: Write + Send + 'static {
    /// How many cells there are now.
    fn size(&self) -> io::Result<Size>;

    /// Switches raw mode on or off. Off restores the line settings found when it was switched on.
    fn raw(&mut self, on: bool) -> io::Result<()>;
}

/// Why there is no screen to draw on.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// Standard input is a file or a pipe.
    #[error("keywright needs a terminal to read keys from, and standard input is not one")]
    Input,
    /// Standard output is a file or a pipe.
    #[error(
        "keywright needs a terminal to draw on, and standard output is not one; \
         in scripts use `keywright list` and its companions"
    )]
    Output,
    /// It is one, but it cannot be set up.
    #[error("the terminal cannot be set up: {0}")]
    Unusable(#[from] io::Error),
}

/// The terminal this program was started in.
pub struct Tty {
    out: Out,
}

/// Standard output without the buffer of `std::io::Stdout`, which would keep what was drawn.
#[cfg(unix)]
type Out = std::fs::File;
#[cfg(not(unix))]
type Out = io::Stdout;

impl Tty {
    /// Takes the terminal on standard input and output.
    pub fn open() -> Result<Self, NoTerminal> {
        if !io::stdin().is_terminal() {
            return Err(NoTerminal::Input);
        }
        if !io::stdout().is_terminal() {
            return Err(NoTerminal::Output);
        }
        Ok(Self { out: open_out()? })
    }
}

#[cfg(unix)]
fn open_out() -> io::Result<Out> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn open_out() -> io::Result<Out> {
    Ok(io::stdout())
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.out.write(bytes) {
                // Another program on the same terminal may have made it non-blocking, which is shared.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait_for_room()?,
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Tty {
    /// Waits until the terminal takes bytes again; one that takes none for five seconds is gone.
    #[cfg(unix)]
    fn wait_for_room(&self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let patience = Timespec { tv_sec: 5, tv_nsec: 0 };
        match poll(&mut [PollFd::new(&self.out, PollFlags::OUT)], Some(&patience)) {
            Ok(0) => Err(io::ErrorKind::TimedOut.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "the unix form asks the file")]
    fn wait_for_room(&self) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Device for Tty {
    #[cfg(unix)]
    fn size(&self) -> io::Result<Size> {
        let found = rustix::termios::tcgetwinsize(&self.out)?;
        Ok(known(found.ws_col, found.ws_row))
    }

    #[cfg(not(unix))]
    fn size(&self) -> io::Result<Size> {
        let (columns, rows) = crossterm::terminal::size()?;
        Ok(known(columns, rows))
    }

    fn raw(&mut self, on: bool) -> io::Result<()> {
        if on { crossterm::terminal::enable_raw_mode() } else { crossterm::terminal::disable_raw_mode() }
    }
}

/// Serial lines and some containers say 0×0, which means that nobody told them.
fn known(columns: u16, rows: u16) -> Size {
    if columns == 0 || rows == 0 { Size::new(80, 24) } else { Size::new(columns, rows) }
}
