//! One file per pane or overlay: its state and what the keys do there.

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
pub mod login;
pub mod message;
pub mod owners;
pub mod restart;
pub mod reveal;
pub mod revoke;
pub mod rotate;
pub mod timeline;
pub mod unfinished;
pub mod vend;
pub mod welcome;
pub mod which_part;

use super::effect::{Effect, RequestId};
use super::model::{Model, Pane};
use super::msg::Reply;
use super::scopes::ScopePicker;
use super::update::Turn;
use crate::domain::account::AccountName;
use crate::domain::failure::{Failure, FailureKind};
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;

/// What lies over the panes. They stack; the top one has the keyboard.
pub enum Overlay {
    /// The first start.
    Welcome(welcome::Welcome),
    /// The list of accounts.
    Accounts(accounts::Accounts),
    /// The account editor.
    AccountForm(Box<account_form::AccountForm>),
    /// A login.
    Login(Box<login::LoginPane>),
    /// A new credential.
    Create(Box<create::Create>),
    /// A new credential that is made by hand.
    ByHand(Box<by_hand::ByHand>),
    /// A secret shown once.
    Reveal(Box<reveal::Reveal>),
    /// A rotation in six steps.
    Rotate(Box<rotate::Rotate>),
    /// A revocation.
    Revoke(Box<revoke::Revoke>),
    /// Name and description.
    Edit(Box<edit::EditPane>),
    /// A secret that exists already.
    Import(Box<import::Import>),
    /// Which part of a stored secret is copied.
    WhichPart(which_part::WhichPart),
    /// A stored secret on its way to targets.
    Deliver(Box<deliver::Deliver>),
    /// Many at once.
    Bulk(Box<bulk::Bulk>),
    /// Secrets for storage.
    Vend(Box<vend::Vend>),
    /// A destructive step on an owner.
    Confirm(Box<confirm::Confirm>),
    /// Unfinished work.
    Unfinished(unfinished::Unfinished),
    /// Help.
    Help(help::Help),
    /// The list of commands.
    Commands(commands::Commands),
    /// A sentence to read.
    Message(Box<message::Message>),
}

impl Overlay {
    /// Which context has the keyboard while this one is on top.
    pub fn context(&self) -> Context {
        match self {
            Self::Welcome(_) => Context::Welcome,
            Self::Accounts(_) => Context::Accounts,
            Self::AccountForm(_) | Self::Edit(_) | Self::Import(_) => Context::Form,
            Self::Login(pane) => pane.context(),
            Self::Create(pane) => pane.context(),
            Self::ByHand(pane) => pane.context(),
            Self::Reveal(pane) => pane.context(),
            Self::Rotate(pane) => pane.context(),
            Self::Revoke(pane) => pane.context(),
            Self::WhichPart(_) => Context::Choose,
            Self::Deliver(_) => Context::Deliver,
            Self::Bulk(pane) => pane.context(),
            Self::Vend(pane) => pane.context(),
            Self::Confirm(pane) => pane.context(),
            Self::Unfinished(_) => Context::Unfinished,
            Self::Help(_) => Context::Help,
            Self::Commands(_) => Context::Pick,
            Self::Message(_) => Context::Message,
        }
    }
}

/// What an action means for the overlay on top.
pub fn act(overlay: &mut Overlay, model: &mut Model, action: Action) -> Turn {
    match overlay {
        Overlay::Welcome(pane) => pane.act(model, action),
        Overlay::Accounts(pane) => pane.act(model, action),
        Overlay::AccountForm(pane) => pane.act(model, action),
        Overlay::Login(pane) => pane.act(model, action),
        Overlay::Create(pane) => pane.act(model, action),
        Overlay::ByHand(pane) => pane.act(model, action),
        Overlay::Reveal(pane) => pane.act(model, action),
        Overlay::Rotate(pane) => pane.act(model, action),
        Overlay::Revoke(pane) => pane.act(model, action),
        Overlay::Edit(pane) => pane.act(model, action),
        Overlay::Import(pane) => pane.act(model, action),
        Overlay::WhichPart(pane) => pane.act(model, action),
        Overlay::Deliver(pane) => pane.act(model, action),
        Overlay::Bulk(pane) => pane.act(model, action),
        Overlay::Vend(pane) => pane.act(model, action),
        Overlay::Confirm(pane) => pane.act(model, action),
        Overlay::Unfinished(pane) => pane.act(model, action),
        Overlay::Help(_) => help::Help::act(action),
        Overlay::Commands(pane) => pane.act(model, action),
        Overlay::Message(pane) => pane.act(model, action),
    }
}

/// A key that is text or editing there.
pub fn key(overlay: &mut Overlay, model: &mut Model, key: Key) -> Turn {
    match overlay {
        Overlay::AccountForm(pane) => pane.key(model, key),
        Overlay::Login(pane) => pane.key(model, key),
        Overlay::Create(pane) => pane.key(key),
        Overlay::ByHand(pane) if pane.running.is_none() => pane.form.key(key),
        Overlay::Reveal(pane) => pane.key(key),
        Overlay::Rotate(pane) => pane.key(key),
        Overlay::Revoke(pane) => pane.key(key),
        Overlay::Bulk(pane) => pane.key(key),
        Overlay::Edit(pane) => pane.form.key(key),
        Overlay::Import(pane) => pane.key(model, key),
        Overlay::Confirm(pane) => pane.key(key),
        Overlay::Vend(pane) => pane.key(key),
        Overlay::Commands(pane) => pane.key(model, key),
        Overlay::Welcome(_)
        | Overlay::ByHand(_)
        | Overlay::Accounts(_)
        | Overlay::WhichPart(_)
        | Overlay::Deliver(_)
        | Overlay::Unfinished(_)
        | Overlay::Help(_)
        | Overlay::Message(_) => {}
    }
    Turn::stay()
}

/// Pasted text. It never submits.
pub fn paste(overlay: &mut Overlay, model: &mut Model, text: &str) -> Turn {
    match overlay {
        Overlay::AccountForm(pane) => pane.form.paste(text),
        Overlay::Login(pane) => pane.form.paste(text),
        Overlay::Create(pane) => pane.paste(text),
        Overlay::ByHand(pane) if pane.pasting && pane.running.is_none() => pane.form.paste(text),
        Overlay::Rotate(pane) => pane.paste(text),
        Overlay::Bulk(pane) => pane.paste(text),
        Overlay::Edit(pane) => pane.form.paste(text),
        Overlay::Import(pane) => pane.form.paste(text),
        Overlay::Commands(pane) => pane.paste(model, text),
        Overlay::Vend(pane) => pane.paste(text),
        // What confirms a destructive step is typed, not pasted; the others take no text.
        Overlay::Reveal(_)
        | Overlay::Revoke(_)
        | Overlay::Confirm(_)
        | Overlay::ByHand(_)
        | Overlay::Welcome(_)
        | Overlay::Accounts(_)
        | Overlay::WhichPart(_)
        | Overlay::Deliver(_)
        | Overlay::Unfinished(_)
        | Overlay::Help(_)
        | Overlay::Message(_) => {}
    }
    Turn::stay()
}

/// The request an overlay waits for.
fn running(overlay: &Overlay) -> [Option<RequestId>; 3] {
    match overlay {
        Overlay::AccountForm(pane) => [pane.saving, None, None],
        Overlay::Login(pane) => [pane.running, None, None],
        Overlay::Create(pane) => [pane.running, pane.picker.as_ref().and_then(ScopePicker::request), None],
        Overlay::ByHand(pane) => [pane.running, None, None],
        Overlay::Rotate(pane) => {
            let presented = [&pane.new_presented, &pane.old_presented].map(rotate::Presented::request);
            [
                pane.running.or(pane.reading).or(pane.picker.as_ref().and_then(ScopePicker::request)),
                presented.first().copied().flatten(),
                presented.last().copied().flatten(),
            ]
        }
        Overlay::Revoke(pane) => [pane.running, pane.reading, None],
        Overlay::Edit(pane) => [pane.running, None, None],
        Overlay::Import(pane) => [pane.running, pane.looking, None],
        Overlay::Welcome(pane) => [pane.looking, None, None],
        Overlay::Deliver(pane) => [pane.running, None, None],
        Overlay::Bulk(pane) => [pane.run.running, None, None],
        Overlay::Vend(pane) => [pane.running, pane.asking(), None],
        Overlay::Message(pane) => [pane.asking.map(|(request, _)| request), None, None],
        Overlay::Confirm(pane) => [pane.running, None, None],
        Overlay::Unfinished(pane) => [pane.running.map(|(_, request)| request), None, None],
        Overlay::Reveal(pane) => [pane.copying, None, None],
        Overlay::Accounts(_) | Overlay::WhichPart(_) | Overlay::Help(_) | Overlay::Commands(_) => {
            [None, None, None]
        }
    }
}

/// Whether an overlay waits for a request.
pub fn waits_for(overlay: &Overlay, request: RequestId) -> bool {
    running(overlay).contains(&Some(request))
}

/// Takes note that a request will not be answered.
pub fn stop_waiting(overlay: &mut Overlay, request: RequestId) {
    if !waits_for(overlay, request) {
        return;
    }
    match overlay {
        Overlay::AccountForm(pane) => pane.saving = None,
        Overlay::Login(pane) => (pane.running, pane.device) = (None, None),
        Overlay::Create(pane) => pane.stop_waiting(request, bug()),
        Overlay::ByHand(pane) => (pane.running, pane.failure) = (None, Some(bug().unknown())),
        Overlay::Rotate(pane) => pane.stop_waiting(request),
        Overlay::Revoke(pane) => {
            (pane.running, pane.reading, pane.failure) = (None, None, Some(bug().unknown()));
        }
        Overlay::Edit(pane) => pane.running = None,
        Overlay::Import(pane) => pane.stop_waiting(request),
        Overlay::Welcome(pane) => pane.looking = None,
        Overlay::Deliver(pane) => (pane.running, pane.failure) = (None, Some(bug().unknown())),
        Overlay::Bulk(pane) => bulk::crashed(pane),
        Overlay::Vend(pane) => pane.stop_waiting(request, bug()),
        Overlay::Message(pane) => pane.asking = None,
        Overlay::Confirm(pane) => pane.running = None,
        Overlay::Unfinished(pane) => pane.running = None,
        Overlay::Reveal(pane) => pane.copying = None,
        Overlay::Accounts(_) | Overlay::WhichPart(_) | Overlay::Help(_) | Overlay::Commands(_) => {}
    }
}

/// What an overlay is told when its answer was lost to a bug of ours.
fn bug() -> Failure {
    Failure::new(FailureKind::CutOff, "a bug in keywright stopped it")
}

/// Somebody logged in: an overlay that failed because nobody was may go on. What is read afresh first is left alone.
pub fn logged_in(overlay: &mut Overlay, account: &AccountName) {
    let (of, failure) = match overlay {
        Overlay::Create(pane) => (&pane.account, &mut pane.failure),
        Overlay::Import(pane) => (&pane.account, &mut pane.failure),
        Overlay::Edit(pane) => {
            let of = match &pane.subject {
                edit::Subject::Credential(credential) => &credential.account,
                edit::Subject::Owner(account, _) => account,
            };
            (of, &mut pane.failure)
        }
        Overlay::Vend(pane) => (&pane.account, &mut pane.failure),
        Overlay::Rotate(pane) if pane.step == rotate::RotateStep::Check => {
            (&pane.credential.account, &mut pane.failure)
        }
        _ => return,
    };
    if of == account && failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::LoggedOut) {
        *failure = None;
    }
}

/// A reply for the overlay that waited for it.
pub fn reply(overlay: &mut Overlay, model: &mut Model, reply: Reply) -> Turn {
    match (overlay, reply) {
        (Overlay::Login(pane), Reply::LoggedIn(result)) => pane.logged_in(model, result),
        (Overlay::Rotate(pane), Reply::Read(result)) => pane.read(model, *result),
        (Overlay::Revoke(pane), Reply::Read(result)) => pane.read(model, *result),
        (Overlay::Revoke(pane), Reply::Revoked(result)) => pane.revoked(model, result),
        (Overlay::Edit(pane), Reply::Edited(result)) => pane.edited(model, *result),
        (Overlay::Edit(pane), Reply::Owner(result)) => pane.owner_edited(model, result),
        (Overlay::Import(pane), Reply::Imported(result)) => pane.imported(model, result),
        (Overlay::Import(pane), Reply::LoggedIn(result)) => pane.logged_in(model, result),
        (Overlay::Import(pane), Reply::Found(result)) => pane.looked(model, result),
        (Overlay::Welcome(pane), Reply::Found(result)) => pane.looked(result),
        (Overlay::Create(pane), Reply::CreationPage(_, result)) => pane.page_told(model, result),
        (Overlay::Rotate(pane), Reply::CreationPage(_, result)) => pane.page_told(model, result),
        (Overlay::Create(pane), Reply::Offers(result)) => pane.offered(model, result),
        (Overlay::Rotate(pane), Reply::Offers(result)) => pane.offered(model, result),
        (Overlay::Create(pane), Reply::Owner(result)) => pane.owner_made(model, result),
        (Overlay::Vend(pane), Reply::Places(result)) => pane.listed(model, result),
        (Overlay::Message(pane), Reply::History(result)) => {
            pane.history(model, result);
            Turn::stay()
        }
        (Overlay::Confirm(pane), reply) => pane.reply(model, reply),
        (Overlay::AccountForm(pane), Reply::Saved(result)) => pane.saved(model, result),
        _ => Turn::stay(),
    }
}

/// Deliveries of a request came to their end; `failure` is why they did not begin at all.
pub fn delivered(overlay: &mut Overlay, request: RequestId, failure: Option<&Failure>) {
    match overlay {
        Overlay::Deliver(pane) if pane.running == Some(request) => {
            (pane.running, pane.failure) = (None, failure.cloned());
        }
        Overlay::Unfinished(pane) if pane.running.is_some_and(|(_, running)| running == request) => {
            pane.running = None;
        }
        _ => {}
    }
}

/// A one-time secret did not come.
pub fn issue_failed(overlay: &mut Overlay, model: &mut Model, failure: Failure) -> Turn {
    match overlay {
        Overlay::Create(pane) => pane.issue_failed(model, failure),
        Overlay::Rotate(pane) => pane.issue_failed(model, failure),
        Overlay::Unfinished(pane) => pane.issue_failed(model, &failure),
        Overlay::Vend(pane) => pane.issue_failed(model, failure),
        _ => Turn::stay(),
    }
}

/// A one-time secret came; the reveal opens over this overlay.
pub fn issue_arrived(overlay: &mut Overlay, news: &News<'_>) -> Turn {
    match overlay {
        Overlay::Create(_) => Turn::close(),
        Overlay::Rotate(pane) => pane.issue_arrived(news),
        Overlay::Unfinished(pane) => {
            pane.running = None;
            Turn::stay()
        }
        Overlay::Vend(pane) => {
            pane.running = None;
            Turn::stay()
        }
        _ => Turn::stay(),
    }
}

/// What an overlay needs to know of a secret that came.
pub struct News<'a> {
    /// The credential as it is now.
    pub credential: &'a crate::domain::credential::Credential,
    /// Where the secret went.
    pub kept: super::msg::Kept,
    /// The operation in the log.
    pub operation: uuid::Uuid,
}

/// What an action means when no overlay is open: first what every pane shares, then the pane's own.
pub fn act_on_pane(model: &mut Model, action: Action) -> Vec<Effect> {
    // Whatever the key is about, the line under the cursor must not become another one while it is thought about.
    model.table.held |= !model.table.rows.is_empty();
    let turn = match action {
        Action::Quit => Turn { effects: super::update::leave(model), ..Turn::default() },
        Action::Commands => Turn::open(Overlay::Commands(commands::Commands::open(model))),
        Action::ShowCredentials => show(model, Pane::Credentials),
        Action::ShowTimeline => show(model, Pane::Timeline),
        Action::ShowOwners => show(model, Pane::Owners),
        Action::ShowFindings => show(model, Pane::Findings),
        Action::ShowActivity => show(model, Pane::Activity),
        Action::Accounts => Turn::open(Overlay::Accounts(accounts::Accounts::open(model))),
        Action::NextField => accounts::next(model, true),
        Action::PreviousField => accounts::next(model, false),
        Action::AddAccount => account_form::AccountForm::open_new(model),
        Action::LogIn => login::open_current(model),
        Action::LogOut => accounts::log_out(model, model.current_account()),
        Action::Refresh => refresh(model),
        Action::Unfinished => unfinished::open(model),
        Action::Restart => restart::begin(model),
        Action::Vend => vend::open(model),
        Action::CheckKeyring => welcome::look_at_keyring(model),
        Action::UseKeyring => welcome::use_vault(model, super::effect::Keeping::Keyring),
        Action::UseMemory => welcome::use_vault(model, super::effect::Keeping::Memory),
        Action::UseKernel => welcome::use_vault(model, super::effect::Keeping::Kernel),
        Action::SandboxClock => welcome::sandbox_clock(model),
        Action::Import => import::Import::open(model),
        other => match model.pane {
            Pane::Credentials => credentials::act(model, other),
            Pane::Timeline => timeline::act(model, other),
            Pane::Owners => owners::act(model, other),
            Pane::Findings => findings::act(model, other),
            Pane::Activity => activity::act(model, other),
        },
    };
    if let Some(open) = turn.open {
        model.overlays.push(open);
    }
    turn.effects
}

fn refresh(model: &mut Model) -> Turn {
    if model.pane == Pane::Activity {
        return show(model, Pane::Activity);
    }
    Turn { effects: super::connection::refresh(model), ..Turn::default() }
}

fn show(model: &mut Model, pane: Pane) -> Turn {
    model.pane = pane;
    if pane == Pane::Timeline {
        super::due::rebuild(model);
    }
    if pane == Pane::Findings {
        // Time alone makes findings too.
        super::findings::rebuild(model);
        // The sandbox has nothing to do with what lies on this machine.
        if model.sandbox.is_none() && !std::mem::replace(&mut model.looked_for_loose, true) {
            let request = model.request("looking at the modes of other tools' files", false);
            return Turn::effect(Effect::FindLoose(request));
        }
    }
    if pane == Pane::Activity {
        return Turn::effect(Effect::Activity(model.request("reading the activity", false)));
    }
    Turn::stay()
}
