//! The accounts: a list beside the table where there is room, and the overlay to show, add, change and remove them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{choice, start};
use crate::app::model::{AccountState, Fetch, SessionView, Shown};
use crate::app::pane::accounts::Accounts;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::{cells, cut, pad, pad_left, width};
use crate::ui::widget::list;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// What an account's mark says, with its style.
pub fn mark(ink: &Ink<'_>, account: &AccountState) -> (&'static str, Style) {
    let failed = matches!(account.opened, Fetch::Failed(_)) || matches!(account.listed, Fetch::Failed(_));
    let (mark, tone) = match &account.session {
        _ if account.opened.is_loading() || account.listed.is_loading() => {
            return (ink.spinner(), ink.theme.accent);
        }
        SessionView::Ended => (symbol::ATTENTION, Tone::Warning),
        _ if failed => (symbol::ATTENTION, Tone::Danger),
        SessionView::In(_) => (symbol::FULL, Tone::Good),
        SessionView::Out => (symbol::EMPTY, Tone::Plain),
        SessionView::Unknown => (symbol::UNKNOWN, Tone::Plain),
    };
    (mark, ink.tone(tone))
}

/// The list beside the table.
pub fn side(ink: &Ink<'_>, area: Rect, buffer: &mut Buffer) {
    let accounts = &ink.model.accounts;
    let total: usize = accounts.iter().map(|account| account.listing.credentials.len()).sum();
    let rows = usize::from(area.height);
    let current = match ink.model.shown {
        Shown::One(index) => index,
        Shown::All => accounts.len(),
    };
    let first = list::offset(current, rows, accounts.len() + 1);
    for row in 0..rows.min(accounts.len() + 1 - first.min(accounts.len())) {
        let index = first + row;
        let (mark, style, name, count) = match accounts.get(index) {
            Some(account) => {
                let (mark, style) = mark(ink, account);
                (mark, style, account.name().as_str(), count(account))
            }
            None => (symbol::ALL, ink.theme.accent, "all accounts", total.to_string()),
        };
        let room = usize::from(area.width).saturating_sub(width(&count) + 4);
        let shown = index == current;
        let text = if shown { ink.theme.title } else { ink.theme.text };
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(mark, style),
            Span::styled(format!(" {}", pad(name, room)), text),
            Span::styled(format!("{count} "), ink.theme.muted),
        ]);
        let y = area.y + cells(row);
        buffer.set_line(area.x, y, &line, area.width);
        if shown {
            buffer.set_style(Rect { y, height: 1, ..area }, ink.theme.selected);
        }
    }
}

fn count(account: &AccountState) -> String {
    let known = matches!(account.listed, Fetch::Ready(_)) || !account.listing.credentials.is_empty();
    if known { account.listing.credentials.len().to_string() } else { String::from("–") }
}

/// The frame and the page of the overlay.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Accounts, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, "Accounts", Context::Accounts, 92, area);
    sheet.least = 12;
    let accounts = &ink.model.accounts;
    if accounts.is_empty() {
        page.text("No account yet: an account is one named connection to a server you look after.");
        page.gap();
        let key = key_for(Context::Accounts, Action::AddAccount);
        page.text(&format!("Press {key} to add the first one."));
        return (sheet, page);
    }
    for (position, account) in accounts.iter().enumerate() {
        line(ink, &mut page, state, position, account);
    }
    let total: usize = accounts.iter().map(|account| account.listing.credentials.len()).sum();
    let chosen = state.cursor >= accounts.len();
    if chosen {
        page.focus_here();
    }
    let room = page.width.saturating_sub(4);
    let all = vec![
        Span::styled(format!("{} ", symbol::ALL), ink.theme.accent),
        Span::styled(pad(&format!("all accounts, {total} credentials"), room), ink.theme.text),
    ];
    page.line(choice(ink, chosen, all));
    below(ink, &mut page, state);
    (sheet, page)
}

fn line<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Accounts, position: usize, account: &'a AccountState) {
    let chosen = position == state.cursor;
    let (mark, style) = mark(&ink, account);
    let name_room = if page.width < 70 { 16 } else { 24 };
    let count = count(account);
    let who = words::session(account, ink.model.now);
    let protected = if account.account.protected { "protected" } else { "" };
    let rest = page.width.saturating_sub(name_room + 5 + 11 + 6);
    if chosen {
        page.focus_here();
    }
    let spans = vec![
        Span::styled(format!("{mark} "), style),
        Span::styled(pad(account.name().as_str(), name_room), ink.theme.text),
        Span::raw(" "),
        Span::styled(pad(&who.1, rest), ink.theme.muted),
        Span::styled(pad(protected, 11), ink.theme.warning),
        Span::styled(pad_left(&count, 6), ink.theme.muted),
    ];
    page.line(choice(ink, chosen, spans));
}

fn below(ink: Ink<'_>, page: &mut Page<'_>, state: &Accounts) {
    let Some(account) = ink.model.accounts.get(state.cursor) else { return };
    page.gap();
    // Where nobody is asked to log in there is nothing to keep.
    let asked = !account.abilities.logins.is_empty();
    let kept =
        if asked && account.session().is_some_and(|facts| facts.kept) { ", kept in the keyring" } else { "" };
    page.hint(&cut(
        &format!("{} at {}", account.abilities.title, account.account.endpoint.as_str()),
        page.width,
    ));
    if let Some(server) = &account.server {
        page.hint(&cut(&format!("{}{kept}", server.title), page.width));
    }
    if let Fetch::Failed(failure) = &account.opened {
        page.failure(failure);
    }
    if state.removing {
        page.gap();
        let key = key_for(Context::Accounts, Action::RemoveAccount);
        let name = account.name();
        page.mark(
            Tone::Danger,
            &format!(
                "Press {key} again to take '{name}' out of the settings. Nothing changes on the server; \
                 stored secrets stay in the keyring."
            ),
        );
    }
}
