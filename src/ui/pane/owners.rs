//! The owners: what credentials belong to, and how many each has.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::model::{AccountState, Shown};
use crate::domain::owner::Owner;
use crate::domain::time::ago;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, key_for};
use crate::ui::symbol;
use crate::ui::text::{cells, pad, pad_left};
use crate::ui::widget::list;
use crate::ui::widget::page::Page;

/// The owners of the shown accounts, in the order of the pane.
pub fn lines<'a>(ink: &Ink<'a>) -> Vec<(&'a AccountState, &'a Owner)> {
    let accounts = ink.model.shown_accounts().into_iter().filter_map(|index| ink.model.accounts.get(index));
    accounts.flat_map(|account| account.listing.owners.iter().map(move |owner| (account, owner))).collect()
}

/// The title of the pane.
pub fn title(ink: &Ink<'_>) -> String {
    format!("Owners {} {}", symbol::DOT, lines(ink).len())
}

/// Draws the pane and answers how many lines of it are visible.
pub fn draw(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let owners = lines(ink);
    if owners.is_empty() {
        let mut page = Page::new(*ink, area.width.saturating_sub(4).min(72));
        page.say(ink.theme.title, "No owners to show");
        let key = key_for(Context::Owners, Action::New);
        page.text(&format!("Log in first, or press {key} to make one."));
        let place = Rect {
            x: area.x + 2.min(area.width),
            y: area.y + 1.min(area.height),
            height: area.height.saturating_sub(1),
            width: area.width.saturating_sub(4).min(72),
        };
        page.draw(place, 0, buffer);
        return area.height.saturating_sub(1);
    }
    let room = usize::from(area.width.saturating_sub(2));
    let account_room = if ink.model.shown == Shown::All { 16 } else { 0 };
    let name = (room / 3).clamp(12, 32);
    let rest = room.saturating_sub(name + 14 + 13 + 12 + account_room);
    let heading = format!(
        "  {}{}{}{}{}",
        pad("NAME", name + 2),
        pad("ACCOUNT", account_room),
        pad_left("CREDENTIALS", 11) + "  ",
        pad("STATE", 12),
        pad("DESCRIPTION", rest + 12)
    );
    buffer.set_line(area.x, area.y, &Line::styled(heading, ink.theme.muted), area.width);
    let body = Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(body.height);
    let first = list::offset(ink.model.owner_cursor, rows, owners.len());
    for (position, (account, owner)) in owners.iter().enumerate().skip(first).take(rows) {
        let chosen = position == ink.model.owner_cursor;
        let widths = (name, account_room, rest);
        let y = body.y + cells(position - first);
        buffer.set_line(area.x, y, &line(ink, account, owner, chosen, widths), area.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..body }, ink.theme.selected);
        }
    }
    body.height
}

fn line(
    ink: &Ink<'_>,
    account: &AccountState,
    owner: &Owner,
    chosen: bool,
    widths: (usize, usize, usize),
) -> Line<'static> {
    let theme = ink.theme;
    let count = account.listing.credentials.iter().filter(|one| one.owner.id == owner.id).count();
    let mark = if chosen { symbol::CURSOR } else { " " };
    let (state, style) =
        if owner.enabled { ("● active", theme.good) } else { ("○ disabled", theme.muted) };
    let made = owner.created.map(|at| ago(at, account.server_time(ink.model.now))).unwrap_or_default();
    Line::from(vec![
        Span::styled(format!("{mark} "), theme.focus),
        Span::styled(pad(owner.name.as_str(), widths.0), theme.text),
        Span::raw("  "),
        Span::styled(pad(account.name().as_str(), widths.1), theme.muted),
        Span::styled(pad_left(&count.to_string(), 11), theme.text),
        Span::raw("  "),
        Span::styled(pad(state, 12), style),
        Span::styled(pad(owner.description.as_str(), widths.2), theme.muted),
        Span::styled(pad_left(&made, 12), theme.muted),
    ])
}
