//! The findings pane.

use crate::app::connection;
use crate::app::findings::{Source, about, words};
use crate::app::model::{Model, Pane};
use crate::app::pane::Overlay;
use crate::app::pane::confirm;
use crate::app::pane::message::Message;
use crate::app::update::Turn;
use crate::keymap::action::Action;

/// What an action means in the findings pane.
pub fn act(model: &mut Model, action: Action) -> Turn {
    let last = model.findings.len().saturating_sub(1);
    let page = model.view.page_height;
    let cursor = model.finding_cursor;
    match action {
        Action::Down => model.finding_cursor = (cursor + 1).min(last),
        Action::Up => model.finding_cursor = cursor.saturating_sub(1),
        Action::PageDown => model.finding_cursor = (cursor + page).min(last),
        Action::PageUp => model.finding_cursor = cursor.saturating_sub(page),
        Action::First => model.finding_cursor = 0,
        Action::Last => model.finding_cursor = last,
        Action::Back => model.pane = Pane::Credentials,
        Action::Open => return open(model),
        _ => {}
    }
    Turn::stay()
}

/// Goes to the credential; what is about the whole account is shown as a page.
fn open(model: &mut Model) -> Turn {
    let Some(line) = model.findings.get(model.finding_cursor).copied() else { return Turn::stay() };
    if let Source::Loose(at) = line.source {
        let asked = model.loose_files.get(at).map(confirm::tighten);
        return asked.map_or_else(Turn::stay, |asked| Turn::open(Overlay::Confirm(Box::new(asked))));
    }
    let Some((account, credential)) = about(model, line) else { return Turn::stay() };
    if let Some(reference) = credential.map(|credential| credential.reference(account.name())) {
        model.pane = Pane::Credentials;
        model.table.filtering = false;
        model.table.filter = tui_input::Input::default();
        model.table.apply_filter(&model.accounts, model.now);
        connection::point_at(model, &reference);
        return Turn::stay();
    }
    let name = account.name().clone();
    let Some(found) = words(model, line) else { return Turn::stay() };
    let page = Message::plain(
        &format!("{} · {name}", line.severity.word()),
        vec![found.what, String::new(), found.mend],
    );
    Turn::open(Overlay::Message(Box::new(page)))
}
