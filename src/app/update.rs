//! The one transition: a message comes in, the model changes, effects go out. It only routes.

use super::connection;
use super::due;
use super::effect::{Effect, RequestId};
use super::model::{IDLE_LOCK_MINUTES, LEAST_SIZE, Model, Pane, Tone};
use super::msg::{IssueOutcome, Msg, Reply, TakenIn};
use super::pane::confirm::Asked;
use super::pane::message::Message;
use super::pane::{self, Overlay};
use super::promises;
use super::settle;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;
use crate::keymap::{self};

/// What a pane or overlay wants after a key or a reply.
#[derive(Default)]
pub struct Turn {
    /// Whether the overlay is to be closed.
    pub close: bool,
    /// An overlay to put on top.
    pub open: Option<Overlay>,
    /// What the runtime is to do.
    pub effects: Vec<Effect>,
}

impl Turn {
    /// Nothing more.
    pub fn stay() -> Self {
        Self::default()
    }

    /// The overlay goes.
    pub fn close() -> Self {
        Self { close: true, ..Self::default() }
    }

    /// An overlay on top.
    pub fn open(overlay: Overlay) -> Self {
        Self { open: Some(overlay), ..Self::default() }
    }

    /// One effect.
    pub fn effect(effect: Effect) -> Self {
        Self { effects: vec![effect], ..Self::default() }
    }

    /// The overlay goes too.
    #[must_use]
    pub fn and_close(mut self) -> Self {
        self.close = true;
        self
    }

    /// One effect more.
    #[must_use]
    pub fn and(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

/// What the program begins with, after its first frame.
pub fn start(model: &mut Model) -> Vec<Effect> {
    let mut effects = pane::welcome::check_vault(model).effects;
    effects.push(Effect::Unfinished(model.request("reading unfinished work", false)));
    if model.accounts.is_empty() {
        let welcome = pane::welcome::Welcome::open(model);
        model.overlays.extend(welcome.open);
        effects.extend(welcome.effects);
    } else if !model.settings_problems.is_empty() {
        let page = Message::plain("Some settings could not be used", model.settings_problems.clone());
        model.overlays.push(Overlay::Message(Box::new(Message { bad: true, ..page })));
    }
    effects.extend(connection::open_all(model));
    effects
}

/// The one transition. `now` is our clock.
pub fn update(model: &mut Model, now: Timestamp, msg: Msg) -> Vec<Effect> {
    model.now = now;
    let place = (model.overlays.len(), model.context());
    let mut effects = match msg {
        Msg::Tick => Vec::new(),
        Msg::Key { key, repeat } => on_key(model, key, repeat),
        Msg::Paste(text) => on_paste(model, &text),
        Msg::Resize(columns, rows) => on_resize(model, columns, rows),
        Msg::Focus(focused) => on_focus(model, focused),
        Msg::Resumed => {
            mask(model);
            vec![Effect::Repaint]
        }
        Msg::Terminate => {
            (model.leaving, model.told_to_end) = (true, true);
            Vec::new()
        }
        Msg::VaultWaiting(waiting) => {
            model.vault_waiting = waiting;
            Vec::new()
        }
        Msg::Waiting(words) => {
            model.say(Tone::Plain, words.as_str());
            Vec::new()
        }
        Msg::VaultSeen(view) => {
            model.vault = view;
            Vec::new()
        }
        Msg::Stop => suspend(model),
        Msg::DeviceWaiting(request, _, code) => pane::login::device_waiting(model, request, code),
        Msg::Renewed(account, facts) => {
            connection::session_kept(model, &account, *facts);
            Vec::new()
        }
        Msg::CredentialSeen(account, seen) => {
            connection::update_credential(model, &account, *seen);
            Vec::new()
        }
        Msg::DeliveredOne(credential, receipt) => {
            connection::note_receipt(model, &credential, receipt);
            Vec::new()
        }
        Msg::Bulk(request, news) => pane::bulk::arrived(model, request, news),
        Msg::Unstored(arrived) => pane::bulk::unstored(model, *arrived),
        Msg::Progress(request, progress) => {
            if let Some(pending) = model.pending.get_mut(&request) {
                pending.progress = Some(progress);
            }
            Vec::new()
        }
        Msg::ListedPart(request, part, reach) => {
            connection::listed_part(model, request, *part, reach);
            Vec::new()
        }
        Msg::Reply(request, reply) => on_reply(model, request, reply),
        Msg::Crashed(request) => on_crash(model, request),
    };
    effects.extend(on_time(model));
    if place != (model.overlays.len(), model.context()) {
        model.scroll = 0;
    }
    if model.leaving || model.stopping {
        // Nothing more of many is begun; what was begun is waited for.
        effects.extend(pane::bulk::halt_all(model));
    }
    if model.stopping && model.writing().is_none() {
        model.stopping = false;
        effects.push(Effect::Suspend);
    }
    if model.leaving && model.writing().is_none() {
        effects.push(Effect::Quit);
    }
    effects
}

fn on_key(model: &mut Model, key: Key, repeat: bool) -> Vec<Effect> {
    // The machine may have slept past the end of the idle time: then this key falls on the curtain.
    let slept = !model.locked && model.now >= idle_end(model);
    model.last_input = model.now;
    // Some terminals tell that the focus went and not that it came back.
    model.focused = true;
    if slept {
        return lock(model);
    }
    let context = model.context();
    let action = keymap::resolve(context, key);
    match action {
        Some(action) if repeat && !may_repeat(action) => Vec::new(),
        Some(action) => on_action(model, action),
        None if context.types() => {
            let turn = with_top(model, |overlay, model| pane::key(overlay, model, key));
            turn.unwrap_or_else(|| pane::credentials::filter_key(model, key))
        }
        None => Vec::new(),
    }
}

/// A held key may move and edit; it never confirms, opens or ends anything.
fn may_repeat(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::NextField
            | Action::PreviousField
    )
}

fn on_action(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Leave => return leave(model),
        Action::Lock => return lock(model),
        Action::Suspend => return suspend(model),
        Action::Repaint => return vec![Effect::Repaint],
        // What cannot be seen is not acted on.
        _ if model.size.0 < LEAST_SIZE.0 || model.size.1 < LEAST_SIZE.1 => return Vec::new(),
        _ if model.locked => return unlock(model, action),
        Action::Help => {
            let help = pane::help::Help { context: model.context() };
            model.overlays.push(Overlay::Help(help));
            return Vec::new();
        }
        _ => {}
    }
    if scroll(model, action) {
        return Vec::new();
    }
    model.scroll = 0;
    let turn = with_top(model, |overlay, model| pane::act(overlay, model, action));
    turn.unwrap_or_else(|| pane::act_on_pane(model, action))
}

/// Scrolls the page on top, where the keys that move have no other meaning.
fn scroll(model: &mut Model, action: Action) -> bool {
    let page = matches!(
        model.context(),
        Context::Page | Context::ByHand | Context::Help | Context::Message | Context::RotateVerify
    );
    let step = model.view.page_height.saturating_sub(1).max(1);
    let wanted = match action {
        Action::Down => model.scroll.saturating_add(1),
        Action::Up => model.scroll.saturating_sub(1),
        Action::PageDown => model.scroll.saturating_add(step),
        Action::PageUp => model.scroll.saturating_sub(step),
        _ => return false,
    };
    if page {
        model.scroll = wanted.min(model.view.scroll_max);
    }
    page
}

/// Lets the top overlay have its turn; `None` when there is no overlay.
fn with_top(model: &mut Model, turn: impl FnOnce(&mut Overlay, &mut Model) -> Turn) -> Option<Vec<Effect>> {
    let position = model.overlays.len().checked_sub(1)?;
    Some(with_overlay(model, position, turn))
}

/// Lets the overlay at `position` have its turn. It is taken out meanwhile, so that it can change the model.
pub fn with_overlay(
    model: &mut Model,
    position: usize,
    turn: impl FnOnce(&mut Overlay, &mut Model) -> Turn,
) -> Vec<Effect> {
    if position >= model.overlays.len() {
        return Vec::new();
    }
    let mut overlay = model.overlays.remove(position);
    let turn = turn(&mut overlay, model);
    if !turn.close {
        model.overlays.insert(position.min(model.overlays.len()), overlay);
    }
    if let Some(open) = turn.open {
        model.overlays.push(open);
    }
    turn.effects
}

fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    model.last_input = model.now;
    if model.locked {
        return Vec::new();
    }
    if model.context().types() {
        let turn = with_top(model, |overlay, model| pane::paste(overlay, model, text));
        return turn.unwrap_or_else(|| pane::credentials::filter_paste(model, text));
    }
    Vec::new()
}

fn on_resize(model: &mut Model, columns: u16, rows: u16) -> Vec<Effect> {
    model.size = (columns, rows);
    if columns < 40 || rows < 10 {
        mask(model);
    }
    Vec::new()
}

fn on_focus(model: &mut Model, focused: bool) -> Vec<Effect> {
    model.focused = focused;
    if !focused {
        mask(model);
    }
    Vec::new()
}

/// Masks whatever secret is drawn in clear.
pub fn mask(model: &mut Model) {
    for overlay in &mut model.overlays {
        if let Overlay::Reveal(reveal) = overlay {
            reveal.unmasked_until = None;
        }
    }
}

/// Stops for the shell, but not while a write has no answer yet: stopped, the program would give it up as late.
fn suspend(model: &mut Model) -> Vec<Effect> {
    mask(model);
    model.stopping = model.writing().is_some();
    match model.writing() {
        None => vec![Effect::Suspend],
        Some(write) => {
            let text = format!("stopping as soon as this has its answer: {}", write.what);
            model.say(Tone::Plain, text);
            Vec::new()
        }
    }
}

fn lock(model: &mut Model) -> Vec<Effect> {
    mask(model);
    model.locked = true;
    vec![Effect::WipeMemory, Effect::Repaint]
}

fn unlock(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Open {
        model.locked = false;
    }
    Vec::new()
}

/// Leaving from anywhere: asks first when a secret would be lost, and waits for writes.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    if losing(model) {
        ask_before_leaving(model);
        return Vec::new();
    }
    model.leaving = true;
    if let Some(write) = model.writing() {
        let text = format!("leaving as soon as this has its answer: {}", write.what);
        model.say(Tone::Plain, text);
    }
    Vec::new()
}

/// Whether a secret is shown that would be lost with the program: the clipboard is cleared at the end.
fn losing(model: &Model) -> bool {
    model.overlays.iter().any(|overlay| matches!(overlay, Overlay::Reveal(reveal) if !reveal.is_stored()))
}

/// The question lies over everything, the curtain too: it shows no secret, and behind the curtain nobody could answer.
fn ask_before_leaving(model: &mut Model) {
    (model.locked, model.notice) = (false, None);
    let asking =
        matches!(model.overlays.last(), Some(Overlay::Confirm(confirm)) if confirm.asked == Asked::Leave);
    if !asking {
        model.overlays.push(Overlay::Confirm(Box::new(pane::confirm::leaving())));
    }
}

fn on_reply(model: &mut Model, request: RequestId, reply: Reply) -> Vec<Effect> {
    let awaited = model.pending.remove(&request).is_some();
    // A one-time secret is never dropped, however stale its request is.
    let carries_secret = match &reply {
        Reply::Issued(IssueOutcome::Arrived(_)) => true,
        Reply::TakenIn(taken) => matches!(**taken, TakenIn::Arrived(_)),
        _ => false,
    };
    if !awaited && !carries_secret {
        return Vec::new();
    }
    settle::settle(model, request, reply)
}

/// Lets the overlay that waits for `request` have the reply.
pub fn reply_to_overlay(
    model: &mut Model,
    request: RequestId,
    turn: impl FnOnce(&mut Overlay, &mut Model) -> Turn,
) -> Option<Vec<Effect>> {
    let position = model.overlays.iter().position(|overlay| pane::waits_for(overlay, request))?;
    Some(with_overlay(model, position, turn))
}

fn on_crash(model: &mut Model, request: RequestId) -> Vec<Effect> {
    let Some(pending) = model.pending.remove(&request) else { return Vec::new() };
    let advice = if pending.write { "It may have happened; see unfinished work (u)." } else { "Try again." };
    model.say(Tone::Bad, format!("a bug stopped this: {}. {advice}", pending.what));
    connection::forget_request(model, request);
    promises::forget_request(model, request);
    model.bringing.remove(&request);
    for overlay in &mut model.overlays {
        pane::stop_waiting(overlay, request);
    }
    // Only what may have happened is looked for; a reading that crashes must not ask for itself again.
    let look = pending.write.then(|| Effect::Unfinished(model.request("reading unfinished work", false)));
    look.into_iter().collect()
}

/// What time alone brings about.
fn on_time(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let mut effects = Vec::new();
    if model.notice.as_ref().is_some_and(|notice| notice.until.is_some_and(|until| until <= now)) {
        model.notice = None;
    }
    if model.copied.as_ref().is_some_and(|copied| copied.clears <= now) {
        model.copied = None;
        effects.push(Effect::ClearClipboard);
    }
    for overlay in &mut model.overlays {
        if let Overlay::Reveal(reveal) = overlay
            && reveal.unmasked_until.is_some_and(|until| until <= now)
        {
            reveal.unmasked_until = None;
        }
    }
    if !model.locked && now >= idle_end(model) {
        effects.extend(lock(model));
    }
    effects.extend(connection::on_time(model));
    due::on_time(model);
    effects.extend(promises::on_time(model));
    effects.extend(pane::vend::on_time(model));
    effects
}

fn idle_end(model: &Model) -> Timestamp {
    model.last_input.checked_add(SignedDuration::from_mins(IDLE_LOCK_MINUTES)).unwrap_or(Timestamp::MAX)
}

/// When the model wants to hear of time again; `None` sleeps until something happens.
pub fn next_wake(model: &Model) -> Option<Timestamp> {
    let now = model.now;
    let after = |milliseconds| now.checked_add(SignedDuration::from_millis(milliseconds)).ok();
    let to_second = || after(1000 - i64::from(now.subsec_millisecond()).rem_euclid(1000));
    let spinning = (!model.pending.is_empty()).then(|| after(125)).flatten();
    let counting = counts_down(model).then(to_second).flatten();
    let notice = model.notice.as_ref().and_then(|notice| notice.until);
    let idle = (!model.locked).then(|| idle_end(model));
    let session = if model.locked { None } else { connection::next_change(model) };
    let promise = if model.leaving { None } else { promises::next_wake(model) };
    let vended = if model.leaving { None } else { pane::vend::next_wake(model) };
    [spinning, counting, notice, idle, session, promise, vended].into_iter().flatten().min()
}

/// Whether a number on the screen changes every second.
fn counts_down(model: &Model) -> bool {
    if model.locked {
        return model.copied.is_some();
    }
    let overlays = model.overlays.iter().any(|overlay| match overlay {
        Overlay::Reveal(reveal) => reveal.unmasked_until.is_some() || reveal.ends().is_some(),
        Overlay::Vend(_) => model.held.iter().any(|held| held.ends.is_some()),
        Overlay::Rotate(rotate) => rotate.step == pane::rotate::RotateStep::Verify,
        Overlay::Login(login) => login.device.is_some(),
        Overlay::Welcome(_)
        | Overlay::Accounts(_)
        | Overlay::AccountForm(_)
        | Overlay::Create(_)
        | Overlay::ByHand(_)
        | Overlay::Revoke(_)
        | Overlay::Edit(_)
        | Overlay::Import(_)
        | Overlay::WhichPart(_)
        | Overlay::Deliver(_)
        | Overlay::Bulk(_)
        | Overlay::Confirm(_)
        | Overlay::Unfinished(_)
        | Overlay::Help(_)
        | Overlay::Commands(_)
        | Overlay::Message(_) => false,
    });
    let windows = model.pane.has_table() && model.table.counts_down();
    let due = model.pane == Pane::Timeline && model.due.counts_down(model.now);
    // A wait that the server asked for is counted down where something would be sent.
    let waits = !model.overlays.is_empty() && model.accounts.iter().any(|one| one.wait(model.now).is_some());
    overlays || windows || due || waits || model.copied.is_some()
}

/// A command chosen from the list: the same as its key.
pub fn from_command(model: &mut Model, action: Action) -> Vec<Effect> {
    on_action(model, action)
}
