//! What deserves attention, the most urgent first; below the list the whole sentence and what mends it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::findings::{FindingLine, about, words};
use crate::app::model::{AccountState, Fetch, Shown};
use crate::domain::credential::Credential;
use crate::domain::failure::Failure;
use crate::domain::finding::Severity;
use crate::ui::ink::{Ink, Tone};
use crate::ui::symbol;
use crate::ui::text::{cells, column, middle};
use crate::ui::widget::list;
use crate::ui::widget::page::Page;

/// Cells of the severity.
const SEVERITY: usize = 11;

/// The title of the pane.
pub fn title(ink: &Ink<'_>) -> String {
    format!("Findings {} {}", symbol::DOT, ink.model.findings.len())
}

/// Draws the pane and answers how many lines of it are visible.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let findings = &ink.model.findings;
    let Some(chosen) = findings.get(ink.model.finding_cursor) else {
        nothing(ink, area, buffer);
        return area.height.saturating_sub(1);
    };
    let below = below(ink, *chosen, area.width.saturating_sub(4));
    let detail = cells(below.lines.len() + 1).min(area.height / 2);
    let columns = Columns::of(ink, usize::from(area.width.saturating_sub(2)));
    let heading = columns.row("SEVERITY", "ACCOUNT", "ABOUT", "WHAT").concat();
    let inside = area.width.saturating_sub(2);
    buffer.set_line(area.x + 2, area.y, &Line::styled(heading, ink.theme.muted), inside);
    let body =
        Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1 + detail), ..area };
    let rows = usize::from(body.height);
    let first = list::offset(ink.model.finding_cursor, rows, findings.len());
    for (position, finding) in findings.iter().enumerate().skip(first).take(rows) {
        let is_chosen = position == ink.model.finding_cursor;
        let y = body.y + cells(position - first);
        buffer.set_line(area.x, y, &line(ink, *finding, is_chosen, &columns), area.width);
        if is_chosen {
            buffer.set_style(Rect { y, height: 1, ..body }, ink.theme.selected);
        }
    }
    let place = Rect {
        x: area.x + 2.min(area.width),
        y: body.bottom() + detail.min(1),
        width: area.width.saturating_sub(4),
        height: detail.saturating_sub(1),
    };
    below.draw(place, 0, buffer);
    body.height
}

fn nothing(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) {
    let width = area.width.saturating_sub(4).min(72);
    let mut page = Page::new(*ink, width);
    let accounts = ink.model.shown_accounts().into_iter().filter_map(|index| ink.model.accounts.get(index));
    let unread: Vec<(&AccountState, &Failure)> =
        accounts.filter_map(|account| Some((account, unread(account)?))).collect();
    // What could not be read is not known to be well.
    if unread.is_empty() {
        page.say(ink.theme.title, "Nothing here needs attention");
    } else {
        page.say(ink.theme.title, "Nothing else is known to need attention");
    }
    for (account, failure) in unread {
        page.mark(Tone::Danger, &format!("{} could not be read: {}", account.name(), failure.sentence()));
        page.indented(ink.theme.text, failure.next_step());
    }
    page.text("What is wide, unused, about to end, lost, or not as its server goes by it is listed here, with what mends it. Accounts nobody is logged in to are not looked at.");
    let place = Rect {
        x: area.x + 2.min(area.width),
        y: area.y + 1.min(area.height),
        width,
        height: area.height.saturating_sub(1),
    };
    page.draw(place, 0, buffer);
}

/// Why nothing is known of an account, where that is so.
fn unread(account: &AccountState) -> Option<&Failure> {
    match (&account.opened, &account.listed) {
        (Fetch::Failed(failure), _) | (_, Fetch::Failed(failure)) => Some(failure),
        _ => None,
    }
}

/// The whole sentence of a finding, and what mends it.
fn below<'a>(ink: &Ink<'a>, finding: FindingLine, width: u16) -> Page<'a> {
    let mut page = Page::new(*ink, width);
    if let (Some(found), Some((account, credential))) = (words(ink.model, finding), about(ink.model, finding))
    {
        page.say(ink.theme.title, &format!("{} {} {}", account.name(), symbol::DOT, subject(credential)));
        page.mark(tone(finding.severity), &found.what);
        page.indented(ink.theme.text, &found.mend);
    }
    page
}

/// What a finding is about.
fn subject(credential: Option<&Credential>) -> String {
    credential.map_or_else(
        || String::from("the account"),
        |one| format!("{} {} {}", one.name, symbol::DOT, one.owner.name),
    )
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Alarm => Tone::Danger,
        Severity::Warning => Tone::Warning,
        Severity::Hint => Tone::Plain,
    }
}

/// The widths of the columns, each with the gap behind it.
struct Columns {
    account: usize,
    about: usize,
    what: usize,
}

impl Columns {
    fn of(ink: &Ink<'_>, room: usize) -> Self {
        let account = if ink.model.shown == Shown::All && room >= 70 { (room / 6).clamp(13, 22) } else { 0 };
        let about = (room / 4).clamp(14, 34);
        Self { account, about, what: room.saturating_sub(SEVERITY + account + about) }
    }

    fn row(&self, severity: &str, account: &str, about: &str, what: &str) -> [String; 4] {
        [
            column(severity, SEVERITY),
            middle(account, self.account),
            column(about, self.about),
            column(what, self.what),
        ]
    }
}

fn line(ink: &Ink<'_>, finding: FindingLine, chosen: bool, columns: &Columns) -> Line<'static> {
    let theme = ink.theme;
    let mark = if chosen { symbol::CURSOR } else { " " };
    let mut line = Line::from(Span::styled(format!("{mark} "), theme.focus));
    let Some((account, credential)) = about(ink.model, finding) else { return line };
    let about = subject(credential);
    let severity = format!("{} {}", Ink::mark(tone(finding.severity)), finding.severity.word());
    let what = words(ink.model, finding).map(|found| found.what).unwrap_or_default();
    let style: Style = ink.tone(tone(finding.severity));
    let styles = [style, theme.muted, theme.text, theme.text];
    let row = columns.row(&severity, account.name().as_str(), &about, &what);
    line.spans.extend(row.into_iter().zip(styles).map(|(text, style)| Span::styled(text, style)));
    line
}
