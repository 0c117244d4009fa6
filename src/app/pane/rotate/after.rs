//! After a rotation: what is promised about the old one of two and what can be done about it, and no more waiting for a
//! secret that is being presented.

use super::{Presented, Rotate, RotateStep};
use crate::app::effect::{Effect, RequestId};
use crate::app::model::{Model, Tone, VaultView};
use crate::app::pane::revoke::Revoke;
use crate::app::update::Turn;
use crate::domain::ability::RotationForm;
use crate::domain::credential::CredentialRef;
use crate::domain::promise::Promise;
use crate::domain::retention::Retention;

impl Rotate {
    /// What is promised about the old credential.
    pub fn promise<'a>(&self, model: &'a Model) -> Option<&'a Promise> {
        model.promises.about(&self.credential)
    }

    /// Goes on to revoke one of the two, after the review that every revocation has.
    pub(super) fn revoke(model: &mut Model, which: &CredentialRef) -> Turn {
        let Some(index) = model.account_index(&which.account) else { return Turn::stay() };
        let found = model.accounts.get(index).and_then(|account| account.find(which)).cloned();
        if let Some(credential) = found {
            return Revoke::open(model, index, &credential);
        }
        model.say(Tone::Plain, "it is not in the list any more");
        Turn::stay()
    }

    pub(super) fn withdraw(&mut self, model: &mut Model) -> Turn {
        let Some(id) = self.promise(model).map(|promise| promise.id) else { return Turn::stay() };
        let request = model.request(format!("letting '{}' live", self.reviewed.name), false);
        Turn::effect(Effect::WithdrawPromise(request, id))
    }

    /// Whether the end is for us to see to.
    pub fn may_promise(&self, model: &Model) -> bool {
        let Some(account) = model.account(&self.credential.account) else { return false };
        let rotation = account.abilities.kind(self.reviewed.kind).form(self.form);
        matches!(rotation, RotationForm::TwoCredentials { .. })
    }

    /// Whether the end is for us to see to, and the login that will is not kept yet.
    pub fn may_keep_session(&self, model: &Model) -> bool {
        let account = model.account(&self.credential.account);
        self.may_promise(model)
            && !matches!(model.vault, VaultView::Memory { .. })
            && account.and_then(|account| account.session()).is_some_and(|facts| !facts.kept)
    }

    /// Puts the session into the keyring, so that it can keep a promise later.
    pub(super) fn keep_session(&mut self, model: &mut Model) -> Turn {
        if !self.may_keep_session(model) {
            return Turn::stay();
        }
        let name = self.credential.account.clone();
        let request = model.request(format!("keeping the login to {name}"), false);
        Turn::effect(Effect::KeepSession(request, name))
    }

    /// The end counts from now; no window at all is the revocation itself, with its review.
    pub(super) fn move_end(&mut self, model: &mut Model, window: Retention) -> Turn {
        (self.step, self.moving) = (RotateStep::Verify, false);
        if window.is_none() {
            return Self::revoke(model, &self.credential);
        }
        let Some(id) = self.promise(model).map(|promise| promise.id) else { return Turn::stay() };
        let request = model.request(format!("moving the end of '{}'", self.reviewed.name), false);
        Turn::effect(Effect::MovePromise(request, id, window.end(model.now)))
    }

    /// The presenting under way that takes long.
    pub fn stoppable(&self, model: &Model) -> Option<RequestId> {
        let running = [&self.new_presented, &self.old_presented].into_iter().find_map(Presented::request);
        running.filter(|request| model.pending.get(request).is_some_and(|one| one.progress.is_some()))
    }

    pub(super) fn stop_presenting(&mut self, model: &mut Model) -> Turn {
        let Some(request) = self.stoppable(model) else { return Turn::stay() };
        let Some(stopped) = model.stop(request) else { return Turn::stay() };
        self.stop_waiting(request);
        Turn::effect(stopped)
    }
}
