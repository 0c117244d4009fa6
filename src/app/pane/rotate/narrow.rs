//! Fewer scopes for the second credential: chosen in the review, from what the first one has.

use super::Rotate;
use crate::app::effect::RequestId;
use crate::app::model::Model;
use crate::app::pane::bug;
use crate::app::scopes::{Picked, ScopePicker};
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::{RotationForm, ScopeModel};
use crate::domain::failure::Failure;
use crate::domain::scope::{Granted, ScopeOffer};
use crate::domain::text::Text;
use crate::keymap::action::Action;

impl Rotate {
    /// Whether the second credential can be given fewer scopes than the first.
    pub fn may_narrow(&self, model: &Model) -> bool {
        let Some(account) = model.account(&self.credential.account) else { return false };
        let kind = account.abilities.kind(self.reviewed.kind);
        let narrows = matches!(kind.rotation, RotationForm::TwoCredentials { narrows: true, .. });
        narrows && matches!(kind.scopes, ScopeModel::Chosen(_))
    }

    /// Opens the choice, with everything chosen that the first one has.
    pub(super) fn begin_narrowing(&mut self, model: &mut Model) -> Turn {
        if self.reading.is_some() || !self.may_narrow(model) {
            return Turn::stay();
        }
        let Some(account) = model.account(&self.credential.account) else { return Turn::stay() };
        if let ScopeModel::Chosen(choice) = &account.abilities.kind(self.reviewed.kind).scopes {
            self.picker = Some(ScopePicker::narrowing(choice, &self.reviewed.scopes));
        }
        self.ask_offers(model)
    }

    fn ask_offers(&mut self, model: &mut Model) -> Turn {
        let owner = self.reviewed.owner.id.clone();
        let (account, kind) = (self.credential.account.clone(), self.reviewed.kind);
        let asked = self.picker.as_mut().and_then(|picker| picker.ask(model, &account, kind, &owner));
        asked.map_or_else(Turn::stay, Turn::effect)
    }

    /// What an action means while scopes are chosen.
    pub(super) fn narrow(&mut self, model: &mut Model, action: Action) -> Turn {
        let picked = self.picker.as_mut().map_or(Picked::Back, |picker| picker.act(action));
        match picked {
            Picked::Stay => {}
            Picked::Back => self.picker = None,
            Picked::Ask => return self.ask_offers(model),
            Picked::GoOn => self.take_scopes(),
        }
        Turn::stay()
    }

    /// The choice stands; all that the first one has is no narrowing.
    fn take_scopes(&mut self) {
        let Some(picker) = self.picker.take() else { return };
        let everything = picker.chosen_offers().any(ScopeOffer::is_everything);
        let chosen = picker.chosen();
        let granted = Granted::Listed(chosen.iter().map(|scope| Text::clean(scope)).collect());
        let same = everything || self.reviewed.scopes.within(&granted);
        self.agreed = if same { self.reviewed.scopes.clone() } else { granted };
        self.narrowed = (!same).then_some(chosen);
    }

    /// The server's offers came, or did not.
    pub fn offered(&mut self, model: &mut Model, result: Result<Vec<ScopeOffer>, Failure>) -> Turn {
        let turn = match &result {
            Ok(_) => Turn::stay(),
            Err(failure) => settle::failed(model, &self.credential.account, failure),
        };
        if let Some(picker) = &mut self.picker {
            picker.offered(result);
        }
        turn
    }

    /// The server's offers will not come.
    pub(super) fn stop_offers(&mut self, request: RequestId) {
        if let Some(picker) = self.picker.as_mut().filter(|picker| picker.request() == Some(request)) {
            picker.offered(Err(bug()));
        }
    }
}
