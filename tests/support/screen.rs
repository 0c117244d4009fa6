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

/// The styles of a frame: the first letter of each role's name (`i` for the ground of an input, `h` for headings), a
/// capital on the line under the cursor. Roles are told apart by their colour, so the theme must have one for each.
pub fn styles(buffer: &Buffer, theme: &Theme) -> String {
    let roles = [
        ('t', theme.text),
        ('m', theme.muted),
        ('h', theme.title),
        ('a', theme.accent),
        ('b', theme.border),
        ('g', theme.good),
        ('w', theme.warning),
        ('d', theme.danger),
    ];
    grid(buffer, |cell| {
        let marked = Some(cell.bg) == theme.selected.bg;
        if Some(cell.bg) == theme.field.bg {
            return String::from("i");
        }
        if cell.symbol() == " " && !marked {
            return String::from(" ");
        }
        let letter =
            roles.iter().find(|(_, style)| style.fg == Some(cell.fg)).map_or('?', |(letter, _)| *letter);
        let letter = if marked { letter.to_ascii_uppercase() } else { letter };
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
