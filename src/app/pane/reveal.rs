//! A secret shown once: masked until asked for, closed only by its own key, never without a way left to it.

use tui_input::Input;
use uuid::Uuid;

use crate::app::effect::RequestId;
use crate::app::effect::{CopySource, Effect, Generation};
use crate::app::form;
use crate::app::model::{Bringing, Model, UNMASKED_SECONDS, VaultView};
use crate::app::msg::Arrived;
use crate::app::msg::{CopyReport, Kept};
use crate::app::pane::Overlay;
use crate::app::update::Turn;
use crate::domain::credential::{CredentialRef, Expiry};
use crate::domain::operation::Phase;
use crate::domain::text::Text;
use crate::domain::time::SignedDuration;
use crate::domain::time::Timestamp;
use crate::keymap::action::Action;
use crate::keymap::key::Key;
use crate::keymap::table::Context;
use crate::secret::Parts;

/// The word that gives a secret up.
pub const DISCARD: &str = "discard";

/// The reveal.
pub struct Reveal {
    /// The operation that asked for the secret.
    pub operation: Uuid,
    /// Whose secret it is.
    pub credential: CredentialRef,
    /// The credential's name.
    pub name: Text,
    /// The owner's name.
    pub owner: Text,
    /// What it is, in words: `new API key`, `new secret of`.
    pub title: String,
    /// The secret.
    pub parts: Parts,
    /// Which part has the cursor.
    pub cursor: usize,
    /// Until when it is unmasked.
    pub unmasked_until: Option<Timestamp>,
    /// Where it went.
    pub kept: Kept,
    /// Whether its people have seen it already, because they made it by hand.
    pub seen: bool,
    /// What is to be known of it, in a sentence.
    pub note: Option<Text>,
    /// Of a secret for storage, when it ends; it can be had again, and nothing presents it.
    pub vended: Option<Expiry>,
    /// Where it works, in sentences.
    pub reach: Vec<Text>,
    /// What is to be known before it is used, in sentences.
    pub cautions: Vec<Text>,
    /// Whether losing it loses nothing real, as in the sandbox.
    pub disposable: bool,
    /// The copy under way.
    pub copying: Option<RequestId>,
    /// What the last copy came to.
    pub copied: Option<Result<CopyReport, Text>>,
    /// The word being typed to give it up.
    pub discard: Option<Input>,
}

impl Reveal {
    /// The reveal, or typing the word.
    pub fn context(&self) -> Context {
        if self.discard.is_some() { Context::Discard } else { Context::Reveal }
    }

    /// Whether the secret is drawn in clear when our clock says `now`.
    pub fn is_unmasked(&self, now: Timestamp) -> bool {
        self.unmasked_until.is_some_and(|until| until > now)
    }

    /// Whether it can be closed without losing the secret: it is stored, or was copied in a way that could be
    /// confirmed.
    pub fn is_safe(&self) -> bool {
        let copied = matches!(&self.copied, Some(Ok(report)) if report.confirmed);
        let again = self.vended.is_some() && self.kept == Kept::Memory;
        self.is_stored() || copied || again
    }

    /// When a secret for storage ends.
    pub fn ends(&self) -> Option<Timestamp> {
        match self.vended {
            Some(Expiry::At(end)) => Some(end),
            Some(Expiry::Never) | None => None,
        }
    }

    /// Whether it is somewhere that outlives this pane and this program, as far as anything here does.
    pub fn is_stored(&self) -> bool {
        matches!(self.kept, Kept::Keyring | Kept::Kernel) || (self.disposable && self.kept == Kept::Memory)
    }
}

impl Reveal {
    /// The reveal of a secret that has just come.
    pub fn new(model: &Model, credential: CredentialRef, arrived: Arrived) -> Self {
        let kind = arrived.credential.kind;
        let reach = arrived.credential.particulars.allows.clone();
        let told = arrived.credential.particulars.cautions.clone();
        let title =
            if arrived.rotated { format!("New secret of this {kind}") } else { format!("New {kind}") };
        Self {
            operation: arrived.operation,
            credential,
            name: arrived.credential.name.clone(),
            owner: arrived.credential.owner.name.clone(),
            title,
            parts: arrived.parts,
            cursor: 0,
            unmasked_until: None,
            kept: arrived.kept,
            seen: arrived.by_hand,
            note: arrived.note,
            vended: arrived.vended.then_some(arrived.credential.expires),
            reach: if arrived.vended { reach } else { Vec::new() },
            cautions: if arrived.vended { told } else { Vec::new() },
            disposable: model.vault == VaultView::Memory { sandbox: true },
            copying: None,
            copied: None,
            discard: None,
        }
    }

    /// What an action means here. Only `Done` and the typed word close it.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Unmask => {
                let until = model.now.checked_add(SignedDuration::from_secs(UNMASKED_SECONDS));
                self.unmasked_until = if self.is_unmasked(model.now) { None } else { until.ok() };
            }
            Action::Down => self.cursor = (self.cursor + 1).min(self.parts.count().saturating_sub(1)),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Copy if self.copying.is_none() => return self.copy(model),
            Action::Done if self.is_safe() => return self.done(model),
            Action::Done => {
                self.unmasked_until = None;
                self.discard = Some(Input::default());
            }
            Action::Back => self.discard = None,
            Action::Open => return self.give_up(model),
            _ => {}
        }
        Turn::stay()
    }

    fn copy(&mut self, model: &mut Model) -> Turn {
        let Some(part) = self.parts.iter().nth(self.cursor) else { return Turn::stay() };
        let request = model.request("copying", false);
        self.copying = Some(request);
        Turn::effect(Effect::Copy(request, CopySource::Shown(part.secret.share())))
    }

    /// Closes: it was shown, and is presented to the server as the next step.
    fn done(&mut self, model: &mut Model) -> Turn {
        let turn = Turn::close().and(Effect::Repaint);
        if matches!(self.kept, Kept::Nowhere(_)) {
            // There is nothing stored to present; whoever copied it has it.
            let note = String::from("not stored; it was copied");
            return turn.and(Effect::Advance(self.operation, Phase::Done, note));
        }
        if self.vended.is_some() {
            // The server that gave it out does not take it: the storage does. So nothing is left to be done.
            model.unfinished.retain(|one| one.id != self.operation);
            return turn.and(Effect::Advance(self.operation, Phase::Done, String::new()));
        }
        let turn = turn.and(Effect::Advance(self.operation, Phase::Shown, String::new()));
        let request = model.request(format!("presenting the new secret of '{}'", self.name), false);
        let agreed = super::rotate::presenting(model, &self.credential, request);
        model.bringing.insert(request, Bringing { credential: self.credential.clone(), agreed });
        turn.and(Effect::Verify {
            request,
            credential: self.credential.clone(),
            generation: Generation::Current,
            operation: Some(self.operation),
        })
    }

    /// Closes without the secret being anywhere: the credential is an orphan from now on.
    fn give_up(&mut self, model: &mut Model) -> Turn {
        if self.discard.as_ref().is_none_or(|typed| typed.value().trim() != DISCARD) {
            return Turn::stay();
        }
        if self.kept == Kept::Memory {
            // Still in memory for this run; the word was about what comes after.
            return self.done(model);
        }
        Turn::close().and(self.lose(model)).and(Effect::Repaint)
    }

    /// Nobody will hold this secret any more: the credential is an orphan, and that is written down.
    fn lose(&self, model: &mut Model) -> Effect {
        if self.vended.is_some() {
            let note = String::from("given up without being stored; it can be asked for again");
            return Effect::Advance(self.operation, Phase::Done, note);
        }
        if let Some(account) = model.account_mut(&self.credential.account) {
            account.facts.entry(self.credential.clone()).or_default().orphan = true;
        }
        let note = String::from("the secret was given up without being stored");
        Effect::Advance(self.operation, Phase::Lost, note)
    }

    /// A key that is text: only while the word is typed.
    pub fn key(&mut self, key: Key) {
        if let Some(typed) = &mut self.discard {
            form::edit(typed, key);
        }
    }
}

/// Gives up every secret that would be lost with the program, after the word for it was typed.
pub fn give_up_all(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for overlay in std::mem::take(&mut model.overlays) {
        match overlay {
            Overlay::Reveal(reveal) if !reveal.is_safe() => effects.push(reveal.lose(model)),
            other => model.overlays.push(other),
        }
    }
    effects.push(Effect::Repaint);
    effects
}
