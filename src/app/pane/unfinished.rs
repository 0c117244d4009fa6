//! Unfinished work: operations a program did not see to their end, with what is known and what can be done.

use uuid::Uuid;

use crate::app::connection;
use crate::app::effect::{DeliverPlan, Effect, Generation, RequestId};
use crate::app::model::{AccountState, Model, Tone};
use crate::app::pane::rotate::Rotate;
use crate::app::pane::{Overlay, login};
use crate::app::update::Turn;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::Failure;
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::target::TargetName;
use crate::domain::text::Text;
use crate::domain::time::{Timestamp, span};
use crate::keymap::action::Action;

/// The list.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// The line under the cursor.
    pub cursor: usize,
    /// What is under way for which operation.
    pub running: Option<(Uuid, RequestId)>,
}

/// What can be done about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Send the same request again under its idempotency key.
    Replay,
    /// Read from the server what is true.
    Check,
    /// Copy the stored secret.
    Copy,
    /// Present the stored secret.
    Verify,
    /// Rotate again: the only way to a secret somebody holds.
    Rotate,
    /// Revoke the credential.
    Revoke,
    /// Deliver to this target.
    Deliver,
    /// Say that nothing more is to be done.
    Settle,
    /// Log in first.
    LogIn,
}

/// What can be seen to now: what another program that is alive is doing is its own business.
pub fn ours(model: &Model) -> impl Iterator<Item = &Operation> {
    let busy = |operation: &Operation| {
        // What this program is doing right now is not unfinished either: its reveal or wizard is open.
        model.overlays.iter().any(|overlay| match overlay {
            Overlay::Reveal(reveal) => reveal.operation == operation.id,
            Overlay::Rotate(rotate) => rotate.operation == Some(operation.id),
            _ => false,
        })
    };
    model.unfinished.iter().filter(move |operation| !operation.running_elsewhere && !busy(operation))
}

/// What is known of an operation, in a sentence.
pub fn story(model: &Model, operation: &Operation) -> String {
    let name = &operation.credential_name;
    let owner = &operation.owner_name;
    let what = match operation.kind {
        OperationKind::Create => format!("Creating '{name}' for {owner}"),
        OperationKind::Rotate => format!("Rotating '{name}' of {owner}"),
        OperationKind::Revoke => format!("Revoking '{name}' of {owner}"),
        OperationKind::Deliver => format!("Delivering '{name}' of {owner} to {}", operation.target),
        OperationKind::Vend => format!("Getting the storage credential for {name}"),
    };
    let known = match (operation.phase, operation.kind) {
        (Phase::Planned, OperationKind::Deliver) => "was not begun yet; it has an older secret or none",
        (Phase::Unclear, OperationKind::Deliver) => {
            "did not work: unless it got there all the same, an older secret or none is there"
        }
        (Phase::Sent, OperationKind::Deliver) => {
            "was begun; the program ended before its result was written down, so it may be there or not"
        }
        (Phase::Planned | Phase::Sent | Phase::Unclear, OperationKind::Vend) => {
            "did not come to its end; nothing of it is kept here, nothing is lost, and it can be asked for again (w)"
        }
        (Phase::Stored, OperationKind::Vend) => "worked; it is stored, but it was not shown yet",
        (Phase::InMemory | Phase::Shown, OperationKind::Vend) => {
            "worked, but it is not kept here any more; it can be asked for again (w)"
        }
        (Phase::Planned, _) => "was written down but never sent",
        (Phase::Sent, _) => "was sent; the program ended before an answer was written down",
        (Phase::Unclear, OperationKind::Create) => {
            "was sent, but no answer came: it may exist, and its secret may be lost"
        }
        (Phase::Unclear, OperationKind::Rotate) if operation.replaces.is_some() => {
            "was sent, but no answer came: a second credential may exist; the old one works as before"
        }
        (Phase::Unclear, OperationKind::Rotate) => {
            "was sent, but no answer came: the secret may have changed"
        }
        (Phase::Unclear, OperationKind::Revoke) => "was sent, but no answer came: it may still work",
        (Phase::Stored, _) => "worked; the new secret is stored, but it was not shown yet",
        (Phase::InMemory, _) if operation.replaces.is_some() => {
            "worked, but the new secret was only in the memory of a program that ended: it is lost; the old one works \
             as before"
        }
        (Phase::InMemory, _) => {
            "worked, but the new secret was only in the memory of a program that ended: it is lost"
        }
        (Phase::Shown, _) if operation.replaces.is_some() => {
            "worked and was shown; the old one is not revoked before the new one was accepted with what was reviewed"
        }
        (Phase::Shown, _) => "worked and was shown; nobody has checked yet that the new secret is accepted",
        (Phase::Done | Phase::Failed | Phase::Settled | Phase::Lost, _) => "is finished",
    };
    let left = replay_left(model, operation)
        .map(|left| format!(" The server repeats the same answer for another {left}."))
        .unwrap_or_default();
    let asked = operation.asked();
    let asked = if asked.is_empty() { asked } else { format!(" ({asked})") };
    format!("{what}{asked} {known}.{left}")
}

/// How long the same request still gets the same answer, in words.
fn replay_left(model: &Model, operation: &Operation) -> Option<String> {
    replay_end(model, operation).map(|end| span(end.duration_since(model.now)))
}

/// Until when the server repeats its answer to an operation whose answer was lost.
pub fn replay_end(model: &Model, operation: &Operation) -> Option<Timestamp> {
    let waiting = matches!(operation.phase, Phase::Sent | Phase::Unclear | Phase::InMemory);
    let replay = model.account(&operation.account)?.abilities.kind(&operation.noun).replay;
    let replay = match operation.kind {
        OperationKind::Create => replay.create?,
        OperationKind::Rotate => replay.rotate?,
        OperationKind::Revoke | OperationKind::Deliver | OperationKind::Vend => return None,
    };
    let end = operation.began.checked_add(replay).ok()?;
    (waiting && end > model.now).then_some(end)
}

/// What can be done about an operation now, the best first.
pub fn offers(model: &Model, operation: &Operation) -> Vec<Offer> {
    let logged_in = model.account(&operation.account).is_some_and(|account| account.session().is_some());
    let known = operation.credential.is_some();
    if operation.kind == OperationKind::Deliver {
        return if known { vec![Offer::Deliver, Offer::Settle] } else { vec![Offer::Settle] };
    }
    if operation.kind == OperationKind::Vend {
        let stored = operation.phase == Phase::Stored;
        return if stored { vec![Offer::Copy, Offer::Settle] } else { vec![Offer::Settle] };
    }
    let needs_server: Vec<Offer> = match (operation.phase, operation.kind) {
        (Phase::Sent | Phase::Unclear, OperationKind::Create) => {
            let replay = replay_left(model, operation).map(|_| Offer::Replay);
            let revoke = known.then_some(Offer::Revoke);
            replay.into_iter().chain([Offer::Check]).chain(revoke).collect()
        }
        (Phase::Sent | Phase::Unclear, OperationKind::Rotate) => {
            let replay = replay_left(model, operation).map(|_| Offer::Replay);
            // Of two credentials only a second one that is known to exist is there to be revoked.
            let revoke = (known || operation.replaces.is_none()).then_some(Offer::Revoke);
            replay.into_iter().chain([Offer::Check, Offer::Rotate]).chain(revoke).collect()
        }
        (Phase::Sent | Phase::Unclear, OperationKind::Revoke) => vec![Offer::Check, Offer::Revoke],
        (Phase::InMemory, _) => {
            // The server may repeat its answer, or its file may have the secret; else it is lost.
            let replay = replay_left(model, operation).map(|_| Offer::Replay);
            let end = if known { vec![Offer::Rotate, Offer::Revoke] } else { Vec::new() };
            replay.into_iter().chain(end).chain([Offer::Check]).collect()
        }
        (Phase::Stored | Phase::Shown, _) if known => vec![Offer::Verify, Offer::Revoke],
        // Stored, and not known whose it is.
        (Phase::Stored | Phase::Shown, _) => vec![Offer::Check],
        _ => Vec::new(),
    };
    let stored = matches!(operation.phase, Phase::Stored | Phase::Shown) && known;
    let copy = stored.then_some(Offer::Copy);
    let server = if logged_in || needs_server.is_empty() { needs_server } else { vec![Offer::LogIn] };
    copy.into_iter().chain(server).chain([Offer::Settle]).collect()
}

/// Opens the list, or says that there is nothing on it.
pub fn open(model: &mut Model) -> Turn {
    if ours(model).next().is_none() {
        let elsewhere = model.unfinished.iter().filter(|operation| operation.running_elsewhere).count();
        model.say(
            Tone::Good,
            match elsewhere {
                0 => String::from("nothing is unfinished"),
                count => format!("nothing is unfinished here; {count} under way in another keywright"),
            },
        );
    }
    let request = model.request("reading unfinished work", false);
    let turn = Turn::effect(Effect::Unfinished(request));
    if ours(model).next().is_none() {
        turn
    } else {
        Turn { open: Some(Overlay::Unfinished(Unfinished::default())), ..turn }
    }
}

/// Unfinished work was read. At the first reading what is left from before is shown by itself; later that would put
/// other keys under a person's fingers, and the footer tells of it.
pub fn arrived(model: &mut Model, first: bool) -> Vec<Effect> {
    let any = ours(model).next().is_some();
    let quiet = model.overlays.iter().all(|overlay| matches!(overlay, Overlay::Welcome(_)));
    let leftover = ours(model).any(|operation| operation.phase != Phase::Shown);
    if first && any && quiet && leftover {
        model.overlays.push(Overlay::Unfinished(Unfinished::default()));
    }
    if !any {
        model.overlays.retain(|overlay| !matches!(overlay, Overlay::Unfinished(_)));
    }
    Vec::new()
}

/// An operation was looked into.
pub fn reconciled(model: &mut Model, request: RequestId, result: Result<Text, Failure>) -> Vec<Effect> {
    for overlay in &mut model.overlays {
        if let Overlay::Unfinished(pane) = overlay
            && pane.running.is_some_and(|(_, running)| running == request)
        {
            pane.running = None;
        }
    }
    match result {
        Ok(text) => model.say(Tone::Plain, text.as_str()),
        Err(failure) => model.say(Tone::Bad, failure.sentence()),
    }
    let mut effects = connection::refresh_changed(model);
    effects.push(Effect::Unfinished(model.request("reading unfinished work", false)));
    effects
}

impl Unfinished {
    /// The operation under the cursor.
    pub fn chosen<'a>(&self, model: &'a Model) -> Option<&'a Operation> {
        let count = ours(model).count();
        ours(model).nth(self.cursor.min(count.saturating_sub(1)))
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        let count = ours(model).count();
        let Some(operation) = self.chosen(model).cloned() else { return Turn::close() };
        let offers = offers(model, &operation);
        let offered = |offer| offers.contains(&offer) && self.running.is_none();
        match action {
            Action::Back => return Turn::close(),
            Action::Down => self.cursor = (self.cursor + 1).min(count.saturating_sub(1)),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Replay if offered(Offer::Replay) => {
                let request =
                    model.request(format!("asking again for '{}'", operation.credential_name), true);
                self.running = Some((operation.id, request));
                return Turn::effect(Effect::Replay(request, operation.id));
            }
            Action::Refresh if offered(Offer::Check) => {
                let request = model.request(format!("checking '{}'", operation.credential_name), false);
                self.running = Some((operation.id, request));
                return Turn::effect(Effect::Reconcile(request, operation.id));
            }
            Action::Copy if offered(Offer::Copy) => return copy(model, &operation),
            Action::Verify if offered(Offer::Verify) => return self.verify(model, &operation),
            Action::Rotate if offered(Offer::Rotate) => {
                return follow(model, &rotated(&operation), Rotate::open);
            }
            Action::Revoke if offered(Offer::Revoke) => {
                return follow(model, &operation, crate::app::pane::revoke::Revoke::open);
            }
            Action::Deliver if offered(Offer::Deliver) => return self.deliver(model, &operation),
            Action::Settle if offered(Offer::Settle) => return settle(model, &operation),
            Action::LogIn => {
                let index = model.account_index(&operation.account);
                return index.map_or_else(Turn::stay, |index| login::open_for(model, index));
            }
            _ => {}
        }
        Turn::stay()
    }

    fn verify(&mut self, model: &mut Model, operation: &Operation) -> Turn {
        let Some(credential) = reference(operation) else { return Turn::stay() };
        let request =
            model.request(format!("presenting the secret of '{}'", operation.credential_name), false);
        self.running = Some((operation.id, request));
        let generation = Generation::Current;
        Turn::effect(Effect::Verify { request, credential, generation, operation: Some(operation.id) })
    }

    fn deliver(&mut self, model: &mut Model, operation: &Operation) -> Turn {
        let Some(credential) = reference(operation) else { return Turn::stay() };
        let Ok(target) = TargetName::parse(&operation.target) else { return Turn::stay() };
        let what = format!("delivering '{}' to {target}", operation.credential_name);
        let request = model.request(what, true);
        self.running = Some((operation.id, request));
        let plan = DeliverPlan {
            credential,
            owner_name: operation.owner_name.clone(),
            name: operation.credential_name.clone(),
            targets: vec![target],
        };
        Turn::effect(Effect::Deliver(request, plan))
    }

    /// A replay did not bring the secret.
    pub fn issue_failed(&mut self, model: &mut Model, failure: &Failure) -> Turn {
        self.running = None;
        model.say(Tone::Bad, failure.sentence());
        Turn::stay()
    }
}

/// The credential of an operation, once it is known.
fn reference(operation: &Operation) -> Option<CredentialRef> {
    let id = operation.credential.clone()?;
    Some(CredentialRef { account: operation.account.clone(), owner: operation.owner.clone(), id })
}

/// The operation as seen from the credential it was asked for: the old one, where a second one was to be made.
fn rotated(operation: &Operation) -> Operation {
    let credential = operation.replaces.clone().or_else(|| operation.credential.clone());
    Operation { credential, ..operation.clone() }
}

fn copy(model: &mut Model, operation: &Operation) -> Turn {
    let Some(credential) = reference(operation) else { return Turn::stay() };
    let of = (operation.noun.as_str(), operation.credential_name.as_str().into());
    super::which_part::copy(model, credential, of, Generation::Current)
}

/// Goes on with a rotation or revocation of the credential. This operation is settled by what follows: the reading
/// there shows the truth, and the new operation is written down in its turn.
fn follow(
    model: &mut Model,
    operation: &Operation,
    open: fn(&mut Model, usize, &Credential) -> Turn,
) -> Turn {
    let index = model.account_index(&operation.account);
    let found =
        |account: &AccountState| reference(operation).and_then(|wanted| account.find(&wanted).cloned());
    let credential = index.and_then(|index| model.accounts.get(index)).and_then(found);
    if let (Some(index), Some(credential)) = (index, credential) {
        open(model, index, &credential)
    } else {
        model.say(Tone::Plain, "it is not in the list any more; check (c) what is true");
        Turn::stay()
    }
}

/// What an operation is once nothing more is to be done about it: a credential whose secret nobody holds goes on being
/// told of as an orphan.
pub fn settled(operation: &Operation) -> Phase {
    let made = operation.kind == OperationKind::Create || operation.replaces.is_some();
    let lost = (matches!(operation.phase, Phase::InMemory) && operation.kind != OperationKind::Vend)
        || (made && matches!(operation.phase, Phase::Unclear) && operation.credential.is_some());
    if lost { Phase::Lost } else { Phase::Settled }
}

fn settle(model: &mut Model, operation: &Operation) -> Turn {
    let phase = settled(operation);
    model.unfinished.retain(|known| known.id != operation.id);
    let request = model.request("reading unfinished work", false);
    let turn = Turn::effect(Effect::Advance(operation.id, phase, operation.note.clone()));
    let turn = turn.and(Effect::Unfinished(request));
    if ours(model).next().is_none() { turn.and_close() } else { turn }
}
