//! One file per pane or overlay, with the names of `app::pane`. Each says what is on its page; [`super::widget`]
//! decides how that looks.

pub mod account_form;
pub mod accounts;
pub mod activity;
pub mod bulk;
pub mod by_hand;
pub mod commands;
pub mod confirm;
pub mod create;
pub mod credentials;
pub mod deliver;
pub mod detail;
pub mod edit;
pub mod findings;
pub mod help;
pub mod import;
pub mod locked;
pub mod login;
pub mod message;
pub mod owners;
pub mod reveal;
pub mod revoke;
pub mod rotate;
pub mod timeline;
pub mod unfinished;
pub mod vend;
pub mod welcome;
pub mod which_part;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::ink::{Ink, Tone};
use super::widget::overlay::{Sheet, page_width};
use super::widget::page::Page;
use crate::app::model::VaultView;
use crate::app::pane::Overlay;
use crate::domain::account::AccountName;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::time::span;
use crate::keymap::table::Context;

/// The frame and the page of an overlay.
pub fn overlay<'a>(ink: Ink<'a>, overlay: &'a Overlay, area: Rect) -> (Sheet, Page<'a>) {
    match overlay {
        Overlay::Welcome(pane) => welcome::sheet(ink, pane, area),
        Overlay::Accounts(pane) => accounts::sheet(ink, pane, area),
        Overlay::AccountForm(pane) => account_form::sheet(ink, pane, area),
        Overlay::Login(pane) => login::sheet(ink, pane, area),
        Overlay::Create(pane) => create::sheet(ink, pane, area),
        Overlay::ByHand(pane) => by_hand::sheet(ink, pane, area),
        Overlay::Reveal(pane) => reveal::sheet(ink, pane, area),
        Overlay::Rotate(pane) => rotate::sheet(ink, pane, area),
        Overlay::Revoke(pane) => revoke::sheet(ink, pane, area),
        Overlay::Edit(pane) => edit::sheet(ink, pane, area),
        Overlay::Import(pane) => import::sheet(ink, pane, area),
        Overlay::WhichPart(pane) => which_part::sheet(ink, pane, area),
        Overlay::Deliver(pane) => deliver::sheet(ink, pane, area),
        Overlay::Bulk(pane) => bulk::sheet(ink, pane, area),
        Overlay::Vend(pane) => vend::sheet(ink, pane, area),
        Overlay::Confirm(pane) => confirm::sheet(ink, pane, area),
        Overlay::Unfinished(pane) => unfinished::sheet(ink, pane, area),
        Overlay::Help(pane) => help::sheet(ink, pane, area),
        Overlay::Commands(pane) => commands::sheet(ink, pane, area),
        Overlay::Message(pane) => message::sheet(ink, pane, area),
    }
}

/// A calm frame of the usual size with an empty page.
fn start(
    ink: Ink<'_>,
    title: impl Into<String>,
    context: Context,
    widest: u16,
    area: Rect,
) -> (Sheet, Page<'_>) {
    let sheet = Sheet {
        title: title.into(),
        steps: None,
        widest,
        least: 0,
        border: Style { fg: ink.theme.accent.fg, ..Style::new() },
        context,
        without: Vec::new(),
        scroll: ink.model.scroll,
    };
    let mut page = Page::new(ink, page_width(area, widest));
    page.roomy = area.height >= 18;
    (sheet, page)
}

/// The failure of the last try, if there was one. It stands first, where it is seen on any screen.
fn failed(page: &mut Page<'_>, failure: Option<&Failure>) {
    if let Some(failure) = failure {
        page.failure(failure);
        page.gap();
    }
}

/// How long the server takes no further attempt, counted down.
fn waiting(ink: Ink<'_>, page: &mut Page<'_>, account: &AccountName, failure: Option<&Failure>) {
    let Some(account) = ink.model.account(account) else { return };
    let refused = failure.is_some_and(|failure| failure.kind == FailureKind::TooMany);
    match (account.wait(ink.model.now), account.again.filter(|_| refused)) {
        (Some(wait), _) => page.mark(
            Tone::Warning,
            &format!("The server takes another attempt in {}. Nothing typed is lost.", span(wait)),
        ),
        (None, Some(_)) => page.mark(Tone::Good, "The server takes another attempt now: Enter goes on."),
        (None, None) => return,
    }
    page.gap();
}

/// Who keeps a promise while no keywright is open, where nobody does yet and somebody could.
pub(super) fn install_hint(ink: Ink<'_>, page: &mut Page<'_>) {
    let kept = matches!(ink.model.vault, VaultView::Keyring(_) | VaultView::Kernel);
    if kept && !ink.model.promises.watched {
        page.hint("`keywright due --install` keeps it while no keywright is open.");
    }
}

/// A line of a list to choose from: the cursor's mark, and the whole line marked when the cursor is on it.
pub(super) fn choice<'a>(ink: Ink<'a>, chosen: bool, spans: Vec<Span<'a>>) -> Line<'a> {
    let mark = if chosen { format!("{} ", super::symbol::CURSOR) } else { String::from("  ") };
    let mut line = Line::from(Span::styled(mark, ink.theme.focus));
    line.spans.extend(spans);
    if chosen {
        for span in &mut line.spans {
            span.style = span.style.patch(ink.theme.selected);
        }
    }
    line
}
