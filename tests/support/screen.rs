//! Draws a model and reads the frame back: as text, and as a grid of letters for the styles.

use keywright::app::model::Model;
use keywright::ui::{self, HitMap, Theme, theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};

/// The theme of snapshots: each role has a colour of its own there, so a letter tells which one was used.
pub fn dark() -> Theme {
    theme::load(Some("dark"), false, false).expect("it loads")
}

/// A drawn frame.
pub struct Drawn {
    /// The cells.
    pub buffer: Buffer,
    /// What is where.
    pub hits: HitMap,
    /// The cursor, when it is shown.
    pub cursor: Option<(u16, u16)>,
}

/// Draws a model on a screen of a size.
pub fn draw(model: &Model, theme: &Theme, size: (u16, u16)) -> Drawn {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a test terminal");
    let mut hits = HitMap::default();
    terminal.draw(|frame| hits = ui::draw(model, theme, frame)).expect("no error can come from it");
    let buffer = terminal.backend().buffer().clone();
    let shown = terminal.backend().cursor_visible();
    let cursor = shown.then(|| terminal.backend().cursor_position()).map(|place| (place.x, place.y));
    Drawn { buffer, hits, cursor }
}

/// The text of a frame, without spaces at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    grid(buffer, |cell| cell.symbol().to_owned())
}

/// The styles of a frame: one letter for each role, a capital on the line under the cursor.
pub fn styles(buffer: &Buffer, theme: &Theme) -> String {
    let letters = "tmhafsbgwdi";
    grid(buffer, |cell| {
        if cell.symbol() == " " && cell.bg == theme.text.bg.unwrap_or_default() {
            return String::from(" ");
        }
        let ground = theme.text.bg;
        let role = theme.roles().iter().position(|(name, style)| {
            let same_color = style.fg.or(theme.text.fg) == Some(cell.fg);
            let same_weight = style.add_modifier == cell.modifier || cell.bg != ground.unwrap_or_default();
            *name != "selected"
                && same_color
                && same_weight
                && (style.bg.is_none() || style.bg == Some(cell.bg))
                || (*name == "text" && *style == theme.text && same_color && cell.modifier.is_empty())
        });
        let letter = role.and_then(|at| letters.chars().nth(at)).unwrap_or('?');
        let chosen = Some(cell.bg) == theme.selected.bg;
        let letter = if chosen { letter.to_ascii_uppercase() } else { letter };
        letter.to_string()
    })
}

fn grid(buffer: &Buffer, draw: impl Fn(&Cell) -> String) -> String {
    let mut lines = Vec::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut skip = 0_u16;
        for x in buffer.area.left()..buffer.area.right() {
            let cell = &buffer[(x, y)];
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = u16::try_from(ui::text::width(cell.symbol())).expect("short").saturating_sub(1);
            line.push_str(&draw(cell));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// The frame as a terminal would be sent it, for looking at pictures of it.
pub fn ansi(buffer: &Buffer) -> String {
    use ratatui::style::{Color, Modifier};
    use std::fmt::Write;
    let code = |color: Color, base: u32| match color {
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
        Color::Red => (base + 1).to_string(),
        Color::Green => (base + 2).to_string(),
        Color::Yellow => (base + 3).to_string(),
        Color::Cyan => (base + 6).to_string(),
        _ => (base + 9).to_string(),
    };
    let mut out = String::from("\u{1b}[?25l");
    for y in buffer.area.top()..buffer.area.bottom() {
        let _infallible = write!(out, "\u{1b}[{};1H", y + 1);
        let mut skip = 0;
        for x in buffer.area.left()..buffer.area.right() {
            let cell = &buffer[(x, y)];
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = ui::text::width(cell.symbol()).saturating_sub(1);
            let weights =
                [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)];
            let weight: String = weights
                .iter()
                .filter(|(one, _)| cell.modifier.contains(*one))
                .map(|(_, code)| format!(";{code}"))
                .collect();
            let (front, back) = (code(cell.fg, 30), code(cell.bg, 40));
            let _infallible = write!(out, "\u{1b}[0{weight};{front};{back}m{}", cell.symbol());
        }
    }
    out.push_str("\u{1b}[0m");
    out
}
