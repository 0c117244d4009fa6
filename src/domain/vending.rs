//! Secrets for storage that a backend gives out whenever it is asked: what they are for, and which of them are held
//! here. They are no credentials of the backend's own: nobody lists, rotates or revokes them, and the place they are for
//! stands for their name.

use super::account::AccountName;
use super::credential::{Credential, CredentialRef, Expiry, LastUse, Told};
use super::owner::{Id, OwnerRef};
use super::scope::Granted;
use super::text::Text;
use super::time::Timestamp;

/// What stands for their owner. No backend has an owner with a space at the start.
pub const OWNER: &str = " vended";
/// What is shown as their owner.
pub const OWNER_NAME: &str = "storage";

/// Something a secret can be had for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As it is asked for, and as it can be typed.
    pub id: String,
    /// What more is known of it, in a few words.
    pub about: Text,
}

/// A secret that was given out and is held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it is for.
    pub credential: CredentialRef,
    /// When it was stored, on our clock.
    pub stored: Timestamp,
    /// When it ends and is taken out of the store, on our clock; none where that is not told.
    pub ends: Option<Timestamp>,
}

impl Held {
    /// What it is for, as it is asked for.
    pub fn place(&self) -> &str {
        self.credential.id.as_str()
    }
}

/// How the secret for a place is known.
pub fn reference(account: &AccountName, place: &str) -> CredentialRef {
    CredentialRef { account: account.clone(), owner: Id::new(OWNER), id: Id::new(place) }
}

/// Whether this is a secret that was given out for a place.
pub fn is_vended(reference: &CredentialRef) -> bool {
    reference.owner.as_str() == OWNER
}

/// What came, in the shape of a credential: `reach` says where it works, `cautions` what is to be known of it.
pub fn credential(
    place: &str,
    noun: &'static str,
    expires: Expiry,
    reach: Vec<Text>,
    cautions: Vec<Text>,
) -> Credential {
    Credential {
        id: Id::new(place),
        owner: OwnerRef { id: Id::new(OWNER), name: OWNER_NAME.into() },
        name: Text::clean(place),
        kind: noun,
        description: Text::default(),
        scopes: Granted::AsOwner,
        created: None,
        rotated: None,
        expires,
        last_use: LastUse::Untold,
        enabled: true,
        owner_enabled: true,
        window: None,
        particulars: Told { allows: reach, cautions, ..Told::NOTHING }.into(),
    }
}
