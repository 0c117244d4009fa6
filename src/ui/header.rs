//! The first line: name, tabs, account, who is logged in and for how long, where secrets go.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::ink::{Ink, Tone};
use super::symbol;
use super::text::{cells, cut, cut_middle, width};
use super::words;
use crate::app::model::{Pane, Shown};

/// The panes, by their number.
const TABS: [(&str, &str, Pane); 5] = [
    ("1", "Credentials", Pane::Credentials),
    ("2", "Timeline", Pane::Timeline),
    ("3", "Owners", Pane::Owners),
    ("4", "Findings", Pane::Findings),
    ("5", "Activity", Pane::Activity),
];

/// Draws the line and answers where the tabs are.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> Vec<(Rect, Pane)> {
    let room = usize::from(area.width).saturating_sub(2);
    let (name, full, right) = form(ink, room);
    let tabs = draw_left(ink, name, full, area, buffer);
    let line = right_line(&right, room.saturating_sub(left_width(ink, name, full) + GAP));
    let start = room.saturating_sub(cells_of(&line));
    buffer.set_line(area.x + 1 + cells(start), area.y, &line, area.width);
    tabs
}

/// Cells of the program's name with the room behind it.
const NAME: usize = 12;
/// Between the left and the right side.
const GAP: usize = 2;

/// What fits: the name or not, every tab's word or only the current one's, and which parts on the right. First the
/// program's name goes, then long words on the right, then the least important parts, then the words of tabs.
fn form(ink: &Ink<'_>, room: usize) -> (bool, bool, Vec<Part>) {
    let (long, named, short) =
        (parts(ink, Names::Whole, true), parts(ink, Names::Whole, false), parts(ink, Names::Cut, false));
    let of = |parts: &[Part], least: u8| {
        parts.iter().filter(|part| part.rank >= least).cloned().collect::<Vec<Part>>()
    };
    let important = |least: u8| of(&short, least);
    let mut forms = vec![
        (true, true, long.clone()),
        (false, true, long),
        (false, true, named.clone()),
        (false, true, short.clone()),
        (false, true, important(2)),
    ];
    // With the same parts names are rather whole than cut.
    forms.extend(
        (1..=5).flat_map(|least| [(false, false, of(&named, least)), (false, false, important(least))]),
    );
    let fits = |name: bool, full: bool, right: &[Part]| {
        left_width(ink, name, full) + GAP + right_width(right) <= room
    };
    let found = forms.into_iter().find(|(name, full, right)| fits(*name, *full, right));
    found.unwrap_or((false, false, important(6)))
}

/// Something on the right side.
#[derive(Clone)]
struct Part {
    /// How important it is; 1 goes first.
    rank: u8,
    text: String,
    style: Style,
}

/// How names are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Whole,
    Cut,
}

/// What stands on the right: names whole or cut, where secrets go in full or in short.
fn parts(ink: &Ink<'_>, names: Names, full: bool) -> Vec<Part> {
    let model = ink.model;
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |rank, text, style| parts.push(Part { rank, text, style });
    let account = model.current_account().and_then(|index| model.accounts.get(index));
    if let Some(note) = account.and_then(words::skew) {
        add(2, format!("{} {note}", symbol::ATTENTION), ink.theme.warning);
    }
    if model.sandbox.is_some() {
        add(3, String::from("sandbox"), ink.theme.accent);
    }
    let all = model.shown == Shown::All;
    match account {
        Some(_) if all => add(5, format!("all accounts {}", symbol::OPENS), ink.theme.text),
        Some(account) => {
            let name = cut_middle(account.name().as_str(), if names == Names::Whole { 32 } else { 14 });
            add(5, format!("{name} {}", symbol::OPENS), ink.theme.text);
        }
        None => add(5, String::from("no account"), ink.theme.muted),
    }
    if all && account.is_some() {
        let logged_in = model.accounts.iter().filter(|account| account.session().is_some()).count();
        add(1, format!("{logged_in} of {} logged in", model.accounts.len()), ink.theme.muted);
    } else if let Some(account) = account {
        let (tone, text) = words::session(account, model.now);
        let style = if tone == Tone::Good { ink.theme.text } else { ink.tone(tone) };
        // How long it lasts stands at its end.
        add(4, cut_middle(&text, if names == Names::Whole { 40 } else { 20 }), style);
    }
    let (tone, long, short) = words::vault(model);
    add(6, if full { long } else { short }, ink.tone(tone));
    parts
}

fn right_width(parts: &[Part]) -> usize {
    parts.iter().map(|part| width(&part.text) + 2).sum::<usize>().saturating_sub(2)
}

fn right_line(parts: &[Part], room: usize) -> Line<'static> {
    let mut spans = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            spans.push(Span::raw("  "));
        }
        spans.push(Span::styled(cut(&part.text, room), part.style));
    }
    Line::from(spans)
}

/// The left side in cells: with the program's name or not, with every tab's word or only the current one's.
fn left_width(ink: &Ink<'_>, name: bool, full: bool) -> usize {
    let tabs: usize = TABS.iter().map(|(number, word, pane)| tab(ink, number, word, *pane, full).1 + 2).sum();
    tabs.saturating_sub(2) + if name { NAME } else { 0 }
}

fn tab(ink: &Ink<'_>, number: &str, word: &str, pane: Pane, full: bool) -> (Line<'static>, usize) {
    let current = pane == ink.model.pane;
    let (number_style, word_style) =
        if current { (ink.theme.accent, ink.theme.title) } else { (ink.theme.muted, ink.theme.muted) };
    let mut spans = vec![Span::styled(number.to_owned(), number_style)];
    if full || current {
        spans.push(Span::styled(format!(" {word}"), word_style));
        let found = ink.model.findings.len();
        if pane == Pane::Findings && found > 0 {
            spans.push(Span::styled(format!(" {found}"), ink.theme.warning));
        }
    }
    let line = Line::from(spans);
    let wide = cells_of(&line);
    (line, wide)
}

fn draw_left(ink: &Ink<'_>, name: bool, full: bool, area: Rect, buffer: &mut Buffer) -> Vec<(Rect, Pane)> {
    let mut x = area.x + 1;
    if name {
        buffer.set_line(x, area.y, &Line::styled("keywright", ink.theme.title), area.width);
        x += cells(NAME);
    }
    let mut places = Vec::new();
    for (number, word, pane) in TABS {
        let (line, wide) = tab(ink, number, word, pane, full);
        let left = area.right().saturating_sub(x);
        buffer.set_line(x, area.y, &line, left);
        places.push((Rect::new(x, area.y, cells(wide).min(left), 1), pane));
        x = (x + cells(wide) + 2).min(area.right());
    }
    places
}

fn cells_of(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| width(&span.content)).sum()
}
