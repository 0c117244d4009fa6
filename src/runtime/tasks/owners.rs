//! Owners: made, switched off and on, deleted.

use super::Tasks;
use crate::domain::account::AccountName;
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner};
use crate::domain::request::OwnerForm;

impl Tasks {
    /// Makes an owner.
    pub async fn create_owner(&self, account: &AccountName, form: &OwnerForm) -> Result<Owner, Failure> {
        let made = self.with_session(account, |backend, session| {
            let form = form.share();
            async move { backend.make_owner(&session, &form).await }
        });
        let made = made.await;
        self.record("create owner", account, &form.name, &words(&made, "made"));
        made
    }

    /// Changes an owner.
    pub async fn edit_owner(
        &self,
        account: &AccountName,
        owner: &Id,
        form: &OwnerForm,
    ) -> Result<Owner, Failure> {
        let done = self.with_session(account, |backend, session| {
            let (owner, form) = (owner.clone(), form.share());
            async move { backend.edit_owner(&session, &owner, &form).await }
        });
        let done = done.await;
        let called = done.as_ref().map_or(owner.as_str(), |owner| owner.name.as_str());
        self.record("edit owner", account, called, &words(&done, "changed"));
        done
    }

    /// Switches an owner off or on.
    pub async fn enable_owner(&self, account: &AccountName, owner: &Id, on: bool) -> Result<Owner, Failure> {
        let done = self.with_session(account, |backend, session| {
            let owner = owner.clone();
            async move { backend.enable_owner(&session, &owner, on).await }
        });
        let done = done.await;
        let good = if on { "switched on" } else { "switched off" };
        self.record("switch owner", account, owner.as_str(), &words(&done, good));
        done
    }

    /// Deletes an owner with everything it owns.
    pub async fn delete_owner(&self, account: &AccountName, owner: &Id) -> Result<(), Failure> {
        let done = self.with_session(account, |backend, session| {
            let owner = owner.clone();
            async move { backend.delete_owner(&session, &owner).await }
        });
        let done = done.await;
        self.record("delete owner", account, owner.as_str(), &words(&done, "deleted with all it owned"));
        done
    }
}

impl Tasks {
    /// Restarts the server of an account, so that what changed counts.
    pub async fn restart(&self, account: &AccountName) -> Result<(), Failure> {
        let done =
            self.with_session(account, |backend, session| async move { backend.restart(&session).await });
        let done = done.await;
        self.record("restart", account, "the server", &words(&done, "restarted"));
        done
    }
}

fn words<T>(result: &Result<T, Failure>, good: &str) -> String {
    result.as_ref().map_or_else(Failure::sentence, |_| good.to_owned())
}
