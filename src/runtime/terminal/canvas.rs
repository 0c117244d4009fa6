//! The buffer between ratatui and the terminal: one frame, one write, then zeroes.
//!
//! A frame may show a secret, so its bytes are overwritten as soon as they are out, and growing leaves no old copy
//! behind. Frames are bracketed by the synchronized-update codes, so a terminal that knows them never shows half
//! of one. A frame that changes nothing writes nothing.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use zeroize::Zeroize;

use super::device::Device;
use super::guard::{Guard, Lost};

/// Collects a frame and hands it to the guard.
pub(super) struct Canvas<D: Device> {
    guard: Guard<D>,
    frame: Wiped,
    /// Whether the terminal shows its cursor.
    cursor_shown: bool,
    /// Where it is, unless something was drawn since.
    cursor_at: Option<Position>,
}

impl<D: Device> Canvas<D> {
    pub(super) fn new(guard: Guard<D>) -> Self {
        Self { guard, frame: Wiped(Vec::with_capacity(32 * 1024)), cursor_shown: false, cursor_at: None }
    }

    /// Forgets what was shown: the modes were switched on anew, and with them the cursor is hidden.
    pub(super) fn forget(&mut self) {
        self.frame.wipe();
        self.cursor_shown = false;
        self.cursor_at = None;
    }

    /// Writes what was collected, in brackets, and wipes it.
    pub(super) fn ship(&mut self) -> Result<(), Lost> {
        if self.frame.0.is_empty() {
            return Ok(());
        }
        let closed = queue!(self.frame, EndSynchronizedUpdate);
        let shipped = self.guard.draw(&self.frame.0);
        self.frame.wipe();
        closed.map_err(|error| Lost::from(&error))?;
        shipped
    }

    /// ratatui's own writer over the frame; it keeps nothing between calls.
    fn pen(&mut self) -> io::Result<CrosstermBackend<&mut Wiped>> {
        if self.frame.0.is_empty() {
            queue!(self.frame, BeginSynchronizedUpdate)?;
        }
        Ok(CrosstermBackend::new(&mut self.frame))
    }
}

impl<D: Device> Backend for Canvas<D> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, cells: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells = cells.peekable();
        if cells.peek().is_none() {
            return Ok(());
        }
        self.cursor_at = None;
        self.pen()?.draw(cells)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.cursor_shown, false) {
            return Ok(());
        }
        self.pen()?.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.cursor_shown, true) {
            return Ok(());
        }
        self.pen()?.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "the terminal is never asked where its cursor is"))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor_at.replace(position) == Some(position) {
            return Ok(());
        }
        self.pen()?.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.pen()?.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.guard.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    /// ratatui flushes several times within one frame; [`Canvas::ship`] writes it once.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that are overwritten when they are done with. What lies beyond its length is always zero.
struct Wiped(Vec<u8>);

impl Wiped {
    fn wipe(&mut self) {
        self.0.as_mut_slice().zeroize();
        self.0.clear();
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Vec::with_capacity(needed.max(self.0.capacity() * 2));
            larger.extend_from_slice(&self.0);
            self.wipe();
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Fake;
    use super::*;

    /// This process's own memory, as another program would see it.
    #[cfg(target_os = "linux")]
    fn memory(address: usize, length: usize) -> Vec<u8> {
        use std::os::unix::fs::FileExt;
        let mut found = vec![0; length];
        let memory = std::fs::File::open("/proc/self/mem").expect("our own memory");
        memory.read_exact_at(&mut found, address as u64).expect("our own memory");
        found
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_frame_leaves_nothing_in_memory() {
        let mut canvas = Canvas::new(Guard::new(Fake::new(80, 24)));
        let cells: Vec<Cell> = "a secret".chars().map(|c| Cell::new(c.to_string().leak())).collect();
        canvas.draw(cells.iter().zip(0..).map(|(cell, x)| (x, 0, cell))).expect("memory");
        let (address, length) = (canvas.frame.0.as_ptr().addr(), canvas.frame.0.len());
        let holds = |bytes: &[u8]| bytes.windows(8).any(|window| window == b"a secret");
        assert!(holds(&memory(address, length)), "the control: it was there");
        canvas.ship().expect("shipped");
        assert_eq!(memory(address, length), vec![0; length]);
    }

    #[test]
    fn growing_keeps_what_was_written() {
        let mut bytes = Wiped(Vec::with_capacity(4));
        bytes.write_all(b"more than ").expect("memory");
        bytes.write_all(b"four").expect("memory");
        assert_eq!(bytes.0, b"more than four");
    }
}
