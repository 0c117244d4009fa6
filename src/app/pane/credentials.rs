//! The credentials pane.

use tui_input::Input;

use crate::app::connection;
use crate::app::effect::{Effect, Generation};
use crate::app::form;
use crate::app::model::{AccountState, Model, Tone};
use crate::app::pane::bulk::Bulk;
use crate::app::pane::confirm::{Asked, Confirm};
use crate::app::pane::create;
use crate::app::pane::edit::EditPane;
use crate::app::pane::message::Message;
use crate::app::pane::revoke::Revoke;
use crate::app::pane::rotate::Rotate;
use crate::app::pane::{Overlay, deliver as targets, login, which_part};
use crate::app::rows;
use crate::app::update::Turn;
use crate::domain::ability::RotationForm;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::session::SessionFacts;
use crate::domain::text::Text;
use crate::keymap::action::Action;
use crate::keymap::key::Key;

/// What an action means in the credentials pane.
pub fn act(model: &mut Model, action: Action) -> Turn {
    let page = isize::try_from(model.view.table_height).unwrap_or(1).max(1);
    match action {
        Action::Down => model.table.step(1),
        Action::Up => model.table.step(-1),
        Action::PageDown => model.table.step(page),
        Action::PageUp => model.table.step(-page),
        Action::First => model.table.step(isize::MIN),
        Action::Last => model.table.step(isize::MAX),
        Action::Back => return back(model).unwrap_or_default(),
        Action::Filter => model.table.filtering = true,
        Action::Select => select(model),
        Action::SelectShown => model.table.mark_shown(&model.accounts),
        Action::Rotate | Action::Revoke | Action::Verify | Action::Deliver
            if !model.table.marks.is_empty() =>
        {
            return Bulk::open(model, action);
        }
        Action::Sort => {
            model.table.sort = model.table.sort.next();
            connection::rebuild(model);
        }
        Action::SortReverse => {
            model.table.reversed = !model.table.reversed;
            connection::rebuild(model);
        }
        Action::Open if model.table.filtering => model.table.filtering = false,
        Action::New => {
            return create::begin(model);
        }
        // One that is on its way out shows what became of its rotation; that makes nothing new.
        Action::Rotate if is_retiring(model) => {
            return on_selected(model, |facts| &facts.may_revoke, Rotate::open);
        }
        // A second credential can also be made by hand, on a page.
        Action::Rotate if makes_a_second(model) => return on_selected(model, |_| &ANYONE, Rotate::open),
        Action::Rotate => return on_selected(model, |facts| &facts.may_create, Rotate::open),
        Action::Revoke if is_old_secret(model) => return about_the_end(model),
        Action::Revoke => return on_selected(model, |facts| &facts.may_revoke, Revoke::open),
        Action::Edit => return on_selected(model, |facts| &facts.may_create, EditPane::open),
        Action::Disable => return on_selected(model, |facts| &facts.may_revoke, disable),
        Action::Open => return details(model),
        Action::Verify => {
            return verify(model, model.table.row().map_or(Generation::Current, |row| row.generation));
        }
        Action::VerifyOld => return verify(model, Generation::Previous),
        Action::Copy => return copy(model),
        Action::Deliver => return deliver(model),
        _ => {}
    }
    Turn::stay()
}

/// Selects the credential under the cursor, or gives it up, and goes on to the next line.
fn select(model: &mut Model) {
    if let Some(row) = model.table.row() {
        model.table.mark(&model.accounts, row);
        model.table.step(1);
    }
}

/// Esc: first a verification that takes long is stopped, then the filter goes, then the selection, then a listing that
/// takes long is stopped; the choice of an account stays as it is. `None` when there was nothing to step back from.
pub fn back(model: &mut Model) -> Option<Turn> {
    let stopped =
        model.stoppable().filter(|_| !model.table.filtering).and_then(|request| model.stop(request));
    if let Some(stopped) = stopped {
        model.say(Tone::Plain, "stopped; nothing is known of it");
        return Some(Turn::effect(stopped));
    }
    let had_notice = model.notice.take().is_some();
    if model.table.filtering || !model.table.filter.value().is_empty() {
        model.table.filtering = false;
        model.table.filter = Input::default();
        model.table.apply_filter(&model.accounts, model.now);
        return Some(Turn::stay());
    }
    if !model.table.marks.is_empty() {
        model.table.clear_marks();
        return Some(Turn::stay());
    }
    if had_notice {
        return Some(Turn::stay());
    }
    connection::stop_listing(model).map(Turn::effect)
}

/// A key that is text while the filter is typed.
pub fn filter_key(model: &mut Model, key: Key) -> Vec<Effect> {
    form::edit(&mut model.table.filter, key);
    model.table.apply_filter(&model.accounts, model.now);
    Vec::new()
}

/// Pasted text while the filter is typed.
pub fn filter_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    form::paste(&mut model.table.filter, text);
    model.table.apply_filter(&model.accounts, model.now);
    Vec::new()
}

/// Which permission of a session a step needs.
pub type May = fn(&SessionFacts) -> &Result<(), Text>;

/// Something that writes: needs a login that may write; says why when it does not.
pub fn writing(
    model: &mut Model,
    index: Option<usize>,
    may: May,
    then: impl FnOnce(&mut Model, usize) -> Turn,
) -> Turn {
    let Some(index) = index else { return nothing_there(model) };
    let Some(account) = model.accounts.get(index) else { return Turn::stay() };
    match account.session() {
        None => login::open_for(model, index),
        Some(facts) => match may(facts) {
            Ok(()) => then(model, index),
            Err(why) => {
                let lines = vec![
                    format!("{} is logged in as {} ({}).", account.name(), facts.who, facts.kind),
                    why.as_str().to_owned(),
                    String::new(),
                    String::from("Press L to log in as somebody who may."),
                ];
                let name = account.name().clone();
                Turn::open(Overlay::Message(Box::new(Message {
                    account: Some(name),
                    bad: true,
                    ..Message::plain("This login may not change anything", lines)
                })))
            }
        },
    }
}

fn nothing_there(model: &mut Model) -> Turn {
    let text = if model.accounts.is_empty() {
        "there is no account yet; press p, then n"
    } else {
        "there is nothing here"
    };
    model.say(Tone::Plain, text);
    Turn::stay()
}

/// Something about the credential under the cursor that writes.
fn on_selected(model: &mut Model, may: May, then: fn(&mut Model, usize, &Credential) -> Turn) -> Turn {
    let Some((_, credential)) = model.selected() else {
        // Without a line the login may be what is missing.
        return match model
            .current_account()
            .and_then(|index| model.accounts.get(index).map(|one| (index, one)))
        {
            Some((index, account)) if account.session().is_none() => login::open_for(model, index),
            _ => nothing_there(model),
        };
    };
    let credential = credential.clone();
    let index = model.table.row().map(|row| row.account);
    writing(model, index, may, |model, index| then(model, index, &credential))
}

/// What needs a login and no permission.
static ANYONE: Result<(), Text> = Ok(());

/// Whether a rotation of what the line stands for makes a second credential.
fn makes_a_second(model: &Model) -> bool {
    model.selected().is_some_and(|(account, credential)| {
        let rotation = &account.abilities.kind(credential.kind).rotation;
        matches!(rotation, RotationForm::TwoCredentials { .. })
    })
}

/// Whether the line stands for an old credential whose revocation is promised.
fn is_retiring(model: &Model) -> bool {
    model.selected().is_some_and(|(account, credential)| account.promise(credential).is_some())
}

/// Whether the line stands for an old secret inside its window.
fn is_old_secret(model: &Model) -> bool {
    model.table.row().is_some_and(|row| row.generation == Generation::Previous)
}

/// An old secret cannot be revoked by itself where the server ends it; what can be done instead is said.
fn about_the_end(model: &mut Model) -> Turn {
    let Some((account, credential)) = model.selected() else { return nothing_there(model) };
    let end = match account.abilities.kind(credential.kind).rotation {
        RotationForm::ServerWindow { end, .. } => end,
        RotationForm::TwoCredentials { sentence, .. } | RotationForm::CutOver { sentence, .. } => sentence,
    };
    let lines = vec![
        format!("This line is the old secret of '{}' of {}.", credential.name, credential.owner.name),
        end.to_owned(),
        String::new(),
        String::from(
            "On the line of the credential itself, r rotates again and x revokes it with both secrets.",
        ),
    ];
    Turn::open(Overlay::Message(Box::new(Message::plain("The old secret ends by itself", lines))))
}

fn details(model: &mut Model) -> Turn {
    if let Some((account, credential)) = model.selected() {
        let page = Message::details(
            &format!("{} · {}", credential.name, credential.owner.name),
            detail_lines(model, account, credential),
        );
        let reference = credential.reference(account.name());
        let told = account.abilities.history.filter(|_| account.session().is_some());
        let Some(told) = told else { return Turn::open(Overlay::Message(Box::new(page))) };
        // What the server's history has comes below as soon as it is there.
        let request = model.request("asking the server's own history", false);
        let page = Message { asking: Some((request, told)), ..page };
        return Turn::open(Overlay::Message(Box::new(page))).and(Effect::History(request, reference));
    }
    on_selected(model, |facts| &facts.may_revoke, |_, _, _| Turn::stay())
}

/// Everything known of a credential, line by line.
pub fn detail_lines(model: &Model, account: &AccountState, credential: &Credential) -> Vec<String> {
    super::detail::lines(model, account, credential)
}

/// Presents the secret of the line, or the one before it: also after its window, when it has no line any more.
fn verify(model: &mut Model, generation: Generation) -> Turn {
    let Some((account, credential)) = model.selected() else { return nothing_there(model) };
    let facts = account.facts_of(credential);
    let reference = credential.reference(account.name());
    if !rows::is_stored(&facts, generation) {
        let text = match generation {
            Generation::Current => {
                "this secret is not stored here, so it cannot be presented; import it (i) to verify it"
            }
            Generation::Previous => "no old secret of it is stored here, so none can be presented",
        };
        model.say(Tone::Plain, text);
        return Turn::stay();
    }
    let request = model.request(format!("presenting a secret of '{}'", credential.name), false);
    Turn::effect(Effect::Verify { request, credential: reference, generation, operation: None })
}

fn copy(model: &mut Model) -> Turn {
    let Some((account, credential)) = model.selected() else { return nothing_there(model) };
    let generation = model.table.row().map_or(Generation::Current, |row| row.generation);
    let facts = account.facts_of(credential);
    let reference = credential.reference(account.name());
    if !rows::is_stored(&facts, generation) {
        model.say(Tone::Plain, "this secret is not stored here; the server shows it only when it is made");
        return Turn::stay();
    }
    let of = (credential.kind, credential.name.clone());
    which_part::copy(model, reference, of, generation)
}

/// Opens the targets of a credential. Only a stored secret can be delivered.
fn deliver(model: &mut Model) -> Turn {
    let Some((account, credential)) = model.selected() else { return nothing_there(model) };
    let reference = credential.reference(account.name());
    let (name, owner) = (credential.name.clone(), credential.owner.name.clone());
    deliver_of(model, reference, name, owner)
}

/// The same for a credential that is known by its reference.
pub fn deliver_of(model: &mut Model, reference: CredentialRef, name: Text, owner: Text) -> Turn {
    let account = model.account(&reference.account);
    let facts = account.and_then(|account| account.facts.get(&reference)).cloned().unwrap_or_default();
    let none = model.targets.is_empty() && facts.targets.is_empty();
    if !facts.stored && !none {
        let text = "this secret is not stored here, so it cannot be delivered; import it (i) or rotate (r)";
        model.say(Tone::Plain, text);
        return Turn::stay();
    }
    targets_of(model, reference, name, owner)
}

/// The targets of a stored secret, or how there come to be some.
pub fn targets_of(model: &Model, reference: CredentialRef, name: Text, owner: Text) -> Turn {
    if model.targets.is_empty() && targets::notes(model, &reference).is_empty() {
        let lines = targets::HOW.iter().map(|line| String::from(*line)).collect();
        return Turn::open(Overlay::Message(Box::new(Message::plain("There are no targets yet", lines))));
    }
    Turn::open(Overlay::Deliver(Box::new(targets::Deliver::new(reference, name, owner))))
}

fn disable(model: &mut Model, index: usize, credential: &Credential) -> Turn {
    let Some(account) = model.accounts.get(index) else { return Turn::stay() };
    if !account.abilities.credential.disable {
        let text = format!("{} cannot switch credentials off", account.abilities.title);
        model.say(Tone::Plain, text);
        return Turn::stay();
    }
    let on = !credential.enabled;
    let mut lines = vec![if on {
        format!("'{}' of {} will work again at once.", credential.name, credential.owner.name)
    } else {
        format!(
            "'{}' of {} stops working at once, and can be switched on again.",
            credential.name, credential.owner.name
        )
    }];
    if !on && let Some(server) = &account.server {
        lines.extend(server.survives.disable.iter().map(|text| text.as_str().to_owned()));
    }
    let must_type = (account.account.protected && !on).then(|| credential.name.as_str().to_owned());
    let asked = Asked::EnableCredential(credential.reference(account.name()), on);
    let title = format!("Switch '{}' {}", credential.name, if on { "on" } else { "off" });
    Turn::open(Overlay::Confirm(Box::new(Confirm::new(asked, title, lines, must_type))))
}
