//! A new credential: owner, name, rights, check.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::confirm::sent;
use super::owners::counts;
use super::{choice, failed, start};
use crate::app::model::AccountState;
use crate::app::pane::create::{Create, CreateStep};
use crate::domain::ability::{ExpiryModel, ScopeChoice, ScopeModel};
use crate::domain::owner::Owner;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::text::{pad, pad_left};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{form, list, steps};
use crate::ui::words;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Create, area: Rect) -> (Sheet, Page<'a>) {
    let noun =
        ink.model.account(&state.account).map_or("credential", |account| account.abilities.credential.noun);
    let title = format!("New {noun} through {}", state.account);
    let (mut sheet, mut page) = start(ink, title, state.context(), 88, area);
    let step = if state.step == CreateStep::NewOwner { CreateStep::Owner } else { state.step };
    let current = CreateStep::SHOWN.iter().position(|(shown, _)| *shown == step).unwrap_or(0);
    let names = CreateStep::SHOWN.map(|(_, name)| name);
    sheet.steps = Some(steps::line(&ink, &names, current, area.width.min(88).saturating_sub(4)));
    sheet.least = 20;
    let Some(account) = ink.model.account(&state.account) else {
        page.mark(Tone::Danger, "This account is not in the settings any more.");
        return (sheet, page);
    };
    sent(ink, &mut page, state.running);
    failed(&mut page, state.failure.as_ref());
    if !account.abilities.owner.create {
        sheet.without = vec![Action::New];
    }
    match state.step {
        CreateStep::Owner => owners(ink, &mut page, state, account, area),
        CreateStep::NewOwner => new_owner(ink, &mut page, state, account),
        CreateStep::Name => name(ink, &mut page, state, account),
        CreateStep::Rights => rights(ink, &mut page, state, account),
        CreateStep::Check => check(ink, &mut page, state, account),
    }
    (sheet, page)
}

/// The owners the search lets through, in the order of the list.
pub fn found<'a>(account: &'a AccountState, search: &str) -> Vec<&'a Owner> {
    let wanted = search.trim().to_lowercase();
    account
        .listing
        .owners
        .iter()
        .filter(|owner| owner.name.as_str().to_lowercase().contains(&wanted))
        .collect()
}

fn owners<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &'a Create, account: &'a AccountState, area: Rect) {
    let noun = account.abilities.owner.noun;
    form::input(page, &ink, &format!("which {noun}?"), &state.search);
    page.gap();
    let found = found(account, state.search.value());
    if found.is_empty() {
        page.hint(&format!("No {noun} is called that."));
    }
    let rows = usize::from(area.height.min(20)).saturating_sub(9).max(1);
    let first = list::offset(state.cursor, rows, found.len());
    let visible: Vec<&Owner> = found.iter().skip(first).take(rows).copied().collect();
    let counts = counts(std::iter::once(account), &visible);
    for (position, owner) in found.iter().enumerate().skip(first).take(rows) {
        page.line(owner_line(
            ink,
            page.width,
            position == state.cursor,
            owner,
            counts.get(&(account.name(), &owner.id)),
        ));
    }
    if account.abilities.owner.create {
        page.gap();
        let key = key_for(Context::Pick, Action::New);
        page.hint(&format!("{key} makes a new {noun}."));
    }
}

fn owner_line<'a>(
    ink: Ink<'a>,
    width: usize,
    chosen: bool,
    owner: &Owner,
    count: Option<&usize>,
) -> ratatui::text::Line<'a> {
    let count = count.copied().unwrap_or(0);
    let name_room = (width / 3).max(12);
    let rest = width.saturating_sub(name_room + 2 + 6 + 14);
    let off = if owner.enabled { "" } else { "○ disabled" };
    choice(
        ink,
        chosen,
        vec![
            Span::styled(pad(owner.name.as_str(), name_room), ink.theme.text),
            Span::styled(format!(" {}", pad(owner.description.as_str(), rest)), ink.theme.muted),
            Span::styled(format!(" {}", pad(off, 11)), ink.theme.warning),
            Span::styled(pad_left(&count.to_string(), 6), ink.theme.muted),
        ],
    )
}

fn new_owner(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    page.text(&format!("A new {} for the credential to belong to.", account.abilities.owner.noun));
    page.hint(account.abilities.owner.names.words);
    page.gap();
    form::fields(page, &ink, &state.owner_form);
}

fn name(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    if let Some(owner) = &state.owner {
        page.fact("owner", owner.name.as_str());
        page.gap();
    }
    form::fields(page, &ink, &state.form);
    page.gap();
    page.hint(account.abilities.credential.names.words);
}

fn rights(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    let owner = state.owner.as_ref().map(|owner| owner.name.as_str()).unwrap_or_default();
    page.say(ink.theme.title, "What it may do");
    match &account.abilities.credential.scopes {
        ScopeModel::AsOwner(sentence) => {
            page.text(sentence);
            page.hint(&format!(
                "To give it less, give it to another {} than {owner}.",
                account.abilities.owner.noun
            ));
        }
        ScopeModel::Chosen(ScopeChoice { offers, .. }) => {
            for offer in *offers {
                page.fact(offer.name(), &format!("{} ({})", offer.allows, offer.risk.word()));
            }
        }
    }
    page.heading("Until when");
    match &account.abilities.credential.expiry {
        ExpiryModel::None(sentence) => page.text(sentence),
        ExpiryModel::Date { longest_days, never } => {
            let never = if *never { ", or never" } else { "" };
            page.text(&format!("It ends at a date at most {longest_days} days ahead{never}."));
        }
    }
    page.heading("Where it goes");
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("stored in", tone, &place);
    page.fact("targets", "none yet");
}

fn check(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    let owner = state.owner.as_ref().map(|owner| owner.name.as_str()).unwrap_or_default();
    let abilities = account.abilities;
    page.text(&format!(
        "{} makes the {} '{}' for {owner} through {}. Its secret is stored, then shown once.",
        abilities.title,
        abilities.credential.noun,
        state.form.value("name"),
        account.name(),
    ));
    page.gap();
    let description = state.form.value("description");
    if !description.is_empty() {
        page.fact("description", &description);
    }
    match &abilities.credential.scopes {
        ScopeModel::AsOwner(sentence) => page.fact("may do", sentence),
        ScopeModel::Chosen(_) => page.fact("may do", "as chosen"),
    }
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("stored in", tone, &place);
    page.fact("targets", "none yet");
    if let Some(Err(why)) = account.session().map(|facts| &facts.may_create) {
        page.mark(Tone::Danger, &format!("The server will not let you do this: {why}"));
    }
    if state.is_unclear() {
        page.gap();
        page.say(
            ink.theme.title,
            "It may have been made. Enter goes to unfinished work, where that is found out.",
        );
    } else if state.running.is_none() {
        page.gap();
        page.say(ink.theme.title, "Enter makes it.");
    }
}
