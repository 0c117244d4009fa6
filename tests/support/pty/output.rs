//! What a program has written: the bytes, the picture they draw, and what was heard beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cells;

/// Everything a program has written so far.
pub struct Output {
    raw: Vec<u8>,
    parser: vt100::Parser<Heard>,
    ended: bool,
}

/// Around a frame: what is drawn between the two is not to be looked at yet.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// What the emulator hears beside the picture.
#[derive(Default)]
struct Heard {
    copied: Vec<Vec<u8>>,
    titles: Vec<String>,
}

impl vt100::Callbacks for Heard {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _kind: &[u8], data: &[u8]) {
        self.copied.push(STANDARD.decode(data).unwrap_or_else(|_| data.to_vec()));
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }
}

impl Output {
    pub(super) fn new(size: (u16, u16)) -> Self {
        let (columns, rows) = cells(size);
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Heard::default());
        Self { raw: Vec::new(), parser, ended: false }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Whether a frame is half drawn (synchronized updates): a terminal shows it when it is whole.
    pub(super) fn is_drawing(&self) -> bool {
        let last = |code: &[u8]| self.raw.windows(code.len()).rposition(|window| window == code);
        last(FRAME_BEGINS) > last(FRAME_ENDS)
    }

    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        let (columns, rows) = cells(size);
        self.parser.set_size(rows, columns);
    }

    /// The rows of the screen, without spaces at their ends.
    pub fn rows(&self) -> Vec<String> {
        let (_, columns) = self.screen().size();
        self.screen().rows(0, columns.get()).collect()
    }

    /// The same as one text.
    pub fn text(&self) -> String {
        self.rows().join("\n")
    }

    /// The screen cell by cell: one entry for each column, empty behind a wide character.
    pub fn cells(&self) -> Vec<Vec<String>> {
        let (rows, columns) = self.screen().size();
        let cell = |row, column| match self.screen().cell(row, column) {
            Some(cell) if cell.has_contents() => cell.contents().to_owned(),
            Some(cell) if cell.is_wide_continuation() => String::new(),
            Some(_) | None => String::from(" "),
        };
        (0..rows.get()).map(|row| (0..columns.get()).map(|column| cell(row, column)).collect()).collect()
    }

    /// Whether a text is on the screen, within one row.
    pub fn contains(&self, text: &str) -> bool {
        self.rows().iter().any(|row| row.contains(text))
    }

    /// The emulator's screen itself, for cells, colours and modes.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Every byte.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// What was copied through the terminal (OSC 52), decoded, in order. An empty one is a request to clear.
    pub fn copied(&self) -> &[Vec<u8>] {
        &self.parser.callbacks().copied
    }

    /// The window titles that were set, in order.
    pub fn titles(&self) -> &[String] {
        &self.parser.callbacks().titles
    }
}
