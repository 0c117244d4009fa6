//! Many at once: the review in groups, the windows, the count to type, and each credential with what came of it.

mod review;
mod run;

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::confirm::typed;
use super::{choice, start};
use crate::app::pane::bulk::{Bulk, BulkStep, Form, Work};
use crate::domain::retention::PRESETS;
use crate::domain::time::moment;
use crate::keymap::action::Action;
use crate::ui::ink::{Ink, Tone};
use crate::ui::symbol;
use crate::ui::text::pad;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::widget::{form, steps};

/// Lines of an overlay that are not its page: two of border, two of steps, one free.
const AROUND: usize = 5;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Bulk, area: Rect) -> (Sheet, Page<'a>) {
    let count = if state.step == BulkStep::Run { state.run.all.len() } else { state.chosen().len() };
    let word = state.work.word();
    let title = format!(
        "{}{} {}",
        word.get(..1).unwrap_or_default().to_uppercase(),
        word.get(1..).unwrap_or_default(),
        credentials(count)
    );
    let (mut sheet, mut page) = start(ink, title, state.context(), 100, area);
    if state.work == Work::Revoke {
        sheet.border = ink.theme.danger;
    }
    let names: &[&'static str] = match state.work {
        Work::Rotate => &["review", "retention", "check", "results"],
        Work::Revoke | Work::Verify | Work::Deliver => &["review", "check", "results"],
    };
    let current = match state.step {
        BulkStep::Review => 0,
        BulkStep::Retention(_) => 1,
        BulkStep::Check => names.len().saturating_sub(2),
        BulkStep::Run => names.len().saturating_sub(1),
    };
    sheet.steps = Some(steps::line(&ink, names, current, area.width.min(100).saturating_sub(4)));
    sheet.least = 22;
    sheet.without = vec![Action::NextField, Action::New, Action::Edit];
    let rows = usize::from(area.height.min(30)).saturating_sub(AROUND);
    match state.step {
        BulkStep::Review => review::draw(ink, &mut page, state, rows),
        BulkStep::Retention(at) => {
            if let Some(form) = state.forms.get(at) {
                retention(ink, &mut page, state, at, form);
            }
        }
        BulkStep::Check => check(ink, &mut page, state),
        BulkStep::Run => {
            run::without(ink, &mut sheet, state);
            run::draw(ink, &mut page, state, rows);
        }
    }
    (sheet, page)
}

/// The window of one form.
fn retention<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &Bulk, at: usize, form: &Form) {
    let of = |item: &&crate::app::pane::bulk::Item| item.kind == form.kind;
    let count = state.chosen().into_iter().filter_map(|at| state.items.get(at)).filter(of).count();
    let which =
        if state.forms.len() > 1 { format!(" ({} of {})", at + 1, state.forms.len()) } else { String::new() };
    page.say(ink.theme.title, &format!("{count} {} {} of {}{which}", symbol::DOT, form.kind, form.title));
    if page.roomy {
        page.text(form.sentence);
    }
    page.gap();
    for (position, preset) in PRESETS.iter().enumerate() {
        let chosen = position == form.choice;
        if chosen {
            page.focus_here();
        }
        let too_long = form.longest.is_some_and(|longest| preset.as_minutes() > longest);
        let says = match preset {
            _ if too_long => String::from("longer than this server takes"),
            window if window.is_none() && form.ours => {
                String::from("revoked as soon as the new one was accepted")
            }
            window if window.is_none() => String::from("the old secrets stop at once"),
            window => format!("until {} UTC", moment(window.end(ink.model.now), &jiff::tz::TimeZone::UTC)),
        };
        let spans = vec![
            Span::styled(pad(&preset.words(), 12), if chosen { ink.theme.title } else { ink.theme.text }),
            Span::styled(pad(&says, page.width.saturating_sub(14)), ink.theme.muted),
        ];
        page.line(choice(ink, chosen, spans));
    }
    if form.is_custom() {
        form::input(page, &ink, "another length", &form.custom);
    } else {
        page.line(choice(ink, false, vec![Span::styled("another length, such as 36h", ink.theme.text)]));
    }
    if let Some(error) = &form.error {
        page.mark(Tone::Danger, error);
    }
    if form.ours {
        page.gap();
        page.hint("The old ones are revoked by keywright when their time has come: any open one, or 'keywright due'. A login that lives until then is needed.");
    }
}

fn credentials(count: usize) -> String {
    format!("{count} credential{}", if count == 1 { "" } else { "s" })
}

/// The sentence of what will happen, what stays out, and the count to type.
fn check(ink: Ink<'_>, page: &mut Page<'_>, state: &Bulk) {
    let count = state.chosen().len();
    match state.work {
        Work::Rotate => {
            let get = if count == 1 { "gets a new secret" } else { "get a new secret each, a few at a time" };
            page.text(&format!("{} {get}.", credentials(count)));
            for form in &state.forms {
                let window = form.retention().map_or_else(
                    |why| why.to_string(),
                    |window| {
                        if window.is_none() {
                            String::from("at once")
                        } else {
                            format!("{} later", window.words())
                        }
                    },
                );
                page.fact(form.kind, &format!("{}: the old ones die {window}", form.title));
            }
            let (tone, keep) = crate::ui::words::will_keep(ink.model);
            page.mark(tone, &keep);
            page.text("No secret is shown: each is stored, then presented, then brought to its targets. Each can be copied or delivered afterwards.");
        }
        Work::Revoke => {
            page.mark(
                Tone::Danger,
                &format!("{count} credentials stop working for good. There is no way back."),
            );
            page.text("Each is looked at afterwards: presented again where its secret is stored here, else looked for in the listing.");
        }
        Work::Verify => page.text(&format!(
            "{count} stored secrets are presented to their servers. That may count as a use there."
        )),
        Work::Deliver => {
            page.text(&format!("{count} stored secrets are brought to their targets, one after the other."));
        }
    }
    for group in state.groups.iter().filter(|group| !group.is_in()) {
        let why = group.cannot.as_deref().unwrap_or("left out by you");
        page.mark(
            Tone::Warning,
            &format!("{} {} of {} stay out: {why}", group.count, group.kind, group.title),
        );
    }
    if page.roomy {
        page.text("It can be paused and stopped: what was sent is finished, the rest stays untouched.");
    }
    if let Some(word) = state.must_type(ink.model) {
        typed(ink, page, &word, &state.typed, state.mistyped);
    } else {
        page.gap();
        page.text("Enter begins.");
    }
}
