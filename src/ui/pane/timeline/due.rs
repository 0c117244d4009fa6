//! What falls due, above the bars: how long until then, the moment, what happens and who sees to it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::due::{self, Cause, Due};
use crate::app::model::{Fetch, Shown};
use crate::domain::credential::{EXPIRING_DAYS, URGENT_DAYS};
use crate::domain::time::{moment, rough_span, span};
use crate::ui::ink::Ink;
use crate::ui::symbol;
use crate::ui::text::{cells, column, cut, middle};

/// Draws what falls due, in about a quarter of the room. Answers what is left below.
pub(super) fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> Rect {
    let due = &ink.model.due;
    let room = usize::from(area.width.saturating_sub(2));
    let columns = Columns::of(ink, room);
    let heading = columns.row("DUE", "AT", "ACCOUNT", "WHAT, AND WHO SEES TO IT");
    let mut lines = vec![Line::styled(heading.concat(), ink.theme.muted)];
    let most = usize::from(area.height / 4).max(1);
    // The last line counts what has no line.
    let shown = if due.total > most { most - 1 } else { due.total };
    lines.extend(due.lines.iter().take(shown).map(|one| columns.line(ink, *one)));
    if due.total > shown {
        let more = if shown == 0 { String::new() } else { String::from("more ") };
        let next = due.lines.get(shown).map(|one| when(ink, *one).1).unwrap_or_default();
        let text = format!("{} {more}fall due, the next {next}", due.total - shown);
        lines.push(Line::styled(cut(&text, room), ink.theme.muted));
    }
    if due.total == 0 {
        let accounts =
            ink.model.shown_accounts().into_iter().filter_map(|index| ink.model.accounts.get(index));
        let unread = accounts.into_iter().any(|account| !matches!(account.listed, Fetch::Ready(_)));
        let text = if unread {
            "Nothing is known to fall due; not every account is read."
        } else {
            "Nothing falls due: no promise, no window, no end ahead."
        };
        lines = vec![Line::styled(cut(text, room), ink.theme.muted)];
    }
    let gap = usize::from(area.height >= super::ROOMY);
    for (position, line) in lines.iter().enumerate().take(area.height.into()) {
        buffer.set_line(area.x + 2, area.y + cells(position), line, cells(room));
    }
    let taken = cells(lines.len() + gap).min(area.height);
    Rect { y: area.y + taken, height: area.height - taken, ..area }
}

/// The widths of what falls due, each with its gap.
struct Columns {
    at: usize,
    account: usize,
    what: usize,
}

/// Cells of how long it is until then.
const LEFT: usize = 16;

impl Columns {
    fn of(ink: &Ink<'_>, room: usize) -> Self {
        let at = if room >= 76 { 21 } else { 13 };
        let account = if ink.model.shown == Shown::All && room >= 100 { (room / 8).clamp(13, 22) } else { 0 };
        Self { at, account, what: room.saturating_sub(LEFT + at + account) }
    }

    fn row(&self, left: &str, at: &str, account: &str, what: &str) -> [String; 4] {
        [column(left, LEFT), column(at, self.at), middle(account, self.account), column(what, self.what + 2)]
    }

    fn line(&self, ink: &Ink<'_>, due: Due) -> Line<'static> {
        let (mark, left, style) = when(ink, due);
        let whole = moment(due.at, &ink.model.zone);
        // Where there is little room the year and the seconds are told by how long it is until then.
        let short = whole.get(5..16).unwrap_or_default();
        let at = if self.at > 20 { whole.as_str() } else { short };
        let account = ink.model.accounts.get(due.account).map(|one| one.name().as_str()).unwrap_or_default();
        let what = due::words(ink.model, due).map(|words| format!("{}, {}", words.what, words.by));
        let row = self.row(&format!("{mark} {left}"), at, account, &what.unwrap_or_default());
        let styles = [style, ink.theme.muted, ink.theme.muted, ink.theme.text];
        row.into_iter().zip(styles).map(|(text, style)| Span::styled(text, style)).collect()
    }
}

/// A mark, how long until then, and how that is meant.
fn when(ink: &Ink<'_>, due: Due) -> (&'static str, String, Style) {
    let left = due.at.duration_since(ink.model.now);
    let theme = ink.theme;
    if matches!(due.cause, Cause::GivenUp(_)) {
        return (symbol::FAILED, String::from("given up"), theme.danger);
    }
    if !left.is_positive() {
        return (symbol::ATTENTION, format!("overdue {}", rough_span(-left)), theme.danger);
    }
    let (mark, style) = match due.cause {
        Cause::Expiry(_) if left.as_hours() < URGENT_DAYS * 24 => (symbol::ATTENTION, theme.danger),
        Cause::Expiry(_) if left.as_hours() >= EXPIRING_DAYS * 24 => (symbol::DOT, theme.muted),
        Cause::Expiry(_) | Cause::Replay(_) | Cause::GivenUp(_) => (symbol::ATTENTION, theme.warning),
        Cause::Promise(_) | Cause::Window(_) => (symbol::HALF, theme.warning),
    };
    (mark, format!("in {}", span(left)), style)
}
