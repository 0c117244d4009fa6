//! The owners: what credentials belong to, and how many each has.

use std::collections::{HashMap, HashSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::model::{AccountState, Shown};
use crate::domain::account::AccountName;
use crate::domain::owner::{Id, Owner};
use crate::domain::time::ago;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, key_for};
use crate::ui::symbol;
use crate::ui::text::{cells, column, middle, pad_left};
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
    let widths = Widths::of(usize::from(area.width.saturating_sub(2)), ink.model.shown == Shown::All);
    let heading = widths.row(["NAME", "ACCOUNT", "CREDENTIALS", "STATE", "DESCRIPTION", "MADE"]).join("");
    buffer.set_line(
        area.x + 2,
        area.y,
        &Line::styled(heading, ink.theme.muted),
        area.width.saturating_sub(2),
    );
    let body = Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(body.height);
    let first = list::offset(ink.model.owner_cursor, rows, owners.len());
    let visible: Vec<&Owner> = owners.iter().skip(first).take(rows).map(|(_, owner)| *owner).collect();
    let counts = counts(ink.model.accounts.iter(), &visible);
    for (position, (account, owner)) in owners.iter().enumerate().skip(first).take(rows) {
        let chosen = position == ink.model.owner_cursor;
        let y = body.y + cells(position - first);
        buffer.set_line(
            area.x,
            y,
            &line(ink, account, owner, counts.get(&(account.name(), &owner.id)), chosen, &widths),
            area.width,
        );
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..body }, ink.theme.selected);
        }
    }
    body.height
}

/// How many credentials each owner has, by account and owner.
pub type Counts<'a> = HashMap<(&'a AccountName, &'a Id), usize>;

/// Counts the credentials of some owners in one pass; a count for each line would read the listing once per line.
pub fn counts<'a>(accounts: impl Iterator<Item = &'a AccountState>, owners: &[&Owner]) -> Counts<'a> {
    let wanted: HashSet<&Id> = owners.iter().map(|owner| &owner.id).collect();
    let mut counts = Counts::new();
    for account in accounts {
        for credential in account.listing.credentials.iter().filter(|one| wanted.contains(&one.owner.id)) {
            *counts.entry((account.name(), &credential.owner.id)).or_default() += 1;
        }
    }
    counts
}

/// The widths of the columns, each with the gap behind it; what has no room is left out.
struct Widths {
    name: usize,
    account: usize,
    description: usize,
    made: usize,
}

impl Widths {
    fn of(room: usize, all_accounts: bool) -> Self {
        let name = (room * 3 / 10).clamp(14, 34);
        let account = if all_accounts { (room / 6).clamp(13, 22) } else { 0 };
        let rest = room.saturating_sub(name + account + COUNT + STATE);
        let made = if rest >= MADE + 20 { MADE } else { 0 };
        let description = rest - made;
        Self { name, account, description: if description >= 12 { description } else { 0 }, made }
    }

    fn row(&self, cells: [&str; 6]) -> [String; 6] {
        let [name, account, count, state, description, made] = cells;
        [
            middle(name, self.name),
            middle(account, self.account),
            pad_left(count, COUNT - 2) + "  ",
            column(state, STATE),
            column(description, self.description),
            column(made, self.made),
        ]
    }
}

/// Cells of the count, the state and the age.
const COUNT: usize = 13;
const STATE: usize = 12;
const MADE: usize = 11;

fn line(
    ink: &Ink<'_>,
    account: &AccountState,
    owner: &Owner,
    count: Option<&usize>,
    chosen: bool,
    widths: &Widths,
) -> Line<'static> {
    let theme = ink.theme;
    let count = count.copied().unwrap_or(0).to_string();
    let mark = if chosen { symbol::CURSOR } else { " " };
    let (state, style) =
        if owner.enabled { ("● active", theme.good) } else { ("○ disabled", theme.muted) };
    let made = owner.created.map(|at| ago(at, account.server_time(ink.model.now))).unwrap_or_default();
    let name = account.name().as_str();
    let row = widths.row([owner.name.as_str(), name, &count, state, owner.description.as_str(), &made]);
    let styles = [theme.text, theme.muted, theme.text, style, theme.muted, theme.muted];
    let mut line = Line::from(Span::styled(format!("{mark} "), theme.focus));
    line.spans.extend(row.into_iter().zip(styles).map(|(text, style)| Span::styled(text, style)));
    line
}
