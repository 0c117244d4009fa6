//! What is seen: a pure function of state. It writes cells and answers what is where; it reads no clock and changes
//! nothing.
//!
//! ```text
//!  keywright   1 Credentials  2 Timeline  3 Owners  4 Findings 6  5 Activity  prod-kitaru ▾  keyring ●   header
//! ┌ Accounts ──────────┐┌ Credentials · 14 of 128 · /ci · by attention ───────────────────────────────┐
//! │ ● prod-kitaru   12 ││  NAME      OWNER      KIND     SCOPES    EXPIRES   LAST USED  STATE         │ table
//! │ ○ staging        4 ││▸ default   ci-runner  API key  as owner  never     2 h ago    ● active      │
//! │ ◆ all accounts  16 ││  default   ci-runner  old …    as owner  8 m 12 s  not told   ◐ retiring    │
//! │                    │└──────────────────────────────────────────────────────────────────────────────┘
//! │                    │┌ default · ci-runner ─────────────────────────────────────────────────────────┐
//! │                    ││ may do   everything ci-runner may do     secret   ✓ stored in the keyring     │ detail
//! └────────────────────┘└──────────────────────────────────────────────────────────────────────────────┘
//!  ⠹ reading prod-kitaru 2 s   ✓ copied default · clears in 24 s · to the desktop's clipboard            status
//!  n new  r rotate  x revoke  v verify  y copy  i import  e edit  / filter  ? help  : command            keys
//! ```
//!
//! Below 110 columns the accounts fold away and panes have a line above instead of a border; the detail is four
//! lines below the table from 20 rows on, and opens in full with Enter. Below 60×16 one line says what is needed.
//! Overlays lie in the middle between header and status, the top one over everything else; what is behind them is
//! drawn in the border's style. [`draw`] is where it begins; [`pane`] has one file for each pane.

pub mod footer;
pub mod header;
pub mod ink;
pub mod layout;
pub mod pane;
pub mod symbol;
pub mod text;
pub mod theme;
pub mod widget;
pub mod words;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Borders;

use crate::app::model::{Model, Pane};
use crate::keymap::table::Context;
use ink::Ink;
use layout::Screen;
pub use theme::Theme;
use widget::{frame, keys};

/// What was drawn where.
#[derive(Clone, Debug, Default)]
pub struct HitMap {
    /// The tabs.
    pub tabs: Vec<(Rect, Pane)>,
    /// The table, heading included.
    pub table: Rect,
    /// How many lines of the table are visible: a step of a screen.
    pub table_height: u16,
    /// The overlay's body or the table: what has the keyboard.
    pub page_height: u16,
    /// How far the page on top can be scrolled.
    pub scroll_max: usize,
    /// Where a secret is in clear.
    pub secrets: Vec<Rect>,
}

/// Draws the whole screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>) -> HitMap {
    let area = frame.area();
    let ink = Ink { model, theme };
    let mut cursor = None;
    let hits = paint(ink, area, frame.buffer_mut(), &mut cursor);
    if let Some(place) = cursor {
        frame.set_cursor_position(place);
    }
    hits
}

fn paint(ink: Ink<'_>, area: Rect, buffer: &mut Buffer, cursor: &mut Option<Position>) -> HitMap {
    buffer.set_style(area, ink.theme.text);
    let mut hits = HitMap::default();
    if !layout::fits(area) {
        too_small(ink, area, buffer);
    } else if ink.model.locked {
        pane::locked::draw(ink, area, buffer);
    } else {
        panes(ink, area, buffer, &mut hits, cursor);
        overlays(ink, area, buffer, &mut hits, cursor);
    }
    if ink.theme.ascii {
        symbol::to_ascii(buffer, &hits.secrets);
    }
    hits
}

fn too_small(ink: Ink<'_>, area: Rect, buffer: &mut Buffer) {
    let (columns, rows) = layout::LEAST;
    let room = usize::from(area.width);
    let short = format!("needs {columns}×{rows}");
    let whole = format!("keywright {short}; this is {}×{}", area.width, area.height);
    // The size that is needed is what must not be cut.
    let forms = [whole, format!("keywright {short}"), short, format!("{columns}×{rows}")];
    let [.., least] = &forms;
    let sentence = forms.iter().find(|form| text::width(form) <= room).unwrap_or(least);
    if !area.is_empty() {
        let line = Line::styled(text::cut(sentence, room), ink.theme.warning);
        buffer.set_line(area.x, area.y, &line, area.width);
    }
}

fn panes(ink: Ink<'_>, area: Rect, buffer: &mut Buffer, hits: &mut HitMap, cursor: &mut Option<Position>) {
    let model = ink.model;
    let has_detail = model.pane == Pane::Credentials && model.selected().is_some();
    let wide = area.width >= layout::WIDE;
    let detail_width = if wide { area.width - 32 } else { area.width - 4 };
    let wanted = has_detail.then(|| pane::detail::height(ink, detail_width));
    let screen = layout::screen(area, wanted);
    hits.tabs = header::draw(&ink, screen.header, buffer);
    if wide {
        let inside = boxed(ink, "Accounts", screen.side, true, buffer);
        pane::accounts::side(&ink, inside, buffer);
    }
    let title = match model.pane {
        Pane::Credentials => pane::credentials::title(&ink),
        Pane::Timeline => pane::timeline::title(&ink),
        Pane::Owners => pane::owners::title(&ink),
        Pane::Findings => pane::findings::title(&ink),
        Pane::Activity => pane::activity::title(&ink),
    };
    let inside = boxed(ink, &title, screen.table, wide, buffer);
    hits.table = inside;
    hits.table_height = match model.pane {
        Pane::Credentials => pane::credentials::draw(&ink, inside, buffer),
        Pane::Timeline => pane::timeline::draw(&ink, inside, buffer),
        Pane::Owners => pane::owners::draw(&ink, inside, buffer),
        Pane::Findings => pane::findings::draw(&ink, inside, buffer),
        Pane::Activity => pane::activity::draw(&ink, inside, buffer),
    };
    hits.page_height = hits.table_height;
    if screen.detail.height > 0 {
        let inside = boxed(ink, &pane::detail::title(&ink), screen.detail, wide, buffer);
        hits.scroll_max = pane::detail::draw(ink, inside.inner(Margin::new(2, 0)), buffer);
    }
    below(ink, &screen, buffer, cursor);
}

/// The two lines at the bottom; while a filter is typed it stands where the status is.
fn below(ink: Ink<'_>, screen: &Screen, buffer: &mut Buffer, cursor: &mut Option<Position>) {
    if ink.model.context() == Context::Filter {
        let column = footer::filter(&ink, screen.status, buffer);
        *cursor = Some(Position::new(column, screen.status.y));
    } else {
        footer::status(&ink, screen.status, buffer);
    }
    let room = usize::from(screen.keys.width).saturating_sub(2);
    // An overlay has its keys with it.
    let keys = if ink.model.overlays.is_empty() {
        keys::line(&ink, ink.model.context(), &[], room)
    } else {
        keys::everywhere(&ink, room)
    };
    buffer.set_line(screen.keys.x + 1, screen.keys.y, &keys, screen.keys.width.saturating_sub(1));
}

/// A pane's frame: a border on wide screens, a line above on others. Answers what is inside.
fn boxed(ink: Ink<'_>, title: &str, area: Rect, wide: bool, buffer: &mut Buffer) -> Rect {
    let borders = if wide { Borders::ALL } else { Borders::TOP };
    frame::draw(&ink, title, borders, ink.theme.border, area, buffer)
}

fn overlays(ink: Ink<'_>, area: Rect, buffer: &mut Buffer, hits: &mut HitMap, cursor: &mut Option<Position>) {
    let Some(top) = ink.model.overlays.last() else { return };
    let body = layout::screen(area, None).body;
    // What is behind an overlay steps back: one quiet style, no marks.
    let quiet = Style {
        sub_modifier: Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED,
        ..ink.theme.border
    };
    buffer.set_style(
        body,
        Style { fg: quiet.fg.or(Some(ratatui::style::Color::Reset)), bg: ink.theme.text.bg, ..quiet },
    );
    let (sheet, page) = pane::overlay(ink, top, body);
    let drawn = widget::overlay::draw(&ink, &sheet, &page, body, buffer);
    *cursor = drawn.cursor;
    hits.secrets = drawn.verbatim;
    hits.scroll_max = drawn.most;
    hits.page_height = drawn.rows;
}
