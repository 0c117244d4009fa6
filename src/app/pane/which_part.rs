//! Which part of a stored secret is copied, where it has several.

use crate::app::effect::{CopySource, Effect, Generation};
use crate::app::model::Model;
use crate::app::pane::Overlay;
use crate::app::update::Turn;
use crate::domain::ability::WHOLE;
use crate::domain::credential::CredentialRef;
use crate::domain::text::Text;
use crate::keymap::action::Action;

/// The choice.
pub struct WhichPart {
    /// Whose secret.
    pub credential: CredentialRef,
    /// The credential's name.
    pub name: Text,
    /// Which of its secrets.
    pub generation: Generation,
    /// The parts.
    pub parts: &'static [&'static str],
    /// The line under the cursor.
    pub cursor: usize,
}

/// Copies a stored secret of a credential of this kind and name; asks for the part first, where the kind has several.
pub fn copy(
    model: &mut Model,
    credential: CredentialRef,
    (kind, name): (&str, Text),
    generation: Generation,
) -> Turn {
    let parts =
        model.account(&credential.account).map_or(WHOLE, |account| account.abilities.kind(kind).parts);
    copy_of(model, credential, name, generation, parts)
}

/// The same of a secret that has these parts.
pub fn copy_of(
    model: &mut Model,
    credential: CredentialRef,
    name: Text,
    generation: Generation,
    parts: &'static [&'static str],
) -> Turn {
    if parts.len() > 1 {
        let cursor = parts.iter().position(|part| *part == "secret").unwrap_or(0);
        return Turn::open(Overlay::WhichPart(WhichPart { credential, name, generation, parts, cursor }));
    }
    let request = model.request("copying", false);
    Turn::effect(Effect::Copy(request, CopySource::Stored(credential, generation, None)))
}

impl WhichPart {
    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Back => return Turn::close(),
            Action::Down => self.cursor = (self.cursor + 1).min(self.parts.len().saturating_sub(1)),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Open => {
                let part = self.parts.get(self.cursor).map(|part| (*part).to_owned());
                let request = model.request("copying", false);
                let source = CopySource::Stored(self.credential.clone(), self.generation, part);
                return Turn::effect(Effect::Copy(request, source)).and_close();
            }
            _ => {}
        }
        Turn::stay()
    }
}
