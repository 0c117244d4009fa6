//! A login: the fields the backend needs, or a code to approve elsewhere.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{failed, start, waiting};
use crate::app::msg::DeviceCode;
use crate::app::pane::login::LoginPane;
use crate::domain::failure::FailureKind;
use crate::domain::session::Approval;
use crate::domain::time::span;
use crate::ui::ink::{Ink, Tone};
use crate::ui::text::{breaks, graphemes, wrap};
use crate::ui::widget::form;
use crate::ui::widget::overlay::Sheet;
use crate::ui::widget::page::Page;

/// The frame and the page.
pub fn sheet<'a>(ink: Ink<'a>, state: &'a LoginPane, area: Rect) -> (Sheet, Page<'a>) {
    let (mut sheet, mut page) = start(ink, format!("Log in to {}", state.account), state.context(), 84, area);
    sheet.least = 14;
    match &state.device {
        Some(code) => device(ink, &mut page, code),
        None => fields(ink, &mut page, state),
    }
    (sheet, page)
}

fn fields(ink: Ink<'_>, page: &mut Page<'_>, state: &LoginPane) {
    let account = ink.model.account(&state.account);
    if let Some(account) = account {
        page.hint(account.account.endpoint.as_str());
        if let Some(refusal) = account.server.as_ref().and_then(|server| server.refuses_login.as_ref()) {
            page.mark(Tone::Danger, refusal.as_str());
        }
        page.gap();
    }
    if let Some(request) = state.running {
        let since =
            ink.model.pending.get(&request).map(|pending| ink.since(pending.since)).unwrap_or_default();
        page.waiting(&format!("Logging in {since}"));
        page.gap();
    }
    let method = account.and_then(|account| account.abilities.logins.get(state.method));
    match (&state.failure, method) {
        (Some(failure), Some(method)) if failure.kind == FailureKind::WrongLogin => {
            page.failure_then(failure, &method.check_again());
            page.gap();
        }
        (failure, _) => failed(page, failure.as_ref()),
    }
    waiting(ink, page, &state.account, state.failure.as_ref());
    form::fields(page, &ink, &state.form);
    if let Some(method) = method {
        page.gap();
        page.hint(method.explain);
        if state.form.is_on("keep") {
            page.hint(&format!("Kept in the keyring: {}", method.keeps));
        }
    }
}

fn device<'a>(ink: Ink<'a>, page: &mut Page<'a>, code: &'a DeviceCode) {
    let (doing, what) = match &code.approval {
        Approval::Code(letters) => {
            page.text(
                "Open this address in a browser where you are logged in, compare the code and approve it:",
            );
            address(ink, page, code.address.as_str());
            for line in wrap(&spread(letters.as_str()), page.width.saturating_sub(4).max(1)) {
                page.line(Line::from(vec![Span::raw("    "), Span::styled(line, ink.theme.accent)]));
            }
            page.gap();
            ("the approval", "code")
        }
        Approval::WayBack { provider, address: back } => {
            page.text(&format!(
                "Open this address in a browser of this machine and sign in with {provider}:"
            ));
            address(ink, page, code.address.as_str());
            page.text("It comes back here by itself, as the server lists this line:");
            address(ink, page, back.as_str());
            page.hint(
                "Nothing in it tells whose attempt it was: see in the header who came in. Does it not come back, step \
                 back and give the code behind ?code= in the browser's address bar.",
            );
            page.gap();
            ("the browser", "attempt")
        }
    };
    let left = code.expires.duration_since(ink.model.now);
    if left.is_positive() {
        page.waiting(&format!("Waiting for {doing}. The {what} ends in {}.", span(left)));
    } else {
        page.mark(Tone::Warning, &format!("The {what} has ended. Step back and begin again."));
    }
}

/// Broken hard and never cut: it must be typed or copied whole.
fn address<'a>(ink: Ink<'_>, page: &mut Page<'a>, address: &'a str) {
    page.gap();
    for piece in breaks(address, page.width.saturating_sub(4).max(1)) {
        page.line(Line::from(vec![Span::raw("    "), Span::styled(piece, ink.theme.title)]));
    }
    page.gap();
}

/// A code with room around its letters, so that it can be compared at a glance: short ones letter by letter, long
/// ones in fours.
fn spread(code: &str) -> String {
    let letters: Vec<&str> = graphemes(code).collect();
    if letters.len() <= 12 {
        return letters.join(" ");
    }
    letters.chunks(4).map(<[&str]>::concat).collect::<Vec<_>>().join("  ")
}
