//! A page: lines put together at a known width, with the line to keep visible and the place of the cursor.
//!
//! Panes say what is on a page; how it is wrapped, marked and indented is decided here, once.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::bar;
use crate::app::model::AccountState;
use crate::domain::credential::Window;
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::ui::ink::{Ink, Tone};
use crate::ui::text::{cells, pad, width, wrap};

/// Cells of the column of labels.
const LABEL: usize = 14;

/// That there is more.
const ABOVE: &str = "↑";
const BELOW: &str = "↓";

/// Lines at a known width.
pub struct Page<'a> {
    ink: Ink<'a>,
    /// Whether the screen has room for more than what is needed.
    pub roomy: bool,
    /// Cells in a line.
    pub width: usize,
    /// The lines.
    pub lines: Vec<Line<'a>>,
    /// Where typed text goes: the line and the column.
    pub cursor: Option<(usize, u16)>,
    /// The line to keep visible.
    pub focus: Option<usize>,
    /// The lines of a secret in clear, which are never altered.
    pub verbatim: Vec<usize>,
    /// Lines at which a list in the page goes on above or below, with the mark that says so.
    edges: Vec<(usize, &'static str)>,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub fn new(ink: Ink<'a>, width: u16) -> Self {
        Self {
            ink,
            roomy: true,
            width: width.into(),
            lines: Vec::new(),
            cursor: None,
            focus: None,
            verbatim: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// An empty line, never two in a row and never the first.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// A line as it is.
    pub fn line(&mut self, line: Line<'a>) {
        self.lines.push(line);
    }

    /// A wrapped paragraph.
    pub fn say(&mut self, style: Style, text: &str) {
        let lines = wrap(text, self.width);
        self.lines.extend(lines.into_iter().map(|line| Line::styled(line, style)));
    }

    /// A wrapped paragraph of ordinary text.
    pub fn text(&mut self, text: &str) {
        self.say(self.ink.theme.text, text);
    }

    /// A wrapped paragraph that may be overlooked.
    pub fn hint(&mut self, text: &str) {
        self.say(self.ink.theme.muted, text);
    }

    /// A heading, with a gap above it.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        self.say(self.ink.theme.title, text);
    }

    /// A mark and a wrapped sentence beside it.
    pub fn mark(&mut self, tone: Tone, text: &str) {
        self.hanging(
            Span::styled(format!("{} ", Ink::mark(tone)), self.ink.tone(tone)),
            self.style_of(tone),
            text,
        );
    }

    /// The spinner and a sentence for what is awaited.
    pub fn waiting(&mut self, text: &str) {
        let spinner = Span::styled(format!("{} ", self.ink.spinner()), self.ink.theme.accent);
        self.hanging(spinner, self.ink.theme.text, text);
    }

    /// A label with its wrapped value.
    pub fn fact(&mut self, label: &str, value: &str) {
        self.fact_styled(label, self.ink.theme.text, value);
    }

    /// A label with a marked value.
    pub fn fact_marked(&mut self, label: &str, tone: Tone, value: &str) {
        let mark = match tone {
            Tone::Plain => String::new(),
            Tone::Good | Tone::Warning | Tone::Danger => format!("{} ", Ink::mark(tone)),
        };
        self.fact_styled(label, self.style_of(tone), &format!("{mark}{value}"));
    }

    /// A label with its value in a style.
    pub fn fact_styled(&mut self, label: &str, style: Style, value: &str) {
        let label_width = LABEL.min(self.width / 3);
        let label = Span::styled(pad(label, label_width), self.ink.theme.muted);
        self.hanging(label, style, value);
    }

    /// A label with a retention window as a bar.
    pub fn bar(&mut self, label: &str, account: &AccountState, window: Window) {
        let label_width = LABEL.min(self.width / 3);
        let mut line = Line::from(Span::styled(pad(label, label_width), self.ink.theme.muted));
        line.spans
            .extend(bar::window(&self.ink, account, window, self.width.saturating_sub(label_width)).spans);
        self.lines.push(line);
    }

    /// A failure: what happened, the particulars, whether it may have been done all the same, and the next step.
    pub fn failure(&mut self, failure: &Failure) {
        self.failure_then(failure, failure.next_step());
    }

    /// The same with a next step that fits better.
    pub fn failure_then(&mut self, failure: &Failure, next_step: &str) {
        self.mark(Tone::Danger, failure.headline());
        if let Some(detail) = &failure.detail {
            self.indented(self.ink.theme.text, detail.as_str());
        }
        if failure.effected == Effected::Unknown {
            self.mark(Tone::Warning, "It may have been carried out all the same: nobody knows yet.");
        }
        // Where there are too many requests the wait is counted down beside it.
        let told = failure.kind == FailureKind::TooMany;
        if let Some(wait) = failure.retry_after.filter(|_| !told) {
            self.indented(self.ink.theme.text, &format!("The server asks to wait {} s.", wait.as_secs()));
        }
        self.indented(self.ink.theme.muted, next_step);
    }

    /// A wrapped paragraph under a mark.
    pub fn indented(&mut self, style: Style, text: &str) {
        self.hanging(Span::raw("  "), style, text);
    }

    /// A wrapped paragraph with `before` in front of its first line and as much space in front of the others.
    pub fn hanging(&mut self, before: Span<'a>, style: Style, text: &str) {
        let indent = width(&before.content);
        let lines = wrap(text, self.width.saturating_sub(indent).max(1));
        let mut before = Some(before);
        for line in lines {
            let first = before.take().unwrap_or_else(|| Span::raw(" ".repeat(indent)));
            self.lines.push(Line::from(vec![first, Span::styled(line, style)]));
        }
    }

    /// Keeps the next line visible.
    pub fn focus_here(&mut self) {
        self.focus = Some(self.lines.len());
    }

    /// Says at the right edge that the list whose lines begin at `from` and end here goes on above or below.
    pub fn goes_on(&mut self, from: usize, above: bool, below: bool) {
        self.edges.extend(above.then_some((from, ABOVE)));
        self.edges.extend(below.then_some((self.lines.len().saturating_sub(1), BELOW)));
    }

    fn style_of(&self, tone: Tone) -> Style {
        match tone {
            Tone::Good | Tone::Plain => self.ink.theme.text,
            Tone::Warning | Tone::Danger => self.ink.tone(tone),
        }
    }

    /// The first line shown when `rows` fit and the operator scrolled by `scroll`, and the largest scroll there is.
    pub fn offset(&self, rows: usize, scroll: usize) -> (usize, usize) {
        let most = self.lines.len().saturating_sub(rows);
        let wanted = match self.cursor.map(|(line, _)| line).or(self.focus) {
            // Some lines around what is worked on stay visible.
            Some(line) => line.saturating_sub(rows.saturating_sub(3)),
            None => scroll,
        };
        (wanted.min(most), most)
    }

    /// Draws the page and answers where the cursor is, where the verbatim lines are and how far it can be scrolled.
    pub fn draw(&self, area: Rect, scroll: usize, buffer: &mut Buffer) -> Drawn {
        let rows = usize::from(area.height);
        let (offset, most) = self.offset(rows, scroll);
        for (row, line) in self.lines.iter().skip(offset).take(rows).enumerate() {
            buffer.set_line(area.x, area.y + cells(row), line, area.width);
        }
        let place =
            |line: usize| line.checked_sub(offset).filter(|row| *row < rows).map(|row| area.y + cells(row));
        let cursor = self.cursor.and_then(|(line, column)| {
            Some(Position::new(area.x + column.min(area.width.saturating_sub(1)), place(line)?))
        });
        let row = |line: &usize| place(*line).map(|y| Rect { y, height: 1, ..area });
        let verbatim = self.verbatim.iter().filter_map(row).collect();
        for (line, mark) in self.edges.iter().filter(|_| area.width > 0) {
            if let Some(y) = place(*line) {
                buffer.set_string(area.right(), y, *mark, self.ink.theme.accent);
            }
        }
        self.more(area, offset, most, buffer);
        Drawn { cursor, verbatim, rows: area.height, most }
    }

    /// Says that there is more above or below, at the right edge.
    fn more(&self, area: Rect, offset: usize, most: usize, buffer: &mut Buffer) {
        let Some(right) = area.right().checked_sub(1).filter(|_| area.height > 1) else { return };
        let style = self.ink.theme.accent;
        if offset > 0 {
            buffer.set_string(right + 1, area.y, ABOVE, style);
        }
        if offset < most {
            buffer.set_string(right + 1, area.bottom() - 1, BELOW, style);
        }
    }
}

/// Where things came to lie.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Where typed text goes.
    pub cursor: Option<Position>,
    /// Where a secret is in clear.
    pub verbatim: Vec<Rect>,
    /// How many lines are visible.
    pub rows: u16,
    /// The largest scroll.
    pub most: usize,
}
