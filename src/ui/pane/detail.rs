//! The detail of the credential under the cursor: rights, use, window, what is stored here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::effect::Generation;
use crate::app::model::AccountState;
use crate::domain::ability::RotationForm;
use crate::domain::credential::{Credential, Window};
use crate::domain::promise::Promise;
use crate::domain::time::ago;
use crate::ui::ink::{Ink, Tone};
use crate::ui::symbol;
use crate::ui::text::cut;
use crate::ui::widget::page::Page;
use crate::ui::words;

/// The title: what is under the cursor.
pub fn title(ink: &Ink<'_>) -> String {
    match ink.model.selected() {
        Some((_, credential)) => {
            let old = match ink.model.table.row().map(|row| row.generation) {
                Some(Generation::Previous) => format!(" {} old secret", symbol::DOT),
                Some(Generation::Current) | None => String::new(),
            };
            format!("{} {} {}{old}", credential.name, symbol::DOT, credential.owner.name)
        }
        None => String::from("Detail"),
    }
}

/// How many lines the full detail takes at a width.
pub fn height(ink: Ink<'_>, width: u16) -> u16 {
    let Some((account, credential)) = ink.model.selected() else { return 1 };
    let (left, right) = halves(ink, account, credential, width);
    crate::ui::text::cells(right.map_or(left.lines.len(), |right| left.lines.len().max(right.lines.len())))
}

/// Draws as much as fits: everything in one or two columns, or the most important lines. Answers how far it can be
/// scrolled.
pub fn draw(ink: Ink<'_>, area: Rect, buffer: &mut Buffer) -> usize {
    let Some((account, credential)) = ink.model.selected() else { return 0 };
    if area.height < height(ink, area.width) && area.height <= 5 {
        compact(ink, account, credential, area.width).draw(area, 0, buffer);
        return 0;
    }
    let (left, right) = halves(ink, account, credential, area.width);
    let Some(right) = right else { return left.draw(area, ink.model.scroll, buffer).most };
    let half = area.width / 2;
    let beside = Rect { x: area.x + half, width: area.width - half, ..area };
    let one = left.draw(Rect { width: half.saturating_sub(2), ..area }, ink.model.scroll, buffer);
    let other = right.draw(beside, ink.model.scroll, buffer);
    one.most.max(other.most)
}

/// Two columns where they have room, else one.
fn halves<'a>(
    ink: Ink<'a>,
    account: &'a AccountState,
    credential: &'a Credential,
    width: u16,
) -> (Page<'a>, Option<Page<'a>>) {
    if width < 96 {
        let mut page = Page::new(ink, width);
        about(ink, &mut page, account, credential);
        here(ink, &mut page, account, credential);
        return (page, None);
    }
    let mut left = Page::new(ink, (width / 2).saturating_sub(2));
    about(ink, &mut left, account, credential);
    let mut right = Page::new(ink, width - width / 2);
    here(ink, &mut right, account, credential);
    (left, Some(right))
}

/// What the backend tells.
fn about(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, credential: &Credential) {
    let now = ink.model.now;
    let server_now = account.server_time(now);
    for (position, right) in words::rights(account, credential).iter().enumerate() {
        page.fact(if position == 0 { "may do" } else { "" }, right);
    }
    let kind = account.abilities.kind(credential.kind);
    if credential.description.is_empty() && kind.describe {
        page.fact_styled("description", ink.theme.muted, "none");
    } else if kind.describe {
        page.fact("description", credential.description.as_str());
    }
    let when = |at: jiff::Timestamp| format!("{}, {}", ago(at, server_now), ink.moment(at));
    page.fact("created", &credential.created.map_or_else(|| String::from("not told"), when));
    if !matches!(kind.rotation, RotationForm::TwoCredentials { .. }) {
        page.fact("rotated", &credential.rotated.map_or_else(|| String::from("never"), when));
    }
    page.fact("last used", &words::last_used_long(account, credential, now));
    page.fact("ends", &words::end(account, credential, |at| ink.moment(at), now));
    if let Some(presented) = &credential.particulars.presented {
        page.fact("presented", presented.as_str());
    }
    if !credential.enabled {
        page.fact_marked("switched off", Tone::Warning, "it does not work until it is switched on");
    } else if !credential.owner_enabled {
        page.fact_marked("owner is off", Tone::Warning, "it does not work until its owner is switched on");
    }
}

/// What is known on this machine, the window, and what the server is.
fn here(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountState, credential: &Credential) {
    let facts = account.facts_of(credential);
    let now = ink.model.now;
    if facts.orphan {
        page.fact_marked(
            "orphan",
            Tone::Danger,
            "made by an operation whose secret was lost: revoke or rotate it",
        );
    }
    let (tone, text) = words::stored(ink.model, facts.stored);
    page.fact_marked("secret", tone, &text);
    if let Some(promise) = account.promise(credential) {
        retiring(ink, page, account, credential, promise);
        super::install_hint(ink, page);
    }
    if let Some(window) = credential.window {
        if credential.open_window(account.server_time(now)).is_some() {
            page.bar("old secret", account, window);
            page.fact("", &format!("works until {}", ink.moment(window.ends)));
        } else if window.ends > account.server_time(now) {
            // Switched off, neither secret works; on again, the old one does until then.
            page.fact("old secret", &format!("off as well, its window ends {}", ink.moment(window.ends)));
        } else {
            page.fact("old secret", &format!("stopped at {}", ink.moment(window.ends)));
        }
    }
    if facts.old_stored {
        let (tone, text) = words::stored(ink.model, true);
        page.fact_marked("", tone, &format!("old one {text}"));
    }
    match facts.verified {
        Some(at) => page.fact_marked("verified", Tone::Good, &ago(at, now)),
        None => page.fact_styled("verified", ink.theme.muted, "not yet from here"),
    }
    super::deliver::facts(ink, page, &credential.reference(account.name()));
    if let Some(server) = &account.server {
        page.fact("server", server.title.as_str());
        for note in &server.notes {
            page.fact_styled("", ink.theme.muted, note.as_str());
        }
    }
}

/// An old credential whose revocation is promised.
fn retiring(
    ink: Ink<'_>,
    page: &mut Page<'_>,
    account: &AccountState,
    credential: &Credential,
    promise: &Promise,
) {
    let there = |at| account.skew.server_time(at);
    let window = Window { began: there(promise.made), ends: there(promise.due) };
    if promise.due > ink.model.now {
        if credential.enabled {
            page.bar("retiring", account, window);
        }
        page.fact("", &format!("it is {} by keywright {}", promise.duty.done(), ink.moment(promise.due)));
        if let Some(then) = promise.then {
            page.fact("", &format!("and revoked for good {}", ink.moment(then)));
        }
    } else {
        let why = if promise.note.is_empty() { "log in, so that it can be done" } else { &promise.note };
        page.fact_marked(
            "overdue",
            Tone::Danger,
            &format!("to be revoked since {}: {why}", ink.moment(promise.due)),
        );
    }
    if let Some(used) = promise.used_since(credential, account.skew) {
        let when = ago(used.last, account.server_time(ink.model.now));
        page.fact_marked("still used", Tone::Warning, &format!("{when}, {}", used.words()));
    }
}

/// The lines that fit under the table of a small screen.
fn compact<'a>(ink: Ink<'a>, account: &'a AccountState, credential: &'a Credential, width: u16) -> Page<'a> {
    let mut page = Page::new(ink, width);
    let now = ink.model.now;
    let room = usize::from(width).saturating_sub(15);
    let rights = words::rights(account, credential).join("; ");
    page.fact("may do", &cut(&rights, room));
    let facts = account.facts_of(credential);
    let (tone, stored) = words::stored(ink.model, facts.stored);
    let verified = facts
        .verified
        .map_or_else(|| String::from("not verified yet"), |at| format!("verified {}", ago(at, now)));
    page.fact_marked("secret", tone, &cut(&format!("{stored} {} {verified}", symbol::DOT), room));
    match (credential.open_window(account.server_time(now)), account.promise(credential)) {
        (Some(window), _) => page.bar("old secret", account, window),
        (None, Some(promise)) => retiring(ink, &mut page, account, credential, promise),
        (None, None) => page.fact("last used", &cut(&words::last_used_long(account, credential, now), room)),
    }
    if !facts.targets.is_empty() {
        page.fact("targets", &cut(&super::deliver::marks(&facts.targets), room));
    } else if credential.description.is_empty() {
        page.fact("ends", &cut(&words::end(account, credential, |at| ink.moment(at), now), room));
    } else {
        page.fact("description", &cut(credential.description.as_str(), room));
    }
    page
}
