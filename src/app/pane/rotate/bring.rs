//! Where the new secret goes: the targets are chosen and remembered before, delivered to after it was accepted, and gone
//! on with one by one where that failed.

use super::{Rotate, RotateStep};
use crate::app::model::Model;
use crate::app::pane::{Overlay, deliver as targets};
use crate::app::update::Turn;

impl Rotate {
    /// The line of the list stays one of it.
    pub(super) fn keep_on_targets(&mut self, model: &Model) {
        if self.step == RotateStep::Targets {
            let last = targets::lines(model, &self.credential).len().saturating_sub(1);
            self.target = self.target.min(last);
        }
    }

    /// Takes a target in, or out again; it is remembered of the credential, so that the next rotation offers it.
    pub(super) fn mark(&mut self, model: &mut Model) -> Turn {
        let lines = targets::lines(model, &self.credential);
        let Some(line) = lines.get(self.target) else { return Turn::stay() };
        let effect = targets::toggle(model, &self.credential, line);
        let after = targets::lines(model, &self.credential);
        self.target = after.iter().position(|one| one.name == line.name).unwrap_or(0);
        effect.map_or_else(Turn::stay, Turn::effect)
    }

    /// The targets of the new secret, each with what became of it.
    pub(super) fn open_targets(&self) -> Turn {
        let (name, owner) = (self.reviewed.name.clone(), self.reviewed.owner.name.clone());
        Turn::open(Overlay::Deliver(Box::new(targets::Deliver::new(self.fresh(), name, owner))))
    }

    /// Brings the new secret, now that it was accepted, to every target that was not tried with it yet.
    pub(super) fn deliver(&self, model: &mut Model) -> Turn {
        let (owner, name) = (self.reviewed.owner.name.clone(), self.reviewed.name.clone());
        let effect = targets::after_rotation(model, &self.credential, self.fresh(), &owner, &name);
        effect.map_or_else(Turn::stay, Turn::effect)
    }
}
