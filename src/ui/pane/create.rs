//! A new credential: kind, owner, name, scopes, expiry, targets, check.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::confirm::sent;
use super::owners::counts;
use super::{choice, failed, start, waiting};
use crate::app::expiry::{self, ExpiryOption};
use crate::app::model::AccountState;
use crate::app::pane::create::{Create, CreateStep};
use crate::app::pane::deliver::{choices, shared_words};
use crate::domain::ability::{CredentialAbility, DayEnd, ExpiryModel, Pick, ScopeModel};
use crate::domain::owner::Owner;
use crate::domain::scope::Risk;
use crate::domain::target::TargetName;
use crate::domain::time::Date;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::text::{pad, pad_left, pad_middle, width};
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{form, list, scopes, steps};
use crate::ui::words;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Create, area: Rect) -> (Sheet, Page<'a>) {
    let account = ink.model.account(&state.account);
    let noun = account.map_or("credential", |account| state.ability(account).noun);
    let title = format!("New {noun} through {}", state.account);
    let (mut sheet, mut page) = start(ink, title, state.context(), WIDEST, area);
    sheet.least = 20;
    let Some(account) = account else {
        page.mark(Tone::Danger, "This account is not in the settings any more.");
        return (sheet, page);
    };
    let step = if state.step == CreateStep::NewOwner { CreateStep::Owner } else { state.step };
    let shown = state.steps(ink.model, account);
    let current = shown.iter().position(|(shown, _)| *shown == step).unwrap_or(0);
    let names: Vec<&'static str> = shown.iter().map(|(_, name)| *name).collect();
    sheet.steps = Some(steps::line(&ink, &names, current, area.width.min(WIDEST).saturating_sub(4)));
    sent(ink, &mut page, state.running);
    failed(&mut page, state.failure.as_ref());
    waiting(ink, &mut page, &state.account, state.failure.as_ref());
    if !account.abilities.owner.create || state.step != CreateStep::Owner {
        sheet.without = vec![Action::New];
    }
    match state.step {
        CreateStep::Kind => kinds(ink, &mut page, state, account),
        CreateStep::Owner => owners(ink, &mut page, state, account, area),
        CreateStep::NewOwner => new_owner(ink, &mut page, state, account),
        CreateStep::Name => name(ink, &mut page, state),
        CreateStep::Rights => rights(ink, &mut page, state, account),
        CreateStep::Scopes => scopes(ink, &mut page, state, area),
        CreateStep::Expiry => expiry(ink, &mut page, state, account),
        CreateStep::Targets => targets(ink, &mut page, state),
        CreateStep::Check => check(ink, &mut page, state, account),
    }
    (sheet, page)
}

/// The widest the wizard gets, with its border.
const WIDEST: u16 = 88;

fn kinds<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Create, account: &AccountState) {
    page.text("Which kind of credential?");
    page.gap();
    for (position, kind) in account.abilities.kinds().enumerate() {
        let here = position == state.kind;
        if here {
            page.focus_here();
        }
        let style = if kind.create.is_ok() { ink.theme.text } else { ink.theme.muted };
        page.line(choice(ink, here, vec![Span::styled(pad(kind.noun, page.width.saturating_sub(2)), style)]));
        let may = match &kind.scopes {
            ScopeModel::AsOwner(sentence) => String::from(*sentence),
            ScopeModel::Chosen(choice) if choice.pick == Pick::One => {
                format!("You choose its {}.", choice.noun)
            }
            ScopeModel::Chosen(choice) => format!("You choose its {}s.", choice.noun),
        };
        let sentence = kind.create.err().map_or(may, |why| format!("Not made here: {why}"));
        page.indented(ink.theme.muted, &sentence);
    }
}

fn owners<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &'a Create, account: &'a AccountState, area: Rect) {
    let noun = account.abilities.owner.noun;
    form::input(page, &ink, &format!("which {noun}?"), &state.search);
    page.gap();
    let found = state.found(ink.model);
    if found.is_empty() {
        page.hint(&format!("No {noun} is called that."));
    }
    let rows = usize::from(area.height.min(20)).saturating_sub(9).max(1);
    let first = list::offset(state.cursor, rows, found.len());
    let visible: Vec<&Owner> = found.iter().skip(first).take(rows).copied().collect();
    let counts = counts(std::iter::once(account), &visible);
    let longest = visible.iter().map(|owner| width(owner.name.as_str())).max().unwrap_or(0);
    let from = page.lines.len();
    for (position, owner) in found.iter().enumerate().skip(first).take(rows) {
        page.line(owner_line(
            ink,
            page.width,
            longest,
            position == state.cursor,
            owner,
            counts.get(&(account.name(), &owner.id)),
        ));
    }
    page.goes_on(from, first > 0, first + rows < found.len());
    if account.abilities.owner.create {
        page.gap();
        let key = key_for(Context::Pick, Action::New);
        page.hint(&format!("{key} makes a new {noun}."));
    }
}

fn owner_line<'a>(
    ink: Ink<'a>,
    room: usize,
    longest: usize,
    chosen: bool,
    owner: &Owner,
    count: Option<&usize>,
) -> ratatui::text::Line<'a> {
    let count = count.copied().unwrap_or(0);
    // Names are what one chooses by: they get their room before the descriptions do.
    let name_room = longest.clamp((room / 3).max(12), (room * 3 / 5).max(12));
    let rest = room.saturating_sub(name_room + 2 + 6 + 14);
    let off = if owner.enabled { "" } else { "○ disabled" };
    choice(
        ink,
        chosen,
        vec![
            Span::styled(pad_middle(owner.name.as_str(), name_room), ink.theme.text),
            Span::styled(format!(" {}", pad(owner.description.as_str(), rest)), ink.theme.muted),
            Span::styled(format!(" {}", pad(off, 11)), ink.theme.warning),
            Span::styled(pad_left(&count.to_string(), 6), ink.theme.muted),
        ],
    )
}

fn new_owner(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    page.text(&format!("A new {} for the credential to belong to.", account.abilities.owner.noun));
    page.gap();
    form::fields(page, &ink, &state.owner_form);
}

fn name(ink: Ink<'_>, page: &mut Page<'_>, state: &Create) {
    if let Some(owner) = &state.owner {
        page.fact("owner", owner.name.as_str());
        page.gap();
    }
    form::fields(page, &ink, &state.form);
}

fn scopes<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &'a Create, area: Rect) {
    // Two lines of border, two of steps, one free one.
    let room = usize::from(area.height.min(30)).saturating_sub(5);
    if let Some(picker) = &state.picker {
        scopes::draw(ink, page, picker, room);
    }
}

fn expiry<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Create, account: &AccountState) {
    let Some(choice) = &state.expiry else { return };
    page.text("When does it end?");
    page.gap();
    let now = account.server_time(ink.model.now);
    for (position, option) in choice.options.iter().enumerate() {
        let here = position == choice.cursor;
        if here {
            page.focus_here();
        }
        let text = match option {
            ExpiryOption::Days(days) => format!("in {days} days"),
            ExpiryOption::Typed => String::from("on another date"),
            ExpiryOption::Never => String::from("never"),
        };
        let room = page.width.saturating_sub(2);
        page.line(super::choice(ink, here, vec![Span::styled(pad(&text, room), ink.theme.text)]));
        if *option == ExpiryOption::Typed && here {
            form::input(page, &ink, "date", &choice.typed);
        }
    }
    if let Some(why) = &choice.error {
        page.mark(Tone::Danger, why);
    }
    page.gap();
    match choice.end(now) {
        Ok(Some(end)) => page.text(&format!("It ends on {}", ends(ink, state, account, Some(end)))),
        Ok(None) => page.text("It never ends by itself: it works until somebody revokes it."),
        Err(_) => page.hint(&format!(
            "A date such as {}, or a number of days; at most {} days ahead here.",
            expiry::day(now),
            choice.longest_days
        )),
    }
}

/// When it ends: the day, and at which moment of it.
fn ends(ink: Ink<'_>, state: &Create, account: &AccountState, end: Option<Date>) -> String {
    let Some(date) = end else { return String::from("never: it works until somebody revokes it") };
    let at = match state.ability(account).expiry {
        ExpiryModel::Date { at, .. } => at,
        ExpiryModel::None(_) => DayEnd::Begin,
    };
    let Some((first, last)) = expiry::moments(date, at, account.server_time(ink.model.now)) else {
        return format!("{date}.");
    };
    let (first, last) = (ink.moment(first), ink.moment(last));
    match at {
        DayEnd::Begin => format!("{date}, by the server's clock from {first} on."),
        DayEnd::BeginInHours => format!("{date}, by the server's clock between {first} and {last}."),
        DayEnd::TimeMade => {
            format!("{date}, at the time of day it is made: made now, at {first} by the server's clock.")
        }
    }
}

fn rights(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    let owner = state.owner.as_ref().map(|owner| owner.name.as_str()).unwrap_or_default();
    let ability = state.ability(account);
    page.say(ink.theme.title, "What it may do");
    if let ScopeModel::AsOwner(sentence) = &ability.scopes {
        page.text(sentence);
        page.hint(&format!(
            "To give it less, give it to another {} than {owner}.",
            account.abilities.owner.noun
        ));
    }
    page.heading("Until when");
    if let ExpiryModel::None(sentence) = &ability.expiry {
        page.text(sentence);
    }
    page.heading("Where it goes");
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("stored in", tone, &place);
    goes_to(page, state);
}

/// Where the secret will go, in order.
fn goes_to(page: &mut Page<'_>, state: &Create) {
    let names: Vec<&str> = state.targets.iter().map(TargetName::as_str).collect();
    page.fact("targets", &if names.is_empty() { String::from("none yet") } else { names.join(", ") });
}

fn targets<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Create) {
    page.text("Where will its secret go? None yet is fine.");
    page.gap();
    super::deliver::choose(ink, page, &choices(ink.model, &state.targets), state.target);
    page.gap();
    goes_to(page, state);
    page.hint("They get it in this order, once it was stored and accepted. They are remembered.");
}

fn check(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, account: &AccountState) {
    let owner = state.owner.as_ref().map(|owner| owner.name.as_str()).unwrap_or_default();
    let ability = state.ability(account);
    let (title, noun, name) = (account.abilities.title, ability.noun, state.form.value("name"));
    page.text(&if state.by_hand {
        format!("You make the {noun} '{name}' for {owner} on a page of {title}, and paste its secret here.")
    } else {
        let through = account.name();
        format!("{title} makes the {noun} '{name}' for {owner} through {through}. Its secret is stored, then shown once.")
    });
    page.gap();
    let description = state.form.value("description");
    if !description.is_empty() {
        page.fact("description", &description);
    }
    may_do(ink, page, state, ability);
    match &state.expiry {
        Some(_) => page.fact("until", &ends(ink, state, account, state.end(ink.model))),
        None => {
            if let (ExpiryModel::None(sentence), false) = (&ability.expiry, state.picker.is_none()) {
                page.fact("until", sentence);
            }
        }
    }
    let (tone, place) = words::will_keep(ink.model);
    page.fact_marked("stored in", tone, &place);
    goes_to(page, state);
    for shared in shared_words(&choices(ink.model, &state.targets)) {
        page.mark(Tone::Warning, &format!("{shared}: what is there is overwritten."));
    }
    if let Some(Err(why)) = account.session().map(|facts| &facts.may_create) {
        if state.by_hand {
            page.fact("by hand", why.as_str());
        } else {
            page.mark(Tone::Danger, &format!("The server will not let you do this: {why}"));
        }
    }
    if state.is_unclear() {
        page.gap();
        page.say(
            ink.theme.title,
            "It may have been made. Enter goes to unfinished work, where that is found out.",
        );
    } else if state.running.is_none() {
        page.gap();
        page.say(ink.theme.title, if state.by_hand { "Enter shows the page." } else { "Enter makes it." });
    }
}

/// Every scope with what it allows and its risk, and what is to be known of the choice.
fn may_do(ink: Ink<'_>, page: &mut Page<'_>, state: &Create, ability: &CredentialAbility) {
    let Some(picker) = &state.picker else {
        if let ScopeModel::AsOwner(sentence) = &ability.scopes {
            page.fact("may do", sentence);
        }
        return;
    };
    let mut label = "may do";
    for offer in picker.chosen_offers() {
        let style = if offer.risk == Risk::Wide { ink.theme.warning } else { ink.theme.text };
        let mark =
            if offer.risk == Risk::Wide { format!("{} ", Ink::mark(Tone::Warning)) } else { String::new() };
        page.fact_styled(
            label,
            style,
            &format!("{mark}{}: {} ({})", offer.name(), offer.allows, offer.risk.word()),
        );
        label = "";
    }
    if label == "may do" {
        page.fact(label, picker.choice.without.unwrap_or("nothing"));
    }
}
