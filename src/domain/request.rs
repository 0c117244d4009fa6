//! What is asked of a backend: a login, a new credential, a rotation, a change.

use uuid::Uuid;

use super::credential::CredentialRef;
use super::owner::Id;
use super::retention::Retention;
use super::time::Date;
use crate::secret::Secret;

/// A filled-in login form.
pub struct Login {
    /// Which of [`super::ability::Abilities::logins`].
    pub method: &'static str,
    /// The plain fields by their `id`.
    pub fields: Vec<(&'static str, String)>,
    /// The secret fields by their `id`.
    pub secrets: Vec<(&'static str, Secret)>,
}

impl Login {
    /// A plain field, empty when absent.
    pub fn field(&self, id: &str) -> &str {
        self.fields.iter().find(|(name, _)| *name == id).map_or("", |(_, value)| value.as_str())
    }

    /// A secret field.
    pub fn secret(&self, id: &str) -> Option<&Secret> {
        self.secrets.iter().find(|(name, _)| *name == id).map(|(_, value)| value)
    }
}

/// A filled-in form of an owner, new or changed.
#[derive(Default)]
pub struct OwnerForm {
    /// Its name; empty where that is not changed.
    pub name: String,
    /// The plain fields by their `id` among [`super::ability::OwnerAbility::fields`]; those left empty are not there.
    pub fields: Vec<(&'static str, String)>,
    /// The secret fields by their `id`.
    pub secrets: Vec<(&'static str, Secret)>,
}

impl OwnerForm {
    /// A plain field, empty when absent.
    pub fn field(&self, id: &str) -> &str {
        self.fields.iter().find(|(name, _)| *name == id).map_or("", |(_, value)| value.as_str())
    }

    /// A secret field.
    pub fn secret(&self, id: &str) -> Option<&Secret> {
        self.secrets.iter().find(|(name, _)| *name == id).map(|(_, value)| value)
    }

    /// The same form once more, for a request that was not taken.
    #[must_use]
    pub fn share(&self) -> Self {
        let secrets = self.secrets.iter().map(|(id, secret)| (*id, secret.share())).collect();
        Self { name: self.name.clone(), fields: self.fields.clone(), secrets }
    }
}

/// What a new credential is to hold, where that is given in requests of their own once it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equipment {
    /// The credential whose place it takes; what that one holds is copied where no scopes were chosen.
    pub like: Option<CredentialRef>,
    /// The scopes, in the backend's words.
    pub scopes: Vec<String>,
}

/// What a new credential should be.
pub struct CreateRequest {
    /// Which kind, by its noun among [`super::ability::Abilities::kinds`].
    pub kind: String,
    /// What it will belong to.
    pub owner: Id,
    /// Its name, checked by the backend's rule.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The scopes, in the backend's words; empty where the owner's count.
    pub scopes: Vec<String>,
    /// The date on which it is to end; none where the backend has no such thing, or for as long as it allows.
    pub expiry: Option<Date>,
    /// Recorded before sending; a replay carries the same one.
    pub idempotency_key: Uuid,
}

/// A new secret for a credential.
pub struct RotateRequest {
    /// Which one.
    pub credential: CredentialRef,
    /// How long the old secret goes on working; where a second credential is made that is for us to keep.
    pub retention: Retention,
    /// Whether the credential itself gets the new secret where the backend could also make a second one.
    pub in_place: bool,
    /// The scopes of a second credential, where they are to be fewer than the first one's; `None` for the same.
    pub scopes: Option<Vec<String>>,
    /// Recorded before sending.
    pub idempotency_key: Uuid,
}

/// What can be changed of a credential without touching its secret. `None` leaves a thing alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// Switched on or off.
    pub enabled: Option<bool>,
}
