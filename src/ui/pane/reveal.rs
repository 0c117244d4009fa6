//! A secret shown once: masked at a constant width until asked for. The one place of the screen that exposes one.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::start;
use crate::app::msg::Kept;
use crate::app::pane::reveal::{DISCARD, Reveal};
use crate::domain::time::span;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::secret::Part;
use crate::ui::ink::{Ink, Tone, key_for};
use crate::ui::symbol;
use crate::ui::text::breaks;
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// Letters of the mask, whatever the secret's length.
const MASK: usize = 24;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a Reveal, area: Rect) -> (Sheet, Page<'a>) {
    let title = format!("{} {} {} {}", state.title, state.name, symbol::DOT, state.owner);
    let (mut sheet, mut page) = start(ink, title, state.context(), 92, area);
    sheet.border = ink.theme.warning;
    sheet.least = 16;
    if state.discard.is_some() {
        discard(ink, &mut page, state);
        return (sheet, page);
    }
    let (tone, place) = words::kept(&state.kept);
    page.mark(tone, &place);
    page.gap();
    for (position, part) in state.parts.iter().enumerate() {
        secret(ink, &mut page, state, position, part);
    }
    page.gap();
    countdown(ink, &mut page, state);
    copying(ink, &mut page, state);
    if !state.is_safe() {
        let key = key_for(Context::Reveal, Action::Done);
        page.mark(
            Tone::Warning,
            &format!("Not safe yet: copy it where it is used, or {key} asks for the word {DISCARD}."),
        );
    }
    vended(ink, &mut page, state);
    if let Some(note) = &state.note {
        page.mark(Tone::Warning, note.as_str());
    }
    page.hint(if state.vended.is_some() {
        "It is drawn in this pane alone; the server gives it out again when it is asked."
    } else if state.seen {
        "You have seen it on its page. Here it is shown this once and never drawn again."
    } else {
        "It is shown this once and never drawn again."
    });
    (sheet, page)
}

/// One part with its name, masked or in clear. The page shows the whole secret before it shows what stands below.
fn secret<'a>(ink: Ink<'a>, page: &mut Page<'a>, state: &'a Reveal, position: usize, part: &'a Part) {
    if state.parts.count() > 1 {
        let chosen = position == state.cursor;
        if chosen {
            page.focus_here();
        }
        let mark = if chosen { symbol::CURSOR } else { " " };
        let style = if chosen { ink.theme.focus } else { ink.theme.muted };
        page.line(Line::from(Span::styled(format!("{mark} {}", part.name), style)));
    }
    match clear(ink, state, part, page.width) {
        Some(pieces) => {
            for piece in pieces {
                page.verbatim.push(page.lines.len());
                page.line(Line::from(Span::styled(piece, ink.theme.field.patch(ink.theme.title))));
            }
        }
        None => {
            page.line(Line::from(Span::styled(symbol::MASK.repeat(MASK.min(page.width)), ink.theme.muted)));
        }
    }
}

/// The secret in slices that fit, when it may be drawn now: unmasked, in a terminal that has the focus, not locked.
/// This is the only place that exposes a secret to the screen.
fn clear<'a>(ink: Ink<'a>, state: &Reveal, part: &'a Part, width: usize) -> Option<Vec<&'a str>> {
    may_show(ink, state).then(|| breaks(part.secret.expose(), width.max(1)))
}

fn may_show(ink: Ink<'_>, state: &Reveal) -> bool {
    state.is_unmasked(ink.model.now) && ink.model.focused && !ink.model.locked
}

/// What is to be known of a secret for storage, how long it lives, and how long it is kept here.
fn vended(ink: Ink<'_>, page: &mut Page<'_>, state: &Reveal) {
    if state.vended.is_none() {
        return;
    }
    for caution in &state.cautions {
        page.mark(Tone::Warning, caution.as_str());
    }
    let now = ink
        .model
        .account(&state.credential.account)
        .map_or(ink.model.now, |account| account.server_time(ink.model.now));
    match state.ends() {
        Some(end) if end > now => page.mark(
            Tone::Plain,
            &format!("Ends in {}, and is taken out of the store then.", span(end.duration_since(now))),
        ),
        Some(_) => page.mark(Tone::Warning, "It has ended."),
        None => page.hint("It stays in the store until you take it out in the list of storage credentials."),
    }
    for reach in &state.reach {
        page.hint(reach.as_str());
    }
}

fn countdown(ink: Ink<'_>, page: &mut Page<'_>, state: &Reveal) {
    let unmask = key_for(Context::Reveal, Action::Unmask);
    match state.unmasked_until.filter(|_| may_show(ink, state)) {
        Some(until) => {
            let left = span(until.duration_since(ink.model.now));
            page.say(ink.theme.warning, &format!("{} in clear, masked again in {left}", symbol::ATTENTION));
        }
        None => page.hint(&format!("Masked. {unmask} shows it for a moment.")),
    }
}

fn copying(ink: Ink<'_>, page: &mut Page<'_>, state: &Reveal) {
    if state.copying.is_some() {
        page.waiting("Copying");
    }
    if let Some(report) = &state.copied {
        let (tone, sentence) = words::copied(report);
        page.mark(tone, &sentence);
        if let Some(copied) = &ink.model.copied {
            let left = copied.clears.duration_since(ink.model.now);
            page.hint(&format!("The clipboard is cleared in {}.", span(left)));
        }
    }
}

fn discard(ink: Ink<'_>, page: &mut Page<'_>, state: &Reveal) {
    let what = match &state.kept {
        Kept::Nowhere(_) if state.vended.is_some() => "This secret is stored nowhere.",
        Kept::Nowhere(_) => {
            "This secret is stored nowhere. Without it the credential is of no use to anyone."
        }
        Kept::Memory => "This secret is only in memory and is gone when keywright ends.",
        Kept::Keyring | Kept::Kernel => "This secret is stored.",
    };
    page.mark(Tone::Danger, what);
    page.text(if state.vended.is_some() {
        "Closing now gives it up; the server gives it out again when it is asked."
    } else {
        "Closing now gives it up for good; the credential must then be rotated or revoked."
    });
    page.gap();
    page.text(&format!("To give it up, type {DISCARD} and press Enter."));
    if let Some(input) = &state.discard {
        form::input(page, &ink, "type it here", input);
    }
}
