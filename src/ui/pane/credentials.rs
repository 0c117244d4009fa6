//! The credentials table: only the slice that is visible is drawn, whatever the length.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::effect::Generation;
use crate::app::model::{AccountState, Fetch, SessionView, Shown};
use crate::app::rows::{Row, row_state};
use crate::domain::credential::{Credential, Expiry, State, URGENT_DAYS};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::{cells, cut, cut_middle, pad, width};
use crate::ui::widget::list;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The columns, in the order they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Owner,
    Account,
    Kind,
    Scopes,
    Expires,
    LastUsed,
    State,
}

/// How a column is laid out.
#[derive(Clone, Copy)]
struct Spec {
    column: Column,
    heading: &'static str,
    /// The width below which it is of no use.
    least: usize,
    /// The width it should have before columns that could go are kept.
    good: usize,
    most: usize,
    /// In which order columns go where there is no room, the highest first; 0 stays.
    goes: u8,
}

const fn spec(column: Column, heading: &'static str, widths: (usize, usize, usize), goes: u8) -> Spec {
    Spec { column, heading, least: widths.0, good: widths.1, most: widths.2, goes }
}

const COLUMNS: [Spec; 8] = [
    spec(Column::Name, "NAME", (10, 14, 34), 0),
    spec(Column::Owner, "OWNER", (8, 12, 30), 0),
    spec(Column::Account, "ACCOUNT", (9, 11, 24), 1),
    spec(Column::Kind, "KIND", (8, 10, 16), 5),
    spec(Column::Scopes, "SCOPES", (10, 10, 24), 4),
    spec(Column::Expires, "EXPIRES", (9, 9, 11), 2),
    spec(Column::LastUsed, "LAST USED", (9, 9, 11), 3),
    spec(Column::State, "STATE", (10, 10, 17), 0),
];

/// Cells between columns.
const GAP: usize = 2;

/// The columns that fit, each with its heading and width. What may go makes room for good widths; what matters most
/// (which account, when it ends) stays as long as the least widths fit. `account` is the longest name of the accounts
/// where there are several: the column takes no more, and gets it before others grow, because two names that are cut
/// may look like one.
fn columns(room: usize, account: Option<usize>) -> Vec<(Column, &'static str, usize)> {
    let mut chosen: Vec<Spec> =
        COLUMNS.into_iter().filter(|spec| account.is_some() || spec.column != Column::Account).collect();
    for spec in chosen.iter_mut().filter(|spec| spec.column == Column::Account) {
        spec.most = account.unwrap_or_default().clamp(spec.good, spec.most);
    }
    let taken = |chosen: &[Spec], width: fn(&Spec) -> usize| {
        chosen.iter().map(|spec| width(spec) + GAP).sum::<usize>()
    };
    for goes in (1..=5_u8).rev() {
        let crowded =
            if goes > 2 { taken(&chosen, |spec| spec.good) } else { taken(&chosen, |spec| spec.least) };
        if crowded > room {
            chosen.retain(|spec| spec.goes != goes);
        }
    }
    let roomy = taken(&chosen, |spec| spec.good) <= room;
    let start = |spec: &Spec| if roomy { spec.good } else { spec.least };
    let mut widths: Vec<_> =
        chosen.iter().map(|spec| (spec.column, spec.heading, start(spec), spec.most)).collect();
    let used: usize = widths.iter().map(|(_, _, width, _)| width + GAP).sum();
    let mut spare = room.saturating_sub(used);
    // Room is given a few cells at a time to whoever may still grow, so that columns grow together; names first.
    while spare > 0 && widths.iter().any(|(_, _, now, most)| now < most) {
        for (column, _, now, most) in &mut widths {
            let step = match column {
                Column::Account => 6,
                Column::Name | Column::Owner => 3,
                Column::Kind | Column::Scopes | Column::Expires | Column::LastUsed | Column::State => 1,
            };
            let more = step.min(spare).min(*most - *now);
            *now += more;
            spare -= more;
        }
    }
    widths.into_iter().map(|(column, head, width, _)| (column, head, width)).collect()
}

/// The title of the pane.
pub fn title(ink: &Ink<'_>) -> String {
    format!("Credentials {} {}", symbol::DOT, counted(ink))
}

/// How many lines there are, how many are selected, the filter, the order.
pub(super) fn counted(ink: &Ink<'_>) -> String {
    let table = &ink.model.table;
    let filter = table.filter.value();
    let count = if filter.is_empty() {
        format!("{}", table.total)
    } else {
        format!("{} of {}", table.credentials, table.total)
    };
    // An old secret inside its window has a line of its own, and is no credential more.
    let old = match table.rows.len() - table.credentials {
        0 => String::new(),
        1 => String::from(" and 1 old secret"),
        old => format!(" and {old} old secrets"),
    };
    let mut title = format!("{count}{old}");
    let selected = table.marks.count();
    if selected > 0 {
        title = format!("{title} {} {selected} selected", symbol::DOT);
        // One that the filter or the choice of an account hides is still selected, and that is said.
        let hidden = selected.saturating_sub(table.marks_shown);
        if hidden > 0 {
            title = format!("{title}, {hidden} of them not shown");
        }
    }
    if !filter.is_empty() && !table.filtering {
        title = format!("{title} {} /{}", symbol::DOT, cut(filter, 24));
    }
    let turn = if table.reversed { " ↑" } else { "" };
    format!("{title} {} by {}{turn}", symbol::DOT, table.sort.word())
}

/// Draws the table and answers how many lines of it are visible.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let model = ink.model;
    if model.table.rows.is_empty() {
        empty(*ink, area, buffer);
        return area.height.saturating_sub(1);
    }
    let area = above_notes(ink, area, buffer);
    let columns = columns(usize::from(area.width.saturating_sub(2)), longest_account(ink));
    heading(ink, &columns, area, buffer);
    let body = Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(body.height);
    let first = list::offset(model.table.cursor, rows, model.table.rows.len());
    for (position, row) in model.table.rows.iter().enumerate().skip(first).take(rows) {
        let y = body.y + cells(position - first);
        let chosen = position == model.table.cursor;
        line(ink, *row, &columns, chosen, Rect { y, height: 1, ..body }, buffer);
    }
    body.height
}

/// With several accounts shown, the cells of the longest name.
pub(super) fn longest_account(ink: &Ink<'_>) -> Option<usize> {
    let longest = ink.model.accounts.iter().map(|account| width(account.name().as_str())).max();
    (ink.model.shown == Shown::All).then_some(longest.unwrap_or_default())
}

/// The headings of columns.
pub(super) fn heading(ink: &Ink<'_>, columns: &[(Column, &str, usize)], area: Rect, buffer: &mut Buffer) {
    let mut heading = vec![Span::raw("  ")];
    heading
        .extend(columns.iter().map(|(_, head, width)| Span::styled(pad(head, width + 2), ink.theme.muted)));
    buffer.set_line(area.x, area.y, &Line::from(heading), area.width);
}

/// Says at the bottom what else must be said, and answers what is left above it.
pub(super) fn above_notes(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> Rect {
    let notes = notes(ink);
    let shown = cells(notes.len()).min(area.height.saturating_sub(4)).min(3);
    let above = Rect { height: area.height - shown, ..area };
    for (position, (tone, note)) in notes.iter().take(usize::from(shown)).enumerate() {
        let text = format!("{} {note}", Ink::mark(*tone));
        let y = above.bottom() + cells(position);
        let room = area.width.saturating_sub(2);
        buffer.set_line(area.x + 2, y, &Line::styled(cut(&text, room.into()), ink.tone(*tone)), room);
    }
    above
}

/// One line: the cursor, the selection, and the columns.
pub(super) fn line(
    ink: &Ink<'_>,
    row: Row,
    columns: &[(Column, &str, usize)],
    chosen: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(account) = ink.model.accounts.get(row.account) else { return };
    let Some(credential) = account.listing.credentials.get(row.credential) else { return };
    let mark = if chosen { symbol::CURSOR } else { " " };
    let selected = ink.model.table.marks.has(account.name(), credential);
    let select = if selected { symbol::DONE } else { " " };
    let mut spans = vec![Span::styled(mark, ink.theme.focus), Span::styled(select, ink.theme.accent)];
    for (column, _, width) in columns {
        let (text, style) = cell(ink, *column, row.generation, account, credential);
        let text = match column {
            Column::Account | Column::Owner => cut_middle(&text, *width),
            Column::Name
            | Column::Kind
            | Column::Scopes
            | Column::Expires
            | Column::LastUsed
            | Column::State => text,
        };
        spans.push(Span::styled(pad(&text, *width), style));
        spans.push(Span::raw("  "));
    }
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
    if chosen {
        buffer.set_style(area, ink.theme.selected);
    }
}

/// What stands in a column, and how it is meant.
pub(super) fn cell(
    ink: &Ink<'_>,
    column: Column,
    generation: Generation,
    account: &AccountState,
    credential: &Credential,
) -> (String, Style) {
    let theme = ink.theme;
    let now = ink.model.now;
    let old = generation == Generation::Previous;
    let quiet = if old { theme.muted } else { theme.text };
    match column {
        Column::Name if credential.name.is_empty() => (String::from("(no name)"), theme.muted),
        Column::Name => (credential.name.as_str().to_owned(), quiet),
        Column::Owner => (credential.owner.name.as_str().to_owned(), quiet),
        Column::Account => (account.name().as_str().to_owned(), theme.muted),
        Column::Kind => (String::from(if old { "old secret" } else { credential.kind }), theme.muted),
        Column::Scopes => (credential.scopes.words(), theme.muted),
        Column::Expires => {
            let style = match (old || account.promise(credential).is_some(), credential.expires) {
                (true, _) => theme.warning,
                (false, Expiry::Never) => theme.muted,
                (false, Expiry::At(_)) => theme.text,
            };
            (words::expires(account, credential, generation, now), style)
        }
        // The backend has one field for both secrets: saying it twice would pretend to know more.
        Column::LastUsed if old => (String::from("not told"), theme.muted),
        Column::LastUsed => (words::last_used(credential, account.server_time(now)), theme.muted),
        Column::State => {
            let state = row_state(account, credential, generation, now);
            let (mark, _) = state.mark();
            (format!("{mark} {}", state.word()), state_style(ink, state, account, credential))
        }
    }
}

/// The style of a state; the end is urgent in its last days.
pub fn state_style(ink: &Ink<'_>, state: State, account: &AccountState, credential: &Credential) -> Style {
    let theme = ink.theme;
    match state {
        State::Active => theme.good,
        State::Expiring => {
            let now = account.server_time(ink.model.now);
            let urgent = matches!(credential.expires, Expiry::At(end)
                if end.duration_since(now).as_hours() < URGENT_DAYS * 24);
            if urgent { theme.danger } else { theme.warning }
        }
        State::Overdue | State::Orphan | State::Expired | State::Revoked => theme.danger,
        State::Retiring | State::Wide | State::PendingRestart => theme.warning,
        State::Unused | State::Disabled => theme.muted,
    }
}

/// What else must be said while there are rows: what could not be read.
fn notes(ink: &Ink<'_>) -> Vec<(Tone, String)> {
    let mut notes = Vec::new();
    for account in ink.model.shown_accounts().into_iter().filter_map(|index| ink.model.accounts.get(index)) {
        let name = account.name();
        match (&account.listed, account.reach) {
            (Fetch::Loading(_), Some(reach)) => {
                let stop = key_for(Context::Credentials, Action::Back);
                notes.push((Tone::Plain, format!("{name}: loading {}… ({stop} stops it)", reach.words())));
            }
            (Fetch::Failed(failure), Some(reach)) => {
                let (read, why) = (reach.words(), failure.sentence());
                let again = key_for(Context::Credentials, Action::Refresh);
                notes.push((
                    Tone::Danger,
                    format!("{name}: only {read} read, the rest is older ({again} reads again). {why}"),
                ));
            }
            (Fetch::Failed(failure), None) => {
                notes.push((Tone::Danger, format!("{name}: this is an older list. {}", failure.sentence())));
            }
            (Fetch::Loading(_) | Fetch::Idle | Fetch::Ready(_), _) => {}
        }
        if let Some((owner, failure)) = account.listing.failed.first() {
            let more = account.listing.failed.len() - 1;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push((
                Tone::Warning,
                format!("{name}: {}{more} could not be read: {}", owner.name, failure.sentence()),
            ));
        }
        if ink.model.shown == Shown::All && matches!(account.session, SessionView::Out | SessionView::Ended) {
            notes.push((Tone::Plain, format!("{name}: {}", words::session(account, ink.model.now).1)));
        }
    }
    notes
}

/// What stands where there are no rows: why, and what to do.
pub(super) fn empty(ink: Ink<'_>, area: Rect, buffer: &mut Buffer) {
    let room = area.width.saturating_sub(4).min(72);
    let mut page = Page::new(ink, room);
    let model = ink.model;
    if model.accounts.is_empty() {
        page.say(ink.theme.title, "No account yet");
        page.gap();
        let (open, add) =
            (key_for(Context::Pane, Action::Accounts), key_for(Context::Accounts, Action::AddAccount));
        page.text(&format!("Press {open} for the accounts, then {add} to add a server you look after."));
    } else if model.table.total > 0 {
        page.say(ink.theme.title, &format!("Nothing matches '{}'", model.table.filter.value()));
        page.gap();
        page.text("Esc drops the filter.");
        page.hint("Besides words there are state: owner: name: scope: account: unused:, such as state:expiring or unused:90d.");
    } else {
        for account in model.shown_accounts().into_iter().filter_map(|index| model.accounts.get(index)) {
            why_empty(ink, &mut page, account);
        }
    }
    let lead = area.height.saturating_sub(cells(page.lines.len())).min(2);
    let place =
        Rect { x: area.x + 2.min(area.width), y: area.y + lead, width: room, height: area.height - lead };
    page.draw(place, 0, buffer);
}

fn why_empty(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState) {
    let name = account.name();
    let log_in = key_for(Context::Credentials, Action::LogIn);
    page.gap();
    if let Fetch::Failed(failure) = &account.opened {
        page.say(ink.theme.title, name.as_str());
        page.failure(failure);
        again(page);
        return;
    }
    match (&account.session, &account.listed) {
        (SessionView::In(_), Fetch::Failed(failure)) => {
            page.say(ink.theme.title, name.as_str());
            page.failure(failure);
            again(page);
        }
        (SessionView::In(_), Fetch::Ready(_)) => nothing_there(ink, page, account),
        (SessionView::In(_), Fetch::Idle | Fetch::Loading(_)) => {
            let far = account.reach.map(|reach| format!(" ({})", reach.words())).unwrap_or_default();
            page.waiting(&format!("Reading the credentials of {name}{far}"));
        }
        (SessionView::Unknown, _) => page.waiting(&format!("Asking {name} what it is")),
        (SessionView::Out, _) => {
            page.say(ink.theme.title, &format!("Nobody is logged in to {name}"));
            page.text(&format!("Press {log_in} to log in."));
            for note in account.server.iter().flat_map(|server| server.refuses_login.iter()) {
                page.mark(Tone::Danger, note.as_str());
            }
        }
        (SessionView::Ended, _) => {
            page.say(ink.theme.title, &format!("The session on {name} has ended"));
            if let Some(why) = &account.ended_because {
                page.text(why.as_str());
            }
            page.text(&format!("Press {log_in} to log in again; nothing you typed is lost."));
        }
    }
}

fn again(page: &mut Page<'_>) {
    let key = key_for(Context::Credentials, Action::Refresh);
    page.indented(ratatui::style::Style::new(), &format!("{key} tries again."));
}

fn nothing_there(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState) {
    let noun = account.abilities.credential.noun;
    page.say(ink.theme.title, &format!("No {noun} on {} yet", account.name()));
    let key = key_for(Context::Credentials, Action::New);
    page.text(&format!("Press {key} to make the first one."));
    for (owner, failure) in &account.listing.failed {
        page.mark(Tone::Warning, &format!("{} could not be read: {}", owner.name, failure.sentence()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_never_take_more_than_there_is() {
        for room in 0..300 {
            for account in [None, Some(4), Some(16), Some(100)] {
                let chosen = columns(room, account);
                let taken: usize = chosen.iter().map(|(_, _, width)| width + 2).sum();
                assert!(taken <= room.max(40), "{room}: {taken}");
                assert!(chosen.iter().any(|(column, ..)| *column == Column::State));
            }
        }
    }

    #[test]
    fn the_account_has_a_column_only_where_there_are_several() {
        let has = |account| columns(160, account).iter().any(|(column, ..)| *column == Column::Account);
        assert!(has(Some(7)) && !has(None));
    }

    #[test]
    fn names_of_accounts_are_whole_where_they_can_be() {
        let wide = |room, longest| {
            columns(room, Some(longest))
                .iter()
                .find(|(column, ..)| *column == Column::Account)
                .map(|one| one.2)
        };
        assert_eq!((wide(112, 16), wide(160, 16), wide(160, 5)), (Some(16), Some(16), Some(11)));
    }
}
