//! Why the vault could not do what was asked. No variant can carry a secret.

use super::status::KeyringState;
use crate::domain::failure::{Failure, FailureKind};

/// Why a call to the vault did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultError {
    /// The keyring cannot be used; certainly nothing was stored.
    Unusable(KeyringState),
    /// No answer in time; certainly nothing was stored by this call.
    Hangs,
    /// A store was begun and its end is not known: it may still be kept. Ask [`super::Vault::read`] when the
    /// keyring answers again.
    Unclear,
    /// The entry exists already with another secret, which was left alone.
    Taken,
    /// What was read back is not what was stored.
    Changed,
    /// The entry holds something that is not text; it is not ours.
    NotText,
    /// This store cannot do that, such as listing its entries.
    Unsupported,
}

impl VaultError {
    /// The state to show for it, when the keyring itself is the matter.
    pub fn state(&self) -> Option<KeyringState> {
        match self {
            Self::Unusable(state) => Some(state.clone()),
            Self::Hangs | Self::Unclear => Some(KeyringState::Hangs),
            Self::Changed => {
                Some(KeyringState::Other("it gave back something else than it was given".into()))
            }
            Self::Taken | Self::NotText | Self::Unsupported => None,
        }
    }

    /// What happened, in a sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Unusable(state) => state.words(),
            Self::Hangs => KeyringState::Hangs.words(),
            Self::Unclear => {
                String::from("the keyring did not answer in time; whether it kept the secret is not known")
            }
            Self::Taken => {
                String::from("the keyring holds another secret under this name; it was left alone")
            }
            Self::Changed => String::from("the keyring gave back something else than it was given"),
            Self::NotText => String::from("the keyring's entry is not text, so it is not ours"),
            Self::Unsupported => String::from("this keyring cannot list its entries"),
        }
    }
}

impl std::fmt::Display for VaultError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.words())
    }
}

impl std::error::Error for VaultError {}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let failure = Self::new(FailureKind::Keyring, error.words());
        if error == VaultError::Unclear { failure.unknown() } else { failure }
    }
}
