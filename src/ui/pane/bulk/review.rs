//! The groups, each with what should be known of it, and the credentials of one.

use ratatui::text::{Line, Span};

use crate::app::pane::bulk::{Bulk, Group};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::pane::choice;
use crate::ui::symbol;
use crate::ui::text::{cut, cut_middle, pad};
use crate::ui::widget::list;
use crate::ui::widget::page::Page;

/// The review, or what one of its groups consists of.
pub(super) fn draw<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Bulk, rows: usize) {
    if state.inside.is_some() {
        return inside(ink, page, state, rows);
    }
    let (waits, failed) = state.reading(ink.model);
    if waits > 0 {
        page.waiting("Reading everything again from the server");
    }
    for (account, why) in &failed {
        page.mark(Tone::Danger, &format!("{account}: {why}"));
    }
    if !failed.is_empty() {
        page.hint("Enter reads again what is true, before anything is sent.");
    }
    if state.unlisted > 0 {
        page.mark(
            Tone::Warning,
            &format!("{} selected ones are not listed (any more) and stay out.", state.unlisted),
        );
    }
    page.gap();
    for (position, group) in state.groups.iter().enumerate() {
        let chosen = position == state.cursor;
        head(ink, page, group, chosen);
        body(ink, page, state, group);
        if chosen {
            // The whole of the chosen one stays visible, not only its first line.
            page.focus = Some(page.lines.len().saturating_sub(1));
        }
        page.gap();
    }
}

fn head<'a>(ink: Ink<'a>, page: &mut Page<'a>, group: &Group, chosen: bool) {
    let accounts: Vec<&str> = group.accounts.iter().map(String::as_str).collect();
    let what =
        format!("{} {} {} {} {}", group.title, symbol::DOT, group.kind, symbol::DOT, accounts.join(", "));
    let (mark, style) = match (group.is_in(), chosen) {
        (false, _) => (symbol::EMPTY, ink.theme.muted),
        (true, true) => (symbol::FULL, ink.theme.title),
        (true, false) => (symbol::FULL, ink.theme.text),
    };
    let room = page.width.saturating_sub(10);
    let spans = vec![
        Span::styled(format!("{mark} "), style),
        Span::styled(pad(&group.count.to_string(), 6), style),
        Span::styled(pad(&cut(&what, room), room), style),
    ];
    page.line(choice(ink, chosen, spans));
}

fn body(ink: Ink<'_>, page: &mut Page<'_>, state: &Bulk, group: &Group) {
    if let Some(why) = &group.cannot {
        page.hanging(
            Span::styled("    ", ink.theme.text),
            ink.theme.warning,
            &format!("{} stay out: {why}", Ink::mark(Tone::Warning)),
        );
        return;
    }
    if group.out {
        let key = key_for(Context::BulkReview, Action::Select);
        page.hanging(
            Span::raw("    "),
            ink.theme.muted,
            &format!("left out by you; {key} takes them in again"),
        );
        return;
    }
    for risk in &group.risks {
        let (mark, style) = if risk.warns() {
            (Ink::mark(Tone::Warning), ink.theme.warning)
        } else {
            (Ink::mark(Tone::Plain), ink.theme.text)
        };
        page.hanging(Span::styled(format!("    {mark} "), style), ink.theme.text, risk.sentence(state.work));
    }
    if page.roomy {
        page.hanging(Span::raw("    "), ink.theme.muted, group.form);
        if let Some(other) = group.other_form {
            let words = format!("Many at once all take this form; one at a time there is also: {other}.");
            page.hanging(Span::raw("    "), ink.theme.muted, &words);
        }
    }
}

/// The credentials of the group under the cursor: only those that are visible are put on the page.
fn inside<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Bulk, rows: usize) {
    let members = state.members(state.cursor);
    let at = state.inside.unwrap_or(0).min(members.len().saturating_sub(1));
    if let Some(group) = state.groups.get(state.cursor) {
        page.say(ink.theme.title, &format!("{} {} of {}", group.count, group.kind, group.title));
    }
    let rows = rows.saturating_sub(2).max(1);
    let first = list::offset(at, rows, members.len());
    let name = page.width * 3 / 10;
    for (position, item) in members.iter().enumerate().skip(first).take(rows) {
        let Some(item) = state.items.get(*item) else { continue };
        let may = format!("may do: {}", item.scopes.words());
        let room = page.width.saturating_sub(2 * name + 6);
        let spans = vec![
            Span::styled(pad(&cut(item.name.as_str(), name), name + 2), ink.theme.text),
            Span::styled(pad(&cut_middle(item.owner.name.as_str(), name), name + 2), ink.theme.muted),
            Span::styled(pad(&cut(&may, room), room), ink.theme.muted),
        ];
        page.line(choice(ink, position == at, spans));
    }
    page.line(Line::default());
}
